//! The profiles in use, as one value that is swapped whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::mapping::Profile;

/// Compiled profiles by id.
#[derive(Clone, Default)]
pub struct Profiles(BTreeMap<String, Arc<Profile>>);

impl Profiles {
    /// These; of two with the same id the later stands.
    #[must_use]
    pub fn new(profiles: impl IntoIterator<Item = Profile>) -> Self {
        Self(profiles.into_iter().map(|p| (p.id().to_owned(), Arc::new(p))).collect())
    }

    /// The profile of this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<Arc<Profile>> {
        self.0.get(id).cloned()
    }

    /// The ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Id and digest of each, for the journal.
    #[must_use]
    pub fn digests(&self) -> Vec<(String, Digest)> {
        self.0.iter().map(|(id, p)| (id.clone(), p.digest())).collect()
    }
}
