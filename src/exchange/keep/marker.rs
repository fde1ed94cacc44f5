//! What stands in a removed record's place: its kind, and digests by which the same record is known when it comes again.
//!
//! Promise: a record that comes again after its removal is recognised as it would have been before, and nothing of what it
//! said can be read from what stands here.

use serde_json::{Value, json};

use crate::domain::digest::Digest;
use crate::domain::kind::Kind;

/// What stands in the place of a record of this kind. `words` and `said` are the two forms in which records are compared.
pub(in crate::exchange) fn marker(kind: Kind, words: &Value, said: &str) -> String {
    json!({ "kind": kind, "removed": { "said": digest(said), "words": digest(&words.to_string()) } })
        .to_string()
}

/// Whether this is such a marker.
pub(in crate::exchange) fn is_marker(record: &Value) -> bool {
    record.get("removed").is_some_and(|removed| removed.get("words").is_some_and(Value::is_string))
        && record.as_object().is_some_and(|members| members.len() == 2)
}

/// Whether a marker stands for a record of these words.
pub(in crate::exchange) fn stands_for_words(marker: &Value, words: &Value) -> bool {
    is_marker(marker) && marker["removed"]["words"] == digest(&words.to_string())
}

/// The digest of what a marker's record said; none if it is a record.
pub(in crate::exchange) fn said_digest(stored: &str) -> Option<Digest> {
    let marker: Value = serde_json::from_str(stored).ok().filter(is_marker)?;
    Digest::parse(marker["removed"]["said"].as_str()?).ok()
}

fn digest(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_knows_its_record_and_tells_nothing() {
        let record = json!({ "kind": "complaint-reply", "explanation": "已退款" });
        let text = marker(Kind::ComplaintReply, &record, &record.to_string());
        assert!(!text.contains("已退款"));
        let parsed: Value = serde_json::from_str(&text).unwrap();
        assert!(is_marker(&parsed) && !is_marker(&record));
        assert!(stands_for_words(&parsed, &record));
        assert!(!stands_for_words(&parsed, &json!({ "kind": "complaint-reply", "explanation": "未退款" })));
        assert_eq!(said_digest(&text), Some(Digest::of(record.to_string().as_bytes())));
        assert_eq!(said_digest(&record.to_string()), None);
        // A record's own member of that name is no marker.
        assert!(!is_marker(&json!({ "kind": "lead-outcome", "removed": true })));
    }
}
