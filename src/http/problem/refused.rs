//! Which refusal of the gateway is which problem: one exhaustive `match`.

use crate::domain::agency::OutOfScope;
use crate::exchange::delivery_fault::DeliveryFault;
use crate::exchange::reconcile::manifest::ManifestFault;
use crate::exchange::refused::AttachmentFault;
use crate::exchange::{Refused, bad_record};
use crate::http::problem::{ProblemDocument, ProblemType};
use crate::mapping::Stage;

impl From<Refused> for ProblemDocument {
    fn from(refused: Refused) -> Self {
        let document = Self::of(refused);
        Self { journalled: true, ..document }
    }
}

impl ProblemDocument {
    /// In the words that a record of many is refused with, too.
    fn said(problem_type: ProblemType, refused: &Refused) -> Self {
        let (zh, en) = refused.words();
        Self::new(problem_type, zh, en)
    }

    fn of(refused: Refused) -> Self {
        match refused {
            Refused::OutOfScope(scope) => scope.into(),
            Refused::Malformed { stage, problems } => {
                let (zh, en) = match stage {
                    Stage::Read => ("报文无法读取", "the document cannot be read"),
                    Stage::Recognise => {
                        ("报文不是该机构约定的任何一种", "the document is none of the agreed messages")
                    }
                    Stage::Validate => ("报文不符合约定的结构定义", "the document breaks the agreed schema"),
                    Stage::Map => ("报文中有无法转换的内容", "the document holds what cannot be mapped"),
                };
                Self::new(
                    ProblemType::Malformed,
                    format!("{zh}，共 {} 处问题", problems.len()),
                    format!("{en}; problems: {}", problems.len()),
                )
                .with("stage", stage_word(stage))
                .with_problems(problems)
            }
            Refused::WrongKind { wanted, found } => Self::new(
                ProblemType::WrongKind,
                format!("该地址接收{}（{wanted}），报文是 {found}", wanted.zh()),
                format!("the address takes {wanted}, the document is {found}"),
            ),
            Refused::Conflict { message_id, stored, found } => Self::new(
                ProblemType::Conflict,
                format!("报文编号 {message_id} 已用于另一内容"),
                format!("message {message_id} was already accepted with another body"),
            )
            .with("message_id", message_id)
            .with("stored_sha256", stored)
            .with("found_sha256", found),
            Refused::Records { of, records } => {
                let (bad, problems) = (records.len(), bad_record::flat(records));
                Self::new(
                    ProblemType::RecordsRefused,
                    format!("{of} 条记录中有 {bad} 条不能接收，整份报文未接收"),
                    format!("{bad} of {of} records were refused, so none was taken"),
                )
                .with_problems(problems)
            }
            Refused::AlreadyRegistered { ref registration_number, ref case } => {
                Self::said(ProblemType::AlreadyRegistered, &refused)
                    .with("registration_number", registration_number)
                    .with("case", case)
            }
            Refused::UnknownCase { ref registration_number } => {
                Self::said(ProblemType::UnknownCase, &refused)
                    .with("registration_number", registration_number)
            }
            Refused::WrongState { ref state, ref wanted } => {
                Self::said(ProblemType::WrongState, &refused).with("state", state).with("wanted", wanted)
            }
            Refused::SecondPerson { .. } => Self::said(ProblemType::SecondPerson, &refused),
            Refused::Attachment(ref fault) => Self::of_attachment(fault, &refused),
            Refused::Delivery(ref fault) => Self::of_delivery(fault, &refused),
            Refused::Manifest(ref fault) => Self::said(
                match fault {
                    ManifestFault::NotOver { .. } => ProblemType::DayNotOver,
                    ManifestFault::Foreign { .. } => ProblemType::OutOfScope,
                    ManifestFault::Settled { .. } => ProblemType::DifferenceSettled,
                },
                &refused,
            ),
            Refused::JobState { ref job, .. } => Self::said(ProblemType::JobState, &refused).with("job", job),
            Refused::BadCursor(_) => Self::said(ProblemType::BadCursor, &refused),
            Refused::Nobody { .. } => Self::said(ProblemType::NoRecipient, &refused),
            Refused::NotFound => Self::not_found(),
            Refused::Busy { retry_after } => Self::plain(ProblemType::Busy).with_retry_after(retry_after),
            Refused::Unavailable(story) => {
                // The caller can do nothing with our story, and it may name files and hosts.
                tracing::error!(story, "a use case failed");
                Self::plain(ProblemType::Unavailable).with_retry_after(UNAVAILABLE_SECONDS)
            }
        }
    }
}

impl ProblemDocument {
    /// Of a delivery: what was named, and what stands against it, in members of their own.
    fn of_delivery(fault: &DeliveryFault, refused: &Refused) -> Self {
        let said = |problem_type| Self::said(problem_type, refused);
        match fault {
            DeliveryFault::Unknown { key } => said(ProblemType::UnknownDelivery).with("named", key),
            DeliveryFault::Several { key, count } => {
                said(ProblemType::SeveralDeliveries).with("named", key).with("count", count)
            }
            DeliveryFault::Answered { delivery, stored, found } => said(ProblemType::AnsweredBefore)
                .with("delivery", delivery)
                .with("stored", stored)
                .with("found", found),
            DeliveryFault::State { state, wanted } => {
                said(ProblemType::DeliveryState).with("state", state).with("wanted", wanted)
            }
            DeliveryFault::Fetched => said(ProblemType::DeliveryState),
            DeliveryFault::BodyGone { delivery } => said(ProblemType::BodyGone).with("delivery", delivery),
        }
    }

    /// Of a file: both figures, both digests, both places stand in members of their own.
    fn of_attachment(fault: &AttachmentFault, refused: &Refused) -> Self {
        let said = |problem_type| Self::said(problem_type, refused);
        match fault {
            AttachmentFault::TooLarge { size, limit } | AttachmentFault::CaseFull { size, limit } => {
                said(ProblemType::AttachmentTooLarge).with("size", size).with("limit", limit)
            }
            AttachmentFault::TypeNotTaken { found, taken } => {
                said(ProblemType::AttachmentType).with("found", found).with("taken", taken)
            }
            AttachmentFault::ContentDiffers { declared, found } => {
                said(ProblemType::AttachmentType).with("declared", declared).with("found", found)
            }
            AttachmentFault::Digest { expected, found } => said(ProblemType::AttachmentDigest)
                .with("expected_sha256", expected)
                .with("found_sha256", found),
            AttachmentFault::Length { said: announced, found } => {
                said(ProblemType::UploadLength).with("announced", announced).with("found", found)
            }
            // The members' names are those of the resumable-upload draft.
            AttachmentFault::Offset { expected, provided } => said(ProblemType::UploadOffset)
                .with("expected-offset", expected)
                .with("provided-offset", provided),
            AttachmentFault::Waiting => {
                said(ProblemType::AttachmentWaiting).with_retry_after(SCANNER_SECONDS)
            }
            AttachmentFault::Infected => said(ProblemType::AttachmentRefused),
        }
    }
}

/// A scanner takes seconds for a large file.
const SCANNER_SECONDS: u32 = 10;

/// A restarting database is back within seconds; asking sooner only adds to its load.
const UNAVAILABLE_SECONDS: u32 = 10;

impl From<OutOfScope> for ProblemDocument {
    fn from(scope: OutOfScope) -> Self {
        Self::new(ProblemType::OutOfScope, scope.zh(), scope.to_string())
            .with("kind", scope.kind)
            .with("direction", scope.direction)
    }
}

fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Read => "read",
        Stage::Recognise => "recognise",
        Stage::Validate => "validate",
        Stage::Map => "map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;
    use crate::domain::id::{CaseId, DeliveryId};
    use crate::domain::kind::{Direction, Kind};
    use crate::domain::problem::Problem;
    use crate::http::problem::Markup;

    #[test]
    fn the_slug_is_the_name_that_the_journal_uses() {
        let refusals = [
            Refused::OutOfScope(OutOfScope {
                kind: Kind::ComplaintOrder,
                direction: Direction::Submit,
                region: None,
                category: None,
            }),
            Refused::Malformed { stage: Stage::Map, problems: vec![Problem::new("c", "中", "en")] },
            Refused::WrongKind { wanted: Kind::ComplaintOrder, found: "complaint-closure".to_owned() },
            Refused::Conflict {
                message_id: "m".to_owned(),
                stored: Digest::of(b"a"),
                found: Digest::of(b"b"),
            },
            Refused::Records { of: 2, records: Vec::new() },
            Refused::AlreadyRegistered {
                registration_number: "1".to_owned(),
                case: CaseId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            },
            Refused::UnknownCase { registration_number: "1".to_owned() },
            Refused::WrongState { state: "closed".to_owned(), wanted: "received".to_owned() },
            Refused::SecondPerson { actor: "desk".to_owned() },
            AttachmentFault::TooLarge { size: 2, limit: 1 }.into(),
            AttachmentFault::ContentDiffers {
                declared: "image/png".to_owned(),
                found: "text/plain".to_owned(),
            }
            .into(),
            AttachmentFault::Digest { expected: Digest::of(b"a"), found: Digest::of(b"b") }.into(),
            AttachmentFault::Length { said: 1, found: 2 }.into(),
            AttachmentFault::Offset { expected: 1, provided: 2 }.into(),
            AttachmentFault::Waiting.into(),
            AttachmentFault::Infected.into(),
            DeliveryFault::Unknown { key: "m".to_owned() }.into(),
            DeliveryFault::Several { key: "m".to_owned(), count: 2 }.into(),
            DeliveryFault::Answered {
                delivery: DeliveryId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
                stored: "accepted".to_owned(),
                found: "refused".to_owned(),
            }
            .into(),
            DeliveryFault::State { state: "accepted", wanted: "queued" }.into(),
            DeliveryFault::BodyGone {
                delivery: DeliveryId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            }
            .into(),
            Refused::JobState { job: "keep:records".to_owned(), paused: true },
            Refused::BadCursor(crate::exchange::feed::cursor::BadCursor::Form),
            Refused::Nobody { kind: Kind::EnforcementLead, region: "330100".to_owned() },
            Refused::NotFound,
            Refused::Busy { retry_after: 1 },
            Refused::Unavailable("x".to_owned()),
        ];
        for refused in refusals {
            let name = refused.name();
            assert_eq!(ProblemDocument::from(refused).problem_type.slug(), name);
        }
    }

    #[test]
    fn our_own_story_never_leaves() {
        let document = ProblemDocument::from(Refused::Unavailable("/srv/secret: disk full".to_owned()));
        for markup in [Markup::Json, Markup::Xml] {
            let text = String::from_utf8(document.render(markup)).unwrap();
            assert!(!text.contains("secret") && !text.contains("disk"), "{text}");
        }
    }

    #[test]
    fn a_conflict_shows_both_digests() {
        let (stored, found) = (Digest::of(b"a"), Digest::of(b"b"));
        let document =
            ProblemDocument::from(Refused::Conflict { message_id: "m-1".to_owned(), stored, found });
        let json: serde_json::Value = serde_json::from_slice(&document.render(Markup::Json)).unwrap();
        assert_eq!(json["stored_sha256"], stored.to_string());
        assert_eq!(json["found_sha256"], found.to_string());
        assert_eq!(json["status"], 409);
    }
}
