//! Writing the authority's files.
//!
//! Promise: a file is there whole or not at all (temporary file, fsync, rename, fsync of the directory), a new one
//! never replaces an old one, and a private key is never readable by others, not even while it is being written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Readable by anybody: certificates, CRLs.
pub(crate) const PUBLIC: u32 = 0o644;
/// Readable by its owner alone: keys.
pub(crate) const PRIVATE: u32 = 0o600;

/// Writes a file that must not exist yet.
pub(crate) fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = write_beside(path, bytes, mode)?;
    // A link fails where something stands; a rename would replace it.
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    linked?;
    sync_directory(path)
}

/// Writes a file, in place of an older one.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = write_beside(path, bytes, mode)?;
    fs::rename(&temporary, path)?;
    sync_directory(path)
}

/// Makes what was created, renamed or removed beside `path` durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

/// Holds the authority's directory for one writer until the file is dropped.
pub(crate) fn lock(directory: &Path) -> io::Result<File> {
    let path = directory.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE).open(path)?;
    file.lock()?;
    Ok(file)
}

/// The caller holds [`lock`] or a directory of its own, so that the temporary name is nobody else's; what a killed
/// process left there is removed.
fn write_beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(temporary)
}
