//! The receipt: what a sender keeps of a submission.
//!
//! Promise: a receipt that says accepted or duplicate is written only after the submission is durable, and its proof
//! shows the submission's journal entry under a signed checkpoint. The proof's text is a `.tlog-proof` of C2SP
//! (`c2sp.org/tlog-proof@v1`); its `extra` line carries base64 of `{"entry":"…","salt":"…"}`, so that the text
//! and the body alone can be verified offline. The same submission sent again gets the same bytes.

use crate::domain::digest::Digest;
use crate::domain::id::{CaseId, SubmissionId};
use crate::domain::problem::Problem;
use crate::domain::record::codes::codes;
use crate::domain::record::due::Due;
use crate::domain::record::part::part;
use crate::domain::record::text::Moment;

part! {
    /// The answer to a submission (回执), rendered in the agency's own format by its profile.
    pub struct Receipt {
        /// Always `receipt`.
        preset kind: ReceiptKind,
        /// What became of the submission.
        must outcome: ReceiptOutcome,
        /// The submission's id.
        must submission: SubmissionId,
        /// The case it opened or belongs to; absent where the submission holds many records.
        may case_id: CaseId,
        /// The agency's number of the matter, where it could be read and all records have the same.
        may registration_number: String,
        /// The id its sender gave the message, where it could be read.
        may message_id: String,
        /// When the gateway received it.
        must received_at: Moment,
        /// SHA-256 of the body as it came.
        must body_sha256: Digest,
        /// One sentence for a person.
        must message: String,
        /// Everything wrong with a refused one.
        many problems: Problem,
        /// What became of each record, in their order; absent where the submission holds just one, which is what the
        /// rest of the receipt speaks of.
        many records: ReceiptRecord,
        /// Until when what must be done, and by which rules (期限); absent where the submission holds many records.
        many deadlines: ReceiptDeadline,
        /// The proof that the journal holds it.
        may proof: ReceiptProof,
    }
}

part! {
    /// What became of one record of a submission (逐条结果).
    pub struct ReceiptRecord {
        /// Its place among the submission's records, from 1.
        must index: u32,
        /// What became of it.
        must outcome: ReceiptOutcome,
        /// The agency's number of the matter, where it could be read.
        may registration_number: String,
        /// The case it opened or belongs to; absent where it was refused.
        may case_id: CaseId,
        /// Everything wrong with a refused one, and what is doubtful in an accepted one.
        many problems: Problem,
        /// Until when what must be done, and by which rules (期限).
        many deadlines: ReceiptDeadline,
    }
}

part! {
    /// A deadline of the case that a record set or moved (期限).
    pub struct ReceiptDeadline {
        /// Its name, for example `accept`; `stated` where the agency stated the day itself.
        must name: String,
        /// What is to be done.
        must title: String,
        /// Until when, with the rule set and the calendar it comes from, neither where the agency stated the day itself; without
        /// a day while it is paused, or while the calendar lacks a year.
        must due: Due,
    }
}

part! {
    /// Where the journal holds a submission, and the proof.
    pub struct ReceiptProof {
        /// The entry's place in the journal, from 0.
        must index: u64,
        /// The journal's name.
        must origin: String,
        /// The `.tlog-proof`.
        must text: String,
    }
}

codes! {
    /// What became of a submission, or of one of its records. A submission of many is accepted when one of them is.
    pub enum ReceiptOutcome as "receipt-outcome" {
        /// It was taken.
        Accepted = "accepted" "已接收",
        /// It had been taken before, with the same body.
        Duplicate = "duplicate" "重复提交",
        /// It was not taken.
        Refused = "refused" "已拒绝",
    }
}

codes! {
    /// The word in a receipt's `kind` member.
    #[derive(Default)]
    pub enum ReceiptKind as "receipt-kind" {
        /// The only one.
        #[default]
        Receipt = "receipt" "回执",
    }
}
