//! What notices are about, how grave it is, and which facts each may show.
//!
//! Promise: a notice shows nothing but the facts named here: ids, counts, dates, names of agencies. There is no fact for
//! what people are called, where they live or what they said, so none can get into a mail.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::id::BadId;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal; $($(#[$each:meta])* $variant:ident = $text:literal $zh:literal),* $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
                 schemars::JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$each])* $variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The text form.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// In Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh),* }
            }

            /// From the text form.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err(BadId { what: $what, expected: concat!("one of" $(, " ", $text)*) }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What a trouble is about.
    Topic, "topic";
    /// A case came that its agency calls urgent.
    UrgentCase = "urgent-case" "紧急工单",
    /// A deadline is near.
    DueSoon = "due-soon" "即将到期",
    /// A deadline has passed.
    Overdue = "overdue" "已经逾期",
    /// An agency, or a webhook of the platform's, does not answer.
    AgencyUnreachable = "agency-unreachable" "机构无法连通",
    /// Deliveries were given up.
    DeliveryGivenUp = "delivery-given-up" "投递放弃",
    /// A certificate, ours or theirs, ends.
    CertificateExpiring = "certificate-expiring" "证书即将到期",
    /// A revocation list was not renewed.
    CrlStale = "crl-stale" "吊销列表过期",
    /// There is no calendar of working days for a year.
    CalendarMissing = "calendar-missing" "缺少工作日历",
    /// Two sides' books differ.
    ReconciliationDifference = "reconciliation-difference" "对账差异",
    /// A scheduled job failed.
    JobFailed = "job-failed" "定时任务失败",
    /// The journal is not what its checkpoints say.
    JournalFault = "journal-fault" "日志校验异常",
    /// A backup failed, or cannot be restored.
    BackupFailed = "backup-failed" "备份失败",
    /// The gateway's own trial submission failed.
    CanaryFailed = "canary-failed" "自检报送失败",
    /// Too few witnesses cosigned the journal's head.
    WitnessMissing = "witness-missing" "见证不足",
}

words! {
    /// How grave a trouble is; the later, the graver.
    Severity, "severity";
    /// Worth knowing.
    Info = "info" "提示",
    /// Somebody should act.
    Warning = "warning" "警告",
    /// Somebody must act now.
    Critical = "critical" "严重",
}

words! {
    /// What of a trouble, or which digest, a notice tells.
    Edge, "edge";
    /// That it begins, or that it happened.
    Begins = "begins" "开始",
    /// That it ended.
    Ends = "ends" "结束",
    /// What a day brought.
    Daily = "daily" "日报",
    /// What a week brought.
    Weekly = "weekly" "周报",
}

/// The topic of digests, among those of notices.
pub const DIGEST: &str = "digest";

/// The facts that every notice about a trouble may show. What they are is said in `schemas/notices/README.md`.
pub const COMMON: &[&str] =
    &["topic", "severity", "agency", "agency_name", "since", "until", "minutes", "times", "key", "gateway"];

/// The facts that every digest may show.
pub const DIGEST_FACTS: &[&str] = &[
    "gateway",
    "from",
    "to",
    "agencies",
    "received",
    "replied",
    "waiting",
    "due_soon",
    "overdue",
    "deliveries_waiting",
    "deliveries_given_up",
    "troubles",
];

impl Topic {
    /// The facts that its notices may show beside the common ones.
    #[must_use]
    pub const fn facts(self) -> &'static [&'static str] {
        match self {
            Self::UrgentCase => &["case", "registration_number", "kind", "received_at", "due"],
            Self::DueSoon => {
                &["case", "registration_number", "kind", "deadline", "due", "left", "rule_set", "team"]
            }
            Self::Overdue => &[
                "case",
                "registration_number",
                "kind",
                "deadline",
                "due",
                "late",
                "rule_set",
                "team",
                "waiting_on",
            ],
            Self::AgencyUnreachable => {
                &["peer", "destination", "failing_since", "failures", "waiting", "oldest", "given_up"]
            }
            Self::DeliveryGivenUp => &["peer", "destination", "deliveries", "first", "last", "delivery"],
            Self::CertificateExpiring => {
                &["certificate", "owner", "serial", "fingerprint", "expires", "days", "file"]
            }
            Self::CrlStale => &["authority", "list", "file", "next_update", "hours", "reason"],
            Self::CalendarMissing => &["calendar", "year", "days", "needed_from", "file"],
            Self::ReconciliationDifference => &[
                "day",
                "kind",
                "differences",
                "missing_here",
                "missing_there",
                "differing",
                "run",
                "manifest",
            ],
            Self::JobFailed => &["job", "run", "scheduled", "attempts", "failures", "reason"],
            Self::JournalFault => &["check", "entry", "size", "checkpoint", "reason"],
            Self::BackupFailed => &["backup", "step", "last_good", "file", "reason"],
            Self::CanaryFailed => &["step", "case", "seconds", "failures", "reason"],
            Self::WitnessMissing => &["size", "cosigned", "quorum", "missing", "reason"],
        }
    }

    /// Whether its end is worth a mail. A case that came, a deadline that is near (it is met, or its passing is told),
    /// deliveries given up (the end of what kept them back is told with their number) are not.
    #[must_use]
    pub const fn tells_its_end(self) -> bool {
        !matches!(self, Self::UrgentCase | Self::DueSoon | Self::DeliveryGivenUp)
    }

    /// Whether several troubles may share a mail: those that come in crowds.
    #[must_use]
    pub const fn shares_mails(self) -> bool {
        matches!(
            self,
            Self::UrgentCase
                | Self::DueSoon
                | Self::Overdue
                | Self::CertificateExpiring
                | Self::ReconciliationDifference
        )
    }

    /// Whether a mail that is full tells how many more there are, and not another mail: where a flood of them may come, the
    /// first fifty and their number are what one wants to know.
    #[must_use]
    pub const fn counts_its_crowd(self) -> bool {
        matches!(self, Self::UrgentCase)
    }

    /// The roles that are told of it where a recipient names no topics.
    #[must_use]
    pub const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::UrgentCase | Self::DueSoon => &["compliance"],
            Self::Overdue => &["compliance", "legal"],
            Self::AgencyUnreachable
            | Self::CertificateExpiring
            | Self::CrlStale
            | Self::JobFailed
            | Self::BackupFailed
            | Self::CanaryFailed => &["operations"],
            Self::DeliveryGivenUp | Self::ReconciliationDifference => &["compliance", "operations"],
            Self::CalendarMissing => &["compliance", "operations", "legal"],
            Self::JournalFault | Self::WitnessMissing => &["operations", "legal"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_its_serde_form_and_comes_back() {
        for topic in Topic::ALL {
            assert_eq!(serde_json::to_value(topic).unwrap(), topic.as_str());
            assert_eq!(Topic::parse(topic.as_str()), Ok(*topic));
            assert!(!topic.roles().is_empty() && !topic.facts().is_empty() && !topic.zh().is_empty());
        }
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.as_str());
        }
        for edge in Edge::ALL {
            assert_eq!(Edge::parse(edge.as_str()), Ok(*edge));
        }
        assert!(Severity::Critical > Severity::Warning && Severity::Warning > Severity::Info);
    }

    #[test]
    fn no_fact_is_about_a_person() {
        let all = Topic::ALL.iter().flat_map(|topic| topic.facts()).chain(COMMON).chain(DIGEST_FACTS);
        for fact in all {
            for word in ["name", "phone", "address", "complainant", "respondent", "text", "body", "detail"] {
                assert!(!fact.split('_').any(|part| part == word) || *fact == "agency_name", "{fact}");
            }
        }
    }
}
