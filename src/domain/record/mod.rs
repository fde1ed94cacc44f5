//! Records: what the platform's schema says, independent of any agency's format.
//!
//! Promise: a [`Record`] that was read holds only what its type allows; a member nobody knows is refused, a member
//! without a value is absent, and what only the agency's format says stays in `extensions`. Reading and writing
//! JSON gives the same record again. The schemas published in `schemas/canonical/` are made from these types
//! ([`schema()`]).
//!
//! One file per kind, and one per part they share. Every record has `kind`, `schema_version`, `message_id`, `region`,
//! `extensions` and `warnings`; the members `id`, `agency`, `case_id`, `received_at` and `source` are the gateway's.
//! A record does not know how it travels (`mapping`), what it does to its case ([`crate::domain::case`]) or where it is
//! stored.

pub mod assistance_reply;
pub mod assistance_request;
pub mod attachment;
pub mod certificate_check;
pub mod certificate_status;
pub mod claim;
pub mod codes;
pub mod complaint_acknowledgement;
pub mod complaint_closure;
pub mod complaint_order;
pub mod complaint_progress;
pub mod complaint_reply;
pub mod disposal_order;
pub mod disposal_result;
pub mod due;
pub mod enforcement_lead;
pub mod evidence;
pub mod extensions;
pub mod goods;
pub mod history;
pub mod inspection_instruction;
pub mod inspection_result;
pub mod laboratory;
pub mod lead_account;
pub mod lead_outcome;
pub mod lead_subject;
pub mod lead_transaction;
pub mod letter;
pub mod measurement;
#[cfg(test)]
mod members;
pub mod money;
pub mod operator_identity;
pub mod order;
pub mod party;
pub mod place;
pub mod sample;
pub mod service;
pub mod service_definition;
pub mod source;
pub mod text;
pub mod venue;
pub mod words;

#[cfg(test)]
pub(crate) mod any;
pub(in crate::domain) mod part;
mod schema;
#[cfg(test)]
mod tests;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::id::{AgencyId, CaseId, RecordId};
use crate::domain::kind::Kind;
use crate::domain::problem::Problem;
use crate::domain::region::Region;

pub use assistance_reply::AssistanceReply;
pub use assistance_request::AssistanceRequest;
pub use certificate_check::CertificateCheck;
pub use certificate_status::CertificateStatus;
pub use complaint_acknowledgement::ComplaintAcknowledgement;
pub use complaint_closure::ComplaintClosure;
pub use complaint_order::ComplaintOrder;
pub use complaint_progress::ComplaintProgress;
pub use complaint_reply::ComplaintReply;
pub use disposal_order::DisposalOrder;
pub use disposal_result::DisposalResult;
pub use enforcement_lead::EnforcementLead;
pub use inspection_instruction::InspectionInstruction;
pub use inspection_result::InspectionResult;
pub use lead_outcome::LeadOutcome;
pub use operator_identity::OperatorIdentity;
pub use schema::{receipt_schema, schema, schemas};
pub use service_definition::ServiceDefinition;

/// One thing in the platform schema. Its `kind` member says which.
///
/// ```
/// use regbridge::domain::kind::Kind;
/// use regbridge::domain::record::Record;
/// let text = r#"{"kind":"complaint-closure","registration_number":"1330106002026112300001","decision":"closed"}"#;
/// let record: Record = serde_json::from_str(text).expect("it has what a closure needs");
/// assert_eq!(record.kind(), Kind::ComplaintClosure);
/// assert_eq!(record.registration_number(), "1330106002026112300001");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// A consumer's complaint.
    ComplaintOrder(Box<ComplaintOrder>),
    /// The platform's word that it took it in hand.
    ComplaintAcknowledgement(Box<ComplaintAcknowledgement>),
    /// What the platform did about it.
    ComplaintReply(Box<ComplaintReply>),
    /// The bureau's end of it.
    ComplaintClosure(Box<ComplaintClosure>),
    /// What went on in a complaint elsewhere.
    ComplaintProgress(Box<ComplaintProgress>),
    /// A letter that orders something off the platform.
    DisposalOrder(Box<DisposalOrder>),
    /// What the platform did about that.
    DisposalResult(Box<DisposalResult>),
    /// An agency's word to have goods sampled and tested.
    InspectionInstruction(Box<InspectionInstruction>),
    /// What a test found, and what the platform did about it.
    InspectionResult(Box<InspectionResult>),
    /// A letter that asks for what the platform knows.
    AssistanceRequest(Box<AssistanceRequest>),
    /// What the platform answers it.
    AssistanceReply(Box<AssistanceReply>),
    /// What points to an offence.
    EnforcementLead(Box<EnforcementLead>),
    /// What an agency made of a lead.
    LeadOutcome(Box<LeadOutcome>),
    /// A service for which requests can be made.
    ServiceDefinition(Box<ServiceDefinition>),
    /// A question about a certificate.
    CertificateCheck(Box<CertificateCheck>),
    /// What a certification authority says of it.
    CertificateStatus(Box<CertificateStatus>),
    /// Who trades on the platform.
    OperatorIdentity(Box<OperatorIdentity>),
}

/// What the gateway writes on a record it takes in or sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    /// Our id of it.
    pub id: RecordId,
    /// The agency it came from or goes to.
    pub agency: AgencyId,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// When the gateway received it.
    pub received_at: text::Moment,
    /// How it came.
    pub source: source::Source,
}

macro_rules! each {
    ($record:expr, $one:ident => $what:expr) => {
        match $record {
            Record::ComplaintOrder($one) => $what,
            Record::ComplaintAcknowledgement($one) => $what,
            Record::ComplaintReply($one) => $what,
            Record::ComplaintClosure($one) => $what,
            Record::ComplaintProgress($one) => $what,
            Record::DisposalOrder($one) => $what,
            Record::DisposalResult($one) => $what,
            Record::InspectionInstruction($one) => $what,
            Record::InspectionResult($one) => $what,
            Record::AssistanceRequest($one) => $what,
            Record::AssistanceReply($one) => $what,
            Record::EnforcementLead($one) => $what,
            Record::LeadOutcome($one) => $what,
            Record::ServiceDefinition($one) => $what,
            Record::CertificateCheck($one) => $what,
            Record::CertificateStatus($one) => $what,
            Record::OperatorIdentity($one) => $what,
        }
    };
}

// Not derived: a tagged enum sets every member aside until it has seen `kind`, by code of its own for every type in it: 0.8 MB
// of the program.
impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Record {
    /// Reads it from a JSON value, at once as its kind's type.
    ///
    /// # Errors
    /// What the kind's type does not allow.
    pub fn from_value(value: Value) -> Result<Self, serde_json::Error> {
        fn members<T: DeserializeOwned>(value: Value) -> Result<Box<T>, serde_json::Error> {
            serde_json::from_value(value).map(Box::new)
        }
        let Value::Object(mut object) = value else {
            return Err(serde_json::Error::custom("a record is an object"));
        };
        let Some(kind) = object.remove("kind") else {
            return Err(serde_json::Error::missing_field("kind"));
        };
        let kind: Kind = serde_json::from_value(kind)?;
        let value = Value::Object(object);
        Ok(match kind {
            Kind::ComplaintOrder => Self::ComplaintOrder(members(value)?),
            Kind::ComplaintAcknowledgement => Self::ComplaintAcknowledgement(members(value)?),
            Kind::ComplaintReply => Self::ComplaintReply(members(value)?),
            Kind::ComplaintClosure => Self::ComplaintClosure(members(value)?),
            Kind::ComplaintProgress => Self::ComplaintProgress(members(value)?),
            Kind::DisposalOrder => Self::DisposalOrder(members(value)?),
            Kind::DisposalResult => Self::DisposalResult(members(value)?),
            Kind::InspectionInstruction => Self::InspectionInstruction(members(value)?),
            Kind::InspectionResult => Self::InspectionResult(members(value)?),
            Kind::AssistanceRequest => Self::AssistanceRequest(members(value)?),
            Kind::AssistanceReply => Self::AssistanceReply(members(value)?),
            Kind::EnforcementLead => Self::EnforcementLead(members(value)?),
            Kind::LeadOutcome => Self::LeadOutcome(members(value)?),
            Kind::ServiceDefinition => Self::ServiceDefinition(members(value)?),
            Kind::CertificateCheck => Self::CertificateCheck(members(value)?),
            Kind::CertificateStatus => Self::CertificateStatus(members(value)?),
            Kind::OperatorIdentity => Self::OperatorIdentity(members(value)?),
        })
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::ComplaintOrder(_) => Kind::ComplaintOrder,
            Self::ComplaintAcknowledgement(_) => Kind::ComplaintAcknowledgement,
            Self::ComplaintReply(_) => Kind::ComplaintReply,
            Self::ComplaintClosure(_) => Kind::ComplaintClosure,
            Self::ComplaintProgress(_) => Kind::ComplaintProgress,
            Self::DisposalOrder(_) => Kind::DisposalOrder,
            Self::DisposalResult(_) => Kind::DisposalResult,
            Self::InspectionInstruction(_) => Kind::InspectionInstruction,
            Self::InspectionResult(_) => Kind::InspectionResult,
            Self::AssistanceRequest(_) => Kind::AssistanceRequest,
            Self::AssistanceReply(_) => Kind::AssistanceReply,
            Self::EnforcementLead(_) => Kind::EnforcementLead,
            Self::LeadOutcome(_) => Kind::LeadOutcome,
            Self::ServiceDefinition(_) => Kind::ServiceDefinition,
            Self::CertificateCheck(_) => Kind::CertificateCheck,
            Self::CertificateStatus(_) => Kind::CertificateStatus,
            Self::OperatorIdentity(_) => Kind::OperatorIdentity,
        }
    }

    /// The agency's number of the matter; empty in what a format sends without it (a result, a page of a history).
    #[must_use]
    pub fn registration_number(&self) -> &str {
        match self {
            Self::ComplaintOrder(record) => &record.registration_number,
            Self::ComplaintAcknowledgement(record) => &record.registration_number,
            Self::ComplaintReply(record) => &record.registration_number,
            Self::ComplaintClosure(record) => &record.registration_number,
            Self::ComplaintProgress(record) => record.registration_number.as_deref().unwrap_or_default(),
            Self::DisposalOrder(record) => &record.registration_number,
            Self::DisposalResult(record) => record.registration_number.as_deref().unwrap_or_default(),
            Self::InspectionInstruction(record) => &record.registration_number,
            Self::InspectionResult(record) => record.registration_number.as_deref().unwrap_or_default(),
            Self::AssistanceRequest(record) => &record.registration_number,
            Self::AssistanceReply(record) => record.registration_number.as_deref().unwrap_or_default(),
            Self::EnforcementLead(record) => &record.registration_number,
            Self::LeadOutcome(record) => &record.registration_number,
            Self::ServiceDefinition(record) => &record.registration_number,
            Self::CertificateCheck(record) => &record.registration_number,
            Self::CertificateStatus(record) => &record.registration_number,
            Self::OperatorIdentity(record) => &record.registration_number,
        }
    }

    /// The division of the bureau that sends or receives it.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        each!(self, record => record.region.as_ref())
    }

    /// What it is about, for scopes and feeds: of a result the categories of the goods, of a lead the suspected offence;
    /// each once, in their order. Nothing of the other kinds.
    #[must_use]
    pub fn categories(&self) -> Vec<String> {
        let mut found: Vec<String> = match self {
            Self::InspectionResult(result) => {
                let goods = result.samples.iter().filter_map(|sample| sample.goods.as_ref());
                goods.filter_map(|goods| goods.category.clone()).collect()
            }
            Self::EnforcementLead(lead) => {
                lead.offence.iter().map(|offence| offence.as_str().to_owned()).collect()
            }
            _ => Vec::new(),
        };
        let mut seen = std::collections::BTreeSet::new();
        found.retain(|category| seen.insert(category.clone()));
        found
    }

    /// The division whose agencies it concerns: of a lead that of its jurisdiction, of an operator that in which it is
    /// registered, else its own.
    #[must_use]
    pub fn concerns(&self) -> Option<&Region> {
        match self {
            Self::EnforcementLead(lead) => {
                let named = lead.jurisdiction.as_ref().and_then(|for_whom| for_whom.region.as_ref());
                named.or(lead.region.as_ref())
            }
            Self::OperatorIdentity(operator) => {
                operator.region.as_ref().or(operator.operator.region.as_ref())
            }
            other => other.region(),
        }
    }

    /// The id of the message that carried it, as its sender gave it.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        each!(self, record => record.message_id.as_deref())
    }

    /// What is doubtful in it.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        each!(self, record => &record.warnings)
    }

    /// The members that are missing because of what others say.
    #[must_use]
    pub fn lacks(&self) -> Vec<&'static str> {
        match self {
            Self::ComplaintClosure(record) => record.lacks(),
            Self::AssistanceReply(record) => record.lacks(),
            _ => Vec::new(),
        }
    }

    /// The same record with what the gateway knows of it.
    #[must_use]
    pub fn stamped(mut self, stamp: Stamp) -> Self {
        let Stamp { id, agency, case_id, received_at, source } = stamp;
        each!(&mut self, record => {
            record.id = Some(id);
            record.agency = Some(agency);
            record.case_id = Some(case_id);
            record.received_at = Some(received_at);
            record.source = Some(source);
        });
        self
    }
}

/// The version of the platform schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(inline)]
pub enum SchemaVersion {
    /// The first one.
    #[default]
    #[serde(rename = "1")]
    One,
}

#[cfg(test)]
impl any::Any for SchemaVersion {
    fn any(_: &mut any::Source) -> Self {
        Self::One
    }
}
