//! Regbridge: a gateway between an e-commerce platform and the regulators that oversee it.

pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod domain;
pub mod exchange;
pub mod http;
pub mod mapping;
pub mod pki;
pub mod store;
pub mod telemetry;
pub mod tlog;
pub mod wire;
pub mod worker;
