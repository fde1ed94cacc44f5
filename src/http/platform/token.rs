//! Who calls: Bearer tokens (RFC 6750).
//!
//! Promise: a handler that takes a [`Reader`] or a [`Writer`] runs only for a holder of a live token with that
//! right. Tokens are looked up by their digest, never compared in clear. A missing or unknown token is 401 with
//! `WWW-Authenticate`, a token without the right is 403; neither says whether the thing asked for exists. A token in
//! the query is not looked at: addresses end up in logs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};

use crate::exchange::Gateway;
use crate::exchange::view::Actor;
use crate::http::problem::{ProblemDocument, ProblemType};

/// A caller who may read.
#[derive(Clone, Debug)]
pub struct Reader(pub Actor);

/// A caller who may write.
#[derive(Clone, Debug)]
pub struct Writer(pub Actor);

/// A caller who is turned away: the problem, and what to come back with.
#[derive(Debug)]
pub struct TurnedAway(ProblemDocument);

/// Longer is no token of ours (43 characters) and not worth hashing.
const LONGEST: usize = 512;

impl FromRequest for Reader {
    type Error = TurnedAway;
    type Future = Pin<Box<dyn Future<Output = Result<Self, TurnedAway>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { actor(&request).await.map(Self).map_err(TurnedAway) })
    }
}

impl FromRequest for Writer {
    type Error = TurnedAway;
    type Future = Pin<Box<dyn Future<Output = Result<Self, TurnedAway>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let actor = actor(&request).await.map_err(TurnedAway)?;
            if actor.may_write {
                return Ok(Self(actor));
            }
            let (zh, en) =
                (format!("令牌 {} 只能读取", actor.name), format!("token {} may only read", actor.name));
            Err(TurnedAway(ProblemDocument::new(ProblemType::ReadOnly, zh, en)))
        })
    }
}

async fn actor(request: &HttpRequest) -> Result<Actor, ProblemDocument> {
    let unknown = || {
        ProblemDocument::new(
            ProblemType::TokenUnknown,
            "需要有效令牌：Authorization: Bearer <令牌>",
            "a valid token is wanted: Authorization: Bearer <token>",
        )
    };
    let token = bearer(request).ok_or_else(unknown)?;
    let gateway = request
        .app_data::<web::Data<Gateway>>()
        .ok_or_else(|| ProblemDocument::plain(ProblemType::Internal))?;
    gateway.token(token).await?.ok_or_else(unknown)
}

/// The token of the only `Authorization` header, if it is a Bearer token (RFC 6750, section 2.1).
fn bearer(request: &HttpRequest) -> Option<&str> {
    let mut all = request.headers().get_all(header::AUTHORIZATION);
    let value = all.next()?.to_str().ok()?;
    if all.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_matches(' ');
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    let fits = !token.is_empty() && token.len() <= LONGEST && token.bytes().all(plain);
    (scheme.eq_ignore_ascii_case("bearer") && fits).then_some(token)
}

impl fmt::Display for TurnedAway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for TurnedAway {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.0.error_response();
        if self.0.problem_type == ProblemType::TokenUnknown {
            let challenge = header::HeaderValue::from_static("Bearer realm=\"regbridge\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn of(values: &[&str]) -> Option<String> {
        let mut request = TestRequest::default();
        for value in values {
            request = request.append_header((header::AUTHORIZATION, *value));
        }
        bearer(&request.to_http_request()).map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_and_nothing_else() {
        assert_eq!(of(&["Bearer rbp_abc-123"]).as_deref(), Some("rbp_abc-123"));
        assert_eq!(of(&["bearer  abc "]).as_deref(), Some("abc"));
        for bad in [
            vec![],
            vec!["abc"],
            vec!["Basic abc"],
            vec!["Bearer "],
            vec!["Bearer a b"],
            vec!["Bearer a", "Bearer b"],
        ] {
            assert_eq!(of(&bad), None, "{bad:?}");
        }
        assert_eq!(of(&[&format!("Bearer {}", "a".repeat(LONGEST + 1))]), None);
    }

    #[test]
    fn only_an_unknown_token_is_challenged() {
        let unknown = TurnedAway(ProblemDocument::plain(ProblemType::TokenUnknown)).error_response();
        assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(unknown.headers().get("www-authenticate").unwrap(), "Bearer realm=\"regbridge\"");
        let readonly = TurnedAway(ProblemDocument::plain(ProblemType::ReadOnly)).error_response();
        assert_eq!(readonly.status(), StatusCode::FORBIDDEN);
        assert!(readonly.headers().get("www-authenticate").is_none());
    }
}
