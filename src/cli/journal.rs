//! `regbridge journal`: check it whole, or export it.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::cosigned::{self, Wanted};
use crate::cli::world::{Which, World};
use crate::exchange::Gateway;
use crate::tlog::{Checkpoint, Quorum, Row, Tile, Verifier, published, tiles_between};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Recompute the root from every entry and compare every tile and the signed checkpoint.
    Fsck {
        /// Check an exported tree instead of the database; it must hold `vkey`.
        #[arg(long, value_name = "OUT")]
        exported: Option<PathBuf>,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Write the journal as the static tree of C2SP tlog-tiles: checkpoint, tile/…, tile/entries/…, vkey, and
    /// checkpoint.cosigned where witnesses cosigned one.
    Export {
        /// The directory to write into; what it holds of an earlier export stays and grows.
        out: PathBuf,
    },
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    match command {
        Command::Fsck { exported: Some(out), wanted } => fsck(&out, wanted.quorum()?.as_ref()),
        Command::Fsck { exported: None, wanted } => {
            let quorum = wanted.quorum()?;
            let (gateway, _) = World::load(context)?.open(Which::Spoken).await?;
            // Through the published form, so that what others would check is what is checked.
            let scratch = Scratch::new()?;
            export(&gateway, &scratch.0).await?;
            fsck(&scratch.0, quorum.as_ref())
        }
        Command::Export { out } => {
            let (gateway, _) = World::load(context)?.open(Which::Spoken).await?;
            let files = export(&gateway, &out).await?;
            println!("wrote {files} files to {}", out.display());
            Ok(true)
        }
    }
}

/// A directory that goes when it is done with.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let name = format!("regbridge-fsck-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("regbridge: {} stays behind: {error}", self.0.display());
        }
    }
}

/// Checks an exported tree; prints what it found.
pub(super) fn fsck(out: &Path, quorum: Option<&Quorum>) -> anyhow::Result<bool> {
    let vkey =
        std::fs::read_to_string(out.join("vkey")).with_context(|| out.join("vkey").display().to_string())?;
    let verifier = Verifier::parse(vkey.trim())?;
    let read = |path: &str| match std::fs::read(out.join(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    match published::check(&read, std::slice::from_ref(&verifier)) {
        Ok(whole) => {
            println!(
                "OK  {} entries in {} bundles, {} tiles, signed by {vkey}",
                whole.checkpoint.size,
                whole.bundles,
                whole.tiles,
                vkey = vkey.trim()
            );
            let Some(quorum) = quorum else { return Ok(true) };
            let cosigned = cosigned::is_beginning(out, &[verifier], quorum, &whole.checkpoint);
            match &cosigned {
                Ok(said) => println!("{said}"),
                Err(error) => println!("FAILED  {error:#}"),
            }
            Ok(cosigned.is_ok())
        }
        Err(broken) => {
            println!("FAILED  {broken}");
            Ok(false)
        }
    }
}

/// Writes the published tree; how many files. The checkpoint comes last: a reader never sees one whose tiles are
/// not there yet.
pub(super) async fn export(gateway: &Gateway, out: &Path) -> anyhow::Result<u64> {
    // First: what comes after it begins with it.
    let cosigned = gateway.cosigned().await?;
    let checkpoint = gateway.published("checkpoint").await.context("the journal is empty")?;
    let text = String::from_utf8(checkpoint.clone())?;
    let verifier = Verifier::parse(&gateway.verifier_key())?;
    let size = Checkpoint::open(&text, &[verifier])?.size;
    let mut files = 2;
    for tile in tiles_between(0, size) {
        write(out, &tile.path(), &gateway.published(&tile.path()).await?)?;
        files += 1;
        if tile.row == Row::Hashes(0) {
            let bundle = Tile { row: Row::Entries, ..tile };
            write(out, &bundle.path(), &gateway.published(&bundle.path()).await?)?;
            files += 1;
        }
        if files % 1000 == 0 {
            eprintln!("{files} files …");
        }
    }
    write(out, "vkey", &gateway.published("vkey").await?)?;
    if let Some(cosigned) = cosigned {
        write(out, cosigned::FILE, cosigned.as_bytes())?;
        files += 1;
    }
    write(out, "checkpoint", &checkpoint)?;
    Ok(files)
}

fn write(out: &Path, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let file = out.join(path);
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    std::fs::write(&file, bytes).with_context(|| file.display().to_string())
}
