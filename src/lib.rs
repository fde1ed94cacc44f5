//! Regbridge: a gateway between an e-commerce platform and the regulators that oversee it.

pub mod clock;
pub mod domain;
pub mod mapping;
pub mod wire;
