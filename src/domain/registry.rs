//! The agencies we know, as one value that is swapped whole.
//!
//! Promise: in a registry no two agencies share an id, a certificate or an application key, so that a lookup names
//! one agency or none. It is never changed in place: a reload builds another with the next generation number, and
//! whoever holds the old one finishes with it. Reading the files is left to `config::registry`.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::domain::digest::Fingerprint;
use crate::domain::id::AgencyId;

/// The agencies, found by what they present.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    generation: u64,
    agencies: Vec<Arc<Agency>>,
    certificates: HashMap<Fingerprint, usize>,
    keys: HashMap<String, (usize, Secret)>,
}

/// An agency on its way into a registry, with the secret of its old client where it has one.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// Who it is.
    pub agency: Agency,
    /// The secret half of its application key; present exactly when [`Agency::router`] is.
    pub secret: Option<Secret>,
}

/// A shared secret. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Two agencies claim the same thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Clash {
    /// The same id.
    #[error("agency {0} is there twice")]
    Id(AgencyId),
    /// The same certificate: a caller with it would be either.
    #[error("{second}: certificate {fingerprint} already belongs to {first}")]
    Certificate {
        /// Who had it.
        first: AgencyId,
        /// Who claims it too.
        second: AgencyId,
        /// The certificate.
        fingerprint: Fingerprint,
    },
    /// The same application key.
    #[error("{second}: app_key {app_key} already belongs to {first}")]
    AppKey {
        /// Who had it.
        first: AgencyId,
        /// Who claims it too.
        second: AgencyId,
        /// The key's public half.
        app_key: String,
    },
    /// An application key without its secret.
    #[error("{0}: an app_key without its secret")]
    NoSecret(AgencyId),
}

impl Registry {
    /// A registry of these agencies, in the order of their ids.
    pub fn new(generation: u64, mut entrants: Vec<Entrant>) -> Result<Self, Clash> {
        entrants.sort_by(|a, b| a.agency.id.cmp(&b.agency.id));
        let mut registry = Self { generation, ..Self::default() };
        for entrant in entrants {
            registry.admit(entrant)?;
        }
        Ok(registry)
    }

    fn admit(&mut self, entrant: Entrant) -> Result<(), Clash> {
        let Entrant { agency, secret } = entrant;
        let index = self.agencies.len();
        if self.by_id(&agency.id).is_some() {
            return Err(Clash::Id(agency.id));
        }
        for fingerprint in &agency.certificates {
            if let Some(first) = self.certificates.insert(*fingerprint, index) {
                return Err(Clash::Certificate {
                    first: self.agencies.get(first).map_or_else(|| agency.id.clone(), |a| a.id.clone()),
                    second: agency.id,
                    fingerprint: *fingerprint,
                });
            }
        }
        if let Some(router) = &agency.router {
            let secret = secret.ok_or_else(|| Clash::NoSecret(agency.id.clone()))?;
            if let Some((first, _)) = self.keys.insert(router.app_key.clone(), (index, secret)) {
                return Err(Clash::AppKey {
                    first: self.agencies[first].id.clone(),
                    second: agency.id,
                    app_key: router.app_key.clone(),
                });
            }
        }
        self.agencies.push(Arc::new(agency));
        Ok(())
    }

    /// How many registries came before this one in the process.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The agency that may present this certificate.
    #[must_use]
    pub fn by_fingerprint(&self, fingerprint: &Fingerprint) -> Option<Arc<Agency>> {
        self.certificates.get(fingerprint).map(|i| Arc::clone(&self.agencies[*i]))
    }

    /// The agency whose old client signs with this application key, and the secret it signs with.
    #[must_use]
    pub fn by_app_key(&self, app_key: &str) -> Option<(Arc<Agency>, &Secret)> {
        self.keys.get(app_key).map(|(i, secret)| (Arc::clone(&self.agencies[*i]), secret))
    }

    /// The agency of this id.
    #[must_use]
    pub fn by_id(&self, id: &AgencyId) -> Option<Arc<Agency>> {
        let found = self.agencies.binary_search_by(|a| a.id.cmp(id)).ok()?;
        Some(Arc::clone(&self.agencies[found]))
    }

    /// All of them, by id.
    #[must_use]
    pub fn agencies(&self) -> impl ExactSizeIterator<Item = &Arc<Agency>> {
        self.agencies.iter()
    }
}

impl Secret {
    /// From the bytes that both sides hold.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for the one computation that needs them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agency::{DeliveryMode, RouterKey};
    use crate::domain::region::Region;

    fn entrant(id: &str, certificate: &[u8], app_key: Option<&str>) -> Entrant {
        let router =
            app_key.map(|k| RouterKey { app_key: k.to_owned(), secret_file: "keys/router".to_owned() });
        Entrant {
            secret: router.is_some().then(|| Secret::new(*b"helloworld")),
            agency: Agency {
                id: AgencyId::parse(id).unwrap(),
                name: id.to_owned(),
                region: Region::parse("330100").unwrap(),
                profile: "cn-amr-xml".to_owned(),
                certificates: vec![Fingerprint::of(certificate)],
                scopes: Vec::new(),
                delivery: DeliveryMode::Pull,
                feed: crate::domain::agency::Feed::default(),
                requests_per_second: 1,
                deliveries_per_minute: None,
                rehearsal: false,
                folder: None,
                deliver: None,
                reconcile: None,
                syncs: Vec::new(),
                router,
            },
        }
    }

    #[test]
    fn finds_each_by_what_it_presents() {
        let registry =
            Registry::new(3, vec![entrant("wz-amr", b"two", Some("k2")), entrant("hz-amr", b"one", None)]);
        let registry = registry.unwrap();
        assert_eq!(registry.generation(), 3);
        assert_eq!(registry.agencies().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["hz-amr", "wz-amr"]);
        assert_eq!(registry.by_fingerprint(&Fingerprint::of(b"two")).unwrap().id.as_str(), "wz-amr");
        assert!(registry.by_fingerprint(&Fingerprint::of(b"three")).is_none());
        let (agency, secret) = registry.by_app_key("k2").unwrap();
        assert_eq!((agency.id.as_str(), secret.bytes()), ("wz-amr", &b"helloworld"[..]));
        assert!(registry.by_id(&AgencyId::parse("nobody").unwrap()).is_none());
        assert!(!format!("{registry:?}").contains("helloworld"));
    }

    #[test]
    fn refuses_whatever_two_agencies_share() {
        let clash = |a, b| Registry::new(0, vec![a, b]).unwrap_err().to_string();
        assert!(
            clash(entrant("a", b"1", None), entrant("a", b"2", None)).contains("twice"),
            "the same id is refused"
        );
        assert!(clash(entrant("a", b"1", None), entrant("b", b"1", None)).starts_with("b: certificate"));
        assert_eq!(
            clash(entrant("a", b"1", Some("k")), entrant("b", b"2", Some("k"))),
            "b: app_key k already belongs to a"
        );
        let mut twice = entrant("a", b"1", None);
        twice.agency.certificates.push(Fingerprint::of(b"1"));
        assert!(Registry::new(0, vec![twice]).unwrap_err().to_string().contains("already belongs to a"));
    }
}
