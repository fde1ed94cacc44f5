//! Why the gateway said no: one vocabulary for every edge. Variants carry ids and positions, never bodies.

use crate::domain::agency::OutOfScope;
use crate::domain::digest::Digest;
use crate::domain::id::CaseId;
use crate::domain::kind::Kind;
use crate::domain::problem::Problem;
use crate::exchange::bad_record::BadRecord;
use crate::exchange::delivery_fault::DeliveryFault;
use crate::exchange::feed::cursor::BadCursor;
use crate::exchange::reconcile::manifest::ManifestFault;
use crate::mapping::Stage;
use crate::store::{Failure, StoreError};

/// Why the gateway said no.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The agency may not do that. The operator grants scopes.
    #[error("{0}")]
    OutOfScope(OutOfScope),
    /// The document is wrong: the sender mends it.
    #[error("the document was refused at {stage:?} with {} problems", problems.len())]
    Malformed {
        /// How far it came.
        stage: Stage,
        /// All that is wrong.
        problems: Vec<Problem>,
    },
    /// The document is of another kind than the address says.
    #[error("the address is for {wanted}, the document is a {found}")]
    WrongKind {
        /// What the address is for.
        wanted: Kind,
        /// What the document is.
        found: String,
    },
    /// Records of the message are refused, and it is taken whole or not at all; or none of them is left.
    #[error("{} of {of} records were refused", records.len())]
    Records {
        /// How many records the message holds.
        of: usize,
        /// The refused ones.
        records: Vec<BadRecord>,
    },
    /// The same message id came with another body before.
    #[error("message {message_id} was already accepted with another body")]
    Conflict {
        /// The message id.
        message_id: String,
        /// SHA-256 of the body that was accepted.
        stored: Digest,
        /// SHA-256 of the body that came now.
        found: Digest,
    },
    /// The registration number already has a case, opened by another message.
    #[error("registration number {registration_number} already has case {case}")]
    AlreadyRegistered {
        /// The agency's registration number.
        registration_number: String,
        /// The case it opened.
        case: CaseId,
    },
    /// No case of this agency bears that registration number.
    #[error("no case bears registration number {registration_number}")]
    UnknownCase {
        /// The agency's registration number.
        registration_number: String,
    },
    /// The case is in a state that does not allow it.
    #[error("the case is {state}; it would have to be {wanted}")]
    WrongState {
        /// The state it is in.
        state: String,
        /// The states that allow it.
        wanted: String,
    },
    /// What two persons must do would be done by one.
    #[error("{actor} approved it; another must release it")]
    SecondPerson {
        /// The token that did the first part.
        actor: String,
    },
    /// A file is not taken, or not given out.
    #[error(transparent)]
    Attachment(#[from] AttachmentFault),
    /// A receipt finds no delivery, or an operator's word cannot be followed.
    #[error(transparent)]
    Delivery(#[from] DeliveryFault),
    /// A manifest cannot be made or taken.
    #[error(transparent)]
    Manifest(#[from] ManifestFault),
    /// The job is paused already, or is not.
    #[error("job {job} is {}", if *paused { "paused already" } else { "not paused" })]
    JobState {
        /// Its name.
        job: String,
        /// Whether it is paused.
        paused: bool,
    },
    /// The cursor is not one of ours, or not for this feed.
    #[error("the cursor is refused: {0}")]
    BadCursor(BadCursor),
    /// No agency may receive the record.
    #[error("no agency may receive a {kind} of region {region}")]
    Nobody {
        /// The record's kind.
        kind: Kind,
        /// The division it concerns.
        region: String,
    },
    /// There is no such thing, or not for this caller.
    #[error("not found")]
    NotFound,
    /// Too much at once; ask again.
    #[error("busy")]
    Busy {
        /// After how many seconds.
        retry_after: u32,
    },
    /// Our fault: the operator mends it, the log has the story.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl Refused {
    /// The short name of the refusal, as the journal and the metrics know it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OutOfScope(_) => "out-of-scope",
            Self::Malformed { .. } => "malformed",
            Self::WrongKind { .. } => "wrong-kind",
            Self::Records { .. } => "records-refused",
            Self::Conflict { .. } => "conflict",
            Self::AlreadyRegistered { .. } => "already-registered",
            Self::UnknownCase { .. } => "unknown-case",
            Self::WrongState { .. } => "wrong-state",
            Self::SecondPerson { .. } => "second-person",
            Self::Attachment(fault) => fault.name(),
            Self::Delivery(fault) => fault.name(),
            Self::Manifest(fault) => fault.name(),
            Self::JobState { .. } => "job-state",
            Self::BadCursor(_) => "bad-cursor",
            Self::Nobody { .. } => "no-recipient",
            Self::NotFound => "not-found",
            Self::Busy { .. } => "busy",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Whether it speaks of the document that came, and not of who sent it, or of us.
    #[must_use]
    pub const fn is_of_the_document(&self) -> bool {
        matches!(
            self,
            Self::Malformed { .. }
                | Self::WrongKind { .. }
                | Self::Records { .. }
                | Self::Conflict { .. }
                | Self::AlreadyRegistered { .. }
                | Self::UnknownCase { .. }
                | Self::WrongState { .. }
                | Self::Attachment(_)
        )
    }

    /// Whether it is we who cannot, and not now: what was sent may be as right as can be.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unavailable(_))
    }

    /// The codes of all problems, each once, sorted: what the journal holds of them.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        let mut codes: Vec<String> = match self {
            Self::Malformed { problems, .. } => problems.iter().map(|p| p.code.to_string()).collect(),
            Self::Records { records, .. } => records.iter().flat_map(BadRecord::codes).collect(),
            _ => Vec::new(),
        };
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// What the sender of a record is told, in Chinese and English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        match self {
            Self::OutOfScope(scope) => (scope.zh(), scope.to_string()),
            Self::AlreadyRegistered { registration_number, .. } => (
                format!("登记编号 {registration_number} 已有案件"),
                format!("registration number {registration_number} already has a case"),
            ),
            Self::UnknownCase { registration_number } => (
                format!("没有登记编号为 {registration_number} 的案件"),
                format!("no case bears registration number {registration_number}"),
            ),
            Self::WrongState { state, wanted } => (
                format!("案件处于 {state}，需要处于 {wanted}"),
                format!("the case is {state}; it would have to be {wanted}"),
            ),
            Self::SecondPerson { actor } => (
                format!("令牌 {actor} 已批准；放行须由另一人以另一令牌提交"),
                format!(
                    "token {actor} approved it; another person must release it, with a token of their own"
                ),
            ),
            Self::Attachment(fault) => (fault.zh(), fault.to_string()),
            Self::Delivery(fault) => (fault.zh(), fault.to_string()),
            Self::Manifest(fault) => (fault.zh(), fault.to_string()),
            Self::JobState { job, paused } => {
                (format!("作业 {job} {}", if *paused { "已暂停" } else { "未暂停" }), self.to_string())
            }
            Self::BadCursor(why) => (
                format!("游标无效：{}；可改用 since=时间 重新开始", why.zh()),
                format!("the cursor is refused: {why}; ask with since=TIME to begin again"),
            ),
            Self::Nobody { kind, region } => (
                format!("没有机构可接收区划 {region} 的 {kind}"),
                format!("no agency may receive a {kind} of region {region}"),
            ),
            Self::Malformed { problems, .. } => (
                format!("报文不符合要求，共 {} 处问题", problems.len()),
                match problems.len() {
                    1 => "the document was refused with one problem".to_owned(),
                    count => format!("the document was refused with {count} problems"),
                },
            ),
            Self::Records { records, of } => (
                format!("{of} 条记录中有 {} 条不能接收", records.len()),
                format!("{} of {of} records were refused", records.len()),
            ),
            Self::WrongKind { wanted, found } => (
                format!("此地址接收 {wanted}，而报文为 {found}"),
                format!("this address takes a {wanted}; the document is a {found}"),
            ),
            Self::Conflict { message_id, .. } => (
                format!("报文编号 {message_id} 已用于另一内容"),
                format!("message id {message_id} was already used for another body"),
            ),
            other => ("不能接收".to_owned(), other.to_string()),
        }
    }
}

/// Why a file is not taken, or not given out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentFault {
    /// It is larger than a file may be.
    #[error("the file has {size} bytes; at most {limit} are taken")]
    TooLarge {
        /// Its size, or what came of it.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The case's files would have more than they may have together.
    #[error("with it the case's files would have {size} bytes together; at most {limit} are kept")]
    CaseFull {
        /// What they would have.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Files of its type are not taken.
    #[error("files of type {found} are not taken; these are: {taken}")]
    TypeNotTaken {
        /// Its type.
        found: String,
        /// Those that are taken.
        taken: String,
    },
    /// Its content is not of the type it is declared to be.
    #[error("the file is declared as {declared}, but it begins like {found}")]
    ContentDiffers {
        /// What was declared.
        declared: String,
        /// What it looks like.
        found: String,
    },
    /// Its digest is another.
    #[error("the address names a file with SHA-256 {expected}; what came has {found}")]
    Digest {
        /// The digest that it was announced under.
        expected: Digest,
        /// Its own.
        found: Digest,
    },
    /// It is not as long as was said.
    #[error("{said} bytes were announced, and {found} came or are announced now")]
    Length {
        /// What was said first.
        said: u64,
        /// What was found.
        found: u64,
    },
    /// The upload stands elsewhere.
    #[error("the upload goes on at byte {expected}, not at {provided}")]
    Offset {
        /// Where it stands.
        expected: u64,
        /// Where the sender wanted to go on.
        provided: u64,
    },
    /// The scanner has not released it yet.
    #[error("the file waits for the scanner; ask again later")]
    Waiting,
    /// The scanner found something in it.
    #[error("the scanner refused the file; its bytes are gone")]
    Infected,
}

impl AttachmentFault {
    /// The short name, as of [`Refused::name`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::CaseFull { .. } => "attachment-too-large",
            Self::TypeNotTaken { .. } | Self::ContentDiffers { .. } => "attachment-type",
            Self::Digest { .. } => "attachment-digest",
            Self::Length { .. } => "upload-length",
            Self::Offset { .. } => "upload-offset",
            Self::Waiting => "attachment-waiting",
            Self::Infected => "attachment-refused",
        }
    }

    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::TooLarge { size, limit } => format!("附件为 {size} 字节，上限为 {limit} 字节"),
            Self::CaseFull { size, limit } => {
                format!("加上此附件，案件的附件合计 {size} 字节，上限为 {limit} 字节")
            }
            Self::TypeNotTaken { found, taken } => {
                format!("不接收 {found} 类型的附件；可接收的类型：{taken}")
            }
            Self::ContentDiffers { declared, found } => {
                format!("附件声明为 {declared}，内容却是 {found}")
            }
            Self::Digest { expected, found } => {
                format!("地址中的 SHA-256 为 {expected}，收到内容的 SHA-256 为 {found}")
            }
            Self::Length { said, found } => format!("附件声明为 {said} 字节，现为 {found} 字节"),
            Self::Offset { expected, provided } => {
                format!("上传应从第 {expected} 字节继续，而不是第 {provided} 字节")
            }
            Self::Waiting => "附件正在等待安全扫描，请稍后再试".to_owned(),
            Self::Infected => "附件未通过安全扫描，内容已删除".to_owned(),
        }
    }
}

/// How a transaction of a use case fails: the store did, or the gateway says no.
#[derive(Debug, thiserror::Error)]
pub(in crate::exchange) enum Failed {
    /// The store; it may be tried again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gateway says no.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Failed {
    pub(in crate::exchange) fn into_refused(self) -> Refused {
        match self {
            Self::Store(error) => error.into(),
            Self::Refused(refused) => refused,
        }
    }
}

impl Failure for Failed {
    fn store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Refused(_) => None,
        }
    }
}
