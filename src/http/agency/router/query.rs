//! `taobao.sungari.dispose.query`: where disposal letters stand, at most 20 at once.
//!
//! `param_list` is a comma-joined list or a JSON list of the ids that the submissions were answered with. A letter
//! nobody has acted on yet is there with its state; an unknown id is left out, as it would be if it were another's.

use serde_json::{Value, json};

use crate::domain::kind::Kind;
use crate::exchange::answer::Standing;
use crate::exchange::{Refused, Wanted};
use crate::http::agency::router::Asked;
use crate::http::agency::router::fault::{Code, Fault};
use crate::http::agency::router::submit::{failed, render};

/// The method's name.
pub(super) const METHOD: &str = "taobao.sungari.dispose.query";

/// The profile's message that answers it.
const ANSWER: &str = "dispose-query-answer";

/// The interface's own limit.
const MOST_KEYS: usize = 20;

/// An id of ours has 36 characters, a registration number 25.
const KEY_CHARACTERS: usize = 64;

pub(super) async fn query(asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
    let list = asked
        .call
        .parameter("param_list")
        .ok_or_else(|| Fault::missing(Code::MissingArguments, "param_list"))?;
    let keys = keys(list)?;
    standing(asked, Wanted::Disposal, &keys, record, ANSWER).await
}

/// Answers with where each of these stands, in the profile's `answer` message.
pub(super) async fn standing(
    asked: &Asked<'_>,
    wanted: Wanted,
    keys: &[String],
    record: fn(Standing) -> Option<Value>,
    answer: &str,
) -> Result<Vec<u8>, Fault> {
    let agency = &asked.caller.agency;
    let found = asked.door.gateway.standing(agency, wanted, keys).await.map_err(unanswered)?;
    let records: Vec<Value> = found.into_iter().filter_map(record).collect();
    let value = json!({
        "outcome": "accepted",
        "message": format!("查询到 {} 条", records.len()),
        "records": records,
    });
    render(asked, answer, value)
}

/// Why nothing can be said of a query that was right.
pub(super) fn unanswered(refused: Refused) -> Fault {
    match refused {
        Refused::Busy { .. } => Fault::new(Code::CallLimited, "isp.busy", "系统繁忙，请稍后重试"),
        Refused::OutOfScope(scope) => {
            Fault::new(Code::InsufficientPermissions, "isv.permission", &scope.to_string())
        }
        refused => failed(&refused.to_string()),
    }
}

/// The disposal result under the id that was asked for; of a letter without one, its state.
fn record(standing: Standing) -> Option<Value> {
    standing.case?;
    let mut record = standing.result.unwrap_or_else(
        || json!({ "kind": Kind::DisposalResult, "schema_version": "1", "status": "received" }),
    );
    record["order_id"] = json!(standing.key);
    Some(record)
}

pub(super) fn keys(list: &str) -> Result<Vec<String>, Fault> {
    let invalid = |sub_code| Fault::new(Code::InvalidArguments, sub_code, "param_list");
    let keys: Vec<String> = if list.trim_start().starts_with('[') {
        let values: Vec<Value> =
            serde_json::from_str(list).map_err(|_| invalid("isv.invalid-parameter:param_list"))?;
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        values
            .iter()
            .map(text)
            .collect::<Option<_>>()
            .ok_or_else(|| invalid("isv.invalid-parameter:param_list"))?
    } else {
        list.split(',').map(|key| key.trim().to_owned()).collect()
    };
    if keys.is_empty() || keys.iter().any(|key| key.is_empty() || key.chars().count() > KEY_CHARACTERS) {
        return Err(invalid("isv.invalid-parameter:param_list"));
    }
    if keys.len() > MOST_KEYS {
        return Err(invalid("isv.parameter-list-too-long:param_list"));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CaseId;

    #[test]
    fn keys_come_joined_or_as_a_list_and_are_at_most_twenty() {
        assert_eq!(keys("a, b").unwrap(), ["a", "b"]);
        assert_eq!(keys(r#"["a","b"]"#).unwrap(), ["a", "b"]);
        assert_eq!(keys("[12]").unwrap(), ["12"]);
        let many = |n: usize| vec!["k"; n].join(",");
        assert_eq!(keys(&many(20)).unwrap().len(), 20);
        for bad in [&many(21), "a,,b", "[]", "[{}]", "[\"a\"", &"k".repeat(65)] {
            assert_eq!(keys(bad).unwrap_err().code.number(), 41, "{bad}");
        }
    }

    #[test]
    fn a_letter_without_a_result_has_a_state_and_an_unknown_one_is_left_out() {
        let case = CaseId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let status = |case, result| Standing { key: "k".to_owned(), case, result };
        let waiting = record(status(Some(case.clone()), None)).unwrap();
        assert_eq!((&waiting["status"], &waiting["order_id"]), (&json!("received"), &json!("k")));
        let done = record(status(Some(case), Some(json!({"status": "done"})))).unwrap();
        assert_eq!((&done["status"], &done["order_id"]), (&json!("done"), &json!("k")));
        assert_eq!(record(status(None, None)), None);
    }
}
