//! Durable state on SQLite and PostgreSQL.
//!
//! Promise: what a transaction says it did is on disk when [`Store::run_tx`] returns, all of it or nothing; the
//! same calls mean the same on both databases, which one contract suite proves. Each SQL text is a constant that
//! begins with its own name. This layer computes no hashes, reads no documents and knows no HTTP: the journal's
//! hashes, the records' JSON and the messages' bytes are handed over ready.
//!
//! | file | idea |
//! |---|---|
//! | `open` | where the database is, and the checks before it is trusted |
//! | `migrate` | the schema, in versions |
//! | `run`, `tx`, `value` | named transactions; SQL once for both dialects |
//! | `gather` | statements that go to SQLite together |
//! | `submission`, `record`, `case` | what was exchanged |
//! | `certificate` | until when certificates hold |
//! | `deadline`, `rule_set`, `radar` | until when something must be done, by which law, and what presses |
//! | `job` | what is done by the clock, and its runs |
//! | `import` | files of any size, and how far each came |
//! | `attachment`, `upload` | the files of a case, and those on their way |
//! | `journal`, `event` | what happened, in order |
//! | `known` | what a batch must know before it is decided |
//! | `delivery`, `attempt`, `outbox` | what goes out, how often that was tried, and lists of it |
//! | `pull`, `folder`, `lease`, `breaker` | fetched by its destination, or sent by whom right now; how destinations fare |
//! | `receipt`, `intervene` | what its destination says of it, what an operator does about it |
//! | `trouble`, `notice` | what staff is told of, and the mails that tell it |
//! | `sums` | counts by agency and destination |
//! | `booked`, `reconcile` | a day of exchanges, manifests of days, where two of them differ |
//! | `keep` | legal holds, and the removal of what was kept long enough |
//! | `witness` | what witnesses cosigned of the journal |
//! | `token` | who may use the platform API |
//! | `group` | many submitters, one transaction |

use std::sync::Arc;

use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use tokio::sync::Mutex;

use crate::clock::Chance;

pub mod attachment;
pub mod attempt;
pub mod backup;
pub mod booked;
pub mod breaker;
pub mod case;
pub mod certificate;
mod claim;
pub mod deadline;
pub mod delivery;
mod error;
pub mod event;
pub mod feed;
pub mod folder;
mod gather;
pub mod group;
pub mod import;
mod intervene;
pub mod job;
pub mod journal;
pub mod keep;
mod known;
pub mod lease;
pub mod migrate;
pub mod notice;
mod open;
pub mod outbox;
pub mod pull;
pub mod radar;
pub mod receipt;
pub mod reconcile;
pub mod record;
mod rule_set;
mod run;
pub mod submission;
pub mod sums;
pub mod token;
pub mod trouble;
mod tx;
pub mod upload;
mod value;
pub mod window;
pub mod witness;

pub use claim::Claim;
pub use error::{Failure, StoreError};
pub use known::Known;
pub use open::Target;
pub use tx::Tx;

/// The database. A clone is another handle on the same one.
#[derive(Clone)]
pub struct Store {
    database: Database,
    chance: Arc<dyn Chance>,
}

#[derive(Clone)]
enum Database {
    /// One connection writes, by turns; the others only read.
    Sqlite {
        writer: SqlitePool,
        turn: Arc<Mutex<()>>,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}
