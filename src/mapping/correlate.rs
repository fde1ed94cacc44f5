//! `correlate`: where a message says to which matter it belongs: our number that they return, or theirs that we keep.

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::compile::{Block, RECORDS};
use crate::mapping::decode::Decoded;
use crate::mapping::fault::suggestion;
use crate::mapping::message::MessageEntry;
use crate::mapping::path::record::RecordPath;
use crate::mapping::profile::Profile;

/// From the manifest: a record cell of the message's top block, or a path into `records[1]`.
pub(crate) fn compile(entry: &MessageEntry, top: &Block, faults: &mut Vec<Problem>) -> Option<RecordPath> {
    let (text, spot) = entry.correlate.as_ref()?;
    let fed: Vec<&str> =
        top.rows.iter().filter_map(|row| row.record.as_ref()).map(|path| &*path.text).collect();
    let path = RecordPath::parse(text).filter(|path| path.plus.is_empty());
    let known = path.filter(|path| {
        let in_record = &*path.segments[0].key == RECORDS && path.segments[0].index.is_some();
        (in_record && path.segments.len() > 1) || fed.contains(&&**text)
    });
    if known.is_none() {
        let (zh, en) = suggestion(text, fed);
        faults.push(spot.fault(
            "correlate",
            format!("correlate “{text}”应为顶层块某行的记录格，或 records[1].…{zh}"),
            format!("correlate \"{text}\": expected a record cell of the top block, or records[1].…{en}"),
        ));
    }
    known
}

impl Profile {
    /// What a document says of the matter it belongs to, where its message says `correlate`.
    #[must_use]
    pub fn correlation(&self, decoded: &Decoded) -> Option<String> {
        let message = self.messages.iter().find(|message| message.entry.name == decoded.message)?;
        let path = message.correlate.as_ref()?;
        let found = decoded.to_message();
        match path.take(found.as_object()?)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}
