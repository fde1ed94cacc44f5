//! Checkpoints, against the standard's example and `tlog_tiles`.

use proptest::prelude::*;
use regbridge::tlog::{BadCheckpoint, Checkpoint, CheckpointError, Ed25519Signer, NoteError, Origin};

use crate::signer;

const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: Origin::parse("log.example/journal").unwrap(), size: 3, root: [5; 32] }
}

#[test]
fn the_standards_example_is_read_and_printed() {
    let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
    assert_eq!(checkpoint.origin.as_str(), "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size, 20_852_163);
    assert_eq!(checkpoint.text(), EXAMPLE);
    let theirs = tlog_tiles::Checkpoint::from_bytes(EXAMPLE.as_bytes()).unwrap();
    assert_eq!((theirs.size(), theirs.hash().0), (checkpoint.size, checkpoint.root));
}

#[test]
fn what_strays_is_refused() {
    let refused = |text: String| Checkpoint::parse(&text).unwrap_err();
    let size = |size: &str| refused(EXAMPLE.replace("20852163", size));
    for wrong in ["020852163", "00", "+1", "-1", "1 ", " 1", "1e3", "18446744073709551616", "٣"] {
        assert_eq!(size(wrong), BadCheckpoint::Size, "{wrong}");
    }
    assert!(Checkpoint::parse(&EXAMPLE.replace("20852163", "18446744073709551615")).is_ok());
    assert!(Checkpoint::parse(&EXAMPLE.replace("20852163", "0")).is_ok());
    assert_eq!(size(""), BadCheckpoint::Lines);
    assert_eq!(refused(EXAMPLE.trim_end().to_owned()), BadCheckpoint::Lines);
    assert_eq!(refused(format!("{EXAMPLE}\n")), BadCheckpoint::Lines);
    assert_eq!(refused(format!("\n{EXAMPLE}")), BadCheckpoint::Lines);
    assert_eq!(refused("a\n1\n".to_owned()), BadCheckpoint::Lines);
    assert_eq!(refused(String::new()), BadCheckpoint::Lines);
    assert_eq!(refused(EXAMPLE.replace("q2I=", "q2I")), BadCheckpoint::Root);
    assert_eq!(refused(EXAMPLE.replace("q2I=", "q2J=")), BadCheckpoint::Root);
    assert_eq!(refused(EXAMPLE.replace("CsUY", "")), BadCheckpoint::Root);
    assert!(matches!(refused(EXAMPLE.replace("behind-the", "behind the")), BadCheckpoint::Origin(_)));
    assert_eq!(Checkpoint::parse(&format!("{EXAMPLE}extension\n")).unwrap().text(), EXAMPLE);
    for wrong in ["", "two\nlines", "a b", "a+b", "a\u{a0}b", "a\u{85}b", "\u{7f}"] {
        assert!(Origin::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn only_the_log_itself_vouches_for_its_head() {
    let log = signer();
    let witness = Ed25519Signer::from_seed("witness.example", &[8; 32]).unwrap();
    let known = [log.verifier().clone(), witness.verifier().clone()];
    let both = checkpoint().sign(&[&log, &witness]).unwrap();
    assert_eq!(Checkpoint::open(&both, &known).unwrap(), checkpoint());
    let alone = checkpoint().sign(&[&witness]).unwrap();
    let origin = checkpoint().origin;
    assert_eq!(Checkpoint::open(&alone, &known), Err(CheckpointError::OriginUnsigned { origin }));
    let altered = both.replacen("\n3\n", "\n4\n", 1);
    let refused = Checkpoint::open(&altered, &known).unwrap_err();
    assert!(matches!(refused, CheckpointError::Note(NoteError::BadSignature { .. })));
    let key = log.verifier().to_string();
    let list =
        signed_note::VerifierList::new(vec![Box::new(signed_note::StandardVerifier::new(&key).unwrap())]);
    let theirs = signed_note::Note::from_bytes(both.as_bytes()).unwrap();
    assert_eq!(theirs.verify(&list).unwrap().0.len(), 1);
    assert_eq!(tlog_tiles::Checkpoint::from_bytes(theirs.text()).unwrap().hash().0, [5; 32]);
}

proptest! {
    #[test]
    fn what_is_printed_is_read_by_both(size in any::<u64>(), root in any::<[u8; 32]>()) {
        let checkpoint = Checkpoint { size, root, ..checkpoint() };
        let text = checkpoint.text();
        prop_assert_eq!(Checkpoint::parse(&text), Ok(checkpoint));
        let theirs = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
        prop_assert_eq!((theirs.size(), theirs.hash().0), (size, root));
    }

    /// What we accept, the other library accepts too.
    #[test]
    fn random_text_is_refused_or_sound(text in "([a-z+ ]{0,4}\n[0-9 +]{0,5}\n[A-Za-z0-9+/]{42}[AQgw0]=\n[a-z\n]{0,4})|\\PC*") {
        if Checkpoint::parse(&text).is_ok() {
            prop_assert!(tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).is_ok());
        }
    }
}
