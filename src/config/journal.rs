//! `[journal]`: the journal's name and key, and who witnesses it.

use std::path::PathBuf;

use serde::Deserialize;

use crate::config::settings::Outbound;
use crate::tlog::WitnessKey;

/// `[journal]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Journal {
    /// The journal's name for ever: a host and path of one's own, without a scheme.
    pub origin: String,
    /// The signing key.
    pub key_file: PathBuf,
    /// How many witnesses must have cosigned a checkpoint; 0 asks for none.
    pub quorum: usize,
    /// Who is asked to cosign.
    pub witnesses: Vec<Witness>,
}

/// `[[journal.witnesses]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// What it is called in notices and in the log.
    pub name: String,
    /// Its address, before `/add-checkpoint`.
    pub url: String,
    /// Its verifier key, as `regbridge witness init` prints it.
    pub vkey: String,
    /// The authorities of its certificate, PEM; those of `[outbound]` where there are none.
    #[serde(default)]
    pub authorities: Vec<PathBuf>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { origin: String::new(), key_file: "keys/journal.key".into(), quorum: 0, witnesses: Vec::new() }
    }
}

impl Journal {
    /// The key and what is wrong with it, of the first setting that is.
    pub(super) fn check(&self, outbound: &Outbound) -> Result<(), (&'static str, String)> {
        let origin = &self.origin;
        if origin.is_empty()
            || origin.contains(|c: char| c.is_whitespace() || c == '+')
            || origin.contains("://")
        {
            let message =
                "a name such as regbridge.example.cn/journal is wanted: no scheme, no space, no plus";
            return Err(("origin", message.to_owned()));
        }
        for (place, witness) in self.witnesses.iter().enumerate() {
            witness.check(outbound)?;
            let before = &self.witnesses[..place];
            if before.iter().any(|other| other.name == witness.name) {
                return Err(("witnesses.name", format!("two witnesses have the name {:?}", witness.name)));
            }
            if before.iter().any(|other| other.vkey == witness.vkey) {
                let message = format!("{:?} has the key of another witness: they count as one", witness.name);
                return Err(("witnesses.vkey", message));
            }
        }
        if self.quorum > self.witnesses.len() {
            let message =
                format!("{} witnesses can never make a quorum of {}", self.witnesses.len(), self.quorum);
            return Err(("quorum", message));
        }
        Ok(())
    }
}

impl Witness {
    fn check(&self, outbound: &Outbound) -> Result<(), (&'static str, String)> {
        if self.name.trim().is_empty() {
            return Err(("witnesses.name", "a name is wanted".to_owned()));
        }
        if let Err(why) = WitnessKey::parse(&self.vkey) {
            return Err(("witnesses.vkey", why.to_string()));
        }
        if !["https://", "http://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            return Err(("witnesses.url", format!("{:?}: an https address is wanted", self.url)));
        }
        let believed = !self.authorities.is_empty() || !outbound.authorities.is_empty();
        if self.url.starts_with("https://") && !believed {
            let message = "the authorities of the witness's certificate are wanted here or in [outbound]";
            return Err(("witnesses.authorities", message.to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlog::Cosigner;

    fn told(text: &str) -> String {
        let journal: Journal = toml::from_str(&format!("origin = 'x.example/journal'\n{text}")).unwrap();
        match journal.check(&Outbound::default()) {
            Ok(()) => "good".to_owned(),
            Err((key, message)) => format!("{key}: {message}"),
        }
    }

    #[test]
    fn a_witness_has_a_name_a_key_and_an_address() {
        let key = |seed| Cosigner::from_seed("w.example", &[seed; 32]).unwrap().key().to_string();
        let one = |name: &str, seed| {
            format!(
                "[[witnesses]]\nname = '{name}'\nurl = 'https://w.example'\nvkey = '{}'\nauthorities = ['a.pem']\n",
                key(seed)
            )
        };
        let good = one("audit", 1);
        assert_eq!(told(""), "good");
        assert_eq!(told(&format!("quorum = 2\n{good}{}", one("legal", 2))), "good");
        assert!(told(&format!("quorum = 2\n{good}")).starts_with("quorum: 1 witnesses can never"));
        assert!(told(&format!("{good}{}", one("audit", 2))).starts_with("witnesses.name: two witnesses"));
        assert!(
            told(&format!("{good}{}", one("legal", 1))).starts_with("witnesses.vkey: \"legal\" has the key")
        );
        let with = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            told(&good.replace(from, to))
        };
        assert!(with("'audit'", "' '").starts_with("witnesses.name"));
        assert!(with("https://", "ftp://").starts_with("witnesses.url: \"ftp://"));
        assert!(with("w.example+", "v.example+").starts_with("witnesses.vkey: the key id is"));
        assert!(with("authorities = ['a.pem']\n", "").starts_with("witnesses.authorities"));
        assert_eq!(with("https://", "http://"), "good");
    }
}
