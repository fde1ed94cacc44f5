//! Files of a backup, sealed as they are written and opened as they are read, in constant memory.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use aws_lc_rs::digest::{Context as Sha256, SHA256};

use crate::clock::SystemChance;
use crate::files::whole::Whole;
use crate::seal::chunks::{CHUNK, FRAME, HEADER};
use crate::seal::{Key, Seal};

/// A file that is being sealed.
pub(super) struct Sealing {
    seal: Seal,
    out: Whole,
    number: u64,
    // What is not sealed yet: a whole chunk may be the last, so it waits for what follows.
    plain: Vec<u8>,
    size: u64,
    digest: Sha256,
}

/// A file that was sealed: its size on disk and its SHA-256.
pub(super) struct Sealed {
    pub(super) size: u64,
    pub(super) sha256: String,
}

impl Sealing {
    /// Begins the file of this name under `folder`.
    pub(super) fn begin(folder: &Path, name: &str, about: &str, key: &Key) -> anyhow::Result<Self> {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        let mut new = Self {
            seal: Seal::of(about, key),
            out: Whole::begin(&path).with_context(|| path.display().to_string())?,
            number: 0,
            plain: Vec::with_capacity(CHUNK),
            size: 0,
            digest: Sha256::new(&SHA256),
        };
        new.put(&HEADER)?;
        Ok(new)
    }

    /// Seals everything that `from` has.
    pub(super) fn copy(mut self, from: &mut dyn Read) -> anyhow::Result<Sealed> {
        io::copy(from, &mut self)?;
        self.done()
    }

    /// Seals what is left, and puts the file in its place.
    pub(super) fn done(mut self) -> anyhow::Result<Sealed> {
        self.chunk(true)?;
        self.out.done()?;
        Ok(Sealed { size: self.size, sha256: hex::encode(self.digest.finish()) })
    }

    fn chunk(&mut self, last: bool) -> io::Result<()> {
        let frame = self.seal.seal(self.number, last, &self.plain, &SystemChance);
        self.number += 1;
        self.plain.clear();
        self.put(&frame)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

impl Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.plain.len() == CHUNK {
            self.chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.plain.len());
        self.plain.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens a sealed file into `out`.
pub(super) fn open(path: &Path, about: &str, key: &Key, out: &mut dyn Write) -> anyhow::Result<()> {
    let at = || path.display().to_string();
    let mut file = BufReader::with_capacity(FRAME, File::open(path).with_context(at)?);
    let mut header = [0; HEADER.len()];
    file.read_exact(&mut header).with_context(at)?;
    if header != HEADER {
        bail!("{}: not a sealed file of this program", at());
    }
    let seal = Seal::of(about, key);
    let (mut frame, mut next) = (read(&mut file)?, Vec::new());
    let mut number = 0;
    loop {
        if frame.len() == FRAME {
            next = read(&mut file)?;
        }
        let last = next.is_empty();
        let plain = seal.open(number, last, &frame).with_context(|| {
            format!("{}: chunk {number}; it was changed or cut, or is under another key", at())
        })?;
        out.write_all(&plain)?;
        if last {
            return Ok(());
        }
        (frame, next) = (next, Vec::new());
        number += 1;
    }
}

/// A frame, or what is left.
fn read(file: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut frame = Vec::with_capacity(FRAME);
    file.take(FRAME as u64).read_to_end(&mut frame)?;
    Ok(frame)
}

/// The SHA-256 of a file, in hexadecimal.
pub(super) fn sha256(path: &Path) -> anyhow::Result<String> {
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let mut digest = Sha256::new(&SHA256);
    let mut piece = vec![0; CHUNK];
    loop {
        let read = file.read(&mut piece).with_context(|| path.display().to_string())?;
        if read == 0 {
            return Ok(hex::encode(digest.finish()));
        }
        digest.update(&piece[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::from_bytes([3; 32]);
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let sealing = Sealing::begin(folder.path(), "a", "backup/1/a", &key).unwrap();
            let sealed = sealing.copy(&mut bytes.as_slice()).unwrap();
            let path = folder.path().join("a");
            assert_eq!(std::fs::metadata(&path).unwrap().len(), sealed.size);
            assert_eq!(sha256(&path).unwrap(), sealed.sha256);
            let mut out = Vec::new();
            open(&path, "backup/1/a", &key, &mut out).unwrap();
            assert_eq!(out, bytes, "{length}");
            let text = |name, key: &Key| open(&path, name, key, &mut Vec::new()).unwrap_err().to_string();
            assert!(text("backup/2/a", &key).contains("chunk 0"), "another generation's");
            assert!(text("backup/1/a", &Key::from_bytes([4; 32])).contains("another key"));
            // Cut behind its first chunk: what is left is no whole file.
            let whole = std::fs::read(&path).unwrap();
            std::fs::write(&path, &whole[..whole.len().min(HEADER.len() + FRAME)]).unwrap();
            if length > CHUNK {
                assert!(text("backup/1/a", &key).contains("cut"));
            }
        }
    }
}
