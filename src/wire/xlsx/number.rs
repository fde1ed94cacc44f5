//! The number of a cell as text: exact, or refused.
//!
//! A spreadsheet holds 15 significant digits, and writes what it holds as the nearest binary number with up to 17:
//! 358.1 stands as 358.10000000000002. So a number of at most 15 digits is what is written, a longer fraction is
//! rounded to 15, and a whole number beyond them has lost its last digits before it came to us: it is refused.

use chrono::{Duration, NaiveDate};

use crate::domain::problem::Problem;
use crate::wire::xlsx::styles::Meaning;

/// Digits that a spreadsheet holds.
const DIGITS: usize = 15;

/// The text of a number, by its meaning.
pub(super) fn text(literal: &str, meaning: Meaning, from_1904: bool) -> Result<String, Problem> {
    match meaning {
        Meaning::Number => number(literal),
        _ => moment(literal, meaning, from_1904),
    }
}

fn number(literal: &str) -> Result<String, Problem> {
    let plain = literal.strip_prefix('-').unwrap_or(literal);
    let (mantissa, exponent) = plain.split_once(['e', 'E']).map_or((plain, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    let fits = exponent.is_none_or(|e| e.parse::<i32>().is_ok());
    if digits().next().is_none() || !digits().all(|byte| byte.is_ascii_digit()) || !fits {
        return Err(no_number(literal));
    }
    let significant = digits().skip_while(|byte| *byte == b'0').count();
    if exponent.is_none() && significant <= DIGITS {
        return Ok(literal.to_owned());
    }
    let value: f64 = literal.parse().map_err(|_| no_number(literal))?;
    // 10^15 is the first whole number that needs 16 digits; below 10^-20 nothing that is filled in has a meaning.
    if !value.is_finite() || value.abs() >= 1e15 || (value != 0.0 && value.abs() < 1e-20) {
        return Err(Problem::new(
            "number-imprecise",
            "此单元格是数值，表格软件只保留前 15 位数字，末尾数字已丢失：请将单元格设为文本格式后重新填写",
            "this cell is a number, of which a spreadsheet keeps 15 digits; the last ones are lost: make it text and \
             fill it in again",
        )
        .with_found(literal)
        .with_expected("文本 text"));
    }
    Ok(expand(&format!("{value:.14e}")))
}

/// `1.23000e-2` → `0.0123`.
fn expand(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1;
    let (whole, fraction) = match usize::try_from(point) {
        Ok(point) if point > 0 => {
            let digits = format!("{digits:0<point$}");
            (digits[..point].to_owned(), digits[point..].to_owned())
        }
        _ => ("0".to_owned(), format!("{}{digits}", "0".repeat(point.unsigned_abs() as usize))),
    };
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Days are counted from 1900-01-01 as 1, with a 29 February 1900 that never was; or from 1904-01-01 as 0.
fn moment(literal: &str, meaning: Meaning, from_1904: bool) -> Result<String, Problem> {
    let value: f64 = literal.parse().map_err(|_| no_number(literal))?;
    // 2958465 is 9999-12-31.
    if !(0.0..2_958_466.0).contains(&value) || (!from_1904 && (60.0..61.0).contains(&value)) {
        return Err(Problem::new("date-unknown", "此数值不是有效的日期", "this number is not a date")
            .with_found(literal));
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 2958466 days of 86400 seconds")]
    let seconds = (value * 86_400.0).round() as i64;
    let base = match (from_1904, seconds < 60 * 86_400) {
        (true, _) => NaiveDate::from_ymd_opt(1904, 1, 1),
        (false, true) => NaiveDate::from_ymd_opt(1899, 12, 31),
        (false, false) => NaiveDate::from_ymd_opt(1899, 12, 30),
    };
    let base = base.and_then(|day| day.and_hms_opt(0, 0, 0)).expect("these days exist");
    let moment = base + Duration::seconds(seconds);
    let form = match meaning {
        Meaning::Day if seconds % 86_400 == 0 => "%Y-%m-%d",
        Meaning::Time if seconds < 86_400 => "%H:%M:%S",
        _ => "%Y-%m-%d %H:%M:%S",
    };
    Ok(moment.format(form).to_string())
}

fn no_number(literal: &str) -> Problem {
    Problem::new("number", "此单元格标为数值，内容却不是数值", "this cell says it is a number and is none")
        .with_found(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_was_filled_in() {
        for (literal, wanted) in [
            ("358", "358"),
            ("0.10", "0.10"),
            ("-12.5", "-12.5"),
            ("358.10000000000002", "358.1"),
            ("1.1000000000000001", "1.1"),
            ("0.30000000000000004", "0.3"),
            ("1E-3", "0.001"),
            ("1.5E+3", "1500"),
            ("-2.5e-2", "-0.025"),
            ("123456789012345", "123456789012345"),
            ("0", "0"),
            ("0E0", "0"),
        ] {
            assert_eq!(number(literal).unwrap(), wanted);
        }
        for lost in ["1234567890123456", "3.3010012026030901E+24", "1e308", "1e400"] {
            assert_eq!(number(lost).unwrap_err().code, "number-imprecise", "{lost}");
        }
        for bad in ["", "-", "1,5", "NaN", "inf", "1e", "1e99999999999", "１２", "0x1F", "1_0"] {
            assert_eq!(number(bad).unwrap_err().code, "number", "{bad}");
        }
    }

    #[test]
    fn a_day_is_told_by_its_number() {
        let day = |literal, meaning| moment(literal, meaning, false).unwrap();
        assert_eq!(day("46090", Meaning::Day), "2026-03-09");
        assert_eq!(day("46090.336886574076", Meaning::Moment), "2026-03-09 08:05:07");
        assert_eq!(day("46090", Meaning::Moment), "2026-03-09 00:00:00");
        assert_eq!(day("46090.5", Meaning::Day), "2026-03-09 12:00:00");
        assert_eq!(day("0.5", Meaning::Time), "12:00:00");
        assert_eq!(day("1", Meaning::Day), "1900-01-01");
        assert_eq!(day("59", Meaning::Day), "1900-02-28");
        assert_eq!(day("61", Meaning::Day), "1900-03-01");
        assert_eq!(moment("44628", Meaning::Day, true).unwrap(), "2026-03-09");
        for bad in ["60", "-1", "2958466", "NaN", "x", "1e300"] {
            assert!(moment(bad, Meaning::Day, false).is_err(), "{bad}");
        }
    }
}
