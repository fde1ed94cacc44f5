//! Signed notes and verifier keys, against the standard's examples and `signed_note`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use regbridge::tlog::{BadKey, Ed25519Signer, NoteError, Signer, Verifier, open, sign};

const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNATURE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

fn peter() -> Ed25519Signer {
    let seed: [u8; 32] = STANDARD.decode(SEED).unwrap()[1..].try_into().unwrap();
    Ed25519Signer::from_seed("PeterNeumann", &seed).unwrap()
}

fn named(name: &str, seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(name, &[seed; 32]).unwrap()
}

#[test]
fn the_note_of_go_comes_out_byte_for_byte() {
    let note = sign(TEXT, &[&peter()]).unwrap();
    assert_eq!(note, format!("{TEXT}\n{SIGNATURE}"));
    let opened = open(&note, &[Verifier::parse(KEY).unwrap()]).unwrap();
    assert_eq!(
        (opened.text.as_str(), opened.signed_by),
        (TEXT, vec![("PeterNeumann".to_owned(), 0xc74f_20a3)])
    );
}

#[test]
fn verifier_keys_are_printed_and_read() {
    for key in [KEY, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"] {
        assert_eq!(Verifier::parse(key).unwrap().to_string(), key);
    }
    assert_eq!(peter().verifier().to_string(), KEY);
    let parse = |text: &str| Verifier::parse(text).unwrap_err();
    assert_eq!(parse("PeterNeumann+c74f20a3"), BadKey::Form);
    assert_eq!(parse(&KEY.replace("c74f20a3", "c74f20a")), BadKey::Form);
    assert_eq!(parse(&KEY.replace("c74f20a3", "+74f20a3")), BadKey::Form);
    assert_eq!(parse(&KEY.replace("TW", "T!")), BadKey::Form);
    assert_eq!(parse(&KEY.replace("+A", "+B")), BadKey::Kind);
    assert_eq!(parse(&KEY.replace("y10TW", "")), BadKey::Form);
    assert_eq!(parse("a+00000000+AQ=="), BadKey::Kind);
    assert_eq!(parse(&KEY.replace("Peter", "Peter ")), BadKey::Name);
    let wrong = BadKey::Id { expected: 0xc74f_20a3, found: 0xc74f_20a4 };
    assert_eq!(parse(&KEY.replace("20a3", "20a4")), wrong);
    for name in ["", "a b", "a+b", "a\u{3000}b", "a\nb"] {
        assert_eq!(Verifier::new(name, [0; 32]), Err(BadKey::Name), "{name:?}");
    }
}

#[test]
fn the_other_library_reads_ours_and_we_read_theirs() {
    let text = "一\n\n二\n";
    let ours = sign(text, &[&peter()]).unwrap();
    let theirs = signed_note::Note::from_bytes(ours.as_bytes()).unwrap();
    let known =
        signed_note::VerifierList::new(vec![Box::new(signed_note::StandardVerifier::new(KEY).unwrap())]);
    assert_eq!(theirs.verify(&known).unwrap().0.len(), 1);
    let key = format!("PRIVATE+KEY+PeterNeumann+c74f20a3+{SEED}");
    let mut note = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&signed_note::StandardSigner::new(&key).unwrap()]).unwrap();
    assert_eq!(note.to_bytes(), ours.as_bytes());
    assert_eq!(open(&ours, &[peter().verifier().clone()]).unwrap().text, text);
}

#[test]
fn unknown_keys_are_passed_over_and_known_ones_must_fit() {
    let (known, other) = (named("known", 1), named("other", 2));
    let verifier = known.verifier().clone();
    let note = sign(TEXT, &[&other, &known]).unwrap();
    assert_eq!(open(&note, std::slice::from_ref(&verifier)).unwrap().signed_by.len(), 1);
    assert_eq!(
        open(&sign(TEXT, &[&other]).unwrap(), std::slice::from_ref(&verifier)),
        Err(NoteError::Unverified)
    );
    assert_eq!(open(&note, &[]), Err(NoteError::Unverified));
    // The same name with another key is another key.
    let namesake = sign(TEXT, &[&named("known", 3)]).unwrap();
    assert_eq!(open(&namesake, std::slice::from_ref(&verifier)), Err(NoteError::Unverified));
    let altered = note.replace("problem is", "trouble is");
    let bad = NoteError::BadSignature { name: "known".into(), key_id: verifier.key_id() };
    assert_eq!(open(&altered, std::slice::from_ref(&verifier)), Err(bad.clone()));
    // One good signature does not heal a bad one.
    let line =
        format!("— known {}\n", STANDARD.encode([&verifier.key_id().to_be_bytes()[..], &[0; 64]].concat()));
    assert_eq!(open(&(note.clone() + &line), std::slice::from_ref(&verifier)), Err(bad.clone()));
    let short =
        format!("— known {}\n", STANDARD.encode([&verifier.key_id().to_be_bytes()[..], &[0; 9]].concat()));
    assert_eq!(open(&format!("{TEXT}\n{short}"), std::slice::from_ref(&verifier)), Err(bad));
    // The same signature twice counts once.
    let twice = sign(TEXT, &[&known, &known]).unwrap();
    assert_eq!(open(&twice, &[verifier]).unwrap().signed_by.len(), 1);
}

struct Forger(Verifier);

impl Signer for Forger {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn key_id(&self) -> u32 {
        self.0.key_id()
    }
    fn sign(&self, _: &[u8]) -> [u8; 64] {
        [0; 64]
    }
}

#[test]
fn a_blank_signature_is_no_signature() {
    let known = named("known", 1).verifier().clone();
    let note = sign(TEXT, &[&Forger(known.clone())]).unwrap();
    assert!(matches!(open(&note, &[known]), Err(NoteError::BadSignature { .. })));
}

#[test]
fn sixteen_signatures_are_accepted_and_a_flood_is_not() {
    let known = named("known", 1);
    let verifier = known.verifier().clone();
    let others: Vec<Ed25519Signer> = (0..64).map(|n| named(&format!("w{n}"), 9)).collect();
    let mut signers: Vec<&dyn Signer> = others.iter().map(|s| s as &dyn Signer).collect();
    signers.push(&known);
    assert!(open(&sign(TEXT, &signers[49..]).unwrap(), std::slice::from_ref(&verifier)).is_ok());
    assert!(open(&sign(TEXT, &signers[1..]).unwrap(), std::slice::from_ref(&verifier)).is_ok());
    let flood = sign(TEXT, &signers).unwrap();
    assert_eq!(
        open(&flood, std::slice::from_ref(&verifier)),
        Err(NoteError::TooManySignatures { found: 65 })
    );
    let long = format!("{}\n\n{SIGNATURE}", "x".repeat(1 << 20));
    assert!(matches!(open(&long, &[verifier]), Err(NoteError::TooLong { .. })));
}

#[test]
fn the_form_is_kept_to() {
    let known = [Verifier::parse(KEY).unwrap()];
    let note = format!("{TEXT}\n{SIGNATURE}");
    let check = |text: String| open(&text, &known).unwrap_err();
    assert_eq!(check(String::new()), NoteError::NoSignatures);
    assert_eq!(check(TEXT.to_owned()), NoteError::NoSignatures);
    assert_eq!(check(format!("{TEXT}\n")), NoteError::NoSignatures);
    assert_eq!(check(note.trim_end().to_owned()), NoteError::NoSignatures);
    assert_eq!(check(format!("{note}\n")), NoteError::NoSignatures);
    assert_eq!(check(note.replace("you ", "you\t")), NoteError::ControlCharacter { offset: 6 });
    assert_eq!(check(note.replace('\n', "\r\n")), NoteError::ControlCharacter { offset: 56 });
    assert_eq!(check(note.replace('—', "-")), NoteError::SignatureLine { line: 1 });
    assert_eq!(check(note.replace("— ", "—")), NoteError::SignatureLine { line: 1 });
    assert_eq!(check(note.replace("Peter", "Peter+")), NoteError::SignatureLine { line: 1 });
    assert_eq!(check(note.replace("AM=", "AM")), NoteError::SignatureLine { line: 1 });
    assert_eq!(check(note.replace("AM=", "AN=")), NoteError::SignatureLine { line: 1 });
    assert_eq!(check(note.clone() + "— x AAAAAA==\n"), NoteError::SignatureLine { line: 2 });
    assert_eq!(check(note.clone() + "trailing\n"), NoteError::SignatureLine { line: 2 });
    let twin = [known[0].clone(), known[0].clone()];
    assert!(open(&note, &twin).is_ok(), "the same key given twice is one key");
    assert_eq!(sign("no newline", &[&peter()]), Err(NoteError::Text));
    assert_eq!(sign("a\tb\n", &[&peter()]), Err(NoteError::ControlCharacter { offset: 1 }));
    assert_eq!(sign(TEXT, &[]), Err(NoteError::NoSignatures));
}

proptest! {
    #[test]
    fn random_notes_do_not_panic(text in "(\\PC|\n|— a [A-Za-z=]{0,9}\n){0,40}") {
        let known = [Verifier::parse(KEY).unwrap()];
        prop_assert!(open(&text, &known).is_err());
        prop_assert!(Verifier::parse(&text).is_err());
    }

    #[test]
    fn what_is_signed_is_opened(text in "(\\PC|\n){0,40}") {
        let text = text + "\n";
        if let Ok(note) = sign(&text, &[&peter()]) {
            prop_assert_eq!(open(&note, &[peter().verifier().clone()]).unwrap().text, text);
            prop_assert!(signed_note::Note::from_bytes(note.as_bytes()).is_ok());
        }
    }
}
