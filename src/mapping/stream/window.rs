//! One window of records, read as the small document it is: what stood before the records, these, and what closes it.
//!
//! Promise: what it tells of a record is what the whole document would tell of it. What it would tell of the message
//! around the records is left aside, for that is not whole yet; but a schema that finds fault with the message because
//! of a record has found fault with the record.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value};

use crate::domain::problem::Problem;
use crate::mapping::batch::{self, Judged};
use crate::mapping::compile::RECORDS;
use crate::mapping::decode::named;
use crate::mapping::manifest::Format;
use crate::mapping::profile::Profile;
use crate::mapping::recognise::Message;
use crate::mapping::steps::Run;
use crate::mapping::stream::StreamLimits;
use crate::mapping::stream::plan::Plan;
use crate::mapping::stream::record::{OneRecord, Renumber, renumber_warnings, renumbered};
use crate::mapping::{inner, read};
use crate::wire::cut::Cutter;
use crate::wire::limits::Limits;
use crate::wire::origin::{Origins, moved};
use crate::wire::schema::MOST_PROBLEMS;
use crate::wire::source::Piece;
use crate::wire::tree::{NodeId, NodeKind, Tree, Vocabulary, line_column, line_columns};

/// A record's text in a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Which of the names of records it has.
    pub(super) name: usize,
    /// Its position among those of its name; 0 where it stands alone.
    pub(super) ordinal: u64,
}

/// What was found of a cut.
pub(super) enum Found {
    /// No row reads it: it belongs to the message.
    Nothing,
    Good(Box<OneRecord>),
    Bad(Vec<Problem>),
}

pub(super) struct Window {
    pub(super) found: Vec<Found>,
    /// What is surely wrong with what stands before the records.
    pub(super) envelope: Vec<Problem>,
    pub(super) size: usize,
}

/// The window cannot be read as a whole.
pub(super) struct Wrong(pub(super) Vec<Problem>);

/// What stands around the records, the same for every window.
pub(super) struct Around<'a> {
    pub(super) profile: &'a Profile,
    pub(super) message: &'a Message,
    pub(super) format: Format,
    pub(super) run: &'a Run<'a>,
    pub(super) limits: Limits,
    pub(super) head: String,
    closers: String,
    pub(super) lone: bool,
    /// Places of the elements that stand open around the records.
    open: Vec<(u32, u32)>,
    /// What a schema finds wrong with them when there is no record: code and place.
    empty: Vec<(String, (u32, u32))>,
    /// With fewer records than this the schema finds fault with what is around them.
    least: usize,
    /// Paths of records, by name.
    prefixes: Vec<Arc<str>>,
}

impl<'a> Around<'a> {
    #[expect(clippy::too_many_arguments, reason = "one stream's beginnings, in its parts")]
    pub(super) fn new(
        profile: &'a Profile,
        message: &'a Message,
        plan: &Plan,
        format: Format,
        limits: &StreamLimits,
        run: &'a Run<'a>,
        head: String,
        cutter: &Cutter,
    ) -> Self {
        // A window is bounded by what is cut; what counts here is each record, and how deep and wide it is.
        let bytes = limits.record.bytes.saturating_add(limits.window).saturating_add(4 * limits.envelope);
        let mut above: Vec<&str> = plan.route.above.iter().map(|(_, local)| local.as_str()).collect();
        let names = plan.route.records.iter().map(|(_, local)| local.as_str());
        let prefixes = names.map(|name| {
            above.extend(Some(name).filter(|name| !name.is_empty()));
            let path = above.join("/");
            above.truncate(plan.route.above.len());
            path.into()
        });
        Self {
            profile,
            message,
            format,
            run,
            limits: Limits { bytes, ..limits.record },
            prefixes: prefixes.collect(),
            head,
            closers: cutter.closers(),
            lone: cutter.lone(),
            open: Vec::new(),
            empty: Vec::new(),
            least: plan.bounds.0,
        }
    }

    /// The message without records.
    pub(super) fn empty(&self) -> Result<Tree, Vec<Problem>> {
        let stand_in = if self.lone { "null" } else { "" };
        let text = format!("{}{stand_in}{}", self.head, self.closers);
        read_text(self.format, text, Origins::default(), &self.limits, self.profile.map.names.vocabulary())
    }

    /// Remembers, of a message without records, where what is open around them begins, and what is wrong there already.
    /// Gives what keeps records from being judged by themselves.
    pub(super) fn stand_around(&mut self, tree: &Tree, open: &[NodeId]) -> Option<Problem> {
        self.open = open.iter().map(|node| tree.place(*node)).collect();
        let mut found = Profile::validate(self.message, tree, self.format);
        found.retain(|problem| place_of(problem).is_none_or(|at| self.open.contains(&at)));
        self.empty = found.iter().filter_map(|p| Some((p.code.to_string(), place_of(p)?))).collect();
        // A choice between whole messages does not say which part of one is wrong.
        found.into_iter().find(|problem| matches!(&*problem.code, "json-choice" | "json-invalid"))
    }

    /// The path of records of a name.
    pub(super) fn prefix(&self, name: usize) -> String {
        self.prefixes[name].to_string()
    }

    /// Too many or too few records.
    pub(super) fn count(&self, low: usize, high: usize, found: &str, place: (u32, u32)) -> Problem {
        let path = self.prefix(0);
        Problem::new(
            "record-count",
            format!("记录数应为 {low} 至 {high}，实为 {found}"),
            format!("expected {low} to {high} records, found {found}"),
        )
        .with_place(place.0, place.1)
        .with_path(path.rsplit_once('/').map_or("", |(above, _)| above))
    }

    /// What the reader says of text that could not be cut into records.
    pub(super) fn damage(&self, rest: &Piece, after: bool) -> Vec<Problem> {
        // After a record a comma is in its place.
        let before = if after && self.format == Format::Json { "0" } else { "" };
        let mut origins = Origins::default();
        origins.push(self.head.len() + before.len(), rest.place);
        let end = moved(rest.place, line_column(&rest.text, rest.text.len()));
        let text = format!("{}{before}{}", self.head, rest.text);
        match read_text(self.format, text, origins, &self.limits, self.profile.map.names.vocabulary()) {
            Err(problems) => problems,
            Ok(_) => vec![unknown_damage(self.format).with_place(end.0, end.1)],
        }
    }

    /// Reads a window whose text began at `place`.
    pub(super) fn read(&self, text: &str, place: (u32, u32), cuts: &[Cut]) -> Result<Window, Wrong> {
        let renumbers = self.renumbers(cuts);
        let mut begun: Vec<usize> = cuts.iter().map(|cut| cut.from).collect();
        begun.push(text.len());
        let begun: Vec<(u32, u32)> =
            line_columns(text, &begun).into_iter().map(|inside| moved(place, inside)).collect();
        let end = begun[cuts.len()];
        let mut origins = Origins::default();
        origins.push(self.head.len(), place);
        origins.push(self.head.len() + text.len(), end);
        let whole = format!("{}{text}{}", self.head, self.closers);
        let told = |problems: Vec<Problem>| Wrong(renumbered(problems, &renumbers));
        let mut tree =
            read_text(self.format, whole, origins, &self.limits, self.profile.map.names.vocabulary())
                .map_err(told)?;
        let map = &self.profile.map;
        let Some(top) = self.message.top(&tree, &map.names, self.format) else {
            return Err(Wrong(vec![unknown_damage(self.format).with_place(place.0, place.1)]));
        };
        let mut invalid = Profile::validate(self.message, &tree, self.format);
        if map.inner {
            invalid.extend(inner::graft(map, &map.below(self.message.block), &mut tree, top, &self.limits));
        }
        let silent = invalid.len() >= MOST_PROBLEMS;
        let mut out = read::read(map, &tree, self.message.block, top, *self.run);
        let mut judged = Judged::of(&mut out, &tree, None, invalid);
        let around = std::mem::take(&mut judged.envelope);
        let (before, about) = self.sort(around, place, end, cuts.len() < self.least);
        if (silent || !about.is_empty()) && cuts.len() > 1 {
            return Err(Wrong(Vec::new()));
        }
        if !judged.records.is_empty() {
            out.mirror = None;
        }
        batch::set_aside(map, &mut tree, &mut out, &judged.records);
        let size = tree.held();
        // Which cut became which record: they stand in the same order.
        let offsets: Vec<usize> =
            out.records.iter().map(|node| tree.offset(*node) - self.head.len()).collect();
        let refused: HashMap<usize, Vec<Problem>> =
            judged.records.into_iter().map(|record| (record.index - 1, record.problems)).collect();
        let mut warnings: Vec<Vec<Problem>> = vec![Vec::new(); out.records.len()];
        for told in std::mem::take(&mut out.warnings) {
            if let Some(record) = told.record {
                warnings[record].push(told.problem);
            }
        }
        let kept = self.profile.keep(self.message, &mut tree, top, self.format, &out, *self.run);
        let mut value = Value::Object(out.message);
        self.profile.stamp(&mut value, kept, &self.message.entry.name, self.format);
        let values = match value.get_mut(RECORDS).map(Value::take) {
            Some(Value::Array(values)) => values,
            _ => Vec::new(),
        };
        let mut trace = out.trace;
        trace.tree = tree;
        let trace = Arc::new(trace);
        let mut values = values.into_iter();
        let (mut refused, mut position) = (refused, 0);
        let found = cuts.iter().enumerate().map(|(at, cut)| {
            let Ok(index) = offsets.binary_search(&cut.from) else { return Found::Nothing };
            if let Some(problems) = refused.remove(&index) {
                let more = if cuts.len() == 1 { about.clone() } else { Vec::new() };
                return Found::Bad(renumbered([problems, more].concat(), &renumbers));
            }
            let value = values.next().unwrap_or_default();
            if !about.is_empty() {
                return Found::Bad(renumbered(about.clone(), &renumbers));
            }
            position += 1;
            let mut value = named(value, &self.message.entry.kind);
            renumber_warnings(&mut value, &renumbers);
            let (line, column) = begun[at];
            Found::Good(Box::new(OneRecord {
                value,
                warnings: renumbered(std::mem::take(&mut warnings[index]), &renumbers),
                line,
                column,
                trace: Arc::clone(&trace),
                position,
                renumber: renumbers[cut.name].clone(),
            }))
        });
        let found = found.collect();
        Ok(Window { found, envelope: before, size })
    }

    /// Of what is wrong around the records: what stands before them and will not be mended by what follows; and what a
    /// schema found in the message itself because of a record in this window.
    fn sort(
        &self,
        around: Vec<Problem>,
        place: (u32, u32),
        end: (u32, u32),
        few: bool,
    ) -> (Vec<Problem>, Vec<Problem>) {
        let (mut before, mut about) = (Vec::new(), Vec::new());
        for problem in around {
            let at = place_of(&problem);
            let open = at.is_none_or(|at| self.open.contains(&at) || at >= end);
            let unfinished = matches!(&*problem.code, "xsd-incomplete" | "json-missing" | "missing");
            let schema = problem.code.starts_with("xsd-") || problem.code.starts_with("json-");
            if at.is_some_and(|at| at >= place && at < end) {
                // In no record: past its limit the schema is not believed, but of one record it is.
                about.push(problem);
            } else if at.is_some_and(|at| {
                self.empty.iter().any(|(code, place)| *code == problem.code && *place == at)
            }) {
                // In XML what stands before the records is wrong; JSON may only miss them.
                before.extend(Some(problem).filter(|_| self.format == Format::Xml && !unfinished));
            } else if open && schema && !unfinished && !few {
                about.push(problem);
            } else if !open && &*problem.code != "derived" {
                before.push(problem);
            }
        }
        (before, about)
    }

    fn renumbers(&self, cuts: &[Cut]) -> Vec<Renumber> {
        let mut all: Vec<Renumber> = self
            .prefixes
            .iter()
            .map(|prefix| Renumber { prefix: Arc::clone(prefix), here: HashMap::new() })
            .collect();
        if self.lone {
            return all;
        }
        for cut in cuts {
            let here = &mut all[cut.name].here;
            here.insert(here.len() as u64 + 1, cut.ordinal);
        }
        all
    }
}

/// The nodes that are open around the records, in a message without any: so many, the last one of each.
pub(super) fn open_nodes(tree: &Tree, depth: usize) -> Vec<NodeId> {
    let structure =
        |node: &NodeId| matches!(tree.kind(*node), NodeKind::Element | NodeKind::Object | NodeKind::Array);
    let below = |node: &NodeId| tree.children(*node).filter(structure).last();
    std::iter::successors(tree.root(), below).take(depth).collect()
}

fn place_of(problem: &Problem) -> Option<(u32, u32)> {
    problem.line.zip(problem.column)
}

/// Reads decoded text.
pub(super) fn read_text(
    format: Format,
    text: String,
    origins: Origins,
    limits: &Limits,
    vocabulary: &Arc<Vocabulary>,
) -> Result<Tree, Vec<Problem>> {
    match format {
        Format::Xml => crate::wire::xml::read_text(text, origins, limits, vocabulary),
        _ => crate::wire::json::read_text(text, origins, limits, vocabulary),
    }
}

/// The reader finds nothing wrong with what could not be cut.
pub(super) fn unknown_damage(format: Format) -> Problem {
    let code = if format == Format::Xml { "xml-syntax" } else { "json-syntax" };
    Problem::new(code, "此处文档的结构不完整", "the document is not complete here")
}

/// A message's members that are not its records.
pub(super) fn beside(
    object: &JsonMap<String, Value>,
    known: &JsonMap<String, Value>,
) -> JsonMap<String, Value> {
    let new = object.iter().filter(|(key, value)| known.get(*key) != Some(*value));
    new.map(|(key, value)| (key.clone(), value.clone())).collect()
}
