//! Decimal numbers in the forms of XML Schema's `decimal` and `double`: `.5`, `5.`, `1.2E-6`.
//!
//! Promise: the value does not change, and no digit of it: `1.20E-6` is 0.00000120. What was written is a spelling,
//! and kept by those who read it.

/// How far an exponent may move the point: between the Planck length in metres (1.6E-35) and the mass of the observable
/// universe in kilograms (1E53) nobody measures; longer texts are an attack on memory.
const FARTHEST: usize = 64;

/// Without an exponent, with a digit on both sides of the point and no zero before the first; `None` for what is no number, or too far away.
pub(super) fn plain(text: &str) -> Option<String> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match number.strip_prefix(['-', '+']) {
        Some(rest) if number.starts_with('-') => ("-", rest),
        Some(rest) => ("", rest),
        None => ("", number),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let good = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && part.is_empty() || !good(whole) || !good(part) {
        return None;
    }
    let distance = usize::try_from(exponent.unsigned_abs()).ok().filter(|far| *far <= FARTHEST)?;
    let (whole, part) = if exponent < 0 {
        let whole = format!("{}{whole}", "0".repeat(distance));
        let (left, moved) = whole.split_at(whole.len() - distance);
        (left.to_owned(), format!("{moved}{part}"))
    } else {
        let part = format!("{part}{}", "0".repeat(distance.saturating_sub(part.len())));
        let (moved, right) = part.split_at(distance);
        (format!("{whole}{moved}"), right.to_owned())
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn the_point_moves_and_no_digit_changes() {
        for (written, same) in [
            (".5", "0.5"),
            ("5.", "5"),
            ("-.50", "-0.50"),
            ("+7", "7"),
            ("1.20E-6", "0.00000120"),
            ("1.20e2", "120"),
            ("1.2345E+2", "123.45"),
            ("12.5E-1", "1.25"),
            ("0.0E3", "0"),
            ("1E0", "1"),
            ("-3E-2", "-0.03"),
        ] {
            assert_eq!(plain(written).as_deref(), Some(same), "{written}");
        }
        for bad in
            ["", ".", "-", "E5", "1E", "1E1.5", "1e65", "1E-65", "1,5", "١", "1E5E5", "--1", "NaN", "INF"]
        {
            assert_eq!(plain(bad), None, "{bad}");
        }
    }
}
