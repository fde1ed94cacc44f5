//! The stories: the real program, through its front door.
//!
//! Promise: every test here runs the built program in a data directory of its own, with its own authority and real
//! certificates, and talks to it as strangers do: curl, `openssl s_client`, Python, xmllint. Nothing of the library
//! is called; what a test knows of the gateway it learnt over the wire or from a command's output.
//!
//! | file | what it tells |
//! |---|---|
//! | `whole` | complaint in, reply out, closure, return, withdrawal; both sides provable |
//! | `idempotence` | the same again is the same receipt, for ever |
//! | `attachments` | files of a case: large ones in little memory, a power cut between file and transaction |
//! | `backup` | made while the gateway serves, tried, damaged; a gateway that goes on from one |
//! | `canary` | the gateway tries itself: what it sees, and that nobody but staff hears of it |
//! | `crash` | killed under load, started again: nothing lost, nothing twice |
//! | `day` | a whole day of all of it, with power cuts and a bureau that is down; in the evening the books agree |
//! | `deliveries` | what bureaus make of replies, a bureau that is down, an operator's word |
//! | `files` | files dropped into a folder and brought by a person; the platform's typed client |
//! | `import` | a file taken in, killed at any moment and run again: nothing lost, nothing twice |
//! | `lists` | another authority's revocation list, fetched by the clock |
//! | `notices` | mails to staff through a real mail server, and nobody's name in any byte |
//! | `strangers` | who does not get in, on which road, and that the journal knows |
//! | `reload` | what changes on disk, well or badly |
//! | `bad_input` | what cannot be read, and what the sender is told |
//! | `witnesses` | others who cosign the journal: what they refuse, and what a gateway that was rolled back hears from them |
//! | `simulate` | the other side, for whoever tries a system of their own |
//! | `router` | the old open platform's client |

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

mod bucket;
mod bureau;
mod curl;
#[path = "../support/debian.rs"]
mod debian;
mod endpoint;
#[allow(dead_code, reason = "each test takes of it what it needs")]
#[path = "../support/every_kind.rs"]
mod every_kind;
#[path = "../support/feed_profile.rs"]
mod feed_profile;
mod house;
mod journal;
mod keep_alive;
mod letters;
mod log;
mod platform;
#[path = "../support/postgres.rs"]
mod postgres;
mod python;
#[allow(dead_code, reason = "the stories take of it what they need")]
#[path = "../support/smtp.rs"]
mod smtp;
mod witness;

mod attachments;
mod backup;
mod bad_input;
mod canary;
mod crash;
mod day;
mod deliveries;
mod files;
mod idempotence;
mod import;
mod lists;
mod notices;
mod reload;
mod router;
mod simulate;
mod strangers;
mod syncs;
mod whole;
mod witnesses;
