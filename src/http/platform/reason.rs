//! Who acts and why: the token's name, and `{"why": "…"}` in the body, or `?why=…` where there is none.
//!
//! Promise: both are a line that the journal keeps, or nothing is done.

use actix_web::{HttpRequest, web};
use serde_json::Value;

use crate::exchange::intervene::Words;
use crate::exchange::view::Actor;
use crate::http::platform::input;
use crate::http::problem::{ProblemDocument, ProblemType};

/// Who, and why.
pub(super) async fn read(
    actor: &Actor,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<(Words, Words), ProblemDocument> {
    let why = why(&input::document(request, payload).await?)?;
    Ok((who(actor)?, why))
}

/// Who.
pub(super) fn who(actor: &Actor) -> Result<Words, ProblemDocument> {
    words(&actor.name, "the token's name", "")
}

/// Why, as it stands in the address: `?why=…`.
pub(super) fn asked(why: &str) -> Result<Words, ProblemDocument> {
    words(why, "why", ": ?why=…")
}

/// `{"why": "…"}`.
fn why(body: &Value) -> Result<Words, ProblemDocument> {
    let why = body.as_object().filter(|members| members.len() == 1).and_then(|members| members.get("why"));
    words(why.and_then(Value::as_str).unwrap_or_default(), "why", ": {\"why\": \"…\"}")
}

fn words(text: &str, what: &str, example: &str) -> Result<Words, ProblemDocument> {
    text.parse().map_err(|wanted: String| {
        let zh = format!("{what} 应为一行，1 到 200 个字符{}", example.replacen(": ", "：", 1));
        ProblemDocument::new(ProblemType::Malformed, zh, format!("{what}: {wanted}{example}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reason_is_one_line_and_nothing_else() {
        assert!(why(&json!({ "why": "对方要求停发" })).is_ok());
        for bad in
            [json!({}), json!({ "why": " " }), json!({ "why": "a\nb" }), json!({ "why": "a", "who": "b" })]
        {
            assert_eq!(why(&bad).unwrap_err().problem_type, ProblemType::Malformed, "{bad}");
        }
        assert!(why(&json!({ "why": "字".repeat(201) })).is_err());
    }
}
