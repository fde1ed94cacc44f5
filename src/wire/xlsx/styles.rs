//! Which cell formats mean a day, and which a time.

use std::collections::HashMap;
use std::io::BufRead;

use crate::domain::problem::Problem;
use crate::wire::xlsx::token::{Token, Tokens};

/// What the number of a cell means by its format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A number.
    #[default]
    Number,
    /// A day.
    Day,
    /// A time of a day.
    Time,
    /// A day and a time.
    Moment,
}

/// Formats of cells. 65,536: more than spreadsheets allow.
const MOST_FORMATS: usize = 65_536;

/// The meaning of each cell format (`cellXfs`), in their order.
pub(super) fn read(part: impl BufRead) -> Result<Vec<Meaning>, Problem> {
    let mut tokens = Tokens::new(part);
    let mut custom: HashMap<u32, Meaning> = HashMap::new();
    let mut formats = Vec::new();
    let mut inside = false;
    loop {
        match tokens.next()? {
            Token::Start(name, attributes) => {
                let number = |name: &str| attributes.value(name).and_then(|id| id.parse::<u32>().ok());
                match name.as_str() {
                    "numFmt" if custom.len() < MOST_FORMATS => {
                        if let (Some(id), Some(code)) = (number("numFmtId"), attributes.value("formatCode")) {
                            custom.insert(id, meaning(code));
                        }
                    }
                    "cellXfs" => inside = true,
                    "xf" if inside && formats.len() < MOST_FORMATS => {
                        let id = number("numFmtId").unwrap_or(0);
                        formats.push(custom.get(&id).copied().unwrap_or_else(|| built_in(id)));
                    }
                    _ => {}
                }
            }
            Token::End(name) if name == "cellXfs" => inside = false,
            Token::Eof => return Ok(formats),
            _ => {}
        }
    }
}

/// The formats that are known by number (ECMA-376, part 1, 18.8.30, with those of the Chinese edition).
fn built_in(id: u32) -> Meaning {
    match id {
        14..=17 | 27..=31 | 36 | 50..=54 | 57..=58 => Meaning::Day,
        18..=21 | 32..=35 | 45..=47 | 55..=56 => Meaning::Time,
        22 => Meaning::Moment,
        _ => Meaning::Number,
    }
}

/// The meaning of a format code: its letters outside of quotes, brackets and escapes. `m` alone is a month.
fn meaning(code: &str) -> Meaning {
    let code = code.split(';').next().unwrap_or_default();
    if code.eq_ignore_ascii_case("general") {
        return Meaning::Number;
    }
    let (mut day, mut time, mut month) = (false, false, false);
    let mut characters = code.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                characters.by_ref().find(|c| *c == '"');
            }
            '[' => {
                let inner: String = characters.by_ref().take_while(|c| *c != ']').collect();
                // [h], [mm] and [ss] are durations; the others are colours, conditions and locales.
                time |= !inner.is_empty()
                    && inner.chars().all(|c| matches!(c, 'h' | 'H' | 'm' | 'M' | 's' | 'S'));
            }
            '\\' | '_' | '*' => {
                characters.next();
            }
            'y' | 'Y' | 'd' | 'D' => day = true,
            'h' | 'H' | 's' | 'S' => time = true,
            'm' | 'M' => month = true,
            _ => {}
        }
    }
    match (day, time, month) {
        (true, true, _) => Meaning::Moment,
        (true, false, _) | (false, false, true) => Meaning::Day,
        (false, true, _) => Meaning::Time,
        (false, false, false) => Meaning::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_codes_are_days_times_or_numbers() {
        for (code, wanted) in [
            ("General", Meaning::Number),
            ("0.00E+00", Meaning::Number),
            ("@", Meaning::Number),
            ("#,##0.00\"元\"", Meaning::Number),
            ("[Red]0", Meaning::Number),
            ("yyyy\\-mm\\-dd", Meaning::Day),
            ("yyyy\"年\"m\"月\"d\"日\";@", Meaning::Day),
            ("[$-804]yyyy/m/d", Meaning::Day),
            ("m/d", Meaning::Day),
            ("yyyy-mm-dd hh:mm:ss.000", Meaning::Moment),
            ("h:mm", Meaning::Time),
            ("[h]:mm", Meaning::Time),
            ("\"yes\"", Meaning::Number),
        ] {
            assert_eq!(meaning(code), wanted, "{code}");
        }
    }
}
