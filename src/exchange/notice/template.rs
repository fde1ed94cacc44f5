//! Templates of notices: files, one a topic, that an operator may replace.
//!
//! Promise: a set of templates that loads has one for every topic and edge that is told, and names no fact that its
//! notices do not have; what does not load says file, line and the nearest right name. Nothing is run: a template is
//! text with `{{fact}}` in it. `schemas/notices/README.md` says the form.

use std::collections::BTreeMap;
use std::fmt;

use crate::exchange::notice::topic::{COMMON, DIGEST, DIGEST_FACTS, Edge, Topic};
use crate::mapping::nearest;

/// The file of the page around every mail.
const LAYOUT: &str = "layout.html";
/// What the page may show.
const LAYOUT_FACTS: &[&str] = &["subject", "body", "colour", "gateway"];
/// What stands for a table, alone on its line, in digests.
const BLOCKS: &[&str] = &["table", "under_way"];

/// Why templates do not load. The operator mends the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TemplateFault {}

/// Templates that load.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    by: BTreeMap<(String, Edge), Template>,
    pub(super) layout: Vec<Part>,
}

/// What one notice looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) subject: Vec<Part>,
    pub(super) lines: Vec<Line>,
}

/// A line of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Between paragraphs.
    Blank,
    /// `- label: value`
    Row(String, Vec<Part>),
    /// A paragraph's.
    Text(Vec<Part>),
    /// A table of a digest.
    Block(&'static str),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Fact(String),
}

impl Templates {
    /// Loads files by name; every reason against them is told.
    pub fn load(files: &BTreeMap<String, String>) -> Result<Self, Vec<TemplateFault>> {
        let mut faults = Vec::new();
        let mut templates = Self::default();
        let known: Vec<String> = Topic::ALL.iter().map(|topic| file_of(topic.as_str())).collect();
        let known: Vec<&str> =
            known.iter().map(String::as_str).chain([LAYOUT, "digest.txt", "README.md"]).collect();
        for name in files.keys().filter(|name| !known.contains(&name.as_str())) {
            let nearest = nearest(name, known.iter().copied()).map(str::to_owned);
            faults.push(fault(name, None, "no notice is made of it", nearest));
        }
        for topic in Topic::ALL {
            let facts: Vec<&str> = COMMON.iter().chain(topic.facts()).copied().collect();
            let edges: &[Edge] =
                if topic.tells_its_end() { &[Edge::Begins, Edge::Ends] } else { &[Edge::Begins] };
            templates.add(topic.as_str(), edges, &facts, files, &mut faults);
        }
        templates.add(DIGEST, &[Edge::Daily, Edge::Weekly], DIGEST_FACTS, files, &mut faults);
        match files.get(LAYOUT) {
            None => faults.push(fault(LAYOUT, None, "it is missing", None)),
            Some(text) => match parts_of_page(text) {
                Ok(parts) => templates.layout = parts,
                Err(found) => faults.push(found),
            },
        }
        if faults.is_empty() { Ok(templates) } else { Err(faults) }
    }

    pub(super) fn of(&self, topic: &str, edge: Edge) -> Option<&Template> {
        self.by.get(&(topic.to_owned(), edge))
    }

    fn add(
        &mut self,
        topic: &str,
        edges: &[Edge],
        facts: &[&str],
        files: &BTreeMap<String, String>,
        faults: &mut Vec<TemplateFault>,
    ) {
        let file = file_of(topic);
        let Some(text) = files.get(&file) else {
            return faults.push(fault(&file, None, "it is missing", None));
        };
        match sections(&file, text, edges, facts) {
            Ok(found) => {
                for (edge, template) in found {
                    self.by.insert((topic.to_owned(), edge), template);
                }
            }
            Err(found) => faults.extend(found),
        }
    }
}

fn file_of(topic: &str) -> String {
    format!("{topic}.txt")
}

fn fault(file: &str, line: Option<usize>, message: &str, nearest: Option<String>) -> TemplateFault {
    TemplateFault { file: file.to_owned(), line, message: message.to_owned(), nearest }
}

/// A section while it is read.
struct Section {
    edge: Edge,
    number: usize,
    subject: Option<Vec<Part>>,
    lines: Vec<Line>,
}

/// The sections of a file: `## edge`, a line for the subject, then the body.
fn sections(
    file: &str,
    text: &str,
    edges: &[Edge],
    facts: &[&str],
) -> Result<Vec<(Edge, Template)>, Vec<TemplateFault>> {
    let mut faults = Vec::new();
    let mut found: Vec<Section> = Vec::new();
    let names: Vec<&str> = edges.iter().map(|edge| edge.as_str()).collect();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end();
        if let Some(name) = line.strip_prefix("## ") {
            match edges.iter().find(|edge| edge.as_str() == name.trim()) {
                Some(edge) if found.iter().any(|section| section.edge == *edge) => {
                    faults.push(fault(file, Some(number), &format!("a second section `{name}`"), None));
                }
                Some(edge) => {
                    found.push(Section { edge: *edge, number, subject: None, lines: Vec::new() });
                }
                None => {
                    let near = nearest(name.trim(), names.iter().copied()).map(str::to_owned);
                    let message =
                        format!("no section is called `{}`; {} are wanted", name.trim(), names.join(", "));
                    faults.push(fault(file, Some(number), &message, near));
                }
            }
            continue;
        }
        if line.starts_with("# ") || line == "#" {
            continue;
        }
        let Some(Section { edge, subject, lines, .. }) = found.last_mut() else {
            if !line.is_empty() && faults.is_empty() {
                let message = format!("text before the first section; `## {}` is wanted", names[0]);
                faults.push(fault(file, Some(number), &message, None));
            }
            continue;
        };
        if subject.is_none() {
            if !line.is_empty() {
                *subject = Some(parts(file, number, line, facts).unwrap_or_else(|found| {
                    faults.push(found);
                    Vec::new()
                }));
            }
            continue;
        }
        match body_line(file, number, line, facts, matches!(edge, Edge::Daily | Edge::Weekly)) {
            Ok(line) => lines.push(line),
            Err(found) => faults.push(found),
        }
    }
    for edge in edges.iter().filter(|edge| !found.iter().any(|section| section.edge == **edge)) {
        faults.push(fault(file, None, &format!("the section `## {edge}` is missing"), None));
    }
    for Section { edge, number, subject, lines } in &found {
        if subject.is_none() || lines.iter().all(|line| *line == Line::Blank) {
            faults.push(fault(file, Some(*number), &format!("`{edge}` needs a subject and a body"), None));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(found
        .into_iter()
        .map(|one| (one.edge, Template { subject: one.subject.unwrap_or_default(), lines: one.lines }))
        .collect())
}

fn body_line(
    file: &str,
    number: usize,
    line: &str,
    facts: &[&str],
    digest: bool,
) -> Result<Line, TemplateFault> {
    if line.is_empty() {
        return Ok(Line::Blank);
    }
    let block = BLOCKS.iter().find(|block| line == format!("{{{{{block}}}}}"));
    if let Some(block) = block.filter(|_| digest) {
        return Ok(Line::Block(block));
    }
    if let Some(row) = line.strip_prefix("- ") {
        let colon = ["：", ": "]
            .into_iter()
            .filter_map(|colon| row.split_once(colon))
            .min_by_key(|(label, _)| label.len());
        let Some((label, value)) = colon else {
            return Err(fault(file, Some(number), "a row is `- label: value`", None));
        };
        return Ok(Line::Row(label.trim().to_owned(), parts(file, number, value.trim(), facts)?));
    }
    parts(file, number, line, facts).map(Line::Text)
}

fn parts_of_page(text: &str) -> Result<Vec<Part>, TemplateFault> {
    let mut all = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        all.extend(parts(LAYOUT, number, line, LAYOUT_FACTS)?);
        all.push(Part::Text("\n".to_owned()));
    }
    let bodies = all.iter().filter(|part| **part == Part::Fact("body".to_owned())).count();
    if bodies != 1 {
        return Err(fault(
            LAYOUT,
            None,
            &format!("`{{{{body}}}}` stands in it {bodies} times; once is wanted"),
            None,
        ));
    }
    Ok(all)
}

/// Cuts a line at its facts, each of which must be one of `facts`.
fn parts(file: &str, number: usize, line: &str, facts: &[&str]) -> Result<Vec<Part>, TemplateFault> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else {
            return Err(fault(file, Some(number), "`{{` without `}}`", None));
        };
        let name = name.trim();
        if !facts.contains(&name) {
            let near = nearest(name, facts.iter().copied()).map(str::to_owned);
            let message = match &near {
                Some(_) => format!("there is no fact `{name}`"),
                None => format!("there is no fact `{name}`; there are {}", facts.join(", ")),
            };
            return Err(fault(file, Some(number), &message, near));
        }
        if !before.is_empty() {
            found.push(Part::Text(before.to_owned()));
        }
        found.push(Part::Fact(name.to_owned()));
        rest = behind;
    }
    if !rest.is_empty() {
        found.push(Part::Text(rest.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
