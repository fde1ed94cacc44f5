//! Files as a channel: a county without a client certificate drops files and finds answers; a person brings a file; the
//! typed client of the platform works through what came. The gateway is killed in between, at any moment.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{House, XIHU, until};
use crate::journal;
use crate::letters::{number, order};

const SHEET: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/profiles/county-sheet/samples/complaints-sheet.xlsx");

/// Files that are dropped while power is cut.
const FILES: u32 = 60;

fn county() -> House {
    let house = House::build("");
    let kinds = ["complaint-order", "complaint-reply", "complaint-acknowledgement"];
    let said = house.add_county(XIHU, "cn-amr-xml", &kinds);
    assert!(said.contains("folder"), "{said}");
    // Whole at once: these tests rename.
    let file = house.file("agencies/county.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("quiet_seconds = 10", "quiet_seconds = 0")).unwrap();
    house
}

fn part(house: &House, part: &str) -> PathBuf {
    let path = house.file("folders/county").join(part);
    fs::create_dir_all(&path).unwrap();
    path
}

fn put(house: &House, name: &str, bytes: &[u8]) {
    let folder = part(house, "in");
    let unfinished = folder.join(format!("{name}.part"));
    fs::write(&unfinished, bytes).unwrap();
    fs::rename(unfinished, folder.join(name)).unwrap();
}

fn names(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// A receipt is for this very file, and the journal holds it.
fn verify(house: &House, receipt: &Path, file: &Path) {
    let key = house.file("vkey");
    fs::write(&key, &house.platform().curl(house, "/platform/v1/journal/vkey").call().is(200).body).unwrap();
    let [key, receipt, file] = [&key, receipt, file].map(|path| path.display().to_string());
    house.must(&["verify", "--vkey", &key, "--body", &file, &receipt]);
}

fn client(house: &House, arguments: &[&str]) -> String {
    let output = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/ops/examples/platform.py"))
        .args([house.platform_url(), house.platform().token()])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn files_that_are_dropped_while_power_is_cut_are_answered_once_and_replies_come_back_as_files() {
    let mut house = county();
    for serial in 0..FILES {
        put(&house, &format!("{serial:03}.xml"), &order(serial));
    }
    for _ in 0..6 {
        house.open();
        let before = names(&part(&house, "in")).len();
        // Until it has taken some, and then no longer.
        until("some are taken", Duration::from_mins(1), || {
            (names(&part(&house, "in")).len() < before || before == 0).then_some(())
        });
        house.cut_power();
    }
    house.open();
    until("all are taken", Duration::from_mins(1), || names(&part(&house, "in")).is_empty().then_some(()));
    let done = part(&house, "done");
    assert!(names(&part(&house, "refused")).is_empty());
    assert_eq!(names(&done).len(), 2 * FILES as usize);
    let cases = house.platform().cases(&house);
    let numbers: BTreeSet<&str> =
        cases.iter().map(|case| case["registration_number"].as_str().unwrap()).collect();
    assert_eq!((cases.len(), numbers.len()), (FILES as usize, FILES as usize));
    for serial in 0..FILES {
        assert!(numbers.contains(&*number(serial)));
        let file = done.join(format!("{serial:03}.xml"));
        assert_eq!(fs::read(&file).unwrap(), order(serial), "the bytes as they were dropped");
        let receipt = done.join(format!("{serial:03}.xml.receipt.xml"));
        verify(&house, &receipt, &file);
    }

    // The typed client acknowledges and replies to all of them, and again, which changes nothing.
    let reply = house.file("reply.json");
    fs::write(&reply, json!({"outcome": "settled", "explanation": "已退款"}).to_string()).unwrap();
    let reply = reply.display().to_string();
    let said = client(&house, &["work", &reply]);
    assert_eq!(said.matches("replied now").count(), FILES as usize, "{said}");
    assert_eq!(said.matches("acknowledged now").count(), FILES as usize, "{said}");
    let out = part(&house, "out");
    until("all replies lie there", Duration::from_mins(1), || {
        (names(&out).len() == 2 * FILES as usize).then_some(())
    });
    let again = client(&house, &["work", &reply]);
    assert_eq!(again.matches(" again").count(), 2 * FILES as usize, "{again}");
    let cursor = again.lines().last().unwrap().replace(' ', "=");
    assert_eq!(client(&house, &["work", &reply, &cursor]), format!("{}\n", cursor.replace('=', " ")));
    let states = || -> Vec<String> {
        let page = house.platform().get(&house, "/platform/v1/deliveries?agency=county&limit=200");
        let states = page["deliveries"].as_array().unwrap().iter();
        states.map(|delivery| delivery["state"].as_str().unwrap().to_owned()).collect()
    };
    until("they are known to lie there", Duration::from_secs(30), || {
        states().iter().all(|state| state == "sent").then_some(())
    });
    for name in names(&out) {
        fs::remove_file(out.join(name)).unwrap();
    }
    until("they are known to be taken away", Duration::from_secs(30), || {
        states().iter().all(|state| state == "received").then_some(())
    });
    house.close();
    journal::is_whole(&house);
    let entries = journal::entries(&house);
    let of = |kind: &str| entries.iter().filter(|entry| entry["type"] == kind).count();
    assert_eq!((of("submission"), of("reply")), (FILES as usize, 2 * FILES as usize));
    assert_eq!(of("collected"), 2 * FILES as usize);
}

#[test]
fn a_person_brings_a_file_for_an_agency() {
    let mut house = county();
    let arguments =
        ["agency", "add", "sheet", "--name", "示例县局", "--region", XIHU, "--profile", "county-sheet"];
    house.run(&[arguments.as_slice(), &["--scope", "complaint-order"]].concat());
    house.open();
    let receipt = house.file("receipt.json");
    client(&house, &["file", "sheet", SHEET, &receipt.display().to_string()]);
    let told: Value = serde_json::from_slice(&fs::read(&receipt).unwrap()).unwrap();
    assert_eq!(told["outcome"], "accepted");
    let records = told["records"].as_array().unwrap();
    assert!(records.len() > 1 && records.iter().all(|record| record["outcome"] == "accepted"), "{told}");
    verify(&house, &receipt, Path::new(SHEET));

    let upload = |agency: &str, query: &str, media: &str, body: &[u8]| {
        let path = format!("/platform/v1/agencies/{agency}/files{query}");
        let curl = house.platform().curl(&house, &path);
        curl.header(&format!("Content-Type: {media}")).post(body).call()
    };
    let first = upload("county", "", "application/xml", &order(1)).is(201);
    assert_eq!(
        upload("county", "?kind=complaint-order", "application/xml", &order(1)).is(200).body,
        first.body
    );
    upload("county", "?kind=complaint-closure", "application/xml", &order(2)).is_problem(422, "wrong-kind");
    upload("county", "", "application/xml", b"<a/>").is_problem(422, "malformed");
    upload("county", "", "text/plain", b"a").is_problem(415, "unsupported-media");
    upload("nobody", "", "application/xml", &order(2)).is_problem(404, "not-found");
    upload("county", "?kind=complaint", "application/xml", &order(2)).is_problem(400, "bad-request");
    house.close();
    let entries = journal::entries(&house);
    let brought: Vec<&Value> = entries.iter().filter(|entry| entry["type"] == "submission").collect();
    assert_eq!(brought.len(), 2);
    for entry in brought {
        assert_eq!((&entry["actor"], &entry["channel"]), (&json!("story"), &json!("file")));
        assert!(entry.get("certificate").is_none());
    }
    let refused = entries.iter().filter(|entry| entry["type"] == "refusal" && entry["actor"] == "story");
    assert_eq!(refused.count(), 2);
}
