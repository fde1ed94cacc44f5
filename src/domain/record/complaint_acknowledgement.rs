//! The platform's word that it took a complaint in hand, or why not (受理反馈).

use crate::domain::record::codes::codes;
use crate::domain::record::due::Due;
use crate::domain::record::part::record;
use crate::domain::record::text::Moment;

record! {
    /// An acknowledgement of a complaint order (受理反馈).
    pub struct ComplaintAcknowledgement {
        /// The bureau's number of the complaint (登记编号).
        must registration_number: String,
        /// Whether the platform handles it.
        must decision: AcknowledgementDecision,
        /// Why not.
        may reason: RefusalReason,
        /// The same in words (不受理原因), or a word to the bureau.
        may text: String,
        /// When it was decided (受理时间).
        may decided_at: Moment,
        /// The platform's own number of the matter (平台工单编号).
        may platform_number: String,
        /// Until when the platform means to reply.
        may reply_due: Due,
        /// Who handles it at the platform (联系人).
        may contact: String,
        /// That person's telephone (联系电话).
        may phone: String,
    }
}

codes! {
    /// Whether the platform handles a complaint.
    pub enum AcknowledgementDecision as "acknowledgement-decision" {
        /// It does.
        Accepted = "accepted" "受理",
        /// It does not.
        Refused = "refused" "不受理",
    }
}

codes! {
    /// Why a complaint is not handled.
    pub enum RefusalReason as "refusal-reason" {
        /// The respondent does not trade on this platform.
        NotOnPlatform = "not_on_platform" "非本平台经营者",
        /// No such order or item.
        NotFound = "not_found" "查无订单或商品",
        /// The same matter is being handled, or was.
        Duplicate = "duplicate" "重复投诉",
        /// Something needed to begin is missing.
        Incomplete = "incomplete" "信息不全",
        /// It came too late.
        TooLate = "too_late" "超过时效",
        /// A court or an arbitrator has it.
        InCourt = "in_court" "已进入诉讼或仲裁",
        /// Another reason, said in `text`.
        Other = "other" "其他",
    }
}
