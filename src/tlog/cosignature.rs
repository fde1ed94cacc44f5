//! Cosignatures: a witness's word that a log's checkpoint follows from all it saw of that log before (`tlog-cosignature`
//! v1.0.1, Ed25519).
//!
//! Promise: what is signed is the header line, the time and the whole text of the checkpoint, so a cosignature can be
//! taken for no other signature, and neither can another be taken for it. Whether a checkpoint does follow is for whoever
//! cosigns: [`judge`](fn@crate::tlog::judge). How many cosignatures are enough is a [`Quorum`].

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::tlog::checkpoint::{Checkpoint, CheckpointError};
use crate::tlog::note::{self, NoteError};
use crate::tlog::vkey::{self, BadKey, Verifier};

/// The signature type of an Ed25519 cosigner's key.
const COSIGNER_TYPE: u8 = 0x04;

/// The latest time that may be stated.
const LATEST: u64 = i64::MAX as u64;

/// The public half of a witness's key, in print `name+id+key` like a log's, under another type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    key_id: u32,
    public_key: [u8; 32],
}

impl WitnessKey {
    /// The key of a name and a 32-byte Ed25519 public key.
    pub fn new(name: &str, public_key: [u8; 32]) -> Result<Self, BadKey> {
        if !vkey::is_key_name(name) {
            return Err(BadKey::Name);
        }
        let key_id = vkey::key_id(name, COSIGNER_TYPE, &public_key);
        Ok(Self { name: name.to_owned(), key_id, public_key })
    }

    /// From its printed form.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let (name, found, key) = vkey::parts(text)?;
        let [COSIGNER_TYPE, key @ ..] = key.as_slice() else { return Err(BadKey::NoWitness) };
        let parsed = Self::new(name, key.try_into().map_err(|_| BadKey::NoWitness)?)?;
        if parsed.key_id != found {
            return Err(BadKey::Id { expected: parsed.key_id, found });
        }
        Ok(parsed)
    }

    /// The witness's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id that stands in each of its cosignatures.
    #[must_use]
    pub const fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The second at which this key cosigned `text`; none if `signature` is not its cosignature.
    fn verify(&self, text: &str, signature: &[u8]) -> Option<u64> {
        let (time, signature) = signature.split_first_chunk::<8>()?;
        let at = u64::from_be_bytes(*time);
        let key = UnparsedPublicKey::new(&ED25519, &self.public_key);
        (at <= LATEST && key.verify(message(text, at).as_bytes(), signature).is_ok()).then_some(at)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[COSIGNER_TYPE][..], &self.public_key].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.key_id, STANDARD.encode(key))
    }
}

/// A witness's key in memory.
pub struct Cosigner {
    pair: Ed25519KeyPair,
    key: WitnessKey,
}

impl Cosigner {
    /// The key of a 32-byte seed, under a name.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, BadKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BadKey::NoWitness)?;
        let public_key = pair.public_key().as_ref().try_into().map_err(|_| BadKey::NoWitness)?;
        Ok(Self { pair, key: WitnessKey::new(name, public_key)? })
    }

    /// Its public half.
    #[must_use]
    pub const fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// The signature line, with its newline, that cosigns a checkpoint's text at this second since 1970.
    #[must_use]
    pub fn cosign(&self, text: &str, at: u64) -> String {
        let signature = self.pair.sign(message(text, at).as_bytes());
        let blob = [&at.to_be_bytes()[..], signature.as_ref()].concat();
        note::signature_line(&self.key.name, self.key.key_id, &blob)
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.key)
    }
}

/// A cosignature that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness's name.
    pub witness: String,
    /// When it cosigned, in seconds since 1970.
    pub at: u64,
    /// Its line, with the newline.
    pub line: String,
}

/// Which witnesses are known, and how many of them must have cosigned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quorum {
    /// The witnesses.
    pub witnesses: Vec<WitnessKey>,
    /// How many; 0 asks for none.
    pub needed: usize,
}

/// Why a checkpoint was not accepted on the word of witnesses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// The log did not sign it.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Too few witnesses cosigned it.
    #[error("the checkpoint is cosigned by {found} of the witnesses known; {needed} are wanted")]
    Missing {
        /// How many did.
        found: usize,
        /// How many must.
        needed: usize,
    },
}

impl Quorum {
    /// The cosignatures of known witnesses on a note, each witness once. Those of strangers are passed over.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`] for one that bears a known witness's name and id and is not its own.
    pub fn cosignatures(&self, note: &str) -> Result<Vec<Cosignature>, NoteError> {
        let (text, lines) = note::take_apart(note)?;
        let mut found: Vec<(&WitnessKey, Cosignature)> = Vec::new();
        for line in lines {
            let mut same = self.witnesses.iter().filter(|w| w.name == line.name && w.key_id == line.key_id);
            let Some(witness) = same.next() else { continue };
            let bad = || NoteError::BadSignature { name: witness.name.clone(), key_id: witness.key_id };
            let at = witness.verify(text, &line.signature).ok_or_else(bad)?;
            // Two names of one key are one witness: the message does not hold the name.
            if found.iter().all(|(known, _)| known.public_key != witness.public_key) {
                let line = note::signature_line(line.name, line.key_id, &line.signature);
                found.push((witness, Cosignature { witness: witness.name.clone(), at, line }));
            }
        }
        Ok(found.into_iter().map(|(_, cosignature)| cosignature).collect())
    }

    /// The checkpoint of a note that a key of `known` signed for the log and enough witnesses cosigned.
    pub fn open(
        &self,
        note: &str,
        known: &[Verifier],
    ) -> Result<(Checkpoint, Vec<Cosignature>), QuorumError> {
        let checkpoint = Checkpoint::open(note, known)?;
        let cosignatures = self.cosignatures(note).map_err(CheckpointError::Note)?;
        if cosignatures.len() < self.needed {
            return Err(QuorumError::Missing { found: cosignatures.len(), needed: self.needed });
        }
        Ok((checkpoint, cosignatures))
    }
}

/// What is signed ("Ed25519 signed message").
fn message(text: &str, at: u64) -> String {
    format!("cosignature/v1\ntime {at}\n{text}")
}
