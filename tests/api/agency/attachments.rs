//! `/agency/v1/cases/{case}/attachments`: files of any size, in as many pieces as it takes.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use regbridge::domain::digest::Digest;

use crate::support::client::Reply;
use crate::support::{HZ, House, MOST_BYTES, NB, open, open_scanned, sample};

/// The case that the sample opens.
const NUMBER: &str = "3301060020261123000000018";

const TEXT: (&str, &str) = ("Content-Type", "text/plain");
const PARTIAL: (&str, &str) = ("Content-Type", "application/partial-upload");
const JSON: (&str, &str) = ("Accept", "application/json");

/// A house with a case, and the address of its files.
fn with_case(house: &House) -> String {
    let reply = house.connect_as(HZ).post(
        "/agency/v1/complaint-order",
        "application/xml",
        &sample("order-minimal.xml"),
    );
    assert_eq!(reply.status, 201, "{}", reply.text());
    house.files_of(NUMBER)
}

fn text(length: usize) -> Vec<u8> {
    let mut text = String::new();
    for line in 0.. {
        if text.len() >= length {
            break;
        }
        writeln!(text, "line {line} of a witness's statement").unwrap();
    }
    text.into_bytes()
}

fn ask(house: &House, agency: &str, method: &str, path: &str) -> Reply {
    house.connect_as(agency).ask(method, path, &[JSON], b"")
}

fn entries(house: &House, of: &str) -> Vec<serde_json::Value> {
    house.journal().into_iter().filter(|entry| entry["type"] == of).collect()
}

#[test]
fn twenty_megabytes_break_off_and_go_on() {
    let house = open();
    let files = with_case(&house);
    let bytes = text(20_000_000);
    let file = format!("{files}/{}", Digest::of(&bytes));
    // The connection breaks in the middle.
    let mut first = house.connect_as(HZ);
    let head = format!(
        "PUT {file}?role=evidence HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\
         Content-Disposition: attachment; filename*=UTF-8''%E8%AF%81%E8%A8%80.txt\r\n\r\n",
        bytes.len()
    );
    first.send(&head, &bytes[..7_000_000]).unwrap();
    drop(first);
    // How much came before the break is the network's affair: it stands still once the listener has seen the break.
    let end = Instant::now() + Duration::from_mins(1);
    let mut before = 0;
    let offset = loop {
        let reply = ask(&house, HZ, "HEAD", &file);
        let offset: usize = reply.header("upload-offset").unwrap_or("0").parse().unwrap();
        if offset >= 500_000 && offset == before {
            assert_eq!((reply.status, reply.header("upload-complete")), (204, Some("?0")));
            assert_eq!(reply.header("upload-length"), Some(&*bytes.len().to_string()));
            break offset;
        }
        before = offset;
        assert!(Instant::now() < end, "what came is not there: {reply:?}");
        std::thread::sleep(Duration::from_millis(1500));
    };
    assert!(offset <= 7_000_000);
    assert_eq!(ask(&house, HZ, "GET", &file).status, 404, "nothing is given out before it is whole");
    // At another place it does not go on.
    let mut second = house.connect_as(HZ);
    let reply = second.ask("PATCH", &file, &[PARTIAL, JSON, ("Upload-Offset", "5")], b"x");
    assert_eq!((reply.status, reply.problem().as_str()), (409, "upload-offset"));
    assert_eq!(reply.json()["expected-offset"], offset.to_string());
    assert_eq!(reply.json()["provided-offset"], "5");
    // In two more pieces it does.
    let (middle, at) = (&bytes[offset..15_000_000], offset.to_string());
    let headers = [PARTIAL, JSON, ("Upload-Offset", &*at), ("Upload-Complete", "?0")];
    let reply = house.connect_as(HZ).ask("PATCH", &file, &headers, middle);
    assert_eq!((reply.status, reply.header("upload-offset")), (204, Some("15000000")), "{}", reply.text());
    let headers = [PARTIAL, JSON, ("Upload-Offset", "15000000"), ("Upload-Complete", "?1")];
    let reply = house.connect_as(HZ).ask("PATCH", &file, &headers, &bytes[15_000_000..]);
    assert_eq!(reply.status, 201, "{}", reply.text());
    let told = reply.json();
    for (member, value) in [("state", "released"), ("name", "证言.txt"), ("role", "evidence")] {
        assert_eq!(told[member], value, "{told}");
    }
    assert_eq!(told["size"], bytes.len());

    let whole = ask(&house, HZ, "GET", &file);
    assert!(whole.status == 200 && whole.body == bytes);
    assert_eq!(whole.header("content-type"), Some("text/plain"));
    let part = house.connect_as(HZ).ask("GET", &file, &[("Range", "bytes=65530-131080")], b"");
    assert_eq!((part.status, &part.body[..]), (206, &bytes[65530..=131_080]));
    assert_eq!(part.header("content-range"), Some(&*format!("bytes 65530-131080/{}", bytes.len())));
    let beyond = house.connect_as(HZ).ask("GET", &file, &[JSON, ("Range", "bytes=20500000-")], b"");
    assert_eq!((beyond.status, beyond.problem().as_str()), (416, "range-unsatisfiable"));
    let probe = ask(&house, HZ, "HEAD", &file);
    assert_eq!((probe.status, probe.header("upload-complete")), (200, Some("?1")));
    // The same again changes nothing; other bytes under its name are refused.
    let again = house.connect_as(HZ).ask("PUT", &file, &[TEXT, JSON], &bytes);
    assert_eq!((again.status, &again.json()["id"]), (200, &told["id"]));
    let other = house.connect_as(HZ).ask("PUT", &file, &[TEXT, JSON], b"other");
    assert_eq!(other.problem(), "attachment-digest");
    assert_eq!(ask(&house, HZ, "GET", &files).json()["attachments"].as_array().unwrap().len(), 1);

    let sealed = house.sealed();
    assert_eq!(sealed.len(), 1, "nothing on its way is left: {sealed:?}");
    let on_disk = std::fs::read(&sealed[0]).unwrap();
    assert!(!on_disk.windows(10).any(|w| w == b"of a witne"), "nothing of it stands there unsealed");
    assert_eq!(entries(&house, "attachment").len(), 1);
    let reads = entries(&house, "attachment-read");
    assert_eq!((reads.len(), &reads[1]["from"], &reads[1]["bytes"]), (2, &65530.into(), &65551.into()));
    let why: Vec<_> = entries(&house, "attachment-refusal").iter().map(|e| e["why"].clone()).collect();
    assert_eq!(why, ["not-found", "upload-offset", "attachment-digest"]);
}

#[test]
fn what_is_not_what_it_says_leaves_nothing() {
    let house = open();
    let files = with_case(&house);
    let put = |name: &[u8], headers: &[(&str, &str)], body: &[u8]| {
        let headers = [headers, &[JSON]].concat();
        house.connect_as(HZ).ask("PUT", &format!("{files}/{}", Digest::of(name)), &headers, body)
    };
    let reply = put(b"one", &[TEXT], b"another");
    assert_eq!((reply.status, reply.problem().as_str()), (422, "attachment-digest"));
    assert_eq!(reply.json()["expected_sha256"], Digest::of(b"one").to_string());
    assert_eq!(reply.json()["found_sha256"], Digest::of(b"another").to_string());
    let reply = put(b"no picture", &[("Content-Type", "image/png")], b"no picture");
    assert_eq!((reply.status, reply.problem().as_str()), (415, "attachment-type"));
    assert_eq!(reply.json()["declared"], "image/png");
    assert!(reply.json()["detail_zh"].as_str().unwrap().contains("image/png"));
    let program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";
    assert_eq!(put(program, &[], program).problem(), "attachment-type");
    let reply = put(b"x", &[("Content-Type", "application/x-msdownload")], b"x");
    assert!(reply.json()["taken"].as_str().unwrap().contains("image/png"), "{}", reply.text());
    // Announced, by two headers; and not announced.
    let limit = MOST_BYTES.to_string();
    let long = (MOST_BYTES + 1).to_string();
    let reply = put(b"x", &[TEXT, ("Upload-Complete", "?0"), ("Upload-Length", &long)], b"x");
    assert_eq!((reply.status, reply.problem().as_str()), (413, "attachment-too-large"));
    assert_eq!(
        (&reply.json()["limit"], &reply.json()["size"]),
        (&limit.clone().into(), &long.clone().into())
    );
    assert!(reply.json()["detail_zh"].as_str().unwrap().contains(&limit) && reply.text().contains(&long));
    let chunk = text(1_000_000);
    let head = format!(
        "PUT {files}/{} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        Digest::of(b"x")
    );
    let mut client = house.connect_as(HZ);
    client.send(&head, b"").unwrap();
    for _ in 0..30 {
        let line = format!("{:x}\r\n", chunk.len());
        if client.send(&line, &[&chunk[..], b"\r\n"].concat()).is_err() {
            break;
        }
    }
    // Whoever goes on sending may miss the answer; what counts is that nothing stays.
    if let Ok(reply) = client.reply() {
        assert_eq!((reply.status, reply.problem().as_str()), (413, "attachment-too-large"));
    }
    let bad = put(b"x", &[TEXT, ("Content-Range", "bytes 0-0/1")], b"x");
    assert_eq!((bad.status, bad.problem().as_str()), (400, "bad-request"));
    let short = put(b"x", &[TEXT, ("Upload-Length", "2")], b"x");
    assert_eq!((short.status, short.problem().as_str()), (400, "upload-length"));
    let end = Instant::now() + Duration::from_secs(10);
    while !house.sealed().is_empty() {
        assert!(Instant::now() < end, "it stays: {:?}", house.sealed());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(entries(&house, "attachment").is_empty());
    assert!(entries(&house, "attachment-refusal").len() >= 6);
    for path in [format!("{files}/abc"), format!("{files}/{}", Digest::of(b"x").to_string().to_uppercase())] {
        assert_eq!(ask(&house, HZ, "GET", &path).status, 404);
    }
    // One that was begun and given up.
    let file = format!("{files}/{}", Digest::of(b"hello"));
    assert_eq!(put(b"hello", &[TEXT, ("Upload-Complete", "?0")], b"hel").status, 201);
    assert_eq!(ask(&house, HZ, "HEAD", &file).header("upload-offset"), Some("3"));
    assert_eq!(ask(&house, HZ, "DELETE", &file).status, 204);
    assert_eq!((ask(&house, HZ, "HEAD", &file).status, ask(&house, HZ, "DELETE", &file).status), (404, 404));
}

#[test]
fn another_agencys_case_is_not_there_and_a_scope_is_asked_for() {
    let house = open();
    let files = with_case(&house);
    let file = format!("{files}/{}", Digest::of(b"hello"));
    assert_eq!(house.connect_as(HZ).ask("PUT", &file, &[TEXT], b"hello").status, 201);
    for (method, path) in [
        ("GET", &files),
        ("GET", &file),
        ("HEAD", &file),
        ("PUT", &file),
        ("PATCH", &file),
        ("DELETE", &file),
    ] {
        let headers = [PARTIAL, JSON, ("Upload-Offset", "0")];
        let reply = house.connect_as(NB).ask(method, path, &headers, b"");
        assert_eq!(reply.status, 404, "{method} {path}");
    }
    house.amend(HZ, |toml| {
        toml.replace("complaint-order", "disposal-order").replace("complaint-reply", "disposal-result")
    });
    for (method, path) in
        [("GET", &files), ("GET", &file), ("HEAD", &file), ("PUT", &file), ("DELETE", &file)]
    {
        assert_eq!(house.connect_as(HZ).ask(method, path, &[JSON], b"").status, 403, "{method} {path}");
    }
    assert!(entries(&house, "attachment-refusal").iter().any(|e| e["by"] == "agency:nb-amr"));
    // No other method.
    let reply = ask(&house, HZ, "POST", &file);
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD, PUT, PATCH, DELETE")));
}

#[test]
fn what_the_platform_brings_is_the_agencys_to_read_once_a_reply_names_it() {
    let house = open();
    let files = with_case(&house);
    let digest = house.platform_brings(NUMBER, b"a refund receipt");
    let file = format!("{files}/{digest}");
    assert_eq!(ask(&house, HZ, "GET", &file).status, 404);
    assert_eq!(ask(&house, HZ, "GET", &files).json()["attachments"], serde_json::json!([]));
    let reply = |digest: &str| {
        serde_json::json!({
            "kind": "complaint-reply", "schema_version": "1", "outcome": "settled", "explanation": "已退款",
            "evidence": [{"kind": "payment", "file": {"sha256": digest, "name": "凭证.txt"}}],
        })
    };
    let refused = house.refused(NUMBER, reply(&Digest::of(b"never brought").to_string()));
    let regbridge::exchange::Refused::Malformed { problems, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((&*problems[0].code, &*problems[0].path), ("attachment-missing", "evidence[1].file"));
    assert_eq!(house.post(NUMBER, reply(&digest.to_string())), "replied");
    assert_eq!(ask(&house, HZ, "GET", &file).body, b"a refund receipt");
    let message = ask(&house, HZ, "GET", "/agency/v1/complaint-reply");
    assert!(message.text().contains(&digest.to_string()), "{}", message.text());
}

#[test]
fn a_scanner_decides_before_a_file_is_released() {
    let house = open_scanned();
    let files = with_case(&house);
    let minute = Duration::from_mins(1);
    let put = |bytes: &[u8]| {
        let file = format!("{files}/{}", Digest::of(bytes));
        let reply = house.connect_as(HZ).ask("PUT", &file, &[TEXT], bytes);
        assert_eq!((reply.status, &reply.json()["state"]), (201, &"waiting".into()));
        file
    };
    let clean = put(b"a clean file");
    let waiting = ask(&house, HZ, "GET", &clean);
    assert_eq!((waiting.status, waiting.problem().as_str()), (423, "attachment-waiting"));
    assert!(waiting.header("retry-after").is_some());
    // No verdict: by its status, by a signal, by its time, by its absence.
    for command in ["cat > /dev/null; exit 2", "kill -9 $$", "nosuchprogram"] {
        assert_eq!(house.scan(command, minute), 1, "{command}");
        assert_eq!(ask(&house, HZ, "GET", &clean).status, 423, "{command}");
        assert_eq!(house.scan("exit 0", minute), 0, "not before its time: {command}");
        house.clock.advance_millis(3_700_000);
    }
    let start = Instant::now();
    assert_eq!(house.scan("sleep 60", Duration::from_millis(300)), 1);
    assert!(start.elapsed() < Duration::from_secs(30));
    house.clock.advance_millis(3_700_000);
    assert_eq!(house.scan("test \"$(cat)\" = 'a clean file'", minute), 1);
    assert_eq!(ask(&house, HZ, "GET", &clean).body, b"a clean file");
    let infected = put(b"an infected file");
    assert_eq!(house.scan("grep -q infected && exit 1; exit 0", minute), 1);
    let gone = ask(&house, HZ, "GET", &infected);
    assert_eq!((gone.status, gone.problem().as_str()), (410, "attachment-refused"));
    assert_eq!(house.sealed().len(), 1, "its bytes are gone");
    let scans = entries(&house, "attachment-scan");
    let states: Vec<_> = scans.iter().map(|entry| &entry["state"]).collect();
    assert_eq!(states, ["released", "refused"]);
}
