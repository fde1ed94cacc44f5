//! Roots and proofs against `tlog_tiles` and `ct-merkle`.

use std::cell::RefCell;

use proptest::prelude::*;
use regbridge::tlog::{
    EMPTY_ROOT, Frontier, Hash, ProofError, Tiles, WalkError, leaf_hash, node_hash, verify_consistency,
    verify_inclusion,
};
use tlog_tiles::{HashReader, check_record, check_tree, prove_record, prove_tree, stored_hashes, tree_hash};

use crate::{Log, entry, leaves};

/// `tlog_tiles`' own storage of hashes.
#[derive(Default)]
pub(crate) struct Oracle(RefCell<Vec<tlog_tiles::Hash>>);

impl HashReader for Oracle {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|&i| self.0.borrow()[usize::try_from(i).unwrap()]).collect())
    }
}

impl Oracle {
    pub(crate) fn of(size: u64) -> Self {
        let oracle = Self::default();
        for index in 0..size {
            let hashes = stored_hashes(index, &entry(index), &oracle).unwrap();
            oracle.0.borrow_mut().extend(hashes);
        }
        oracle
    }

    pub(crate) fn root(&self, size: u64) -> Hash {
        tree_hash(size, self).unwrap().0
    }
}

fn theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(|h| tlog_tiles::Hash(*h)).collect()
}

pub(crate) fn ours(hashes: &[tlog_tiles::Hash]) -> Vec<Hash> {
    hashes.iter().map(|h| h.0).collect()
}

// The sizes at which tiles begin, fill and gain a level.
const EDGES: [u64; 12] = [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537];

#[test]
fn the_published_roots_of_rfc_6962_come_out() {
    let entries: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    // Certificate Transparency's own test data (merkletree/merkle_tree_test).
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let hashes: Vec<Hash> = entries.iter().map(|e| leaf_hash(e)).collect();
    assert_eq!(Frontier::empty().root(), EMPTY_ROOT);
    for (count, root) in (1..).zip(roots) {
        assert_eq!(hex::encode(Frontier::empty().append(&hashes[..count]).root()), root);
    }
}

#[test]
fn every_size_to_2000_has_the_oracles_root_and_proofs() {
    let oracle = Oracle::of(2000);
    let mut frontier = Frontier::empty();
    for size in 1..=2000 {
        let batch = frontier.append(&leaves(size - 1..size));
        let root = oracle.root(size);
        assert_eq!(batch.root(), root, "size {size}");
        let proof = batch.proof(size - 1).unwrap();
        assert_eq!(proof, ours(&prove_record(size, size - 1, &oracle).unwrap()), "size {size}");
        let consistency = batch.consistency();
        if size > 1 {
            assert_eq!(consistency, ours(&prove_tree(size, size - 1, &oracle).unwrap()), "size {size}");
        }
        verify_consistency(size - 1, &frontier.root(), size, &root, &consistency).unwrap();
        frontier = batch.frontier().clone();
    }
}

#[test]
fn ct_merkle_agrees() {
    let mut tree = ct_merkle::mem_backed_tree::MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    let mut frontier = Frontier::empty();
    for size in 1..=600u64 {
        tree.push(entry(size - 1));
        let batch = frontier.append(&leaves(size - 1..size));
        assert_eq!(batch.root()[..], tree.root().as_bytes()[..], "size {size}");
        let theirs = tree.prove_inclusion(usize::try_from(size - 1).unwrap());
        assert_eq!(batch.proof(size - 1).unwrap().as_flattened(), theirs.as_bytes(), "size {size}");
        if size > 1 {
            assert_eq!(batch.consistency().as_flattened(), tree.prove_consistency(1).as_bytes());
        }
        frontier = batch.frontier().clone();
    }
}

#[test]
fn tiles_prove_what_the_oracle_proves_around_every_edge() {
    let oracle = Oracle::of(65_537);
    let mut log = Log::default();
    for size in EDGES {
        log.append(size - log.frontier.size());
        let root = oracle.root(size);
        assert_eq!(log.frontier.root(), root);
        for index in [0, 1, 254, 255, 256, 257, 511, 65_279, 65_280, 65_535, size / 2, size - 1] {
            if index >= size {
                continue;
            }
            let wanted = Tiles::for_inclusion(index, size).unwrap();
            let proof = log.loaded(&wanted).inclusion(index, size).unwrap();
            assert_eq!(proof, ours(&prove_record(size, index, &oracle).unwrap()), "{index} of {size}");
            let leaf = leaf_hash(&entry(index));
            verify_inclusion(&leaf, index, size, &proof, &root).unwrap();
            let (root, leaf) = (tlog_tiles::Hash(root), tlog_tiles::Hash(leaf));
            check_record(&theirs(&proof), size, root, index, leaf).unwrap();
        }
        for old in EDGES.into_iter().filter(|old| *old <= size) {
            let wanted = Tiles::for_consistency(old, size).unwrap();
            let proof = log.loaded(&wanted).consistency(old, size).unwrap();
            assert_eq!(proof, ours(&prove_tree(size, old, &oracle).unwrap()), "{old} to {size}");
            verify_consistency(old, &oracle.root(old), size, &root, &proof).unwrap();
            let (new, old_root) = (tlog_tiles::Hash(root), tlog_tiles::Hash(oracle.root(old)));
            check_tree(&theirs(&proof), size, new, old, old_root).unwrap();
        }
    }
}

#[test]
fn tiles_that_grew_past_the_tree_prove_it_all_the_same() {
    let mut log = Log::default();
    log.append(300);
    let old = log.frontier.root();
    log.append(900);
    let mut tiles = Tiles::default();
    for ((level, number), bytes) in &log.tiles {
        tiles.insert(*level, *number, bytes.clone());
    }
    assert_eq!(tiles.root(300).unwrap(), old);
    let proof = tiles.inclusion(280, 300).unwrap();
    verify_inclusion(&leaf_hash(&entry(280)), 280, 300, &proof, &old).unwrap();
}

#[test]
fn a_missing_tile_and_an_impossible_question_are_errors() {
    let none = Tiles::default();
    assert_eq!(none.inclusion(5, 5), Err(WalkError::NoSuchEntry { index: 5, size: 5 }));
    assert_eq!(none.inclusion(0, 0), Err(WalkError::NoSuchEntry { index: 0, size: 0 }));
    assert_eq!(none.inclusion(4, 5), Err(WalkError::Missing { level: 2, index: 0 }));
    assert_eq!(none.consistency(6, 5), Err(WalkError::Shrinks { old: 6, new: 5 }));
    let batch = Frontier::empty().append(&leaves(0..3)).frontier().append(&leaves(3..6));
    assert!(
        matches!(batch.proof(2), Err(WalkError::Missing { .. })),
        "an older entry's hashes are not at hand"
    );
    assert!(matches!(batch.proof(6), Err(WalkError::NoSuchEntry { .. })));
}

#[test]
fn a_frontier_is_read_back_only_whole() {
    let frontier = Frontier::empty().append(&leaves(0..7)).frontier().clone();
    let bytes = frontier.to_bytes();
    assert_eq!(bytes.len(), 3 * 32);
    assert_eq!(Frontier::from_bytes(7, &bytes).unwrap(), frontier);
    assert!(Frontier::from_bytes(7, &bytes[1..]).is_err());
    assert!(Frontier::from_bytes(7, &bytes[..64]).is_err());
    assert!(Frontier::from_bytes(8, &bytes).is_err());
    assert_eq!(Frontier::from_bytes(0, &[]).unwrap(), Frontier::empty());
}

#[test]
fn proofs_of_a_wrong_length_or_place_do_not_hold() {
    let batch = Frontier::empty().append(&leaves(0..13));
    let (root, leaf) = (batch.root(), leaf_hash(&entry(5)));
    let proof = batch.proof(5).unwrap();
    let check = |index, size, proof: &[Hash]| verify_inclusion(&leaf, index, size, proof, &root);
    assert_eq!(check(5, 13, &proof), Ok(()));
    assert_eq!(check(13, 13, &proof), Err(ProofError::NoSuchEntry { index: 13, size: 13 }));
    assert_eq!(check(5, 13, &proof[1..]), Err(ProofError::WrongLength { found: 3 }));
    let longer = [&proof[..], &[[0; 32]]].concat();
    assert_eq!(check(5, 13, &longer), Err(ProofError::WrongLength { found: 5 }));
    assert_eq!(check(4, 13, &proof), Err(ProofError::WrongRoot));
    // Two sizes of the same shape at this leaf cannot be told apart by the path; only the signed size can.
    assert_eq!(check(12, 13, &proof), Err(ProofError::WrongLength { found: 4 }));
}

#[test]
fn growth_that_rewrites_the_past_is_refused() {
    let old = Frontier::empty().append(&leaves(0..6));
    let mut altered = leaves(0..10);
    altered[2] = [9; 32];
    let forged = Frontier::empty().append(&altered);
    let honest = old.frontier().append(&leaves(6..10));
    let proof = honest.consistency();
    let check = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
        verify_consistency(6, old_root, 10, new_root, proof)
    };
    assert_eq!(check(&old.root(), &honest.root(), &proof), Ok(()));
    assert_eq!(check(&old.root(), &forged.root(), &proof), Err(ProofError::WrongRoot));
    assert_eq!(check(&forged.root(), &honest.root(), &proof), Err(ProofError::WrongOldRoot));
    assert_eq!(check(&old.root(), &honest.root(), &[]), Err(ProofError::WrongLength { found: 0 }));
    let shrinks = verify_consistency(10, &honest.root(), 6, &old.root(), &proof);
    assert_eq!(shrinks, Err(ProofError::Shrinks { old: 10, new: 6 }));
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 6, &old.root(), &[]), Ok(()));
    assert_eq!(verify_consistency(0, &[1; 32], 6, &old.root(), &[]), Err(ProofError::WrongOldRoot));
    assert_eq!(verify_consistency(6, &old.root(), 6, &[1; 32], &[]), Err(ProofError::WrongRoot));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// However entries come in batches, the root is that of one batch, and every entry's proof holds.
    #[test]
    fn batches_do_not_matter(sizes in prop::collection::vec(0u64..700, 1..6)) {
        let mut log = Log::default();
        for count in &sizes {
            let first = log.frontier.size();
            let before = log.frontier.root();
            let batch = log.append(*count);
            prop_assert_eq!(batch.first(), first);
            prop_assert_eq!(batch.size(), first + count);
            let root = batch.root();
            for index in first..first + count {
                let proof = batch.proof(index).unwrap();
                verify_inclusion(&leaf_hash(&entry(index)), index, batch.size(), &proof, &root).unwrap();
            }
            verify_consistency(first, &before, batch.size(), &root, &batch.consistency()).unwrap();
        }
        let size = log.frontier.size();
        prop_assert_eq!(log.frontier.root(), Frontier::empty().append(&leaves(0..size)).root());
    }

    /// One changed bit anywhere in leaf, proof or root is noticed.
    #[test]
    fn a_changed_bit_is_noticed(size in 1u64..600, at in any::<prop::sample::Index>(), bit in 0usize..256, which in any::<prop::sample::Index>()) {
        let batch = Frontier::empty().append(&leaves(0..size));
        let index = at.index(usize::try_from(size).unwrap()) as u64;
        let mut hashes = vec![leaf_hash(&entry(index)), batch.root()];
        hashes.extend(batch.proof(index).unwrap());
        let place = which.index(hashes.len());
        hashes[place][bit / 8] ^= 1 << (bit % 8);
        let held = verify_inclusion(&hashes[0], index, size, &hashes[2..], &hashes[1]);
        prop_assert_eq!(held, Err(ProofError::WrongRoot));
    }

    /// What a stranger sends never panics the check, whatever the sizes.
    #[test]
    fn random_proofs_are_refused(
        index in any::<u64>(), size in any::<u64>(), proof in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let (leaf, root) = ([1; 32], node_hash(&[2; 32], &[3; 32]));
        prop_assert!(verify_inclusion(&leaf, index, size, &proof, &root).is_err());
        prop_assert!(verify_consistency(index, &leaf, size, &root, &proof).is_err());
    }
}
