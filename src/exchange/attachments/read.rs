//! A file goes out.
//!
//! Promise: memory holds [`AHEAD`] chunks of it, whatever its length; each reading is in the journal before its first
//! byte leaves; bytes that are not what was sealed end it.

use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::id::{AttachmentId, CaseId};
use crate::exchange::attachments::{
    AttachmentLimits, AttachmentParts, AttachmentView, Party, REFUSED, WAITING, keys,
};
use crate::exchange::entry::Fact;
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::refused::{AttachmentFault, Refused};
use crate::files::Files;
use crate::seal::Seal;
use crate::seal::chunks::{CHUNK, FRAME, count, place};
use crate::store::attachment::Attachment;
use crate::store::{StoreError, Tx};

/// Chunks that are read at once: half a megabyte, so that a bucket is not asked for every 64 KiB.
const AHEAD: u64 = 8;

/// The bytes of a file, piece by piece.
pub struct Reading {
    files: Arc<dyn Files>,
    name: AttachmentId,
    seal: Seal,
    chunks: u64,
    /// The next byte to give, and where to end.
    next: u64,
    end: u64,
}

impl Gateway {
    /// What files may be; `None` where the gateway keeps none.
    #[must_use]
    pub fn attachment_limits(&self) -> Option<&AttachmentLimits> {
        self.world.attachments.as_ref().map(|keeping| &keeping.limits)
    }

    /// The files of a case that the caller may know of, in the order they were brought.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case of the caller's, [`Refused::OutOfScope`].
    pub async fn attachments(&self, party: &Party, case: &CaseId) -> Result<Vec<AttachmentView>, Refused> {
        let case = self.case_for(case).await?;
        party.may_look(&case)?;
        let read = async |mut tx: Tx| tx.attachments_of(&case.id).await;
        let rows = self.world.store.read::<_, StoreError, _>("attachment.of_case", read).await?;
        Ok(rows.into_iter().filter(|row| party.sees(row)).map(Into::into).collect())
    }

    /// What is known of one file; asking in vain is journalled.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a file that the caller may know of, [`Refused::OutOfScope`].
    pub async fn attachment(
        &self,
        party: &Party,
        case: &CaseId,
        digest: &Digest,
    ) -> Result<AttachmentView, Refused> {
        let row = self.attachment_row(party, case, digest).await;
        if let Err(refused) = &row {
            self.note_attachment_refusal(party, case, refused).await;
        }
        row.map(Into::into)
    }

    /// Opens a file to be read from `from` on, at most `length` bytes; the reading is journalled.
    ///
    /// # Errors
    /// As of [`Self::attachment`], and [`Refused::Attachment`] while the scanner has not released it.
    pub async fn read_attachment(
        &self,
        party: &Party,
        case: &CaseId,
        digest: &Digest,
        (from, length): (u64, u64),
    ) -> Result<Reading, Refused> {
        let opened = self.open_attachment(party, case, digest, (from, length)).await;
        if let Err(refused) = &opened {
            self.note_attachment_refusal(party, case, refused).await;
        }
        opened
    }

    async fn open_attachment(
        &self,
        party: &Party,
        case: &CaseId,
        digest: &Digest,
        (from, length): (u64, u64),
    ) -> Result<Reading, Refused> {
        let row = self.attachment_row(party, case, digest).await?;
        released(&row)?;
        let keeping = self.world.attachments()?;
        let (from, end) = (from.min(row.size), from.saturating_add(length).min(row.size));
        let reading = reading(&self.world, keeping, &row, (from, end)).await?;
        let fact = Fact::AttachmentRead {
            attachment: row.id.clone(),
            case: case.clone(),
            by: party.text(),
            certificate: party.certificate(),
            from,
            bytes: end - from,
        };
        self.note(fact).await?;
        Ok(reading)
    }

    async fn attachment_row(
        &self,
        party: &Party,
        case: &CaseId,
        digest: &Digest,
    ) -> Result<Attachment, Refused> {
        self.world.attachments()?;
        let case = self.case_for(case).await?;
        party.may_look(&case)?;
        let read = async |mut tx: Tx| tx.attachment(&case.id, digest).await;
        let row = self.world.store.read::<_, StoreError, _>("attachment.show", read).await?;
        row.filter(|row| party.sees(row)).ok_or(Refused::NotFound)
    }
}

/// Whether a file may leave.
pub(in crate::exchange) fn released(row: &Attachment) -> Result<(), AttachmentFault> {
    match &*row.state {
        WAITING => Err(AttachmentFault::Waiting),
        REFUSED => Err(AttachmentFault::Infected),
        _ => Ok(()),
    }
}

/// Opens the bytes between these places.
pub(in crate::exchange) async fn reading(
    world: &World,
    keeping: &AttachmentParts,
    row: &Attachment,
    (next, end): (u64, u64),
) -> Result<Reading, Refused> {
    let key = keys::of_attachment(world, keeping, row).await?;
    Ok(Reading {
        files: Arc::clone(&keeping.files),
        name: row.id.clone(),
        seal: Seal::of(row.id.as_str(), &key),
        chunks: count(row.size),
        next,
        end,
    })
}

impl Reading {
    /// How many bytes are still to come.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.end - self.next
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when they cannot be read, or are not what was sealed.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, Refused>> {
        if self.next >= self.end {
            return None;
        }
        let piece = self.piece().await;
        if piece.is_err() {
            self.next = self.end;
        }
        Some(piece)
    }

    async fn piece(&mut self) -> Result<Vec<u8>, Refused> {
        let chunk = CHUNK as u64;
        let first = self.next / chunk;
        let behind = self.end.div_ceil(chunk).min(first + AHEAD);
        let length = (behind - first) * FRAME as u64;
        let sealed = self.files.read(self.name.clone(), place(first), length).await;
        let lost = |why: &dyn std::fmt::Display| {
            Refused::Unavailable(format!("the bytes of attachment {}: {why}", self.name))
        };
        let sealed = sealed.map_err(|error| lost(&error))?;
        let mut plain = Vec::with_capacity(sealed.len());
        for (number, frame) in (first..behind).zip(sealed.chunks(FRAME)) {
            let opened = self.seal.open(number, number + 1 == self.chunks, frame);
            plain.extend(opened.map_err(|error| lost(&error))?);
        }
        let start = usize::try_from(self.next - first * chunk).unwrap_or(usize::MAX);
        let wanted = usize::try_from(self.end - self.next).unwrap_or(usize::MAX);
        let piece = plain.get(start..).unwrap_or_default();
        let piece = &piece[..piece.len().min(wanted)];
        if piece.is_empty() {
            return Err(lost(&"it ends too early"));
        }
        self.next += piece.len() as u64;
        Ok(piece.to_vec())
    }
}
