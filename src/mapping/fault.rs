//! A fault in a profile: file, line, column, a stable word, and the nearest right name.
//!
//! Promise: whatever is wrong with a profile is said when it loads, at its place, all of it at once. A profile that
//! loads cannot fail later for being ill-formed.

use crate::domain::problem::Problem;
use crate::mapping::extends::ABOVE;
use crate::wire::tree::line_column;

/// Where a rule stands: the file of the profile, line and column from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The file, relative to the profile's folder.
    pub(crate) file: Box<str>,
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column in characters, from 1.
    pub(crate) column: u32,
}

impl Spot {
    /// The spot of a byte offset in a file's text.
    pub(crate) fn of(file: &str, text: &str, offset: usize) -> Self {
        let (line, column) = line_column(text, offset);
        Self { file: file.into(), line, column }
    }

    /// The top of a file.
    pub(crate) fn top(file: &str) -> Self {
        Self { file: file.into(), line: 1, column: 1 }
    }

    /// `profile/file:line`, as a rule is named in a problem: the profile is the base, where the rule is its.
    pub(crate) fn rule(&self, profile: &str) -> String {
        match self.file.strip_prefix(ABOVE) {
            Some(of_base) => format!("{of_base}:{}", self.line),
            None => format!("{profile}/{}:{}", self.file, self.line),
        }
    }

    /// A fault here.
    pub(crate) fn fault(&self, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::new(code, zh, en).with_place(self.line, self.column).with_path(&*self.file)
    }
}

/// `; did you mean "x"?` for the candidate nearest to `name`, or nothing when none is near.
pub(crate) fn near<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> (String, String) {
    match nearest(name, candidates) {
        Some(near) => (format!("；是否应为“{near}”？"), format!("; did you mean \"{near}\"?")),
        None => (String::new(), String::new()),
    }
}

/// Names that are listed wherever none is near. 12: as many as can be taken in at a glance.
const SHORT: usize = 12;

/// Names that are listed where the list is what is asked for. 40: the steps and the largest parts of a record fit.
const LISTED: usize = 40;

/// The same, and where none is near, all that there are, if they are few.
pub(crate) fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> (String, String) {
    let all: Vec<&str> = candidates.into_iter().filter(|name| !name.is_empty()).collect();
    if all.len() > SHORT { near(name, all) } else { suggestion_or_list(name, all) }
}

/// The same, and where none is near, all that there are.
pub(crate) fn suggestion_or_list<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> (String, String) {
    let mut all: Vec<&str> = candidates.into_iter().filter(|name| !name.is_empty()).collect();
    let near = near(name, all.iter().copied());
    if !near.1.is_empty() || all.is_empty() {
        return near;
    }
    let more = if all.len() > LISTED { ", …" } else { "" };
    all.truncate(LISTED);
    let list = all.join(", ");
    (format!("；有 {list}{more}"), format!("; there are {list}{more}"))
}

/// The candidate nearest to `name`, if it is near enough to be a slip: within a third of its length, or 2.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(far, _)| *far <= limit)
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, without regard to case.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let cost = corner + usize::from(left != right);
            corner = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        assert_eq!(nearest("birth_date", ["birthdate", "gender"]), Some("birthdate"));
        assert_eq!(nearest("Amonut", ["Amount", "Currency"]), Some("Amount"));
        assert_eq!(nearest("colour", ["licence"]), None);
    }

    #[test]
    fn few_names_are_listed_where_none_is_near() {
        assert_eq!(suggestion("colour", ["licence", "kind"]).1, "; there are licence, kind");
        assert_eq!(suggestion("licenc", ["licence", "kind"]).1, "; did you mean \"licence\"?");
        assert_eq!(suggestion("colour", []).1, "");
        let many: Vec<String> = (0..13).map(|number| format!("name-{number}")).collect();
        assert_eq!(suggestion("colour", many.iter().map(String::as_str)).1, "");
        assert!(suggestion("colour", many[..12].iter().map(String::as_str)).1.ends_with("name-11"));
    }
}
