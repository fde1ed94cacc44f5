//! Regular expressions of schemas, made safe before they are used.
//!
//! Promise: an expression that passes compiles in the engine that will run it, within [`SIZE`]. The XSD validator
//! skips an expression it cannot compile and lets every value pass, so such a schema must not get in. XSD's `\d`
//! means 760 digits of all scripts; bureaus mean ten, and the automaton for ten is a twentieth of the cost: it is
//! rewritten to `[0-9]`.

use std::fmt::Write as _;

use regex::{Regex, RegexBuilder};

/// Bytes of one compiled expression. 1 MiB: the expressions of real schemas take below 100 KiB; compiling 1 MiB
/// takes about 5 ms, and the XSD validator compiles again for each document.
const SIZE: usize = 1 << 20;

/// Checks an XSD expression (XML Schema part 2, appendix F); on a fault says what is wrong, in Chinese and English.
pub(super) fn check_xsd(pattern: &str) -> Result<(), (String, String)> {
    let translated = translate(&settle(pattern))?;
    compile(&format!("^(?:{translated})$")).map(|_| ())
}

/// The XSD expression as one that matches whole values, if the translation is exact: names, words and most blocks are
/// translated a little wider than they are, which is enough to measure them.
pub(super) fn exact_xsd(pattern: &str) -> Option<Regex> {
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if c == '\\' && !characters.next().is_some_and(|escaped| "dDsSnrtpP\\|.?*+(){}-[]^".contains(escaped))
        {
            return None;
        }
    }
    if ["{Is", "(?", "[:"].iter().any(|foreign| pattern.contains(foreign)) {
        return None;
    }
    let translated = translate(&settle(pattern)).ok()?;
    compile(&format!("^(?:{translated})$")).ok()
}

/// Checks a JSON Schema expression, in the dialect of the `regex` crate.
pub(super) fn check_json(pattern: &str) -> Result<(), (String, String)> {
    compile(pattern).map(|_| ())
}

fn compile(pattern: &str) -> Result<Regex, (String, String)> {
    match RegexBuilder::new(pattern).size_limit(SIZE).build() {
        Ok(regex) => Ok(regex),
        Err(regex::Error::CompiledTooBig(_)) => Err((
            format!("正则表达式编译后超过 {SIZE} 字节"),
            format!("the expression compiles to more than {SIZE} bytes"),
        )),
        Err(error) => {
            let last = error.to_string().lines().last().unwrap_or_default().to_owned();
            Err((format!("正则表达式无法编译:{last}"), format!("the expression does not compile: {last}")))
        }
    }
}

/// The expression as the validator will translate it; block escapes stand for one range, which is what they are.
fn translate(pattern: &str) -> Result<String, (String, String)> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut depth = 0_usize;
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                let Some(escaped) = characters.next() else {
                    return Err(refused("\\", "末尾", "at the end"));
                };
                match escaped {
                    'I' | 'C' | 'S' if depth > 0 => {
                        return Err(refused(&format!("\\{escaped}"), "方括号内", "inside brackets"));
                    }
                    'p' | 'P' => property(escaped, depth, &mut characters, &mut out)?,
                    'i' | 'c' => out.push_str("[:A-Z_a-z\\x{C0}-\\x{EFFFF}]"),
                    'I' | 'C' => out.push_str("[^:A-Z_a-z\\x{C0}-\\x{EFFFF}]"),
                    's' => out.push_str("[ \\t\\n\\r]"),
                    'S' => out.push_str("[^ \\t\\n\\r]"),
                    'w' if depth == 0 => out.push_str("[^\\p{P}\\p{Z}\\p{C}]"),
                    'W' => out.push_str("[\\p{P}\\p{Z}\\p{C}]"),
                    other => out.extend(['\\', other]),
                }
            }
            '[' => {
                depth += 1;
                out.push('[');
            }
            ']' => {
                depth = depth.saturating_sub(1);
                out.push(']');
            }
            '-' if depth > 0 && characters.peek() == Some(&'[') => out.push_str("--"),
            // Doubled, these are operators of the engine inside brackets, though XSD means the characters.
            '&' | '~' if depth > 0 && characters.peek() == Some(&c) => {
                return Err(refused(&format!("{c}{c}"), "方括号内", "inside brackets"));
            }
            '^' | '$' if depth == 0 => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    Ok(out)
}

fn property(
    escaped: char,
    depth: usize,
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    out: &mut String,
) -> Result<(), (String, String)> {
    let name: String = characters.by_ref().skip_while(|c| *c == '{').take_while(|c| *c != '}').collect();
    if name.starts_with("Is") {
        if escaped == 'P' && depth > 0 {
            return Err(refused(&format!("\\P{{{name}}}"), "方括号内", "inside brackets"));
        }
        out.push_str(if escaped == 'P' { "[^\\x{4E00}-\\x{9FFF}]" } else { "[\\x{4E00}-\\x{9FFF}]" });
    } else {
        let _ = write!(out, "\\{escaped}{{{name}}}");
    }
    Ok(())
}

fn refused(what: &str, zh: &str, en: &str) -> (String, String) {
    (format!("正则表达式{zh}不能使用 {what}"), format!("the expression may not use {what} {en}"))
}

/// What stands before a character of a bracket expression.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    /// A character that may begin a range.
    Character,
    /// The hyphen of a range.
    Hyphen,
    /// A range or a class, after which a hyphen can only be itself.
    Range,
}

/// The expression as we hand it on: `\d` and `\D` mean ten digits, and a hyphen after a range (`[a-z0-9-+]`, which
/// real schemas write though XML Schema wants it escaped) is escaped.
pub(super) fn settle(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut depth = 0_usize;
    let mut before = Before::Nothing;
    let mut characters = pattern.chars().peekable();
    while let Some(c) = characters.next() {
        let after = match before {
            Before::Hyphen => Before::Range,
            _ => Before::Character,
        };
        match c {
            '\\' => {
                let escaped = characters.next();
                match escaped {
                    Some('d') if depth > 0 => out.push_str("0-9"),
                    Some('d') => out.push_str("[0-9]"),
                    Some('D') if depth == 0 => out.push_str("[^0-9]"),
                    // All but punctuation, separators and the rest; in brackets the engine would take its own `\\w`.
                    Some('w') if depth > 0 => out.push_str(r"\p{L}\p{M}\p{N}\p{S}"),
                    Some('W') if depth > 0 => out.push_str(r"\p{P}\p{Z}\p{C}"),
                    Some(other) => out.extend(['\\', other]),
                    None => out.push('\\'),
                }
                let class = escaped.is_some_and(|e| "dDsSwWiIcCpP}".contains(e));
                before = if class { Before::Range } else { after };
            }
            '[' => {
                depth += 1;
                before = Before::Nothing;
                out.push('[');
            }
            ']' => {
                depth = depth.saturating_sub(1);
                before = Before::Range;
                out.push(']');
            }
            '-' if depth > 0 && !matches!(characters.peek(), Some('[' | ']') | None) => match before {
                Before::Range => {
                    out.push_str("\\-");
                    before = Before::Character;
                }
                Before::Character => {
                    out.push('-');
                    before = Before::Hyphen;
                }
                Before::Nothing | Before::Hyphen => {
                    out.push('-');
                    before = after;
                }
            },
            c => {
                out.push(c);
                before = if c == '^' && before == Before::Nothing { Before::Nothing } else { after };
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_that_would_be_skipped_are_refused() {
        for bad in [
            r"\p{L}{1,2000}",
            "[a-z]{1,100000}",
            r"(\w{1,100}){1,100}",
            "(",
            "[a",
            r"[\S]",
            "[a&&b]",
            r"\p{Foo}",
            "a\\",
        ] {
            assert!(check_xsd(bad).is_err(), "{bad}");
        }
        for good in [
            r"\d{6}",
            r"[\p{L}-[A-Z]]",
            r"\i\c*",
            r"\p{IsCJKUnifiedIdeographs}+",
            "[0-9]{1,27}",
            "a^b$",
            r"[^\s]+",
            r"\w{1,5}",
        ] {
            assert_eq!(check_xsd(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn digits_are_ten_and_hyphens_are_escaped() {
        for (pattern, expected) in [
            (r"\d{2}[\dX]\\d\D[^\d]", r"[0-9]{2}[0-9X]\\d[^0-9][^0-9]"),
            (r"[_a-zA-Z0-9-+]+-x", r"[_a-zA-Z0-9\-+]+-x"),
            (r"[-a-z][^-a][a-z-][\s-\.]", r"[-a-z][^-a][a-z-][\s\-\.]"),
            (r"[\w-][^\W]\w", r"[\p{L}\p{M}\p{N}\p{S}-][^\p{P}\p{Z}\p{C}]\w"),
            (r"[\p{L}-[A-Z]]", r"[\p{L}-[A-Z]]"),
        ] {
            assert_eq!(settle(pattern), expected);
        }
    }
}
