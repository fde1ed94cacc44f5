//! Which messages stream, and where they are cut.
//!
//! A message streams whose records are all read by rows `each BLOCK` from the children of one place. What the rows of a
//! record ask of the message around it must stand before the records.

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::mapping::compile::{How, Map, RECORDS, Row, is_whole};
use crate::mapping::manifest::Format;
use crate::mapping::path::find::Finder;
use crate::mapping::path::record::{Object, RecordPath};
use crate::mapping::path::wire::{Axis, Segment, Start, WirePath};
use crate::mapping::profile::Profile;
use crate::mapping::recognise::Message;
use crate::wire::cut::Route;
use crate::wire::tree::{NodeId, NodeKind};

/// Blocks inside one another that are followed for what they ask of the message. 16: the reader refuses documents
/// deeper than 64, and a condition is written for a block that its writer has in view.
const LEVELS: usize = 16;

/// How a message is cut.
pub(super) struct Plan {
    pub(super) route: Route,
    /// Members of the message that the rows of its records look at.
    consulted: Vec<RecordPath>,
    /// Wire places outside the record that they read.
    outward: Vec<Outward>,
    /// How many records there are at least and at most, by the profile and its schema.
    pub(super) bounds: (usize, usize),
}

/// A wire place outside a record.
struct Outward {
    /// The message's top, or so many nodes above the record.
    start: Start,
    path: WirePath,
    each: bool,
}

/// Why a message cannot be streamed.
pub(super) fn never(message: &str, zh: &str, en: &str) -> Problem {
    Problem::new(
        "not-streamable",
        format!("报文“{message}”不能逐条读取：{zh}"),
        format!("message \"{message}\" cannot be read record by record: {en}"),
    )
}

/// How this message is cut in this format.
pub(super) fn plan(profile: &Profile, message: &Message, format: Format) -> Result<Plan, Problem> {
    let map = &profile.map;
    let never = |zh: &str, en: &str| Err(never(&message.entry.name, zh, en));
    if is_whole(&message.entry.kind) {
        return never("整个报文是一条记录", "it is one record as a whole");
    }
    if message.fold.is_some() {
        return never("其记录须合并（fold）", "its records are folded");
    }
    if message.root(format).is_some_and(|root| root.contains('/') || root == "[]") {
        return never("其根位于其他元素之内", "its root lies in a wrapper");
    }
    let root = |message: &Message| {
        let first = message.root(format).and_then(|root| root.split('/').next());
        first.filter(|root| *root != "[]").map(str::to_owned)
    };
    let rival = |other: &Message| {
        other.asks_for_absence() && other.entry.wire.contains(&format) && root(other) == root(message)
    };
    if profile.messages.iter().any(rival) {
        return never(
            "须看到整个报文才知是哪一种（when 中的 absent）",
            "which one it is shows only when all of it is seen (absent in a when)",
        );
    }
    let reads = |row: &&Row| row.record.as_ref().is_some_and(|path| &*path.segments[0].key == RECORDS);
    let rows: Vec<&Row> = map.blocks[message.block].rows.iter().filter(reads).collect();
    let mut routes: Vec<Route> = Vec::new();
    let mut blocks = Vec::new();
    for row in &rows {
        let How::Block { block, each: true } = row.how else {
            return never(
                "其记录不是用 each 逐条读取的",
                "its records are not read by a row with each and a block",
            );
        };
        let exists = |segment: &&Segment| format == Format::Xml || !segment.xml_only;
        let segments: Vec<&Segment> = row.wire.segments.iter().filter(exists).collect();
        let plain = row.wire.plus.is_empty() && !matches!(row.wire.start, Start::Up(_));
        match route(map, message, format, &segments).filter(|_| plain) {
            Some(route) => routes.push(route),
            None => {
                return never(
                    &format!("路径“{}”不是唯一一处的下级名称", row.wire.text),
                    &format!("its path \"{}\" is not a name below one place", row.wire.text),
                );
            }
        }
        blocks.push(block);
    }
    if all_at_once(map, message.block, &blocks) {
        return never(
            "其中有须看到全部记录才能确定的内容（sum records、running、ident、ref）",
            "something in it shows only when all records are seen (sum records, running, ident, ref)",
        );
    }
    let Some(mut route) = routes.pop() else {
        return never("没有读取 records 的行", "no row reads its records");
    };
    if routes.iter().any(|other| other.above != route.above) {
        return never("其记录位于多处", "its records stand in more than one place");
    }
    for name in routes.into_iter().flat_map(|other| other.records) {
        if !route.records.contains(&name) {
            route.records.push(name);
        }
    }
    let bound = message.schema.as_ref().filter(|bound| bound.format == format);
    if bound.is_some_and(|bound| bound.schema.compares()) {
        return never(
            "其架构要求各记录之间互不重复或互相引用",
            "its schema compares records with one another (unique, key, ID, uniqueItems, contains)",
        );
    }
    let (mut low, mut high) = message.entry.records;
    if let (Some(bound), [(_, name)]) = (bound, route.records.as_slice()) {
        let name = if format == Format::Xml { Some(name) } else { route.above.last().map(|(_, name)| name) };
        let (least, most) = name.map_or((0, usize::MAX), |name| bound.schema.bounds(name));
        (low, high) = (low.max(least), high.min(most));
    }
    let mut plan = Plan { route, consulted: Vec::new(), outward: Vec::new(), bounds: (low, high) };
    for block in blocks {
        plan.look(map, block, format);
    }
    Ok(plan)
}

/// Whether a row needs all records: a sum of them, a record's number among them, an id that may stand in another.
fn all_at_once(map: &Map, top: usize, records: &[usize]) -> bool {
    let rows = |block: usize| map.blocks[block].rows.iter();
    let sums =
        rows(top).any(|row| matches!(&row.how, How::Sum { path, .. } if &*path.segments[0].key == RECORDS));
    let numbered =
        records.iter().flat_map(|block| rows(*block)).any(|row| matches!(row.how, How::Running { .. }));
    let ids = |row: &Row| matches!(&row.how, How::Leaf { chain, .. } if chain.0.iter().any(|s| s.of_ids()));
    sums || numbered || map.below(top).into_iter().flat_map(rows).any(ids)
}

fn route(map: &Map, message: &Message, format: Format, segments: &[&Segment]) -> Option<Route> {
    let plain = |segment: &Segment| !segment.star && segment.inner.is_none() && segment.index.is_none();
    let name = |segment: &Segment| match segment.axis {
        Axis::Child(name) if plain(segment) => {
            let (namespace, local) = map.names.expanded(name);
            let namespace = if format == Format::Xml { namespace } else { "" };
            Some((namespace.to_owned(), local.to_owned()))
        }
        _ => None,
    };
    let mut above = Vec::new();
    match message.root(format) {
        Some(root) if format == Format::Xml => above.push(map.names.expand(root, false)),
        Some(root) => above.push((String::new(), root.to_owned())),
        None if format == Format::Xml => return None,
        None => {}
    }
    if format == Format::Json {
        for segment in segments {
            above.push(name(segment).filter(|_| segment.tests.is_empty())?);
        }
        return Some(Route { above, records: vec![(String::new(), String::new())] });
    }
    let (last, wrappers) = segments.split_last()?;
    for segment in wrappers {
        above.push(name(segment).filter(|_| segment.tests.is_empty())?);
    }
    Some(Route { above, records: vec![name(last)?] })
}

impl Plan {
    /// Follows the rows of a record's block, and of those below it, for what they look at outside the record.
    fn look(&mut self, map: &Map, block: usize, format: Format) {
        // With each block, how many blocks and how many wire nodes it lies below the message's list of records.
        let mut todo = vec![(block, 1, 0)];
        let mut seen = HashSet::new();
        while let Some((block, level, depth)) = todo.pop() {
            if level > LEVELS || !seen.insert((block, level, depth)) {
                continue;
            }
            for row in &map.blocks[block].rows {
                let terms = row.need.condition().into_iter().flat_map(|condition| &condition.terms);
                self.consulted.extend(terms.filter(|term| term.up == level).map(|term| term.path.clone()));
                for path in std::iter::once(&row.wire).chain(&row.wire.plus) {
                    let start = match path.start {
                        Start::Up(up) if up > depth => Start::Up(up - depth),
                        Start::Top => Start::Top,
                        _ => continue,
                    };
                    let path = WirePath { start: Start::Here, plus: Vec::new(), ..path.clone() };
                    self.outward.push(Outward { start, path, each: row.how.each() });
                }
                if let How::Block { block: inner, .. } = row.how {
                    let exists = |segment: &&Segment| format == Format::Xml || !segment.xml_only;
                    todo.push((inner, level + 1, depth + row.wire.segments.iter().filter(exists).count()));
                }
            }
        }
    }

    /// The first thing that rows of records look at and that does not stand before them: in `tree` no record stands,
    /// `open` are the nodes around where they will, `envelope` is what was read of it.
    pub(super) fn lacks(&self, finder: &Finder<'_>, open: &[NodeId], envelope: &Object) -> Option<String> {
        let lacking = self.consulted.iter().find(|path| path.take(envelope).is_none());
        if let Some(path) = lacking {
            return Some(path.text.to_string());
        }
        let found = |outward: &&Outward| {
            let above: Vec<NodeId> =
                open.iter().copied().filter(|node| finder.tree.kind(*node) != NodeKind::Array).collect();
            let from = match outward.start {
                Start::Up(up) => above.len().checked_sub(up).map(|index| above[index]),
                _ => Some(finder.top),
            };
            let mut found = Vec::new();
            if let Some(from) = from {
                finder.find(from, &outward.path, false, &mut found);
            }
            // Of a list outside there may be more behind the records.
            outward.each || (found.is_empty() && from.is_some())
        };
        self.outward.iter().find(found).map(|outward| outward.path.text.to_string())
    }
}
