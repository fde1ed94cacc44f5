//! The bureau's end of a complaint, its return to the platform, or its withdrawal (办结).

use crate::domain::record::codes::codes;
use crate::domain::record::due::Due;
use crate::domain::record::part::record;
use crate::domain::record::text::Moment;

record! {
    /// A closure (办结、退回、撤回). A return says why and until when.
    pub struct ComplaintClosure {
        /// The bureau's number of the complaint (登记编号).
        must registration_number: String,
        /// What the bureau decides.
        must decision: ClosureDecision,
        /// Why (原因); a return must say so.
        may reason: String,
        /// The new due date of a returned complaint (新的反馈期限); a return must give one.
        may reply_due: Due,
        /// How the bureau's mediation ended (调解结果).
        may mediation: MediationResult,
        /// When it was decided (办结时间).
        may decided_at: Moment,
        /// How content the complainant is (满意度).
        may satisfaction: Satisfaction,
        /// Remarks (备注).
        may remark: String,
    }
}

impl ComplaintClosure {
    /// The members that its decision asks for and that are missing.
    #[must_use]
    pub fn lacks(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.decision == ClosureDecision::Returned {
            if self.reason.is_none() {
                missing.push("reason");
            }
            if self.reply_due.as_ref().is_none_or(|due| due.on.is_none() && due.at.is_none()) {
                missing.push("reply_due");
            }
        }
        missing
    }
}

codes! {
    /// What a bureau decides when a reply has come, or before.
    pub enum ClosureDecision as "closure-decision" {
        /// The matter is at its end.
        Closed = "closed" "办结",
        /// The platform must handle it again.
        Returned = "returned" "退回",
        /// The bureau takes the complaint back.
        Withdrawn = "withdrawn" "撤回",
    }
}

codes! {
    /// How a bureau's mediation ended.
    pub enum MediationResult as "mediation-result" {
        /// An agreement was made.
        Agreed = "agreed" "达成调解协议",
        /// None was.
        Failed = "failed" "调解不成",
        /// It was broken off.
        Terminated = "terminated" "终止调解",
        /// There was none.
        None = "none" "未调解",
    }
}

codes! {
    /// How content a complainant is.
    pub enum Satisfaction as "satisfaction" {
        /// Very.
        VerySatisfied = "very_satisfied" "非常满意",
        /// Content.
        Satisfied = "satisfied" "满意",
        /// Neither.
        Neutral = "neutral" "一般",
        /// Not content.
        Dissatisfied = "dissatisfied" "不满意",
        /// Nobody knows.
        Unknown = "unknown" "未评价",
    }
}
