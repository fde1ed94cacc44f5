//! `[backup]`: where backups go, when, and how many stay.

use std::path::PathBuf;

use serde::Deserialize;

/// `[backup]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Backup {
    /// The folder that backups are written to, on another disk or machine; absent: none are made.
    pub folder: Option<PathBuf>,
    /// The key under which they are sealed; made at the first backup.
    pub key_file: PathBuf,
    /// When: minute, hour, day, month, day of the week.
    pub cron: String,
    /// How many stay.
    pub keep: u16,
    /// Where `pg_dump` and `pg_restore` stand; empty: where PATH says.
    pub postgres_programs: PathBuf,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            folder: None,
            key_file: "keys/backup.key".into(),
            cron: "50 2 * * *".to_owned(),
            keep: 14,
            postgres_programs: PathBuf::new(),
        }
    }
}
