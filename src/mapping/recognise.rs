//! Which of a profile's messages a document is: by format, root and `when`.

use crate::domain::problem::{Problem, cut};
use crate::mapping::compile::{Block, Row};
use crate::mapping::fault::Spot;
use crate::mapping::fold::Fold;
use crate::mapping::manifest::{Format, Manifest};
use crate::mapping::message::MessageEntry;
use crate::mapping::path::find::Finder;
use crate::mapping::path::record::RecordPath;
use crate::mapping::path::wire::{Names, WirePath};
use crate::mapping::schemas::Bound;
use crate::mapping::table::{self, Column};
use crate::mapping::words::{Word, words};
use crate::wire::schema::namespaces;
use crate::wire::schema::{Shape, TypeId};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// So many names tell an object from others.
const NAMES: usize = 8;

/// A message, ready to run.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) entry: MessageEntry,
    /// Its top block.
    pub(crate) block: usize,
    /// Its schema, if it has one.
    pub(crate) schema: Option<Bound>,
    /// Its shape in XML, and the type of its top node, where order comes from there.
    pub(crate) shape: Option<(Shape, TypeId)>,
    /// Its columns, if it comes as a table, too.
    pub(crate) columns: Vec<Column>,
    /// What becomes of lists that stand apart on the wire.
    pub(crate) fold: Option<Fold>,
    /// Where it says to which matter it belongs.
    pub(crate) correlate: Option<RecordPath>,
    /// Whether the document itself may be a list: see [`lists_itself`].
    pub(crate) lists: bool,
    when: Vec<Test>,
}

#[derive(Debug)]
struct Test {
    path: WirePath,
    wants: Wants,
}

/// What a test asks of a wire place.
#[derive(Debug)]
enum Wants {
    /// One of these texts (`true`), or none of them.
    Among(Vec<String>, bool),
    /// That it is there (`true`), or not.
    There(bool),
}

impl Message {
    /// Compiles a message's `when`.
    pub(crate) fn compile(
        entry: &MessageEntry,
        block: usize,
        names: &mut Names,
        faults: &mut Vec<Problem>,
    ) -> Self {
        let mut when = Vec::new();
        if let Some((text, spot)) = &entry.when {
            match tests(text, names) {
                Some(tests) => when = tests,
                None => faults.push(fault(spot, text)),
            }
        }
        Self {
            entry: entry.clone(),
            block,
            schema: None,
            shape: None,
            columns: Vec::new(),
            fold: None,
            correlate: None,
            lists: false,
            when,
        }
    }

    /// The name of its root in a format, if it has one.
    pub(crate) fn root(&self, format: Format) -> Option<&str> {
        let root = self.entry.root.get(&format).filter(|name| !name.is_empty() && !format.is_table());
        root.map(String::as_str)
    }

    /// The places where its `when` wants something to be.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = &WirePath> {
        let wanted = |test: &&Test| matches!(test.wants, Wants::There(true) | Wants::Among(_, true));
        self.when.iter().filter(wanted).map(|test| &test.path)
    }

    /// Whether it is told by what is there.
    pub(crate) fn asks_for_presence(&self) -> bool {
        self.when.iter().any(|test| matches!(test.wants, Wants::There(_)))
    }

    /// Whether it is told by what is not there, which can only be said of a document that was read whole.
    pub(crate) fn asks_for_absence(&self) -> bool {
        self.when.iter().any(|test| matches!(test.wants, Wants::There(false)))
    }

    /// The top node of the message in this document, if it is this message.
    pub(crate) fn matches(&self, tree: &Tree, names: &Names, format: Format) -> Option<NodeId> {
        if !self.entry.wire.contains(&format) {
            return None;
        }
        let top = self.top(tree, names, format)?;
        let finder = Finder { tree, names, top };
        self.when.iter().all(|test| test.holds(&finder, top)).then_some(top)
    }

    /// The node where the message begins, if the document has this message's root.
    pub(crate) fn top(&self, tree: &Tree, names: &Names, format: Format) -> Option<NodeId> {
        let root = tree.root()?;
        match self.root(format) {
            // A lone word or number is no message. A list of one is a form of that one; of several messages in one document
            // only the first would be read.
            None => match tree.kind(root) {
                NodeKind::Element | NodeKind::Object => Some(root),
                NodeKind::Array if self.lists => Some(root),
                NodeKind::Array => {
                    let mut items = tree.children(root);
                    let only = (items.next(), items.next());
                    matches!(only, (Some(item), None) if tree.kind(item) == NodeKind::Object).then_some(root)
                }
                _ => None,
            },
            Some(path) => unwrapped(tree, names, format, root, path),
        }
    }
}

/// Whether a JSON message whose top block this is may be a list: a row reads its items, at `.` or by a name that XML alone has.
pub(crate) fn lists_itself(block: &Block) -> bool {
    let here = |row: &Row| row.wire.segments.iter().all(|segment| segment.xml_only);
    block.rows.iter().any(|row| here(row) && row.how.each())
}

/// The node that a root `a/b` leads to: of an XML document `a` is the root itself, of a JSON document a member; `[]`
/// is the item of a list. A wrapper holds nothing else, since nobody would keep it.
fn unwrapped(tree: &Tree, names: &Names, format: Format, root: NodeId, path: &str) -> Option<NodeId> {
    let xml = format == Format::Xml;
    let is = |node: NodeId, name: &str| {
        let (namespace, local) =
            if xml { names.expand(name, false) } else { (String::new(), name.to_owned()) };
        tree.expanded(tree.name(node)) == (&*namespace, &*local)
    };
    let only = |node: NodeId| {
        let mut children = tree.children(node);
        let first = children.next()?;
        (children.next().is_none() && tree.text(node).trim().is_empty()).then_some(first)
    };
    let mut here = root;
    for (index, name) in path.split('/').enumerate() {
        here = match (index, name) {
            (0, _) if xml => is(here, name).then_some(here)?,
            (_, "[]") => only(here).filter(|_| tree.kind(here) == NodeKind::Array)?,
            (0, _) if tree.kind(here) != NodeKind::Object => return None,
            _ => only(here).filter(|child| is(*child, name))?,
        };
    }
    Some(here)
}

impl Test {
    fn holds(&self, finder: &Finder<'_>, top: NodeId) -> bool {
        let mut found = Vec::new();
        finder.find(top, &self.path, false, &mut found);
        match &self.wants {
            Wants::There(there) => found.is_empty() != *there,
            Wants::Among(wanted, equal) => {
                let text = found.first().map(|node| finder.tree.text(*node));
                text.is_some_and(|text| wanted.iter().any(|wanted| wanted == text)) == *equal
            }
        }
    }
}

/// `path = 'v'`, `path != 'v'`, `path in 'a' 'b'`, `path present`, `path absent`, joined by `and`.
fn tests(text: &str, names: &mut Names) -> Option<Vec<Test>> {
    let words = words(text)?;
    words
        .split(|word| word.is("and"))
        .map(|part| {
            let (path, rest) = part.split_first()?;
            let wants = match rest {
                [Word::Equal(equal), Word::Quoted(value)] => Wants::Among(vec![value.clone()], *equal),
                [word] if word.is("present") || word.is("absent") => Wants::There(word.is("present")),
                [word, values @ ..] if word.is("in") && !values.is_empty() => {
                    let texts = values.iter().map(|v| v.text().map(str::to_owned));
                    Wants::Among(texts.collect::<Option<Vec<_>>>()?, true)
                }
                _ => return None,
            };
            Some(Test { path: WirePath::parse(path.text()?, names).ok()?, wants })
        })
        .collect()
}

fn fault(spot: &Spot, text: &str) -> Problem {
    spot.fault(
        "when",
        format!("when “{text}”应如 path = 'v'、path != 'v'、path in 'a' 'b'、path present、path absent，以 and 相连"),
        format!(
            "when \"{text}\": expected path = 'v', path != 'v', path in 'a' 'b', path present or path absent, joined by and"
        ),
    )
}

/// The message that a document is, and its top node.
pub(crate) fn recognise<'m>(
    messages: &'m [Message],
    tree: &Tree,
    names: &Names,
    format: Format,
) -> Result<(&'m Message, NodeId), Vec<Problem>> {
    if format.is_table() {
        return table::recognise(messages, tree);
    }
    // A message that says how it is known comes before one that is only of the right format.
    let plain = |message: &Message| message.when.is_empty() && message.root(format).is_none();
    let known = messages.iter().filter(|message| !plain(message)).chain(messages.iter().filter(|m| plain(m)));
    for message in known {
        if let Some(top) = message.matches(tree, names, format) {
            return Ok((message, top));
        }
    }
    Err(vec![unknown(messages, tree, names, format)])
}

fn unknown(messages: &[Message], tree: &Tree, names: &Names, format: Format) -> Problem {
    let known: Vec<String> = messages
        .iter()
        .filter(|message| message.entry.wire.contains(&format))
        .map(|message| known_by(message, format))
        .collect();
    let known = if known.is_empty() {
        let mut formats: Vec<&str> =
            messages.iter().flat_map(|message| &message.entry.wire).map(|format| format.as_str()).collect();
        formats.sort_unstable();
        formats.dedup();
        formats.join(", ")
    } else {
        known.join("; ")
    };
    let found = tree.root().map_or_else(|| format.as_str().to_owned(), |root| shown(tree, root));
    let (zh, en) = elsewhere(messages, tree, names, format).unwrap_or_default();
    let problem = Problem::new(
        "message-unknown",
        format!("无法识别的报文“{found}”，应为 {known}{zh}"),
        format!("unknown message \"{found}\", expected {known}{en}"),
    )
    .with_found(&found)
    .with_expected(known);
    match tree.root() {
        Some(root) => {
            let (line, column) = tree.place(root);
            problem.with_place(line, column).with_path(tree.path(root))
        }
        None => problem,
    }
}

/// A root of the right name in another name space.
fn elsewhere(messages: &[Message], tree: &Tree, names: &Names, format: Format) -> Option<(String, String)> {
    let (found, local) = tree.root().map(|root| tree.expanded(tree.name(root)))?;
    let roots = messages.iter().filter(|message| message.entry.wire.contains(&format));
    let roots = roots.filter_map(|message| message.root(format)?.split('/').next());
    let mut expected = roots.map(|name| names.expand(name, false)).filter(|(_, name)| name == local);
    let (expected, _) = expected.next().filter(|(expected, _)| format == Format::Xml && expected != found)?;
    Some(namespaces(found, &expected))
}

/// What a message is known by: its root, or its name where it has none, and its `when`.
fn known_by(message: &Message, format: Format) -> String {
    let name = message.root(format).unwrap_or(&message.entry.name);
    match &message.entry.when {
        Some((when, _)) => format!("{name} ({when})"),
        None => name.to_owned(),
    }
}

/// A root as a problem names it: an element's name; of an object the first names in it.
fn shown(tree: &Tree, root: NodeId) -> String {
    match tree.kind(root) {
        NodeKind::Element => tree.local(root).to_owned(),
        NodeKind::Object => {
            let mut names: Vec<&str> =
                tree.children(root).take(NAMES + 1).map(|child| tree.local(child)).collect();
            if names.len() > NAMES {
                names[NAMES] = "…";
            }
            format!("{{{}}}", names.join(", "))
        }
        NodeKind::Array => "[…]".to_owned(),
        _ => cut(tree.text(root)),
    }
}

/// Faults of messages that only show when they stand together.
pub(crate) fn together(manifest: &Manifest, faults: &mut Vec<Problem>) {
    let names: Vec<&str> = manifest.messages.iter().map(|m| m.name.as_str()).collect();
    for message in &manifest.messages {
        if let Some((answer, spot)) = &message.answer
            && !names.contains(&answer.as_str())
        {
            let (zh, en) = crate::mapping::fault::suggestion(answer, names.iter().copied());
            faults.push(spot.fault(
                "unknown-message",
                format!("没有报文“{answer}”{zh}"),
                format!("there is no message \"{answer}\"{en}"),
            ));
        }
        if message.wire.contains(&Format::Xml) && message.root.get(&Format::Xml).is_none_or(String::is_empty)
        {
            faults.push(message.spot.fault(
                "root-missing",
                format!("message.{}：XML 报文须有 root", message.name),
                format!("message.{}: an XML message needs a root", message.name),
            ));
        }
    }
}
