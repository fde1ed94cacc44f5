//! A consumer's complaint that a bureau hands to the platform (投诉工单).

use crate::domain::record::claim::Claim;
use crate::domain::record::codes::codes;
use crate::domain::record::due::Due;
use crate::domain::record::evidence::Evidence;
use crate::domain::record::history::HistoryEntry;
use crate::domain::record::letter::Letter;
use crate::domain::record::order::Order;
use crate::domain::record::part::{part, record};
use crate::domain::record::party::Party;
use crate::domain::record::place::Place;
use crate::domain::record::service::{Answer, Service};
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
        may complainant: Party,
        /// Who is complained of (被投诉人).
        may respondent: Party,
        /// The order it is about (订单).
        may order: Order,
        /// The payments or orders it is about, where the agency lists them (关联订单).
        many linked_orders: Order,
        /// The service contracts it is about (关联服务单).
        many service_orders: Order,
        /// What it is about, in a line (问题描述、标题).
        may subject: String,
        /// Its class (投诉类型), in the words or codes of whoever says it.
        may category: String,
        /// The service that is asked for (服务事项).
        may service: Service,
        /// The answers to that service's questions (附加字段).
        many answers: Answer,
        /// Where it happened or is to be dealt with (地点).
        may place: Place,
        /// What happened (投诉事实).
        may facts: String,
        /// What is wanted (诉求).
        many claims: Claim,
        /// What proves it (证据).
        many evidence: Evidence,
        /// How what was lent or bought was given back (归还信息).
        may giving_back: GivingBack,
        /// What was said and done about it before it came here (协商历史).
        many history: HistoryEntry,
        /// Where it stands at the agency, as the agency words it (投诉单状态).
        may state: String,
        /// More about that (状态说明).
        may state_text: String,
        /// When it last changed there (更新时间).
        may updated_at: Moment,
        /// When it ended there (完结时间).
        may finished_at: Moment,
        /// When the complainant asked the platform or an office to step in (申请介入时间).
        may appealed_at: Moment,
        /// How many times this complainant complained of this (投诉次数).
        may times: u32,
        /// What the agency marks the complainant or the matter with (标签), in its codes.
        many tags: String,
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
        /// The whole price has been given back already (已全额退款).
        may fully_refunded: bool,
        /// Something the complainant wrote waits for an answer (有待回复的用户留言).
        may awaits_answer: bool,
        /// Somebody of the platform's helps (平台协助中).
        may platform_helps: bool,
        /// The complainant is to be served at once (需即时服务).
        may at_once: bool,
    }
}

part! {
    /// How something was given back.
    pub struct GivingBack {
        /// When (归还时间).
        may at: Moment,
        /// Where (归还地点).
        may place: Place,
        /// Whether at the very machine or counter it came from (是否归还原处).
        may same_place: bool,
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
