//! Where matters stand, as the old open platform's client asks: by key, at once, with what is known now.
//!
//! Promise: a result that another one takes the place of is never told as the one that counts, in whatever order they
//! came. What is told counts as handed over.

use serde_json::Value;

use crate::domain::agency::Agency;
use crate::domain::id::{CaseId, SubmissionId};
use crate::domain::kind::{Direction, Kind};
use crate::exchange::answer::Standing;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::Gateway;
use crate::exchange::intake::desk::topic;
use crate::exchange::intake::is_one_line;
use crate::exchange::keep::marker::is_marker;
use crate::exchange::refused::Refused;
use crate::store::{StoreError, Tx};

/// How many keys one query may name: the interface's own limit.
pub const QUERY_KEYS: usize = 20;

/// Which of a case's results is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The platform's latest disposal result.
    Disposal,
    /// The test report that counts.
    Report,
    /// The platform's latest word on the goods that were to be tested.
    Handling,
    /// The platform's latest word on a request for assistance.
    Assistance,
}

impl Wanted {
    const fn kind(self) -> Kind {
        match self {
            Self::Disposal => Kind::DisposalResult,
            Self::Report | Self::Handling => Kind::InspectionResult,
            Self::Assistance => Kind::AssistanceReply,
        }
    }
}

impl Gateway {
    /// Where matters stand. A key is a case's or a submission's id, or the agency's own registration number; an unknown
    /// one, or another agency's, comes back without a case.
    ///
    /// # Errors
    /// [`Refused::OutOfScope`].
    pub async fn standing(
        &self,
        agency: &Agency,
        wanted: Wanted,
        keys: &[String],
    ) -> Result<Vec<Standing>, Refused> {
        let kind = wanted.kind();
        agency.may(kind, Direction::Receive).map_err(Refused::OutOfScope)?;
        let world = &self.world;
        let now = world.clock.now();
        let answer = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            let mut all = Vec::new();
            let mut count = 0;
            for key in keys.iter().take(QUERY_KEYS) {
                let case = find(&mut tx, agency, topic(kind), key).await?;
                let result = match &case {
                    Some(case) => latest(&mut tx, case, wanted).await?,
                    None => None,
                };
                count += u32::from(result.is_some());
                all.push(Standing { key: key.clone(), case, result });
            }
            if count > 0 {
                let fact = Fact::Query { agency: agency.id.clone(), kind: kind.to_string(), count };
                world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?.write(&mut tx).await?;
            }
            Ok::<_, StoreError>(all)
        };
        Ok(world.store.run_tx("standing.query", answer).await?)
    }
}

async fn find(tx: &mut Tx, agency: &Agency, topic: &str, key: &str) -> Result<Option<CaseId>, StoreError> {
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
    let cases = tx.cases_by_key(&[(&agency.id, topic, key)]).await?;
    Ok(cases.into_iter().next().map(|case| case.id))
}

/// The result that is wanted; with it, a delivery that carries it counts as handed over.
async fn latest(tx: &mut Tx, case: &CaseId, wanted: Wanted) -> Result<Option<Value>, StoreError> {
    let mut results = Vec::new();
    for record in tx.records_of(case).await?.into_iter().filter(|record| record.kind == wanted.kind()) {
        if let Ok(value) = serde_json::from_str::<Value>(&record.body)
            && !is_marker(&value)
        {
            results.push((record, value));
        }
    }
    // Ids sort by the millisecond alone; the journal has the order.
    results.sort_by_key(|(record, _)| record.journal_index);
    let all: Vec<&Value> = results.iter().map(|(_, result)| result).collect();
    let Some(place) = choose(&all, wanted) else { return Ok(None) };
    let (record, result) = results.swap_remove(place);
    for delivery in tx.deliveries_with(&record).await? {
        tx.mark_handed_over(&delivery).await?;
    }
    Ok(Some(result))
}

/// The place of the wanted one among results, oldest first.
fn choose<'a>(results: &[&'a Value], wanted: Wanted) -> Option<usize> {
    let stage = |result: &Value| result.get("stage").and_then(Value::as_str).unwrap_or("first").to_owned();
    let number = |result: &'a Value| {
        let report = result.pointer("/report/number").and_then(Value::as_str);
        report.or_else(|| result.get("registration_number").and_then(Value::as_str))
    };
    let superseded = |result: &'a Value| {
        let mut others = results.iter().filter_map(|other| other.get("supersedes").and_then(Value::as_str));
        let bears = number(result);
        // A corrected report may bear the number of the one it takes the place of.
        bears.is_some_and(|bears| {
            others.any(|number| number == bears)
                && result.get("supersedes").and_then(Value::as_str) != Some(bears)
        })
    };
    let fits = |result: &'a Value| match wanted {
        Wanted::Disposal | Wanted::Assistance => true,
        Wanted::Handling => stage(result) == "handling",
        Wanted::Report => !matches!(stage(result).as_str(), "handling" | "objection") && !superseded(result),
    };
    results.iter().rposition(|result| fits(result))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chosen(results: &[Value], wanted: Wanted) -> Option<usize> {
        choose(&results.iter().collect::<Vec<_>>(), wanted)
    }

    #[test]
    fn a_superseded_report_is_never_the_one_that_counts() {
        let report = |number: &str, more: Value| {
            let mut value =
                json!({ "registration_number": "R", "stage": "first", "report": { "number": number } });
            value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            value
        };
        let old = report("A", json!({}));
        let new = report("B", json!({ "supersedes": "A" }));
        let handling = json!({ "registration_number": "R", "stage": "handling" });
        let objection = json!({ "registration_number": "R", "stage": "objection" });
        assert_eq!(chosen(&[old.clone(), new.clone(), handling.clone()], Wanted::Report), Some(1));
        // The old one came late.
        assert_eq!(chosen(&[new.clone(), old.clone()], Wanted::Report), Some(0));
        assert_eq!(chosen(&[old.clone(), objection.clone()], Wanted::Report), Some(0));
        assert_eq!(chosen(&[handling.clone(), old.clone(), objection], Wanted::Handling), Some(0));
        assert_eq!(chosen(&[handling], Wanted::Report), None);
        // A corrected report under the same number takes the place of the one before it.
        let corrected = report("A", json!({ "supersedes": "A" }));
        assert_eq!(chosen(&[old.clone(), corrected.clone()], Wanted::Report), Some(1));
        assert_eq!(chosen(&[corrected, old], Wanted::Report), Some(0));
    }

    #[test]
    fn without_a_number_of_its_own_a_report_bears_the_matters() {
        let first = json!({ "registration_number": "QT-1" });
        let second = json!({ "registration_number": "QT-1", "progress": "reported" });
        assert_eq!(chosen(&[first.clone(), second], Wanted::Report), Some(1));
        let other = json!({ "registration_number": "QT-2", "supersedes": "QT-1" });
        assert_eq!(chosen(&[other, first], Wanted::Report), Some(0));
    }
}
