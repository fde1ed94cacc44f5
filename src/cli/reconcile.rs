//! `regbridge reconcile`: manifests of days, what agencies say of them, and what is to be done where the two differ.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::exchange::intervene::Words;
use crate::exchange::reconcile::{Brought, DifferenceRow, manifest};
use crate::exchange::{Gateway, Refused};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print our manifest of an agency's day, and make it first if there is none: what `diff` and `sha256sum` read
    /// (schemas/reconciliation/README.md). A day can be asked for ten minutes after it ended.
    Manifest {
        /// The agency.
        agency: String,
        /// The day in China: 2026-11-23.
        #[arg(value_parser = day)]
        day: NaiveDate,
        /// Print its signed head instead.
        #[arg(long)]
        note: bool,
    },
    /// List the days that were compared, the newest first: agency, day, lines of theirs and ours, what waits, when.
    List {
        /// Only this agency's.
        #[arg(long)]
        agency: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Show the differences of a day: id, state, how they differ, what is to be done, and both lines.
    Show {
        /// The agency.
        agency: String,
        /// The day in China.
        #[arg(value_parser = day)]
        day: NaiveDate,
    },
    /// Compare the agency's manifest of a day, a file, with what we have. Ends with 1 while anything differs.
    Compare {
        /// The agency.
        agency: String,
        /// The day in China.
        #[arg(value_parser = day)]
        day: NaiveDate,
        /// Its manifest.
        file: PathBuf,
    },
    /// Do what is to be done about a difference: `resend` queues the delivery again; `re-pull` has the sync whose window
    /// held it run again for that window, where the agency is fetched from; else it and `ask` keep that somebody has seen to
    /// it. The next comparison settles it.
    Act {
        /// The difference's id, as `show` prints it.
        difference: String,
        /// Who does it; the journal keeps it.
        #[arg(long)]
        who: Words,
        /// Why, or what was agreed; the journal keeps it.
        #[arg(long)]
        why: Words,
    },
}

fn day(text: &str) -> Result<NaiveDate, String> {
    manifest::day(text).ok_or_else(|| "a day is wanted, as 2026-11-23".to_owned())
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    let (gateway, _) = world.open(Which::Spoken).await?;
    match command {
        Command::Manifest { agency, day, note } => {
            let made = gateway.manifest(&known(&gateway, &agency)?, day).await?;
            let bytes = if note { made.note.into_bytes() } else { made.text };
            std::io::stdout().write_all(&bytes)?;
        }
        Command::List { agency, limit } => {
            let agency = agency.map(|agency| known(&gateway, &agency)).transpose()?;
            for one in gateway.reconciliations(agency.as_ref(), None, limit).await? {
                println!(
                    "{}\t{}\ttheirs {}\tours {}\twaiting {}\telsewhere {}\t{}\t{}",
                    one.agency,
                    one.day,
                    one.lines,
                    one.own_lines,
                    one.waiting,
                    one.elsewhere,
                    one.channel,
                    one.compared_at
                );
            }
        }
        Command::Show { agency, day } => {
            let agency = known(&gateway, &agency)?;
            let (one, differences) = match gateway.reconciliation(&agency, day).await {
                Err(Refused::NotFound) => {
                    bail!(
                        "nothing of {agency} was compared for {day}; `regbridge reconcile list` lists what was"
                    )
                }
                other => other?,
            };
            println!(
                "{agency}\t{day}\ttheirs {}\tours {}\troot of theirs {}",
                one.lines,
                one.own_lines,
                Digest::from_bytes(one.root)
            );
            differences.iter().for_each(print);
        }
        Command::Compare { agency, day, file } => return compare(&gateway, &agency, day, &file).await,
        Command::Act { difference, who, why } => {
            let acted = match gateway.act_on_difference(&difference, &who, &why).await {
                Err(Refused::NotFound) => {
                    bail!(
                        "there is no difference {difference}; `regbridge reconcile show` shows those of a day"
                    )
                }
                other => other?,
            };
            print(&acted.difference);
            if let Some(delivery) = acted.delivery {
                println!("delivery {delivery} is queued again");
            }
            if let Some((job, run)) = acted.run {
                println!("run {run} of {job} fetches its window again; `sync history {job}` shows it");
            }
        }
    }
    Ok(true)
}

fn known(gateway: &Gateway, agency: &str) -> anyhow::Result<AgencyId> {
    let id = AgencyId::parse(agency)?;
    gateway.registry().by_id(&id).context("no such agency; `regbridge agency list` lists them")?;
    Ok(id)
}

async fn compare(gateway: &Gateway, agency: &str, day: NaiveDate, file: &Path) -> anyhow::Result<bool> {
    let agency = known(gateway, agency)?;
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let brought = Brought { bytes, channel: "file", certificate: None };
    match gateway.compare(&agency, day, brought).await {
        Ok(compared) => {
            compared.differences.iter().filter(|one| one.state != "settled").for_each(print);
            println!(
                "{} left; {} new, {} settled; {} of ours wait to be fetched, {} stand on another day",
                compared.left,
                compared.found,
                compared.settled,
                compared.reconciliation.waiting,
                compared.reconciliation.elsewhere
            );
            Ok(compared.left == 0)
        }
        Err(Refused::Malformed { problems, .. }) => {
            for problem in problems {
                println!("{problem}");
            }
            Ok(false)
        }
        Err(refused) => Err(refused.into()),
    }
}

fn print(one: &DifferenceRow) {
    println!("{}\t{}\t{}\t{}", one.id, one.state, one.what, one.action);
    for (whose, line) in [("ours", &one.ours), ("theirs", &one.theirs)] {
        println!("\t{whose}\t{}", line.as_deref().unwrap_or("-"));
    }
    if let (Some(who), Some(words)) = (&one.acted_by, &one.words) {
        println!("\t{who}\t{words}");
    }
}
