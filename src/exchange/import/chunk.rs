//! One transaction of an import.
//!
//! Promise: cases, records, entries, events, what was refused, and how far the import came are written together, or
//! nothing of them.

use std::collections::BTreeSet;

use crate::domain::agency::Agency;
use crate::domain::id::ImportId;
use crate::exchange::bad_record::BadRecord;
use crate::exchange::deadline::settle;
use crate::exchange::entry::{self, Counts};
use crate::exchange::gateway::World;
use crate::exchange::import::reader::Chunk;
use crate::exchange::intake::cases::{Cases, Fate, Key, key_of};
use crate::exchange::intake::facts::{counts, record};
use crate::exchange::intake::rows::{Origin, Rows, Taken};
use crate::store::import::{ImportProgress, ImportRefusal};
use crate::store::{Known, StoreError, Tx};

/// Settles the records of a chunk; how far the import is now.
pub(super) async fn apply(
    world: &World,
    (import, agency): (&ImportId, &Agency),
    chunk: &Chunk,
    before: ImportProgress,
    tx: &mut Tx,
) -> Result<ImportProgress, StoreError> {
    let keys: BTreeSet<Key> = chunk.items.iter().map(|item| key_of(&agency.id, item)).collect();
    let keys: Vec<_> =
        keys.iter().map(|(agency, topic, number)| (agency, topic.as_str(), number.as_str())).collect();
    let Known { head, cases, .. } = tx.lock_and_look_up(&[], &keys).await?;
    let mut cases = Cases::new(cases, world.laws.load_full());
    let stored = cases.stored();
    if !stored.is_empty() {
        cases.timed(tx.deadlines_of(&stored).await?);
    }
    let mut doubtful = cases.doubtful(&agency.id, &chunk.items);
    doubtful.sort_unstable();
    doubtful.dedup();
    if !doubtful.is_empty() {
        cases.had(&tx.records_of_cases(&doubtful).await?);
    }

    let now = world.clock.now();
    let fates: Vec<Fate> = chunk.items.iter().map(|item| cases.fate(agency, item, now, true)).collect();
    let (mut entries, mut taken) = (Vec::new(), Vec::new());
    let origin = Origin::Import(import);
    for (item, fate) in chunk.items.iter().zip(&fates) {
        if let Fate::Taken { case, .. } = fate {
            let journal_index = head.size + entries.len() as u64;
            taken.push(Taken { agency, origin, item, case, journal_index });
        }
        let fact = record(&agency.id, origin, item, fate);
        entries.extend(fact.map(|fact| entry::bytes(&fact, now)));
    }
    let progress = after(before, counts(&fates, &chunk.bad), chunk);

    let changes = cases.into_changes();
    tx.update_cases(&changes.changed).await?;
    tx.put_deadlines(&changes.moved).await?;
    tx.gather();
    tx.insert_cases(&changes.opened).await?;
    tx.insert_deadlines(&changes.begun).await?;
    Rows::of(world, taken.into_iter(), now).write(tx).await?;
    tx.insert_import_refusals(import, &refusals(chunk, &fates)).await?;
    tx.advance_import(import, before.position, progress, now).await?;
    if !entries.is_empty() {
        world.journal.grow(&head, entries, now)?.write(tx).await?;
    }
    tx.send_gathered().await?;
    for (case, settled) in &changes.settled {
        settle(tx, world, case, settled).await?;
    }
    Ok(progress)
}

fn after(before: ImportProgress, counts: Counts, chunk: &Chunk) -> ImportProgress {
    ImportProgress {
        position: chunk.position,
        offset: chunk.offset,
        accepted: before.accepted + counts.accepted,
        duplicate: before.duplicate + counts.duplicate,
        refused: before.refused + counts.refused,
    }
}

fn refusals(chunk: &Chunk, fates: &[Fate]) -> Vec<ImportRefusal> {
    let by_case = chunk.items.iter().zip(fates).filter_map(|(item, fate)| match fate {
        Fate::Refused(why) => {
            let number = item.record.registration_number().to_owned();
            Some(BadRecord::new(item.index, Some(number), why))
        }
        Fate::Taken { .. } | Fate::Duplicate(_) => None,
    });
    let refusal = |bad: BadRecord| ImportRefusal {
        position: u64::from(bad.index),
        problems: serde_json::to_string(&bad.problems)
            .expect("a problem has text keys and no failing members"),
        registration_number: bad.registration_number,
    };
    chunk.bad.iter().cloned().chain(by_case).map(refusal).collect()
}
