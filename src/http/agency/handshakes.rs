//! Refused handshakes, for the journal.
//!
//! Promise: when TLS refuses the certificate of a known agency (expired, revoked, its authority gone), the journal has
//! it, though there never was a request. TLS refuses before it asks for proof of the key: anybody with a copy of the
//! certificate can bring this about. An entry therefore says that the certificate was shown, one certificate gets at
//! most one entry a minute (1,440 a day), and what does not fit into the queue is dropped. A handshake never waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::domain::digest::Fingerprint;
use crate::exchange::Gateway;
use crate::exchange::inbound::{RefusalNote, Sender};
use crate::http::agency::caller::problem_type;
use crate::http::problem::ProblemType;
use crate::pki::OnRefusal;

/// One certificate is noted at most so often.
const NOTE_EVERY: Duration = Duration::from_mins(1);

/// What may wait to be noted: more in the time of one commit is a flood, and of a flood one entry a minute is kept.
const QUEUE: usize = 64;

/// Refused handshakes on their way to the journal.
pub struct Refusals(mpsc::Receiver<(Fingerprint, ProblemType)>);

/// What tells, for the listener's TLS, and what is to be run beside the listener.
#[must_use]
pub fn refusals() -> (OnRefusal, Refusals) {
    let (tell, told) = mpsc::channel(QUEUE);
    let tell: OnRefusal = Arc::new(move |certificate, why| {
        let _ = tell.try_send((certificate, problem_type(why)));
    });
    (tell, Refusals(told))
}

impl Refusals {
    /// Journals what is told, until the listener is gone.
    pub async fn run(mut self, gateway: Gateway) {
        // Known agencies' certificates alone: as many as the registry has.
        let mut noted: HashMap<Fingerprint, Instant> = HashMap::new();
        while let Some((certificate, problem_type)) = self.0.recv().await {
            let Some(agency) = gateway.registry().by_fingerprint(&certificate) else { continue };
            let now = Instant::now();
            if noted.get(&certificate).is_some_and(|at| now.duration_since(*at) < NOTE_EVERY) {
                continue;
            }
            noted.insert(certificate, now);
            tracing::info!(agency = %agency.id, why = problem_type.slug(), "a handshake was refused");
            let note = RefusalNote {
                agency,
                sender: Sender::Certificate(certificate),
                kind: None,
                why: problem_type.slug(),
            };
            gateway.journal_refusal(note).await;
        }
    }
}
