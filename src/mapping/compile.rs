//! Rows as written → rows that run: every path and converter parsed, every block found, every type checked.
//!
//! Promise: what section 13 lists as refused at load is refused here, all faults of the profile at once, each at
//! its cell. Leaves the checks against the agency's schema to [`super::against`].

pub(crate) mod reliance;
mod row;
mod together;

use std::collections::{HashMap, HashSet};

use crate::domain::problem::Problem;
use crate::mapping::canonical::Canonical;
use crate::mapping::codes::CodeLists;
use crate::mapping::compile::reliance::{Plain, Reliance};
use crate::mapping::condition::Need;
use crate::mapping::cover::Cover;
use crate::mapping::fault::{Spot, suggestion};
use crate::mapping::manifest::{Blank, Manifest, Unwritten};
use crate::mapping::mask;
use crate::mapping::message::MessageEntry;
use crate::mapping::path::record::RecordPath;
use crate::mapping::path::wire::{NameId, Names, WirePath};
use crate::mapping::rows::RawBlock;
use crate::mapping::steps::Chain;
use crate::mapping::steps::parse;
use crate::mapping::typing;
use crate::wire::tree::Sym;

/// A compiled map.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) profile: String,
    pub(crate) zone_seconds: i32,
    pub(crate) blank: Blank,
    pub(crate) unwritten: Unwritten,
    pub(crate) names: Names,
    pub(crate) blocks: Vec<Block>,
    /// Whether any path looks into a text (`!json`).
    pub(crate) inner: bool,
    /// Whether any path leads out of its block (`../x`, `/x`).
    pub(crate) leads_out: bool,
    /// The names of the wire places whose text is sealed.
    pub(crate) sealed: HashSet<Box<str>>,
}

impl Map {
    /// A block and every one that its rows lead to.
    pub(crate) fn below(&self, top: usize) -> Vec<usize> {
        let mut found = vec![top];
        let mut at = 0;
        while let Some(here) = found.get(at).copied() {
            for row in &self.blocks[here].rows {
                if let How::Block { block, .. } = row.how
                    && !found.contains(&block)
                {
                    found.push(block);
                }
            }
            at += 1;
        }
        found
    }
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
    /// What stands between the values of `a + b`.
    pub(crate) join: Option<Box<str>>,
    /// What stands between the parts that go to `a + b` of the record.
    pub(crate) split: Option<Box<str>>,
    /// The *how* cell, as written.
    pub(crate) said: Box<str>,
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
    /// The attribute that tells gathered leaves apart (`langs`).
    pub(crate) key: Option<NameId>,
    /// Its wire path in XML, where it is one of names alone.
    pub(crate) plain: Option<Plain>,
    /// The name without which it surely reads nothing in XML, if there is one.
    pub(crate) quiet: Option<Sym>,
    /// What is known of writing back what it reads.
    pub(crate) reliance: Reliance,
}

/// The cells' places.
#[derive(Debug)]
pub(crate) struct Spots {
    pub(crate) wire: Spot,
    pub(crate) record: Spot,
    pub(crate) how: Spot,
    pub(crate) need: Spot,
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
    /// The sum of values, through the lists on their path.
    Sum { path: RecordPath, chain: Chain },
    /// The item's number in its list.
    Running { start: usize, pad: usize },
}

impl How {
    /// Whether the wire place repeats.
    pub(crate) fn each(&self) -> bool {
        match self {
            Self::Leaf { each, chain } => *each || chain.gathers(),
            Self::Block { each, .. } => *each,
            Self::Const(_) | Self::Count(_) | Self::Sum { .. } | Self::Running { .. } => false,
        }
    }

    /// Whether the value is derived: written always, stored nowhere.
    pub(crate) fn derived(&self) -> bool {
        matches!(self, Self::Const(_) | Self::Count(_) | Self::Sum { .. } | Self::Running { .. })
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
    compiler.inners(&blocks);
    let rows = || blocks.iter().flat_map(|block| &block.rows).flat_map(|row| row.wire.places());
    let inner = rows().any(|place| place.segments.iter().any(|segment| segment.inner.is_some()));
    let leads_out = rows().any(WirePath::leads_out);
    let mut faults = compiler.faults;
    let mut warnings = Vec::new();
    if faults.is_empty() {
        for message in &manifest.messages {
            if let Some(top) = find_block(message, &blocks, &mut faults) {
                typing::check(message, top, &mut blocks, canonical, &mut faults, &mut warnings);
            }
        }
        for block in &mut blocks {
            block.cover = Cover::of(&block.rows);
        }
        reliance::settle(&mut blocks, &compiler.names, manifest.blank);
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let map = Map {
        sealed: mask::sealed_names(&blocks, &compiler.names),
        profile: manifest.id.clone(),
        zone_seconds: manifest.zone_seconds,
        blank: manifest.blank,
        unwritten: manifest.unwritten,
        names: compiler.names,
        blocks,
        inner,
        leads_out,
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
        self.inside(&rows);
        together::share(&mut rows);
        let own_name = rows.iter().position(|row| row.wire.own_name && row.wire.segments.is_empty());
        Block { name: raw.name.clone(), spot: raw.spot.clone(), rows, cover: Cover::default(), own_name }
    }

    fn fault(&mut self, spot: &Spot, code: &'static str, zh: &str, en: &str) {
        self.faults.push(spot.fault(code, zh, en));
    }
}

/// The view of what a message's top block maps: the receipt itself, or the message object around the records.
pub(crate) fn is_whole(kind: &str) -> bool {
    kind == "receipt"
}
