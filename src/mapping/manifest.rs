//! `profile.toml`: what the profile is, its messages, name spaces, zone and policies (MAPPING, section 2).

use semver::Version;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::problem::Problem;
use crate::domain::profile_name::ProfileName;
use crate::mapping::beside;
use crate::mapping::extends::{self, ABOVE};
use crate::mapping::fault::{Spot, near};
use crate::mapping::files::ProfileFiles;
use crate::mapping::message::{self, MessageEntry};
use crate::mapping::toml_view::View;
use crate::mapping::zone::zone;
use crate::wire::encoding::Encoding;
use crate::wire::schema::XSI;

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
    /// A table as text.
    Csv,
    /// A sheet of a workbook.
    Xlsx,
}

impl Format {
    /// The word of `wire = [...]`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Form => "form",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// From the word of `wire = [...]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// All of them, as [`Self::parse`] knows them.
    pub const ALL: [Self; 5] = [Self::Xml, Self::Json, Self::Form, Self::Csv, Self::Xlsx];

    /// Whether its documents are tables: rows under the names of columns.
    #[must_use]
    pub const fn is_table(self) -> bool {
        matches!(self, Self::Csv | Self::Xlsx)
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml",
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
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
    /// JSON null; in XML an element with `xsi:nil`.
    Nil,
}

/// Where the order of output comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The agency's schema.
    Schema,
    /// A document with every element once.
    Shape,
    /// The rows, as they stand in the map.
    Rows,
}

/// What becomes of a document with an XML signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    /// The signature is content like any other.
    Ignore,
    /// It is refused, since nobody here verifies it.
    Refuse,
}

/// What becomes of record content that has no place on this wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// Written without it, and said so in the report.
    Report,
    /// Refused.
    Refuse,
}

/// The manifest.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Its version; 0.0.0 if it says none. A version of its own, never that of the profile that it extends.
    pub(crate) version: Version,
    /// The profile that it extends.
    pub(crate) extends: Option<(String, Spot)>,
    pub(crate) zone_seconds: i32,
    pub(crate) encoding: Encoding,
    pub(crate) blank: Blank,
    pub(crate) order: Order,
    pub(crate) unwritten: Unwritten,
    pub(crate) indent: bool,
    /// What becomes of a document with an XML signature.
    pub(crate) signed: Signed,
    /// Prefix → URI, as written.
    pub(crate) namespaces: Vec<(String, String)>,
    pub(crate) messages: Vec<MessageEntry>,
    /// Rows whose kept spellings in samples are known and accepted: `file:line`, or a wire path.
    pub(crate) kept_ok: Vec<String>,
}

/// The keys of the manifest.
pub(crate) const KEYS: &[&str] = &[
    "id",
    "name",
    "version",
    "extends",
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
    "signed",
    beside::KEY,
];

/// Reads `profile.toml`, over that of the profile that it extends.
pub(crate) fn read(files: &ProfileFiles) -> Result<Manifest, Vec<Problem>> {
    let base = match one(files, MANIFEST, None, &mut Vec::new())?.extends {
        None => None,
        Some((id, spot)) => {
            let path = format!("{ABOVE}{id}/{MANIFEST}");
            if !files.0.contains_key(&path) {
                return Err(vec![extends::unknown(&id, &spot, std::iter::empty())]);
            }
            let mut faults = Vec::new();
            let base = one(files, &path, None, &mut faults)?;
            if base.extends.is_some() {
                faults.push(spot.fault(
                    "extends-twice",
                    format!("“{id}”本身已继承他者：只可继承一层"),
                    format!("\"{id}\" extends another profile itself: one level only"),
                ));
            }
            if !faults.is_empty() {
                return Err(faults);
            }
            Some(base)
        }
    };
    let mut faults = Vec::new();
    let manifest = one(files, MANIFEST, base.as_ref(), &mut faults)?;
    if manifest.messages.is_empty() {
        faults.push(Spot::top(MANIFEST).fault(
            "key-missing",
            "没有任何 [message.…]",
            "there is no [message.…]",
        ));
    }
    if faults.is_empty() { Ok(manifest) } else { Err(faults) }
}

/// Reads one manifest; what it leaves out is as in `base`.
fn one(
    files: &ProfileFiles,
    path: &str,
    base: Option<&Manifest>,
    faults: &mut Vec<Problem>,
) -> Result<Manifest, Vec<Problem>> {
    let text = files.text(path).map_err(|problem| vec![problem])?;
    let view = View { file: path, text };
    let table = view.parse()?;
    view.deny_unknown(&table, KEYS, faults);
    let id = view.string(&table, "id", faults).map_or_else(String::new, |(id, _)| id);
    if id.is_empty() {
        faults.push(Spot::top(path).fault("key-missing", "缺少 id", "\"id\" is missing"));
    }
    let name = view.string(&table, "name", faults).map_or_else(|| id.clone(), |(name, _)| name);
    let version = version(&view, &table, faults);
    let mut kept_ok = view.strings(&table, "kept_ok", faults);
    kept_ok.extend(base.into_iter().flat_map(|base| base.kept_ok.iter().cloned()));
    // What is listed is looked for before all else ([`ProfileFiles::wanting`]); here only its form matters.
    beside::listed(&view, &table, faults);
    let indent = view.truth(&table, "indent", faults);
    let blank =
        choice(&view, &table, "blank", BLANKS, faults).or(base.map(|b| b.blank)).unwrap_or(Blank::Absent);
    let mut namespaces = namespaces(&view, &table, base, faults);
    if blank == Blank::Nil && namespaces.iter().all(|(_, uri)| uri != XSI) {
        namespaces.push(("xsi".to_owned(), XSI.to_owned()));
    }
    Ok(Manifest {
        id,
        name,
        version,
        extends: view.string(&table, "extends", faults),
        zone_seconds: zone(&view, &table, faults).or(base.map(|b| b.zone_seconds)).unwrap_or(8 * 3600),
        encoding: encoding(&view, &table, faults).or(base.map(|b| b.encoding)).unwrap_or(Encoding::Utf8),
        blank,
        order: choice(&view, &table, "order", ORDERS, faults)
            .or(base.map(|b| b.order))
            .unwrap_or(Order::Rows),
        unwritten: choice(&view, &table, "unwritten", UNWRITTENS, faults)
            .or(base.map(|b| b.unwritten))
            .unwrap_or(Unwritten::Report),
        indent: indent.or(base.map(|b| b.indent)).unwrap_or(false),
        signed: choice(&view, &table, "signed", SIGNED, faults)
            .or(base.map(|b| b.signed))
            .unwrap_or(Signed::Ignore),
        namespaces,
        messages: message::all(&view, &table, base.map_or(&[], |base| &base.messages), faults),
        kept_ok,
    })
}

pub(crate) const BLANKS: &[(&str, Blank)] =
    &[("absent", Blank::Absent), ("empty", Blank::Empty), ("null", Blank::Null), ("nil", Blank::Nil)];
pub(crate) const ORDERS: &[(&str, Order)] =
    &[("schema", Order::Schema), ("shape", Order::Shape), ("rows", Order::Rows)];
pub(crate) const SIGNED: &[(&str, Signed)] = &[("ignore", Signed::Ignore), ("refuse", Signed::Refuse)];
pub(crate) const UNWRITTENS: &[(&str, Unwritten)] =
    &[("report", Unwritten::Report), ("refuse", Unwritten::Refuse)];

/// One of the words that `key` may be.
pub(crate) fn choice<T: Copy>(
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

/// The fault of a word that `key` cannot be.
pub(crate) fn unknown_word<'a>(
    spot: &Spot,
    key: &str,
    word: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Problem {
    let (zh, en) = near(word, known.clone());
    let list = known.collect::<Vec<_>>().join(" | ");
    spot.fault(
        "unknown-word",
        format!("{key} 不能为“{word}”，应为 {list}{zh}"),
        format!("{key} cannot be \"{word}\", expected {list}{en}"),
    )
}

/// The version of profiles that say none.
pub const UNSAID: Version = Version::new(0, 0, 0);

/// <https://semver.org>: what follows a `+` is refused, since it tells two versions apart and gives them no order.
fn version(view: &View<'_>, table: &DeTable<'_>, faults: &mut Vec<Problem>) -> Version {
    let Some((text, spot)) = view.string(table, "version", faults) else { return UNSAID };
    match Version::parse(&text) {
        Ok(version) if version.build.is_empty() => version,
        _ => {
            faults.push(spot.fault(
                "version",
                format!("版本“{text}”应形如 1.2.0 或 1.3.0-draft.1"),
                format!("the version \"{text}\" is not of the form 1.2.0 or 1.3.0-draft.1"),
            ));
            UNSAID
        }
    }
}

/// The id and the version that a profile's files say, whatever else is wrong with them: loading tells that.
pub(crate) fn identity(files: &ProfileFiles) -> Option<ProfileName> {
    let view = View { file: MANIFEST, text: files.text(MANIFEST).ok()? };
    let table = view.parse().ok()?;
    let (id, _) = view.string(&table, "id", &mut Vec::new())?;
    Some(ProfileName::pinned(id, version(&view, &table, &mut Vec::new())))
}

/// The words of `encoding`.
pub(crate) const ENCODINGS: &[&str] = &["utf-8", "gb18030", "gbk", "gb2312", "utf-16le", "utf-16be"];

fn encoding(view: &View<'_>, table: &DeTable<'_>, faults: &mut Vec<Problem>) -> Option<Encoding> {
    let (label, spot) = view.string(table, "encoding", faults)?;
    let found = Encoding::parse(&label);
    if found.is_none() {
        faults.push(unknown_word(&spot, "encoding", &label, ENCODINGS.iter().copied()));
    }
    found
}

fn namespaces(
    view: &View<'_>,
    table: &DeTable<'_>,
    base: Option<&Manifest>,
    faults: &mut Vec<Problem>,
) -> Vec<(String, String)> {
    let mut found = base.map_or_else(Vec::new, |base| base.namespaces.clone());
    let Some(value) = table.get("ns") else { return found };
    let Some(inner) = value.get_ref().as_table() else {
        faults.push(view.wrong_type(value, "ns", "表", "a table"));
        return found;
    };
    for (prefix, uri) in inner {
        match uri.get_ref().as_str() {
            Some(uri) => {
                found.retain(|(known, _)| known != prefix.get_ref());
                found.push((prefix.get_ref().to_string(), uri.to_owned()));
            }
            None => faults.push(view.wrong_type(uri, prefix.get_ref(), "文本", "text")),
        }
    }
    found
}

/// Keeps the TOML types in one place for the modules that read rows.
pub(crate) type Cell<'a> = Spanned<DeValue<'a>>;
