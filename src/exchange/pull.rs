//! What waits for an agency whose client counts by numbers: a page of one record, without filters.

use serde_json::Value;

use crate::domain::agency::Agency;
use crate::domain::kind::Kind;
use crate::exchange::answer::Page;
use crate::exchange::feed::cursor::Filter;
use crate::exchange::feed::{Asked, Place, Shape};
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::Refused;
use crate::mapping::{Format, Run};

impl Gateway {
    /// The next message of this kind that waits for the agency after a number: the very bytes that the journal has
    /// the digest of. Asking after a number says that all up to it was received.
    ///
    /// # Errors
    /// [`Refused::OutOfScope`].
    pub async fn pull(&self, agency: &Agency, kind: Kind, after: u64) -> Result<Page, Refused> {
        let place = Place::Number(after);
        let asked = Asked { place, filter: Filter::default(), limit: 1, shape: Shape::Message(None) };
        let page = self.feed(agency, kind, &asked).await?;
        Ok(Page {
            body: page.body,
            content_type: page.content_type,
            delivery: page.only.map(|(delivery, ..)| delivery),
            next: page.window.to,
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
