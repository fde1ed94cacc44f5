//! What a record means for its case's deadlines.

use crate::clock::Timestamp;
use crate::domain::calendar::end_of;
use crate::domain::case::{CaseState, Event, Turn};
use crate::domain::id::AgencyId;
use crate::domain::record::Record;
use crate::domain::record::due::Due;

/// A case opens.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// What it is about.
    pub topic: &'a str,
    /// Whose it is.
    pub agency: &'a AgencyId,
    /// The profile that the agency speaks, by id or by id and version.
    pub profile: &'a str,
    /// The record that opens it.
    pub record: &'a Record,
    /// When it was received.
    pub at: Timestamp,
}

/// Something happens in a case.
#[derive(Clone, Debug)]
pub struct Happening {
    /// What, in the words of rule sets: the event, and for a progress what it says.
    pub words: Vec<String>,
    /// When.
    pub at: Timestamp,
    /// What the case is about.
    pub topic: String,
    /// Whether the case is over with it.
    pub ends: bool,
    /// The last moment that the agency states.
    pub stated: Option<Timestamp>,
}

impl Happening {
    /// What a record means that came at `now` and left its case in `state`. A progress happened when it says it did.
    #[must_use]
    pub fn of(record: &Record, topic: &str, state: Option<CaseState>, now: Timestamp) -> Self {
        let event = Event::of(record).as_str();
        let mut words = vec![event.to_owned()];
        let mut at = now;
        if let Record::ComplaintProgress(progress) = record {
            words.extend(progress.event.as_ref().map(|word| format!("{event}:{word}")));
            // Never later than we heard of it.
            at = progress.at.as_ref().map_or(now, |at| at.timestamp().min(now));
        }
        if let Record::ComplaintAcknowledgement(word) = record {
            words.push(format!("{event}:{}", word.decision));
        }
        Self {
            words,
            at,
            topic: topic.to_owned(),
            ends: state.is_some_and(|state| state.turn() == Turn::Nobody),
            stated: stated_due(record).and_then(last),
        }
    }

    /// Whether one of these events is what happens.
    pub(super) fn is_one_of(&self, events: &[String]) -> bool {
        self.words.iter().any(|word| events.contains(word))
    }
}

/// The day by which an agency itself wants something done.
#[must_use]
pub fn stated_due(record: &Record) -> Option<&Due> {
    match record {
        Record::ComplaintOrder(order) => order.reply_due.as_ref(),
        Record::ComplaintClosure(closure) => closure.reply_due.as_ref(),
        Record::DisposalOrder(order) => order.due.as_ref(),
        Record::InspectionInstruction(instruction) => instruction.due.as_ref(),
        Record::AssistanceRequest(request) => request.reply_due.as_ref(),
        _ => None,
    }
}

/// The rule set that a record names.
pub(super) fn named_set(record: &Record) -> Option<&str> {
    match record {
        Record::ComplaintOrder(order) => order.rule_set.as_deref(),
        _ => None,
    }
}

/// The last moment of a stated day: the moment where one is given, else the end of the day.
pub(super) fn last(due: &Due) -> Option<Timestamp> {
    match (&due.at, &due.on) {
        (Some(at), _) => Some(at.timestamp()),
        (None, Some(on)) => on.as_str().parse().ok().map(end_of),
        (None, None) => None,
    }
}

/// What ends a day that the agency stated, by topic.
pub(super) const fn ends_stated(topic: &str) -> &'static [Event] {
    match topic.as_bytes() {
        b"complaint" => &[Event::Reply, Event::Close, Event::Withdraw],
        b"disposal" => &[Event::Dispose],
        b"inspection" => &[Event::Test, Event::Conclude],
        b"assistance" => &[Event::Release, Event::Refuse],
        _ => &[],
    }
}
