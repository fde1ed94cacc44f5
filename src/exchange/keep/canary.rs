//! The canary: whether a submission of our own goes through, told when it does not and when it does again.
//!
//! How it is made and sent is for whoever calls: it comes from outside, as an agency's does.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::exchange::gateway::Gateway;
use crate::exchange::notice::{self, Severity, Topic, Trouble};
use crate::exchange::refused::Refused;
use crate::store::{StoreError, Tx};

const KEY: &str = "canary";

/// What became of a canary's submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flown {
    /// How long it took.
    pub took: Duration,
    /// The case it opened, if it came so far.
    pub case: Option<String>,
    /// At which step it failed, and why.
    pub fault: Option<(&'static str, String)>,
}

impl Gateway {
    /// Tells staff of a canary that failed, or that goes through again; one line of what was seen.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn tell_of_canary(&self, flown: &Flown) -> Result<String, Refused> {
        let world = &*self.world;
        let seconds = format!("{:.3}", flown.took.as_secs_f64());
        let mut facts = BTreeMap::from([("seconds".to_owned(), seconds.clone())]);
        facts.extend(flown.case.iter().map(|case| ("case".to_owned(), case.clone())));
        let Some((step, why)) = &flown.fault else {
            let end = async |mut tx: Tx| notice::end(&mut tx, world, KEY, &facts).await.map(drop);
            world.store.run_tx::<_, StoreError, _>("canary.well", end).await?;
            return Ok(format!("went through in {seconds} s"));
        };
        tracing::error!(step, why, "the canary's submission did not go through");
        let tell = async |mut tx: Tx| {
            let under_way = tx.trouble(KEY).await?.filter(|known| known.ended_at.is_none());
            let failures = under_way.map_or(0, |known| known.times) + 1;
            let mut facts = facts.clone();
            facts.extend([
                ("step".to_owned(), (*step).to_owned()),
                ("reason".to_owned(), why.clone()),
                ("failures".to_owned(), failures.to_string()),
            ]);
            let trouble = Trouble {
                key: KEY.to_owned(),
                topic: Topic::CanaryFailed,
                severity: Severity::Critical,
                agency: None,
                facts,
            };
            notice::begin(&mut tx, world, &trouble).await.map(drop)
        };
        world.store.run_tx::<_, StoreError, _>("canary.failed", tell).await?;
        Ok(format!("FAILED at {step}: {why}"))
    }
}
