//! Where something is.

use crate::domain::record::part::part;
use crate::domain::record::text::Decimal;

part! {
    /// A place (地点).
    pub struct Place {
        /// In words (地址).
        may address: String,
        /// Its id in the agency's register of addresses (地址编号).
        may address_id: String,
        /// Postal code (邮政编码).
        may post_code: String,
        /// Degrees north (纬度), as written; in the sender's geodetic system, WGS 84 unless its profile says otherwise.
        may latitude: Decimal,
        /// Degrees east (经度), likewise.
        may longitude: Decimal,
    }
}
