//! `regbridge profile test`: every sample both ways, and what its record has become beside its golden.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use crate::cli::Context;
use crate::cli::profile::{files, run_now, tell};
use crate::cli::shelf::Shelf;
use crate::cli::world::MANIFEST;
use crate::domain::record::schemas;
use crate::mapping::{Canonical, Difference, Profile, ProfileFiles, golden_path, golden_text};

/// Differences of one sample that are told; the rest is counted.
const MOST: usize = 20;

#[derive(Args)]
pub(in crate::cli) struct Test {
    /// A profile, ID for its newest version or ID@VERSION, or a folder.
    profile: String,
    /// Write the goldens anew, from what the samples become now. Read them then: each is a claim.
    #[arg(long)]
    update: bool,
}

pub(super) fn run(test: &Test, context: &Context) -> anyhow::Result<bool> {
    let mut files = files(&test.profile, context)?;
    let folder = if test.update { Some(folder(&test.profile, context)?) } else { None };
    if folder.is_some() {
        // The first time there is none.
        let goldens: Vec<String> = files.0.keys().filter_map(|path| golden_path(path)).collect();
        for golden in goldens {
            files.0.entry(golden).or_insert_with(|| b"{}".to_vec());
        }
    }
    let (profile, _) = match Profile::load(&files, &Canonical(schemas())) {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(tell(&problems)),
    };
    if profile.samples().next().is_none() {
        bail!(
            "{} has no samples: put some under samples/, invented ones, such as samples/order.xml",
            profile.id()
        );
    }
    match folder {
        Some(folder) => update(&profile, &files, &folder),
        None => Ok(compare(&profile)),
    }
}

/// The folder of a profile that can be written to.
fn folder(profile: &str, context: &Context) -> anyhow::Result<PathBuf> {
    let given = PathBuf::from(profile);
    let found = if given.join(MANIFEST).is_file() {
        Some(given)
    } else {
        Shelf::read(&context.folder)?.named(profile)?.folder.clone()
    };
    found.with_context(|| {
        format!("{profile} travels inside the program; --update writes into a folder: name one, such as profiles/{profile}")
    })
}

fn update(profile: &Profile, files: &ProfileFiles, folder: &std::path::Path) -> anyhow::Result<bool> {
    let mut good = true;
    for sample in profile.samples() {
        let decoded = match profile.golden(sample) {
            Ok(decoded) => decoded,
            Err(refusal) => {
                println!("refused    {}", sample.path);
                good = tell(&refusal.problems) && good;
                continue;
            }
        };
        let golden = golden_path(&sample.path).unwrap_or_default();
        let text = golden_text(&decoded.to_message());
        if files.0.get(&golden).is_some_and(|before| before == text.as_bytes()) {
            println!("unchanged  {golden}");
            continue;
        }
        let file = folder.join(&golden);
        std::fs::write(&file, text).with_context(|| file.display().to_string())?;
        println!("wrote      {}", file.display());
    }
    if good {
        println!(
            "Read what was written: a kept spelling means a wrong step, a kept node a field without a row."
        );
    }
    Ok(good)
}

fn compare(profile: &Profile) -> bool {
    let (mut all, mut bad) = (0, 0);
    for sample in profile.samples() {
        let tested = profile.test_sample(sample, &run_now());
        all += 1;
        if tested.faults.is_empty() {
            println!("ok      {}", sample.path);
            continue;
        }
        bad += 1;
        println!("failed  {}", sample.path);
        for fault in tested.faults.iter().filter(|fault| fault.code != "sample-golden") {
            println!("  {fault}");
        }
        show(&tested.differences, ["golden", "now"]);
    }
    println!("{}  {all} samples, {bad} failed", profile.id());
    bad == 0
}

/// Prints differences under the names of the two sides.
pub(super) fn show(differences: &[Difference], sides: [&str; 2]) {
    let width = sides.iter().map(|side| side.len()).max().unwrap_or_default();
    for one in differences.iter().take(MOST) {
        println!("  {}", one.path);
        for (side, value) in sides.iter().zip([&one.before, &one.after]) {
            println!(
                "    {side:width$}  {}",
                value.as_ref().map_or_else(|| "none".to_owned(), Value::to_string)
            );
        }
    }
    if differences.len() > MOST {
        println!("  … and {} more", differences.len() - MOST);
    }
}
