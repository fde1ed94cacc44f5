//! The machine of an inspection (抽检): from the instruction to the result that holds.
//!
//! Promise: the table is the machine, as a test holds it to.
//!
//! | state | progress | sample | test | object | retest | conclude |
//! |---|---|---|---|---|---|---|
//! | instructed | instructed | sampled | tested | – | – | final |
//! | sampled | sampled | sampled | tested | – | – | final |
//! | tested | tested | tested | tested | objected | – | final |
//! | objected | objected | – | objected | objected | retested | final |
//! | retested | retested | – | – | – | retested | final |
//! | final | final | – | – | – | – | – |
//!
//! Why it is so:
//! - One instruction has many samples, and their reports come one by one: a sample or a result that comes while others
//!   are ahead leaves the case where it is.
//! - Somebody may object to a first result, not to a re-test: that is made once, by another laboratory, and its result
//!   holds (Measures for the Administration of Food Safety Sampling Inspection, chapter 5).
//! - What the platform knows and does (*progress*) may be said in any state: goods are mostly taken off sale after
//!   the last word.
//! - A result may come without an instruction, a laboratory's certificate for one: it opens the case as if one had
//!   been there. An objection cannot: there is nothing to object to. So may one of the platform's own checks, sent to the
//!   agency of the place; but what the platform knows and does opens nothing: it answers.

use crate::domain::case::{CaseState, Event};
use crate::domain::record::InspectionResult;
use crate::domain::record::inspection_result::{InspectionProgress, InspectionStage};

/// What a result does, by its stage and how far its test is.
pub(super) fn event(result: &InspectionResult) -> Event {
    let progress = result.progress.unwrap_or(InspectionProgress::Reported);
    match (result.stage, progress) {
        (InspectionStage::Handling, _)
        | (InspectionStage::First | InspectionStage::Retest, InspectionProgress::Ordered)
        | (InspectionStage::Retest, InspectionProgress::SampleReceived) => Event::Progress,
        (InspectionStage::First, InspectionProgress::SampleReceived) => Event::Sample,
        (InspectionStage::First, _) => Event::Test,
        (InspectionStage::Objection, _) => Event::Object,
        (InspectionStage::Retest, _) => Event::Retest,
        (InspectionStage::Final, _) => Event::Conclude,
    }
}

/// The state that a result without an instruction opens a case in.
pub(super) const fn opening(event: Event) -> Option<CaseState> {
    match event {
        // A re-test is known by itself where the first test was another agency's.
        Event::Retest => Some(CaseState::Retested),
        event => after(CaseState::Instructed, event),
    }
}

/// The state after `event`.
pub(super) const fn after(state: CaseState, event: Event) -> Option<CaseState> {
    use CaseState::{Final, Instructed, Objected, Retested, Sampled, Tested};
    match (state, event) {
        (Instructed | Sampled | Tested | Objected | Retested | Final, Event::Progress) => Some(state),
        (Instructed | Sampled, Event::Sample) => Some(Sampled),
        (Tested, Event::Sample) | (Instructed | Sampled | Tested, Event::Test) => Some(Tested),
        (Tested | Objected, Event::Object) | (Objected, Event::Test) => Some(Objected),
        (Objected | Retested, Event::Retest) => Some(Retested),
        (Instructed | Sampled | Tested | Objected | Retested, Event::Conclude) => Some(Final),
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
        let table = Table::of(include_str!("inspection.rs"));
        assert_eq!(table.states(), 6);
        for state in CaseState::ALL.iter().copied() {
            for event in Event::ALL.iter().copied() {
                let said = table.says(state, event);
                assert_eq!(state.after(Kind::InspectionInstruction, event).ok(), said, "{state} {event}");
                assert!(
                    state.after(Kind::InspectionResult, event).is_err(),
                    "results share the machine of instructions"
                );
            }
        }
    }

    #[test]
    fn each_stage_does_one_thing_and_opens_what_it_can() {
        let done = |stage: &str, progress: &str| {
            let value = json!({ "kind": "inspection-result", "registration_number": "1", "stage": stage, "progress": progress });
            let event = Event::of(&serde_json::from_value::<Record>(value).unwrap());
            (event.as_str(), CaseState::opened(Kind::InspectionResult, event).map(CaseState::as_str))
        };
        assert_eq!(done("first", "ordered"), ("progress", Some("instructed")));
        assert_eq!(done("first", "sample_received"), ("sample", Some("sampled")));
        assert_eq!(done("first", "tested"), ("test", Some("tested")));
        assert_eq!(done("first", "reported"), ("test", Some("tested")));
        assert_eq!(done("objection", "reported"), ("object", None));
        assert_eq!(done("retest", "sample_received"), ("progress", Some("instructed")));
        assert_eq!(done("retest", "reported"), ("retest", Some("retested")));
        assert_eq!(done("final", "reported"), ("conclude", Some("final")));
        assert_eq!(done("handling", "reported"), ("progress", Some("instructed")));
        let ours =
            |event| CaseState::opened_by_platform(Kind::InspectionResult, event).map(CaseState::as_str);
        assert_eq!((ours(Event::Test), ours(Event::Retest)), (Some("tested"), Some("retested")));
        assert_eq!((ours(Event::Sample), ours(Event::Conclude)), (Some("sampled"), Some("final")));
        assert_eq!((ours(Event::Progress), ours(Event::Object)), (None, None));
        let plain = json!({ "kind": "inspection-result", "registration_number": "1" });
        assert_eq!(Event::of(&serde_json::from_value::<Record>(plain).unwrap()), Event::Test);
        let instruction = json!({ "kind": "inspection-instruction", "registration_number": "1" });
        let event = Event::of(&serde_json::from_value::<Record>(instruction).unwrap());
        assert_eq!(CaseState::opened(Kind::InspectionInstruction, event), Some(CaseState::Instructed));
    }

    #[test]
    fn from_the_instruction_to_the_end_and_nothing_after_it() {
        let path = [Event::Sample, Event::Test, Event::Object, Event::Retest, Event::Conclude];
        let mut state = CaseState::Instructed;
        let mut seen = Vec::new();
        for event in path {
            state = state.after(Kind::InspectionInstruction, event).unwrap();
            seen.push(state.as_str());
        }
        assert_eq!(seen, ["sampled", "tested", "objected", "retested", "final"]);
        assert_eq!(CaseState::Final.possible(Kind::InspectionInstruction), [Event::Progress]);
    }
}
