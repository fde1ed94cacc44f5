//! Profiles through the front door: every shipped profile, both ways; the laws; what is refused.

#[path = "mapping/batch.rs"]
mod batch;
#[path = "mapping/blame.rs"]
mod blame;
#[path = "mapping/choice.rs"]
mod choice;
#[path = "support/dice.rs"]
mod dice;
#[path = "mapping/draft/mod.rs"]
mod draft;
#[path = "mapping/explain.rs"]
mod explain;
#[path = "mapping/extends.rs"]
mod extends;
#[path = "mapping/fixture.rs"]
mod fixture;
#[path = "mapping/fold.rs"]
mod fold;
#[path = "mapping/formats.rs"]
mod formats;
#[path = "mapping/grouped.rs"]
mod grouped;
#[path = "support/growth.rs"]
mod growth;
#[path = "mapping/guidance.rs"]
mod guidance;
#[path = "mapping/hollow.rs"]
mod hollow;
#[path = "mapping/laws.rs"]
mod laws;
#[path = "mapping/ledger.rs"]
mod ledger;
#[path = "mapping/linear.rs"]
mod linear;
#[path = "mapping/mutants/mod.rs"]
mod mutants;
#[path = "mapping/namespaces.rs"]
mod namespaces;
#[path = "mapping/order.rs"]
mod order;
#[path = "mapping/outward.rs"]
mod outward;
#[path = "mapping/paths.rs"]
mod paths;
#[path = "mapping/profiles.rs"]
mod profiles;
#[path = "mapping/real.rs"]
mod real;
#[path = "mapping/real_ceb.rs"]
mod real_ceb;
#[path = "mapping/real_dcc.rs"]
mod real_dcc;
#[path = "mapping/real_goaml.rs"]
mod real_goaml;
#[path = "mapping/real_hongdun.rs"]
mod real_hongdun;
#[path = "mapping/real_open311.rs"]
mod real_open311;
#[path = "mapping/real_wechat.rs"]
mod real_wechat;
#[path = "mapping/real_xzcf.rs"]
mod real_xzcf;
#[path = "mapping/refusals.rs"]
mod refusals;
#[path = "mapping/sheet.rs"]
mod sheet;
#[path = "mapping/speed.rs"]
mod speed;
#[path = "mapping/steps/mod.rs"]
mod steps;
#[path = "mapping/strange.rs"]
mod strange;
#[path = "mapping/stream.rs"]
mod stream;
