//! `report.html`: the case as a person reads and prints it.
//!
//! Promise: made of the package's own members and entries alone; every text is escaped; it loads nothing and runs nothing. It is
//! for reading: what counts are the bytes and their proofs, to which it points.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::calendar::CHINA;
use crate::domain::kind::Kind;
use crate::exchange::package::manifest::Manifest;
use crate::exchange::package::timeline;
use crate::exchange::package::trail::Told;

const PAGE: &str = include_str!("report.html");

/// The page.
pub(super) fn report(manifest: &Manifest, trail: &[Told], members: &BTreeMap<String, Vec<u8>>) -> String {
    let mut body = String::new();
    head(&mut body, manifest, trail);
    parties(&mut body, manifest, members);
    deadlines(&mut body, trail);
    events(&mut body, manifest, trail);
    records(&mut body, manifest, members);
    files(&mut body, manifest);
    absent(&mut body, manifest);
    let title = format!("证据包 {}", manifest.case.registration_number);
    // The body last: a text in it that looks like a place to fill is left alone.
    PAGE.replacen("{title}", &escaped(&title), 1).replacen("{body}", &body, 1)
}

/// A text as HTML shows it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // What turns the direction of writing or cannot be seen would let a text pose as another.
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}'..='\u{200F}' => {
                let _ = write!(out, "&lt;U+{:04X}&gt;", u32::from(c));
            }
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => {
                let _ = write!(out, "&lt;U+{:04X}&gt;", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn heading(out: &mut String, zh: &str, en: &str) {
    let _ = writeln!(out, "<h2>{} <small>{}</small></h2>", escaped(zh), escaped(en));
}

fn fact(out: &mut String, (zh, en): (&str, &str), value: &str) {
    let (zh, en, value) = (escaped(zh), escaped(en), escaped(value));
    let _ = writeln!(out, "<tr><th>{zh} <small>{en}</small></th><td>{value}</td></tr>");
}

fn head(out: &mut String, manifest: &Manifest, trail: &[Told]) {
    let case = &manifest.case;
    out.push_str("<h1>证据包 <small>Evidence package</small></h1>\n<table class=\"facts\">\n");
    fact(out, ("登记编号", "registration number"), &case.registration_number);
    fact(out, ("机关", "agency"), &case.agency);
    fact(out, ("案件", "case"), &case.id);
    fact(out, ("事项", "topic"), &case.topic);
    let states = trail.iter().filter(|told| is_of_case(told));
    let state = states.filter_map(|told| told.text_of("state")).next_back().unwrap_or_default();
    fact(out, ("状态", "state"), &timeline::state(state));
    for (names, told) in [(("首条", "first entry"), trail.first()), (("末条", "last entry"), trail.last())]
    {
        fact(out, names, &told.and_then(|told| told.text_of("at")).map(local).unwrap_or_default());
    }
    let journal = &manifest.journal;
    fact(out, ("存证日志", "journal"), &format!("{}，{} 条 entries", journal.origin, journal.size));
    fact(out, ("核验公钥", "verifier key"), &journal.vkey);
    out.push_str("</table>\n<p>本页供阅读；证明力在于原始字节与日志证明，核验方法见 <b>VERIFY.md</b>。");
    out.push_str("<br><span class=\"en\">This page is for reading. What proves are the raw bytes and the journal's proofs: ");
    out.push_str("see VERIFY.md. Times are China's (UTC+8).</span></p>\n");
}

/// Whom the records name, each once: what has a name, a body of government, or an account.
fn parties(out: &mut String, manifest: &Manifest, members: &BTreeMap<String, Vec<u8>>) {
    let mut named: Vec<(String, String)> = Vec::new();
    for path in manifest.entries.iter().flat_map(|entry| &entry.records) {
        let file = file(members, path);
        for (member, party) in file["record"].as_object().into_iter().flatten() {
            let name = ["name", "body", "account"].into_iter().find_map(|name| party[name].as_str());
            let row = name.map(|name| (member.clone(), name.to_owned()));
            named.extend(row.filter(|row| !named.contains(row)));
        }
    }
    if named.is_empty() {
        return;
    }
    heading(out, "当事人", "parties");
    out.push_str("<table class=\"facts\">\n");
    for (member, name) in named {
        fact(out, (party(&member), &member), &name);
    }
    out.push_str("</table>\n");
}

fn party(member: &str) -> &'static str {
    match member {
        "bureau" | "sender" => "机关",
        "complainant" => "投诉人",
        "respondent" => "被投诉人",
        "operator" => "经营者",
        "seller" | "shop" => "商家",
        "subject" => "当事人",
        _ => "",
    }
}

/// A record's file.
fn file(members: &BTreeMap<String, Vec<u8>>, path: &str) -> Value {
    members.get(path).and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}

/// Whether an entry's `state` is the case's, not a delivery's or a file's.
fn is_of_case(told: &Told) -> bool {
    matches!(told.text_of("type"), Some("submission" | "record" | "reply"))
}

/// A moment on China's clock, to the second.
fn local(at: &str) -> String {
    let moment = Timestamp::parse(at).map(|at| at.at_offset(CHINA));
    let Some(moment) = moment else { return at.to_owned() };
    moment.get(..19).unwrap_or(&moment).replace('T', " ")
}

/// Each deadline as it was last told.
fn deadlines(out: &mut String, trail: &[Told]) {
    let mut last: BTreeMap<(String, u64), &Value> = BTreeMap::new();
    for told in trail {
        let many = told.fact["deadlines"].as_array().into_iter().flatten();
        for one in many.chain(told.fact.get("deadline")) {
            let name = one["name"].as_str().unwrap_or_default().to_owned();
            last.insert((name, one["round"].as_u64().unwrap_or(1)), one);
        }
    }
    if last.is_empty() {
        return;
    }
    heading(out, "期限", "deadlines");
    out.push_str("<table><tr><th>期限 <small>name</small></th><th>轮次 <small>round</small></th><th>截止 <small>due</small></th>");
    out.push_str("<th>状态 <small>standing</small></th><th>依据 <small>rule set</small></th></tr>\n");
    for ((name, round), one) in last {
        let text = |member: &str| escaped(one[member].as_str().unwrap_or("—"));
        let due = one["due"].as_str().map_or_else(|| "—".to_owned(), local);
        let state = escaped(&timeline::standing(one["state"].as_str().unwrap_or("—")));
        let set = text("rule_set");
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{round}</td><td class=\"time\">{}</td><td>{state}</td><td>{set}</td></tr>",
            escaped(&name),
            escaped(&due)
        );
    }
    out.push_str("</table>\n");
}

fn events(out: &mut String, manifest: &Manifest, trail: &[Told]) {
    heading(out, "经过", "timeline");
    out.push_str(
        "<table><tr><th>条目</th><th>时间 <small>time</small></th><th>事项 <small>what</small></th>",
    );
    out.push_str("<th>谁 <small>who</small></th><th>此后状态 <small>state after</small></th></tr>\n");
    for (told, entry) in trail.iter().zip(&manifest.entries) {
        let (zh, en) = timeline::what(told);
        let at = told.text_of("at").map(local).unwrap_or_default();
        let own = told
            .text_of("state")
            .map(|word| if is_of_case(told) { timeline::state(word) } else { word.to_owned() });
        let members = entry.body.iter().chain(&entry.file).chain(&entry.receipt).chain(&entry.records);
        let members: Vec<String> = members.map(|path| escaped(path)).collect();
        let _ = writeln!(
            out,
            "<tr><td class=\"number\">{}</td><td class=\"time\">{}</td><td>{}<br><span class=\"en\">{}</span>\
             <div class=\"mono\">{}</div><div class=\"mono\">{}</div></td><td class=\"who\">{}</td><td class=\"state\">{}</td></tr>",
            told.index,
            escaped(&at),
            escaped(&zh),
            escaped(&en),
            escaped(&timeline::more(told)),
            members.join("<br>"),
            escaped(&timeline::who(told)),
            escaped(&own.unwrap_or_default())
        );
    }
    out.push_str("</table>\n");
}

fn records(out: &mut String, manifest: &Manifest, members: &BTreeMap<String, Vec<u8>>) {
    heading(out, "内容", "records");
    for path in manifest.entries.iter().flat_map(|entry| &entry.records) {
        let file = file(members, path);
        let kind = file["kind"].as_str().unwrap_or_default();
        let zh = Kind::parse(kind).map_or("", Kind::zh);
        let _ = writeln!(
            out,
            "<h3>{zh} <small>{} · {}</small></h3><table class=\"facts\">",
            escaped(kind),
            escaped(path)
        );
        leaves(out, "", &file["record"]);
        out.push_str("</table>\n");
    }
}

/// Every value of a record by its path; what is kept for writing it back is left to the file.
fn leaves(out: &mut String, path: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| *name != "extensions") {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(out, &below, member);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(out, &format!("{path}[{}]", index + 1), item);
            }
        }
        Value::Null => {}
        leaf => {
            let text = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
            let _ = writeln!(out, "<tr><th>{}</th><td>{}</td></tr>", escaped(path), escaped(&text));
        }
    }
}

fn files(out: &mut String, manifest: &Manifest) {
    heading(out, "文件", "files");
    out.push_str("<table><tr><th>文件 <small>file</small></th><th>字节 <small>bytes</small></th><th>SHA-256</th></tr>\n");
    for file in &manifest.files {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"number\">{}</td><td class=\"mono\">{}</td></tr>",
            escaped(&file.path),
            file.size,
            file.sha256
        );
    }
    out.push_str("</table>\n");
}

fn absent(out: &mut String, manifest: &Manifest) {
    if manifest.left_out.is_empty() {
        return;
    }
    heading(out, "未附内容", "left out");
    out.push_str("<table>\n");
    for one in &manifest.left_out {
        fact(out, (&format!("条目 {}", one.index), "entry"), &format!("{} {}", one.zh, one.en));
    }
    out.push_str("</table>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup_or_hides() {
        assert_eq!(escaped("<script>&\"'"), "&lt;script&gt;&amp;&quot;&#39;");
        assert_eq!(escaped("a\u{202E}b\u{0}"), "a&lt;U+202E&gt;b&lt;U+0000&gt;");
        assert_eq!(escaped("投诉\n"), "投诉\n");
        let mut out = String::new();
        leaves(&mut out, "", &serde_json::json!({ "a": ["<b>", null], "extensions": { "x": 1 } }));
        assert_eq!(out, "<tr><th>a[1]</th><td>&lt;b&gt;</td></tr>\n");
    }
}
