//! The outbox as an operator looks at it: deliveries by state, destination and case.

use crate::domain::id::{CaseId, DeliveryId};
use crate::store::StoreError;
use crate::store::delivery::{self, Delivery, DeliveryState};
use crate::store::record::Record;
use crate::store::tx::Tx;
use crate::store::value::{Sql, Value};

/// Which deliveries to list.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// In this state.
    pub state: Option<DeliveryState>,
    /// To this destination: `agency:<id>` or `webhook:<name>`.
    pub destination: Option<String>,
    /// About this case.
    pub case: Option<CaseId>,
}

const PAGE: Sql = Sql::both(concat!(
    "-- outbox.page\nSELECT ",
    delivery::columns!(),
    " FROM deliveries AS d WHERE d.id > $1 \
      AND (CAST($2 AS text) IS NULL OR d.state = $2) \
      AND (CAST($3 AS text) IS NULL OR d.destination = $3) \
      AND (CAST($4 AS text) IS NULL OR d.case_id = $4) \
      ORDER BY d.id LIMIT $5"
));

// Of deliveries that are older than feed_items the journal's entry tells.
const OF_RECORD: Sql = Sql::both(
    "-- outbox.of_record\n\
    SELECT d.id FROM deliveries AS d WHERE d.case_id = $2 AND d.destination LIKE 'agency:%' \
    AND (d.journal_index = $3 OR EXISTS (SELECT 1 FROM feed_items AS i WHERE i.delivery_id = d.id \
    AND i.record_id = $1)) ORDER BY d.sequence",
);

impl Tx {
    /// The deliveries that carry a record of the platform's to its agency, in order.
    pub async fn deliveries_with(&mut self, record: &Record) -> Result<Vec<DeliveryId>, StoreError> {
        let values = [record.id.as_str().into(), record.case.as_str().into(), record.journal_index.into()];
        let rows = self.fetch(OF_RECORD, &values).await?;
        rows.iter().map(|row| row.reader().parsed(DeliveryId::parse)).collect()
    }

    /// At most `limit` deliveries with their attempts, oldest first, from the one after `after` on.
    pub async fn delivery_page(
        &mut self,
        filter: &DeliveryFilter,
        after: Option<&DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let values = [
            // Every id sorts after the empty text.
            Value::from(after.map_or("", DeliveryId::as_str)),
            Value::from(filter.state.map(DeliveryState::as_str)),
            Value::from(filter.destination.as_deref()),
            Value::from(filter.case.as_ref().map(CaseId::as_str)),
            Value::from(limit),
        ];
        let rows = self.fetch(PAGE, &values).await?;
        let mut deliveries: Vec<Delivery> =
            rows.iter().map(|row| delivery::read(&mut row.reader())).collect::<Result<_, _>>()?;
        self.add_attempts(&mut deliveries).await?;
        Ok(deliveries)
    }
}
