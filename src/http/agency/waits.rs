//! How many requests of each agency are held back until something comes.
//!
//! A request that waits holds a connection, and those are shared by everybody ([`Limits::connections`]).
//!
//! [`Limits::connections`]: crate::http::agency::limits::Limits::connections

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::AgencyId;

/// Requests of one agency that may wait at once: one for each kind it receives, twice over.
const MOST: usize = 16;

/// Who waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits(Arc<Mutex<HashMap<AgencyId, usize>>>);

/// One request's place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    waits: Waits,
    agency: AgencyId,
}

impl Waits {
    /// A place for one request more, if there is one.
    pub(super) fn enter(&self, agency: &AgencyId) -> Option<Place> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.entry(agency.clone()).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(Place { waits: self.clone(), agency: agency.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waits.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut entry) = waiting.entry(self.agency.clone()) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_has_so_many_places_and_gets_them_back() {
        let waits = Waits::default();
        let (hz, nb) = (AgencyId::parse("hz-amr").unwrap(), AgencyId::parse("nb-amr").unwrap());
        let mut places: Vec<Place> = (0..MOST).map(|_| waits.enter(&hz).unwrap()).collect();
        assert!(waits.enter(&hz).is_none());
        assert!(waits.enter(&nb).is_some(), "the others have their own");
        places.pop();
        assert!(waits.enter(&hz).is_some());
    }
}
