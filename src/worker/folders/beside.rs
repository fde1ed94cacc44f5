//! The answer beside a file, and the names of both.
//!
//! Promise: a file keeps its name unless another file of that name is there already; then it gets a number. The answer is
//! `NAME.receipt.xml` (or as its format is), the table for people `NAME.answer.csv`; a file that is called so itself becomes
//! `NAME.in`, so that no answer takes its place. The same file again finds its own place.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::digest::Digest;
use crate::domain::folder::ending;
use crate::exchange::import::measure;

/// The longest name of a file whose answers are named after it, in bytes: file systems take 255.
const LONGEST: usize = 220;

/// Where a file goes, and how its answers are called.
#[derive(Debug)]
pub(super) struct Place {
    /// Where it goes.
    pub(super) path: PathBuf,
    folder: PathBuf,
    stem: String,
}

impl Place {
    /// A place in `folder` for a file of this name and digest.
    pub(super) fn find(folder: &Path, name: &OsStr, digest: &Digest) -> io::Result<Self> {
        let mut name = name.to_owned();
        if is_answers(&name) {
            name.push(".in");
        }
        for number in 1_u32.. {
            let numbered = numbered(&name, number);
            let path = folder.join(&numbered);
            match path.symlink_metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(metadata) if metadata.is_file() && measure(File::open(&path)?)?.0 == *digest => {}
                Ok(_) => continue,
            }
            return Ok(Self { path, folder: folder.to_owned(), stem: short(&numbered) });
        }
        Err(io::Error::other("every name is taken"))
    }

    /// The answer's path.
    pub(super) fn answer(&self, content_type: &str) -> PathBuf {
        self.folder.join(format!("{}.receipt.{}", self.stem, ending(content_type)))
    }

    /// The path of the table for people.
    pub(super) fn table(&self) -> PathBuf {
        self.folder.join(format!("{}.answer.csv", self.stem))
    }
}

/// Whether a name is one that an answer may have.
fn is_answers(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.contains(".receipt.") || name.ends_with(".answer.csv")
}

/// `投诉.csv`, `投诉.2.csv`, `投诉.3.csv`.
fn numbered(name: &OsStr, number: u32) -> OsString {
    if number == 1 {
        return name.to_owned();
    }
    let path = Path::new(name);
    let mut numbered = path.file_stem().unwrap_or(name).to_owned();
    numbered.push(format!(".{number}"));
    if let Some(ending) = path.extension() {
        numbered.push(".");
        numbered.push(ending);
    }
    numbered
}

/// The name as text that leaves room for what answers add to it.
fn short(name: &OsStr) -> String {
    let mut name = name.to_string_lossy().into_owned();
    let mut end = LONGEST.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_of_the_same_name_gets_a_number_and_the_same_file_its_own_place() {
        let folder = tempfile::tempdir().unwrap();
        let place = |bytes: &[u8]| {
            let place = Place::find(folder.path(), OsStr::new("投诉.csv"), &Digest::of(bytes)).unwrap();
            std::fs::write(&place.path, bytes).unwrap();
            let answer = place.answer("application/xml; charset=gb18030");
            let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
            (name(&place.path), name(&answer), name(&place.table()))
        };
        let first = ("投诉.csv".into(), "投诉.csv.receipt.xml".into(), "投诉.csv.answer.csv".into());
        assert_eq!(place(b"one"), first);
        assert_eq!(place(b"two").1, "投诉.2.csv.receipt.xml");
        assert_eq!(place(b"one"), first);
        assert_eq!(place(b"two").0, "投诉.2.csv");
        assert_eq!(place(b"six").0, "投诉.3.csv");
    }

    #[test]
    fn no_answer_takes_the_place_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str, bytes: &[u8]| {
            let place = Place::find(folder.path(), OsStr::new(name), &Digest::of(bytes)).unwrap();
            std::fs::write(&place.path, bytes).unwrap();
            std::fs::write(place.answer("application/xml"), b"answer").unwrap();
            place.path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(place("a.xml.receipt.xml", b"one"), "a.xml.receipt.xml.in");
        assert_eq!(place("a.xml", b"two"), "a.xml");
        assert_eq!(std::fs::read(folder.path().join("a.xml.receipt.xml.in")).unwrap(), b"one");
        assert_eq!(place("x.answer.csv", b"three"), "x.answer.csv.in");
    }

    #[test]
    fn a_long_name_leaves_room() {
        let name = "诉".repeat(84) + ".x";
        let place = Place::find(Path::new("/nowhere"), OsStr::new(&name), &Digest::of(b"")).unwrap();
        assert!(place.answer("text/csv").file_name().unwrap().len() <= 255);
        assert_eq!(place.path.file_name().unwrap().len(), 254);
    }
}
