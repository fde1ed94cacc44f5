//! Agencies that only publish: fetched by cursor, by number and by window of time, in JSON and in XML, over mutual TLS.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::house::{House, XIHU, until};
use crate::journal;

const PROFILE: &str = r#"id = "source-json"
name = "公布的投诉单（测试）"
zone = "+08:00"
encoding = "utf-8"
order = "rows"

[message.page]
label = "一页投诉单"
wire = ["json"]
when = "orders present"
kind = "complaint-order"
block = "page"
bad_records = "skip"

[message.page-xml]
label = "一页投诉单（XML）"
wire = ["xml"]
root = "Page"
kind = "complaint-order"
block = "page"
bad_records = "skip"
"#;

const MAP: &str = r#"page = [
  ["orders", "records", "each order", "", "投诉单"],
  ["next",   "next",    "text 64",    "", "下一页"],
  ["total",  "total",   "int",        "", "总数"],
]

order = [
  ["no",     "registration_number", "text 64",  "must", "编号"],
  ["region", "region",              "digits 6", "must", "区划"],
  ["facts",  "facts",               "text 99",  "must", "内容"],
]
"#;

/// The agency's server, in a process of its own.
struct Source {
    child: Child,
    _open: ChildStdin,
    folder: tempfile::TempDir,
    port: u16,
}

impl Source {
    fn start(house: &House) -> Self {
        house.must(&["pki", "issue", "source", "--server-name", "localhost"]);
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("python3")
            .args(["-c", include_str!("source.py")])
            .arg(folder.path())
            .args([house.file("pki/issued/source.crt"), house.file("pki/issued/source.key")])
            .arg(house.file("pki/ca.crt"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let open = child.stdin.take().unwrap();
        Self { child, _open: open, folder, port: line.trim().parse().unwrap() }
    }

    /// Publishes so many pages of three orders each.
    fn publishes(&self, pages: u32) {
        let order =
            |page: u32, place: u32| json!({"no": format!("T-{page}-{place}"), "region": XIHU, "facts": "某"});
        let page = |page: u32| (1..=3).map(|place| order(page, place)).collect::<Vec<_>>();
        let all: Vec<_> = (1..=pages).map(page).collect();
        fs::write(self.folder.path().join("pages.json"), json!(all).to_string()).unwrap();
    }

    /// What it was asked since the last time.
    fn calls(&self) -> Vec<Value> {
        let file = self.folder.path().join("calls");
        let text = fs::read_to_string(&file).unwrap_or_default();
        fs::remove_file(&file).ok();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A house with an agency that is fetched from by this sync, never by itself; open.
fn house(more: &str) -> (House, Source) {
    let mut house = House::build("");
    let source = Source::start(&house);
    house.write("profiles/source-json/profile.toml", PROFILE.as_bytes());
    house.write("profiles/source-json/page.map.toml", MAP.as_bytes());
    house.must(&["pki", "issue", "pub-amr"]);
    let certificate = house.file("pki/issued/pub-amr.crt");
    house.add_agency("pub-amr", XIHU, &certificate, &["complaint-order"], &["--profile", "source-json"]);
    let file = house.file("agencies/pub-amr.toml");
    let text = fs::read_to_string(&file).unwrap();
    let sync = format!(
        "\n[[syncs]]\nname = 'orders'\nkind = 'complaint-order'\ncron = '0 0 1 1 *'\nrequests_per_minute = 6000\n{}",
        more.replace("PORT", &source.port.to_string())
    );
    fs::write(&file, text + &sync).unwrap();
    house.open();
    (house, source)
}

/// Has the sync run, and waits for what becomes of it.
fn run(house: &House, state: &str) -> String {
    house.must(&["sync", "run", "sync:pub-amr:orders", "--why", "the story"]);
    until(&format!("the run is {state}"), Duration::from_secs(20), || {
        let said = house.must(&["sync", "history", "sync:pub-amr:orders", "--limit", "1"]);
        (said.contains(&format!("\t{state}")) && said.contains("\t1 attempts")).then_some(said)
    })
}

fn cases(house: &House) -> usize {
    house.platform().get(house, "/platform/v1/cases?agency=pub-amr&limit=100")["cases"]
        .as_array()
        .unwrap()
        .len()
}

#[test]
fn a_source_with_cursors_is_fetched_to_its_end_and_on_from_there() {
    let (mut house, source) = house(
        "url = 'https://localhost:PORT/cursor?key=1'\nsize = { parameter = 'limit', records = 3 }\n\
         pages = { by = 'cursor', parameter = 'after', next = 'next' }\n",
    );
    source.publishes(4);
    // It breaks at the third page: what came is kept, and the next run goes on there.
    fs::write(source.folder.path().join("break"), "").unwrap();
    let said = run(&house, "waiting");
    assert!(said.contains("the source answers 503: busy") && said.contains("again "), "{said}");
    assert_eq!((source.calls().len(), cases(&house)), (3, 6));
    let said = run(&house, "done");
    assert!(said.contains("2 pages: 6 records taken in, 0 on pages that were known, 0 bad"), "{said}");
    let calls = source.calls();
    assert_eq!(
        calls[0],
        json!({"path": "/cursor", "query": {"key": "1", "limit": "3", "after": "2"}, "peer": "outbound"})
    );
    assert_eq!((calls.len(), cases(&house)), (2, 12));
    // Nothing new but a page more; and after a power cut the mark is still there.
    source.publishes(5);
    house.cut_power();
    house.open();
    let said = run(&house, "done");
    // The page that was the last names a next one now, and is another page; its records are the same.
    assert!(said.contains("2 pages: 6 records taken in"), "{said}");
    assert_eq!((source.calls().len(), cases(&house)), (2, 15));
    let list = house.must(&["sync", "list"]);
    assert!(list.contains("sync:pub-amr:orders\t0 0 1 1 * Asia/Shanghai\tnext 20"), "{list}");
    assert!(list.contains("keep:deadlines") && list.contains("digest:weekly"), "{list}");
    // Each page is a submission like any other, with its entry; so is each run.
    let journal = journal::entries(&house);
    assert_eq!(
        journal.iter().filter(|entry| entry["type"] == "submission" && entry["channel"] == "pull").count(),
        6
    );
    assert_eq!(
        journal
            .iter()
            .filter(|entry| entry["type"] == "run" && entry["job"] == "sync:pub-amr:orders")
            .count(),
        2
    );
    assert_eq!(
        journal.iter().filter(|entry| entry["type"] == "job-change" && entry["action"] == "run").count(),
        3
    );
}

#[test]
fn a_source_with_numbered_pages_in_xml_is_fetched_and_a_bad_record_told() {
    let (house, source) = house(
        "url = 'https://localhost:PORT/number'\nformat = 'xml'\n\
         pages = { by = 'number', parameter = 'page', total = 'total' }\n",
    );
    source.publishes(3);
    let text = fs::read_to_string(source.folder.path().join("pages.json")).unwrap();
    // Another division's, among the agency's own.
    fs::write(source.folder.path().join("pages.json"), text.replacen(XIHU, "440100", 1)).unwrap();
    let said = run(&house, "done");
    assert!(said.contains("3 pages"), "{said}");
    assert_eq!((source.calls().len(), cases(&house)), (3, 8));
    let said = run(&house, "done");
    assert!(said.contains("0 records taken in, 9 on pages that were known") && cases(&house) == 8, "{said}");
}

#[test]
fn a_source_with_windows_is_asked_from_where_the_last_one_ended() {
    let (house, source) = house(
        "url = 'https://localhost:PORT/window'\n\
         window = { from = 'begin', to = 'end', form = 'unix', overlap_minutes = 10, first_days = 2 }\n",
    );
    source.publishes(2);
    run(&house, "done");
    run(&house, "done");
    let calls = source.calls();
    let bound = |call: &Value, name: &str| call["query"][name].as_str().unwrap().parse::<i64>().unwrap();
    assert_eq!(bound(&calls[0], "end") - bound(&calls[0], "begin"), 2 * 86_400);
    assert_eq!(bound(&calls[0], "end") - bound(&calls[1], "begin"), 600, "by the overlap before it");
    assert_eq!(cases(&house), 6);
    // Paused it does not run but by hand; what is wrong with a name is told.
    let job = ["sync:pub-amr:orders", "--why", "story"];
    house.must(&[&["sync", "pause"], &job[..]].concat());
    assert!(house.must(&["sync", "list"]).contains("paused since"));
    assert!(!house.run(&[&["sync", "pause"], &job[..]].concat()).ok);
    house.must(&[&["sync", "resume"], &job[..]].concat());
    let said = house.run(&["sync", "run", "sync:pub-amr:order", "--why", "x"]);
    assert!(
        !said.ok && said.err.contains("there are ") && said.err.contains("sync:pub-amr:orders"),
        "{}",
        said.err
    );
}

#[test]
fn a_directory_is_a_source_and_its_files_stay() {
    let (house, source) = house("path = 'published'\n");
    source.publishes(1);
    let folder = house.file("published");
    fs::create_dir(&folder).unwrap();
    let orders: Value =
        serde_json::from_slice(&fs::read(source.folder.path().join("pages.json")).unwrap()).unwrap();
    fs::write(folder.join("a.json"), json!({"orders": orders[0]}).to_string()).unwrap();
    fs::write(folder.join(".b.json"), "on its way").unwrap();
    let old = |name: &str| {
        let touched = Command::new("touch").args(["-d", "1 minute ago"]).arg(folder.join(name)).status();
        assert!(touched.unwrap().success());
    };
    let said = run(&house, "done");
    assert!(said.contains("0 pages"), "it may still grow: {said}");
    old("a.json");
    let said = run(&house, "done");
    assert!(said.contains("1 pages: 3 records taken in"), "{said}");
    let said = run(&house, "done");
    assert!(said.contains("0 pages") && folder.join("a.json").exists(), "{said}");
    assert_eq!(cases(&house), 3);
}
