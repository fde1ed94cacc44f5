//! Notices: one mail when a trouble begins, one when it ends, through a real mail server.

use std::collections::BTreeMap;
use std::path::Path;

use regbridge::clock::Clock as _;
use regbridge::exchange::delivery::{Leased, Outcome};
use regbridge::exchange::notice::list::{NoticeFilter, NoticeState, NoticeView};
use regbridge::exchange::notice::queue::{Fate, Posted};
use regbridge::exchange::notice::{Notices, Period, Recipient, Templates};
use regbridge::exchange::port::Mailer;
use regbridge::exchange::view::CaseFilter;
use serde_json::json;

use crate::bed::{Bed, actor, batch};
use crate::deliveries::{case_of, reply};
use crate::on_both;
use crate::post::Certificates;
use crate::smtp::LOGIN;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// Deliveries that fail in an outage.
const FAILING: usize = 500;

pub(crate) fn templates() -> Templates {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/notices");
    let files: BTreeMap<String, String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    Templates::load(&files).unwrap()
}

pub(crate) fn recipient(address: &str, role: &str) -> Recipient {
    Recipient {
        address: address.to_owned(),
        role: role.to_owned(),
        agencies: Vec::new(),
        topics: Vec::new(),
        severity: regbridge::exchange::notice::Severity::Info,
        digest: vec![Period::Daily],
    }
}

pub(crate) fn tell(bed: &Bed, recipients: Vec<Recipient>) {
    bed.gateway.replace_notices(Notices { templates: templates(), recipients });
}

/// Sends everything that is due now, as the worker does; what became of each.
async fn send_due(bed: &Bed, mailer: &dyn Mailer) -> Vec<Posted> {
    let mut all = Vec::new();
    loop {
        let leased = bed.gateway.lease_notices(60, 4).await.unwrap();
        if leased.is_empty() {
            return all;
        }
        for one in leased {
            let posted = mailer.post(&one.letter).await;
            assert!(bed.gateway.settle_notice(&one, &posted).await.unwrap());
            all.push(posted);
        }
    }
}

pub(crate) async fn listed(bed: &Bed) -> Vec<NoticeView> {
    let mut all = bed.gateway.notices(&NoticeFilter { limit: 200, ..NoticeFilter::default() }).await.unwrap();
    all.reverse();
    all
}

async fn due(bed: &Bed) -> Vec<Leased> {
    bed.gateway.lease_deliveries("test", 30, 500, 500).await.unwrap()
}

fn to_agency(leased: &Leased) -> bool {
    leased.destination.to_text().starts_with("agency:")
}

pub(crate) async fn settle_all(bed: &Bed, fails: bool) -> usize {
    let mut settled = 0;
    loop {
        let leased = due(bed).await;
        if leased.is_empty() {
            return settled;
        }
        for one in leased {
            let outcome = if fails && to_agency(&one) {
                settled += 1;
                Outcome::RetryAfter {
                    millis: None,
                    status: None,
                    detail: "张三 13900000000: refused".to_owned(),
                }
            } else {
                Outcome::Done { status: Some(200), detail: String::new(), said: None }
            };
            bed.gateway.settle(&one, outcome).await.unwrap();
        }
    }
}

/// No notice of all there are holds anything that the orders and the peers say of people.
async fn nobody_is_named(bed: &Bed) {
    let notices = listed(bed).await;
    assert!(!notices.is_empty());
    for notice in notices {
        let (_, written) = bed.gateway.notice(&notice.id).await.unwrap();
        for part in [&written.subject, &written.text, &written.html] {
            for word in ["示例", "1380000000", "13900000000", "张三", "商品", "已退款", "92330106MA"]
            {
                assert!(!part.contains(word), "{word} in {part}");
            }
        }
    }
}

/// So many replies to a bureau that takes them by push.
pub(crate) async fn replies(bed: &Bed, from: usize, count: usize) {
    let numbers: Vec<String> = (from..from + count).map(|n| format!("33020600202611230{n:08}")).collect();
    let region = ("<RegionCode>330106", "<RegionCode>330206");
    let changes: Vec<_> = (0..count).map(|at| (at, region.0, region.1)).collect();
    bed.send("nb-amr", batch(&format!("m-{from}"), &numbers, &changes)).await.unwrap();
    for number in &numbers {
        let filter =
            CaseFilter { registration_number: Some(number.clone()), limit: 1, ..CaseFilter::default() };
        let case = bed.gateway.cases(&filter).await.unwrap().remove(0).id;
        bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
    }
}

on_both! {
    async fn six_hours_of_outage_with_hundreds_of_failures_are_two_mails(bed: &Bed) {
        let certificates = Certificates::make();
        let server = certificates.start();
        let smtp = certificates.smtp(&server);
        tell(bed, vec![recipient("ops@example.cn", "operations"), recipient("legal@example.cn", "legal")]);
        replies(bed, 0, FAILING).await;
        let start = bed.clock.now();
        let (mut failures, mut blinked) = (0, false);
        // A minute at a time; half of those that fail are under way at once, as they are when a peer goes away.
        while bed.clock.now().millis_since(start) < 6 * HOUR {
            failures += settle_all(bed, true).await;
            send_due(bed, &smtp).await;
            bed.advance(MINUTE);
            let minute = bed.clock.now().millis_since(start) / MINUTE;
            if minute < 4 {
                assert_eq!(server.mails().len(), 0, "nobody is woken for four minutes");
            }
            // Well for a moment, in the middle of it: no news.
            if minute > 180
                && !blinked
                && let Some(one) = due(bed).await.into_iter().find(to_agency)
            {
                let done = Outcome::Done { status: Some(200), detail: String::new(), said: None };
                assert!(bed.gateway.settle(&one, done).await.unwrap());
                assert!(bed.gateway.troubles(10).await.unwrap().is_empty(), "it ended");
                blinked = true;
            }
        }
        assert!(failures >= FAILING && blinked, "{failures} {blinked}");
        assert_eq!(server.mails().len(), 1, "{:?}", server.mails().iter().map(|m| m.subject.clone()).collect::<Vec<_>>());
        assert_eq!(bed.gateway.troubles(10).await.unwrap().len(), 1);
        // It comes back, and all that waited goes.
        for _ in 0..90 {
            settle_all(bed, false).await;
            send_due(bed, &smtp).await;
            bed.advance(MINUTE);
        }
        let mails = server.mails();
        assert_eq!(mails.len(), 2, "{:?}", mails.iter().map(|m| &m.subject).collect::<Vec<_>>());
        assert!(mails[0].subject.contains("无法连通") && mails[1].subject.contains("已恢复"));
        assert!(mails.iter().all(|mail| mail.to == "ops@example.cn"), "the others' roles do not want it");
        assert!(mails[0].text.contains("agency:nb-amr") && mails[0].text.contains(&format!("待投递 Waiting: {FAILING}")));
        assert!(bed.gateway.troubles(10).await.unwrap().is_empty());
        let journal = bed.entries().await;
        let edges: Vec<&str> = journal
            .iter()
            .filter(|entry| entry["type"] == "trouble")
            .map(|entry| entry["edge"].as_str().unwrap())
            .collect();
        assert_eq!(edges, ["begins", "ends", "resumes", "ends"]);
        assert_eq!(journal.iter().filter(|entry| entry["type"] == "notice" && entry["state"] == "sent").count(), 2);
        for mail in &mails {
            for byte in [&mail.raw, &mail.text, &mail.html, &mail.subject] {
                assert!(!byte.contains("13900000000") && !byte.contains("张三"), "a peer's words stay out");
            }
        }
    }

    async fn what_was_given_up_in_one_outage_is_one_mail_with_the_number(bed: &Bed) {
        tell(bed, vec![recipient("duty@example.cn", "compliance"), recipient("ops@example.cn", "operations")]);
        replies(bed, 0, 12).await;
        let start = bed.clock.now();
        // 72 hours and some: each has had its attempts.
        while bed.clock.now().millis_since(start) < 100 * HOUR {
            settle_all(bed, true).await;
            bed.advance(15 * MINUTE);
        }
        let notices = listed(bed).await;
        let of = |topic: &str, to: &str| {
            notices.iter().filter(|notice| notice.topic == topic && notice.recipient == to).collect::<Vec<_>>()
        };
        assert_eq!(of("agency-unreachable", "ops@example.cn").len(), 1);
        let given_up = of("delivery-given-up", "duty@example.cn");
        assert_eq!((given_up.len(), of("delivery-given-up", "ops@example.cn").len()), (1, 1), "{notices:?}");
        let (_, written) = bed.gateway.notice(&given_up[0].id).await.unwrap();
        assert!(written.text.contains("件数 Deliveries: 12"), "{}", written.text);
        // Something arrives again: the mail of the end says how many were given up.
        replies(bed, 100, 1).await;
        for _ in 0..60 {
            settle_all(bed, false).await;
            bed.advance(MINUTE);
        }
        let ended = listed(bed).await.into_iter().find(|notice| notice.edge == "ends").unwrap();
        let (_, written) = bed.gateway.notice(&ended.id).await.unwrap();
        assert!(written.text.contains("其间放弃 Given up meanwhile: 12"), "{}", written.text);
        bed.gateway.digest(Period::Daily, bed.clock.now()).await.unwrap();
        nobody_is_named(bed).await;
    }

    async fn urgent_orders_of_one_message_share_a_mail_and_others_make_none(bed: &Bed) {
        tell(bed, vec![recipient("duty@example.cn", "compliance")]);
        let numbers: Vec<String> = (1..=3).map(|n| format!("33010600202611230000001{n:02}")).collect();
        bed.send("hz-amr", batch("m-1", &numbers, &[])).await.unwrap();
        assert!(listed(bed).await.is_empty(), "none of them is urgent");
        let numbers: Vec<String> = (4..=6).map(|n| format!("33010600202611230000001{n:02}")).collect();
        let calls: Vec<_> = (0..3).map(|at| (at, "</Facts>", "</Facts>\n    <Priority>2</Priority>")).collect();
        let body = batch("m-2", &numbers, &calls);
        bed.send("hz-amr", body.clone()).await.unwrap();
        bed.send("hz-amr", body).await.unwrap();
        let notices = listed(bed).await;
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(bed.gateway.lease_notices(60, 9).await.unwrap().is_empty(), "it waits a minute for more");
        bed.advance(MINUTE);
        let leased = bed.gateway.lease_notices(60, 9).await.unwrap();
        let written = &leased[0].letter.written;
        assert!(written.subject.contains("（等 3 项 · 3 in all）"), "{}", written.subject);
        for number in &numbers {
            assert!(written.text.contains(number.as_str()) && written.html.contains(number.as_str()));
        }
        nobody_is_named(bed).await;
    }

    async fn of_a_flood_of_urgent_orders_one_mail_tells_fifty_and_the_number(bed: &Bed) {
        let narrow = Recipient { agencies: vec!["nb-*".to_owned()], ..recipient("nb@example.cn", "compliance") };
        tell(bed, vec![recipient("duty@example.cn", "compliance"), narrow]);
        let order = |from: usize, to: usize, name: &'static str| {
            let numbers: Vec<String> = (from..to).map(|n| format!("3301060020261123{n:09}")).collect();
            let calls: Vec<_> =
                (0..to - from).map(|at| (at, "</Facts>", "</Facts>\n    <Priority>2</Priority>")).collect();
            batch(name, &numbers, &calls)
        };
        bed.send("hz-amr", order(100, 130, "m-1")).await.unwrap();
        bed.send("hz-amr", order(130, 220, "m-2")).await.unwrap();
        let notices = listed(bed).await;
        assert_eq!(notices.len(), 1, "{notices:?}");
        let (_, written) = bed.gateway.notice(&notices[0].id).await.unwrap();
        assert!(written.subject.contains("（等 120 项 · 120 in all）"), "{}", written.subject);
        for text in [&written.text, &written.html] {
            assert!(text.contains("另有 70 项未逐一列出 · 70 more are not listed here"), "{text}");
        }
        assert!(written.text.contains("3301060020261123000000129"), "the first ones are listed");
        assert_eq!(written.text.matches("登记编号").count(), 50);
        nobody_is_named(bed).await;
    }

    async fn without_recipients_no_mail_is_queued_and_the_trouble_is_kept(bed: &Bed) {
        replies(bed, 0, 8).await;
        for _ in 0..20 {
            settle_all(bed, true).await;
            bed.advance(MINUTE);
        }
        assert!(listed(bed).await.is_empty());
        let troubles = bed.gateway.troubles(10).await.unwrap();
        assert_eq!((troubles.len(), troubles[0].key.as_str()), (1, "unreachable:agency:nb-amr"));
    }

    async fn one_bad_address_stops_no_other_and_is_shown(bed: &Bed) {
        let certificates = Certificates::make();
        let server = certificates.with(&json!({
            "user": LOGIN.0, "password": LOGIN.1,
            "refuse": {"gone@example.cn": "550 5.1.1 no such user"},
            "defer": {"slow@example.cn": "450 4.2.0 greylisted, come back"},
        }));
        let smtp = certificates.smtp(&server);
        let ops = |address| recipient(address, "operations");
        tell(bed, vec![ops("gone@example.cn"), ops("slow@example.cn"), ops("here@example.cn")]);
        replies(bed, 0, 8).await;
        for _ in 0..20 {
            settle_all(bed, true).await;
            send_due(bed, &smtp).await;
            bed.advance(MINUTE);
        }
        let to: Vec<String> = server.mails().into_iter().map(|mail| mail.to).collect();
        assert_eq!((to.len(), to.contains(&"here@example.cn".to_owned())), (2, true), "{to:?}");
        assert!(to.contains(&"slow@example.cn".to_owned()), "450, then 250");
        let state = |address: &str, all: &[NoticeView]| {
            let notice = all.iter().find(|notice| notice.recipient == address).unwrap();
            (notice.state.clone(), notice.attempts, notice.last_status)
        };
        let all = listed(bed).await;
        assert_eq!(state("gone@example.cn", &all), ("refused".to_owned(), 1, Some(550)));
        assert_eq!(state("slow@example.cn", &all), ("sent".to_owned(), 2, Some(250)));
        assert_eq!(state("here@example.cn", &all), ("sent".to_owned(), 1, Some(250)));
        let refused = bed.gateway.refused_recipients().await.unwrap();
        assert_eq!(refused.iter().map(|r| r.recipient.as_str()).collect::<Vec<_>>(), ["gone@example.cn"]);
        let one = NoticeFilter { state: Some(NoticeState::Refused), limit: 9, ..NoticeFilter::default() };
        assert_eq!(bed.gateway.notices(&one).await.unwrap().len(), 1);
    }

    async fn what_was_sent_and_not_settled_is_sent_again_under_its_message_id(bed: &Bed) {
        let certificates = Certificates::make();
        let server = certificates.start();
        let smtp = certificates.smtp(&server);
        tell(bed, vec![recipient("ops@example.cn", "operations")]);
        replies(bed, 0, 8).await;
        while listed(bed).await.is_empty() {
            settle_all(bed, true).await;
            bed.advance(MINUTE);
        }
        let first = bed.gateway.lease_notices(60, 4).await.unwrap().remove(0);
        assert_eq!(smtp.post(&first.letter).await.fate, Fate::Sent);
        // Here the power went. Nobody else may have it until its lease is over.
        assert!(bed.gateway.lease_notices(60, 4).await.unwrap().is_empty());
        bed.advance(61_000);
        send_due(bed, &smtp).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
        assert_eq!(mails[0].raw, mails[1].raw, "byte for byte");
        assert!(mails[0].header("Message-ID").ends_with("@example.cn>"));
        assert_eq!(mails[0].header("Auto-Submitted"), "auto-generated");
        let late = Posted { fate: Fate::Refused, status: Some(550), detail: String::new() };
        assert!(!bed.gateway.settle_notice(&first, &late).await.unwrap(), "the old lease settles nothing");
    }

    async fn a_list_that_is_late_is_told_once_and_so_is_its_renewal(bed: &Bed) {
        let list = |issuer: &str, days: i64| regbridge::exchange::keep::ListInUse {
            issuer: issuer.to_owned(),
            file: "pki/gd.pem".to_owned(),
            this_update: bed.clock.now(),
            next_update: bed.clock.now().plus_millis(days * 24 * HOUR),
        };
        tell(bed, vec![recipient("ops@example.cn", "operations")]);
        let mut lists = [list("CN=GD", 10), list("CN=ZJ", 30)];
        let look = async |machine: &str, lists: &[_]| bed.gateway.tell_of_lists(machine, lists).await.unwrap();
        let under_way = async || {
            let troubles = bed.gateway.troubles(9).await.unwrap();
            troubles.into_iter().map(|trouble| trouble.key).collect::<Vec<_>>()
        };
        assert_eq!(look("a", &lists).await, "2 lists in use, 0 to be renewed");
        bed.advance(8 * 24 * HOUR + MINUTE);
        for _ in 0..3 {
            assert_eq!(look("a", &lists).await, "2 lists in use, 1 to be renewed");
        }
        assert_eq!(under_way().await, ["crl:a:CN=GD"]);
        let told = listed(bed).await;
        assert_eq!(told.len(), 1, "once, however often it is looked at");
        assert_eq!((told[0].topic.as_str(), told[0].edge.as_str()), ("crl-stale", "begins"));
        // Another machine has a new one, and ends nothing of this machine's.
        look("b", &[list("CN=GD", 10)]).await;
        assert_eq!(under_way().await, ["crl:a:CN=GD"]);
        bed.advance(3 * 24 * HOUR);
        look("a", &lists).await;
        assert_eq!((under_way().await.len(), listed(bed).await.len()), (1, 1), "past its end it goes on");
        lists[0] = list("CN=GD", 10);
        assert_eq!(look("a", &lists).await, "2 lists in use, 0 to be renewed");
        assert!(under_way().await.is_empty());
        let told = listed(bed).await;
        assert_eq!(told.iter().map(|one| one.edge.as_str()).collect::<Vec<_>>(), ["begins", "ends"]);
        // An authority that is trusted no more.
        bed.advance(9 * 24 * HOUR);
        look("a", &lists).await;
        assert_eq!(under_way().await, ["crl:a:CN=GD"]);
        look("a", &lists[1..]).await;
        assert!(under_way().await.is_empty());
    }

    async fn a_digest_is_told_once_a_period_and_counts_each_agency(bed: &Bed) {
        let nobody = bed.gateway.digest(Period::Daily, bed.clock.now()).await.unwrap();
        assert!(nobody.ends_with("nobody wants it"), "{nobody}");
        let narrow = Recipient { agencies: vec!["hz-*".to_owned()], ..recipient("hz@example.cn", "compliance") };
        let none = Recipient { digest: vec![Period::Weekly], ..recipient("week@example.cn", "legal") };
        tell(bed, vec![recipient("duty@example.cn", "compliance"), narrow, none]);
        let case = case_of(bed, "hz-amr").await;
        bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
        replies(bed, 0, 3).await;
        bed.advance(24 * HOUR);
        let said = bed.gateway.digest(Period::Daily, bed.clock.now()).await.unwrap();
        assert_eq!(said, "daily digest of 2026-11-23 to 2026-11-23: 2 queued, 0 before");
        let again = bed.gateway.digest(Period::Daily, bed.clock.now()).await.unwrap();
        assert_eq!(again, "daily digest of 2026-11-23 to 2026-11-23: 0 queued, 2 before");
        let leased = bed.gateway.lease_notices(60, 9).await.unwrap();
        let of = |address: &str| &leased.iter().find(|one| one.letter.to == address).unwrap().letter.written;
        let whole = of("duty@example.cn");
        assert!(whole.text.contains("共收到 4 条，回复 4 条"), "{}", whole.text);
        assert!(whole.html.contains("nb-amr") && whole.html.contains("hz-amr"));
        let own = of("hz@example.cn");
        assert!(own.text.contains("共收到 1 条，回复 1 条；2 家机构"), "{}", own.text);
        assert!(!own.html.contains("nb-amr") && own.html.contains("hz-fda"));
    }
}
