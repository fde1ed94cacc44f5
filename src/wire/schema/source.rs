//! The files of one XML Schema: found and read.
//!
//! Promise: only given files are used. Every `schemaLocation` is settled here, by the catalogue or relative to the
//! file it stands in; one that leads nowhere is a problem that names file and line. What the validator is given of
//! them is [`super::rewrite`]'s.

use std::collections::{BTreeMap, VecDeque};

use quick_xml::events::Event;
use quick_xml::reader::Reader as Tokenizer;

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

    /// The same as a node.
    pub(super) fn attribute_node(&self, node: NodeId, name: &str) -> Option<NodeId> {
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
                let last = location.rsplit('/').next().unwrap_or(location);
                let (zh, en) = if files.contains_key(last) {
                    let line = format!("\"{location}\" = \"{last}\"");
                    (format!("；在 catalog.toml 中写入 {line}"), format!("; write into catalog.toml: {line}"))
                } else {
                    (
                        format!(
                            "；取得该文件，置于此处，并在 catalog.toml 中写入 \"{location}\" = \"文件名\""
                        ),
                        format!(
                            "; get the file, put it here, and write into catalog.toml: \"{location}\" = \"its name\""
                        ),
                    )
                };
                let problem = Problem::new(
                    "schema-missing",
                    format!("引用的模式“{location}”既不在目录 catalog.toml 中，也不在给定的文件中{zh}"),
                    format!("the schema {location} is neither in catalog.toml nor among the given files{en}"),
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

/// Calls `visit` for every element of XML Schema in the file.
pub(super) fn walk<'d>(document: &'d Document, visit: &mut dyn FnMut(NodeId, &'d str)) {
    if let Some(root) = document.tree.root() {
        walk_from(document, root, visit);
    }
}

/// The same for a node and what is below it.
pub(super) fn walk_from<'d>(document: &'d Document, node: NodeId, visit: &mut dyn FnMut(NodeId, &'d str)) {
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

/// The value of an attribute in the start tag that `text` begins with, declarations included.
pub(super) fn raw_attribute(text: &str, name: &str) -> Option<String> {
    let (Event::Start(tag) | Event::Empty(tag)) = Tokenizer::from_str(text).read_event().ok()? else {
        return None;
    };
    let found = tag.attributes().with_checks(false).flatten().find(|a| a.key.0 == name)?;
    found.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

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
