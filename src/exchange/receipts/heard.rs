//! What a receipt leaves: its journal entry, its row, and what the platform is told.

use serde_json::json;

use crate::clock::Timestamp;
use crate::domain::digest::{Digest, Fingerprint};
use crate::domain::id::{AgencyId, DeliveryId};
use crate::domain::kind::Kind;
use crate::exchange::entry::Fact;
use crate::exchange::gateway::World;
use crate::exchange::inbound::Sender;
use crate::exchange::intake::announcements;
use crate::exchange::journal::Grown;
use crate::exchange::receipts::Channel;
use crate::exchange::receipts::statement::Statement;
use crate::mapping::Profile;
use crate::store::case::Case;
use crate::store::delivery::DeliveryState;
use crate::store::event::Event;
use crate::store::receipt::Receipt;
use crate::store::{StoreError, Tx};

/// A receipt as it came, and what it states.
pub(in crate::exchange) struct Heard {
    pub(in crate::exchange) statement: Statement,
    pub(super) channel: Channel,
    /// Absent where it is the answer to our own call.
    pub(super) sender: Option<Sender>,
    pub(super) body: Vec<u8>,
    pub(super) content_type: String,
    pub(super) profile: (String, Digest),
    pub(super) salt: [u8; 32],
}

/// A delivery that something is said of.
pub(in crate::exchange) struct Subject<'a> {
    pub(in crate::exchange) delivery: &'a DeliveryId,
    pub(in crate::exchange) agency: &'a AgencyId,
    pub(in crate::exchange) case: &'a Case,
    /// What it carries.
    pub(in crate::exchange) kind: &'a str,
    /// Its state from now on.
    pub(in crate::exchange) state: DeliveryState,
}

impl Heard {
    pub(super) fn new(
        world: &World,
        profile: &Profile,
        statement: Statement,
        (channel, sender): (Channel, Option<Sender>),
        (body, content_type): (Vec<u8>, String),
    ) -> Self {
        Self {
            statement,
            channel,
            sender,
            body,
            content_type,
            profile: (profile.id().to_owned(), profile.digest()),
            salt: world.chance.thirty_two(),
        }
    }

    /// What the journal says.
    pub(in crate::exchange) fn fact(&self, of: &Subject<'_>) -> Fact {
        Fact::Receipt {
            delivery: of.delivery.clone(),
            case: of.case.id.clone(),
            agency: of.agency.clone(),
            certificate: self.certificate(),
            actor: self.sender.as_ref().and_then(Sender::actor),
            channel: self.channel.as_str(),
            outcome: self.statement.word(),
            state: of.state.as_str(),
            body: Digest::salted(&self.salt, &self.body),
            profile: self.profile.0.clone(),
            profile_sha256: self.profile.1,
        }
    }

    /// The row; `index` is that of its entry in what was grown.
    pub(in crate::exchange) fn row(
        &self,
        of: &Subject<'_>,
        grown: &Grown,
        index: u64,
        at: Timestamp,
    ) -> Result<Receipt, StoreError> {
        Ok(Receipt {
            journal_index: index,
            delivery: of.delivery.clone(),
            destination: crate::exchange::delivery::Destination::Agency(of.agency.clone()).to_text(),
            channel: self.channel.as_str().to_owned(),
            certificate: self.certificate(),
            outcome: self.statement.word().map(str::to_owned),
            number: self.statement.number.clone(),
            message: self.statement.message.clone(),
            problems: json!(self.statement.problems).to_string(),
            content_type: self.content_type.clone(),
            body_digest: Digest::of(&self.body),
            salt: self.salt,
            profile: self.profile.0.clone(),
            profile_digest: self.profile.1,
            proof: grown.proof(index, &self.salt)?,
            at,
        })
    }

    fn certificate(&self) -> Option<Fingerprint> {
        self.sender.as_ref().and_then(Sender::certificate)
    }

    pub(in crate::exchange) fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Tells the platform what became of a delivery to an agency: accepted, refused or given up. Of the others it hears
/// nothing: it looks when it wants to know.
pub(in crate::exchange) async fn tell(
    world: &World,
    of: &Subject<'_>,
    problems: usize,
    (journal_index, at): (u64, Timestamp),
    tx: &mut Tx,
) -> Result<(), StoreError> {
    let told = matches!(of.state, DeliveryState::Accepted | DeliveryState::Refused | DeliveryState::GivenUp);
    let Some(kind) = Kind::parse(of.kind).ok().filter(|_| told) else { return Ok(()) };
    let event = Event {
        journal_index,
        id: world.chance.uuid(at).to_string(),
        event_type: format!("regbridge.{kind}.{}", of.state.as_str()),
        case: of.case.id.clone(),
        agency: of.agency.clone(),
        kind,
        at,
        data: json!({
            "agency": of.agency,
            "case": of.case.id,
            "delivery": of.delivery,
            "delivery_state": of.state.as_str(),
            "kind": kind,
            "problems": problems,
            "registration_number": of.case.registration_number,
            "state": of.case.state,
        })
        .to_string(),
    };
    tx.insert_deliveries(&announcements(world, &event)).await?;
    tx.insert_events(&[event]).await
}
