//! Making a backup: sealed, tried by restoring it into an empty place, and only then one.
//!
//! Promise: a generation stands under its name once it was restored and its journal computed anew, or not at all. What stood
//! there before is touched by nothing until then. The files of cases stand in a pool that all generations share, each
//! copied once.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::cli::backup::database::{self, Server};
use crate::cli::backup::manifest::{Attachments, Entry, Kind, Manifest};
use crate::cli::backup::place::{Place, Scratch};
use crate::cli::backup::sealed::{Sealed, Sealing};
use crate::cli::backup::trial::{self, Trial};
use crate::domain::id::AttachmentId;
use crate::exchange::Gateway;
use crate::files::whole::{self, Whole};
use crate::seal::chunks::CHUNK;
use crate::store::backup::CaseKey;
use crate::store::{StoreError, Tx};

/// What of the data directory is settings: enough to start again, but for private keys and secrets.
const SETTINGS: &[&str] = &["regbridge.toml", "agencies", "profiles", "calendars", "rules", "notices", "pki"];

/// The keys of cases, of the newest backup alone.
pub(super) const CASE_KEYS: &str = "case-keys";

/// Which files of cases a generation has.
pub(super) const LIST: &str = "attachments.list";

/// Rows of one question.
const PAGE: u32 = 1000;

/// A backup that did not come about.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) step: &'static str,
    pub(crate) why: anyhow::Error,
}

/// Makes a generation of this name, and removes those that are too old; what it is.
pub(super) async fn make(
    place: &Place,
    gateway: &Gateway,
    name: &str,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Manifest, Fault> {
    let at = |step: &'static str| move |why: anyhow::Error| Fault { step, why };
    let _lock = place.lock().map_err(at("文件夹 folder"))?;
    let scratch = place.scratch().map_err(at("文件夹 folder"))?;
    let new = place.begin(name).map_err(at("文件夹 folder"))?;
    let kind = if gateway.is_embedded() { Kind::Sqlite } else { Kind::Postgres };
    let mut manifest = Manifest::new(name, kind, gateway.verifier_key());

    let sealed = dump(place, gateway, &scratch, &new, name).await.map_err(at("数据库 database"))?;
    say(&format!("database\t{} bytes, sealed", sealed.size));
    manifest.add(database::FILE, sealed);

    let settings = settings(place, &new, name).map_err(at("配置 settings"))?;
    say(&format!("settings\t{} files, sealed", settings.len()));
    for (file, sealed) in settings {
        manifest.add(&file, sealed);
    }

    let trial = trial::try_out(place, &scratch, &new, &manifest).await.map_err(at("恢复试验 trial"))?;
    let tried = tried(place, gateway, &trial, &new, &mut manifest, say).await;
    trial.close().await;
    tried?;

    let keys = keys(place, gateway).await.map_err(at("案件密钥 case keys"))?;
    say(&format!("case keys\t{keys}, in the place of those before"));
    finish(place, &new, &manifest).map_err(at("清单 manifest"))?;
    let gone = place.prune().map_err(at("清理 pruning"))?;
    if gone > 0 {
        say(&format!("pruned\t{gone} old backups"));
    }
    Ok(manifest)
}

/// Computes the restored journal anew, and copies the files of cases that the restored database names.
async fn tried(
    place: &Place,
    gateway: &Gateway,
    trial: &Trial,
    new: &Path,
    manifest: &mut Manifest,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<(), Fault> {
    let journal = trial.journal(&manifest.vkey).await;
    manifest.journal = journal.map_err(|why| Fault { step: "存证日志 journal", why })?;
    say(&format!("trial\trestored; its journal of {} entries is whole", manifest.journal.size));
    if place.keeps_attachments() {
        let pooled = pool(place, gateway, trial, new).await;
        let (list, attachments) = pooled.map_err(|why| Fault { step: "附件 attachments", why })?;
        say(&format!("attachments\t{} files, {} bytes", attachments.count, attachments.bytes));
        manifest.add(LIST, list);
        manifest.attachments = Some(attachments);
    }
    Ok(())
}

impl Manifest {
    fn add(&mut self, name: &str, Sealed { size, sha256 }: Sealed) {
        self.files.push(Entry { name: name.to_owned(), size, sha256 });
    }
}

async fn dump(
    place: &Place,
    gateway: &Gateway,
    scratch: &Scratch,
    new: &Path,
    name: &str,
) -> anyhow::Result<Sealed> {
    let about = place.about(name, database::FILE);
    if gateway.is_embedded() {
        return database::snapshot(gateway, scratch.path(), new, (&about, &place.key)).await;
    }
    let (url, programs, new, key) =
        (place.url.clone(), place.programs.clone(), new.to_owned(), place.key.clone());
    tokio::task::spawn_blocking(move || Server { url: &url, programs: &programs }.dump(&new, (&about, &key)))
        .await?
}

/// Seals the settings, each file under its path.
fn settings(place: &Place, new: &Path, name: &str) -> anyhow::Result<Vec<(String, Sealed)>> {
    let mut files = Vec::new();
    for top in SETTINGS {
        walk(place.data.path(), Path::new(top), &mut files)?;
    }
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let inside = format!("settings/{}", file.display());
        let path = place.data.resolve(&file);
        let mut from = File::open(&path).with_context(|| path.display().to_string())?;
        let sealing = Sealing::begin(new, &inside, &place.about(name, &inside), &place.key)?;
        all.push((inside, sealing.copy(&mut from)?));
    }
    Ok(all)
}

/// The files below a path of the data directory, private keys left out.
fn walk(data: &Path, path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let full = data.join(path);
    let Ok(about) = fs::metadata(&full) else { return Ok(()) };
    if about.is_dir() {
        for entry in fs::read_dir(&full).with_context(|| full.display().to_string())? {
            walk(data, &path.join(entry?.file_name()), files)?;
        }
    } else if path.extension().is_none_or(|end| end != "key") {
        files.push(path.to_owned());
    }
    Ok(())
}

/// Copies the files of cases that the generation names and the pool has not; their list and sum.
async fn pool(
    place: &Place,
    gateway: &Gateway,
    trial: &Trial,
    new: &Path,
) -> anyhow::Result<(Sealed, Attachments)> {
    let (file, mut sum) = (new.join(LIST), Attachments { count: 0, bytes: 0 });
    let mut list = Whole::begin(&file)?;
    let mut after = String::new();
    loop {
        let page = async |mut tx: Tx| tx.sealed_files_after(&after, PAGE).await;
        let page = trial.store.read::<_, StoreError, _>("backup.files", page).await?;
        let Some((end, _)) = page.last() else { break };
        let next = end.to_string();
        for (id, size) in page {
            let target = place.pooled(&id.to_string());
            if !fs::metadata(&target).is_ok_and(|there| there.len() == size) {
                copy(gateway, &id, size, &target).await?;
            }
            sum.count += 1;
            sum.bytes += size;
            writeln!(list, "{id} {size}")?;
        }
        after = next;
    }
    list.done()?;
    let size = fs::metadata(&file)?.len();
    Ok((Sealed { size, sha256: super::sealed::sha256(&file)? }, sum))
}

/// Copies the sealed bytes of a file into the pool.
async fn copy(gateway: &Gateway, id: &AttachmentId, size: u64, target: &Path) -> anyhow::Result<()> {
    let parent = target.parent().context("the pool has no folder")?;
    fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    let (mut out, mut at) = (Whole::begin(target)?, 0);
    while at < size {
        let piece = gateway.sealed_bytes(id.clone(), at, (size - at).min(CHUNK as u64)).await;
        let piece = piece.with_context(|| format!("file {id}"))?;
        ensure!(!piece.is_empty(), "file {id} ends after {at} of {size} bytes");
        out.write_all(&piece)?;
        at += piece.len() as u64;
    }
    Ok(out.done()?)
}

/// Seals the keys of cases, in the place of those of the backup before: what was destroyed is nowhere any more.
async fn keys(place: &Place, gateway: &Gateway) -> anyhow::Result<u64> {
    let mut sealing = Sealing::begin(&place.folder, CASE_KEYS, &place.about("*", CASE_KEYS), &place.key)?;
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let keys =
            gateway.case_keys_after(&after, PAGE).await.map_err(|refused| anyhow::anyhow!("{refused}"))?;
        let Some(last) = keys.last() else { break };
        after = last.case.to_string();
        for CaseKey { case, wrapped, made_at } in keys {
            writeln!(sealing, "{case} {} {}", made_at.micros(), hex::encode(wrapped))?;
            count += 1;
        }
    }
    sealing.done()?;
    // Read again: a key that cannot be read is the one loss that nothing mends.
    let read = read_keys(place)?;
    ensure!(read.len() as u64 == count, "{} keys were read back of {count}", read.len());
    Ok(count)
}

/// The keys of cases as the newest backup has them.
pub(super) fn read_keys(place: &Place) -> anyhow::Result<Vec<CaseKey>> {
    let mut text = Vec::new();
    let path = place.folder.join(CASE_KEYS);
    super::sealed::open(&path, &place.about("*", CASE_KEYS), &place.key, &mut text)?;
    let line = |line: &str| {
        let mut parts = line.split(' ');
        let case = crate::domain::id::CaseId::parse(parts.next()?).ok()?;
        let made_at = crate::clock::Timestamp::from_micros(parts.next()?.parse().ok()?);
        Some(CaseKey { case, wrapped: hex::decode(parts.next()?).ok()?, made_at })
    };
    let text = String::from_utf8(text)?;
    text.lines()
        .map(|one| line(one).with_context(|| format!("{}: {one:?} is no key", path.display())))
        .collect()
}

/// The files of cases that a generation has.
pub(super) fn listed(generation: &Path) -> anyhow::Result<BTreeSet<String>> {
    let path = generation.join(LIST);
    if !path.exists() {
        return Ok(BTreeSet::new());
    }
    let file = BufReader::new(File::open(&path).with_context(|| path.display().to_string())?);
    let mut ids = BTreeSet::new();
    for line in file.lines() {
        let line = line?;
        ids.insert(line.split(' ').next().unwrap_or_default().to_owned());
    }
    Ok(ids)
}

/// Writes the manifest and gives the generation its name.
fn finish(place: &Place, new: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    manifest.write(new)?;
    manifest.check(new)?;
    whole::rename(new, &place.generation(&manifest.backup))?;
    Ok(())
}
