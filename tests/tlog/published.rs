//! A published log is found whole, and whatever is done to it is found and named.

use std::collections::BTreeMap;

use regbridge::tlog::published::{Fault, Whole, check};
use regbridge::tlog::{
    BadBundle, Checkpoint, Origin, Row, Tile, decode_bundle, encode_bundle, tiles_between,
};

use crate::{Log, entry, signer};

type Files = BTreeMap<String, Vec<u8>>;

/// A log as it would be exported: checkpoint, bundles, tiles.
fn published(size: u64) -> Files {
    let mut log = Log::default();
    log.append(size);
    let origin = Origin::parse("log.example/journal").unwrap();
    let checkpoint = Checkpoint { origin, size, root: log.frontier.root() };
    let mut files = Files::new();
    files.insert("checkpoint".into(), checkpoint.sign(&[&signer()]).unwrap().into_bytes());
    for tile in tiles_between(0, size) {
        let bytes = match tile.row {
            Row::Entries => bundle(tile),
            Row::Hashes(level) => log.tiles[&(level, tile.number)].clone(),
        };
        files.insert(tile.path(), bytes);
    }
    files
}

fn bundle(tile: Tile) -> Vec<u8> {
    let first = tile.number * 256;
    let entries: Vec<Vec<u8>> = (first..first + u64::from(tile.width)).map(entry).collect();
    encode_bundle(&entries).unwrap()
}

fn checked(files: &Files) -> Result<Whole, (String, Fault<String>)> {
    let read = |path: &str| Ok(files.get(path).cloned());
    check(&read, &[signer().verifier().clone()]).map_err(|broken| (broken.file, broken.fault))
}

fn broken(files: &Files) -> (String, Fault<String>) {
    checked(files).unwrap_err()
}

#[test]
fn whole_logs_are_whole() {
    for size in [0, 1, 2, 255, 256, 257, 600, 65_536, 66_000] {
        let whole = checked(&published(size)).unwrap();
        assert_eq!(whole.checkpoint.size, size);
        assert_eq!(whole.bundles, size.div_ceil(256));
        assert_eq!(whole.bundles + whole.tiles, tiles_between(0, size).count() as u64);
    }
}

#[test]
fn a_partial_tile_may_have_given_way_to_the_full_one() {
    let (mut files, larger) = (published(600), published(1024));
    for (partial, full) in [("tile/0/002.p/88", "tile/0/002"), ("tile/entries/002.p/88", "tile/entries/002")]
    {
        files.remove(partial);
        files.insert(full.into(), larger[full].clone());
    }
    checked(&files).unwrap();
}

#[test]
fn an_altered_entry_is_named() {
    let mut files = published(600);
    let bytes = files.get_mut("tile/entries/001").unwrap();
    let mut entries: Vec<Vec<u8>> =
        decode_bundle(bytes, 256).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    entries[44] = b"never happened".to_vec();
    *bytes = encode_bundle(&entries).unwrap();
    let (file, fault) = broken(&files);
    assert_eq!(file, "tile/0/001");
    assert!(matches!(fault, Fault::Hash { place: 44, first: 300, last: 300 }), "{fault}");
}

#[test]
fn a_forger_who_also_alters_the_tiles_is_caught_by_the_checkpoint() {
    let mut files = published(600);
    let first = b"entry 0".to_vec();
    let bytes = files.get_mut("tile/entries/000").unwrap();
    let mut entries: Vec<Vec<u8>> =
        decode_bundle(bytes, 256).unwrap().into_iter().map(<[u8]>::to_vec).collect();
    assert_eq!(entries[0], first);
    entries[0] = b"entry X".to_vec();
    *bytes = encode_bundle(&entries).unwrap();
    let leaves: Vec<_> = entries.iter().map(|e| regbridge::tlog::leaf_hash(e)).collect();
    files.insert("tile/0/000".into(), leaves.as_flattened().to_vec());
    let (file, fault) = broken(&files);
    assert_eq!(file, "tile/1/000.p/2");
    assert!(matches!(fault, Fault::Hash { place: 0, first: 0, last: 255 }), "{fault}");
    let root = regbridge::tlog::Frontier::empty().append(&leaves).root();
    files.get_mut("tile/1/000.p/2").unwrap()[..32].copy_from_slice(&root);
    let (file, fault) = broken(&files);
    assert_eq!(file, "checkpoint");
    assert!(matches!(fault, Fault::Root { size: 600, .. }), "{fault}");
}

#[test]
fn every_flipped_byte_of_every_file_is_found() {
    let whole = published(300);
    for path in whole.keys() {
        for at in [0, 1, 2, 40, whole[path].len() / 2, whole[path].len() - 1] {
            let mut files = whole.clone();
            files.get_mut(path).unwrap()[at.min(whole[path].len() - 1)] ^= 1;
            assert!(checked(&files).is_err(), "{path} at {at}");
        }
    }
}

#[test]
fn missing_cut_and_padded_files_are_named() {
    let whole = published(300);
    for path in whole.keys() {
        let mut files = whole.clone();
        files.remove(path);
        let (file, fault) = broken(&files);
        assert_eq!(&file, path);
        assert!(matches!(fault, Fault::Missing), "{fault}");
        for change in [-1, 1] {
            let mut files = whole.clone();
            let bytes = files.get_mut(path).unwrap();
            match change {
                -1 => bytes.truncate(bytes.len() - 1),
                _ => bytes.push(b'x'),
            }
            assert_eq!(&broken(&files).0, path);
        }
    }
    let mut files = whole.clone();
    files.get_mut("tile/entries/001.p/44").unwrap().truncate(100);
    let (_, fault) = broken(&files);
    assert!(
        matches!(fault, Fault::Bundle { entry: 265, cause: BadBundle::CutShort { place: 9, .. } }),
        "{fault}"
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let files = published(300);
    let read =
        |path: &str| if path == "tile/0/000" { Err("disk on fire") } else { Ok(files.get(path).cloned()) };
    let broken = check(&read, &[signer().verifier().clone()]).unwrap_err();
    assert_eq!(broken.to_string(), "tile/0/000: cannot be read: disk on fire");
    let missing = check(&|_: &str| Ok::<_, String>(None), &[]).unwrap_err();
    assert_eq!(missing.to_string(), "checkpoint: is missing");
}
