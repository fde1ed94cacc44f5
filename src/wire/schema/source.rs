//! The files of one XML Schema: found, read, and made ready for the validator.
//!
//! Promise: only given files are used. Every `schemaLocation` is settled here, by the catalogue or relative to the
//! file it stands in; one that leads nowhere is a problem that names file and line. The text handed on to the
//! validator differs from the file where that costs nothing in meaning: expressions say `[0-9]` for `\d`, locations
//! are settled, and anonymous types bear a name: the validator prepares named types when it compiles the schema, but
//! flattens an anonymous one, and compiles its expressions, again in each document or even for each element.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::ops::Range;

use quick_xml::events::Event;
use quick_xml::reader::Reader as Tokenizer;

use super::pattern::settle as settle_pattern;
use crate::domain::problem::Problem;
use crate::wire::limits::Limits;
use crate::wire::tree::{NodeId, NodeKind, Tree};
use crate::wire::xml;

/// The namespace of XML Schema.
pub(super) const XS: &str = "http://www.w3.org/2001/XMLSchema";

/// Files of one schema. 64: the largest real set has 12.
const FILES: usize = 64;

/// One schema file.
#[derive(Debug)]
pub(super) struct Document {
    /// Its name among the given files.
    pub(super) file: String,
    pub(super) tree: Tree,
    /// `import`, `include`, `redefine` elements and the file each leads to.
    pub(super) links: Vec<(NodeId, String)>,
}

impl Document {
    /// The element's name, if it is one of XML Schema's.
    pub(super) fn word(&self, node: NodeId) -> Option<&str> {
        let (namespace, local) = self.tree.expanded(self.tree.name(node));
        (self.tree.kind(node) == NodeKind::Element && namespace == XS).then_some(local)
    }

    /// The value of an attribute without a namespace.
    pub(super) fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        self.attribute_node(node, name).map(|attribute| self.tree.text(attribute))
    }

    fn attribute_node(&self, node: NodeId, name: &str) -> Option<NodeId> {
        let sym = self.tree.symbol("", name)?;
        let is = |n: &NodeId| self.tree.kind(*n) == NodeKind::Attribute && self.tree.name(*n) == sym;
        self.tree.children(node).find(is)
    }

    /// The elements of XML Schema below a node, with their names.
    pub(super) fn words(&self, node: NodeId) -> impl Iterator<Item = (NodeId, &str)> {
        self.tree.children(node).filter_map(|child| self.word(child).map(|word| (child, word)))
    }

    /// `problem` at a node of this file.
    pub(super) fn blame(&self, node: NodeId, problem: Problem) -> Problem {
        let (line, column) = self.tree.place(node);
        problem
            .with_place(line, column)
            .with_path(self.tree.path(node))
            .with_rule(format!("{}:{line}", self.file))
    }
}

/// Reads `main` and all that it leads to.
pub(super) fn load(
    main: &str,
    files: &BTreeMap<String, Vec<u8>>,
    catalogue: &BTreeMap<String, String>,
) -> Result<Vec<Document>, Vec<Problem>> {
    let mut documents: Vec<Document> = Vec::new();
    let mut problems = Vec::new();
    let mut queue = VecDeque::from([main.to_owned()]);
    while let Some(file) = queue.pop_front() {
        if documents.iter().any(|document| document.file == file) {
            continue;
        }
        if documents.len() == FILES {
            problems.push(crate::wire::limits::exceeded(
                "files",
                "模式文件个数",
                "the number of schema files",
                FILES,
            ));
            break;
        }
        let Some(bytes) = files.get(&file) else {
            problems.push(missing(&file));
            continue;
        };
        match xml::read(bytes, None, &Limits::default()) {
            Ok((tree, _)) => {
                let mut document = Document { file, tree, links: Vec::new() };
                link(&mut document, files, catalogue, &mut problems);
                queue.extend(document.links.iter().map(|(_, target)| target.clone()));
                documents.push(document);
            }
            Err(found) => problems.extend(found.into_iter().map(|mut problem| {
                problem.rule = Some(format!("{file}:{}", problem.line.unwrap_or(1)));
                problem
            })),
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn missing(file: &str) -> Problem {
    Problem::new(
        "schema-missing",
        format!("缺少模式文件“{file}”"),
        format!("the schema file {file} is missing"),
    )
    .with_found(file)
}

/// Settles the locations of one file.
fn link(
    document: &mut Document,
    files: &BTreeMap<String, Vec<u8>>,
    catalogue: &BTreeMap<String, String>,
    problems: &mut Vec<Problem>,
) {
    let Some(root) = document.tree.root() else { return };
    let mut links = Vec::new();
    if document.word(root) != Some("schema") {
        let problem =
            Problem::new("schema-invalid", "根元素不是 xs:schema", "the root element is not xs:schema");
        problems.push(document.blame(root, problem.with_expected("xs:schema")));
        return;
    }
    for (node, word) in document.words(root) {
        if !matches!(word, "import" | "include" | "redefine" | "override") {
            continue;
        }
        let location = document.attribute(node, "schemaLocation");
        let namespace = document.attribute(node, "namespace").unwrap_or_default();
        let found = location
            .and_then(|location| settle(&document.file, location, files, catalogue))
            // An import may leave its location out, or give one that only the web has.
            .or_else(|| catalogue.get(namespace).filter(|file| files.contains_key(*file)).cloned());
        match found {
            Some(target) => links.push((node, target)),
            None if word == "import" && location.is_none() => {}
            None => {
                let location = location.unwrap_or_default();
                let problem = Problem::new(
                    "schema-missing",
                    format!("引用的模式“{location}”既不在目录 catalog.toml 中,也不在给定的文件中"),
                    format!("the schema {location} is neither in catalog.toml nor among the given files"),
                );
                problems
                    .push(document.blame(node, problem.with_found(location).with_expected("catalog.toml")));
            }
        }
    }
    document.links = links;
}

fn settle(
    from: &str,
    location: &str,
    files: &BTreeMap<String, Vec<u8>>,
    catalogue: &BTreeMap<String, String>,
) -> Option<String> {
    if let Some(file) = catalogue.get(location) {
        return files.contains_key(file).then(|| file.clone());
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in location.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    let path = steps.join("/");
    files.contains_key(&path).then_some(path)
}

/// Where the validator finds a file.
pub(super) fn address(file: &str) -> String {
    format!(
        "file:///{}",
        file.replace('%', "%25").replace(' ', "%20").replace('#', "%23").replace('?', "%3F")
    )
}

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
        if word == "pattern"
            && let Some(attribute) = document.attribute_node(node, "value")
        {
            edits.push((value_range(tree, attribute), escape(&settle_pattern(tree.text(attribute)))));
        }
    });
    edits
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

/// Calls `visit` for every element of XML Schema in the file.
pub(super) fn walk<'d>(document: &'d Document, visit: &mut dyn FnMut(NodeId, &'d str)) {
    if let Some(root) = document.tree.root() {
        walk_from(document, root, visit);
    }
}

fn walk_from<'d>(document: &'d Document, node: NodeId, visit: &mut dyn FnMut(NodeId, &'d str)) {
    if let Some(word) = document.word(node) {
        visit(node, word);
    }
    // What an annotation holds is documentation, even where it looks like a schema.
    if document.word(node) == Some("annotation") {
        return;
    }
    // Depth is bounded by the reader's limit.
    for child in document.tree.children(node).filter(|n| document.tree.kind(*n) == NodeKind::Element) {
        walk_from(document, child, visit);
    }
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

/// The value of an attribute in the start tag that `text` begins with, declarations included.
pub(super) fn raw_attribute(text: &str, name: &str) -> Option<String> {
    let (Event::Start(tag) | Event::Empty(tag)) = Tokenizer::from_str(text).read_event().ok()? else {
        return None;
    };
    let found = tag.attributes().with_checks(false).flatten().find(|a| a.key.0 == name)?;
    found.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok().map(std::borrow::Cow::into_owned)
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
    use super::*;

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

    #[test]
    fn locations_are_settled_or_refused() {
        let xsd = |inner: &str| format!("<xs:schema xmlns:xs='{XS}'>{inner}</xs:schema>").into_bytes();
        let mut files = BTreeMap::from([
            (
                "x/a.xsd".to_owned(),
                xsd(
                    "<xs:include schemaLocation='../b.xsd'/>\n<xs:import namespace='urn:c' schemaLocation='http://c/c.xsd'/>",
                ),
            ),
            ("b.xsd".to_owned(), xsd("<xs:include schemaLocation='x/a.xsd'/>")),
            ("c.xsd".to_owned(), xsd("")),
        ]);
        let catalogue = BTreeMap::from([("http://c/c.xsd".to_owned(), "c.xsd".to_owned())]);
        let names: Vec<String> =
            load("x/a.xsd", &files, &catalogue).unwrap().into_iter().map(|d| d.file).collect();
        assert_eq!(names, ["x/a.xsd", "b.xsd", "c.xsd"]);
        files.remove("c.xsd");
        let problems = load("x/a.xsd", &files, &catalogue).unwrap_err();
        assert_eq!(
            (problems[0].code.as_ref(), problems[0].rule.as_deref()),
            ("schema-missing", Some("x/a.xsd:2"))
        );
        let outside =
            BTreeMap::from([("a.xsd".to_owned(), xsd("<xs:include schemaLocation='../../etc/passwd'/>"))]);
        assert!(load("a.xsd", &outside, &catalogue).is_err());
    }
}
