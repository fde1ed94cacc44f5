//! Cases that their agency calls urgent, told as they come.

use std::collections::BTreeMap;

use crate::domain::record::Record;
use crate::domain::record::complaint_order::Priority;
use crate::exchange::gateway::World;
use crate::exchange::intake::rows::Taken;
use crate::exchange::notice::{Facts, Severity, Topic, Trouble, tell_each_once, when};
use crate::store::{StoreError, Tx};

/// Tells of the urgent ones among the records of a batch. What an import brings is of the past, and told by the deadlines
/// alone. The caller holds the journal.
pub(in crate::exchange) async fn tell_urgent<'a>(
    tx: &mut Tx,
    world: &World,
    taken: impl Iterator<Item = Taken<'a>>,
) -> Result<(), StoreError> {
    // An urgent case has no end to be told, and the case itself says that it is urgent: where nobody is told, nothing is kept,
    // and a batch pays nothing for it.
    if world.notices.load().recipients.is_empty() {
        return Ok(());
    }
    let urgent = |taken: &Taken<'_>| match &taken.item.record {
        _ if taken.agency.rehearsal => None,
        Record::ComplaintOrder(order) => match order.priority {
            Some(Priority::Urgent) => Some(Severity::Warning),
            Some(Priority::Immediate) => Some(Severity::Critical),
            Some(Priority::Normal) | None => None,
        },
        _ => None,
    };
    let mut troubles: BTreeMap<String, Trouble> = BTreeMap::new();
    for (one, severity) in taken.filter_map(|taken| urgent(&taken).map(|severity| (taken, severity))) {
        let case = one.case;
        let facts = Facts::from([
            ("case".to_owned(), case.id.to_string()),
            ("registration_number".to_owned(), case.registration_number.clone()),
            ("kind".to_owned(), one.item.record.kind().zh().to_owned()),
            ("received_at".to_owned(), when(case.opened_at)),
        ]);
        let key = format!("urgent:{}", case.id);
        let agency = Some(one.agency.id.clone());
        let trouble = Trouble { key: key.clone(), topic: Topic::UrgentCase, severity, agency, facts };
        troubles.entry(key).or_insert(trouble);
    }
    let troubles: Vec<Trouble> = troubles.into_values().collect();
    tell_each_once(tx, world, Topic::UrgentCase, &troubles).await.map(drop)
}
