//! How much of a stranger's document we are willing to read.
//!
//! Promise: every reader of [`crate::wire`] stops at these, so that time and memory are bounded by the size of the
//! body alone, whatever is in it. Which body may be read at all, and how many at once, is left to the edges.

use crate::domain::problem::Problem;

/// The limits of one reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document. 8 MiB: a complaint order is 2 KB, so this is a batch of four thousand, or one
    /// letter with a handful of photographs in base64.
    pub bytes: usize,
    /// Elements, objects or arrays inside one another. 64: the deepest real format (calibration certificates) needs
    /// 20, and XSD validation costs the square of the depth.
    pub depth: usize,
    /// Attributes of one element. 256: real formats stay below 30, and validation costs the square of the number
    /// (4,000 attributes take 23 ms).
    pub attributes: usize,
    /// Namespace declarations in force at one place. 64: real formats stay below 10, and each prefix is looked up
    /// among them.
    pub namespaces: usize,
    /// Elements, attributes, texts, members and items together. 200,000: 8 MiB of ordinary markup at about 42 bytes
    /// a node; denser documents are made to hurt.
    pub nodes: usize,
    /// Bytes of one name as written, and of one namespace: each element's are looked at together. 256: 85 Chinese
    /// characters.
    pub name: usize,
    /// Bytes of one value: 4 MiB, a photograph of 3 MiB in base64.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 8 * 1024 * 1024,
            depth: 64,
            attributes: 256,
            namespaces: 64,
            nodes: 200_000,
            name: 256,
            text: 4 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// Refuses a body that is too long or empty.
    pub(crate) fn admit(&self, bytes: &[u8]) -> Result<(), Problem> {
        if bytes.is_empty() {
            return Err(
                Problem::new("document-empty", "文档是空的", "the document is empty").with_place(1, 1)
            );
        }
        if bytes.len() > self.bytes {
            let found = format!("{} bytes", bytes.len());
            return Err(exceeded("bytes", "文档字节数", "the document's size in bytes", self.bytes)
                .with_found(&found));
        }
        Ok(())
    }
}

/// The problem of a limit passed: `rule` is the limit's name, the texts name what was counted.
pub(crate) fn exceeded(rule: &str, zh: &str, en: &str, most: usize) -> Problem {
    Problem::new("limit-exceeded", format!("{zh}超过上限 {most}"), format!("{en} passes the limit of {most}"))
        .with_found(&format!("> {most}"))
        .with_expected(format!("≤ {most}"))
        .with_rule(format!("limit:{rule}"))
}
