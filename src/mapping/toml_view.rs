//! TOML with places: a table that knows its file, and refuses what nobody asked for.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::problem::Problem;
use crate::mapping::fault::{Spot, suggestion_or_list};

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
        Err(errors
            .iter()
            .map(|error| {
                let spot = Spot::of(self.file, self.text, error.span().map_or(0, |span| span.start));
                let message = error.message();
                spot.fault("toml", format!("TOML 语法错误：{message}"), format!("not TOML: {message}"))
            })
            .collect())
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
