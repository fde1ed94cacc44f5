//! An agency: who it is, how it is known, and what it may exchange.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Fingerprint;
use crate::domain::folder::DropFolder;
use crate::domain::hours::Hours;
use crate::domain::id::AgencyId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::reconcile::Reconcile;
use crate::domain::record::Record;
use crate::domain::region::Region;
use crate::domain::sync::Sync;

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
    /// Whether it only rehearses: an agency whose system is being tried out, or the gateway's own canary. Its messages are
    /// taken, answered, journalled and delivered as anybody's; but the platform is told of no event, no deadline runs, and staff is
    /// not called.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
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
    /// What it wants of its feeds.
    #[serde(default, skip_serializing_if = "Feed::is_plain")]
    pub feed: Feed,
    /// Requests per second it may make; bursts of ten times that pass.
    #[serde(default = "default_rate")]
    pub requests_per_second: u32,
    /// How many deliveries a minute are pushed to it at most; a second's worth may go at once. As fast as they come where
    /// none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliveries_per_minute: Option<u32>,
    /// At which hours it is pushed to; as they come where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliver: Option<Hours>,
    /// The folder in which files are exchanged with it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<DropFolder>,
    /// What is fetched from it by the clock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub syncs: Vec<Sync>,
    /// From where its manifests are fetched, where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile: Option<Reconcile>,
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

/// What an agency wants of its feeds: `[feed]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Feed {
    /// Of inspection results only those that found something wrong are pushed, at once; the others wait in the feed.
    /// Says nothing where nothing is pushed.
    pub push_on_fail: bool,
    /// It wants to be told that there was nothing, too: an empty report.
    pub empty_report: bool,
}

impl Feed {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    const fn is_plain(&self) -> bool {
        !self.push_on_fail && !self.empty_report
    }
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
    /// For which categories of what is received ([`Record::categories`]), word for word; all of them where none is
    /// named. What names no category is for those who are given all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
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
    /// The gateway lays them into the agency's folder ([`Agency::folder`]), as files.
    Folder,
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
    /// The category, when the refusal is for that alone.
    pub category: Option<String>,
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
        let class = self.category.as_ref().map(|category| format!("，类别 {category}")).unwrap_or_default();
        format!("没有{way}{}（{}）的授权{place}{class}", self.kind.zh(), self.kind)
    }
}

impl fmt::Display for OutOfScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no scope to {} {}", self.direction, self.kind)?;
        if let Some(region) = &self.region {
            write!(f, " for region {region}")?;
        }
        if let Some(category) = &self.category {
            write!(f, " for category {category}")?;
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
        Err(OutOfScope { kind, direction, region: None, category: None })
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
        Err(OutOfScope { kind, direction, region: Some(region.clone()), category: None })
    }

    /// Whether it may receive what is of `kind`, for `region`, and of these categories: one scope must hold for the
    /// region and for one of them, or for the region and for all categories. Asked of every record that is sent to it.
    pub fn may_receive(&self, kind: Kind, region: &Region, categories: &[String]) -> Result<(), OutOfScope> {
        self.may_for(kind, Direction::Receive, region)?;
        let holds = |s: &Scope| {
            s.kind == kind
                && s.direction == Direction::Receive
                && s.regions.iter().any(|r| r.covers(region))
                && (s.categories.is_empty() || categories.iter().any(|c| s.categories.contains(c)))
        };
        if self.scopes.iter().any(holds) {
            return Ok(());
        }
        let category = categories.first().cloned().or(Some(String::new()));
        Err(OutOfScope { kind, direction: Direction::Receive, region: Some(region.clone()), category })
    }

    /// Whether a record goes out by itself, and does not wait to be fetched.
    #[must_use]
    pub fn pushes(&self, record: &Record) -> bool {
        match (&self.delivery, record) {
            (DeliveryMode::Pull, _) => false,
            (DeliveryMode::Push { .. } | DeliveryMode::Folder, Record::InspectionResult(result)) => {
                !self.feed.push_on_fail || result.fails()
            }
            (DeliveryMode::Push { .. } | DeliveryMode::Folder, _) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn agency(more: &str) -> Agency {
        let text = format!(
            "id = 'hz-fda'\nname = 'x'\nregion = '330100'\nprofile = 'p'\n{more}\n[[scopes]]\nkind = \
             'inspection-result'\ndirection = 'receive'\nregions = ['330100']\ncategories = ['food', 'drink']\n\
             [[scopes]]\nkind = 'inspection-result'\ndirection = 'receive'\nregions = ['330106']\n"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn a_scope_holds_for_its_regions_and_categories_together() {
        let agency = agency("");
        let may = |region: &str, categories: &[&str]| {
            let categories: Vec<String> = categories.iter().map(|&c| c.to_owned()).collect();
            let region = Region::parse(region).unwrap();
            agency
                .may_receive(Kind::InspectionResult, &region, &categories)
                .map_err(|scope| scope.to_string())
        };
        assert_eq!(may("330102", &["toys", "food"]), Ok(()));
        assert_eq!(may("330106", &["toys"]), Ok(()), "the second scope names no category");
        assert_eq!(may("330106", &[]), Ok(()));
        let refused = "no scope to receive inspection-result for region 330102 for category toys";
        assert_eq!(may("330102", &["toys"]), Err(refused.to_owned()));
        assert!(may("330102", &[]).is_err(), "what names none is for those who are given all");
        assert!(may("330200", &["food"]).unwrap_err().ends_with("for region 330200"));
    }

    #[test]
    fn what_fails_is_pushed_and_what_passes_waits_where_that_is_wanted() {
        let push = "delivery = { mode = 'push', url = 'https://x' }\n";
        let result = |verdict: &str| {
            let value = json!({"kind": "inspection-result", "registration_number": "1", "verdict": verdict});
            serde_json::from_value::<Record>(value).unwrap()
        };
        let wanted = agency(&format!("{push}feed = {{ push_on_fail = true }}"));
        assert!(wanted.pushes(&result("fail")) && wanted.pushes(&result("conditional_fail")));
        assert!(!wanted.pushes(&result("pass")) && !wanted.pushes(&result("not_judged")));
        let lead = json!({"kind": "enforcement-lead", "registration_number": "1"});
        assert!(wanted.pushes(&serde_json::from_value(lead).unwrap()), "it is of results alone");
        assert!(agency(push).pushes(&result("pass")) && !agency("").pushes(&result("fail")));
    }
}
