//! What stands in a leaf of a sample, and what kind of value that may be.

use chrono::NaiveDate;

use crate::mapping::steps::Sort;
use crate::mapping::steps::pattern_time::Pattern;

/// Values remembered of one field: enough to see its forms.
pub(super) const MOST: usize = 24;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) sort: Sort,
}

/// The forms of a day or a moment that are told from one another, the first that fits all values is taken.
const TIMES: &[&str] = &[
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss.SSS",
    "yyyy/MM/dd HH:mm:ss",
    "yyyyMMddHHmmss",
    "yyyyMMddHHmmssSSS",
    "yyyy-MM-dd HH:mm",
    "yyyy/M/d H:mm",
    "yyyy年M月d日 H时m分",
    "yyyy年M月d日 HH:mm:ss",
    "yyyyMMdd HH:mm:ss",
    "dd/MM/yyyy HH:mm:ss",
];
const DAYS: &[&str] = &[
    "yyyy-MM-dd",
    "yyyyMMdd",
    "yyyy/MM/dd",
    "yyyy/M/d",
    "yyyy.MM.dd",
    "yyyy年M月d日",
    "dd/MM/yyyy",
    "dd.MM.yyyy",
];

/// How moments or days are spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// A moment, by this step.
    Moment(String),
    /// A day, by this step.
    Day(String),
}

/// How all of these values are spelled, if they are days or moments.
pub(super) fn spelling(values: &[Value]) -> Option<Spelling> {
    let filled: Vec<&Value> = values.iter().filter(|value| !value.text.trim().is_empty()).collect();
    let all =
        |fits: &dyn Fn(&str) -> bool| !filled.is_empty() && filled.iter().all(|value| fits(&value.text));
    let quoted = if filled.iter().all(|value| value.sort == Sort::Text) { " quoted" } else { "" };
    let patterned = |known: &&&str| {
        let Ok(pattern) = Pattern::parse(known) else { return false };
        all(&|text| pattern.read(text).is_some_and(|at| plausible(at.date()) && pattern.print(&at) == text))
    };
    if let Some(found) = TIMES.iter().find(|known| patterned(known)) {
        return Some(Spelling::Moment(format!("time '{found}'")));
    }
    if let Some(found) = DAYS.iter().find(|known| patterned(known)) {
        let step = if *found == "yyyy-MM-dd" { "date".to_owned() } else { format!("date '{found}'") };
        return Some(Spelling::Day(step));
    }
    let iso = |text: &str| {
        text.len() >= 19 && text.as_bytes()[10] == b'T' && text[..10].parse::<NaiveDate>().is_ok()
    };
    let offset =
        |text: &str| text.ends_with('Z') || text.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    if all(&|text| text.is_char_boundary(19.min(text.len())) && iso(text)) {
        if all(&offset) {
            return Some(Spelling::Moment("time iso".to_owned()));
        }
        if !filled.iter().any(|value| offset(&value.text)) {
            return Some(Spelling::Moment("time iso local".to_owned()));
        }
        return None;
    }
    // Seconds or milliseconds since 1970, from 2001 to 2065.
    let between =
        |low: i64, high: i64| move |text: &str| text.parse().is_ok_and(|n: i64| low <= n && n < high);
    if all(&between(1_000_000_000, 3_000_000_000)) {
        return Some(Spelling::Moment(format!("time unix s{quoted}")));
    }
    if all(&between(1_000_000_000_000, 3_000_000_000_000)) {
        return Some(Spelling::Moment(format!("time unix ms{quoted}")));
    }
    None
}

fn plausible(day: NaiveDate) -> bool {
    use chrono::Datelike as _;
    (1900..2100).contains(&day.year())
}

/// Whether every value is a number, if there are any.
pub(super) fn numeric(values: &[Value]) -> Option<bool> {
    let mut filled = values.iter().filter(|value| !value.text.trim().is_empty()).peekable();
    filled.peek()?;
    let number = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let parts: Vec<&str> = digits.split('.').collect();
        parts.len() <= 2 && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    };
    Some(filled.all(|value| number(&value.text)))
}

/// A number without the signs that people write around an amount: ￥, 元, commas between thousands.
pub(super) fn bare_amount(text: &str) -> String {
    let bare = text.trim().trim_start_matches(['￥', '¥']).trim_end_matches('元').trim();
    bare.replace([',', '，'], "")
}

/// The steps that take off what stands around the amounts of a field.
pub(super) fn around_amounts(values: &[Value]) -> String {
    let any = |fits: &dyn Fn(&str) -> bool| values.iter().any(|value| fits(value.text.trim()));
    let mut steps = String::new();
    if any(&|text| text.starts_with(['￥', '¥'])) {
        steps.push_str("before '￥' '¥' | ");
    }
    if any(&|text| text.ends_with('元')) {
        steps.push_str("after '元' | ");
    }
    if any(&|text| text.contains([',', '，'])) {
        steps.push_str("grouped | ");
    }
    steps
}

/// Whether every value is a whole number, if there are any.
pub(super) fn whole(values: &[Value]) -> Option<bool> {
    numeric(values).map(|numeric| numeric && values.iter().all(|value| !value.text.contains('.')))
}

/// The pair of words of a truth value, true first, if the values are that.
pub(super) fn truth(values: &[Value]) -> Option<(String, String)> {
    const PAIRS: &[(&str, &str)] =
        &[("true", "false"), ("Y", "N"), ("1", "0"), ("是", "否"), ("yes", "no"), ("Yes", "No"), ("T", "F")];
    let filled: Vec<&str> =
        values.iter().map(|value| value.text.as_str()).filter(|t| !t.is_empty()).collect();
    if filled.is_empty() {
        return None;
    }
    let fits = |(yes, no): &&(&str, &str)| filled.iter().all(|text| text == yes || text == no);
    PAIRS.iter().find(fits).map(|(yes, no)| ((*yes).to_owned(), (*no).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(texts: &[&str]) -> Vec<Value> {
        texts.iter().map(|text| Value { text: (*text).to_owned(), sort: Sort::Text }).collect()
    }

    #[test]
    fn days_and_moments_are_told_by_their_form() {
        let said = |texts: &[&str]| match spelling(&values(texts)) {
            Some(Spelling::Moment(step) | Spelling::Day(step)) => step,
            None => String::new(),
        };
        assert_eq!(said(&["2026-03-09"]), "date");
        assert_eq!(said(&["20260309", "20261231"]), "date 'yyyyMMdd'");
        assert_eq!(said(&["20260309080507"]), "time 'yyyyMMddHHmmss'");
        assert_eq!(said(&["2026-03-09 08:05:07"]), "time 'yyyy-MM-dd HH:mm:ss'");
        assert_eq!(said(&["2026-03-09T08:05:07+08:00"]), "time iso");
        assert_eq!(said(&["2026-03-09T08:05:07"]), "time iso local");
        assert_eq!(said(&["1773014707"]), "time unix s quoted");
        assert_eq!(said(&["20261341"]), "");
        assert_eq!(said(&["2026-03-09", "soon"]), "");
        assert_eq!(said(&[]), "");
    }

    #[test]
    fn numbers_and_truth_are_told_by_all_values() {
        assert_eq!(numeric(&values(&["1.50", "-2"])), Some(true));
        assert_eq!(numeric(&values(&["1.50", "x"])), Some(false));
        assert_eq!(numeric(&values(&[""])), None);
        assert_eq!(whole(&values(&["1.5"])), Some(false));
        assert_eq!(truth(&values(&["N", "Y"])), Some(("Y".to_owned(), "N".to_owned())));
        assert_eq!(truth(&values(&["N", "maybe"])), None);
    }
}
