//! Money and measured quantities.
//!
//! Promise: money is a whole number of the currency's minor unit (分 for CNY), never a float; a quantity keeps the
//! text of its number and is never recomputed.

use crate::domain::record::codes::codes;
use crate::domain::record::part::part;
use crate::domain::record::text::{Currency, Decimal};

part! {
    /// An amount of money (金额).
    pub struct Money {
        /// How many of the currency's minor unit: 分 for CNY, so that 12.50 元 is 1250.
        must amount: i64,
        /// Its currency, `CNY` for 人民币.
        must currency: Currency,
    }
}

part! {
    /// A measured or counted quantity (数量).
    pub struct Quantity {
        /// The number as written.
        must value: Decimal,
        /// Its unit (计量单位), as written.
        may unit: String,
        /// The measurement uncertainty, in the same unit (不确定度).
        may uncertainty: Decimal,
        /// How the true value stands to the number; absent means equal.
        may comparator: Comparator,
    }
}

codes! {
    /// How a measured value stands to the number given.
    pub enum Comparator as "comparator" {
        /// Smaller.
        Less = "less" "小于",
        /// Not greater.
        AtMost = "at_most" "不大于",
        /// Not smaller.
        AtLeast = "at_least" "不小于",
        /// Greater.
        Greater = "greater" "大于",
        /// Found, without a number worth stating.
        Detected = "detected" "检出",
        /// Not found above the number, the method's limit of detection.
        NotDetected = "not_detected" "未检出",
    }
}
