//! `POST /platform/v1/cases/{case}/replies`: what the platform did about a complaint.

use actix_web::{HttpRequest, web};
use serde_json::Value;

use crate::domain::kind::Kind;
use crate::exchange::Gateway;
use crate::http::platform::token::Writer;
use crate::http::platform::view::{Posted, ProblemShape};
use crate::http::platform::{Answer, input, post_record};
use crate::http::problem::{ProblemDocument, ProblemType};

/// The short way to post a complaint reply: `kind` and `schema_version` may be left out.
#[utoipa::path(post, path = "/platform/v1/cases/{case}/replies", tag = "Cases", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless; 1 to 255 visible ASCII characters")),
    request_body(content = ref("#/components/schemas/complaint-reply"), description = "A complaint reply; `kind`, `schema_version`, `registration_number` and `region` may be left out", content_type = "application/json"),
    responses(
        (status = 201, description = "Taken, and queued for the agency", body = Posted),
        (status = 200, description = "Had been taken before under this key", body = Posted),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write, or the agency may not receive it", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "The case's state does not allow it, or the key was used for another record", body = ProblemShape, content_type = "application/problem+json"),
        (status = 413, description = "The reply is too large", body = ProblemShape, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "The reply is not right", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn post_reply(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    let mut record = input::document(&request, payload).await?;
    complete(&mut record)?;
    post_record::post(&actor, &request, &gateway, record).await
}

/// Says what the address says already.
fn complete(record: &mut Value) -> Result<(), ProblemDocument> {
    let Some(members) = record.as_object_mut() else { return Ok(()) };
    let kind = members.entry("kind").or_insert_with(|| Value::from(Kind::ComplaintReply.as_str()));
    if kind.as_str() != Some(Kind::ComplaintReply.as_str()) {
        let (zh, en) = ("该地址只接收 complaint-reply", "the address takes complaint-reply alone");
        return Err(ProblemDocument::new(ProblemType::WrongKind, zh, en));
    }
    members.entry("schema_version").or_insert_with(|| Value::from("1"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_address_says_may_be_left_out_but_not_contradicted() {
        let mut record = json!({ "outcome": "settled" });
        complete(&mut record).unwrap();
        assert_eq!(record, json!({ "kind": "complaint-reply", "schema_version": "1", "outcome": "settled" }));
        let mut other = json!({ "kind": "disposal-result" });
        assert_eq!(complete(&mut other).unwrap_err().problem_type, ProblemType::WrongKind);
        assert!(complete(&mut json!([])).is_ok(), "what is no object is refused where all records are");
    }
}
