//! A consumer's complaint that a bureau hands to the platform (投诉工单).

use crate::domain::record::claim::Claim;
use crate::domain::record::codes::codes;
use crate::domain::record::due::Due;
use crate::domain::record::evidence::Evidence;
use crate::domain::record::letter::Letter;
use crate::domain::record::order::Order;
use crate::domain::record::part::{part, record};
use crate::domain::record::party::Party;
use crate::domain::record::text::Moment;

record! {
    /// A complaint order (投诉工单): opens a case, or is refused by the gateway.
    pub struct ComplaintOrder {
        /// The bureau's number of the complaint (登记编号), as text.
        must registration_number: String,
        /// When the consumer complained (投诉时间).
        may complained_at: Moment,
        /// When the bureau registered it (登记时间).
        may registered_at: Moment,
        /// Who complains (投诉人).
        must complainant: Party,
        /// Who is complained of (被投诉人).
        must respondent: Party,
        /// The order it is about (订单).
        may order: Order,
        /// What happened (投诉事实).
        must facts: String,
        /// What is wanted (诉求).
        many claims: Claim,
        /// What proves it (证据).
        many evidence: Evidence,
        /// The bureau that hands it over (受理单位).
        may bureau: Letter,
        /// The letters from the original sender to the last before the bureau, in order (转办链).
        many sender_chain: Letter,
        /// How urgent it is.
        may priority: Priority,
        /// When the bureau wants the platform's reply (反馈期限).
        may reply_due: Due,
        /// The legal rules it is handled by (适用规定), by the name of a rule set.
        may rule_set: String,
        /// What else is to be minded.
        may marks: Marks,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// What is to be minded when a complaint is handled.
    pub struct Marks {
        /// It also reports an offence, and must be split: the reporter's identity stays with the report (投诉举报混合).
        may mixed_with_report: bool,
        /// Several consumers complain together (群体投诉).
        may group: bool,
        /// The complainant's identity is kept from the respondent (身份保密).
        may identity_protected: bool,
    }
}

codes! {
    /// How urgent a matter is.
    pub enum Priority as "priority" {
        /// In its turn.
        Normal = "normal" "一般",
        /// Before others.
        Urgent = "urgent" "紧急",
        /// At once.
        Immediate = "immediate" "特急",
    }
}
