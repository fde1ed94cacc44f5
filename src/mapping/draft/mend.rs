//! A draft is loaded, and reads its samples; what the schema or a sample refutes is taken back, until it holds.
//!
//! A row steps down: its steps become plain `text`, then its place an extra of the record, then it waits behind `#`.

use crate::clock::SeededChance;
use crate::clock::Timestamp;
use crate::domain::problem::Problem;
use crate::mapping::canonical::Canonical;
use crate::mapping::check::{GOLDEN_NOW, GOLDEN_SEED, golden_text};
use crate::mapping::decode::Input;
use crate::mapping::draft::entry::snake;
use crate::mapping::draft::files::{self, Samples};
use crate::mapping::draft::outline::Outline;
use crate::mapping::draft::plan::{Plan, Row};
use crate::mapping::draft::print::Printed;
use crate::mapping::draft::{Draft, Source};
use crate::mapping::profile::Profile;
use crate::mapping::steps::Run;
use crate::wire::limits::Limits;

/// Rounds of loading and taking back. 60: three steps down for twenty rows that hide one another's faults.
const ROUNDS: usize = 60;

/// Mends a plan until it loads and reads its samples.
pub(super) fn mend(
    source: &Source,
    outline: &Outline,
    mut plan: Plan,
    canonical: &Canonical,
) -> Result<Draft, Vec<Problem>> {
    let mut samples = Samples { all: paths(source, outline), kept_ok: Vec::new() };
    let mut refused = Vec::new();
    for _ in 0..ROUNDS {
        let (files, printed) = files::write(source, outline, &plan, &samples);
        let profile = match Profile::load(&files, canonical) {
            Ok((profile, _)) => profile,
            Err(faults) => {
                let mut changed = false;
                for fault in &faults {
                    changed |= take_back(&mut plan, &printed, fault, fault.line, &files::map_path(source));
                }
                if changed {
                    continue;
                }
                return Err(faults);
            }
        };
        match read(&profile, source, &mut plan, &printed, &mut samples, &mut refused) {
            Step::Again => {}
            Step::Done => return Ok(done(source, outline, plan, &samples, refused)),
        }
    }
    let (files, _) = files::write(source, outline, &plan, &samples);
    match Profile::load(&files, canonical) {
        Ok(_) => Ok(done(source, outline, plan, &samples, refused)),
        Err(faults) => Err(faults),
    }
}

enum Step {
    Again,
    Done,
}

/// Where the samples go.
fn paths(source: &Source, outline: &Outline) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let mut made: Vec<(String, Vec<u8>, Vec<u8>)> = Vec::new();
    for (name, bytes) in &source.samples {
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        let stem = if stem.is_empty() { "sample" } else { stem };
        let path = format!("samples/{stem}.{}", outline.format.as_str());
        made.push((path, bytes.clone(), b"{}".to_vec()));
    }
    made
}

/// Reads every sample, writes it back, and keeps what it became as its golden.
fn read(
    profile: &Profile,
    source: &Source,
    plan: &mut Plan,
    printed: &Printed,
    samples: &mut Samples,
    refused: &mut Vec<Problem>,
) -> Step {
    let limits = Limits::default();
    let mut changed = false;
    let mut gone = Vec::new();
    for (index, (path, bytes, golden)) in samples.all.iter_mut().enumerate() {
        let format = crate::mapping::draft::format_of(path, bytes);
        let chance = SeededChance::new(GOLDEN_SEED);
        let still = Run { now: Timestamp::from_micros(GOLDEN_NOW), chance: &chance };
        let input = Input { bytes, format, charset: None, limits: &limits };
        let decoded = match profile.decode(&input, &still) {
            Ok(decoded) => decoded,
            Err(refusal) => {
                if withdrawn(plan, printed, source, &refusal.problems) {
                    changed = true;
                } else {
                    refused.extend(refusal.problems.into_iter().map(|mut problem| {
                        problem.zh = format!("{path}：{}", problem.zh);
                        problem.en = format!("{path}: {}", problem.en);
                        problem
                    }));
                    gone.push(index);
                }
                continue;
            }
        };
        let message = decoded.to_message();
        *golden = golden_text(&message).into_bytes();
        for explained in profile.explain(&decoded) {
            let spelling = explained.kept.as_ref().is_some_and(|entry| entry.get("as").is_some());
            if spelling && !samples.kept_ok.contains(&explained.wire) {
                samples.kept_ok.push(explained.wire);
                changed = true;
            }
        }
        match profile.encode(&decoded.message, Some(decoded.format), &message, &still) {
            Ok(encoded) => {
                if let Some(place) = profile.unequal(&input, &encoded.bytes, &decoded) {
                    refused.push(Problem::new(
                        "round-trip",
                        format!("{path}：写回不等：{place}"),
                        format!("{path}: not equal when written back: {place}"),
                    ));
                    gone.push(index);
                }
            }
            Err(refusal) => {
                if withdrawn(plan, printed, source, &refusal.problems) {
                    changed = true;
                } else {
                    refused.extend(refusal.problems);
                    gone.push(index);
                }
            }
        }
    }
    for index in gone.into_iter().rev() {
        samples.all.remove(index);
        changed = true;
    }
    if changed { Step::Again } else { Step::Done }
}

/// Lets every row step down that one of these problems of a document names; whether there was one that could.
fn withdrawn(plan: &mut Plan, printed: &Printed, source: &Source, problems: &[Problem]) -> bool {
    let mut changed = false;
    for problem in problems {
        changed |= take_back(plan, printed, problem, line_of(problem, source), "");
    }
    changed
}

/// The line of the map that a problem of a document names.
fn line_of(problem: &Problem, source: &Source) -> Option<u32> {
    let rule = problem.rule.as_deref()?;
    let (file, line) = rule.rsplit_once(':')?;
    (file == format!("{}/{}", source.id, files::map_path(source))).then(|| line.parse().ok()).flatten()
}

/// Lets the row in this line step down; whether there was one that could.
fn take_back(plan: &mut Plan, printed: &Printed, problem: &Problem, line: Option<u32>, file: &str) -> bool {
    if !file.is_empty() && problem.path != file {
        return false;
    }
    let Some((_, block, row)) = printed.lines.iter().find(|(at, _, _)| Some(*at) == line).copied() else {
        return false;
    };
    let row = &mut plan.blocks[block].rows[row];
    if row.waits {
        return false;
    }
    match &*problem.code {
        "missing" => {
            row.need.clear();
            row.empty = true;
            return true;
        }
        // Required, and a sample has it without a value.
        "required-unfed" if row.empty && !row.how.starts_with("each ") && !row.how.starts_with("one ") => {
            let nil = if row.nillable { "nil" } else { "nil ''" };
            let changed = !row.how.starts_with("nil");
            if changed {
                row.how = format!("{nil} | {}", row.how);
            }
            return changed;
        }
        "required-unfed" => {
            let changed = row.need != "must";
            "must".clone_into(&mut row.need);
            return changed;
        }
        _ => {}
    }
    down(row);
    true
}

/// One step down: to plain text, to an extra, to a comment.
fn down(row: &mut Row) {
    let each = if row.how.starts_with("each ") { "each " } else { "" };
    let block = (row.how.starts_with("each ") || row.how.starts_with("one ")) && !row.how.contains("text");
    let plain = format!("{each}text");
    if block && row.matched && row.record != "records" {
        row.record = format!("extensions.{}", extra(&row.wire));
        row.matched = false;
    } else if row.matched {
        row.record = format!("extensions.{}", extra(&row.wire));
        row.how = plain;
        row.matched = false;
        row.note.clear();
    } else if !block && row.how != plain {
        row.how = plain;
    } else {
        row.waits = true;
    }
}

fn extra(wire: &str) -> String {
    let first = wire.split(" + ").next().unwrap_or(wire);
    let name = snake(&first.replace(':', "_"));
    if name.is_empty() { "value".to_owned() } else { name }
}

fn done(source: &Source, outline: &Outline, plan: Plan, samples: &Samples, refused: Vec<Problem>) -> Draft {
    let (files, _) = files::write(source, outline, &plan, samples);
    let (mut matched, mut unmatched) = (Vec::new(), Vec::new());
    for block in &plan.blocks {
        for row in &block.rows {
            let wire = format!("{}: {}", block.name, row.wire);
            if row.matched {
                matched.push((wire, row.record.clone()));
            } else {
                unmatched.push((wire, row.near.join(", ")));
            }
        }
    }
    Draft { files, matched, unmatched, doubts: plan.doubts, refused }
}
