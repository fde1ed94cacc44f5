//! Attachments: the files of a case, brought by either side, in messages or by themselves.
//!
//! Promise: a file belongs to one case, is known there by its SHA-256, and no two cases share bytes, so that one can be
//! erased. Its bytes are on disk, sealed, before the transaction that refers to them commits; what a crash leaves
//! behind is swept. Who is not the case's agency is told that there is nothing. Each file that is brought, refused,
//! scanned or read is a journal entry.
//!
//! | file | idea |
//! |---|---|
//! | `party`, `limits` | who asks, and what they may; what a file may be |
//! | `announced`, `begin`, `upload`, `accept` | a file comes by itself, in as many pieces as it takes |
//! | `shelve` | files inside a message: taken out of its records |
//! | `quote` | files that a reply names: put into what is sent |
//! | `read` | a file goes out |
//! | `keys` | a case's key |
//! | `scan`, `sweep` | the scanner's word; what nobody refers to |

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{AttachmentId, CaseId};
use crate::exchange::gateway::World;
use crate::exchange::refused::Refused;
use crate::files::Files;
use crate::seal::KeyRing;
use crate::store::attachment::Attachment;

mod accept;
mod announced;
mod begin;
mod keys;
pub mod limits;
pub mod party;
mod quote;
pub(in crate::exchange) mod read;
mod scan;
pub(in crate::exchange) mod shelve;
mod sweep;
mod upload;

pub use announced::{Announced, Received, Start};
pub use limits::AttachmentLimits;
pub use party::Party;
pub(in crate::exchange) use quote::{Quoted, quoted};
pub use read::Reading;
pub use scan::Verdict;
pub use upload::Upload;

/// What attachments need.
pub struct AttachmentParts {
    /// Where sealed bytes stand.
    pub files: Arc<dyn Files>,
    /// The folder for what is on its way; on one file system with `files` if that is a folder.
    pub staging: PathBuf,
    /// What cases' keys are wrapped under.
    pub keys: KeyRing,
    /// What a file may be.
    pub limits: AttachmentLimits,
    /// Whether a scanner looks at each file before it is released.
    pub scanned: bool,
    /// The address at which agencies reach the gateway, without a slash at its end: what a format that carries
    /// addresses is given for a file of ours.
    pub address: Option<String>,
}

/// A file of a case, as both sides see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentView {
    /// Its id, which the journal names.
    pub id: AttachmentId,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its name.
    pub name: Option<String>,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it is to the case.
    pub role: Option<String>,
    /// `waiting` for the scanner, `released`, or `refused` by it.
    pub state: String,
    /// `agency:<id>` or `platform:<name>`.
    pub brought_by: String,
    /// When it was brought.
    pub brought_at: Timestamp,
    /// Since when the case's agency may read it.
    pub shared_at: Option<Timestamp>,
    /// The journal entry that says that it was brought.
    pub journal_index: u64,
}

impl From<Attachment> for AttachmentView {
    fn from(row: Attachment) -> Self {
        Self {
            id: row.id,
            sha256: row.digest,
            name: row.name,
            media_type: row.media_type,
            size: row.size,
            role: row.role,
            state: row.state,
            brought_by: row.brought_by,
            brought_at: row.brought_at,
            shared_at: row.shared_at,
            journal_index: row.journal_index,
        }
    }
}

impl AttachmentParts {
    fn staged(&self, id: &AttachmentId) -> PathBuf {
        self.staging.join(format!("{id}{PART}"))
    }

    /// The state that a new file is in.
    const fn first_state(&self) -> &'static str {
        if self.scanned { WAITING } else { RELEASED }
    }
}

/// How the name of a file ends that is on its way.
const PART: &str = ".part";

const WAITING: &str = "waiting";
const RELEASED: &str = "released";
const REFUSED: &str = "refused";

impl World {
    /// What attachments need; not found where this gateway keeps none.
    pub(in crate::exchange) fn attachments(&self) -> Result<&AttachmentParts, Refused> {
        self.attachments.as_ref().ok_or(Refused::NotFound)
    }
}

/// What a file's key is bound to: the attachment within its case.
fn key_name(case: &CaseId, id: &AttachmentId) -> String {
    format!("{case}/{id}")
}

/// The disk or the bucket failed: ours to mend.
fn unreachable_file(error: &std::io::Error) -> Refused {
    if error.kind() == std::io::ErrorKind::ResourceBusy {
        return Refused::Busy { retry_after: BUSY_SECONDS };
    }
    Refused::Unavailable(format!("an attachment's bytes cannot be had or kept: {error}"))
}

/// Somebody else writes this very upload: a connection that broke without a word is given up after so long.
const BUSY_SECONDS: u32 = 5;
