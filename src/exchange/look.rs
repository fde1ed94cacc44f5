//! Looking: cases, events, submissions, tokens. Nothing here changes a case.

use serde_json::Value;

use crate::domain::deadline::Standing;
use crate::domain::digest::Digest;
use crate::domain::id::{CaseId, SubmissionId};
use crate::exchange::deadline::radar::DeadlineView;
use crate::exchange::entry::Fact;
use crate::exchange::gateway::Gateway;
use crate::exchange::keep::HoldView;
use crate::exchange::outbox::with_receipts;
use crate::exchange::refused::Refused;
use crate::exchange::view::{Actor, CaseDetail, CaseFilter, CaseSummary, Event, RecordView, SubmissionView};
use crate::store::case::Case;
use crate::store::record::Record;
use crate::store::submission::Submission;
use crate::store::{StoreError, Tx, case};

/// The topic of cases of which every reading is journalled.
const ASSISTANCE: &str = "assistance";

impl Gateway {
    /// Who holds this platform token: only its digest is kept.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn token(&self, secret: &str) -> Result<Option<Actor>, Refused> {
        let digest = Digest::of(secret.as_bytes());
        let found = self
            .world
            .store
            .read("token.by_digest", async |mut tx: Tx| tx.token_by_digest(&digest).await)
            .await?;
        let live = found.filter(|token| token.revoked_at.is_none());
        Ok(live.map(|token| Actor { may_write: token.rights == "write", name: token.name }))
    }

    /// A page of cases, oldest first.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn cases(&self, filter: &CaseFilter) -> Result<Vec<CaseSummary>, Refused> {
        let now = self.world.clock.now();
        let at = |standing: Standing| filter.due.filter(|due| *due == standing).map(|_| now);
        let wanted = case::CaseFilter {
            overdue_at: at(Standing::Overdue),
            soon_at: at(Standing::DueSoon),
            state: filter.state.clone(),
            agency: filter.agency.clone(),
            topic: filter.topic.clone(),
            registration_number: filter.registration_number.clone(),
        };
        let page = async |mut tx: Tx| tx.case_page(&wanted, filter.after.as_ref(), filter.limit).await;
        let cases = self.world.store.read("case.page", page).await?;
        Ok(cases.into_iter().map(summary).collect())
    }

    /// One case with everything exchanged about it. Where an agency asks for what the platform knows of people, the
    /// reading is journalled under the actor's name first.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case.
    pub async fn case(&self, actor: &Actor, id: &CaseId) -> Result<CaseDetail, Refused> {
        let found = self.world.store.read("case.show", async |mut tx: Tx| {
            let Some(case) = tx.case(id).await? else { return Ok(None) };
            let records = tx.records_of(id).await?;
            let submissions = tx.submissions_of(id).await?;
            let deliveries = tx.deliveries_of(id).await?;
            let deliveries = with_receipts(deliveries, &mut tx).await?;
            let deadlines = tx.deadlines_of(std::slice::from_ref(id)).await?;
            let hold = tx.hold_of(id).await?;
            Ok::<_, StoreError>(Some((case, records, submissions, deliveries, (deadlines, hold))))
        });
        let (case, records, submissions, deliveries, (deadlines, hold)) =
            found.await?.ok_or(Refused::NotFound)?;
        if case.topic == ASSISTANCE {
            self.note(Fact::CaseRead { actor: actor.name.clone(), case: case.id.clone() }).await?;
        }
        let (laws, now) = (self.world.laws.load_full(), self.world.clock.now());
        Ok(CaseDetail {
            case: summary(case),
            hold: hold.map(HoldView::from),
            records: records.into_iter().map(record).collect(),
            submissions: submissions.into_iter().map(submission).collect(),
            deliveries,
            deadlines: deadlines.iter().map(|one| DeadlineView::of(&laws, &one.deadline, now)).collect(),
        })
    }

    /// A submission without its body.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a submission.
    pub async fn submission(&self, id: &SubmissionId) -> Result<SubmissionView, Refused> {
        self.stored_submission(id).await.map(submission)
    }

    /// A submission's body as received, with its media type; the reading is journalled under the actor's name first.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a submission.
    pub async fn submission_body(
        &self,
        actor: &Actor,
        id: &SubmissionId,
    ) -> Result<(Vec<u8>, String), Refused> {
        let found = self.stored_submission(id).await?;
        self.note(Fact::Read { actor: actor.name.clone(), submission: id.clone() }).await?;
        let body = async |mut tx: Tx| tx.submission_body(id).await;
        let body = self.world.store.read("submission.body", body).await?.ok_or(Refused::NotFound)?;
        let media = match found.charset {
            Some(charset) => format!("{}; charset={charset}", found.content_type),
            None => found.content_type,
        };
        Ok((body, media))
    }

    /// The receipt of any submission, for the platform's staff: its bytes and media type.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a submission.
    pub async fn submission_receipt(&self, id: &SubmissionId) -> Result<(Vec<u8>, String), Refused> {
        let found = self.stored_submission(id).await?;
        Ok((found.receipt, found.receipt_content_type))
    }

    /// At most `limit` events from a cursor on, oldest first; 0 is the beginning.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn events(&self, after: u64, limit: u32) -> Result<Vec<Event>, Refused> {
        let page = async |mut tx: Tx| tx.events_after(after.checked_sub(1), limit).await;
        let events = self.world.store.read("event.page", page).await?;
        Ok(events
            .into_iter()
            .map(|e| Event {
                cursor: e.journal_index + 1,
                id: e.id,
                event_type: e.event_type,
                case: e.case,
                agency: e.agency,
                at: e.at,
                data: parsed(&e.data),
            })
            .collect())
    }

    async fn stored_submission(&self, id: &SubmissionId) -> Result<Submission, Refused> {
        let read = async |mut tx: Tx| tx.submission(id).await;
        self.world.store.read("submission.show", read).await?.ok_or(Refused::NotFound)
    }
}

fn summary(case: Case) -> CaseSummary {
    CaseSummary {
        id: case.id,
        agency: case.agency,
        topic: case.topic,
        registration_number: case.registration_number,
        state: case.state,
        region: case.region.to_string(),
        opened_at: case.opened_at,
        updated_at: case.updated_at,
    }
}

fn record(record: Record) -> RecordView {
    RecordView {
        id: record.id,
        kind: record.kind.to_string(),
        submission: record.submission,
        import: record.import,
        actor: record.actor,
        recorded_at: record.recorded_at,
        journal_index: record.journal_index,
        record: parsed(&record.body),
    }
}

fn submission(submission: Submission) -> SubmissionView {
    SubmissionView {
        id: submission.id,
        agency: submission.agency,
        message_id: submission.message_id,
        kind: submission.kind.to_string(),
        received_at: submission.received_at,
        body_sha256: submission.body_digest,
        content_type: submission.content_type,
        profile: submission.profile,
        profile_sha256: submission.profile_digest,
        journal_index: submission.journal_index,
    }
}

/// JSON that this program wrote.
pub(super) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
