//! Who tests, for whom, and who answers for it.

use crate::domain::record::attachment::Attachment;
use crate::domain::record::part::part;
use crate::domain::record::words::{Document, Words};

part! {
    /// A laboratory (检验机构).
    pub struct Laboratory {
        /// Its name (机构名称).
        may name: String,
        /// The number of its CMA mark, the qualification of inspection bodies (资质认定编号).
        may cma: String,
        /// The number of its CNAS accreditation (实验室认可编号).
        may cnas: String,
        /// The code its accreditation body or its association knows it by.
        may code: String,
        /// Its addresses, where it states more than a name.
        many contacts: Correspondent,
    }
}

part! {
    /// How somebody is named and reached.
    pub struct Correspondent {
        /// Its id in the document.
        may id: String,
        /// Name (名称、姓名).
        may name: String,
        /// The name in several languages.
        many names: Words,
        /// E-mail address (电子邮箱).
        may email: String,
        /// Telephone number (电话).
        may phone: String,
        /// Fax number (传真).
        may fax: String,
        /// Where it is.
        may address: PostalAddress,
        /// The account on the platform (平台账号).
        may account: String,
        /// A file about it, such as a sign or a seal.
        may document: Document,
    }
}

part! {
    /// A postal address in its parts (地址).
    pub struct PostalAddress {
        /// All of it in one line.
        may line: String,
        /// Country, ISO 3166-1, two letters (国家).
        may country: String,
        /// State or province (省).
        may province: String,
        /// City (市).
        may city: String,
        /// Street (街道).
        may street: String,
        /// Number in the street (门牌号).
        may house_number: String,
        /// Postal code (邮政编码).
        may post_code: String,
        /// Post office box (信箱).
        may post_box: String,
        /// Department, building, floor.
        many further: Words,
        /// The id of that in the document.
        may further_id: String,
    }
}

part! {
    /// Somebody who answers for a report (签发人、审核人、主检人).
    pub struct Signatory {
        /// Its id in the document.
        may id: String,
        /// Who it is.
        may person: Correspondent,
        /// As what: approver, reviewer, tester.
        many role: Words,
        /// Whether this is the one who signs for the laboratory.
        may main: bool,
        /// Whether there is an electronic seal of theirs (电子印章).
        may sealed: bool,
        /// Whether there is an electronic signature of theirs (电子签名).
        may signed: bool,
        /// Whether there is an electronic time stamp (时间戳).
        may time_stamped: bool,
        /// The picture of the signature.
        may file: Attachment,
    }
}
