//! Regbridge: a gateway between an e-commerce platform and the regulators that oversee it.

pub mod clock;
pub mod domain;
pub mod pki;
pub mod tlog;
pub mod wire;
