//! `.tlog-proof` files.

use proptest::prelude::*;
use regbridge::tlog::{BadProof, Checkpoint, Ed25519Signer, Origin, Proof, ProofError, ProofRefused};

use crate::{Log, entry, signer};

/// The proof of the tenth of twelve entries.
fn proof() -> Proof {
    let batch = Log::default().append(12);
    let origin = Origin::parse("log.example/journal").unwrap();
    let checkpoint = Checkpoint { origin, size: batch.size(), root: batch.root() };
    let signed = checkpoint.sign(&[&signer()]).unwrap();
    Proof { extra: Some(b"{}".to_vec()), index: 9, hashes: batch.proof(9).unwrap(), checkpoint: signed }
}

#[test]
fn a_proof_is_printed_as_the_standard_shows_it() {
    let text = proof().to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra e30=", "index 9"]);
    assert_eq!(lines[3..7].iter().map(|l| l.len()).collect::<Vec<_>>(), [44, 44, 44, 0]);
    assert_eq!(lines[7..9], ["log.example/journal", "12"]);
    assert_eq!(Proof::parse(&text).unwrap(), proof());
    let bare = Proof { extra: None, hashes: vec![], ..proof() };
    assert_eq!(Proof::parse(&bare.to_string()).unwrap(), bare);
}

#[test]
fn it_proves_its_entry_and_no_other() {
    let known = [signer().verifier().clone()];
    assert_eq!(proof().verify(&entry(9), &known).unwrap().size, 12);
    let refused = |proof: Proof, of| proof.verify(&entry(of), &known).unwrap_err();
    assert_eq!(refused(proof(), 8), ProofRefused::Entry(ProofError::WrongRoot));
    assert_eq!(refused(Proof { index: 8, ..proof() }, 9), ProofRefused::Entry(ProofError::WrongRoot));
    let outside = ProofError::NoSuchEntry { index: 12, size: 12 };
    assert_eq!(refused(Proof { index: 12, ..proof() }, 9), ProofRefused::Entry(outside));
    let short = Proof { hashes: proof().hashes[1..].to_vec(), ..proof() };
    assert!(matches!(refused(short, 9), ProofRefused::Entry(_)));
    let altered = Proof { checkpoint: proof().checkpoint.replace("\n12\n", "\n13\n"), ..proof() };
    assert!(matches!(refused(altered, 9), ProofRefused::Checkpoint(_)));
    let stranger = Ed25519Signer::from_seed("log.example/journal", &[1; 32]).unwrap();
    let by_stranger = proof().verify(&entry(9), &[stranger.verifier().clone()]);
    assert!(matches!(by_stranger, Err(ProofRefused::Checkpoint(_))));
}

#[test]
fn the_form_is_kept_to() {
    let text = proof().to_string();
    let refused = |text: String| Proof::parse(&text).unwrap_err();
    assert_eq!(refused(String::new()), BadProof::Header);
    assert_eq!(refused(text.replace("@v1", "@v2")), BadProof::Header);
    assert_eq!(refused(text.replace("@v1", "@v1 ")), BadProof::Header);
    assert_eq!(refused(text.replace('\n', "\r\n")), BadProof::Header);
    assert_eq!(refused(text.replace("e30=", "e30")), BadProof::Extra);
    assert_eq!(refused(text.replace("e30=", "e31=")), BadProof::Extra);
    assert_eq!(refused(text.replace("e30=", &"A".repeat(349_528))), BadProof::Extra);
    assert!(Proof::parse(&text.replace("e30=", &"A".repeat(349_524))).is_ok());
    assert_eq!(refused(text.replace("extra ", "Extra ")), BadProof::Index);
    for wrong in ["09", "+9", "-9", "", "9 ", "18446744073709551616"] {
        assert_eq!(refused(text.replace("index 9", &format!("index {wrong}"))), BadProof::Index, "{wrong:?}");
    }
    let cut: String = text.split_inclusive('\n').take(5).collect();
    assert_eq!(refused(cut.clone()), BadProof::NoCheckpoint);
    assert_eq!(refused(cut.clone() + "\n"), BadProof::NoCheckpoint);
    assert_eq!(refused(cut.clone() + "short\n"), BadProof::Hash { place: 3 });
    let hash = format!("{}=\n", "A".repeat(43));
    assert_eq!(refused(cut + &hash.repeat(63)), BadProof::TooManyHashes);
    assert!(matches!(refused(text + &"\n".repeat(2 << 20)), BadProof::TooLong { .. }));
}

proptest! {
    #[test]
    fn random_text_is_refused_or_printed_back(
        text in "c2sp.org/tlog-proof@v1\n(extra [A-Za-z0-9=]{0,8}\n)?(index [0-9]{1,3}\n)?([A-Za-z0-9+/]{43}=\n){0,3}\n?(\\PC|\n)*|\\PC*",
    ) {
        if let Ok(proof) = Proof::parse(&text) {
            prop_assert_eq!(proof.to_string(), text);
            prop_assert!(proof.verify(b"", &[signer().verifier().clone()]).is_err());
        }
    }
}
