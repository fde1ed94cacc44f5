//! `code LIST [number|bool] [on PATH] [else X|hold]`: an agency's codes ↔ our words, by `codes/LIST.csv`.
//!
//! An unlisted code is refused; with `else X` the word X stands in and the original is kept; with `hold` the record
//! has no value, bears a warning, and the original is kept until somebody lists the code. A line of the list counts
//! on the day of the run, or on the day that PATH names in the record.

use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::Value;

use crate::mapping::codes::{CodeList, CodeLists, Found};
use crate::mapping::path::record::RecordPath;
use crate::mapping::steps::parse::{Arguments, HowFault, choice, list_of};
use crate::mapping::steps::{Around, Back, Item, Says, Sort, Step, Type, Wrong};
use crate::mapping::trace::Made;

/// How many codes a message lists before it says `…`.
const SHOWN: usize = 8;

const USAGE: &str = "code LIST [number|bool] [on PATH] [else X|hold]";

#[derive(Debug)]
struct Code {
    list: Arc<CodeList>,
    sort: Sort,
    /// Where the record says the day.
    on: Option<RecordPath>,
    unlisted: Unlisted,
}

/// What becomes of a code that the list does not have.
#[derive(Debug)]
enum Unlisted {
    Refuse,
    Else(Value),
    Hold,
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, lists: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let wrong = |found: Option<&str>| choice(USAGE, found, &["number", "bool", "on", "else", "hold"]);
    let (first, mut rest) = words.split_first().ok_or_else(|| wrong(None))?;
    let list = list_of(first.text().ok_or_else(|| wrong(None))?, lists)?;
    let mut sort = Sort::Text;
    if let [word, more @ ..] = rest
        && (word.is("number") || word.is("bool"))
    {
        sort = if word.is("number") { Sort::Number } else { Sort::Bool };
        rest = more;
    }
    if sort == Sort::Bool && list.wires.iter().any(|code| code != "true" && code != "false") {
        let name = &list.name;
        return Err(HowFault::new(
            "code-bool",
            format!("代码表 {name} 用作 bool：代码只能是 true 和 false"),
            format!("{name} is used as bool: its codes can only be true and false"),
        ));
    }
    let mut on = None;
    if let [word, path, more @ ..] = rest
        && word.is("on")
    {
        on = Some(path.text().and_then(RecordPath::parse).ok_or_else(|| wrong(None))?);
        rest = more;
    }
    let unlisted = match rest {
        [] => Unlisted::Refuse,
        [word] if word.is("hold") => Unlisted::Hold,
        [word, value] if word.is("else") => Unlisted::Else(value.text().ok_or_else(|| wrong(None))?.into()),
        [word, ..] => return Err(wrong(word.text())),
    };
    Ok(Box::new(Code { list, sort, on, unlisted }))
}

fn some<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut shown: Vec<&str> = words.take(SHOWN + 1).collect();
    if shown.len() > SHOWN {
        shown[SHOWN] = "…";
    }
    shown.join("、")
}

impl CodeList {
    /// The refusal of a wire code that the list does not have.
    pub(super) fn unknown_code(&self) -> Wrong {
        let codes = some(self.wires.iter().map(String::as_str));
        Wrong::new("code-unknown", format!("{codes} 之一"), format!("one of {}", codes.replace('、', ", ")))
    }

    /// The refusal of a record word that the list does not have.
    pub(super) fn unknown_word(&self) -> Wrong {
        let words = some(self.records().into_iter());
        Wrong::new(
            "code-unknown",
            format!("代码表 {} 中的 {words} 之一", self.name),
            format!("one of {} (code list {})", words.replace('、', ", "), self.name),
        )
    }

    /// The refusal of what the list has, but not for that day.
    fn not_that_day(&self, on: NaiveDate, since: Option<NaiveDate>, until: Option<NaiveDate>) -> Wrong {
        let name = &self.name;
        let day = |day: Option<NaiveDate>| day.map_or_else(|| "…".to_owned(), |day| day.to_string());
        let (since, until) = (day(since), day(until));
        Wrong::new(
            "code-date",
            format!("{on} 有效的代码（代码表 {name} 中此项有效期 {since} 至 {until}）"),
            format!("a code valid on {on} (in code list {name} it is valid from {since} to {until})"),
        )
    }
}

impl Code {
    fn day(&self, around: &Around<'_>) -> NaiveDate {
        let said = self.on.as_ref().and_then(|path| path.take(around.object?)?.as_str());
        said.and_then(|text| text.get(..10)?.parse().ok()).unwrap_or_else(|| around.today())
    }
}

impl Step for Code {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let day = self.day(around);
        let wrong = match self.list.record(text, day) {
            Found::Now(word) => return Ok(Item::text(word.to_owned())),
            Found::Once(since, until) => self.list.not_that_day(day, since, until),
            Found::Never => self.list.unknown_code(),
        };
        match &self.unlisted {
            Unlisted::Refuse => Err(wrong),
            Unlisted::Else(word) => {
                around.made = Some(Made::Else);
                Ok(Item::text(word.as_str().unwrap_or_default().to_owned()))
            }
            Unlisted::Hold => {
                around.held = true;
                around.doubts.push(Wrong { code: "code-held", ..wrong });
                Ok(Item::None)
            }
        }
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None {
            return Ok(item);
        }
        let Some(word) = item.as_text() else { return Err(Wrong::type_of("文本", "text")) };
        let day = self.day(around);
        match self.list.wire(word, day) {
            Found::Now(code) => Ok(Item::Text(code.to_owned().into(), self.sort)),
            Found::Once(since, until) => Err(self.list.not_that_day(day, since, until)),
            Found::Never => Err(self.list.unknown_word()),
        }
    }

    fn back(&self, _: &str) -> Back {
        if self.lossy() || self.on.is_some() { Back::Unknown } else { Back::Same }
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }

    fn lossy(&self) -> bool {
        self.list.many_to_one || !matches!(self.unlisted, Unlisted::Refuse)
    }

    fn says(&self) -> Option<Says<'_>> {
        match &self.unlisted {
            Unlisted::Else(word) => Some(Says::Read(word)),
            _ => None,
        }
    }

    fn list(&self) -> Option<&CodeList> {
        Some(&self.list)
    }

    fn words(&self) -> Option<(Vec<&str>, bool)> {
        let others = !matches!(self.unlisted, Unlisted::Refuse);
        Some((self.list.wires.iter().map(String::as_str).collect(), others))
    }

    fn record_words(&self) -> Option<Vec<&str>> {
        Some(self.list.records())
    }

    fn doubts(&self) -> bool {
        self.holds()
    }

    fn holds(&self) -> bool {
        matches!(self.unlisted, Unlisted::Hold)
    }

    fn looks_at(&self) -> Option<&RecordPath> {
        self.on.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::mapping::steps::Sort;
    use crate::mapping::steps::testing::{both, doubts, fault, read, read_of, same_again, write, write_of};

    #[test]
    fn codes_become_words_and_words_codes() {
        both("code colour", "1", &json!("red"));
        assert_eq!(read("code colour", "2"), Ok(Some(json!("blue"))));
        assert_eq!(write("code colour number", &json!("blue")), Ok(Some(("3".into(), Sort::Number))));
        assert_eq!(write("code truth bool", &json!("pass")), Ok(Some(("true".into(), Sort::Bool))));
        for word in ["red", "blue"] {
            same_again("code colour", &json!(word));
        }
    }

    #[test]
    fn an_unlisted_code_is_refused_unless_something_stands_in() {
        assert_eq!(read("code colour", "9").map_err(|w| w.en), Err("one of 1, 2, 3".into()));
        assert_eq!(read("code colour else red", "9"), Ok(Some(json!("red"))));
        assert_eq!(write("code colour", &json!("green")).map_err(|w| w.code), Err("code-unknown"));
        assert_eq!(
            fault("code colour hlod").en,
            format!("\"code colour hlod\": expected: {}; did you mean \"hold\"?", super::USAGE)
        );
    }

    #[test]
    fn hold_puts_an_unlisted_code_aside_with_a_doubt() {
        assert_eq!(read("code colour hold", "9"), Ok(None));
        let said = doubts("code colour hold", "9");
        assert_eq!((said[0].code, said[0].en.as_str()), ("code-held", "one of 1, 2, 3"));
        both("code colour hold", "1", &json!("red"));
    }

    #[test]
    fn a_code_counts_on_the_day_of_the_run() {
        both("code dated", "B", &json!("a"));
        let wrong = read("code dated", "A").expect_err("it ended in 2021");
        assert_eq!(wrong.code, "code-date");
        assert!(
            wrong.en.contains("valid on 2026-11-23") && wrong.en.contains("from … to 2021-04-30"),
            "{wrong:?}"
        );
        assert_eq!(write("code dated", &json!("c")).map_err(|w| w.code), Err("code-date"));
        assert_eq!(read("code dated hold", "C"), Ok(None));
    }

    #[test]
    fn or_on_a_day_of_the_record() {
        let how = "code dated on made.at";
        let then = json!({"made": {"at": "2020-05-01T00:00:00+08:00"}});
        assert_eq!(read_of(how, "A", &then), Ok(Some(json!("a"))));
        assert_eq!(write_of(how, &json!("a"), &then).map(|w| w.map(|w| w.0)), Ok(Some("A".into())));
        assert_eq!(read_of(how, "B", &then).map_err(|w| w.code), Err("code-date"));
        // A record that does not say goes by the run.
        assert_eq!(read_of(how, "B", &Value::Object(serde_json::Map::new())), Ok(Some(json!("a"))));
    }

    #[test]
    fn a_list_for_truth_has_no_other_codes() {
        assert_eq!(fault("code colour bool").code, "code-bool");
    }
}
