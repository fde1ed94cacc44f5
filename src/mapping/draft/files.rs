//! The files of a drafted profile.

use std::fmt::Write as _;

use crate::mapping::draft::Source;
use crate::mapping::draft::outline::{Field, Outline, written};
use crate::mapping::draft::plan::{Plan, ordered};
use crate::mapping::draft::print::{Printed, key, print, quoted};
use crate::mapping::files::ProfileFiles;
use crate::mapping::manifest::Format;
use crate::mapping::shape_file::SHAPE;

/// Samples and accepted spellings, as they are known so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    /// Path in the profile, bytes, golden.
    pub(super) all: Vec<(String, Vec<u8>, Vec<u8>)>,
    pub(super) kept_ok: Vec<String>,
}

/// The path of the map.
pub(super) fn map_path(source: &Source) -> String {
    format!("{}.map.toml", source.id)
}

/// All files, and the map as it was printed.
pub(super) fn write(
    source: &Source,
    outline: &Outline,
    plan: &Plan,
    samples: &Samples,
) -> (ProfileFiles, Printed) {
    let mut files = ProfileFiles::default();
    let printed = print(plan, &source.kind);
    let mut put = |path: String, bytes: Vec<u8>| files.0.insert(path, bytes);
    put("profile.toml".to_owned(), manifest(source, outline, samples).into_bytes());
    put(map_path(source), printed.text.clone().into_bytes());
    for list in &plan.lists {
        put(format!("codes/{}.csv", list.name), list.text.clone().into_bytes());
    }
    if outline.from_schema {
        for (name, bytes) in &source.schemas {
            put(name.clone(), bytes.clone());
        }
        if !source.catalogue.is_empty() {
            let mut text = String::from("# What the schema imports: nothing is fetched.\n");
            for (url, file) in &source.catalogue {
                let _ = writeln!(text, "{} = {}", quoted(url), quoted(file));
            }
            put("catalog.toml".to_owned(), text.into_bytes());
        }
    } else if ordered(outline.format) {
        put(SHAPE.to_owned(), shape(outline).into_bytes());
    }
    for (path, bytes, golden) in &samples.all {
        put(path.clone(), bytes.clone());
        if let Some((stem, _)) = path.rsplit_once('.') {
            put(format!("{stem}.golden.json"), golden.clone());
        }
    }
    put("README.md".to_owned(), readme(source, outline).into_bytes());
    (files, printed)
}

fn manifest(source: &Source, outline: &Outline, samples: &Samples) -> String {
    let mut text = format!(
        "#:schema ../profile.schema.json\n\
         # A draft. Say here whose format this is, and in which version.\n\
         id = {}\nname = {}\nzone = \"+08:00\"  # of times without an offset\n",
        quoted(&source.id),
        quoted(&source.id)
    );
    if matches!(outline.format, Format::Xml | Format::Csv) {
        let _ = writeln!(text, "encoding = {}", quoted(&outline.encoding.label().to_ascii_lowercase()));
    }
    let order = match (outline.format, outline.from_schema) {
        (Format::Xml, true) => "schema",
        (Format::Xml, false) => "shape",
        _ => "rows",
    };
    let _ = writeln!(text, "order = \"{order}\"");
    if !samples.kept_ok.is_empty() {
        text.push_str("# Spellings in the samples that are kept beside their values, for they are written in another way:\n");
        let all: Vec<String> = samples.kept_ok.iter().map(|path| quoted(path)).collect();
        let _ = writeln!(text, "kept_ok = [{}]", all.join(", "));
    }
    if !outline.prefixes.is_empty() {
        text.push_str("\n[ns]\n");
        for (prefix, uri) in &outline.prefixes {
            let _ = writeln!(text, "{} = {}", key(prefix), quoted(uri));
        }
    }
    let _ = write!(
        text,
        "\n[message.{}]\nlabel = {}\nwire = [\"{}\"]\n",
        source.kind,
        quoted(&source.kind),
        outline.format.as_str()
    );
    if let Some(root) = &outline.root {
        let _ = writeln!(text, "root = {}", quoted(root));
    }
    let _ = writeln!(text, "kind = {}\nblock = \"message\"", quoted(&source.kind));
    if let (Some(schema), true) = (&source.schema, outline.from_schema) {
        let _ = writeln!(text, "schema = {}", quoted(schema));
    }
    text
}

fn readme(source: &Source, outline: &Outline) -> String {
    let schema = match &source.schema {
        Some(schema) if outline.from_schema => format!("`{schema}`: from where, under which licence?"),
        _ => "none was published (?); the order of elements is that of the samples".to_owned(),
    };
    format!(
        "# {id}\n\nA draft, made by `regbridge profile new`.\n\n\
         - **Format**: whose, which version, where is it described?\n- **Schema**: {schema}\n\
         - **Samples**: are they invented? Nobody's name, number or address may stand in them.\n\
         - **Not mapped, and why**: the rows of `{id}.map.toml` that still wait behind `#`.\n",
        id = source.id
    )
}

/// `shape.xml`: every element and attribute once, in the order of the samples.
fn shape(outline: &Outline) -> String {
    let mut text =
        String::from("<!-- Every element once, in the order they are written in: that of the samples. -->\n");
    let mut declarations = String::new();
    for (prefix, uri) in &outline.prefixes {
        let colon = if prefix.is_empty() { "" } else { ":" };
        let uri = uri.replace('&', "&amp;").replace('"', "&quot;");
        let _ = write!(declarations, " xmlns{colon}{prefix}=\"{uri}\"");
    }
    element(outline, &outline.top, &declarations, 0, &mut Vec::new(), &mut text);
    text
}

fn element(
    outline: &Outline,
    field: &Field,
    declarations: &str,
    depth: usize,
    above: &mut Vec<(String, String)>,
    text: &mut String,
) {
    let name = written(&outline.prefixes, field);
    let indent = " ".repeat(depth);
    let mut attributes = String::new();
    for child in field.children.iter().filter(|child| child.attribute) {
        let _ = write!(attributes, " {}=\"\"", written(&outline.prefixes, child).trim_start_matches('@'));
    }
    let own = (field.namespace.clone(), field.name.clone());
    let known = above.contains(&own);
    if !field.is_group() || known {
        let attributes = if known { "" } else { attributes.as_str() };
        let _ = writeln!(text, "{indent}<{name}{declarations}{attributes}/>");
        return;
    }
    let _ = writeln!(text, "{indent}<{name}{declarations}{attributes}>");
    above.push(own);
    for child in field.children.iter().filter(|child| !child.attribute) {
        element(outline, child, "", depth + 1, above, text);
    }
    above.pop();
    let _ = writeln!(text, "{indent}</{name}>");
}
