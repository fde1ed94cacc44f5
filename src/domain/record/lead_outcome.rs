//! What an agency made of a lead, up to the penalty; a published decision comes as one, too (线索处理结果、行政处罚信息).

use crate::domain::record::codes::codes;
use crate::domain::record::letter::Letter;
use crate::domain::record::money::Money;
use crate::domain::record::part::{part, record};
use crate::domain::record::party::Party;
use crate::domain::record::text::Date;

record! {
    /// What became of a lead (线索处理结果).
    pub struct LeadOutcome {
        /// The number of the lead (线索编号); of a published decision, which no lead of ours led to, the decision's (决定书文号).
        must registration_number: String,
        /// What the agency decided (处理决定).
        must decision: OutcomeDecision,
        /// The number of the decision (决定书文号), where it is another one.
        may decision_number: String,
        /// Its title (决定书名称).
        may title: String,
        /// The agency that decided (决定机关).
        may authority: Authority,
        /// Whom it is about (行政相对人).
        may party: Party,
        /// Papers of the legal representative (法定代表人证件).
        may legal_person_id: PersonalId,
        /// A person's papers where their sort is stated beside the number (证件类型、证件号码).
        may party_id: PersonalId,
        /// What was done against the law (违法行为类型).
        may violation: String,
        /// How (违法事实).
        may facts: String,
        /// Which law it is decided by (处罚依据).
        may legal_basis: String,
        /// The sorts of penalty (处罚类别), as the agency words them.
        many categories: String,
        /// The decision in words (处罚内容、处罚结果).
        may content: String,
        /// The fine (罚款金额).
        may fine: Money,
        /// What was gained unlawfully and is taken away (没收违法所得、没收非法财物的金额).
        may confiscated: Money,
        /// The licences withheld or withdrawn, by name and number (暂扣或吊销证照名称及编号).
        may licences: String,
        /// Goods that were seized (查扣物品).
        may goods_seized: String,
        /// How many places were closed (捣毁窝点数).
        may places_closed: u32,
        /// How many persons were caught (抓获人数).
        may persons: u32,
        /// What the case is worth (案值).
        may case_value: Money,
        /// The agency the case was handed to (移送机关).
        may transferred_to: String,
        /// When it was decided (决定日期).
        may decided_on: Date,
        /// Until when it holds (处罚有效期).
        may valid_until: Date,
        /// Until when it is published (公示截止期).
        may published_until: Date,
        /// How the decision stands (当前状态), in the words or codes of whoever says it.
        may status: String,
        /// Why, where the lead was not taken up (理由).
        may reason: String,
        /// Who gave it for publication (数据来源单位).
        may origin: Authority,
        /// The division's code in the sender's own numbering (地方编码).
        may area_code: String,
        /// The decision itself (决定书).
        may letter: Letter,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// An authority (机关).
    pub struct Authority {
        /// Name (名称).
        may name: String,
        /// Its unified social credit code (统一社会信用代码).
        may uscc: String,
    }
}

part! {
    /// A paper by its sort and number.
    pub struct PersonalId {
        /// Which paper (证件类型), in the words or codes of whoever says it.
        may kind: String,
        /// Its number (证件号码).
        may number: String,
    }
}

codes! {
    /// What an agency decided on a lead.
    pub enum OutcomeDecision as "outcome-decision" {
        /// It has the lead.
        Received = "received" "已签收",
        /// It looks into it.
        Accepted = "accepted" "已受理",
        /// It does not, and says why.
        Refused = "refused" "不予受理",
        /// It opened a case.
        Filed = "filed" "已立案",
        /// It opened none.
        NotFiled = "not_filed" "不予立案",
        /// It handed the case to another agency.
        Transferred = "transferred" "已移送",
        /// It imposed a penalty.
        Penalised = "penalised" "行政处罚",
        /// It is a matter for the criminal courts.
        Criminal = "criminal" "追究刑事责任",
        /// It ended the case without a penalty.
        NoPenalty = "no_penalty" "不予处罚",
    }
}
