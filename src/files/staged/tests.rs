//! What comes in pieces is what went in, whatever happens between.

use super::*;
use crate::clock::SeededChance;
use crate::seal::chunks::count;

struct Bench {
    folder: tempfile::TempDir,
    key: Key,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), key: Key::from_bytes([5; 32]) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("x")
    }

    fn begin(&self) -> Staged {
        Staged::begin(&self.path(), "x", &self.key, Arc::new(SeededChance::new(1))).unwrap()
    }

    fn resume(&self) -> Staged {
        Staged::resume(&self.path(), "x", &self.key, Arc::new(SeededChance::new(2))).unwrap()
    }

    /// What the finished file says.
    fn read(&self, size: u64) -> Vec<u8> {
        let all = std::fs::read(self.path()).unwrap();
        assert!(!all.windows(8).any(|w| w == b"abcdefgh"), "nothing stands there unsealed");
        let seal = Seal::of("x", &self.key);
        let mut plain = Vec::new();
        for number in 0..count(size) {
            let start = usize::try_from(place(number)).unwrap();
            let frame = &all[start..all.len().min(start + FRAME)];
            plain.extend(seal.open(number, number + 1 == count(size), frame).unwrap());
        }
        plain
    }
}

fn text(length: usize) -> Vec<u8> {
    (0..length).map(|i| b"abcdefghijklmnopqrstuvwxyz\n"[i % 27]).collect()
}

#[test]
fn what_comes_in_pieces_is_what_went_in() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17] {
        let (bench, bytes) = (Bench::new(), text(length));
        let mut staged = bench.begin();
        bytes.chunks(10_007).for_each(|piece| staged.write(piece).unwrap());
        let whole = staged.finish().unwrap();
        assert_eq!((whole.digest, whole.size), (Digest::of(&bytes), length as u64));
        assert_eq!(whole.head, bytes[..length.min(CHUNK)], "{length}");
        assert_eq!(bench.read(whole.size), bytes, "{length}");
    }
}

#[test]
fn a_break_anywhere_is_taken_up_again() {
    let bytes = text(2 * CHUNK + 100);
    for at in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 50] {
        let bench = Bench::new();
        let mut staged = bench.begin();
        staged.write(&bytes[..at]).unwrap();
        assert_eq!(staged.pause().unwrap(), at as u64);
        assert_eq!(length(&bench.path()).unwrap(), at as u64);
        let mut staged = bench.resume();
        assert_eq!(staged.size(), at as u64);
        staged.write(&bytes[at..]).unwrap();
        assert_eq!(staged.head(), &bytes[..CHUNK]);
        let whole = staged.finish().unwrap();
        assert_eq!((whole.digest, whole.head.len()), (Digest::of(&bytes), CHUNK), "{at}");
        assert_eq!(bench.read(whole.size), bytes, "{at}");
    }
}

#[test]
fn a_torn_or_foreign_tail_is_cut_off() {
    let bytes = text(2 * CHUNK + 100);
    let bench = Bench::new();
    let mut staged = bench.begin();
    staged.write(&bytes).unwrap();
    // As if the process had died: nothing was paused.
    drop(staged);
    assert_eq!(length(&bench.path()).unwrap(), 2 * CHUNK as u64);
    let torn = std::fs::read(bench.path()).unwrap();
    for cut in [1, 30, FRAME - 1] {
        std::fs::write(bench.path(), &torn[..torn.len() - cut]).unwrap();
        let staged = bench.resume();
        assert_eq!(staged.size(), CHUNK as u64, "{cut}");
    }
    // A chunk that does not open at all: from the beginning.
    std::fs::write(bench.path(), [&HEADER[..], &vec![0; FRAME]].concat()).unwrap();
    assert_eq!(bench.resume().size(), 0);
    std::fs::write(bench.path(), b"no header").unwrap();
    assert_eq!(bench.resume().size(), 0);
}

#[test]
fn one_writer_at_a_time() {
    let bench = Bench::new();
    let first = bench.begin();
    let second = Staged::resume(&bench.path(), "x", &bench.key, Arc::new(SeededChance::new(2)));
    assert_eq!(second.err().map(|error| error.kind()), Some(io::ErrorKind::ResourceBusy));
    drop(first);
    bench.resume().discard().unwrap();
    assert_eq!(length(&bench.path()).unwrap(), 0);
}
