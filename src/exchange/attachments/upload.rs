//! A file comes by itself, in as many pieces as it takes.
//!
//! Promise: memory holds [`GATHERED`] bytes of it and a chunk, whatever its length; a break costs at most those, and
//! its sender goes on from where [`Gateway::upload_received`] says. Size and type are checked as soon as they can be
//! seen, the digest at the end; what does not pass leaves nothing. A file that the case has already is read and
//! compared, and changes nothing: a repetition is harmless.

use crate::domain::digest::{Digest, Digester};
use crate::domain::id::{AttachmentId, CaseId};
use crate::exchange::attachments::accept::Taken;
use crate::exchange::attachments::announced::{Received, Start};
use crate::exchange::attachments::{Party, unreachable_file};
use crate::exchange::entry::Fact;
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::{AttachmentFault, Refused};
use crate::files::disk::elsewhere;
use crate::files::staged::{self, Staged};
use crate::store::attachment::Attachment;
use crate::store::case::Case;
use crate::store::upload::Upload as Row;
use crate::store::{StoreError, Tx};

/// Bytes that are gathered before they are sealed and written: one change of thread for four chunks.
const GATHERED: usize = 256 * 1024;

/// An upload under way.
pub struct Upload {
    pub(super) gateway: Gateway,
    pub(super) party: Party,
    pub(super) case: Case,
    pub(super) digest: Digest,
    /// The most that may come of it.
    pub(super) most: u64,
    pub(super) gathered: Vec<u8>,
    pub(super) received: u64,
    pub(super) to: To,
}

/// Where its bytes go.
pub(super) enum To {
    /// Into a file that is new to the case.
    File(Box<Coming>),
    /// It is there: compared with it.
    Nowhere(Box<(Attachment, Digester)>),
}

/// A file on its way.
pub(super) struct Coming {
    pub(super) row: Row,
    /// Absent while it is written to, and when it is over.
    pub(super) staged: Option<Staged>,
    /// Whether its beginning was looked at.
    pub(super) looked_at: bool,
}

impl Gateway {
    /// Begins an upload, or goes on with one.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case of the caller's, or without an upload to go on with;
    /// [`Refused::OutOfScope`]; [`Refused::Attachment`] for a size, a type or an offset that is not right;
    /// [`Refused::Busy`] while another connection brings it.
    pub async fn upload(
        &self,
        party: Party,
        case: &CaseId,
        digest: Digest,
        start: Start,
    ) -> Result<Upload, Refused> {
        let begun = self.begin(&party, case, digest, start).await;
        if let Err(refused) = &begun {
            self.note_attachment_refusal(&party, case, refused).await;
        }
        begun
    }

    /// How much of a file is there: where an upload goes on.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case of the caller's, [`Refused::OutOfScope`].
    pub async fn upload_received(
        &self,
        party: &Party,
        case: &CaseId,
        digest: &Digest,
    ) -> Result<Received, Refused> {
        let keeping = self.world.attachments()?;
        let case = self.case_for(case).await?;
        party.may_look(&case)?;
        let owner = party.owner();
        let read = async |mut tx: Tx| {
            let row = tx.attachment(&case.id, digest).await?;
            Ok::<_, StoreError>((row, tx.upload(&case.id, digest, &owner).await?))
        };
        let (row, upload) = self.world.store.read("upload.received", read).await?;
        if let Some(row) = row.filter(|row| party.sees(row)) {
            return Ok(Received::Whole(Box::new(row.into())));
        }
        let Some(upload) = upload else { return Ok(Received::Nothing) };
        let path = keeping.staged(&upload.id);
        let offset = elsewhere(move || staged::length(&path)).await.map_err(|e| unreachable_file(&e))?;
        Ok(Received::Part { offset, length: upload.length })
    }

    /// Drops an upload that has not come whole; false if there is none.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case of the caller's, [`Refused::OutOfScope`].
    pub async fn cancel_upload(
        &self,
        party: &Party,
        case: &CaseId,
        digest: &Digest,
    ) -> Result<bool, Refused> {
        let case = self.case_for(case).await?;
        party.may_bring(&case)?;
        let owner = party.owner();
        let find = async |mut tx: Tx| tx.upload(&case.id, digest, &owner).await;
        let Some(upload) = self.world.store.read("upload.find", find).await? else { return Ok(false) };
        self.drop_upload(&upload.id).await?;
        Ok(true)
    }

    /// A case, to be asked about by somebody.
    pub(super) async fn case_for(&self, case: &CaseId) -> Result<Case, Refused> {
        let read = async |mut tx: Tx| tx.case(case).await;
        self.world.store.read("attachment.case", read).await?.ok_or(Refused::NotFound)
    }

    async fn drop_upload(&self, id: &AttachmentId) -> Result<(), Refused> {
        let delete = async |mut tx: Tx| tx.delete_upload(id).await;
        self.world.store.run_tx("upload.delete", delete).await?;
        let path = self.world.attachments()?.staged(id);
        // If it stays it is swept.
        let _ = elsewhere(move || std::fs::remove_file(path)).await;
        Ok(())
    }

    /// Journals that a file was refused, as far as that is its bringer's affair.
    pub(super) async fn note_attachment_refusal(&self, party: &Party, case: &CaseId, refused: &Refused) {
        if matches!(refused, Refused::Busy { .. } | Refused::Unavailable(_)) {
            return;
        }
        let fact = Fact::AttachmentRefusal {
            case: case.clone(),
            by: party.text(),
            certificate: party.certificate(),
            why: refused.name().to_owned(),
        };
        if let Err(error) = self.note(fact).await {
            tracing::error!(%error, by = party.text(), "the refusal of a file could not be journalled");
        }
    }
}

impl Upload {
    /// How many there will be, where that was said.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match &self.to {
            To::File(file) => file.row.length,
            To::Nowhere(there) => Some(there.0.size),
        }
    }

    /// How many bytes are there.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Refused::Attachment`] when they are more than was said or may be, or their content is not what was declared:
    /// the upload is dropped.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.received += bytes.len() as u64;
        if self.received > self.most {
            return Err(self.refuse(self.too_much()).await);
        }
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() < GATHERED { Ok(()) } else { self.flush(false).await }
    }

    fn too_much(&self) -> AttachmentFault {
        match self.length() {
            Some(said) if self.received > said => AttachmentFault::Length { said, found: self.received },
            _ => AttachmentFault::TooLarge { size: self.received, limit: self.most },
        }
    }

    /// Leaves what came, to be gone on with; how much that is.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when it cannot be written.
    pub async fn pause(mut self) -> Result<u64, Refused> {
        self.flush(false).await?;
        let To::File(file) = self.to else { return Ok(self.received) };
        let Some(staged) = file.staged else { return Ok(self.received) };
        elsewhere(move || staged.pause()).await.map_err(|error| unreachable_file(&error))
    }

    /// It is whole.
    ///
    /// # Errors
    /// [`Refused::Attachment`] when its length, its digest or its content is not what was said: nothing of it is kept.
    pub async fn finish(mut self) -> Result<Taken, Refused> {
        self.flush(true).await?;
        let received = self.received;
        let (row, staged) = match &mut self.to {
            To::Nowhere(there) => {
                let (row, digester) = &mut **there;
                let (found, row) = (std::mem::take(digester).finish(), row.clone());
                let fault = AttachmentFault::Digest { expected: self.digest, found };
                if found != self.digest {
                    return Err(self.refuse(fault).await);
                }
                if !self.party.sees(&row) {
                    // It has these bytes: that they are here is no secret from it any more.
                    let (world, now) = (&self.gateway.world, self.gateway.world.clock.now());
                    let ids = std::slice::from_ref(&row.id);
                    let share = async |mut tx: Tx| tx.share_attachments(ids, now).await;
                    world.store.run_tx::<_, StoreError, _>("attachment.share", share).await?;
                }
                return Ok(Taken { attachment: row.into(), duplicate: true });
            }
            To::File(file) => (file.row.clone(), file.staged.take()),
        };
        if let Some(said) = row.length.filter(|said| *said != received) {
            return Err(self.refuse(AttachmentFault::Length { said, found: received }).await);
        }
        let Some(staged) = staged else { return Err(Refused::NotFound) };
        let whole = elsewhere(move || staged.finish()).await.map_err(|error| unreachable_file(&error))?;
        match self.gateway.accept(&self.party, &self.case, &row, &whole).await {
            Err(Refused::Attachment(fault)) => Err(self.refuse(fault).await),
            other => other,
        }
    }

    /// Seals and writes what was gathered; looks at the beginning once there is enough of it, or no more comes.
    async fn flush(&mut self, last: bool) -> Result<(), Refused> {
        let bytes = std::mem::take(&mut self.gathered);
        let fault = match &mut self.to {
            To::Nowhere(there) => {
                there.1.update(&bytes);
                None
            }
            To::File(file) => {
                let Some(mut staged) = file.staged.take() else { return Err(Refused::NotFound) };
                let (staged, written) = elsewhere(move || {
                    let written = staged.write(&bytes);
                    Ok((staged, written))
                })
                .await
                .map_err(|error| unreachable_file(&error))?;
                written.map_err(|error| unreachable_file(&error))?;
                let mut fault = None;
                if !file.looked_at && (last || staged.head().len() >= SNIFFED) {
                    let limits = &self.gateway.world.attachments()?.limits;
                    let declared = Some(&*file.row.media_type).filter(|kind| !kind.is_empty());
                    fault = limits.check_content(declared, staged.head()).err();
                    file.looked_at = true;
                }
                file.staged = Some(staged);
                fault
            }
        };
        match fault {
            Some(fault) => Err(self.refuse(fault).await),
            None => Ok(()),
        }
    }

    /// Drops it and journals why.
    async fn refuse(&mut self, fault: AttachmentFault) -> Refused {
        let refused = Refused::Attachment(fault);
        if let To::File(file) = &mut self.to {
            drop(file.staged.take());
            let id = file.row.id.clone();
            if let Err(error) = self.gateway.drop_upload(&id).await {
                tracing::error!(%error, upload = %id, "a refused upload stays until it is swept");
            }
        }
        self.gateway.note_attachment_refusal(&self.party, &self.case.id, &refused).await;
        refused
    }
}

/// As much as any magic number needs: that of a tar archive stands at 257, of an ISO image at 32,769.
const SNIFFED: usize = 40 * 1024;
