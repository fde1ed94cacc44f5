//! What a certification authority says of a certificate (证书状态).

use crate::domain::record::codes::codes;
use crate::domain::record::part::record;
use crate::domain::record::party::Party;
use crate::domain::record::text::{Date, Moment};

record! {
    /// The state of a certificate (证书状态).
    pub struct CertificateStatus {
        /// The certificate's number (证书编号).
        must registration_number: String,
        /// Whether it holds (证书状态).
        must status: CertificateState,
        /// Which sort of certificate it is (证书类别).
        may scheme: CertificateScheme,
        /// Whose it is (持证人).
        may holder: Party,
        /// Who makes the goods (生产者).
        may maker: Party,
        /// What it is for (产品).
        may product: String,
        /// The models it covers (规格型号).
        many models: String,
        /// By which standards (认证依据).
        many standards: String,
        /// Who issued it (发证机构).
        may issuer: String,
        /// Since when it is there (发证日期).
        may issued_on: Date,
        /// The last day on which it holds (有效期至).
        may valid_until: Date,
        /// Since when its status is what it is (状态变更日期).
        may changed_on: Date,
        /// Why (变更原因).
        may reason: String,
        /// When the authority looked (核查时间).
        may checked_at: Moment,
        /// Remarks (备注).
        may remark: String,
    }
}

codes! {
    /// Whether a certificate holds.
    pub enum CertificateState as "certificate-state" {
        /// It does.
        Valid = "valid" "有效",
        /// Not for the time being.
        Suspended = "suspended" "暂停",
        /// The authority took it back.
        Revoked = "revoked" "撤销",
        /// Its holder gave it back, or it was replaced.
        Cancelled = "cancelled" "注销",
        /// Its time is over.
        Expired = "expired" "已到期",
        /// There is no such certificate.
        Unknown = "unknown" "查无此证",
    }
}

codes! {
    /// Which sort of certificate.
    pub enum CertificateScheme as "certificate-scheme" {
        /// Compulsory product certification, CCC.
        Compulsory = "compulsory" "强制性产品认证",
        /// Voluntary product certification.
        Voluntary = "voluntary" "自愿性产品认证",
        /// Organic products.
        Organic = "organic" "有机产品认证",
        /// Green and other labelled food and farm products.
        Farm = "farm" "农产品认证",
        /// Management systems.
        System = "system" "管理体系认证",
        /// Services.
        Service = "service" "服务认证",
        /// Another one.
        Other = "other" "其他",
    }
}
