//! Canonical XML without comments (C14N 1.0 and 1.1, which differ only in parts of documents): what a signature's
//! digest is computed over.
//!
//! Promise: the octets that the specification gives for a whole document, less one element where an enveloped signature
//! leaves itself out. The text must be one that [`super::read()`] reads: no DTD, so no default attributes and no
//! entities; what is not well-formed is not looked for again. Linear in its length.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader as Tokenizer;

use super::references::{push_text, push_value, resolve};

/// The canonical form of a document; the element whose start tag begins at `left_out` is not in it. `None` if the text
/// is no document after all.
#[must_use]
pub fn canonical(text: &str, left_out: Option<usize>) -> Option<String> {
    let mut reader = Tokenizer::from_str(text);
    let mut writer = Writer { out: String::with_capacity(text.len()), open: Vec::new(), after: false };
    // How deep the reader is in the element that is left out.
    let mut outside = 0_usize;
    loop {
        let at = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let starts = matches!(event, Event::Start(_) | Event::Empty(_));
        if outside > 0 || (starts && left_out == Some(at)) {
            match event {
                Event::Start(_) => outside += 1,
                Event::End(_) => outside -= 1,
                Event::Eof => return None,
                _ => {}
            }
            continue;
        }
        match event {
            Event::Start(tag) => writer.start(&tag)?,
            Event::Empty(tag) => {
                writer.start(&tag)?;
                writer.end();
            }
            Event::End(_) => writer.end(),
            Event::Text(raw) => {
                let mut plain = String::new();
                push_text(raw.as_ref(), &mut plain);
                writer.text(&plain);
            }
            Event::CData(raw) => {
                let mut plain = String::new();
                push_text(raw.as_ref(), &mut plain);
                writer.text(&plain);
            }
            Event::GeneralRef(name) => {
                let c = resolve(name.as_ref()).ok()?;
                writer.text(c.encode_utf8(&mut [0; 4]));
            }
            Event::PI(raw) => writer.instruction(raw.as_ref()),
            Event::Comment(_) | Event::Decl(_) => {}
            Event::DocType(_) => return None,
            Event::Eof => return writer.open.is_empty().then_some(writer.out),
        }
    }
}

struct Writer {
    out: String,
    open: Vec<Element>,
    /// Whether the root is written.
    after: bool,
}

struct Element {
    name: String,
    /// The prefixes that this element declares, with their name spaces.
    declared: Vec<(String, String)>,
}

impl Writer {
    fn start(&mut self, tag: &BytesStart<'_>) -> Option<()> {
        let name = tag.name().as_ref().to_owned();
        let mut declared = Vec::new();
        let mut attributes = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.ok()?;
            let mut value = String::new();
            push_value(attribute.value.as_ref(), &mut value).ok()?;
            let key = attribute.key.as_ref();
            if key == "xmlns" {
                declared.push((String::new(), value));
            } else if let Some(prefix) = key.strip_prefix("xmlns:") {
                declared.push((prefix.to_owned(), value));
            } else {
                attributes.push((key.to_owned(), value));
            }
        }
        // A declaration that says what holds already is left out (section 2.3).
        let mut written: Vec<(String, String)> =
            declared.iter().filter(|(prefix, uri)| self.uri(prefix) != *uri).cloned().collect();
        written.sort();
        self.open.push(Element { name, declared });
        let mut sorted: Vec<(String, String, String)> = attributes
            .into_iter()
            .map(|(key, value)| match key.split_once(':') {
                Some((prefix, local)) => {
                    (self.uri(prefix).into_owned(), local.to_owned(), (key.clone(), value))
                }
                None => (String::new(), key.clone(), (key, value)),
            })
            .map(|(uri, local, (key, value))| (uri + "\u{0}" + &local, key, value))
            .collect();
        sorted.sort();
        let Self { out, open, .. } = self;
        out.push('<');
        out.push_str(&open.last()?.name);
        for (prefix, uri) in &written {
            out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            out.push_str(prefix);
            value(out, uri);
        }
        for (_, key, text) in &sorted {
            out.push(' ');
            out.push_str(key);
            value(out, text);
        }
        out.push('>');
        Some(())
    }

    fn end(&mut self) {
        if let Some(element) = self.open.pop() {
            self.out.extend(["</", &element.name, ">"]);
        }
        self.after = self.open.is_empty();
    }

    fn text(&mut self, plain: &str) {
        // White space outside the root is no part of the document.
        if self.open.is_empty() {
            return;
        }
        for c in plain.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#xD;"),
                c => self.out.push(c),
            }
        }
    }

    fn instruction(&mut self, raw: &str) {
        let mut plain = String::new();
        push_text(raw, &mut plain);
        let (target, data) = plain.split_once([' ', '\t', '\n']).unwrap_or((&plain, ""));
        let data = data.trim_start_matches([' ', '\t', '\n']);
        let outside = self.open.is_empty();
        if outside && self.after {
            self.out.push('\n');
        }
        let gap = if data.is_empty() { "" } else { " " };
        self.out.extend(["<?", target, gap, data, "?>"]);
        if outside && !self.after {
            self.out.push('\n');
        }
    }

    /// The name space that a prefix stands for here.
    fn uri(&self, prefix: &str) -> Cow<'_, str> {
        if prefix == "xml" {
            return "http://www.w3.org/XML/1998/namespace".into();
        }
        let all = self.open.iter().rev().flat_map(|element| &element.declared);
        all.into_iter().find(|(known, _)| known == prefix).map_or("".into(), |(_, uri)| uri.as_str().into())
    }
}

fn value(out: &mut String, text: &str) {
    out.push_str("=\"");
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification() {
        // Canonical XML 1.0, sections 3.1 to 3.4, without what needs a DTD.
        let one = "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->";
        assert_eq!(
            canonical(one, None).unwrap(),
            "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!</doc>\n<?pi-without-data?>"
        );
        let three = "<doc>\n   <e1   />\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      xmlns:b=\"http://www.ietf.org\"\n      xmlns:a=\"http://www.w3.org\"\n      xmlns=\"http://example.org\"/>\n   <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\"><e7 xmlns=\"http://www.ietf.org\"><e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\"/></e7></e6>\n</doc>";
        assert_eq!(
            canonical(three, None).unwrap(),
            "<doc>\n   <e1></e1>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n   <e6 xmlns:a=\"http://www.w3.org\"><e7 xmlns=\"http://www.ietf.org\"><e8 xmlns=\"\"></e8></e7></e6>\n</doc>"
        );
        let four = "<doc>\r\n<text>First line&#x0d;&#10;Second line</text><value>&#x32;</value><compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute><norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/></doc>";
        assert_eq!(
            canonical(four, None).unwrap(),
            "<doc>\n<text>First line&#xD;\nSecond line</text><value>2</value><compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute><norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm></doc>"
        );
    }

    #[test]
    fn one_element_may_be_left_out() {
        let text = "<a><b/><c><c x='1'/>t</c>u</a>";
        assert_eq!(canonical(text, text.find("<c>")).unwrap(), "<a><b></b>u</a>");
        assert_eq!(canonical(text, text.find("<b/>")).unwrap(), "<a><c><c x=\"1\"></c>t</c>u</a>");
        assert_eq!(canonical("<a><b></a>", None), None);
    }
}
