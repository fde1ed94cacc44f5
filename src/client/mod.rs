//! Outbound calls: messages to agencies over mutual TLS, events to the platform as signed webhooks.
//!
//! Promise: one call is one attempt with a bound on everything (connect, total time, answer's size), never
//! follows a redirect, never uses a proxy of the environment, never retries by itself; it ends in a
//! [`verdict::Attempt`], which says whether the peer has the message, may be asked again, or refused for good.
//! Private certificate authorities only: what the machine trusts for browsing says nothing about a bureau.
//! Files of cases may stand in a store beside us ([`bucket`]).
//! When the same delivery goes out again is the worker's and the exchange's affair.

pub mod bucket;
mod folder;
pub mod https;
pub mod identity;
pub mod network;
pub mod probe;
pub mod retry_after;
pub mod said;
pub mod signature;
pub mod source;
pub mod trouble;
pub mod verdict;
pub mod webhook;
pub mod witness;
