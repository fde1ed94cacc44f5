//! The beginning of an upload, and going on with one that broke.
//!
//! Promise: whatever can be seen before a byte has come is checked here: whose case it is, size and type as announced,
//! what the case holds already, the offset. One sender has one upload of a file at a time; a new one takes its place.

use crate::domain::digest::{Digest, Digester};
use crate::domain::id::{AttachmentId, CaseId};
use crate::exchange::attachments::announced::{Announced, Start};
use crate::exchange::attachments::upload::{Coming, To, Upload};
use crate::exchange::attachments::{Party, key_name, keys, unreachable_file};
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::{AttachmentFault, Failed, Refused};
use crate::files::disk::elsewhere;
use crate::files::staged::Staged;
use crate::seal::Key;
use crate::store::Tx;
use crate::store::case::Case;
use crate::store::upload::Upload as Row;

impl Gateway {
    /// Begins or goes on, if all that can be seen beforehand is right.
    pub(super) async fn begin(
        &self,
        party: &Party,
        case: &CaseId,
        digest: Digest,
        start: Start,
    ) -> Result<Upload, Refused> {
        let keeping = self.world.attachments()?;
        let case = self.case_for(case).await?;
        party.may_bring(&case)?;
        let find = async |mut tx: Tx| tx.attachment(&case.id, &digest).await;
        let there = self.world.store.read("attachment.find", find).await?;
        let (to, received) = match (there, start) {
            // That it is there is not told to an agency that may not see it: its own copy would be the same bytes.
            (Some(row), Start::Anew(announced)) => {
                announced.check(&keeping.limits)?;
                (To::Nowhere(Box::new((row, Digester::default()))), 0)
            }
            (Some(row), Start::At { offset, .. }) => {
                return Err(AttachmentFault::Offset { expected: row.size, provided: offset }.into());
            }
            (None, Start::Anew(announced)) => {
                announced.check(&keeping.limits)?;
                let (row, key) = self.enter(party, &case, digest, announced).await?;
                (self.staged(row, key, true).await?, 0)
            }
            (None, Start::At { offset, length }) => self.go_on(party, &case, digest, offset, length).await?,
        };
        let said = match &to {
            To::File(file) => file.row.length,
            To::Nowhere(there) => Some(there.0.size),
        };
        let most = said.unwrap_or(u64::MAX).min(keeping.limits.most_bytes);
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
        let keeping = world.attachments()?;
        let now = world.clock.now();
        let case_key = keys::of_case(world, keeping, &case.id).await?;
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
        let limit = keeping.limits.case_bytes;
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
            let path = keeping.staged(&before.id);
            // If it stays it is swept.
            let _ = elsewhere(move || std::fs::remove_file(path)).await;
        }
        Ok((row, key))
    }

    async fn staged(&self, row: Row, key: Key, anew: bool) -> Result<To, Refused> {
        let keeping = self.world.attachments()?;
        let (path, name) = (keeping.staged(&row.id), row.id.to_string());
        let chance = std::sync::Arc::clone(&self.world.chance);
        let open = if anew { Staged::begin } else { Staged::resume };
        let staged = elsewhere(move || open(&path, &name, &key, chance)).await;
        let staged = staged.map_err(|error| unreachable_file(&error))?;
        Ok(To::File(Box::new(Coming { row, staged: Some(staged), looked_at: false })))
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
        let keeping = world.attachments()?;
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
                    keeping.limits.check_size(length)?;
                    let say = async |mut tx: Tx| tx.set_upload_length(&row.id, length).await;
                    world.store.run_tx("upload.length", say).await?;
                    row.length = Some(length);
                }
            }
        }
        let case_key = keys::of_case(world, keeping, &case.id).await?;
        let unfit = |error| Refused::Unavailable(format!("the key of upload {}: {error}", row.id));
        let key = case_key.unwrap(&row.wrapped, &key_name(&case.id, &row.id)).map_err(unfit)?;
        let to = self.staged(row, key, false).await?;
        let To::File(file) = &to else { return Err(Refused::NotFound) };
        let expected = file.staged.as_ref().map_or(0, Staged::size);
        if expected == offset {
            return Ok((to, offset));
        }
        // What was taken into memory goes back: the next look finds the same.
        let To::File(file) = to else { return Err(Refused::NotFound) };
        if let Some(staged) = file.staged {
            elsewhere(move || staged.pause()).await.map_err(|error| unreachable_file(&error))?;
        }
        Err(AttachmentFault::Offset { expected, provided: offset }.into())
    }
}
