//! Declarative mapping.
use crate::clock::{Chance, Timestamp};
use crate::domain::digest::Digest;
use crate::domain::problem::Problem;
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How a message is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// XML.
    Xml,
    /// JSON.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// How far a document came before it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is not well-formed, or beyond a limit.
    Read,
    /// It is none of the profile's messages.
    Recognise,
    /// It breaks the agency's schema.
    Validate,
    /// A rule of the map refused it.
    Map,
}
/// x
pub struct Profile {}
/// x
pub struct Input<'a> {
    /// x
    pub bytes: &'a [u8],
    /// x
    pub format: Format,
    /// x
    pub charset: Option<Encoding>,
    /// x
    pub limits: &'a Limits,
}
/// x
pub struct Run<'a> {
    /// x
    pub now: Timestamp,
    /// x
    pub chance: &'a dyn Chance,
}
/// x
pub struct Decoded {
    /// x
    pub message: String,
    /// x
    pub kind: String,
    /// x
    pub envelope: Map<String, Value>,
    /// x
    pub records: Vec<Value>,
    /// x
    pub warnings: Vec<Problem>,
    /// x
    pub encoding: Encoding,
    /// x
    pub format: Format,
}
/// x
pub struct Encoded {
    /// x
    pub bytes: Vec<u8>,
    /// x
    pub content_type: String,
    /// x
    pub report: Vec<Problem>,
}
/// x
pub struct Refusal {
    /// x
    pub message: Option<String>,
    /// x
    pub stage: Stage,
    /// x
    pub problems: Vec<Problem>,
    /// x
    pub envelope: Option<Map<String, Value>>,
}
/// x
pub struct ProfileFiles(
    /// x
    pub BTreeMap<String, Vec<u8>>,
);
impl Profile {
    /// x
    pub fn id(&self) -> &str {
        unimplemented!()
    }
    /// x
    pub fn digest(&self) -> Digest {
        unimplemented!()
    }
    /// x
    pub fn zone_seconds(&self) -> i32 {
        unimplemented!()
    }
    /// x
    pub fn decode(&self, _input: &Input, _run: &Run) -> Result<Decoded, Refusal> {
        unimplemented!()
    }
    /// x
    pub fn encode(
        &self,
        _message: &str,
        _format: Option<Format>,
        _value: &Value,
        _run: &Run,
    ) -> Result<Encoded, Refusal> {
        unimplemented!()
    }
    /// x
    pub fn message_for(&self, _kind: &str) -> Option<&str> {
        unimplemented!()
    }
    /// x
    pub fn answer_to(&self, _message: &str) -> Option<&str> {
        unimplemented!()
    }
}
