//! What a complainant wants.

use crate::domain::record::codes::codes;
use crate::domain::record::money::Money;
use crate::domain::record::part::part;

part! {
    /// One claim (诉求).
    pub struct Claim {
        /// What is wanted.
        must kind: ClaimKind,
        /// How much, where it is money.
        may amount: Money,
        /// In the complainant's words.
        may text: String,
    }
}

codes! {
    /// What a complainant may want.
    pub enum ClaimKind as "claim-kind" {
        /// The money back.
        Refund = "refund" "退款",
        /// To return the goods.
        Return = "return" "退货",
        /// Other goods instead.
        Replace = "replace" "换货",
        /// Repair.
        Repair = "repair" "修理",
        /// Compensation of a loss.
        Compensate = "compensate" "赔偿损失",
        /// Punitive damages.
        Punitive = "punitive" "惩罚性赔偿",
        /// An apology.
        Apology = "apology" "赔礼道歉",
        /// An invoice.
        Invoice = "invoice" "开具发票",
        /// Something else, said in `text`.
        Other = "other" "其他",
    }
}
