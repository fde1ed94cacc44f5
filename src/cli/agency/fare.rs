//! How what is sent to an agency fares, by the last word of the gateway that sends it.
//!
//! The database is looked at and never made, changed or waited for: whoever shows an agency's file may do so before there is
//! a database, and beside a gateway that runs.

use crate::cli::delivery::failing;
use crate::cli::world::World;
use crate::cli::{Context, block_on};
use crate::domain::id::AgencyId;
use crate::exchange::view::BreakerView;
use crate::store::{StoreError, Target, Tx};

/// A line where sending to it fails; `None` while it does not, and where nothing was ever sent.
pub(super) fn trouble(id: &AgencyId, context: &Context) -> anyhow::Result<Option<String>> {
    if !context.folder.settings().is_file() {
        return Ok(None);
    }
    let world = World::load(context)?;
    if let Target::Sqlite(path) = world.target()?
        && !path.is_file()
    {
        return Ok(None);
    }
    let destination = format!("agency:{id}");
    block_on(async {
        let store = world.look_at_store().await?;
        let read = async |mut tx: Tx| tx.breakers().await;
        let found = store.read::<_, StoreError, _>("breaker.all", read).await;
        store.close().await;
        let one = found?.into_iter().find(|breaker| breaker.destination == destination);
        Ok(one.map(|breaker| failing(&BreakerView::from(breaker))))
    })
}
