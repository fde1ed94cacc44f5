//! A letter that orders goods or an operator off the platform (处置函).
//!
//! It names one target. A keyword sweep (全网排查) is one letter too: what it found is the result's manifest.

use crate::domain::record::codes::codes;
use crate::domain::record::due::Due;
use crate::domain::record::letter::Letter;
use crate::domain::record::part::{part, record};

record! {
    /// A disposal order (处置函).
    pub struct DisposalOrder {
        /// The agency's number of the matter; where it has no other, the letter's number (处置函件文号).
        must registration_number: String,
        /// What is to be dealt with (处置类型).
        must action: DisposalAction,
        /// Whom or what it is aimed at (处置对象).
        must target: Target,
        /// Why (处置原因).
        must reason: String,
        /// The number of the spot-check report behind it (抽检报告编号).
        may report_number: String,
        /// The marketplace it is addressed to (函件接收平台), a short word of the profile's.
        may platform: String,
        /// The letter (处置函): its body, contact, telephone, when it was entered, the file.
        must letter: Letter,
        /// The letter of the office the matter began at (原始函).
        may origin: Letter,
        /// The letters between those two, in order (转办链).
        many sender_chain: Letter,
        /// Until when (处置期限).
        may due: Due,
        /// Remarks (备注信息).
        may remark: String,
    }
}

part! {
    /// What a disposal order is aimed at.
    pub struct Target {
        /// What `content` is (处置对象类型).
        must kind: TargetKind,
        /// The order's number, the item's id, the seller's account or the keyword (处置对象内容).
        must content: String,
        /// The licence or certificate number of the operator or the goods (资质证件号).
        may licence: String,
    }
}

codes! {
    /// What a disposal order deals with.
    pub enum DisposalAction as "disposal-action" {
        /// Goods.
        Goods = "goods" "商品处置",
        /// An operator.
        Operator = "operator" "经营者处置",
    }
}

codes! {
    /// What a disposal order is aimed at.
    pub enum TargetKind as "target-kind" {
        /// An order, by number.
        Order = "order" "订单号",
        /// An item, by its id.
        Item = "item" "商品ID",
        /// A seller, by account.
        Seller = "seller" "商家会员账号",
        /// Whatever a search for a keyword finds on the whole site.
        Keyword = "keyword" "全网排查关键字",
    }
}
