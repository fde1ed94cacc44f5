//! Imports: one per file and agency, forward only.

use regbridge::clock::{Chance as _, SystemChance};
use regbridge::domain::digest::Digest;
use regbridge::domain::id::ImportId;
use regbridge::domain::kind::Kind;
use regbridge::store::StoreError;
use regbridge::store::import::{Import, ImportProgress, ImportRefusal};

use crate::bed::{Bed, agency, at, opened, record, run};

fn import(agency_name: &str, file: &[u8]) -> Import {
    Import {
        id: ImportId::mint(at(0), &SystemChance),
        agency: agency(agency_name),
        file_digest: Digest::of(file),
        file_size: 5_000_000_000,
        kind: Kind::ComplaintOrder,
        salt: SystemChance.thirty_two(),
        progress: ImportProgress::default(),
        changed_at: at(1),
        started_at: at(1),
        state: "running".to_owned(),
        report: None,
    }
}

async fn stored(bed: &Bed, import: &Import) -> Option<Import> {
    run(&bed.store, async |mut tx| tx.import_by_key(&import.agency, &import.file_digest).await).await.unwrap()
}

pub(crate) async fn keeps_imports_by_their_file(bed: &Bed) {
    let (one, other) = (import("a", b"file"), import("b", b"file"));
    for import in [&one, &other] {
        assert_eq!(stored(bed, import).await, None);
        run(&bed.store, async |mut tx| tx.insert_import(import).await).await.unwrap();
        assert_eq!(stored(bed, import).await.as_ref(), Some(import));
    }
    let again = import("a", b"file");
    let refused = run(&bed.store, async |mut tx| tx.insert_import(&again).await).await.unwrap_err();
    assert!(matches!(refused, StoreError::Taken(_)), "{refused:?}");
    let case = opened(&bed.store, "1").await;
    let brought = regbridge::store::record::Record { import: Some(one.id.clone()), ..record(&case, None) };
    let records = run(&bed.store, async |mut tx| {
        tx.insert_records(std::slice::from_ref(&brought)).await?;
        tx.records_of(&case.id).await
    });
    assert_eq!(records.await.unwrap(), [brought]);
}

pub(crate) async fn goes_forward_from_where_it_was(bed: &Bed) {
    let import = import("a", b"file");
    run(&bed.store, async |mut tx| tx.insert_import(&import).await).await.unwrap();
    let here = ImportProgress { position: 64, offset: 4_300_000_000, accepted: 60, duplicate: 3, refused: 1 };
    let advance = async |from: u64, gather: bool| {
        run(&bed.store, async |mut tx| {
            if gather {
                tx.gather();
            }
            tx.advance_import(&import.id, from, here, at(2)).await?;
            tx.send_gathered().await
        })
        .await
    };
    advance(0, true).await.unwrap();
    assert_eq!(
        stored(bed, &import).await,
        Some(Import { progress: here, changed_at: at(2), ..import.clone() })
    );
    for gather in [false, true] {
        let stale = advance(0, gather).await.unwrap_err();
        assert!(matches!(stale, StoreError::Moved { .. }), "{stale:?}");
    }
    let set = async |from: &str, to: &str, report: Option<&str>| {
        run(&bed.store, async |mut tx| tx.set_import_state((&import.id, 64), from, to, report, at(3)).await)
            .await
    };
    set("running", "finished", Some("{}")).await.unwrap();
    let ended = stored(bed, &import).await.unwrap();
    assert_eq!((ended.state.as_str(), ended.report.as_deref()), ("finished", Some("{}")));
    assert!(matches!(set("running", "broken", None).await, Err(StoreError::Moved { what: "import" })));
    assert!(matches!(advance(64, false).await, Err(StoreError::Moved { .. })), "it does not run any more");
    assert!(set("finished", "asleep", None).await.is_err(), "a state nobody knows");
}

pub(crate) async fn keeps_what_was_refused(bed: &Bed) {
    let (one, other) = (import("a", b"file"), import("b", b"file"));
    let refusal = |position: u64| ImportRefusal {
        position,
        registration_number: position.is_multiple_of(2).then(|| format!("R{position}")),
        problems: "[]".to_owned(),
    };
    let refusals: Vec<ImportRefusal> = (1..=120).map(refusal).collect();
    run(&bed.store, async |mut tx| {
        tx.insert_import(&one).await?;
        tx.insert_import(&other).await?;
        tx.insert_import_refusals(&one.id, &refusals).await?;
        tx.insert_import_refusals(&other.id, &refusals[..1]).await
    })
    .await
    .unwrap();
    let page = async |after: u64| {
        run(&bed.store, async |mut tx| tx.import_refusals(&one.id, after, 100).await).await.unwrap()
    };
    assert_eq!(page(0).await, refusals[..100]);
    assert_eq!(page(100).await, refusals[100..]);
    assert_eq!(page(120).await, []);
    let again =
        run(&bed.store, async |mut tx| tx.insert_import_refusals(&one.id, &refusals[..1]).await).await;
    assert!(matches!(again, Err(StoreError::Taken(_))), "{again:?}");
}
