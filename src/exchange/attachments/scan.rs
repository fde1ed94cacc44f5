//! The scanner's word on a file, before it is released.

use crate::exchange::attachments::read::reading;
use crate::exchange::attachments::{REFUSED, RELEASED};
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::Gateway;
use crate::exchange::port::Scanner;
use crate::exchange::refused::Refused;
use crate::store::attachment::Attachment;
use crate::store::{StoreError, Tx};

/// What a scanner finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be released.
    Clean,
    /// It may not.
    Infected,
    /// Nothing: it is asked again later. Why, for the log.
    None(String),
}

/// Files of one look.
const AT_ONCE: u32 = 8;

/// Between tries that came to no verdict: a minute, twice as long each time, at most an hour. A scanner that is down is
/// down for minutes, while its signatures are replaced or its machine starts.
const FIRST_WAIT_MILLIS: i64 = 60_000;
const MOST_WAIT_MILLIS: i64 = 3_600_000;

impl Gateway {
    /// Has the scanner look at files that wait for it; how many there were. Their verdicts are journalled; an infected
    /// file's bytes are removed.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn scan_attachments(&self, scanner: &dyn Scanner) -> Result<usize, Refused> {
        let now = self.world.clock.now();
        let find = async |mut tx: Tx| tx.attachments_waiting(now, AT_ONCE).await;
        let waiting = self.world.store.read::<_, StoreError, _>("attachment.waiting", find).await?;
        for row in &waiting {
            let verdict = match self.for_scanner(row).await {
                Ok(reading) => scanner.scan(reading).await,
                Err(error) => Verdict::None(error.to_string()),
            };
            self.settle_scan(row, verdict).await?;
        }
        Ok(waiting.len())
    }

    async fn for_scanner(&self, row: &Attachment) -> Result<crate::exchange::attachments::Reading, Refused> {
        reading(&self.world, self.world.attachments()?, row, (0, row.size)).await
    }

    async fn settle_scan(&self, row: &Attachment, verdict: Verdict) -> Result<(), Refused> {
        let (world, now) = (&self.world, self.world.clock.now());
        let state = match verdict {
            Verdict::Clean => RELEASED,
            Verdict::Infected => REFUSED,
            Verdict::None(why) => {
                tracing::warn!(why, attachment = %row.id, tries = row.scans + 1, "the scanner came to no verdict");
                let wait = FIRST_WAIT_MILLIS.saturating_mul(1 << row.scans.min(10)).min(MOST_WAIT_MILLIS);
                let next = now.plus_millis(wait);
                let put_off = async |mut tx: Tx| tx.put_off_scan(&row.id, next).await;
                return Ok(world.store.run_tx("attachment.put_off", put_off).await?);
            }
        };
        let fact = Fact::AttachmentScan {
            attachment: row.id.clone(),
            case: row.case.clone(),
            state: state.to_owned(),
        };
        let entry = entry::bytes(&fact, now);
        let settle = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            if tx.settle_attachment(&row.id, state).await? {
                world.journal.grow(&head, vec![entry.clone()], now)?.write(&mut tx).await?;
            }
            Ok::<_, StoreError>(())
        };
        world.store.run_tx("attachment.settle", settle).await?;
        if state == REFUSED {
            tracing::error!(attachment = %row.id, case = %row.case, by = row.brought_by, "the scanner refused a file");
            // If its bytes stay they are swept.
            let _ = world.attachments()?.files.remove(row.id.clone()).await;
        }
        Ok(())
    }
}
