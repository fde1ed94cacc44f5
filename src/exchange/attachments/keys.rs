//! The key of a case: made when its first file comes.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::domain::id::CaseId;
use crate::exchange::attachments::{AttachmentParts, key_name};
use crate::exchange::gateway::World;
use crate::exchange::refused::Refused;
use crate::seal::Key;
use crate::store::attachment::Attachment;
use crate::store::{StoreError, Tx};

/// The keys of these cases; those that have none are given one.
pub(super) async fn of_cases(
    world: &World,
    parts: &AttachmentParts,
    cases: &[&CaseId],
    now: Timestamp,
    tx: &mut Tx,
) -> Result<HashMap<CaseId, Key>, StoreError> {
    let mut found = tx.case_keys(cases).await?;
    let missing = cases.iter().filter(|case| !found.iter().any(|(known, _)| known == **case));
    let new: Vec<(CaseId, Vec<u8>)> = missing
        .map(|case| {
            let key = Key::make(&*world.chance);
            ((*case).clone(), parts.keys.wrap(&key, case.as_str(), &*world.chance))
        })
        .collect();
    if !new.is_empty() {
        tx.insert_case_keys(&new, now).await?;
        // Somebody may have been faster: theirs is the key.
        found = tx.case_keys(cases).await?;
    }
    let open = |(case, wrapped): (CaseId, Vec<u8>)| match parts.keys.unwrap(&wrapped, case.as_str()) {
        Ok(key) => Ok((case, key)),
        Err(error) => Err(StoreError::Unfit(format!("the key of case {case}: {error}"))),
    };
    found.into_iter().map(open).collect()
}

/// The key of one file.
pub(super) async fn of_attachment(
    world: &World,
    parts: &AttachmentParts,
    row: &Attachment,
) -> Result<Key, Refused> {
    let case = of_case(world, parts, &row.case).await?;
    let unfit = |error| Refused::Unavailable(format!("the key of attachment {}: {error}", row.id));
    case.unwrap(&row.wrapped, &key_name(&row.case, &row.id)).map_err(unfit)
}

/// The key of a case, made if there is none.
pub(super) async fn of_case(world: &World, parts: &AttachmentParts, case: &CaseId) -> Result<Key, Refused> {
    let look = async |mut tx: Tx| tx.case_keys(&[case]).await;
    let found = world.store.read::<_, StoreError, _>("attachment.find_key", look).await?;
    if let Some((_, wrapped)) = found.first() {
        let unfit = |error| Refused::Unavailable(format!("the key of case {case}: {error}"));
        return parts.keys.unwrap(wrapped, case.as_str()).map_err(unfit);
    }
    let now = world.clock.now();
    let get = async |mut tx: Tx| of_cases(world, parts, &[case], now, &mut tx).await;
    let keys = world.store.run_tx("attachment.case_key", get).await?;
    keys.into_values().next().ok_or_else(|| Refused::Unavailable(format!("case {case} has no key")))
}
