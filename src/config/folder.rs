//! The data directory: what stands where.
//!
//! ```text
//! DIR/regbridge.toml      settings
//! DIR/agencies/<id>.toml  the agency registry
//! DIR/pki/                certificates, authorities, revocation lists
//! DIR/keys/               private keys and secrets
//! DIR/profiles/<any>/     profiles of one's own, a folder for each version, beside the shipped ones
//! DIR/calendars/          working-day calendars of one's own, a file a year
//! DIR/rules/              rule sets of one's own
//! DIR/notices/            templates of mails of one's own, before the shipped ones
//! DIR/imports/            what came of imported files
//! DIR/attachments/        files of cases, sealed
//! DIR/regbridge.sqlite    the embedded database
//! ```

use std::path::{Path, PathBuf};

/// A data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// The directory at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its own path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path of the configuration: relative ones begin here.
    #[must_use]
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.resolve("regbridge.toml")
    }

    /// The agency registry.
    #[must_use]
    pub fn agencies(&self) -> PathBuf {
        self.resolve("agencies")
    }

    /// Certificates, authorities, revocation lists.
    #[must_use]
    pub fn pki(&self) -> PathBuf {
        self.resolve("pki")
    }

    /// Private keys and secrets.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.resolve("keys")
    }

    /// The keys that cursors of feeds are signed with, one a line: the first signs, all are read.
    #[must_use]
    pub fn cursor_keys(&self) -> PathBuf {
        self.keys().join("feed-cursors")
    }

    /// Profiles of one's own.
    #[must_use]
    pub fn profiles(&self) -> PathBuf {
        self.resolve("profiles")
    }

    /// Working-day calendars of one's own.
    #[must_use]
    pub fn calendars(&self) -> PathBuf {
        self.resolve("calendars")
    }

    /// Rule sets of one's own.
    #[must_use]
    pub fn rules(&self) -> PathBuf {
        self.resolve("rules")
    }

    /// Templates of mails of one's own.
    #[must_use]
    pub fn notices(&self) -> PathBuf {
        self.resolve("notices")
    }

    /// What came of imported files.
    #[must_use]
    pub fn imports(&self) -> PathBuf {
        self.resolve("imports")
    }

    /// The embedded database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.resolve("regbridge.sqlite")
    }
}
