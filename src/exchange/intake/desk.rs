//! Deciding what each message of a batch does, in order, before anything is written.
//!
//! Promise: pure. Given what the store knows under the batch's keys, every message gets one decision, and messages
//! of the same batch see each other as if they had come one after the other.

use std::collections::HashMap;

use crate::domain::case::{CaseState, Event, WrongState};
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, SubmissionId};
use crate::domain::kind::Kind;
use crate::domain::record::Record;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::refused::Refused;
use crate::store::case::Case;
use crate::store::submission::Submission;

/// What becomes of one message.
pub(super) enum Decision {
    /// It is new: its case after it, and whether it opened that case.
    Accept { case: Case, opened: bool },
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
pub(super) struct Desk {
    messages: HashMap<(AgencyId, String), Known>,
    cases: HashMap<(AgencyId, String, String), Tracked>,
}

enum Known {
    Stored(Box<Submission>),
    Here { place: usize, holder: Holder, digest: Digest },
}

struct Tracked {
    case: Case,
    stored: bool,
    changed: bool,
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
        Kind::ServiceDefinition => "service",
    }
}

/// The kind that opens a case of this topic, or whose machine the case follows.
pub(in crate::exchange) fn opener(topic: &str) -> Kind {
    match topic {
        "disposal" => Kind::DisposalOrder,
        "inspection" => Kind::InspectionInstruction,
        "assistance" => Kind::AssistanceRequest,
        "service" => Kind::ServiceDefinition,
        _ => Kind::ComplaintOrder,
    }
}

impl Desk {
    pub(super) fn new(submissions: Vec<Submission>, cases: Vec<Case>) -> Self {
        let messages = submissions
            .into_iter()
            .map(|s| ((s.agency.clone(), s.message_id.clone()), Known::Stored(Box::new(s))))
            .collect();
        let cases = cases
            .into_iter()
            .map(|case| {
                let key = (case.agency.clone(), case.topic.clone(), case.registration_number.clone());
                (key, Tracked { case, stored: true, changed: false })
            })
            .collect();
        Self { messages, cases }
    }

    /// Decides about the message at `place`.
    pub(super) fn decide(&mut self, place: usize, job: &Prepared) -> Decision {
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
        match self.apply(job) {
            Ok((case, opened)) => {
                let holder = Holder { submission: job.submission.clone(), salt: job.salt };
                self.messages.insert(key, Known::Here { place, holder, digest: job.body_sha256 });
                Decision::Accept { case, opened }
            }
            Err(refused) => Decision::Refuse(refused),
        }
    }

    fn apply(&mut self, job: &Prepared) -> Result<(Case, bool), Refused> {
        let event = Event::of(&job.record);
        let (key, now) = (key_of(job), job.received_at);
        match self.cases.get_mut(&key) {
            None => {
                let unknown = || Refused::UnknownCase {
                    registration_number: job.record.registration_number().to_owned(),
                };
                let state = CaseState::opened(job.record.kind(), event).ok_or_else(unknown)?;
                let case = opened(job, state);
                self.cases.insert(key, Tracked { case: case.clone(), stored: false, changed: false });
                Ok((case, true))
            }
            Some(tracked) if event == Event::Open => Err(Refused::AlreadyRegistered {
                registration_number: job.record.registration_number().to_owned(),
                case: tracked.case.id.clone(),
            }),
            Some(tracked) => {
                after(&tracked.case, event)?.as_str().clone_into(&mut tracked.case.state);
                tracked.case.updated_at = now;
                tracked.changed = true;
                Ok((tracked.case.clone(), false))
            }
        }
    }

    /// The cases to insert, and the stored ones to update, as they stand at the end.
    pub(super) fn into_cases(self) -> (Vec<Case>, Vec<Case>) {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for tracked in self.cases.into_values() {
            match tracked {
                Tracked { case, stored: false, .. } => new.push(case),
                Tracked { case, changed: true, .. } => changed.push(case),
                Tracked { .. } => {}
            }
        }
        (new, changed)
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

pub(super) fn key_of(job: &Prepared) -> (AgencyId, String, String) {
    (
        job.inbound.agency.id.clone(),
        topic(job.record.kind()).to_owned(),
        job.record.registration_number().to_owned(),
    )
}

fn opened(job: &Prepared, state: CaseState) -> Case {
    let record: &Record = &job.record;
    Case {
        id: job.case.clone(),
        agency: job.inbound.agency.id.clone(),
        topic: topic(record.kind()).to_owned(),
        registration_number: record.registration_number().to_owned(),
        state: state.as_str().to_owned(),
        region: record.region().unwrap_or(&job.inbound.agency.region).clone(),
        opened_at: job.received_at,
        updated_at: job.received_at,
        version: 1,
    }
}
