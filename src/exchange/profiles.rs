//! The profiles in use, as one value that is swapped whole.
//!
//! Promise: versions of a profile stand side by side. A name is an id, `cn-amr-xml`, and means the newest version there
//! is, or an id and a version, `cn-amr-xml@1.2.0`, and means that one alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use semver::Version;

use crate::domain::digest::Digest;
use crate::mapping::Profile;

/// Compiled profiles by id and version.
#[derive(Clone, Default)]
pub struct Profiles(BTreeMap<String, BTreeMap<Version, Arc<Profile>>>);

impl Profiles {
    /// These; of two with the same id and version the later stands.
    #[must_use]
    pub fn new(profiles: impl IntoIterator<Item = Profile>) -> Self {
        let mut all: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
        for profile in profiles {
            let versions = all.entry(profile.id().to_owned()).or_default();
            versions.insert(profile.version().clone(), Arc::new(profile));
        }
        Self(all)
    }

    /// The profile of this name: the newest version of an id, or the version that the name pins.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Arc<Profile>> {
        let (id, version) = name.split_once('@').map_or((name, None), |(id, version)| (id, Some(version)));
        let versions = self.0.get(id)?;
        match version {
            None => versions.last_key_value().map(|(_, newest)| Arc::clone(newest)),
            Some(version) => versions.get(&Version::parse(version).ok()?).cloned(),
        }
    }

    /// The version of `id` that is these very files.
    #[must_use]
    pub fn by_digest(&self, id: &str, digest: &Digest) -> Option<Arc<Profile>> {
        self.0.get(id)?.values().find(|profile| profile.digest() == *digest).cloned()
    }

    /// The ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The names that pin: `id@version` of each, by id and age.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|(id, versions)| versions.keys().map(move |version| format!("{id}@{version}")))
    }

    /// Id and digest of each version, for the journal.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, Digest)> {
        let all = self.0.iter().flat_map(|(id, versions)| versions.values().map(move |one| (id, one)));
        all.map(|(id, profile)| (id.clone(), profile.digest())).collect()
    }
}
