//! `a + b`: one value in several places, on the wire (`join 'SEP'`) or in the record (`split 'SEP'`).
//!
//! Promise: what is joined splits into the same parts. So a part but the last must not hold the separator, and only
//! the last ones may be missing.

use std::borrow::Cow;

use crate::mapping::steps::Wrong;

/// The separator of an amount and the currency in a cell of its own: a sign that stands in neither.
pub(crate) const AMOUNT_CURRENCY: &str = "\u{1f}";

/// Several parts as one text; nothing if all are missing.
pub(crate) fn join(parts: &[Option<Cow<'_, str>>], separator: &str) -> Result<Option<String>, Wrong> {
    let given = parts.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let Some(texts) = parts[..given].iter().map(Option::as_deref).collect::<Option<Vec<&str>>>() else {
        let first = parts.iter().position(Option::is_none).map_or(0, |index| index + 1);
        return Err(Wrong::new(
            "part-missing",
            format!("各部分齐全（缺第 {first} 部分）"),
            format!("all of its parts (number {first} is missing)"),
        ));
    };
    let Some((_, before)) = texts.split_last() else { return Ok(None) };
    if before.len() + 1 < parts.len() && texts.last().is_some_and(|last| last.contains(separator))
        || before.iter().any(|part| part.contains(separator))
    {
        return Err(Wrong::new(
            "part-separator",
            format!("不含分隔符“{separator}”的部分"),
            format!("parts without the separator \"{separator}\""),
        ));
    }
    Ok(Some(texts.join(separator)))
}

/// One text as at most `count` parts, none of them empty.
pub(crate) fn split<'a>(text: &'a str, separator: &str, count: usize) -> Result<Vec<&'a str>, Wrong> {
    let parts: Vec<&str> = text.splitn(count, separator).collect();
    if parts.iter().any(|part| part.trim().is_empty()) {
        return Err(Wrong::new(
            "part-missing",
            format!("由“{separator}”分隔的 {count} 部分，均不为空"),
            format!("{count} parts separated by \"{separator}\", none of them empty"),
        ));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(parts: &[Option<&str>]) -> Result<Option<String>, &'static str> {
        let parts: Vec<_> = parts.iter().map(|part| part.map(Cow::Borrowed)).collect();
        join(&parts, "-").map_err(|wrong| wrong.code)
    }

    #[test]
    fn what_is_joined_splits_into_the_same_parts() {
        for parts in [vec!["a"], vec!["a", "b"], vec!["a", "b", "c-d"]] {
            let mut given: Vec<Option<&str>> = parts.iter().copied().map(Some).collect();
            given.resize(3, None);
            let text = joined(&given).expect("it joins").expect("a text");
            assert_eq!(split(&text, "-", 3), Ok(parts));
        }
        assert_eq!(joined(&[None, None]), Ok(None));
    }

    #[test]
    fn what_would_not_split_again_is_refused() {
        assert_eq!(joined(&[None, Some("b")]), Err("part-missing"));
        assert_eq!(joined(&[Some("a-x"), Some("b")]), Err("part-separator"));
        assert_eq!(joined(&[Some("a-x"), None]), Err("part-separator"));
        assert_eq!(split("-b", "-", 2).map_err(|wrong| wrong.code), Err("part-missing"));
        assert_eq!(split("a-", "-", 2).map_err(|wrong| wrong.code), Err("part-missing"));
    }
}
