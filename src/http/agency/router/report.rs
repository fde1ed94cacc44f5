//! `taobao.qt.report.add` and `taobao.qt.report.get`: a quality-test report, brought and asked for.
//!
//! The answer to the first is one word, yes: a report that is refused is told as a call that failed, with the reason.

use serde_json::json;

use crate::domain::kind::Kind;
use crate::exchange::Wanted;
use crate::http::agency::router::Asked;
use crate::http::agency::router::fault::{Code, Fault};
use crate::http::agency::router::query::unanswered;
use crate::http::agency::router::submit::{hand_over, render};

/// The method that brings a report, or word of how far its test is.
pub(super) const ADD: &str = "taobao.qt.report.add";

/// The method that asks for one.
pub(super) const GET: &str = "taobao.qt.report.get";

/// The profile's messages that answer them.
const ADDED: &str = "report-add-answer";
const GOT: &str = "report-answer";

pub(super) async fn add(asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
    let mut receipt = hand_over(asked, Kind::InspectionResult, &["qt_code"]).await?;
    if receipt["outcome"] == "refused" {
        let why = receipt["message"].as_str().unwrap_or_default();
        return Err(Fault::new(Code::InvalidArguments, "isv.report-refused", why));
    }
    // Brought again, it is there as well.
    receipt["outcome"] = json!("accepted");
    render(asked, ADDED, receipt)
}

pub(super) async fn get(asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
    let number =
        asked.call.parameter("qt_code").ok_or_else(|| Fault::missing(Code::MissingArguments, "qt_code"))?;
    let keys = [number.to_owned()];
    let agency = &asked.caller.agency;
    let found = asked.door.gateway.standing(agency, Wanted::Report, &keys).await.map_err(unanswered)?;
    let report = found.into_iter().find_map(|standing| standing.result);
    let report =
        report.ok_or_else(|| Fault::new(Code::InvalidArguments, "isv.report-not-exist:qt_code", number))?;
    render(asked, GOT, json!({ "records": [report] }))
}
