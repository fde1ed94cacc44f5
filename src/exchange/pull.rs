//! What waits for an agency, by cursor.

use serde_json::Value;

use crate::domain::agency::Agency;
use crate::domain::kind::{Direction, Kind};
use crate::exchange::answer::Page;
use crate::exchange::delivery::Destination;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::Refused;
use crate::mapping::{Format, Run};
use crate::store::{StoreError, Tx};

impl Gateway {
    /// The next message of this kind that waits for the agency after a cursor: the very bytes that the journal has
    /// the digest of. Asking after a cursor says that all up to it was received.
    ///
    /// # Errors
    /// [`Refused::OutOfScope`].
    pub async fn pull(&self, agency: &Agency, kind: Kind, after: u64) -> Result<Page, Refused> {
        agency.may(kind, Direction::Receive).map_err(Refused::OutOfScope)?;
        let world = &self.world;
        let now = world.clock.now();
        let destination = Destination::Agency(agency.id.clone()).to_text();
        let pull = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            let waiting = tx.pull_page(&destination, kind.as_str(), after, 1).await?.pop();
            let next = waiting.as_ref().map_or(after, |pulled| pulled.sequence);
            let received = tx.mark_pulled(&destination, kind.as_str(), after, next, now).await?;
            if waiting.is_some() || received > 0 {
                let fact = Fact::Pull {
                    agency: agency.id.clone(),
                    kind: kind.to_string(),
                    after,
                    next,
                    count: u32::from(waiting.is_some()),
                };
                world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?.write(&mut tx).await?;
            }
            Ok::<_, StoreError>((waiting, next))
        };
        let (waiting, next) = world.store.run_tx("delivery.pull", pull).await?;
        Ok(match waiting {
            Some(pulled) => Page {
                body: Some(pulled.body),
                content_type: pulled.content_type,
                delivery: Some(pulled.id),
                next,
            },
            None => Page { body: None, content_type: String::new(), delivery: None, next },
        })
    }

    /// Renders a message object through a message of the agency's profile: an answer in the agency's own words.
    /// Returns the bytes and their media type.
    ///
    /// # Errors
    /// [`Refused::Malformed`] when the object does not fit the message.
    pub fn render(
        &self,
        agency: &Agency,
        message: &str,
        format: Format,
        value: &Value,
    ) -> Result<(Vec<u8>, String), Refused> {
        let profile = self.world.profile_of(agency)?;
        let run = Run { now: self.world.clock.now(), chance: &*self.world.chance };
        let encoded = profile
            .encode(message, Some(format), value, &run)
            .map_err(|refusal| Refused::Malformed { stage: refusal.stage, problems: refusal.problems })?;
        Ok((encoded.bytes, encoded.content_type))
    }
}
