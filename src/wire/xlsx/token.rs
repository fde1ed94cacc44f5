//! The XML of a part, token by token: names without their prefixes, attributes, character data.
//!
//! Promise: no document type, no entity beyond the five of XML, no more than [`DEEPEST`] elements inside one another.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::domain::problem::Problem;
use crate::wire::xlsx::package::{Passed, broken};
use crate::wire::xml::references::resolve;

/// Elements inside one another. 32: the parts that are read need eight, with extensions a dozen.
const DEEPEST: usize = 32;

/// One token.
pub(super) enum Token {
    /// An element begins: its local name and attributes.
    Start(String, Attributes),
    /// An element ends.
    End(String),
    /// Character data.
    Text(String),
    /// The part ends.
    Eof,
}

/// Attributes by name, prefixes left out.
#[derive(Default)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The value of an attribute.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the tokens of one part.
pub(super) struct Tokens<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<R: BufRead> Tokens<R> {
    pub(super) fn new(part: R) -> Self {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Token, Problem> {
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| fault(&error))?;
            return Ok(match event {
                Event::Start(tag) => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(crate::wire::limits::exceeded(
                            "depth",
                            "嵌套层数",
                            "the nesting depth",
                            DEEPEST,
                        ));
                    }
                    let mut attributes = Attributes::default();
                    for attribute in tag.attributes() {
                        let attribute = attribute.map_err(|error| broken(&error.to_string()))?;
                        let name = attribute.key.local_name().as_ref().to_owned();
                        attributes.0.push((name, value(&attribute.value)?));
                    }
                    Token::Start(tag.local_name().as_ref().to_owned(), attributes)
                }
                Event::End(tag) => {
                    self.depth = self.depth.saturating_sub(1);
                    Token::End(tag.local_name().as_ref().to_owned())
                }
                Event::Text(text) => Token::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Token::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(reference) => Token::Text(resolve(&reference)?.to_string()),
                Event::DocType(_) => {
                    return Err(Problem::new(
                        "xml-doctype",
                        "工作簿内不允许 DOCTYPE",
                        "a document type is not allowed in a workbook",
                    ));
                }
                Event::Eof => Token::Eof,
                Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Empty(_) => continue,
            });
        }
    }
}

/// An attribute's value with its references resolved.
fn value(raw: &str) -> Result<String, Problem> {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find(';') else { return Err(broken("an ampersand without semicolon")) };
        out.push(resolve(&rest[at + 1..at + end])?);
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn fault(error: &quick_xml::Error) -> Problem {
    let passed = match error {
        quick_xml::Error::Io(error) => {
            error.get_ref().and_then(|inner| inner.downcast_ref::<Passed>()).copied()
        }
        _ => None,
    };
    passed.map_or_else(|| broken(&error.to_string()), Passed::problem)
}
