//! Money and measured quantities.
//!
//! Promise: money is a whole number of the currency's minor unit (分 for CNY), never a float; a quantity keeps the
//! text of its number and is never recomputed.

use crate::domain::record::codes::codes;
use crate::domain::record::part::part;
use crate::domain::record::text::{Currency, Decimal, Moment};

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
        /// What is written beside it.
        may label: String,
        /// The number as written; absent where there is none worth stating.
        may value: Decimal,
        /// Its unit (计量单位), as written.
        may unit: String,
        /// When it was measured (测量时间).
        may at: Moment,
        /// The expanded measurement uncertainty, in the same unit (扩展不确定度).
        may uncertainty: Decimal,
        /// The factor of that over the standard uncertainty, `k` (包含因子).
        may coverage_factor: Decimal,
        /// How probably the true value lies within it, from 0 to 1 (包含概率).
        may coverage_probability: Decimal,
        /// The distribution that this assumes, such as `normal` (分布).
        may distribution: String,
        /// The interval the true value lies in, where that is stated instead (包含区间).
        may interval: Interval,
        /// How the true value stands to the number; absent means equal.
        may comparator: Comparator,
    }
}

part! {
    /// An interval in which a true value lies (包含区间).
    pub struct Interval {
        /// Its lower end.
        must from: Decimal,
        /// Its upper end.
        must until: Decimal,
        /// The standard uncertainty, in the same unit (标准不确定度).
        may standard_uncertainty: Decimal,
        /// How probably the true value lies in it, from 0 to 1 (包含概率).
        may probability: Decimal,
        /// The distribution that this assumes (分布).
        may distribution: String,
    }
}

part! {
    /// Quantities in a row, as deep as they are stated.
    pub struct QuantityList {
        /// What is written beside it.
        may label: String,
        /// When they were measured.
        may at: Moment,
        /// The unit of all that have none of their own.
        may unit: String,
        /// The uncertainty of all that have none of their own; it has no value of its own.
        may uncertainty: Quantity,
        /// The quantities.
        many values: Quantity,
        /// Rows within this row.
        many lists: QuantityList,
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
