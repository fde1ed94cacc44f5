//! The goods a case is about.

use crate::domain::record::money::{Money, Quantity};
use crate::domain::record::part::part;
use crate::domain::record::text::Date;

part! {
    /// Goods or a service (商品、服务).
    pub struct Goods {
        /// Name (商品名称).
        may name: String,
        /// Brand (商标、品牌).
        may brand: String,
        /// Model and specification (规格型号).
        may model: String,
        /// Batch (批号).
        may batch: String,
        /// Date of production (生产日期).
        may produced_on: Date,
        /// Category (商品类别), in the words or codes of whoever says it.
        may category: String,
        /// Bar code (条形码).
        may barcode: String,
        /// The item's id on the platform (商品编号).
        may item_id: String,
        /// The listing (商品链接).
        may url: String,
        /// Where they come from (原产国、产地), in the words or codes of whoever says it.
        may origin: String,
        /// The seller's words about them (商品描述).
        may description: String,
        /// How many or how much (数量).
        may quantity: Quantity,
        /// Price of one (单价).
        may price: Money,
        /// Price of all of them (金额).
        may total: Money,
        /// The maker (生产者).
        may producer: String,
        /// Numbers of licences and certificates on the goods (许可证、认证证书编号).
        many licences: String,
        /// Remarks (备注).
        may remark: String,
    }
}
