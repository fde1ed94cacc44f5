//! The gateway: what the edges call.

use std::sync::Arc;

use serde_json::Value;

use crate::clock::{Chance, Clock};
use crate::domain::agency::Agency;
use crate::domain::id::{CaseId, SubmissionId};
use crate::domain::kind::Kind;
use crate::domain::registry::Registry;
use crate::exchange::answer::{Answer, DisposalStatus, Page, Replied};
use crate::exchange::delivery::{Leased, Outcome};
use crate::exchange::inbound::{Inbound, RefusalNote};
use crate::exchange::refused::Refused;
use crate::exchange::view::{Actor, CaseDetail, CaseFilter, CaseSummary, Event, SubmissionView};
use crate::mapping::Format;

/// The use cases over one world; cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<World>);

struct World {}

impl Gateway {
    /// The clock that everything here goes by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        unimplemented!()
    }

    /// The source of chance that everything here goes by.
    #[must_use]
    pub fn chance(&self) -> &dyn Chance {
        unimplemented!()
    }

    /// The agencies as they are known now.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        unimplemented!()
    }

    /// Takes a message in: read, validate, map, apply to its case, journal; answered when durable.
    pub async fn submit(&self, _inbound: Inbound) -> Result<Answer, Refused> {
        unimplemented!()
    }

    /// The stored receipt of one of the agency's own submissions.
    pub async fn receipt(&self, _agency: &Agency, _submission: &SubmissionId) -> Result<Answer, Refused> {
        unimplemented!()
    }

    /// What waits for the agency of this kind after a cursor. Asking after a cursor says that all up to it came.
    pub async fn pull(
        &self,
        _agency: &Agency,
        _kind: Kind,
        _after: u64,
        _limit: u32,
    ) -> Result<Page, Refused> {
        unimplemented!()
    }

    /// A file of the published journal: `checkpoint`, `vkey`, `tile/…`, `tile/entries/…`.
    pub async fn published(&self, _path: &str) -> Result<Vec<u8>, Refused> {
        unimplemented!()
    }

    /// Journals an attempt that an edge turned away.
    pub async fn journal_refusal(&self, _note: RefusalNote) {
        unimplemented!()
    }

    /// Where disposal orders stand: `keys` are case or submission ids, or registration numbers; at most 20.
    pub async fn disposal_results(
        &self,
        _agency: &Agency,
        _keys: &[String],
    ) -> Result<Vec<DisposalStatus>, Refused> {
        unimplemented!()
    }

    /// Renders a message object through a message of the agency's profile: an answer in the agency's own words.
    /// Returns the bytes and their media type.
    pub fn render(
        &self,
        _agency: &Agency,
        _message: &str,
        _format: Format,
        _value: &Value,
    ) -> Result<(Vec<u8>, String), Refused> {
        unimplemented!()
    }

    /// Who holds this platform token.
    pub async fn token(&self, _secret: &str) -> Result<Option<Actor>, Refused> {
        unimplemented!()
    }

    /// A page of cases.
    pub async fn cases(&self, _filter: &CaseFilter) -> Result<Vec<CaseSummary>, Refused> {
        unimplemented!()
    }

    /// One case with everything exchanged about it.
    pub async fn case(&self, _id: &CaseId) -> Result<CaseDetail, Refused> {
        unimplemented!()
    }

    /// A submission without its body.
    pub async fn submission(&self, _id: &SubmissionId) -> Result<SubmissionView, Refused> {
        unimplemented!()
    }

    /// A submission's body as received, with its media type; the reading is journalled under the actor's name.
    pub async fn submission_body(
        &self,
        _actor: &Actor,
        _id: &SubmissionId,
    ) -> Result<(Vec<u8>, String), Refused> {
        unimplemented!()
    }

    /// The receipt of any submission, for the platform's staff.
    pub async fn submission_receipt(&self, _id: &SubmissionId) -> Result<(Vec<u8>, String), Refused> {
        unimplemented!()
    }

    /// Takes a record of the platform's for a case (acknowledgement, reply, disposal result) and queues it for the
    /// agency in the agency's format. `key` makes a repetition harmless.
    pub async fn reply(
        &self,
        _actor: &Actor,
        _case: &CaseId,
        _record: Value,
        _key: Option<&str>,
    ) -> Result<Replied, Refused> {
        unimplemented!()
    }

    /// Events after a cursor, oldest first.
    pub async fn events(&self, _after: u64, _limit: u32) -> Result<Vec<Event>, Refused> {
        unimplemented!()
    }

    /// Leases deliveries that are due to `holder` for `seconds`.
    pub async fn lease_deliveries(
        &self,
        _holder: &str,
        _seconds: u32,
        _limit: u32,
    ) -> Result<Vec<Leased>, Refused> {
        unimplemented!()
    }

    /// Writes down how an attempt ended. `false` when the lease had passed to another.
    pub async fn settle(&self, _leased: &Leased, _outcome: Outcome) -> Result<bool, Refused> {
        unimplemented!()
    }

    /// Resolves when something was committed since the last call: an event, a delivery.
    pub async fn woken(&self) {
        unimplemented!()
    }
}
