//! A rule set's file: read whole, or refused with the line that is wrong.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::calendar::{FileFault, fault_of, line_of};
use crate::domain::case::Event;
use crate::domain::deadline::STATED;
use crate::domain::deadline::rule::{Extension, Length, Pause, Rule, RuleSet, Warn, Who};
use crate::domain::digest::Digest;

/// The longest that a count may be: ten years of days. More is a misprint.
const LONGEST: u32 = 3660;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetText {
    id: String,
    title: String,
    title_en: String,
    source: String,
    from: NaiveDate,
    until: Option<NaiveDate>,
    calendar: String,
    topics: Vec<String>,
    #[serde(default)]
    agencies: Vec<String>,
    #[serde(default)]
    profiles: Vec<String>,
    confirmed: bool,
    #[serde(default)]
    note: String,
    #[serde(default)]
    deadline: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    name: String,
    title: String,
    title_en: String,
    article: String,
    who: Who,
    start: Vec<String>,
    #[serde(default)]
    again: Vec<String>,
    ends: Vec<String>,
    hours: Option<u32>,
    days: Option<u32>,
    working_days: Option<u32>,
    #[serde(default)]
    gives_way: bool,
    warn_hours: Option<u32>,
    warn_working_days: Option<u32>,
    confirmed: bool,
    #[serde(default)]
    note: String,
    #[serde(default)]
    pause: Vec<PauseText>,
    extension: Option<ExtensionText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PauseText {
    title: String,
    begin: Vec<String>,
    end: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionText {
    by: Vec<String>,
    length: u32,
    most: u32,
}

/// Reads a file; `topics` are those that cases have.
pub(super) fn read(file: &str, text: &str, topics: &[&str]) -> Result<RuleSet, FileFault> {
    let read: SetText = toml::from_str(text).map_err(|error| fault_of(file, text, &error))?;
    let wrong = |(needle, what): (String, String)| FileFault {
        file: file.to_owned(),
        line: line_of(text, &needle),
        what,
    };
    let plain = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if !plain(&read.id) {
        return Err(wrong((
            "id".into(),
            format!("id {:?}: small letters, digits and - are wanted", read.id),
        )));
    }
    if let Some(until) = read.until.filter(|until| *until < read.from) {
        return Err(wrong(("until".into(), format!("until {until} is before from {}", read.from))));
    }
    if let Some(topic) = read.topics.iter().find(|topic| !topics.contains(&topic.as_str())) {
        return Err(wrong((
            "topics".into(),
            format!("no case is about {topic:?}: one of {}", topics.join(", ")),
        )));
    }
    if read.topics.is_empty() || read.deadline.is_empty() {
        return Err(wrong(("id".into(), "a rule set needs topics and a [[deadline]]".to_owned())));
    }
    let mut rules: Vec<Rule> = Vec::new();
    for one in read.deadline {
        if !plain(&one.name) || one.name == STATED || rules.iter().any(|rule| rule.name == one.name) {
            let what = format!(
                "name {:?}: small letters, digits and -, each once, and not \"{STATED}\", which is the agency's own day",
                one.name
            );
            return Err(wrong((format!("name = \"{}\"", one.name), what)));
        }
        let name = one.name.clone();
        let rule = rule(one);
        rules.push(
            rule.map_err(|what| wrong((format!("name = \"{name}\""), format!("deadline {name}: {what}"))))?,
        );
    }
    if !rules.iter().any(|rule| rule.start.iter().any(|event| event == "open")) {
        // The sets of a case are known by its deadlines.
        return Err(wrong((
            "[[deadline]]".into(),
            "one of the deadlines must start with \"open\"".to_owned(),
        )));
    }
    Ok(RuleSet {
        id: read.id,
        title: read.title,
        title_en: read.title_en,
        source: read.source,
        from: read.from,
        until: read.until,
        calendar: read.calendar,
        topics: read.topics,
        agencies: read.agencies,
        profiles: read.profiles,
        confirmed: read.confirmed,
        note: read.note,
        rules,
        file: file.to_owned(),
        text: text.to_owned(),
        digest: Digest::of(text.as_bytes()),
    })
}

fn rule(one: RuleText) -> Result<Rule, String> {
    let length = match (one.hours, one.days, one.working_days) {
        (Some(n), None, None) => Length::Hours(n),
        (None, Some(n), None) => Length::Days(n),
        (None, None, Some(n)) => Length::WorkingDays(n),
        _ => return Err("exactly one of hours, days, working_days is wanted".to_owned()),
    };
    let (Length::Hours(n) | Length::Days(n) | Length::WorkingDays(n)) = length;
    if !(1..=LONGEST).contains(&n) {
        return Err(format!("its length is {n}: 1 to {LONGEST} is wanted"));
    }
    let warn = match (one.warn_hours, one.warn_working_days) {
        (Some(n), None) => Warn::Hours(n),
        (None, Some(n)) if n <= LONGEST => Warn::WorkingDays(n),
        _ => return Err("exactly one of warn_hours, warn_working_days is wanted".to_owned()),
    };
    for (what, events) in [("start", &one.start), ("ends", &one.ends)] {
        if events.is_empty() {
            return Err(format!("{what} names no event"));
        }
    }
    let pauses = one.pause.iter().flat_map(|pause| pause.begin.iter().chain(&pause.end));
    let more = one.extension.iter().flat_map(|extension| &extension.by);
    for event in one.start.iter().chain(&one.again).chain(&one.ends).chain(pauses).chain(more) {
        known(event)?;
    }
    if one.pause.iter().any(|pause| pause.begin.is_empty() || pause.end.is_empty()) {
        return Err("a pause needs begin and end".to_owned());
    }
    if one.extension.as_ref().is_some_and(|more| more.by.is_empty() || !(1..=LONGEST).contains(&more.length))
    {
        return Err(format!("an extension needs by, and a length of 1 to {LONGEST}"));
    }
    Ok(Rule {
        name: one.name,
        title: one.title,
        title_en: one.title_en,
        article: one.article,
        who: one.who,
        start: one.start,
        again: one.again,
        ends: one.ends,
        length,
        gives_way: one.gives_way,
        warn,
        pauses: one
            .pause
            .into_iter()
            .map(|PauseText { title, begin, end }| Pause { title, begin, end })
            .collect(),
        extension: one.extension.map(|ExtensionText { by, length, most }| Extension { by, length, most }),
        confirmed: one.confirmed,
        note: one.note,
    })
}

/// Whether an event's word is one: a case's, or the word that a progress says.
fn known(event: &str) -> Result<(), String> {
    let says = event.strip_prefix("progress:").is_some_and(|word| !word.is_empty())
        || matches!(event, "acknowledge:accepted" | "acknowledge:refused");
    if says || Event::ALL.iter().any(|known| known.as_str() == event) {
        return Ok(());
    }
    let all: Vec<&str> = Event::ALL.iter().map(|known| known.as_str()).collect();
    Err(format!(
        "no event {event:?}: progress:WORD, acknowledge:accepted, acknowledge:refused, or one of {}",
        all.join(", ")
    ))
}
