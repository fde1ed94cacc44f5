//! Official letters, and with them the chain of offices a matter came through.

use crate::domain::record::attachment::Attachment;
use crate::domain::record::part::part;
use crate::domain::record::text::{Date, Moment};
use crate::domain::region::Region;

part! {
    /// An official letter (函件), or the office that sent the matter on where no letter of its own is known.
    pub struct Letter {
        /// Its number (文号).
        may number: String,
        /// The office that issued it (发函单位).
        may body: String,
        /// That office's division.
        may region: Region,
        /// Whom to ask for there (联系人).
        may contact: String,
        /// That person's telephone (联系电话).
        may phone: String,
        /// The office's address (单位地址).
        may address: String,
        /// The office's postal code (邮政编码).
        may post_code: String,
        /// The date it bears (发函日期).
        may issued_on: Date,
        /// When it was entered into the sender's system (录入时间).
        may entered_at: Moment,
        /// When it was received by the one who sends it on (接收时间).
        may received_at: Moment,
        /// Remarks (备注).
        may remark: String,
        /// The letter itself.
        may file: Attachment,
    }
}
