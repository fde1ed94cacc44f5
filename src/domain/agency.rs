//! An agency: who it is, how it is known, and what it may exchange.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Fingerprint;
use crate::domain::id::AgencyId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::region::Region;

/// A government body we exchange with, as its registry file `agencies/<id>.toml` states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// Its short name, equal to the file's.
    pub id: AgencyId,
    /// Its official name.
    pub name: String,
    /// Its own division.
    pub region: Region,
    /// The profile whose formats it speaks: `cn-amr-xml`, the newest version there is, or `cn-amr-xml@1.2.0`.
    pub profile: String,
    /// SHA-256 fingerprints of the client certificates it may present; two while it changes one for the next.
    #[serde(default)]
    pub certificates: Vec<Fingerprint>,
    /// What it may exchange. Nothing that is not listed.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// How messages reach it.
    #[serde(default)]
    pub delivery: DeliveryMode,
    /// Requests per second it may make; bursts of ten times that pass.
    #[serde(default = "default_rate")]
    pub requests_per_second: u32,
    /// The credentials of its old open-platform client, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router: Option<RouterKey>,
}

/// Requests per second where the registry file names none: 2,000 is far above what one bureau's client sends (71,782
/// cases in eight months is 3.4 in a thousand seconds) and still leaves the gateway to the others when one loops.
pub const DEFAULT_RATE: u32 = 2000;

const fn default_rate() -> u32 {
    DEFAULT_RATE
}

/// One permission: a kind, a direction, and the divisions it holds for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The record kind.
    pub kind: Kind,
    /// Which way.
    pub direction: Direction,
    /// For which divisions; a division covers those below it.
    pub regions: Vec<Region>,
}

/// How messages reach an agency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DeliveryMode {
    /// The agency asks for them.
    #[default]
    Pull,
    /// The gateway posts them over mutual TLS.
    Push {
        /// The `https` address of its endpoint.
        url: String,
    },
}

/// The application key of an old open-platform client. The secret stands in a file, never in the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouterKey {
    /// The public half, sent as `app_key`.
    pub app_key: String,
    /// The file that holds the secret half, relative to the data directory.
    pub secret_file: String,
}

/// What an agency was not allowed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfScope {
    /// The record kind.
    pub kind: Kind,
    /// Which way.
    pub direction: Direction,
    /// The division, when the refusal is for that alone.
    pub region: Option<Region>,
}

impl OutOfScope {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        let way = match self.direction {
            Direction::Submit => "报送",
            Direction::Receive => "接收",
        };
        let place = self.region.as_ref().map(|region| format!("，区划 {region}")).unwrap_or_default();
        format!("没有{way}{}（{}）的授权{place}", self.kind.zh(), self.kind)
    }
}

impl fmt::Display for OutOfScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no scope to {} {}", self.direction, self.kind)?;
        if let Some(region) = &self.region {
            write!(f, " for region {region}")?;
        }
        Ok(())
    }
}

impl Agency {
    /// Whether it may exchange `kind` in `direction` for some division at all: asked before a body is read.
    pub fn may(&self, kind: Kind, direction: Direction) -> Result<(), OutOfScope> {
        let granted = |s: &Scope| s.kind == kind && s.direction == direction && !s.regions.is_empty();
        if self.scopes.iter().any(granted) {
            return Ok(());
        }
        Err(OutOfScope { kind, direction, region: None })
    }

    /// Whether it may exchange `kind` in `direction` for `region`: asked of every record.
    pub fn may_for(&self, kind: Kind, direction: Direction, region: &Region) -> Result<(), OutOfScope> {
        self.may(kind, direction)?;
        let granted = |s: &Scope| {
            s.kind == kind && s.direction == direction && s.regions.iter().any(|r| r.covers(region))
        };
        if self.scopes.iter().any(granted) {
            return Ok(());
        }
        Err(OutOfScope { kind, direction, region: Some(region.clone()) })
    }
}
