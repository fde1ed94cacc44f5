//! Code values: enumerations with short English words on the wire and a Chinese label beside each.
//!
//! Promise: `codes!` makes the enum, its words, its labels and its JSON Schema from one list, so that they cannot
//! differ; the published lists in `schemas/canonical/codes/` come from [`LISTS`].

/// One code list as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// Its name: the type's, in words with hyphens, as the file is called.
    pub name: &'static str,
    /// Each word with its Chinese label.
    pub codes: &'static [(&'static str, &'static str)],
}

macro_rules! codes {
    ($(#[$doc:meta])* pub enum $name:ident as $list:literal {
        $($(#[$about:meta])* $code:ident = $word:literal $zh:literal),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$about])* #[serde(rename = $word)] $code),* }

        impl $name {
            /// All of them, in the order of the published list.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The published list.
            pub const LIST: crate::domain::record::codes::List =
                crate::domain::record::codes::List { name: $list, codes: &[$(($word, $zh)),*] };

            /// Its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word),* }
            }

            /// Its Chinese label.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$code => $zh),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "enum": [$($word),*],
                    "x-labels-zh": [$($zh),*]
                })
            }
        }

        #[cfg(test)]
        impl crate::domain::record::any::Any for $name {
            fn any(from: &mut crate::domain::record::any::Source) -> Self {
                from.pick(Self::ALL)
            }
        }
    };
}

pub(in crate::domain) use codes;

use crate::domain::case::{CaseState, Event};
use crate::domain::receipt::ReceiptOutcome;
use crate::domain::record::assistance_reply::AssistanceDecision;
use crate::domain::record::assistance_request::{AskedKind, SubjectKind};
use crate::domain::record::certificate_status::{CertificateScheme, CertificateState};
use crate::domain::record::claim::ClaimKind;
use crate::domain::record::complaint_acknowledgement::{AcknowledgementDecision, RefusalReason};
use crate::domain::record::complaint_closure::{ClosureDecision, MediationResult, Satisfaction};
use crate::domain::record::complaint_order::Priority;
use crate::domain::record::complaint_reply::{ContactMedium, ContactSide, Outcome, Route};
use crate::domain::record::disposal_order::{DisposalAction, TargetKind};
use crate::domain::record::disposal_result::{DisposalStatus, ManifestAction};
use crate::domain::record::enforcement_lead::Offence;
use crate::domain::record::evidence::EvidenceKind;
use crate::domain::record::history::HistoryActor;
use crate::domain::record::inspection_instruction::SamplingMethod;
use crate::domain::record::inspection_result::{
    InspectionProgress, InspectionPurpose, InspectionStage, MeasureKind,
};
use crate::domain::record::lead_outcome::OutcomeDecision;
use crate::domain::record::lead_subject::{Gender, LeadSubjectKind, RelationKind, Standing};
use crate::domain::record::measurement::{ConditionState, FindingKind, Verdict};
use crate::domain::record::money::Comparator;
use crate::domain::record::operator_identity::{OperatorChange, RegistrationExemption};
use crate::domain::record::order::OrderChannel;
use crate::domain::record::party::{IdScheme, PartyKind};
use crate::domain::record::service_definition::{AnswerForm, ServiceMode};
use crate::domain::record::source::SourceChannel;
use crate::domain::record::words::Issuer;

/// Every code list of the records.
pub const LISTS: &[List] = &[
    AcknowledgementDecision::LIST,
    AnswerForm::LIST,
    AskedKind::LIST,
    AssistanceDecision::LIST,
    Event::LIST,
    CaseState::LIST,
    CertificateScheme::LIST,
    CertificateState::LIST,
    ClaimKind::LIST,
    ClosureDecision::LIST,
    Comparator::LIST,
    ConditionState::LIST,
    ContactMedium::LIST,
    ContactSide::LIST,
    DisposalAction::LIST,
    DisposalStatus::LIST,
    EvidenceKind::LIST,
    FindingKind::LIST,
    Gender::LIST,
    HistoryActor::LIST,
    IdScheme::LIST,
    InspectionProgress::LIST,
    InspectionPurpose::LIST,
    InspectionStage::LIST,
    Issuer::LIST,
    LeadSubjectKind::LIST,
    ManifestAction::LIST,
    MeasureKind::LIST,
    MediationResult::LIST,
    Offence::LIST,
    OperatorChange::LIST,
    OrderChannel::LIST,
    Outcome::LIST,
    OutcomeDecision::LIST,
    PartyKind::LIST,
    Priority::LIST,
    ReceiptOutcome::LIST,
    RefusalReason::LIST,
    RegistrationExemption::LIST,
    RelationKind::LIST,
    Route::LIST,
    SamplingMethod::LIST,
    Satisfaction::LIST,
    ServiceMode::LIST,
    SourceChannel::LIST,
    Standing::LIST,
    SubjectKind::LIST,
    TargetKind::LIST,
    Verdict::LIST,
];

#[cfg(test)]
mod tests {
    use super::LISTS;

    #[test]
    fn names_and_words_are_unique_and_plain() {
        let plain = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
        };
        for (at, list) in LISTS.iter().enumerate() {
            assert!(plain(list.name), "{}", list.name);
            assert!(LISTS[..at].iter().all(|other| other.name < list.name), "{} is out of order", list.name);
            for (position, (word, label)) in list.codes.iter().enumerate() {
                assert!(plain(word), "{}: {word}", list.name);
                assert!(!label.is_ascii(), "{}: {word} has no Chinese label", list.name);
                assert!(
                    list.codes[..position].iter().all(|(other, _)| other != word),
                    "{}: {word} twice",
                    list.name
                );
            }
        }
    }
}
