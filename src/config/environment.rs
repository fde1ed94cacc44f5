//! Settings and secrets from the environment.
//!
//! `REGBRIDGE_<SECTION>__<KEY>` stands before the file's setting: `REGBRIDGE_STORE__URL`,
//! `REGBRIDGE_AGENCY_LISTENER__LIMITS__BODY_BYTES`. `REGBRIDGE_SECRET_<WHAT>_<NAME>` stands before a secret's file:
//! `REGBRIDGE_SECRET_WEBHOOK_CASES`, `REGBRIDGE_SECRET_ROUTER_HZ_AMR`, `REGBRIDGE_SECRET_MAIL`. Other variables are none of ours.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use crate::config::error::ConfigError;
use crate::domain::registry::Secret;

const PREFIX: &str = "REGBRIDGE_";

/// The variables of the environment, as one value.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// No variables.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Those of this process that are ours and are text.
    #[must_use]
    pub fn of_process() -> Self {
        let ours = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::of(ours)
    }

    /// These.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }

    /// The settings among them: variable, path, value. A number or a truth value is taken as such.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, Vec<String>, Value)> {
        self.0.iter().filter(|(name, _)| name.contains("__")).map(|(name, text)| {
            let path = name[PREFIX.len()..].split("__").map(str::to_ascii_lowercase).collect();
            let value = match (text.parse::<i64>(), text.parse::<bool>()) {
                (Ok(number), _) => Value::Integer(number),
                (_, Ok(truth)) => Value::Boolean(truth),
                _ => Value::String(text.clone()),
            };
            (name.as_str(), path, value)
        })
    }

    /// A secret: the variable `REGBRIDGE_SECRET_<name>` if there is one, else the file's content without the line end.
    pub fn secret(&self, name: &str, file: &Path) -> Result<Secret, ConfigError> {
        let variable = secret_variable(name);
        if let Some(value) = self.0.get(&variable) {
            return Ok(Secret::new(value.as_bytes()));
        }
        let content = std::fs::read(file).map_err(|e| {
            ConfigError::of(file, format!("the secret cannot be read ({e}); {variable} may hold it instead"))
        })?;
        let bytes = content.trim_ascii_end();
        if bytes.is_empty() {
            return Err(ConfigError::of(file, "the secret is empty"));
        }
        Ok(Secret::new(bytes))
    }
}

fn secret_variable(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{PREFIX}SECRET_{}", name.chars().map(word).collect::<String>())
}

/// Puts `value` at `path`, making the tables on the way. `false` when something else stands in the way.
pub(crate) fn put(table: &mut Table, path: &[String], value: Value) -> bool {
    match path {
        [] => false,
        [key] => {
            table.insert(key.clone(), value);
            true
        }
        [section, rest @ ..] => {
            let below = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
            below.as_table_mut().is_some_and(|below| put(below, rest, value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_from_the_environment_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "from file\r\n").unwrap();
        let none = Environment::empty();
        assert_eq!(none.secret("webhook-cases", &file).unwrap().bytes(), b"from file");
        let some = Environment::of([("REGBRIDGE_SECRET_WEBHOOK_CASES".to_owned(), "from env".to_owned())]);
        assert_eq!(some.secret("webhook-cases", &file).unwrap().bytes(), b"from env");
        std::fs::write(&file, "\n").unwrap();
        assert!(none.secret("x", &file).unwrap_err().to_string().ends_with("the secret is empty"));
        let missing = none.secret("router-hz-amr", &folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.contains("REGBRIDGE_SECRET_ROUTER_HZ_AMR"), "{missing}");
    }
}
