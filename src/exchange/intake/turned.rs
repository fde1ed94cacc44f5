//! A message that is refused as a whole, told in the agency's own words where its profile has them.
//!
//! Promise: what is told here is not stored: a message that is refused leaves nothing but the journal's entry of the
//! attempt. Where the agency's format cannot say it, the caller falls back to the gateway's own words.

use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::domain::digest::Digest;
use crate::domain::id::SubmissionId;
use crate::domain::kind::Kind;
use crate::domain::receipt::{Receipt, ReceiptKind, ReceiptOutcome, ReceiptRecord};
use crate::domain::record::extensions::Extensions;
use crate::domain::record::text::Moment;
use crate::exchange::answer::Answer;
use crate::exchange::bad_record::problems;
use crate::exchange::gateway::Gateway;
use crate::exchange::inbound::Inbound;
use crate::exchange::refused::Refused;
use crate::mapping::{Format, Profile, Run};

/// A refusal, and how the sender's own format says it.
#[derive(Debug)]
pub struct Turned {
    /// Why.
    pub refused: Refused,
    /// The message that says so, where there is one.
    pub told: Option<Told>,
}

/// A message of the agency's format.
#[derive(Debug)]
pub struct Told {
    /// Its bytes.
    pub body: Vec<u8>,
    /// Its media type.
    pub content_type: String,
}

/// What must be known of a message before it is given away.
struct Came {
    agency: Arc<Agency>,
    kind: Kind,
    format: Format,
    profile: Arc<Profile>,
    answer: String,
    body: Digest,
}

impl Gateway {
    /// [`Gateway::submit`], with the refusal in the words of the sender's format if its profile says
    /// `refusal = "answer"`.
    ///
    /// # Errors
    /// [`Turned`], journalled like any refusal.
    pub async fn submit_and_tell(&self, inbound: Inbound) -> Result<Answer, Turned> {
        let came = self.came(&inbound);
        self.submit(inbound).await.map_err(|refused| {
            let told = came
                .filter(|_| refused.is_of_the_document())
                .and_then(|came| self.in_their_words(&came, &refused));
            Turned { refused, told }
        })
    }

    fn came(&self, inbound: &Inbound) -> Option<Came> {
        let kind = inbound.kind?;
        let profile = self.world.profiles.load().named(&inbound.agency.profile)?;
        let answer = profile.refusal_of(kind.as_str(), inbound.format)?.to_owned();
        Some(Came {
            agency: Arc::clone(&inbound.agency),
            kind,
            format: inbound.format,
            body: Digest::of(&inbound.body),
            profile,
            answer,
        })
    }

    fn in_their_words(&self, came: &Came, refused: &Refused) -> Option<Told> {
        let receipt = self.refusal(refused, came.body, came.profile.zone_seconds())?;
        let value = serde_json::to_value(&receipt).ok()?;
        let run = Run { now: self.world.clock.now(), chance: &*self.world.chance };
        match came.profile.encode(&came.answer, Some(came.format), &value, &run) {
            Ok(written) => Some(Told { body: written.bytes, content_type: written.content_type }),
            Err(unfit) => {
                tracing::warn!(
                    agency = %came.agency.id, kind = %came.kind, answer = came.answer,
                    problems = ?unfit.problems.iter().map(|problem| &problem.code).collect::<Vec<_>>(),
                    "a refusal cannot be said in the agency's format; it is told as a problem document"
                );
                None
            }
        }
    }

    /// A refusal as a receipt, with the time in a zone of so many seconds. It is not stored, and proves nothing.
    pub(in crate::exchange) fn refusal(&self, refused: &Refused, body: Digest, zone: i32) -> Option<Receipt> {
        let (now, chance) = (self.world.clock.now(), &*self.world.chance);
        let (zh, en) = refused.words();
        let (problems, records) = match refused {
            Refused::Records { records, .. } => (Vec::new(), records.as_slice()),
            other => (problems(other), &[][..]),
        };
        let records = records.iter().map(|bad| ReceiptRecord {
            index: bad.index,
            outcome: ReceiptOutcome::Refused,
            registration_number: bad.registration_number.clone(),
            case_id: None,
            problems: bad.problems.clone(),
            deadlines: Vec::new(),
            extensions: Extensions::default(),
        });
        Some(Receipt {
            kind: ReceiptKind::Receipt,
            outcome: ReceiptOutcome::Refused,
            submission: SubmissionId::mint(now, chance),
            case_id: None,
            registration_number: None,
            message_id: None,
            received_at: Moment::parse(&now.at_offset(zone)).ok()?,
            body_sha256: body,
            message: format!("{zh} · {en}"),
            problems,
            records: records.collect(),
            deadlines: Vec::new(),
            proof: None,
            extensions: Extensions::default(),
        })
    }
}
