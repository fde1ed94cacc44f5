//! Why a configuration was not taken: file, line, key, and the nearest right key.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a configuration was not taken. The operator mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, or the environment's variable.
    pub source: PathBuf,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The setting, with its section.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What was probably meant.
    pub nearest: Option<String>,
}

impl ConfigError {
    /// An error about the whole of a file.
    pub fn of(source: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self { source: source.into(), line: None, key: None, message: message.into(), nearest: None }
    }

    /// About this setting.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// On the line of `text` that sets `needle`, or else holds it, if one does.
    #[must_use]
    pub fn with_line_of(mut self, text: &str, needle: &str) -> Self {
        // A short key stands in many a longer word: the line that sets it comes first.
        let sets = |line: &str| {
            line.trim_start().strip_prefix(needle).is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let place =
            text.lines().position(sets).or_else(|| text.lines().position(|line| line.contains(needle)));
        self.line = place.map(|index| index + 1);
        self
    }

    /// What the TOML reader says of `text`.
    #[must_use]
    pub fn of_toml(source: &Path, text: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map(|span| span.start.min(text.len()));
        let line = offset.map(|offset| text[..offset].matches('\n').count());
        let unknown =
            quoted(error.message(), "unknown field ").or(quoted(error.message(), "unknown variant "));
        let key = line.and_then(|line| key_at(text, line));
        let nearest = unknown.and_then(|unknown| nearest(unknown, &expected(error.message())));
        Self {
            source: source.to_owned(),
            line: line.map(|line| line + 1),
            key,
            message: error.message().trim().to_owned(),
            nearest,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// The setting that stands on a line, with the section above it: `store.url`.
fn key_at(text: &str, line: usize) -> Option<String> {
    let header = |l: &str| {
        let inner = l.trim().strip_prefix('[')?.split(']').next()?;
        Some(inner.trim_start_matches('[').trim().to_owned())
    };
    let here = text.lines().nth(line)?;
    if let Some(section) = header(here) {
        return Some(section);
    }
    let (key, _) = here.split_once('=')?;
    let section = text.lines().take(line).filter_map(header).last();
    Some(section.map_or_else(|| key.trim().to_owned(), |section| format!("{section}.{}", key.trim())))
}

fn quoted<'a>(message: &'a str, after: &str) -> Option<&'a str> {
    message.split_once(after)?.1.strip_prefix('`')?.split('`').next()
}

// serde says: unknown field `a`, expected one of `b`, `c`.
fn expected(message: &str) -> Vec<&str> {
    let list = message.split_once("expected").map_or("", |(_, list)| list);
    list.split('`').skip(1).step_by(2).collect()
}

/// The candidate that is few slips of the keyboard away: at most a third of its letters, and at least two may differ.
pub(crate) fn nearest(word: &str, candidates: &[&str]) -> Option<String> {
    let near = candidates.iter().map(|c| (distance(word, c), *c)).min()?;
    (near.0 <= (near.1.len() / 3).max(2)).then(|| near.1.to_owned())
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(nearest("ulr", &["url", "url_file", "connections"]).as_deref(), Some("url"));
        assert_eq!(nearest("colour", &["url", "connections"]), None);
    }

    #[test]
    fn keys_carry_their_section() {
        let text = "a = 1\n[store]\nulr = 'x'\n[[webhooks]]\nname = 'y'\n";
        assert_eq!(key_at(text, 0).as_deref(), Some("a"));
        assert_eq!(key_at(text, 2).as_deref(), Some("store.ulr"));
        assert_eq!(key_at(text, 3).as_deref(), Some("webhooks"));
        assert_eq!(key_at(text, 4).as_deref(), Some("webhooks.name"));
    }
}
