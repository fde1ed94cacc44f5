//! Records → bytes: map, restore what was kept, order, validate, encode.

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::aside::{Aside, Context};
use crate::mapping::compile::{How, RECORDS, is_whole};
use crate::mapping::decode::{Refusal, Stage};
use crate::mapping::hollow;
use crate::mapping::inner;
use crate::mapping::manifest::{Format, Manifest, Order};
use crate::mapping::mask;
use crate::mapping::order::Rank;
use crate::mapping::profile::Profile;
use crate::mapping::recognise::Message;
use crate::mapping::restore;
use crate::mapping::schemas::Bound;
use crate::mapping::steps::Run;
use crate::mapping::write::{self, WriteOut};
use crate::wire::encoding::Encoding;
use crate::wire::sheet::Columns;
use crate::wire::tree::{NodeId, NodeKind, Tree};
use crate::wire::xml::XmlStyle;

/// A document as it leaves.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its media type with charset.
    pub content_type: String,
    /// What the map did on its own: cut, generated, left out for want of a place.
    pub report: Vec<Problem>,
}

impl Profile {
    /// Records → wire. `value` is the message object `{envelope fields…, "records": […]}`; for kind `receipt`, the
    /// receipt itself. Without a format, the message's first.
    pub fn encode(
        &self,
        message: &str,
        format: Option<Format>,
        value: &Value,
        run: &Run<'_>,
    ) -> Result<Encoded, Refusal> {
        self.encode_aside(message, format, value, run, &Aside::default())
    }

    /// The same with something beside the record: the bytes of its attachments, or the message that this one answers.
    pub fn encode_aside(
        &self,
        message: &str,
        format: Option<Format>,
        value: &Value,
        run: &Run<'_>,
        aside: &Aside<'_>,
    ) -> Result<Encoded, Refusal> {
        let context = Context { run: *run, aside: *aside };
        let refused = |stage, problems| Refusal {
            message: Some(message.to_owned()),
            ..Refusal::early(stage, problems)
        };
        let Some(known) = self.messages.iter().find(|known| known.entry.name == message) else {
            let problem = Problem::new(
                "message-unknown",
                format!("配置 {} 没有报文“{message}”", self.id()),
                format!("profile {} has no message \"{message}\"", self.id()),
            );
            return Err(Refusal::early(Stage::Recognise, vec![problem]));
        };
        let format = format.unwrap_or(known.entry.wire[0]);
        if !known.entry.wire.contains(&format) {
            let problem = Problem::new(
                "format-unknown",
                format!("报文“{message}”没有 {} 格式", format.as_str()),
                format!("message \"{message}\" has no {} form", format.as_str()),
            );
            return Err(refused(Stage::Recognise, vec![problem]));
        }
        let Some(object) = value.as_object() else {
            let problem = Problem::new("record-type", "报文内容应为对象", "a message is an object");
            return Err(refused(Stage::Map, vec![problem]));
        };
        if let Some(problem) = wrong_kind(known, object) {
            return Err(refused(Stage::Map, vec![problem]));
        }
        let spread = known.fold.as_ref().map(|_| self.spread(message, value));
        let object = match spread.as_deref() {
            None => object,
            Some([one]) => one.as_object().unwrap_or(object),
            Some(several) => {
                let count = several.len();
                let problem = Problem::new(
                    "per-several",
                    format!("须分 {count} 份报文写出"),
                    format!("it is written as {count} messages"),
                );
                return Err(refused(Stage::Map, vec![problem]));
            }
        };
        let mut tree = Tree::knowing(self.map.names.vocabulary());
        let (root, top) = self.skeleton(known, &mut tree, format);
        let mut out = write::write(&self.map, &mut tree, format, known.block, top, object, context, false);
        if !out.problems.is_empty() {
            return Err(refused(Stage::Map, out.problems));
        }
        // What came is in the schema's order, so what is kept of it is put there too; a shape binds nobody but us.
        if self.manifest.order == Order::Shape {
            self.arrange(known, &mut tree, top, format);
            self.restore(known, &mut tree, format, &mut out);
        } else {
            self.restore(known, &mut tree, format, &mut out);
            self.arrange(known, &mut tree, top, format);
        }
        // What was kept of such a container stands there by now.
        if let Some(Bound { schema, of: Some(of), .. }) =
            known.schema.as_ref().filter(|bound| bound.format == format)
        {
            hollow::fill(&mut tree, &self.map.names, &Rank { shape: schema.shape(), top, of: *of });
        }
        let mut left = std::mem::take(&mut out.ids).wrong(&tree);
        let owing = out.owing.into_iter();
        left.extend(owing.filter(|(node, text, _)| tree.text(*node) == text).map(|(_, _, problem)| problem));
        if !left.is_empty() {
            return Err(refused(Stage::Map, left));
        }
        if let Err(problem) = inner::fold(&self.map, &mut tree, &out.inners) {
            return Err(refused(Stage::Map, vec![problem]));
        }
        let mut invalid = self.validate_written(known, &tree, format);
        mask::problems(&self.map, &tree, invalid.iter_mut());
        if !invalid.is_empty() {
            return Err(refused(Stage::Validate, invalid));
        }
        let (bytes, content_type) = self
            .bytes(known, &tree, root, format)
            .map_err(|problem| refused(Stage::Map, vec![where_it_lacks(&tree, root, problem)]))?;
        Ok(Encoded { bytes, content_type, report: out.report })
    }

    /// Records → wire, as several messages where it takes several: see [`Profile::spread`].
    pub fn encode_all(
        &self,
        message: &str,
        format: Option<Format>,
        value: &Value,
        run: &Run<'_>,
    ) -> Result<Vec<Encoded>, Refusal> {
        self.spread(message, value).iter().map(|one| self.encode(message, format, one, run)).collect()
    }

    /// The document's root and the message's top node, which are one unless JSON wraps the message in its name.
    pub(crate) fn skeleton(&self, message: &Message, tree: &mut Tree, format: Format) -> (NodeId, NodeId) {
        let group = if format == Format::Xml { NodeKind::Element } else { NodeKind::Object };
        let name = message.root(format);
        if format == Format::Xml {
            let (mut root, mut top) = (None, None);
            for name in name.unwrap_or_default().split('/') {
                let (namespace, local) = self.map.names.expand(name, false);
                let sym = tree.intern(&namespace, &local);
                let made = tree.add(top, group, sym, "", 0);
                root = root.or(Some(made));
                top = Some(made);
            }
            let top = top.expect("split gives at least one name");
            return (root.unwrap_or(top), top);
        }
        let lists = self.map.blocks[message.block].rows.iter().any(|row| {
            matches!(row.how, How::Block { each: true, .. } | How::Leaf { each: true, .. })
                && row.wire.segments.iter().all(|segment| segment.xml_only)
        });
        let kind = if lists { NodeKind::Array } else { group };
        let sym = tree.intern("", "");
        match name {
            None => {
                let root = tree.add(None, kind, sym, "", 0);
                (root, root)
            }
            Some(path) => {
                let holder = |name: &str| if name == "[]" { NodeKind::Array } else { NodeKind::Object };
                let names: Vec<&str> = path.split('/').collect();
                let root = tree.add(None, holder(names[0]), sym, "", 0);
                let mut top = root;
                for (index, name) in names.iter().enumerate() {
                    let sym = if *name == "[]" { tree.name(top) } else { tree.intern("", name) };
                    let kind = names.get(index + 1).map_or(kind, |next| holder(next));
                    top = tree.add(Some(top), kind, sym, "", 0);
                }
                (root, top)
            }
        }
    }

    fn restore(&self, message: &Message, tree: &mut Tree, format: Format, out: &mut WriteOut) {
        out.generated.sort_unstable();
        for (node, stamps) in std::mem::take(&mut out.kept) {
            for stamp in stamps {
                let is = |key: &str, wanted: &str| stamp.get(key).and_then(Value::as_str) == Some(wanted);
                let ours = is("profile", self.id())
                    && is("message", &message.entry.name)
                    && is("format", format.as_str());
                let entries = stamp.get("entries").and_then(Value::as_array).filter(|_| ours);
                if let Some(entries) = entries {
                    restore::apply(tree, &self.map.names, node, entries, &out.generated);
                }
            }
        }
    }

    fn bytes(
        &self,
        message: &Message,
        tree: &Tree,
        root: NodeId,
        format: Format,
    ) -> Result<(Vec<u8>, String), Problem> {
        let label = self.manifest.encoding.label().to_ascii_lowercase();
        let names: Vec<String> = message.columns.iter().map(|column| column.name.clone()).collect();
        let columns = Columns { names: &names, rows: message.entry.headings };
        match format {
            Format::Xml => {
                let style = style(&self.manifest, self.manifest.encoding);
                Ok((crate::wire::xml::write(tree, &style)?, format!("application/xml; charset={label}")))
            }
            Format::Json => {
                Ok((crate::wire::json::write(tree, self.manifest.indent), "application/json".to_owned()))
            }
            Format::Form => {
                Ok((form(tree, root), "application/x-www-form-urlencoded; charset=utf-8".to_owned()))
            }
            Format::Csv => {
                let bytes = crate::wire::csv::write(tree, columns, self.manifest.encoding)?;
                Ok((bytes, format!("{}; charset={label}; header=present", format.media_type())))
            }
            Format::Xlsx => {
                let bytes = crate::wire::xlsx::write(tree, &message.sheet(), columns)?;
                Ok((bytes, format.media_type().to_owned()))
            }
        }
    }
}

/// A character that the profile's encoding lacks, with the place it would have on the wire: nobody has seen the line.
fn where_it_lacks(tree: &Tree, root: NodeId, problem: Problem) -> Problem {
    let Some(found) = problem.found.clone().filter(|_| problem.code == "encoding-lacks") else {
        return problem;
    };
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        if tree.text(node).contains(&found) {
            return Problem { line: None, column: None, ..problem.with_path(tree.path(node)) };
        }
        let from = todo.len();
        todo.extend(tree.children(node));
        todo[from..].reverse();
    }
    problem
}

/// How the profile's XML looks.
pub(crate) fn style(manifest: &Manifest, encoding: Encoding) -> XmlStyle<'_> {
    XmlStyle { encoding, prefixes: &manifest.namespaces, declaration: true, indent: manifest.indent }
}

/// A record of another kind than the message carries.
fn wrong_kind(message: &Message, object: &serde_json::Map<String, Value>) -> Option<Problem> {
    let kind = message.entry.kind.as_str();
    let differs =
        |value: &Value| value.get("kind").and_then(Value::as_str).is_some_and(|found| found != kind);
    let records = object.get(RECORDS).and_then(Value::as_array);
    let wrong = if is_whole(kind) {
        object.get("kind").and_then(Value::as_str).filter(|found| *found != kind)
    } else {
        records.into_iter().flatten().find(|record| differs(record)).and_then(|r| r.get("kind")?.as_str())
    }?;
    Some(
        Problem::new(
            "record-kind",
            format!("报文“{}”承载 {kind}，实为 {wrong}", message.entry.name),
            format!("message \"{}\" carries {kind}, found {wrong}", message.entry.name),
        )
        .with_found(wrong)
        .with_expected(kind),
    )
}

/// `a=1&b%5Bc%5D=2&d%5B%5D=3`
fn form(tree: &Tree, root: NodeId) -> Vec<u8> {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for child in tree.children(root) {
        pair(tree, child, tree.local(child), &mut out);
    }
    out.finish().into_bytes()
}

fn pair(tree: &Tree, node: NodeId, name: &str, out: &mut form_urlencoded::Serializer<'_, String>) {
    if tree.kind(node) == NodeKind::Object {
        for child in tree.children(node) {
            pair(tree, child, &format!("{name}[{}]", tree.local(child)), out);
        }
    } else if tree.kind(node) == NodeKind::Array {
        for child in tree.children(node) {
            pair(tree, child, &format!("{name}[]"), out);
        }
    } else {
        out.append_pair(name, tree.text(node));
    }
}
