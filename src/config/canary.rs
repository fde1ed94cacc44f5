//! `[canary]`: the gateway's own trial submission.

use std::path::PathBuf;

use serde::Deserialize;

/// `[canary]`: a real submission through the real listener, from time to time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Canary {
    /// The agency as which it submits, one that only rehearses; absent: there is no canary.
    pub agency: Option<String>,
    /// Where the agency listener is, as an agency would call it.
    pub url: String,
    /// The client certificate of that agency, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authority of the listener's certificate, PEM.
    pub authority: PathBuf,
    /// When: minute, hour, day, month, day of the week.
    pub cron: String,
    /// After how many seconds an answer is given up.
    pub seconds: u16,
}

impl Default for Canary {
    fn default() -> Self {
        Self {
            agency: None,
            url: "https://localhost:8443".to_owned(),
            certificate: "pki/issued/canary.crt".into(),
            key: "pki/issued/canary.key".into(),
            authority: "pki/ca.crt".into(),
            cron: "*/15 * * * *".to_owned(),
            seconds: 20,
        }
    }
}

impl Canary {
    /// The first setting that is wrong, and why.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        if let Some(agency) = &self.agency
            && let Err(why) = crate::domain::id::AgencyId::parse(agency)
        {
            return Err(("agency".to_owned(), why.to_string()));
        }
        if !self.url.starts_with("https://") {
            return Err(("url".to_owned(), "an https address is wanted".to_owned()));
        }
        if self.seconds == 0 {
            return Err(("seconds".to_owned(), "at least 1 is wanted".to_owned()));
        }
        Ok(())
    }
}
