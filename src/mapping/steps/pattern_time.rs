//! Patterns of local time: `yyyy-MM-dd HH:mm:ss`, `yyyyMMddHHmmss`, `yyyy年M月d日`.
//!
//! Letters y M d H m s stand for digits (as many as letters; one letter: one or two digits), SSS for milliseconds;
//! everything else stands for itself.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use crate::mapping::steps::parse::HowFault;
use crate::mapping::words::Word;

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
    /// From its written form; what is wrong with it when it says no date, or has a letter nobody knows.
    pub(crate) fn parse(shown: &str) -> Result<Self, HowFault> {
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
                c if c.is_ascii_alphabetic() => return Err(unknown_letter(shown, c)),
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
        let missing = [(Part::Year, "yyyy"), (Part::Month, "MM"), (Part::Day, "dd")];
        if let Some((_, letters)) = missing.iter().find(|(part, _)| !has(*part)) {
            return Err(HowFault::new(
                "step-arguments",
                format!("“{shown}”缺少 {letters}：须有年（y）、月（M）、日（d）；m 为分"),
                format!(
                    "\"{shown}\" lacks {letters}: it needs year (y), month (M) and day (d); m is minutes"
                ),
            ));
        }
        // Two digits would be the years 0 to 99: which century is meant nobody can know.
        if tokens.iter().any(|token| matches!(token, Token::Field(Part::Year, count) if *count != 4)) {
            return Err(HowFault::new(
                "step-arguments",
                format!("“{shown}”中的年应为四位 yyyy：两位年份不能确定世纪"),
                format!("in \"{shown}\" the year must be yyyy: of two digits nobody knows the century"),
            ));
        }
        Ok(Self { tokens, shown: shown.to_owned() })
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

/// The patterns that a step's words are; `None` where they are something else.
pub(crate) fn patterns(words: &[Word]) -> Option<Result<Vec<Pattern>, HowFault>> {
    let quoted = |word: &Word| match word {
        Word::Quoted(text) => Some(Pattern::parse(text)),
        _ => None,
    };
    let all: Option<Vec<_>> = words.iter().map(quoted).collect();
    all.filter(|all| !all.is_empty()).map(|all| all.into_iter().collect())
}

/// Examples of all of them.
pub(crate) fn examples(patterns: &[Pattern]) -> String {
    patterns.iter().map(Pattern::example).collect::<Vec<_>>().join(" / ")
}

/// The letter that is none, and the pattern as it was probably meant.
fn unknown_letter(shown: &str, letter: char) -> HowFault {
    // %Y-%m-%d as in C, YYYY-MM-DD as in spreadsheets.
    let meant = if shown.contains('%') {
        let names = [("%Y", "yyyy"), ("%m", "MM"), ("%d", "dd"), ("%H", "HH"), ("%M", "mm"), ("%S", "ss")];
        names.iter().fold(shown.to_owned(), |text, (from, to)| text.replace(from, to))
    } else {
        shown.replace('Y', "y").replace('D', "d").replace('h', "H")
    };
    let meant = (meant != shown).then(|| Pattern::parse(&meant).ok()).flatten().map(|pattern| pattern.shown);
    let (zh, en) = meant.map_or_else(Default::default, |meant| {
        (format!("；是否应为“{meant}”？"), format!("; did you mean \"{meant}\"?"))
    });
    HowFault::new(
        "step-arguments",
        format!("“{shown}”中的字母“{letter}”无含义，可用 y M d H m s S{zh}"),
        format!("in \"{shown}\" the letter \"{letter}\" stands for nothing; there are y M d H m s S{en}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_is_none_says_what_was_meant() {
        let wrong = |pattern| Pattern::parse(pattern).expect_err("no pattern").en;
        assert_eq!(
            wrong("YYYY年MM月DD日"),
            "in \"YYYY年MM月DD日\" the letter \"Y\" stands for nothing; there are y M d H m s S; did you mean \"yyyy年MM月dd日\"?"
        );
        assert!(wrong("%Y-%m-%d %H:%M").ends_with("did you mean \"yyyy-MM-dd HH:mm\"?"));
        assert!(wrong("yyyy-MM-dd a").ends_with("there are y M d H m s S"));
        assert!(wrong("yyyy-mm-dd").contains("lacks MM"));
        assert!(wrong("yy/M/d").contains("the year must be yyyy"));
    }

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
        assert!(Pattern::parse("HH:mm").is_err());
        assert!(Pattern::parse("YYYY-MM-dd").is_err());
    }
}
