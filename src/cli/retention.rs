//! `regbridge retention`: for how long cases are kept, and removing what was kept long enough.

use clap::Subcommand;

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::exchange::keep::Mode;
use crate::exchange::view::topics;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show for how many years the cases of each topic are kept, what would go now, and which cases are under hold: since when, by
    /// whose word, why.
    Show,
    /// Remove the contents of cases that were kept long enough: records, messages, files. Ids, digests, receipts and the journal
    /// stay. Cases under hold, and those of which something is still to be delivered, are left alone. Stopped anywhere, run it
    /// again.
    Run {
        /// Only say how much it would be.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Holds of one question.
const HOLDS: u32 = 500;

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    let retention = world.settings.retention.kept();
    let (gateway, _) = world.open(Which::Spoken).await?;
    let now = gateway.clock().now();
    match command {
        Command::Show => {
            for topic in topics() {
                match retention.iter().find(|(named, _)| *named == topic) {
                    Some((_, years)) => println!("{topic}\t{years} years after its last change"),
                    None => println!("{topic}\tfor ever"),
                }
            }
            println!("{}", gateway.remove_expired(&retention, Mode::Look, now).await?);
            let mut after = None;
            loop {
                let holds = gateway.holds(after.as_ref(), HOLDS).await?;
                for hold in &holds {
                    println!("hold\t{}\t{}\t{}\t{}", hold.case, hold.since, hold.who, hold.why);
                }
                match holds.into_iter().next_back() {
                    Some(last) => after = Some(last.case),
                    None => break,
                }
            }
        }
        Command::Run { dry_run } => {
            let mode = if dry_run { Mode::Look } else { Mode::Remove };
            println!("{}", gateway.remove_expired(&retention, mode, now).await?);
        }
    }
    Ok(true)
}
