//! Files dropped into an agency's folder, by the task that looks after folders, on a real disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use regbridge::client::https::{Https, Scheme};
use regbridge::client::identity::Identity;
use regbridge::client::network::Outbound;
use regbridge::clock::Clock as _;
use regbridge::domain::digest::Digest;
use regbridge::exchange::delivery::{Destination, Leased};
use regbridge::exchange::port::Network as _;
use regbridge::exchange::view::CaseFilter;
use regbridge::worker::folders;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bed::{Bed, MINIMAL, actor, batch, message, receipt};
use crate::deliveries::{reply, to_agency};
use crate::on_both;

const COUNTY: (&str, &str) = ("<RegionCode>330106", "<RegionCode>330502");
const SHEET: &str = include_str!("../../schemas/profiles/county-sheet/samples/complaints.csv");

/// Somebody looks after the folders.
struct Keeper {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Keeper {
    fn start(bed: &Bed) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(folders::run(bed.gateway.clone(), bed.data().to_owned(), stopped));
        Self { stop, task }
    }

    async fn end(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
    }
}

fn part(bed: &Bed, agency: &str, part: &str) -> PathBuf {
    let path = bed.data().join("folders").join(agency).join(part);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Puts a file in place as a careful client does: under another name first.
fn drop_file(bed: &Bed, agency: &str, name: &str, bytes: impl AsRef<[u8]>) {
    let folder = part(bed, agency, "in");
    fs::write(folder.join("x.part"), bytes).unwrap();
    fs::rename(folder.join("x.part"), folder.join(name)).unwrap();
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// Waits until something is so: the task looks every second.
async fn until(what: &str, so: impl AsyncFn() -> bool) {
    for _ in 0..600 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}: not within 30 s");
}

async fn until_settled(bed: &Bed, agency: &str) {
    let incoming = part(bed, agency, "in");
    until("in/ is empty", async || names(&incoming).is_empty()).await;
}

/// What lays messages into folders.
fn network(bed: &Bed) -> Outbound {
    let clock = Arc::clone(&bed.clock);
    let https = Https::new(&Identity::nobody(), Scheme::HttpsOnly, clock.clone()).unwrap();
    let registries = bed.gateway.clone();
    let registry = Arc::new(move || registries.registry());
    Outbound::new(Arc::new(https), registry, BTreeMap::new(), bed.data().to_owned(), clock)
}

/// Lays the one message into its folder that may go now.
async fn placed(bed: &Bed, network: &Outbound) -> Leased {
    let leased = bed.gateway.lease_deliveries("test", 90, 50, 50).await.unwrap();
    let to_agency = leased.into_iter().filter(|leased| matches!(leased.destination, Destination::Agency(_)));
    let [leased] = <[Leased; 1]>::try_from(to_agency.collect::<Vec<_>>()).unwrap();
    let outcome = network.send(&leased).await;
    assert!(bed.gateway.settle(&leased, outcome).await.unwrap());
    leased
}

async fn numbers(bed: &Bed) -> Vec<String> {
    let filter = CaseFilter { limit: 5000, ..CaseFilter::default() };
    let cases = bed.gateway.cases(&filter).await.unwrap();
    let mut numbers: Vec<String> = cases.into_iter().map(|case| case.registration_number).collect();
    numbers.sort();
    numbers
}

/// The journal's entries of a type, each without what differs from run to run.
async fn journal(bed: &Bed, kind: &str) -> Vec<Value> {
    bed.entries().await.into_iter().filter(|entry| entry["type"] == kind).collect()
}

fn number(index: u32) -> String {
    format!("33050200202611230000{index:05}")
}

on_both! {
    async fn a_dropped_message_is_answered_by_the_very_receipt_in_its_format(bed: &Bed) {
        let order = message(MINIMAL, &[COUNTY]);
        drop_file(bed, "county", "投诉 1.xml", &order);
        let keeper = Keeper::start(bed);
        until_settled(bed, "county").await;
        let done = part(bed, "county", "done");
        assert_eq!(names(&done), ["投诉 1.xml", "投诉 1.xml.receipt.xml"]);
        assert_eq!(fs::read(done.join("投诉 1.xml")).unwrap(), order);
        let answer = fs::read(done.join("投诉 1.xml.receipt.xml")).unwrap();
        let told = receipt(&answer);
        assert_eq!((&told["outcome"], told["proof"]["text"].is_string()), (&"accepted".into(), true));
        // The same message by the wire gets the same bytes, and under another name the same file does, too.
        assert_eq!(bed.send("county", order.clone()).await.unwrap().receipt, answer);
        drop_file(bed, "county", "again.xml", &order);
        until_settled(bed, "county").await;
        assert_eq!(fs::read(done.join("again.xml.receipt.xml")).unwrap(), answer);
        let entries = journal(bed, "submission").await;
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0]["channel"], "file");
        assert_eq!((entries[0].get("certificate"), entries[0].get("actor")), (None, None));
        keeper.end().await;
    }

    async fn what_is_refused_is_answered_and_what_is_no_file_is_not_read(bed: &Bed) {
        let secret = bed.data().join("secret.xml");
        fs::write(&secret, message(MINIMAL, &[COUNTY])).unwrap();
        let incoming = part(bed, "county", "in");
        symlink(&secret, incoming.join("link.xml")).unwrap();
        fs::create_dir(incoming.join("folder")).unwrap();
        fs::write(incoming.join("unfinished.xml.filepart"), "<").unwrap();
        drop_file(bed, "county", "bad.xml", message(MINIMAL, &[COUNTY, ("330106002026", "33O106002026")]));
        drop_file(bed, "county", "foreign.xml", message(MINIMAL, &[]));
        drop_file(bed, "county", "letter.docx", "PK");
        drop_file(bed, "county", "empty.json", "");
        let keeper = Keeper::start(bed);
        until("what can be settled is", async || names(&incoming) == ["folder", "unfinished.xml.filepart"]).await;
        keeper.end().await;
        assert!(names(&part(bed, "county", "done")).is_empty());
        let refused = part(bed, "county", "refused");
        let told: BTreeMap<String, Value> = names(&refused)
            .into_iter()
            .filter_map(|name| {
                let bytes = fs::read(refused.join(&name)).unwrap();
                let receipt = name.strip_suffix(".receipt.json")?;
                Some((receipt.to_owned(), serde_json::from_slice(&bytes).unwrap()))
            })
            .collect();
        let codes: BTreeMap<&str, &str> = told
            .iter()
            .map(|(name, told)| {
                assert_eq!(told["outcome"], "refused", "{name}");
                (name.as_str(), told["problems"][0]["code"].as_str().unwrap())
            })
            .collect();
        let wanted = [
            ("bad.xml", "digits"),
            ("empty.json", "document-empty"),
            ("foreign.xml", "out-of-scope"),
            ("letter.docx", "file-format-unknown"),
            ("link.xml", "file-none"),
        ];
        assert_eq!(codes, BTreeMap::from(wanted));
        assert!(told["bad.xml"]["problems"][0]["line"].is_number());
        assert!(refused.join("link.xml").is_symlink() && secret.is_file());
        assert!(numbers(bed).await.is_empty());
        let why: Vec<Value> = journal(bed, "refusal").await.into_iter().map(|entry| entry["why"].clone()).collect();
        assert_eq!(why.len(), 5, "{why:?}");
    }

    async fn a_sheet_is_answered_by_a_table_and_one_of_thousands_of_rows_is_imported(bed: &Bed) {
        drop_file(bed, "sheet", "登记表.csv", SHEET.replace(",退款,358.5", ",退钱,358.5"));
        let (heading, rest) = SHEET.split_once('\n').unwrap();
        let row = rest.split_once("\n3301060020261123000000402").unwrap().0;
        let many: Vec<String> =
            (0..1200).map(|n| row.replace("3301060020261123000000401", &format!("33010600202611240000{n:05}"))).collect();
        let file = format!("{heading}\n{}\n", many.join("\n")).replacen("0000007,西溪示范区市场监督管理局,330106", "0000007,x,999999", 1);
        drop_file(bed, "sheet", "many.csv", &file);
        let keeper = Keeper::start(bed);
        until_settled(bed, "sheet").await;
        keeper.end().await;
        let done = part(bed, "sheet", "done");
        assert_eq!(names(&done), [
            "many.csv", "many.csv.answer.csv", "many.csv.receipt.json",
            "登记表.csv", "登记表.csv.answer.csv", "登记表.csv.receipt.json",
        ]);
        let table = fs::read_to_string(done.join("登记表.csv.answer.csv")).unwrap();
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[1].starts_with("1,3301060020261123000000401,已拒绝,,2,") && lines[1].contains("退钱"), "{table}");
        assert!(lines[2].starts_with("2,3301060020261123000000402,已接收,0"), "{table}");
        let report: Value = serde_json::from_slice(&fs::read(done.join("many.csv.receipt.json")).unwrap()).unwrap();
        assert_eq!((&report["records"], &report["refused"]), (&1200.into(), &1.into()));
        let table = fs::read_to_string(done.join("many.csv.answer.csv")).unwrap();
        assert!(table.lines().nth(1).unwrap().starts_with("8,3301060020261124000000007,已拒绝"), "{table}");
        assert_eq!(table.lines().count(), 2, "{table}");
        assert_eq!(numbers(bed).await.len(), 1199 + SHEET.matches("\n33010600").count() - 1);
    }

    async fn what_goes_on_growing_after_it_was_answered_is_taken_again(bed: &Bed) {
        // A transfer that stands still in the middle, at the end of a record, for longer than the quiet time.
        let all: Vec<&str> = SHEET.split_inclusive("\r\n").collect();
        let all = if all.len() > 1 { all } else { SHEET.split_inclusive("\n3301").collect() };
        let half = all[..all.len() - 1].concat();
        let half = half.strip_suffix("\n3301").map_or(half.clone(), |half| format!("{half}\n"));
        let path = part(bed, "sheet", "in").join("slow.csv");
        let mut file = fs::File::create(&path).unwrap();
        std::io::Write::write_all(&mut file, half.as_bytes()).unwrap();
        let keeper = Keeper::start(bed);
        until_settled(bed, "sheet").await;
        let done = part(bed, "sheet", "done");
        let before = numbers(bed).await.len();
        let first = fs::read(done.join("slow.csv.receipt.json")).unwrap();
        std::io::Write::write_all(&mut file, &SHEET.as_bytes()[half.len()..]).unwrap();
        file.sync_all().unwrap();
        until("it is taken again", async || {
            fs::read(done.join("slow.csv.receipt.json")).is_ok_and(|now| now != first)
                && names(&done).contains(&"slow.csv".to_owned())
        })
        .await;
        keeper.end().await;
        assert_eq!(fs::read(done.join("slow.csv")).unwrap(), SHEET.as_bytes());
        assert_eq!(names(&done), ["slow.csv", "slow.csv.answer.csv", "slow.csv.receipt.json"]);
        let after = numbers(bed).await;
        assert_eq!(after.len(), before + 1, "{after:?}");
    }

    async fn messages_lie_in_the_folder_until_they_are_taken_away(bed: &Bed) {
        drop_file(bed, "county", "order.xml", message(MINIMAL, &[COUNTY]));
        let keeper = Keeper::start(bed);
        until_settled(bed, "county").await;
        let filter = CaseFilter { limit: 10, ..CaseFilter::default() };
        let case = bed.gateway.cases(&filter).await.unwrap().remove(0).id;
        bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
        let network = network(bed);
        let leased = placed(bed, &network).await;
        let out = part(bed, "county", "out");
        assert_eq!(names(&out), [format!("00000001-complaint-reply-{}.xml", leased.id)]);
        let file = out.join(names(&out).remove(0));
        assert_eq!(fs::read(&file).unwrap(), leased.body);
        let placed = to_agency(bed, &case).await;
        assert_eq!((placed.state.as_str(), placed.attempts.len()), ("sent", 1));
        assert!(bed.gateway.lease_deliveries("test", 90, 50, 50).await.unwrap().iter().all(|other| other.id != leased.id));
        // The folder is away for a moment: nobody took anything.
        fs::rename(&out, out.with_file_name("away")).unwrap();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(to_agency(bed, &case).await.state, "sent");
        fs::remove_dir(&out).unwrap();
        fs::rename(out.with_file_name("away"), &out).unwrap();
        fs::remove_file(&file).unwrap();
        until("it is known to be taken", async || to_agency(bed, &case).await.state == "received").await;
        // What the agency's case system makes of it, it says by a file, too.
        let original = placed.message_id.unwrap();
        let word = message("reply-receipt-accepted.xml", &[("platform-20261203-0001", &original)]);
        drop_file(bed, "county", "receipt.xml", &word);
        until("its word is heard", async || to_agency(bed, &case).await.state == "accepted").await;
        until_settled(bed, "county").await;
        keeper.end().await;
        let done = part(bed, "county", "done");
        assert!(names(&done).contains(&"receipt.xml.receipt.txt".to_owned()), "{:?}", names(&done));
        let collected = journal(bed, "collected").await;
        assert_eq!(collected.len(), 1);
        assert_eq!(collected[0]["delivery"], leased.id.as_str());
        assert_eq!(journal(bed, "receipt").await[0]["channel"], "file");
    }

    async fn what_lies_in_the_folder_does_not_hold_up_what_follows_in_its_case(bed: &Bed) {
        drop_file(bed, "county", "order.xml", message(MINIMAL, &[COUNTY]));
        let keeper = Keeper::start(bed);
        until_settled(bed, "county").await;
        keeper.end().await;
        let filter = CaseFilter { limit: 10, ..CaseFilter::default() };
        let case = bed.gateway.cases(&filter).await.unwrap().remove(0).id;
        let network = network(bed);
        let acknowledgement = json!({"kind": "complaint-acknowledgement", "decision": "accepted"});
        bed.gateway.reply(&actor(), &case, acknowledgement, None).await.unwrap();
        bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
        let first = placed(bed, &network).await;
        assert_eq!(first.kind, "complaint-acknowledgement", "in order");
        let second = placed(bed, &network).await;
        assert_eq!(second.kind, "complaint-reply", "side by side: nobody took the first away yet");
        let lying = names(&part(bed, "county", "out"));
        assert!(lying[0].contains(first.id.as_str()) && lying[1].contains(second.id.as_str()), "{lying:?}");
        assert_eq!(lying.len(), 2);
    }

    async fn a_keeper_that_dies_at_any_moment_leaves_nothing_undone_or_done_twice(bed: &Bed) {
        let files: Vec<Vec<u8>> = (0..30)
            .map(|n| batch(&format!("county-{n}"), &[number(2 * n), number(2 * n + 1)], &[(0, COUNTY.0, COUNTY.1), (1, COUNTY.0, COUNTY.1)]))
            .collect();
        for (n, file) in files.iter().enumerate() {
            drop_file(bed, "county", &format!("{n:02}.xml"), file);
        }
        let incoming = part(bed, "county", "in");
        for _ in 0..40 {
            let keeper = Keeper::start(bed);
            let moment = Digest::of(bed.clock.now().micros().to_le_bytes().as_slice()).as_bytes()[0];
            bed.advance(1);
            tokio::time::sleep(Duration::from_millis(u64::from(moment) / 2)).await;
            keeper.task.abort();
            let _ = keeper.task.await;
            if names(&incoming).is_empty() {
                break;
            }
        }
        let keeper = Keeper::start(bed);
        until_settled(bed, "county").await;
        keeper.end().await;
        assert_eq!(numbers(bed).await, (0..60).map(number).collect::<Vec<_>>());
        assert_eq!(journal(bed, "submission").await.len(), 30);
        assert_eq!(journal(bed, "record").await.len(), 60);
        let done = part(bed, "county", "done");
        assert_eq!(names(&done).len(), 60);
        for (n, file) in files.iter().enumerate() {
            assert_eq!(&fs::read(done.join(format!("{n:02}.xml"))).unwrap(), file);
            let told = receipt(&fs::read(done.join(format!("{n:02}.xml.receipt.xml"))).unwrap());
            assert_eq!(told["outcome"], "accepted");
        }
    }
}
