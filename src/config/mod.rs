//! Configuration: one TOML file, one file per agency, secrets apart.
//!
//! Promise: a configuration that loads has no unknown setting, no value out of range and no secret in it; what does
//! not load is refused with file, line, key and the nearest right key, and changes nothing. Every setting is
//! explained in `ops/config.example.toml`. Reading certificates is left to [`crate::pki`].

pub mod backup;
pub mod canary;
mod crl_source;
pub mod deadlines;
pub mod environment;
pub mod error;
pub mod folder;
mod journal;
pub mod laws;
pub mod mail;
pub mod registry;
pub mod retention;
pub mod settings;
pub mod witness;

pub use environment::Environment;
pub use error::ConfigError;
pub(crate) use error::nearest;
pub use folder::Folder;
pub use settings::Settings;
