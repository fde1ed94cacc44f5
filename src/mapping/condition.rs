//! The fourth cell: `must`, `must when P`, `must unless P`, `never when P`, `never unless P`, `same` (section 7).
//!
//! P looks at the record, relative to the block; `^.` is the enclosing block. One check serves both directions.

use serde_json::Value;

use crate::mapping::path::record::{Object, RecordPath, literal};
use crate::mapping::words::{Word, words};

/// What a row needs.
#[derive(Clone, Debug, Default)]
pub(crate) enum Need {
    /// Nothing.
    #[default]
    May,
    /// A value.
    Must,
    /// A value where the condition holds.
    MustIf(Condition),
    /// No value where the condition holds.
    NeverIf(Condition),
    /// The same value as another row on this record place.
    Same,
}

/// `when P` or `unless P`.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// As written, for a message.
    pub(crate) text: String,
    unless: bool,
    any: bool,
    pub(crate) terms: Vec<Term>,
}

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    /// How many blocks outwards.
    pub(crate) up: usize,
    pub(crate) path: RecordPath,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<Value>),
    NotIn(Vec<Value>),
    Present,
    Absent,
}

impl Need {
    /// From a cell; `None` when it is none of the forms.
    pub(crate) fn parse(cell: &str) -> Option<Self> {
        let words = words(cell)?;
        let Some((first, rest)) = words.split_first() else { return Some(Self::May) };
        let condition = || {
            let (word, rest) = rest.split_first()?;
            let unless = word.is("unless");
            (unless || word.is("when")).then(|| Condition::parse(cell, unless, rest))?
        };
        match first {
            word if word.is("must") && rest.is_empty() => Some(Self::Must),
            word if word.is("same") && rest.is_empty() => Some(Self::Same),
            word if word.is("must") => condition().map(Self::MustIf),
            word if word.is("never") => condition().map(Self::NeverIf),
            _ => None,
        }
    }

    /// Its condition, if it has one.
    pub(crate) fn condition(&self) -> Option<&Condition> {
        match self {
            Self::MustIf(condition) | Self::NeverIf(condition) => Some(condition),
            _ => None,
        }
    }
}

impl Condition {
    fn parse(cell: &str, unless: bool, words: &[Word]) -> Option<Self> {
        let ands = words.iter().filter(|word| word.is("and")).count();
        let ors = words.iter().filter(|word| word.is("or")).count();
        if ands > 0 && ors > 0 {
            return None;
        }
        let parts = words.split(|word| word.is("and") || word.is("or"));
        let terms = parts.map(Term::parse).collect::<Option<Vec<_>>>()?;
        let start = cell.find("when").or_else(|| cell.find("unless"))?;
        Some(Self { text: cell[start..].to_owned(), unless, any: ors > 0, terms })
    }

    /// Whether it holds, given the answer of each term.
    pub(crate) fn decide(&self, mut answers: impl Iterator<Item = bool>) -> bool {
        let holds = if self.any { answers.any(|a| a) } else { answers.all(|a| a) };
        holds != self.unless
    }

    /// Whether it holds in `object`, with the enclosing objects outermost first.
    pub(crate) fn holds(&self, object: &Object, enclosing: &[&Object]) -> bool {
        self.decide(self.terms.iter().map(|term| {
            let home = if term.up == 0 {
                Some(object)
            } else {
                enclosing.len().checked_sub(term.up).map(|index| enclosing[index])
            };
            home.is_some_and(|home| term.holds(home))
        }))
    }
}

impl Term {
    fn parse(words: &[Word]) -> Option<Self> {
        let (path, rest) = words.split_first()?;
        let mut path = path.text()?;
        let mut up = 0;
        while let Some(outer) = path.strip_prefix("^.") {
            up += 1;
            path = outer;
        }
        let value = |word: &Word| match word {
            Word::Quoted(text) => Some(Value::String(text.clone())),
            Word::Bare(text) => Some(literal(text)),
            _ => None,
        };
        let test = match rest {
            [Word::Equal(true), wanted] => Test::In(vec![value(wanted)?]),
            [Word::Equal(false), wanted] => Test::NotIn(vec![value(wanted)?]),
            [word] if word.is("present") => Test::Present,
            [word] if word.is("absent") => Test::Absent,
            [word, wanted @ ..] if word.is("in") && !wanted.is_empty() => {
                Test::In(wanted.iter().map(value).collect::<Option<Vec<_>>>()?)
            }
            _ => return None,
        };
        Some(Self { up, path: RecordPath::parse(path)?, test })
    }

    /// The values that it compares with.
    pub(crate) fn compared(&self) -> &[Value] {
        match &self.test {
            Test::In(values) | Test::NotIn(values) => values,
            Test::Present | Test::Absent => &[],
        }
    }

    /// Whether it holds in `object`.
    pub(crate) fn holds(&self, object: &Object) -> bool {
        let value = self.path.take(object);
        match &self.test {
            Test::In(wanted) => value.is_some_and(|value| wanted.contains(value)),
            Test::NotIn(wanted) => value.is_none_or(|value| !wanted.contains(value)),
            Test::Present => value.is_some(),
            Test::Absent => value.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(cell: &str, object: &Value, outer: &Value) -> bool {
        let need = Need::parse(cell).expect("a need");
        let condition = need.condition().expect("a condition");
        let (object, outer) = (object.as_object().cloned(), outer.as_object().cloned());
        condition.holds(&object.unwrap_or_default(), &[&outer.unwrap_or_default()])
    }

    #[test]
    fn conditions_look_at_the_record() {
        assert!(holds("must when state = 'issued'", &json!({"state": "issued"}), &json!({})));
        assert!(!holds("must when state = 'issued'", &json!({}), &json!({})));
        assert!(holds("never unless state = 'issued'", &json!({}), &json!({})));
        assert!(holds("must when a.b in '1' '2'", &json!({"a": {"b": "2"}}), &json!({})));
        assert!(holds("must when x present and y absent", &json!({"x": 1}), &json!({})));
        assert!(holds("must when x absent or y absent", &json!({"x": 1}), &json!({})));
        assert!(holds("must when ^.kind != 'goods'", &json!({}), &json!({"kind": "operator"})));
        assert!(holds("must when closed = true", &json!({"closed": true}), &json!({})));
    }

    #[test]
    fn what_is_no_need() {
        for cell in
            ["should", "must when", "must when a ~ 'b'", "must when a present and b present or c present"]
        {
            assert!(Need::parse(cell).is_none(), "{cell}");
        }
    }
}
