//! Sealed files in a folder: `<last two digits>/<attachment>` under it, so that no folder holds them all.
//!
//! Promise: a file is in place whole or not at all: written elsewhere, synced, renamed, and the folders synced, before
//! anybody hears of it (rename(2) on one file system is atomic).

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::domain::id::AttachmentId;
use crate::files::{Answer, Files};

/// A folder of sealed files.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The folder, made if it is not there; for its owner alone.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        private_folder(&root)?;
        Ok(Self { root })
    }

    /// Its folder and its path. The last digits of an id are random (RFC 9562, section 5.7).
    fn place(&self, name: &AttachmentId) -> (PathBuf, PathBuf) {
        let text = name.as_str();
        let folder = self.root.join(&text[text.len() - 2..]);
        let path = folder.join(text);
        (folder, path)
    }
}

/// A folder for its owner alone.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

impl Files for Disk {
    fn keep(&self, name: AttachmentId, staged: PathBuf) -> Answer<'_, ()> {
        let (root, (folder, path)) = (self.root.clone(), self.place(&name));
        elsewhere(move || {
            let new = !folder.is_dir();
            private_folder(&folder)?;
            fs::rename(&staged, &path)?;
            File::open(&folder)?.sync_all()?;
            if new {
                File::open(&root)?.sync_all()?;
            }
            Ok(())
        })
    }

    fn read(&self, name: AttachmentId, offset: u64, length: u64) -> Answer<'_, Vec<u8>> {
        let (_, path) = self.place(&name);
        elsewhere(move || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
            file.take(length).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
    }

    fn remove(&self, name: AttachmentId) -> Answer<'_, ()> {
        let (_, path) = self.place(&name);
        elsewhere(move || match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        })
    }

    fn list(&self) -> Answer<'_, Vec<AttachmentId>> {
        let root = self.root.clone();
        elsewhere(move || {
            let mut found = Vec::new();
            for folder in fs::read_dir(root)? {
                let folder = folder?.path();
                for file in folder.is_dir().then(|| fs::read_dir(folder)).transpose()?.into_iter().flatten() {
                    let name = file?.file_name();
                    found.extend(name.to_str().and_then(|name| AttachmentId::parse(name).ok()));
                }
            }
            Ok(found)
        })
    }
}

/// Does what waits for the disk on a thread that may wait.
pub(crate) fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Answer<'static, T> {
    Box::pin(async move {
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(io::Error::other(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SeededChance, Timestamp};

    #[tokio::test]
    async fn a_file_is_kept_read_in_parts_listed_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path().join("attachments")).unwrap();
        let chance = SeededChance::new(3);
        let now = Timestamp::from_micros(0);
        let name = AttachmentId::mint(now, &chance);
        let staged = folder.path().join("staged");
        fs::write(&staged, b"0123456789").unwrap();
        disk.keep(name.clone(), staged.clone()).await.unwrap();
        assert!(!staged.exists());
        assert_eq!(disk.read(name.clone(), 3, 4).await.unwrap(), b"3456");
        assert_eq!(disk.read(name.clone(), 8, 4).await.unwrap(), b"89");
        assert_eq!(disk.list().await.unwrap(), std::slice::from_ref(&name));
        disk.remove(name.clone()).await.unwrap();
        disk.remove(name.clone()).await.unwrap();
        assert!(disk.list().await.unwrap().is_empty());
        assert_eq!(disk.read(name, 0, 1).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
