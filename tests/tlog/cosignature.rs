//! Cosignatures, beside `signed_note`, whose reader and Ed25519 are not ours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regbridge::tlog::{
    BadKey, Checkpoint, CheckpointError, Cosigner, Ed25519Signer, NoteError, Origin, Quorum, QuorumError,
    WitnessKey,
};

use crate::signer;

const AT: u64 = 1_795_397_400;

fn witness(name: &str, seed: u8) -> Cosigner {
    Cosigner::from_seed(name, &[seed; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: Origin::parse("log.example/journal").unwrap(), size: 3, root: [5; 32] }
}

fn quorum(of: &[&Cosigner], needed: usize) -> Quorum {
    Quorum { witnesses: of.iter().map(|one| one.key().clone()).collect(), needed }
}

/// The other library's verifier, told how a cosignature's message is made.
struct Theirs {
    name: String,
    key_id: u32,
    ed25519: signed_note::StandardVerifier,
}

impl Theirs {
    /// From our printed key, by its bytes alone.
    fn of(vkey: &str) -> Self {
        let mut parts = vkey.splitn(3, '+');
        let (name, id, key) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let mut key = STANDARD.decode(key).unwrap();
        let key_id = signed_note::key_id(name, &key);
        assert_eq!((id, key[0], key.len()), (format!("{key_id:08x}").as_str(), 4, 33));
        key[0] = 1;
        let plain = format!("{name}+{:08x}+{}", signed_note::key_id(name, &key), STANDARD.encode(&key));
        let ed25519 = signed_note::StandardVerifier::new(&plain).unwrap();
        Self { name: name.to_owned(), key_id, ed25519 }
    }
}

impl signed_note::Verifier for Theirs {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.key_id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        assert_eq!(signature.len(), 72);
        let time = u64::from_be_bytes(signature[..8].try_into().unwrap());
        let message = [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat();
        signed_note::Verifier::verify(&self.ed25519, &message, &signature[8..])
    }
}

#[test]
fn the_other_library_verifies_our_cosignatures_in_a_note_of_many() {
    let (one, two) = (witness("witness.example/one", 1), witness("witness.example/two", 2));
    let text = checkpoint().text();
    let note = checkpoint().sign(&[&signer()]).unwrap() + &one.cosign(&text, AT) + &two.cosign(&text, 0);
    let log = signed_note::StandardVerifier::new(&signer().verifier().to_string()).unwrap();
    let theirs = |cosigner: &Cosigner| Box::new(Theirs::of(&cosigner.key().to_string()));
    let known = signed_note::VerifierList::new(vec![Box::new(log), theirs(&one), theirs(&two)]);
    let read = signed_note::Note::from_bytes(note.as_bytes()).unwrap();
    assert_eq!(read.verify(&known).unwrap().0.len(), 3);
    // And the same note by ours.
    let (opened, cosignatures) =
        quorum(&[&two, &one], 2).open(&note, &[signer().verifier().clone()]).unwrap();
    assert_eq!(opened, checkpoint());
    let said: Vec<(&str, u64)> = cosignatures.iter().map(|one| (one.witness.as_str(), one.at)).collect();
    assert_eq!(said, [("witness.example/one", AT), ("witness.example/two", 0)]);
    assert_eq!(cosignatures[0].line, one.cosign(&text, AT));
}

#[test]
fn keys_are_printed_and_read_and_are_no_log_keys() {
    let key = witness("witness.example/one", 1).key().clone();
    assert_eq!(WitnessKey::parse(&key.to_string()).unwrap(), key);
    let log = Ed25519Signer::from_seed("witness.example/one", &[1; 32]).unwrap();
    assert_eq!(WitnessKey::parse(&log.verifier().to_string()), Err(BadKey::NoWitness));
    assert_ne!(log.verifier().key_id(), key.key_id());
    let mistyped = key.to_string().replacen("one+", "two+", 1);
    assert!(matches!(WitnessKey::parse(&mistyped), Err(BadKey::Id { .. })), "{mistyped}");
    assert_eq!(WitnessKey::new("a b", [0; 32]), Err(BadKey::Name));
}

#[test]
fn a_cosignature_vouches_for_its_text_its_time_and_its_key_alone() {
    let (one, two) = (witness("w/one", 1), witness("w/two", 2));
    let text = checkpoint().text();
    let signed = checkpoint().sign(&[&signer()]).unwrap();
    let log = [signer().verifier().clone()];
    let bad = |who: &Cosigner| {
        let note = NoteError::BadSignature { name: who.key().name().into(), key_id: who.key().key_id() };
        Err(QuorumError::Checkpoint(CheckpointError::Note(note)))
    };
    let missing = |found, needed| Err(QuorumError::Missing { found, needed });
    let both = quorum(&[&one, &two], 2);
    // Of another text.
    let other = Checkpoint { size: 4, ..checkpoint() }.text();
    assert_eq!(both.open(&(signed.clone() + &one.cosign(&other, AT)), &log), bad(&one));
    // Of another time.
    let line = one.cosign(&text, AT);
    let mut blob = STANDARD.decode(line.trim().rsplit(' ').next().unwrap()).unwrap();
    blob[11] ^= 1;
    let moved = format!("— w/one {}\n", STANDARD.encode(&blob));
    assert_eq!(both.open(&(signed.clone() + &moved), &log), bad(&one));
    // A plain signature under a witness's id, or one cut short, is none.
    for length in [4, 5, 12, 68] {
        let cut = format!("— w/one {}\n", STANDARD.encode(&blob[..length]));
        assert!(both.open(&(signed.clone() + &cut), &log).is_err(), "{length}");
    }
    // One witness twice is one; a stranger's word counts for nothing; the log's is always wanted.
    let twice = signed.clone() + &line + &one.cosign(&text, AT + 1);
    assert_eq!(both.open(&twice, &log), missing(1, 2));
    let strange = signed.clone() + &witness("w/three", 3).cosign(&text, AT) + &line;
    assert_eq!(both.open(&strange, &log), missing(1, 2));
    assert!(Quorum { needed: 1, ..both.clone() }.open(&strange, &log).is_ok());
    let unsigned = format!("{text}\n{line}{}", two.cosign(&text, AT));
    let refused = both.open(&unsigned, &log).unwrap_err();
    assert!(matches!(refused, QuorumError::Checkpoint(CheckpointError::Note(NoteError::Unverified))));
    // One key under two names is one witness.
    let alias = witness("w/alias", 1);
    let aliased = signed + &line + &alias.cosign(&text, AT);
    assert_eq!(quorum(&[&one, &alias], 2).open(&aliased, &log), missing(1, 2));
}
