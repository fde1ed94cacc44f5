//! `taobao.sungari.dispose.submit`: a disposal letter.
//!
//! Result code 1 accepted, 11 already submitted, 2 refused, in the profile's spelling. What is wrong with the letter is
//! said in the answer's message; what is wrong with the call is a [`Fault`].

use serde_json::{Value, json};

use crate::domain::kind::{Direction, Kind};
use crate::exchange::Refused;
use crate::exchange::inbound::{Channel, Inbound};
use crate::http::agency::router::Asked;
use crate::http::agency::router::fault::{Code, Fault};
use crate::http::problem::ProblemDocument;
use crate::mapping::Format;
use crate::wire::encoding::Encoding;

/// The method's name.
pub(super) const METHOD: &str = "taobao.sungari.dispose.submit";

/// The profile's message that answers it.
const ANSWER: &str = "dispose-answer";

/// How many of a letter's problems are told in the one line that the answer has room for.
const TOLD_PROBLEMS: usize = 3;

pub(super) async fn submit(asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
    let receipt = hand_over(asked, Kind::DisposalOrder, &["info"]).await?;
    render(asked, ANSWER, receipt)
}

/// Submits what the call carries; its receipt, which may say no. `parameters` must be there.
pub(super) async fn hand_over(
    asked: &Asked<'_>,
    kind: Kind,
    parameters: &[&'static str],
) -> Result<Value, Fault> {
    let Asked { door, caller, call, .. } = asked;
    if let Some(missing) = parameters.iter().find(|name| call.parameter(name).is_none()) {
        return Err(Fault::missing(Code::MissingArguments, missing));
    }
    caller
        .agency
        .may(kind, Direction::Submit)
        .map_err(|e| Fault::new(Code::InsufficientPermissions, "isv.permission", &e.to_string()))?;
    let inbound = Inbound {
        agency: caller.agency.clone(),
        sender: caller.sender(),
        kind: Some(kind),
        body: call.letter(),
        format: Format::Form,
        charset: Some(Encoding::Utf8),
        channel: Channel::Router,
        message_id: None,
    };
    match door.gateway.submit(inbound).await {
        Ok(answer) => {
            let mut receipt: Value = serde_json::from_slice(&answer.receipt).map_err(|e| {
                failed(&format!("the stored receipt of {} is no JSON: {e}", answer.submission))
            })?;
            if answer.duplicate {
                receipt["outcome"] = json!("duplicate");
                receipt["message"] = json!("重复提交 · already submitted");
            }
            Ok(receipt)
        }
        Err(refused) => refusal(refused),
    }
}

/// A receipt that says no, for a letter that was refused; a fault where it was not the letter.
fn refusal(refused: Refused) -> Result<Value, Fault> {
    if let Refused::OutOfScope(scope) = &refused {
        return Err(Fault::new(Code::InsufficientPermissions, "isv.permission", &scope.to_string()));
    }
    if let Refused::Busy { .. } = &refused {
        return Err(Fault::new(Code::CallLimited, "isp.busy", "系统繁忙，请稍后重试"));
    }
    if let Refused::Unavailable(story) = &refused {
        return Err(failed(story));
    }
    let document = ProblemDocument::from(refused);
    let mut message = document.zh.clone();
    for problem in document.problems.iter().take(TOLD_PROBLEMS) {
        let place = if problem.path.is_empty() { String::new() } else { format!("{}：", problem.path) };
        message = format!("{message}；{place}{}", problem.zh);
    }
    Ok(json!({
        "kind": "receipt",
        "outcome": "refused",
        "message": message,
        "problems": document.problems,
    }))
}

/// Our fault: told in the log, not to the caller.
pub(super) fn failed(story: &str) -> Fault {
    tracing::error!(story, "a call of the old open platform's client failed");
    Fault::new(Code::RemoteServiceError, "isp.service-unavailable", "服务暂不可用，请稍后重试")
}

/// An answer, written by the agency's profile under the id of this call.
pub(super) fn render(asked: &Asked<'_>, answer: &str, mut value: Value) -> Result<Vec<u8>, Fault> {
    value["request_id"] = json!(asked.request_id);
    // A receipt has no such member of its own: there it is one of its extensions.
    value["extensions"]["request_id"] = json!(asked.request_id);
    let agency = &asked.caller.agency;
    let message = asked.wish.message(answer);
    let rendered = asked.door.gateway.render(agency, &message, asked.wish.format(), &value);
    let (bytes, _) =
        rendered.map_err(|e| failed(&format!("profile {}, message {message}: {e}", agency.profile)))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Problem;
    use crate::mapping::Stage;

    #[test]
    fn a_bad_letter_is_an_answer_that_says_what_is_wrong() {
        let problem = Problem::new("code", "处置类型：应为 1 或 2", "…").with_path("info/api_type");
        let receipt = refusal(Refused::Malformed { stage: Stage::Map, problems: vec![problem] }).unwrap();
        assert_eq!(receipt["outcome"], "refused");
        let message = receipt["message"].as_str().unwrap();
        assert!(message.ends_with("；info/api_type：处置类型：应为 1 或 2"), "{message}");
    }

    #[test]
    fn our_own_faults_are_faults_of_the_call_and_tell_nothing() {
        let fault = refusal(Refused::Unavailable("/srv/x: full".to_owned())).unwrap_err();
        assert_eq!(fault.code.number(), 15);
        assert!(!format!("{fault:?}").contains("/srv"));
        assert_eq!(refusal(Refused::Busy { retry_after: 1 }).unwrap_err().code.number(), 7);
    }
}
