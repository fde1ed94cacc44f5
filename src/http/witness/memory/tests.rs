//! One root of one size, whoever asks at once and whatever is on disk.

use super::*;
use crate::tlog::{Ed25519Signer, Frontier, leaf_hash};

const ORIGIN: &str = "log.example/journal";

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn open(folder: &Path) -> Result<Memory, MemoryError> {
    let cosigner = Cosigner::from_seed("witness.example", &[1; 32]).unwrap();
    let known = (Origin::parse(ORIGIN).unwrap(), vec![signer().verifier().clone()]);
    Memory::open(folder, cosigner, [known])
}

/// A checkpoint of `size` entries whose last one is `last`, asked for from nothing.
fn asked(size: u8, last: u8) -> AddCheckpoint {
    let mut leaves: Vec<_> = (1..size).map(|n| leaf_hash(&[n])).collect();
    leaves.push(leaf_hash(&[last]));
    let root = Frontier::empty().append(&leaves).root();
    let checkpoint = Checkpoint { origin: Origin::parse(ORIGIN).unwrap(), size: size.into(), root };
    AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: checkpoint.sign(&[&signer()]).unwrap() }
}

#[test]
fn of_many_forks_at_once_one_is_cosigned() {
    let folder = tempfile::tempdir().unwrap();
    let memory = open(folder.path()).unwrap();
    let lines: Vec<bool> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8u8)
            .map(|n| {
                scope.spawn({
                    let memory = &memory;
                    move || memory.cosign(&asked(5, n), 1).is_ok()
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert_eq!(lines.iter().filter(|cosigned| **cosigned).count(), 1, "{lines:?}");
}

#[test]
fn what_was_cosigned_is_known_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let memory = open(&state).unwrap();
    memory.cosign(&asked(5, 5), 1).unwrap();
    assert!(matches!(open(&state), Err(MemoryError::Taken { .. })));
    drop(memory);
    let memory = open(&state).unwrap();
    let again = AddCheckpoint { old: 5, ..asked(5, 5) };
    assert!(memory.cosign(&again, 2).is_ok());
    for asked in [asked(5, 5), asked(6, 6), AddCheckpoint { old: 5, ..asked(5, 9) }] {
        let refused = memory.cosign(&asked, 2).unwrap_err();
        assert!(
            matches!(refused, MemoryError::Refused(NotCosigned::Conflict { size: 5 })),
            "{asked}: {refused}"
        );
    }
}

#[test]
fn nothing_is_cosigned_that_cannot_be_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let memory = open(folder.path()).unwrap();
    // Where the file is to be there is a folder: for root, too, no rename goes through.
    let path = place(folder.path(), ORIGIN);
    fs::create_dir_all(path.join("in the way")).unwrap();
    assert!(matches!(memory.cosign(&asked(5, 5), 1), Err(MemoryError::File { .. })));
    fs::remove_dir_all(&path).unwrap();
    // Another fork is as good now: the first got no cosignature.
    assert!(memory.cosign(&asked(5, 9), 1).is_ok());
}

#[test]
fn a_damaged_memory_is_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = place(folder.path(), ORIGIN);
    for wrong in
        ["", "log.example/journal\n5\n", "other.example\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"]
    {
        fs::write(&path, wrong).unwrap();
        assert!(matches!(open(folder.path()), Err(MemoryError::Damaged { .. })), "{wrong:?}");
    }
}
