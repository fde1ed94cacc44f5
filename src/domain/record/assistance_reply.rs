//! What the platform answers an office that asked for assistance (协查反馈).
//!
//! Personal data leaves the platform here, so a release names two persons, the one who approved and the one who
//! released, and the members that were masked.

use crate::domain::record::codes::codes;
use crate::domain::record::evidence::Evidence;
use crate::domain::record::letter::Letter;
use crate::domain::record::order::Order;
use crate::domain::record::part::{part, record};
use crate::domain::record::party::Party;
use crate::domain::record::text::Moment;

record! {
    /// A reply to a request for assistance (协查反馈).
    pub struct AssistanceReply {
        /// The agency's number of the request; a format that asks by `request_id` alone does not carry it.
        may registration_number: String,
        /// The id the gateway gave the request when it took it, by which the agency asks (返回的ID).
        may request_id: String,
        /// How far it is.
        must decision: AssistanceDecision,
        /// Why it is refused (不予协查原因).
        may reason: String,
        /// In words (协查结果).
        may result: String,
        /// Who they are (主体身份信息).
        many parties: Party,
        /// The orders (交易订单).
        many orders: Order,
        /// Chats, logistics, payments and whatever else is handed over as files (协查材料).
        many evidence: Evidence,
        /// What was left out or shortened (脱敏字段).
        many masked: Masked,
        /// Who approved the release (批准人); not the one who released it.
        may approved_by: String,
        /// When it was approved (批准时间).
        may approved_at: Moment,
        /// Who released it (放行人).
        may released_by: String,
        /// When it was released (反馈时间).
        may released_at: Moment,
        /// The platform's letter in reply (回复函).
        may reply_letter: Letter,
        /// Whom to ask at the platform (联系人).
        may contact: String,
        /// That person's telephone (联系电话).
        may phone: String,
    }
}

part! {
    /// A member of the reply that was masked.
    pub struct Masked {
        /// Which one, as a path in this record or in words (字段).
        must field: String,
        /// Why (原因).
        may reason: String,
    }
}

impl AssistanceReply {
    /// The members that its decision asks for and that are missing. A release by the one who approved it lacks
    /// the second person.
    #[must_use]
    pub fn lacks(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        match self.decision {
            AssistanceDecision::Approved if self.approved_by.is_none() => missing.push("approved_by"),
            AssistanceDecision::Released => {
                if self.approved_by.is_none() {
                    missing.push("approved_by");
                }
                if self.released_by.is_none() || self.released_by == self.approved_by {
                    missing.push("released_by");
                }
            }
            AssistanceDecision::Refused if self.reason.is_none() => missing.push("reason"),
            AssistanceDecision::Received | AssistanceDecision::Approved | AssistanceDecision::Refused => {}
        }
        missing
    }
}

codes! {
    /// How far a request for assistance is.
    pub enum AssistanceDecision as "assistance-decision" {
        /// The request is here, nothing was decided yet.
        Received = "received" "待协查",
        /// It will be answered; the answer is being put together.
        Approved = "approved" "同意协查",
        /// The answer is here.
        Released = "released" "已反馈",
        /// It will not be answered, `reason` says why.
        Refused = "refused" "不予协查",
    }
}
