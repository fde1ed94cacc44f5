//! What is stored of a case, for its package.
//!
//! Promise: one transaction sees all rows. What is for others stays away: webhooks, and messages that tell of other cases too.

use crate::domain::id::CaseId;
use crate::exchange::attachments::read::{reading, released};
use crate::exchange::gateway::World;
use crate::exchange::refused::{Failed, Refused};
use crate::store::Tx;
use crate::store::attachment::Attachment;
use crate::store::case::Case;
use crate::store::delivery::Delivery;
use crate::store::receipt::Receipt;
use crate::store::record::Record;
use crate::store::submission::Submission;

/// What the files of a case may have together to be put in: a quarter of a gibibyte, which is held in memory once or twice.
/// Larger ones are fetched one by one, and checked by their entries.
const MOST_FILES: u64 = 256 * 1024 * 1024;

/// The rows of a case with their bytes, each oldest first.
pub(super) struct Gathered {
    pub(super) case: Case,
    pub(super) submissions: Vec<(Submission, Held)>,
    pub(super) records: Vec<Record>,
    /// To the case's agency.
    pub(super) deliveries: Vec<(Delivery, Held)>,
    pub(super) receipts: Vec<(Receipt, Held)>,
    pub(super) attachments: Vec<(Attachment, Held)>,
    /// How long the journal was then.
    pub(super) size: u64,
}

/// Bytes, or why they are not there.
pub(super) enum Held {
    Here(Vec<u8>),
    /// Their time was over.
    Removed,
    /// Other cases are in them too.
    Shared,
    /// The scanner has not said that they may leave.
    NotReleased,
    /// They are too many.
    TooLarge,
}

impl From<Option<Vec<u8>>> for Held {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::Removed, Self::Here)
    }
}

/// All rows of a case; files are still sealed.
pub(super) async fn gather(world: &World, id: &CaseId) -> Result<Gathered, Refused> {
    let read = async |mut tx: Tx| {
        let size = tx.journal_head().await?.size;
        let case = tx.case(id).await?.ok_or(Refused::NotFound)?;
        let records = tx.records_of(id).await?;
        let mut submissions = Vec::new();
        for one in tx.submissions_of(id).await? {
            // Only a message about one matter has a number of its own.
            let held = match one.registration_number {
                Some(_) => tx.submission_body(&one.id).await?.into(),
                None => Held::Shared,
            };
            submissions.push((one, held));
        }
        let mut deliveries = Vec::new();
        for one in tx.deliveries_of(id).await? {
            if one.destination.starts_with("agency:") {
                let held = tx.delivery_body(&one.id).await?.into();
                deliveries.push((one, held));
            }
        }
        let ids: Vec<_> = deliveries.iter().map(|(one, _)| &one.id).collect();
        let mut receipts = Vec::new();
        for one in tx.receipts_of(&ids).await? {
            let held = tx.receipt_body(one.journal_index).await?.into();
            receipts.push((one, held));
        }
        let attachments = tx.attachments_of(id).await?;
        let attachments = attachments.into_iter().map(|one| (one, Held::NotReleased)).collect();
        Ok::<_, Failed>(Gathered { case, submissions, records, deliveries, receipts, attachments, size })
    };
    world.store.read("package.gather", read).await.map_err(Failed::into_refused)
}

/// Opens the files of the case, as many as fit.
pub(super) async fn open_files(world: &World, gathered: &mut Gathered) -> Result<(), Refused> {
    let mut room = MOST_FILES;
    for (row, held) in &mut gathered.attachments {
        if released(row).is_err() {
            continue;
        }
        let Some(left) = room.checked_sub(row.size) else {
            *held = Held::TooLarge;
            continue;
        };
        room = left;
        let mut reading = reading(world, world.attachments()?, row, (0, row.size)).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = reading.next().await {
            bytes.extend(piece?);
        }
        *held = Held::Here(bytes);
    }
    Ok(())
}
