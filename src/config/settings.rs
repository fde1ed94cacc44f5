//! The settings: `regbridge.toml` under the environment's.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Table;

use crate::config::backup::Backup;
use crate::config::canary::Canary;
pub use crate::config::crl_source::CrlSource;
use crate::config::deadlines::{Deadlines, Team};
use crate::config::environment::{Environment, put};
use crate::config::error::ConfigError;
use crate::config::folder::Folder;
pub use crate::config::journal::{Journal, Witness};
use crate::config::mail::Mail;
use crate::config::retention::Retention;
use crate::exchange::attachments::AttachmentLimits;
use crate::http::agency::limits::Limits;
use crate::telemetry::LogFormat;

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where agencies call.
    pub agency_listener: AgencyListener,
    /// Where the platform calls.
    pub platform_listener: PlatformListener,
    /// Durable state.
    pub store: Store,
    /// The journal.
    pub journal: Journal,
    /// Where the platform is told of events.
    pub webhooks: Vec<Webhook>,
    /// How the gateway calls agencies.
    pub outbound: Outbound,
    /// Files of cases.
    pub attachments: Attachments,
    /// Deadlines.
    pub deadlines: Deadlines,
    /// Which agencies and topics belong together.
    pub teams: Vec<Team>,
    /// How staff is told by mail, and who.
    pub mail: Mail,
    /// For how long the contents of cases are kept.
    pub retention: Retention,
    /// Where backups go, and when they are made.
    pub backup: Backup,
    /// The gateway's own trial submission.
    pub canary: Canary,
    /// What is logged.
    pub log: Log,
}

/// `[agency_listener]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgencyListener {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// The certificate chain that the listener shows, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authorities whose client certificates are let in, PEM.
    pub authorities: Vec<PathBuf>,
    /// Their revocation lists, PEM; every authority needs one.
    pub crls: Vec<PathBuf>,
    /// From where lists are fetched anew.
    pub crl_sources: Vec<CrlSource>,
    /// What one caller may take.
    pub limits: Limits,
}

/// `[platform_listener]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlatformListener {
    /// Address and port. Plain HTTP: a loopback address, or a network that is the platform's own.
    pub address: SocketAddr,
}

/// `[store]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// `sqlite:<path>` or `postgres://…` without a password; absent: SQLite in the data directory.
    pub url: Option<String>,
    /// A file that holds the address, when it holds a password.
    pub url_file: Option<PathBuf>,
    /// Connections to PostgreSQL.
    pub connections: u32,
}

/// `[[webhooks]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Its name in deliveries and in the environment's variable.
    pub name: String,
    /// Where events are posted.
    pub url: String,
    /// The file of its signing secret, as Standard Webhooks writes it: `whsec_…`.
    pub secret_file: PathBuf,
}

/// `[outbound]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outbound {
    /// The client certificate chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM, not encrypted.
    pub key: Option<PathBuf>,
    /// The authorities of the agencies' endpoints, PEM.
    pub authorities: Vec<PathBuf>,
}

/// `[attachments]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Attachments {
    /// The folder of the sealed files, for their owner alone.
    pub folder: PathBuf,
    /// The key-encryption key, under which the keys of cases are wrapped; made at the first start.
    pub key_file: PathBuf,
    /// Earlier ones, which still open what was wrapped under them.
    pub old_key_files: Vec<PathBuf>,
    /// The largest file, in bytes.
    pub most_bytes: u64,
    /// What all files of one case may have together, in bytes.
    pub case_bytes: u64,
    /// The media types that are taken; `image/*` is all of a kind.
    pub types: Vec<String>,
    /// After how many hours an upload that has not come whole is given up.
    pub unfinished_hours: u32,
    /// The address at which agencies reach the gateway: what formats that carry addresses of files are given.
    pub address: Option<String>,
    /// Who looks into files before they are released.
    pub scanner: Scanner,
    /// The bucket of the sealed files, in place of the folder.
    pub bucket: Option<Bucket>,
}

/// `[attachments.bucket]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The store's address, `https`; `http` to this machine alone.
    pub endpoint: String,
    /// The bucket's name.
    pub name: String,
    /// Its region, as the store calls it.
    pub region: String,
    /// Whether the bucket's name stands in the path, and not in the host.
    #[serde(default)]
    pub path_style: bool,
    /// What stands before every object's name.
    #[serde(default)]
    pub prefix: String,
    /// The key's id.
    pub access_key: String,
    /// The file of the key.
    pub secret_file: PathBuf,
    /// The authorities of the store's certificate, PEM.
    #[serde(default)]
    pub authorities: Vec<PathBuf>,
}

/// `[attachments.scanner]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scanner {
    /// Program and arguments; none: files are released at once.
    pub command: Vec<String>,
    /// How long it may take over one file, in seconds.
    pub seconds: u32,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `text`, `json`, or `auto` for text on a terminal only.
    pub format: LogFormat,
    /// What is let through, for example `info,regbridge::http=debug`.
    pub filter: String,
}

impl Default for AgencyListener {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8443)),
            certificate: "pki/issued/server.crt".into(),
            key: "pki/issued/server.key".into(),
            authorities: vec!["pki/ca.crt".into()],
            crls: vec!["pki/crl.pem".into()],
            crl_sources: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Default for PlatformListener {
    fn default() -> Self {
        Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)) }
    }
}

impl Default for Store {
    // A dozen connections keep two processors of a database busy; group commit makes more of them idle.
    fn default() -> Self {
        Self { url: None, url_file: None, connections: 12 }
    }
}

impl Default for Attachments {
    fn default() -> Self {
        let AttachmentLimits { most_bytes, case_bytes, types, unfinished_hours } =
            AttachmentLimits::default();
        Self {
            folder: "attachments".into(),
            key_file: "keys/case-keys.key".into(),
            old_key_files: Vec::new(),
            most_bytes,
            case_bytes,
            types,
            unfinished_hours,
            address: None,
            scanner: Scanner::default(),
            bucket: None,
        }
    }
}

impl Default for Scanner {
    // 200 MB at 5 MB/s, which a slow scanner does, take 40 s.
    fn default() -> Self {
        Self { command: Vec::new(), seconds: 60 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

impl Settings {
    /// Reads the settings of a data directory.
    pub fn load(folder: &Folder, environment: &Environment) -> Result<Self, ConfigError> {
        let file = folder.settings();
        let text = std::fs::read_to_string(&file).map_err(|e| ConfigError::of(&file, e.to_string()))?;
        Self::read(&file, &text, environment)
    }

    /// Reads settings from `text`; `file` names it in errors.
    pub fn read(file: &Path, text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let mut settings: Self = toml::from_str(text).map_err(|e| ConfigError::of_toml(file, text, &e))?;
        let file_url = settings.store.url.clone();
        if environment.settings().next().is_some() {
            settings = overlay(file, text, environment)?;
        }
        if settings.store.url == file_url {
            refuse_password(file, text, file_url.as_deref())?;
        }
        settings.check().map_err(|(key, message)| {
            let leaf = key.rsplit('.').next().unwrap_or(&key).to_owned();
            ConfigError::of(file, message).with_key(key).with_line_of(text, &leaf)
        })?;
        Ok(settings)
    }

    /// The database's address, `sqlite:…` or `postgres://…`.
    pub fn store_url(&self, folder: &Folder) -> Result<String, ConfigError> {
        if let Some(file) = &self.store.url_file {
            let file = folder.resolve(file);
            let text = std::fs::read_to_string(&file).map_err(|e| ConfigError::of(&file, e.to_string()))?;
            return Ok(text.trim().to_owned());
        }
        match &self.store.url {
            Some(url) => Ok(url.clone()),
            None => Ok(format!("sqlite:{}", folder.database().display())),
        }
    }

    fn check(&self) -> Result<(), (String, String)> {
        let wrong = |key: &str, message: &str| Err((key.to_owned(), message.to_owned()));
        if let Err((name, message)) = self.agency_listener.limits.check() {
            return Err((format!("agency_listener.limits.{name}"), message.to_owned()));
        }
        if let Err((key, message)) = self.journal.check(&self.outbound) {
            return Err((format!("journal.{key}"), message));
        }
        let listener = &self.agency_listener;
        if listener.authorities.is_empty() {
            return wrong("agency_listener.authorities", "without an authority nobody would be let in");
        }
        if listener.crls.is_empty() {
            return wrong("agency_listener.crls", "every authority needs a revocation list");
        }
        if let Err((key, message)) = CrlSource::check(listener, &self.outbound) {
            return Err((format!("agency_listener.crl_sources.{key}"), message));
        }
        if self.store.url.is_some() && self.store.url_file.is_some() {
            return wrong("store.url_file", "url and url_file exclude each other");
        }
        if let Err((topic, message)) = self.retention.check() {
            return Err((format!("retention.{topic}"), message));
        }
        if self.backup.keep == 0 {
            return wrong("backup.keep", "at least 1 is wanted");
        }
        if let Err((key, message)) = self.canary.check() {
            return Err((format!("canary.{key}"), message));
        }
        if self.store.connections == 0 {
            return wrong("store.connections", "at least 1 is wanted");
        }
        if let Some(url) = &self.store.url
            && !["sqlite:", "postgres://", "postgresql://"].iter().any(|p| url.starts_with(p))
        {
            return wrong("store.url", "sqlite:<path> or postgres://… is wanted");
        }
        let attachments = &self.attachments;
        if attachments.most_bytes == 0 || attachments.case_bytes < attachments.most_bytes {
            return wrong("attachments.most_bytes", "at least 1 is wanted, and no more than case_bytes");
        }
        let full = |kind: &String| kind.split_once('/').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
        if attachments.types.is_empty() || !attachments.types.iter().all(full) {
            return wrong("attachments.types", "media types such as \"image/png\" or \"image/*\" are wanted");
        }
        if let Some(bucket) = &attachments.bucket {
            if !["https://", "http://"].iter().any(|scheme| bucket.endpoint.starts_with(scheme)) {
                return wrong("attachments.bucket.endpoint", "an https address is wanted");
            }
            if bucket.endpoint.starts_with("https://") && bucket.authorities.is_empty() {
                return wrong(
                    "attachments.bucket.authorities",
                    "a file with the authorities of the store's certificate is wanted; those of this machine stand in \
                     /etc/ssl/certs/ca-certificates.crt",
                );
            }
            if bucket.prefix.starts_with('/') {
                return wrong("attachments.bucket.prefix", "a prefix such as \"attachments/\" is wanted");
            }
        }
        if attachments.unfinished_hours == 0 {
            return wrong("attachments.unfinished_hours", "at least 1 is wanted");
        }
        if attachments.scanner.seconds == 0 {
            return wrong("attachments.scanner.seconds", "at least 1 is wanted");
        }
        if attachments.address.as_ref().is_some_and(|a| !a.starts_with("https://") || a.ends_with('/')) {
            return wrong("attachments.address", "an https address without a slash at its end is wanted");
        }
        if self.outbound.certificate.is_some() != self.outbound.key.is_some() {
            return wrong("outbound.certificate", "certificate and key belong together");
        }
        if self.outbound.certificate.is_some() && self.outbound.authorities.is_empty() {
            return wrong("outbound.authorities", "without an authority no endpoint would be trusted");
        }
        Team::check(&self.teams)?;
        self.mail.check()?;
        let mut names: Vec<&str> = self.webhooks.iter().map(|w| w.name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return wrong("webhooks.name", "two webhooks share a name");
        }
        for webhook in &self.webhooks {
            if webhook.name.is_empty() {
                return wrong("webhooks.name", "a name is wanted");
            }
            if !webhook.url.starts_with("https://") && !webhook.url.starts_with("http://") {
                return wrong("webhooks.url", "an http or https address is wanted");
            }
        }
        Ok(())
    }
}

fn overlay(file: &Path, text: &str, environment: &Environment) -> Result<Settings, ConfigError> {
    let mut table: Table = toml::from_str(text).map_err(|e| ConfigError::of_toml(file, text, &e))?;
    let mut settings = Settings::default();
    for (variable, path, value) in environment.settings() {
        if !put(&mut table, &path, value) {
            return Err(ConfigError::of(variable, "no setting can have that name"));
        }
        // One by one, so that the error names the variable that brings it.
        settings = table.clone().try_into().map_err(|e: toml::de::Error| ConfigError {
            line: None,
            key: Some(path.join(".")),
            ..ConfigError::of_toml(variable.as_ref(), "", &e)
        })?;
    }
    Ok(settings)
}

fn refuse_password(file: &Path, text: &str, url: Option<&str>) -> Result<(), ConfigError> {
    let authority = url.and_then(|u| u.split_once("://")).map(|(_, rest)| rest);
    let user =
        authority.and_then(|a| a.split('/').next()).and_then(|a| a.rsplit_once('@')).map(|(user, _)| user);
    let query = url.and_then(|u| u.split_once('?')).is_some_and(|(_, query)| query.contains("password="));
    if query || user.is_some_and(|user| user.contains(':')) {
        let message = "a password does not belong here: use store.url_file or REGBRIDGE_STORE__URL";
        return Err(ConfigError::of(file, message).with_key("store.url").with_line_of(text, "url"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
