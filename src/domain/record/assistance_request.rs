//! An office asks the platform for what it knows in a case of the office's (协查函).

use crate::domain::record::codes::codes;
use crate::domain::record::due::Due;
use crate::domain::record::letter::Letter;
use crate::domain::record::part::{part, record};
use crate::domain::record::text::Date;

record! {
    /// A request for assistance (案件协查).
    pub struct AssistanceRequest {
        /// The agency's number of the request; where it has no other, the letter's number (协查函文号).
        must registration_number: String,
        /// The number of the case it is about (案件编号).
        may case_number: String,
        /// What that case is about (案由).
        may matter: String,
        /// The law that lets the office ask (法律依据).
        must legal_basis: String,
        /// The letter (协查函).
        must letter: Letter,
        /// Who conducts the case, two as the law asks (办案人员).
        many officers: Officer,
        /// What is asked (协查内容).
        many asked: Asked,
        /// About whom or what (协查对象).
        many subjects: Subject,
        /// The time asked about (协查期间).
        may period: Period,
        /// Until when an answer is wanted (反馈期限).
        may reply_due: Due,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// An officer who conducts a case.
    pub struct Officer {
        /// Name (姓名).
        must name: String,
        /// Number of the enforcement certificate (执法证号).
        may certificate: String,
        /// Telephone (联系电话).
        may phone: String,
    }
}

part! {
    /// One thing that is asked.
    pub struct Asked {
        /// Of which kind.
        must kind: AskedKind,
        /// More exactly.
        may text: String,
    }
}

part! {
    /// Whom or what is asked about.
    pub struct Subject {
        /// What `content` is.
        must kind: SubjectKind,
        /// The account, number, name or address.
        must content: String,
        /// Remarks (说明).
        may text: String,
    }
}

part! {
    /// A span of days, both ends included.
    pub struct Period {
        /// The first day (起始日期).
        may from: Date,
        /// The last day (截止日期).
        may to: Date,
    }
}

codes! {
    /// What an office may ask for.
    pub enum AskedKind as "asked-kind" {
        /// Who somebody is.
        Identity = "identity" "主体身份信息",
        /// Orders.
        Orders = "orders" "交易订单",
        /// Conversations.
        Chats = "chats" "聊天记录",
        /// Where parcels went.
        Logistics = "logistics" "物流信息",
        /// Payments.
        Payments = "payments" "支付信息",
        /// Listings as they were.
        Listings = "listings" "商品页面信息",
        /// Something else, said in `text`.
        Other = "other" "其他",
    }
}

codes! {
    /// What an office asks about.
    pub enum SubjectKind as "subject-kind" {
        /// An account on the platform.
        Account = "account" "会员账号",
        /// A shop.
        Shop = "shop" "店铺",
        /// An order, by number.
        Order = "order" "订单号",
        /// An item, by its id.
        Item = "item" "商品ID",
        /// A company, by name or number.
        Company = "company" "企业",
        /// A person, by name or number.
        Person = "person" "自然人",
        /// A telephone number.
        Phone = "phone" "手机号",
        /// A carrier's number.
        Parcel = "parcel" "运单号",
        /// Whatever a search for a keyword finds.
        Keyword = "keyword" "关键字",
    }
}
