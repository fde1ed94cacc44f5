//! What an answer means for the delivery.
//!
//! Promise: one table decides, and it is total:
//!
//! | answer | meaning |
//! |---|---|
//! | 2xx | the peer has it |
//! | 409 that names our delivery in `Regbridge-Delivery` | the peer has it already |
//! | 409 otherwise | the first eight times: it is still busy with an earlier attempt (this is what 409 says to an `Idempotency-Key`), again; then final |
//! | 408, 425, 429, 5xx | not now; `Retry-After` is honoured |
//! | 401, 403, 407 | configuration: again, at least every [`CONFIGURATION_MILLIS`] |
//! | 3xx | configuration: redirects are not followed, the address must be corrected |
//! | every other 4xx | final refusal |
//! | no answer: a certificate refused by either side | configuration |
//! | no answer otherwise | not now |
//!
//! An endless stream of "not now" ends by the exchange's backoff.

use std::time::Duration;

use crate::client::trouble::Trouble;
use crate::exchange::delivery::{Outcome, Said};

/// How often a fault of configuration is tried again at most: a certificate is not exchanged within seconds, and
/// a peer's log should not fill with our refused handshakes. A quarter of an hour still lets the mended
/// configuration show the same morning.
pub const CONFIGURATION_MILLIS: i64 = 15 * 60 * 1000;

/// How many attempts may meet an unexplained 409: the ceilings of the first eight waits sum to 21 minutes, longer
/// than any server works on one message.
const CONFLICTS: u32 = 8;

/// What came back from one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// An answer.
    Answered {
        /// HTTP status.
        status: u16,
        /// The delay that it asked for.
        retry_after: Option<Duration>,
        /// Whether it named our delivery in `Regbridge-Delivery`.
        names_us: bool,
        /// What it said, in short.
        in_short: String,
        /// The same as it came, where it came whole.
        said: Option<Said>,
    },
    /// None.
    Silent(Trouble),
}

/// What `attempt`, the `number`th (from 1), means.
#[must_use]
pub fn judge(attempt: Attempt, number: u32) -> Outcome {
    let (status, retry_after, names_us, in_short, said) = match attempt {
        Attempt::Answered { status, retry_after, names_us, in_short, said } => {
            (status, retry_after, names_us, in_short, said)
        }
        Attempt::Silent(trouble) => {
            let millis = trouble.is_configuration().then_some(CONFIGURATION_MILLIS);
            return Outcome::RetryAfter { millis, status: None, detail: trouble.to_string() };
        }
    };
    let code = Some(status);
    let asked = retry_after.map(|d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    let again = |millis, detail| Outcome::RetryAfter { millis, status: code, detail };
    let configuration = |why: &str| {
        again(Some(asked.unwrap_or(0).max(CONFIGURATION_MILLIS)), format!("configuration: {why}: {in_short}"))
    };
    match status {
        200..=299 => Outcome::Done { status: code, detail: in_short, said },
        409 if names_us => {
            Outcome::Done { status: code, detail: format!("already received: {in_short}"), said }
        }
        409 if number <= CONFLICTS => again(asked, in_short),
        408 | 425 | 429 | 500..=599 => again(asked, in_short),
        401 | 403 | 407 => configuration("the peer does not let us in"),
        300..=399 => configuration("the peer redirects, which is not followed; correct its address"),
        400..=499 => Outcome::GiveUp { status: code, detail: in_short, said },
        // Below 200 or above 599 is no HTTP that we know; the peer may come to its senses.
        _ => again(asked, in_short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Attempt {
        Attempt::Answered {
            status,
            retry_after: None,
            names_us: false,
            in_short: "words".to_owned(),
            said: None,
        }
    }

    fn short(outcome: &Outcome) -> (&'static str, Option<i64>) {
        match outcome {
            Outcome::Done { .. } | Outcome::Placed { .. } => ("done", None),
            Outcome::RetryAfter { millis, .. } => ("again", *millis),
            Outcome::GiveUp { .. } => ("never", None),
        }
    }

    #[test]
    fn the_table() {
        for (status, means) in [
            (200, ("done", None)),
            (204, ("done", None)),
            (302, ("again", Some(CONFIGURATION_MILLIS))),
            (400, ("never", None)),
            (401, ("again", Some(CONFIGURATION_MILLIS))),
            (403, ("again", Some(CONFIGURATION_MILLIS))),
            (404, ("never", None)),
            (408, ("again", None)),
            (413, ("never", None)),
            (422, ("never", None)),
            (425, ("again", None)),
            (429, ("again", None)),
            (500, ("again", None)),
            (503, ("again", None)),
            (599, ("again", None)),
            (999, ("again", None)),
        ] {
            assert_eq!(short(&judge(answered(status), 1)), means, "{status}");
        }
    }

    #[test]
    fn a_conflict_counts_as_received_only_when_it_names_us() {
        let named = Attempt::Answered {
            status: 409,
            retry_after: None,
            names_us: true,
            in_short: String::new(),
            said: None,
        };
        assert_eq!(short(&judge(named, 20)).0, "done");
        assert_eq!(short(&judge(answered(409), CONFLICTS)).0, "again");
        assert_eq!(short(&judge(answered(409), CONFLICTS + 1)).0, "never");
    }

    #[test]
    fn retry_after_is_handed_on_and_never_shortens_a_fault_of_configuration() {
        let asking = |status, seconds| Attempt::Answered {
            status,
            retry_after: Some(Duration::from_secs(seconds)),
            names_us: false,
            in_short: String::new(),
            said: None,
        };
        assert_eq!(short(&judge(asking(503, 90), 1)), ("again", Some(90_000)));
        assert_eq!(short(&judge(asking(403, 90), 1)), ("again", Some(CONFIGURATION_MILLIS)));
        assert_eq!(short(&judge(asking(403, 7200), 1)), ("again", Some(7_200_000)));
    }

    #[test]
    fn silence_is_an_outage_unless_a_certificate_is_the_reason() {
        assert_eq!(short(&judge(Attempt::Silent(Trouble::Timeout), 1)), ("again", None));
        let refused = Trouble::OursRefused(rustls::AlertDescription::UnknownCA);
        assert_eq!(short(&judge(Attempt::Silent(refused), 1)), ("again", Some(CONFIGURATION_MILLIS)));
    }
}
