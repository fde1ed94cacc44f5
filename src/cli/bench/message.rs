//! Complaints of 2 KB in the exchange's own XML, each a new one: other registration number, other message id.
//!
//! Made from the shipped sample: its indentation and the elements that a short complaint has not are left out, which
//! brings 5 KB to the 2 KB of a usual complaint. The encoding stays GB18030. It is well-formed, valid, and without
//! doubtful check digits, so that nothing is measured but the common way.

use anyhow::Context as _;

use crate::cli::shelf::Shelf;
use crate::config::Folder;
use crate::wire::encoding::Encoding;

/// The profile that the messages are written in.
pub(super) const PROFILE: &str = "cn-amr-xml";

/// What a short complaint has not.
const LEFT_OUT: [&str; 18] = [
    "EvidenceList",
    "SenderChain",
    "ReceivingBureau",
    "ReplyDue",
    "Marks",
    "Producer",
    "Licence",
    "Url",
    "Barcode",
    "ItemId",
    "Batch",
    "Category",
    "Account",
    "PostCode",
    "LegalPerson",
    "Brand",
    "ReceivedAt",
    "LogisticsNumber",
];

/// Elements whose content changes from message to message.
const MESSAGE_ID: &str = "MessageId";
const REGISTRATION_NUMBER: &str = "RegistrationNumber";

/// A message with two holes: before the message id, between it and the registration number, and after that.
#[derive(Clone, Debug)]
pub(super) struct Template {
    before: Vec<u8>,
    between: Vec<u8>,
    after: Vec<u8>,
}

impl Template {
    /// From the sample that travels inside the program.
    pub(super) fn shipped() -> anyhow::Result<Self> {
        // A folder that is not there adds nothing to what is shipped.
        let shelf = Shelf::read(&Folder::at("/nonexistent"))?;
        let files = shelf.named(PROFILE)?.files.clone();
        let sample = files.0.get("samples/order-full.xml").context("the sample is shipped")?;
        let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(sample);
        Self::of(&text).context("the sample has a message id and a registration number")
    }

    fn of(text: &str) -> Option<Self> {
        let mut text: String = text.lines().map(str::trim).collect();
        for name in LEFT_OUT {
            while let Some((from, to)) = element(&text, name) {
                text.replace_range(from..to, "");
            }
        }
        let (before, rest) = text.split_once(&format!("<{MESSAGE_ID}>"))?;
        let (_, rest) = rest.split_once(&format!("</{MESSAGE_ID}>"))?;
        let (between, rest) = rest.split_once(&format!("<{REGISTRATION_NUMBER}>"))?;
        let (_, after) = rest.split_once(&format!("</{REGISTRATION_NUMBER}>"))?;
        let bytes = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
        Some(Self {
            before: bytes(&format!("{before}<{MESSAGE_ID}>")),
            between: bytes(&format!("</{MESSAGE_ID}>{between}<{REGISTRATION_NUMBER}>")),
            after: bytes(&format!("</{REGISTRATION_NUMBER}>{after}")),
        })
    }

    /// The message of this number, at most eleven digits.
    pub(super) fn message(&self, number: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2300);
        bytes.extend_from_slice(&self.before);
        bytes.extend_from_slice(message_id(number).as_bytes());
        bytes.extend_from_slice(&self.between);
        bytes.extend_from_slice(registration_number(number).as_bytes());
        bytes.extend_from_slice(&self.after);
        bytes
    }
}

/// Its message id, twenty characters as in the sample.
pub(super) fn message_id(number: u64) -> String {
    format!("bench-{number:014}")
}

/// Its registration number: division, date, eleven digits.
pub(super) fn registration_number(number: u64) -> String {
    format!("33010620261123{number:011}")
}

/// The encoding that they are in.
pub(super) const ENCODING: Encoding = Encoding::Gb18030;

fn element(text: &str, name: &str) -> Option<(usize, usize)> {
    let end = format!("</{name}>");
    let from = text.find(&format!("<{name}>"))?;
    let to = text[from..].find(&end)? + from + end.len();
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::world::{Which, load_profiles};
    use crate::clock::{Clock as _, SystemChance, SystemClock};
    use crate::mapping::{Format, Input, Run};
    use crate::wire::limits::Limits;

    #[test]
    fn a_message_is_two_kilobytes_that_the_profile_reads_without_a_doubt() {
        let bytes = Template::shipped().unwrap().message(4_711);
        assert!((1_950..2_250).contains(&bytes.len()), "{}", bytes.len());
        let profiles = load_profiles(&Folder::at("/nonexistent"), Which::All).unwrap();
        let limits = Limits::default();
        let input = Input { bytes: &bytes, format: Format::Xml, charset: None, limits: &limits };
        let run = Run { now: SystemClock.now(), chance: &SystemChance };
        let decoded = profiles.named(PROFILE).unwrap().decode(&input, &run).unwrap();
        assert_eq!(decoded.encoding, ENCODING);
        assert!(decoded.warnings.is_empty(), "{:?}", decoded.warnings);
        assert_eq!(decoded.records[0]["registration_number"], registration_number(4_711));
        assert_eq!(decoded.envelope["message_id"], message_id(4_711));
    }

    #[test]
    fn messages_differ_in_their_two_numbers_alone() {
        let template = Template::shipped().unwrap();
        let (one, other) = (template.message(1), template.message(99_999_999_999));
        assert_eq!(one.len(), other.len());
        assert_eq!(registration_number(1).len(), 25);
        assert_ne!(one, other);
    }
}
