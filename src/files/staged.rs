//! A file that is being written: sealed as it comes, digested as it comes, and taken up again after a break.
//!
//! Promise: memory holds one chunk, however long the file; on disk there is nothing but sealed chunks. A break, or the
//! death of the process, costs at most the chunk that was in memory and whatever the disk had not got: what is there
//! opens, or is cut off when the file is taken up again. One writer at a time: the file is locked (flock(2)).
//! Everything here waits for the disk; async callers call it elsewhere.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::Chance;
use crate::domain::digest::{Digest, Digester};
use crate::seal::chunks::{CHUNK, FRAME, HEADER, place, plain_length};
use crate::seal::{Key, Seal};

/// A file being written.
pub struct Staged {
    file: File,
    path: PathBuf,
    seal: Seal,
    chance: Arc<dyn Chance>,
    /// Chunks on disk.
    chunks: u64,
    /// What comes after them.
    rest: Vec<u8>,
    /// Of everything so far, where all of it passed through here.
    digester: Option<Digester>,
    /// The first chunk, or what there is of it.
    head: Vec<u8>,
}

/// A file that is whole and on disk.
#[derive(Debug)]
pub struct Whole {
    /// Where.
    pub path: PathBuf,
    /// SHA-256 of its bytes, unsealed.
    pub digest: Digest,
    /// How many.
    pub size: u64,
    /// The first of them: at most a chunk.
    pub head: Vec<u8>,
}

/// How much of a staged file has come; 0 without one. Of a file whose writer died this may be a little more than what
/// can be taken up.
pub fn length(path: &Path) -> io::Result<u64> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(plain_length(found.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

impl Staged {
    /// A new file, sealed under this name and key; what was there is gone.
    ///
    /// # Errors
    /// `ResourceBusy` while somebody else writes it.
    pub fn begin(path: &Path, name: &str, key: &Key, chance: Arc<dyn Chance>) -> io::Result<Self> {
        let mut staged = Self::opened(path, name, key, chance)?;
        staged.anew()?;
        Ok(staged)
    }

    /// The file as far as it came: all its whole chunks, and the last if it opens.
    ///
    /// # Errors
    /// `ResourceBusy` while somebody else writes it.
    pub fn resume(path: &Path, name: &str, key: &Key, chance: Arc<dyn Chance>) -> io::Result<Self> {
        let mut staged = Self::opened(path, name, key, chance)?;
        if !staged.find_end()? {
            staged.anew()?;
        }
        Ok(staged)
    }

    /// Nothing of it is known yet.
    fn opened(path: &Path, name: &str, key: &Key, chance: Arc<dyn Chance>) -> io::Result<Self> {
        Ok(Self {
            file: open(path)?,
            path: path.to_owned(),
            seal: Seal::of(name, key),
            chance,
            chunks: 0,
            rest: Vec::with_capacity(CHUNK),
            digester: None,
            head: Vec::new(),
        })
    }

    /// Nothing but the header.
    fn anew(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&HEADER)?;
        self.chunks = 0;
        self.rest.clear();
        self.digester = Some(Digester::default());
        Ok(())
    }

    /// Finds where what came ends, and cuts off what is torn. The last chunk goes back into memory: it may not be full,
    /// and only its writer knew that it was not the last. False if nothing is left.
    fn find_end(&mut self) -> io::Result<bool> {
        let mut header = [0; HEADER.len()];
        let length = self.file.metadata()?.len();
        if length <= HEADER.len() as u64 || self.file.read_exact(&mut header).is_err() || header != HEADER {
            return Ok(false);
        }
        let sealed = length - HEADER.len() as u64;
        self.chunks = sealed / FRAME as u64;
        let has_tail = !sealed.is_multiple_of(FRAME as u64) && self.take_back(self.chunks);
        if !has_tail && self.chunks > 0 {
            self.chunks -= 1;
            if !self.take_back(self.chunks) {
                return Ok(false);
            }
        }
        self.file.set_len(place(self.chunks))?;
        if self.chunks > 0 {
            self.head = self.chunk(0, false)?;
        }
        self.file.seek(SeekFrom::End(0))?;
        Ok(self.size() > 0)
    }

    fn take_back(&mut self, number: u64) -> bool {
        self.chunk(number, false).is_ok_and(|plain| {
            self.rest = plain;
            true
        })
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.chunks * CHUNK as u64 + self.rest.len() as u64
    }

    /// Adds bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if let Some(digester) = &mut self.digester {
            digester.update(bytes);
        }
        while !bytes.is_empty() {
            if self.rest.len() == CHUNK {
                self.put(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.rest.len()));
            self.rest.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// The first bytes of it, a chunk at most.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        if self.chunks == 0 { &self.rest } else { &self.head }
    }

    /// Leaves it as it is, to be taken up again; how far it came.
    pub fn pause(mut self) -> io::Result<u64> {
        let size = self.size();
        if !self.rest.is_empty() {
            self.put(false)?;
        }
        self.file.sync_data()?;
        Ok(size)
    }

    /// Ends it: on disk when this returns.
    pub fn finish(mut self) -> io::Result<Whole> {
        let size = self.size();
        let digest = match self.digester.take() {
            Some(digester) => digester.finish(),
            None => self.digest()?,
        };
        let head = self.head().to_vec();
        self.put(true)?;
        self.file.sync_all()?;
        Ok(Whole { path: self.path, digest, size, head })
    }

    /// Gives it up.
    pub fn discard(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }

    /// Seals what is in memory, behind what is on disk.
    fn put(&mut self, last: bool) -> io::Result<()> {
        if self.chunks == 0 && !last {
            self.head.clone_from(&self.rest);
        }
        let frame = self.seal.seal(self.chunks, last, &self.rest, &*self.chance);
        self.file.write_all(&frame)?;
        self.chunks += 1;
        self.rest.clear();
        Ok(())
    }

    /// The digest of everything, read again.
    fn digest(&mut self) -> io::Result<Digest> {
        let mut digester = Digester::default();
        for number in 0..self.chunks {
            digester.update(&self.chunk(number, false)?);
        }
        digester.update(&self.rest);
        self.file.seek(SeekFrom::End(0))?;
        Ok(digester.finish())
    }

    fn chunk(&mut self, number: u64, last: bool) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(place(number)))?;
        let mut frame = Vec::with_capacity(FRAME);
        Read::by_ref(&mut self.file).take(FRAME as u64).read_to_end(&mut frame)?;
        self.seal.open(number, last, &frame).map_err(io::Error::other)
    }
}

/// The file, locked for this writer.
fn open(path: &Path) -> io::Result<File> {
    let file =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::ResourceBusy.into()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
