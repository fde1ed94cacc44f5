//! When a message to an agency may go: at once, or at the agency's hour.

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::calendar::CN;
use crate::domain::hours::Hours;
use crate::domain::id::CaseId;
use crate::domain::kind::Kind;
use crate::domain::record::Record;
use crate::domain::record::complaint_order::Priority;
use crate::exchange::gateway::World;
use crate::store::{StoreError, Tx};

/// When what is made at `now` for this agency becomes due.
pub(in crate::exchange) fn due(world: &World, agency: &Agency, now: Timestamp) -> Timestamp {
    let Some(hours) = &agency.deliver else { return now };
    let laws = world.laws.load();
    match hours.due(now, laws.calendars().named(CN)) {
        Ok(due) => due.unwrap_or(now),
        Err(missing) => {
            // A message that has no time would never go; one that comes on a day off is read on the next.
            tracing::error!(agency = %agency.id, %missing, "the agency's hour is taken for any day");
            let any = Hours { working_days: false, ..hours.clone() };
            any.due(now, None).ok().flatten().unwrap_or(now)
        }
    }
}

/// Whether a record does not wait for the agency's hour: the agency says that urgent ones do not, and its case is urgent by
/// the agency's own order, or the record is a result that found something wrong.
pub(in crate::exchange) async fn hurries(
    agency: &Agency,
    case: &CaseId,
    record: &Record,
    tx: &mut Tx,
) -> Result<bool, StoreError> {
    if !agency.deliver.as_ref().is_some_and(|hours| hours.urgent) {
        return Ok(false);
    }
    if matches!(record, Record::InspectionResult(result) if result.fails()) {
        return Ok(true);
    }
    let orders = tx.records_of(case).await?;
    let urgent = orders.iter().filter(|stored| stored.kind == Kind::ComplaintOrder).any(|stored| {
        let order: Option<Record> = serde_json::from_str(&stored.body).ok();
        let urgent = [Some(Priority::Urgent), Some(Priority::Immediate)];
        matches!(order, Some(Record::ComplaintOrder(order)) if urgent.contains(&order.priority))
    });
    Ok(urgent)
}
