//! What went on in a complaint elsewhere: its negotiation history, or word that something happened (投诉进展).

use crate::domain::record::history::HistoryEntry;
use crate::domain::record::part::record;
use crate::domain::record::text::Moment;

record! {
    /// Progress of a complaint (投诉进展). It moves no case.
    pub struct ComplaintProgress {
        /// The bureau's number of the complaint (登记编号); a page of a history does not carry it.
        may registration_number: String,
        /// What happened (动作类型), in the sender's codes.
        may event: String,
        /// When.
        may at: Moment,
        /// Where the complaint stands at the sender's, as it words it (投诉单状态).
        may state: String,
        /// What was said and done (协商历史).
        many history: HistoryEntry,
    }
}
