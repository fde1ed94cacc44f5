//! The case machine: what a record does to the case it belongs to.
//!
//! Promise: a state changes only through [`CaseState::after`], which consumes the old one; whatever is not in this table
//! is refused as [`WrongState`], and nothing is written.
//!
//! | state | acknowledge | reply | close | return | withdraw | progress |
//! |---|---|---|---|---|---|---|
//! | received | acknowledged | replied | closed | – | withdrawn | received |
//! | acknowledged | – | replied | closed | returned | withdrawn | acknowledged |
//! | replied | – | – | closed | returned | withdrawn | replied |
//! | returned | acknowledged | replied | closed | – | withdrawn | returned |
//! | closed | – | – | – | returned | – | closed |
//! | withdrawn | – | – | – | – | – | – |
//!
//! Why it is so:
//! - Platforms often reply at once, so a reply may come straight from *received*; the acknowledgement is then in it.
//! - The matter is the bureau's. It may close or withdraw a case in any open state, replied to or not: to refuse would
//!   leave us with an open case that is over.
//! - A return needs something to return: an answer, be it only an acknowledgement that refuses the complaint. It is
//!   also the one way out of *closed*: a bureau reopens a matter by returning it. *Withdrawn* is final.
//! - One reply per round: a second one without a return would silently replace what the bureau has read.
//! - What went on elsewhere is noted in any state but *withdrawn*, and moves nothing: people go on talking after an end.
//!
//! A disposal order has a machine of its own: *received* stays *received* while the platform reports progress, and
//! becomes *disposed*, which is final, when it says what was done. So has a request for assistance: *requested*, then
//! *approved* by one person, then *released* by another; *refused* from either of the first two. Nothing is released that was
//! not approved before. That of an inspection is in `case/inspection.rs`, that of a lead in `case/lead.rs`, that of a certificate in
//! `case/certificate.rs`. A service definition is *published*, and that is all; an operator is *reported*, each half-year anew. Deadlines ([`crate::domain::deadline`]), and who may send what, are not here.

mod certificate;
mod inspection;
mod lead;

use crate::domain::kind::Kind;
use crate::domain::record::Record;
use crate::domain::record::assistance_reply::AssistanceDecision;
use crate::domain::record::codes::codes;
use crate::domain::record::complaint_closure::ClosureDecision;
use crate::domain::record::disposal_result::DisposalStatus;

codes! {
    /// Where a case stands (案件状态).
    pub enum CaseState as "case-state" {
        /// The agency's record is here, the platform has said nothing.
        Received = "received" "已接收",
        /// The platform took it in hand, or refused to.
        Acknowledged = "acknowledged" "已受理反馈",
        /// The platform replied; the bureau decides.
        Replied = "replied" "已反馈",
        /// The bureau wants it handled again.
        Returned = "returned" "已退回",
        /// The bureau ended it.
        Closed = "closed" "已办结",
        /// The bureau took it back.
        Withdrawn = "withdrawn" "已撤回",
        /// The platform did what a disposal order asks, or said why not.
        Disposed = "disposed" "已处置",
        /// An agency has goods sampled and tested.
        Instructed = "instructed" "已下达抽检",
        /// The laboratory has a sample.
        Sampled = "sampled" "已抽样",
        /// A first result is there.
        Tested = "tested" "已检验",
        /// Somebody objects to it.
        Objected = "objected" "异议中",
        /// The test was made again.
        Retested = "retested" "已复检",
        /// The result that holds is there.
        Final = "final" "结果已定",
        /// An agency asks for assistance, the platform has said nothing.
        Requested = "requested" "待协查",
        /// The platform will answer; the answer is being put together.
        Approved = "approved" "同意协查",
        /// The answer was released.
        Released = "released" "已反馈协查",
        /// The platform will not answer, or the agency will not look into a lead, and said why.
        Refused = "refused" "不予办理",
        /// A lead went to the agency, which has said nothing.
        Pushed = "pushed" "已推送线索",
        /// The agency looks into a lead.
        Accepted = "accepted" "已受理线索",
        /// The agency opened a case on a lead.
        Filed = "filed" "已立案查处",
        /// The agency said what it made of a lead.
        Concluded = "concluded" "已有处理结果",
        /// A service is in the catalogue.
        Published = "published" "已发布",
        /// The platform asked about a certificate, the authority has said nothing.
        Asked = "asked" "核查中",
        /// A certificate holds.
        Valid = "valid" "证书有效",
        /// It does not for the time being.
        Suspended = "suspended" "证书暂停",
        /// It does not.
        Lapsed = "lapsed" "证书失效",
        /// The platform reported an operator.
        Reported = "reported" "已报送",
    }
}

codes! {
    /// What a record does to a case.
    pub enum Event as "case-event" {
        /// Opens it.
        Open = "open" "立案",
        /// The platform's acknowledgement.
        Acknowledge = "acknowledge" "受理反馈",
        /// The platform's reply.
        Reply = "reply" "反馈",
        /// The bureau's end of it.
        Close = "close" "办结",
        /// The bureau gives it back to the platform.
        Return = "return" "退回",
        /// The bureau takes it back.
        Withdraw = "withdraw" "撤回",
        /// Word on how far a disposal or an inspection is, or on what went on in a complaint elsewhere.
        Progress = "progress" "进展",
        /// The platform's word that a disposal is over.
        Dispose = "dispose" "处置完毕",
        /// The laboratory has a sample.
        Sample = "sample" "抽样",
        /// A first result.
        Test = "test" "检验",
        /// Somebody objects to it.
        Object = "object" "异议",
        /// A second result.
        Retest = "retest" "复检",
        /// The result that holds, or what an agency made of a lead.
        Conclude = "conclude" "确定结果",
        /// The platform will give the assistance asked for.
        Approve = "approve" "同意协查",
        /// It gives it.
        Release = "release" "反馈协查",
        /// It will not, or an agency will not look into a lead.
        Refuse = "refuse" "不予办理",
        /// The agency has a lead.
        Receive = "receive" "签收线索",
        /// It looks into it.
        Accept = "accept" "受理线索",
        /// It opens a case on it.
        File = "file" "立案查处",
        /// The platform asks about a certificate.
        Ask = "ask" "提请核查",
        /// The authority says that it holds.
        Confirm = "confirm" "确认有效",
        /// That it does not for the time being.
        Suspend = "suspend" "暂停",
        /// That it does not; or its last day has passed.
        Lapse = "lapse" "失效",
        /// The platform reports an operator.
        Report = "report" "报送",
    }
}

/// Who must act next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The platform.
    Platform,
    /// The agency.
    Agency,
    /// Nobody: the case has ended.
    Nobody,
}

/// A record came that does not fit the state of its case. The one who sent it must look at the case first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a case that is {state} cannot take the event {wanted}")]
pub struct WrongState {
    /// Where the case stands.
    pub state: CaseState,
    /// What the record would have done.
    pub wanted: Event,
}

impl Event {
    /// What this record does.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        match record {
            Record::ComplaintOrder(_)
            | Record::DisposalOrder(_)
            | Record::InspectionInstruction(_)
            | Record::AssistanceRequest(_)
            | Record::EnforcementLead(_)
            | Record::ServiceDefinition(_) => Self::Open,
            Record::ComplaintAcknowledgement(_) => Self::Acknowledge,
            Record::ComplaintReply(_) => Self::Reply,
            Record::ComplaintClosure(closure) => match closure.decision {
                ClosureDecision::Closed => Self::Close,
                ClosureDecision::Returned => Self::Return,
                ClosureDecision::Withdrawn => Self::Withdraw,
            },
            Record::ComplaintProgress(_) => Self::Progress,
            Record::AssistanceReply(reply) => match reply.decision {
                AssistanceDecision::Received => Self::Progress,
                AssistanceDecision::Approved => Self::Approve,
                AssistanceDecision::Released => Self::Release,
                AssistanceDecision::Refused => Self::Refuse,
            },
            Record::DisposalResult(result) => match result.status {
                DisposalStatus::Received | DisposalStatus::InProgress => Self::Progress,
                DisposalStatus::Done | DisposalStatus::PartlyDone | DisposalStatus::Refused => Self::Dispose,
            },
            Record::InspectionResult(result) => inspection::event(result),
            Record::LeadOutcome(outcome) => lead::event(outcome),
            Record::CertificateCheck(_) => Self::Ask,
            Record::CertificateStatus(status) => certificate::event(status),
            Record::OperatorIdentity(_) => Self::Report,
        }
    }
}

impl CaseState {
    /// The state of a case that a complaint or a disposal order has just opened.
    pub const OPENED: Self = Self::Received;
    /// The state of a case that a record of this kind opens by doing `event`; none where it opens no case.
    #[must_use]
    pub const fn opened(kind: Kind, event: Event) -> Option<Self> {
        match (kind, event) {
            (Kind::ComplaintOrder | Kind::DisposalOrder | Kind::EnforcementLead, Event::Open) => {
                Some(Self::OPENED)
            }
            (Kind::LeadOutcome, event) => lead::opening(event),
            (Kind::InspectionInstruction, Event::Open) => Some(Self::Instructed),
            (Kind::InspectionResult, event) => inspection::opening(event),
            (Kind::AssistanceRequest, Event::Open) => Some(Self::Requested),
            (Kind::ServiceDefinition, Event::Open) => Some(Self::Published),
            (Kind::CertificateStatus, event) => certificate::opening(event),
            _ => None,
        }
    }

    /// The state of a case that a record of the platform's opens, sent to an agency that has not asked: a lead is
    /// *pushed*, a certificate *asked* about, an operator *reported*, and a result opens an inspection as one of a laboratory's would. None where the platform opens no case:
    /// what it knows and does (*progress*) and an objection answer something.
    #[must_use]
    pub const fn opened_by_platform(kind: Kind, event: Event) -> Option<Self> {
        match (kind, event) {
            (Kind::EnforcementLead, Event::Open) => Some(Self::Pushed),
            (Kind::CertificateCheck, Event::Ask) => Some(Self::Asked),
            (Kind::OperatorIdentity, Event::Report) => Some(Self::Reported),
            (Kind::InspectionResult, Event::Progress) => None,
            (Kind::InspectionResult, event) => inspection::opening(event),
            _ => None,
        }
    }

    /// The state after `event`, in a case that a record of kind `opener` opened.
    ///
    /// ```
    /// use regbridge::domain::case::{CaseState, Event, WrongState};
    /// use regbridge::domain::kind::Kind;
    /// let replied = CaseState::OPENED.after(Kind::ComplaintOrder, Event::Reply);
    /// assert_eq!(replied, Ok(CaseState::Replied));
    /// let again = CaseState::Replied.after(Kind::ComplaintOrder, Event::Reply);
    /// assert_eq!(again, Err(WrongState { state: CaseState::Replied, wanted: Event::Reply }));
    /// ```
    pub fn after(self, opener: Kind, event: Event) -> Result<Self, WrongState> {
        let next = match opener {
            Kind::ComplaintOrder => self.after_complaint(event),
            Kind::DisposalOrder => self.after_disposal(event),
            Kind::InspectionInstruction => inspection::after(self, event),
            Kind::AssistanceRequest => self.after_assistance(event),
            Kind::EnforcementLead => lead::after(self, event),
            Kind::CertificateCheck => certificate::after(self, event),
            Kind::OperatorIdentity => {
                (self == Self::Reported && event == Event::Report).then_some(Self::Reported)
            }
            // A service moves nowhere, and the other kinds open no case of their own sort.
            Kind::ServiceDefinition
            | Kind::ComplaintAcknowledgement
            | Kind::ComplaintReply
            | Kind::ComplaintClosure
            | Kind::ComplaintProgress
            | Kind::DisposalResult
            | Kind::InspectionResult
            | Kind::AssistanceReply
            | Kind::LeadOutcome
            | Kind::CertificateStatus => None,
        };
        next.ok_or(WrongState { state: self, wanted: event })
    }

    /// What may happen next in a case that a record of kind `opener` opened.
    #[must_use]
    pub fn possible(self, opener: Kind) -> Vec<Event> {
        Event::ALL.iter().copied().filter(|event| self.after(opener, *event).is_ok()).collect()
    }

    /// Who must act next.
    #[must_use]
    pub const fn turn(self) -> Turn {
        match self {
            // A first result is the platform's to act on, or to object to.
            Self::Received
            | Self::Acknowledged
            | Self::Returned
            | Self::Tested
            | Self::Requested
            | Self::Approved => Turn::Platform,
            Self::Replied
            | Self::Instructed
            | Self::Sampled
            | Self::Objected
            | Self::Retested
            | Self::Pushed
            | Self::Accepted
            | Self::Filed
            | Self::Asked => Turn::Agency,
            Self::Closed
            | Self::Withdrawn
            | Self::Disposed
            | Self::Final
            | Self::Released
            | Self::Refused
            | Self::Concluded
            | Self::Published
            | Self::Valid
            | Self::Suspended
            | Self::Lapsed
            | Self::Reported => Turn::Nobody,
        }
    }

    /// From its word, as the store and the interfaces print it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == word)
    }

    const fn after_complaint(self, event: Event) -> Option<Self> {
        use CaseState::{Acknowledged, Closed, Received, Replied, Returned, Withdrawn};
        match (self, event) {
            (Received | Returned, Event::Acknowledge) => Some(Acknowledged),
            (Received | Acknowledged | Returned, Event::Reply) => Some(Replied),
            (Received | Acknowledged | Replied | Returned, Event::Close) => Some(Closed),
            (Acknowledged | Replied | Closed, Event::Return) => Some(Returned),
            (Received | Acknowledged | Replied | Returned, Event::Withdraw) => Some(Withdrawn),
            (Received | Acknowledged | Replied | Returned | Closed, Event::Progress) => Some(self),
            _ => None,
        }
    }

    const fn after_disposal(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Received, Event::Progress) => Some(Self::Received),
            (Self::Received, Event::Dispose) => Some(Self::Disposed),
            _ => None,
        }
    }

    const fn after_assistance(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Requested, Event::Progress) => Some(Self::Requested),
            (Self::Requested, Event::Approve) => Some(Self::Approved),
            (Self::Approved, Event::Release) => Some(Self::Released),
            (Self::Requested | Self::Approved, Event::Refuse) => Some(Self::Refused),
            _ => None,
        }
    }
}

#[cfg(test)]
mod table;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    // The table of the module's promise, said a second time: every state with every event.
    fn expected(state: CaseState, event: Event) -> Option<CaseState> {
        let row = match state {
            CaseState::Received => {
                "acknowledge>acknowledged reply>replied close>closed withdraw>withdrawn progress>received"
            }
            CaseState::Returned => {
                "acknowledge>acknowledged reply>replied close>closed withdraw>withdrawn progress>returned"
            }
            CaseState::Acknowledged => {
                "reply>replied close>closed return>returned withdraw>withdrawn progress>acknowledged"
            }
            CaseState::Replied => "close>closed return>returned withdraw>withdrawn progress>replied",
            CaseState::Closed => "return>returned progress>closed",
            _ => "",
        };
        let (_, next) = row
            .split_whitespace()
            .filter_map(|rule| rule.split_once('>'))
            .find(|rule| rule.0 == event.as_str())?;
        CaseState::parse(next)
    }

    #[test]
    fn every_state_with_every_event() {
        for state in CaseState::ALL.iter().copied() {
            for event in Event::ALL.iter().copied() {
                let wrong = WrongState { state, wanted: event };
                assert_eq!(
                    state.after(Kind::ComplaintOrder, event),
                    expected(state, event).ok_or(wrong),
                    "{state} {event}"
                );
                let disposal = match (state, event) {
                    (CaseState::Received, Event::Progress) => Ok(CaseState::Received),
                    (CaseState::Received, Event::Dispose) => Ok(CaseState::Disposed),
                    _ => Err(wrong),
                };
                assert_eq!(state.after(Kind::DisposalOrder, event), disposal, "disposal: {state} {event}");
                let assistance = match (state, event) {
                    (CaseState::Requested, Event::Progress) => Ok(CaseState::Requested),
                    (CaseState::Requested, Event::Approve) => Ok(CaseState::Approved),
                    (CaseState::Approved, Event::Release) => Ok(CaseState::Released),
                    (CaseState::Requested | CaseState::Approved, Event::Refuse) => Ok(CaseState::Refused),
                    _ => Err(wrong),
                };
                assert_eq!(
                    state.after(Kind::AssistanceRequest, event),
                    assistance,
                    "assistance: {state} {event}"
                );
                assert_eq!(state.after(Kind::ServiceDefinition, event), Err(wrong), "a service stays");
                assert_eq!(state.after(Kind::ComplaintReply, event), Err(wrong), "a reply opens no case");
            }
        }
    }

    #[test]
    fn the_table_in_the_promise_is_the_machine() {
        let table = table::Table::of(include_str!("case.rs"));
        assert_eq!(table.states(), 6);
        for state in table.rows() {
            for event in table.columns() {
                let said = table.says(state, event);
                assert_eq!(state.after(Kind::ComplaintOrder, event).ok(), said, "{state} {event}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_path_leaves_what_has_ended(events in proptest::collection::vec(proptest::sample::select(Event::ALL), 0..40)) {
            let mut state = CaseState::OPENED;
            let mut answered = false;
            for event in events {
                let before = state;
                let Ok(after) = before.after(Kind::ComplaintOrder, event) else { continue };
                state = after;
                prop_assert_ne!(before, CaseState::Withdrawn);
                if before == CaseState::Closed {
                    prop_assert!(matches!(event, Event::Return | Event::Progress));
                }
                if event == Event::Progress {
                    prop_assert_eq!(after, before);
                } else {
                    prop_assert_eq!(after == CaseState::Replied, event == Event::Reply);
                }
                prop_assert!(event != Event::Return || answered || before == CaseState::Closed, "returned nothing");
                answered |= matches!(event, Event::Reply | Event::Acknowledge);
                prop_assert_ne!(after, CaseState::Disposed);
                // Whoever's turn it is can act: the platform can reply, the agency can end it.
                let possible = after.possible(Kind::ComplaintOrder);
                match after.turn() {
                    Turn::Platform => prop_assert!(possible.contains(&Event::Reply)),
                    Turn::Agency => prop_assert!(possible.contains(&Event::Close) && possible.contains(&Event::Return)),
                    Turn::Nobody => prop_assert!(possible.iter().all(|next| matches!(next, Event::Return | Event::Progress))),
                }
            }
        }
    }

    #[test]
    fn each_record_does_one_thing() {
        let event = |value: Value| Event::of(&serde_json::from_value(value).unwrap());
        let closure = |decision| json!({ "kind": "complaint-closure", "registration_number": "1", "decision": decision });
        assert_eq!(event(closure("closed")), Event::Close);
        assert_eq!(event(closure("returned")), Event::Return);
        assert_eq!(event(closure("withdrawn")), Event::Withdraw);
        let acknowledgement = |decision| json!({ "kind": "complaint-acknowledgement", "registration_number": "1", "decision": decision });
        assert_eq!(event(acknowledgement("accepted")), Event::Acknowledge);
        assert_eq!(event(acknowledgement("refused")), Event::Acknowledge);
        let reply = json!({ "kind": "complaint-reply", "registration_number": "1", "outcome": "settled", "explanation": "已退款" });
        assert_eq!(event(reply), Event::Reply);
        for (status, does) in [
            ("received", Event::Progress),
            ("in_progress", Event::Progress),
            ("done", Event::Dispose),
            ("partly_done", Event::Dispose),
            ("refused", Event::Dispose),
        ] {
            assert_eq!(event(json!({ "kind": "disposal-result", "status": status })), does, "{status}");
        }
        let letter = json!({
            "kind": "disposal-order", "registration_number": "杭市监函〔2026〕1号", "action": "goods",
            "target": { "kind": "keyword", "content": "电子烟" }, "reason": "禁售", "letter": {}
        });
        assert_eq!(event(letter), Event::Open);
        assert_eq!(event(json!({ "kind": "complaint-progress", "event": "USER_RESPONSE" })), Event::Progress);
        for (decision, does) in [
            ("received", Event::Progress),
            ("approved", Event::Approve),
            ("released", Event::Release),
            ("refused", Event::Refuse),
        ] {
            assert_eq!(
                event(json!({ "kind": "assistance-reply", "decision": decision })),
                does,
                "{decision}"
            );
        }
        let request = json!({
            "kind": "assistance-request", "registration_number": "协〔2026〕1号", "legal_basis": "电子商务法第二十五条",
            "letter": {}
        });
        assert_eq!(event(request), Event::Open);
    }
}
