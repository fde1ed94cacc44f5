//! `DIR/witness.toml`: who a witness is, and whose checkpoints it cosigns.

use std::path::Path;

use serde::Deserialize;

use crate::config::error::ConfigError;
use crate::tlog::{Origin, Verifier};

/// `witness.toml`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessFile {
    /// The name that its cosignatures bear, for ever: a host and path of one's own, without a scheme.
    pub name: String,
    /// The logs that it knows.
    #[serde(default)]
    pub logs: Vec<Log>,
}

/// `[[logs]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The log's name: the first line of its checkpoints.
    pub origin: String,
    /// Its verifier key, as `GET /agency/v1/vkey` gives it.
    pub vkey: String,
}

impl WitnessFile {
    /// Reads it from `text`; `file` names it in errors.
    pub fn read(file: &Path, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::of_toml(file, text, &error))
    }

    /// The logs by their origins, each with its keys: a log that changes its key has two for a while.
    pub fn known(&self, file: &Path) -> Result<Vec<(Origin, Vec<Verifier>)>, ConfigError> {
        let mut known: Vec<(Origin, Vec<Verifier>)> = Vec::new();
        for log in &self.logs {
            let wrong = |key: &str, why: String| {
                Err(ConfigError::of(file, format!("log {:?}: {why}", log.origin)).with_key(key))
            };
            let origin = match Origin::parse(&log.origin) {
                Ok(origin) => origin,
                Err(why) => return wrong("logs.origin", why.to_string()),
            };
            let vkey = match Verifier::parse(log.vkey.trim()) {
                Ok(vkey) if vkey.name() == origin.as_str() => vkey,
                Ok(vkey) => {
                    let why = format!("the key is of {}; a log's key bears the log's name", vkey.name());
                    return wrong("logs.vkey", why);
                }
                Err(why) => return wrong("logs.vkey", why.to_string()),
            };
            match known.iter_mut().find(|(other, _)| *other == origin) {
                Some((_, keys)) => keys.push(vkey),
                None => known.push((origin, vec![vkey])),
            }
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::Ed25519Signer;

    #[test]
    fn a_log_is_known_by_its_name_and_keys() {
        let file = Path::new("witness.toml");
        let key =
            |name: &str, seed| Ed25519Signer::from_seed(name, &[seed; 32]).unwrap().verifier().to_string();
        let log = |origin: &str, key: &str| format!("[[logs]]\norigin = \"{origin}\"\nvkey = \"{key}\"\n");
        let read = |logs: &str| {
            let text = format!("name = \"witness.example\"\n{logs}");
            WitnessFile::read(file, &text).unwrap().known(file)
        };
        let two = log("a", &key("a", 1)) + &log("b", &key("b", 1)) + &log("a", &key("a", 2));
        let known = read(&two).unwrap();
        let counts: Vec<(&str, usize)> = known.iter().map(|(log, keys)| (log.as_str(), keys.len())).collect();
        assert_eq!(counts, [("a", 2), ("b", 1)]);
        let told = |logs: &str| read(logs).unwrap_err().to_string();
        assert!(
            told(&log("b", &key("a", 1))).contains("the key is of a"),
            "{}",
            told(&log("b", &key("a", 1)))
        );
        assert!(told(&log("a b", &key("a", 1))).contains("not an origin"));
        assert!(told(&log("a", "a+b")).contains("not a verifier key"));
        let unknown = WitnessFile::read(file, "name = \"x\"\n[[log]]\norigin = \"a\"\n").unwrap_err();
        assert!(unknown.to_string().contains("logs"), "{unknown}");
    }
}
