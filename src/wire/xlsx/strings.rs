//! Texts of cells: the shared strings, and what stands inside a cell.
//!
//! The counts that the part states are not believed. Phonetic guides are left out; `_xHHHH_` is the character it
//! stands for (ECMA-376, part 1, 22.4.2.4).

use std::io::BufRead;

use crate::domain::problem::Problem;
use crate::wire::limits::{Limits, exceeded};
use crate::wire::xlsx::token::{Token, Tokens};

/// Reads the shared strings.
pub(super) fn shared(part: impl BufRead, limits: &Limits) -> Result<Vec<Box<str>>, Problem> {
    let mut tokens = Tokens::new(part);
    let mut strings: Vec<Box<str>> = Vec::new();
    loop {
        match tokens.next()? {
            Token::Start(name, _) if name == "si" => {
                if strings.len() >= limits.nodes {
                    return Err(exceeded(
                        "strings",
                        "共享文本个数",
                        "the number of shared strings",
                        limits.nodes,
                    ));
                }
                strings.push(item(&mut tokens, &name)?.into());
            }
            Token::Eof => return Ok(strings),
            _ => {}
        }
    }
}

/// The text of a string item (`si`, or a cell's `is`), whose start was read.
pub(super) fn item<R: BufRead>(tokens: &mut Tokens<R>, item: &str) -> Result<String, Problem> {
    let mut text = String::new();
    let (mut inside, mut phonetic) = (false, false);
    loop {
        match tokens.next()? {
            Token::Start(name, _) => match name.as_str() {
                "t" => inside = true,
                "rPh" => phonetic = true,
                _ => {}
            },
            Token::End(name) if name == item => return Ok(unescape(&text)),
            Token::End(name) => match name.as_str() {
                "t" => inside = false,
                "rPh" => phonetic = false,
                _ => {}
            },
            Token::Text(part) if inside && !phonetic => {
                text.push_str(&part);
                if text.len() > 4 * crate::wire::sheet::MOST_CHARACTERS {
                    let most = crate::wire::sheet::MOST_CHARACTERS;
                    return Err(exceeded("cell", "单元格字数", "the length of a cell in characters", most));
                }
            }
            Token::Text(_) => {}
            Token::Eof => return Err(crate::wire::xlsx::package::broken("a text does not end")),
        }
    }
}

/// `_x000D_` is a carriage return, `_x005F_` a line below.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if let Some(c) = code.and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?)) {
            out.push_str(&rest[..at]);
            out.push(c);
            rest = &rest[at + 7..];
        } else {
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_characters() {
        for (text, meant) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_x00zz_", "_x00zz_"),
            ("_x投", "_x投"),
            ("_xD800_", "_xD800_"),
            ("_x", "_x"),
        ] {
            assert_eq!(unescape(text), meant);
        }
    }
}
