//! Reading a header that may stand once.
//!
//! Promise: what one reader takes from a header, every other reader takes too. Of a header that stands twice one
//! system reads the first and another the last (RFC 9110, section 5.3), so it is refused where it decides something.

use actix_web::HttpRequest;
use actix_web::http::header::{AsHeaderName, HeaderValue};

use crate::http::problem::{ProblemDocument, ProblemType};

/// The value of the only header of this name.
pub fn only(
    request: &HttpRequest,
    name: impl AsHeaderName + AsRef<str>,
) -> Result<Option<&HeaderValue>, ProblemDocument> {
    let shown = name.as_ref().to_owned();
    let mut all = request.headers().get_all(name);
    let first = all.next();
    if all.next().is_none() {
        return Ok(first);
    }
    Err(ProblemDocument::new(
        ProblemType::BadRequest,
        format!("请求头 {shown} 只能出现一次"),
        format!("the header {shown} is given once"),
    ))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_header_stands_once_or_not_at_all() {
        let request = |values: &[&str]| {
            let headers = values.iter().map(|value| ("x-key", *value));
            headers.fold(TestRequest::default(), TestRequest::append_header).to_http_request()
        };
        assert_eq!(only(&request(&[]), "x-key").unwrap(), None);
        assert_eq!(only(&request(&["a"]), "X-Key").unwrap().unwrap(), "a");
        let twice = only(&request(&["a", "a"]), "x-key").unwrap_err();
        assert_eq!(twice.problem_type, ProblemType::BadRequest);
    }
}
