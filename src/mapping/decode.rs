//! Bytes → records: read, recognise, validate, map, compare (MAPPING, sections 1 and 8).

use serde_json::{Map as JsonMap, Value, json};

use crate::domain::problem::Problem;
use crate::mapping::aside::{Aside, Attachments, Context};
use crate::mapping::batch::{self, Judged, RefusedRecord};
use crate::mapping::compile::{RECORDS, is_whole};
use crate::mapping::fold::Fold;
use crate::mapping::inner;
use crate::mapping::keep::{self, Kept, Pair};
use crate::mapping::manifest::{Format, Signed};
use crate::mapping::mask;
use crate::mapping::message::BadRecords;
use crate::mapping::mirror::Mirror;
use crate::mapping::path::record::Object;
use crate::mapping::profile::Profile;
use crate::mapping::read::{self, MARK};
use crate::mapping::recognise::{Message, recognise};
use crate::mapping::signed;
use crate::mapping::steps::Run;
use crate::mapping::table;
use crate::mapping::trace::{ReadOut, Told, Trace};
use crate::mapping::write;
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;
use crate::wire::tree::{NodeId, Tree};
use crate::wire::{json, xml};

/// A document as it came.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its format, as its media type says.
    pub format: Format,
    /// The `charset` of its media type.
    pub charset: Option<Encoding>,
    /// The reader's limits.
    pub limits: &'a Limits,
}

/// What a document says.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Which message of the profile it is.
    pub message: String,
    /// The kind of its records.
    pub kind: String,
    /// What stands beside the records.
    pub envelope: JsonMap<String, Value>,
    /// The records: canonical JSON objects with `kind`, and `extensions.kept` for what no row maps.
    pub records: Vec<Value>,
    /// Records that are bad among good ones, where the profile says `bad_records = "skip"`; they are not in
    /// [`Self::records`], nor in what is kept.
    pub refused: Vec<RefusedRecord>,
    /// Doubts that do not refuse: wrong check digits. They stand in their records too.
    pub warnings: Vec<Problem>,
    /// The bytes of its attachments, where somebody takes them.
    pub attachments: Attachments,
    /// Where each value came from.
    pub trace: Trace,
    /// The encoding it was in.
    pub encoding: Encoding,
    /// Its format.
    pub format: Format,
    /// The position in the document of each of [`Self::records`], from 1.
    pub(crate) positions: Vec<usize>,
}

impl Decoded {
    /// The position in the document of each of [`Self::records`], from 1: those of the refused are left out, and of
    /// several that are one (`fold`) it is the first's.
    pub fn positions(&self) -> impl Iterator<Item = usize> {
        self.positions.iter().copied()
    }

    /// The message object that [`Profile::encode`] takes.
    #[must_use]
    pub fn to_message(&self) -> Value {
        if is_whole(&self.kind) {
            return self.records.first().cloned().unwrap_or_default();
        }
        let mut message = self.envelope.clone();
        message.insert(RECORDS.to_owned(), Value::Array(self.records.clone()));
        Value::Object(message)
    }
}

/// How far a document came before it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// It is not well-formed, or beyond a limit.
    Read,
    /// It is none of the profile's messages.
    Recognise,
    /// It breaks the agency's schema.
    Validate,
    /// A rule of the map refused it.
    Map,
}

/// Why a document is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Which message it is, where that could be told.
    pub message: Option<String>,
    /// How far it came.
    pub stage: Stage,
    /// Everything wrong with it, its records' problems included.
    pub problems: Vec<Problem>,
    /// The records that are bad, each with its own problems; the others are good.
    pub records: Vec<RefusedRecord>,
    /// What could be read of the envelope, and `registration_number` of the first record: enough for an answer.
    pub envelope: Option<JsonMap<String, Value>>,
}

impl Refusal {
    pub(crate) fn early(stage: Stage, problems: Vec<Problem>) -> Self {
        Self { message: None, stage, problems, records: Vec::new(), envelope: None }
    }
}

impl Profile {
    /// Wire → records. The bytes of attachments stay in their records, among what is kept.
    pub fn decode(&self, input: &Input<'_>, run: &Run<'_>) -> Result<Decoded, Refusal> {
        self.decode_aside(input, run, &Aside::default())
    }

    /// The same with something beside the document: somebody who takes the bytes of attachments, or the message that
    /// this one answers.
    pub fn decode_aside(
        &self,
        input: &Input<'_>,
        run: &Run<'_>,
        aside: &Aside<'_>,
    ) -> Result<Decoded, Refusal> {
        let context = Context { run: *run, aside: *aside };
        let (mut tree, encoding) =
            self.read_tree(input).map_err(|problems| Refusal::early(Stage::Read, problems))?;
        let (message, top) = recognise(&self.messages, &tree, &self.map.names, input.format)
            .map_err(|problems| Refusal::early(Stage::Recognise, problems))?;
        let refused = |stage, problems, records, envelope| Refusal {
            message: Some(message.entry.name.clone()),
            stage,
            problems,
            records,
            envelope,
        };
        let mut invalid = match (self.manifest.signed, input.format) {
            (Signed::Refuse, Format::Xml) => signed::refuse(&tree),
            _ => Vec::new(),
        };
        invalid.extend(Self::validate(message, &tree, input.format));
        if self.map.inner {
            let blocks = self.map.below(message.block);
            let problems = inner::graft(&self.map, &blocks, &mut tree, top, input.limits);
            if !problems.is_empty() {
                return Err(refused(Stage::Read, problems, Vec::new(), None));
            }
        }
        let mut out = read::read(&self.map, &tree, message.block, top, context);
        message.fold.iter().for_each(|fold| self.disagreeing(fold, &tree, &mut out));
        let stage = if invalid.is_empty() { Stage::Map } else { Stage::Validate };
        let invalid = table::with_faults(&tree, invalid, &mut out.problems);
        let count = count(message, &tree, top, &out.message);
        let mut judged = Judged::of(&mut out, &tree, count, invalid);
        let warnings = out.warnings.iter_mut().map(|told| &mut told.problem);
        mask::problems(&self.map, &tree, judged.all().chain(warnings));
        if !judged.is_clean() {
            let left = out.records.len() > judged.records.len() && judged.envelope.is_empty();
            if message.entry.bad_records == BadRecords::Refuse || !left {
                let (problems, envelope) = (judged.problems(), readable(out.message));
                return Err(refused(stage, problems, judged.records, Some(envelope)));
            }
            batch::set_aside(&self.map, &mut tree, &mut out, &judged.records);
            out.mirror = None;
        }
        // What is taken aside is written from there; what nobody takes is kept.
        let attached = aside.attachments.map(|_| &out.attached);
        let context = Context { aside: Aside { attachments: attached, ..*aside }, ..context };
        let kept = self.keep(message, &mut tree, top, input.format, &out, context);
        let mut value = Value::Object(out.message);
        self.stamp(&mut value, kept, &message.entry.name, input.format);
        let Value::Object(mut object) = value else { unreachable!("it was an object before its marks went") };
        let kind = message.entry.kind.clone();
        let (envelope, records) = if is_whole(&kind) {
            object.insert("kind".to_owned(), kind.clone().into());
            (JsonMap::new(), vec![Value::Object(object)])
        } else {
            let records = match object.remove(RECORDS) {
                Some(Value::Array(records)) => records,
                _ => Vec::new(),
            };
            (object, records.into_iter().map(|record| named(record, &kind)).collect())
        };
        let warnings =
            table::unread(&tree).chain(out.warnings.into_iter().map(|told| told.problem)).collect();
        let refused: Vec<usize> = judged.records.iter().map(|record| record.index).collect();
        let mut positions: Vec<usize> =
            (1..).filter(|index| refused.binary_search(index).is_err()).take(records.len()).collect();
        let records = match &message.fold {
            Some(fold) => {
                let (folded, first) = fold.fold(records);
                positions = first.into_iter().map(|index| positions[index]).collect();
                folded
            }
            None => records,
        };
        let mut trace = out.trace;
        trace.tree = tree;
        Ok(Decoded {
            attachments: out.attached,
            message: message.entry.name.clone(),
            kind,
            envelope,
            records,
            refused: judged.records,
            warnings,
            trace,
            encoding,
            format: input.format,
            positions,
        })
    }

    /// The document as a tree, and the encoding it was in.
    pub(crate) fn read_tree(&self, input: &Input<'_>) -> Result<(Tree, Encoding), Vec<Problem>> {
        let Input { bytes, charset, limits, .. } = *input;
        let vocabulary = self.map.names.vocabulary();
        match input.format {
            Format::Xml => xml::read_knowing(bytes, charset, limits, vocabulary),
            Format::Json => Ok((json::read_knowing(bytes, limits, vocabulary)?, Encoding::Utf8)),
            Format::Form => Ok((crate::wire::form::read(bytes, limits)?, Encoding::Utf8)),
            Format::Csv => {
                crate::wire::csv::read_knowing(bytes, charset, &table::headings(&self.messages), limits)
            }
            Format::Xlsx => {
                let (sheets, headings) = (table::sheets(&self.messages), table::headings(&self.messages));
                Ok((crate::wire::xlsx::read_knowing(bytes, &sheets, &headings, limits)?, Encoding::Utf8))
            }
        }
    }

    /// Records that agree where the message says `fold`, and differ elsewhere: the later one is bad.
    fn disagreeing(&self, fold: &Fold, tree: &Tree, out: &mut ReadOut) {
        let records = out.message.get(RECORDS).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for index in fold.differing(records) {
            let node = out.records[index];
            let (line, column) = tree.place(node);
            let problem = Problem::new(
                "fold-differs",
                "与同属一件的前一记录，除列表外仍有不同",
                "differs from the record before that it is one with, and not in the list alone",
            );
            let problem = problem.with_place(line, column).with_path(tree.path(node)).with_rule(self.id());
            out.problems.push(Told { problem, record: Some(index) });
        }
    }

    /// What the record does not say of its document: as reading told it, or found by writing it.
    pub(crate) fn keep<'c>(
        &self,
        message: &Message,
        tree: &mut Tree,
        top: NodeId,
        format: Format,
        read: &ReadOut,
        run: impl Into<Context<'c>>,
    ) -> Kept {
        let holds = |mirror: &&Mirror| mirror.holds(tree, self.rank(message, top, format).as_ref());
        if let Some(mirror) = read.mirror.as_ref().filter(holds) {
            let kept = mirror.kept(&self.map, tree, &read.items);
            // What is promised without looking is looked at wherever anything is tested.
            debug_assert_eq!(kept, self.compared(message, tree, top, format, read, run.into()));
            return kept;
        }
        self.compared(message, tree, top, format, read, run.into())
    }

    fn compared(
        &self,
        message: &Message,
        tree: &mut Tree,
        top: NodeId,
        format: Format,
        read: &ReadOut,
        run: Context<'_>,
    ) -> Kept {
        let (object, items) = (&read.message, &read.items);
        let came = tree.root().expect("a document was read");
        let (root, written_top) = self.skeleton(message, tree, format);
        let out = write::write(&self.map, tree, format, message.block, written_top, object, run, true);
        self.arrange(message, tree, written_top, format);
        let marks =
            items.iter().enumerate().map(|(mark, node)| (*node, u32::try_from(mark).unwrap_or(u32::MAX)));
        let pair = Pair {
            names: &self.map.names,
            came: marks.collect(),
            written: out.items,
            generated: out.generated,
            assigned: out.assigned,
            bytes: out.bytes,
            tree,
        };
        // A wrapper around the message (a JSON root) belongs to nobody and is compared from the message's own top.
        let (came, root) = if tree_root_is(root, written_top) { (came, root) } else { (top, written_top) };
        keep::compare(pair, came, root)
    }

    /// Takes the marks off, and puts in their place what is kept.
    pub(crate) fn stamp(&self, value: &mut Value, mut kept: Kept, message: &str, format: Format) {
        let stamp = |entries: Vec<Value>| json!({ "profile": self.id(), "message": message, "format": format.as_str(), "entries": entries });
        unmark(value, &mut |mark| kept.remove(&mark).map(&stamp));
    }
}

/// `records = "1..20"`.
fn count(message: &Message, tree: &Tree, top: NodeId, object: &Object) -> Option<Problem> {
    let (low, high) = message.entry.records;
    let found = object.get(RECORDS).and_then(Value::as_array).map_or(0, Vec::len);
    if is_whole(&message.entry.kind) || (low..=high).contains(&found) {
        return None;
    }
    let (line, column) = tree.place(top);
    let problem = Problem::new(
        "record-count",
        format!("记录数应为 {low} 至 {high}，实为 {found}"),
        format!("expected {low} to {high} records, found {found}"),
    );
    Some(problem.with_place(line, column).with_path(tree.path(top)))
}

fn tree_root_is(root: NodeId, top: NodeId) -> bool {
    root == top
}

/// Takes the marks off a value, and puts in the place of each what is kept under it.
pub(crate) fn unmark(value: &mut Value, kept: &mut impl FnMut(u32) -> Option<Value>) {
    match value {
        Value::Object(object) => {
            let mark = object.remove(MARK).and_then(|mark| mark.as_u64());
            for member in object.values_mut() {
                unmark(member, kept);
            }
            let Some(stamped) = mark.and_then(|mark| kept(u32::try_from(mark).unwrap_or(u32::MAX))) else {
                return;
            };
            let extensions = object.entry("extensions").or_insert_with(|| json!({}));
            if let Some(extensions) = extensions.as_object_mut() {
                extensions.insert("kept".to_owned(), json!([stamped]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| unmark(item, kept)),
        _ => {}
    }
}

/// A record with its kind.
pub(crate) fn named(mut record: Value, kind: &str) -> Value {
    if let Some(object) = record.as_object_mut() {
        object.insert("kind".to_owned(), kind.into());
        object.entry("schema_version").or_insert_with(|| "1".into());
    }
    record
}

/// The envelope of a refused document.
pub(crate) fn readable(message: Object) -> JsonMap<String, Value> {
    let mut value = Value::Object(message);
    unmark(&mut value, &mut |_| None);
    let Value::Object(mut object) = value else { return JsonMap::new() };
    if let Some(Value::Array(records)) = object.remove(RECORDS)
        && let Some(number) = records.first().and_then(|record| record.get("registration_number"))
    {
        object.entry("registration_number").or_insert_with(|| number.clone());
    }
    object
}
