//! The literals of a map, against the record: words of predicates, of `default`, of `else`.
//!
//! Promise: a literal that the record's member can never be, or that no step before it can write, does not load; so no
//! record is refused for a word that stands in the map alone.

use serde_json::Value;

use crate::mapping::canonical::View;
use crate::mapping::compile::Row;
use crate::mapping::condition::Term;
use crate::mapping::fault::{Spot, suggestion_or_list};
use crate::mapping::steps::Chain;
use crate::mapping::typing::Typing;

/// A literal as the map says it.
fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"))
}

impl<'a> Typing<'a, '_> {
    /// What a condition compares a place with may stand there: else it holds always, or never.
    pub(super) fn compared(&mut self, term: &Term, found: View<'a>, spot: &Spot) {
        for value in term.compared().iter().filter(|value| !found.admits(value)) {
            self.unfit(&term.path.text, value, found, spot);
        }
    }

    /// What the steps say in the place of a value.
    pub(super) fn said(&mut self, row: &Row, chain: &Chain, place: View<'a>) {
        let text = row.record.as_ref().map(|path| &*path.text).unwrap_or_default();
        let mut told = String::new();
        for (said, became) in chain.said() {
            // One is told once.
            if told == said {
                continue;
            }
            match became {
                Ok(Some(value)) if !place.admits(&value) => {
                    told = said;
                    self.unfit(text, &value, place, &row.spots.how);
                }
                Ok(_) => {}
                Err(wrong) => self.faults.push(row.spots.how.fault(
                    "literal-unfit",
                    format!("“{text}”：{said} 不能由此格的其他步骤读写，它们需要{}", wrong.zh),
                    format!(
                        "\"{text}\": the other steps of this cell cannot take {said}; they want {}",
                        wrong.en
                    ),
                )),
            }
        }
    }

    /// A literal that the record does not know.
    pub(super) fn unfit(&mut self, place: &str, said: &Value, found: View<'a>, spot: &Spot) {
        let quoted = Value::String(said.to_string());
        let (zh, en) = match (said.as_str(), found.words()) {
            (Some(word), Some(words)) => suggestion_or_list(word, words),
            (None, _) if found.admits(&quoted) => {
                let quoted = literal(&quoted);
                (format!("，应为文本 {quoted}"), format!(", it is text: {quoted}"))
            }
            _ => {
                let (zh, en) = found.wanted();
                (format!("；此处为{zh}"), format!("; it is {en}"))
            }
        };
        let said = literal(said);
        self.faults.push(spot.fault(
            "literal-unfit",
            format!("“{place}”：记录此处不能是 {said}{zh}"),
            format!("\"{place}\": the record cannot be {said} here{en}"),
        ));
    }
}
