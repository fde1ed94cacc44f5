//! What is said to one witness, and what its answer means.
//!
//! Promise: a cosignature is taken only if the witness's own key made it over the very checkpoint it was asked about. An
//! answer that says of the witness's memory what this journal cannot have is told apart from one that only refuses.

use crate::exchange::gateway::World;
use crate::exchange::journal;
use crate::exchange::port::Answered;
use crate::exchange::witness::Watching;
use crate::store::journal::JournalHead;
use crate::store::{StoreError, Tx};
use crate::tlog::{AddCheckpoint, Quorum};

/// How one witness was asked.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It cosigned the head: its line.
    Cosigned(String),
    /// It had cosigned the head before, and was not asked.
    Known,
    /// It did not answer, or refuses; why.
    Silent(String),
    /// It cosigned a journal of this name that is not this one.
    Other {
        /// How many entries that one has, as far as it is known.
        size: u64,
        /// What it said.
        why: String,
    },
}

/// The second time is with the size that the witness itself named.
const TIMES: usize = 2;

/// Shows the head to a witness that is believed to have cosigned the first `known` entries last.
pub(super) async fn ask(
    world: &World,
    one: &Watching,
    head: &JournalHead,
    known: u64,
) -> Result<Outcome, StoreError> {
    let mut old = known;
    for _ in 0..TIMES {
        let (from, to) = (old, head.size);
        let prove = async |mut tx: Tx| journal::consistency(&mut tx, from, to).await;
        let proof = world.store.read::<_, StoreError, _>("witness.prove", prove).await?;
        let asked = AddCheckpoint { old, proof, checkpoint: head.checkpoint.clone() };
        let answered = match one.call.add_checkpoint(asked.to_string()).await {
            Ok(answered) => answered,
            Err(why) => return Ok(Outcome::Silent(why)),
        };
        match read(world, one, head, old, &answered) {
            Read::End(outcome) => return Ok(outcome),
            Read::From(size) => old = size,
        }
    }
    Ok(Outcome::Silent("names another size each time it is asked".to_owned()))
}

enum Read {
    End(Outcome),
    /// It cosigned so many entries last.
    From(u64),
}

fn read(world: &World, one: &Watching, head: &JournalHead, old: u64, answered: &Answered) -> Read {
    let silent = |why: &str| Read::End(Outcome::Silent(why.to_owned()));
    let other = |size: u64, why: String| Read::End(Outcome::Other { size, why });
    let body = std::str::from_utf8(&answered.body).unwrap_or_default();
    match answered.status {
        200 => {
            let whole = Quorum { witnesses: vec![one.key.clone()], needed: 1 };
            let note = format!("{}{body}", head.checkpoint);
            match whole.open(&note, std::slice::from_ref(world.journal.verifier())) {
                Ok((_, found)) => Read::End(found.into_iter().next().map_or_else(
                    || Outcome::Silent("sent no cosignature".to_owned()),
                    |found| Outcome::Cosigned(found.line),
                )),
                Err(_) => silent("sent no cosignature by the key that the settings name"),
            }
        }
        409 => match body.strip_suffix('\n').and_then(|size| size.parse::<u64>().ok()) {
            None => silent("answers 409 without saying what it cosigned last"),
            Some(size) if size > head.size => other(
                size,
                format!(
                    "cosigned {size} entries of this journal, which has {}: it was rolled back, or there are two",
                    head.size
                ),
            ),
            Some(size) if size == head.size && size == old => other(
                size,
                format!("cosigned another checkpoint of {size} entries: there are two journals of this name"),
            ),
            Some(size) if size == old => silent("answers 409 to the size that it names itself"),
            Some(size) => Read::From(size),
        },
        422 => other(
            old,
            format!(
                "does not find the {old} entries that it cosigned in the {} of this journal: they were changed",
                head.size
            ),
        ),
        403 => {
            silent("has another key of this journal (403): its settings need the one of GET /agency/v1/vkey")
        }
        404 => silent("does not know this journal (404): its settings need the journal's origin and key"),
        status => Read::End(Outcome::Silent(format!("answers {status}"))),
    }
}
