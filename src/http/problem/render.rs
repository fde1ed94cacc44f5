//! How a problem document is written: RFC 9457 section 3 (JSON) and appendix B (XML).
//!
//! In XML the extension members are elements of the same namespace and the items of a list are `i` elements, as the
//! appendix lays down.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

use crate::http::problem::ProblemDocument;

/// The namespace of appendix B; RFC 9457 kept its predecessor's.
const NAMESPACE: &str = "urn:ietf:rfc:7807";

/// The two ways to write a problem down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// `application/problem+json`.
    #[default]
    Json,
    /// `application/problem+xml`.
    Xml,
}

impl Markup {
    /// What the caller reads: what `Accept` ranks higher; without a preference there, what it sent; else JSON.
    #[must_use]
    pub fn wished(request: &HttpRequest) -> Self {
        let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
        Self::choose(header(header::ACCEPT), header(header::CONTENT_TYPE))
    }

    fn choose(accept: &str, content_type: &str) -> Self {
        let (mut json, mut xml) = (0, 0);
        for range in accept.split(',') {
            let weight = weight(range);
            match Self::of(range) {
                Some(Self::Json) => json = json.max(weight),
                Some(Self::Xml) => xml = xml.max(weight),
                None => {}
            }
        }
        match xml.cmp(&json) {
            std::cmp::Ordering::Greater => Self::Xml,
            std::cmp::Ordering::Less => Self::Json,
            std::cmp::Ordering::Equal => Self::of(content_type).unwrap_or_default(),
        }
    }

    fn of(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let subtype = essence.split_once('/')?.1;
        match subtype.rsplit('+').next() {
            Some("json") => Some(Self::Json),
            Some("xml") => Some(Self::Xml),
            _ => None,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/problem+json",
            Self::Xml => "application/problem+xml; charset=utf-8",
        }
    }
}

/// The `q` of a media range in thousandths; 1,000 where there is none or none that can be read.
fn weight(range: &str) -> u32 {
    let q = range.split(';').skip(1).find_map(|p| p.trim().strip_prefix("q="));
    let q = q.and_then(|q| q.trim().parse::<f32>().ok()).unwrap_or(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0 to 1 before it is scaled"
    )]
    let thousandths = (q.clamp(0.0, 1.0) * 1000.0) as u32;
    thousandths
}

impl ProblemDocument {
    /// The document as a JSON value, to stand in another.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.members())
    }

    /// The document's bytes.
    #[must_use]
    pub fn render(&self, markup: Markup) -> Vec<u8> {
        let members = Value::Object(self.members());
        match markup {
            Markup::Json => members.to_string().into_bytes(),
            Markup::Xml => {
                let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
                text.push_str("<problem xmlns=\"");
                text.push_str(NAMESPACE);
                text.push_str("\">");
                element_content(&mut text, &members);
                text.push_str("</problem>\n");
                text.into_bytes()
            }
        }
    }

    /// The answer, in what the caller reads.
    #[must_use]
    pub fn response(&self, request: &HttpRequest) -> HttpResponse {
        self.response_in(Markup::wished(request))
    }

    /// The answer in this markup.
    #[must_use]
    pub fn response_in(&self, markup: Markup) -> HttpResponse {
        let mut response = HttpResponse::build(self.problem_type.status());
        response.insert_header((header::CONTENT_TYPE, markup.media_type()));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(allow) = self.allow {
            response.insert_header((header::ALLOW, allow));
        }
        if self.close {
            response.force_close();
        }
        response.body(self.render(markup))
    }

    fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        for (name, value) in &self.members {
            members.insert((*name).to_owned(), json!(value));
        }
        let problem_type = self.problem_type;
        members.insert("type".to_owned(), json!(problem_type.uri()));
        members.insert("status".to_owned(), json!(problem_type.status().as_u16()));
        members.insert("title".to_owned(), json!(problem_type.en()));
        members.insert("title_zh".to_owned(), json!(problem_type.zh()));
        members.insert("detail".to_owned(), json!(self.en));
        members.insert("detail_zh".to_owned(), json!(self.zh));
        if let Some(seconds) = self.retry_after {
            members.insert("retry_after".to_owned(), json!(seconds));
        }
        if !self.problems.is_empty() {
            members.insert("problems".to_owned(), json!(self.problems));
        }
        members
    }
}

/// Where nobody knows what the caller reads (an error inside the web framework): JSON.
impl ResponseError for ProblemDocument {
    fn status_code(&self) -> actix_web::http::StatusCode {
        self.problem_type.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response_in(Markup::Json)
    }
}

fn element_content(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                element(text, name, value);
            }
        }
        Value::Array(items) => {
            for item in items {
                element(text, "i", item);
            }
        }
        Value::String(value) => escape(text, value),
        Value::Null => {}
        other => text.push_str(&other.to_string()),
    }
}

// The names are ours, all of them XML names.
fn element(text: &mut String, name: &str, value: &Value) {
    text.push('<');
    text.push_str(name);
    text.push('>');
    element_content(text, value);
    text.push_str("</");
    text.push_str(name);
    text.push('>');
}

/// Character data of XML 1.0, production 2: what a document may not hold at all becomes U+FFFD.
pub(crate) fn escape(text: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '"' => text.push_str("&quot;"),
            '\r' => text.push_str("&#13;"),
            '\t' | '\n' => text.push(c),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => text.push('\u{FFFD}'),
            _ => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Problem;
    use crate::http::problem::ProblemType;

    fn bad_amount() -> ProblemDocument {
        let problem = Problem::new("amount", "金额不是数字", "the amount is no number")
            .with_place(7, 12)
            .with_path("ComplaintOrder/Goods[2]/Amount")
            .with_found("<12\u{1}>")
            .with_expected("decimal with at most two places")
            .with_rule("cn-amr-xml/order.map.toml:31");
        ProblemDocument::new(ProblemType::Malformed, "报文有误", "bad").with_problems(vec![problem])
    }

    #[test]
    fn json_has_the_members_of_the_standard_and_every_part_of_a_problem() {
        let json: Value = serde_json::from_slice(&bad_amount().render(Markup::Json)).unwrap();
        assert_eq!(json["type"], "urn:regbridge:problem:malformed");
        assert_eq!(json["status"], 422);
        assert_eq!(json["title"], "The document was refused");
        assert_eq!(json["detail_zh"], "报文有误");
        let problem = &json["problems"][0];
        assert_eq!((&problem["line"], &problem["column"]), (&json!(7), &json!(12)));
        assert_eq!(problem["path"], "ComplaintOrder/Goods[2]/Amount");
        assert_eq!(problem["expected"], "decimal with at most two places");
        assert_eq!(problem["rule"], "cn-amr-xml/order.map.toml:31");
        assert_eq!(
            (&problem["zh"], &problem["en"]),
            (&json!("金额不是数字"), &json!("the amount is no number"))
        );
    }

    #[test]
    fn xml_follows_appendix_b_and_stays_well_formed() {
        let text = String::from_utf8(bad_amount().render(Markup::Xml)).unwrap();
        assert!(text.contains("<problem xmlns=\"urn:ietf:rfc:7807\">"), "{text}");
        assert!(text.contains("<problems><i><code>amount</code><column>12</column>"), "{text}");
        assert!(text.contains("<found>&lt;12\u{FFFD}&gt;</found>"), "{text}");
        assert!(text.contains("<status>422</status>"), "{text}");
        let mut reader = quick_xml::Reader::from_str(&text);
        while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    }

    #[test]
    fn the_caller_gets_what_it_reads() {
        let choose = Markup::choose;
        assert_eq!(choose("", ""), Markup::Json);
        assert_eq!(choose("*/*", "application/xml; charset=gb18030"), Markup::Xml);
        assert_eq!(choose("application/problem+json", "text/xml"), Markup::Json);
        assert_eq!(choose("application/json;q=0.5, text/xml;q=0.9", ""), Markup::Xml);
        assert_eq!(choose("application/json, application/xml", "application/json"), Markup::Json);
    }

    #[test]
    fn headers_say_when_to_ask_again_and_whether_to_hang_up() {
        let busy = ProblemDocument::plain(ProblemType::Busy).with_retry_after(3).closing();
        let response = busy.response_in(Markup::Json);
        assert_eq!(response.headers().get("retry-after").unwrap(), "3");
        assert!(!response.head().keep_alive(), "it closes");
        let response = ProblemDocument::method_not_allowed("GET, POST").response_in(Markup::Xml);
        assert_eq!(response.headers().get("allow").unwrap(), "GET, POST");
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+xml; charset=utf-8");
    }
}
