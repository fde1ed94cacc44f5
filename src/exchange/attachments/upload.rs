//! A file comes by itself, in as many pieces as it takes.
//!
//! Promise: memory holds [`GATHERED`] bytes of it and a chunk, whatever its length; a break costs at most those, and
//! its sender goes on from where [`Gateway::upload_received`] says. Size and type are checked as soon as they can be
//! seen, the digest at the end; what does not pass leaves nothing. A file that the case has already is read and
//! compared, and changes nothing: a repetition is harmless.

use crate::domain::digest::{Digest, Digester};
use crate::domain::id::{AttachmentId, CaseId};
use crate::exchange::attachments::accept::Taken;
use crate::exchange::attachments::limits::AttachmentLimits;
use crate::exchange::attachments::{AttachmentView, Party, key_name, keys, unreachable_file};
use crate::exchange::entry::Fact;
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::{AttachmentFault, Failed, Refused};
use crate::files::disk::elsewhere;
use crate::files::staged::{self, Staged};
use crate::seal::Key;
use crate::store::attachment::Attachment;
use crate::store::case::Case;
use crate::store::upload::Upload as Row;
use crate::store::{StoreError, Tx};

/// Bytes that are gathered before they are sealed and written: one change of thread for four chunks.
const GATHERED: usize = 256 * 1024;

/// What is said of a file before it comes.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// Its media type, without parameters.
    pub media_type: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// What it is to the case: `evidence`, `letter`, `report`, …
    pub role: Option<String>,
    /// Its length in bytes.
    pub length: Option<u64>,
}

/// Where an upload begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// At the beginning; what came of an earlier one is dropped.
    Anew(Announced),
    /// Where an earlier one ended.
    At {
        /// How many bytes are there, as the sender believes.
        offset: u64,
        /// The whole length, if it is said now.
        length: Option<u64>,
    },
}

/// What of a file is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Nothing.
    Nothing,
    /// The first so many bytes, of so many where that was said.
    Part {
        /// How many came.
        offset: u64,
        /// How many there are.
        length: Option<u64>,
    },
    /// All of it.
    Whole(Box<AttachmentView>),
}

/// An upload under way.
pub struct Upload {
    pub(super) gateway: Gateway,
    pub(super) party: Party,
    pub(super) case: Case,
    pub(super) digest: Digest,
    /// The most that may come of it.
    most: u64,
    gathered: Vec<u8>,
    received: u64,
    to: To,
}

enum To {
    /// Into a file that is new to the case.
    File(Box<(Row, Option<Staged>, bool)>),
    /// It is there: compared with it.
    Nowhere(Box<(Attachment, Digester)>),
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
        let parts = self.world.attachments()?;
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
        let path = parts.staged(&upload.id);
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

    async fn begin(
        &self,
        party: &Party,
        case: &CaseId,
        digest: Digest,
        start: Start,
    ) -> Result<Upload, Refused> {
        let parts = self.world.attachments()?;
        let case = self.case_for(case).await?;
        party.may_bring(&case)?;
        let find = async |mut tx: Tx| tx.attachment(&case.id, &digest).await;
        let there = self.world.store.read("attachment.find", find).await?;
        let (to, received) = match (there, start) {
            // That it is there is not told to an agency that may not see it: its own copy would be the same bytes.
            (Some(row), Start::Anew(announced)) => {
                check_announced(&parts.limits, &announced)?;
                (To::Nowhere(Box::new((row, Digester::default()))), 0)
            }
            (Some(row), Start::At { offset, .. }) => {
                return Err(AttachmentFault::Offset { expected: row.size, provided: offset }.into());
            }
            (None, Start::Anew(announced)) => {
                check_announced(&parts.limits, &announced)?;
                let (row, key) = self.enter(party, &case, digest, announced).await?;
                (self.staged(row, key, true).await?, 0)
            }
            (None, Start::At { offset, length }) => self.go_on(party, &case, digest, offset, length).await?,
        };
        let said = match &to {
            To::File(file) => file.0.length,
            To::Nowhere(there) => Some(there.0.size),
        };
        let most = said.unwrap_or(u64::MAX).min(parts.limits.most_bytes);
        let (gateway, party) = (self.clone(), party.clone());
        Ok(Upload { gateway, party, case, digest, most, gathered: Vec::new(), received, to })
    }

    /// Writes down that a file is on its way, in the place of an earlier one of the same sender.
    async fn enter(
        &self,
        party: &Party,
        case: &Case,
        digest: Digest,
        announced: Announced,
    ) -> Result<(Row, Key), Refused> {
        let world = &self.world;
        let parts = world.attachments()?;
        let now = world.clock.now();
        let case_key = keys::of_case(world, parts, &case.id).await?;
        let (id, key) = (AttachmentId::mint(now, &*world.chance), Key::make(&*world.chance));
        let row = Row {
            wrapped: case_key.wrap(&key, &key_name(&case.id, &id), &*world.chance),
            id,
            case: case.id.clone(),
            digest,
            owner: party.owner(),
            length: announced.length,
            name: announced.name,
            media_type: announced.media_type.unwrap_or_default(),
            role: announced.role,
            begun_at: now,
        };
        let limit = parts.limits.case_bytes;
        let enter = async |mut tx: Tx| {
            let before = tx.upload(&row.case, &row.digest, &row.owner).await?;
            if let Some(before) = &before {
                tx.delete_upload(&before.id).await?;
            }
            let held = tx.attachments_size(&row.case).await? + tx.uploads_size(&row.case, &row.id).await?;
            let size = held.saturating_add(row.length.unwrap_or(0));
            if size > limit {
                return Err(Failed::Refused(AttachmentFault::CaseFull { size, limit }.into()));
            }
            tx.insert_upload(&row).await?;
            Ok(before)
        };
        let before = world.store.run_tx("upload.begin", enter).await.map_err(Failed::into_refused)?;
        if let Some(before) = before {
            let path = parts.staged(&before.id);
            // If it stays it is swept.
            let _ = elsewhere(move || std::fs::remove_file(path)).await;
        }
        Ok((row, key))
    }

    async fn staged(&self, row: Row, key: Key, anew: bool) -> Result<To, Refused> {
        let parts = self.world.attachments()?;
        let (path, name) = (parts.staged(&row.id), row.id.to_string());
        let chance = std::sync::Arc::clone(&self.world.chance);
        let open = if anew { Staged::begin } else { Staged::resume };
        let staged = elsewhere(move || open(&path, &name, &key, chance)).await;
        let staged = staged.map_err(|error| unreachable_file(&error))?;
        Ok(To::File(Box::new((row, Some(staged), false))))
    }

    async fn go_on(
        &self,
        party: &Party,
        case: &Case,
        digest: Digest,
        offset: u64,
        length: Option<u64>,
    ) -> Result<(To, u64), Refused> {
        let world = &self.world;
        let parts = world.attachments()?;
        let owner = party.owner();
        let find = async |mut tx: Tx| tx.upload(&case.id, &digest, &owner).await;
        let mut row = world.store.read("upload.find", find).await?.ok_or(Refused::NotFound)?;
        if let Some(length) = length {
            match row.length {
                Some(before) if before != length => {
                    return Err(AttachmentFault::Length { said: before, found: length }.into());
                }
                Some(_) => {}
                None => {
                    parts.limits.check_size(length)?;
                    let say = async |mut tx: Tx| tx.set_upload_length(&row.id, length).await;
                    world.store.run_tx("upload.length", say).await?;
                    row.length = Some(length);
                }
            }
        }
        let case_key = keys::of_case(world, parts, &case.id).await?;
        let unfit = |error| Refused::Unavailable(format!("the key of upload {}: {error}", row.id));
        let key = case_key.unwrap(&row.wrapped, &key_name(&case.id, &row.id)).map_err(unfit)?;
        let to = self.staged(row, key, false).await?;
        let To::File(file) = &to else { return Err(Refused::NotFound) };
        let expected = file.1.as_ref().map_or(0, Staged::size);
        if expected == offset {
            return Ok((to, offset));
        }
        // What was taken into memory goes back: the next look finds the same.
        let To::File(file) = to else { return Err(Refused::NotFound) };
        if let Some(staged) = file.1 {
            elsewhere(move || staged.pause()).await.map_err(|error| unreachable_file(&error))?;
        }
        Err(AttachmentFault::Offset { expected, provided: offset }.into())
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

fn check_announced(limits: &AttachmentLimits, announced: &Announced) -> Result<(), AttachmentFault> {
    announced.length.map_or(Ok(()), |length| limits.check_size(length))?;
    announced.media_type.as_deref().map_or(Ok(()), |kind| limits.check_type(kind))
}

impl Upload {
    /// How many there will be, where that was said.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match &self.to {
            To::File(file) => file.0.length,
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
        let Some(staged) = file.1 else { return Ok(self.received) };
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
            To::File(file) => (file.0.clone(), file.1.take()),
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
                let Some(mut staged) = file.1.take() else { return Err(Refused::NotFound) };
                let (staged, written) = elsewhere(move || {
                    let written = staged.write(&bytes);
                    Ok((staged, written))
                })
                .await
                .map_err(|error| unreachable_file(&error))?;
                written.map_err(|error| unreachable_file(&error))?;
                let mut fault = None;
                if !file.2 && (last || staged.head().len() >= SNIFFED) {
                    let limits = &self.gateway.world.attachments()?.limits;
                    let declared = Some(&*file.0.media_type).filter(|kind| !kind.is_empty());
                    fault = limits.check_content(declared, staged.head()).err();
                    file.2 = true;
                }
                file.1 = Some(staged);
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
            drop(file.1.take());
            let id = file.0.id.clone();
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
