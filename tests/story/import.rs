//! A file taken in, killed at any moment and run again.
//!
//! The program imports a file of some thousand orders and is killed without warning, again and again, until one run comes
//! to the end. What would be a failure: a record that is missing or there twice, a case too many or too few, a refused
//! record that is not told or told twice, a journal that does not check out, another report for the same file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::house::{House, PROGRAM, XIHU};
use crate::journal;

/// Records of the file: a hundred transactions, which take some seconds.
const RECORDS: u32 = 6400;

/// Every so many records one is bad.
const BAD: u32 = 97;

/// Power cuts, at random moments of the first second after the program has started.
const CUTS: u32 = 12;

/// Behind how many records each run of the import began.
fn begins(house: &House) -> Vec<u64> {
    let entries = journal::entries(house);
    entries.iter().filter(|e| e["type"] == "import").map(|e| e["after"].as_u64().unwrap()).collect()
}

#[test]
fn a_killed_import_goes_on_and_takes_each_record_once() {
    let house = House::build("");
    house.add_bureau("hz-amr", XIHU, &[]);
    let file = house.file("orders.xml");
    fs::write(&file, orders()).unwrap();
    let file = file.display().to_string();
    let arguments = ["import", "hz-amr", "complaint-order", &*file];

    let begun = Instant::now();
    house.must(&["case", "list"]);
    let start = begun.elapsed();
    let (mut cuts, mut met) = (0, 0);
    let report = loop {
        // On a busy machine a cut may come before anything has begun: then there are more of them.
        if cuts >= CUTS
            && (begins(&house).iter().filter(|after| **after > 0).count() >= 2 || cuts >= 4 * CUTS)
        {
            break house.must(&arguments);
        }
        let mut child = Command::new(PROGRAM)
            .arg("--dir")
            .arg(house.file(""))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A window of records takes about a second without optimisation: some cuts come before it is settled, some behind.
        std::thread::sleep(start + Duration::from_millis(400 + chance(1200)));
        let over = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        cuts += 1;
        met += u32::from(!over);
    };
    assert!(met >= 3, "only {met} of {cuts} cuts came while it ran: the file is too short");

    let bad: BTreeSet<u64> =
        (1..=u64::from(RECORDS)).filter(|index| index.is_multiple_of(u64::from(BAD))).collect();
    let good = u64::from(RECORDS) - bad.len() as u64;
    assert!(report.contains("finished"), "{report}");
    let figures = format!("{RECORDS}: {good} accepted, 0 duplicate, {} refused", bad.len());
    assert!(report.contains(&figures), "{report}");
    assert_eq!(house.must(&arguments), report, "the same file again is the same report");

    journal::is_whole(&house);
    let entries = journal::entries(&house);
    let records: Vec<&Value> = entries.iter().filter(|entry| entry["type"] == "record").collect();
    let taken: BTreeSet<u64> = records.iter().map(|entry| entry["index"].as_u64().unwrap()).collect();
    assert_eq!(records.len() as u64, good, "an entry for each record, and none twice");
    assert!(taken.iter().copied().eq((1..=u64::from(RECORDS)).filter(|index| !bad.contains(index))));
    let opened: BTreeSet<&str> = records.iter().map(|entry| entry["case"].as_str().unwrap()).collect();
    assert_eq!(opened.len() as u64, good);
    assert_eq!(entries.iter().filter(|entry| entry["type"] == "import-end").count(), 1);
    let begun = begins(&house);
    let gone_on = begun.iter().filter(|after| **after > 0).count();
    assert!(begun.is_sorted() && begun.len() > 3 && gone_on >= 3, "{begun:?}");

    let listed = house.must(&["case", "list", "--limit", "10000"]);
    let numbers: Vec<&str> = listed.lines().map(|line| line.split('\t').nth(3).unwrap()).collect();
    let cases: BTreeSet<&str> = listed.lines().map(|line| line.split('\t').next().unwrap()).collect();
    let wanted: BTreeSet<String> =
        (1..=RECORDS).filter(|index| !index.is_multiple_of(BAD)).map(number).collect();
    assert_eq!(numbers.len(), wanted.len(), "no case twice");
    assert!(numbers.iter().all(|number| wanted.contains(*number)));
    assert_eq!(cases, opened);

    let refused = report.lines().find_map(|line| line.strip_prefix("refused  ")).unwrap();
    let refused: Vec<u64> = fs::read_to_string(refused)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["index"].as_u64().unwrap())
        .collect();
    assert!(refused.iter().eq(&bad), "{refused:?}");

    let receipt = report.lines().find_map(|line| line.strip_prefix("report   ")).unwrap();
    let out = tempfile::tempdir().unwrap();
    let exported = out.path().join("out");
    house.must(&["journal", "export", &exported.display().to_string()]);
    let vkey = exported.join("vkey").display().to_string();
    let verified = house.must(&["verify", receipt, "--vkey", &vkey]);
    assert!(verified.contains("\"type\": \"import-end\""), "{verified}");
    println!("{met} of {cuts} power cuts came while it ran; it went on behind records {begun:?}");
}

fn number(index: u32) -> String {
    format!("33010600202611230000{index:05}")
}

/// A message of many orders in UTF-8; some are of a division that is not the bureau's.
fn orders() -> String {
    let mut text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ComplaintOrder xmlns=\"urn:regbridge:cn-amr:1\">\n\
        <Header><MessageId>dump-1</MessageId><SentAt>2026-11-23T09:31:00+08:00</SentAt></Header>\n"
            .to_owned();
    for index in 1..=RECORDS {
        let region = if index.is_multiple_of(BAD) { "110101" } else { XIHU };
        let number = number(index);
        writeln!(
            text,
            "<Order><RegistrationNumber>{number}</RegistrationNumber><RegionCode>{region}</RegionCode>\
             <Complainant><Person><Name>钱示例</Name></Person></Complainant>\
             <Respondent><SoleTrader><Name>示例百货店（演示）</Name></SoleTrader></Respondent>\
             <Facts>第 {index} 件：商品未按约定时间发货，要求退款。</Facts></Order>"
        )
        .unwrap();
    }
    text + "</ComplaintOrder>\n"
}

/// A number below `bound`, from the randomness of a hasher's keys.
fn chance(bound: u64) -> u64 {
    RandomState::new().hash_one(bound) % bound
}
