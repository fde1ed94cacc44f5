//! The one problem vocabulary, in the form of RFC 9457.
//!
//! Promise: every refusal of every listener is a [`ProblemDocument`] of one [`ProblemType`]; the type's URI decides
//! its titles and its status, and one exhaustive `match` says which refusal of the gateway is which. Texts come in
//! Chinese and English. What goes wrong inside is logged and never told: the caller reads that it was our fault.

mod refused;
mod render;

use std::fmt;

use actix_web::http::StatusCode;

use crate::domain::problem::Problem;

pub use render::Markup;
pub(crate) use render::escape as escape_xml;

/// What every type URI begins with.
pub const URI_PREFIX: &str = "urn:regbridge:problem:";

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident = $slug:literal $status:ident $zh:literal $en:literal),* $(,)?) => {
        /// What kind of refusal it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemType { $($(#[$doc])* $name),* }

        impl ProblemType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The last part of the URI; also the word that the journal and the log use.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug),* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),* }
            }

            /// The title in Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh),* }
            }

            /// The title in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self { $(Self::$name => $en),* }
            }

            /// The type's URI, for example `urn:regbridge:problem:conflict`.
            #[must_use]
            pub const fn uri(self) -> &'static str {
                match self { $(Self::$name => concat!("urn:regbridge:problem:", $slug)),* }
            }
        }
    };
}

types! {
    // Who is calling, and may they.
    /// The connection shows no certificate, or one of nobody we know. The operator adds it.
    CertificateUnknown = "certificate-unknown" FORBIDDEN "证书不属于已登记的机构" "The certificate belongs to no known agency",
    /// The certificate was revoked, or its authority is no longer trusted. The agency needs another.
    CertificateRevoked = "certificate-revoked" FORBIDDEN "证书已被吊销或不再受信任" "The certificate is revoked or no longer trusted",
    /// The certificate's time is over, or has not begun.
    CertificateExpired = "certificate-expired" FORBIDDEN "证书不在有效期内" "The certificate is outside its validity",
    /// The agency has no scope for this. The operator grants scopes.
    OutOfScope = "out-of-scope" FORBIDDEN "超出授权范围" "Not within the agency's scopes",
    /// The platform's caller has no valid token.
    TokenUnknown = "token-unknown" UNAUTHORIZED "令牌缺失或无效" "The token is missing or unknown",
    /// The platform's caller may read only.
    ReadOnly = "read-only" FORBIDDEN "令牌没有写权限" "The token may not write",

    // The request.
    /// The request itself is ill-formed: a parameter, a header.
    BadRequest = "bad-request" BAD_REQUEST "请求有误" "The request is not well-formed",
    /// The cursor of a feed is not one of ours, or not for this feed. The consumer asks from a time instead.
    BadCursor = "bad-cursor" BAD_REQUEST "游标无效" "The cursor is not valid here",
    /// There is no such thing, or not for this caller.
    NotFound = "not-found" NOT_FOUND "没有这个资源" "There is no such thing",
    /// The address knows other methods.
    MethodNotAllowed = "method-not-allowed" METHOD_NOT_ALLOWED "不支持的请求方法" "The address does not know that method",
    /// The body is in a media type, charset or content encoding that is not read here.
    UnsupportedMedia = "unsupported-media" UNSUPPORTED_MEDIA_TYPE "不支持的媒体类型" "That media type is not read here",
    /// The header is too large.
    HeaderTooLarge = "header-too-large" REQUEST_HEADER_FIELDS_TOO_LARGE "请求头过大" "The request header is too large",
    /// The body is too large.
    TooLarge = "too-large" PAYLOAD_TOO_LARGE "报文过大" "The body is too large",
    /// The body came too slowly.
    TooSlow = "too-slow" REQUEST_TIMEOUT "报文发送过慢" "The body came too slowly",
    /// The agency asks too often.
    TooManyRequests = "too-many-requests" TOO_MANY_REQUESTS "请求过于频繁" "Too many requests",

    // The document.
    /// The document is not well-formed, not one of the profile's messages, not valid, or cannot be mapped.
    Malformed = "malformed" UNPROCESSABLE_ENTITY "报文不符合要求" "The document was refused",
    /// The document is of another kind than the address.
    WrongKind = "wrong-kind" UNPROCESSABLE_ENTITY "报文种类与地址不符" "The document is of another kind than the address",
    /// Records of the message are refused, and it is taken whole or not at all.
    RecordsRefused = "records-refused" UNPROCESSABLE_ENTITY "报文中有不能接收的记录" "Records of the message were refused",
    /// The same message id came with another body before.
    Conflict = "conflict" CONFLICT "同一报文编号已用于另一内容" "The message id was already used for another body",
    /// The registration number already has a case.
    AlreadyRegistered = "already-registered" CONFLICT "登记编号已存在" "The registration number already has a case",
    /// No case of the agency bears the registration number.
    UnknownCase = "unknown-case" UNPROCESSABLE_ENTITY "没有该登记编号的案件" "No case bears that registration number",
    /// No agency may receive the record. The operator grants scopes.
    NoRecipient = "no-recipient" UNPROCESSABLE_ENTITY "没有机构可以接收" "No agency may receive it",
    /// The case's state does not allow it.
    WrongState = "wrong-state" CONFLICT "案件当前状态不允许此操作" "The case's state does not allow it",

    /// One person would do what takes two. Another posts it, with a token of their own.
    SecondPerson = "second-person" FORBIDDEN "须由另一人办理" "Another person must do it",

    // What was sent.
    /// Nothing that was sent to this agency bears what its receipt names.
    UnknownDelivery = "unknown-delivery" UNPROCESSABLE_ENTITY "没有对应的已发报文" "Nothing that was sent bears that name",
    /// What a receipt names are several that wait for one.
    SeveralDeliveries = "several-deliveries" CONFLICT "对应多份已发报文" "It names several messages that were sent",
    /// The agency said something else of it before.
    AnsweredBefore = "answered-before" CONFLICT "该报文已有不同的回执" "It was answered before, and differently",
    /// The delivery's state does not allow it.
    DeliveryState = "delivery-state" CONFLICT "送达当前状态不允许此操作" "The delivery's state does not allow it",
    /// What was sent was erased.
    BodyGone = "body-gone" GONE "报文内容已删除" "The message was erased",

    // Days.
    /// The day is not over: its manifest is made when it is.
    DayNotOver = "day-not-over" CONFLICT "该日尚未结束" "The day is not over yet",
    /// What differed is settled; nothing is to be done about it.
    DifferenceSettled = "difference-settled" CONFLICT "该差异已了结" "The difference is settled",

    // What is done by the clock.
    /// The job is paused already, or is not.
    JobState = "job-state" CONFLICT "作业当前状态不允许此操作" "The job's state does not allow it",

    // Files.
    /// The file, or the case's files together, would be too large.
    AttachmentTooLarge = "attachment-too-large" PAYLOAD_TOO_LARGE "附件过大" "The file is too large",
    /// Files of that type are not taken, or the content is of another type than was declared.
    AttachmentType = "attachment-type" UNSUPPORTED_MEDIA_TYPE "附件类型不符" "The file's type is not taken, or not what its content is",
    /// The file's digest is not the one that it was announced under.
    AttachmentDigest = "attachment-digest" UNPROCESSABLE_ENTITY "附件摘要不符" "The file's digest is another",
    /// The file is not as long as was said.
    UploadLength = "upload-length" BAD_REQUEST "附件长度不符" "The file is not as long as was said",
    /// The upload goes on at another place: ask where.
    UploadOffset = "upload-offset" CONFLICT "上传位置不符" "The upload goes on at another place",
    /// The file waits for the scanner; ask again.
    AttachmentWaiting = "attachment-waiting" LOCKED "附件等待安全扫描" "The file waits for the scanner",
    /// The scanner refused the file.
    AttachmentRefused = "attachment-refused" GONE "附件未通过安全扫描" "The scanner refused the file",
    /// The file does not reach so far.
    RangeUnsatisfiable = "range-unsatisfiable" RANGE_NOT_SATISFIABLE "请求范围超出附件" "The file does not reach so far",

    // Us.
    /// Too much at once; ask again.
    Busy = "busy" SERVICE_UNAVAILABLE "系统繁忙，请稍后重试" "Busy; ask again later",
    /// Our fault, for now: something that we need is down.
    Unavailable = "unavailable" SERVICE_UNAVAILABLE "服务暂不可用" "Unavailable for now",
    /// Our fault: a defect.
    Internal = "internal" INTERNAL_SERVER_ERROR "内部错误" "An error of ours",
}

impl ProblemType {
    /// From its URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        let slug = uri.strip_prefix(URI_PREFIX)?;
        Self::ALL.iter().copied().find(|t| t.slug() == slug)
    }
}

/// A refusal on its way to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemDocument {
    /// What kind of refusal.
    pub problem_type: ProblemType,
    /// What happened this time, in Chinese.
    pub zh: String,
    /// What happened this time, in English.
    pub en: String,
    /// What is wrong in the document, place by place.
    pub problems: Box<[Problem]>,
    /// Further members: ids, digests, states; never contents.
    pub members: Vec<(&'static str, String)>,
    /// After how many seconds to ask again: the `Retry-After` header.
    pub retry_after: Option<u32>,
    /// The methods that the address knows: the `Allow` header.
    pub allow: Option<&'static str>,
    /// Whether the connection ends with this answer.
    pub close: bool,
    /// Whether the journal has it already: what a use case refuses it writes down itself.
    pub journalled: bool,
}

impl ProblemDocument {
    /// A document of this type with its two texts.
    pub fn new(problem_type: ProblemType, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            problem_type,
            zh: zh.into(),
            en: en.into(),
            problems: Box::default(),
            members: Vec::new(),
            retry_after: None,
            allow: None,
            close: false,
            journalled: false,
        }
    }

    /// A document that says no more than its type's title.
    #[must_use]
    pub fn plain(problem_type: ProblemType) -> Self {
        Self::new(problem_type, problem_type.zh(), problem_type.en())
    }

    /// No such address.
    #[must_use]
    pub fn not_found() -> Self {
        Self::plain(ProblemType::NotFound)
    }

    /// The address knows only these methods (`GET, POST`).
    #[must_use]
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let mut document = Self::new(
            ProblemType::MethodNotAllowed,
            format!("该地址只支持 {allow}"),
            format!("the address knows {allow}"),
        );
        document.allow = Some(allow);
        document
    }

    /// With one member more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.members.push((name, value.to_string()));
        self
    }

    /// With what is wrong in the document.
    #[must_use]
    pub fn with_problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems.into_boxed_slice();
        self
    }

    /// To be asked again after so many seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// And the connection ends.
    #[must_use]
    pub fn closing(mut self) -> Self {
        self.close = true;
        self
    }
}

impl fmt::Display for ProblemDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.problem_type.slug(), self.en)
    }
}

impl std::error::Error for ProblemDocument {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_uri_names_its_type_and_no_two_share_one() {
        let mut seen = BTreeSet::new();
        for problem_type in ProblemType::ALL {
            let uri = problem_type.uri();
            assert!(uri.starts_with(URI_PREFIX) && seen.insert(uri), "{uri}");
            assert_eq!(ProblemType::from_uri(uri), Some(*problem_type));
            assert!(problem_type.status().is_client_error() || problem_type.status().is_server_error());
            assert!(problem_type.zh().chars().any(|c| c > '\u{2E7F}'), "{uri} has a Chinese title");
            assert!(problem_type.en().is_ascii(), "{uri} has an English title");
        }
        assert_eq!(ProblemType::from_uri("urn:regbridge:problem:"), None);
        assert_eq!(ProblemType::from_uri("conflict"), None);
    }
}
