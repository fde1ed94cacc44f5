//! Journal entries: what happened, as canonical JSON, with salted digests in place of bodies.
//!
//! An entry is one line of JSON with sorted keys; the journal's leaf hash is over exactly these bytes. Each type is
//! versioned by `v`. Bodies appear as HMAC-SHA-256 under a salt that is kept beside the body (see
//! [`Digest::salted`]), so that erasing salt and body leaves the entry valid and silent.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::digest::{Digest, Fingerprint};
use crate::domain::id::{AgencyId, AttachmentId, CaseId, DeliveryId, ImportId, RecordId, SubmissionId};
use crate::exchange::deadline::told::DeadlineFact;
use crate::exchange::keep::backup::{BackupFact, RestoredFact};
use crate::exchange::notice::TroubleFact;
use crate::exchange::notice::queue::NoticeFact;
use crate::exchange::reconcile::fact::{DifferenceFact, ManifestFact, ReconciliationFact};

/// What happened. `schemas/journal/entry.schema.json` says the same of every type.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Fact {
    /// A message of an agency was accepted. With one record, what that did to its case stands here; with many, in the
    /// `record` entries that follow.
    Submission {
        /// The submission.
        submission: SubmissionId,
        /// The case it opened or moved.
        #[serde(skip_serializing_if = "Option::is_none")]
        case: Option<CaseId>,
        /// Whether it opened the case.
        #[serde(skip_serializing_if = "Option::is_none")]
        opened: Option<bool>,
        /// The case's state after it.
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<String>,
        /// The deadlines that it moved.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        deadlines: Vec<DeadlineFact>,
        /// What became of its records.
        #[serde(skip_serializing_if = "Option::is_none")]
        records: Option<Counts>,
        /// The sender.
        agency: AgencyId,
        /// The certificate it presented; a file has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<Fingerprint>,
        /// Who brought it, where that was somebody of the platform's.
        #[serde(skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
        /// The record's kind.
        kind: String,
        /// The road it came by.
        channel: &'static str,
        /// Salted digest of the body.
        body: Digest,
        /// The profile that read it.
        profile: String,
        /// SHA-256 over that profile's files.
        profile_sha256: Digest,
    },
    /// A record among many moved a case.
    Record {
        /// The submission that brought it.
        #[serde(skip_serializing_if = "Option::is_none")]
        submission: Option<SubmissionId>,
        /// The import that brought it.
        #[serde(skip_serializing_if = "Option::is_none")]
        import: Option<ImportId>,
        /// Its place there, from 1.
        index: u32,
        /// The record.
        record: RecordId,
        /// The case it opened or moved.
        case: CaseId,
        /// Whether it opened the case.
        opened: bool,
        /// The case's state after it.
        state: String,
        /// The deadlines that it moved.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        deadlines: Vec<DeadlineFact>,
        /// The sender.
        agency: AgencyId,
        /// The record's kind.
        kind: String,
    },
    /// The import of a file began, or went on after a stop.
    Import {
        /// The import.
        import: ImportId,
        /// Whose file.
        agency: AgencyId,
        /// The kind of its records.
        kind: String,
        /// Salted digest of the 32 bytes of the file's SHA-256.
        file: Digest,
        /// The file's length in bytes.
        size: u64,
        /// How many of its records were settled before.
        after: u64,
        /// The profile that reads it.
        profile: String,
        /// SHA-256 over that profile's files.
        profile_sha256: Digest,
    },
    /// The import of a file came to its end, or to where it cannot be read further.
    ImportEnd {
        /// The import.
        import: ImportId,
        /// Whose file.
        agency: AgencyId,
        /// Salted digest of the 32 bytes of the file's SHA-256, as in its beginning.
        file: Digest,
        /// `finished` or `broken`.
        state: &'static str,
        /// What became of its records.
        records: Counts,
    },
    /// A message id came again with another body, and was refused.
    Conflict {
        /// The submission that holds the message id.
        submission: SubmissionId,
        /// The sender.
        agency: AgencyId,
        /// The certificate it presented; a file has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<Fingerprint>,
        /// Who brought it, where that was somebody of the platform's.
        #[serde(skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
        /// Salted digest of the body that came now, under that submission's salt: to be held against the `body` of
        /// that submission's own entry.
        found: Digest,
    },
    /// An attempt of a known agency was turned away.
    Refusal {
        /// Whose it was.
        agency: AgencyId,
        /// The certificate it presented; a file has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<Fingerprint>,
        /// Who brought it, where that was somebody of the platform's.
        #[serde(skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
        /// The kind it was about, if that was known.
        #[serde(skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// The refusal's short name.
        why: String,
        /// The codes of the problems found, each once, sorted.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        codes: Vec<String>,
    },
    /// The platform posted a record, queued for the agency.
    Reply {
        /// The record.
        record: RecordId,
        /// The case it opened or moved.
        case: CaseId,
        /// True if it opened the case; absent if it answers.
        #[serde(skip_serializing_if = "Option::is_none")]
        opened: Option<bool>,
        /// The case's state after it.
        state: String,
        /// The deadlines that it moved.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        deadlines: Vec<DeadlineFact>,
        /// Who posted it.
        actor: String,
        /// The record's kind.
        kind: String,
        /// The delivery that carries it, or the first message of it.
        delivery: DeliveryId,
        /// How many messages it takes, where that is more than one.
        #[serde(skip_serializing_if = "Option::is_none")]
        parts: Option<u32>,
        /// The agency it is for.
        agency: AgencyId,
        /// Salted digest of that message as it leaves.
        body: Digest,
        /// The profile that wrote it.
        profile: String,
        /// SHA-256 over that profile's files.
        profile_sha256: Digest,
    },
    /// An attempt to deliver ended.
    Delivery {
        /// The delivery.
        delivery: DeliveryId,
        /// Where it goes.
        destination: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// `done`, `retry` or `give-up`.
        outcome: &'static str,
        /// HTTP status, if it came so far.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The delivery's state after it.
        state: String,
    },
    /// A further message of a record that the platform posted, where its format takes several; it stands behind the
    /// record's own entry, which is that of the first.
    Part {
        /// The record.
        record: RecordId,
        /// Its case.
        case: CaseId,
        /// Which message it is, from 2.
        part: u32,
        /// The delivery that carries it.
        delivery: DeliveryId,
        /// The agency it is for.
        agency: AgencyId,
        /// Salted digest of the message as it leaves.
        body: Digest,
        /// The profile that wrote it.
        profile: String,
        /// SHA-256 over that profile's files.
        profile_sha256: Digest,
    },
    /// An agency said something of what it was sent.
    Receipt {
        /// The delivery.
        delivery: DeliveryId,
        /// Its case.
        case: CaseId,
        /// Who says so.
        agency: AgencyId,
        /// The certificate, where the agency called.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<Fingerprint>,
        /// Who brought it, where that was somebody of the platform's.
        #[serde(skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
        /// The road it came by: `push` (the answer to our call), `api` or `file`.
        channel: &'static str,
        /// `accepted`, `duplicate` or `refused`; absent where the agency says only that it has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        outcome: Option<&'static str>,
        /// The delivery's state after it.
        state: &'static str,
        /// Salted digest of the receipt's bytes.
        body: Digest,
        /// The profile that read it.
        profile: String,
        /// SHA-256 over that profile's files.
        profile_sha256: Digest,
    },
    /// A delivery that was laid into its agency's folder is not there any more: somebody took it away.
    Collected {
        /// The delivery.
        delivery: DeliveryId,
        /// Its case.
        case: CaseId,
        /// The agency whose folder it is.
        agency: AgencyId,
        /// The delivery's state after it.
        state: &'static str,
    },
    /// An operator stopped a delivery, or had it tried again.
    Intervention {
        /// The delivery.
        delivery: DeliveryId,
        /// Where it goes.
        destination: String,
        /// `stop`, `retry` or `replay`.
        action: &'static str,
        /// Who.
        who: String,
        /// Why, in their words.
        why: String,
        /// The delivery's state before it.
        before: &'static str,
        /// And after it.
        state: &'static str,
    },
    /// An agency pulled a page, or a report of its feed was made for it.
    Pull {
        /// Who.
        agency: AgencyId,
        /// The kind.
        kind: String,
        /// `page` or `report`.
        purpose: &'static str,
        /// The division it was limited to.
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<String>,
        /// The category it was limited to.
        #[serde(skip_serializing_if = "Option::is_none")]
        category: Option<String>,
        /// The window's number in its chain, from 1.
        number: u64,
        /// The sequence it begins behind; a page that was asked for by a cursor says that the window before was received.
        after: u64,
        /// The sequence of the last record on the page.
        next: u64,
        /// How many records the page held.
        count: u64,
        /// The root over their salted digests.
        root: Digest,
        /// The root of the window before.
        previous: Digest,
    },
    /// An agency asked about its orders and was given results.
    Query {
        /// Who.
        agency: AgencyId,
        /// The kind of the results.
        kind: String,
        /// How many it was given.
        count: u32,
    },
    /// A person or program of the platform read a body.
    Read {
        /// Who.
        actor: String,
        /// What.
        submission: SubmissionId,
    },
    /// A person or program of the platform read a case whose every reading is told: a request for assistance.
    CaseRead {
        /// Who.
        actor: String,
        /// What.
        case: CaseId,
    },
    /// A run of a job that is done by the clock ended.
    Run {
        /// The job.
        job: String,
        /// The run.
        run: String,
        /// The time it was for.
        scheduled: String,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// `done` or `failed`.
        outcome: &'static str,
        /// What was done, or what it failed of.
        detail: String,
    },
    /// An operator had a job run, pause or go on.
    JobChange {
        /// The job.
        job: String,
        /// `run`, `pause` or `resume`.
        action: &'static str,
        /// Who.
        who: String,
        /// Why, in their words.
        why: String,
    },
    /// The last day of a certificate has passed.
    CertificateLapse {
        /// Its case.
        case: CaseId,
        /// The authority that said until when it holds.
        agency: AgencyId,
        /// That day.
        valid_until: String,
    },
    /// A deadline is due soon or has passed, or could be counted since its calendar came.
    Deadline {
        /// The case.
        case: CaseId,
        /// Whose it is.
        agency: AgencyId,
        /// `due-soon`, `overdue` or `counted`.
        news: &'static str,
        /// The deadline.
        deadline: DeadlineFact,
    },
    /// A file became a case's.
    Attachment {
        /// The file.
        attachment: AttachmentId,
        /// Whose it is.
        case: CaseId,
        /// Who brought it: `agency:<id>` or `platform:<name>`.
        by: String,
        /// The certificate, where an agency did.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<Fingerprint>,
        /// The message that carried it; absent where it came by itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        submission: Option<SubmissionId>,
        /// Salted digest of the 32 bytes of the file's SHA-256.
        file: Digest,
        /// Its size in bytes.
        size: u64,
        /// `waiting` for the scanner, or `released`.
        state: String,
    },
    /// A file was not taken, or not given out.
    AttachmentRefusal {
        /// The case that was named.
        case: CaseId,
        /// Who brought it or asked for it.
        by: String,
        /// The certificate, where an agency did.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<Fingerprint>,
        /// The refusal's short name.
        why: String,
    },
    /// A file was read.
    AttachmentRead {
        /// The file.
        attachment: AttachmentId,
        /// Whose it is.
        case: CaseId,
        /// Who read it.
        by: String,
        /// The certificate, where an agency did.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<Fingerprint>,
        /// From which byte on.
        from: u64,
        /// How many bytes.
        bytes: u64,
    },
    /// The scanner gave its verdict on a file.
    AttachmentScan {
        /// The file.
        attachment: AttachmentId,
        /// Whose it is.
        case: CaseId,
        /// `released` or `refused`.
        state: String,
    },
    /// A trouble began, went on, or ended.
    Trouble(TroubleFact),
    /// What was exchanged with an agency on a day was written down.
    Manifest(ManifestFact),
    /// What an agency says of a day was held against what we have.
    Reconciliation(ReconciliationFact),
    /// Somebody acted on a difference.
    Difference(DifferenceFact),
    /// A mail to staff was sent, or will not be.
    Notice(NoticeFact),
    /// Nothing of a case is removed from now on.
    Hold {
        /// The case.
        case: CaseId,
        /// Who says so.
        who: String,
        /// Why, in their words.
        why: String,
    },
    /// A case is under hold no more.
    HoldEnd {
        /// The case.
        case: CaseId,
        /// Who says so.
        who: String,
        /// Why, in their words.
        why: String,
    },
    /// Everything about a case was put into an evidence package and given out.
    Package {
        /// The case.
        case: CaseId,
        /// Who asked for it.
        who: String,
        /// Why, in their words.
        why: String,
        /// SHA-256 of the package.
        package: Digest,
        /// How many of the journal's entries its checkpoint covers.
        covers: u64,
    },
    /// What a case held was removed: it had ended so long ago.
    Removal {
        /// The case.
        case: CaseId,
        /// Whose.
        agency: AgencyId,
        /// When it last changed.
        ended_at: String,
        /// How many years it was to be kept.
        years: u32,
        /// How many records.
        records: u64,
        /// How many messages to the agency and the platform.
        messages: u64,
        /// How many files.
        files: u64,
    },
    /// A backup was made, restored to a trial place and checked.
    Backup(BackupFact),
    /// This gateway goes on from a backup.
    Restored(RestoredFact),
    /// The gateway started.
    Start {
        /// The program's version.
        version: &'static str,
        /// The profiles in use: id and SHA-256 over the files.
        profiles: Vec<(String, Digest)>,
        /// The other files that it goes by: name in the data directory and SHA-256; private keys and secrets left out.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        configuration: Vec<(String, Digest)>,
    },
    /// Files that it goes by have changed, and it goes by the new ones.
    Change {
        /// Which: `agencies`, `profiles`, `certificates`, `outbound`, `rules` or `notices`.
        what: &'static str,
        /// All of them as they are now: name in the data directory, or a profile's id, and SHA-256.
        files: Vec<(String, Digest)>,
    },
    /// The gateway was stopped, and has finished what was under way.
    Stop {},
}

/// How many records met which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    /// Taken.
    pub accepted: u64,
    /// There already, word for word.
    pub duplicate: u64,
    /// Not taken.
    pub refused: u64,
}

#[derive(Serialize)]
struct Entry<'a> {
    v: u32,
    at: String,
    #[serde(flatten)]
    fact: &'a Fact,
}

/// The exact bytes of an entry.
///
/// # Panics
/// Never: a fact has text keys and no member that fails to serialise.
#[must_use]
pub fn bytes(fact: &Fact, at: Timestamp) -> Vec<u8> {
    let entry = Entry { v: 1, at: at.to_string(), fact };
    // serde_json's map sorts its keys: going through a value makes the text canonical.
    let value = serde_json::to_value(&entry).expect("a fact has text keys and no failing members");
    value.to_string().into_bytes()
}

#[cfg(test)]
mod schema;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_sorted_and_says_its_type_and_version() {
        let fact = Fact::Pull {
            agency: AgencyId::parse("hz-amr").unwrap(),
            kind: "complaint-reply".to_owned(),
            purpose: "page",
            region: None,
            category: None,
            number: 1,
            after: 0,
            next: 7,
            count: 2,
            root: Digest::from_bytes([1; 32]),
            previous: Digest::from_bytes([2; 32]),
        };
        let text = String::from_utf8(bytes(&fact, Timestamp::from_micros(0))).unwrap();
        let (root, previous) = ("01".repeat(32), "02".repeat(32));
        assert_eq!(
            text,
            format!(
                r#"{{"after":0,"agency":"hz-amr","at":"1970-01-01T00:00:00.000000Z","count":2,"kind":"complaint-reply","next":7,"number":1,"previous":"{previous}","purpose":"page","root":"{root}","type":"pull","v":1}}"#
            )
        );
    }
}
