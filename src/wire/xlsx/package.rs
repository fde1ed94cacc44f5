//! The container: a zip archive, read part by part under our limits.
//!
//! Promise: before anything is inflated the directory has been looked at: few parts, each named once, none reaching
//! out of the archive, none encrypted. While inflating, every byte counts towards one sum for the whole workbook.

use std::cell::Cell;
use std::io::{BufReader, Cursor, Error, Read};
use std::rc::Rc;

use zip::ZipArchive;

use crate::domain::problem::{Problem, cut};
use crate::wire::limits::exceeded;

/// Parts of a workbook. 1,000: an empty one has about ten, one with every ornament a hundred.
const MOST_PARTS: usize = 1000;

/// Inflated bytes of all the parts that are read. 64 MiB: 200,000 cells at 60 bytes of markup each are 12 MB, with
/// their texts as much again; eight times the longest body we accept, so that a bomb stops in a fraction of a second.
const MOST_INFLATED: u64 = 64 * 1024 * 1024;

/// Bytes between two angle brackets. 256 KiB: the longest cell has 32,767 characters of up to four bytes, and may
/// write some of them as references; nothing longer is ever held in memory.
const LONGEST_RUN: usize = 256 * 1024;

/// An opened workbook.
pub(super) struct Package<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    inflated: Rc<Cell<u64>>,
}

/// A limit passed while inflating; travels inside an I/O error through the tokenizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Passed {
    #[error("too many inflated bytes")]
    Inflated,
    #[error("too long a text")]
    Run,
}

impl Passed {
    /// What it means to the sender.
    pub(super) fn problem(self) -> Problem {
        match self {
            Self::Inflated => {
                let most = usize::try_from(MOST_INFLATED).unwrap_or(usize::MAX);
                exceeded("inflated", "解压后的字节数", "the inflated size in bytes", most)
            }
            Self::Run => exceeded("text", "单个文本字节数", "the size of one text in bytes", LONGEST_RUN),
        }
    }
}

impl<'b> Package<'b> {
    /// Opens an archive and looks at its directory.
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, Problem> {
        // The compound files of old Excel (.xls), and of a workbook with a password.
        if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            return Err(Problem::new(
                "xlsx-old",
                "这是旧版 .xls 文件或加密的工作簿：请另存为不加密的 .xlsx",
                "this is an old .xls file, or a workbook with a password: save it as .xlsx without one",
            )
            .with_expected(".xlsx"));
        }
        // Each entry of the directory begins with these four bytes, so that a long one is seen before it is read;
        // packed data may hold them by chance, about once in four thousand million places.
        let entries = bytes.windows(4).filter(|four| four == b"PK\x01\x02").count();
        if entries > MOST_PARTS {
            return Err(exceeded("parts", "压缩包内文件数", "the number of parts", MOST_PARTS));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error.to_string()))?;
        if archive.len() > MOST_PARTS {
            return Err(exceeded("parts", "压缩包内文件数", "the number of parts", MOST_PARTS));
        }
        if archive.has_duplicate_names() {
            return Err(broken("two parts have one name"));
        }
        for index in 0..archive.len() {
            let part = archive.by_index_raw(index).map_err(|error| broken(&error.to_string()))?;
            let name = part.name().map_err(|error| broken(&error.to_string()))?;
            let outside = name.starts_with('/') || name.split(['/', '\\']).any(|step| step == "..");
            if outside || name.contains(['\\', '\0', ':']) || part.encrypted() || part.is_symlink() {
                return Err(Problem::new(
                    "xlsx-part",
                    format!("工作簿内有不允许的文件“{}”", cut(&name)),
                    format!("the workbook has a part that is not allowed: \"{}\"", cut(&name)),
                )
                .with_found(&name));
            }
        }
        Ok(Self { archive, inflated: Rc::default() })
    }

    /// A part's bytes as they are inflated, if there is such a part.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<BufReader<impl Read>>, Problem> {
        let Some(index) = self.archive.index_for_name(name) else { return Ok(None) };
        let part = self.archive.by_index(index).map_err(|error| broken(&error.to_string()))?;
        Ok(Some(BufReader::new(Guard { inner: part, inflated: Rc::clone(&self.inflated), run: 0 })))
    }
}

/// An archive or a part that cannot be read.
pub(super) fn broken(why: &str) -> Problem {
    Problem::new(
        "xlsx-broken",
        format!("不是完好的 XLSX 工作簿：{}", cut(why)),
        format!("not a sound XLSX workbook: {}", cut(why)),
    )
}

/// Counts what passes.
struct Guard<R> {
    inner: R,
    inflated: Rc<Cell<u64>>,
    /// Bytes since the last angle bracket.
    run: usize,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let sum = self.inflated.get().saturating_add(count as u64);
        self.inflated.set(sum);
        if sum > MOST_INFLATED {
            return Err(Error::other(Passed::Inflated));
        }
        for byte in &buffer[..count] {
            self.run = if matches!(byte, b'<' | b'>') { 0 } else { self.run + 1 };
            if self.run > LONGEST_RUN {
                return Err(Error::other(Passed::Run));
            }
        }
        Ok(count)
    }
}
