//! Witnesses: others who cosign the journal's checkpoints, each only what follows from all it saw before.
//!
//! Promise: no submission, reply or delivery waits for a witness. Too few cosignatures are a trouble that staff is told of;
//! a witness that cosigned what this journal does not have is another, and a grave one: somebody rolled the journal back, or
//! keeps two of it. What was cosigned is checked by the witness's own key before it is kept, and is published with the
//! checkpoint it is of.
//!
//! | file | idea |
//! |---|---|
//! | `ask` | what is said to one witness, and what its answer means |
//! | `cosigned` | the newest checkpoint that enough of them cosigned |

mod ask;
mod cosigned;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::exchange::gateway::Gateway;
use crate::exchange::notice::{self, Facts, Severity, Topic, Trouble};
use crate::exchange::port::Witness;
use crate::exchange::refused::Refused;
use crate::store::journal::JournalHead;
use crate::store::witness::CosignatureRow;
use crate::store::{StoreError, Tx};
use crate::tlog::WitnessKey;

use ask::Outcome;

/// The trouble of too few cosignatures.
const MISSING: &str = "witnesses";
/// What the keys of troubles with one witness begin with.
const ONE: &str = "witness:";
/// Troubles under way that are looked through for witnesses that are asked no more.
const LOOK: u32 = 1000;

/// A witness of this journal.
#[derive(Clone)]
pub struct Watching {
    /// What it is called here.
    pub name: String,
    /// Its key.
    pub key: WitnessKey,
    /// How it is asked.
    pub call: Arc<dyn Witness>,
}

/// The witnesses of this journal.
#[derive(Clone, Default)]
pub struct Witnesses {
    /// How many must have cosigned; 0 asks for none.
    pub quorum: usize,
    /// All that are asked.
    pub each: Vec<Watching>,
}

impl Gateway {
    /// These are asked from now on.
    pub fn replace_witnesses(&self, witnesses: Witnesses) {
        self.world.witnesses.store(Arc::new(witnesses));
    }

    /// Shows the journal's head to each witness that has not cosigned it yet; one line of what was done. Staff is told where
    /// too few did, and where one knows another journal of this name.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn ask_witnesses(&self) -> Result<String, Refused> {
        let world = &*self.world;
        let witnesses = world.witnesses.load_full();
        let look =
            async |mut tx: Tx| Ok::<_, StoreError>((tx.journal_head().await?, tx.cosignatures().await?));
        let (head, kept) = world.store.read("witness.look", look).await?;
        if head.size == 0 {
            return Ok("the journal is empty".to_owned());
        }
        let asked = witnesses.each.iter().map(async |one| {
            let vkey = one.key.to_string();
            // They come newest first.
            match kept.iter().find(|row| row.witness == vkey) {
                Some(row) if row.size == head.size => Ok(Outcome::Known),
                row => ask::ask(world, one, &head, row.map_or(0, |row| row.size)).await,
            }
        });
        let outcomes: Vec<Outcome> = join_all(asked).await.into_iter().collect::<Result<_, StoreError>>()?;
        self.keep_cosignatures(&witnesses, &head, &outcomes).await?;
        self.tell_of_witnesses(&witnesses, &head, &outcomes).await
    }

    async fn keep_cosignatures(
        &self,
        witnesses: &Witnesses,
        head: &JournalHead,
        outcomes: &[Outcome],
    ) -> Result<(), Refused> {
        let world = &*self.world;
        let at = world.clock.now();
        let came = witnesses.each.iter().zip(outcomes).filter_map(|(one, outcome)| match outcome {
            Outcome::Cosigned(line) => Some(CosignatureRow {
                size: head.size,
                witness: one.key.to_string(),
                checkpoint: head.checkpoint.clone(),
                line: line.clone(),
                at,
            }),
            _ => None,
        });
        let came: Vec<CosignatureRow> = came.collect();
        if came.is_empty() {
            return Ok(());
        }
        let keep = async |mut tx: Tx| {
            for row in &came {
                tx.put_cosignature(row).await?;
            }
            // Of what lies between nothing comes any more: only the head is asked about.
            let kept = tx.cosignatures().await?;
            let newest = cosigned::newest(witnesses, &kept).map_or(head.size, |(size, _)| size);
            tx.forget_cosignatures([newest, head.size]).await
        };
        Ok(world.store.run_tx::<_, StoreError, _>("witness.keep", keep).await?)
    }

    async fn tell_of_witnesses(
        &self,
        witnesses: &Witnesses,
        head: &JournalHead,
        outcomes: &[Outcome],
    ) -> Result<String, Refused> {
        let each = || witnesses.each.iter().zip(outcomes);
        let (mut cosigned, mut missing, mut words) = (0, Vec::new(), Vec::new());
        for (one, outcome) in each() {
            let key = format!("{ONE}{}", one.name);
            match outcome {
                Outcome::Cosigned(_) | Outcome::Known => {
                    cosigned += 1;
                    self.well(&key).await?;
                    continue;
                }
                Outcome::Silent(why) => {
                    tracing::warn!(witness = one.name, why, "a witness did not cosign");
                    words.push(format!("{}: {why}", one.name));
                }
                Outcome::Other { size, why } => {
                    tracing::error!(witness = one.name, why, "a witness knows another journal of this name");
                    words.push(format!("FAULT {}: {why}", one.name));
                    self.in_trouble(other_journal(&key, head, *size, why)).await?;
                }
            }
            missing.push(one.name.as_str());
        }
        self.end_of_the_others(witnesses).await?;
        if cosigned < witnesses.quorum {
            let facts = facts([
                ("size", head.size.to_string()),
                ("cosigned", cosigned.to_string()),
                ("quorum", witnesses.quorum.to_string()),
                ("missing", missing.join("、")),
                ("reason", "未达法定见证数 · Fewer witnesses than the quorum cosigned the head".to_owned()),
            ]);
            let (key, topic) = (MISSING.to_owned(), Topic::WitnessMissing);
            self.in_trouble(Trouble { key, topic, severity: Severity::Warning, agency: None, facts }).await?;
        } else {
            self.well(MISSING).await?;
        }
        words.insert(0, format!("{cosigned} of {} cosigned {} entries", witnesses.each.len(), head.size));
        Ok(words.join("; "))
    }

    async fn in_trouble(&self, trouble: Trouble) -> Result<(), Refused> {
        let world = &*self.world;
        let tell = async |mut tx: Tx| notice::begin(&mut tx, world, &trouble).await.map(drop);
        Ok(world.store.run_tx::<_, StoreError, _>("witness.trouble", tell).await?)
    }

    async fn well(&self, key: &str) -> Result<(), Refused> {
        let world = &*self.world;
        let end = async |mut tx: Tx| notice::end(&mut tx, world, key, &BTreeMap::new()).await.map(drop);
        Ok(world.store.run_tx::<_, StoreError, _>("witness.well", end).await?)
    }

    /// A trouble with a witness that is asked no more ends: nobody would ever say that it is over.
    async fn end_of_the_others(&self, witnesses: &Witnesses) -> Result<(), Refused> {
        let read = async |mut tx: Tx| tx.troubles_under_way(LOOK).await;
        let under_way = self.world.store.read::<_, StoreError, _>("witness.under_way", read).await?;
        let is_asked = |name: &str| witnesses.each.iter().any(|one| one.name == name);
        for trouble in under_way {
            if trouble.key.strip_prefix(ONE).is_some_and(|name| !is_asked(name)) {
                self.well(&trouble.key).await?;
            }
        }
        Ok(())
    }
}

fn other_journal(key: &str, head: &JournalHead, size: u64, why: &str) -> Trouble {
    let facts = facts([
        ("check", format!("见证方 {key}")),
        ("size", head.size.to_string()),
        ("entry", size.to_string()),
        ("checkpoint", head.checkpoint.lines().next().unwrap_or_default().to_owned()),
        ("reason", why.to_owned()),
    ]);
    let (key, topic) = (key.to_owned(), Topic::JournalFault);
    Trouble { key, topic, severity: Severity::Critical, agency: None, facts }
}

fn facts<const N: usize>(facts: [(&str, String); N]) -> Facts {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
