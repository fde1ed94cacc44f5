//! What the validator admits but does not enforce, or enforces wrongly: refused when the schema is loaded.
//!
//! Promise: each was found beside another validator (decision 19); the message says what to write instead. Told are: an
//! element or wildcard with bounds of its own (`maxOccurs="3"`) in a group that repeats, which the validator counts
//! over all turns; a choice without alternatives, which it takes for one that may be left out; facets in a restriction
//! of simple content; a keyref below the top, whose keys it mixes with those of other elements; `block` against
//! substitution, which it does not know.

use super::names::{Names, Place};
use super::source::{Document, walk};
use crate::domain::problem::Problem;
use crate::wire::tree::NodeId;

/// How deep groups may refer to groups: 32, as in the shape; what goes deeper is left to the validator, which refuses
/// groups that go round in circles.
const GROUPS: usize = 32;

/// Particles looked at: 200,000, as in the shape.
const PARTICLES: usize = 200_000;

/// All that is found in the files.
pub(super) fn check(documents: &[Document], names: &Names) -> Vec<Problem> {
    let mut lax = Lax { documents, names, problems: Vec::new(), told: Vec::new(), budget: PARTICLES };
    let members = documents.iter().any(|document| {
        let mut found = false;
        walk(document, &mut |node, _| found |= document.attribute(node, "substitutionGroup").is_some());
        found
    });
    for (file, document) in documents.iter().enumerate() {
        walk(document, &mut |node, word| lax.look(file, node, word, members));
    }
    lax.problems
}

/// Whether types may be barred from standing for others (`block`), so that a document may not name one.
pub(super) fn blocks_types(documents: &[Document]) -> bool {
    documents.iter().any(|document| {
        let mut found = false;
        walk(document, &mut |node, _| {
            found |= blocks(document, node, "extension") || blocks(document, node, "restriction");
        });
        found
    })
}

fn blocks(document: &Document, node: NodeId, what: &str) -> bool {
    let given = document.attribute(node, "block").or_else(|| document.attribute(node, "blockDefault"));
    given.is_some_and(|list| list.split_whitespace().any(|word| word == what || word == "#all"))
}

struct Lax<'d> {
    documents: &'d [Document],
    names: &'d Names<'d>,
    problems: Vec<Problem>,
    told: Vec<Place>,
    budget: usize,
}

impl Lax<'_> {
    fn tell(&mut self, file: usize, node: NodeId, zh: &str, en: &str, expected: &str) {
        if !self.told.contains(&(file, node)) {
            self.told.push((file, node));
            let problem = Problem::new("schema-unsupported", zh, en).with_expected(expected);
            self.problems.push(self.documents[file].blame(node, problem));
        }
    }

    fn look(&mut self, file: usize, node: NodeId, word: &str, members: bool) {
        let documents = self.documents;
        let document = &documents[file];
        match word {
            "complexType" | "extension" | "restriction" => {
                for (child, word) in document.words(node) {
                    self.particle(file, child, word, false, 0);
                }
                let parent = document.tree.parent(node).and_then(|parent| document.word(parent));
                let faceted = document.words(node).any(|(_, word)| {
                    word != "annotation" && word != "simpleType" && !word.to_lowercase().contains("attribute")
                });
                if word == "restriction" && parent == Some("simpleContent") && faceted {
                    self.tell(
                        file,
                        node,
                        "simpleContent 的 restriction 中的取值限制不会被校验",
                        "facets in a restriction of simple content would not be enforced",
                        "xs:simpleType + xs:extension",
                    );
                }
            }
            "choice"
                if document.attribute(node, "minOccurs") != Some("0")
                    && document.words(node).all(|(_, word)| word == "annotation") =>
            {
                self.tell(
                    file,
                    node,
                    "没有任何选项的 xs:choice 不允许任何内容,校验器却当作可省略",
                    "an xs:choice without alternatives allows no content at all, but would be taken for optional",
                    "minOccurs=\"0\"",
                );
            }
            "keyref" => {
                let host = document.tree.parent(node);
                let top = host.and_then(|host| document.tree.parent(host)) == document.tree.root();
                if !top {
                    self.tell(
                        file,
                        node,
                        "xs:keyref 只能写在顶层元素上:否则各元素的键会混在一起",
                        "xs:keyref must stand at an element declared at the top: the keys of several elements would be mixed",
                        "xs:schema/xs:element/xs:keyref",
                    );
                }
            }
            "element" | "schema" if members && blocks(document, node, "substitution") => {
                self.tell(
                    file,
                    node,
                    "block 禁止替换(substitution)不会被校验",
                    "a block of substitution would not be enforced",
                    "block=\"\"",
                );
            }
            _ => {}
        }
    }

    /// Looks for bounds within a group that repeats.
    fn particle(&mut self, file: usize, node: NodeId, word: &str, repeats: bool, depth: usize) {
        let documents = self.documents;
        let document = &documents[file];
        self.budget = self.budget.saturating_sub(1);
        if self.budget == 0 || depth > GROUPS {
            return;
        }
        let least = document.attribute(node, "minOccurs").unwrap_or("1").trim();
        let most = document.attribute(node, "maxOccurs").unwrap_or("1").trim();
        if most == "0" {
            return;
        }
        match word {
            "element" | "any" => {
                let counted = !matches!(least, "0" | "1") || !matches!(most, "1" | "unbounded");
                if repeats && counted {
                    self.tell(
                        file,
                        node,
                        "可重复的组内,元素的 minOccurs、maxOccurs 只能为 0、1 或 unbounded:其他次数不会按每轮校验",
                        "in a group that repeats, minOccurs and maxOccurs of an element may be 0, 1 or unbounded: other \
                         bounds would not be enforced for each turn",
                        "0, 1, unbounded",
                    );
                }
            }
            "sequence" | "choice" | "all" => {
                for (child, word) in document.words(node) {
                    self.particle(file, child, word, repeats || most != "1", depth + 1);
                }
            }
            "group" => {
                let target = document
                    .attribute(node, "ref")
                    .and_then(|name| self.names.find("group", file, node, name));
                let Some((file, target)) = target else { return };
                for (child, word) in documents[file].words(target) {
                    self.particle(file, child, word, repeats || most != "1", depth + 1);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::wire::schema::source::load;

    fn told(inner: &str) -> Vec<String> {
        let text = format!("<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n{inner}</xs:schema>");
        let files = BTreeMap::from([("a.xsd".to_owned(), text.into_bytes())]);
        let documents = load("a.xsd", &files, &BTreeMap::new()).unwrap();
        let names = Names::new(&documents);
        check(&documents, &names).into_iter().filter_map(|problem| problem.rule).collect()
    }

    fn model(inner: &str) -> String {
        format!("<xs:complexType name='t'>{inner}</xs:complexType>")
    }

    #[test]
    fn what_would_not_be_enforced_is_told_with_its_line() {
        let repeated = "<xs:sequence maxOccurs='unbounded'><xs:element name='a'/>\n<xs:element name='b' maxOccurs='2'/></xs:sequence>";
        assert_eq!(told(&model(repeated)), ["a.xsd:3"]);
        let by_group = "<xs:choice minOccurs='0' maxOccurs='9'><xs:group ref='g'/></xs:choice>";
        let group = "<xs:group name='g'><xs:sequence>\n<xs:any minOccurs='2' maxOccurs='2'/></xs:sequence></xs:group>";
        assert_eq!(told(&format!("{}{group}", model(by_group))), ["a.xsd:3"]);
        assert_eq!(told(&model("<xs:choice/>")), ["a.xsd:2"]);
        let facets = "<xs:simpleContent><xs:restriction base='b'><xs:maxLength value='1'/></xs:restriction></xs:simpleContent>";
        assert_eq!(told(&model(facets)), ["a.xsd:2"]);
        let keyref =
            "<xs:keyref name='k' refer='r'><xs:selector xpath='a'/><xs:field xpath='.'/></xs:keyref>";
        let below = format!("<xs:sequence><xs:element name='a'>{keyref}</xs:element></xs:sequence>");
        assert_eq!(told(&model(&below)), ["a.xsd:2"]);
        assert_eq!(
            told("<xs:element name='h' block='substitution'/><xs:element name='m' substitutionGroup='h'/>"),
            ["a.xsd:2"]
        );
    }

    #[test]
    fn what_is_enforced_is_admitted() {
        for inner in [
            model("<xs:sequence><xs:element name='a' minOccurs='2' maxOccurs='9'/></xs:sequence>"),
            model("<xs:sequence maxOccurs='unbounded'><xs:element name='a' minOccurs='0' maxOccurs='unbounded'/></xs:sequence>"),
            model("<xs:choice minOccurs='0'/>"),
            "<xs:element name='h' block='#all'/>".to_owned(),
            "<xs:element name='a'><xs:keyref name='k' refer='r'><xs:selector xpath='a'/><xs:field xpath='.'/></xs:keyref></xs:element>".to_owned(),
        ] {
            assert_eq!(told(&inner), [""; 0], "{inner}");
        }
    }
}
