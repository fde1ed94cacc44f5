//! What follows `list 'SEP'` in a chain: the steps of each item, `list '；' | code claim-kind`.
//!
//! Promise: each item is read and written by itself, through the same steps; one that is wrong is told by its number.
//! The items are texts or files: what a list of the record holds besides is a list of objects, which a block reads.

use serde_json::Value;

use crate::mapping::path::record::RecordPath;
use crate::mapping::steps::parse::HowFault;
use crate::mapping::steps::{Around, Chain, Item, Step, Type, Wrong};

/// The steps of each item of a list.
#[derive(Debug)]
struct Items(Chain);

/// Steps in reading order, where those behind one that gives a list of texts are of its items.
pub(super) fn nested(steps: Vec<Box<dyn Step>>) -> Result<Chain, HowFault> {
    let list = steps.iter().position(|step| step.gives() == Some(Type::Texts));
    let Some(at) = list.filter(|at| at + 1 < steps.len()) else { return Ok(Chain(steps)) };
    let mut before = steps;
    let items = nested(before.split_off(at + 1))?;
    if of(&items).is_none() {
        let (zh, en) = items.gives().name();
        return Err(HowFault::new(
            "list-items",
            format!("list 之后的步骤逐项适用，每项须为文本或附件，而此处得到{zh}；对象列表用 each BLOCK"),
            format!(
                "the steps behind list are of each item, which must be text or a file; these give {en}; objects are read by each BLOCK"
            ),
        ));
    }
    before.push(Box::new(Items(items)));
    Ok(Chain(before))
}

/// The type of a list of what the steps give.
fn of(items: &Chain) -> Option<Type> {
    match items.gives() {
        Type::Text | Type::Date | Type::Moment => Some(Type::Texts),
        Type::File(members) => Some(Type::Files(members)),
        _ => None,
    }
}

/// What is wrong with one item, told as what every item must be.
fn with_item(number: usize, item: &str, wrong: &Wrong) -> Wrong {
    Wrong {
        code: wrong.code,
        zh: format!("逐项为{}（第 {number} 项“{item}”不是）", wrong.zh),
        en: format!("for each item {} (item {number}, \"{item}\", is not)", wrong.en),
    }
}

impl Step for Items {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Value(Value::Array(items)) = item else { return Ok(item) };
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let text = item.as_str().unwrap_or_default();
            let value = self.0.read(Item::text(text), around);
            read.extend(value.map_err(|wrong| with_item(index + 1, text, &wrong))?);
        }
        Ok(if read.is_empty() { Item::None } else { Item::Value(read.into()) })
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Value(Value::Array(items)) = item else { return Ok(item) };
        let mut written = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let shown = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            let text = self.0.write(Some(item), around);
            let text = text.map_err(|wrong| with_item(index + 1, &shown, &wrong))?;
            written.extend(text.as_text().map(Value::from));
        }
        Ok(Item::Value(written.into()))
    }

    fn gives(&self) -> Option<Type> {
        of(&self.0)
    }

    fn lossy(&self) -> bool {
        self.0.lossy()
    }

    fn list(&self) -> Option<&str> {
        self.0.0.iter().find_map(|step| step.list())
    }

    fn record_words(&self) -> Option<Vec<&str>> {
        self.0.0.iter().find_map(|step| step.record_words())
    }

    fn doubts(&self) -> bool {
        self.0.doubts()
    }

    fn sealed(&self) -> bool {
        self.0.sealed()
    }

    fn holds(&self) -> bool {
        self.0.holds()
    }

    fn of_ids(&self) -> bool {
        self.0.0.iter().any(|step| step.of_ids())
    }

    fn looks_at(&self) -> Option<&RecordPath> {
        self.0.looks_at().next()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use crate::mapping::steps::testing::{both, fault, read, same_again, write};

    #[test]
    fn the_steps_behind_a_list_are_of_its_items() {
        both("list '；' | code claim-type", "01；09", &json!(["refund", "other"]));
        both("list ',' | date 'yyyy/M/d'", "2026/3/9,2026/12/1", &json!(["2026-03-09", "2026-12-01"]));
        both(
            "list ',' | file url",
            "https://oss.example/a.png,https://oss.example/b.png",
            &json!([{"url": "https://oss.example/a.png"}, {"url": "https://oss.example/b.png"}]),
        );
        assert_eq!(read("list '、' | trim | upper", "a、 b"), Ok(Some(json!(["A", "B"]))));
        assert_eq!(read("ignore common | list '、' | text 3", "无"), Ok(None));
    }

    #[test]
    fn an_item_that_is_wrong_is_told_by_its_number() {
        let wrong = read("list '；' | code claim-type", "01；77").expect_err("there is no 77");
        assert_eq!(wrong.code, "code-unknown");
        assert!(wrong.en.contains("item 2, \"77\", is not"), "{}", wrong.en);
        assert!(wrong.zh.contains("第 2 项“77”不是"), "{}", wrong.zh);
        let wrong = write("list '、' | digits 2", &json!(["12", "x"])).expect_err("x is no number");
        assert!(wrong.en.contains("item 2, \"x\""), "{}", wrong.en);
        assert_eq!(write("list '、' | text", &json!(["a、b"])).map_err(|w| w.code), Err("separator-inside"));
    }

    #[test]
    fn items_are_texts_or_files() {
        assert_eq!(fault("list ',' | int").code, "list-items");
        assert_eq!(fault("list ',' | list ';'").code, "list-items");
        assert!(fault("list ',' | money yuan CNY").en.contains("these give money"));
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(
            words in prop::collection::vec(prop::sample::select(vec!["refund", "other"]), 1..4),
        ) {
            same_again("list '；' | code claim-type", &json!(words));
        }
    }
}
