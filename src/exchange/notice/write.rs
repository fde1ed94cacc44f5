//! Writing a notice out: template and facts in, subject, text and page out.
//!
//! Promise: the text and the page say the same; whatever a fact holds, it adds no markup, no header and no line. A line
//! that names a fact which a notice does not have is left out; in a subject a dash stands for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::exchange::notice::digest::Sums;
use crate::exchange::notice::table;
use crate::exchange::notice::template::{Line, Part, Template, Templates};
use crate::exchange::notice::topic::{DIGEST, Edge, Severity};

/// What a notice may show, by name.
pub type Facts = BTreeMap<String, String>;

/// A notice, written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The subject; one line.
    pub subject: String,
    /// The text, for those who read text.
    pub text: String,
    /// The page, for those who read HTML.
    pub html: String,
}

/// The longest value of a fact, in characters: ids and dates have 40, an agency's name 60, a reason more.
pub(super) const LONGEST: usize = 200;

/// A value as it may stand in a mail: one line, no control characters, not too long.
pub(super) fn plain(value: &str) -> String {
    let mut plain: String =
        value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if value.chars().count() > LONGEST {
        plain.push('…');
    }
    plain
}

/// A notice about troubles, one or several of a topic; `more` are told as a number.
pub(super) fn trouble(
    templates: &Templates,
    topic: &str,
    edge: Edge,
    severity: Severity,
    items: &[Facts],
    more: u32,
) -> Written {
    let Some(template) = templates.of(topic, edge) else {
        return unknown(topic, edge);
    };
    let first = items.first().cloned().unwrap_or_default();
    let mut subject = inline(&template.subject, &first);
    let all = items.len() + usize::try_from(more).unwrap_or(usize::MAX);
    if all > 1 {
        let _ = write!(subject, "（等 {all} 项 · {all} in all）");
    }
    let (mut text, mut body) = (String::new(), String::new());
    for (place, facts) in items.iter().enumerate() {
        if place > 0 {
            text.push_str("\n————————————————————\n\n");
            body.push_str("<hr style=\"border:0;border-top:1px solid #d5dbe3;margin:24px 0\">\n");
        }
        if items.len() > 1 {
            let heading = inline(&template.subject, facts);
            let _ = write!(text, "{heading}\n\n");
            let _ = writeln!(body, "<h2 style=\"font-size:16px;margin:0 0 12px\">{}</h2>", escaped(&heading));
        }
        let lines = shown(template, facts);
        text.push_str(&as_text(&lines, None));
        body.push_str(&as_page(&lines, None));
    }
    if more > 0 {
        let rest = format!("另有 {more} 项未逐一列出 · {more} more are not listed here");
        let _ = write!(text, "\n————————————————————\n\n{rest}\n");
        let _ = writeln!(body, "<p><strong>{}</strong></p>", escaped(&rest));
    }
    let gateway = first.get("gateway").cloned().unwrap_or_default();
    Written { html: page(templates, &subject, &body, colour(edge, severity), &gateway), subject, text }
}

/// A digest.
pub(super) fn digest(templates: &Templates, edge: Edge, sums: &Sums) -> Written {
    let Some(template) = templates.of(DIGEST, edge) else {
        return unknown(DIGEST, edge);
    };
    let facts = sums.facts();
    let subject = inline(&template.subject, &facts);
    let lines = shown(template, &facts);
    let body = as_page(&lines, Some(sums));
    let severity = if sums.troubles.is_empty() { Severity::Info } else { Severity::Warning };
    let html = page(templates, &subject, &body, colour(edge, severity), &sums.gateway);
    Written { html, text: as_text(&lines, Some(sums)), subject }
}

/// Where a template is gone that was there when the notice was queued. Loading makes sure that there is one.
fn unknown(topic: &str, edge: Edge) -> Written {
    let subject = format!("regbridge: {topic} {edge}");
    Written { text: subject.clone(), html: format!("<p>{}</p>", escaped(&subject)), subject }
}

/// A line whose facts are filled in.
enum Shown {
    Blank,
    Row(String, String),
    Text(String),
    Block(&'static str),
}

/// The lines whose facts are all there, no two blank ones behind each other.
fn shown(template: &Template, facts: &Facts) -> Vec<Shown> {
    let filled = |parts: &[Part]| {
        let there = |part: &Part| match part {
            Part::Text(_) => true,
            Part::Fact(name) => facts.contains_key(name),
        };
        parts.iter().all(there).then(|| inline(parts, facts))
    };
    let mut lines: Vec<Shown> = Vec::new();
    for line in &template.lines {
        let next = match line {
            Line::Blank => Some(Shown::Blank),
            Line::Row(label, value) => filled(value).map(|value| Shown::Row(label.clone(), value)),
            Line::Text(parts) => filled(parts).map(Shown::Text),
            Line::Block(name) => Some(Shown::Block(name)),
        };
        match next {
            Some(Shown::Blank) if matches!(lines.last(), None | Some(Shown::Blank)) => {}
            Some(next) => lines.push(next),
            None => {}
        }
    }
    while matches!(lines.last(), Some(Shown::Blank)) {
        lines.pop();
    }
    lines
}

fn inline(parts: &[Part], facts: &Facts) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Fact(name) => {
                text.push_str(&facts.get(name).map_or_else(|| "—".to_owned(), |value| plain(value)));
            }
        }
    }
    text
}

fn as_text(lines: &[Shown], sums: Option<&Sums>) -> String {
    let mut text = String::new();
    for line in lines {
        match line {
            Shown::Blank => {}
            Shown::Row(label, value) => {
                let _ = write!(text, "{label}: {value}");
            }
            Shown::Text(line) => text.push_str(line),
            Shown::Block(name) => {
                text.push_str(&sums.map_or_else(String::new, |sums| table::text(name, sums)));
            }
        }
        text.push('\n');
    }
    text
}

const CELL: &str = "padding:5px 16px 5px 0;vertical-align:top";

fn as_page(lines: &[Shown], sums: Option<&Sums>) -> String {
    let mut page = String::new();
    let mut open = "";
    for line in lines {
        let wanted = match line {
            Shown::Row(..) => "table",
            Shown::Text(_) => "p",
            Shown::Blank | Shown::Block(_) => "",
        };
        if open != wanted {
            page.push_str(match open {
                "table" => "</table>\n",
                "p" => "</p>\n",
                _ => "",
            });
            page.push_str(match wanted {
                "table" => "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:12px 0\">\n",
                "p" => "<p style=\"margin:12px 0\">",
                _ => "",
            });
        } else if wanted == "p" {
            page.push_str("<br>\n");
        }
        open = wanted;
        match line {
            Shown::Blank => {}
            Shown::Row(label, value) => {
                let (label, value) = (escaped(label), escaped(value));
                let _ = writeln!(
                    page,
                    "<tr><td style=\"{CELL};color:#5b6675\">{label}</td><td style=\"{CELL};overflow-wrap:anywhere\">{value}</td></tr>"
                );
            }
            Shown::Text(line) => page.push_str(&escaped(line)),
            Shown::Block(name) => {
                page.push_str(&sums.map_or_else(String::new, |sums| table::page(name, sums)));
            }
        }
    }
    page.push_str(match open {
        "table" => "</table>\n",
        "p" => "</p>\n",
        _ => "",
    });
    page
}

fn page(templates: &Templates, subject: &str, body: &str, colour: &str, gateway: &str) -> String {
    let mut page = String::new();
    for part in &templates.layout {
        match part {
            Part::Text(text) => page.push_str(text),
            Part::Fact(name) => match name.as_str() {
                "body" => page.push_str(body),
                "colour" => page.push_str(colour),
                "gateway" => page.push_str(&escaped(gateway)),
                _ => page.push_str(&escaped(subject)),
            },
        }
    }
    page
}

/// Of the stripe at the top: green where something ended well.
const fn colour(edge: Edge, severity: Severity) -> &'static str {
    match (edge, severity) {
        (Edge::Ends, _) => "#2f855a",
        (_, Severity::Critical) => "#c53030",
        (_, Severity::Warning) => "#b7791f",
        (_, Severity::Info) => "#2b6cb0",
    }
}

/// Text as it stands in HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
