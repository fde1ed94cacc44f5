//! Whom a lead or an outcome names: persons, companies and accounts, and how they belong together.
//!
//! One shape serves all, told apart by `kind` as a [`super::party::Party`] is, so that a map chooses by a predicate
//! (`subject[kind='person']`). It says more than a party: investigators want papers, nationalities, several
//! addresses, and who stands behind whom. Texts such as countries are in the words or codes of whoever says them.

use crate::domain::record::codes::codes;
use crate::domain::record::lead_account::LeadAccount;
use crate::domain::record::part::part;
use crate::domain::record::party::IdScheme;
use crate::domain::record::text::{Date, Decimal, Moment};
use crate::domain::region::Region;

part! {
    /// A person, a company or an account (主体).
    pub struct LeadSubject {
        /// What it is.
        must kind: LeadSubjectKind,
        /// Whether it is the reporter's own client (是否本机构客户).
        may standing: Standing,
        /// Its name (姓名、名称), where it is not in parts.
        may name: String,
        /// A person's given name (名).
        may given_name: String,
        /// A person's names between the given and the family name (中间名).
        may middle_name: String,
        /// A person's family name (姓).
        may family_name: String,
        /// What stands before the family name (姓名前缀).
        may name_prefix: String,
        /// How a person is addressed (称谓).
        may title: String,
        /// Another name (别名).
        may alias: String,
        /// The name in the script of its country (原文姓名).
        may native_name: String,
        /// The name under which a company trades (商业名称).
        may trade_name: String,
        /// A person's sex (性别).
        may gender: Gender,
        /// Date of birth (出生日期).
        may born_on: Date,
        /// Place of birth (出生地).
        may birth_place: String,
        /// Country of birth (出生国家).
        may birth_country: String,
        /// The mother's name (母亲姓名).
        may mother_name: String,
        /// Nationalities (国籍).
        many nationalities: String,
        /// Country of residence, or in which a company is registered (居住国、注册国).
        may country: String,
        /// Since when a person lives there (居住起始日).
        may resident_since: Date,
        /// The state or province in which a company is registered (注册地).
        may state: String,
        /// The division it lives or is registered in.
        may region: Region,
        /// The numbers it is registered by (证件号码), each under its scheme.
        many ids: LeadId,
        /// Papers that were seen (证件).
        many documents: LeadDocument,
        /// Telephones (电话).
        many phones: LeadPhone,
        /// Addresses (地址).
        many addresses: LeadAddress,
        /// E-mail addresses (电子邮箱).
        many emails: String,
        /// Sites (网址).
        many urls: String,
        /// Devices that were used (设备).
        many devices: LeadDevice,
        /// A person's occupation (职业).
        may occupation: String,
        /// A person's employer (工作单位).
        may employer: LeadEmployer,
        /// What a company does (经营范围、行业).
        may business: String,
        /// A company's legal form (组织形式).
        may legal_form: String,
        /// A company's legal representative, or a sole trader's operator (法定代表人、经营者).
        may legal_person: String,
        /// When a company was founded (成立日期).
        may founded_on: Date,
        /// Whether a company ended its business, or a person died (是否注销、死亡).
        may ended: bool,
        /// When (注销日期、死亡日期).
        may ended_on: Date,
        /// Whether it is registered for taxes (税务登记), in the words or codes of whoever says it.
        may tax_registration: String,
        /// Where a person's means come from (资金来源).
        may source_of_wealth: String,
        /// Whether a person is protected (受保护人员).
        may protected: bool,
        /// An account with an institution (账户).
        may bank_account: LeadAccount,
        /// The account on the platform (平台账号).
        may account: String,
        /// The shop's id on the platform (店铺编号).
        may shop_id: String,
        /// The shop's name on the platform (店铺名称).
        may shop_name: String,
        /// Whose account it is (账户所有人).
        may holder: Box<LeadSubject>,
        /// Who belongs to it (关联主体).
        many related: Relation,
        /// What else is stated, by name (其他信息).
        many notes: LeadNote,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// Somebody or something that belongs to a subject (关联关系).
    pub struct Relation {
        /// How it belongs.
        must kind: RelationKind,
        /// As what (角色), in the words or codes of whoever says it.
        may role: String,
        /// Whether it is the first among its like (是否主要).
        may primary: bool,
        /// Since when (起始日期).
        may from: Date,
        /// Until when (截止日期).
        may until: Date,
        /// Its part in percent (持股比例).
        may share: Decimal,
        /// Its part of the votes in percent (表决权比例).
        may votes: Decimal,
        /// Who or what it is.
        must subject: Box<LeadSubject>,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// A number under which a subject is registered.
    pub struct LeadId {
        /// Which register or document.
        must scheme: IdScheme,
        /// The number, as text: leading zeros and a final X stay.
        may value: String,
        /// The country that gave it (签发国).
        may country: String,
    }
}

part! {
    /// A paper that proves who somebody is (证件).
    pub struct LeadDocument {
        /// Which paper, in the words or codes of whoever says it.
        must kind: String,
        /// Its number (证件号码).
        may number: String,
        /// From when (签发日期).
        may issued_on: Date,
        /// Until when (有效期至).
        may expires_on: Date,
        /// Who issued it (签发机关).
        may issued_by: String,
        /// In which country (签发国).
        may country: String,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// A telephone (电话).
    pub struct LeadPhone {
        /// For what it is used (用途), in the words or codes of whoever says it.
        may purpose: String,
        /// What it is (类型): a mobile, a landline; likewise.
        may medium: String,
        /// Prefix of the country (国家区号).
        may prefix: String,
        /// Its number (号码).
        must number: String,
        /// Extension (分机).
        may extension: String,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// An address (地址).
    pub struct LeadAddress {
        /// For what it is used (用途), in the words or codes of whoever says it.
        may purpose: String,
        /// Street and house (详细地址).
        must text: String,
        /// Number of the house (门牌号), where it is apart.
        may house: String,
        /// Number of the flat (房号).
        may apartment: String,
        /// A second line (地址补充).
        may line_two: String,
        /// A third line (地址补充).
        may line_three: String,
        /// Town or district (区县).
        may town: String,
        /// City (城市).
        may city: String,
        /// Postal code (邮政编码).
        may post_code: String,
        /// Country (国家).
        may country: String,
        /// State or province (省、州).
        may state: String,
        /// Degrees north (纬度), as written.
        may latitude: Decimal,
        /// Degrees east (经度), as written.
        may longitude: Decimal,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// A device that was used (设备).
    pub struct LeadDevice {
        /// Its number (设备号).
        may number: String,
        /// Its operating system (操作系统).
        may system: String,
        /// Who connected it (网络服务商).
        may provider: String,
        /// Its Internet address, four numbers (IPv4).
        may ipv4: String,
        /// Its Internet address, eight groups (IPv6).
        may ipv6: String,
        /// When it was first seen (首次出现).
        may first_seen_at: Moment,
        /// When it was last seen (末次出现).
        may last_seen_at: Moment,
        /// The country it was in (国家).
        may country: String,
        /// The city it was in (城市).
        may city: String,
        /// Remarks (备注).
        may remark: String,
    }
}

part! {
    /// An employer (工作单位).
    pub struct LeadEmployer {
        /// Name (名称).
        must name: String,
        /// Address (地址).
        may address: LeadAddress,
        /// Telephone (电话).
        may phone: LeadPhone,
    }
}

part! {
    /// Something stated by name (其他信息).
    pub struct LeadNote {
        /// Of which sort (类别), in the words or codes of whoever says it.
        may kind: String,
        /// Its name (名称).
        must name: String,
        /// In words (文本).
        may text: String,
        /// As a number (数值).
        may number: Decimal,
        /// As a moment (时间).
        may at: Moment,
        /// As yes or no (是否).
        may yes: bool,
    }
}

codes! {
    /// What a lead names.
    pub enum LeadSubjectKind as "lead-subject-kind" {
        /// A natural person.
        Person = "person" "自然人",
        /// A legal person or another organisation.
        Company = "company" "单位",
        /// A person registered to trade.
        SoleTrader = "sole_trader" "个体工商户",
        /// An account.
        Account = "account" "账户",
    }
}

codes! {
    /// Whose client a subject is.
    pub enum Standing as "standing" {
        /// The reporter's own.
        OwnClient = "own_client" "本机构客户",
        /// Somebody else's, or nobody's.
        Outsider = "outsider" "非本机构客户",
    }
}

codes! {
    /// How a subject belongs to another.
    pub enum RelationKind as "relation-kind" {
        /// It directs the company.
        Officer = "officer" "负责人",
        /// It may sign for the account.
        Signatory = "signatory" "账户签字人",
        /// A person it has to do with.
        Person = "person" "关联自然人",
        /// A company it has to do with.
        Company = "company" "关联单位",
        /// An account it has to do with.
        Account = "account" "关联账户",
    }
}

codes! {
    /// A person's sex.
    pub enum Gender as "gender" {
        /// Female.
        Female = "female" "女",
        /// Male.
        Male = "male" "男",
        /// Not stated.
        Unstated = "unstated" "未说明",
    }
}
