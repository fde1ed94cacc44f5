//! `POST /add-checkpoint`: a log shows its checkpoint and is given the witness's cosignature.
//!
//! 200 with the cosignature's line; 400 for a body that is none; 403 where no known key of the log signed; 404 for a log that
//! is not known; 409 where another size was cosigned last, which the body says (`text/x.tlog.size`), or the same size with
//! another root; 422 where the proof does not hold; 413 and 408 for a body that is too large or too slow; 500 where what was
//! cosigned cannot be written down: then nothing is cosigned.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::clock::Clock;
use crate::http::body::{self, BodyLimits, Budget};
use crate::http::problem::{ProblemDocument, ProblemType};
use crate::http::witness::memory::{Memory, MemoryError};
use crate::tlog::{AddCheckpoint, NotCosigned};

/// 63 lines of proof are 3 kB; the rest is room for signatures of others, 50 of kinds that are a kilobyte long.
pub(super) const BODY: BodyLimits = BodyLimits {
    bytes: 64 * 1024,
    total: Duration::from_secs(20),
    grace: Duration::from_secs(5),
    bytes_per_second: 4096,
};

pub(super) async fn add_checkpoint(
    request: HttpRequest,
    payload: web::Payload,
    memory: web::Data<Memory>,
    clock: web::Data<Arc<dyn Clock>>,
    budget: web::Data<Arc<Budget>>,
) -> Result<HttpResponse, ProblemDocument> {
    let body = body::read(request.headers(), payload, &BODY, &budget).await?;
    let text = std::str::from_utf8(&body.bytes).map_err(|_| "the body is not UTF-8".to_owned());
    let asked = text.and_then(|text| AddCheckpoint::parse(text).map_err(|why| why.to_string()));
    let asked = match asked {
        Ok(asked) => asked,
        Err(why) => return Ok(said(StatusCode::BAD_REQUEST, &why)),
    };
    let at = u64::try_from(clock.now().seconds()).unwrap_or_default();
    // It waits for the disk, and for others that do.
    let cosigned = web::block(move || memory.cosign(&asked, at)).await;
    match cosigned.map_err(|_| ProblemDocument::plain(ProblemType::Internal))? {
        Ok(line) => Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(line)),
        Err(MemoryError::Refused(why)) => Ok(refused(&why)),
        Err(error) => {
            tracing::error!(%error, "nothing was cosigned");
            Err(ProblemDocument::plain(ProblemType::Internal))
        }
    }
}

fn refused(why: &NotCosigned) -> HttpResponse {
    let status = match why {
        NotCosigned::Malformed(_) => StatusCode::BAD_REQUEST,
        NotCosigned::UnknownLog { .. } => StatusCode::NOT_FOUND,
        NotCosigned::Unsigned(_) => StatusCode::FORBIDDEN,
        NotCosigned::Inconsistent { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        NotCosigned::Conflict { size } => {
            let told = (header::CONTENT_TYPE, "text/x.tlog.size");
            return HttpResponse::Conflict().insert_header(told).body(format!("{size}\n"));
        }
    };
    said(status, &why.to_string())
}

fn said(status: StatusCode, why: &str) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(format!("{why}\n"))
}
