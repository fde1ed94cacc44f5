//! XML Schema 1.0: compiled once, then asked for each document.
//!
//! Promise: what is not valid is refused with its place, path, what was found and what would be right; a document
//! that the validator cannot judge is refused too. fastxml does the judging, behind our reader (which bounds what it
//! sees) and the admission lint (which keeps out what it would not enforce); [`quick`](super::quick) is asked first and
//! spares it the documents that are surely valid.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastxml::schema::{FetchResult, Schema as Compiled, SchemaFetcher, Validator};
use fastxml::{ErrorLevel, StructuredError};

use super::across::Across;
use super::elsewhere::elsewhere;
use super::names::Names;
use super::quick::{Answer, Quick};
use super::rewrite::rewritten;
use super::shape::{Shape, TypeId};
use super::source::{self, Document, address};
use super::wording::understand;
use super::{admission, edges, fallen, lax, strict, xsd_shape};
use crate::domain::problem::Problem;
use crate::wire::schema::MOST_PROBLEMS;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// A compiled XML Schema.
#[derive(Debug)]
pub struct Xsd {
    compiled: Arc<Compiled>,
    quick: Quick,
    shape: Shape,
    files: Vec<String>,
    across: Across,
    /// Types may be barred from standing for others.
    blocks: bool,
}

struct Given(BTreeMap<String, String>);

impl SchemaFetcher for Given {
    fn fetch(&self, url: &str) -> fastxml::Result<FetchResult> {
        match self.0.get(url) {
            Some(text) => Ok(FetchResult {
                content: text.clone().into_bytes(),
                final_url: url.to_owned(),
                redirected: false,
            }),
            None => Err(fastxml::Error::InvalidOperation(format!("{url} is not among the given files"))),
        }
    }
}

impl Xsd {
    pub(super) fn compile(
        main: &str,
        files: &BTreeMap<String, Vec<u8>>,
        catalogue: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<Problem>> {
        let documents = source::load(main, files, catalogue)?;
        let names = Names::new(&documents);
        let mut problems = admission::check(&documents);
        problems.extend(names.dangling());
        problems.extend(lax::check(&documents, &names));
        if !problems.is_empty() {
            return Err(problems);
        }
        let texts: BTreeMap<String, String> = documents
            .iter()
            .enumerate()
            .map(|(index, document)| (address(&document.file), rewritten(document, index)))
            .collect();
        let entry = texts.get(&address(main)).cloned().unwrap_or_default();
        let compiled = Compiled::builder()
            .add(address(main), entry.into_bytes())
            .resolve_with(&Given(texts))
            .map_err(|error| vec![uncompiled(main, &error)])?;
        let shape = xsd_shape::shape(&documents, &names);
        let quick = Quick::new(&documents, &names);
        let across = Across::of_xsd(&documents);
        let blocks = lax::blocks_types(&documents);
        let files = documents.into_iter().map(|Document { file, .. }| file).collect();
        Ok(Self { compiled: Arc::new(compiled), quick, shape, files, across, blocks })
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) fn across(&self) -> &Across {
        &self.across
    }

    pub(super) fn file(&self, index: usize) -> Option<&str> {
        self.files.get(index).map(String::as_str)
    }

    /// Judges a document, given as text and as the tree read from it.
    pub(super) fn validate(&self, text: &[u8], tree: &Tree) -> Vec<Problem> {
        if self.surely_holds(tree) {
            return Vec::new();
        }
        self.judge(text, tree)
    }

    /// Whether the quick look finds a tree valid.
    pub(super) fn surely_holds(&self, tree: &Tree) -> bool {
        self.ask(tree) == Answer::Valid
    }

    /// What the quick look tells.
    pub(super) fn ask(&self, tree: &Tree) -> Answer {
        self.quick.ask(tree)
    }

    /// The full validator's judgement.
    pub(super) fn judge(&self, text: &[u8], tree: &Tree) -> Vec<Problem> {
        // The declaration names the encoding of the bytes as they came; the text no longer is in it.
        let skip = declaration(text);
        let entries = match self.entries(&text[skip..]) {
            Some(Ok(entries)) => entries,
            Some(Err(problem)) => return vec![problem],
            None => return vec![self.fallen(&text[skip..], skip, tree)],
        };
        let places = || Places::new(tree, skip);
        if !entries.is_empty() {
            let places = places();
            return entries.iter().map(|entry| self.problem(entry, tree, &places)).collect();
        }
        if let Some(marked) = edges::marked(&text[skip..]) {
            let Some(wrong) = self.entries(&marked) else { return vec![self.fallen(&marked, skip, tree)] };
            let wrong = wrong.unwrap_or_default();
            let wrong: Vec<&StructuredError> = wrong.iter().filter(|entry| edges::concerned(entry)).collect();
            if !wrong.is_empty() {
                let places = places();
                return wrong.into_iter().map(|entry| self.problem(entry, tree, &places)).collect();
            }
        }
        strict::check(&self.shape, self.blocks, tree)
    }

    /// What the validator finds wrong with a text; nothing is told if it falls over it.
    fn entries(&self, text: &[u8]) -> Option<Result<Vec<StructuredError>, Problem>> {
        let validator =
            || Validator::from(text).schema(Arc::clone(&self.compiled)).max_errors(MOST_PROBLEMS).run();
        let report = match fallen::guarded(validator)? {
            Ok(report) => report,
            Err(error) => {
                return Some(Err(Problem::new(
                    "schema-validator",
                    "校验器无法读取该文档",
                    format!("the validator cannot read the document: {error}"),
                )));
            }
        };
        // Of an identity constraint that it cannot check it only warns.
        let counts = |entry: &StructuredError| {
            entry.level != ErrorLevel::Warning || entry.message.contains("is not checked")
        };
        Some(Ok(report.into_entries().into_iter().filter(counts).collect()))
    }

    /// What is told of a text that the validator falls over.
    fn fallen(&self, text: &[u8], skip: usize, tree: &Tree) -> Problem {
        fallen::problem(text, skip, tree, |text| self.entries(text).is_none())
    }

    fn problem(&self, error: &StructuredError, tree: &Tree, places: &Places) -> Problem {
        let last = places.find(error.line(), error.column());
        let node = last.map(|node| concerned(tree, node, error.node_name.as_deref()));
        let said = understand(error, node.map(|node| tree.text(node)).unwrap_or_default());
        let mut problem = Problem::new(said.code, said.zh, said.en);
        if let Some(node) = node {
            let attribute = said.attribute.as_deref().and_then(|name| attribute(tree, node, name));
            let spot = attribute.unwrap_or(node);
            let (line, column) = tree.place(spot);
            problem = problem.with_place(line, column).with_path(tree.path(spot));
            if let Some(rule) = self.rule(tree, node) {
                problem = problem.with_rule(rule);
            }
        }
        if let Some((zh, en)) =
            node.filter(|_| said.code == "xsd-element").and_then(|node| elsewhere(&self.shape, tree, node))
        {
            problem.zh.push_str(&zh);
            problem.en.push_str(&en);
        }
        if let Some(found) = &said.found {
            problem = problem.with_found(found);
        }
        if let Some(expected) = &said.expected {
            problem = problem.with_expected(cut_long(expected));
        }
        problem
    }

    /// File and line of the declaration of a node's element.
    fn rule(&self, tree: &Tree, node: NodeId) -> Option<String> {
        let mut steps = vec![node];
        while let Some(parent) = tree.parent(steps[steps.len() - 1]) {
            steps.push(parent);
        }
        let mut names = steps.iter().rev().map(|step| tree.expanded(tree.name(*step)));
        let (namespace, local) = names.next()?;
        let mut here: TypeId = self.shape.root(namespace, local)?;
        let mut place = None;
        for (namespace, local) in names {
            let child = self.shape.child(here, namespace, local)?;
            place = Some((child.file, child.line));
            here = child.of;
        }
        let (file, line) = place?;
        Some(format!("{}:{line}", self.files.get(file)?))
    }
}

fn uncompiled(main: &str, error: &fastxml::Error) -> Problem {
    let text = error.to_string();
    Problem::new("schema-invalid", format!("模式不合法:{text}"), format!("the schema is not valid: {text}"))
        .with_rule(main)
}

/// The length of the XML declaration.
fn declaration(text: &[u8]) -> usize {
    if !text.starts_with(b"<?xml ") {
        return 0;
    }
    text.windows(2).position(|pair| pair == b"?>").map_or(0, |end| end + 2)
}

/// The elements of a document by where they begin, as the validator counts.
struct Places {
    elements: Vec<(usize, usize, NodeId)>,
}

impl Places {
    fn new(tree: &Tree, skip: usize) -> Self {
        let mut elements = Vec::new();
        let text = tree.source().get(skip..).unwrap_or_default();
        let mut cursor = (0, 1_usize, 1_usize);
        if let Some(root) = tree.root() {
            collect(tree, root, skip, text, &mut cursor, &mut elements);
        }
        Self { elements }
    }

    /// The last element that begins before a place; the validator tells where the start tag ends.
    fn find(&self, line: Option<usize>, column: Option<usize>) -> Option<NodeId> {
        let place = (line?, column.unwrap_or(usize::MAX));
        let after = self.elements.partition_point(|(line, column, _)| (*line, *column) < place);
        self.elements.get(after.saturating_sub(1)).map(|(_, _, node)| *node)
    }
}

/// Line and column of each element in document order, counted in one pass.
fn collect(
    tree: &Tree,
    node: NodeId,
    skip: usize,
    text: &str,
    cursor: &mut (usize, usize, usize),
    out: &mut Vec<(usize, usize, NodeId)>,
) {
    let at = tree.offset(node).saturating_sub(skip);
    for c in text.get(cursor.0..at).unwrap_or_default().chars() {
        if c == '\n' {
            cursor.1 += 1;
            cursor.2 = 1;
        } else {
            cursor.2 += 1;
        }
    }
    cursor.0 = at;
    out.push((cursor.1, cursor.2, node));
    for child in tree.children(node).filter(|n| tree.kind(*n) == NodeKind::Element) {
        collect(tree, child, skip, text, cursor, out);
    }
}

fn cut_long(text: &str) -> String {
    // A list of enumerated values may hold thousands.
    let mut short: String = text.chars().take(400).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The element a message is about: the validator knows the last start tag it saw, and the name.
fn concerned(tree: &Tree, last: NodeId, name: Option<&str>) -> NodeId {
    let Some(name) = name else { return last };
    let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
    let mut here = Some(last);
    while let Some(node) = here {
        if tree.local(node) == local {
            return node;
        }
        here = tree.parent(node);
    }
    last
}

fn attribute(tree: &Tree, node: NodeId, name: &str) -> Option<NodeId> {
    let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
    tree.children(node).find(|n| tree.kind(*n) == NodeKind::Attribute && tree.local(*n) == local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encoding::{self, Encoding};
    use crate::wire::limits::Limits;
    use crate::wire::xml;

    const XSD: &str = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='a'><xs:complexType><xs:sequence>
        <xs:element name='b' type='xs:int'/>
        <xs:element name='c'><xs:simpleType><xs:restriction base='xs:string'><xs:pattern value='\\d{3}'/><xs:maxLength value='4'/></xs:restriction></xs:simpleType></xs:element>
        <xs:element name='d' minOccurs='0' maxOccurs='2'><xs:simpleType><xs:restriction base='xs:string'><xs:enumeration value='y'/><xs:enumeration value='x'/></xs:restriction></xs:simpleType></xs:element>
        <xs:element name='e' minOccurs='0' nillable='true' type='xs:date'/>
        <xs:choice minOccurs='0'><xs:element name='f' type='xs:ID'/><xs:element name='g' fixed='1'/></xs:choice>
        </xs:sequence><xs:attribute name='q' type='xs:int' use='required'/></xs:complexType>
        <xs:unique name='u'><xs:selector xpath='d'/><xs:field xpath='.'/></xs:unique></xs:element></xs:schema>";

    fn schema(xsd: &str) -> Result<Xsd, Vec<Problem>> {
        Xsd::compile(
            "a.xsd",
            &BTreeMap::from([("a.xsd".to_owned(), xsd.as_bytes().to_vec())]),
            &BTreeMap::new(),
        )
    }

    fn judge(document: &[u8]) -> Vec<Problem> {
        let (tree, _) = xml::read(document, None, &Limits::default()).unwrap();
        schema(XSD).unwrap().validate(tree.source().as_bytes(), &tree)
    }

    #[test]
    fn a_document_in_gbk_is_judged_by_its_text() {
        let document = |c: &str| {
            let text = format!(
                "<?xml version='1.0' encoding='GB2312'?>\r\n<a q='1'><b>1</b>\r\n<!-- 投诉 --><c>{c}</c></a>"
            );
            encoding::encode(&text, Encoding::Gbk).unwrap()
        };
        assert_eq!(judge(&document("123")), []);
        let problem = &judge(&document("投诉"))[0];
        assert_eq!((problem.line, problem.column, problem.path.as_str()), (Some(3), Some(12), "a/c"));
        assert_eq!((problem.found.as_deref(), problem.expected.as_deref()), (Some("投诉"), Some("[0-9]{3}")));
        assert_eq!(problem.rule.as_deref(), Some("a.xsd:3"));
        assert_eq!(problem.zh, "值“投诉”不符合格式 [0-9]{3}");
    }

    #[test]
    fn a_value_that_the_validator_falls_over_is_refused_where_it_stands() {
        let xsd = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='a'><xs:complexType><xs:sequence>
            <xs:element name='b' type='xs:string'/>
            <xs:element name='c' maxOccurs='9'><xs:simpleType><xs:restriction base='xs:dateTime'>
            <xs:minInclusive value='1900-01-01T00:00:00'/></xs:restriction></xs:simpleType></xs:element>
            </xs:sequence></xs:complexType></xs:element></xs:schema>";
        let document =
            "<?xml version='1.0'?>\n<a><b>甲 乙</b><c>2026-03-09T08:05:07</c>\n<c>甲 乙</c><c>丙 丁</c></a>";
        let (tree, _) = xml::read(document.as_bytes(), None, &Limits::default()).unwrap();
        let problems = schema(xsd).unwrap().validate(document.as_bytes(), &tree);
        let [problem] = &*problems else { panic!("{problems:#?}") };
        assert_eq!((problem.line, problem.column, problem.path.as_str()), (Some(3), Some(1), "a/c[2]"));
        assert_eq!((&*problem.code, problem.found.as_deref()), ("schema-validator", Some("甲 乙")));
        assert!(!fallen::is_guarded());
    }

    #[test]
    fn each_problem_is_told_where_it_is() {
        for (document, expected) in [
            ("<a q='1'><b>x</b><c>123</c></a>", "1:10 a/b xsd-value x|xs:int"),
            ("<a q='1'><b>1</b><c>12345</c></a>", "1:18 a/c xsd-value 12345|≤ 4"),
            ("<a q='1'><b>1</b>\n<c>123</c><z/></a>", "2:11 a/z xsd-element z|-"),
            ("<a q='x'><b>1</b><c>123</c></a>", "1:4 a/@q xsd-value x|xs:int"),
            ("<a q='1' r='1'><b>1</b><c>123</c></a>", "1:1 a xsd-attribute-unknown r|-"),
            ("<a><b>1</b><c>123</c></a>", "1:1 a xsd-attribute-missing -|@q"),
            ("<a q='1'><b>1</b></a>", "1:1 a xsd-incomplete -|c"),
            ("<a q='1'><c>123</c><b>1</b></a>", "1:10 a/c xsd-element c|b"),
            ("<a q='1'><b>1</b>t<c>123</c></a>", "1:1 a xsd-text -|-"),
            ("<a q='1'><b>1</b><c>123</c><d>z</d></a>", "1:28 a/d xsd-value z|x, y"),
            ("<a q='1'><b>1</b><c>123</c><d>x</d><d>x</d></a>", "1:36 a/d[2] xsd-identity -|-"),
            ("<a q='1'><b>1</b><c>123</c><d>x</d><d>y</d><d>x</d></a>", "1:44 a/d[3] xsd-element d|-"),
            ("<a q='1'><b>1</b><c>123</c><e>2020-13-01</e></a>", "1:28 a/e xsd-value 2020-13-01|-"),
            ("<a q='1'><b>1</b><c>123</c><g>2</g></a>", "1:28 a/g xsd-value 2|1"),
            ("<a q='1'><b>1</b><c>123</c><g>1</g><f>i</f></a>", "1:36 a/f xsd-element f|no further elements"),
            ("<zz/>", "1:1 zz xsd-element zz|-"),
        ] {
            let told: Vec<String> = judge(document.as_bytes())
                .iter()
                .map(|p| {
                    let (found, wanted) =
                        (p.found.as_deref().unwrap_or("-"), p.expected.as_deref().unwrap_or("-"));
                    format!(
                        "{}:{} {} {} {found}|{wanted}",
                        p.line.unwrap(),
                        p.column.unwrap(),
                        p.path,
                        p.code
                    )
                })
                .collect();
            assert!(told.contains(&expected.to_owned()), "{document}: {told:?}");
        }
    }

    #[test]
    fn what_would_not_be_enforced_is_not_admitted() {
        let wrap = |inner: &str| {
            format!("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n{inner}</xs:schema>")
        };
        let simple = |facet: &str| {
            wrap(&format!(
                "<xs:simpleType name='t'><xs:restriction base='xs:string'>\n{facet}</xs:restriction></xs:simpleType>"
            ))
        };
        for (xsd, code, rule) in [
            (simple("<xs:pattern value='[a-z]{1,100000}'/>"), "schema-pattern", "a.xsd:3"),
            (simple("<xs:assertion test='1'/>"), "schema-unsupported", "a.xsd:3"),
            (wrap("<xs:redefine schemaLocation='a.xsd'/>"), "schema-unsupported", "a.xsd:2"),
            (wrap("<xs:element name='a' type='nothing'/>"), "schema-dangling", "a.xsd:2"),
            ("<a/>".to_owned(), "schema-invalid", "a.xsd:1"),
        ] {
            let problems = schema(&xsd).err().unwrap_or_else(|| panic!("admitted: {xsd}"));
            assert_eq!(
                (problems[0].code.as_ref(), problems[0].rule.as_deref()),
                (code, Some(rule)),
                "{problems:?}"
            );
        }
    }
}
