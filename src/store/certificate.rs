//! Certificates: until when each holds, by the last word of its authority.

use crate::clock::Timestamp;
use crate::domain::id::CaseId;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::Sql;

// What is said anew is told anew when its day has passed.
const PUT: Sql = Sql::both(
    "-- certificate.put\n\
    INSERT INTO certificates (case_id, valid_until) VALUES ($1, $2) \
    ON CONFLICT (case_id) DO UPDATE SET valid_until = excluded.valid_until, lapsed_at = NULL",
);

const FORGET: Sql = Sql::both("-- certificate.forget\nDELETE FROM certificates WHERE case_id = $1");

const DUE: Sql = Sql::both(
    "-- certificate.due\n\
    SELECT case_id, valid_until FROM certificates WHERE lapsed_at IS NULL AND valid_until < $1 \
    ORDER BY valid_until, case_id LIMIT $2",
);

const LAPSED: Sql = Sql::both(
    "-- certificate.lapsed\nUPDATE certificates SET lapsed_at = $2 WHERE case_id = $1 AND lapsed_at IS NULL",
);

impl Tx {
    /// Notes the last day of a certificate, or that none is known.
    pub async fn put_certificate(
        &mut self,
        case: &CaseId,
        valid_until: Option<&str>,
    ) -> Result<(), StoreError> {
        match valid_until {
            Some(day) => self.execute(PUT, &[case.as_str().into(), day.into()]).await?,
            None => self.execute(FORGET, &[case.as_str().into()]).await?,
        };
        Ok(())
    }

    /// At most `limit` certificates whose last day is before this one (`YYYY-MM-DD`), and of which nobody was told; each
    /// with that day.
    pub async fn certificates_before(
        &mut self,
        day: &str,
        limit: u32,
    ) -> Result<Vec<(CaseId, String)>, StoreError> {
        let rows = self.fetch(DUE, &[day.into(), limit.into()]).await?;
        rows.iter()
            .map(|row| {
                let mut row = row.reader();
                Ok((row.parsed(CaseId::parse)?, row.text()?))
            })
            .collect()
    }

    /// The platform was told; false if it had been.
    pub async fn mark_certificate_lapsed(
        &mut self,
        case: &CaseId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(LAPSED, &[case.as_str().into(), at.into()]).await? == 1)
    }
}
