//! The seams to what is outside: who sends a delivery or a mail, who looks into a file. The edges implement them; a test may stand
//! in for them.

use std::future::Future;
use std::pin::Pin;

use crate::exchange::attachments::{Reading, Verdict};
use crate::exchange::delivery::{Leased, Outcome};
use crate::exchange::job::Fault;
use crate::exchange::notice::queue::{Letter, Posted};
use crate::wire::encoding::Encoding;

/// Looks into files before they are released.
pub trait Scanner: Send + Sync {
    /// Looks into one and says what it found. Never panics; takes as long as it was given, not longer.
    fn scan(&self, file: Reading) -> Pin<Box<dyn Future<Output = Verdict> + Send + '_>>;
}

/// Sends deliveries.
pub trait Network: Send + Sync {
    /// Sends one delivery once and says how it went. Never panics, never takes longer than the lease.
    fn send<'a>(&'a self, leased: &'a Leased) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
}

/// Sends mails to staff.
pub trait Mailer: Send + Sync {
    /// Sends one letter once and says how it went. Never panics; takes as long as it was given, not longer.
    fn post<'a>(&'a self, letter: &'a Letter) -> Pin<Box<dyn Future<Output = Posted> + Send + 'a>>;
}

/// What a witness answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Shows the journal's checkpoints to one witness.
pub trait Witness: Send + Sync {
    /// Asks it once (`tlog-witness`, `add-checkpoint`): bounded in time and size, never repeated. Why there is no answer, if
    /// there is none.
    fn add_checkpoint(
        &self,
        body: String,
    ) -> Pin<Box<dyn Future<Output = Result<Answered, String>> + Send + '_>>;
}

/// What a source answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The media type, as it was stated.
    pub content_type: String,
    /// The charset, if it was stated.
    pub charset: Option<Encoding>,
    /// The bytes, untouched; none where there is nothing.
    pub body: Vec<u8>,
}

/// Fetches pages from agencies that only publish.
pub trait Source: Send + Sync {
    /// Fetches one page: bounded in time and size, never repeated.
    fn fetch<'a>(
        &'a self,
        url: &'a str,
        accept: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, Fault>> + Send + 'a>>;
}
