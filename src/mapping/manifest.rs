//! `profile.toml`: what the profile is, its messages, name spaces, zone and policies (MAPPING, section 2).

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::problem::Problem;
use crate::mapping::fault::{Spot, suggestion};
use crate::mapping::files::ProfileFiles;
use crate::mapping::toml_view::View;
use crate::wire::encoding::Encoding;

/// The name of the manifest.
pub(crate) const MANIFEST: &str = "profile.toml";

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// An XML document.
    Xml,
    /// A JSON document.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

impl Format {
    /// The word of `wire = [...]`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Form => "form",
        }
    }

    /// From the word of `wire = [...]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Xml, Self::Json, Self::Form].into_iter().find(|format| format.as_str() == text)
    }
}

/// How we write that there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    /// Not at all.
    Absent,
    /// An empty element, or an empty string.
    Empty,
    /// JSON null; absent in XML.
    Null,
}

/// Where the order of output comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The agency's schema.
    Schema,
    /// The rows, as they stand in the map.
    Rows,
}

/// What becomes of record content that has no place on this wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// Written without it, and said so in the report.
    Report,
    /// Refused.
    Refuse,
}

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
    /// Bounds on the number of records.
    pub(crate) records: (usize, usize),
    pub(crate) label: String,
}

/// The manifest.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) zone_seconds: i32,
    pub(crate) encoding: Encoding,
    pub(crate) blank: Blank,
    pub(crate) order: Order,
    pub(crate) unwritten: Unwritten,
    pub(crate) indent: bool,
    /// Prefix → URI, as written.
    pub(crate) namespaces: Vec<(String, String)>,
    pub(crate) messages: Vec<MessageEntry>,
    /// Rows whose kept spellings in samples are known and accepted: `file:line`, or a wire path.
    pub(crate) kept_ok: Vec<String>,
}

const KEYS: &[&str] = &[
    "id",
    "name",
    "zone",
    "encoding",
    "blank",
    "order",
    "unwritten",
    "indent",
    "ns",
    "message",
    "kept_ok",
    "official",
];
const MESSAGE_KEYS: &[&str] =
    &["wire", "when", "root", "kind", "block", "answer", "schema", "records", "label"];

/// Reads `profile.toml`.
pub(crate) fn read(files: &ProfileFiles) -> Result<Manifest, Vec<Problem>> {
    let text = files.text(MANIFEST).map_err(|problem| vec![problem])?;
    let view = View { file: MANIFEST, text };
    let table = view.parse()?;
    let mut faults = Vec::new();
    view.deny_unknown(&table, KEYS, &mut faults);
    let top = Spot::top(MANIFEST);
    let id = view.string(&table, "id", &mut faults).map_or_else(String::new, |(id, _)| id);
    if id.is_empty() {
        faults.push(top.fault("key-missing", "缺少 id", "\"id\" is missing"));
    }
    let name = view.string(&table, "name", &mut faults).map_or_else(|| id.clone(), |(name, _)| name);
    let manifest = Manifest {
        id,
        name,
        zone_seconds: zone(&view, &table, &mut faults),
        encoding: encoding(&view, &table, &mut faults),
        blank: choice(&view, &table, "blank", BLANKS, &mut faults).unwrap_or(Blank::Absent),
        order: choice(&view, &table, "order", ORDERS, &mut faults).unwrap_or(Order::Rows),
        unwritten: choice(&view, &table, "unwritten", UNWRITTENS, &mut faults).unwrap_or(Unwritten::Report),
        indent: table.get("indent").and_then(|v| v.get_ref().as_bool()).unwrap_or(false),
        namespaces: namespaces(&view, &table, &mut faults),
        messages: messages(&view, &table, &mut faults),
        kept_ok: view.strings(&table, "kept_ok", &mut faults),
    };
    if manifest.messages.is_empty() {
        faults.push(top.fault("key-missing", "没有任何 [message.…]", "there is no [message.…]"));
    }
    if faults.is_empty() { Ok(manifest) } else { Err(faults) }
}

const BLANKS: &[(&str, Blank)] = &[("absent", Blank::Absent), ("empty", Blank::Empty), ("null", Blank::Null)];
const ORDERS: &[(&str, Order)] = &[("schema", Order::Schema), ("rows", Order::Rows)];
const UNWRITTENS: &[(&str, Unwritten)] = &[("report", Unwritten::Report), ("refuse", Unwritten::Refuse)];

fn choice<T: Copy>(
    view: &View<'_>,
    table: &DeTable<'_>,
    key: &str,
    words: &[(&str, T)],
    faults: &mut Vec<Problem>,
) -> Option<T> {
    let (word, spot) = view.string(table, key, faults)?;
    let found = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    if found.is_none() {
        faults.push(unknown_word(&spot, key, &word, words.iter().map(|(known, _)| *known)));
    }
    found
}

fn unknown_word<'a>(
    spot: &Spot,
    key: &str,
    word: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    let (zh, en) = suggestion(word, known.clone());
    let list = known.collect::<Vec<_>>().join(" | ");
    spot.fault(
        "unknown-word",
        format!("{key} 不能为“{word}”，应为 {list}{zh}"),
        format!("{key} cannot be \"{word}\", expected {list}{en}"),
    )
}

fn zone(view: &View<'_>, table: &DeTable<'_>, faults: &mut Vec<Problem>) -> i32 {
    let Some((text, spot)) = view.string(table, "zone", faults) else { return 8 * 3600 };
    if let Some(seconds) = offset(&text) {
        return seconds;
    }
    faults.push(spot.fault(
        "zone",
        format!("时区“{text}”应如 +08:00"),
        format!("zone \"{text}\": expected an offset such as +08:00"),
    ));
    0
}

/// `+08:00` in seconds.
fn offset(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two = |part: &str| (part.len() == 2).then(|| part.parse::<i32>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn encoding(view: &View<'_>, table: &DeTable<'_>, faults: &mut Vec<Problem>) -> Encoding {
    let Some((label, spot)) = view.string(table, "encoding", faults) else { return Encoding::Utf8 };
    Encoding::parse(&label).unwrap_or_else(|| {
        let known = ["utf-8", "gb18030", "gbk", "gb2312", "utf-16le", "utf-16be"];
        faults.push(unknown_word(&spot, "encoding", &label, known.into_iter()));
        Encoding::Utf8
    })
}

fn namespaces(view: &View<'_>, table: &DeTable<'_>, faults: &mut Vec<Problem>) -> Vec<(String, String)> {
    let Some(value) = table.get("ns") else { return Vec::new() };
    let Some(inner) = value.get_ref().as_table() else {
        faults.push(view.wrong_type(value, "ns", "表", "a table"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (prefix, uri) in inner {
        match uri.get_ref().as_str() {
            Some(uri) => found.push((prefix.get_ref().to_string(), uri.to_owned())),
            None => faults.push(view.wrong_type(uri, prefix.get_ref(), "文本", "text")),
        }
    }
    found
}

fn messages(view: &View<'_>, table: &DeTable<'_>, faults: &mut Vec<Problem>) -> Vec<MessageEntry> {
    let Some(value) = table.get("message") else { return Vec::new() };
    let Some(inner) = value.get_ref().as_table() else {
        faults.push(view.wrong_type(value, "message", "表", "a table"));
        return Vec::new();
    };
    let mut found: Vec<(usize, MessageEntry)> = Vec::new();
    for (name, value) in inner {
        let Some(fields) = value.get_ref().as_table() else {
            faults.push(view.wrong_type(value, name.get_ref(), "表", "a table"));
            continue;
        };
        view.deny_unknown(fields, MESSAGE_KEYS, faults);
        found.push((name.span().start, message(view, name.get_ref(), &view.spot(name), fields, faults)));
    }
    found.sort_by_key(|(start, _)| *start);
    found.into_iter().map(|(_, entry)| entry).collect()
}

fn message(
    view: &View<'_>,
    name: &str,
    spot: &Spot,
    fields: &DeTable<'_>,
    faults: &mut Vec<Problem>,
) -> MessageEntry {
    let wanted = |key: &str, faults: &mut Vec<Problem>| {
        view.string(fields, key, faults).unwrap_or_else(|| {
            faults.push(spot.fault(
                "key-missing",
                format!("message.{name} 缺少 {key}"),
                format!("message.{name}: \"{key}\" is missing"),
            ));
            (String::new(), spot.clone())
        })
    };
    let (kind, kind_spot) = wanted("kind", faults);
    let (block, block_spot) = wanted("block", faults);
    let words = view.strings(fields, "wire", faults);
    let mut wire = Vec::new();
    for word in &words {
        match Format::parse(word) {
            Some(format) => wire.push(format),
            None => faults.push(unknown_word(spot, "wire", word, ["form", "json", "xml"].into_iter())),
        }
    }
    if words.is_empty() {
        faults.push(spot.fault(
            "key-missing",
            format!("message.{name} 缺少 wire"),
            format!("message.{name}: \"wire\" is missing"),
        ));
    }
    MessageEntry {
        name: name.to_owned(),
        spot: spot.clone(),
        when: view.string(fields, "when", faults),
        root: roots(view, fields, &wire, faults),
        wire,
        kind,
        kind_spot,
        block,
        block_spot,
        answer: view.string(fields, "answer", faults),
        schema: view.string(fields, "schema", faults),
        records: bounds(view, fields, faults),
        label: view.string(fields, "label", faults).map_or_else(String::new, |(label, _)| label),
    }
}

/// `root = "Name"` for every format of the message, or `root = { xml = "Name", json = "" }`.
fn roots(
    view: &View<'_>,
    fields: &DeTable<'_>,
    wire: &[Format],
    faults: &mut Vec<Problem>,
) -> BTreeMap<Format, String> {
    let Some(value) = fields.get("root") else { return BTreeMap::new() };
    if let Some(name) = value.get_ref().as_str() {
        return wire.iter().map(|format| (*format, name.to_owned())).collect();
    }
    let Some(table) = value.get_ref().as_table() else {
        faults.push(view.wrong_type(value, "root", "文本或表", "text or a table"));
        return BTreeMap::new();
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
                ["form", "json", "xml"].into_iter(),
            )),
            (_, None) => faults.push(view.wrong_type(name, key.get_ref(), "文本", "text")),
        }
    }
    found
}

/// `records = "1..20"`; without it, any number.
fn bounds(view: &View<'_>, fields: &DeTable<'_>, faults: &mut Vec<Problem>) -> (usize, usize) {
    let Some((text, spot)) = view.string(fields, "records", faults) else { return (0, usize::MAX) };
    let parsed = text.split_once("..").and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
    parsed.unwrap_or_else(|| {
        faults.push(spot.fault(
            "bounds",
            format!("records “{text}”应如 1..20"),
            format!("records \"{text}\": expected bounds such as 1..20"),
        ));
        (0, usize::MAX)
    })
}

/// Keeps the TOML types in one place for the modules that read rows.
pub(crate) type Cell<'a> = Spanned<DeValue<'a>>;
