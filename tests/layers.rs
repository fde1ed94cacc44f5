//! Holds the code to its layers: who may use whom, read from every `crate::` path in `src/`.
//!
//! The order stands in [`LAYERS`], where edges stand side by side: none may use another but as [`SIDEWAYS`] says, and
//! only `cli` joins them. `ops/decisions/0001-one-crate-and-its-layers.md` says why. A path in a comment is
//! free, a path in a test is not: a test that needs the upper floors belongs into `tests/`.

mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::{code, production, rust};

/// The layers, lowest first. A module may use what stands in an earlier line.
const LAYERS: &[&[&str]] = &[
    &["clock"],
    &["domain"],
    &["wire", "mapping", "tlog", "seal"],
    &["store", "files"],
    &["exchange"],
    &["http", "client", "mail", "worker", "pki", "telemetry", "config"],
    &["cli"],
];

/// Neighbours on one floor that may use each other all the same, one way.
const SIDEWAYS: &[(&str, &str)] = &[
    // Maps read and write the trees of wire.
    ("mapping", "wire"),
    // The settings name the limits and the log lines of the edges they set.
    ("config", "http"),
    ("config", "telemetry"),
    // The agencies' listener knows its callers by their certificates.
    ("http", "pki"),
    // Tests of the driver lease the deliveries that tests of the client make.
    ("worker", "client"),
];

/// The store knows no wire format and no map, although they stand below it.
const FORBIDDEN: &[(&str, &str)] = &[("store", "wire"), ("store", "mapping")];

/// What the pure layers must not touch: the network, files, threads that wait, a runtime, a server.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "tokio",
    "sqlx",
    "actix_web",
    "reqwest",
    "async fn",
];

/// The layers that are pure.
const PURE: &[&str] = &["domain", "wire", "mapping", "tlog", "seal"];

/// One use of a module by another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    from: String,
    to: String,
    place: String,
}

fn floor(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// `src/store/tx.rs` and `src/store.rs` are `store`; the crate's two roots are nobody's.
fn module(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let first = inside.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib" && name != "main").then_some(name)
}

/// The modules that a file uses: after `crate::`, also in a group, and after so many `super::` that they reach the root.
fn uses(path: &str, text: &str) -> Vec<Use> {
    let Some(from) = module(path) else { return Vec::new() };
    let name = path.rsplit('/').next().unwrap_or(path);
    let depth = path.matches('/').count() - usize::from(name == "mod.rs");
    let mut found = Vec::new();
    let mut inner = 0;
    let lines = code(text);
    for (at, (number, line)) in lines.iter().enumerate() {
        if line.starts_with("mod ") && line.ends_with('{') {
            inner = 1;
        } else if line.starts_with('}') {
            inner = 0;
        }
        let mut note = |to: &str| {
            found.push(Use { from: from.to_owned(), to: to.to_owned(), place: format!("{path}:{number}") });
        };
        for (start, _) in line.match_indices("crate::") {
            if line[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
                continue;
            }
            let rest = &line[start + "crate::".len()..];
            if rest.starts_with('{') {
                let whole: String = lines[at..].iter().map(|(_, line)| *line).collect();
                let group = whole.find("crate::{").map_or("", |start| &whole[start + "crate::{".len()..]);
                members(group).for_each(&mut note);
            } else {
                note(word(rest));
            }
        }
        let longest = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        for path in longest.filter(|path| path.starts_with("super::")) {
            let ups = path.matches("super::").count();
            if ups >= depth + inner {
                let target = word(path.trim_start_matches("super::"));
                if floor(target).is_some() {
                    note(target);
                }
            }
        }
    }
    found
}

fn word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or("")
}

/// The first words of `{a::b, c::{d, e}, f}`, from behind the brace.
fn members(group: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let mut starts = vec![0];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => starts.push(at + 1),
            _ => {}
        }
    }
    starts.into_iter().map(|start| word(group[start..].trim_start())).filter(|name| !name.is_empty())
}

/// What breaks the order, in words.
fn violations(all: &[Use]) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    for Use { from, to, place } in all {
        let pair = (from.as_str(), to.as_str());
        let Some(here) = floor(from) else {
            wrong.insert(format!("{place}: {from} stands in no layer; give it one in tests/layers.rs"));
            continue;
        };
        // A macro or an item of the crate's root has no floor.
        let Some(there) = floor(to) else { continue };
        let below = there < here && !FORBIDDEN.contains(&pair);
        if from != to && !below && !SIDEWAYS.contains(&pair) {
            wrong.insert(format!("{place}: {from} may not use {to}"));
        }
    }
    wrong.into_iter().collect()
}

#[test]
fn the_code_keeps_to_its_layers() {
    let mut all = Vec::new();
    for source in rust("src") {
        if let Some(module) = module(&source.path) {
            assert!(floor(module).is_some(), "{}: {module} stands in no layer", source.path);
        }
        all.extend(uses(&source.path, &source.text));
    }
    assert!(all.len() > 10, "the reader found hardly any paths: is it blind?");
    let wrong = violations(&all);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    for (from, to) in SIDEWAYS {
        let used = all.iter().any(|one| one.from == *from && one.to == *to);
        assert!(used, "{from} needs {to} no more: strike the line");
    }
}

#[test]
fn the_pure_layers_touch_nothing() {
    let mut wrong = Vec::new();
    for source in rust("src") {
        if source.path.ends_with("/tests.rs")
            || !module(&source.path).is_some_and(|name| PURE.contains(&name))
        {
            continue;
        }
        for (number, line) in production(&source.text) {
            wrong.extend(touched(line).map(|what| format!("{}:{number}: {what}", source.path)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn touched(line: &str) -> impl Iterator<Item = &'static str> {
    IMPURE.iter().copied().filter(move |what| {
        line.match_indices(what).any(|(at, _)| {
            let name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !name(line[..at].chars().next_back()) && !name(line[at + what.len()..].chars().next())
        })
    })
}

#[test]
fn neighbours_do_not_use_each_other_in_a_circle() {
    let mut onward: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in SIDEWAYS {
        assert_eq!(floor(from), floor(to), "{from} and {to} are not on one floor");
        onward.entry(from).or_default().push(to);
    }
    for start in onward.keys() {
        let mut left = onward[start].clone();
        while let Some(next) = left.pop() {
            assert_ne!(next, *start, "{start} comes back to itself");
            left.extend(onward.get(next).into_iter().flatten());
        }
    }
}

#[test]
fn a_planted_violation_is_found() {
    let wrong = |path: &str, text: &str| violations(&uses(path, text));
    for (path, text) in [
        ("src/domain/case.rs", "use crate::store::Store;"),
        ("src/wire/xml/read.rs", "use crate::tlog::hash;"),
        ("src/wire/mod.rs", "fn f() { crate::mapping::Profile::load(); }"),
        ("src/store/tx.rs", "use crate::wire::tree::Tree;"),
        ("src/exchange/mod.rs", "use crate::{domain::id::CaseId, http::{a, b}};"),
        ("src/exchange/mod.rs", "use crate::{\n    domain::id::CaseId,\n    http::{a, b},\n};"),
        ("src/clock.rs", "pub(in crate::domain) fn f() {}"),
        ("src/store/tx.rs", "use super::super::exchange::Gateway;"),
        ("src/store/mod.rs", "use super::exchange::Gateway;"),
        ("src/client/mod.rs", "use crate::worker::Lease;"),
        ("src/novelty/mod.rs", "use crate::domain::kind::Kind;"),
    ] {
        assert_eq!(wrong(path, text).len(), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("src/store/tx.rs", "use crate::tlog::hash;\nuse super::value::Value;"),
        ("src/mapping/mod.rs", "use crate::wire::tree::Tree;"),
        (
            "src/domain/case.rs",
            "//! See [`crate::exchange`].\n/// And [`crate::cli`].\nuse crate::clock::Clock;",
        ),
        ("src/store/mod.rs", "mod tests {\n    use super::exchange_rates;\n    use super::*;\n}"),
        ("src/lib.rs", "pub use crate::cli::main;"),
        ("src/http/mod.rs", "use crate::{clock::Clock, exchange::Gateway};"),
        ("src/wire/limits.rs", "use my_crate::store::Store;"),
    ] {
        assert_eq!(wrong(path, text), [""; 0], "{path}: {text}");
    }
    assert_eq!(touched("use tokio::sync::Mutex;").count(), 1);
    assert_eq!(touched("    pub async fn read() {}").count(), 1);
    assert_eq!(touched("let tokio_like = my_std::fs_like;").count(), 0);
}
