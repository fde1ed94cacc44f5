//! The profiles in use, as one value that is swapped whole.
//!
//! Promise: versions of a profile stand side by side. A name is an id, `cn-amr-xml`, and means the newest version there
//! is, or an id and a version, `cn-amr-xml@1.2.0`, and means that one alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::profile_name::ProfileName;
use crate::mapping::Profile;

/// Compiled profiles, each by the name that pins it.
#[derive(Clone, Default)]
pub struct Profiles(BTreeMap<ProfileName, Arc<Profile>>);

impl Profiles {
    /// These; of two with the same id and version the later stands.
    #[must_use]
    pub fn new(profiles: impl IntoIterator<Item = Profile>) -> Self {
        Self(profiles.into_iter().map(|profile| (profile.pin(), Arc::new(profile))).collect())
    }

    /// The profile of this name: the newest version of an id, or the version that the name pins.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Arc<Profile>> {
        let name = ProfileName::parse(name)?;
        match name.version {
            Some(_) => self.0.get(&name).cloned(),
            None => self.versions(&name.id).last().cloned(),
        }
    }

    /// The version of `id` that is these very files.
    #[must_use]
    pub fn by_digest(&self, id: &str, digest: &Digest) -> Option<Arc<Profile>> {
        self.versions(id).find(|profile| profile.digest() == *digest).cloned()
    }

    /// The versions of `id`, oldest first.
    fn versions(&self, id: &str) -> impl Iterator<Item = &Arc<Profile>> {
        // A name without a version stands before those of its id.
        let first = ProfileName { id: id.to_owned(), version: None };
        self.0.range(first..).take_while(move |(name, _)| name.id == id).map(|(_, profile)| profile)
    }

    /// The ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let mut before = None;
        let ids = self.0.keys().map(|name| name.id.as_str());
        ids.filter(move |id| before.replace(*id) != Some(*id))
    }

    /// The names that pin, by id and age.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.0.keys().map(ToString::to_string)
    }

    /// Id and digest of each version, for the journal.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, Digest)> {
        self.0.iter().map(|(name, profile)| (name.id.clone(), profile.digest())).collect()
    }
}
