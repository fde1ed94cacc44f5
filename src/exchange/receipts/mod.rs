//! What agencies say of what they were sent: in the answer to a push, or later by a message of their own.
//!
//! Promise: a receipt finds the delivery it names, of the agency that gives it and of no other, or is told why not; it
//! moves the delivery to accepted or refused in the transaction in which it is journalled and the platform is told; the
//! places of its problems are places of our record where they lead to one. Its giver keeps the proof of its entry. The
//! same receipt again changes nothing and gets the same proof; one that contradicts it is refused.
//!
//! | file | idea |
//! |---|---|
//! | `statement` | what a receipt states, by the agency's profile |
//! | `choose` | which delivery it is for: pure |
//! | `heard` | what it leaves |

mod choose;
pub(in crate::exchange) mod heard;
pub(in crate::exchange) mod statement;

use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::domain::digest::Digest;
use crate::domain::id::DeliveryId;
use crate::domain::problem::Problem;
use crate::exchange::delivery::{Destination, Leased, Said};
use crate::exchange::entry;
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::inbound::{RefusalNote, Sender};
use crate::exchange::intake::is_one_line;
use crate::exchange::receipts::choose::{Candidates, Choice};
use crate::exchange::receipts::heard::{Heard, Subject, tell};
use crate::exchange::receipts::statement::{Statement, answer_of, media, places, read};
use crate::exchange::refused::{Failed, Refused};
use crate::mapping::{Format, Profile, Sent, Stage};
use crate::store::delivery::{Delivery, DeliveryState};
use crate::store::{StoreError, Tx};
use crate::wire::encoding::Encoding;

/// The road a receipt came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The answer to our own call.
    Push,
    /// `POST /agency/v1/receipts`.
    Api,
    /// A file that an operator was given.
    File,
}

impl Channel {
    /// The text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Api => "api",
            Self::File => "file",
        }
    }
}

/// A receipt as an agency gives it.
#[derive(Clone, Debug)]
pub struct Given {
    /// Whose it is.
    pub agency: Arc<Agency>,
    /// How that is known.
    pub sender: Sender,
    /// The bytes, untouched.
    pub body: Vec<u8>,
    /// How to read them.
    pub format: Format,
    /// The charset that the transport named.
    pub charset: Option<Encoding>,
    /// The road it came by.
    pub channel: Channel,
}

/// A receipt that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The delivery it is for.
    pub delivery: DeliveryId,
    /// That delivery's state.
    pub state: &'static str,
    /// Whether the same had been said before.
    pub duplicate: bool,
    /// What its giver keeps: the `.tlog-proof` of its journal entry.
    pub proof: String,
}

impl Gateway {
    /// Takes an agency's receipt for something that was sent to it.
    ///
    /// # Errors
    /// [`Refused::Malformed`] for what is no receipt or names no matter, [`Refused::Delivery`] when it names nothing
    /// that was sent to this agency, names several, or contradicts what the agency said before.
    pub async fn take_receipt(&self, given: Given) -> Result<Taken, Refused> {
        let (agency, sender) = (Arc::clone(&given.agency), given.sender.clone());
        let taken = self.taken(given).await;
        if let Err(refused) = &taken {
            let note = RefusalNote { agency, sender, kind: None, why: refused.name() };
            self.note_refusal(note, refused.codes()).await;
        }
        taken
    }

    async fn taken(&self, given: Given) -> Result<Taken, Refused> {
        let world = &*self.world;
        let profile = world.profile_of(&given.agency)?;
        let document = (&*given.body, given.format, given.charset);
        let first = read(world, &profile, document, None)?;
        let key = profile.correlation(&first).filter(|key| is_one_line(key)).ok_or_else(unnamed)?;
        let digest = Digest::of(&given.body);
        let asked = Asked { agency: &given.agency, profile: &profile, key: &key, message: &first.message };
        // What we sent is read outside of the transaction that writes; who is meant is asked there again.
        let statement = Statement::of(&first);
        let look = async |mut tx: Tx| {
            let choice = asked.candidates(&mut tx).await?.choose(&statement, digest);
            match choice {
                Ok(Choice::News(delivery)) => sent(world, &profile, &delivery, &mut tx).await,
                Ok(Choice::Repeats(..)) | Err(_) => Ok::<_, StoreError>(None),
            }
        };
        let sent = world.store.read("receipt.look", look).await?;
        let statement = match &sent {
            Some(sent) => Statement::of(&read(world, &profile, document, Some(sent))?),
            None => statement,
        };
        let content_type = media_type(given.format, given.charset);
        let from = (given.channel, Some(given.sender));
        let heard = Heard::new(world, &profile, statement, from, (given.body, content_type));
        let write = async |mut tx: Tx| take(world, &asked, &heard, digest, &mut tx).await;
        let taken = world.store.run_tx("receipt.take", write).await.map_err(Failed::into_refused)?;
        if !taken.duplicate {
            world.bells.ring_for_events();
            world.bells.ring_for_deliveries();
        }
        Ok(taken)
    }
}

/// Whom a receipt may be about.
struct Asked<'a> {
    agency: &'a Agency,
    profile: &'a Profile,
    key: &'a str,
    message: &'a str,
}

impl Asked<'_> {
    async fn candidates(&self, tx: &mut Tx) -> Result<Candidates<'_>, StoreError> {
        let to = Destination::Agency(self.agency.id.clone()).to_text();
        let (_, deliveries) = tx.deliveries_named(&to, &self.agency.id, self.key).await?;
        let ids: Vec<&DeliveryId> = deliveries.iter().map(|delivery| &delivery.id).collect();
        let receipts = tx.receipts_of(&ids).await?;
        let answered = self.profile.messages().filter(|known| known.answer == Some(self.message));
        Ok(Candidates {
            key: self.key,
            receipts,
            answered: answered.map(|known| known.name).collect(),
            deliveries,
        })
    }
}

async fn take(
    world: &World,
    asked: &Asked<'_>,
    words: &Heard,
    digest: Digest,
    tx: &mut Tx,
) -> Result<Taken, Failed> {
    let head = tx.journal_lock().await?;
    let delivery = match asked.candidates(tx).await?.choose(&words.statement, digest) {
        Ok(Choice::News(delivery)) => delivery,
        Ok(Choice::Repeats(delivery, receipt)) => {
            return Ok(Taken {
                delivery: delivery.id,
                state: delivery.state.as_str(),
                duplicate: true,
                proof: receipt.proof,
            });
        }
        Err(fault) => return Err(Refused::Delivery(fault).into()),
    };
    let now = world.clock.now();
    let case = tx.case(&delivery.case).await?.ok_or(Refused::NotFound)?;
    let state = match (words.statement.state(), delivery.state) {
        // To have it is no news of one that was refused, or taken.
        (DeliveryState::Received, before) if before.is_settled() && before != DeliveryState::GivenUp => {
            before
        }
        (state, _) => state,
    };
    let (id, kind) = (&delivery.id, &*delivery.kind);
    let of = Subject { delivery: id, agency: &asked.agency.id, case: &case, kind, state };
    let grown = world.journal.grow(&head, vec![entry::bytes(&words.fact(&of), now)], now)?;
    let row = words.row(&of, &grown, grown.first(), now)?;
    if state != delivery.state {
        tx.settle_by_receipt(&delivery.id, state, now).await?;
    }
    tx.insert_receipt(&row, words.body()).await?;
    if words.statement.outcome.is_some() {
        tell(world, &of, words.statement.problems.len(), (grown.first(), now), tx).await?;
    }
    grown.write(tx).await?;
    Ok(Taken { delivery: delivery.id, state: state.as_str(), duplicate: false, proof: row.proof })
}

/// The places of what was sent, by the profile that wrote it: its journal entry says which.
async fn sent(
    world: &World,
    current: &Profile,
    delivery: &Delivery,
    tx: &mut Tx,
) -> Result<Option<Sent>, StoreError> {
    let Some(body) = tx.delivery_body(&delivery.id).await? else { return Ok(None) };
    let index = delivery.journal_index;
    let entry = tx.journal_entries(index..index + 1).await?.pop().unwrap_or_default();
    let entry: serde_json::Value = serde_json::from_slice(&entry).unwrap_or_default();
    let text = |name: &str| entry.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let digest = Digest::parse(text("profile_sha256")).ok();
    let profiles = world.profiles.load_full();
    let then = digest.and_then(|digest| profiles.by_digest(text("profile"), &digest));
    Ok(places(world, then.as_deref().unwrap_or(current), &body, &delivery.content_type))
}

/// What the answer to our own call states, where the profile says that it is a receipt: the message that was sent names
/// it as its `answer`.
pub(in crate::exchange) fn overheard(world: &World, leased: &Leased, said: &Said) -> Option<Heard> {
    let Destination::Agency(agency) = &leased.destination else { return None };
    let agency = world.registry.load().by_id(agency)?;
    let profile = world.profile_of(&agency).ok()?;
    let answer = answer_of(&profile, &leased.message)?;
    let (format, charset) = media(&said.content_type)?;
    let sent = places(world, &profile, &leased.body, &leased.content_type);
    let decoded = read(world, &profile, (&said.body, format, charset), sent.as_ref()).ok()?;
    if decoded.message != answer {
        return None;
    }
    let statement = Statement::of(&decoded);
    let document = (said.body.clone(), said.content_type.clone());
    Some(Heard::new(world, &profile, statement, (Channel::Push, None), document))
}

fn media_type(format: Format, charset: Option<Encoding>) -> String {
    match charset {
        Some(charset) => format!("{}; charset={}", format.media_type(), charset.label()),
        None => format.media_type().to_owned(),
    }
}

/// A receipt that says nothing of the matter it belongs to.
fn unnamed() -> Refused {
    let problem = Problem::new(
        "correlation-missing",
        "回执未写明所答报文：该报文的配置没有 correlate，或其所指之处为空",
        "the receipt names nothing that it answers: its message has no `correlate`, or nothing stands there",
    );
    Refused::Malformed { stage: Stage::Map, problems: vec![problem] }
}
