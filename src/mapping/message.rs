//! `[message.NAME]`: one message of a profile, as its manifest declares it (MAPPING, section 2).

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::domain::problem::Problem;
use crate::mapping::fault::Spot;
use crate::mapping::manifest::{Format, choice, unknown_word};
use crate::mapping::toml_view::View;
use crate::wire::sheet::HeadingRows;

/// One message, as the manifest declares it.
#[derive(Clone, Debug)]
pub(crate) struct MessageEntry {
    pub(crate) name: String,
    pub(crate) spot: Spot,
    pub(crate) wire: Vec<Format>,
    pub(crate) when: Option<(String, Spot)>,
    /// The root name per format; empty or missing for none.
    pub(crate) root: BTreeMap<Format, String>,
    pub(crate) kind: String,
    pub(crate) kind_spot: Spot,
    pub(crate) block: String,
    pub(crate) block_spot: Spot,
    pub(crate) answer: Option<(String, Spot)>,
    pub(crate) schema: Option<(String, Spot)>,
    /// The document that gives its order, where that is where order comes from.
    pub(crate) shape: Option<(String, Spot)>,
    /// Bounds on the number of records.
    pub(crate) records: (usize, usize),
    /// What becomes of the good records of a message when others are bad.
    pub(crate) bad_records: BadRecords,
    /// The list, one item of which stands in each record of the wire.
    pub(crate) per: Option<(String, Spot)>,
    /// Where records agree that are one.
    pub(crate) fold: Option<(String, Spot)>,
    /// Where the message says to which matter it belongs.
    pub(crate) correlate: Option<(String, Spot)>,
    /// How the sender is told that a message of this sort is refused.
    pub(crate) refusal: Refusals,
    /// In how many rows the headings of a table stand.
    pub(crate) headings: HeadingRows,
    pub(crate) label: String,
}

/// What becomes of the good records of a message when others are bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BadRecords {
    /// The message is refused as a whole.
    #[default]
    Refuse,
    /// The bad ones are told one by one, the good ones are taken.
    Skip,
}

pub(crate) const BAD_RECORDS: &[(&str, BadRecords)] =
    &[("refuse", BadRecords::Refuse), ("skip", BadRecords::Skip)];

/// How a sender is told that a message is refused as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Refusals {
    /// In the gateway's words, RFC 9457.
    #[default]
    Problem,
    /// As the message that answers it.
    Answer,
}

pub(crate) const REFUSALS: &[(&str, Refusals)] =
    &[("problem", Refusals::Problem), ("answer", Refusals::Answer)];

pub(crate) const HEADINGS: &[(&str, HeadingRows)] = &[("one", HeadingRows::One), ("two", HeadingRows::Two)];

/// The keys of a message.
pub(crate) const MESSAGE_KEYS: &[&str] = &[
    "wire",
    "when",
    "root",
    "kind",
    "block",
    "answer",
    "schema",
    "shape",
    "records",
    "bad_records",
    "per",
    "fold",
    "correlate",
    "headings",
    "refusal",
    "label",
];

/// Reads `[message.…]`, in the order of the file, over those of the profile that it extends; `"-"` removes one.
pub(crate) fn all(
    view: &View<'_>,
    table: &DeTable<'_>,
    base: &[MessageEntry],
    faults: &mut Vec<Problem>,
) -> Vec<MessageEntry> {
    let mut all = base.to_vec();
    let Some(value) = table.get("message") else { return all };
    let Some(inner) = value.get_ref().as_table() else {
        faults.push(view.wrong_type(value, "message", "表", "a table"));
        return all;
    };
    let mut found: Vec<(usize, MessageEntry)> = Vec::new();
    for (name, value) in inner {
        let known = base.iter().find(|known| known.name == **name.get_ref());
        if value.get_ref().as_str() == Some("-") && known.is_some() {
            all.retain(|known| known.name != **name.get_ref());
            continue;
        }
        let Some(fields) = value.get_ref().as_table() else {
            faults.push(view.wrong_type(value, name.get_ref(), "表", "a table"));
            continue;
        };
        view.deny_unknown(fields, MESSAGE_KEYS, faults);
        let read = message(view, name.get_ref(), &view.spot(name), fields, known, faults);
        found.push((name.span().start, read));
    }
    found.sort_by_key(|(start, _)| *start);
    for (_, entry) in found {
        match all.iter().position(|known| known.name == entry.name) {
            Some(index) => all[index] = entry,
            None => all.push(entry),
        }
    }
    all
}

fn message(
    view: &View<'_>,
    name: &str,
    spot: &Spot,
    fields: &DeTable<'_>,
    base: Option<&MessageEntry>,
    faults: &mut Vec<Problem>,
) -> MessageEntry {
    let missing = |key: &str| {
        spot.fault(
            "key-missing",
            format!("message.{name} 缺少 {key}"),
            format!("message.{name}: \"{key}\" is missing"),
        )
    };
    let wanted = |key: &str, known: Option<(String, Spot)>, faults: &mut Vec<Problem>| {
        view.string(fields, key, faults).or(known).unwrap_or_else(|| {
            faults.push(missing(key));
            (String::new(), spot.clone())
        })
    };
    let (kind, kind_spot) = wanted("kind", base.map(|b| (b.kind.clone(), b.kind_spot.clone())), faults);
    let (block, block_spot) = wanted("block", base.map(|b| (b.block.clone(), b.block_spot.clone())), faults);
    let words = view.strings(fields, "wire", faults);
    let mut wire = Vec::new();
    for word in &words {
        match Format::parse(word) {
            Some(format) => wire.push(format),
            None => {
                faults.push(unknown_word(spot, "wire", word, Format::ALL.into_iter().map(Format::as_str)));
            }
        }
    }
    if words.is_empty() {
        match base {
            Some(base) => wire.clone_from(&base.wire),
            None => faults.push(missing("wire")),
        }
    }
    let or = |key: &str, known: Option<&(String, Spot)>, faults: &mut Vec<Problem>| {
        view.string(fields, key, faults).or_else(|| known.cloned())
    };
    let label = view.string(fields, "label", faults).map(|(label, _)| label);
    let answer = or("answer", base.and_then(|b| b.answer.as_ref()), faults);
    let refusal = choice(view, fields, "refusal", REFUSALS, faults).or(base.map(|b| b.refusal));
    if refusal == Some(Refusals::Answer) && answer.is_none() {
        faults.push(spot.fault(
            "refusal-answer",
            format!("message.{name}：refusal = \"answer\" 须有 answer，即作答的报文"),
            format!("message.{name}: refusal = \"answer\" needs answer, the message that answers"),
        ));
    }
    MessageEntry {
        name: name.to_owned(),
        spot: spot.clone(),
        when: or("when", base.and_then(|b| b.when.as_ref()), faults),
        root: roots(view, fields, &wire, faults).or(base.map(|b| b.root.clone())).unwrap_or_default(),
        wire,
        kind,
        kind_spot,
        block,
        block_spot,
        answer,
        schema: or("schema", base.and_then(|b| b.schema.as_ref()), faults),
        shape: or("shape", base.and_then(|b| b.shape.as_ref()), faults),
        per: or("per", base.and_then(|b| b.per.as_ref()), faults),
        fold: or("fold", base.and_then(|b| b.fold.as_ref()), faults),
        correlate: or("correlate", base.and_then(|b| b.correlate.as_ref()), faults),
        records: bounds(view, fields, faults).or(base.map(|b| b.records)).unwrap_or((0, usize::MAX)),
        bad_records: choice(view, fields, "bad_records", BAD_RECORDS, faults)
            .or(base.map(|b| b.bad_records))
            .unwrap_or_default(),
        refusal: refusal.unwrap_or_default(),
        headings: choice(view, fields, "headings", HEADINGS, faults)
            .or(base.map(|b| b.headings))
            .unwrap_or_default(),
        label: label.or(base.map(|b| b.label.clone())).unwrap_or_default(),
    }
}

/// `root = "Name"` for every format of the message, or `root = { xml = "Name", json = "" }`.
fn roots(
    view: &View<'_>,
    fields: &DeTable<'_>,
    wire: &[Format],
    faults: &mut Vec<Problem>,
) -> Option<BTreeMap<Format, String>> {
    let value = fields.get("root")?;
    if let Some(name) = value.get_ref().as_str() {
        return Some(wire.iter().map(|format| (*format, name.to_owned())).collect());
    }
    let Some(table) = value.get_ref().as_table() else {
        faults.push(view.wrong_type(value, "root", "文本或表", "text or a table"));
        return None;
    };
    let mut found = BTreeMap::new();
    for (key, name) in table {
        match (Format::parse(key.get_ref()), name.get_ref().as_str()) {
            (Some(format), Some(name)) => {
                found.insert(format, name.to_owned());
            }
            (None, _) => faults.push(unknown_word(
                &view.spot(key),
                "root",
                key.get_ref(),
                Format::ALL.into_iter().map(Format::as_str),
            )),
            (_, None) => faults.push(view.wrong_type(name, key.get_ref(), "文本", "text")),
        }
    }
    Some(found)
}

/// `records = "1..20"`; without it, any number.
fn bounds(view: &View<'_>, fields: &DeTable<'_>, faults: &mut Vec<Problem>) -> Option<(usize, usize)> {
    let (text, spot) = view.string(fields, "records", faults)?;
    let parsed = text.split_once("..").and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
    if parsed.is_none() {
        faults.push(spot.fault(
            "bounds",
            format!("records “{text}”应如 1..20"),
            format!("records \"{text}\": expected bounds such as 1..20"),
        ));
    }
    parsed
}
