//! `GET /openapi.json`: the interface described, OpenAPI 3.1.
//!
//! Promise: the document is made from the same table as the routes, names a schema for every body, and holds the
//! canonical records' published schemas whole, so that it can be read without another request. A record's inner
//! definitions are lifted to `components/schemas`; two records that share one share it there too.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::domain::record;
use crate::http::platform::{Answer, Operations, input};

/// The document, made for whoever asks first: making it takes megabytes, which a gateway that nobody asks need not hold.
static DESCRIPTION: LazyLock<web::Bytes> = LazyLock::new(|| web::Bytes::from(document().to_string()));

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "Descriptions", responses(
    (status = 200, description = "OpenAPI 3.1", body = crate::http::platform::view::AnyObject, content_type = "application/json"),
))]
pub(super) async fn openapi(request: HttpRequest) -> Answer {
    input::no_query(&request)?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(DESCRIPTION.clone()))
}

const TAGS: [(&str, &str); 13] = [
    ("Cases", "Matters that agencies opened, and what the platform says about them."),
    ("Deadlines", "Until when what must be done, by which law, and what presses."),
    ("Attachments", "The files of a case: brought and read in pieces, as large as the settings let them be."),
    ("Deliveries", "What goes out, how far it has come, and an operator's hand on it."),
    ("Jobs", "What is done by the clock, when it is due, what its runs did, and an operator's hand on it."),
    ("Notices", "The mails to staff, and the troubles that they tell of."),
    ("Events", "What happened, in order: the same that the webhooks tell."),
    ("Feeds", "What agencies pulled, and when."),
    ("Reconciliation", "Days that were held against what agencies say of them, and where the two differ."),
    ("Submissions", "Messages as agencies sent them."),
    ("Journal", "The append-only list of everything that happened, in C2SP's formats."),
    ("Descriptions", "The interface and the records, described."),
    ("Health", "For whoever keeps the process running."),
];

pub(super) fn document() -> Value {
    let mut document =
        serde_json::to_value(Operations::openapi()).expect("strings and maps always serialise");
    document["info"] = json!({
        "title": "Regbridge: platform interface",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Cases, records and events exchanged with regulators. Every refusal is an RFC 9457 document \
                        (`application/problem+json`) with Chinese and English texts.",
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/" }]);
    let tags = TAGS.map(|(name, description)| json!({ "name": name, "description": description }));
    document["tags"] = json!(tags);
    document["components"]["securitySchemes"] = json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A platform token; it may read, or read and write.",
        },
    });
    let schemas = document["components"]["schemas"].as_object_mut().expect("operations name schemas");
    for (kind, schema) in record::schemas() {
        lift(kind, schema, schemas);
    }
    document
}

/// Puts a schema and its inner definitions among `schemas`.
fn lift(name: String, mut schema: Value, schemas: &mut Map<String, Value>) {
    let inner = schema.as_object_mut().and_then(|members| {
        members.remove("$schema");
        members.remove("$id");
        members.remove("$defs")
    });
    point_at_components(&mut schema);
    schemas.insert(name, schema);
    let Some(Value::Object(inner)) = inner else { return };
    for (name, mut definition) in inner {
        point_at_components(&mut definition);
        schemas.insert(canonical(&name), definition);
    }
}

/// Ours are told apart from the listener's own shapes, which have a `Problem` too.
fn canonical(name: &str) -> String {
    format!("canonical.{name}")
}

fn point_at_components(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get_mut("$ref")
                && let Some(name) = target.strip_prefix("#/$defs/")
            {
                *target = format!("#/components/schemas/{}", canonical(name));
            }
            members.values_mut().for_each(point_at_components);
        }
        Value::Array(items) => items.iter_mut().for_each(point_at_components),
        _ => {}
    }
}
