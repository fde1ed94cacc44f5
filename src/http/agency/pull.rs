//! `GET /agency/v1/{kind}?after=…`: an agency pulls what waits for it.
//!
//! 200 with the next message in the agency's own format and the cursor to ask with next in `Regbridge-Next`; 204 when
//! nothing waits. Asking after a cursor says that everything up to it was received. 400 for a cursor that is no
//! number, 403 without the scope, 404 for an unknown kind.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::kind::Direction;
use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::agency::submit::kind_of;
use crate::http::problem::{ProblemDocument, ProblemType};

pub(super) async fn pull(
    door: web::Data<Door>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemDocument> {
    let kind = kind_of(&request)?;
    caller.may(kind, Direction::Receive)?;
    let after = cursor(request.query_string())?;
    let page = door.gateway.pull(&caller.agency, kind, after).await?;
    let mut response = if page.body.is_some() { HttpResponse::Ok() } else { HttpResponse::NoContent() };
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response.insert_header(("Regbridge-Next", page.next.to_string()));
    if let Some(delivery) = page.delivery {
        response.insert_header(("Regbridge-Delivery", delivery.to_string()));
    }
    match page.body {
        Some(body) => Ok(response.insert_header((header::CONTENT_TYPE, page.content_type)).body(body)),
        None => Ok(response.finish()),
    }
}

fn cursor(query: &str) -> Result<u64, ProblemDocument> {
    let mut after = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            // A cursor confirms what came before it: of two, neither is sure.
            "after" if after.is_some() => return Err(bad("after 只能出现一次", "after is given once")),
            "after" => {
                let number =
                    value.parse().map_err(|_| bad("after 须为非负整数", "after must be a whole number"))?;
                after = Some(number);
            }
            _ => return Err(bad("只有参数 after", "the only parameter is after")),
        }
    }
    let after = after.unwrap_or(0);
    // Beyond what a database can count to there is nothing either.
    if i64::try_from(after).is_err() {
        return Err(bad("after 过大", "after is too large"));
    }
    Ok(after)
}

fn bad(zh: &str, en: &str) -> ProblemDocument {
    ProblemDocument::new(ProblemType::BadRequest, zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_number_or_nothing() {
        assert_eq!(cursor("").unwrap(), 0);
        assert_eq!(cursor("after=17").unwrap(), 17);
        for bad in ["after=-1", "after=x", "afer=1", "after=18446744073709551615", "after=1&after=1"] {
            assert_eq!(cursor(bad).unwrap_err().problem_type, ProblemType::BadRequest, "{bad}");
        }
    }
}
