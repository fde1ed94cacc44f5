//! `before 'x' …` and `after 'x' …`: a sign that people write around a value, `￥358`, `358.00元`; `grouped`: a number
//! with a separator at every third digit, `1,200.50`.
//!
//! Reading takes the sign off where it stands, blanks around it too; writing puts the first one there, or with `read`
//! none: `before read '约'` is for a sign that some write and nobody need. A separator is
//! taken off only where it stands between groups of three digits: `1,20` is no number.

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments, choice};
use crate::mapping::steps::trim::narrow;
use crate::mapping::steps::{Around, Item, Sort, Step, Taken, Type, Wrong};
use crate::mapping::words::Word;

#[derive(Debug)]
struct Affix {
    spellings: Vec<String>,
    before: bool,
    /// Whether the first one is written.
    written: bool,
}

#[derive(Debug)]
struct Grouped;

/// `before [read] 'x' …`
pub(super) fn make_before(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    affix(words, true, "before [read] 'x' …")
}

/// `after [read] 'x' …`
pub(super) fn make_after(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    affix(words, false, "after [read] 'x' …")
}

fn affix(words: Arguments<'_>, before: bool, usage: &str) -> Result<Box<dyn Step>, HowFault> {
    let (written, words) = match words.split_first() {
        Some((word, rest)) if word.is("read") => (false, rest),
        _ => (true, words),
    };
    let spelling = |word: &Word| match word {
        Word::Quoted(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    };
    let spellings: Option<Vec<String>> = words.iter().map(spelling).collect();
    let spellings = spellings
        .filter(|all| !all.is_empty())
        .ok_or_else(|| choice(usage, words.first().and_then(Word::text), &["read"]))?;
    Ok(Box::new(Affix { spellings, before, written }))
}

/// `grouped`
pub(super) fn make_grouped(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    if words.is_empty() { Ok(Box::new(Grouped)) } else { Err(arguments("grouped")) }
}

/// A sign that names a unit is the unit that `money` counts in: `0.2万元` is not 0.2 元.
pub(super) fn check_units(steps: &[&[Word]]) -> Result<(), HowFault> {
    let named = |step: &&&[Word], name: &str| step.first().is_some_and(|first| first.is(name));
    let Some(unit) = steps.iter().find(|step| named(step, "money")).and_then(|step| step.get(1)?.text())
    else {
        return Ok(());
    };
    let signs = steps.iter().filter(|step| named(step, "after") || named(step, "before"));
    for sign in signs.flat_map(|step| &step[1..]).filter(|word| !word.is("read")).filter_map(Word::text) {
        let is_unit = |c: &char| "百千万亿元角分".contains(*c);
        let found: String = sign.chars().filter(is_unit).collect();
        let agrees =
            matches!((unit, &*found), (_, "") | ("wan", "万" | "万元") | ("yuan", "元") | ("fen", "分"));
        if !agrees {
            return Err(HowFault::new(
                "step-arguments",
                format!("“{sign}”不是 money {unit} 的单位，金额会读错；万元用 money wan，一列只可有一种单位"),
                format!(
                    "\"{sign}\" is not the unit of money {unit}, and amounts would be read wrong; 万元 is money wan, and one column has one unit"
                ),
            ));
        }
    }
    Ok(())
}

impl Step for Affix {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, sort) = item else { return Ok(item) };
        let trimmed = text.trim();
        let off = |spelling: &String| {
            if self.before { trimmed.strip_prefix(&**spelling) } else { trimmed.strip_suffix(&**spelling) }
        };
        let Some(bare) = self.spellings.iter().find_map(off) else { return Ok(Item::Text(text, sort)) };
        let bare = bare.trim();
        Ok(if bare.is_empty() { Item::None } else { Item::text(bare.to_owned()) })
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let first = self.spellings.first().filter(|_| self.written);
        let (Item::Text(text, _), Some(first)) = (&item, first) else { return Ok(item) };
        Ok(Item::text(if self.before { format!("{first}{text}") } else { format!("{text}{first}") }))
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn lossy(&self) -> bool {
        true
    }
}

/// Sign, digits before the point, and the rest from the point on.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (sign, rest) = text.split_at(usize::from(text.starts_with(['-', '+'])));
    let (whole, part) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
    let part_is_digits = part.is_empty() || part[1..].bytes().all(|b| b.is_ascii_digit());
    part_is_digits.then_some((sign, whole, part))
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn ungrouped(text: &str) -> Option<String> {
    let (sign, whole, part) = parts(text)?;
    let mut groups = whole.split(',');
    let first = groups.next().filter(|first| digits(first))?;
    let rest: Vec<&str> = groups.collect();
    let well =
        rest.iter().all(|group| group.len() == 3 && digits(group)) && (rest.is_empty() || first.len() <= 3);
    well.then(|| format!("{sign}{first}{}{part}", rest.concat()))
}

fn grouped(text: &str) -> Option<String> {
    let (sign, whole, part) = parts(text).filter(|(_, whole, _)| digits(whole))?;
    let (first, rest) = whole.split_at(whole.len() % 3);
    let threes = rest.as_bytes().chunks(3).map(|three| std::str::from_utf8(three).unwrap_or_default());
    let groups: Vec<&str> = std::iter::once(first).filter(|f| !f.is_empty()).chain(threes).collect();
    Some(format!("{sign}{}{part}", groups.join(",")))
}

impl Step for Grouped {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        // People's full-width commas are commas.
        let Some(bare) = ungrouped(&narrow(text)) else {
            return Err(Wrong::new(
                "grouped",
                "数字，可每三位一个逗号，如 1,200.50",
                "a number, with a comma at every third digit or none, such as 1,200.50",
            ));
        };
        Ok(Item::text(bare))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        match &item {
            Item::Text(text, _) => Ok(grouped(text).map_or(item, |text| Item::Text(text.into(), Sort::Text))),
            _ => Ok(item),
        }
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn lossy(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use crate::mapping::steps::Sort;
    use crate::mapping::steps::testing::{both, fault, read, same_again, write};

    #[test]
    fn a_sign_around_a_value() {
        let paid = json!({"amount": 35800, "currency": "CNY"});
        both("after '元' | money yuan CNY 2", "358.00元", &paid);
        both("before '￥' '¥' | money yuan CNY 2", "￥358.00", &paid);
        for text in ["358元", "358.0 元", " 358 元 ", "358"] {
            assert_eq!(read("after '元' | money yuan CNY 2", text), Ok(Some(paid.clone())), "{text}");
        }
        assert_eq!(read("before '￥' '¥' | money yuan CNY", "¥ 358"), Ok(Some(paid.clone())));
        assert_eq!(read("after '元' | money yuan CNY", "元"), Ok(None));
        assert_eq!(
            write("after '元' | money yuan CNY", &paid),
            Ok(Some(("358元".into(), Sort::Text))),
            "with its sign it is no number any more"
        );
        for how in ["after", "after 元", "after ''", "before '￥' 2"] {
            assert_eq!(fault(how).code, "step-arguments", "{how}");
        }
    }

    #[test]
    fn a_sign_that_is_read_and_never_written() {
        for text in ["约358", "大约 358", "358"] {
            assert_eq!(read("before read '约' '大约' | int", text), Ok(Some(json!(358))), "{text}");
        }
        both("before read '约' | int", "358", &json!(358));
        both(
            "before read '约' | after '元' | money yuan CNY",
            "358元",
            &json!({"amount": 35800, "currency": "CNY"}),
        );
        assert_eq!(write("after read '左右' | text", &json!("x")), Ok(Some(("x".into(), Sort::Text))));
        assert!(fault("after read '万元' | money yuan CNY").en.contains("is not the unit of"));
        assert!(fault("before raed '约'").en.contains("did you mean \"read\"?"));
        assert_eq!(fault("before read").code, "step-arguments");
    }

    #[test]
    fn a_sign_is_the_unit_that_money_counts_in() {
        let paid = json!({"amount": 200_000, "currency": "CNY"});
        both("after '万元' | money wan CNY", "0.2万元", &paid);
        both("before '人民币' | after '元' | money yuan CNY", "人民币2000元", &paid);
        for how in [
            "after '万元' '元' | money yuan CNY",
            "after '元' '万元' | money wan CNY",
            "after '千元' | money yuan CNY",
            "after '亿元' | money wan CNY",
            "after '元' | money fen CNY",
            "after '角' | grouped | money yuan CNY",
        ] {
            let told = fault(how);
            assert!(
                told.code == "step-arguments" && told.en.contains("is not the unit of"),
                "{how}: {told:?}"
            );
        }
    }

    #[test]
    fn a_separator_at_every_third_digit() {
        both("grouped | decimal 2", "1,234,567.50", &json!("1234567.50"));
        both("grouped | decimal", "-1,200", &json!("-1200"));
        assert_eq!(read("grouped | int", "１，２００"), Ok(Some(json!(1200))));
        assert_eq!(read("grouped | int", "1200"), Ok(Some(json!(1200))));
        for text in ["1,20", "1200,000", ",200", "1,200.5,0", "1.200,00", "十"] {
            assert_eq!(read("grouped | decimal", text).map_err(|w| w.code), Err("grouped"), "{text}");
        }
        assert_eq!(fault("grouped 3").code, "step-arguments");
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(amount in 0_i64..10_000_000_000) {
            let money = json!({"amount": amount, "currency": "CNY"});
            same_again("before '￥' | after '元' | grouped | money yuan CNY 2", &money);
            same_again("grouped | int", &json!(-amount));
        }
    }
}
