//! The way to a mail server, and the worker that goes it, in real time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use regbridge::clock::{SystemChance, SystemClock};
use regbridge::domain::registry::Secret;
use regbridge::exchange::notice::Written;
use regbridge::exchange::notice::queue::{Fate, Letter};
use regbridge::exchange::port::Mailer;
use regbridge::mail::probe::probe;
use regbridge::mail::{Sender, Server, Smtp};
use regbridge::pki::{Authority, Issue, NewAuthority};
use regbridge::worker::mail::{self, MailPace};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bed::Bed;
use crate::notices::{listed, recipient, replies, settle_all, tell};
use crate::smtp::{LOGIN, MailServer};

/// An authority, and a certificate for `localhost` under it.
pub(crate) struct Certificates {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Certificates {
    pub(crate) fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let new =
            NewAuthority { common_name: "Mail CA".to_owned(), server_names: Vec::new(), server_days: 30 };
        let authority = Authority::init(folder.path(), &new, &SystemClock, &SystemChance).unwrap().authority;
        let issue = Issue::server("mail", vec!["localhost".to_owned()], 30);
        authority.issue(&issue, &SystemClock, &SystemChance).unwrap();
        Self { folder, authority }
    }

    pub(crate) fn start(&self) -> MailServer {
        let (certificate, key) = self.authority.issued_paths("mail");
        MailServer::start(&certificate, &key)
    }

    pub(crate) fn with(&self, rules: &Value) -> MailServer {
        let (certificate, key) = self.authority.issued_paths("mail");
        MailServer::with(&certificate, &key, rules)
    }

    pub(crate) fn server(&self, to: &MailServer, password: &str) -> Server {
        assert!(self.folder.path().is_dir());
        Server {
            host: "localhost".to_owned(),
            port: to.port,
            implicit_tls: false,
            authorities: vec![std::fs::read(self.authority.certificate_path()).unwrap()],
            login: Some((LOGIN.0.to_owned(), Secret::new(password.as_bytes()))),
            patience: Duration::from_secs(5),
        }
    }

    pub(crate) fn smtp(&self, to: &MailServer) -> Smtp {
        Smtp::new(&self.server(to, LOGIN.1), sender(), 4).unwrap()
    }
}

pub(crate) fn sender() -> Sender {
    Sender::parse("监管网关 <gateway@example.cn>", None).unwrap()
}

fn letter(to: &str) -> Letter {
    let written = Written {
        subject: format!("测试 to {to}"),
        text: "正文\n".to_owned(),
        html: "<p>正文</p>".to_owned(),
    };
    let at = regbridge::clock::Timestamp::from_micros(1_795_397_400_000_000);
    Letter { id: format!("id-{to}"), to: format!("{to}@example.cn"), written, at }
}

/// A bed with one mail that is due, about an agency that does not answer.
async fn with_a_mail() -> Bed {
    let bed = Bed::sqlite().await;
    tell(&bed, vec![recipient("ops@example.cn", "operations")]);
    replies(&bed, 0, 8).await;
    while listed(&bed).await.is_empty() {
        settle_all(&bed, true).await;
        bed.advance(60_000);
    }
    bed
}

/// The worker, in a hurry.
fn work(bed: &Bed, smtp: Smtp) -> (watch::Sender<bool>, JoinHandle<()>) {
    let (stop, stopped) = watch::channel(false);
    let pace = MailPace {
        tick: Duration::from_millis(20),
        rest: Duration::from_millis(40),
        longest_rest: Duration::from_millis(100),
        ..MailPace::default()
    };
    (stop, tokio::spawn(mail::run(bed.gateway.clone(), Arc::new(smtp), pace, stopped)))
}

/// Waits until something is so; the held clock goes on meanwhile, so that what waits for its time comes.
async fn until(bed: &Bed, what: &str, so: impl AsyncFn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !so().await {
        assert!(Instant::now() < end, "{what}: {:?}", listed(bed).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
        bed.advance(1_000);
    }
}

#[tokio::test]
async fn a_wrong_password_is_nobodys_bad_address_and_is_mended() {
    let bed = with_a_mail().await;
    let certificates = Certificates::make();
    let server = certificates.with(&json!({"user": LOGIN.0, "password": "another"}));
    let (stop, worker) = work(&bed, certificates.smtp(&server));
    until(&bed, "it is tried", async || listed(&bed).await[0].attempts >= 2).await;
    let notice = listed(&bed).await.remove(0);
    assert_eq!((notice.state.as_str(), notice.last_status), ("queued", Some(535)), "{notice:?}");
    assert!(server.mails().is_empty());
    // The password is put right.
    server.rule(&json!({"user": LOGIN.0, "password": LOGIN.1}));
    until(&bed, "it is sent", async || listed(&bed).await[0].state == "sent").await;
    assert_eq!(server.mails().len(), 1);
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), worker).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn a_server_without_starttls_is_told_nothing() {
    let certificates = Certificates::make();
    let server = certificates.with(&json!({"user": LOGIN.0, "password": LOGIN.1, "plain": true}));
    let posted = certificates.smtp(&server).post(&letter("a")).await;
    assert_eq!((posted.fate, posted.status), (Fate::Misconfigured, None), "{posted:?}");
    assert!(posted.detail.contains("STARTTLS"), "{posted:?}");
    assert_eq!(server.book(), Vec::<Value>::new(), "neither a password nor a mail");
    let steps = probe(&certificates.server(&server, LOGIN.1), &sender(), &letter("a")).await;
    let last = steps.last().unwrap();
    assert_eq!(last.name, "encryption");
    assert!(last.outcome.as_ref().unwrap_err().contains("sent nothing in clear"), "{last:?}");
    assert_eq!(server.book(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_server_of_another_authority_is_told_nothing() {
    let (ours, theirs) = (Certificates::make(), Certificates::make());
    let server = theirs.start();
    let posted = ours.smtp(&server).post(&letter("a")).await;
    assert_eq!(posted.fate, Fate::Misconfigured, "{posted:?}");
    assert!(posted.detail.contains("invalid peer certificate"), "{posted:?}");
    assert_eq!(server.book(), Vec::<Value>::new());
}

#[tokio::test]
async fn tls_from_the_first_byte_is_a_way_too() {
    let certificates = Certificates::make();
    let rules = json!({"user": LOGIN.0, "password": LOGIN.1, "implicit": true});
    let server = certificates.with(&rules);
    let way = Server { implicit_tls: true, ..certificates.server(&server, LOGIN.1) };
    let smtp = Smtp::new(&way, sender(), 4).unwrap();
    for name in ["a", "b"] {
        assert_eq!(smtp.post(&letter(name)).await.fate, Fate::Sent);
        // A connection goes back by a task of its own.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(server.mails().len(), 2);
    let logins = server.book().iter().filter(|entry| entry["command"] == "AUTH").count();
    assert_eq!(logins, 1, "both on one connection");
    let steps = probe(&way, &sender(), &letter("c")).await;
    assert!(steps.iter().all(|step| step.outcome.is_ok()), "{steps:?}");
}

#[tokio::test]
async fn a_server_that_is_down_and_comes_back_gets_its_mail_once() {
    let bed = with_a_mail().await;
    let certificates = Certificates::make();
    let mut server = certificates.start();
    let smtp = certificates.smtp(&server);
    server.go_down();
    let (stop, worker) = work(&bed, smtp);
    until(&bed, "it is tried", async || listed(&bed).await[0].attempts >= 3).await;
    let notice = listed(&bed).await.remove(0);
    assert_eq!((notice.state.as_str(), notice.last_status), ("queued", None), "{notice:?}");
    server.come_back();
    until(&bed, "it is sent", async || listed(&bed).await[0].state == "sent").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.mails().len(), 1);
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), worker).await.expect("it stops").unwrap();
}

#[tokio::test]
async fn what_came_too_late_is_no_answer_to_the_next_mail() {
    let certificates = Certificates::make();
    let mut rules = json!({"user": LOGIN.0, "password": LOGIN.1, "seconds": 2});
    let server = certificates.with(&rules);
    let way = Server { patience: Duration::from_secs(1), ..certificates.server(&server, LOGIN.1) };
    let smtp = Smtp::new(&way, sender(), 4).unwrap();
    let posted = smtp.post(&letter("slow")).await;
    assert_eq!((posted.fate, posted.detail.as_str()), (Fate::Later, "no answer within 1 s"));
    rules["seconds"] = json!(0);
    rules["refuse"] = json!({"gone@example.cn": "550 5.1.1 no such user"});
    server.rule(&rules);
    // Long enough for the late answer to have come.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let here = smtp.post(&letter("here")).await;
    assert_eq!(
        (here.fate, here.status),
        (Fate::Sent, Some(250)),
        "the answer to its own last word: {here:?}"
    );
    assert_eq!(smtp.post(&letter("gone")).await.fate, Fate::Refused);
    let to: Vec<String> = server.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["slow@example.cn", "here@example.cn"]);
}

#[tokio::test]
async fn a_stop_lets_the_mail_under_way_end() {
    let bed = with_a_mail().await;
    let certificates = Certificates::make();
    let server = certificates.with(&json!({"user": LOGIN.0, "password": LOGIN.1, "seconds": 1}));
    let (stop, worker) = work(&bed, certificates.smtp(&server));
    until(&bed, "it is on its way", async || !server.mails().is_empty()).await;
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), worker).await.expect("it stops").unwrap();
    assert_eq!(listed(&bed).await[0].state, "sent");
}

#[tokio::test]
async fn the_loss_of_the_store_is_survived() {
    let bed = with_a_mail().await;
    let certificates = Certificates::make();
    let server = certificates.start();
    let pool = sqlx::SqlitePool::connect(&bed.url()).await.unwrap();
    sqlx::query("ALTER TABLE notices RENAME TO gone").execute(&pool).await.unwrap();
    let (stop, worker) = work(&bed, certificates.smtp(&server));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!worker.is_finished() && server.mails().is_empty());
    sqlx::query("ALTER TABLE gone RENAME TO notices").execute(&pool).await.unwrap();
    until(&bed, "it is sent", async || listed(&bed).await[0].state == "sent").await;
    stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(5), worker).await.expect("it stops").unwrap();
}
