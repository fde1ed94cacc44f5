//! What the platform did about a complaint (处理结果反馈).
//!
//! A reply goes to the bureau alone. What it says of the complainant is never shown to the respondent's side.

use crate::domain::record::codes::codes;
use crate::domain::record::evidence::Evidence;
use crate::domain::record::money::Money;
use crate::domain::record::part::{part, record};
use crate::domain::record::text::Moment;

record! {
    /// A reply to a complaint order (处理结果反馈).
    pub struct ComplaintReply {
        /// The bureau's number of the complaint (登记编号).
        must registration_number: String,
        /// How it ended (处理结果).
        must outcome: Outcome,
        /// What was done (处理方案).
        may resolution: Resolution,
        /// What happened and why it ended so (处理说明).
        must explanation: String,
        /// What the respondent says (被投诉人陈述).
        may respondent_statement: String,
        /// What proves it (证据).
        many evidence: Evidence,
        /// Who was spoken to, in order (沟通记录).
        many contact_log: Contact,
        /// When the platform replied (反馈时间).
        may replied_at: Moment,
        /// The platform's own number of the matter (平台工单编号).
        may platform_number: String,
        /// Who handled it at the platform (经办人).
        may contact: String,
        /// That person's telephone (联系电话).
        may phone: String,
    }
}

part! {
    /// What was done for the complainant.
    pub struct Resolution {
        /// On whose account.
        may route: Route,
        /// Money given back (退款金额).
        may refund: Money,
        /// Money beyond that (赔偿金额).
        may compensation: Money,
        /// When it was carried out (执行时间).
        may executed_at: Moment,
        /// The number of the payment or of the decision (凭证号).
        may reference: String,
        /// In words.
        may text: String,
    }
}

part! {
    /// One conversation about the matter.
    pub struct Contact {
        /// When.
        may at: Moment,
        /// With whom.
        must side: ContactSide,
        /// How.
        may medium: ContactMedium,
        /// What was said.
        must text: String,
    }
}

codes! {
    /// How a complaint ended at the platform.
    pub enum Outcome as "outcome" {
        /// The parties agree.
        Settled = "settled" "达成和解",
        /// They agree in part.
        PartlySettled = "partly_settled" "部分和解",
        /// They do not agree.
        NotSettled = "not_settled" "未达成和解",
        /// The complainant gave it up.
        Withdrawn = "withdrawn" "投诉人撤回",
        /// Nothing in it.
        Unfounded = "unfounded" "投诉不属实",
        /// Not a matter for the platform.
        OutOfScope = "out_of_scope" "不属于平台处理范围",
    }
}

codes! {
    /// On whose account something was done.
    pub enum Route as "route" {
        /// The merchant agreed.
        Merchant = "merchant" "商家同意",
        /// The platform paid in advance.
        PlatformAdvance = "platform_advance" "平台先行赔付",
        /// A standing programme of the platform's.
        Programme = "programme" "平台保障计划",
        /// The platform's jury of users.
        Jury = "jury" "大众评审",
        /// Another one.
        Other = "other" "其他",
    }
}

codes! {
    /// With whom somebody spoke.
    pub enum ContactSide as "contact-side" {
        /// The complainant.
        Complainant = "complainant" "投诉人",
        /// The respondent.
        Respondent = "respondent" "被投诉人",
        /// Somebody else.
        Other = "other" "其他",
    }
}

codes! {
    /// How somebody was spoken to.
    pub enum ContactMedium as "contact-medium" {
        /// Telephone.
        Phone = "phone" "电话",
        /// A chat on the platform.
        Chat = "chat" "在线聊天",
        /// Text message.
        Sms = "sms" "短信",
        /// E-mail.
        Email = "email" "邮件",
        /// In person.
        InPerson = "in_person" "当面",
        /// Another way.
        Other = "other" "其他",
    }
}
