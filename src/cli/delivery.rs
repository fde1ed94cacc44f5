//! `regbridge delivery`: what goes out, how far it has come, and an operator's hand on it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::domain::id::{AgencyId, CaseId, DeliveryId};
use crate::exchange::delivery::Destination;
use crate::exchange::inbound::Sender;
use crate::exchange::intervene::{Action, Words};
use crate::exchange::receipts::{Channel, Given};
use crate::exchange::view::{BreakerView, DeliveryFilter, DeliveryState, DeliveryView};
use crate::exchange::{Gateway, Refused};
use crate::mapping::Format;
use crate::wire::encoding::Encoding;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List deliveries, oldest first: id, state, destination, kind, case, attempts, what comes next or when it was settled
    /// by whom. Then, behind `!`, the destinations that fail: how often in a row, since when, until when nothing goes there.
    ///
    /// States: queued (nobody has it), sent (handed over), received (the peer has it), accepted (its case system took it),
    /// refused (for good), `given_up` (72 hours of attempts failed, or an operator stopped it).
    ///
    /// A destination that failed five times in a row is left alone for half a minute, then tried with one delivery, and left
    /// alone for longer, up to ten minutes, if that fails. Nothing is lost meanwhile: what waits is queued.
    List {
        /// Only in this state.
        #[arg(long, value_parser = state)]
        state: Option<DeliveryState>,
        /// Only to this agency.
        #[arg(long, conflicts_with = "webhook")]
        agency: Option<String>,
        /// Only to this webhook.
        #[arg(long)]
        webhook: Option<String>,
        /// Only about this case.
        #[arg(long)]
        case: Option<String>,
        /// Only after this delivery.
        #[arg(long, value_name = "DELIVERY")]
        after: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Show a delivery with its attempts and what its agency said of it, as JSON.
    Show {
        /// The delivery's id.
        delivery: String,
    },
    /// Give a delivery up: it is not sent, and not given out, any more. What is being sent at this moment may arrive all the
    /// same. Those behind it in its case go on.
    Stop(Word),
    /// Try what was not delivered again, now, with its whole 72 hours before it: queued, refused or `given_up`. Its destination
    /// is tried at once even if it is left alone at present. One that was stopped and is fetched by its agency can be fetched
    /// again.
    Retry(Word),
    /// Send what was delivered once more: the same bytes under the same delivery id, which a peer may know. Says so when the
    /// message was erased. What an agency fetches it fetches again by an earlier cursor, or `since`.
    Replay(Word),
    /// Take in an agency's receipt that came as a file: a message of its profile of kind `receipt`.
    Receipt {
        /// The agency whose it is.
        agency: String,
        /// The file.
        file: PathBuf,
        /// Its charset, where it does not say so itself.
        #[arg(long)]
        charset: Option<String>,
    },
}

/// Which delivery, who says so, and why.
#[derive(clap::Args)]
pub(super) struct Word {
    /// The delivery's id.
    delivery: String,
    /// Who says so: one line, which the journal keeps for ever.
    #[arg(long, env = "REGBRIDGE_WHO", value_name = "NAME")]
    who: Words,
    /// Why: one line, which the journal keeps for ever. No names of people it is about.
    #[arg(long, value_name = "REASON")]
    why: Words,
}

fn state(text: &str) -> Result<DeliveryState, String> {
    DeliveryState::parse(text).map_err(|bad| bad.to_string())
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let (gateway, _) = World::load(context)?.open(Which::Spoken).await?;
    match command {
        Command::List { state, agency, webhook, case, after, limit } => {
            let agency = agency.as_deref().map(AgencyId::parse).transpose()?;
            let filter = DeliveryFilter {
                state,
                destination: agency.map(Destination::Agency).or(webhook.map(Destination::Webhook)),
                case: case.as_deref().map(CaseId::parse).transpose()?,
                after: after.as_deref().map(DeliveryId::parse).transpose()?,
                limit,
            };
            for delivery in gateway.deliveries(&filter).await? {
                println!("{}", line(&delivery));
            }
            for breaker in gateway.breakers().await? {
                println!("{}", failing(&breaker));
            }
        }
        Command::Show { delivery } => {
            let found = gateway.delivery(&DeliveryId::parse(&delivery)?).await;
            println!("{}", serde_json::to_string_pretty(&there(found, &delivery)?)?);
        }
        Command::Stop(word) => intervene(&gateway, Action::Stop, &word).await?,
        Command::Retry(word) => intervene(&gateway, Action::Retry, &word).await?,
        Command::Replay(word) => intervene(&gateway, Action::Replay, &word).await?,
        Command::Receipt { agency, file, charset } => {
            return receipt(&gateway, &agency, &file, charset.as_deref()).await;
        }
    }
    Ok(true)
}

fn line(delivery: &DeliveryView) -> String {
    let last = delivery.attempts.last().map(|attempt| {
        let status = attempt.status.map(|status| format!("{status} ")).unwrap_or_default();
        format!("\t{status}{}", attempt.detail)
    });
    let then = match (&delivery.next_at, &delivery.settled_at) {
        (Some(at), _) => format!("next {at}"),
        (None, Some(at)) => format!("{} {at}", delivery.settled_by.as_deref().unwrap_or("-")),
        (None, None) => "to be fetched".to_owned(),
    };
    format!(
        "{}\t{}\t{}\t{}\t{}\t{} attempts\t{then}{}",
        delivery.id,
        delivery.state,
        delivery.destination,
        delivery.kind,
        delivery.case,
        delivery.attempts.len(),
        last.unwrap_or_default()
    )
}

/// A destination that fails, on one line.
pub(super) fn failing(breaker: &BreakerView) -> String {
    let since = breaker.failing_since.map(|at| format!(" since {at}")).unwrap_or_default();
    let until = match breaker.open_until {
        Some(at) => format!("nothing goes there until {at}"),
        None => "still called".to_owned(),
    };
    let detail = breaker.detail.as_deref().unwrap_or_default();
    format!("!\t{}\t{} failures in a row{since}\t{until}\t{detail}", breaker.destination, breaker.failures)
}

fn there<T>(found: Result<T, Refused>, delivery: &str) -> anyhow::Result<T> {
    match found {
        Err(Refused::NotFound) => {
            bail!("there is no delivery {delivery}; `regbridge delivery list` lists them")
        }
        other => Ok(other?),
    }
}

async fn intervene(gateway: &Gateway, action: Action, word: &Word) -> anyhow::Result<()> {
    let id = DeliveryId::parse(&word.delivery)?;
    let done = there(gateway.intervene(&id, action, &word.who, &word.why).await, &word.delivery)?;
    println!("{id}\t{} → {}\tjournal {}", done.before.as_str(), done.state.as_str(), done.journal_index);
    if done.under_way {
        println!("it is being sent at this moment, and may arrive all the same");
    }
    Ok(())
}

async fn receipt(
    gateway: &Gateway,
    agency: &str,
    file: &Path,
    charset: Option<&str>,
) -> anyhow::Result<bool> {
    let agency = gateway.registry().by_id(&AgencyId::parse(agency)?).context("no such agency")?;
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let format = Format::parse(&ending.to_ascii_lowercase()).with_context(|| {
        format!("{}: its name ends in none of xml, json, form, csv, xlsx", file.display())
    })?;
    let charset = charset.map(|label| Encoding::parse(label).context("that charset is not read"));
    let body = std::fs::read(file).with_context(|| file.display().to_string())?;
    let charset = charset.transpose()?;
    // Whoever may run this may write into the agency's folder, too.
    let sender = Sender::Folder;
    let given = Given { agency, sender, body, format, charset, channel: Channel::File };
    match gateway.take_receipt(given).await {
        Ok(taken) => {
            let again = if taken.duplicate { "\tsaid before" } else { "" };
            println!("{}\t{}{again}", taken.delivery, taken.state);
            Ok(true)
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
