//! `regbridge simulate`: the other side, so that either side can try its own system against the gateway.
//!
//! Promise: what is simulated speaks as a stranger would, over the same listeners, with a certificate or a token, in the
//! format of its profile; nothing of the gateway's data is looked at. Numbers and ids are new in every run.
//!
//! | file | idea |
//! |---|---|
//! | `peer` | an agency's client over mutual TLS |
//! | `made` | messages made from a profile's samples |
//! | `submit` | a bureau: submits, verifies receipts, waits for what is answered |
//! | `pull` | a food agency: pulls a feed and checks its windows; a police desk: answers each lead |
//! | `platform` | the platform: acknowledges and replies |

pub(in crate::cli) mod made;
pub(in crate::cli) mod peer;
mod platform;
mod pull;
mod submit;

use clap::Subcommand;

use crate::cli::Context;

#[derive(Subcommand)]
pub(super) enum Command {
    /// A bureau: submits new messages made from the samples of its profile, verifies each receipt against the journal's key,
    /// and waits for the answers if it is told to.
    Bureau(submit::Args),
    /// A food agency: pulls a feed to its end, and checks that the windows follow each other, hold what they say, and are
    /// signed by the journal's key. Exit status 1 where one is not.
    Food(pull::Args),
    /// A police desk: pulls leads like a food agency, and answers each with an outcome in the format of its profile.
    Police(pull::Police),
    /// The platform: reads the events, and answers every complaint that came with an acknowledgement and a reply.
    Platform(platform::Args),
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    match command {
        Command::Bureau(args) => submit::run(&args, context).await,
        Command::Food(args) => pull::run(&args, context).await,
        Command::Police(args) => pull::police(&args, context).await,
        Command::Platform(args) => platform::run(&args).await,
    }
}
