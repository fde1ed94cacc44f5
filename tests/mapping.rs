//! Profiles through the front door: every shipped profile, both ways.

#[path = "mapping/profiles.rs"]
mod profiles;
