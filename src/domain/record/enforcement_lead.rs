//! What points to an offence: the platform's word to an agency, or an agency's to the platform (案件线索).
//!
//! It carries who is suspected and of what, the dealings and the goods, what was done already, and why this agency is
//! the one to look. Who told of it is protected: a map writes `reporter` only where the format asks for it, and
//! nobody passes it on to the other side.

use crate::domain::record::assistance_request::Period;
use crate::domain::record::codes::codes;
use crate::domain::record::evidence::Evidence;
use crate::domain::record::lead_subject::{LeadAddress, LeadNote, LeadSubject};
use crate::domain::record::lead_transaction::{LeadGoods, LeadParty, LeadTransaction};
use crate::domain::record::money::Money;
use crate::domain::record::part::{part, record};
use crate::domain::record::text::Moment;
use crate::domain::region::Region;

record! {
    /// An enforcement lead (案件线索).
    pub struct EnforcementLead {
        /// Its sender's number of it (线索编号).
        must registration_number: String,
        /// The number of the agency's letter or request that it answers (来函编号).
        may answers: String,
        /// The number of an earlier one that was refused and that this one replaces (原线索编号).
        may replaces: String,
        /// Which sort of report it is (线索类型), in the word or code of whoever says it.
        may form: String,
        /// On which way it came (报送方式), likewise.
        may channel: String,
        /// What is suspected (涉嫌违法类型).
        may offence: Offence,
        /// The signs of it (可疑特征), in the words or codes of whoever says it.
        many indicators: String,
        /// What happened (线索事实).
        may facts: String,
        /// What was done about it already (已采取措施).
        may measures: String,
        /// When it was sent (报送时间).
        may sent_at: Moment,
        /// Who reports it.
        may reporter: LeadReporter,
        /// Where it happened (发生地).
        may place: LeadAddress,
        /// Who is suspected, or has a part in it (涉案主体).
        many subjects: LeadParty,
        /// The dealings (涉案交易).
        many transactions: LeadTransaction,
        /// The goods and services (涉案商品).
        many goods: LeadGoods,
        /// The currency of all amounts that have none of their own (币种), ISO 4217 or the agency's own word.
        may currency: String,
        /// How much it is about (涉案金额).
        may amount: Money,
        /// When it happened (涉案期间).
        may period: Period,
        /// What shows it (证据).
        many evidence: Evidence,
        /// Which agency it is for, and why (管辖).
        may jurisdiction: Jurisdiction,
        /// What else is stated, by name (其他信息).
        many notes: LeadNote,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// Who reports a lead (报告人). It is protected.
    pub struct LeadReporter {
        /// The number under which the agency knows the reporting institution (报告机构编号).
        may institution: String,
        /// The branch (分支机构).
        may branch: String,
        /// The user's name on the agency's system (用户代码).
        may user: String,
        /// The person, by the sender's knowledge (报告人员、举报人).
        may person: LeadSubject,
        /// Whether the person asked to remain unknown (身份保密).
        may identity_protected: bool,
    }
}

part! {
    /// Which agency a lead is for.
    pub struct Jurisdiction {
        /// The division (管辖区划).
        may region: Region,
        /// The agency (管辖机关).
        may body: String,
        /// Why it is for that agency (管辖依据).
        may reason: String,
    }
}

codes! {
    /// What is suspected.
    pub enum Offence as "offence" {
        /// Counterfeit goods.
        Counterfeit = "counterfeit" "制售假冒伪劣",
        /// Infringement of a trade mark, a patent or a copyright.
        Infringement = "infringement" "侵犯知识产权",
        /// Invented sales or reviews.
        Brushing = "brushing" "刷单炒信",
        /// False or misleading advertising.
        FalseAdvertising = "false_advertising" "虚假宣传",
        /// Goods that are a danger.
        UnsafeGoods = "unsafe_goods" "不安全产品",
        /// Trade without the licence it needs.
        Unlicensed = "unlicensed" "无证无照经营",
        /// Goods that nobody may sell.
        ProhibitedGoods = "prohibited_goods" "禁售商品",
        /// Prices that deceive.
        PriceFraud = "price_fraud" "价格欺诈",
        /// Pyramid selling.
        PyramidSelling = "pyramid_selling" "传销",
        /// Money laundering, or dealings that look like it.
        MoneyLaundering = "money_laundering" "洗钱及可疑交易",
        /// Another one.
        Other = "other" "其他",
    }
}
