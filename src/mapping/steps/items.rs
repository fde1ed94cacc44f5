//! What follows `list 'SEP'` in a chain: the steps of each item, `list '；' | code claim-kind`.
//!
//! Promise: each item is read and written by itself, through the same steps; one that is wrong is told by its number.
//! The items are texts, files, or objects with one member (`as kind`); others are read by a block.

use std::sync::Arc;

use serde_json::Value;

use crate::mapping::codes::CodeList;
use crate::mapping::path::record::RecordPath;
use crate::mapping::steps::member::As;
use crate::mapping::steps::parse::HowFault;
use crate::mapping::steps::types::Named;
use crate::mapping::steps::{Around, Chain, Item, Step, Type, Wrong};

/// The steps of each item of a list.
#[derive(Debug)]
struct Items(Chain);

/// Steps in reading order, where those behind one that gives a list of texts are of its items. What they give may be
/// the member of an object.
pub(super) fn nested(steps: Vec<Box<dyn Step>>, member: Option<String>) -> Result<Chain, HowFault> {
    let list = steps.iter().position(|step| step.gives() == Some(Type::Texts));
    let more = |at: &usize| at + 1 < steps.len() || member.is_some();
    let Some(at) = list.filter(more) else {
        let mut chain = Chain(steps);
        if let Some(member) = member {
            let named = Named { member, of: chain.gives() };
            chain.0.push(Box::new(As(Arc::new(named))));
        }
        return Ok(chain);
    };
    let mut before = steps;
    let items = nested(before.split_off(at + 1), member)?;
    if of(&items).is_none() {
        let (zh, en) = items.gives().name();
        return Err(HowFault::new(
            "list-items",
            format!(
                "list 之后的步骤逐项适用，每项须为文本或附件，或以 as MEMBER 作为对象的成员，而此处得到{zh}"
            ),
            format!(
                "the steps behind list are of each item, which must be text or a file, or with as MEMBER the member of an object; these give {en}"
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
        Type::Object(named) => Some(Type::Objects(named)),
        _ => None,
    }
}

/// What is wrong with one item, told as what every item must be.
fn with_item(number: usize, item: &str, wrong: &Wrong) -> Wrong {
    Wrong {
        code: wrong.code,
        zh: format!("列表，每项为{}（第 {number} 项“{item}”不是）", wrong.zh),
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

    fn list(&self) -> Option<&CodeList> {
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
    fn items_may_be_the_member_of_an_object() {
        both(
            "list '；' | code claim-type | as kind",
            "01；09",
            &json!([{"kind": "refund"}, {"kind": "other"}]),
        );
        both(
            "list ',' | money yuan CNY 2 | as amount",
            "1.00,20.50",
            &json!([{"amount": {"amount": 100, "currency": "CNY"}}, {"amount": {"amount": 2050, "currency": "CNY"}}]),
        );
        both("list '、' | as name", "梨、桃", &json!([{"name": "梨"}, {"name": "桃"}]));
        both("int | as count", "3", &json!({"count": 3}));
        let wrong = read("list '；' | code claim-type | as kind", "01；77").expect_err("there is no 77");
        assert!(wrong.en.contains("item 2, \"77\", is not"), "{}", wrong.en);
        // An item that has other members, and not this one, is none for this text.
        assert_eq!(
            write("list '、' | as name", &json!([{"name": "梨"}, {"unit": "kg"}])).map(|w| w.map(|w| w.0)),
            Ok(Some("梨".to_owned()))
        );
        assert_eq!(fault("as name | text").code, "how");
        assert_eq!(fault("list '、' | as").code, "step-arguments");
        assert_eq!(fault("list '、' | as a.b").code, "step-arguments");
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
