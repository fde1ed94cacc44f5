//! The database's part of a backup: SQLite by a snapshot, PostgreSQL by its own programs.
//!
//! Promise: nothing unsealed is written to the backup's folder. A password stands in the environment of the programs that
//! are started, never among their arguments.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use reqwest::Url;

use crate::cli::backup::sealed::{Sealed, Sealing, open};
use crate::exchange::Gateway;
use crate::seal::Key;

/// The sealed file of either.
pub(super) const FILE: &str = "database";

/// How a PostgreSQL database is reached by its programs.
pub(super) struct Server<'a> {
    pub(super) url: &'a str,
    /// Where `pg_dump` and `pg_restore` stand; empty: where the environment's PATH says.
    pub(super) programs: &'a Path,
}

/// Seals a snapshot of the embedded database; the plain one stands in `scratch` meanwhile.
pub(super) async fn snapshot(
    gateway: &Gateway,
    scratch: &Path,
    generation: &Path,
    (about, key): (&str, &Key),
) -> anyhow::Result<Sealed> {
    let plain = scratch.join("snapshot.sqlite");
    gateway.snapshot(&plain).await.map_err(|refused| anyhow::anyhow!("{refused}"))?;
    let sealed = Sealing::begin(generation, FILE, about, key)?.copy(&mut File::open(&plain)?)?;
    std::fs::remove_file(&plain)?;
    Ok(sealed)
}

impl Server<'_> {
    /// Seals what `pg_dump` writes: one moment of the database, without the keys of cases.
    pub(super) fn dump(&self, generation: &Path, (about, key): (&str, &Key)) -> anyhow::Result<Sealed> {
        let mut command = self.command("pg_dump")?;
        command.args(["--format=custom", "--no-owner", "--no-privileges", "--exclude-table-data=case_keys"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut output = child.stdout.take().context("pg_dump has no output")?;
        let complaints = std::thread::spawn({
            let mut errors = child.stderr.take().context("pg_dump has no errors")?;
            move || std::io::read_to_string(&mut errors).unwrap_or_default()
        });
        let sealed = Sealing::begin(generation, FILE, about, key)?.copy(&mut output);
        let status = child.wait()?;
        let complaints = complaints.join().unwrap_or_default();
        ensure!(status.success(), "pg_dump: {status}: {}", complaints.trim());
        sealed
    }

    /// Restores a sealed dump into this database, which is empty.
    pub(super) fn restore(&self, generation: &Path, (about, key): (&str, &Key)) -> anyhow::Result<()> {
        let mut command = self.command("pg_restore")?;
        command.args(["--exit-on-error", "--no-owner", "--no-privileges"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let complaints = std::thread::spawn({
            let mut errors = child.stderr.take().context("pg_restore has no errors")?;
            move || std::io::read_to_string(&mut errors).unwrap_or_default()
        });
        let mut input = child.stdin.take().context("pg_restore has no input")?;
        let opened = open(&generation.join(FILE), about, key, &mut input);
        drop(input);
        let status = child.wait()?;
        let complaints = complaints.join().unwrap_or_default();
        ensure!(status.success(), "pg_restore: {status}: {}", complaints.trim());
        opened
    }

    /// A program of PostgreSQL's that connects to this database.
    fn command(&self, program: &str) -> anyhow::Result<Command> {
        let path = if self.programs.as_os_str().is_empty() {
            Path::new(program).to_owned()
        } else {
            self.programs.join(program)
        };
        let mut url = Url::parse(self.url).context("the store's address")?;
        let mut command = Command::new(&path);
        if let Some(password) = url.password() {
            let password = percent_encoding::percent_decode_str(password).decode_utf8()?.into_owned();
            command.env("PGPASSWORD", password);
        }
        if url.password().is_some() && url.set_password(None).is_err() {
            bail!("the store's address has no host");
        }
        command.arg(format!("--dbname={url}"));
        Ok(command)
    }
}

/// The address of another database on the same server.
pub(super) fn beside(url: &str, database: &str) -> anyhow::Result<String> {
    let mut url = Url::parse(url).context("the store's address")?;
    url.set_path(database);
    Ok(url.to_string())
}
