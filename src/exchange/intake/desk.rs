//! Deciding what each message of a batch does, in order, before anything is written.
//!
//! Promise: pure. Given what the store knows under the batch's keys, every message gets one decision, and messages
//! of the same batch see each other as if they had come one after the other.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::case::{CaseState, Event, WrongState};
use crate::domain::deadline::Laws;
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, CaseId, SubmissionId};
use crate::domain::kind::Kind;
use crate::exchange::intake::cases::{Cases, Fate};
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::refused::Refused;
use crate::store::case::Case;
use crate::store::submission::Submission;

/// What becomes of one message.
pub(super) enum Decision {
    /// It is new: what becomes of each of its records.
    Accept(Arc<Vec<Fate>>),
    /// It was accepted before, in this very form.
    Repeat(Earlier),
    /// Its id was used before, for another body.
    Conflict { earlier: Holder, stored: Digest },
    /// It is refused.
    Refuse(Refused),
}

/// The accepted message that a repetition repeats.
pub(super) enum Earlier {
    /// Stored.
    Stored(Box<Submission>),
    /// At this place of the batch.
    Here(usize),
}

/// Who holds a message id: enough to journal a conflict.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) submission: SubmissionId,
    pub(super) salt: [u8; 32],
}

/// What is known under the batch's keys, growing as the batch is decided.
pub(super) struct Desk<'a> {
    messages: HashMap<(AgencyId, String), Known>,
    pub(super) cases: Cases<'a>,
}

enum Known {
    Stored(Box<Submission>),
    Here { place: usize, holder: Holder, digest: Digest },
}

/// About what a kind of record is: the topic of its case.
pub(in crate::exchange) const fn topic(kind: Kind) -> &'static str {
    match kind {
        Kind::ComplaintOrder
        | Kind::ComplaintAcknowledgement
        | Kind::ComplaintReply
        | Kind::ComplaintClosure
        | Kind::ComplaintProgress => "complaint",
        Kind::DisposalOrder | Kind::DisposalResult => "disposal",
        Kind::InspectionInstruction | Kind::InspectionResult => "inspection",
        Kind::AssistanceRequest | Kind::AssistanceReply => "assistance",
        Kind::EnforcementLead | Kind::LeadOutcome => "lead",
        Kind::ServiceDefinition => "service",
        Kind::CertificateCheck | Kind::CertificateStatus => "certificate",
        Kind::OperatorIdentity => "operator",
    }
}

/// The kind that opens a case of this topic, or whose machine the case follows.
pub(in crate::exchange) fn opener(topic: &str) -> Kind {
    match topic {
        "disposal" => Kind::DisposalOrder,
        "inspection" => Kind::InspectionInstruction,
        "assistance" => Kind::AssistanceRequest,
        "lead" => Kind::EnforcementLead,
        "service" => Kind::ServiceDefinition,
        "certificate" => Kind::CertificateCheck,
        "operator" => Kind::OperatorIdentity,
        _ => Kind::ComplaintOrder,
    }
}

impl<'a> Desk<'a> {
    pub(super) fn new(submissions: Vec<Submission>, cases: Vec<Case>, laws: Arc<Laws>) -> Self {
        let messages = submissions
            .into_iter()
            .map(|s| ((s.agency.clone(), s.message_id.clone()), Known::Stored(Box::new(s))))
            .collect();
        Self { messages, cases: Cases::new(cases, laws) }
    }

    /// The stored cases that may have records of these messages already, where that matters.
    pub(super) fn doubtful(&self, jobs: &[Arc<Prepared>]) -> Vec<CaseId> {
        let those = jobs.iter().filter(|job| job.skips_bad);
        let mut cases: Vec<CaseId> =
            those.flat_map(|job| self.cases.doubtful(&job.inbound.agency.id, &job.items)).collect();
        cases.sort_unstable();
        cases.dedup();
        cases
    }

    /// Decides about the message at `place`.
    pub(super) fn decide(&mut self, place: usize, job: &'a Prepared) -> Decision {
        let agency = &job.inbound.agency.id;
        let key = (agency.clone(), job.message_id.clone());
        match self.messages.get(&key) {
            Some(Known::Stored(s)) if s.body_digest == job.body_sha256 => {
                return Decision::Repeat(Earlier::Stored(s.clone()));
            }
            Some(Known::Stored(s)) => {
                let earlier = Holder { submission: s.id.clone(), salt: s.salt };
                return Decision::Conflict { earlier, stored: s.body_digest };
            }
            Some(Known::Here { place, digest, .. }) if *digest == job.body_sha256 => {
                return Decision::Repeat(Earlier::Here(*place));
            }
            Some(Known::Here { holder, digest, .. }) => {
                return Decision::Conflict { earlier: holder.clone(), stored: *digest };
            }
            None => {}
        }
        match self.cases.take(job) {
            Ok(fates) => {
                let holder = Holder { submission: job.submission.clone(), salt: job.salt };
                self.messages.insert(key, Known::Here { place, holder, digest: job.body_sha256 });
                Decision::Accept(Arc::new(fates))
            }
            Err(refused) => Decision::Refuse(refused),
        }
    }
}

/// The state of a case after an event, or why not.
pub(in crate::exchange) fn after(case: &Case, event: Event) -> Result<CaseState, Refused> {
    let state = CaseState::parse(&case.state)
        .ok_or_else(|| Refused::Unavailable(format!("case {} is in no known state", case.id)))?;
    state.after(opener(&case.topic), event).map_err(|WrongState { state, wanted }| Refused::WrongState {
        state: state.as_str().to_owned(),
        wanted: wanted.as_str().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a list of topics must stand as text.
    const LISTS: [(&str, &str); 2] = [
        ("the look-up of receipts", include_str!("../../store/receipt.rs")),
        ("PostgreSQL's check", include_str!("../../../migrations/postgres/0007_certificates.sql")),
    ];

    #[test]
    fn every_topic_has_an_opener_and_stands_in_every_list() {
        for kind in Kind::ALL {
            let topic = topic(*kind);
            assert_eq!(self::topic(opener(topic)), topic, "{kind}");
            for (what, text) in LISTS {
                assert!(text.contains(&format!("'{topic}'")), "{topic} is not in {what}");
            }
        }
    }
}
