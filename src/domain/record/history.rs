//! What was said and done in a matter, step by step (协商历史).

use crate::domain::record::attachment::Attachment;
use crate::domain::record::codes::codes;
use crate::domain::record::evidence::Evidence;
use crate::domain::record::part::part;
use crate::domain::record::text::Moment;

part! {
    /// One step of a negotiation.
    pub struct HistoryEntry {
        /// Its number in the log (操作流水号), as text: 27 digits stay.
        may number: String,
        /// When (操作时间).
        may at: Moment,
        /// Whose step it is.
        may actor: HistoryActor,
        /// The same in the sender's words, or a name (操作人).
        may actor_name: String,
        /// What was done (操作类型), in the sender's codes: such lists grow without notice.
        may event: String,
        /// What was said (操作内容).
        may text: String,
        /// Why the other side was passed by and the platform or an office asked for help (申请协助原因).
        may appeal: Appeal,
        /// Files in groups, each with its role (操作资料).
        many evidence: Evidence,
        /// Files by themselves (图片凭证).
        many files: Attachment,
    }
}

part! {
    /// Why somebody asked for help.
    pub struct Appeal {
        /// In a word (原因).
        may reason: String,
        /// At length (原因描述).
        may text: String,
    }
}

codes! {
    /// Whose step it is.
    pub enum HistoryActor as "history-actor" {
        /// The complainant.
        Complainant = "complainant" "投诉人",
        /// The merchant.
        Merchant = "merchant" "商家",
        /// Somebody who works for the platform.
        Platform = "platform" "平台客服",
        /// A program of the platform's.
        System = "system" "系统",
        /// A government office.
        Government = "government" "政府单位",
        /// Somebody else.
        Other = "other" "其他",
    }
}
