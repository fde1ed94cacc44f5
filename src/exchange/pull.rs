//! What waits for an agency, by cursor; and what the old open platform's client asks about.

use serde_json::Value;

use crate::domain::agency::Agency;
use crate::domain::id::{CaseId, SubmissionId};
use crate::domain::kind::{Direction, Kind};
use crate::exchange::answer::{DisposalStatus, Page};
use crate::exchange::delivery::Destination;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::Gateway;
use crate::exchange::intake::is_one_line;
use crate::exchange::refused::Refused;
use crate::mapping::{Format, Run};
use crate::store::{StoreError, Tx};

/// How many keys one query may name: the interface's own limit.
pub const QUERY_KEYS: usize = 20;

impl Gateway {
    /// The next message of this kind that waits for the agency after a cursor: the very bytes that the journal has
    /// the digest of. Asking after a cursor says that all up to it was received.
    ///
    /// # Errors
    /// [`Refused::OutOfScope`].
    pub async fn pull(&self, agency: &Agency, kind: Kind, after: u64) -> Result<Page, Refused> {
        agency.may(kind, Direction::Receive).map_err(Refused::OutOfScope)?;
        let world = &self.world;
        let now = world.clock.now();
        let destination = Destination::Agency(agency.id.clone()).to_text();
        let pull = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            let waiting = tx.pull_page(&destination, kind.as_str(), after, 1).await?.pop();
            let next = waiting.as_ref().map_or(after, |pulled| pulled.sequence);
            let received = tx.mark_pulled(&destination, kind.as_str(), after, next, now).await?;
            if waiting.is_some() || received > 0 {
                let fact = Fact::Pull {
                    agency: agency.id.clone(),
                    kind: kind.to_string(),
                    after,
                    next,
                    count: u32::from(waiting.is_some()),
                };
                world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?.write(&mut tx).await?;
            }
            Ok::<_, StoreError>((waiting, next))
        };
        let (waiting, next) = world.store.run_tx("delivery.pull", pull).await?;
        Ok(match waiting {
            Some(pulled) => Page {
                body: Some(pulled.body),
                content_type: pulled.content_type,
                delivery: Some(pulled.id),
                next,
            },
            None => Page { body: None, content_type: String::new(), delivery: None, next },
        })
    }

    /// Where disposal orders stand. A key is a case's or a submission's id, or the agency's own registration number;
    /// an unknown one, or another agency's, comes back without a case.
    ///
    /// # Errors
    /// [`Refused::OutOfScope`].
    pub async fn disposal_results(
        &self,
        agency: &Agency,
        keys: &[String],
    ) -> Result<Vec<DisposalStatus>, Refused> {
        agency.may(Kind::DisposalResult, Direction::Receive).map_err(Refused::OutOfScope)?;
        let world = &self.world;
        let now = world.clock.now();
        let answer = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            let mut all = Vec::new();
            let mut count = 0;
            for key in keys.iter().take(QUERY_KEYS) {
                let case = find(&mut tx, agency, key).await?;
                let result = match &case {
                    Some(case) => latest_result(&mut tx, case).await?,
                    None => None,
                };
                count += u32::from(result.is_some());
                all.push(DisposalStatus { key: key.clone(), case, result });
            }
            if count > 0 {
                let fact =
                    Fact::Query { agency: agency.id.clone(), kind: Kind::DisposalResult.to_string(), count };
                world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?.write(&mut tx).await?;
            }
            Ok::<_, StoreError>(all)
        };
        Ok(world.store.run_tx("disposal.query", answer).await?)
    }

    /// Renders a message object through a message of the agency's profile: an answer in the agency's own words.
    /// Returns the bytes and their media type.
    ///
    /// # Errors
    /// [`Refused::Malformed`] when the object does not fit the message.
    pub fn render(
        &self,
        agency: &Agency,
        message: &str,
        format: Format,
        value: &Value,
    ) -> Result<(Vec<u8>, String), Refused> {
        let profile = self.world.profile_of(agency)?;
        let run = Run { now: self.world.clock.now(), chance: &*self.world.chance };
        let encoded = profile
            .encode(message, Some(format), value, &run)
            .map_err(|refusal| Refused::Malformed { stage: refusal.stage, problems: refusal.problems })?;
        Ok((encoded.bytes, encoded.content_type))
    }
}

async fn find(tx: &mut Tx, agency: &Agency, key: &str) -> Result<Option<CaseId>, StoreError> {
    if let Ok(id) = CaseId::parse(key)
        && let Some(case) = tx.case(&id).await?
    {
        return Ok((case.agency == agency.id).then_some(case.id));
    }
    if let Ok(id) = SubmissionId::parse(key)
        && let Some(submission) = tx.submission(&id).await?
        && submission.agency == agency.id
    {
        return Ok(tx.records_in(&id).await?.into_iter().next().map(|record| record.case));
    }
    // No case has such a number, and PostgreSQL does not even compare with U+0000.
    if !is_one_line(key) {
        return Ok(None);
    }
    let cases = tx.cases_by_key(&[(&agency.id, "disposal", key)]).await?;
    Ok(cases.into_iter().next().map(|case| case.id))
}

/// The platform's latest result; with it, the delivery that carries it counts as handed over.
async fn latest_result(tx: &mut Tx, case: &CaseId) -> Result<Option<Value>, StoreError> {
    let records = tx.records_of(case).await?;
    let Some(latest) = records.into_iter().rev().find(|record| record.kind == Kind::DisposalResult) else {
        return Ok(None);
    };
    let deliveries = tx.deliveries_of(case).await?;
    for delivery in deliveries.iter().filter(|delivery| delivery.journal_index == latest.journal_index) {
        if delivery.destination.starts_with("agency:") {
            tx.mark_handed_over(&delivery.id).await?;
        }
    }
    Ok(serde_json::from_str(&latest.body).ok())
}
