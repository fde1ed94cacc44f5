//! The listeners through their front doors: real TLS, real client certificates, a database and an authority of their
//! own for every test. The folders mirror the addresses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

mod agency;
#[allow(dead_code, reason = "each test takes of it what it needs")]
#[path = "../support/dice.rs"]
mod dice;
#[path = "../support/every_kind.rs"]
mod every_kind;
#[path = "../support/feed_profile.rs"]
mod feed_profile;
mod support;
