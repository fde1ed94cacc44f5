//! What is offered to prove something.

use crate::domain::record::attachment::Attachment;
use crate::domain::record::codes::codes;
use crate::domain::record::part::part;
use crate::domain::record::text::Moment;

part! {
    /// One piece of evidence (证据).
    pub struct Evidence {
        /// What it is.
        may kind: EvidenceKind,
        /// Its number in the sender's list (序号).
        may number: String,
        /// Its title (证据名称).
        may name: String,
        /// What it shows (证明内容).
        may text: String,
        /// When it was made or obtained (取得时间).
        may obtained_at: Moment,
        /// The file.
        may file: Attachment,
        /// The files, where one piece has several.
        many files: Attachment,
        /// What its sender uses it for (业务类型), as the sender words it.
        may role: String,
    }
}

codes! {
    /// What a piece of evidence is.
    pub enum EvidenceKind as "evidence-kind" {
        /// Photograph or screenshot.
        Photo = "photo" "图片",
        /// Moving pictures.
        Video = "video" "视频",
        /// Sound.
        Audio = "audio" "音频",
        /// A letter.
        Letter = "letter" "函件",
        /// A test or appraisal report.
        Report = "report" "检验报告",
        /// A contract or an order.
        Contract = "contract" "合同订单",
        /// A conversation.
        Chat = "chat" "聊天记录",
        /// An invoice or a proof of payment.
        Payment = "payment" "付款凭证",
        /// A logistics document.
        Logistics = "logistics" "物流凭证",
        /// Another one.
        Other = "other" "其他",
    }
}
