//! What documents of the format look like: a tree of fields, from the schema and the samples together.

use crate::domain::problem::Problem;
use crate::mapping::draft::values::Value;
use crate::mapping::draft::{Source, codes, format_of, sample, schema};
use crate::mapping::manifest::Format;
use crate::wire::encoding::Encoding;

/// What a leaf holds, as the schema says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scalar {
    /// The schema does not say, or there is none.
    #[default]
    Unknown,
    Text,
    Integer,
    Decimal,
    Bool,
    Date,
    DateTime,
}

/// An element, attribute, member or column.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a field, each asked for by its name")]
pub(super) struct Field {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) attribute: bool,
    /// What the schema says of it.
    pub(super) label: String,
    /// Attributes first, then elements or members, in the order of the schema or of the document.
    pub(super) children: Vec<Field>,
    /// Whether it holds a value of its own.
    pub(super) leaf: bool,
    pub(super) required: bool,
    pub(super) repeats: bool,
    /// Whether it may stand without a value, as `xsi:nil`.
    pub(super) nillable: bool,
    pub(super) scalar: Scalar,
    /// The most characters of its text.
    pub(super) most: Option<usize>,
    /// The codes that it may be, each with what it is called.
    pub(super) codes: Vec<(String, String)>,
    /// What it is in the samples.
    pub(super) values: Vec<Value>,
    /// Whether a sample has it.
    pub(super) seen: bool,
    /// What no row can read: lists of lists, what the schema leaves open.
    pub(super) opaque: bool,
    /// Whether its children stand in its text, which is JSON.
    pub(super) inner: bool,
    /// Whether a sample has a word for no value in it: 无, `/`.
    pub(super) blanks: bool,
}

impl Field {
    /// The child of this name.
    pub(super) fn child(&self, namespace: &str, name: &str, attribute: bool) -> Option<&Self> {
        let same = |child: &&Self| {
            child.name == name && child.attribute == attribute && child.namespace == namespace
        };
        self.children.iter().find(same)
    }

    /// Whether it has members or elements, rather than attributes alone.
    pub(super) fn is_group(&self) -> bool {
        self.children.iter().any(|child| !child.attribute)
    }

    /// How many leaves stand in it.
    pub(super) fn leaves(&self) -> usize {
        usize::from(self.leaf) + self.children.iter().map(Self::leaves).sum::<usize>()
    }
}

/// The fields of a format.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) format: Format,
    pub(super) encoding: Encoding,
    /// The message: its root element, its object, or the list of its records.
    pub(super) top: Field,
    /// Prefix and address, as the paths of the map write them.
    pub(super) prefixes: Vec<(String, String)>,
    /// The name of the root, where a message has one.
    pub(super) root: Option<String>,
    pub(super) from_schema: bool,
}

/// The outline of what is given.
pub(super) fn of(source: &Source) -> Result<Outline, Vec<Problem>> {
    let one = |code, zh: &str, en: &str| vec![Problem::new(code, zh, en)];
    let is_xsd = |name: &str| name.to_ascii_lowercase().ends_with(".xsd");
    let by_schema =
        source.schema.as_deref().map(|name| if is_xsd(name) { Format::Xml } else { Format::Json });
    let by_sample = source.samples.first().map(|(name, bytes)| format_of(name, bytes));
    let Some(format) = by_sample.or(by_schema) else {
        return Err(one("draft-source", "须给出 --schema 或 --sample", "give --schema, --sample or both"));
    };
    let other = source.samples.iter().find(|(name, bytes)| format_of(name, bytes) != format);
    if let Some((name, _)) = other {
        return Err(vec![Problem::new(
            "draft-formats",
            format!("{name} 不是 {} 文件：一次只起草一种格式", format.as_str()),
            format!("{name} is not {}: draft one format at a time", format.as_str()),
        )]);
    }
    let mut seen = sample::read(source, format)?;
    let use_schema = by_schema == Some(format) || (by_schema == Some(Format::Json) && format == Format::Form);
    let top = if let (Some(main), true) = (&source.schema, use_schema) {
        schema::read(source, main, format, seen.top.as_ref())?
    } else {
        seen.top.take().ok_or_else(|| one("draft-source", "样例是空的", "the samples are empty"))?
    };
    let mut top = top;
    told_codes(&mut top);
    let prefixes = sample::prefixes(&top, format, &seen.texts);
    let root = match format {
        Format::Xml => Some(written(&prefixes, &top)),
        _ => source.root.clone(),
    };
    Ok(Outline { format, encoding: seen.encoding, top, prefixes, root, from_schema: use_schema })
}

/// Takes codes and what they are called from what the schema says in words, `状态 0:待处理,1:处理中`.
fn told_codes(field: &mut Field) {
    if field.leaf && field.codes.iter().all(|(_, label)| label.is_empty()) {
        let told = codes::told(&field.label);
        if field.codes.is_empty() {
            // What the samples have besides shows that the sentence tells something else.
            let known = |value: &Value| told.iter().any(|(code, _)| *code == value.text);
            if field.values.iter().all(known) {
                field.codes = told;
            }
        } else {
            for (code, label) in &mut field.codes {
                if let Some((_, known)) = told.iter().find(|(known, _)| known == code) {
                    label.clone_from(known);
                }
            }
        }
    }
    field.children.iter_mut().for_each(told_codes);
}

/// The name of a field, as a path says it.
pub(super) fn written(prefixes: &[(String, String)], field: &Field) -> String {
    let sign = if field.attribute { "@" } else { "" };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let inner = if field.inner { "!json" } else { "" };
    if field.namespace.is_empty() {
        let simple = field.name.chars().all(plain) && !field.name.is_empty();
        return if simple || field.attribute {
            format!("{sign}{}{inner}", field.name)
        } else {
            format!("'{}'{inner}", field.name)
        };
    }
    let known = prefixes
        .iter()
        .find(|(prefix, uri)| *uri == field.namespace && !(field.attribute && prefix.is_empty()));
    match known {
        Some((prefix, _)) if !prefix.is_empty() => format!("{sign}{prefix}:{}", field.name),
        _ => format!("{sign}{}", field.name),
    }
}

/// Whether a path can say the name.
pub(super) fn sayable(field: &Field) -> bool {
    !field.opaque
        && !field.name.is_empty()
        && !field.name.contains('\'')
        && (!field.namespace.is_empty() || !field.name.contains(':'))
}
