//! The journal: no gaps, and a head that never goes back. The feed that follows it.

use std::sync::atomic::{AtomicU32, Ordering};

use regbridge::domain::digest::Digest;
use regbridge::store::StoreError;
use regbridge::store::journal::{JournalHead, JournalTile};

use crate::bed::{Bed, append, at, event, opened, run};

pub(crate) async fn starts_empty(bed: &Bed) {
    let head = run(&bed.store, async |mut tx| tx.journal_head().await).await.unwrap();
    let empty = *Digest::of(b"").as_bytes();
    let expected =
        JournalHead { size: 0, frontier: Vec::new(), root: empty, checkpoint: String::new(), at: head.at };
    assert_eq!(head, expected);
    assert_eq!(head.at.micros(), 0);
    let entries = run(&bed.store, async |mut tx| tx.journal_entries(0..10).await).await.unwrap();
    assert!(entries.is_empty());
}

pub(crate) async fn keeps_entries_tiles_and_head(bed: &Bed) {
    let entries = [b"one".to_vec(), b"\xFF\x00".to_vec(), vec![b'x'; 65_535]];
    let tiles = [
        JournalTile { level: 0, number: 3, hashes: vec![1; 8192] },
        JournalTile { level: 1, number: 3, hashes: vec![2; 8192] },
    ];
    let head = JournalHead {
        size: 3,
        frontier: vec![0, 255],
        root: [9; 32],
        checkpoint: "签".to_owned(),
        at: at(5),
    };
    let stored = run(&bed.store, async |mut tx| {
        tx.journal_append(0, &entries, &tiles, &head).await?;
        let tile = (tx.journal_tile(0, 3).await?, tx.journal_tile(1, 3).await?, tx.journal_tile(2, 3).await?);
        Ok((tx.journal_head().await?, tx.journal_entries(0..9).await?, tx.journal_entries(1..2).await?, tile))
    });
    let (stored, all, one, tile) = stored.await.unwrap();
    assert_eq!(stored, head);
    assert_eq!(all, entries);
    assert_eq!(one, entries[1..2]);
    assert_eq!(tile, (Some(vec![1; 8192]), Some(vec![2; 8192]), None));
}

pub(crate) async fn refuses_a_stale_size(bed: &Bed) {
    run(&bed.store, async |mut tx| append(&mut tx, 2).await).await.unwrap();
    let runs = AtomicU32::new(0);
    let stale = run(&bed.store, async |mut tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        let head = JournalHead { size: 2, ..tx.journal_head().await? };
        tx.journal_append(1, &[b"fork".to_vec()], &[], &head).await
    });
    let refused = stale.await.unwrap_err();
    assert!(matches!(refused, StoreError::Moved { what: "journal" }), "{refused:?}");
    assert_eq!(runs.into_inner(), 5);
    let entries = run(&bed.store, async |mut tx| tx.journal_entries(0..9).await).await.unwrap();
    assert_eq!(entries, [b"entry 0", b"entry 1"]);
}

pub(crate) async fn has_no_gap_among_writers(bed: &Bed) {
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..32_u64 {
        let store = bed.store.clone();
        writers.spawn(async move {
            for _ in 0..5 {
                run(&store, async |mut tx| append(&mut tx, 1 + writer % 3).await).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let expected: u64 = (0..32).map(|writer| 5 * (1 + writer % 3)).sum();
    let (head, entries) = bed
        .store
        .read("test", async |mut tx| {
            Ok::<_, StoreError>((tx.journal_head().await?, tx.journal_entries(0..10_000).await?))
        })
        .await
        .unwrap();
    assert_eq!(head.size, expected);
    assert_eq!(entries.len() as u64, expected);
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(entry, format!("entry {index}").as_bytes());
    }
}

pub(crate) async fn feeds_events_by_cursor(bed: &Bed) {
    let case = opened(&bed.store, "1").await;
    let events = [event(&case, 0), event(&case, 3), event(&case, 4)];
    run(&bed.store, async |mut tx| tx.insert_events(&events).await).await.unwrap();
    let after = async |cursor, limit| {
        run(&bed.store, async |mut tx| tx.events_after(cursor, limit).await).await.unwrap()
    };
    assert_eq!(after(None, 10).await, events);
    assert_eq!(after(None, 2).await, events[..2]);
    assert_eq!(after(Some(0), 10).await, events[1..]);
    assert_eq!(after(Some(2), 10).await, events[1..]);
    assert_eq!(after(Some(4), 10).await, []);
}
