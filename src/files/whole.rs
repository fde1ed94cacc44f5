//! Plain files that are there whole or not at all.
//!
//! Promise: what reads the path sees all the bytes or the file that was there before, also after a loss of power: written
//! under a hidden name beside it, synced, renamed, and the folder synced (rename(2) is atomic). A link that somebody
//! laid under either name is replaced, never followed.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file on its way.
#[derive(Debug)]
pub struct Whole {
    path: PathBuf,
    new: PathBuf,
    writer: BufWriter<File>,
}

impl Whole {
    /// Begins a file that will be at `path`.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(".new");
        let new = path.with_file_name(name);
        gone(&new)?;
        let file = OpenOptions::new().write(true).create_new(true).open(&new)?;
        Ok(Self { path: path.to_owned(), new, writer: BufWriter::new(file) })
    }

    /// Puts it in its place.
    pub fn done(self) -> io::Result<()> {
        self.writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&self.new, &self.path)?;
        sync_folder_of(&self.path)
    }
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Writes a file.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut whole = Whole::begin(path)?;
    whole.write_all(bytes)?;
    whole.done()
}

/// Moves a file; when this returns, that survives a loss of power.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder_of(to)?;
    sync_folder_of(from)
}

/// Removes a file; one that is not there is no error.
pub fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        write(&path, b"one").unwrap();
        let mut second = Whole::begin(&path).unwrap();
        second.write_all(b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        second.done().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, b"theirs").unwrap();
        for name in ["x", ".x.new"] {
            std::os::unix::fs::symlink(&secret, folder.path().join(name)).unwrap();
        }
        write(&folder.path().join("x"), b"ours").unwrap();
        assert_eq!(fs::read(&secret).unwrap(), b"theirs");
        assert_eq!(fs::read(folder.path().join("x")).unwrap(), b"ours");
    }
}
