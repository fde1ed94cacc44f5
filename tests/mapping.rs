//! Profiles through the front door: every shipped profile, both ways; the laws; what is refused.

#[path = "mapping/batch.rs"]
mod batch;
#[path = "mapping/blame.rs"]
mod blame;
#[path = "mapping/choice.rs"]
mod choice;
#[path = "mapping/extends.rs"]
mod extends;
#[path = "mapping/fixture.rs"]
mod fixture;
#[path = "mapping/laws.rs"]
mod laws;
#[path = "mapping/order.rs"]
mod order;
#[path = "mapping/paths.rs"]
mod paths;
#[path = "mapping/profiles.rs"]
mod profiles;
#[path = "mapping/real_goaml.rs"]
mod real_goaml;
#[path = "mapping/real_xzcf.rs"]
mod real_xzcf;
#[path = "mapping/refusals.rs"]
mod refusals;
#[path = "mapping/speed.rs"]
mod speed;
#[path = "mapping/steps/mod.rs"]
mod steps;
#[path = "mapping/stream.rs"]
mod stream;
