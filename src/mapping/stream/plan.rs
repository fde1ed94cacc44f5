//! Which messages stream, and where they are cut.
//!
//! A message streams whose records are all read by rows `each BLOCK` from the children of one place. What the rows of a
//! record ask of the message around it must stand before the records.

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::mapping::compile::{How, Map, RECORDS, Row, is_whole};
use crate::mapping::manifest::Format;
use crate::mapping::path::record::RecordPath;
use crate::mapping::path::wire::{Axis, Segment};
use crate::mapping::profile::Profile;
use crate::mapping::recognise::Message;
use crate::wire::cut::Route;

/// Blocks inside one another that are followed for what they ask of the message. 16: the reader refuses documents
/// deeper than 64, and a condition is written for a block that its writer has in view.
const LEVELS: usize = 16;

/// How a message is cut.
pub(super) struct Plan {
    pub(super) route: Route,
    /// Members of the message that the rows of its records look at.
    pub(super) consulted: Vec<RecordPath>,
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
    if message.root(format).is_some_and(|root| root.contains('/') || root == "[]") {
        return never("其根位于其他元素之内", "its root lies in a wrapper");
    }
    let root = |message: &Message| {
        let first = message.root(format).and_then(|root| root.split('/').next());
        first.filter(|root| *root != "[]").map(str::to_owned)
    };
    let rival = |other: &Message| {
        other.asks_for_presence() && other.entry.wire.contains(&format) && root(other) == root(message)
    };
    if profile.messages.iter().any(rival) {
        return never(
            "须看到整个报文才知是哪一种（when 中的 present、absent）",
            "which one it is shows only when all of it is seen (present, absent in a when)",
        );
    }
    let reads = |row: &&Row| row.record.as_ref().is_some_and(|path| &*path.segments[0].key == RECORDS);
    let rows: Vec<&Row> = map.blocks[message.block].rows.iter().filter(reads).collect();
    let mut routes: Vec<Route> = Vec::new();
    let mut consulted = Vec::new();
    for row in &rows {
        let How::Block { block, each: true } = row.how else {
            return never(
                "其记录不是用 each 逐条读取的",
                "its records are not read by a row with each and a block",
            );
        };
        let exists = |segment: &&Segment| format == Format::Xml || !segment.xml_only;
        let segments: Vec<&Segment> = row.wire.segments.iter().filter(exists).collect();
        match route(map, message, format, &segments) {
            Some(route) => routes.push(route),
            None => {
                return never(
                    &format!("路径“{}”不是唯一一处的下级名称", row.wire.text),
                    &format!("its path \"{}\" is not a name below one place", row.wire.text),
                );
            }
        }
        asks(map, block, &mut consulted);
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
    if message.schema.as_ref().is_some_and(|bound| bound.format == format && bound.schema.looks_across()) {
        return never(
            "其架构要求各记录之间互不重复或互相引用",
            "its schema compares records with one another (unique, key, ID)",
        );
    }
    Ok(Plan { route, consulted })
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

/// Members of the message that conditions below a record's block look at.
fn asks(map: &Map, block: usize, found: &mut Vec<RecordPath>) {
    let mut todo = vec![(block, 1)];
    let mut seen = HashSet::new();
    while let Some((block, level)) = todo.pop() {
        if level > LEVELS || !seen.insert((block, level)) {
            continue;
        }
        for row in &map.blocks[block].rows {
            let terms = row.need.condition().into_iter().flat_map(|condition| &condition.terms);
            found.extend(terms.filter(|term| term.up == level).map(|term| term.path.clone()));
            if let How::Block { block: inner, .. } = row.how {
                todo.push((inner, level + 1));
            }
        }
    }
}
