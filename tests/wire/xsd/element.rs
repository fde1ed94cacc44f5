//! A document that can be damaged and stays well-formed: raw names, attributes, children.

use std::fmt::Write as _;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

#[derive(Clone, Debug)]
pub(super) enum Node {
    Element(Element),
    /// As it stands in the document, references unresolved.
    Text(String),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    /// Declarations included; values as they stand in the document.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

impl Element {
    /// Reads a document in UTF-8; comments and instructions are left out.
    pub(super) fn read(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut open = vec![Self::default()];
        loop {
            let text = match reader.read_event().expect("a sample is well-formed") {
                Event::Start(tag) => {
                    let attributes = tag.attributes().map(|a| a.expect("well-formed"));
                    let attributes = attributes.map(|a| (a.key.0.to_owned(), a.value.into_owned()));
                    open.push(Self {
                        name: tag.name().0.to_owned(),
                        attributes: attributes.collect(),
                        children: Vec::new(),
                    });
                    continue;
                }
                Event::End(_) => {
                    let done = open.pop().expect("it was opened");
                    open.last_mut().expect("the document").children.push(Node::Element(done));
                    continue;
                }
                Event::Text(text) => text.to_string(),
                Event::CData(text) => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
                Event::GeneralRef(reference) => format!("&{};", &*reference),
                Event::Eof => break,
                _ => continue,
            };
            match open.last_mut().expect("the document").children.last_mut() {
                Some(Node::Text(before)) => before.push_str(&text),
                _ => open.last_mut().expect("the document").children.push(Node::Text(text)),
            }
        }
        let roots = open.pop().expect("the document").children.into_iter();
        let mut roots =
            roots.filter_map(|node| if let Node::Element(root) = node { Some(root) } else { None });
        roots.next().expect("a root")
    }

    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        self.write_into(&mut out);
        out
    }

    fn write_into(&self, out: &mut String) {
        let _ = write!(out, "<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"{}\"", value.replace('"', "&quot;"));
        }
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for child in &self.children {
            match child {
                Node::Element(element) => element.write_into(out),
                Node::Text(text) => out.push_str(text),
            }
        }
        let _ = write!(out, "</{}>", self.name);
    }

    /// How many elements there are, this one included.
    pub(super) fn count(&self) -> usize {
        1 + self.elements().map(Self::count).sum::<usize>()
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children
            .iter()
            .filter_map(|node| if let Node::Element(element) = node { Some(element) } else { None })
    }

    /// The element of a number, in document order.
    pub(super) fn at(&mut self, number: usize) -> &mut Self {
        fn find<'e>(element: &'e mut Element, left: &mut usize) -> Option<&'e mut Element> {
            if *left == 0 {
                return Some(element);
            }
            *left -= 1;
            element.children.iter_mut().find_map(|node| match node {
                Node::Element(child) => find(child, left),
                Node::Text(_) => None,
            })
        }
        let mut left = number;
        find(self, &mut left).expect("a number below the count")
    }

    pub(super) fn text(&self) -> String {
        self.children
            .iter()
            .filter_map(|node| if let Node::Text(text) = node { Some(text.as_str()) } else { None })
            .collect()
    }

    pub(super) fn is_leaf(&self) -> bool {
        self.elements().next().is_none()
    }
}
