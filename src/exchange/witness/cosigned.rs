//! The newest checkpoint that enough witnesses cosigned.

use crate::exchange::gateway::Gateway;
use crate::exchange::refused::Refused;
use crate::exchange::witness::Witnesses;
use crate::store::witness::CosignatureRow;
use crate::store::{StoreError, Tx};

/// Its size, and the note with all its cosignatures. Without a quorum one cosignature is enough: a checkpoint without any
/// is the plain one.
pub(super) fn newest(witnesses: &Witnesses, kept: &[CosignatureRow]) -> Option<(u64, String)> {
    let asked: Vec<String> = witnesses.each.iter().map(|one| one.key.to_string()).collect();
    // They come newest first.
    kept.chunk_by(|one, next| one.size == next.size).find_map(|same| {
        let mut known = same.iter().filter(|row| asked.contains(&row.witness)).peekable();
        let checkpoint = known.peek()?.checkpoint.clone();
        let lines: Vec<&str> = known.map(|row| row.line.as_str()).collect();
        (lines.len() >= witnesses.quorum).then(|| (same[0].size, checkpoint + &lines.concat()))
    })
}

impl Gateway {
    /// The newest checkpoint that enough witnesses cosigned, a note with their lines; none if there is none.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn cosigned(&self) -> Result<Option<String>, Refused> {
        let read = async |mut tx: Tx| tx.cosignatures().await;
        let kept = self.world.store.read::<_, StoreError, _>("witness.cosigned", read).await?;
        Ok(newest(&self.world.witnesses.load(), &kept).map(|(_, note)| note))
    }
}
