//! Rows as written → rows that run: every path and converter parsed, every block found, every type checked.
//!
//! Promise: what section 13 lists as refused at load is refused here, all faults of the profile at once, each at
//! its cell. Leaves the checks against the agency's schema to [`super::against`].

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::canonical::Canonical;
use crate::mapping::codes::CodeLists;
use crate::mapping::condition::Need;
use crate::mapping::cover::Cover;
use crate::mapping::fault::{Spot, nearest, suggestion};
use crate::mapping::manifest::{Blank, Manifest, Unwritten};
use crate::mapping::message::MessageEntry;
use crate::mapping::path::record::{RecordPath, RecordSegment};
use crate::mapping::path::wire::{Axis, Names, PathFault, WirePath};
use crate::mapping::rows::{RawBlock, RawRow};
use crate::mapping::steps::Chain;
use crate::mapping::steps::parse::{self, HowFault, Parsed};
use crate::mapping::typing;

/// A compiled map.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) profile: String,
    pub(crate) zone_seconds: i32,
    pub(crate) blank: Blank,
    pub(crate) unwritten: Unwritten,
    pub(crate) names: Names,
    pub(crate) blocks: Vec<Block>,
    /// Whether any path says `!json`.
    pub(crate) inner_json: bool,
}

/// A named table of rows.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) name: String,
    pub(crate) spot: Spot,
    pub(crate) rows: Vec<Row>,
    pub(crate) cover: Cover,
    /// The row that reads the node's own name, if there is one.
    pub(crate) own_name: Option<usize>,
}

/// A row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) wire: WirePath,
    pub(crate) record: Option<RecordPath>,
    pub(crate) how: How,
    pub(crate) need: Need,
    pub(crate) label: Box<str>,
    pub(crate) spot: Spot,
    pub(crate) spots: Spots,
    /// Rows that share this row's list, in row order, this one first; empty for a row that is not their leader.
    pub(crate) shares: Vec<usize>,
    /// Whether the values are items: they bear what is kept of them.
    pub(crate) items: bool,
    /// Whether the values are records.
    pub(crate) records: bool,
}

/// The cells' places.
#[derive(Debug)]
pub(crate) struct Spots {
    pub(crate) wire: Spot,
    pub(crate) record: Spot,
    pub(crate) how: Spot,
}

/// How a row converts.
#[derive(Debug)]
pub(crate) enum How {
    /// By steps.
    Leaf { chain: Chain, each: bool },
    /// By a block.
    Block { block: usize, each: bool },
    /// A fixed text.
    Const(String),
    /// The number of items of a list.
    Count(RecordPath),
}

impl How {
    /// Whether the wire place repeats.
    pub(crate) fn each(&self) -> bool {
        match self {
            Self::Leaf { each, chain } => *each || chain.gathers(),
            Self::Block { each, .. } => *each,
            Self::Const(_) | Self::Count(_) => false,
        }
    }
}

/// Where the records of a message are.
pub(crate) const RECORDS: &str = "records";

/// Compiles the blocks of a profile and checks them against the canonical schemas.
pub(crate) fn compile(
    manifest: &Manifest,
    raw: &[RawBlock],
    lists: &CodeLists,
    canonical: &Canonical,
) -> Result<(Map, Vec<Problem>), Vec<Problem>> {
    let mut compiler = Compiler {
        ids: raw.iter().enumerate().map(|(index, block)| (block.name.as_str(), index)).collect(),
        names: Names::new(&manifest.namespaces),
        lists,
        faults: Vec::new(),
    };
    let mut blocks: Vec<Block> = raw.iter().map(|block| compiler.block(block)).collect();
    compiler.recursion(&blocks);
    let mut faults = compiler.faults;
    let mut warnings = Vec::new();
    let inner_json = blocks.iter().flat_map(|b| &b.rows).any(|r| r.wire.segments.iter().any(|s| s.json));
    if faults.is_empty() {
        for message in &manifest.messages {
            if let Some(top) = find_block(message, &blocks, &mut faults) {
                typing::check(message, top, &mut blocks, canonical, &mut faults, &mut warnings);
            }
        }
        for block in &mut blocks {
            block.cover = Cover::of(&block.rows);
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let map = Map {
        profile: manifest.id.clone(),
        zone_seconds: manifest.zone_seconds,
        blank: manifest.blank,
        unwritten: manifest.unwritten,
        names: compiler.names,
        blocks,
        inner_json,
    };
    Ok((map, warnings))
}

/// The top block of a message.
fn find_block(message: &MessageEntry, blocks: &[Block], faults: &mut Vec<Problem>) -> Option<usize> {
    let found = blocks.iter().position(|block| block.name == message.block);
    if found.is_none() {
        let (zh, en) = suggestion(&message.block, blocks.iter().map(|b| b.name.as_str()));
        faults.push(message.block_spot.fault(
            "unknown-block",
            format!("没有块“{}”{zh}", message.block),
            format!("there is no block \"{}\"{en}", message.block),
        ));
    }
    found
}

struct Compiler<'a> {
    ids: HashMap<&'a str, usize>,
    names: Names,
    lists: &'a CodeLists,
    faults: Vec<Problem>,
}

impl Compiler<'_> {
    fn block(&mut self, raw: &RawBlock) -> Block {
        if parse::reserved(&raw.name) {
            self.faults.push(raw.spot.fault(
                "block-name",
                format!("块不得与步骤同名：“{}”", raw.name),
                format!("a block must not be named like a step: \"{}\"", raw.name),
            ));
        }
        let mut rows: Vec<Row> = raw.rows.iter().filter_map(|row| self.row(row)).collect();
        self.twice(&rows);
        share(&mut rows);
        let own_name = rows.iter().position(|row| row.wire.own_name && row.wire.segments.is_empty());
        Block { name: raw.name.clone(), spot: raw.spot.clone(), rows, cover: Cover::default(), own_name }
    }

    fn row(&mut self, raw: &RawRow) -> Option<Row> {
        let before = self.faults.len();
        let wire = self.wire(raw);
        let record = if raw.record.text.is_empty() {
            None
        } else {
            let parsed = RecordPath::parse(&raw.record.text);
            if parsed.is_none() {
                self.fault(&raw.record.spot, "record-path", "记录路径不合规", "not a record path");
            }
            parsed
        };
        let how = self.how(raw);
        let need = Need::parse(&raw.need.text);
        if need.is_none() {
            let (zh, en) = (
                "应为 must、must when P、must unless P、never when P、never unless P 或 same",
                "expected must, must when P, must unless P, never when P, never unless P or same",
            );
            self.fault(&raw.need.spot, "need", zh, en);
        }
        let (wire, how, need) = (wire?, how?, need?);
        let derived = matches!(how, How::Const(_) | How::Count(_));
        if derived == record.is_some() {
            let (zh, en) = if derived {
                (
                    "const、count 不存入记录：记录格应为空",
                    "const and count are not stored: leave the record cell empty",
                )
            } else {
                ("记录格为空：只有 const、count 可以", "the record cell is empty: only const and count may")
            };
            self.fault(&raw.record.spot, "derived", zh, en);
        }
        let open = wire.segments.iter().rev().skip(1).any(|s| s.axis == Axis::Any);
        let open_end = wire.segments.last().is_some_and(|s| s.axis == Axis::Any);
        if open || (open_end && !matches!(how, How::Block { each: true, .. })) {
            self.fault(
                &raw.wire.spot,
                "open-name",
                "* 只可为末段，并用 each 块",
                "* may only be the last segment, under each and a block",
            );
        }
        if self.faults.len() > before {
            return None;
        }
        let last = record.as_ref().and_then(|path| path.segments.last());
        let items =
            matches!(how, How::Block { .. }) && (how.each() || last.is_some_and(|s| s.index.is_some()));
        let records = matches!(how, How::Block { .. })
            && record.as_ref().is_some_and(|p| p.segments.len() == 1 && &*p.segments[0].key == RECORDS);
        Some(Row {
            wire,
            record,
            how,
            need,
            label: raw.label.text.as_str().into(),
            spot: raw.spot.clone(),
            spots: Spots {
                wire: raw.wire.spot.clone(),
                record: raw.record.spot.clone(),
                how: raw.how.spot.clone(),
            },
            shares: Vec::new(),
            items,
            records,
        })
    }

    fn wire(&mut self, raw: &RawRow) -> Option<WirePath> {
        let fault = match WirePath::parse(&raw.wire.text, &mut self.names) {
            Ok(path) => return Some(path),
            Err(fault) => fault,
        };
        match fault {
            PathFault::Form(zh, en) => self.fault(&raw.wire.spot, "wire-path", zh, en),
            PathFault::NotYet(what) => {
                let zh = format!("路径形式“{what}”尚未实现");
                self.fault(&raw.wire.spot, "not-yet", &zh, &format!("the path form {what} is not there yet"));
            }
            PathFault::Prefix(prefix) => {
                let near = nearest(&prefix, self.names.prefixes().iter().map(|(p, _)| p.as_str()));
                let en = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
                let zh = near.map_or_else(String::new, |near| format!("；是否应为“{near}”？"));
                let (zh, en) =
                    (format!("[ns] 没有前缀“{prefix}”{zh}"), format!("[ns] has no prefix \"{prefix}\"{en}"));
                self.fault(&raw.wire.spot, "unknown-prefix", &zh, &en);
            }
        }
        None
    }

    fn how(&mut self, raw: &RawRow) -> Option<How> {
        let fault = match parse::how(&raw.how.text, self.lists) {
            Ok(Parsed::Leaf { chain, each }) => return Some(How::Leaf { chain, each }),
            Ok(Parsed::Const(text)) => return Some(How::Const(text)),
            Ok(Parsed::Count(path)) => match RecordPath::parse(&path) {
                Some(path) => return Some(How::Count(path)),
                None => HowFault::new("step-arguments", "参数应为：count PATH", "expected: count PATH"),
            },
            Ok(Parsed::Block { name, each }) => {
                if let Some(block) = self.ids.get(name.as_str()) {
                    return Some(How::Block { block: *block, each });
                }
                let steps = parse::STEPS.iter().map(|(step, _)| *step);
                let known: Vec<&str> = self.ids.keys().copied().chain(steps).collect();
                let (zh, en) = suggestion(&name, known);
                HowFault::new(
                    "unknown-block",
                    format!("没有块或步骤“{name}”{zh}"),
                    format!("there is no block or step \"{name}\"{en}"),
                )
            }
            Err(fault) => fault,
        };
        self.fault(&raw.how.spot, fault.code, &fault.zh, &fault.en);
        None
    }

    /// Two rows on one wire place, or on one record place without disjoint predicates or `same`.
    fn twice(&mut self, rows: &[Row]) {
        for (index, row) in rows.iter().enumerate() {
            for other in &rows[..index] {
                if !row.wire.segments.is_empty() && row.wire.text == other.wire.text {
                    let (line, text) = (other.spot.line, &row.wire.text);
                    self.fault(
                        &row.spots.wire,
                        "wire-twice",
                        &format!("“{text}”已在第 {line} 行映射"),
                        &format!("\"{text}\" is already mapped in line {line}"),
                    );
                }
                let (Some(a), Some(b)) = (&row.record, &other.record) else { continue };
                let both_lists = row.how.each() && other.how.each();
                if a.base() == b.base() && !disjoint(&a.segments, &b.segments) && !both_lists {
                    if matches!(row.need, Need::Same) || matches!(other.need, Need::Same) {
                        continue;
                    }
                    let (line, text) = (other.spot.line, &a.text);
                    self.fault(
                        &row.spots.record,
                        "record-twice",
                        &format!("“{text}”已在第 {line} 行映射；须有互斥的谓词或 same"),
                        &format!(
                            "\"{text}\" is already mapped in line {line}; give disjoint predicates, or same"
                        ),
                    );
                }
            }
        }
    }

    /// A block that reaches itself without going down the wire would never end.
    fn recursion(&mut self, blocks: &[Block]) {
        for (index, block) in blocks.iter().enumerate() {
            let mut seen = vec![false; blocks.len()];
            let mut todo = vec![index];
            while let Some(here) = todo.pop() {
                for row in &blocks[here].rows {
                    let How::Block { block: next, .. } = row.how else { continue };
                    if !row.wire.segments.iter().all(|s| s.xml_only) {
                        continue;
                    }
                    if next == index {
                        let name = &block.name;
                        self.faults.push(row.spots.wire.fault(
                            "recursion",
                            format!("块“{name}”未下行一段就回到自身"),
                            format!("block \"{name}\" reaches itself without a wire segment"),
                        ));
                        return;
                    }
                    if !std::mem::replace(&mut seen[next], true) {
                        todo.push(next);
                    }
                }
            }
        }
    }

    fn fault(&mut self, spot: &Spot, code: &'static str, zh: &str, en: &str) {
        self.faults.push(spot.fault(code, zh, en));
    }
}

/// Whether two paths of the same keys can never lead to the same value.
fn disjoint(a: &[RecordSegment], b: &[RecordSegment]) -> bool {
    a.iter().zip(b).any(|(a, b)| {
        let clash = |(key, value): &(Box<str>, Value)| b.tests.iter().any(|(k, v)| k == key && v != value);
        a.tests.iter().any(clash)
    })
}

/// Rows with `each` to one list share it in document order.
fn share(rows: &mut [Row]) {
    let bases: Vec<Option<String>> = rows
        .iter()
        .map(|row| {
            matches!(row.how, How::Leaf { each: true, .. } | How::Block { each: true, .. })
                .then(|| row.record.as_ref().map(RecordPath::base))
                .flatten()
        })
        .collect();
    for index in 0..rows.len() {
        if bases[index].is_none() || bases[..index].contains(&bases[index]) {
            continue;
        }
        rows[index].shares = (index..bases.len()).filter(|other| bases[*other] == bases[index]).collect();
    }
}

/// The view of what a message's top block maps: the receipt itself, or the message object around the records.
pub(crate) fn is_whole(kind: &str) -> bool {
    kind == "receipt"
}
