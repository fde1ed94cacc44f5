//! `taobao.cloudbridge.caseinvest.execute`: requests for assistance in a case, and what became of them.
//!
//! The interface has one method for both: `api_name` says which, and `data` is JSON text. What it publishes ends there;
//! the words `submit` and `query` and the members of `data` are the profile's. Both are answered by one message:
//! `code` 1 or 2, and in `data` the id of what was submitted or the list of what was asked for.

use serde_json::{Value, json};

use crate::domain::kind::Kind;
use crate::exchange::Wanted;
use crate::exchange::answer::Standing;
use crate::http::agency::router::Asked;
use crate::http::agency::router::fault::{Code, Fault};
use crate::http::agency::router::query::{keys, standing};
use crate::http::agency::router::submit::{hand_over, render};

/// The method's name.
pub(super) const METHOD: &str = "taobao.cloudbridge.caseinvest.execute";

/// The profile's message that answers it.
const ANSWER: &str = "assistance-answer";

pub(super) async fn execute(asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
    match asked.call.parameter("api_name") {
        Some("submit") => submit(asked).await,
        Some("query") => query(asked).await,
        Some(other) => Err(Fault::new(Code::InvalidArguments, "isv.invalid-parameter:api_name", other)),
        None => Err(Fault::missing(Code::MissingArguments, "api_name")),
    }
}

async fn submit(asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
    let receipt = hand_over(asked, Kind::AssistanceRequest, &["data"]).await?;
    // The interface knows success and failure; that it was there before is said in the message.
    let outcome = if receipt["outcome"] == "refused" { "refused" } else { "accepted" };
    let value = json!({
        "outcome": outcome,
        "message": receipt["message"],
        "case_id": receipt["case_id"],
        "records": [],
    });
    render(asked, ANSWER, value)
}

async fn query(asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
    let data = asked.call.parameter("data").ok_or_else(|| Fault::missing(Code::MissingArguments, "data"))?;
    let invalid = || Fault::new(Code::InvalidArguments, "isv.invalid-parameter:data", "param_list");
    let data: Value = serde_json::from_str(data).map_err(|_| invalid())?;
    let list = data.get("param_list").ok_or_else(invalid)?;
    let keys = keys(list.as_str().map_or_else(|| list.to_string(), str::to_owned).as_str())?;
    standing(asked, Wanted::Assistance, &keys, record, ANSWER).await
}

/// The reply under the id that was asked for; of a request without one, that it is here.
fn record(standing: Standing) -> Option<Value> {
    standing.case?;
    let mut record = standing.result.unwrap_or_else(
        || json!({ "kind": Kind::AssistanceReply, "schema_version": "1", "decision": "received" }),
    );
    record["request_id"] = json!(standing.key);
    Some(record)
}
