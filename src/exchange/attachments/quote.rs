//! Files that a record of the platform's names: looked up among the case's, and put into what is sent.
//!
//! Promise: what the format carries as bytes is written from the case's own files; one that is not there, or not
//! released, refuses the record and says which. Whatever file is named to the agency is its to read from then on.

use serde_json::Value;

use crate::domain::id::AttachmentId;
use crate::domain::problem::Problem;
use crate::exchange::attachments::read::{reading, released};
use crate::exchange::attachments::shelve::{Mention, mentioned, problem};
use crate::exchange::gateway::World;
use crate::exchange::refused::Refused;
use crate::mapping::{Attachments, Stage};
use crate::store::attachment::Attachment;
use crate::store::case::Case;
use crate::store::{StoreError, Tx};

/// What the files of one message may have together, in bytes: a message beyond 8 MiB is read by nobody here
/// ([`crate::wire::limits`]), and a third is added by base64.
const MOST_QUOTED: u64 = 6 * 1024 * 1024;

/// The files of a case that a record names.
#[derive(Default)]
pub(in crate::exchange) struct Quoted {
    rows: Vec<Attachment>,
}

/// Looks up what a record names.
///
/// # Errors
/// [`Refused::Malformed`] for an attachment that says its digest and nothing else of where it is, and is not among the
/// case's files; and for one that is not released.
pub(in crate::exchange) async fn quoted(
    world: &World,
    case: &Case,
    record: &Value,
) -> Result<Quoted, Refused> {
    let mut mentions = Vec::new();
    mentioned(record, &mut String::new(), &mut mentions);
    if mentions.is_empty() || world.attachments.is_none() {
        return Ok(Quoted::default());
    }
    let read = async |mut tx: Tx| tx.attachments_of(&case.id).await;
    let rows: Vec<Attachment> = world.store.read::<_, StoreError, _>("attachment.of_case", read).await?;
    let (mut found, mut problems): (Vec<Attachment>, _) = (Vec::new(), Vec::new());
    for mention in mentions {
        match rows.iter().find(|row| row.digest == mention.digest) {
            Some(row) => match released(row) {
                Err(fault) => problems.push(problem(&fault, &mention.path)),
                Ok(()) if found.iter().any(|there| there.id == row.id) => {}
                Ok(()) => found.push(row.clone()),
            },
            None => problems.extend(missing(&mention)),
        }
    }
    if problems.is_empty() { Ok(Quoted { rows: found }) } else { Err(malformed(problems)) }
}

/// A digest alone, or beside an address, may be that of something elsewhere.
fn missing(mention: &Mention<'_>) -> Option<Problem> {
    let object = mention.object?;
    if object.get("url").is_some() || object.get("key").is_some() {
        return None;
    }
    let problem = Problem::new(
        "attachment-missing",
        "案件中没有此附件：请先上传（PUT …/attachments/<sha256>），再提交引用它的记录",
        "the case has no such attachment: upload it (PUT …/attachments/<sha256>) before the record that names it",
    );
    Some(problem.with_path(mention.path.clone()).with_found(&mention.digest.to_string()))
}

fn malformed(problems: Vec<Problem>) -> Refused {
    Refused::Malformed { stage: Stage::Map, problems }
}

impl Quoted {
    /// Whether there is anything.
    pub(in crate::exchange) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What the agency may read once the record is posted.
    pub(in crate::exchange) fn ids(&self) -> Vec<AttachmentId> {
        self.rows.iter().map(|row| row.id.clone()).collect()
    }

    /// The record with the addresses of the files that have none, where the gateway knows its own.
    pub(in crate::exchange) fn addressed(&self, world: &World, case: &Case, mut record: Value) -> Value {
        if let Some(base) = world.attachments.as_ref().and_then(|parts| parts.address.as_deref()) {
            self.address(&format!("{base}/agency/v1/cases/{}/attachments/", case.id), &mut record);
        }
        record
    }

    fn address(&self, base: &str, value: &mut Value) {
        match value {
            Value::Object(members) => {
                let digest = members.get("sha256").and_then(Value::as_str).map(str::to_ascii_lowercase);
                if let Some(digest) = digest
                    && self.rows.iter().any(|row| row.digest.to_string() == digest)
                {
                    members.entry("url").or_insert_with(|| format!("{base}{digest}").into());
                }
                members.values_mut().for_each(|member| self.address(base, member));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.address(base, item)),
            _ => {}
        }
    }

    /// Their bytes, for a format that carries them.
    pub(in crate::exchange) async fn bytes(&self, world: &World) -> Result<Attachments, Refused> {
        let parts = world.attachments()?;
        let size: u64 = self.rows.iter().map(|row| row.size).sum();
        if size > MOST_QUOTED {
            let problem = Problem::new(
                "attachments-too-large",
                format!("本格式把附件写入报文：合计 {size} 字节，上限 {MOST_QUOTED} 字节"),
                format!(
                    "this format carries attachments inside the message: {size} bytes together, at most {MOST_QUOTED}"
                ),
            );
            return Err(malformed(vec![problem]));
        }
        let mut all = Attachments::new();
        for row in &self.rows {
            let mut reading = reading(world, parts, row, (0, row.size)).await?;
            let mut bytes = Vec::new();
            while let Some(piece) = reading.next().await {
                bytes.extend(piece?);
            }
            if all.add(bytes) != row.digest {
                return Err(Refused::Unavailable(format!("attachment {} is not what it was", row.id)));
            }
        }
        Ok(all)
    }
}
