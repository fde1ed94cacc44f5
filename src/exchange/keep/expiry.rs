//! Certificates that end: told at 60, 30, 14, 7 and 1 days before, each once.
//!
//! Which certificates there are is for whoever calls; what is told stands in the journal with all troubles.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::domain::digest::Fingerprint;
use crate::domain::id::AgencyId;
use crate::exchange::gateway::Gateway;
use crate::exchange::notice::{self, Severity, Topic, Trouble};
use crate::exchange::refused::Refused;
use crate::store::{StoreError, Tx};

/// Days before the end at which it is told: time to order one, to remind, to hurry.
pub const DAYS: [i64; 5] = [60, 30, 14, 7, 1];

const DAY_MILLIS: i64 = 86_400_000;

/// A certificate that is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// Whom it names.
    pub subject: String,
    /// Whose it is: `gateway`, or an agency's name.
    pub owner: String,
    /// The agency, where it is one's.
    pub agency: Option<AgencyId>,
    /// Its serial number.
    pub serial: String,
    /// SHA-256 of its DER.
    pub fingerprint: Fingerprint,
    /// Until when it is valid.
    pub expires: Timestamp,
    /// Where it stands, if it is a file of ours.
    pub file: String,
}

impl InUse {
    /// Whole days that are left; negative once it has ended.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        self.expires.millis_since(now).div_euclid(DAY_MILLIS)
    }

    /// The nearest of [`DAYS`] that has come.
    fn step(&self, now: Timestamp) -> Option<i64> {
        DAYS.into_iter().rev().find(|days| self.days_left(now) < *days)
    }

    fn trouble(&self, days: i64, now: Timestamp) -> Trouble {
        let left = self.days_left(now);
        let facts = [
            ("certificate", self.subject.clone()),
            ("owner", self.owner.clone()),
            ("serial", self.serial.clone()),
            ("fingerprint", self.fingerprint.to_string()),
            ("expires", notice::when(self.expires)),
            ("days", left.max(0).to_string()),
            ("file", self.file.clone()),
        ];
        Trouble {
            key: format!("certificate:{}:{days}", self.fingerprint),
            topic: Topic::CertificateExpiring,
            severity: if days <= 7 { Severity::Critical } else { Severity::Warning },
            agency: self.agency.clone(),
            facts: facts
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<BTreeMap<_, _>>(),
        }
    }
}

impl Gateway {
    /// Tells of those that end soon, each step once; one line of what was done. A step that was missed is told with the
    /// next one that has come.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn tell_of_expiry(&self, in_use: &[InUse]) -> Result<String, Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let mut told = 0;
        for certificate in in_use {
            let Some(days) = certificate.step(now) else { continue };
            let trouble = certificate.trouble(days, now);
            let tell = async |mut tx: Tx| notice::tell_once(&mut tx, world, &trouble).await;
            told += usize::from(world.store.run_tx::<_, StoreError, _>("certificate.expiry", tell).await?);
        }
        Ok(format!("{} certificates in use, {told} told of", in_use.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_comes_when_so_many_days_are_left() {
        let now = Timestamp::parse("2026-11-28T10:00:00+08:00").unwrap();
        let ends = |days: i64| InUse {
            subject: "CN=x".to_owned(),
            owner: "gateway".to_owned(),
            agency: None,
            serial: "01".to_owned(),
            fingerprint: Fingerprint::of(b"x"),
            expires: now.plus_millis(days * DAY_MILLIS - 1),
            file: String::new(),
        };
        let steps: Vec<_> = [61, 60, 31, 30, 14, 8, 7, 2, 1, 0, -5].map(|days| ends(days).step(now)).to_vec();
        let wanted = [
            None,
            Some(60),
            Some(60),
            Some(30),
            Some(14),
            Some(14),
            Some(7),
            Some(7),
            Some(1),
            Some(1),
            Some(1),
        ];
        assert_eq!(steps, wanted);
        assert_eq!(ends(7).trouble(7, now).severity, Severity::Critical);
    }
}
