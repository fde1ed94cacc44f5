//! What a start says of rule sets and calendars.
//!
//! Promise: a year that running deadlines want and no calendar has is an error, told before anything is served; whether it
//! ends the start is a setting. A set that nobody has confirmed is told too.

use crate::config::deadlines::MissingCalendar;
use crate::exchange::Gateway;

/// Looks, counts what can be counted by now, and tells.
pub(super) async fn tell(gateway: &Gateway, policy: MissingCalendar) -> anyhow::Result<()> {
    let now = gateway.clock().now();
    for set in gateway.laws().sets().filter(|set| !set.confirmed) {
        tracing::warn!(
            rule_set = set.id,
            "nobody has confirmed this rule set against the official text; `regbridge rules show {}` says more",
            set.id
        );
    }
    let watched = gateway.watch_deadlines(now).await?;
    if watched.counted > 0 {
        tracing::info!(counted = watched.counted, "counted deadlines whose calendar is there now");
    }
    for missing in &watched.missing {
        let year = missing.year;
        if missing.deadlines == 0 {
            tracing::warn!(
                year,
                "no calendar for that year yet: put the State Council's notice into calendars/"
            );
            continue;
        }
        tracing::error!(
            year,
            deadlines = missing.deadlines,
            "running deadlines have no day: there is no calendar for that year; put the State Council's notice into \
             calendars/cn-{year}.toml of the data directory"
        );
        if policy == MissingCalendar::Refuse {
            anyhow::bail!(
                "{} running deadlines want a calendar for {year}: put the State Council's notice into \
                 calendars/cn-{year}.toml of the data directory (deadlines.missing_calendar = \"refuse\")",
                missing.deadlines
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::{HeldClock, SystemChance, Timestamp};
    use crate::domain::deadline::{Laws, Opening};
    use crate::domain::id::{AgencyId, CaseId};
    use crate::domain::record::Record;
    use crate::domain::region::Region;
    use crate::domain::registry::Registry;
    use crate::exchange::feed::cursor::CursorKeys;
    use crate::exchange::gateway::Parts;
    use crate::exchange::journal::Journal;
    use crate::exchange::profiles::Profiles;
    use crate::store::case::Case;
    use crate::store::deadline::CaseDeadline;
    use crate::store::{Store, StoreError, Target, Tx};
    use crate::tlog::Origin;

    #[tokio::test]
    async fn a_year_that_a_running_deadline_wants_ends_the_start_only_where_that_is_set() {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("store.db"));
        let store = Store::open(&target, Arc::new(SystemChance)).await.unwrap();
        let now = Timestamp::parse("2026-12-30T10:00:00+08:00").unwrap();
        let parts = Parts {
            store: store.clone(),
            journal: Journal::new(Origin::parse("regbridge.example/journal").unwrap(), &[7; 32]).unwrap(),
            profiles: Profiles::default(),
            registry: Registry::default(),
            webhooks: Vec::new(),
            attachments: None,
            cursors: CursorKeys::new(&[[9; 32]]),
            clock: Arc::new(HeldClock::at(now)),
            chance: Arc::new(SystemChance),
        };
        let (gateway, _writer) = Gateway::open(parts);
        tell(&gateway, MissingCalendar::Refuse).await.expect("2027 only comes near");
        let case = Case {
            id: CaseId::mint(now, &SystemChance),
            agency: AgencyId::parse("hz-amr").unwrap(),
            topic: "complaint".to_owned(),
            registration_number: "R1".to_owned(),
            state: "received".to_owned(),
            region: Region::parse("330100").unwrap(),
            opened_at: now,
            updated_at: now,
            version: 1,
        };
        let order = serde_json::json!({ "kind": "complaint-order", "registration_number": "R1" });
        let record = Record::from_value(order).unwrap();
        let (topic, profile) = ("complaint", "cn-amr-xml");
        let opening = Opening { topic, agency: &case.agency, profile, record: &record, at: now };
        let deadlines: Vec<CaseDeadline> = Laws::shipped()
            .open(&opening)
            .into_iter()
            .map(|deadline| CaseDeadline { case: case.id.clone(), deadline })
            .collect();
        let insert = async |mut tx: Tx| {
            tx.insert_cases(std::slice::from_ref(&case)).await?;
            tx.insert_deadlines(&deadlines).await
        };
        store.run_tx::<(), StoreError, _>("test", insert).await.unwrap();
        tell(&gateway, MissingCalendar::Report).await.expect("it is told, and the gateway serves");
        let refused = tell(&gateway, MissingCalendar::Refuse).await.unwrap_err().to_string();
        assert!(
            refused.contains("1 running deadlines") && refused.contains("calendars/cn-2027.toml"),
            "{refused}"
        );
    }
}
