//! What the platform did about a disposal order (处置结果).

use std::collections::BTreeSet;

use crate::domain::record::attachment::Attachment;
use crate::domain::record::codes::codes;
use crate::domain::record::letter::Letter;
use crate::domain::record::part::{part, record};
use crate::domain::record::text::Moment;

record! {
    /// A disposal result (处置结果).
    pub struct DisposalResult {
        /// The agency's number of the matter; a format that asks by `order_id` alone does not carry it.
        may registration_number: String,
        /// The id the gateway gave the disposal order when it took it, by which the agency asks (返回的ID).
        may order_id: String,
        /// How far it is.
        must status: DisposalStatus,
        /// The same in words (状态描述), where the words say more.
        may status_text: String,
        /// What was done (结果描述).
        may result: String,
        /// When it was finished (完成时间).
        may finished_at: Moment,
        /// Who entered the result (创建人).
        may entered_by: String,
        /// What was done to each listing.
        many manifest: ManifestLine,
        /// The platform's letter in reply (回复函): its file is found by key or link.
        may reply_letter: Letter,
    }
}

part! {
    /// What was done to one listing.
    pub struct ManifestLine {
        /// The listing's id or address.
        must listing: String,
        /// The seller's account.
        may seller: String,
        /// What was done.
        must action: ManifestAction,
        /// When.
        may at: Moment,
        /// What shows it.
        may evidence: Attachment,
        /// Why nothing was done, where nothing was.
        may why_not: String,
    }
}

impl DisposalResult {
    /// What a result of a site-wide sweep leaves open, as path and member: a sweep is over when it says of every listing
    /// that was found what was done, when, and what shows it, or why nothing was; and when it found none, says so.
    #[must_use]
    pub fn open_ends(&self) -> Vec<(String, &'static str)> {
        if matches!(
            self.status,
            DisposalStatus::Received | DisposalStatus::InProgress | DisposalStatus::Refused
        ) {
            return Vec::new();
        }
        if self.manifest.is_empty() && self.result.is_none() {
            return vec![("manifest".to_owned(), "manifest")];
        }
        let mut seen = BTreeSet::new();
        let mut open = Vec::new();
        for (number, line) in (1..).zip(&self.manifest) {
            let mut lacks = |member| open.push((format!("manifest[{number}].{member}"), member));
            if !seen.insert(&line.listing) {
                lacks("listing");
            }
            if line.action == ManifestAction::Nothing {
                if line.why_not.is_none() {
                    lacks("why_not");
                }
                continue;
            }
            if line.at.is_none() {
                lacks("at");
            }
            if line.evidence.as_ref().is_none_or(|evidence| evidence.sha256.is_none()) {
                lacks("evidence.sha256");
            }
        }
        open
    }
}

codes! {
    /// How far a disposal is.
    pub enum DisposalStatus as "disposal-status" {
        /// The letter is there, nothing was done yet.
        Received = "received" "待处理",
        /// Somebody is at it.
        InProgress = "in_progress" "处理中",
        /// All of it was done.
        Done = "done" "处理完成",
        /// Some of it was done, the manifest says what.
        PartlyDone = "partly_done" "部分处理",
        /// It was not done, the result says why.
        Refused = "refused" "不予处理",
    }
}

codes! {
    /// What was done to a listing.
    pub enum ManifestAction as "manifest-action" {
        /// Taken off sale.
        Delisted = "delisted" "下架",
        /// Removed for good.
        Deleted = "deleted" "删除",
        /// The words or the brand were taken out.
        Corrected = "corrected" "整改",
        /// The seller's shop was restricted.
        ShopRestricted = "shop_restricted" "限制店铺",
        /// The seller's shop was closed.
        ShopClosed = "shop_closed" "关闭店铺",
        /// Nothing, `why_not` says why.
        Nothing = "nothing" "未处置",
    }
}
