//! What the rows of a block can read, and what rows are called after.

use crate::mapping::draft::lexicon::meanings;
use crate::mapping::draft::outline::{Field, Outline, written};

/// What a block's rows may read.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) path: String,
    pub(super) field: &'a Field,
    /// The fields around it, within the block.
    pub(super) above: Vec<&'a Field>,
    /// Whether the schema requires it in every such block.
    pub(super) sure: bool,
    /// Whether it is read by a block of its own.
    pub(super) block: bool,
}

/// The fields that a block's rows can read: through single groups, up to what repeats. `mark` is the records' own field.
pub(super) fn collect<'a>(
    outline: &Outline,
    field: &'a Field,
    prefix: &str,
    above: &[&'a Field],
    sure: bool,
    out: &mut Vec<Entry<'a>>,
    mark: Option<&'a Field>,
) {
    for child in &field.children {
        let name = written(&outline.prefixes, child);
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let sure = sure && child.required;
        let list = child.repeats && (child.is_group() || !child.children.is_empty());
        let is_mark = mark.is_some_and(|mark| std::ptr::eq(mark, child));
        if list || is_mark {
            out.push(Entry { path, field: child, above: above.to_vec(), sure, block: true });
            continue;
        }
        if !child.is_group() {
            out.push(Entry { path: path.clone(), field: child, above: above.to_vec(), sure, block: false });
        }
        if !child.opaque {
            let around: Vec<&Field> = above.iter().copied().chain([child]).collect();
            collect(outline, child, &path, &around, sure, out, mark);
        }
    }
}

/// The words of a name joined by `_`: letters and digits in small letters, hanzi as they are.
pub(super) fn snake(name: &str) -> String {
    let mut made = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_alphanumeric() {
            if before.is_lowercase() && c.is_uppercase() {
                made.push('_');
            }
            made.extend(c.to_lowercase());
        } else if !made.is_empty() && !made.ends_with('_') {
            made.push('_');
        }
        before = c;
    }
    made.trim_end_matches('_').to_owned()
}

/// What people call a field, where the schema says so in words of its own.
pub(super) fn label(field: &Field) -> String {
    let same = meanings(&field.label) == meanings(&field.name) && field.label.is_ascii();
    if same { String::new() } else { field.label.clone() }
}
