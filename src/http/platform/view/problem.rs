//! What a refusal looks like, for the description: [`crate::http::problem`] writes it.

use utoipa::ToSchema;

/// A refusal (RFC 9457). It may have further members: ids, digests, states.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes what http::problem writes")]
pub struct ProblemShape {
    /// What kind of refusal, for programs: `urn:regbridge:problem:…`.
    #[schema(rename = "type")]
    problem_type: String,
    /// The HTTP status.
    status: u16,
    /// The kind in English.
    title: String,
    /// The kind in Chinese.
    title_zh: String,
    /// What happened this time, in English.
    detail: String,
    /// What happened this time, in Chinese.
    detail_zh: String,
    /// After how many seconds to ask again.
    retry_after: Option<u32>,
    /// What is wrong in the document, place by place.
    problems: Option<Vec<Place>>,
}

/// One thing wrong in a document.
#[derive(ToSchema)]
#[schema(as = ProblemPlace)]
#[expect(dead_code, reason = "describes what domain::problem writes")]
pub struct Place {
    /// What is wrong, for programs.
    code: String,
    /// Line, from 1.
    line: Option<u32>,
    /// Column in characters, from 1.
    column: Option<u32>,
    /// The path in the document.
    path: Option<String>,
    /// What stood there.
    found: Option<String>,
    /// What would be right.
    expected: Option<String>,
    /// The rule that says so.
    rule: Option<String>,
    /// The whole in Chinese.
    zh: String,
    /// The whole in English.
    en: String,
}
