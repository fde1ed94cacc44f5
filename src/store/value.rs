//! Values in and rows out, the same for both databases.
//!
//! Promise: a query is written once, its values are handed over as [`Value`]s and its rows are read in the order
//! of its columns by a [`Reader`]; no caller sees which database answered.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Row as _};

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::store::StoreError;

/// A query's text. Where the dialects differ the two texts stand side by side.
#[derive(Clone, Copy)]
pub(super) struct Sql {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

impl Sql {
    /// One text for both.
    pub(super) const fn both(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// One value of a query. A NULL carries its type: PostgreSQL asks for it.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Blob(Option<&'a [u8]>),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<u64> for Value<'_> {
    // Counts and indexes; nobody reaches 2^63 of anything here, and the largest value then simply matches nothing.
    fn from(value: u64) -> Self {
        Self::Int(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<Option<u16>> for Value<'_> {
    fn from(value: Option<u16>) -> Self {
        Self::Int(value.map(i64::from))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(Some(value.micros()))
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Int(value.map(Timestamp::micros))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Blob(Some(value))
    }
}

impl<'a> From<&'a [u8; 32]> for Value<'a> {
    fn from(value: &'a [u8; 32]) -> Self {
        Self::Blob(Some(value))
    }
}

impl<'a> From<&'a Digest> for Value<'a> {
    fn from(value: &'a Digest) -> Self {
        Self::Blob(Some(value.as_bytes()))
    }
}

pub(super) fn sqlite_arguments(values: &[Value<'_>]) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    add_sqlite_arguments(&mut arguments, values)?;
    Ok(arguments)
}

/// Adds values to those that are there.
pub(super) fn add_sqlite_arguments(
    arguments: &mut SqliteArguments,
    values: &[Value<'_>],
) -> Result<(), sqlx::Error> {
    arguments.reserve(values.len(), 0);
    for value in values {
        match *value {
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Blob(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(())
}

pub(super) fn postgres_arguments(values: &[Value<'_>]) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for value in values {
        match *value {
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Blob(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// Rows of values turned into one array per column, for `unnest`.
pub(super) fn postgres_columns(values: &[Value<'_>], width: usize) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for column in 0..width {
        let cells = values.iter().skip(column).step_by(width);
        match values.get(column) {
            None | Some(Value::Text(_)) => {
                let cells = cells.map(|v| if let Value::Text(v) = *v { v } else { None });
                arguments.add(cells.collect::<Vec<_>>())
            }
            Some(Value::Int(_)) => {
                let cells = cells.map(|v| if let Value::Int(v) = *v { v } else { None });
                arguments.add(cells.collect::<Vec<_>>())
            }
            Some(Value::Blob(_)) => {
                let cells = cells.map(|v| if let Value::Blob(v) = *v { v } else { None });
                arguments.add(cells.collect::<Vec<_>>())
            }
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// One row of an answer.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// Reads its columns from the first on.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { row: self, column: 0 }
    }
}

/// Reads a row column by column, left to right.
pub(super) struct Reader<'a> {
    row: &'a Row,
    column: usize,
}

macro_rules! cell {
    ($name:ident, $type:ty, $doc:literal) => {
        #[doc = $doc]
        pub(super) fn $name(&mut self) -> Result<$type, StoreError> {
            let column = self.column;
            self.column += 1;
            match self.row {
                Row::Sqlite(row) => row.try_get(column),
                Row::Postgres(row) => row.try_get(column),
            }
            .map_err(|e| StoreError::corrupt(column, &e.to_string()))
        }
    };
}

impl Reader<'_> {
    cell!(int, i64, "A number.");
    cell!(maybe_int, Option<i64>, "A number or nothing.");
    cell!(text, String, "A text.");
    cell!(maybe_text, Option<String>, "A text or nothing.");
    cell!(blob, Vec<u8>, "Bytes.");
    cell!(maybe_blob, Option<Vec<u8>>, "Bytes or nothing.");

    /// A count or an index.
    pub(super) fn count(&mut self) -> Result<u64, StoreError> {
        let column = self.column;
        u64::try_from(self.int()?).map_err(|_| StoreError::corrupt(column, "a negative count"))
    }

    /// A small count.
    pub(super) fn small(&mut self) -> Result<u32, StoreError> {
        let column = self.column;
        u32::try_from(self.int()?).map_err(|_| StoreError::corrupt(column, "a count beyond 32 bits"))
    }

    /// An HTTP status or nothing.
    pub(super) fn status(&mut self) -> Result<Option<u16>, StoreError> {
        let column = self.column;
        let status = self.maybe_int()?.map(u16::try_from).transpose();
        status.map_err(|_| StoreError::corrupt(column, "not an HTTP status"))
    }

    /// A time.
    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.int().map(Timestamp::from_micros)
    }

    /// A time or nothing.
    pub(super) fn maybe_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_int()?.map(Timestamp::from_micros))
    }

    /// Thirty-two bytes.
    pub(super) fn thirty_two(&mut self) -> Result<[u8; 32], StoreError> {
        let column = self.column;
        let bytes = self.blob()?;
        <[u8; 32]>::try_from(bytes).map_err(|_| StoreError::corrupt(column, "not 32 bytes"))
    }

    /// A digest.
    pub(super) fn digest(&mut self) -> Result<Digest, StoreError> {
        self.thirty_two().map(Digest::from_bytes)
    }

    /// A digest or nothing.
    pub(super) fn maybe_digest(&mut self) -> Result<Option<Digest>, StoreError> {
        let column = self.column;
        let Some(bytes) = self.maybe_blob()? else { return Ok(None) };
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| StoreError::corrupt(column, "not 32 bytes"))?;
        Ok(Some(Digest::from_bytes(bytes)))
    }

    /// A text that is one of our types.
    pub(super) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        let column = self.column;
        parse(&self.text()?).map_err(|e| StoreError::corrupt(column, &e.to_string()))
    }

    /// A text that is one of our types, or nothing.
    pub(super) fn maybe_parsed<T, E: std::fmt::Display>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        let column = self.column;
        let text = self.maybe_text()?;
        text.as_deref().map(parse).transpose().map_err(|e| StoreError::corrupt(column, &e.to_string()))
    }
}
