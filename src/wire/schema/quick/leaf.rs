//! Simple types by restriction (XML Schema part 2): white space, lexical form, facets.
//!
//! Promise: [`Leaf::holds`] is said only of what the type surely allows. Rare forms that are allowed too (a plus
//! sign, `1.`, hour 24, years beyond four digits, more than 18 digits) are left to the full validator.

use std::borrow::Cow;

use regex::Regex;

/// What is done to white space before anything else, each more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    Preserve,
    Replace,
    Collapse,
}

/// The built-in type that a type goes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Boolean,
    /// Whole numbers of this range.
    Integer(i128, i128),
    Decimal,
    Date,
    DateTime,
}

/// A simple type.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) kind: Kind,
    pub(super) space: Space,
    /// The facets of each derivation; all of them hold.
    pub(super) steps: Vec<Facets>,
}

/// The facets of one derivation.
#[derive(Clone, Debug, Default)]
pub(super) struct Facets {
    /// One of these, unless there are none.
    pub(super) enumeration: Vec<String>,
    /// One of these, unless there are none.
    pub(super) patterns: Vec<Regex>,
    /// Characters.
    pub(super) least_length: Option<usize>,
    pub(super) most_length: Option<usize>,
    /// In units of [`UNIT`].
    pub(super) least: Option<i128>,
    pub(super) above: Option<i128>,
    pub(super) most: Option<i128>,
    pub(super) below: Option<i128>,
    pub(super) total_digits: Option<usize>,
    pub(super) fraction_digits: Option<usize>,
}

/// Digits before and behind the point: 18 each, so that the number in units of 10⁻¹⁸ has 36 and an `i128` holds 38.
/// More than 18 in all is what a validator need not support (part 2, section 3.2.3).
const DIGITS: usize = 18;

/// One, in units of 10⁻¹⁸.
const UNIT: i128 = 1_000_000_000_000_000_000;

/// A number, and how many digits its value has: zeros that change nothing are none (part 2, 4.3.11, 4.3.12).
pub(super) struct Number {
    /// In units of 10⁻¹⁸.
    pub(super) value: i128,
    pub(super) whole: usize,
    pub(super) fraction: usize,
    /// Whether it is written with a point, as no whole number is.
    pub(super) point: bool,
}

impl Leaf {
    /// The built-in type of a name.
    pub(super) fn built_in(local: &str) -> Option<Self> {
        let most = 1_i128 << 100;
        let kind = match local {
            "string" | "normalizedString" | "token" => Kind::Text,
            "boolean" => Kind::Boolean,
            "integer" => Kind::Integer(-most, most),
            "nonNegativeInteger" => Kind::Integer(0, most),
            "positiveInteger" => Kind::Integer(1, most),
            "long" => Kind::Integer(i64::MIN.into(), i64::MAX.into()),
            "int" => Kind::Integer(i32::MIN.into(), i32::MAX.into()),
            "decimal" => Kind::Decimal,
            "date" => Kind::Date,
            "dateTime" => Kind::DateTime,
            _ => return None,
        };
        let space = match local {
            "string" => Space::Preserve,
            "normalizedString" => Space::Replace,
            _ => Space::Collapse,
        };
        Some(Self { kind, space, steps: Vec::new() })
    }

    /// Whether a value is surely of this type.
    pub(super) fn holds(&self, raw: &str) -> bool {
        let value = normalized(raw, self.space);
        let number = match self.kind {
            Kind::Text => None,
            Kind::Boolean if matches!(&*value, "true" | "false" | "1" | "0") => None,
            Kind::Date if is_date_and_zone(&value) => None,
            Kind::DateTime if is_date_time(&value) => None,
            Kind::Boolean | Kind::Date | Kind::DateTime => return false,
            Kind::Integer(least, most) => match number(&value) {
                Some(n) if !n.point && (least..=most).contains(&(n.value / UNIT)) => Some(n),
                _ => return false,
            },
            Kind::Decimal => match number(&value) {
                None => return false,
                some => some,
            },
        };
        self.steps.iter().all(|facets| facets.hold(&value, number.as_ref()))
    }
}

impl Facets {
    fn hold(&self, value: &str, number: Option<&Number>) -> bool {
        // Numbers are compared by their value: 01 is 1.
        let same = |one: &str| {
            one == value || number.is_some_and(|n| self::number(one).is_some_and(|o| o.value == n.value))
        };
        if !self.enumeration.is_empty() && !self.enumeration.iter().any(|one| same(one)) {
            return false;
        }
        // A dot matches a carriage return in the engine, but not in XML Schema.
        if !self.patterns.is_empty()
            && (value.contains('\r') || !self.patterns.iter().any(|one| one.is_match(value)))
        {
            return false;
        }
        if self.least_length.is_some() || self.most_length.is_some() {
            let length = value.chars().count();
            if self.least_length.is_some_and(|least| length < least)
                || self.most_length.is_some_and(|most| length > most)
            {
                return false;
            }
        }
        // Facets of numbers stand on types of numbers alone: the builder sees to it.
        number.is_none_or(|n| {
            self.least.is_none_or(|least| n.value >= least)
                && self.above.is_none_or(|above| n.value > above)
                && self.most.is_none_or(|most| n.value <= most)
                && self.below.is_none_or(|below| n.value < below)
                && self.total_digits.is_none_or(|most| n.whole + n.fraction <= most)
                && self.fraction_digits.is_none_or(|most| n.fraction <= most)
        })
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn normalized(raw: &str, space: Space) -> Cow<'_, str> {
    match space {
        Space::Preserve => Cow::Borrowed(raw),
        _ if !raw.contains(is_space) => Cow::Borrowed(raw),
        Space::Replace => Cow::Owned(raw.replace(is_space, " ")),
        Space::Collapse => {
            let words: Vec<&str> = raw.split(is_space).filter(|word| !word.is_empty()).collect();
            Cow::Owned(words.join(" "))
        }
    }
}

/// A number without an exponent: `[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)`.
pub(super) fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (count, point) = (whole.len() + fraction.len(), digits.len() > whole.len());
    if count == 0 || count > DIGITS {
        return None;
    }
    let mut value = 0_i128;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i128::from(byte - b'0');
    }
    for _ in fraction.len()..DIGITS {
        value *= 10;
    }
    if negative && value == 0 {
        return None;
    }
    Some(Number {
        value: if negative { -value } else { value },
        whole: whole.trim_start_matches('0').len(),
        fraction: fraction.trim_end_matches('0').len(),
        point,
    })
}

/// The number that two digits stand for.
fn two(text: &[u8]) -> Option<u32> {
    match text {
        [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => {
            Some(u32::from(a - b'0') * 10 + u32::from(b - b'0'))
        }
        _ => None,
    }
}

/// `YYYY-MM-DD`, a day that there is, and what follows it.
fn date(text: &str) -> Option<&[u8]> {
    let (day, rest) = text.as_bytes().split_at_checked(10)?;
    let (year, month) = (two(&day[..2])? * 100 + two(&day[2..4])?, two(&day[5..7])?);
    let last = match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let dashed = day[4] == b'-' && day[7] == b'-';
    (dashed && year > 0 && (1..=last).contains(&two(&day[8..])?)).then_some(rest)
}

/// Nothing, `Z`, or an offset of at most 14 hours.
fn is_zone(text: &[u8]) -> bool {
    match text {
        [] | b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => match (two(&[*a, *b]), two(&[*c, *d])) {
            (Some(hours), Some(minutes)) => minutes < 60 && hours * 60 + minutes <= 14 * 60,
            _ => false,
        },
        _ => false,
    }
}

fn is_date_and_zone(text: &str) -> bool {
    date(text).is_some_and(is_zone)
}

fn is_date_time(text: &str) -> bool {
    let Some(([b'T', h1, h2, b':', m1, m2, b':', s1, s2], rest)) =
        date(text).and_then(|rest| rest.split_at_checked(9))
    else {
        return false;
    };
    let within = |a: &u8, b: &u8, most: u32| two(&[*a, *b]).is_some_and(|n| n <= most);
    let zone = match rest {
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            // Clocks tell nanoseconds at most.
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        rest => rest,
    };
    within(h1, h2, 23) && within(m1, m2, 59) && within(s1, s2, 59) && is_zone(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_built_in_type_ends_where_it_should() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("string", &["", " a\n"], &[]),
            ("boolean", &["true", " 0 ", "1", "false"], &["", "TRUE", "2", "t"]),
            (
                "int",
                &["0", "2147483647", "-2147483648", "007", "\t5 "],
                &["2147483648", "-2147483649", "", "1.0", "1 2", "x", "٣", "-"],
            ),
            ("long", &["999999999999999999"], &["9223372036854775808", "99999999999999999999"]),
            ("integer", &["-5"], &["--5", "5-", "1e3", "5."]),
            ("nonNegativeInteger", &["0", "7"], &["-1"]),
            ("positiveInteger", &["1"], &["0", "-1", "00"]),
            ("decimal", &["1", "-0.5", "12.340"], &["", ".", "-", "1,5", "1e1", "NaN", "1.2.3", "1.-2"]),
            (
                "date",
                &["2024-02-29", "2000-02-29", "2026-12-31Z", "2026-01-01+14:00", "2026-01-01-00:30"],
                &[
                    "2023-02-29",
                    "1900-02-29",
                    "2026-04-31",
                    "2026-13-01",
                    "2026-00-01",
                    "2026-01-00",
                    "0000-01-01",
                    "2026-1-01",
                    "2026-01-01+14:01",
                    "2026-01-01+8:00",
                    "2026/01/01",
                    "2026-01-01T",
                    "26-01-01",
                    "年-01-01-01",
                ],
            ),
            (
                "dateTime",
                &["2026-01-01T00:00:00", "2026-01-01T23:59:59.123Z", " 2026-01-01T10:00:00+08:00\n"],
                &[
                    "2026-01-01",
                    "2026-01-01T24:00:01",
                    "2026-01-01T25:00:00",
                    "2026-01-01T10:60:00",
                    "2026-01-01T10:00:60",
                    "2026-01-01T10:00",
                    "2026-01-01T10:00:00.",
                    "2026-01-01 10:00:00",
                    "2026-01-01T10:00:00+0800",
                    "2026-02-30T10:00:00",
                ],
            ),
        ];
        for (name, good, bad) in table {
            let leaf = Leaf::built_in(name).unwrap();
            good.iter().for_each(|value| assert!(leaf.holds(value), "{name} {value:?}"));
            bad.iter().for_each(|value| assert!(!leaf.holds(value), "{name} {value:?}"));
        }
        assert!(Leaf::built_in("ID").is_none());
    }
}
