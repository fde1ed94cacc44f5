//! Cells that a spreadsheet would run as a formula, written so that it does not, and read back as they were.
//!
//! A cell of a CSV file that begins with `=`, `+`, `-`, `@`, their full-width forms, a tab or a carriage return is
//! written behind an apostrophe, which spreadsheets show as text. A plain negative number stays a number. Reading
//! takes off exactly one apostrophe from exactly what writing gave one, so that every text comes back.

use std::borrow::Cow;

/// What we write for a cell's text.
#[must_use]
pub fn disarm(text: &str) -> Cow<'_, str> {
    if runs(text.trim_start_matches(MARK)) {
        Cow::Owned(format!("{MARK}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text of a cell as it was written.
#[must_use]
pub fn rearm(cell: &str) -> &str {
    match cell.strip_prefix(MARK) {
        Some(text) if runs(cell.trim_start_matches(MARK)) => text,
        _ => cell,
    }
}

const MARK: char = '\'';

fn runs(text: &str) -> bool {
    let dangerous = |c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r');
    text.chars().next().is_some_and(dangerous) && !is_negative_number(text)
}

fn is_negative_number(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-') else { return false };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match rest.split_once('.') {
        None => digits(rest),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_run_is_marked() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+8613800000000", "'+8613800000000"),
            ("-1+cmd|'/C calc'!A0", "'-1+cmd|'/C calc'!A0"),
            ("-12.50", "-12.50"),
            ("'-12.50", "'-12.50"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("'引文", "'引文"),
            ("杭州=浙江", "杭州=浙江"),
        ] {
            assert_eq!(disarm(text), cell);
            assert_eq!(rearm(cell), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "['=+@\t\r0-9a.投-]{0,6}") {
            let cell = disarm(&text);
            prop_assert_eq!(rearm(&cell), text.as_str());
            // And what came reads as what we would write, so that the round trip holds from the other side.
            let read = rearm(&text);
            let written = disarm(read);
            prop_assert_eq!(rearm(&written), read);
        }
    }
}
