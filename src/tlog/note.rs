//! Signed notes: text under one or more signatures (`signed-note` v1.0.0).
//!
//! Promise: [`open`] gives the text only when a key we know signed it and no key we know signed it wrongly; what
//! unknown keys say is passed over. A note that strays from the format is refused, with the reason.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::tlog::vkey::{BadKey, Verifier, is_key_name};

/// The most signatures that [`open`] looks at. The standard wants 16 accepted; a checkpoint here bears the log's and
/// those of its witnesses, and 64 verifications are 3 ms.
const MAX_SIGNATURES: usize = 64;

/// The longest note in bytes: 64 post-quantum signatures of unknown keys, 5 kB each in base64, and as much text.
const MAX_NOTE: usize = 1 << 20;

/// Who can sign a note. A trait, because the key may live in a device.
pub trait Signer: Send + Sync {
    /// The key's name.
    fn name(&self) -> &str;
    /// The key's id.
    fn key_id(&self) -> u32;
    /// Signs the note's text.
    fn sign(&self, text: &[u8]) -> [u8; 64];
}

/// An Ed25519 key in memory.
pub struct Ed25519Signer {
    pair: Ed25519KeyPair,
    verifier: Verifier,
}

impl Ed25519Signer {
    /// The key of a 32-byte seed, under a name.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BadKey::Kind)?;
        let public_key = pair.public_key().as_ref().try_into().map_err(|_| BadKey::Kind)?;
        Ok(Self { pair, verifier: Verifier::new(name, public_key)? })
    }

    /// Its public half.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

impl std::fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ed25519Signer({})", self.verifier)
    }
}

impl Signer for Ed25519Signer {
    fn name(&self) -> &str {
        self.verifier.name()
    }

    fn key_id(&self) -> u32 {
        self.verifier.key_id()
    }

    fn sign(&self, text: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.pair.sign(text).as_ref());
        bytes
    }
}

/// A note whose signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The text, with its final newline.
    pub text: String,
    /// The known keys that signed it: name and id, in the note's order, each once.
    pub signed_by: Vec<(String, u32)>,
}

/// Why a note was not made or not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is longer than 1 MiB.
    #[error("the note has {length} bytes; 1048576 is the most")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// It bears more than 64 signatures.
    #[error("the note has {found} signatures; 64 is the most")]
    TooManySignatures {
        /// How many.
        found: usize,
    },
    /// There is a control character other than newline.
    #[error("byte {offset} of the note is a control character")]
    ControlCharacter {
        /// Where, in bytes from 0.
        offset: usize,
    },
    /// The text is empty or does not end in a newline.
    #[error("a note's text must end in a newline")]
    Text,
    /// There is no blank line followed by signature lines.
    #[error("the note has no blank line before its signatures, or no newline at its end")]
    NoSignatures,
    /// A line after the blank one is not a signature.
    #[error("line {line} of the note's signatures is not '\u{2014} <name> <base64>'")]
    SignatureLine {
        /// Which one, from 1.
        line: usize,
    },
    /// A signer's name may not stand in a note.
    #[error("a signer's name is empty or holds a space, a control character or '+'")]
    SignerName,
    /// Two of the given keys have the same name and id.
    #[error("two verifier keys are both {name} {key_id:08x}")]
    Ambiguous {
        /// The name.
        name: String,
        /// The id.
        key_id: u32,
    },
    /// A key we know did not make the signature that bears its name: the note was altered.
    #[error("the signature of {name} {key_id:08x} does not fit the text")]
    BadSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        key_id: u32,
    },
    /// No key we know signed it.
    #[error("no known key signed the note")]
    Unverified,
}

/// The note of `text` under the signatures of `signers`. The text must end in a newline.
pub fn sign(text: &str, signers: &[&dyn Signer]) -> Result<String, NoteError> {
    check_text(text)?;
    if signers.is_empty() {
        return Err(NoteError::NoSignatures);
    }
    let mut note = format!("{text}\n");
    for signer in signers {
        if !is_key_name(signer.name()) {
            return Err(NoteError::SignerName);
        }
        note.push_str(&signature_line(signer.name(), signer.key_id(), &signer.sign(text.as_bytes())));
    }
    Ok(note)
}

/// The text of `note`, if a key of `known` signed it and none of them signed it wrongly.
pub fn open(note: &str, known: &[Verifier]) -> Result<Opened, NoteError> {
    let (text, lines) = take_apart(note)?;
    let mut signed_by = Vec::new();
    for Line { name, key_id, signature } in lines {
        let key = || (name.to_owned(), key_id);
        let mut same = known.iter().filter(|v| v.name() == name && v.key_id() == key_id);
        let Some(verifier) = same.next() else { continue };
        if same.any(|other| other != verifier) {
            return Err(NoteError::Ambiguous { name: name.to_owned(), key_id });
        }
        if !verifier.verify(text.as_bytes(), &signature) {
            return Err(NoteError::BadSignature { name: name.to_owned(), key_id });
        }
        if !signed_by.contains(&key()) {
            signed_by.push(key());
        }
    }
    if signed_by.is_empty() {
        return Err(NoteError::Unverified);
    }
    Ok(Opened { text: text.to_owned(), signed_by })
}

/// A signature line, taken apart and not checked.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) key_id: u32,
    pub(crate) signature: Vec<u8>,
}

/// A note's text and its signature lines, within the limits of size and number; no signature is checked.
pub(crate) fn take_apart(note: &str) -> Result<(&str, Vec<Line<'_>>), NoteError> {
    if note.len() > MAX_NOTE {
        return Err(NoteError::TooLong { length: note.len() });
    }
    if let Some(offset) = note.bytes().position(|b| b < 0x20 && b != b'\n') {
        return Err(NoteError::ControlCharacter { offset });
    }
    let blank = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
    let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
    check_text(text)?;
    let lines = signatures.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
    let found = lines.split('\n').count();
    if found > MAX_SIGNATURES {
        return Err(NoteError::TooManySignatures { found });
    }
    let each = lines.split('\n').zip(1..);
    let lines = each.map(|(line, place)| parse_line(line).ok_or(NoteError::SignatureLine { line: place }));
    Ok((text, lines.collect::<Result<_, _>>()?))
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if let Some(offset) = text.bytes().position(|b| b < 0x20 && b != b'\n') {
        return Err(NoteError::ControlCharacter { offset });
    }
    if text.ends_with('\n') { Ok(()) } else { Err(NoteError::Text) }
}

pub(crate) fn signature_line(name: &str, key_id: u32, signature: &[u8]) -> String {
    let blob = [&key_id.to_be_bytes()[..], signature].concat();
    format!("\u{2014} {name} {}\n", STANDARD.encode(blob))
}

/// A line without its newline.
fn parse_line(line: &str) -> Option<Line<'_>> {
    let (name, blob) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let blob = STANDARD.decode(blob).ok()?;
    let (key_id, signature) = blob.split_first_chunk::<4>()?;
    let sound = is_key_name(name) && !signature.is_empty();
    sound.then(|| Line { name, key_id: u32::from_be_bytes(*key_id), signature: signature.to_vec() })
}
