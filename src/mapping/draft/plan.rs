//! Fields → blocks of rows, in the order of the document.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::draft::codes::{self, List};
use crate::mapping::draft::entry::{Entry, collect, label, snake};
use crate::mapping::draft::matching::{self, Home, Matches};
use crate::mapping::draft::outline::{Field, Outline, sayable, written};
use crate::mapping::draft::records;
use crate::mapping::draft::required;
use crate::mapping::draft::target::{Node, Of};
use crate::mapping::draft::{Source, activate, convert};
use crate::mapping::manifest::Format;
use crate::mapping::steps::parse::reserved;

/// The wire path of the row that marks, while rows are planned, where that of the records goes. No name can be it.
const HERE: &str = "\u{0}";

/// A drafted row.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a row, each asked for by its name")]
pub(super) struct Row {
    pub(super) wire: String,
    pub(super) record: String,
    pub(super) how: String,
    pub(super) need: String,
    pub(super) label: String,
    /// What stands behind it, as a comment.
    pub(super) note: String,
    /// Whether it stands as a comment.
    pub(super) waits: bool,
    /// Whether its record path was found by its name.
    pub(super) matched: bool,
    /// Whether the schema lets it be `xsi:nil`.
    pub(super) nillable: bool,
    /// Whether a sample has it without a value.
    pub(super) empty: bool,
    /// The places that its path might have been.
    pub(super) near: Vec<String>,
}

/// A drafted block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
}

/// A drafted map.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) blocks: Vec<Block>,
    pub(super) lists: Vec<List>,
    pub(super) doubts: Vec<String>,
}

pub(super) struct Planner<'a> {
    pub(super) outline: &'a Outline,
    pub(super) plan: Plan,
    names: BTreeSet<String>,
    /// The kind of the records.
    pub(super) kind: &'a str,
}

/// Plans the map of a message.
pub(super) fn plan(source: &Source, outline: &Outline, kind: &Value) -> Result<Plan, Vec<Problem>> {
    let found = records::find(outline, source.records.as_deref())?;
    let node = Node::new(kind);
    let mut planner = Planner { outline, plan: Plan::default(), names: BTreeSet::new(), kind: &source.kind };
    let top = planner.name("message");
    planner.plan.blocks.push(Block { name: top, rows: Vec::new() });
    // A receipt is the message object itself.
    if source.kind == "receipt" {
        let rows = planner.rows(&outline.top, &Home::record(node, &source.kind), "");
        planner.plan.blocks[0].rows = rows.0;
        return Ok(planner.plan);
    }
    if source.records.is_none() {
        planner.plan.doubts.extend(records::doubt(outline, &found));
    }
    let stem = source.kind.rsplit('-').next().unwrap_or("record");
    let name = planner.name(stem);
    let path = if found.way.is_empty() {
        ".".to_owned()
    } else {
        found.way.iter().map(|field| written(&outline.prefixes, field)).collect::<Vec<_>>().join("/")
    };
    let (rows, assigned) = planner.record(found.field, &name, node);
    // Where nothing says that it stands once, a list of one reads it as well.
    let free = outline.format == Format::Xml && !outline.from_schema && !found.way.is_empty();
    let each = found.field.repeats || free;
    let home = if each { "records" } else { "records[1]" };
    let home = match (&assigned, each) {
        (None, _) => home.to_owned(),
        (Some(test), _) => format!("records{test}"),
    };
    let must = if outline.from_schema && found.way.iter().all(|field| field.required)
        || found.way.is_empty() && !each
    {
        "must"
    } else {
        ""
    };
    let row = Row {
        wire: path.clone(),
        record: home,
        how: format!("{} {name}", if each { "each" } else { "one" }),
        need: must.to_owned(),
        label: label(found.field),
        note: "the records".to_owned(),
        matched: true,
        ..Row::default()
    };
    if found.way.is_empty() {
        planner.plan.blocks[0].rows.push(row);
    } else {
        let (mut around, _) = planner.envelope(&outline.top, &found.way);
        let at = around.iter().position(|row| row.wire == HERE).unwrap_or(around.len());
        around.retain(|row| row.wire != HERE);
        around.insert(at.min(around.len()), row);
        planner.plan.blocks[0].rows = around;
    }
    planner.plan.blocks.insert(1, Block { name, rows });
    Ok(planner.plan)
}

impl<'a> Planner<'a> {
    /// A block's name that is not taken.
    fn name(&mut self, wanted: &str) -> String {
        let base = snake(wanted).replace('_', "-");
        let base = if base.is_empty() { "part".to_owned() } else { base };
        let mut name = base.clone();
        let mut number = 2;
        while reserved(&name) || !self.names.insert(name.clone()) {
            name = format!("{base}-{number}");
            number += 1;
        }
        name
    }

    /// The rows of the record's block; what its row in the message must say of it besides.
    fn record(&mut self, field: &'a Field, name: &str, node: Node<'_>) -> (Vec<Row>, Option<String>) {
        let home = Home::record(node, self.kind);
        let (mut rows, _) = self.rows(field, &home, "");
        let missing = required::missing(&rows, &home);
        let test = required::feed(&mut rows, &missing, &home, &mut self.plan.doubts, name);
        (rows, test)
    }

    /// What stands around the records; a row of wire `\0` marks the records' own place.
    fn envelope(&mut self, top: &'a Field, way: &[&'a Field]) -> (Vec<Row>, Matches) {
        let home = Home::envelope();
        let mut entries = Vec::new();
        let mark = way[way.len() - 1];
        collect(self.outline, top, "", &[], true, &mut entries, Some(mark));
        let matches = matching::matches(&entries, &home);
        let live: BTreeSet<String> = entries.iter().map(|entry| entry.path.clone()).collect();
        (self.print(&entries, &matches, &live, &home, mark), matches)
    }

    /// The rows of a block.
    fn rows(&mut self, field: &'a Field, home: &Home<'_>, prefix: &str) -> (Vec<Row>, Matches) {
        let mut entries = Vec::new();
        if field.leaf && !field.is_group() {
            let path = ".".to_owned();
            entries.push(Entry { path, field, above: Vec::new(), sure: false, block: false });
        }
        collect(self.outline, field, prefix, &[], true, &mut entries, None);
        let matches = matching::matches(&entries, home);
        let live = if home.open {
            entries.iter().map(|entry| entry.path.clone()).collect()
        } else {
            activate::live(self.outline, field, &matches.paths(&entries))
        };
        let mut rows = self.print(&entries, &matches, &live, home, field);
        if self.outline.from_schema {
            activate::sure(self.outline, field, &mut rows);
        }
        (rows, matches)
    }

    fn print(
        &mut self,
        entries: &[Entry<'a>],
        matches: &Matches,
        live: &BTreeSet<String>,
        home: &Home<'_>,
        mark: &Field,
    ) -> Vec<Row> {
        let mut extras = BTreeSet::new();
        let mut rows = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if std::ptr::eq(entry.field, mark) && entry.block && home.records {
                rows.push(Row { wire: HERE.to_owned(), ..Row::default() });
                continue;
            }
            if matches.taken.contains(&index) {
                continue;
            }
            let mut row = Row {
                wire: entry.path.clone(),
                label: label(entry.field),
                near: matches.near(index, home),
                nillable: entry.field.nillable,
                ..Row::default()
            };
            row.waits = !live.contains(&entry.path) || !sayable(entry.field);
            if entry.sure && self.outline.from_schema && !row.waits && !entry.field.opaque {
                "must".clone_into(&mut row.need);
            }
            if entry.block {
                self.group(&mut row, entry, matches.groups.get(&index).copied(), home, &mut extras);
            } else {
                self.leaf(&mut row, entry, index, matches, home, &mut extras);
            }
            rows.push(row);
        }
        rows
    }

    fn leaf(
        &mut self,
        row: &mut Row,
        entry: &Entry<'_>,
        index: usize,
        matches: &Matches,
        home: &Home<'_>,
        extras: &mut BTreeSet<String>,
    ) {
        let (field, format) = (entry.field, self.outline.format);
        if let Some(found) = matches.leaves.get(&index) {
            let target = &home.targets.leaves[found.target];
            row.matched = true;
            row.record.clone_from(&target.path);
            let list = match &target.of {
                Of::Words(words) => {
                    let name = self.list_name(field);
                    let list = codes::of_words(&name, field, words);
                    if !list.open.is_empty() {
                        let open = list.open.join(", ");
                        self.plan
                            .doubts
                            .push(format!("codes/{name}.csv: no word of the record found for {open}"));
                    }
                    Some(self.shared(list))
                }
                _ => None,
            };
            row.how = convert::to(field, &target.of, format, list.as_deref());
            if matches!(target.of, Of::Texts) && !field.repeats {
                row.record.push_str("[1]");
            }
            if let (Of::Money, Some(other)) = (&target.of, &found.currency) {
                row.wire = format!("{} + {other}", row.wire);
                row.how = convert::money_of_two(field, format);
            }
            if target.of == Of::Money && !convert::unit_is_clear(field) {
                "yuan? fen? wan?".clone_into(&mut row.note);
                self.plan.doubts.push(format!("{}: in which unit is the amount? drafted as yuan", row.wire));
            }
            if found.score < 0.75 {
                row.note = [row.note.as_str(), "check"]
                    .iter()
                    .filter(|s| !s.is_empty())
                    .copied()
                    .collect::<Vec<_>>()
                    .join("; ");
            }
            return;
        }
        row.record = home.extra(field, &entry.above, extras);
        if !field.leaf && field.children.is_empty() {
            "present".clone_into(&mut row.how);
            return;
        }
        let name = self.list_name(field);
        let list = codes::of_itself(&name, field).filter(|_| !row.waits || home.open);
        let list = list.map(|list| self.shared(list));
        row.how = convert::plain(field, format, list.as_deref());
    }

    fn group(
        &mut self,
        row: &mut Row,
        entry: &Entry<'a>,
        found: Option<usize>,
        home: &Home<'_>,
        extras: &mut BTreeSet<String>,
    ) {
        let name = self.name(&entry.field.name);
        let at = self.plan.blocks.len();
        self.plan.blocks.push(Block { name: name.clone(), rows: Vec::new() });
        row.how = format!("each {name}");
        let rows = if let Some(group) = found {
            let group = &home.targets.groups[group];
            row.matched = true;
            row.record.clone_from(&group.path);
            let inner = Home::item(group.item);
            let (mut rows, _) = self.rows(entry.field, &inner, "");
            let missing = required::missing(&rows, &inner);
            if let Some(test) = required::feed(&mut rows, &missing, &inner, &mut self.plan.doubts, &name) {
                row.record.push_str(&test);
            }
            rows
        } else {
            row.record = home.extra(entry.field, &entry.above, extras);
            self.rows(entry.field, &Home::open(), "").0
        };
        self.plan.blocks[at].rows = rows;
    }

    /// The name under which a list stands: fields of one type share theirs.
    fn shared(&mut self, list: List) -> String {
        if let Some(known) = self.plan.lists.iter().find(|known| known.text == list.text) {
            return known.name.clone();
        }
        let name = list.name.clone();
        self.plan.lists.push(list);
        name
    }

    /// The name of a code list, after the field.
    fn list_name(&self, field: &Field) -> String {
        let base = snake(&field.name).replace('_', "-");
        let base = if base.is_empty() { "codes".to_owned() } else { base };
        let taken = |name: &String| self.plan.lists.iter().any(|list| list.name == *name);
        let numbered = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}-{number}")));
        numbered.into_iter().find(|name| !taken(name)).unwrap_or(base)
    }
}

/// Whether drafts of this format can have an order of their own.
pub(super) const fn ordered(format: Format) -> bool {
    matches!(format, Format::Xml)
}
