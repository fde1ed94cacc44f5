//! `GET /agency/v1/manifests`: the days of which there is a manifest; `GET …/{day}`: ours of one day; `POST …/{day}`: the
//! agency's of that day, to be compared.
//!
//! The agency is that of the certificate: another's manifest has no address. 200 with the manifest as text, its head
//! signed in `Regbridge-Manifest-Note`; 200 with what a comparison came to, as JSON; 403 for another agency's manifest;
//! 404 for what is no day, and for one longer ago than is made on demand; 409 while the day is not over; 408, 413 for
//! the body; 422 for a manifest that is ill-formed, or says of its lines what is not so, each with its line.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::domain::calendar::day_of;
use crate::domain::digest::Digest;
use crate::exchange::Refused;
use crate::exchange::reconcile::{Brought, Compared, manifest};
use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::problem::ProblemDocument;

/// Days that are listed: a year and a bit.
const MOST: u32 = 400;
/// How far back a manifest is made because an agency asks; older ones only if they were made before.
const ON_DEMAND: u64 = 92;

pub(super) async fn list(door: web::Data<Door>, caller: Caller) -> Result<HttpResponse, ProblemDocument> {
    let known = door.gateway.manifests(&caller.agency.id, None, MOST).await?;
    let days: Vec<Value> = known
        .iter()
        .map(|one| {
            let root = Digest::from_bytes(one.root).to_string();
            json!({"day": one.day, "count": one.lines, "root": root, "made_at": one.made_at.to_string()})
        })
        .collect();
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({"agency": caller.agency.id.as_str(), "manifests": days})))
}

pub(super) async fn ours(
    door: web::Data<Door>,
    caller: Caller,
    day: web::Path<String>,
) -> Result<HttpResponse, ProblemDocument> {
    let day = recent(&door, &day)?;
    let manifest = door.gateway.manifest(&caller.agency.id, day).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("Regbridge-Manifest-Root", Digest::from_bytes(manifest.root).to_string()))
        .insert_header(("Regbridge-Manifest-Note", STANDARD.encode(&manifest.note)))
        .body(manifest.text))
}

pub(super) async fn theirs(
    door: web::Data<Door>,
    caller: Caller,
    day: web::Path<String>,
    request: actix_web::HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ProblemDocument> {
    let day = recent(&door, &day)?;
    let body = door.body(&request, payload).await?;
    let brought = Brought { bytes: body.bytes, channel: "api", certificate: Some(caller.certificate) };
    let compared = door.gateway.compare(&caller.agency.id, day, brought).await;
    drop(body.share);
    match compared {
        Ok(compared) => {
            Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(shown(&compared)))
        }
        Err(refused) => {
            let why = refused.name();
            if matches!(refused, Refused::Malformed { .. } | Refused::Manifest(_)) {
                door.gateway.journal_refusal(caller.note(None, why)).await;
            }
            Err(refused.into())
        }
    }
}

fn recent(door: &Door, text: &str) -> Result<NaiveDate, ProblemDocument> {
    let day = manifest::day(text).ok_or_else(ProblemDocument::not_found)?;
    let first = day_of(door.gateway.clock().now()).checked_sub_days(Days::new(ON_DEMAND));
    if first.is_none_or(|first| day >= first) { Ok(day) } else { Err(ProblemDocument::not_found()) }
}

fn shown(compared: &Compared) -> Value {
    let of = &compared.reconciliation;
    let differences: Vec<Value> = compared
        .differences
        .iter()
        .map(|one| {
            json!({
                "id": one.id, "what": one.what, "direction": one.direction, "kind": one.kind,
                "message": one.message, "ours": one.ours, "theirs": one.theirs,
                "action": one.action, "state": one.state,
            })
        })
        .collect();
    json!({
        "agency": of.agency.as_str(),
        "day": of.day,
        "count": of.lines,
        "our_count": of.own_lines,
        "waiting": of.waiting,
        "elsewhere": of.elsewhere,
        "left": compared.left,
        "differences": differences,
    })
}
