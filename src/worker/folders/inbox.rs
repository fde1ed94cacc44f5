//! What lies in an agency's `in/`, and what of it is whole.
//!
//! Promise: a file is whole when its name is none of an unfinished transfer, and neither its size nor its time has changed
//! for the quiet time, as seen by us; files are taken in the order of their times. A file that grew after it was answered
//! is put back, to be taken again as it is now.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use crate::clock::Timestamp;
use crate::domain::folder::DropPaths;
use crate::files::whole;

/// For how long a file that was answered is watched for going on growing: a transfer that stood still for an hour has
/// failed.
const WATCHED_MILLIS: i64 = 3_600_000;

/// What is known of a folder from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    seen: BTreeMap<OsString, Seen>,
    answered: Vec<(Answered, Timestamp)>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    print: Print,
    since: Timestamp,
}

/// What changes when a file is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Print {
    seconds: i64,
    nanos: i64,
    size: u64,
    inode: u64,
}

/// A file that was answered, where it is now.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    /// Its path.
    pub(super) path: PathBuf,
    /// Its name when it was dropped.
    pub(super) name: OsString,
    /// As it was when it was read.
    pub(super) print: Print,
    /// The files beside it.
    pub(super) beside: Vec<PathBuf>,
}

impl Print {
    /// Of a file as it is now.
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            seconds: metadata.mtime(),
            nanos: metadata.mtime_nsec(),
            size: metadata.size(),
            inode: metadata.ino(),
        }
    }
}

impl Inbox {
    /// The names of what is whole, oldest first. Makes the folder's parts if they are not there.
    pub(super) fn look(
        &mut self,
        paths: &DropPaths,
        now: Timestamp,
        quiet_seconds: u32,
    ) -> io::Result<Vec<OsString>> {
        make(paths)?;
        self.take_back(paths, now)?;
        let mut here = BTreeMap::new();
        for entry in fs::read_dir(&paths.incoming)? {
            let entry = entry?;
            let name = entry.file_name();
            if is_unfinished(&name) {
                continue;
            }
            // Of a link its own, not that of what it leads to.
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(metadata) => {
                    here.insert(name, Print::of(&metadata));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.whole(here, now, quiet_seconds))
    }

    /// Of what is here now, the names of what has been so for the quiet time.
    fn whole(
        &mut self,
        here: BTreeMap<OsString, Print>,
        now: Timestamp,
        quiet_seconds: u32,
    ) -> Vec<OsString> {
        let before = std::mem::take(&mut self.seen);
        let mut ready = Vec::new();
        for (name, print) in here {
            let known = before.get(&name).filter(|seen| seen.print == print);
            let since = known.map_or(now, |seen| seen.since);
            if now.millis_since(since) >= i64::from(quiet_seconds) * 1000 {
                ready.push((print, name.clone()));
            }
            self.seen.insert(name, Seen { print, since });
        }
        ready.sort_unstable();
        ready.into_iter().map(|(_, name)| name).collect()
    }

    /// Has a file that was answered watched for a while.
    pub(super) fn answered(&mut self, answered: Answered, now: Timestamp) {
        self.seen.remove(&answered.name);
        self.answered.push((answered, now));
    }

    /// Puts back what grew after it was answered.
    fn take_back(&mut self, paths: &DropPaths, now: Timestamp) -> io::Result<()> {
        self.answered.retain(|(_, since)| now.millis_since(*since) < WATCHED_MILLIS);
        let mut grown = Vec::new();
        self.answered.retain(|(answered, _)| match answered.path.symlink_metadata() {
            Ok(metadata) if Print::of(&metadata) != answered.print => {
                grown.push(answered.clone());
                false
            }
            other => other.is_ok(),
        });
        for answered in grown {
            let to = paths.incoming.join(&answered.name);
            if to.symlink_metadata().is_ok() {
                // Another of that name came meanwhile; both stay where they are.
                tracing::warn!(
                    "a file went on growing after it was answered, and another of its name lies in in/"
                );
                continue;
            }
            // Were we to die in between, it would be answered anew in the same place.
            whole::rename(&answered.path, &to)?;
            for beside in &answered.beside {
                whole::gone(beside)?;
            }
            tracing::info!("a file went on growing after it was answered; it is taken again");
        }
        Ok(())
    }
}

/// Makes the parts of a folder; for their owner and group alone.
fn make(paths: &DropPaths) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    for part in [&paths.incoming, &paths.done, &paths.refused, &paths.outgoing] {
        if !part.is_dir() {
            fs::DirBuilder::new().recursive(true).mode(0o770).create(part)?;
        }
    }
    Ok(())
}

/// Whether a name is one that programs give to what they are still writing.
fn is_unfinished(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let ends = [".part", ".partial", ".filepart", ".tmp", ".temp", ".uploading", ".crdownload", ".new", "~"];
    // Spreadsheet programs lock an open file by one that begins with "~$".
    name.starts_with('.') || name.starts_with("~$") || ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(seconds: i64, size: u64) -> Print {
        Print { seconds, nanos: 0, size, inode: 1 }
    }

    fn here(files: &[(&str, Print)]) -> BTreeMap<OsString, Print> {
        files.iter().map(|(name, print)| (OsString::from(name), *print)).collect()
    }

    #[test]
    fn a_file_is_whole_when_it_stood_still_for_the_quiet_time() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let mut inbox = Inbox::default();
        let two = |b: u64| here(&[("a.xml", print(9, 10)), ("b.xml", print(8, b))]);
        assert!(inbox.whole(two(1), at(0), 10).is_empty());
        assert!(inbox.whole(two(2), at(9), 10).is_empty());
        assert_eq!(inbox.whole(two(2), at(10), 10), ["a.xml"], "b grew at 9");
        // Oldest first; what was not taken stays ready.
        assert_eq!(inbox.whole(two(2), at(19), 10), ["b.xml", "a.xml"]);
        assert!(inbox.whole(here(&[("b.xml", print(8, 2))]), at(20), 10).contains(&"b.xml".into()));
        assert!(inbox.whole(two(2), at(21), 10) == ["b.xml"], "a is new again");
        assert_eq!(Inbox::default().whole(two(2), at(0), 0), ["b.xml", "a.xml"], "no quiet time");
    }

    #[test]
    fn unfinished_transfers_are_known_by_their_names() {
        for name in [".x.xml", "x.xml.part", "x.XML.FilePart", "~$登记表.xlsx", "x.xml~", "x.csv.tmp"] {
            assert!(is_unfinished(OsStr::new(name)), "{name}");
        }
        assert!(!is_unfinished(OsStr::new("投诉.csv")) && !is_unfinished(OsStr::new("part.xml")));
    }
}
