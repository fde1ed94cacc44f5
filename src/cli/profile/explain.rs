//! `regbridge profile explain`: where each value of a message came from, and by which row.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::cli::Context;
use crate::cli::profile::{bytes, files, guess, run_now, tell};
use crate::domain::record::schemas;
use crate::mapping::{Canonical, Explained, Format, Input, MASK, Profile};
use crate::wire::limits::Limits;

/// A column is no wider: what is longer is cut.
const WIDEST: usize = 60;

#[derive(Args)]
pub(in crate::cli) struct Explain {
    /// A profile, ID for its newest version or ID@VERSION, or a folder.
    profile: String,
    /// One value, by its record path or by its last members, for example respondent.name.
    #[arg(long, value_name = "PATH")]
    field: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// The message; standard input without one.
    file: Option<PathBuf>,
}

pub(super) fn run(explain: &Explain, context: &Context) -> anyhow::Result<bool> {
    let files = files(&explain.profile, context)?;
    let (profile, _) = match Profile::load(&files, &Canonical(schemas())) {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(tell(&problems)),
    };
    let bytes = bytes(explain.file.as_deref())?;
    let ending = explain.file.as_ref().and_then(|file| Format::parse(file.extension()?.to_str()?));
    let format = ending.unwrap_or_else(|| guess(&bytes));
    let limits = Limits::default();
    let input = Input { bytes: &bytes, format, charset: None, limits: &limits };
    let decoded = match profile.decode(&input, &run_now()) {
        Ok(decoded) => decoded,
        Err(refusal) => return Ok(tell(&refusal.problems)),
    };
    let message = decoded.to_message();
    let mut told: Vec<Explained> = profile.explain(&decoded);
    if let Some(field) = &explain.field {
        // A list or an object is what stands in it; `field` may be its last members, or its beginning.
        let (end, middle) = (format!(".{field}"), format!(".{field}"));
        let below = |path: &str| {
            let at = path.strip_prefix(field.as_str());
            let within = path.find(&middle).map(|at| &path[at + middle.len()..]);
            [at, within].into_iter().flatten().any(|rest| rest.starts_with(['.', '[']))
        };
        let exact = |one: &Explained| one.record == *field || one.record.ends_with(&end);
        let any = told.iter().any(exact);
        told.retain(|one| exact(one) || (!any && below(&one.record)));
        if told.is_empty() {
            bail!("nothing of this message became {field}; without --field everything is shown");
        }
    }
    if explain.json {
        let values: Vec<Value> = told
            .iter()
            .map(|one| {
                let mut row = serde_json::to_value(one).unwrap_or_default();
                row["value"] = json!(value(&message, one));
                row
            })
            .collect();
        let head = json!({
            "profile": profile.id(), "digest": profile.digest().to_string(), "message": decoded.message, "values": values,
        });
        println!("{}", serde_json::to_string_pretty(&head)?);
        return Ok(true);
    }
    println!("{}  {}  {}", profile.id(), decoded.message, profile.digest());
    if explain.field.is_some() {
        for one in &told {
            whole(&message, one);
        }
    } else {
        table(&message, &told);
    }
    Ok(true)
}

/// Everything about one value.
fn whole(message: &Value, one: &Explained) {
    println!();
    let place = if one.line == 0 { String::new() } else { format!("  {}:{}", one.line, one.column) };
    println!("theirs  {}{place}  {}", one.wire, one.label);
    if let Some(found) = &one.found {
        println!("        {found}");
    }
    if let Some(kept) = &one.kept {
        println!("kept    {kept}");
    } else {
        println!("row     {}  {}", one.rule, if one.how.is_empty() { "text" } else { &one.how });
    }
    println!("ours    {}", if one.record.is_empty() { "(derived, not stored)" } else { &one.record });
    if let Some(value) = value(message, one) {
        println!("        {value}");
    }
}

/// Theirs on the left, ours on the right.
fn table(message: &Value, told: &[Explained]) {
    let leaves = told.iter().filter(|one| one.found.is_some() && one.kept.is_none());
    let rows: Vec<[String; 3]> = leaves
        .map(|one| {
            let found = one.found.as_deref().unwrap_or_default();
            let ours = match value(message, one) {
                Some(value) => format!("{} = {value}", one.record),
                None if one.record.is_empty() => "(derived)".to_owned(),
                None => one.record.clone(),
            };
            [format!("{}:{}", one.line, one.column), cut(&format!("{} = {found}", one.wire)), cut(&ours)]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let (place, theirs) = (width(0), width(1));
    for [at, left, right] in &rows {
        let gap = theirs - left.width();
        println!("{at:place$}  {left}{:gap$}  {right}", "");
    }
    let kept: Vec<&Explained> = told.iter().filter(|one| one.kept.is_some()).collect();
    if !kept.is_empty() {
        println!("kept, because no row says it:");
        for one in kept {
            println!("  {}", one.kept.as_ref().map(Value::to_string).unwrap_or_default());
        }
    }
}

/// At most so many columns of a terminal, where a Chinese character takes two.
fn cut(text: &str) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    if line.width() <= WIDEST {
        return line;
    }
    let mut short = String::new();
    for c in line.chars() {
        if short.width() + c.to_string().width() >= WIDEST {
            break;
        }
        short.push(c);
    }
    short + "…"
}

/// The value at an explanation's record path. What is sealed on the wire is sealed here.
fn value(message: &Value, one: &Explained) -> Option<String> {
    if one.record.is_empty() || one.kept.is_some() {
        return None;
    }
    let value = at(message, &one.record)?;
    match value {
        Value::Object(_) | Value::Array(_) if one.found.is_none() => None,
        _ if one.found.as_deref() == Some(MASK) => Some(MASK.to_owned()),
        value => Some(value.to_string()),
    }
}

/// `a.b[2].c[scheme='uscc']`: members, items from 1, the item or the object of which a test holds. A list without any
/// of these has the value in each of its items: the first tells it.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let path = path.trim_start_matches('.');
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('[') {
        let (test, rest) = rest.split_once(']')?;
        let inner = match (test.parse::<usize>(), value) {
            (Ok(index), _) => value.get(index.checked_sub(1)?)?,
            (Err(_), Value::Array(items)) => items.iter().find(|item| holds(item, test))?,
            (Err(_), _) => Some(value).filter(|value| holds(value, test))?,
        };
        return at(inner, rest);
    }
    if let Value::Array(items) = value {
        return at(items.first()?, path);
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    at(value.get(&path[..end])?, &path[end..])
}

fn holds(value: &Value, test: &str) -> bool {
    test.split(" and ").all(|term| {
        let Some((member, wanted)) = term.split_once('=') else { return false };
        let wanted = wanted.trim().trim_matches('\'');
        at(value, member.trim()).is_some_and(|found| match found {
            Value::String(own) => own == wanted,
            found => format!("{found}") == wanted,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_path_leads_to_its_value() {
        let message = json!({"records": [{"ids": [{"scheme": "id", "value": "1"}, {"scheme": "uscc", "value": "2"}], "n": 3}]});
        assert_eq!(at(&message, "records[1].ids[scheme='uscc'].value"), Some(&json!("2")));
        assert_eq!(at(&message, "records[1].ids[1].value"), Some(&json!("1")));
        assert_eq!(at(&message, "records[1].n"), Some(&json!(3)));
        assert_eq!(at(&message, "records.n"), Some(&json!(3)));
        assert_eq!(at(&message, "records[2].n"), None);
        assert_eq!(at(&message, "records[1].ids[scheme='x'].value"), None);
    }

    #[test]
    fn a_column_is_cut_by_what_a_terminal_shows() {
        assert_eq!(cut("短"), "短");
        let long = cut(&"长".repeat(80));
        assert!(long.width() <= WIDEST && long.ends_with('…'), "{long}");
    }
}
