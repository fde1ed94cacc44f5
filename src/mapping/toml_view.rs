//! TOML with places: a table that knows its file, and refuses what nobody asked for.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::problem::Problem;
use crate::mapping::fault::{Spot, suggestion_or_list};

/// What the parser's words mean in a file of ours, where they lead astray.
fn hint(message: &str) -> Option<(&'static str, &'static str)> {
    if message.starts_with("missing comma") {
        return Some((
            "（此处之前缺少逗号，或同一行有未闭合的引号）",
            " (a comma is missing before this place, or a quote is open in the same line)",
        ));
    }
    if message.starts_with("unclosed table") {
        return Some((
            "（此处被当作表头：它所在的块是否缺少“名 = [”？）",
            " (taken for a table's heading: does the block it stands in lack its `NAME = [`?)",
        ));
    }
    if message.starts_with("string values must be quoted") {
        return Some(("（文本须加引号：\"…\"）", " (put the text in quotes: \"…\")"));
    }
    None
}

/// A parsed file.
pub(crate) struct View<'a> {
    /// Its name.
    pub(crate) file: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
}

impl<'a> View<'a> {
    /// Parses the whole file.
    pub(crate) fn parse(&self) -> Result<DeTable<'a>, Vec<Problem>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        if errors.is_empty() {
            return Ok(table.into_inner());
        }
        let mut faults: Vec<Problem> = Vec::new();
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message();
            let hint = hint(message);
            let (zh, en) = hint.unwrap_or_default();
            let fault = Spot::of(self.file, self.text, at).fault(
                "toml",
                format!("TOML 语法错误：{message}{zh}"),
                format!("not TOML: {message}{en}"),
            );
            // One bracket that is missing makes every line after it wrong in the same way: the first is the one to mend.
            if faults.iter().all(|known| known.en != fault.en) {
                faults.push(fault);
            }
        }
        Err(faults)
    }

    /// The spot of a value or key.
    pub(crate) fn spot<T>(&self, of: &Spanned<T>) -> Spot {
        Spot::of(self.file, self.text, of.span().start)
    }

    /// Faults for every key of `table` that is not `known`.
    pub(crate) fn deny_unknown(&self, table: &DeTable<'_>, known: &[&str], faults: &mut Vec<Problem>) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref();
            let (zh, en) = suggestion_or_list(name, known.iter().copied());
            faults.push(self.spot(key).fault(
                "unknown-key",
                format!("未知的键“{name}”{zh}"),
                format!("unknown key \"{name}\"{en}"),
            ));
        }
    }

    /// A text member; a fault when it is something else.
    pub(crate) fn string(
        &self,
        table: &DeTable<'_>,
        key: &str,
        faults: &mut Vec<Problem>,
    ) -> Option<(String, Spot)> {
        let value = table.get(key)?;
        if let Some(text) = value.get_ref().as_str() {
            return Some((text.to_owned(), self.spot(value)));
        }
        faults.push(self.wrong_type(value, key, "文本", "text"));
        None
    }

    /// A truth value; a fault when it is something else.
    pub(crate) fn truth(&self, table: &DeTable<'_>, key: &str, faults: &mut Vec<Problem>) -> Option<bool> {
        let value = table.get(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            faults.push(self.wrong_type(value, key, "true 或 false", "true or false"));
        }
        found
    }

    /// A list of texts; one text alone counts as a list of one.
    pub(crate) fn strings(&self, table: &DeTable<'_>, key: &str, faults: &mut Vec<Problem>) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        if let Some(text) = value.get_ref().as_str() {
            return vec![text.to_owned()];
        }
        let items = value.get_ref().as_array().into_iter().flat_map(|items| items.iter());
        let texts: Vec<String> = items.filter_map(|i| i.get_ref().as_str().map(str::to_owned)).collect();
        if value.get_ref().as_array().is_none_or(|items| items.iter().count() != texts.len()) {
            faults.push(self.wrong_type(value, key, "文本列表", "a list of texts"));
        }
        texts
    }

    /// A fault: `key` has another type than wanted.
    pub(crate) fn wrong_type(&self, value: &Spanned<DeValue<'_>>, key: &str, zh: &str, en: &str) -> Problem {
        let found = value.get_ref().type_str();
        self.spot(value).fault(
            "wrong-type",
            format!("“{key}”应为{zh}，实为 {found}"),
            format!("\"{key}\": expected {en}, found {found}"),
        )
    }
}
