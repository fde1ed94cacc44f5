//! The published JSON Schemas of the records: 2020-12, made from the types themselves.
//!
//! Promise: `schemas/canonical/` says what the types say; the test below makes the files anew and compares
//! (`UPDATE_SCHEMAS=1 cargo test` writes them). A member without a value is absent: no schema allows null.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, CaseId, RecordId, SubmissionId};
#[cfg(test)]
use crate::domain::id::{AttachmentId, DeliveryId, ImportId};
use crate::domain::kind::Kind;
use crate::domain::receipt::Receipt;
use crate::domain::record::assistance_reply::AssistanceReply;
use crate::domain::record::assistance_request::AssistanceRequest;
use crate::domain::record::certificate_check::CertificateCheck;
use crate::domain::record::certificate_status::CertificateStatus;
use crate::domain::record::complaint_acknowledgement::ComplaintAcknowledgement;
use crate::domain::record::complaint_closure::ComplaintClosure;
use crate::domain::record::complaint_order::ComplaintOrder;
use crate::domain::record::complaint_progress::ComplaintProgress;
use crate::domain::record::complaint_reply::ComplaintReply;
use crate::domain::record::disposal_order::DisposalOrder;
use crate::domain::record::disposal_result::DisposalResult;
use crate::domain::record::enforcement_lead::EnforcementLead;
use crate::domain::record::inspection_instruction::InspectionInstruction;
use crate::domain::record::inspection_result::InspectionResult;
use crate::domain::record::lead_outcome::LeadOutcome;
use crate::domain::record::operator_identity::OperatorIdentity;
use crate::domain::record::service_definition::ServiceDefinition;
use crate::domain::region::Region;

/// The schema of one kind of record, as published in `schemas/canonical/<kind>.schema.json`.
#[must_use]
pub fn schema(kind: Kind) -> Value {
    let mut schema = match kind {
        Kind::ComplaintOrder => of::<ComplaintOrder>(kind.as_str(), kind.zh()),
        Kind::ComplaintAcknowledgement => of::<ComplaintAcknowledgement>(kind.as_str(), kind.zh()),
        Kind::ComplaintReply => of::<ComplaintReply>(kind.as_str(), kind.zh()),
        Kind::ComplaintClosure => of::<ComplaintClosure>(kind.as_str(), kind.zh()),
        Kind::ComplaintProgress => of::<ComplaintProgress>(kind.as_str(), kind.zh()),
        Kind::DisposalOrder => of::<DisposalOrder>(kind.as_str(), kind.zh()),
        Kind::DisposalResult => of::<DisposalResult>(kind.as_str(), kind.zh()),
        Kind::InspectionInstruction => of::<InspectionInstruction>(kind.as_str(), kind.zh()),
        Kind::InspectionResult => of::<InspectionResult>(kind.as_str(), kind.zh()),
        Kind::AssistanceRequest => of::<AssistanceRequest>(kind.as_str(), kind.zh()),
        Kind::AssistanceReply => of::<AssistanceReply>(kind.as_str(), kind.zh()),
        Kind::EnforcementLead => of::<EnforcementLead>(kind.as_str(), kind.zh()),
        Kind::LeadOutcome => of::<LeadOutcome>(kind.as_str(), kind.zh()),
        Kind::ServiceDefinition => of::<ServiceDefinition>(kind.as_str(), kind.zh()),
        Kind::CertificateCheck => of::<CertificateCheck>(kind.as_str(), kind.zh()),
        Kind::CertificateStatus => of::<CertificateStatus>(kind.as_str(), kind.zh()),
        Kind::OperatorIdentity => of::<OperatorIdentity>(kind.as_str(), kind.zh()),
    };
    if kind == Kind::ComplaintClosure {
        // What `ComplaintClosure::lacks` says.
        schema["if"] = json!({ "properties": { "decision": { "const": "returned" } } });
        schema["then"] = json!({
            "required": ["reason", "reply_due"],
            "properties": { "reply_due": { "anyOf": [{ "required": ["on"] }, { "required": ["at"] }] } }
        });
    }
    if kind == Kind::AssistanceReply {
        // What `AssistanceReply::lacks` says, but that the two persons differ: JSON Schema cannot compare.
        let asks = |decision: &str, members: &[&str]| {
            json!({
                "if": { "properties": { "decision": { "const": decision } } },
                "then": { "required": members }
            })
        };
        schema["allOf"] = json!([
            asks("approved", &["approved_by"]),
            asks("released", &["approved_by", "released_by"]),
            asks("refused", &["reason"])
        ]);
    }
    schema
}

/// The schema of the receipt, the answer to a submission.
#[must_use]
pub fn receipt_schema() -> Value {
    of::<Receipt>("receipt", "回执")
}

/// Every schema by the word in its `kind` member: the records, and `receipt`.
#[must_use]
pub fn schemas() -> BTreeMap<String, Value> {
    let mut all: BTreeMap<String, Value> =
        Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), schema(*kind))).collect();
    all.insert("receipt".to_owned(), receipt_schema());
    all
}

fn of<T: JsonSchema>(kind: &str, zh: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    schema["$id"] = json!(format!("https://regbridge.invalid/schemas/canonical/{kind}.schema.json"));
    schema["title"] = json!(format!("{kind} {zh}"));
    schema["properties"]["kind"] = json!({ "type": "string", "const": kind });
    match schema.get_mut("required") {
        Some(Value::Array(required)) => required.insert(0, json!("kind")),
        _ => schema["required"] = json!(["kind"]),
    }
    schema
}

// schemars says of an `Option` that it may be null; ours are absent instead.
fn without_null(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|one| one != "null");
                if types.len() == 1 {
                    let only = types.remove(0);
                    members.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(codes)) = members.get_mut("enum") {
                codes.retain(|code| !code.is_null());
            }
            if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
                choices.retain(|choice| *choice != json!({ "type": "null" }));
                if choices.len() == 1
                    && let Value::Object(only) = choices.remove(0)
                {
                    members.remove("anyOf");
                    for (name, member) in only {
                        members.entry(name).or_insert(member);
                    }
                }
            }
            members.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

macro_rules! text_schema {
    ($($name:ident $schema:tt)*) => {
        $(impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

text_schema! {
    Region { "type": "string", "pattern": "^[0-9]{6}$", "examples": ["330106"] }
    Digest { "type": "string", "pattern": "^[0-9a-f]{64}$" }
    AgencyId { "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$" }
    CaseId { "type": "string", "format": "uuid" }
    RecordId { "type": "string", "format": "uuid" }
    SubmissionId { "type": "string", "format": "uuid" }
}

// What only the journal names; its schema is made by a test.
#[cfg(test)]
text_schema! {
    DeliveryId { "type": "string", "format": "uuid" }
    AttachmentId { "type": "string", "format": "uuid" }
    ImportId { "type": "string", "format": "uuid" }
}
