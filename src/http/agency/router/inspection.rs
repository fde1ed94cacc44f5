//! `taobao.sungari.inspection.submit`: an inspection instruction.
//!
//! The answer has room for who sells the goods and what was done, which the platform knows only later. So the first
//! answer says 1 and no more; the same call again says 11, with what the platform has posted since.

use serde_json::{Value, json};

use crate::domain::kind::{Direction, Kind};
use crate::exchange::Wanted;
use crate::http::agency::router::Asked;
use crate::http::agency::router::fault::Fault;
use crate::http::agency::router::query::unanswered;
use crate::http::agency::router::submit::{hand_over, render};

/// The method's name.
pub(super) const METHOD: &str = "taobao.sungari.inspection.submit";

/// The profile's message that answers it.
const ANSWER: &str = "inspection-answer";

pub(super) async fn submit(asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
    let receipt = hand_over(asked, Kind::InspectionInstruction, &["method_name", "data"]).await?;
    let handling = handling(asked, &receipt).await?;
    let value = json!({
        "outcome": receipt["outcome"],
        "message": receipt["message"],
        "records": handling.into_iter().collect::<Vec<_>>(),
    });
    render(asked, ANSWER, value)
}

/// What the platform has said about the case of a receipt, to those who may know it.
async fn handling(asked: &Asked<'_>, receipt: &Value) -> Result<Option<Value>, Fault> {
    let agency = &asked.caller.agency;
    let may = agency.may(Kind::InspectionResult, Direction::Receive).is_ok();
    let (true, "duplicate", Some(case)) =
        (may, receipt["outcome"].as_str().unwrap_or_default(), receipt["case_id"].as_str())
    else {
        return Ok(None);
    };
    let keys = [case.to_owned()];
    let found = asked.door.gateway.standing(agency, Wanted::Handling, &keys).await.map_err(unanswered)?;
    Ok(found.into_iter().find_map(|standing| standing.result))
}
