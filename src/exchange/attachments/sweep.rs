//! What nobody refers to goes: files whose transaction never came, uploads that were given up.
//!
//! Promise: a file that a transaction under way may still refer to is left alone. An id says when it was given
//! (UUIDv7), and no transaction takes an [`YOUNG_MILLIS`]; only the sole server of a store knows, when it starts, that
//! there is none at all.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::clock::Timestamp;
use crate::domain::id::AttachmentId;
use crate::exchange::attachments::{AttachmentParts, PART, unreachable_file};
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::Refused;
use crate::files::disk::elsewhere;
use crate::store::{StoreError, Tx};

/// An hour: transactions take milliseconds, and five runs of one at most seconds.
const YOUNG_MILLIS: i64 = 3_600_000;

const HOUR_MILLIS: i64 = 3_600_000;

/// Ids of one question.
const TOGETHER: usize = 500;

impl Gateway {
    /// Removes what nobody refers to; how many files that were. `alone` says that no transaction is under way anywhere.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when store or files cannot be asked.
    pub async fn sweep_attachments(&self, alone: bool) -> Result<usize, Refused> {
        let Ok(parts) = self.world.attachments() else { return Ok(0) };
        let now = self.world.clock.now();
        let then = now.plus_millis(-i64::from(parts.limits.unfinished_hours) * HOUR_MILLIS);
        let give_up = async |mut tx: Tx| tx.delete_old_uploads(then).await;
        self.world.store.run_tx::<_, StoreError, _>("upload.give_up", give_up).await?;
        let old =
            |id: &AttachmentId| alone || minted(id).is_none_or(|at| now.millis_since(at) > YOUNG_MILLIS);
        let kept = parts.files.list().await.map_err(|error| unreachable_file(&error))?;
        let mut swept = 0;
        for id in self.unknown(kept.into_iter().filter(old).collect()).await? {
            parts.files.remove(id).await.map_err(|error| unreachable_file(&error))?;
            swept += 1;
        }
        let staged = staged(parts).await?;
        let ids = staged.iter().map(|(id, _)| id.clone()).filter(old).collect();
        for id in self.unknown(ids).await? {
            let paths: Vec<PathBuf> =
                staged.iter().filter(|(at, _)| *at == id).map(|(_, path)| path.clone()).collect();
            for path in paths {
                elsewhere(move || std::fs::remove_file(path))
                    .await
                    .map_err(|error| unreachable_file(&error))?;
                swept += 1;
            }
        }
        if swept > 0 {
            tracing::info!(swept, "removed files of attachments that nobody refers to");
        }
        Ok(swept)
    }

    /// Those to which nothing refers.
    async fn unknown(&self, ids: Vec<AttachmentId>) -> Result<Vec<AttachmentId>, Refused> {
        let mut unknown = Vec::new();
        for some in ids.chunks(TOGETHER) {
            let asked: Vec<&AttachmentId> = some.iter().collect();
            let ask = async |mut tx: Tx| tx.known_attachments(&asked).await;
            let known = self.world.store.read::<_, StoreError, _>("attachment.known", ask).await?;
            unknown.extend(some.iter().filter(|id| !known.contains(id)).cloned());
        }
        Ok(unknown)
    }
}

/// What is on its way.
async fn staged(parts: &AttachmentParts) -> Result<Vec<(AttachmentId, PathBuf)>, Refused> {
    let folder = parts.staging.clone();
    let list = elsewhere(move || {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(OsStr::to_str).and_then(|name| name.strip_suffix(PART));
            if let Some(id) = name.and_then(|name| AttachmentId::parse(name).ok()) {
                found.push((id, path));
            }
        }
        Ok(found)
    });
    list.await.map_err(|error| unreachable_file(&error))
}

/// When an id was given.
fn minted(id: &AttachmentId) -> Option<Timestamp> {
    let (seconds, nanos) = uuid::Uuid::parse_str(id.as_str()).ok()?.get_timestamp()?.to_unix();
    let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
    Some(Timestamp::from_micros(micros + i64::from(nanos / 1000)))
}
