//! The laws that hold for every record.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::any::{Any, Source};
use super::due::Due;
use super::text::Date;
use super::*;
use crate::domain::receipt::Receipt;

impl Any for Record {
    fn any(from: &mut Source) -> Self {
        match from.pick(Kind::ALL) {
            Kind::ComplaintOrder => Self::ComplaintOrder(Box::new(Any::any(from))),
            Kind::ComplaintAcknowledgement => Self::ComplaintAcknowledgement(Box::new(Any::any(from))),
            Kind::ComplaintReply => Self::ComplaintReply(Box::new(Any::any(from))),
            Kind::ComplaintClosure => {
                let mut closure = ComplaintClosure::any(from);
                if !closure.lacks().is_empty() {
                    closure.reason = Some("再次核实".to_owned());
                    let mut due = Due::any(from);
                    due.on = Some(Date::any(from));
                    closure.reply_due = Some(due);
                }
                Self::ComplaintClosure(Box::new(closure))
            }
            Kind::ComplaintProgress => Self::ComplaintProgress(Box::new(Any::any(from))),
            Kind::DisposalOrder => Self::DisposalOrder(Box::new(Any::any(from))),
            Kind::DisposalResult => Self::DisposalResult(Box::new(Any::any(from))),
            Kind::InspectionInstruction => Self::InspectionInstruction(Box::new(Any::any(from))),
            Kind::InspectionResult => Self::InspectionResult(Box::new(Any::any(from))),
            Kind::AssistanceRequest => Self::AssistanceRequest(Box::new(Any::any(from))),
            Kind::AssistanceReply => {
                let mut reply = AssistanceReply::any(from);
                if !reply.lacks().is_empty() {
                    reply.reason = Some("依据不足".to_owned());
                    reply.approved_by = Some("批准人".to_owned());
                    reply.released_by = Some("放行人".to_owned());
                }
                Self::AssistanceReply(Box::new(reply))
            }
            Kind::EnforcementLead => Self::EnforcementLead(Box::new(Any::any(from))),
            Kind::LeadOutcome => Self::LeadOutcome(Box::new(Any::any(from))),
            Kind::ServiceDefinition => Self::ServiceDefinition(Box::new(Any::any(from))),
            Kind::CertificateCheck => Self::CertificateCheck(Box::new(Any::any(from))),
            Kind::CertificateStatus => Self::CertificateStatus(Box::new(Any::any(from))),
            Kind::OperatorIdentity => Self::OperatorIdentity(Box::new(Any::any(from))),
        }
    }
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(schema).unwrap()
}

proptest! {
    #[test]
    fn writing_and_reading_gives_the_same_record(seed: u64) {
        let record = Record::any(&mut Source::new(seed));
        let text = serde_json::to_string(&record).unwrap();
        prop_assert!(!text.contains("null"), "{text}");
        let again: Record = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&again, &record);
        let value = serde_json::to_value(&record).unwrap();
        prop_assert_eq!(&serde_json::from_value::<Record>(value.clone()).unwrap(), &record);
        prop_assert_eq!(Record::from_value(value).unwrap(), record);
    }

    #[test]
    fn every_record_is_valid_against_its_schema(seed: u64) {
        thread_local! {
            static VALIDATORS: BTreeMapOfValidators = Kind::ALL.iter().map(|kind| (*kind, validator(&schema(*kind)))).collect();
        }
        let record = Record::any(&mut Source::new(seed));
        let value = serde_json::to_value(&record).unwrap();
        let errors: Vec<String> = VALIDATORS.with(|all| {
            all[&record.kind()].iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
        });
        prop_assert!(errors.is_empty(), "{errors:?}");
    }

    #[test]
    fn a_receipt_is_valid_and_reads_back(seed: u64) {
        thread_local! { static VALIDATOR: jsonschema::Validator = validator(&receipt_schema()); }
        let receipt = Receipt::any(&mut Source::new(seed));
        let value = serde_json::to_value(&receipt).unwrap();
        prop_assert!(VALIDATOR.with(|one| one.is_valid(&value)), "{value}");
        prop_assert_eq!(serde_json::from_value::<Receipt>(value).unwrap(), receipt);
    }

    #[test]
    fn an_unknown_member_is_refused_wherever_it_stands(seed: u64, at: usize) {
        let record = Record::any(&mut Source::new(seed));
        let mut value = serde_json::to_value(&record).unwrap();
        let mut places = Vec::new();
        objects(&value, "", &mut places);
        let place = places[at % places.len()].clone();
        value.pointer_mut(&place).unwrap()["surprise"] = json!(1);
        prop_assert!(serde_json::from_value::<Record>(value.clone()).is_err(), "at {place}");
        prop_assert!(!validator(&schema(record.kind())).is_valid(&value), "at {place}");
    }
}

type BTreeMapOfValidators = std::collections::BTreeMap<Kind, jsonschema::Validator>;

// Where objects stand, but for what is free inside: extensions.
fn objects(value: &Value, at: &str, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            places.push(at.to_owned());
            for (name, member) in members.iter().filter(|(name, _)| *name != "extensions") {
                objects(member, &format!("{at}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                objects(item, &format!("{at}/{position}"), places);
            }
        }
        _ => {}
    }
}

#[test]
fn the_published_schemas_say_what_the_types_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/canonical");
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for (kind, schema) in schemas() {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        files.push((folder.join(format!("{kind}.schema.json")), text));
    }
    for list in codes::LISTS {
        let rows: Vec<String> = list.codes.iter().map(|(word, label)| format!("{word},{label}\n")).collect();
        let text = format!("record,label\n{}", rows.concat());
        files.push((folder.join(format!("codes/{}.csv", list.name)), text));
    }
    let page = members::page(&schemas());
    for told in [
        "| `registration_number` | must | text |",
        "| `party` |  | OutcomeParty |",
        "| `ids` |  | list of PartyId |",
    ] {
        assert!(page.contains(told), "{told}: is the page blind?");
    }
    files.push((folder.join("MEMBERS.md"), page));
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::create_dir_all(folder.join("codes")).unwrap();
        for (path, text) in &files {
            std::fs::write(path, text).unwrap();
        }
    }
    for (path, text) in &files {
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(published == *text, "{} is stale: UPDATE_SCHEMAS=1 cargo test writes it", path.display());
    }
    let mut strays: Vec<PathBuf> = Vec::new();
    for folder in [folder.clone(), folder.join("codes")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file()
                && path.extension().is_some_and(|end| end != "md")
                && !files.iter().any(|(known, _)| *known == path)
            {
                strays.push(path);
            }
        }
    }
    assert!(strays.is_empty(), "nobody makes {strays:?}");
}

#[test]
fn each_kind_is_its_own_word() {
    for kind in Kind::ALL {
        let schema = schema(*kind);
        assert_eq!(schema["properties"]["kind"]["const"], kind.as_str());
        assert_eq!(schema["additionalProperties"], json!(false), "{kind}");
        assert!(schema["required"].as_array().unwrap().contains(&json!("kind")), "{kind}");
        let text = schema.to_string();
        assert!(!text.contains("\"null\""), "{kind}: {text}");
        assert!(text.contains("extensions") && text.contains("warnings"), "{kind}");
    }
}

#[test]
fn a_return_says_why_and_until_when() {
    let closure = |value: Value| {
        let mut members =
            json!({ "kind": "complaint-closure", "registration_number": "1", "decision": "returned" });
        members.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        let valid = validator(&schema(Kind::ComplaintClosure)).is_valid(&members);
        let lacks = serde_json::from_value::<Record>(members).unwrap().lacks();
        assert_eq!(valid, lacks.is_empty(), "the type and the schema disagree on {lacks:?}");
        lacks
    };
    assert_eq!(closure(json!({})), ["reason", "reply_due"]);
    assert_eq!(closure(json!({ "reason": "未核实", "reply_due": {} })), ["reply_due"]);
    assert_eq!(closure(json!({ "reason": "未核实", "reply_due": { "on": "2026-12-01" } })), [""; 0]);
    assert_eq!(closure(json!({ "decision": "closed" })), [""; 0]);
}

#[test]
fn a_release_names_two_persons() {
    let reply = |value: Value| {
        let mut members = json!({ "kind": "assistance-reply", "registration_number": "1" });
        members.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        let valid = validator(&schema(Kind::AssistanceReply)).is_valid(&members);
        (serde_json::from_value::<Record>(members).unwrap().lacks(), valid)
    };
    let one = json!({ "decision": "released", "approved_by": "甲" });
    assert_eq!(reply(one), (vec!["released_by"], false));
    assert_eq!(reply(json!({ "decision": "released" })), (vec!["approved_by", "released_by"], false));
    // The one rule that the schema cannot say.
    let same = json!({ "decision": "released", "approved_by": "甲", "released_by": "甲" });
    assert_eq!(reply(same), (vec!["released_by"], true));
    let two = json!({ "decision": "released", "approved_by": "甲", "released_by": "乙" });
    assert_eq!(reply(two), (vec![], true));
    assert_eq!(reply(json!({ "decision": "approved" })), (vec!["approved_by"], false));
    assert_eq!(reply(json!({ "decision": "refused" })), (vec!["reason"], false));
    assert_eq!(reply(json!({ "decision": "refused", "reason": "依据不足" })), (vec![], true));
}

#[test]
fn what_is_not_a_record_is_refused() {
    let read = |value: Value| serde_json::from_value::<Record>(value).map_err(|error| error.to_string());
    let good = json!({ "kind": "complaint-closure", "registration_number": "1", "decision": "closed" });
    assert!(read(good.clone()).is_ok());
    for (member, bad) in [
        ("kind", json!("complaint-closing")),
        ("schema_version", json!("2")),
        ("schema_version", json!(1)),
        ("registration_number", json!(1)),
        ("region", json!("3301")),
        ("decided_at", json!("2026-11-23T09:30:00")),
        ("decision", json!("办结")),
        ("reply_due", json!({ "on": "2026-02-30" })),
    ] {
        let mut value = good.clone();
        value[member] = bad;
        assert!(read(value.clone()).is_err(), "{value}");
    }
}
