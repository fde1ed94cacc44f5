//! The machine of a certificate (证书): from the question to what holds now.
//!
//! Promise: the table is the machine, as a test holds it to.
//!
//! | state | ask | confirm | suspend | lapse |
//! |---|---|---|---|---|
//! | asked | asked | valid | suspended | lapsed |
//! | valid | valid | valid | suspended | lapsed |
//! | suspended | suspended | valid | suspended | lapsed |
//! | lapsed | lapsed | valid | suspended | lapsed |
//!
//! Why it is so:
//! - The authority has the last word at any time, in any direction: what was revoked by mistake is restored.
//! - To ask again says nothing new of the certificate: what was said last holds until it is answered.
//! - A certificate whose last day has passed lapses by itself; nobody has to send anything.
//! - An authority may tell of a certificate that nobody asked about, such as one that it revokes; that opens a case.

use crate::domain::case::{CaseState, Event};
use crate::domain::record::CertificateStatus;
use crate::domain::record::certificate_status::CertificateState;

/// What the authority's word does.
pub(super) const fn event(status: &CertificateStatus) -> Event {
    match status.status {
        CertificateState::Valid => Event::Confirm,
        CertificateState::Suspended => Event::Suspend,
        CertificateState::Revoked
        | CertificateState::Cancelled
        | CertificateState::Expired
        | CertificateState::Unknown => Event::Lapse,
    }
}

/// The state that the authority's word opens a case in.
pub(super) const fn opening(event: Event) -> Option<CaseState> {
    after(CaseState::Asked, event)
}

/// The state after `event`.
pub(super) const fn after(state: CaseState, event: Event) -> Option<CaseState> {
    use CaseState::{Asked, Lapsed, Suspended, Valid};
    match (state, event) {
        (Asked | Valid | Suspended | Lapsed, Event::Ask) => Some(state),
        (Asked | Valid | Suspended | Lapsed, Event::Confirm) => Some(Valid),
        (Asked | Valid | Suspended | Lapsed, Event::Suspend) => Some(Suspended),
        (Asked | Valid | Suspended | Lapsed, Event::Lapse) => Some(Lapsed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::case::table::Table;
    use crate::domain::kind::Kind;
    use crate::domain::record::Record;

    #[test]
    fn the_table_in_the_promise_is_the_machine() {
        let table = Table::of(include_str!("certificate.rs"));
        assert_eq!(table.states(), 4);
        for state in CaseState::ALL.iter().copied() {
            for event in Event::ALL.iter().copied() {
                let said = table.says(state, event);
                assert_eq!(state.after(Kind::CertificateCheck, event).ok(), said, "{state} {event}");
            }
        }
    }

    #[test]
    fn each_status_does_one_thing_and_may_open_a_case() {
        let done = |status: &str| {
            let value = json!({ "kind": "certificate-status", "registration_number": "1", "status": status });
            let event = Event::of(&serde_json::from_value::<Record>(value).unwrap());
            (event.as_str(), CaseState::opened(Kind::CertificateStatus, event).map(CaseState::as_str))
        };
        assert_eq!(done("valid"), ("confirm", Some("valid")));
        assert_eq!(done("suspended"), ("suspend", Some("suspended")));
        for status in ["revoked", "cancelled", "expired", "unknown"] {
            assert_eq!(done(status), ("lapse", Some("lapsed")), "{status}");
        }
        let check = json!({ "kind": "certificate-check", "registration_number": "1" });
        let event = Event::of(&serde_json::from_value::<Record>(check).unwrap());
        assert_eq!(CaseState::opened_by_platform(Kind::CertificateCheck, event), Some(CaseState::Asked));
        assert_eq!(CaseState::opened(Kind::CertificateCheck, event), None, "agencies do not ask us");
    }
}
