//! The files of one XML Schema, made ready for the validator.
//!
//! Promise: the text handed on differs from the file where that costs nothing in meaning: expressions say `[0-9]` for
//! `\d`, locations are settled, what may stand no time is left out, members of a substitution group say the type that
//! they have from its head, and anonymous types bear a name: the validator prepares named types when it compiles
//! the schema, but flattens an anonymous one, and compiles its expressions, again in each document or even for each
//! element.

use std::fmt::Write as _;
use std::ops::Range;

use quick_xml::events::Event;
use quick_xml::reader::Reader as Tokenizer;

use super::pattern::settle as settle_pattern;
use super::source::{Document, address, walk, walk_from};
use crate::wire::limits::Limits;
use crate::wire::tree::{NodeId, Tree};
use crate::wire::xml;

/// The text for the validator; `index` makes the names of this file's types its own.
pub(super) fn rewritten(document: &Document, index: usize) -> String {
    let mut text = apply(document.tree.source(), settled(document), true);
    // Innermost types first: each pass takes one level of nesting away, so there are as many as the reader allows.
    for pass in 0..Limits::default().depth {
        let Ok((tree, _)) = xml::read(text.as_bytes(), None, &Limits::default()) else { break };
        let named = Document { file: document.file.clone(), tree, links: Vec::new() };
        let edits = name_types(&named, &format!("regbridge-{index}-{pass}"));
        if edits.is_empty() {
            break;
        }
        text = apply(&text, edits, false);
    }
    text
}

type Edit = (Range<usize>, String);

/// Applies edits; `bare` drops the XML declaration, whose encoding no longer holds.
fn apply(text: &str, mut edits: Vec<Edit>, bare: bool) -> String {
    if bare && text.starts_with("<?xml ") {
        edits.push((0..text.find("?>").map_or(0, |end| end + 2), String::new()));
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len() + 64 * edits.len());
    let mut at = 0;
    for (range, new) in edits {
        if range.start >= at {
            out.push_str(&text[at..range.start]);
            out.push_str(&new);
            at = range.end;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// Settled locations and ten-digit expressions.
fn settled(document: &Document) -> Vec<Edit> {
    let tree = &document.tree;
    let mut edits = Vec::new();
    for (node, target) in &document.links {
        let location = escape(&address(target));
        if let Some(attribute) = document.attribute_node(*node, "schemaLocation") {
            edits.push((value_range(tree, attribute), location));
        } else {
            let at = tag_name_end(tree, *node);
            edits.push((at..at, format!(" schemaLocation=\"{location}\"")));
        }
    }
    walk(document, &mut |node, word| {
        edits.extend(nothing(document, node, word));
        edits.extend(inherited(document, node, word));
        if word == "pattern"
            && let Some(attribute) = document.attribute_node(node, "value")
        {
            edits.push((value_range(tree, attribute), escape(&settle_pattern(tree.text(attribute)))));
        }
    });
    edits
}

/// What stands for nothing: particles that may stand no time, which the validator does not always keep out, and
/// attributes that are prohibited where there is no base to take them from, which it would allow.
fn nothing(document: &Document, node: NodeId, word: &str) -> Option<Edit> {
    let tree = &document.tree;
    let parent = tree.parent(node).and_then(|parent| document.word(parent));
    let gone = match word {
        "element" | "any" | "group" | "sequence" | "choice" | "all" => {
            document.attribute(node, "maxOccurs").map(str::trim) == Some("0")
        }
        "attribute" => document.attribute(node, "use") == Some("prohibited") && parent != Some("restriction"),
        _ => false,
    };
    let at = tree.offset(node);
    let end = element_end(tree.source(), at).filter(|_| gone)?;
    Some((at..end, String::new()))
}

/// The type that an element without one has from the head of its substitution group (part 1, section 3.3.2): the
/// validator would let it hold anything.
fn inherited(document: &Document, node: NodeId, word: &str) -> Option<Edit> {
    let tree = &document.tree;
    let group = document.attribute(node, "substitutionGroup").filter(|_| word == "element")?;
    if document.attribute(node, "type").is_some() || inline_type(document, node, word).is_some() {
        return None;
    }
    let local = group.rsplit(':').next()?;
    let head = document
        .words(tree.root()?)
        .find(|(head, word)| *word == "element" && document.attribute(*head, "name") == Some(local))?;
    let of = document.attribute(head.0, "type")?;
    let at = tag_name_end(tree, node);
    Some((at..at, format!(" type=\"{}\"", escape(of))))
}

/// Gives anonymous types that hold no other anonymous type a name and moves them to the top.
fn name_types(document: &Document, stem: &str) -> Vec<Edit> {
    let tree = &document.tree;
    let Some(root) = tree.root() else { return Vec::new() };
    let text = tree.source();
    let start = tree.offset(root);
    let Some(root_end) = text[start..].find('>').map(|end| start + end) else { return Vec::new() };
    // A declaration further down could change what a moved prefix means.
    if text[root_end..].contains("xmlns") || text[root_end - 1..].starts_with('/') {
        return Vec::new();
    }
    let prefix = match document.attribute(root, "targetNamespace") {
        Some(_) => "regbridge-own:",
        // Without one, the name must be in no namespace, so no default namespace may be in force.
        None if text[start..root_end].split_whitespace().any(|word| word.starts_with("xmlns=")) => {
            return Vec::new();
        }
        None => "",
    };
    let mut edits = Vec::new();
    let mut moved = String::new();
    let mut count = 0_usize;
    walk(document, &mut |node, word| {
        let Some(anonymous) = inline_type(document, node, word) else { return };
        let mut holds_another = false;
        walk_from(document, anonymous, &mut |inner, word| {
            holds_another |= inline_type(document, inner, word).is_some();
        });
        let at = tree.offset(anonymous);
        let Some(end) = element_end(text, at).filter(|_| !holds_another) else { return };
        count += 1;
        let name = format!("{stem}-{count}");
        let insert = tag_name_end(tree, node);
        edits.push((insert..insert, format!(" type=\"{prefix}{name}\"")));
        edits.push((at..end, String::new()));
        let after_name = tag_name_end(tree, anonymous);
        let _ = writeln!(moved, "{} name=\"{name}\"{}", &text[at..after_name], &text[after_name..end]);
    });
    if count == 0 {
        return Vec::new();
    }
    if let Some(namespace) = document.attribute(root, "targetNamespace")
        && !text[start..root_end].contains("xmlns:regbridge-own=")
    {
        let insert = tag_name_end(tree, root);
        edits.push((insert..insert, format!(" xmlns:regbridge-own=\"{}\"", escape(namespace))));
    }
    let end = element_end(text, start).unwrap_or(text.len());
    let close = text[..end].rfind("</").unwrap_or(end);
    edits.push((close..close, moved));
    edits
}

/// The anonymous type of an element or attribute declaration.
fn inline_type(document: &Document, node: NodeId, word: &str) -> Option<NodeId> {
    if !matches!(word, "element" | "attribute") {
        return None;
    }
    document
        .words(node)
        .find(|(_, word)| matches!(*word, "simpleType" | "complexType"))
        .map(|(inline, _)| inline)
}

/// Where the value of an attribute stands between its quotes.
fn value_range(tree: &Tree, attribute: NodeId) -> Range<usize> {
    let text = tree.source();
    let from = tree.offset(attribute);
    let Some(open) = text[from..].find(['"', '\'']).map(|at| from + at) else { return from..from };
    let quote = if text[open..].starts_with('"') { '"' } else { '\'' };
    let end = text[open + 1..].find(quote).map_or(open + 1, |at| open + 1 + at);
    open + 1..end
}

/// Where an attribute can be put into an element's start tag.
fn tag_name_end(tree: &Tree, element: NodeId) -> usize {
    let text = tree.source();
    let from = tree.offset(element) + 1;
    let length = text[from..].find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(0);
    from + length
}

/// Where the element that begins at `at` ends.
fn element_end(text: &str, at: usize) -> Option<usize> {
    let mut tokens = Tokenizer::from_str(&text[at..]);
    let mut depth = 0_usize;
    loop {
        match tokens.read_event().ok()? {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.checked_sub(1)?,
            Event::Empty(_) if depth == 0 => {}
            Event::Eof => return None,
            _ => continue,
        }
        if depth == 0 {
            return usize::try_from(tokens.buffer_position()).ok().map(|length| at + length);
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
        .replace('\n', "&#10;")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::wire::schema::source::load;

    #[test]
    fn anonymous_types_with_expressions_get_names() {
        let xsd = "<?xml version=\"1.0\" encoding=\"GBK\"?><xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
            targetNamespace=\"urn:a&amp;b\"><xs:element name=\"a\"><xs:simpleType><xs:restriction base=\"xs:string\">\
            <xs:pattern value='\\d{6}'/></xs:restriction></xs:simpleType></xs:element></xs:schema>";
        let bytes = crate::wire::encoding::encode(xsd, crate::wire::encoding::Encoding::Gbk).unwrap();
        let files = BTreeMap::from([("a.xsd".to_owned(), bytes)]);
        let documents = load("a.xsd", &files, &BTreeMap::new()).unwrap();
        let text = rewritten(&documents[0], 0);
        let expected = "<xs:schema xmlns:regbridge-own=\"urn:a&amp;b\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
            targetNamespace=\"urn:a&amp;b\"><xs:element type=\"regbridge-own:regbridge-0-0-1\" name=\"a\"></xs:element>\
            <xs:simpleType name=\"regbridge-0-0-1\"><xs:restriction base=\"xs:string\"><xs:pattern value='[0-9]{6}'/>\
            </xs:restriction></xs:simpleType>\n</xs:schema>";
        assert_eq!(text, expected);
    }
}
