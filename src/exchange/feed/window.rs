//! Windows: what a page of a feed says of itself, so that its puller can prove later that nothing was left out.
//!
//! Promise: the root is that of RFC 6962, section 2.1, over one leaf a record, in the order of the feed. A leaf's data
//! are the 32 bytes of HMAC-SHA-256, under the delivery's salt, of the record's message: just what the journal's entry
//! of that delivery has as `body`. So a window is checked by whoever has the messages and salts, and by whoever has
//! the journal; and once a case is erased its leaves say nothing. A window names the root of the one before it: who
//! kept the last window knows whether this one follows it.
//!
//! The note is a C2SP signed note under the journal's key. Its text, a line each: `regbridge feed window v1`, the
//! journal's name, then `agency`, `kind`, `purpose`, `region`, `category`, `number`, `from`, `to`, `count`, `first`,
//! `last`, `root`, `previous`, `body`, `at`, each followed by a space and its value; `-` stands for none. Roots and
//! digests are 64 hexadecimal digits; `body` is SHA-256 of the answer's bytes; times are RFC 3339 in UTC.

use std::fmt::Write as _;

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::domain::kind::Kind;
use crate::exchange::feed::cursor::Filter;
use crate::store::feed::FeedBody;
use crate::tlog::{EMPTY_ROOT, Frontier, Hash, leaf_hash};

/// What a window is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A page that was pulled.
    Page,
    /// A report of a stretch, empty or not, that was made for the agency.
    Report,
}

impl Purpose {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Report => "report",
        }
    }
}

/// What a page says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Whose feed.
    pub agency: AgencyId,
    /// Of which kind.
    pub kind: Kind,
    /// A page or a report.
    pub purpose: Purpose,
    /// What it is limited to.
    pub filter: Filter,
    /// Its number in its chain, from 1.
    pub number: u64,
    /// The sequence that the chain had come to.
    pub from: u64,
    /// The sequence of its last record; as `from` where there is none.
    pub to: u64,
    /// How many records.
    pub count: u64,
    /// When the first of them was made.
    pub first: Option<Timestamp>,
    /// When the last of them was made.
    pub last: Option<Timestamp>,
    /// The root over them.
    pub root: Digest,
    /// The root of the window before; that of the empty tree in the first one.
    pub previous: Digest,
}

/// The root of the tree without leaves.
#[must_use]
pub const fn empty_root() -> Digest {
    Digest::from_bytes(EMPTY_ROOT)
}

/// The root over these messages.
#[must_use]
pub fn root(messages: &[FeedBody]) -> Digest {
    let leaves: Vec<Hash> = messages.iter().map(leaf).collect();
    if leaves.is_empty() {
        return empty_root();
    }
    Digest::from_bytes(Frontier::empty().append(&leaves).root())
}

fn leaf(message: &FeedBody) -> Hash {
    // Every delivery to an agency has a salt; one without has no digest in the journal either.
    let salt: [u8; 32] = message.salt.as_slice().try_into().unwrap_or_default();
    leaf_hash(Digest::salted(&salt, &message.body).as_bytes())
}

impl Window {
    /// The note's text; `body` is the digest of the answer that it came with.
    #[must_use]
    pub fn text(&self, origin: &str, body: Option<Digest>, at: Timestamp) -> String {
        let time = |time: Option<Timestamp>| time.map_or("-".to_owned(), |time| time.to_string());
        let lines = [
            ("agency", self.agency.to_string()),
            ("kind", self.kind.to_string()),
            ("purpose", self.purpose.as_str().to_owned()),
            ("region", self.filter.region.as_ref().map_or("-".to_owned(), ToString::to_string)),
            ("category", self.filter.category.clone().unwrap_or("-".to_owned())),
            ("number", self.number.to_string()),
            ("from", self.from.to_string()),
            ("to", self.to.to_string()),
            ("count", self.count.to_string()),
            ("first", time(self.first)),
            ("last", time(self.last)),
            ("root", self.root.to_string()),
            ("previous", self.previous.to_string()),
            ("body", body.map_or("-".to_owned(), |body| body.to_string())),
            ("at", at.to_string()),
        ];
        let mut text = format!("regbridge feed window v1\n{origin}\n");
        for (name, value) in lines {
            let _ = writeln!(text, "{name} {value}");
        }
        text
    }
}
