//! The embedded database is served by one process.
//!
//! Promise: while a [`Claim`] is held no other process gets one of the same file, and it goes with the process,
//! however that ends: it is a lock of the operating system (flock(2)) on a file beside the database. Whoever holds it
//! knows that every lease in the database is a dead process's. PostgreSQL serves many; there the leases alone
//! keep workers apart. Commands that only look, or write one row, need no claim.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::PathBuf;

use crate::store::{StoreError, Target};

/// The right to serve a database.
#[derive(Debug)]
pub struct Claim(Option<File>);

impl Claim {
    /// Claims the database at this target; refused while another process serves it.
    pub fn of(target: &Target) -> Result<Self, StoreError> {
        let Target::Sqlite(path) = target else { return Ok(Self(None)) };
        let mut name = path.clone().into_os_string();
        name.push(".serving");
        let name = PathBuf::from(name);
        let unusable = |why: &dyn std::fmt::Display| StoreError::Unfit(format!("{}: {why}", name.display()));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .map_err(|e| unusable(&e))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(Some(file))),
            Err(TryLockError::WouldBlock) => Err(unusable(&"another process serves this database")),
            Err(TryLockError::Error(error)) => Err(unusable(&error)),
        }
    }

    /// Whether its holder is the only one who can have leases.
    #[must_use]
    pub const fn is_sole(&self) -> bool {
        self.0.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_serves_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(folder.path().join("db"));
        let first = Claim::of(&target).unwrap();
        assert!(first.is_sole());
        let refused = Claim::of(&target).unwrap_err().to_string();
        assert!(refused.contains("another process"), "{refused}");
        drop(first);
        assert!(Claim::of(&target).is_ok());
        let shared = Claim::of(&Target::parse("postgres://localhost/x").unwrap()).unwrap();
        assert!(!shared.is_sole());
    }
}
