//! Whether two documents say the same, by readers that are not ours: quick-xml with its own name spaces, `serde_json`,
//! `form_urlencoded`, `csv`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quick_xml::events::Event;
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;
use regbridge::mapping::Format;
use serde_json::Value;

/// What the second document lost or changed of the first.
pub(super) fn documents(format: Format, came: &[u8], written: &[u8]) -> Result<(), String> {
    let differ = |a: String, b: String| if a == b { Ok(()) } else { Err(first(&a, &b)) };
    match format {
        Format::Xml => differ(xml(came)?, xml(written)?),
        Format::Json => differ(lines(&value(came)?), lines(&value(written)?)),
        Format::Form => differ(form(came), form(written)),
        Format::Csv => differ(csv(came)?, csv(written)?),
        // No other reader of workbooks is at hand; what is taken of one is compared by its cells elsewhere.
        Format::Xlsx => Ok(()),
    }
}

fn first(a: &str, b: &str) -> String {
    let (mut left, mut right) = (a.lines(), b.lines());
    loop {
        match (left.next(), right.next()) {
            (Some(x), Some(y)) if x == y => {}
            (x, y) => return format!("came {x:?}, written {y:?}"),
        }
    }
}

fn value(bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|wrong| format!("no JSON: {wrong}"))
}

fn lines(value: &Value) -> String {
    serde_json::to_string_pretty(&opened(value)).expect("JSON")
}

/// A text that is JSON is compared as JSON, wherever it stands.
fn told(text: &str) -> String {
    match within(text) {
        Some(value) => lines(&value),
        None => format!("{text:?}"),
    }
}

fn within(text: &str) -> Option<Value> {
    let begins = text.trim_start().starts_with(['{', '[']);
    if begins { serde_json::from_str(text).ok() } else { None }
}

fn opened(value: &Value) -> Value {
    match value {
        Value::String(text) => within(text)
            .map_or_else(|| value.clone(), |inner| Value::Array(vec!["JSON".into(), opened(&inner)])),
        Value::Array(items) => items.iter().map(opened).collect(),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, member)| (key.clone(), opened(member))).collect())
        }
        other => other.clone(),
    }
}

fn text(bytes: &[u8]) -> String {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    // UTF-16 without a mark.
    if bytes.starts_with(b"<\0") {
        return encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned();
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let declared = head.split("?>").next().and_then(|head| head.split("encoding").nth(1));
    let label = declared.and_then(|rest| rest.split(['"', '\'']).nth(1));
    let encoding = label.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    encoding.unwrap_or(encoding_rs::UTF_8).decode(bytes).0.into_owned()
}

/// A line per element, attribute and text. White space alone between elements is layout.
fn xml(bytes: &[u8]) -> Result<String, String> {
    let text = text(bytes);
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let (mut out, mut run, mut mixed) = (String::new(), String::new(), vec![false]);
    let flush = |out: &mut String, run: &mut String, leaf: bool| {
        if (leaf && !run.is_empty()) || !run.trim_matches([' ', '\n', '\r', '\t']).is_empty() {
            let _ = writeln!(out, "text {}", told(run));
        }
        run.clear();
    };
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|wrong| format!("no XML: {wrong}"))?;
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.0.to_owned(),
            _ => String::new(),
        };
        match event {
            Event::Start(tag) => {
                *mixed.last_mut().expect("the document") = true;
                flush(&mut out, &mut run, false);
                mixed.push(false);
                let _ = writeln!(out, "<{{{namespace}}}{}", tag.local_name().as_ref());
                let mut attributes = BTreeMap::new();
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(|wrong| format!("no XML: {wrong}"))?;
                    if attribute.key.as_namespace_binding().is_some() {
                        continue;
                    }
                    let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
                    let namespace = match namespace {
                        ResolveResult::Bound(namespace) => namespace.0.to_owned(),
                        _ => String::new(),
                    };
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
                    let value = value.map_err(|wrong| format!("no XML: {wrong}"))?.into_owned();
                    attributes.insert(format!("{{{namespace}}}{}", local.as_ref()), value);
                }
                for (name, value) in attributes {
                    let _ = writeln!(out, "@{name} {value:?}");
                }
            }
            Event::End(_) => {
                let leaf = !mixed.pop().unwrap_or_default();
                flush(&mut out, &mut run, leaf);
                out.push_str(">\n");
            }
            Event::Text(part) => run.push_str(&part.replace("\r\n", "\n").replace('\r', "\n")),
            Event::CData(part) => run.push_str(&part.replace("\r\n", "\n").replace('\r', "\n")),
            Event::GeneralRef(reference) => match &*reference {
                "lt" => run.push('<'),
                "gt" => run.push('>'),
                "amp" => run.push('&'),
                "quot" => run.push('"'),
                "apos" => run.push('\''),
                _ => run.extend(reference.resolve_char_ref().ok().flatten()),
            },
            Event::Eof => return Ok(out),
            _ => {}
        }
    }
}

/// Fields in the order of their names; JSON in one is compared as JSON.
fn form(bytes: &[u8]) -> String {
    let pairs = form_urlencoded::parse(bytes).into_owned().map(|(name, text)| {
        let value =
            if text.starts_with(['{', '[']) { serde_json::from_str::<Value>(&text).ok() } else { None };
        (name, value.map_or(text, |value| lines(&value)))
    });
    let mut pairs: Vec<(String, String)> = pairs.collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join("\n")
}

/// A cell without the apostrophe that keeps a spreadsheet from taking it for a formula.
fn plain(cell: &str) -> String {
    let rest = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(cell).to_owned()
}

/// Rows that are not blank: the cells that are not blank, by their columns.
fn csv(bytes: &[u8]) -> Result<String, String> {
    // A table names no encoding: it is UTF-8, or else what Chinese offices write.
    let text = match std::str::from_utf8(bytes) {
        Ok(_) => text(bytes),
        Err(_) => encoding_rs::GB18030.decode(bytes).0.into_owned(),
    };
    let text = text.trim_start_matches('\u{FEFF}');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let rows: Result<Vec<Vec<String>>, _> =
        reader.records().map(|row| row.map(|row| row.iter().map(str::to_owned).collect())).collect();
    let rows = rows.map_err(|wrong| format!("no CSV: {wrong}"))?;
    let mut rows = rows.into_iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    let Some(head) = rows.next() else { return Ok(String::new()) };
    let mut out = String::new();
    for row in rows {
        let mut cells: Vec<(String, String)> = row
            .into_iter()
            .enumerate()
            .filter(|(_, cell)| !cell.trim().is_empty())
            .map(|(at, cell)| (plain(head.get(at).map_or("", String::as_str).trim()), plain(&cell)))
            .collect();
        cells.sort();
        let _ = writeln!(out, "{cells:?}");
    }
    Ok(out)
}
