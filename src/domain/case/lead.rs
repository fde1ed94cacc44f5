//! The machine of a lead (案件线索): from the push to what the agency made of it.
//!
//! Promise: the table is the machine, as a test holds it to.
//!
//! | state | receive | accept | refuse | file | conclude |
//! |---|---|---|---|---|---|
//! | pushed | received | accepted | refused | filed | concluded |
//! | received | – | accepted | refused | filed | concluded |
//! | accepted | – | – | – | filed | concluded |
//! | filed | – | – | – | – | concluded |
//! | concluded | – | – | – | – | concluded |
//!
//! Why it is so:
//! - Agencies report as much as they like: many say only what they decided in the end, so every step may be left out.
//! - A lead that was accepted is not refused any more. What then comes to nothing is concluded: *not filed* or *no
//!   penalty* is a conclusion like a fine.
//! - One lead may lead to several decisions, against several parties or by several agencies: each is a conclusion,
//!   and *concluded* takes more of them. A lead that was refused is pushed again under a number of its own.
//! - A published penalty decision comes without a lead of ours and opens a case that is concluded at once.
//! - A lead that an agency pushes to the platform is *received* by its coming; one that the platform sends is *pushed*.

use crate::domain::case::{CaseState, Event};
use crate::domain::record::LeadOutcome;
use crate::domain::record::lead_outcome::OutcomeDecision;

/// What an outcome does.
pub(super) const fn event(outcome: &LeadOutcome) -> Event {
    match outcome.decision {
        OutcomeDecision::Received => Event::Receive,
        OutcomeDecision::Accepted => Event::Accept,
        OutcomeDecision::Refused => Event::Refuse,
        OutcomeDecision::Filed => Event::File,
        OutcomeDecision::NotFiled
        | OutcomeDecision::Transferred
        | OutcomeDecision::Penalised
        | OutcomeDecision::Criminal
        | OutcomeDecision::NoPenalty => Event::Conclude,
    }
}

/// The state that an outcome without a lead opens a case in.
pub(super) const fn opening(event: Event) -> Option<CaseState> {
    match event {
        Event::Conclude => Some(CaseState::Concluded),
        _ => None,
    }
}

/// The state after `event`.
pub(super) const fn after(state: CaseState, event: Event) -> Option<CaseState> {
    use CaseState::{Accepted, Concluded, Filed, Pushed, Received, Refused};
    match (state, event) {
        (Pushed, Event::Receive) => Some(Received),
        (Pushed | Received, Event::Accept) => Some(Accepted),
        (Pushed | Received, Event::Refuse) => Some(Refused),
        (Pushed | Received | Accepted, Event::File) => Some(Filed),
        (Pushed | Received | Accepted | Filed | Concluded, Event::Conclude) => Some(Concluded),
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
        let table = Table::of(include_str!("lead.rs"));
        assert_eq!(table.states(), 5);
        for state in CaseState::ALL.iter().copied() {
            for event in Event::ALL.iter().copied() {
                let said = table.says(state, event);
                assert_eq!(state.after(Kind::EnforcementLead, event).ok(), said, "{state} {event}");
                assert!(state.after(Kind::LeadOutcome, event).is_err(), "outcomes share the leads' machine");
            }
        }
    }

    #[test]
    fn each_decision_does_one_thing_and_only_a_conclusion_opens_a_case() {
        let done = |decision: &str| {
            let value = json!({ "kind": "lead-outcome", "registration_number": "1", "decision": decision });
            let event = Event::of(&serde_json::from_value::<Record>(value).unwrap());
            (event.as_str(), CaseState::opened(Kind::LeadOutcome, event).map(CaseState::as_str))
        };
        assert_eq!(done("received"), ("receive", None));
        assert_eq!(done("accepted"), ("accept", None));
        assert_eq!(done("refused"), ("refuse", None));
        assert_eq!(done("filed"), ("file", None));
        for decision in ["not_filed", "transferred", "penalised", "criminal", "no_penalty"] {
            assert_eq!(done(decision), ("conclude", Some("concluded")), "{decision}");
        }
        let lead = json!({ "kind": "enforcement-lead", "registration_number": "1" });
        let event = Event::of(&serde_json::from_value::<Record>(lead).unwrap());
        assert_eq!(CaseState::opened(Kind::EnforcementLead, event), Some(CaseState::Received));
        assert_eq!(CaseState::opened_by_platform(Kind::EnforcementLead, event), Some(CaseState::Pushed));
        assert_eq!(CaseState::opened_by_platform(Kind::LeadOutcome, Event::Conclude), None);
    }

    #[test]
    fn from_the_push_to_the_end() {
        let path = [Event::Receive, Event::Accept, Event::File, Event::Conclude, Event::Conclude];
        let mut state = CaseState::Pushed;
        let mut seen = Vec::new();
        for event in path {
            state = state.after(Kind::EnforcementLead, event).unwrap();
            seen.push(state.as_str());
        }
        assert_eq!(seen, ["received", "accepted", "filed", "concluded", "concluded"]);
        assert_eq!(CaseState::Refused.possible(Kind::EnforcementLead), []);
    }
}
