//! Character data as it is meant: references resolved, line ends and attribute white space normalised
//! (XML 1.0 sections 2.11, 3.3.3, 4.1, 4.6).

use super::characters::is_char;
use crate::domain::problem::Problem;

/// The character of a reference, given what stands between `&` and `;`.
pub(in crate::wire) fn resolve(name: &str) -> Result<char, Problem> {
    match name {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    let Some(number) = name.strip_prefix('#') else {
        return Err(Problem::new(
            "xml-entity",
            format!("未定义的实体 &{};,只允许五个预定义实体", crate::domain::problem::cut(name)),
            format!("the entity &{}; is not defined", crate::domain::problem::cut(name)),
        )
        .with_found(&format!("&{name};"))
        .with_expected("&lt; &gt; &amp; &apos; &quot;"));
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(hexadecimal) => (hexadecimal, 16),
        None => (number, 10),
    };
    let well_formed = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    let c = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).filter(|c| is_char(*c));
    match c {
        Some(c) if well_formed => Ok(c),
        _ => Err(Problem::new(
            "xml-reference",
            format!("字符引用 &{}; 不是 XML 允许的字符", crate::domain::problem::cut(name)),
            format!("&{}; does not refer to a character that XML allows", crate::domain::problem::cut(name)),
        )
        .with_found(&format!("&{name};"))
        .with_expected("&#N; &#xN;")),
    }
}

/// Appends character data with its line ends as line feeds (section 2.11).
pub(super) fn push_text(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.find('\r') {
        out.push_str(&rest[..at]);
        out.push('\n');
        rest = &rest[at + 1..];
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    out.push_str(rest);
}

/// Appends an attribute's value as section 3.3.3 has it for CDATA; on a fault tells its offset in `raw`.
pub(super) fn push_value(raw: &str, out: &mut String) -> Result<(), (usize, Problem)> {
    let special = |b: u8| matches!(b, b'&' | b'<' | b'\r' | b'\n' | b'\t');
    if !raw.bytes().any(special) {
        out.push_str(raw);
        return Ok(());
    }
    let mut at = 0;
    while let Some(c) = raw[at..].chars().next() {
        match c {
            '\r' => {
                out.push(' ');
                at += usize::from(raw[at + 1..].starts_with('\n'));
            }
            '\n' | '\t' => out.push(' '),
            '<' => {
                let problem = Problem::new(
                    "xml-attribute",
                    "属性值中不允许出现“<”",
                    "an attribute's value may not hold \u{201c}<\u{201d}",
                );
                return Err((at, problem.with_found("<").with_expected("&lt;")));
            }
            '&' => {
                let Some(end) = raw[at..].find(';') else { return Err((at, ampersand())) };
                let resolved = resolve(&raw[at + 1..at + end]).map_err(|problem| (at, problem))?;
                out.push(resolved);
                at += end;
            }
            c => out.push(c),
        }
        at += raw[at..].chars().next().map_or(1, char::len_utf8);
    }
    Ok(())
}

/// An ampersand that begins no reference.
pub(super) fn ampersand() -> Problem {
    Problem::new(
        "xml-reference",
        "“&”之后缺少以分号结尾的引用",
        "an ampersand must begin a reference that ends with a semicolon",
    )
    .with_found("&")
    .with_expected("&amp;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_characters_or_refused() {
        assert_eq!(resolve("#x6295"), Ok('投'));
        assert_eq!(resolve("#10"), Ok('\n'));
        for bad in [
            "",
            "#",
            "#x",
            "#0",
            "#1",
            "#xD800",
            "#xFFFE",
            "#x110000",
            "#X41",
            "#+5",
            "#99999999999",
            "nbsp",
            "LT",
        ] {
            assert!(resolve(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn white_space_is_normalised_but_references_to_it_are_not() {
        let mut out = String::new();
        push_value("a\r\nb\rc\td&#10;\n&#xD;文", &mut out).unwrap();
        assert_eq!(out, "a b c d\n \r文");
        out.clear();
        push_text("a\r\nb\rc\r\r\n", &mut out);
        assert_eq!(out, "a\nb\nc\n\n");
    }
}
