//! Who brings or reads a file, and whether they may.
//!
//! Promise: an agency has to do with its own cases alone, by its scopes at that moment; of others it does not learn
//! that they exist. Of a case of its own it reads what it brought, and what it was sent.

use std::sync::Arc;

use crate::domain::agency::{Agency, OutOfScope};
use crate::domain::digest::Fingerprint;
use crate::domain::kind::{Direction, Kind};
use crate::exchange::intake::desk::{opener, topic};
use crate::exchange::refused::Refused;
use crate::exchange::view::Actor;
use crate::store::attachment::Attachment;
use crate::store::case::Case;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Party {
    /// An agency, by the certificate of this connection.
    Agency {
        /// Who.
        agency: Arc<Agency>,
        /// The certificate.
        certificate: Fingerprint,
    },
    /// Somebody with a token of the platform's.
    Platform(Actor),
}

impl Party {
    /// As the journal and the rows name it: `agency:<id>` or `platform:<name>`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Agency { agency, .. } => format!("agency:{}", agency.id),
            Self::Platform(actor) => format!("platform:{}", actor.name),
        }
    }

    /// Whose upload it is: the platform's programs may take up each other's.
    pub(super) fn owner(&self) -> String {
        match self {
            Self::Agency { .. } => self.text(),
            Self::Platform(_) => "platform".to_owned(),
        }
    }

    pub(super) const fn certificate(&self) -> Option<Fingerprint> {
        match self {
            Self::Agency { certificate, .. } => Some(*certificate),
            Self::Platform(_) => None,
        }
    }

    /// Whether it may bring files to this case.
    pub(super) fn may_bring(&self, case: &Case) -> Result<(), Refused> {
        self.may(case, &[Direction::Submit])
    }

    /// Whether it may read of this case at all.
    pub(super) fn may_look(&self, case: &Case) -> Result<(), Refused> {
        self.may(case, &[Direction::Submit, Direction::Receive])
    }

    /// Whether this file of the case is there for it.
    pub(super) fn sees(&self, row: &Attachment) -> bool {
        match self {
            Self::Agency { .. } => row.shared_at.is_some() || row.brought_by == self.text(),
            Self::Platform(_) => true,
        }
    }

    /// A scope for any kind of the case's topic in one of these directions, for the case's region, is enough.
    fn may(&self, case: &Case, directions: &[Direction]) -> Result<(), Refused> {
        let Self::Agency { agency, .. } = self else { return Ok(()) };
        if case.agency != agency.id {
            return Err(Refused::NotFound);
        }
        let kinds = Kind::ALL.iter().copied().filter(|kind| topic(*kind) == case.topic);
        let granted = kinds.flat_map(|kind| directions.iter().map(move |direction| (kind, *direction)));
        if granted.into_iter().any(|(kind, way)| agency.may_for(kind, way, &case.region).is_ok()) {
            return Ok(());
        }
        Err(Refused::OutOfScope(OutOfScope {
            kind: opener(&case.topic),
            direction: directions[0],
            region: Some(case.region.clone()),
            category: None,
        }))
    }
}
