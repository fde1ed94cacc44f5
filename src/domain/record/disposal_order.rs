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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::DisposalOrder;

    // What bureaus really send has these twenty-three members; each has a place of its own here.
    #[test]
    fn every_member_of_a_real_letter_has_a_place() {
        let order: DisposalOrder = serde_json::from_value(json!({
            "registration_number": "杭市监处函〔2026〕17号",
            "action": "goods",
            "target": { "kind": "item", "content": "00612345678901", "licence": "SC10133010600001" },
            "reason": "抽检不合格",
            "report_number": "ZJ-2026-00871",
            "platform": "taobao",
            "letter": {
                "body": "杭州市市场监督管理局", "contact": "王丽", "phone": "0571-00000000",
                "entered_at": "2026-11-20T14:05:00+08:00",
                "file": { "key": "letters/17.pdf", "url": "https://amr.example/letters/17.pdf" }
            },
            "origin": {
                "body": "某县市场监督管理局", "address": "某县人民路1号", "contact": "李强", "phone": "0570-0000000",
                "post_code": "324000", "received_at": "2026-11-18T09:00:00+08:00",
                "file": { "key": "letters/o-3.pdf", "url": "https://amr.example/letters/o-3.pdf" }
            },
            "remark": "请尽快处理"
        }))
        .unwrap();
        let mut leaves = 0;
        let mut left = vec![serde_json::to_value(&order).unwrap()];
        while let Some(value) = left.pop() {
            match value {
                serde_json::Value::Object(members) => {
                    left.extend(members.into_iter().map(|(_, member)| member));
                }
                _ => leaves += 1,
            }
        }
        assert_eq!(leaves, 23 + 1, "the letter's members, and the schema version");
    }
}
