//! What a witness lets through, with proofs that `tlog_tiles` made.

use proptest::prelude::*;
use regbridge::tlog::{
    AddCheckpoint, BadRequest, Checkpoint, Ed25519Signer, NotCosigned, Origin, Verifier, judge, origin_of,
};
use tlog_tiles::prove_tree;

use crate::tree::{Oracle, ours};
use crate::{Log, signer};

fn head(oracle: &Oracle, size: u64) -> Checkpoint {
    let root = if size == 0 { regbridge::tlog::EMPTY_ROOT } else { oracle.root(size) };
    Checkpoint { origin: Origin::parse("log.example/journal").unwrap(), size, root }
}

/// The other library's proof, from one size to another.
fn request(oracle: &Oracle, old: u64, new: u64) -> AddCheckpoint {
    let proof =
        if old == 0 || old == new { Vec::new() } else { ours(&prove_tree(new, old, oracle).unwrap()) };
    AddCheckpoint { old, proof, checkpoint: head(oracle, new).sign(&[&signer()]).unwrap() }
}

fn known() -> [Verifier; 1] {
    [signer().verifier().clone()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_grows_is_let_through_and_what_was_altered_is_not(old in 0u64..600, more in 0u64..600, flip in 0usize..64) {
        let new = old + more;
        prop_assume!(new > 0);
        let oracle = Oracle::of(new);
        let last = head(&oracle, old);
        let asked = request(&oracle, old, new);
        // Over the wire and back; the same proof as ours makes from tiles.
        let asked = AddCheckpoint::parse(&asked.to_string()).unwrap();
        let mut log = Log::default();
        log.append(new);
        let wanted = regbridge::tlog::Tiles::for_consistency(old, new).unwrap();
        prop_assert_eq!(&log.loaded(&wanted).consistency(old, new).unwrap(), &asked.proof);
        let (through, text) = judge(&asked, &known(), Some(&last)).unwrap();
        prop_assert_eq!((through.size, text), (new, head(&oracle, new).text()));
        // Another root was cosigned before: no proof leads from it.
        let forked = Checkpoint { root: [7; 32], ..last.clone() };
        let refused = judge(&asked, &known(), Some(&forked)).unwrap_err();
        if old == new {
            prop_assert_eq!(refused, NotCosigned::Conflict { size: old });
        } else if old > 0 {
            prop_assert!(matches!(refused, NotCosigned::Inconsistent { .. }), "{:?}", refused);
        }
        if !asked.proof.is_empty() {
            let mut altered = asked.clone();
            let place = flip % altered.proof.len();
            altered.proof[place][flip % 32] ^= 1;
            let refused = judge(&altered, &known(), Some(&last)).unwrap_err();
            prop_assert!(matches!(refused, NotCosigned::Inconsistent { .. }), "{:?}", refused);
        }
    }
}

#[test]
fn a_checkpoint_is_held_against_the_one_cosigned_last() {
    let oracle = Oracle::of(12);
    let last = head(&oracle, 9);
    let refused = |asked: &AddCheckpoint| judge(asked, &known(), Some(&last)).unwrap_err();
    // A smaller one, a larger one from another size, and from nothing.
    assert_eq!(refused(&request(&oracle, 5, 8)), NotCosigned::Conflict { size: 9 });
    assert_eq!(refused(&request(&oracle, 8, 12)), NotCosigned::Conflict { size: 9 });
    assert_eq!(refused(&request(&oracle, 0, 12)), NotCosigned::Conflict { size: 9 });
    assert_eq!(judge(&request(&oracle, 3, 12), &known(), None), Err(NotCosigned::Conflict { size: 0 }));
    // An old size beyond the new one is no request at all.
    let back = AddCheckpoint { old: 10, ..request(&oracle, 9, 9) };
    assert!(matches!(refused(&back), NotCosigned::Malformed(_)));
    // The same again, and the same size with another root.
    assert!(judge(&request(&oracle, 9, 9), &known(), Some(&last)).is_ok());
    let other = Checkpoint { root: [1; 32], ..last.clone() }.sign(&[&signer()]).unwrap();
    let other = AddCheckpoint { old: 9, proof: vec![], checkpoint: other };
    assert_eq!(refused(&other), NotCosigned::Conflict { size: 9 });
    // Nothing proves what has no beginning.
    let surplus = AddCheckpoint { proof: vec![[0; 32]], ..request(&oracle, 0, 12) };
    let refused = judge(&surplus, &known(), None).unwrap_err();
    assert!(matches!(refused, NotCosigned::Inconsistent { old: 0, new: 12, .. }), "{refused:?}");
}

#[test]
fn only_the_log_can_ask() {
    let oracle = Oracle::of(3);
    let asked = request(&oracle, 0, 3);
    assert_eq!(origin_of(&asked).unwrap(), "log.example/journal");
    let stranger = Ed25519Signer::from_seed("log.example/journal", &[1; 32]).unwrap();
    let by_stranger =
        AddCheckpoint { checkpoint: head(&oracle, 3).sign(&[&stranger]).unwrap(), ..asked.clone() };
    assert!(matches!(judge(&by_stranger, &known(), None), Err(NotCosigned::Unsigned(_))));
    let altered = AddCheckpoint { checkpoint: asked.checkpoint.replace("\n3\n", "\n4\n"), ..asked.clone() };
    assert!(matches!(judge(&altered, &known(), None), Err(NotCosigned::Unsigned(_))));
    // Other signatures beside the log's do no harm.
    let both = AddCheckpoint { checkpoint: head(&oracle, 3).sign(&[&stranger, &signer()]).unwrap(), ..asked };
    assert!(judge(&both, &known(), None).is_ok());
}

#[test]
fn the_form_is_kept_to() {
    let text = request(&Oracle::of(12), 9, 12).to_string();
    assert!(text.starts_with("old 9\n") && text.contains("=\n\nlog.example/journal\n12\n"), "{text}");
    let refused = |text: String| AddCheckpoint::parse(&text).unwrap_err();
    for wrong in ["old 09", "old", "old  9", "Old 9", "old +9", "old 9 ", "old 18446744073709551616"] {
        assert_eq!(refused(text.replacen("old 9", wrong, 1)), BadRequest::Old, "{wrong}");
    }
    assert_eq!(refused(String::new()), BadRequest::Old);
    assert_eq!(refused(text.replace('\n', "\r\n")), BadRequest::Old);
    assert_eq!(refused(text.replacen("=\n", "\n", 1)), BadRequest::Proof { line: 2 });
    assert_eq!(refused("old 9\n".to_owned()), BadRequest::TooLong);
    let line = "A".repeat(43) + "=\n";
    let with = |lines: usize| format!("old 9\n{}\ncheckpoint", line.repeat(lines));
    assert_eq!(AddCheckpoint::parse(&with(63)).unwrap().proof.len(), 63);
    assert_eq!(refused(with(64)), BadRequest::TooLong);
    let none = AddCheckpoint::parse(&with(0)).unwrap();
    assert!(matches!(origin_of(&none), Err(NotCosigned::Malformed(_))));
}
