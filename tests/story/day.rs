//! A day: three bureaus in three formats and on three roads, two food agencies, a police desk, an office that orders a
//! sweep and asks for assistance, large files; power cuts and a bureau that is down in between. In the evening the books
//! of both sides agree, message by message, by digest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::bureau::Bureau;
use crate::curl::Answer;
use crate::endpoint::Endpoint;
use crate::every_kind;
use crate::house::{House, XIHU, until};
use crate::journal;
use crate::letters::{encode, order_text};

/// Complaint orders of each of the first two bureaus; the third drops the rest of a thousand.
const EACH: u32 = 333;
const DROPPED: u32 = 1000 - 2 * EACH;
const RESULTS: u32 = 500;
const LEADS: u32 = 50;
const LISTINGS: u32 = 2000;
/// Two files of that size.
const FILE: usize = 100_000_000;

/// What an agency keeps: what it sent, with the receipt that it got.
#[derive(Default)]
struct Book(Vec<(Vec<u8>, Vec<u8>)>);

struct Day {
    house: House,
    bureau: Bureau,
    shop: Bureau,
    office: Bureau,
    door: Endpoint,
    books: BTreeMap<&'static str, Book>,
}

fn profile(house: &House, id: &str, files: BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files {
        house.write(&format!("profiles/{id}/{name}"), &bytes);
    }
}

impl Day {
    fn dawn() -> Self {
        let mut house = House::build("");
        profile(&house, "every-json", every_kind::files());
        profile(&house, "feed-json", crate::feed_profile::files());
        let door = Endpoint::of_bureau(&house, "door");
        let push = format!("https://localhost:{}/in", door.port);
        let bureau = house.add_bureau("hz-amr", XIHU, &["--push", &push]);
        let add = |id: &str, profile: &str, kinds: &[&str]| {
            house.must(&["pki", "issue", id]);
            let certificate = house.file(&format!("pki/issued/{id}.crt"));
            house.add_agency(id, XIHU, &certificate, kinds, &["--profile", profile]);
            house.bureau(id)
        };
        let shop = add("wx", "cn-12315-json", &["complaint-order"]);
        add("fda-food", "feed-json", &["inspection-result"]);
        add("fda-all", "feed-json", &["inspection-result"]);
        add("police", "every-json", &["enforcement-lead", "lead-outcome"]);
        let kinds = ["disposal-order", "disposal-result", "assistance-request", "assistance-reply"];
        let office = add("office", "every-json", &kinds);
        house.add_county(XIHU, "county-sheet", &["complaint-order"]);
        let edit = |agency: &str, from: &str, to: &str| {
            let file = format!("agencies/{agency}.toml");
            let text = fs::read_to_string(house.file(&file)).unwrap();
            assert!(text.contains(from), "{text}");
            house.write(&file, text.replace(from, to).as_bytes());
        };
        edit("county", "quiet_seconds = 10", "quiet_seconds = 0");
        edit("fda-food", "direction = \"receive\"", "direction = \"receive\"\ncategories = [\"食品\"]");
        house.open();
        Self { house, bureau, shop, office, door, books: BTreeMap::new() }
    }

    /// Power fails, and comes back.
    fn blackout(&mut self) {
        self.house.cut_power();
        self.house.open();
    }

    /// An agency sends a message, as often as it takes; what it keeps.
    fn send(&mut self, agency: &'static str, kind: &str, media: &str, body: Vec<u8>) -> Answer {
        let sender = match agency {
            "hz-amr" => &self.bureau,
            "wx" => &self.shop,
            _ => &self.office,
        };
        let house = &self.house;
        let answer = until("it is taken", Duration::from_mins(1), || {
            let curl = sender.curl(house, &format!("/agency/v1/{kind}"));
            curl.header(&format!("Content-Type: {media}")).post(&body).try_call().ok()
        });
        assert!(matches!(answer.status, 200 | 201), "{agency} {}: {}", answer.status, answer.text());
        self.books.entry(agency).or_default().0.push((body, answer.body.clone()));
        answer
    }

    fn platform(&self, path: &str, items: &Value) -> Value {
        let curl = self.house.platform().curl(&self.house, path).header("Content-Type: application/json");
        curl.post(items.to_string().as_bytes()).call().is(200).json()
    }

    fn client(&self, words: &[&str]) -> bool {
        let status = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/ops/examples/platform.py"))
            .args([self.house.platform_url(), self.house.platform().token()])
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.unwrap().success()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.house.file(name)
    }

    /// A thousand complaints, in three formats, while power fails.
    fn complaints(&mut self) {
        let sheet = include_str!("../../schemas/profiles/county-sheet/samples/complaints.csv");
        let (heading, rest) = sheet.split_once('\n').unwrap();
        let row = rest.split_once("\n3301060020261123000000402").unwrap().0;
        let incoming = self.file("folders/county/in");
        fs::create_dir_all(&incoming).unwrap();
        for (number, part) in (0..DROPPED).collect::<Vec<_>>().chunks(84).enumerate() {
            let rows: Vec<String> = part
                .iter()
                .map(|serial| {
                    row.replace("3301060020261123000000401", &format!("33010600202611250{serial:08}"))
                })
                .collect();
            fs::write(incoming.join("x.part"), format!("{heading}\n{}\n", rows.join("\n"))).unwrap();
            fs::rename(incoming.join("x.part"), incoming.join(format!("sheet-{number}.csv"))).unwrap();
        }
        let letter = |message: &str, from: u32, to: u32| {
            let one = order_text(from);
            let (head, tail) = (one.find("<Order>").unwrap(), one.find("</Order>").unwrap());
            let orders: Vec<String> = (from..to)
                .map(|serial| {
                    let text = order_text(serial);
                    text[text.find("<Order>").unwrap()..text.find("</Order>").unwrap()].to_owned()
                        + "</Order>"
                })
                .collect();
            let head = one[..head].replace(&format!("order-{from}"), message);
            encode(&format!("{head}{}{}", orders.join(""), &one[tail + "</Order>".len()..]))
        };
        let list: Value = serde_json::from_str(include_str!(
            "../../schemas/profiles/cn-12315-json/samples/complaint-list.json"
        ))
        .unwrap();
        for (turn, from) in (0..EACH).step_by(84).enumerate() {
            let to = (from + 84).min(EACH);
            self.send(
                "hz-amr",
                "complaint-order",
                "application/xml",
                letter(&format!("day-{turn}"), from, to),
            );
            let mut page = list.clone();
            let mut one = page["data"][0].clone();
            page["data"] = (from..to)
                .map(|serial| {
                    one["complaint_id"] = json!(format!("20020182026112310108{serial:07}"));
                    one.clone()
                })
                .collect();
            page["total_count"] = json!(to - from);
            self.send("wx", "complaint-order", "application/json", page.to_string().into_bytes());
            if turn == 1 {
                self.blackout();
            }
        }
        let house = &self.house;
        until("the sheets are taken", Duration::from_mins(2), || {
            let waiting = fs::read_dir(&incoming)
                .unwrap()
                .filter(|entry| !entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
            (waiting.count() == 0).then_some(())
        });
        let done = house.file("folders/county/done");
        let book = self.books.entry("county").or_default();
        for entry in fs::read_dir(&done).unwrap() {
            let path = entry.unwrap().path();
            let receipt = PathBuf::from(format!("{}.receipt.json", path.display()));
            if receipt.is_file() {
                book.0.push((fs::read(&path).unwrap(), fs::read(receipt).unwrap()));
            }
        }
    }

    /// The bureau is down while the platform replies to all of its complaints, and power fails.
    fn replies(&mut self) {
        self.door.be_down(true);
        let reply = self.file("reply.json");
        fs::write(&reply, json!({"outcome": "settled", "explanation": "已退款"}).to_string()).unwrap();
        let reply = reply.display().to_string();
        assert!(
            self.client(&["work", &reply]),
            "those who cannot be answered are told, the others are answered"
        );
        self.blackout();
        assert!(self.client(&["work", &reply]), "again, which changes nothing");
        self.door.be_down(false);
    }

    fn results(&mut self) {
        let items: Value = (0..RESULTS)
            .map(|number| {
                let category = if number % 2 == 0 { "食品" } else { "玩具" };
                json!({
                    "idempotency_key": format!("result-{number}"),
                    "record": {
                        "registration_number": format!("R-{number:04}"), "region": XIHU, "verdict": "pass",
                        "report": { "number": format!("B-{number:04}") },
                        "samples": [{ "goods": { "name": "示例", "category": category } }],
                    },
                })
            })
            .collect();
        let answers = self.platform("/platform/v1/records/inspection-result", &items);
        assert!(answers["items"].as_array().unwrap().iter().all(|item| item["status"] == 201), "{answers}");
    }

    fn leads(&mut self) {
        let items: Value = (0..LEADS)
            .map(
                |number| json!({"record": {"registration_number": format!("L-{number:02}"), "region": XIHU}}),
            )
            .collect();
        let answers = self.platform("/platform/v1/records/enforcement-lead", &items);
        assert!(answers["items"].as_array().unwrap().iter().all(|item| item["status"] == 201), "{answers}");
        self.blackout();
        let agencies = self.house.agencies().to_owned();
        let said = self.house.must(&["simulate", "police", &agencies, "police", "--decision", "received"]);
        assert_eq!(said.matches("the receipt verifies").count(), LEADS as usize, "{said}");
    }

    /// A sweep for a keyword, with every listing accounted for; a request for assistance, released by two.
    fn office(&mut self) {
        for (kind, number) in [("disposal-order", "S-1"), ("assistance-request", "A-1")] {
            self.send("office", kind, "application/json", every_kind::message(kind, number, XIHU));
        }
        let case = |number: &str| {
            self.house.platform().case_of(&self.house, number)["id"].as_str().unwrap().to_owned()
        };
        let manifest: Vec<Value> = (1..=LISTINGS)
            .map(|listing| {
                if listing % 40 == 0 {
                    json!({"listing": listing.to_string(), "action": "nothing", "why_not": "与关键字无关"})
                } else {
                    json!({
                        "listing": listing.to_string(), "action": "delisted", "at": "2026-11-28T15:00:00+08:00",
                        "evidence": { "sha256": format!("{listing:064x}"), "url": format!("https://evidence.example/{listing}") },
                    })
                }
            })
            .collect();
        let result = json!({"kind": "disposal-result", "status": "received", "manifest": manifest});
        self.house.platform().post_record(&self.house, &case("S-1"), "sweep", &result).is(201);
        let approve = json!({"kind": "assistance-reply", "decision": "received"});
        self.house.platform().post_record(&self.house, &case("A-1"), "a-1", &approve).is(201);
        let agencies = self.house.agencies().to_owned();
        for kind in ["disposal-result", "assistance-reply"] {
            let keep = self.file("office").display().to_string();
            let said =
                self.house.must(&["simulate", "food", &agencies, "office", "--kind", kind, "--keep", &keep]);
            assert!(said.contains("pulled   1 records"), "{said}");
        }
        let pulled: Value =
            serde_json::from_slice(&fs::read(self.file("office/disposal-result-000001")).unwrap()).unwrap();
        let listings = pulled["disposal-result"]["listings"].as_array().unwrap();
        assert_eq!(listings.len(), LISTINGS as usize);
        assert_eq!((&listings[38]["did"], &listings[39]["why"]), (&json!("1"), &json!("与关键字无关")));
    }

    /// 200 MB of files for a case of the first bureau's, and back.
    fn files(&mut self) {
        let number = crate::letters::number(0);
        let case = self.house.platform().case_of(&self.house, &number)["id"].as_str().unwrap().to_owned();
        for turn in 0..2 {
            let file = self.file("large");
            let mut bytes: Vec<u8> = (0..=250_u8).cycle().take(FILE).collect();
            bytes[..8].copy_from_slice(format!("large {turn}\n").as_bytes());
            fs::write(&file, &bytes).unwrap();
            let sum = sha256(&file);
            let path = format!("/agency/v1/cases/{case}/attachments/{sum}");
            let put = self.bureau.curl(&self.house, &path).header("Content-Type: application/octet-stream");
            put.file("--upload-file", &file).call().is(201);
            let back = self.file("back");
            let answer = self.bureau.curl(&self.house, &path).call().is(200);
            fs::write(&back, &answer.body).unwrap();
            assert_eq!(sha256(&back), sum);
            fs::remove_file(&back).unwrap();
            fs::remove_file(&file).unwrap();
        }
    }

    /// What a food agency has in the evening: the messages that it pulled, all windows checked.
    fn pulled(&self, agency: &str) -> BTreeSet<String> {
        let folder = self.file(&format!("pulled-{agency}"));
        fs::create_dir_all(&folder).unwrap();
        let path = |name: String| self.file(&name).display().to_string();
        let status = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/ops/examples/puller.py"))
            .args([self.house.agencies(), &path("pki/ca.crt".to_owned())])
            .args([path(format!("pki/issued/{agency}.crt")), path(format!("pki/issued/{agency}.key"))])
            .args(["inspection-result", &folder.display().to_string(), "limit=70"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
        let messages = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        messages
            .filter(|path| !path.ends_with("state.json"))
            .map(|path| {
                let text = fs::read_to_string(&path).unwrap();
                let message: Value = serde_json::from_str(&text).unwrap();
                message["results"][0]["number"].as_str().unwrap().to_owned()
            })
            .collect()
    }
}

fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn in_the_evening_both_sides_books_agree() {
    let mut day = Day::dawn();
    day.complaints();
    day.replies();
    day.results();
    day.leads();
    day.office();
    day.files();

    // Every complaint is one case; every reply reached the bureau that was down, once for each delivery.
    let cases = day.house.platform().cases(&day.house);
    let of = |agency: &str| {
        cases.iter().filter(|case| case["agency"] == agency && case["topic"] == "complaint").count()
    };
    assert_eq!((of("hz-amr"), of("wx"), of("county")), (EACH as usize, EACH as usize, DROPPED as usize));
    let door = &day.door;
    let good = || door.book().into_iter().filter(|came| came.status == 200);
    until("all replies are there", Duration::from_mins(3), || {
        let ids: BTreeSet<String> = good().map(|came| came.header("regbridge-delivery").to_owned()).collect();
        (ids.len() == 2 * EACH as usize).then_some(())
    });
    let page =
        day.house.platform().get(&day.house, "/platform/v1/deliveries?agency=hz-amr&limit=200&state=queued");
    assert_eq!(page["deliveries"].as_array().unwrap().len(), 0);

    let all = day.pulled("fda-all");
    assert_eq!(all.len(), RESULTS as usize);
    let food = day.pulled("fda-food");
    let even: BTreeSet<String> = (0..RESULTS).step_by(2).map(|number| format!("R-{number:04}")).collect();
    assert_eq!(food, even);

    // The agencies' books against the journal: each receipt verifies for its very message, and the entry that it proves is
    // the one that the exported journal has there.
    let key = day.file("vkey");
    let vkey = day.house.platform().curl(&day.house, "/platform/v1/journal/vkey").call().is(200).body;
    fs::write(&key, vkey).unwrap();
    // What left for the bureau, by the journal and by its own door.
    let sent: BTreeSet<String> = good().map(|came| came.header("regbridge-delivery").to_owned()).collect();
    day.house.close();
    journal::is_whole(&day.house);
    let entries = journal::entries(&day.house);
    let mut proved = 0;
    for (agency, book) in &day.books {
        let mine = entries
            .iter()
            .filter(|entry| entry["type"] == "submission" && entry["agency"] == *agency)
            .count();
        assert_eq!(mine, book.0.len(), "{agency}: as many submissions as it has receipts");
        for (body, receipt) in &book.0 {
            let (sent, kept) = (day.file("sent"), day.file("kept"));
            fs::write(&sent, body).unwrap();
            fs::write(&kept, receipt).unwrap();
            let [key, sent, kept] = [&key, &sent, &kept].map(|path| path.display().to_string());
            let said = day.house.must(&["verify", "--vkey", &key, "--body", &sent, &kept]);
            let entry: Value = serde_json::from_str(&said[said.find('{').unwrap()..]).unwrap();
            assert!(entries.contains(&entry), "{agency}: {entry}");
            proved += 1;
        }
    }
    assert_eq!(proved, 4 + 4 + 4 + 2, "letters, lists, sheets, and two of the office");
    let replies: BTreeSet<String> = entries
        .iter()
        .filter(|entry| entry["type"] == "reply" && entry["agency"] == "hz-amr")
        .map(|entry| entry["delivery"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(replies, sent);
    let count = |kind: &str, member: &str, value: &str| {
        entries.iter().filter(|entry| entry["type"] == kind && entry[member] == value).count()
    };
    assert_eq!(count("reply", "kind", "inspection-result"), (RESULTS + RESULTS / 2) as usize);
    assert_eq!(count("submission", "kind", "lead-outcome"), LEADS as usize);
    assert_eq!(entries.iter().filter(|entry| entry["type"] == "attachment").count(), 2);
    let starts = entries.iter().filter(|entry| entry["type"] == "start").count();
    assert_eq!(starts, 4, "dawn, and three power cuts");
}
