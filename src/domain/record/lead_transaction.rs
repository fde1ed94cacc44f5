//! What happened between the subjects of a lead: who took part, what money and which goods moved.
//!
//! Amounts are decimal text beside a currency: investigators' formats state up to thirteen places, shares of coins
//! and currencies without a minor unit. Where none is stated, the lead's `currency` is meant.

use crate::domain::record::lead_subject::Standing;
use crate::domain::record::lead_subject::{LeadAddress, LeadNote, LeadSubject};
use crate::domain::record::money::Quantity;
use crate::domain::record::part::part;
use crate::domain::record::text::{Decimal, Moment};

part! {
    /// Somebody's part in it (涉案主体).
    pub struct LeadParty {
        /// As what (角色), in the words or codes of whoever says it.
        may role: String,
        /// Who or what it is.
        must subject: LeadSubject,
        /// Whether it is suspected (是否嫌疑主体).
        may suspected: bool,
        /// How much weight it has, from 0 to 10 (重要程度).
        may significance: u32,
        /// Why it is named (列入理由).
        may reason: String,
        /// The country it took part from (所在国).
        may country: String,
        /// What it paid with (资金类型), in the words or codes of whoever says it.
        may funds: String,
        /// More on that (资金说明).
        may funds_remark: String,
        /// The amount in another currency (外币金额).
        may foreign: LeadSum,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// One dealing (交易).
    pub struct LeadTransaction {
        /// Its number (交易编号).
        must number: String,
        /// Its number with the reporter (内部编号).
        may internal_number: String,
        /// Whether it is suspected itself (是否可疑).
        may suspected: bool,
        /// Where (交易地点), in words.
        may place: String,
        /// Where, as an address (交易地址).
        may address: LeadAddress,
        /// What it was (交易描述).
        may description: String,
        /// When (交易时间).
        must at: Moment,
        /// Who took it in (经办人).
        may teller: String,
        /// Who allowed it (授权人).
        may authorised_by: String,
        /// Who acted for the institution (代理人).
        may agent: String,
        /// Whether it was paid in after hours (延迟入账).
        may late: bool,
        /// When it was posted (入账时间).
        may posted_at: Moment,
        /// From when it counts (起息时间).
        may valued_at: Moment,
        /// Of which sort (交易类型), in the words or codes of whoever says it.
        may kind: String,
        /// On which way (交易方式), likewise.
        may mode: String,
        /// More on that (方式说明).
        may mode_remark: String,
        /// How it stands (交易状态), likewise.
        may status: String,
        /// How much, in the lead's currency (金额), as written.
        must amount: Decimal,
        /// Where the money came from (付款方).
        may from: LeadSide,
        /// Where it went (收款方).
        may to: LeadSide,
        /// Who took part, where the format has no two sides (参与方).
        many parties: LeadParty,
        /// The goods and services (涉及商品).
        many goods: LeadGoods,
        /// What else is stated, by name (其他信息).
        many notes: LeadNote,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// One side of a dealing (交易一方).
    pub struct LeadSide {
        /// Whether it is the reporter's own client (是否本机构客户).
        must standing: Standing,
        /// What it paid with, or was paid in (资金类型), in the words or codes of whoever says it.
        may funds: String,
        /// More on that (资金说明).
        may funds_remark: String,
        /// The amount in another currency (外币金额).
        may foreign: LeadSum,
        /// Who acted in person (经办人).
        may conductor: LeadSubject,
        /// Whether that one is suspected (经办人是否嫌疑).
        may conductor_suspected: bool,
        /// Who or what it is.
        must subject: LeadSubject,
        /// Whether it is suspected (是否嫌疑主体).
        may suspected: bool,
        /// The country (所在国).
        may country: String,
    }
}

part! {
    /// An amount as written, in any currency (金额).
    pub struct LeadSum {
        /// The number.
        must value: Decimal,
        /// Its currency, ISO 4217 or the agency's own word.
        must currency: String,
        /// How much of the lead's currency one of it is (汇率).
        may rate: Decimal,
    }
}

part! {
    /// Goods or services that a lead is about (涉案商品).
    pub struct LeadGoods {
        /// Of which sort (商品类别), in the words or codes of whoever says it.
        may kind: String,
        /// Name (商品名称).
        may name: String,
        /// Make or brand (品牌).
        may make: String,
        /// In words (描述).
        may description: String,
        /// The item's id on the platform (商品编号).
        may item_id: String,
        /// The listing (商品链接).
        may url: String,
        /// In whose name it was registered before (原登记人).
        may formerly_of: String,
        /// In whose name it is registered (现登记人).
        may now_of: String,
        /// What it is thought to be worth (估值), as written.
        may estimated_value: Decimal,
        /// What it was sold for (成交价值), as written.
        may sold_value: Decimal,
        /// The currency of both (币种), ISO 4217 or the agency's own word.
        may currency: String,
        /// How it stands (状态), in the words or codes of whoever says it.
        may status: String,
        /// More on that (状态说明).
        may status_remark: String,
        /// How many or how much (数量).
        may quantity: Quantity,
        /// Where it is (所在地址).
        may address: LeadAddress,
        /// When it was registered (登记时间).
        may registered_at: Moment,
        /// Under which number (登记号).
        may registration_number: String,
        /// A number on it (识别号).
        may identification: String,
        /// Remarks (备注).
        may remark: String,
    }
}
