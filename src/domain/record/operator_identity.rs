//! Who trades on the platform (平台内经营者身份信息), as the E-Commerce Law, article 28, has the platform report it: each
//! January and July, to the market regulation of its province.
//!
//! One record is one operator. A report is all of them that are of one period; the windows of the feed in which the
//! bureau pulls them prove that it has them all.

use crate::domain::record::codes::codes;
use crate::domain::record::part::{part, record};
use crate::domain::record::party::Party;
use crate::domain::record::text::{Date, Moment};

record! {
    /// An operator's identity (经营者身份信息).
    pub struct OperatorIdentity {
        /// The platform's number of the operator (平台内经营者编号).
        must registration_number: String,
        /// The period that is reported (报送期), for example `2027-01` or `2027-07`.
        must period: String,
        /// What is new about it since the period before (变更类型).
        may change: OperatorChange,
        /// Who it is.
        must operator: Party,
        /// Its shops (网店).
        many shops: OperatorShop,
        /// Its licences (行政许可).
        many licences: OperatorLicence,
        /// Whether it need not be registered, and why (免于登记情形).
        may exemption: RegistrationExemption,
        /// When the platform last verified all this (核验时间).
        may verified_at: Moment,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// A shop (网店).
    pub struct OperatorShop {
        /// Its id on the platform (店铺编号).
        must id: String,
        /// Its name (网店名称).
        may name: String,
        /// Its address (网址).
        may url: String,
        /// What it sells (经营类目).
        many categories: String,
        /// Since when (开店日期).
        may opened_on: Date,
        /// Until when (关店日期).
        may closed_on: Date,
    }
}

part! {
    /// A licence (行政许可).
    pub struct OperatorLicence {
        /// What it is for (许可名称).
        must name: String,
        /// Its number (许可证编号).
        may number: String,
        /// Who gave it (发证机关).
        may issuer: String,
        /// Until when it holds (有效期至).
        may valid_until: Date,
    }
}

codes! {
    /// What is new about an operator.
    pub enum OperatorChange as "operator-change" {
        /// It came.
        Entered = "entered" "新增",
        /// Something of it changed.
        Changed = "changed" "变更",
        /// Nothing.
        Unchanged = "unchanged" "无变化",
        /// It left.
        Left = "left" "注销",
    }
}

codes! {
    /// Why an operator need not be registered (E-Commerce Law, article 10).
    pub enum RegistrationExemption as "registration-exemption" {
        /// It sells what it grew itself.
        FarmProducts = "farm_products" "销售自产农副产品",
        /// It sells what the household made.
        Handicraft = "handicraft" "销售家庭手工业产品",
        /// Its labour needs no licence.
        Labour = "labour" "依法无须许可的便民劳务",
        /// It trades seldom and little.
        Occasional = "occasional" "零星小额交易",
    }
}
