//! `regbridge feed`: what agencies pulled, reports of feeds, the keys of their cursors.

use std::path::Path;

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::clock::{Chance as _, SystemChance};
use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::domain::kind::Kind;
use crate::store::feed::FeedWindow;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List what an agency pulled of a kind, and the reports made for it, oldest first: journal entry, page or report,
    /// from and to which number, how many records, root, when.
    Windows {
        /// The agency.
        agency: String,
        /// The record kind, for example inspection-result.
        kind: String,
        /// Only those journalled after this entry.
        #[arg(long, value_name = "ENTRY")]
        after: Option<u64>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Make a report of all that was queued for an agency since its last report; with nothing there it is the explicit
    /// empty report. Agencies whose registry file says `empty_report` get it with their next empty page.
    Report {
        /// The agency.
        agency: String,
        /// The record kind.
        kind: String,
    },
    /// Sign cursors with a new key from now on. The one before stays readable, older ones go: consumers that have not
    /// asked since the change before last begin again from a time.
    RotateKey,
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    match command {
        Command::Windows { agency, kind, after, limit } => {
            let (gateway, _) = world.open(Which::Spoken).await?;
            let (agency, kind) = (AgencyId::parse(&agency)?, Kind::parse(&kind)?);
            for window in gateway.feed_windows(&agency, kind, after, limit).await? {
                println!("{}", line(&window));
            }
        }
        Command::Report { agency, kind } => {
            let (gateway, _) = world.open(Which::Spoken).await?;
            let (agency, kind) = (AgencyId::parse(&agency)?, Kind::parse(&kind)?);
            println!("{}", line(&gateway.report_feed(&agency, kind).await?));
        }
        Command::RotateKey => {
            world.cursor_keys()?;
            rotate(&world.folder.cursor_keys())?;
            println!("cursors are signed with a new key; a running gateway takes it up within two seconds");
        }
    }
    Ok(true)
}

fn line(window: &FeedWindow) -> String {
    format!(
        "{}\t{}\t{}..{}\t{} records\t{}\t{}",
        window.journal_index,
        window.purpose,
        window.from,
        window.to,
        window.count,
        Digest::from_bytes(window.root),
        window.at
    )
}

/// Puts a new key above the one that signed so far, and keeps that one alone of the others.
fn rotate(file: &Path) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let text = format!("{}\n{}\n", hex::encode(SystemChance.thirty_two()), first.unwrap_or_default());
    // Written beside and renamed: a running gateway never reads half of it.
    let beside = file.with_extension("new");
    std::fs::remove_file(&beside).ok();
    let mut handle = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .with_context(|| beside.display().to_string())?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    std::fs::rename(&beside, file).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_signs_and_the_one_before_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("feed-cursors");
        let (a, b) = ("aa".repeat(32), "bb".repeat(32));
        std::fs::write(&file, format!("# keys\n{a}\n{b}\n")).unwrap();
        rotate(&file).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[1], lines[0].len()), (2, a.as_str(), 64));
        assert_ne!(lines[0], a);
    }
}
