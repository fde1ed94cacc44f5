//! What every test stands on: a store on a database of its own, and rows to put into it.

use std::sync::Arc;

use regbridge::clock::{Chance as _, SystemChance, Timestamp};
use regbridge::domain::digest::Digest;
use regbridge::domain::id::{AgencyId, CaseId, DeliveryId, RecordId, SubmissionId};
use regbridge::domain::kind::Kind;
use regbridge::domain::region::Region;
use regbridge::store::case::Case;
use regbridge::store::delivery::NewDelivery;
use regbridge::store::event::Event;
use regbridge::store::journal::JournalHead;
use regbridge::store::lease::{Lease, LeasedDelivery};
use regbridge::store::record::Record;
use regbridge::store::submission::{NewSubmission, Submission};
use regbridge::store::{Store, StoreError, Target, Tx};

use crate::postgres;

/// A store on a database of its own.
pub(crate) struct Bed {
    pub(crate) store: Store,
    pub(crate) target: Target,
    _directory: Option<tempfile::TempDir>,
}

impl Bed {
    pub(crate) async fn sqlite() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("store.db"));
        Some(Self { store: open(&target).await.unwrap(), target, _directory: Some(directory) })
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let target = Target::Postgres(postgres::database().await?);
        Some(Self { store: open(&target).await.unwrap(), target, _directory: None })
    }

    pub(crate) async fn end(self) {
        self.store.close().await;
        if let Target::Postgres(url) = &self.target {
            postgres::drop_database(url).await;
        }
    }
}

pub(crate) async fn open(target: &Target) -> Result<Store, StoreError> {
    Store::open(target, Arc::new(SystemChance)).await
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::parse("2026-11-23T09:00:00+08:00").unwrap().plus_millis(seconds * 1000)
}

pub(crate) fn agency(name: &str) -> AgencyId {
    AgencyId::parse(name).unwrap()
}

pub(crate) fn submission(agency_name: &str, message_id: &str) -> NewSubmission {
    let body = format!("<ComplaintOrder>投诉 {message_id}</ComplaintOrder>\0").into_bytes();
    NewSubmission {
        submission: Submission {
            id: SubmissionId::mint(at(0), &SystemChance),
            agency: agency(agency_name),
            message_id: message_id.to_owned(),
            kind: Kind::ComplaintOrder,
            registration_number: Some("1330100002026112300012345".to_owned()),
            body_digest: Digest::of(&body),
            content_type: "application/xml".to_owned(),
            charset: Some("GB18030".to_owned()),
            channel: "api".to_owned(),
            certificate: Some(Digest::of(b"certificate")),
            actor: None,
            profile: "cn-amr-xml".to_owned(),
            profile_digest: Digest::of(b"profile"),
            received_at: at(1),
            salt: SystemChance.thirty_two(),
            receipt: b"<Receipt/>\xFF\x00".to_vec(),
            receipt_content_type: "application/xml".to_owned(),
            journal_index: 7,
        },
        body,
    }
}

pub(crate) fn case(agency_name: &str, registration_number: &str) -> Case {
    Case {
        id: CaseId::mint(at(0), &SystemChance),
        agency: agency(agency_name),
        topic: "complaint".to_owned(),
        registration_number: registration_number.to_owned(),
        state: "received".to_owned(),
        region: Region::parse("330100").unwrap(),
        opened_at: at(1),
        updated_at: at(1),
        version: 1,
    }
}

pub(crate) fn record(case: &Case, submission: Option<&NewSubmission>) -> Record {
    Record {
        id: RecordId::mint(at(0), &SystemChance),
        submission: submission.map(|new| new.submission.id.clone()),
        import: None,
        case: case.id.clone(),
        kind: Kind::ComplaintOrder,
        agency: case.agency.clone(),
        registration_number: case.registration_number.clone(),
        position: 0,
        body: r#"{"kind":"complaint-order","facts":"假货"}"#.to_owned(),
        recorded_at: at(1),
        actor: submission.is_none().then(|| "customer care".to_owned()),
        idempotency_key: None,
        journal_index: 7,
    }
}

pub(crate) fn event(case: &Case, journal_index: u64) -> Event {
    Event {
        journal_index,
        id: DeliveryId::mint(at(0), &SystemChance).to_string(),
        event_type: "regbridge.complaint-order.received".to_owned(),
        case: case.id.clone(),
        agency: case.agency.clone(),
        kind: Kind::ComplaintOrder,
        at: at(1),
        data: r#"{"state":"received"}"#.to_owned(),
    }
}

pub(crate) fn delivery(destination: &str, case: &Case, next_at: Option<Timestamp>) -> NewDelivery {
    NewDelivery {
        id: DeliveryId::mint(at(0), &SystemChance),
        destination: destination.to_owned(),
        case: case.id.clone(),
        kind: "complaint-reply".to_owned(),
        message: "reply".to_owned(),
        message_id: None,
        body: b"<Reply/>\xFF\x00".to_vec(),
        content_type: "application/xml".to_owned(),
        salt: Some([7; 32]),
        journal_index: 8,
        next_at,
        created_at: at(1),
    }
}

/// Leases at most `limit` of what is due, whatever its destination, by destination and number.
pub(crate) async fn lease_due(
    tx: &mut Tx,
    lease: &Lease<'_>,
    limit: u32,
) -> Result<Vec<LeasedDelivery>, StoreError> {
    let mut leased = Vec::new();
    for destination in tx.due_destinations(lease.now, lease.holder).await? {
        let left = limit - u32::try_from(leased.len()).unwrap();
        leased.extend(tx.lease_deliveries(&destination.name, lease, left).await?);
    }
    leased.sort_by(|a, b| (&a.destination, a.sequence).cmp(&(&b.destination, b.sequence)));
    Ok(leased)
}

/// Opens one case.
pub(crate) async fn opened(store: &Store, registration_number: &str) -> Case {
    let case = case("hz-amr", registration_number);
    let cases = [case.clone()];
    run(store, async |mut tx| tx.insert_cases(&cases).await).await.unwrap();
    case
}

/// Appends entries that name their own index; returns the index of the first.
pub(crate) async fn append(tx: &mut Tx, count: u64) -> Result<u64, StoreError> {
    let head = tx.journal_lock().await?;
    let entries: Vec<Vec<u8>> = (0..count).map(|i| format!("entry {}", head.size + i).into_bytes()).collect();
    let size = head.size + count;
    let next = JournalHead {
        size,
        frontier: size.to_be_bytes().to_vec(),
        root: *Digest::of(&size.to_be_bytes()).as_bytes(),
        checkpoint: format!("regbridge.example/journal\n{size}\n"),
        at: at(size.cast_signed()),
    };
    tx.journal_append(head.size, &entries, &[], &next).await?;
    Ok(head.size)
}

/// One transaction whose name nobody asks for.
pub(crate) async fn run<T, Fut>(store: &Store, work: impl Fn(Tx) -> Fut) -> Result<T, StoreError>
where
    Fut: Future<Output = Result<T, StoreError>>,
{
    store.run_tx("test", work).await
}
