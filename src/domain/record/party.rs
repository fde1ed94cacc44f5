//! Who complains and who is complained of.
//!
//! One flat shape serves persons, companies and sole traders, told apart by `kind`, so that a map chooses between
//! them by a predicate (`respondent[kind='company']`) and finds a number by its scheme
//! (`complainant.ids[scheme='citizen'].value`). Whether a number's check digit is right is a warning of the
//! record, never a refusal.

use crate::domain::record::codes::codes;
use crate::domain::record::part::part;
use crate::domain::region::Region;

part! {
    /// A party of a case (当事人).
    pub struct Party {
        /// What it is.
        must kind: PartyKind,
        /// Its name (姓名、名称); some interfaces give a telephone or an account alone.
        may name: String,
        /// The numbers it is registered by (证件号码), each under its scheme.
        many ids: PartyId,
        /// Telephone numbers (联系电话).
        many phones: String,
        /// A telephone number that came encrypted for somebody else (加密的联系电话): the ciphertext as it is.
        may sealed_phone: String,
        /// E-mail address (电子邮箱).
        may email: String,
        /// Postal address (地址).
        may address: String,
        /// Postal code (邮政编码).
        may post_code: String,
        /// The division it lives or is registered in.
        may region: Region,
        /// A company's legal representative, or a sole trader's operator (法定代表人、经营者).
        may legal_person: String,
        /// Whom to ask for at a company (联系人).
        may contact: String,
        /// The account on the platform (平台账号).
        may account: String,
        /// The shop's id on the platform (店铺编号).
        may shop_id: String,
        /// The shop's name on the platform (店铺名称).
        may shop_name: String,
    }
}

part! {
    /// A number under which a party is registered.
    pub struct PartyId {
        /// Which register or document.
        must scheme: IdScheme,
        /// The number, as text: leading zeros and a final X stay.
        must value: String,
    }
}

codes! {
    /// What a party is.
    pub enum PartyKind as "party-kind" {
        /// A natural person.
        Person = "person" "自然人",
        /// A legal person or another organisation.
        Company = "company" "单位",
        /// A person registered to trade.
        SoleTrader = "sole_trader" "个体工商户",
    }
}

codes! {
    /// Which document or register a number belongs to.
    pub enum IdScheme as "id-scheme" {
        /// Citizen identity number, 18 characters (GB 11643).
        Citizen = "citizen" "居民身份证",
        /// Unified social credit code, 18 characters (GB 32100).
        Uscc = "uscc" "统一社会信用代码",
        /// Business registration number.
        Registration = "registration" "工商注册号",
        /// Organisation code (GB 11714).
        Organisation = "organisation" "组织机构代码",
        /// Tax registration number.
        Tax = "tax" "税务登记号",
        /// Licence to trade in a class of goods.
        Licence = "licence" "许可证",
        /// Passport.
        Passport = "passport" "护照",
        /// Officer's or soldier's identity card.
        Military = "military" "军人证件",
        /// Mainland travel permit for residents of Hong Kong and Macao.
        HongKongMacao = "hong_kong_macao" "港澳居民来往内地通行证",
        /// Mainland travel permit for residents of Taiwan.
        Taiwan = "taiwan" "台湾居民来往大陆通行证",
        /// Foreigner's permanent residence card.
        Residence = "residence" "外国人永久居留身份证",
        /// Number of social security.
        SocialSecurity = "social_security" "社会保障号",
        /// Another country's number of identity.
        National = "national" "外国身份证件",
        /// Certificate of a public institution.
        Institution = "institution" "事业单位证书号",
        /// Certificate of a social organisation.
        SocialOrganisation = "social_organisation" "社会组织登记证号",
        /// Another one.
        Other = "other" "其他证件",
    }
}
