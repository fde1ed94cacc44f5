//! A log that somebody keeps who may do as they like, made with two libraries that nobody here wrote.

use std::cell::RefCell;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signed_note::{Note, StandardSigner};
use tlog_tiles::{HashReader, prove_tree, stored_hashes, tree_hash};

/// The name of the log, and of a house's journal.
pub(crate) const ORIGIN: &str = "story.example/journal";
/// The log's key.
const KEY: &str = "PRIVATE+KEY+story.example/journal+a32dcc16+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
/// Its public half.
pub(crate) const VKEY: &str = "story.example/journal+a32dcc16+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
/// A stranger's key of the same name.
pub(crate) const STRANGER: &str =
    "PRIVATE+KEY+story.example/journal+b063f5d8+AQgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";

/// The log.
#[derive(Clone, Default)]
pub(crate) struct Log {
    size: u64,
    hashes: RefCell<Vec<tlog_tiles::Hash>>,
}

impl HashReader for Log {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|&index| self.hashes.borrow()[usize::try_from(index).unwrap()]).collect())
    }
}

impl Log {
    /// With these entries.
    pub(crate) fn of(entries: &[&str]) -> Self {
        let mut log = Self::default();
        for entry in entries {
            log.append(entry);
        }
        log
    }

    pub(crate) fn append(&mut self, entry: &str) {
        let hashes = stored_hashes(self.size, entry.as_bytes(), &*self).unwrap();
        self.hashes.borrow_mut().extend(hashes);
        self.size += 1;
    }

    /// The three lines of its head.
    pub(crate) fn head(&self) -> String {
        let root = tree_hash(self.size, self).unwrap();
        format!("{ORIGIN}\n{}\n{}\n", self.size, STANDARD.encode(root.0))
    }

    /// Its head under its signature.
    pub(crate) fn checkpoint(&self) -> String {
        self.signed_by(KEY)
    }

    /// Its head under this key's.
    pub(crate) fn signed_by(&self, key: &str) -> String {
        let mut note = Note::new(self.head().as_bytes(), &[]).unwrap();
        note.add_sigs(&[&StandardSigner::new(key).unwrap()]).unwrap();
        String::from_utf8(note.to_bytes()).unwrap()
    }

    /// The proof, line by line, that its head begins with `old` entries.
    pub(crate) fn proof(&self, old: u64) -> String {
        if old == 0 || old == self.size {
            return String::new();
        }
        let proof = prove_tree(self.size, old, self).unwrap();
        proof.iter().fold(String::new(), |mut lines, hash| {
            writeln!(lines, "{}", STANDARD.encode(hash.0)).unwrap();
            lines
        })
    }

    /// What is asked to have the head cosigned after `old` entries.
    pub(crate) fn ask(&self, old: u64) -> Vec<u8> {
        format!("old {old}\n{}\n{}", self.proof(old), self.checkpoint()).into_bytes()
    }
}
