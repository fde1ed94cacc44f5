//! `regbridge profile explain`: where each value of a message came from, and by which row.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use crate::cli::Context;
use crate::cli::profile::{bytes, files, guess, run_now, tell};
use crate::domain::record::schemas;
use crate::mapping::{Canonical, Explained, Format, Input, MASK, Made, Profile, value_at};
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
        let end = format!(".{field}");
        let below = |path: &str| {
            let at = path.strip_prefix(field.as_str());
            let within = path.find(&end).map(|at| &path[at + end.len()..]);
            [at, within].into_iter().flatten().any(|rest| rest.starts_with(['.', '[']))
        };
        let exact = |one: &Explained| one.record == *field || one.record.ends_with(&end);
        let any = told.iter().any(exact);
        let asked = |one: &Explained| exact(one) || (!any && below(&one.record));
        let places: Vec<(u32, u32)> = told
            .iter()
            .filter(|one| asked(one) && one.found.is_some())
            .map(|one| (one.line, one.column))
            .collect();
        // What is kept of a value belongs to it.
        told.retain(|one| asked(one) || one.kept.is_some() && places.contains(&(one.line, one.column)));
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
    if let Some(made) = one.made {
        println!("made    by {}, not by the wire", maker(made));
    }
    println!("ours    {}", if one.record.is_empty() { "(derived, not stored)" } else { &one.record });
    if let Some(value) = value(message, one) {
        println!("        {value}");
    }
}

/// Theirs on the left, ours on the right.
fn table(message: &Value, told: &[Explained]) {
    let said = told.iter().filter(|one| one.found.is_some() && one.made.is_none());
    lines(message, said);
    let made: Vec<&Explained> = told.iter().filter(|one| one.made.is_some()).collect();
    if !made.is_empty() {
        println!("made up by the profile, not said by the wire:");
        lines(message, made.into_iter());
    }
    let kept: Vec<&Explained> = told.iter().filter(|one| one.kept.is_some()).collect();
    if !kept.is_empty() {
        println!("kept, because no row says it:");
        for one in kept {
            let place = if one.line == 0 { String::new() } else { format!("{}:{}  ", one.line, one.column) };
            println!("  {place}{}", one.kept.as_ref().map(Value::to_string).unwrap_or_default());
        }
    }
}

/// Who made up a value.
const fn maker(made: Made) -> &'static str {
    match made {
        Made::Default => "default",
        Made::Else => "else",
        Made::Const => "const",
    }
}

/// One line each, in columns.
fn lines<'e>(message: &Value, told: impl Iterator<Item = &'e Explained>) {
    let rows: Vec<[String; 3]> = told
        .map(|one| {
            let found = one.found.as_deref().unwrap_or("(absent)");
            let by = one.made.map(|made| format!("  [{}]", maker(made))).unwrap_or_default();
            let ours = match value(message, one) {
                Some(value) => format!("{} = {value}", one.record),
                None if one.record.is_empty() => "(derived)".to_owned(),
                None => one.record.clone(),
            };
            [
                format!("{}:{}", one.line, one.column),
                cut(&format!("{} = {found}", one.wire)),
                cut(&ours) + &by,
            ]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let (place, theirs) = (width(0), width(1));
    for [at, left, right] in &rows {
        let gap = theirs - left.width();
        println!("{at:place$}  {left}{:gap$}  {right}", "");
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
    let value = value_at(message, &one.record)?;
    match value {
        Value::Object(_) | Value::Array(_) if one.found.is_none() => None,
        _ if one.found.as_deref() == Some(MASK) => Some(MASK.to_owned()),
        value => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_cut_by_what_a_terminal_shows() {
        assert_eq!(cut("短"), "短");
        let long = cut(&"长".repeat(80));
        assert!(long.width() <= WIDEST && long.ends_with('…'), "{long}");
    }
}
