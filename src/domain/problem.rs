//! A problem in a document: where it is, what was found, what would be right, in Chinese and English.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How much of a found value a problem repeats, in characters: enough to recognise it, too little to leak a letter.
pub const FOUND_LIMIT: usize = 40;

/// One thing wrong, or doubtful, in a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// What is wrong, for programs: a short stable word such as `code-unknown`.
    pub code: Cow<'static, str>,
    /// Line of the document as received, from 1; absent where there is no place (a missing document).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The wire path, for example `ComplaintOrder/Goods/Amount`.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub path: String,
    /// What stood there, cut at [`FOUND_LIMIT`] characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The rule that says so: `profile/file.map.toml:line`, a schema file and line, or a limit's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The whole in Chinese.
    pub zh: String,
    /// The whole in English.
    pub en: String,
}

impl Problem {
    /// A problem with its two texts; the rest is added by the `with_…` methods.
    pub fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            line: None,
            column: None,
            path: String::new(),
            found: None,
            expected: None,
            rule: None,
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// At this line and column, both from 1.
    #[must_use]
    pub fn with_place(mut self, line: u32, column: u32) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }

    /// At this wire path.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// With what was found, cut at [`FOUND_LIMIT`] characters.
    #[must_use]
    pub fn with_found(mut self, found: &str) -> Self {
        self.found = Some(cut(found));
        self
    }

    /// With what would be right.
    #[must_use]
    pub fn with_expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// With the rule that says so.
    #[must_use]
    pub fn with_rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }
}

/// At most [`FOUND_LIMIT`] characters of `text`, with `…` where something was cut.
#[must_use]
pub fn cut(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(FOUND_LIMIT).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}  ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}  ", self.path)?;
        }
        write!(f, "{}\n    {}", self.zh, self.en)?;
        if let Some(rule) = &self.rule {
            write!(f, "\n    rule {rule}  {}", self.code)?;
        }
        Ok(())
    }
}
