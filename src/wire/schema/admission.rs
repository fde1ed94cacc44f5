//! What an XML Schema may not contain, because it would make validation lax, slow or wrong.
//!
//! Promise: a schema that is admitted uses only what the validator enforces. Refused are expressions that do not
//! compile within their limit, `xs:redefine`, and everything of XML Schema 1.1 (assertions, alternatives, open
//! content, overrides), each with file and line.

use super::pattern::check_xsd;
use super::source::{Document, walk};
use crate::domain::problem::{Problem, cut};
use crate::wire::limits::exceeded;

/// Expressions of one schema. 1,000: the largest real schema has 60; each is compiled once for a document.
const PATTERNS: usize = 1_000;

/// The words of XML Schema 1.0 (part 1, section 3, and the facets of part 2), less `redefine`.
const WORDS: &[&str] = &[
    "all",
    "annotation",
    "any",
    "anyAttribute",
    "appinfo",
    "attribute",
    "attributeGroup",
    "choice",
    "complexContent",
    "complexType",
    "documentation",
    "element",
    "enumeration",
    "extension",
    "field",
    "fractionDigits",
    "group",
    "import",
    "include",
    "key",
    "keyref",
    "length",
    "list",
    "maxExclusive",
    "maxInclusive",
    "maxLength",
    "minExclusive",
    "minInclusive",
    "minLength",
    "notation",
    "pattern",
    "restriction",
    "schema",
    "selector",
    "sequence",
    "simpleContent",
    "simpleType",
    "totalDigits",
    "union",
    "unique",
    "whiteSpace",
];

/// All that is wrong with the files.
pub(super) fn check(documents: &[Document]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut patterns = 0;
    for document in documents {
        walk(document, &mut |node, word| {
            if !WORDS.contains(&word) {
                let problem = Problem::new(
                    "schema-unsupported",
                    format!("不支持 xs:{word}:校验器不会执行它"),
                    format!("xs:{word} is not supported: the validator would not enforce it"),
                );
                problems.push(document.blame(node, problem.with_found(word).with_expected("XML Schema 1.0")));
            }
            if word != "pattern" {
                return;
            }
            patterns += 1;
            let pattern = document.attribute(node, "value").unwrap_or_default();
            if patterns > PATTERNS {
                if patterns == PATTERNS + 1 {
                    let problem =
                        exceeded("patterns", "正则表达式个数", "the number of expressions", PATTERNS);
                    problems.push(document.blame(node, problem));
                }
            } else if let Err((zh, en)) = check_xsd(pattern) {
                let shown = cut(pattern);
                let problem =
                    Problem::new("schema-pattern", format!("{zh}:{shown}"), format!("{en}: {shown}"));
                problems.push(document.blame(node, problem.with_found(pattern)));
            }
        });
    }
    problems
}
