//! A delivery into an agency's folder: a file that the agency takes away.
//!
//! Promise: the file is there whole or not at all, under a name that the same delivery always has; one that is laid there
//! again replaces itself. What is in the way of it is told and tried again: the folder is the operator's to mend.

use std::path::PathBuf;

use crate::client::verdict::CONFIGURATION_MILLIS;
use crate::domain::folder::DropPaths;
use crate::exchange::delivery::{Leased, Outcome};
use crate::files::{mark, whole};

/// Lays a delivery into the folder.
pub(super) async fn place(paths: DropPaths, leased: &Leased) -> Outcome {
    let path = paths.delivery(leased.sequence, &leased.kind, &leased.id, &leased.content_type);
    let name = path.file_name().map(PathBuf::from).unwrap_or_default();
    let (body, fresh) = (leased.body.clone(), leased.token.clone());
    let write = move || {
        std::fs::create_dir_all(&paths.outgoing)?;
        whole::write(&path, &body)?;
        mark::of(&paths.outgoing, &fresh)
    };
    let again = |detail: String| {
        let millis = Some(CONFIGURATION_MILLIS);
        Outcome::RetryAfter { millis, status: None, detail }
    };
    match tokio::task::spawn_blocking(write).await {
        Ok(Ok(mark)) => Outcome::Placed { detail: format!("out/{}", name.display()), mark },
        Ok(Err(error)) => again(format!("configuration: the agency's folder: {error}")),
        Err(panic) => again(format!("configuration: the agency's folder: {panic}")),
    }
}
