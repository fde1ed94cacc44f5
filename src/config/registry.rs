//! The agency registry: `agencies/<id>.toml`, one file per agency.
//!
//! Promise: it is loaded whole or not at all, and every reason against it is told at once. The name of the file is the
//! agency's id, its profile exists, and no two agencies share a certificate or an application key. Who swaps the
//! loaded registry in keeps the old one when this refuses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::config::environment::Environment;
use crate::config::error::{ConfigError, nearest};
use crate::config::folder::Folder;
use crate::domain::agency::{Agency, DeliveryMode};
use crate::domain::kind::{Direction, Kind};
use crate::domain::profile_name::ProfileName;
use crate::domain::reconcile::Reconcile;
use crate::domain::registry::{Clash, Entrant, Registry};
use crate::domain::sync::Sync;
use crate::wire::encoding::Encoding;

/// Loads the agencies of a data directory. `profiles` are the names of the profiles that exist, `id` and
/// `id@version`; `generation` is the
/// number of the registry to be. No folder is no agency.
pub fn load(
    folder: &Folder,
    environment: &Environment,
    profiles: &BTreeSet<String>,
    generation: u64,
) -> Result<Registry, Vec<ConfigError>> {
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for path in agency_files(&folder.agencies()).map_err(|e| vec![e])? {
        match read(&path, folder, environment, profiles) {
            Ok((text, entrant)) => files.push((path, text, entrant)),
            Err(found) => errors.extend(found),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let entrants = files.iter().map(|(_, _, entrant)| entrant.clone()).collect();
    Registry::new(generation, entrants).map_err(|clash| vec![place(&clash, &files)])
}

/// The profiles that agencies' files name, `id` or `id@version`, whatever else is wrong with them: [`load`] tells that.
#[must_use]
pub fn profiles(folder: &Folder) -> BTreeSet<String> {
    spoken(folder).into_values().collect()
}

/// The same by agency.
#[must_use]
pub fn spoken(folder: &Folder) -> BTreeMap<String, String> {
    let named = |path: &PathBuf| {
        let table: toml::Table = std::fs::read_to_string(path).ok()?.parse().ok()?;
        Some((path.file_stem()?.to_str()?.to_owned(), table.get("profile")?.as_str()?.to_owned()))
    };
    agency_files(&folder.agencies()).iter().flatten().filter_map(named).collect()
}

/// Reads one agency's file, with the same rules.
pub fn read(
    path: &Path,
    folder: &Folder,
    environment: &Environment,
    profiles: &BTreeSet<String>,
) -> Result<(String, Entrant), Vec<ConfigError>> {
    let text = std::fs::read_to_string(path).map_err(|e| vec![ConfigError::of(path, e.to_string())])?;
    let agency: Agency = toml::from_str(&text).map_err(|e| vec![ConfigError::of_toml(path, &text, &e)])?;
    let mut errors = check(path, &text, &agency, profiles);
    let mut secret = None;
    if let Some(router) = &agency.router {
        let name = format!("router-{}", agency.id);
        match environment.secret(&name, &folder.resolve(&router.secret_file)) {
            Ok(found) => secret = Some(found),
            Err(e) => errors.push(
                ConfigError::of(path, e.to_string())
                    .with_key("router.secret_file")
                    .with_line_of(&text, "secret_file"),
            ),
        }
    }
    if errors.is_empty() { Ok((text, Entrant { agency, secret })) } else { Err(errors) }
}

fn agency_files(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let unreadable = |e: std::io::Error| ConfigError::of(folder, e.to_string());
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(unreadable)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn check(path: &Path, text: &str, agency: &Agency, profiles: &BTreeSet<String>) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let mut wrong = |key: &str, message: String| {
        errors.push(ConfigError::of(path, message).with_key(key).with_line_of(text, leaf(key)));
    };
    if path.file_stem().is_none_or(|stem| stem != agency.id.as_str()) {
        wrong("id", format!("the agency is {}, so its file must be {}.toml", agency.id, agency.id));
    }
    if agency.name.trim().is_empty() {
        wrong("name", "a name is wanted".to_owned());
    }
    if !profiles.contains(&agency.profile) {
        wrong("profile", unknown_profile(&agency.profile, profiles));
    }
    if agency.requests_per_second == 0 {
        wrong("requests_per_second", "0 would refuse every request".to_owned());
    }
    if agency.deliveries_per_minute == Some(0) {
        wrong("deliveries_per_minute", "0 would send nothing".to_owned());
    }
    if let Some(hours) = &agency.deliver {
        if let Some((key, what)) = hours.fault() {
            wrong(&format!("deliver.{key}"), what);
        }
        if agency.delivery == DeliveryMode::Pull {
            wrong("deliver.at", "nothing is pushed without [delivery] mode = \"push\"".to_owned());
        }
    }
    if agency.deliveries_per_minute.is_some() && agency.delivery == DeliveryMode::Pull {
        wrong("deliveries_per_minute", "nothing is pushed without [delivery] mode = \"push\"".to_owned());
    }
    for scope in &agency.scopes {
        // A scope against a kind's way grants nothing: it was meant otherwise.
        if let [way] = scope.kind.directions()
            && scope.direction != *way
        {
            wrong("scopes.direction", format!("a {} can only be in direction {way}", scope.kind));
        }
        if scope.regions.is_empty() {
            wrong("scopes.regions", format!("{}: a scope without a region grants nothing", scope.kind));
        }
    }
    for scope in agency.scopes.iter().filter(|scope| !scope.categories.is_empty()) {
        if scope.direction != Direction::Receive {
            wrong("scopes.categories", format!("{}: categories limit what is received", scope.kind));
        }
    }
    if agency.feed.push_on_fail && agency.delivery == DeliveryMode::Pull {
        wrong("feed.push_on_fail", "nothing is pushed without [delivery] mode = \"push\"".to_owned());
    }
    if agency.delivery == DeliveryMode::Folder && agency.folder.is_none() {
        wrong("delivery.mode", "folder: there is no [folder] to lay messages into".to_owned());
    }
    if let Some(folder) = &agency.folder {
        if folder.charset.as_ref().is_some_and(|label| Encoding::parse(label).is_none()) {
            wrong("folder.charset", "utf-8, gb18030, gbk, gb2312 or utf-16 is wanted".to_owned());
        }
        let kind = folder.kind.filter(|kind| agency.may(*kind, Direction::Submit).is_err());
        if let Some(kind) = kind {
            wrong("folder.kind", format!("the agency has no scope to submit a {kind}"));
        }
    }
    if let DeliveryMode::Push { url } = &agency.delivery
        && !url.starts_with("https://")
    {
        wrong("delivery.url", "an https address is wanted".to_owned());
    }
    for sync in &agency.syncs {
        for (key, what) in sync.faults() {
            wrong(&format!("syncs.{key}"), what);
        }
        if agency.may(sync.kind, Direction::Submit).is_err() {
            wrong("syncs.kind", format!("the agency has no scope to submit a {}", sync.kind));
        }
    }
    let twice =
        |(place, sync): (usize, &Sync)| agency.syncs[..place].iter().any(|other| other.name == sync.name);
    if agency.syncs.iter().enumerate().any(twice) {
        wrong("syncs.name", "two syncs have one name".to_owned());
    }
    if let Some(what) = agency.reconcile.as_ref().and_then(Reconcile::fault) {
        wrong("reconcile.url", what);
    }
    if let Some(router) = &agency.router {
        if router.app_key.is_empty() {
            wrong("router.app_key", "an application key is wanted".to_owned());
        }
        let submits = [
            Kind::DisposalOrder,
            Kind::InspectionInstruction,
            Kind::InspectionResult,
            Kind::AssistanceRequest,
        ];
        if !agency.scopes.iter().any(|s| submits.contains(&s.kind)) {
            wrong(
                "router",
                "the old client submits disposal orders, inspections, requests for assistance; no scope for any of them"
                    .to_owned(),
            );
        }
    }
    errors
}

/// What is said of a name that no profile has: the nearest, and those there are, versions if the id is right.
fn unknown_profile(name: &str, profiles: &BTreeSet<String>) -> String {
    let id = ProfileName::id_in(name);
    let versions = profiles.contains(id);
    let fits = |known: &&str| match ProfileName::id_in(known) {
        whole if whole == *known => !versions,
        known => versions && known == id,
    };
    let known: Vec<&str> = profiles.iter().map(String::as_str).filter(fits).collect();
    let meant = nearest(if versions { name } else { id }, &known);
    let meant = meant.map(|meant| format!(" did you mean {meant}?")).unwrap_or_default();
    format!("there is no profile {name};{meant} there are {}", known.join(", "))
}

fn leaf(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// Where the second of two that clash stands.
fn place(clash: &Clash, files: &[(PathBuf, String, Entrant)]) -> ConfigError {
    let (second, needle) = match clash {
        Clash::Id(id) | Clash::NoSecret(id) => (id, "id".to_owned()),
        Clash::Certificate { second, fingerprint, .. } => (second, fingerprint.to_string()),
        Clash::AppKey { second, app_key, .. } => (second, app_key.clone()),
    };
    let file = files.iter().rev().find(|(_, _, entrant)| entrant.agency.id == *second);
    let Some((path, text, _)) = file else { return ConfigError::of("agencies", clash.to_string()) };
    // Fingerprints may stand in upper case and with colons.
    let plain: Vec<String> = text.lines().map(|l| l.replace(':', "").to_lowercase()).collect();
    let line = plain.iter().position(|l| l.contains(&needle.to_lowercase())).map(|index| index + 1);
    ConfigError { line, ..ConfigError::of(path, clash.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Fingerprint;

    struct Data(tempfile::TempDir);

    impl Data {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("agencies")).unwrap();
            std::fs::create_dir(folder.path().join("keys")).unwrap();
            std::fs::write(folder.path().join("keys/router"), "helloworld\n").unwrap();
            Self(folder)
        }

        fn with(self, file: &str, text: &str) -> Self {
            std::fs::write(self.0.path().join("agencies").join(file), text).unwrap();
            self
        }

        fn load(&self) -> Result<Registry, String> {
            let profiles = ["cn-amr-xml", "cn-hongdun-yunqiao"].map(str::to_owned).into();
            load(&Folder::at(self.0.path()), &Environment::empty(), &profiles, 4).map_err(|errors| {
                let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
                texts.join("\n").replace(&format!("{}/", self.0.path().display()), "")
            })
        }
    }

    fn agency(id: &str, certificate: &str) -> String {
        format!(
            r#"id = "{id}"
name = "杭州市市场监督管理局"
region = "330100"
profile = "cn-amr-xml"
certificates = ["{certificate}"]

[[scopes]]
kind = "complaint-order"
direction = "submit"
regions = ["330100"]
"#
        )
    }

    fn certificate(name: &str) -> String {
        Fingerprint::of(name.as_bytes()).to_string()
    }

    #[test]
    fn an_agency_loads_with_its_secret() {
        let router = "[[scopes]]\nkind = 'disposal-order'\ndirection = 'submit'\nregions = ['330100']\n\
                      [router]\napp_key = 'k'\nsecret_file = 'keys/router'\n";
        let data = Data::new()
            .with("hz-amr.toml", &(agency("hz-amr", &certificate("1")) + router))
            .with("wz-amr.toml", &agency("wz-amr", &certificate("2")))
            .with("notes.txt", "not an agency");
        let registry = data.load().unwrap();
        assert_eq!((registry.generation(), registry.agencies().len()), (4, 2));
        assert_eq!(registry.by_app_key("k").unwrap().1.bytes(), b"helloworld");
        assert!(registry.by_fingerprint(&Fingerprint::of(b"2")).is_some());
    }

    #[test]
    fn no_folder_is_no_agency() {
        let folder = tempfile::tempdir().unwrap();
        let registry = load(&Folder::at(folder.path()), &Environment::empty(), &BTreeSet::new(), 0).unwrap();
        assert_eq!(registry.agencies().len(), 0);
    }

    #[test]
    fn what_two_agencies_share_is_named_with_file_and_line() {
        let colons: Vec<String> = certificate("1")
            .as_bytes()
            .chunks(2)
            .map(|c| String::from_utf8_lossy(c).to_uppercase())
            .collect();
        let data = Data::new()
            .with("hz-amr.toml", &agency("hz-amr", &certificate("1")))
            .with("wz-amr.toml", &agency("wz-amr", &colons.join(":")));
        let error = data.load().unwrap_err();
        assert!(error.starts_with("agencies/wz-amr.toml:5: wz-amr: certificate"), "{error}");
        assert!(error.ends_with("already belongs to hz-amr"), "{error}");
    }

    #[test]
    fn every_fault_of_every_file_is_told() {
        let text = agency("hz-amr", &certificate("1"))
            .replace("cn-amr-xml", "cn-amr-xlm")
            .replace("\"submit\"", "\"receive\"");
        let data = Data::new()
            .with("other.toml", &text)
            .with("wz-amr.toml", &agency("wz-amr", "zz"))
            .with("yw-amr.toml", &agency("yw-amr", &certificate("3")).replace("region =", "regoin ="))
            .with(
                "yy-amr.toml",
                &(agency("yy-amr", &certificate("4")) + "[reconcile]\nurl = 'https://a.example/m'\n"),
            )
            .with("yz-amr.toml", &(agency("yz-amr", &certificate("5")) + "[deliver]\nat = 'evening'\n"))
            .with("zz-amr.toml", "[router]\napp_key = 1\n");
        let error = data.load().unwrap_err();
        assert!(error.contains("agencies/other.toml:1: id: the agency is hz-amr"), "{error}");
        assert!(
            error.contains(
                "agencies/other.toml:4: profile: there is no profile cn-amr-xlm; did you mean cn-amr-xml?"
            ),
            "{error}"
        );
        assert!(error.contains("agencies/other.toml:9: scopes.direction"), "{error}");
        assert!(
            error.contains("agencies/wz-amr.toml:5: certificates: digest: expected 64 hexadecimal"),
            "{error}"
        );
        assert!(error.contains("agencies/yw-amr.toml:3: regoin"), "{error}");
        assert!(
            error.contains("agencies/yy-amr.toml:12: reconcile.url: \"https://a.example/m\": an https"),
            "{error}"
        );
        assert!(error.contains("did you mean `region`?"), "{error}");
        assert!(error.contains("agencies/yz-amr.toml:12: deliver.at: \"evening\""), "{error}");
        assert!(error.contains("agencies/yz-amr.toml:12: deliver.at: nothing is pushed"), "{error}");
        assert!(error.contains("agencies/zz-amr.toml:2: router.app_key: invalid type"), "{error}");
    }

    #[test]
    fn a_version_may_be_pinned_and_a_wrong_one_is_told_with_those_there_are() {
        let names =
            ["cn-amr-xml", "cn-amr-xml@1.2.0", "cn-amr-xml@1.3.0", "cn-other"].map(str::to_owned).into();
        let load = |profile: &str| {
            let text = agency("hz-amr", &certificate("1")).replace("cn-amr-xml", profile);
            let data = Data::new().with("hz-amr.toml", &text);
            let loaded = load(&Folder::at(data.0.path()), &Environment::empty(), &names, 1);
            loaded
                .map(|registry| registry.agencies().next().unwrap().profile.clone())
                .map_err(|all| all[0].message.clone())
        };
        assert_eq!(load("cn-amr-xml@1.2.0").unwrap(), "cn-amr-xml@1.2.0");
        assert_eq!(
            load("cn-amr-xml@1.2.1").unwrap_err(),
            "there is no profile cn-amr-xml@1.2.1; did you mean cn-amr-xml@1.2.0? there are cn-amr-xml@1.2.0, \
             cn-amr-xml@1.3.0"
        );
        assert_eq!(
            load("cn-amr-xlm@1.2.0").unwrap_err(),
            "there is no profile cn-amr-xlm@1.2.0; did you mean cn-amr-xml? there are cn-amr-xml, cn-other"
        );
    }

    #[test]
    fn a_missing_secret_or_a_plain_http_endpoint_is_refused() {
        let text = agency("hz-amr", &certificate("1"))
            + "[delivery]\nmode = 'push'\nurl = 'http://x'\n[router]\napp_key = 'k'\nsecret_file = 'keys/none'\n";
        let error = Data::new().with("hz-amr.toml", &text).load().unwrap_err();
        assert!(error.contains("delivery.url: an https address"), "{error}");
        assert!(error.contains("hz-amr.toml:16: router.secret_file"), "{error}");
        assert!(error.contains("no scope for any of them"), "{error}");
    }

    #[test]
    fn a_folder_is_checked_with_the_rest() {
        let load = |more: &str| {
            let text = agency("hz-amr", &certificate("1")) + more;
            Data::new().with("hz-amr.toml", &text).load()
        };
        let registry = load("[delivery]\nmode = 'folder'\n[folder]\ncharset = 'gbk'\n").unwrap();
        let folder = registry.agencies().next().unwrap().folder.clone().unwrap();
        assert_eq!((folder.quiet_seconds, folder.charset.as_deref()), (10, Some("gbk")));
        let error = load("[delivery]\nmode = 'folder'\n").unwrap_err();
        assert!(error.contains("delivery.mode: folder: there is no [folder]"), "{error}");
        let error = load("[folder]\ncharset = 'latin1'\nkind = 'complaint-closure'\n").unwrap_err();
        assert!(error.contains("folder.charset: utf-8, gb18030"), "{error}");
        assert!(error.contains("no scope to submit a complaint-closure"), "{error}");
    }

    #[test]
    fn a_rate_of_what_is_pushed_is_some_and_of_what_is_pushed() {
        let load = |rate: u32, delivery: &str| {
            let text = agency("hz-amr", &certificate("1")).replacen(
                "region",
                &format!("deliveries_per_minute = {rate}\nregion"),
                1,
            );
            Data::new().with("hz-amr.toml", &(text + delivery)).load()
        };
        let push = "[delivery]\nmode = 'push'\nurl = 'https://x'\n";
        let registry = load(60, push).unwrap();
        assert_eq!(registry.agencies().next().unwrap().deliveries_per_minute, Some(60));
        assert!(load(0, push).unwrap_err().contains("deliveries_per_minute: 0 would send nothing"));
        assert!(load(60, "").unwrap_err().contains("deliveries_per_minute: nothing is pushed"));
    }
}
