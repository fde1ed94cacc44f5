//! Deliveries that lie in an agency's folder: sent, until the agency has taken them away.

use crate::clock::Timestamp;
use crate::domain::id::{CaseId, DeliveryId};
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::Sql;

/// A delivery that lies in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The delivery.
    pub id: DeliveryId,
    /// Its number within the destination.
    pub sequence: u64,
    /// The case it is about.
    pub case: CaseId,
    /// What it carries.
    pub kind: String,
    /// Its media type.
    pub content_type: String,
    /// The mark of the folder that it was laid into.
    pub mark: String,
}

// $1 the destination, $2 the sequence to begin behind, $3 the limit.
const PLACED: Sql = Sql::both(
    "-- folder.placed\n\
    SELECT id, sequence, case_id, kind, content_type, placed_in FROM deliveries WHERE destination = $1 AND state = 'sent' \
    AND placed_at IS NOT NULL AND sequence > $2 ORDER BY sequence LIMIT $3",
);

const COLLECT: Sql = Sql::both(
    "-- folder.collect\n\
    UPDATE deliveries SET state = 'received', settled_at = $2, settled_by = 'folder' \
    WHERE id = $1 AND state = 'sent' AND placed_at IS NOT NULL",
);

impl Tx {
    /// At most `limit` deliveries that lie in a destination's folder, behind a sequence.
    pub async fn placed_deliveries(
        &mut self,
        destination: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Placed>, StoreError> {
        let rows = self.fetch(PLACED, &[destination.into(), after.into(), limit.into()]).await?;
        let read = |row: &crate::store::value::Row| {
            let mut row = row.reader();
            Ok(Placed {
                id: row.parsed(DeliveryId::parse)?,
                sequence: row.count()?,
                case: row.parsed(CaseId::parse)?,
                kind: row.text()?,
                content_type: row.text()?,
                mark: row.maybe_text()?.unwrap_or_default(),
            })
        };
        rows.iter().map(read).collect()
    }

    /// A delivery was taken out of its folder; false if it does not lie there as far as is known.
    pub async fn collect_delivery(&mut self, id: &DeliveryId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(COLLECT, &[id.as_str().into(), at.into()]).await? == 1)
    }
}
