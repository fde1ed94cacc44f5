//! Who is calling: asked anew at every request.
//!
//! Promise: a handler that names [`Caller`] among its arguments runs for a known agency only, by the registry and the
//! trust of this very moment. Every doubt ends in a refusal; a certificate that was withdrawn while its connection
//! was open is refused at its next request, and the connection ends.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use crate::domain::agency::Agency;
use crate::domain::digest::Fingerprint;
use crate::domain::kind::{Direction, Kind};
use crate::exchange::inbound::{RefusalNote, Sender};
use crate::http::agency::connection::Connection;
use crate::http::agency::door::Door;
use crate::http::problem::{ProblemDocument, ProblemType};
use crate::pki::{Peer, WhyNot};

/// The agency at the other end, as of this request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub agency: Arc<Agency>,
    /// By which certificate.
    pub certificate: Fingerprint,
}

/// A caller who is not let in: the problem, and who it was where that is known.
pub(super) struct TurnedAway {
    pub(super) problem: Box<ProblemDocument>,
    pub(super) caller: Option<Caller>,
}

impl Caller {
    /// Asks the registry and the trust of this moment.
    pub(super) fn of(request: &ServiceRequest, door: &Door) -> Result<Self, TurnedAway> {
        let nobody = || TurnedAway {
            problem: Box::new(ProblemDocument::plain(ProblemType::CertificateUnknown).closing()),
            caller: None,
        };
        let connection = request.conn_data::<Connection>().ok_or_else(nobody)?;
        let peer = connection.peer.as_ref().ok_or_else(nobody)?;
        let certificate = peer.fingerprint;
        let agency = door.gateway.registry().by_fingerprint(&certificate);
        let caller = agency.map(|agency| Self { agency, certificate });
        if let Err(why) = door.trust.current().still_trusts(peer, door.gateway.clock().now()) {
            return Err(TurnedAway { problem: Box::new(distrusted(&why, peer)), caller });
        }
        caller.ok_or_else(|| TurnedAway {
            problem: Box::new(
                ProblemDocument::plain(ProblemType::CertificateUnknown)
                    .with("certificate_sha256", certificate)
                    .closing(),
            ),
            caller: None,
        })
    }

    /// Whether it may exchange this kind at all: asked before a body is read.
    pub(super) fn may(&self, kind: Kind, direction: Direction) -> Result<(), ProblemDocument> {
        self.agency.may(kind, direction).map_err(ProblemDocument::from)
    }

    /// How the agency is known: by its certificate.
    pub(super) const fn sender(&self) -> Sender {
        Sender::Certificate(self.certificate)
    }

    /// The note for the journal that it was turned away.
    pub(super) fn note(&self, kind: Option<Kind>, why: &'static str) -> RefusalNote {
        RefusalNote { agency: Arc::clone(&self.agency), sender: self.sender(), kind, why }
    }
}

/// What kind of problem it is that a certificate is not trusted.
pub(super) const fn problem_type(why: &WhyNot) -> ProblemType {
    match why {
        WhyNot::Expired | WhyNot::NotYetValid => ProblemType::CertificateExpired,
        WhyNot::Revoked | WhyNot::IssuerNotTrusted | WhyNot::StaleCrl | WhyNot::Other(_) => {
            ProblemType::CertificateRevoked
        }
    }
}

fn distrusted(why: &WhyNot, peer: &Peer) -> ProblemDocument {
    let problem_type = problem_type(why);
    ProblemDocument::new(problem_type, problem_type.zh(), why.to_string())
        .with("certificate_sha256", peer.fingerprint)
        .closing()
}

/// Filled in by the door; a route that the door does not guard has no caller and fails.
impl FromRequest for Caller {
    type Error = ProblemDocument;
    type Future = Ready<Result<Self, ProblemDocument>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Self>().cloned();
        ready(caller.ok_or_else(|| ProblemDocument::plain(ProblemType::Internal)))
    }
}
