//! Holds the house in order: what a newcomer may rely on when looking for something.
//!
//! - every Rust file opens with a promise (`//!`);
//! - no file grows past [`MOST_LINES`] lines of code, tests and comments not counted;
//! - the migrations of both databases match name for name;
//! - what the documents mention exists: files, scripts, commands.

mod source;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use source::{files, production, root, rust};

/// One file is one idea; an idea that needs more is two.
const MOST_LINES: usize = 350;

/// Files that are longer all the same, each with its reason.
const LONGER: &[(&str, &str)] = &[];

/// The documents whose words are checked.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "certs/README.md",
    "tests/README.md",
    "schemas/canonical/README.md",
];

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_file_opens_with_its_promise() {
    let mut silent = Vec::new();
    for source in ["src", "tests", "benches", "examples"].into_iter().flat_map(rust) {
        let first = source.text.lines().next().unwrap_or("");
        if first.strip_prefix("//! ").is_none_or(|promise| promise.trim().is_empty()) {
            silent.push(source.path);
        }
    }
    assert!(silent.is_empty(), "no `//!` in the first line of {silent:#?}");
}

#[test]
fn no_file_outgrows_its_idea() {
    let mut long = Vec::new();
    for source in rust("src") {
        let tests = source.path.ends_with("/tests.rs") || source.path.contains("/tests/");
        let lines = production(&source.text).iter().filter(|(_, line)| !line.trim().is_empty()).count();
        let excused = LONGER.iter().any(|(path, _)| *path == source.path);
        if !tests && lines > MOST_LINES && !excused {
            long.push(format!("{} has {lines} lines", source.path));
        }
        assert!(!excused || lines > MOST_LINES, "{} needs no excuse any more", source.path);
    }
    assert!(long.is_empty(), "more than {MOST_LINES}: {long:#?}");
    for (path, reason) in LONGER {
        assert!(root().join(path).is_file() && reason.len() > 20, "{path}: {reason}");
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |dialect: &str| -> BTreeSet<String> {
        let folder = root().join("migrations").join(dialect);
        files(&folder).iter().map(|path| path.strip_prefix(&folder).unwrap().display().to_string()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

/// The words between single backquotes, outside of fenced blocks.
fn quoted(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words.extend(line.split('`').skip(1).step_by(2));
        }
    }
    words
}

/// The lines of fenced blocks.
fn fenced(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if inside {
            lines.push(line.trim());
        }
    }
    lines
}

/// Whether a quoted word names something in the tree: it begins with one of its top folders, or is a file at the top.
fn is_path(word: &str) -> bool {
    const TOP: &[&str] = &["src/", "tests/", "ops/", "schemas/", "migrations/", "certs/", ".ci/"];
    let plain = !word.contains(['<', '*', '{', ' ', '…', '(']);
    let top = word.strip_suffix(".md").is_some() || word.starts_with("LICENSE") || word.starts_with("Cargo.");
    plain && (TOP.iter().any(|folder| word.starts_with(folder)) || (top && !word.contains('/')))
}

#[test]
fn the_files_that_documents_mention_exist() {
    let mut missing = Vec::new();
    let mut seen = 0;
    for name in DOCUMENTS {
        let text = document(name);
        let folder = Path::new(name).parent().unwrap();
        for word in quoted(&text).into_iter().filter(|word| is_path(word)) {
            seen += 1;
            if !root().join(word).exists() && !root().join(folder).join(word).exists() {
                missing.push(format!("{name}: {word}"));
            }
        }
        for line in fenced(&text) {
            let command = line.split_whitespace().next().unwrap_or("");
            if is_path(command) && !root().join(command).exists() {
                missing.push(format!("{name}: {command}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(seen > 20, "the reader found only {seen} names: is it blind?");
}

/// The commands of the program that a fenced line calls: `agency add` of `regbridge agency add --dir DIR`.
fn subcommand(line: &str) -> Option<Vec<&str>> {
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let starts = ["cargo run --release -- ", "cargo run -- ", "target/release/regbridge ", "regbridge "];
    let rest = starts.iter().find_map(|start| line.strip_prefix(start))?;
    let plain = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    Some(rest.split_whitespace().take_while(plain).take(2).collect())
}

#[test]
fn the_commands_that_documents_mention_exist() {
    let mut asked = BTreeSet::new();
    for name in DOCUMENTS {
        let text = document(name);
        asked.extend(fenced(&text).into_iter().filter_map(subcommand).map(|words| words.join(" ")));
    }
    assert!(asked.contains("demo"), "the README says how to see it: {asked:?}");
    for words in asked {
        let program = env!("CARGO_BIN_EXE_regbridge");
        let output =
            Command::new(program).args(words.split(' ')).arg("--help").output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "regbridge {words} --help: {said}");
    }
}

#[test]
fn the_readme_says_how_to_begin() {
    let readme = document("README.md");
    for command in ["cargo run --release -- demo", "ops/test"] {
        assert!(fenced(&readme).contains(&command), "{command}");
    }
}

#[cfg(unix)]
#[test]
fn the_scripts_can_be_run_and_stop_at_the_first_failure() {
    use std::os::unix::fs::PermissionsExt;
    for script in ["ops/check", "ops/test", ".ci/run"] {
        let path = root().join(script);
        assert!(path.metadata().expect(script).permissions().mode() & 0o111 != 0, "{script} cannot be run");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("#!/usr/bin/env bash\n"), "{script}");
        assert!(text.contains("\nset -euo pipefail\n"), "{script} goes on after a failure");
    }
}

/// What ends a sentence that begins 应为… says what would be right, not once more that something should be.
#[test]
fn no_chinese_sentence_says_twice_that_it_should() {
    let mut slips = Vec::new();
    let mut seen = 0;
    // It lists the slips that it looks for.
    let looks = |path: &str| path == "src/mapping/steps/wording.rs";
    for source in rust("src").into_iter().filter(|source| !looks(&source.path)) {
        for (number, line) in production(&source.text) {
            for text in line.split('"').skip(1).step_by(2) {
                seen += usize::from(text.contains("应为"));
                let doubled = [
                    "应为应",
                    "应为须",
                    "应为必须",
                    "应为不得",
                    "应为逐",
                    "应为位",
                    "{}位",
                    "须须",
                    "为为",
                    "应应",
                ];
                if doubled.iter().any(|slip| text.contains(slip)) {
                    slips.push(format!("{}:{number}: {text}", source.path));
                }
            }
        }
        // What `Wrong` is given is such an end.
        let lines: Vec<&str> = production(&source.text).into_iter().map(|(_, line)| line.trim()).collect();
        let one_line = lines.join(" ");
        for call in one_line.split("Wrong::new(").skip(1).chain(one_line.split("Wrong::type_of(").skip(1)) {
            let zh = call.split('"').skip(1).step_by(2).find(|text| text.chars().any(|c| c > '\u{2E7F}'));
            let begins = |begin: &&str| zh.is_some_and(|zh| zh.starts_with(*begin));
            if ["应", "须", "必", "不得", "不能", "逐", "位"].iter().any(begins) {
                slips.push(format!("{}: {}", source.path, zh.unwrap_or_default()));
            }
        }
    }
    assert!(seen > 40, "only {seen} sentences: is the reader blind?");
    assert!(slips.is_empty(), "{slips:#?}");
}

/// The envelope of what we send, as the manual lists it.
#[test]
fn the_manual_lists_the_envelope() {
    let manual = document("schemas/README.md");
    let table =
        manual.split("| envelope |").nth(1).expect("the table").split("\n\n").next().unwrap_or_default();
    let listed: BTreeSet<&str> =
        table.lines().skip(2).flat_map(|row| quoted(row.split('|').nth(1).unwrap_or_default())).collect();
    let mut sent = BTreeSet::new();
    let texts = ["src/exchange/outgoing.rs", "src/exchange/feed/page.rs"].map(document);
    for text in &texts {
        let made = text.split("let mut value = json!({").nth(1).expect("the message object");
        let (made, rest) = made.split_once("});").expect("its end");
        let keys = made.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once("\":"));
        sent.extend(keys.map(|(key, _)| key));
        sent.extend(
            rest.split("value[\"").skip(1).filter_map(|more| more.split_once("\"] = ")).map(|(key, _)| key),
        );
    }
    sent.remove("records");
    assert_eq!(listed, sent);
}

#[test]
fn every_dependency_says_why() {
    let manifest = document("Cargo.toml");
    let mut above = "";
    let mut section = "";
    let mut silent = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.ends_with("dependencies]") && line.contains(" = ") && !above.starts_with("# ") {
            silent.push(line);
        }
        above = line;
    }
    assert!(silent.is_empty(), "no reason above {silent:#?}");
}

#[test]
fn the_readers_see_what_they_should() {
    let text = "See `src/lib.rs` and `x`.\n```sh\n$ regbridge agency add --dir d\nops/test --help\n```\n`ops/check`\n";
    assert_eq!(quoted(text), ["src/lib.rs", "x", "ops/check"]);
    assert_eq!(fenced(text), ["$ regbridge agency add --dir d", "ops/test --help"]);
    assert_eq!(subcommand(fenced(text)[0]), Some(vec!["agency", "add"]));
    assert_eq!(subcommand("cargo run --release -- demo --exit"), Some(vec!["demo"]));
    assert_eq!(subcommand("curl https://localhost"), None);
    assert!(
        is_path("src/lib.rs")
            && is_path("SECURITY.md")
            && !is_path("x")
            && !is_path("schemas/profiles/<id>/")
    );
}
