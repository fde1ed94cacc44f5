//! One file of an agency's folder: read, taken in, answered, moved.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::domain::digest::Digest;
use crate::domain::folder::{DropFolder, DropPaths};
use crate::domain::problem::Problem;
use crate::domain::receipt::ReceiptOutcome;
use crate::exchange::file::table::{Line, Lines};
use crate::exchange::file::{Content, FileAnswer, GivenFile};
use crate::exchange::import::{ImportOrder, ImportReport, Watch, measure};
use crate::exchange::inbound::Sender;
use crate::exchange::{Gateway, Refused};
use crate::files::whole::{self, Whole};
use crate::mapping::{Format, Stage};
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;
use crate::worker::folders::beside::Place;
use crate::worker::folders::inbox::{Answered, Print};

/// Refused records of an import that are read at once: at 1 KB each, 256 KB.
const PAGE: u32 = 256;

/// What became of a file.
pub(super) enum Settled {
    /// It was answered, and moved.
    Answered(Answered),
    /// It is gone, or changed while it was read: at the next look.
    NotYet,
}

/// A file as it was found.
enum Found {
    /// There is none any more.
    Gone,
    /// A link, a pipe, a device.
    NoFile,
    /// A message, or less.
    Small(Vec<u8>, Print),
    /// More than a message may have: to be imported.
    Large(Print),
}

/// Settles one file of `in/`; the error is for the operator, and the file stays where it is.
pub(super) async fn settle(
    gateway: &Gateway,
    agency: &Arc<Agency>,
    folder: &DropFolder,
    paths: &DropPaths,
    name: &OsStr,
) -> Result<Settled, String> {
    let file = paths.incoming.join(name);
    let found = blocking({
        let file = file.clone();
        move || find(&file)
    });
    let desk = Desk { gateway, agency, folder, paths, name, file: &file };
    let settled = match found.await? {
        Found::Gone => return Ok(Settled::NotYet),
        Found::NoFile => desk.turn_away(no_file(), Digest::of(b""), None).await,
        Found::Large(print) => desk.import(print).await,
        Found::Small(bytes, print) => desk.take(bytes, print).await,
    };
    settled.map_err(|why| format!("a file in in/ waits: {why}"))
}

struct Desk<'a> {
    gateway: &'a Gateway,
    agency: &'a Arc<Agency>,
    folder: &'a DropFolder,
    paths: &'a DropPaths,
    name: &'a OsStr,
    file: &'a Path,
}

impl Desk<'_> {
    async fn take(&self, bytes: Vec<u8>, print: Print) -> Result<Settled, String> {
        let digest = Digest::of(&bytes);
        let Some(format) = format(self.name) else {
            return self.turn_away(no_format(self.name), digest, Some(print)).await;
        };
        let given = GivenFile {
            agency: Arc::clone(self.agency),
            sender: Sender::Folder,
            kind: self.folder.kind,
            format,
            charset: self.charset(format),
            body: bytes,
        };
        let (given, content) = self.gateway.look_into(given).await.map_err(|why| why.to_string())?;
        if content == Content::Many {
            drop(given);
            return self.import(print).await;
        }
        let answer = self.gateway.take_file(given, content).await.map_err(|why| why.to_string())?;
        self.answer(answer, digest, Some(print)).await
    }

    /// The charset that the operator names, where a format does not say it itself.
    fn charset(&self, format: Format) -> Option<Encoding> {
        self.folder.charset.as_deref().filter(|_| format == Format::Csv).and_then(Encoding::parse)
    }

    /// Takes in a file of more than a message.
    async fn import(&self, print: Print) -> Result<Settled, String> {
        let Some(format) = format(self.name) else {
            let digest = self.measured().await?.0;
            return self.turn_away(no_format(self.name), digest, Some(print)).await;
        };
        let (sha256, size) = self.measured().await?;
        let order = ImportOrder {
            agency: self.agency.id.clone(),
            profile: None,
            kind: self.folder.kind,
            format,
            charset: self.charset(format),
            sha256,
            size,
        };
        let path = self.file.to_owned();
        match self.gateway.import(order, move || File::open(&path), &Watch::default()).await {
            Ok(report) => self.report(&report, print).await,
            Err(refused) if refused.is_ours() => Err(refused.to_string()),
            Err(refused) => self.turn_away(refused, sha256, Some(print)).await,
        }
    }

    async fn measured(&self) -> Result<(Digest, u64), String> {
        let file = self.file.to_owned();
        blocking(move || measure(File::open(&file)?)).await
    }

    /// Answers a file that was imported, and moves it.
    async fn report(&self, report: &ImportReport, print: Print) -> Result<Settled, String> {
        let taken = report.state == "finished";
        let place = self.place(taken, report.file_sha256).await?;
        let table = (report.refused > 0).then(|| place.table());
        if let Some(table) = &table {
            self.refusals(report, table).await?;
        }
        let body = serde_json::to_vec_pretty(report).map_err(|error| error.to_string())?;
        let answer = FileAnswer { taken, body, content_type: "application/json".to_owned(), table: None };
        self.put(place, answer, table, report.file_sha256, Some(print)).await
    }

    /// Writes a table of the records that an import refused.
    async fn refusals(&self, report: &ImportReport, path: &Path) -> Result<(), String> {
        let path = path.to_owned();
        let mut lines = blocking(move || Lines::begin(BufWriter::new(Whole::begin(&path)?))).await?;
        let mut after = 0;
        loop {
            let page = self.gateway.import_refusals(&report.import, after, PAGE).await;
            let page = page.map_err(|why| why.to_string())?;
            let Some(last) = page.last() else { break };
            after = last.index;
            lines = blocking(move || {
                for record in page {
                    let problems: Vec<Problem> = serde_json::from_value(record.problems).unwrap_or_default();
                    let number = record.registration_number.as_deref().unwrap_or_default();
                    let outcome = ReceiptOutcome::Refused;
                    lines.add(Line {
                        index: record.index,
                        number,
                        outcome,
                        case: "",
                        problems: &problems,
                    })?;
                }
                Ok(lines)
            })
            .await?;
        }
        blocking(move || lines.end()?.into_inner().map_err(io::IntoInnerError::into_error)?.done()).await
    }

    async fn turn_away(
        &self,
        refused: Refused,
        digest: Digest,
        print: Option<Print>,
    ) -> Result<Settled, String> {
        let turned = self.gateway.turn_file_away(self.agency, &Sender::Folder, &refused, digest).await;
        self.answer(turned.map_err(|why| why.to_string())?, digest, print).await
    }

    /// Puts the answer in its place and the file beside it.
    async fn answer(
        &self,
        answer: FileAnswer,
        digest: Digest,
        print: Option<Print>,
    ) -> Result<Settled, String> {
        let place = self.place(answer.taken, digest).await?;
        self.put(place, answer, None, digest, print).await
    }

    async fn place(&self, taken: bool, digest: Digest) -> Result<Place, String> {
        let folder = if taken { &self.paths.done } else { &self.paths.refused };
        let (folder, name) = (folder.clone(), self.name.to_owned());
        blocking(move || Place::find(&folder, &name, &digest)).await
    }

    async fn put(
        &self,
        place: Place,
        answer: FileAnswer,
        table: Option<PathBuf>,
        digest: Digest,
        print: Option<Print>,
    ) -> Result<Settled, String> {
        let taken = answer.taken;
        let (file, name): (PathBuf, OsString) = (self.file.to_owned(), self.name.to_owned());
        let moved = blocking(move || {
            let path = place.answer(&answer.content_type);
            whole::write(&path, &answer.body)?;
            let mut beside = vec![path];
            beside.extend(table);
            if let Some(table) = &answer.table {
                whole::write(&place.table(), table)?;
                beside.push(place.table());
            }
            match whole::rename(&file, &place.path) {
                // Another gateway on the same folder moved it: to the same place, with the same answer.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                other => other.map(|()| Some((place.path, beside))),
            }
        });
        let Some((path, beside)) = moved.await? else { return Ok(Settled::NotYet) };
        // Its name may be somebody's: the log knows it by its digest.
        tracing::info!(agency = %self.agency.id, sha256 = %digest, taken, "a file was answered");
        match print {
            Some(print) => Ok(Settled::Answered(Answered { path, name, print, beside })),
            None => Ok(Settled::NotYet),
        }
    }
}

/// Reads a file of at most a message's length.
fn find(file: &Path) -> io::Result<Found> {
    let before = match file.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Gone),
        other => other?,
    };
    if !before.is_file() {
        return Ok(Found::NoFile);
    }
    let mut opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Gone),
        other => other?,
    };
    let print = Print::of(&opened.metadata()?);
    if print != Print::of(&before) {
        return Ok(Found::Gone);
    }
    let most = Limits::default().bytes as u64;
    if before.len() > most {
        return Ok(Found::Large(print));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0));
    (&mut opened).take(most + 1).read_to_end(&mut bytes)?;
    // Written to while it was read: at the next look.
    let same = Print::of(&opened.metadata()?) == print && bytes.len() as u64 == before.len();
    Ok(if same { Found::Small(bytes, print) } else { Found::Gone })
}

/// By the ending of its name.
fn format(name: &OsStr) -> Option<Format> {
    let ending = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    Format::parse(&ending).filter(|format| *format != Format::Form)
}

fn no_file() -> Refused {
    refused(Problem::new("file-none", "不是普通文件", "this is no regular file").with_expected("a file"))
}

fn no_format(name: &OsStr) -> Refused {
    let found = Path::new(name).extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let problem = Problem::new(
        "file-format-unknown",
        "文件名的后缀不说明其格式",
        "the ending of the file's name tells no format",
    );
    let problem = problem.with_found(found.as_deref().unwrap_or_default());
    refused(problem.with_expected(".xml, .json, .csv, .xlsx"))
}

fn refused(problem: Problem) -> Refused {
    Refused::Malformed { stage: Stage::Read, problems: vec![problem] }
}

/// Does what waits for a disk elsewhere.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(panic) => Err(panic.to_string()),
    }
}
