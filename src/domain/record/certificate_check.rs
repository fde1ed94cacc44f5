//! The platform asks a certification authority about a certificate (证书核查): is it one, whose is it, does it hold.
//!
//! The certificate's number is the number of the matter. To ask is to rely on it: from then on the platform is told when
//! it lapses.

use crate::domain::record::certificate_status::CertificateScheme;
use crate::domain::record::part::record;
use crate::domain::record::party::Party;
use crate::domain::record::text::Moment;

record! {
    /// A question about a certificate (证书核查请求).
    pub struct CertificateCheck {
        /// The certificate's number (证书编号).
        must registration_number: String,
        /// Which sort of certificate it is said to be (证书类别).
        may scheme: CertificateScheme,
        /// Who shows it (持证人).
        may holder: Party,
        /// The goods it is shown for (产品).
        may product: String,
        /// The item's id on the platform (商品ID).
        may item: String,
        /// Why it is asked about (核查事由).
        may reason: String,
        /// When it was asked (提交时间).
        may asked_at: Moment,
    }
}
