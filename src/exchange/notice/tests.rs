//! The rules by which something is told: once when it begins, once when it ends, and nothing between.

use std::sync::Arc;

use super::*;
use crate::clock::{Clock as _, HeldClock, SystemChance};
use crate::domain::registry::Registry;
use crate::exchange::Parts;
use crate::exchange::feed::cursor::CursorKeys;
use crate::exchange::journal::Journal;
use crate::exchange::profiles::Profiles;
use crate::store::notice::Notice;
use crate::store::{Store, Target};
use crate::tlog::Origin;

struct Bed {
    gateway: Gateway,
    clock: Arc<HeldClock>,
    _directory: tempfile::TempDir,
}

impl Bed {
    /// With these recipients, by address and role.
    async fn with(recipients: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("store.db"));
        let clock = Arc::new(HeldClock::at(Timestamp::parse("2026-11-23T10:00:00+08:00").unwrap()));
        let (gateway, _) = Gateway::open(Parts {
            store: Store::open(&target, Arc::new(SystemChance)).await.unwrap(),
            journal: Journal::new(Origin::parse("notice.example/test").unwrap(), &[7; 32]).unwrap(),
            profiles: Profiles::default(),
            registry: Registry::default(),
            webhooks: Vec::new(),
            attachments: None,
            cursors: CursorKeys::new(&[[9; 32]]),
            clock: Arc::<HeldClock>::clone(&clock),
            chance: Arc::new(SystemChance),
        });
        let recipients = recipients.iter().map(|(address, role)| {
            toml::from_str(&format!("address = '{address}@b.cn'\nrole = '{role}'\n")).unwrap()
        });
        gateway.replace_notices(Notices { recipients: recipients.collect(), ..Notices::default() });
        Self { gateway, clock, _directory: directory }
    }

    async fn begin(&self, trouble: &Trouble) -> bool {
        let world = &*self.gateway.world;
        world.store.run_tx("t", async |mut tx: Tx| begin(&mut tx, world, trouble).await).await.unwrap()
    }

    async fn end(&self, key: &str) -> bool {
        let (world, more) = (&*self.gateway.world, Facts::from([("file".to_owned(), "ca.crl".to_owned())]));
        world.store.run_tx("t", async |mut tx: Tx| end(&mut tx, world, key, &more).await).await.unwrap()
    }

    async fn once(&self, trouble: &Trouble) -> bool {
        let world = &*self.gateway.world;
        world.store.run_tx("t", async |mut tx: Tx| tell_once(&mut tx, world, trouble).await).await.unwrap()
    }

    /// Every notice, oldest first.
    async fn notices(&self) -> Vec<Notice> {
        let page = async |mut tx: Tx| tx.notice_page(None, None, 500).await;
        let mut all: Vec<Notice> =
            self.gateway.world.store.read::<_, StoreError, _>("t", page).await.unwrap();
        all.reverse();
        all
    }

    /// What was told to whom: recipient, edge, keys.
    async fn told(&self) -> Vec<(String, String, Vec<String>)> {
        let keys =
            |notice: &Notice| Items::read(&notice.items).list.into_iter().map(|item| item.key).collect();
        self.notices()
            .await
            .iter()
            .map(|notice| (notice.recipient.replace("@b.cn", ""), notice.edge.clone(), keys(notice)))
            .collect()
    }

    fn minutes(&self, minutes: i64) {
        self.clock.advance_millis(minutes * 60_000);
    }
}

fn trouble(topic: Topic, key: &str) -> Trouble {
    Trouble {
        key: key.to_owned(),
        topic,
        severity: Severity::Warning,
        agency: None,
        facts: Facts::from([("reason".to_owned(), "why".to_owned())]),
    }
}

fn one(who: &str, edge: &str, key: &str) -> (String, String, Vec<String>) {
    (who.to_owned(), edge.to_owned(), vec![key.to_owned()])
}

#[tokio::test]
async fn it_is_told_when_it_begins_and_when_it_ends_and_not_between() {
    let bed = Bed::with(&[("ops", "operations"), ("legal", "legal")]).await;
    let stale = trouble(Topic::CrlStale, "crl:a");
    assert!(bed.begin(&stale).await);
    for _ in 0..5 {
        bed.minutes(30);
        assert!(!bed.begin(&stale).await, "it is under way");
    }
    assert!(bed.end("crl:a").await && !bed.end("crl:a").await && !bed.end("crl:b").await);
    assert_eq!(bed.told().await, [one("ops", "begins", "crl:a"), one("ops", "ends", "crl:a")]);
    let ends = bed.notices().await.pop().unwrap();
    assert_eq!(ends.next_at.unwrap().millis_since(bed.clock.now()), HOLD_MILLIS);
    let facts = Items::read(&ends.items).list.remove(0).facts;
    let wanted = [("reason", "why"), ("file", "ca.crl"), ("times", "6"), ("minutes", "150")];
    for (name, value) in wanted {
        assert_eq!(facts[name], value, "{name}");
    }
    assert_eq!(facts["since"], "2026-11-23 10:00:00 北京时间");
}

#[tokio::test]
async fn what_comes_back_within_ten_minutes_has_not_ended() {
    let bed = Bed::with(&[("ops", "operations")]).await;
    let stale = trouble(Topic::CrlStale, "crl:a");
    assert!(bed.begin(&stale).await);
    for _ in 0..9 {
        bed.minutes(20);
        assert!(bed.end("crl:a").await);
        bed.minutes(9);
        assert!(!bed.begin(&stale).await, "no new pair");
    }
    assert_eq!(bed.told().await, [one("ops", "begins", "crl:a")]);
    assert!(bed.end("crl:a").await);
    bed.minutes(10);
    assert!(bed.begin(&stale).await, "ten good minutes: what comes now is new");
    let edges: Vec<String> = bed.told().await.into_iter().map(|(_, edge, _)| edge).collect();
    assert_eq!(edges, ["begins", "ends", "begins"]);
}

#[tokio::test]
async fn an_end_is_taken_out_of_a_mail_that_tells_of_others_too() {
    let bed = Bed::with(&[("duty", "compliance")]).await;
    for key in ["overdue:1", "overdue:2", "overdue:3"] {
        assert!(bed.begin(&trouble(Topic::Overdue, key)).await);
    }
    let keys =
        |told: &[(String, String, Vec<String>)]| told.iter().map(|(_, _, k)| k.join(" ")).collect::<Vec<_>>();
    assert_eq!(keys(&bed.told().await), ["overdue:1 overdue:2 overdue:3"], "they share a mail");
    bed.minutes(60);
    for key in ["overdue:1", "overdue:2"] {
        bed.minutes(4);
        assert!(bed.end(key).await);
    }
    let both = bed.notices().await.pop().unwrap();
    assert_eq!(
        both.next_at.unwrap().millis_since(bed.clock.now()),
        HOLD_MILLIS,
        "the last waits long enough"
    );
    bed.minutes(1);
    assert!(!bed.begin(&trouble(Topic::Overdue, "overdue:1")).await);
    assert_eq!(keys(&bed.told().await)[1..], ["overdue:2"]);
    bed.minutes(9);
    assert!(bed.end("overdue:1").await);
    let told = keys(&bed.told().await);
    assert_eq!(
        told[1..],
        ["overdue:2", "overdue:1"],
        "a mail that waits for ten minutes already takes no more in"
    );
}

#[tokio::test]
async fn a_crowd_fills_mails_of_fifty() {
    let bed = Bed::with(&[("duty", "compliance"), ("board", "legal")]).await;
    for number in 0..120 {
        let agency = Some(AgencyId::parse("hz-amr").unwrap());
        let severity = if number == 70 { Severity::Critical } else { Severity::Info };
        let due = Trouble { severity, agency, ..trouble(Topic::DueSoon, &format!("due:{number:03}")) };
        assert!(bed.begin(&due).await);
    }
    let mut notices = bed.notices().await;
    // Their ids are of one moment.
    notices.sort_by(|a, b| a.items.cmp(&b.items));
    let sizes: Vec<usize> = notices.iter().map(|notice| Items::read(&notice.items).list.len()).collect();
    assert_eq!(sizes, [50, 50, 20]);
    let severities: Vec<&str> = notices.iter().map(|notice| notice.severity.as_str()).collect();
    assert_eq!(severities, ["info", "critical", "info"], "as grave as the gravest in it");
    assert!(bed.end("due:000").await);
    assert_eq!(bed.notices().await.len(), 3, "a deadline that is met is no news");
}

#[tokio::test]
async fn what_has_no_end_is_told_once_for_ever() {
    let bed = Bed::with(&[("ops", "operations")]).await;
    let certificate = trouble(Topic::CertificateExpiring, "certificate:a:30");
    assert!(bed.once(&certificate).await);
    bed.minutes(100_000);
    assert!(!bed.once(&certificate).await && !bed.end("certificate:a:30").await);
    assert_eq!(bed.told().await.len(), 1);
    assert!(bed.once(&trouble(Topic::CertificateExpiring, "certificate:a:14")).await);
}

#[tokio::test]
async fn a_fact_that_a_topic_does_not_have_is_kept_nowhere() {
    let bed = Bed::with(&[("ops", "operations")]).await;
    let mut evil = trouble(Topic::BackupFailed, "backup:a");
    evil.facts.insert("complainant".to_owned(), "张三 13900000000".to_owned());
    assert!(bed.begin(&evil).await);
    let kept = async |mut tx: Tx| tx.trouble("backup:a").await;
    let kept = bed.gateway.world.store.read::<_, StoreError, _>("t", kept).await.unwrap().unwrap();
    let notice = bed.notices().await.remove(0);
    assert!(!kept.facts.contains("139") && !notice.items.contains("139"), "{}", notice.items);
    assert!(kept.facts.contains("why"));
}

#[tokio::test]
async fn it_is_journalled_with_what_it_tells_of_or_not_at_all() {
    let bed = Bed::with(&[("ops", "operations"), ("boss", "legal")]).await;
    let world = &*bed.gateway.world;
    let fault = trouble(Topic::JournalFault, "journal:a");
    let fails = async |mut tx: Tx| {
        assert!(begin(&mut tx, world, &fault).await?);
        Err::<(), _>(StoreError::Unfit("something else went wrong".to_owned()))
    };
    assert!(world.store.run_tx("t", fails).await.is_err());
    assert!(bed.told().await.is_empty(), "nothing has happened");
    assert_eq!(bed.gateway.journal_size().await.unwrap(), 0);
    assert!(bed.begin(&fault).await);
    let entry = async |mut tx: Tx| tx.journal_entries(0..1).await;
    let entry = world.store.read::<_, StoreError, _>("t", entry).await.unwrap().remove(0);
    let entry: serde_json::Value = serde_json::from_slice(&entry).unwrap();
    assert_eq!(
        (&entry["type"], &entry["edge"], &entry["notices"]),
        (&"trouble".into(), &"begins".into(), &2.into())
    );
}

#[tokio::test]
async fn several_at_once_that_see_the_same_begin_tell_it_once() {
    let bed = Arc::new(Bed::with(&[("ops", "operations")]).await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let bed = Arc::clone(&bed);
        tasks.spawn(async move { bed.begin(&trouble(Topic::CrlStale, "crl:a")).await });
    }
    let new = tasks.join_all().await.into_iter().filter(|new| *new).count();
    assert_eq!((new, bed.told().await.len()), (1, 1));
}
