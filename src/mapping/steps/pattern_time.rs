//! Patterns of local time: `yyyy-MM-dd HH:mm:ss`, `yyyyMMddHHmmss`, `yyyy年M月d日`.
//!
//! Letters y M d H m s stand for digits (as many as letters; one letter: one or two digits), SSS for milliseconds;
//! everything else stands for itself.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use crate::mapping::steps::parse::HowFault;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Millis,
}

#[derive(Clone, Debug)]
enum Token {
    Field(Part, usize),
    Sign(char),
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    tokens: Vec<Token>,
    shown: String,
}

impl Pattern {
    /// From its written form; `None` when it says no date, or a letter nobody knows.
    pub(crate) fn parse(shown: &str) -> Option<Self> {
        let mut tokens: Vec<Token> = Vec::new();
        for c in shown.chars() {
            let part = match c {
                'y' => Part::Year,
                'M' => Part::Month,
                'd' => Part::Day,
                'H' => Part::Hour,
                'm' => Part::Minute,
                's' => Part::Second,
                'S' => Part::Millis,
                // ISO 8601's separator.
                'T' => {
                    tokens.push(Token::Sign('T'));
                    continue;
                }
                c if c.is_ascii_alphabetic() => return None,
                c => {
                    tokens.push(Token::Sign(c));
                    continue;
                }
            };
            match tokens.last_mut() {
                Some(Token::Field(last, count)) if *last == part => *count += 1,
                _ => tokens.push(Token::Field(part, 1)),
            }
        }
        let has = |wanted| tokens.iter().any(|t| matches!(t, Token::Field(part, _) if *part == wanted));
        (has(Part::Year) && has(Part::Month) && has(Part::Day))
            .then(|| Self { tokens, shown: shown.to_owned() })
    }

    /// What to say of a pattern that is none.
    pub(crate) fn fault(shown: &str) -> HowFault {
        let stray = shown.chars().find(|c| c.is_ascii_alphabetic() && !"yMdHmsST".contains(*c));
        let (zh, en) = match stray {
            Some(c) => (format!("字母“{c}”不可用"), format!("the letter \"{c}\" is none of them")),
            None => ("须有年、月、日".to_owned(), "year, month and day must be in it".to_owned()),
        };
        HowFault::new(
            "step-arguments",
            format!("格式“{shown}”：字母为 y M d H m s S，如 'yyyy-MM-dd HH:mm:ss'；{zh}"),
            format!("pattern \"{shown}\": its letters are y M d H m s S, as in 'yyyy-MM-dd HH:mm:ss'; {en}"),
        )
    }

    /// The pattern as written.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// An example: 9 March 2026, 08:05:07.
    pub(crate) fn example(&self) -> String {
        let date = NaiveDate::from_ymd_opt(2026, 3, 9).unwrap_or_default();
        self.print(&date.and_time(NaiveTime::from_hms_opt(8, 5, 7).unwrap_or_default()))
    }

    /// The local time that a text says.
    pub(crate) fn read(&self, text: &str) -> Option<NaiveDateTime> {
        let mut values = [1970_u32, 1, 1, 0, 0, 0, 0];
        let mut rest = text;
        for token in &self.tokens {
            match token {
                Token::Sign(sign) => rest = rest.strip_prefix(*sign)?,
                Token::Field(part, count) => {
                    let most = if *count == 1 { 2 } else { *count };
                    let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
                    if digits < *count {
                        return None;
                    }
                    values[*part as usize] = rest[..digits].parse().ok()?;
                    rest = &rest[digits..];
                }
            }
        }
        let [year, month, day, hour, minute, second, millis] = values;
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let time = NaiveTime::from_hms_milli_opt(hour, minute, second, millis)?;
        rest.is_empty().then(|| date.and_time(time))
    }

    /// A local time in this pattern.
    pub(crate) fn print(&self, at: &NaiveDateTime) -> String {
        let mut text = String::with_capacity(self.shown.len());
        for token in &self.tokens {
            match token {
                Token::Sign(sign) => text.push(*sign),
                Token::Field(part, count) => {
                    let value = match part {
                        Part::Year => at.year().unsigned_abs(),
                        Part::Month => at.month(),
                        Part::Day => at.day(),
                        Part::Hour => at.hour(),
                        Part::Minute => at.minute(),
                        Part::Second => at.second(),
                        Part::Millis => at.and_utc().timestamp_subsec_millis(),
                    };
                    let digits = value.to_string();
                    text.extend(std::iter::repeat_n('0', count.saturating_sub(digits.len())));
                    text.push_str(&digits);
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_read_and_print() {
        for (pattern, text) in [
            ("yyyy-MM-dd HH:mm:ss", "2026-03-09 08:05:07"),
            ("yyyyMMddHHmmss", "20260309080507"),
            ("yyyy年M月d日", "2026年3月9日"),
            ("yyyy/MM/dd HH:mm:ss.SSS", "2026/03/09 08:05:07.120"),
        ] {
            let pattern = Pattern::parse(pattern).expect("a pattern");
            let at = pattern.read(text).expect("a time");
            assert_eq!(pattern.print(&at), text);
        }
        let pattern = Pattern::parse("yyyyMMdd").expect("a pattern");
        assert!(pattern.read("20260230").is_none());
        assert!(pattern.read("202603091").is_none());
        assert!(Pattern::parse("HH:mm").is_none());
        assert!(Pattern::parse("YYYY-MM-dd").is_none());
    }
}
