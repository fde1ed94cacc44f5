//! XML bytes → tree.
//!
//! Promise: one pass over the decoded text, linear in its length and bounded by [`Limits`]; the first fault is told
//! with its place and path. quick-xml finds tags, comments, CDATA sections and matches end tags; everything else of
//! well-formedness is checked here: characters, names, attributes, references, one root, prefixes, the declaration.
//! What a fault is called, and in which words, stands in [`super::faults`].
//!
//! What the tree holds: elements and attributes by expanded name; an element's text as its own where it has no child
//! elements, else as text nodes in place; white space alone between child elements is layout and dropped, as are
//! comments, processing instructions and namespace declarations.

use std::sync::Arc;

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader as Tokenizer;

use super::attributes::Raw;
use super::characters::{Marks, first_forbidden, is_blank, is_ncname, split_qname};
use super::declaration;
use super::faults;
use super::namespaces::Namespaces;
use super::references::{push_text, resolve};
use crate::domain::problem::Problem;
use crate::wire::encoding::Encoding;
use crate::wire::limits::{Limits, exceeded};
use crate::wire::origin::Origins;
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree, Vocabulary};

/// Reads an XML document; `charset` is the parameter of its media type. Tells the encoding it was in.
///
/// # Errors
///
/// The first fault found.
pub fn read(
    bytes: &[u8],
    charset: Option<Encoding>,
    limits: &Limits,
) -> Result<(Tree, Encoding), Vec<Problem>> {
    read_knowing(bytes, charset, limits, &Arc::default())
}

/// Reads an XML document into a tree that knows these names.
///
/// # Errors
///
/// The first fault found.
pub fn read_knowing(
    bytes: &[u8],
    charset: Option<Encoding>,
    limits: &Limits,
    vocabulary: &Arc<Vocabulary>,
) -> Result<(Tree, Encoding), Vec<Problem>> {
    let one = |problem| vec![problem];
    limits.admit(bytes).map_err(one)?;
    let (text, encoding) = declaration::decode(bytes, charset).map_err(one)?;
    let tree = read_text(text, Origins::default(), limits, vocabulary)?;
    Ok((tree, encoding))
}

/// Reads a decoded document; `origins` tells where its pieces came from.
///
/// # Errors
///
/// The first fault found.
pub fn read_text(
    text: String,
    origins: Origins,
    limits: &Limits,
    vocabulary: &Arc<Vocabulary>,
) -> Result<Tree, Vec<Problem>> {
    declaration::check(&text).map_err(|problem| vec![problem])?;
    let mut reader = Reader {
        text: &text,
        origins: &origins,
        limits,
        tree: Tree::knowing(vocabulary).expecting(text.len()),
        open: Vec::new(),
        namespaces: Namespaces::default(),
        run: String::new(),
        run_at: None,
        value: String::new(),
        raws: Vec::new(),
        twins: Vec::new(),
        marks: Marks::of(&text),
    };
    match reader.document() {
        Ok(()) => {
            let tree = reader.tree;
            Ok(tree.with_source(text).with_origins(origins))
        }
        Err(problem) => Err(vec![*problem]),
    }
}

/// Boxed: the fault is the rare way out of functions that run for every tag.
type Outcome<T> = Result<T, Box<Problem>>;

/// An element whose end tag has not come.
struct Open {
    node: NodeId,
    /// Whether it has child elements, so that its text is nodes.
    mixed: bool,
    /// The declarations in force outside it.
    mark: usize,
}

struct Reader<'t> {
    text: &'t str,
    origins: &'t Origins,
    limits: &'t Limits,
    tree: Tree,
    open: Vec<Open>,
    namespaces: Namespaces<'t>,
    /// Character data since the last tag, and where it began.
    run: String,
    run_at: Option<usize>,
    /// Scratch space, kept between tags.
    value: String,
    raws: Vec<Raw<'t>>,
    twins: Vec<(Sym, usize)>,
    marks: Marks,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Outcome<()> {
        let mut tokens = Tokenizer::from_str(self.text);
        tokens.config_mut().check_comments = true;
        let forbidden = self.marks.suspect.then(|| first_forbidden(self.text)).flatten();
        loop {
            let at = offset(tokens.buffer_position());
            let event = tokens.read_event();
            let end = offset(tokens.buffer_position());
            if let Some(bad) = forbidden
                && (bad < end || event.is_err())
            {
                return Err(self.at(faults::forbidden(self.text, bad), bad));
            }
            match event {
                Ok(Event::Eof) => return self.finish(),
                Ok(event) => self.event(event, at)?,
                Err(error) => {
                    let (problem, at) = faults::token(self.text, &error, at, offset(tokens.error_position()));
                    return Err(self.at(problem, at));
                }
            }
        }
    }

    fn event(&mut self, event: Event<'t>, at: usize) -> Outcome<()> {
        match event {
            Event::Start(tag) => self.start(&tag, at),
            Event::Empty(tag) => {
                self.start(&tag, at)?;
                self.end();
                Ok(())
            }
            Event::End(_) => {
                self.end();
                Ok(())
            }
            Event::Text(text) => {
                let raw: &str = &text;
                if self.marks.bracket
                    && let Some(bad) = raw.find("]]>")
                {
                    return Err(self.at(faults::section_end(), at + bad));
                }
                let plain = !self.marks.carriage_return;
                let push = |run: &mut String| if plain { run.push_str(raw) } else { push_text(raw, run) };
                self.characters(at, push, is_blank(raw))
            }
            Event::CData(text) => {
                let raw: &str = &text;
                self.characters(at, |run| push_text(raw, run), false)
            }
            Event::GeneralRef(reference) => {
                let c = resolve(&reference).map_err(|problem| self.at(problem, at))?;
                self.characters(at, |run| run.push(c), false)
            }
            Event::Comment(comment) => {
                let raw: &str = &comment;
                if raw.contains("--") || raw.ends_with('-') {
                    return Err(self.at(faults::hyphens(), at));
                }
                Ok(())
            }
            Event::PI(instruction) => {
                let target = instruction.target();
                if is_ncname(target) && !target.eq_ignore_ascii_case("xml") {
                    return Ok(());
                }
                Err(self.at(faults::instruction(target), at))
            }
            Event::Decl(_) if at == 0 => Ok(()),
            Event::Decl(_) => Err(self.at(faults::late_declaration(), at)),
            Event::DocType(_) => Err(self.at(faults::doctype(), at)),
            Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, tag: &BytesStart<'t>, at: usize) -> Outcome<()> {
        if self.open.is_empty() && self.tree.root().is_some() {
            return Err(self.at(faults::second_root(tag.name().0), at));
        }
        if self.open.len() >= self.limits.depth {
            return Err(self.limit(at, "depth", "嵌套层数", "the nesting depth", self.limits.depth));
        }
        self.text_before_child();
        // The tag borrows from the text, so its parts are found there again and live as long as the text.
        let name_at = at + 1;
        let name = &self.text[name_at..name_at + tag.name().0.len()];
        let rest_at = name_at + name.len();
        let rest = &self.text[rest_at..rest_at + tag.attributes_raw().len()];
        let mark = self.namespaces.mark();
        self.split(rest, rest_at)?;
        self.declare(mark, rest_at)?;
        let sym = self.expand(name, name_at, false)?;
        let parent = self.open.last().map(|open| open.node);
        let node = self.add(parent, NodeKind::Element, sym, at)?;
        self.open.push(Open { node, mixed: false, mark });
        self.attributes(node, rest_at)
    }

    /// The symbol of a name as written. An attribute without a prefix has no namespace.
    fn expand(&mut self, name: &str, at: usize, attribute: bool) -> Outcome<Sym> {
        if name.len() > self.limits.name {
            return Err(self.limit(at, "name", "名称字节数", "a name's size in bytes", self.limits.name));
        }
        let Some((prefix, local)) = split_qname(name) else {
            return Err(self.at(faults::not_a_name(name), at));
        };
        if attribute && prefix.is_empty() {
            return Ok(self.tree.intern("", local));
        }
        match self.namespaces.resolve(prefix) {
            Ok((namespace, space)) => {
                let known = space.and_then(|space| self.tree.symbol_in(space, local));
                Ok(known.unwrap_or_else(|| self.tree.intern(namespace, local)))
            }
            Err(problem) => Err(self.at(problem, at)),
        }
    }

    fn add(&mut self, parent: Option<NodeId>, kind: NodeKind, sym: Sym, at: usize) -> Outcome<NodeId> {
        if self.tree.len() >= self.limits.nodes {
            return Err(self.limit(at, "nodes", "节点个数", "the number of nodes", self.limits.nodes));
        }
        Ok(self.tree.add(parent, kind, sym, "", at))
    }

    /// Character data, `plain` where it is literal white space and so allowed outside the root.
    fn characters(&mut self, at: usize, push: impl FnOnce(&mut String), plain: bool) -> Outcome<()> {
        if self.open.is_empty() {
            if plain {
                return Ok(());
            }
            let found =
                self.text[at..].split(['<', '\n', '\r']).find(|s| !is_blank(s)).unwrap_or("<![CDATA[");
            return Err(self.at(faults::text_outside(found.trim()), at));
        }
        self.run_at.get_or_insert(at);
        push(&mut self.run);
        self.fits(self.run.len(), at)
    }

    fn fits(&self, length: usize, at: usize) -> Outcome<()> {
        if length > self.limits.text {
            return Err(self.limit(at, "text", "文本字节数", "a text's size in bytes", self.limits.text));
        }
        Ok(())
    }

    /// A child element begins: what came before it is a text node, or layout.
    fn text_before_child(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.mixed = true;
            let node = open.node;
            self.text_node(node);
        }
    }

    fn text_node(&mut self, parent: NodeId) {
        if let Some(at) = self.run_at.take()
            && !is_blank(&self.run)
        {
            let name = self.tree.intern("", "");
            self.tree.add(Some(parent), NodeKind::Text, name, &self.run, at);
        }
        self.run.clear();
    }

    fn end(&mut self) {
        // The tokenizer refuses an end tag that matches none.
        let Some(open) = self.open.pop() else { return };
        if open.mixed {
            self.text_node(open.node);
        } else {
            self.tree.set_text(open.node, &self.run);
            self.run.clear();
            self.run_at = None;
        }
        if self.namespaces.mark() > open.mark {
            self.namespaces.back_to(open.mark);
        }
    }

    fn finish(&mut self) -> Outcome<()> {
        if let Some(open) = self.open.last() {
            let (line, _) = self.origins.place(self.text, self.tree.offset(open.node));
            return Err(self.at(faults::unclosed(self.tree.local(open.node), line), self.text.len()));
        }
        if self.tree.root().is_none() {
            return Err(self.at(faults::no_root(), self.text.len()));
        }
        Ok(())
    }

    fn at(&self, problem: Problem, at: usize) -> Box<Problem> {
        let (line, column) = self.origins.place(self.text, at);
        // Outside the root element, the place is the document itself.
        let path = self.open.last().map_or_else(|| "/".to_owned(), |open| self.tree.path(open.node));
        Box::new(problem.with_place(line, column).with_path(path))
    }

    fn limit(&self, at: usize, rule: &str, zh: &str, en: &str, most: usize) -> Box<Problem> {
        self.at(exceeded(rule, zh, en, most), at)
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

mod tag;
#[cfg(test)]
mod tests;
