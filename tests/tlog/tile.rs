//! Tile paths, widths and bundles.

use proptest::prelude::*;
use regbridge::tlog::{BadBundle, FULL, Row, Tile, decode_bundle, encode_bundle, tiles_between};

fn hashes(level: u8, number: u64, width: u16) -> Tile {
    Tile { row: Row::Hashes(level), number, width }
}

#[test]
fn paths_are_those_of_the_standard() {
    let tile = hashes(0, 1_234_067, FULL);
    assert_eq!(tile.path(), "tile/0/x001/x234/067");
    assert_eq!(hashes(63, 0, 1).path(), "tile/63/000.p/1");
    assert_eq!(Tile { row: Row::Entries, number: 273, width: 112 }.path(), "tile/entries/273.p/112");
    assert_eq!(hashes(1, u64::MAX, FULL).path(), "tile/1/x018/x446/x744/x073/x709/x551/615");
    for wrong in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/+1/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/000/",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/000 ",
        "tile/0/../000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
        "tile/0/٠٠٠",
    ] {
        assert!(Tile::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_worked_sizes_of_the_standard_come_out() {
    // tlog-tiles: 70,000 entries are 273 full tiles and one of 112; above, one full of 256 and one of 17; then one.
    let all: Vec<Tile> = tiles_between(0, 70_000).filter(|t| t.row != Row::Entries).collect();
    assert_eq!(all.iter().filter(|t| t.row == Row::Hashes(0) && t.is_full()).count(), 273);
    assert_eq!(all[273], hashes(0, 273, 112));
    assert_eq!(all[274..], [hashes(1, 0, 256), hashes(1, 1, 17), hashes(2, 0, 1)]);
    assert_eq!(tiles_between(0, 70_000).filter(|t| t.row == Row::Entries).count(), 274);
    let all: Vec<Tile> = tiles_between(0, 256).collect();
    let bundle = Tile { row: Row::Entries, number: 0, width: 256 };
    assert_eq!(all, [bundle, hashes(0, 0, 256), hashes(1, 0, 1)]);
    assert_eq!(tiles_between(0, 0).count(), 0);
    assert_eq!(tiles_between(300, 300).count(), 0);
    let some: Vec<Tile> = tiles_between(255, 256).filter(|t| t.row != Row::Entries).collect();
    assert_eq!(some, [hashes(0, 0, 256), hashes(1, 0, 1)]);
}

#[test]
fn bundles_are_lengths_and_entries() {
    let bytes = encode_bundle(&[&b"ab"[..], b"", b"c"]).unwrap();
    assert_eq!(bytes, b"\0\x02ab\0\0\0\x01c");
    assert_eq!(decode_bundle(&bytes, 3).unwrap(), [&b"ab"[..], b"", b"c"]);
    assert_eq!(decode_bundle(&bytes, 2), Err(BadBundle::Surplus { surplus: 3 }));
    assert_eq!(decode_bundle(&bytes, 4), Err(BadBundle::CutShort { place: 3, length: 9 }));
    assert_eq!(decode_bundle(&bytes[..8], 3), Err(BadBundle::CutShort { place: 2, length: 8 }));
    let longest = vec![7; 65_535];
    assert_eq!(decode_bundle(&encode_bundle(&[&longest]).unwrap(), 1).unwrap(), [&longest[..]]);
    assert_eq!(
        encode_bundle(&[vec![], vec![7; 65_536]]),
        Err(BadBundle::TooLong { place: 1, length: 65_536 })
    );
}

proptest! {
    #[test]
    fn a_path_leads_back_to_its_tile(level in 0u8..64, number in any::<u64>(), width in 1u16..=256, entries: bool) {
        let row = if entries { Row::Entries } else { Row::Hashes(level) };
        let tile = Tile { row, number, width };
        prop_assert_eq!(Tile::parse(&tile.path()), Ok(tile));
    }

    /// The other library's path is ours below `tile/8`, and it names the same new tiles.
    #[test]
    fn the_oracle_names_the_same_tiles(old in 0u64..200_000, more in 0u64..2_000) {
        let theirs: Vec<String> = tlog_tiles::Tile::new_tiles(8, old, old + more)
            .into_iter().map(|t| t.path().replacen("tile/8/", "tile/", 1)).collect();
        let ours: Vec<String> =
            tiles_between(old, old + more).filter(|t| t.row != Row::Entries).map(|t| t.path()).collect();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn random_text_is_at_most_one_tile(text in "(tile/)?[0-9entris]{0,7}/?[x0-9/]{0,30}(\\.p/[0-9]{0,4})?|\\PC*") {
        if let Ok(tile) = Tile::parse(&text) {
            prop_assert_eq!(tile.path(), text);
        }
    }

    #[test]
    fn random_bundles_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), width in 0u16..=256) {
        if let Ok(entries) = decode_bundle(&bytes, width) {
            prop_assert_eq!(encode_bundle(&entries).unwrap(), bytes);
        }
    }
}
