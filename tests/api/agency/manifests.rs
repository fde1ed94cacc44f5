//! `/agency/v1/manifests`: a day of both directions over mutual TLS, held against the agency's own book.

use std::path::Path;
use std::process::Command;

use regbridge::clock::Clock as _;
use regbridge::domain::calendar::{CHINA, day_of};
use regbridge::tlog::{Verifier, open as open_note};
use serde_json::json;

use crate::support::{HZ, House, NB, open, sample};

const XML: &str = "application/xml; charset=gb18030";
const NUMBER: &str = "3301060020261123000000018";
const TEXT: &str = "text/plain; charset=utf-8";

/// What the agency wrote down: file, time, direction, kind, id.
struct Book {
    folder: tempfile::TempDir,
    index: String,
}

impl Book {
    fn write(&mut self, name: &str, bytes: &[u8], rest: &str) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
        self.index.extend([name, "\t", rest, "\n"]);
    }

    /// Its manifest, as the example program makes it.
    fn manifest(&self, day: &str) -> Vec<u8> {
        std::fs::write(self.folder.path().join("index.tsv"), &self.index).unwrap();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("ops/examples/manifest.py");
        let made = Command::new("python3")
            .arg(program)
            .args(["make", HZ, day])
            .arg(self.folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        made.stdout
    }
}

/// A day of both directions; the agency's book of it, its day, and it is over.
fn a_day(house: &House) -> (Book, String) {
    let mut book = Book { folder: tempfile::tempdir().unwrap(), index: String::new() };
    let mut client = house.connect_as(HZ);
    let order = sample("order-minimal.xml");
    assert_eq!(client.post("/agency/v1/complaint-order", XML, &order).status, 201);
    let now = house.clock.now();
    let at = now.at_offset(CHINA);
    book.write("order.xml", &order, &format!("{at}\tsubmit\tcomplaint-order\thz-amr-20261123-0002"));
    let reply = json!({"kind": "complaint-reply", "outcome": "settled", "explanation": "已退款"});
    assert_eq!(house.post(NUMBER, reply), "replied");
    let page = client.get("/agency/v1/complaint-reply");
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let id = text.split("<MessageId>").nth(1).and_then(|rest| rest.split("</MessageId>").next()).unwrap();
    let made = page.header("regbridge-made").expect("it says when it was made").to_owned();
    book.write("reply.xml", &page.body, &format!("{made}\treceive\tcomplaint-reply\t{id}"));
    house.clock.advance_millis(36 * 3_600_000);
    (book, day_of(now).to_string())
}

#[test]
fn both_books_of_a_day_are_the_same_bytes_and_a_lost_record_is_found_on_either_side() {
    let house = open();
    let (mut book, day) = a_day(&house);
    let mut client = house.connect_as(HZ);
    let path = format!("/agency/v1/manifests/{day}");
    let ours = client.get(&path);
    assert_eq!(ours.status, 200, "{}", ours.text());
    assert_eq!(ours.text(), String::from_utf8(book.manifest(&day)).unwrap());
    let key = Verifier::parse(client.get("/agency/v1/vkey").text().trim()).unwrap();
    let note = ours.header("regbridge-manifest-note").unwrap();
    let note = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, note).unwrap();
    let opened = open_note(std::str::from_utf8(&note).unwrap(), &[key]).unwrap();
    assert!(ours.text().starts_with(&opened.text) && opened.text.contains("root "), "{}", opened.text);

    let same = client.post(&path, TEXT, &book.manifest(&day));
    assert_eq!((same.status, &same.json()["left"]), (200, &json!(0)), "{}", same.text());
    // The agency lost the reply: it fetches, so it is told to fetch again.
    let whole = book.index.clone();
    book.index = whole.split_inclusive('\n').take(1).collect();
    let lost = client.post(&path, TEXT, &book.manifest(&day)).json();
    let one = &lost["differences"][0];
    assert_eq!(
        (&lost["left"], &one["what"], &one["action"]),
        (&json!(1), &json!("missing-there"), &json!("ask"))
    );
    let since = format!("/agency/v1/complaint-reply?since={day}T00:00:00%2B08:00");
    let again = client.get(&since);
    assert_eq!(again.body, std::fs::read(book.folder.path().join("reply.xml")).unwrap());
    book.index = whole;
    let mended = client.post(&path, TEXT, &book.manifest(&day)).json();
    assert_eq!((&mended["left"], &mended["differences"][0]["state"]), (&json!(0), &json!("settled")));
    // It sent one that never arrived.
    book.write("lost.xml", b"<a/>", &format!("{day}T08:00:00+08:00\tsubmit\tcomplaint-order\tnever-came"));
    let missing = client.post(&path, TEXT, &book.manifest(&day)).json();
    let open: Vec<_> =
        missing["differences"].as_array().unwrap().iter().filter(|d| d["state"] == "open").collect();
    assert_eq!(
        (open.len(), &open[0]["what"], &open[0]["action"]),
        (1, &json!("missing-here"), &json!("re-pull"))
    );
    let kinds: Vec<_> = house.journal().iter().map(|e| e["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "reconciliation").count(), 4);
    let listed = client.get("/agency/v1/manifests").json();
    assert_eq!((&listed["manifests"][0]["day"], &listed["manifests"][0]["count"]), (&json!(day), &json!(2)));
}

#[test]
fn a_manifest_is_its_agencys_of_a_day_that_is_over_and_true() {
    let house = open();
    let (book, day) = a_day(&house);
    let mut client = house.connect_as(HZ);
    let path = format!("/agency/v1/manifests/{day}");
    let text = String::from_utf8(book.manifest(&day)).unwrap();
    let answered = |agency: &str, path: &str, text: &str| {
        let headers = [("Content-Type", TEXT), ("Accept", "application/json")];
        let reply = house.connect_as(agency).post_with(path, &headers, text.as_bytes());
        (reply.status, reply.problem())
    };
    assert_eq!(answered(NB, &path, &text), (403, "out-of-scope".to_owned()), "another's");
    let theirs = house.connect_as(NB).get(&path);
    assert_eq!((theirs.status, theirs.text().contains("count 0")), (200, true), "each is given its own");
    let today = day_of(house.clock.now()).to_string();
    let early = client.get(&format!("/agency/v1/manifests/{today}"));
    assert_eq!((early.status, early.problem()), (409, "day-not-over".to_owned()));
    for (from, to, line) in [
        ("count 2", "count 3", 5),
        ("root ", "root 0", 8),
        ("submit complaint-order 1", "submit complaint-order 2", 7),
    ] {
        let lie = text.replacen(from, to, 1);
        let headers = [("Content-Type", TEXT), ("Accept", "application/json")];
        let reply = client.post_with(&path, &headers, lie.as_bytes());
        assert_eq!(
            (reply.status, &reply.json()["problems"][0]["line"]),
            (422, &json!(line)),
            "{}",
            reply.text()
        );
    }
    for bad in ["2026-2-1", "yesterday", "2000-01-01"] {
        assert_eq!(client.get(&format!("/agency/v1/manifests/{bad}")).status, 404, "{bad}");
    }
    assert_eq!(client.ask("PUT", &path, &[], b"").status, 405);
    assert_eq!(house.refusals(NB), ["foreign-manifest"]);
    assert_eq!(house.refusals(HZ), ["malformed", "malformed", "malformed"]);
}
