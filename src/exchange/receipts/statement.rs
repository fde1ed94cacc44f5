//! What an agency's receipt states, read by its profile.

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::domain::receipt::ReceiptOutcome;
use crate::exchange::gateway::World;
use crate::exchange::refused::Refused;
use crate::mapping::{Aside, Decoded, Format, Input, Profile, Run, Sent, Stage};
use crate::store::delivery::DeliveryState;
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;

/// The kind of messages that are receipts.
const RECEIPT: &str = "receipt";

/// What it states.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::exchange) struct Statement {
    /// What became of the delivery; absent where the agency says only that it has it.
    pub(in crate::exchange) outcome: Option<ReceiptOutcome>,
    /// The agency's own number.
    pub(in crate::exchange) number: Option<String>,
    /// The agency's sentence.
    pub(in crate::exchange) message: Option<String>,
    /// What is wrong, each with its place in our record where it led to one.
    pub(in crate::exchange) problems: Vec<Value>,
}

impl Statement {
    /// From a message of kind `receipt`.
    pub(super) fn of(decoded: &Decoded) -> Self {
        let receipt = decoded.to_message();
        let text = |name: &str| {
            let text = receipt.get(name).and_then(Value::as_str)?;
            // It is indexed and shown on one line, and PostgreSQL does not hold U+0000.
            Some(text.chars().filter(|c| !c.is_control()).take(LONGEST).collect())
        };
        Self {
            outcome: receipt.get("outcome").and_then(Value::as_str).and_then(outcome),
            number: text("registration_number"),
            message: text("message"),
            problems: receipt.get("problems").and_then(Value::as_array).cloned().unwrap_or_default(),
        }
    }

    /// The outcome's word.
    pub(super) fn word(&self) -> Option<&'static str> {
        self.outcome.map(|outcome| match outcome {
            ReceiptOutcome::Accepted => "accepted",
            ReceiptOutcome::Duplicate => "duplicate",
            ReceiptOutcome::Refused => "refused",
        })
    }

    /// The state of a delivery that it is said of. What an agency had taken before it has taken.
    pub(in crate::exchange) const fn state(&self) -> DeliveryState {
        match self.outcome {
            Some(ReceiptOutcome::Accepted | ReceiptOutcome::Duplicate) => DeliveryState::Accepted,
            Some(ReceiptOutcome::Refused) => DeliveryState::Refused,
            None => DeliveryState::Received,
        }
    }
}

/// The longest sentence and number that are kept apart from the bytes: an agency's sentences have a few hundred.
const LONGEST: usize = 1000;

fn outcome(word: &str) -> Option<ReceiptOutcome> {
    serde_json::from_value(Value::String(word.to_owned())).ok()
}

/// Reads a receipt; `sent` is what it speaks of, where that is known.
pub(super) fn read(
    world: &World,
    profile: &Profile,
    (body, format, charset): (&[u8], Format, Option<Encoding>),
    sent: Option<&Sent>,
) -> Result<Decoded, Refused> {
    let limits = Limits::default();
    let input = Input { bytes: body, format, charset, limits: &limits };
    let run = Run { now: world.clock.now(), chance: &*world.chance };
    let decoded = profile
        .decode_aside(&input, &run, &Aside { attachments: None, sent })
        .map_err(|refusal| Refused::Malformed { stage: refusal.stage, problems: refusal.problems })?;
    if decoded.kind != RECEIPT {
        let problem = Problem::new(
            "kind-not-receipt",
            format!("报文“{}”不是回执", decoded.message),
            format!("message \"{}\" is no receipt", decoded.message),
        );
        let problem = problem.with_found(&decoded.kind).with_expected(RECEIPT);
        return Err(Refused::Malformed { stage: Stage::Recognise, problems: vec![problem] });
    }
    Ok(decoded)
}

/// The places of what we sent, read again from its bytes.
pub(super) fn places(world: &World, profile: &Profile, body: &[u8], content_type: &str) -> Option<Sent> {
    let (format, charset) = media(content_type)?;
    let limits = Limits::default();
    let input = Input { bytes: body, format, charset, limits: &limits };
    let run = Run { now: world.clock.now(), chance: &*world.chance };
    let decoded = profile.decode(&input, &run).ok()?;
    Some(Sent::of(profile, &decoded))
}

/// The message of kind `receipt` in which `message` is answered.
pub(super) fn answer_of<'a>(profile: &'a Profile, message: &str) -> Option<&'a str> {
    let answer = profile.answer_to(message)?;
    profile.messages().any(|known| known.name == answer && known.kind == RECEIPT).then_some(answer)
}

/// Format and charset of a media type.
pub(super) fn media(content_type: &str) -> Option<(Format, Option<Encoding>)> {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next()?.to_ascii_lowercase();
    let format = match essence.split_once('/')?.1 {
        "xml" => Format::Xml,
        "json" => Format::Json,
        subtype if subtype.ends_with("+xml") => Format::Xml,
        subtype if subtype.ends_with("+json") => Format::Json,
        _ => Format::ALL.into_iter().find(|format| format.media_type() == essence)?,
    };
    let label = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    Some((format, label.and_then(Encoding::parse)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_of_answers() {
        assert_eq!(media("text/xml; charset=\"GBK\""), Some((Format::Xml, Encoding::parse("gbk"))));
        assert_eq!(media("application/vnd.x+json"), Some((Format::Json, None)));
        assert_eq!(media("text/csv; header=present"), Some((Format::Csv, None)));
        assert_eq!((media("text/html"), media("")), (None, None));
    }

    #[test]
    fn what_was_taken_before_is_taken() {
        let state =
            |word: &str| Statement { outcome: outcome(word), ..Statement::default() }.state().as_str();
        assert_eq!([state("accepted"), state("duplicate")], ["accepted"; 2]);
        assert_eq!((state("refused"), state("something")), ("refused", "received"));
    }
}
