//! Damaged messages of every shipped profile: each is refused with a place, or mapped so that nothing of it is lost.
//!
//! Documents are compared by readers that are not ours. `REGBRIDGE_MUTANTS` says how many per profile, 10000 say (a
//! tenth for those whose large schemas are not shipped, unless `REGBRIDGE_MUTANTS_OF` names one profile to be tried
//! alone); a failure names the number of the mutant, which is the same everywhere.

mod compare;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};

use regbridge::domain::problem::Problem;
use regbridge::mapping::{Format, Input, Profile, Sample};
use regbridge::wire::limits::Limits;

use self::mutate::mutate;
use crate::dice::Dice;
use crate::profiles::{IDS, profile, with_run};
use crate::{real, real_dcc, real_goaml};

/// Mutants of each profile in a run that nobody asked more of.
const FEW: u64 = 600;

/// What became of the mutants.
#[derive(Default, Debug)]
struct Count {
    refused: u64,
    mapped: u64,
}

/// The shipped profiles with their samples; those of published formats, where schemas and samples are at hand.
fn all() -> Vec<(&'static str, Profile, Vec<Sample>)> {
    let own = |id: &'static str| {
        let profile = profile(id);
        let samples = profile.samples().cloned().collect();
        (id, profile, samples)
    };
    let mut all: Vec<_> = IDS.iter().map(|id| own(id)).collect();
    let published = |path: &str| {
        let bytes = real::sample(path)?;
        Some(Sample { path: path.to_owned(), format: Format::Xml, bytes, golden: Vec::new() })
    };
    if let Some(profile) = real_goaml::whole() {
        let names = real_goaml::SAMPLES.iter().filter_map(|name| published(&format!("goaml/samples/{name}")));
        let samples = profile.samples().cloned().chain(names).collect();
        all.push(("goaml-5.0.2", profile, samples));
    }
    if let Some(profile) = real_dcc::profile() {
        let sample = published("ptb-dcc/samples/siliziumkugel_2_4_0.xml");
        let samples = profile.samples().cloned().chain(sample).collect();
        all.push(("dcc-2.4", profile, samples));
    }
    if let Some(sample) = published("cn-ceb-customs/sample-CEB311-redacted.xml") {
        all.push(("cn-ceb", real::test_profile("cn-ceb"), vec![sample]));
    }
    all
}

#[test]
fn damaged_messages_are_refused_with_a_place_or_lose_nothing() {
    let asked = std::env::var("REGBRIDGE_MUTANTS").ok().and_then(|text| text.parse().ok());
    let only = std::env::var("REGBRIDGE_MUTANT").ok().and_then(|text| text.parse::<u64>().ok());
    let one = std::env::var("REGBRIDGE_MUTANTS_OF").ok();
    let asked_for = |id: &str| one.as_deref().is_none_or(|one| one == id);
    let all: Vec<_> = all().into_iter().filter(|(id, ..)| asked_for(id)).collect();
    assert!(!all.is_empty(), "there is no profile {}", one.unwrap_or_default());
    for (id, profile, samples) in all {
        let mut wrong = Vec::new();
        // Their schemas are large, and each document is judged on the way in and on the way out.
        let share = if IDS.contains(&id) || one.is_some() { 1 } else { 10 };
        let many = asked.unwrap_or(FEW) / share;
        let mut count = Count::default();
        for number in 0..many {
            if only.is_some_and(|only| only != number) {
                continue;
            }
            let mut dice = Dice::new(number);
            let sample = &samples[dice.below(samples.len())];
            let bytes = mutate(sample, &samples, &mut dice);
            let judged =
                catch_unwind(AssertUnwindSafe(|| judge(&profile, sample.format, &bytes, &mut count)));
            let told = match judged {
                Ok(Ok(())) => continue,
                Ok(Err(told)) => told,
                Err(_) => "it panics".to_owned(),
            };
            wrong.push(format!("{id} {number} {}: {told}\n{}", sample.path, String::from_utf8_lossy(&bytes)));
            if wrong.len() > 3 {
                break;
            }
        }
        eprintln!("{id}: {count:?}");
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
        // Both ends of the test are reached.
        assert!(only.is_some() || (count.refused > many / 20 && count.mapped > many / 20), "{id}: {count:?}");
    }
}

fn judge(profile: &Profile, format: Format, bytes: &[u8], count: &mut Count) -> Result<(), String> {
    let limits = Limits::default();
    let input = Input { bytes, format, charset: None, limits: &limits };
    let decoded = match with_run(|run| profile.decode(&input, run)) {
        Ok(decoded) => decoded,
        Err(refusal) => {
            count.refused += 1;
            let records = refusal.records.iter().flat_map(|record| &record.problems);
            return refusal.problems.iter().chain(records).try_for_each(spoken).and_then(|()| {
                let placed = |problem: &Problem| {
                    // A workbook that is no archive has no lines.
                    problem.line.is_some() || !problem.path.is_empty() || problem.code.starts_with("xlsx-")
                };
                let some = refusal.problems.iter().any(placed);
                if some { Ok(()) } else { Err(format!("refused without a place: {:#?}", refusal.problems)) }
            });
        }
    };
    if !decoded.refused.is_empty() {
        count.refused += 1;
        return decoded.refused.iter().flat_map(|record| &record.problems).try_for_each(spoken);
    }
    count.mapped += 1;
    let message = decoded.to_message();
    let encoded = with_run(|run| profile.encode(&decoded.message, Some(format), &message, run))
        .map_err(|refusal| format!("taken, but not written: {:#?}\n{message:#}", refusal.problems))?;
    compare::documents(format, bytes, &encoded.bytes)
        .map_err(|lost| format!("{lost}\nwritten: {}\n{message:#}", String::from_utf8_lossy(&encoded.bytes)))
}

/// A problem that says something in both languages.
fn spoken(problem: &Problem) -> Result<(), String> {
    if problem.zh.trim().is_empty() || problem.en.trim().is_empty() || problem.code.is_empty() {
        return Err(format!("a problem says nothing: {problem:#?}"));
    }
    Ok(())
}
