//! `[[agency_listener.crl_sources]]`: from where an authority's revocation list is fetched, and when.

use std::path::PathBuf;

use serde::Deserialize;

use crate::config::settings::{AgencyListener, Outbound};
use crate::domain::schedule::{Schedule, Words, ZONE};

/// Each hour, when few others ask.
const HOURLY: &str = "17 * * * *";

/// `[[agency_listener.crl_sources]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrlSource {
    /// Its name in jobs: `keep:crl:NAME@MACHINE`.
    pub name: String,
    /// The file among `crls` that it takes the place of.
    pub file: PathBuf,
    /// The address of the list, http or https: it is signed.
    pub crl_url: String,
    /// When it is fetched, on China's clock.
    #[serde(default = "hourly")]
    pub cron: String,
    /// The authorities of an https address, PEM; those of `[outbound]` where there are none.
    #[serde(default)]
    pub authorities: Vec<PathBuf>,
}

fn hourly() -> String {
    HOURLY.to_owned()
}

impl CrlSource {
    /// When it is fetched.
    ///
    /// # Errors
    /// What is wrong with `cron`.
    pub fn schedule(&self) -> Result<Schedule, String> {
        let words = Words { cron: &self.cron, zone: ZONE, quiet: None, working_days: false };
        Schedule::parse(words).map_err(|(_, what)| what)
    }

    /// The key and what is wrong with it, of the first source that is.
    pub(super) fn check(
        listener: &AgencyListener,
        outbound: &Outbound,
    ) -> Result<(), (&'static str, String)> {
        for (place, source) in listener.crl_sources.iter().enumerate() {
            source.check_alone(listener, outbound)?;
            let before = &listener.crl_sources[..place];
            if before.iter().any(|other| other.name == source.name) {
                return Err(("name", format!("two sources have the name {:?}", source.name)));
            }
            if before.iter().any(|other| other.file == source.file) {
                return Err(("file", format!("two sources have the file {}", source.file.display())));
            }
        }
        Ok(())
    }

    fn check_alone(
        &self,
        listener: &AgencyListener,
        outbound: &Outbound,
    ) -> Result<(), (&'static str, String)> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            let message = format!("{:?}: a name of a-z, 0-9 and - is wanted, such as gd-ca", self.name);
            return Err(("name", message));
        }
        if !listener.crls.contains(&self.file) {
            let message =
                format!("{}: a file that stands in agency_listener.crls is wanted", self.file.display());
            return Err(("file", message));
        }
        if !["https://", "http://"].iter().any(|scheme| self.crl_url.starts_with(scheme)) {
            return Err(("crl_url", format!("{:?}: an http or https address is wanted", self.crl_url)));
        }
        let believed = !self.authorities.is_empty() || !outbound.authorities.is_empty();
        if self.crl_url.starts_with("https://") && !believed {
            let message = "the authorities of an https address are wanted here or in [outbound]";
            return Err(("authorities", message.to_owned()));
        }
        self.schedule().map(drop).map_err(|what| ("cron", what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sources: &[&str]) -> String {
        let crl_sources = sources.iter().map(|text| toml::from_str(text).unwrap()).collect();
        let listener = AgencyListener { crl_sources, ..AgencyListener::default() };
        match CrlSource::check(&listener, &Outbound::default()) {
            Ok(()) => "good".to_owned(),
            Err((key, message)) => format!("{key}: {message}"),
        }
    }

    #[test]
    fn a_source_is_for_a_list_in_use_and_comes_by_http() {
        let good = "name = 'gd-ca'\nfile = 'pki/crl.pem'\ncrl_url = 'http://crl.example.cn/gd.crl'\n";
        assert_eq!(told(&[good]), "good");
        let with = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}");
            told(&[&good.replace(from, to)])
        };
        assert!(with("gd-ca", "GD CA").starts_with("name: \"GD CA\": a name of a-z"));
        assert!(
            with("pki/crl.pem", "pki/other.pem").starts_with("file: pki/other.pem: a file that stands in")
        );
        assert!(with("http://", "ldap://").starts_with("crl_url: \"ldap://"));
        assert!(with("http://", "https://").starts_with("authorities: the authorities of an https address"));
        assert_eq!(told(&[&format!("{}authorities = ['a.pem']", good.replace("http:", "https:"))]), "good");
        assert!(told(&[&format!("{good}cron = 'often'")]).starts_with("cron: \"often\""));
        assert!(told(&[good, good]).starts_with("name: two sources"));
        assert!(told(&[good, &good.replace("gd-ca", "zj-ca")]).starts_with("file: two sources"));
    }
}
