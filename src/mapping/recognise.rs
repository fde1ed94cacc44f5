//! Which of a profile's messages a document is: by format, root and `when`.

use crate::domain::problem::Problem;
use crate::mapping::fault::Spot;
use crate::mapping::manifest::{Format, Manifest};
use crate::mapping::message::MessageEntry;
use crate::mapping::path::find::Finder;
use crate::mapping::path::wire::{Names, WirePath};
use crate::mapping::schemas::Bound;
use crate::mapping::table::{self, Column};
use crate::mapping::words::{Word, words};
use crate::wire::schema::{Shape, TypeId};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// A message, ready to run.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) entry: MessageEntry,
    /// Its top block.
    pub(crate) block: usize,
    /// Its schema, if it has one.
    pub(crate) schema: Option<Bound>,
    /// Its columns, if it comes as a table, too.
    pub(crate) columns: Vec<Column>,
    /// Its shape in XML, and the type of its top node, where order comes from there.
    pub(crate) shape: Option<(Shape, TypeId)>,
    when: Vec<Test>,
}

#[derive(Debug)]
struct Test {
    path: WirePath,
    wanted: Vec<String>,
    equal: bool,
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
        Self { entry: entry.clone(), block, schema: None, columns: Vec::new(), shape: None, when }
    }

    /// The name of its root in a format, if it has one.
    pub(crate) fn root(&self, format: Format) -> Option<&str> {
        let root = self.entry.root.get(&format).filter(|name| !name.is_empty() && !format.is_table());
        root.map(String::as_str)
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
            None => Some(root),
            Some(name) if format == Format::Xml => {
                let (namespace, local) = names.expand(name, false);
                (tree.expanded(tree.name(root)) == (&*namespace, &*local)).then_some(root)
            }
            Some(name) => {
                let mut members = tree.children(root).filter(|_| tree.kind(root) == NodeKind::Object);
                members.find(|child| tree.local(*child) == name)
            }
        }
    }
}

impl Test {
    fn holds(&self, finder: &Finder<'_>, top: NodeId) -> bool {
        let mut found = Vec::new();
        finder.find(top, &self.path, false, &mut found);
        let text = found.first().map(|node| finder.tree.text(*node));
        let among = text.is_some_and(|text| self.wanted.iter().any(|wanted| wanted == text));
        among == self.equal
    }
}

/// `path = 'v'`, `path != 'v'`, `path in 'a' 'b'`, joined by `and`.
fn tests(text: &str, names: &mut Names) -> Option<Vec<Test>> {
    let words = words(text)?;
    words
        .split(|word| word.is("and"))
        .map(|part| {
            let (path, rest) = part.split_first()?;
            let (wanted, equal) = match rest {
                [Word::Equal(equal), Word::Quoted(value)] => (vec![value.clone()], *equal),
                [word, values @ ..] if word.is("in") && !values.is_empty() => {
                    (values.iter().map(|v| v.text().map(str::to_owned)).collect::<Option<Vec<_>>>()?, true)
                }
                _ => return None,
            };
            Some(Test { path: WirePath::parse(path.text()?, names).ok()?, wanted, equal })
        })
        .collect()
}

fn fault(spot: &Spot, text: &str) -> Problem {
    spot.fault(
        "when",
        format!("when “{text}”应如 path = 'v' and path != 'v'"),
        format!("when \"{text}\": expected path = 'v', path != 'v' or path in 'a' 'b', joined by and"),
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
    Err(vec![unknown(messages, tree, format)])
}

fn unknown(messages: &[Message], tree: &Tree, format: Format) -> Problem {
    let known: Vec<&str> = messages
        .iter()
        .filter(|message| message.entry.wire.contains(&format))
        .map(|message| message.root(format).unwrap_or(&message.entry.name))
        .collect();
    let known = if known.is_empty() { "—".to_owned() } else { known.join(", ") };
    let root = tree.root().filter(|_| format == Format::Xml);
    let found = root.map_or_else(|| format.as_str().to_owned(), |root| tree.local(root).to_owned());
    let problem = Problem::new(
        "message-unknown",
        format!("无法识别的报文“{found}”，应为 {known}"),
        format!("unknown message \"{found}\", expected {known}"),
    )
    .with_found(&found)
    .with_expected(known);
    match root {
        Some(root) => {
            let (line, column) = tree.place(root);
            problem.with_place(line, column).with_path(tree.path(root))
        }
        None => problem,
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
