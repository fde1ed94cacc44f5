//! `code LIST [number|bool] [else X]`: an agency's codes ↔ our words, by `codes/LIST.csv`.
//!
//! An unlisted code is refused; with `else X` the word X stands in and the original is kept.

use std::sync::Arc;

use crate::mapping::codes::{CodeList, CodeLists};
use crate::mapping::fault::nearest;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Item, Sort, Step, Type, Wrong};

/// How many codes a message lists before it says `…`.
const SHOWN: usize = 8;

#[derive(Debug)]
struct Code {
    list: Arc<CodeList>,
    sort: Sort,
    otherwise: Option<String>,
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, lists: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let usage = || arguments("code LIST [number|bool] [else X]");
    let (first, mut rest) = words.split_first().ok_or_else(usage)?;
    let name = first.text().ok_or_else(usage)?;
    let Some(list) = lists.list(name) else {
        let near = nearest(name, lists.names());
        let (zh, en) = near.map_or_else(Default::default, |near| {
            (format!("；是否应为“{near}”？"), format!("; did you mean \"{near}\"?"))
        });
        return Err(HowFault::new(
            "unknown-list",
            format!("没有代码表 codes/{name}.csv{zh}"),
            format!("there is no code list codes/{name}.csv{en}"),
        ));
    };
    let mut sort = Sort::Text;
    if let Some((word, more)) = rest.split_first()
        && (word.is("number") || word.is("bool"))
    {
        sort = if word.is("number") { Sort::Number } else { Sort::Bool };
        rest = more;
    }
    if sort == Sort::Bool && list.wires.iter().any(|code| code != "true" && code != "false") {
        return Err(HowFault::new(
            "code-bool",
            format!("代码表 {name} 用作 bool：代码只能是 true 和 false"),
            format!("{name} is used as bool: its codes can only be true and false"),
        ));
    }
    let otherwise = match rest {
        [] => None,
        [word] if word.is("hold") => {
            return Err(HowFault::new("not-yet", "“hold”尚未实现", "\"hold\" is not there yet"));
        }
        [word, value] if word.is("else") => Some(value.text().ok_or_else(usage)?.to_owned()),
        _ => return Err(usage()),
    };
    Ok(Box::new(Code { list, sort, otherwise }))
}

fn some<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut shown: Vec<&str> = words.take(SHOWN + 1).collect();
    if shown.len() > SHOWN {
        shown[SHOWN] = "…";
    }
    shown.join("、")
}

impl Step for Code {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        if let Some(word) = self.list.record(text).or(self.otherwise.as_deref()) {
            return Ok(Item::text(word.to_owned()));
        }
        let codes = some(self.list.wires.iter().map(String::as_str));
        Err(Wrong::new(
            "code-unknown",
            format!("{codes} 之一"),
            format!("one of {}", codes.replace('、', ", ")),
        ))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None {
            return Ok(item);
        }
        let Some(word) = item.as_text() else { return Err(Wrong::type_of("文本", "text")) };
        if let Some(code) = self.list.wire(word) {
            return Ok(Item::Text(code.to_owned().into(), self.sort));
        }
        let words = some(self.list.records().into_iter());
        Err(Wrong::new(
            "code-unknown",
            format!("代码表 {} 中的 {words} 之一", self.list.name),
            format!("one of {} (code list {})", words.replace('、', ", "), self.list.name),
        ))
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }

    fn lossy(&self) -> bool {
        self.list.many_to_one || self.otherwise.is_some()
    }

    fn words(&self) -> Option<(Vec<&str>, bool)> {
        Some((self.list.wires.iter().map(String::as_str).collect(), self.otherwise.is_some()))
    }

    fn record_words(&self) -> Option<Vec<&str>> {
        Some(self.list.records())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::Sort;
    use crate::mapping::steps::testing::{both, read, write};

    #[test]
    fn codes_become_words_and_words_codes() {
        both("code colour", "1", &json!("red"));
        assert_eq!(read("code colour", "2"), Ok(Some(json!("blue"))));
        assert_eq!(write("code colour number", &json!("blue")), Ok(Some(("3".into(), Sort::Number))));
        assert_eq!(write("code truth bool", &json!("pass")), Ok(Some(("true".into(), Sort::Bool))));
    }

    #[test]
    fn an_unlisted_code_is_refused_unless_something_stands_in() {
        assert_eq!(read("code colour", "9").map_err(|w| w.en), Err("one of 1, 2, 3".into()));
        assert_eq!(read("code colour else red", "9"), Ok(Some(json!("red"))));
        assert_eq!(write("code colour", &json!("green")).map_err(|w| w.code), Err("code-unknown"));
    }

    #[test]
    fn a_list_for_truth_has_no_other_codes() {
        let mut lists = crate::mapping::codes::CodeLists::default();
        lists.add_for_test("colour", "wire,record,label\n1,red,红\n");
        let fault = crate::mapping::steps::parse::how("code colour bool", &lists).err();
        assert_eq!(fault.map(|fault| fault.code), Some("code-bool"));
    }
}
