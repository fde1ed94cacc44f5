//! Files inside a message: taken out of its records, sealed, and referred to by their digests.
//!
//! Promise: when the message is taken, its files are on disk and their rows in the same transaction; when it is not,
//! nothing of them stays. What a record says of a file (name, media type) is kept with the file; a file that two
//! records name is each one's own, since their cases are erased apart.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::clock::{Chance, Timestamp};
use crate::domain::agency::Agency;
use crate::domain::digest::{Digest, Fingerprint};
use crate::domain::id::{AttachmentId, CaseId, SubmissionId};
use crate::domain::problem::Problem;
use crate::exchange::attachments::limits::{AttachmentLimits, essence};
use crate::exchange::attachments::{AttachmentParts, WAITING, key_name, keys, unreachable_file};
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::World;
use crate::exchange::refused::{AttachmentFault, Refused};
use crate::files::disk::elsewhere;
use crate::files::staged::Staged;
use crate::mapping::Attachments;
use crate::seal::Key;
use crate::store::attachment::Attachment;
use crate::store::{StoreError, Tx};

/// A file of a record, on its way into a case.
pub(in crate::exchange) struct RecordFile {
    id: AttachmentId,
    digest: Digest,
    name: Option<String>,
    media_type: String,
    size: u64,
    /// Its place in the record: `evidence[2].file`.
    role: String,
    /// To which case it belongs is known when the message is applied: its key is wrapped for that one then.
    key: Key,
    salt: [u8; 32],
    /// Until they are on disk.
    bytes: Vec<u8>,
}

/// The files that a record names among those that came with it.
pub(in crate::exchange) fn files_of(
    record: &Value,
    attached: &Attachments,
    limits: &AttachmentLimits,
    now: Timestamp,
    chance: &dyn Chance,
) -> Result<Vec<RecordFile>, Vec<Problem>> {
    let mut mentions = Vec::new();
    mentioned(record, &mut String::new(), &mut mentions);
    let (mut files, mut problems): (Vec<RecordFile>, _) = (Vec::new(), Vec::new());
    for Mention { digest, path, object } in mentions {
        let Some(bytes) = attached.bytes(&digest) else { continue };
        if files.iter().any(|file| file.digest == digest) {
            continue;
        }
        let text = |member: &str| object.and_then(|o| o.get(member)).and_then(Value::as_str);
        let declared = text("media_type").map(essence);
        let checked = limits
            .check_size(bytes.len() as u64)
            .and_then(|()| limits.check_content(declared.as_deref(), bytes));
        match checked {
            Ok(media_type) => files.push(RecordFile {
                id: AttachmentId::mint(now, chance),
                digest,
                name: text("name").map(str::to_owned),
                media_type,
                size: bytes.len() as u64,
                role: path,
                key: Key::make(chance),
                salt: chance.thirty_two(),
                bytes: bytes.to_vec(),
            }),
            Err(fault) => problems.push(problem(&fault, &path)),
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

/// A place that names a file by its digest.
pub(super) struct Mention<'a> {
    pub(super) digest: Digest,
    pub(super) path: String,
    /// The attachment, where the place is one's `sha256`; absent where the digest stands alone.
    pub(super) object: Option<&'a Value>,
}

/// All places that name files; what profiles keep for themselves names none.
pub(super) fn mentioned<'a>(value: &'a Value, path: &mut String, out: &mut Vec<Mention<'a>>) {
    let digest = |value: &Value| {
        let text = value.as_str().filter(|text| text.len() == 64)?;
        Digest::parse(text).ok()
    };
    match value {
        Value::Object(members) => {
            if let Some(digest) = members.get("sha256").and_then(digest) {
                out.push(Mention { digest, path: path.clone(), object: Some(value) });
            }
            for (name, member) in
                members.iter().filter(|(name, _)| !matches!(&***name, "sha256" | "extensions"))
            {
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                mentioned(member, path, out);
                path.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let length = path.len();
                path.extend(["[", &(index + 1).to_string(), "]"]);
                mentioned(item, path, out);
                path.truncate(length);
            }
        }
        other => {
            if let Some(digest) = digest(other) {
                out.push(Mention { digest, path: path.clone(), object: None });
            }
        }
    }
}

pub(super) fn problem(fault: &AttachmentFault, path: &str) -> Problem {
    Problem::new(fault.name(), fault.zh(), fault.to_string()).with_path(path)
}

/// Puts files on disk, under the names that their rows will have.
pub(in crate::exchange) async fn put_down(world: &World, files: &mut [RecordFile]) -> Result<(), Refused> {
    let parts = world.attachments()?;
    for file in files {
        let (path, name, key) = (parts.staged(&file.id), file.id.to_string(), file.key.clone());
        let (bytes, chance) = (std::mem::take(&mut file.bytes), Arc::clone(&world.chance));
        let whole = elsewhere(move || {
            let mut staged = Staged::begin(&path, &name, &key, chance)?;
            staged.write(&bytes)?;
            staged.finish()
        });
        let whole = whole.await.map_err(|error| unreachable_file(&error))?;
        let kept = parts.files.keep(file.id.clone(), whole.path).await;
        kept.map_err(|error| unreachable_file(&error))?;
    }
    Ok(())
}

/// Takes files away again, whose message was not taken. What stays is swept.
pub(in crate::exchange) async fn take_away(world: &World, files: &[AttachmentId]) {
    let Ok(parts) = world.attachments() else { return };
    for id in files {
        if let Err(error) = parts.files.remove(id.clone()).await {
            tracing::warn!(%error, attachment = %id, "the bytes of a message that was not taken stay until they are swept");
        }
    }
}

/// What a batch brings to its cases.
#[derive(Default)]
pub(in crate::exchange) struct Shelf {
    rows: Vec<(Attachment, Key)>,
    /// Files that cases have already.
    had: HashSet<(CaseId, Digest)>,
}

/// Where a record's files come from.
#[derive(Clone, Copy)]
pub(in crate::exchange) struct Source<'a> {
    pub(in crate::exchange) agency: &'a Agency,
    pub(in crate::exchange) certificate: Option<Fingerprint>,
    pub(in crate::exchange) submission: &'a SubmissionId,
}

impl Shelf {
    /// A shelf that knows what these cases have.
    pub(in crate::exchange) async fn knowing(cases: &[CaseId], tx: &mut Tx) -> Result<Self, StoreError> {
        let mut had = HashSet::new();
        for case in cases {
            had.extend(tx.attachments_of(case).await?.into_iter().map(|row| (row.case, row.digest)));
        }
        Ok(Self { rows: Vec::new(), had })
    }

    /// Adds the files of a record that came to this case; an entry for each that the case did not have.
    pub(in crate::exchange) fn add(
        &mut self,
        world: &World,
        case: &CaseId,
        files: &[RecordFile],
        source: Source<'_>,
        (before, now): (u64, Timestamp),
        entries: &mut Vec<Vec<u8>>,
    ) {
        let Ok(parts) = world.attachments() else { return };
        for file in files {
            if !self.had.insert((case.clone(), file.digest)) {
                continue;
            }
            let row = file.row(parts, case, source, (before + entries.len() as u64, now));
            let fact = Fact::Attachment {
                attachment: row.id.clone(),
                case: case.clone(),
                by: row.brought_by.clone(),
                certificate: source.certificate,
                submission: Some(source.submission.clone()),
                file: Digest::salted(&row.salt, row.digest.as_bytes()),
                size: row.size,
                state: row.state.clone(),
            };
            entries.push(entry::bytes(&fact, now));
            self.rows.push((row, file.key.clone()));
        }
    }

    /// Writes the rows, each with its key wrapped for its case.
    pub(in crate::exchange) async fn write(
        self,
        world: &World,
        now: Timestamp,
        tx: &mut Tx,
    ) -> Result<(), StoreError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let parts = world.attachments.as_ref().ok_or(StoreError::Moved { what: "attachments" })?;
        let cases: HashSet<&CaseId> = self.rows.iter().map(|(row, _)| &row.case).collect();
        let cases: Vec<&CaseId> = cases.into_iter().collect();
        let keys = keys::of_cases(world, parts, &cases, now, tx).await?;
        let mut rows = Vec::with_capacity(self.rows.len());
        for (row, key) in &self.rows {
            let case = keys
                .get(&row.case)
                .ok_or_else(|| StoreError::Unfit(format!("case {} has no key", row.case)))?;
            let wrapped = case.wrap(key, &key_name(&row.case, &row.id), &*world.chance);
            rows.push(Attachment { wrapped, ..row.clone() });
        }
        tx.insert_attachments(&rows).await
    }
}

impl RecordFile {
    pub(in crate::exchange) const fn id(&self) -> &AttachmentId {
        &self.id
    }

    fn row(
        &self,
        parts: &AttachmentParts,
        case: &CaseId,
        source: Source<'_>,
        (journal_index, now): (u64, Timestamp),
    ) -> Attachment {
        let state = parts.first_state();
        Attachment {
            id: self.id.clone(),
            case: case.clone(),
            digest: self.digest,
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size: self.size,
            role: Some(self.role.clone()),
            state: state.to_owned(),
            brought_by: format!("agency:{}", source.agency.id),
            brought_at: now,
            shared_at: None,
            wrapped: Vec::new(),
            salt: self.salt,
            journal_index,
            scans: 0,
            scan_at: (state == WAITING).then_some(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::SeededChance;

    fn taken(record: &Value, attached: &Attachments) -> Result<Vec<RecordFile>, Vec<Problem>> {
        let limits = AttachmentLimits { most_bytes: 8, ..AttachmentLimits::default() };
        files_of(record, attached, &limits, Timestamp::from_micros(0), &SeededChance::new(1))
    }

    #[test]
    fn a_records_files_are_those_it_names_and_that_came() {
        let mut attached = Attachments::new();
        let (a, b) = (attached.add(b"hello".to_vec()), attached.add(b"two".to_vec()));
        let other = Digest::of(b"elsewhere");
        let record = json!({
            "evidence": [{"file": {"sha256": a, "name": "a.txt", "media_type": "text/plain"}}, {"sha256": other}],
            "letter": {"sum": b},
            "again": {"sha256": a},
            "extensions": {"kept": [b]},
        });
        let files = taken(&record, &attached).unwrap_or_default();
        let told: Vec<_> = files.iter().map(|f| (f.digest, &*f.role, f.size)).collect();
        // Members in the order of canonical JSON.
        assert_eq!(told, [(a, "again", 5), (b, "letter.sum", 3)]);
    }

    #[test]
    fn one_that_may_not_come_is_told_with_its_place() {
        let mut attached = Attachments::new();
        let large = attached.add(b"123456789".to_vec());
        let png = attached.add(b"hello".to_vec());
        let record = json!({"a": [{"sha256": large}], "b": {"sha256": png, "media_type": "image/png"}});
        let problems = taken(&record, &attached).map(drop).unwrap_err();
        let told: Vec<_> = problems.iter().map(|p| (&*p.code, &*p.path)).collect();
        assert_eq!(told, [("attachment-too-large", "a[1]"), ("attachment-type", "b")]);
        assert!(problems[0].en.contains('8') && problems[0].en.contains('9'), "both limits: {problems:?}");
    }
}
