//! Tree → JSON text in UTF-8.
//!
//! Promise: what comes out is JSON with members in the tree's order and number literals as they are. A number node
//! whose text is not a JSON number is written as a string, so that the output stays well-formed.

use crate::wire::tree::{NodeId, NodeKind, Tree};

/// Writes a tree; with `indent`, over lines with two spaces a level.
#[must_use]
pub fn write(tree: &Tree, indent: bool) -> Vec<u8> {
    let mut out = String::new();
    if let Some(root) = tree.root() {
        value(tree, root, indent.then_some(0), &mut out);
    }
    if indent {
        out.push('\n');
    }
    out.into_bytes()
}

fn value(tree: &Tree, node: NodeId, level: Option<usize>, out: &mut String) {
    match tree.kind(node) {
        NodeKind::Object => list(tree, node, level, ['{', '}'], out),
        NodeKind::Array => list(tree, node, level, ['[', ']'], out),
        NodeKind::Null => out.push_str("null"),
        NodeKind::Bool => out.push_str(if tree.text(node) == "true" { "true" } else { "false" }),
        NodeKind::Number if is_number(tree.text(node)) => out.push_str(tree.text(node)),
        _ => string(tree.text(node), out),
    }
}

fn list(tree: &Tree, node: NodeId, level: Option<usize>, brackets: [char; 2], out: &mut String) {
    out.push(brackets[0]);
    let inner = level.map(|level| level + 1);
    let mut empty = true;
    for child in tree.children(node) {
        if !empty {
            out.push(',');
        }
        empty = false;
        line(inner, out);
        if brackets[0] == '{' {
            string(tree.local(child), out);
            out.push_str(if level.is_some() { ": " } else { ":" });
        }
        value(tree, child, inner, out);
    }
    if !empty {
        line(level, out);
    }
    out.push(brackets[1]);
}

fn line(level: Option<usize>, out: &mut String) {
    if let Some(level) = level {
        out.push('\n');
        (0..level).for_each(|_| out.push_str("  "));
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                out.push_str("\\u00");
                out.push(if c < '\u{10}' { '0' } else { '1' });
                out.push(char::from_digit(u32::from(c) % 16, 16).unwrap_or('0'));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// RFC 8259 section 6.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text.starts_with('0')) {
        return false;
    }
    let mut rest = &text[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let places = digits(fraction);
        if places == 0 {
            return false;
        }
        rest = &fraction[places..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_escapes_are_exact() {
        let mut tree = Tree::new();
        let [root, a, b] = ["", "a\u{1}", "b"].map(|name| tree.intern("", name));
        let top = tree.add(None, NodeKind::Object, root, "", 0);
        tree.add(Some(top), NodeKind::Number, a, "1.50", 0);
        tree.add(Some(top), NodeKind::Number, b, "007", 0);
        assert_eq!(write(&tree, false), br#"{"a\u0001":1.50,"b":"007"}"#);
        assert_eq!(write(&tree, true), b"{\n  \"a\\u0001\": 1.50,\n  \"b\": \"007\"\n}\n");
    }

    #[test]
    fn numbers_are_told_from_what_looks_like_one() {
        for good in ["0", "-0", "10", "1.5e-3", "1E+2"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "-", "01", "1.", ".5", "1e", "1e+", "+1", "1 ", "NaN", "0x1"] {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
