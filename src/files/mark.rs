//! The mark of a folder: by it, a folder is told from an empty one in its place.
//!
//! Promise: a folder that is marked keeps its mark wherever it is mounted, and no two folders have the same. Whoever finds
//! another mark than before looks into another folder, and what is not in it says nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::files::whole;

/// The mark of this folder; `fresh`, which nothing else is called, if it has none yet.
pub fn of(folder: &Path, fresh: &str) -> io::Result<String> {
    if let Some(mark) = read(folder)? {
        return Ok(mark);
    }
    whole::write(&file(folder), format!("{fresh}\n").as_bytes())?;
    read(folder)?.ok_or_else(|| io::Error::other("the mark is not there"))
}

/// The mark of this folder; nothing if it has none, or is not there.
pub fn read(folder: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(file(folder)) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|mark| !mark.is_empty())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join(".regbridge-folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_mark_and_another_has_another() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (root.path().join("one"), root.path().join("two"));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&two).unwrap();
        assert_eq!(read(&one).unwrap(), None);
        let mark = of(&one, "a").unwrap();
        assert_eq!(of(&one, "b").unwrap(), mark);
        assert_ne!(of(&two, "b").unwrap(), mark);
        fs::rename(&one, root.path().join("three")).unwrap();
        assert_eq!(read(&root.path().join("three")).unwrap(), Some(mark));
        assert_eq!(read(&one).unwrap(), None);
    }
}
