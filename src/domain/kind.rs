//! Record kinds and the direction they travel.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::id::BadId;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal $zh:literal $($direction:ident)+),* $(,)?) => {
        /// What a record is. The text form names the URL segment, the schema file and the column value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
                 schemars::JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Kind { $($(#[$doc])* $name),* }

        impl Kind {
            /// All of them, in the order of the walkthrough.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The text form, for example `complaint-order`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// The Chinese term.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh),* }
            }

            /// Which ways it travels: one, or both.
            #[must_use]
            pub const fn directions(self) -> &'static [Direction] {
                match self { $(Self::$name => &[$(Direction::$direction),+]),* }
            }

            /// From the text form.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                match text {
                    $($text => Ok(Self::$name),)*
                    _ => Err(BadId { what: "record kind", expected: concat!("one of" $(, " ", $text)*) }),
                }
            }
        }
    };
}

kinds! {
    /// A consumer's complaint that a bureau hands to the platform.
    ComplaintOrder = "complaint-order" "投诉工单" Submit,
    /// The platform's word that it took a complaint in hand, or why not.
    ComplaintAcknowledgement = "complaint-acknowledgement" "受理反馈" Receive,
    /// What the platform did about a complaint.
    ComplaintReply = "complaint-reply" "处理结果反馈" Receive,
    /// The bureau's end of a complaint, or its return or withdrawal.
    ComplaintClosure = "complaint-closure" "办结" Submit,
    /// What went on in a complaint elsewhere.
    ComplaintProgress = "complaint-progress" "投诉进展" Submit,
    /// A letter that orders goods or an operator off the platform.
    DisposalOrder = "disposal-order" "处置函" Submit,
    /// What the platform did about a disposal order.
    DisposalResult = "disposal-result" "处置结果" Receive,
    /// An agency's word to have goods sampled and tested.
    InspectionInstruction = "inspection-instruction" "抽检指令" Submit,
    /// What a test found, and what the platform did about it.
    InspectionResult = "inspection-result" "检验结果" Submit Receive,
    /// A letter that asks for what the platform knows in a case of the agency's.
    AssistanceRequest = "assistance-request" "案件协查" Submit,
    /// What the platform answers it.
    AssistanceReply = "assistance-reply" "协查反馈" Receive,
    /// What points to an offence.
    EnforcementLead = "enforcement-lead" "案件线索" Submit Receive,
    /// What an agency made of a lead, up to the penalty.
    LeadOutcome = "lead-outcome" "线索处理结果" Submit,
    /// A service for which requests can be made.
    ServiceDefinition = "service-definition" "服务事项" Submit,
    /// The platform's question about a certificate.
    CertificateCheck = "certificate-check" "证书核查" Receive,
    /// What a certification authority says of a certificate.
    CertificateStatus = "certificate-status" "证书状态" Submit,
    /// Who trades on the platform.
    OperatorIdentity = "operator-identity" "经营者身份信息" Receive,
}

impl Kind {
    /// Whether it travels that way.
    #[must_use]
    pub fn travels(self, direction: Direction) -> bool {
        self.directions().contains(&direction)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which way a record travels, in the agency's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The agency sends it to the platform.
    Submit,
    /// The agency receives it from the platform.
    Receive,
}

impl Direction {
    /// The text form: `submit` or `receive`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Receive => "receive",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
