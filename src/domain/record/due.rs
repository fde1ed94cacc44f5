//! When something is due, and who says so.
//!
//! Promise of every due date: it names the rule set and the calendar that produced it, unless the agency stated the day
//! itself. Computing it is done in [`crate::domain::deadline`].

use crate::domain::record::part::part;
use crate::domain::record::text::{Date, Moment};

part! {
    /// A due date (期限): a day, a moment, or both.
    pub struct Due {
        /// The last day.
        may on: Date,
        /// The last moment, where the sender gives one.
        may at: Moment,
        /// The rule set that produced it (依据); absent where the agency stated the day itself.
        may rule_set: String,
        /// The working-day calendar it was counted by; absent likewise.
        may calendar: String,
    }
}
