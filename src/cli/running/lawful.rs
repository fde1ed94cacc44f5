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
