//! Tree → XML bytes.
//!
//! Promise: what comes out is namespace-well-formed XML 1.0 in the wanted encoding and reads back as the same tree.
//! Every listed prefix is declared on the root; namespaces without one get `xsi` if they are that, else `ns1`, `ns2` …
//! where they are used. A character that XML or the encoding cannot hold, a name that is none and a node that is not
//! XML's are errors.

use std::borrow::Cow;

use super::characters::{is_blank, is_char, is_ncname};
use super::namespaces::{XML, XMLNS};
use crate::domain::problem::Problem;
use crate::wire::encoding::{self, Encoding};
use crate::wire::schema::XSI;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// How a document is to look.
#[derive(Clone, Copy, Debug)]
pub struct XmlStyle<'a> {
    /// The encoding, also named in the declaration.
    pub encoding: Encoding,
    /// `(prefix, namespace)`; the empty prefix makes it the default namespace.
    pub prefixes: &'a [(String, String)],
    /// Whether to write `<?xml …?>`.
    pub declaration: bool,
    /// Whether to put each child element on a line of its own.
    pub indent: bool,
}

/// Writes a tree.
///
/// # Errors
///
/// The first thing XML or the encoding cannot hold, with its path.
pub fn write(tree: &Tree, style: &XmlStyle) -> Result<Vec<u8>, Problem> {
    let Some(root) = tree.root() else {
        return Err(Problem::new("xml-root", "文档没有根元素", "the document has no root element"));
    };
    let mut writer = Writer { tree, style, out: String::new(), scope: Vec::new(), made: 0 };
    if style.declaration {
        // With a byte order mark, UTF-16 is labelled without its order (RFC 2781 section 3.3).
        let wide = style.encoding.agrees(Encoding::Utf16Le);
        let label = if wide { "UTF-16" } else { style.encoding.label() };
        writer.out.push_str("<?xml version=\"1.0\" encoding=\"");
        writer.out.push_str(label);
        writer.out.push_str("\"?>\n");
    }
    writer.element(root, 0)?;
    if style.indent {
        writer.out.push('\n');
    }
    let bytes = encoding::encode(&writer.out, style.encoding)?;
    Ok(match style.encoding {
        Encoding::Utf16Le => [b"\xFF\xFE", bytes.as_slice()].concat(),
        Encoding::Utf16Be => [b"\xFE\xFF", bytes.as_slice()].concat(),
        _ => bytes,
    })
}

struct Writer<'a> {
    tree: &'a Tree,
    style: &'a XmlStyle<'a>,
    out: String,
    /// Prefixes in force, innermost last.
    scope: Vec<(String, String)>,
    made: u32,
}

impl<'a> Writer<'a> {
    fn element(&mut self, node: NodeId, level: usize) -> Result<(), Problem> {
        let tree = self.tree;
        if tree.kind(node) != NodeKind::Element {
            return Err(not_xml(tree, node));
        }
        let outer = self.scope.len();
        let mut declared = Vec::new();
        if level == 0 {
            for (prefix, uri) in self.style.prefixes {
                if prefix != "xml" && !uri.is_empty() && uri != XML {
                    declared.push((prefix.clone(), uri.clone()));
                }
            }
            self.scope.extend(declared.iter().cloned());
        }
        let name = self.qname(node, false, &mut declared)?;
        self.out.push('<');
        self.out.push_str(&name);
        let mut attributes = String::new();
        for attribute in tree.children(node).filter(|n| tree.kind(*n) == NodeKind::Attribute) {
            let qname = self.qname(attribute, true, &mut declared)?;
            attributes.push(' ');
            attributes.push_str(&qname);
            attributes.push_str("=\"");
            escape(tree, attribute, tree.text(attribute), true, &mut attributes)?;
            attributes.push('"');
        }
        for (prefix, uri) in declared {
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(&prefix);
            self.out.push_str("=\"");
            escape(tree, node, &uri, true, &mut self.out)?;
            self.out.push('"');
        }
        self.out.push_str(&attributes);
        self.content(node, &name, level)?;
        self.scope.truncate(outer);
        Ok(())
    }

    fn content(&mut self, node: NodeId, name: &str, level: usize) -> Result<(), Problem> {
        let tree = self.tree;
        let below = || tree.children(node).filter(|n| tree.kind(*n) != NodeKind::Attribute);
        let text = tree.text(node);
        let has_children = below().next().is_some();
        if text.is_empty() && !has_children {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        escape(tree, node, text, false, &mut self.out)?;
        let elements_only = below().all(|n| tree.kind(n) == NodeKind::Element);
        let lines = self.style.indent && has_children && elements_only && is_blank(text);
        for child in below() {
            if lines {
                self.line(level + 1);
            }
            if tree.kind(child) == NodeKind::Text {
                escape(tree, child, tree.text(child), false, &mut self.out)?;
            } else {
                self.element(child, level + 1)?;
            }
        }
        if lines {
            self.line(level);
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        Ok(())
    }

    fn line(&mut self, level: usize) {
        self.out.push('\n');
        (0..level).for_each(|_| self.out.push_str("  "));
    }

    /// The name with the prefix in force for its namespace; declares one if there is none.
    fn qname(
        &mut self,
        node: NodeId,
        attribute: bool,
        declared: &mut Vec<(String, String)>,
    ) -> Result<Cow<'a, str>, Problem> {
        let (namespace, local) = self.tree.expanded(self.tree.name(node));
        if !is_ncname(local) || namespace == XMLNS {
            let problem = Problem::new(
                "xml-name",
                format!("“{local}”不是合法的 XML 名称"),
                format!("\u{201c}{local}\u{201d} is not an XML name"),
            );
            return Err(problem.with_path(self.tree.path(node)).with_found(local));
        }
        if namespace == XML {
            return Ok(format!("xml:{local}").into());
        }
        if namespace.is_empty() {
            if !attribute && self.lookup("").is_some_and(|uri| !uri.is_empty()) {
                self.scope.push((String::new(), String::new()));
                // A default namespace declared on this very element gives way.
                declared.retain(|(prefix, _)| !prefix.is_empty());
                declared.push((String::new(), String::new()));
            }
            return Ok(local.into());
        }
        let usable = |(prefix, uri): &&(String, String)| {
            uri == namespace && !(attribute && prefix.is_empty()) && self.lookup(prefix) == Some(namespace)
        };
        let prefixed = |prefix: &str| {
            if prefix.is_empty() { local.into() } else { format!("{prefix}:{local}").into() }
        };
        if let Some((prefix, _)) = self.scope.iter().rev().find(usable) {
            return Ok(prefixed(prefix));
        }
        let prefix = {
            // The style's own prefix may have been given way to above; else a new one is made.
            let wanted = |(prefix, uri): &&(String, String)| {
                uri == namespace
                    && !(attribute && prefix.is_empty())
                    && !declared.iter().any(|(taken, _)| taken == prefix)
            };
            let wanted = self.style.prefixes.iter().find(wanted).map(|(prefix, _)| prefix.clone());
            let prefix =
                wanted.unwrap_or_else(|| self.customary(namespace, declared).unwrap_or_else(|| self.fresh()));
            self.scope.push((prefix.clone(), namespace.to_owned()));
            declared.push((prefix.clone(), namespace.to_owned()));
            prefix
        };
        Ok(prefixed(&prefix))
    }

    fn lookup(&self, prefix: &str) -> Option<&str> {
        self.scope.iter().rev().find(|(bound, _)| bound == prefix).map(|(_, uri)| uri.as_str())
    }

    /// The prefix that everybody gives a namespace, where it is free: some readers know `nil` by `xsi:` alone.
    fn customary(&self, namespace: &str, declared: &[(String, String)]) -> Option<String> {
        let taken = self.lookup("xsi").is_some() || declared.iter().any(|(taken, _)| taken == "xsi");
        (namespace == XSI && !taken).then(|| "xsi".to_owned())
    }

    fn fresh(&mut self) -> String {
        loop {
            self.made += 1;
            let prefix = format!("ns{}", self.made);
            if !self.style.prefixes.iter().any(|(taken, _)| *taken == prefix) {
                return prefix;
            }
        }
    }
}

/// Appends text so that reading gives it back: a carriage return, and in attributes any white space but the space,
/// as references, because reading normalises them.
fn escape(tree: &Tree, node: NodeId, text: &str, attribute: bool, out: &mut String) -> Result<(), Problem> {
    let mut rest = text;
    loop {
        let plain = rest.bytes().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
        // What is not plain is ASCII or leads a character, so this is a boundary.
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let Some(c) = rest.chars().next() else { return Ok(()) };
        rest = &rest[c.len_utf8()..];
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '"' if attribute => out.push_str("&quot;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            c if is_char(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let problem = Problem::new(
                    "xml-character",
                    format!("XML 无法表示字符 U+{code:04X}"),
                    format!("XML cannot hold the character U+{code:04X}"),
                );
                return Err(problem.with_path(tree.path(node)).with_found(&format!("U+{code:04X}")));
            }
        }
    }
}

/// Whether a byte of UTF-8 is written as it stands whatever it belongs to. 0xEF leads U+FFFE and U+FFFF, which XML
/// cannot hold, among others.
const fn is_plain(byte: u8) -> bool {
    !matches!(byte, 0..=0x1F | b'&' | b'<' | b'>' | b'"' | 0xEF)
}

fn not_xml(tree: &Tree, node: NodeId) -> Problem {
    let kind = format!("{:?}", tree.kind(node));
    Problem::new("xml-kind", "该节点不是 XML 元素", "the node is not an XML element")
        .with_path(tree.path(node))
        .with_found(&kind)
        .with_expected("Element")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, attribute: bool) -> Result<String, Problem> {
        let mut tree = Tree::new();
        let name = tree.intern("", "r");
        let node = tree.add(None, NodeKind::Element, name, "", 0);
        let mut out = String::new();
        escape(&tree, node, text, attribute, &mut out).map(|()| out)
    }

    #[test]
    fn only_what_reading_would_change_is_a_reference() {
        let text = "，a&b<c>\"d'\r\n\t｛\u{FFFD}\u{10FFFF}é尾";
        let content = escaped(text, false).unwrap();
        assert_eq!(content, "，a&amp;b&lt;c&gt;\"d'&#13;\n\t｛\u{FFFD}\u{10FFFF}é尾");
        let value = escaped(text, true).unwrap();
        assert_eq!(value, "，a&amp;b&lt;c&gt;&quot;d'&#13;&#10;&#9;｛\u{FFFD}\u{10FFFF}é尾");
        assert_eq!(escaped("", true).unwrap(), "");
    }

    #[test]
    fn what_xml_cannot_hold_is_refused_wherever_it_stands() {
        for bad in ['\0', '\u{1}', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
            for text in [format!("{bad}"), format!("前{bad}后"), format!("a&{bad}")] {
                let problem = escaped(&text, false).unwrap_err();
                assert_eq!(problem.found.as_deref(), Some(format!("U+{:04X}", u32::from(bad)).as_str()));
            }
        }
    }
}
