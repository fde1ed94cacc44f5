//! A file that came whole becomes the case's.

use crate::domain::digest::Digest;
use crate::exchange::attachments::{AttachmentView, Party, WAITING, unreachable_file};
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::Gateway;
use crate::exchange::intake::announcements;
use crate::exchange::intake::desk::opener;
use crate::exchange::refused::{AttachmentFault, Refused};
use crate::files::staged::Whole;
use crate::store::attachment::Attachment;
use crate::store::case::Case;
use crate::store::event::Event;
use crate::store::upload::Upload as Row;
use crate::store::{StoreError, Tx};

/// What its sender gets back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The file.
    pub attachment: AttachmentView,
    /// Whether the case had it already.
    pub duplicate: bool,
}

impl Gateway {
    /// Checks what came and makes it the case's: on disk under its name first, then in the database.
    pub(super) async fn accept(
        &self,
        party: &Party,
        case: &Case,
        upload: &Row,
        whole: &Whole,
    ) -> Result<Taken, Refused> {
        let world = &self.world;
        let parts = world.attachments()?;
        if whole.digest != upload.digest {
            return Err(AttachmentFault::Digest { expected: upload.digest, found: whole.digest }.into());
        }
        parts.limits.check_size(whole.size)?;
        let declared = Some(&*upload.media_type).filter(|kind| !kind.is_empty());
        let media_type = parts.limits.check_content(declared, &whole.head)?;
        let (now, salt) = (world.clock.now(), world.chance.thirty_two());
        let state = parts.first_state();
        let new = Attachment {
            id: upload.id.clone(),
            case: case.id.clone(),
            digest: upload.digest,
            name: upload.name.clone(),
            media_type,
            size: whole.size,
            role: upload.role.clone(),
            state: state.to_owned(),
            brought_by: party.text(),
            brought_at: now,
            shared_at: None,
            wrapped: upload.wrapped.clone(),
            salt,
            journal_index: 0,
            scans: 0,
            scan_at: (state == WAITING).then_some(now),
        };
        parts
            .files
            .keep(new.id.clone(), whole.path.clone())
            .await
            .map_err(|error| unreachable_file(&error))?;
        let fact = Fact::Attachment {
            attachment: new.id.clone(),
            case: case.id.clone(),
            by: new.brought_by.clone(),
            certificate: party.certificate(),
            submission: None,
            file: Digest::salted(&salt, new.digest.as_bytes()),
            size: new.size,
            state: new.state.clone(),
        };
        let entry = entry::bytes(&fact, now);
        let limit = parts.limits.case_bytes;
        let accept = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            tx.delete_upload(&new.id).await?;
            if let Some(there) = tx.attachment(&new.case, &new.digest).await? {
                return Ok(Outcome::There(there));
            }
            let size = tx.attachments_size(&new.case).await?.saturating_add(new.size);
            if size > limit {
                return Ok(Outcome::Full(size));
            }
            let grown = world.journal.grow(&head, vec![entry.clone()], now)?;
            let row = Attachment { journal_index: grown.first(), ..new.clone() };
            tx.insert_attachments(std::slice::from_ref(&row)).await?;
            if matches!(party, Party::Agency { .. }) {
                let event = brought(world, case, &row);
                tx.insert_events(std::slice::from_ref(&event)).await?;
                tx.insert_deliveries(&announcements(world, &event)).await?;
            }
            grown.write(&mut tx).await?;
            Ok::<_, StoreError>(Outcome::New(row))
        };
        let outcome = world.store.run_tx("attachment.accept", accept).await?;
        let taken = match outcome {
            Outcome::New(row) => {
                world.bells.ring_for_events();
                world.bells.ring_for_deliveries();
                return Ok(Taken { attachment: row.into(), duplicate: false });
            }
            Outcome::There(there) => Ok(Taken { attachment: there.into(), duplicate: true }),
            Outcome::Full(size) => Err(AttachmentFault::CaseFull { size, limit }.into()),
        };
        // Nobody refers to it; if it stays it is swept.
        let _ = parts.files.remove(new.id.clone()).await;
        taken
    }
}

enum Outcome {
    New(Attachment),
    There(Attachment),
    Full(u64),
}

/// What the platform is told of a file that an agency brought.
fn brought(world: &crate::exchange::gateway::World, case: &Case, row: &Attachment) -> Event {
    Event {
        journal_index: row.journal_index,
        id: world.chance.uuid(row.brought_at).to_string(),
        event_type: "regbridge.attachment.received".to_owned(),
        case: case.id.clone(),
        agency: case.agency.clone(),
        kind: opener(&case.topic),
        at: row.brought_at,
        data: serde_json::json!({
            "agency": case.agency,
            "attachment": row.id,
            "case": case.id,
            "media_type": row.media_type,
            "registration_number": case.registration_number,
            "sha256": row.digest,
            "size": row.size,
            "state": row.state,
        })
        .to_string(),
    }
}
