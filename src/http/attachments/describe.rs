//! What is told of a file.

use serde::Serialize;
use utoipa::ToSchema;

use crate::exchange::attachments::AttachmentView;

/// A file of a case.
#[derive(Serialize, ToSchema)]
#[schema(as = Attachment)]
pub(in crate::http) struct AttachmentShape {
    /// Its id, which the journal names.
    #[schema(format = "uuid")]
    id: String,
    /// SHA-256 of its bytes: its name in records and addresses.
    sha256: String,
    /// Its file name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its media type.
    media_type: String,
    /// Its size in bytes.
    size: u64,
    /// What it is to the case, or its place in the record that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// `waiting` for the scanner, `released`, or `refused` by it.
    state: String,
    /// `agency:<id>` or `platform:<token's name>`.
    brought_by: String,
    /// When it was brought.
    #[schema(format = "date-time")]
    brought_at: String,
    /// Since when the case's agency may read it; absent while it may not.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_at: Option<String>,
    /// The journal entry that says that it was brought.
    journal_index: u64,
}

/// The files of a case, in the order they were brought.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct AttachmentList {
    /// The files.
    pub(in crate::http) attachments: Vec<AttachmentShape>,
}

impl From<AttachmentView> for AttachmentShape {
    fn from(view: AttachmentView) -> Self {
        Self {
            id: view.id.to_string(),
            sha256: view.sha256.to_string(),
            name: view.name,
            media_type: view.media_type,
            size: view.size,
            role: view.role,
            state: view.state,
            brought_by: view.brought_by,
            brought_at: view.brought_at.to_string(),
            shared_at: view.shared_at.map(|at| at.to_string()),
            journal_index: view.journal_index,
        }
    }
}
