//! What cannot be read, mapped or awaited: a clear answer in both languages, and a process that lives on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bureau::Bureau;
use crate::curl::{is_chinese, is_english};
use crate::house::{House, XIHU};
use crate::journal;
use crate::letters::{decode, element, encode, number, order, order_text};
use crate::platform::settled;
use crate::python;

/// A body that is wrong in one place.
struct Bad {
    name: &'static str,
    body: Vec<u8>,
    code: &'static str,
    /// Line and column, from 1.
    place: (u32, u32),
    path: &'static str,
    found: &'static str,
    expected: &'static str,
}

/// The order with one piece exchanged, in GB18030.
fn with(piece: &str, other: &str) -> Vec<u8> {
    let text = order_text(1);
    assert_eq!(text.matches(piece).count(), 1, "{piece}");
    encode(&text.replace(piece, other))
}

/// What readers of strangers' XML must refuse. Places are those of the shipped sample.
fn bad_bodies() -> Vec<Bad> {
    const REMARK: &str = "请于期限内反馈";
    let prolog = "<?xml version=\"1.0\" encoding=\"GB18030\"?>\n";
    let bomb = "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
                <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>\n";
    let bomb = order_text(1).replace(prolog, &format!("{prolog}{bomb}")).replace(REMARK, "&d;");
    let two_roots = [order(1), b"<Second/>\n".to_vec()].concat();
    let long_path = "ComplaintOrder/Order/Remark/a/a/a";
    let bad = |name, body, code, place, path, found, expected| Bad {
        name,
        body,
        code,
        place,
        path,
        found,
        expected,
    };
    vec![
        bad(
            "DTD",
            with(prolog, &format!("{prolog}<!DOCTYPE ComplaintOrder>\n")),
            "xml-doctype",
            (2, 1),
            "/",
            "<!DOCTYPE",
            "no DOCTYPE",
        ),
        bad("entity bomb", encode(&bomb), "xml-doctype", (2, 1), "/", "<!DOCTYPE", "no DOCTYPE"),
        bad(
            "unknown entity",
            with(REMARK, "&lol;"),
            "xml-entity",
            (147, 13),
            "ComplaintOrder/Order/Remark",
            "&lol;",
            "&lt; &gt; &amp; &apos; &quot;",
        ),
        bad(
            "100,000 deep",
            with(REMARK, &"<a>".repeat(100_000)),
            "limit-exceeded",
            (147, 196),
            long_path,
            "> 64",
            "≤ 64",
        ),
        bad("two roots", two_roots, "xml-root", (150, 1), "/", "<Second", "one root element"),
        bad("labelled UTF-8", with("GB18030", "UTF-8"), "encoding-malformed", (8, 13), "/", "BA", "UTF-8"),
        bad(
            "unmapped code",
            with("<Type>06</Type>", "<Type>77</Type>"),
            "code-unknown",
            (84, 9),
            "ComplaintOrder/Order/Claims/Claim[2]/Type",
            "77",
            "one of 01, 02",
        ),
        bad(
            "26 digits",
            with(&number(1), &format!("{}0", number(1))),
            "digits",
            (12, 5),
            "ComplaintOrder/Order/RegistrationNumber",
            "33010600202611230000000010",
            "25 digits",
        ),
    ]
}

/// A problem's first place, whole and in both languages.
#[track_caller]
fn is_told(problem: &Value, bad: &Bad) {
    let told = &problem["problems"][0];
    let name = bad.name;
    assert_eq!(told["code"], bad.code, "{name}: {problem}");
    assert_eq!(
        (&told["line"], &told["column"]),
        (&json!(bad.place.0), &json!(bad.place.1)),
        "{name}: {told}"
    );
    let text = |member: &str| told[member].as_str().unwrap_or_default().to_owned();
    assert!(text("path").starts_with(bad.path), "{name}: {told}");
    assert_eq!(text("found"), bad.found, "{name}: {told}");
    assert!(text("expected").starts_with(bad.expected), "{name}: {told}");
    assert!(is_chinese(&told["zh"]) && is_english(&told["en"]), "{name}: {told}");
}

fn house_with_bureau(settings: &str) -> (House, Bureau) {
    let mut house = House::build(settings);
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    (house, bureau)
}

#[test]
fn a_bad_message_is_refused_with_its_place_in_both_languages() {
    let (mut house, bureau) = house_with_bureau("");
    let bodies = bad_bodies();
    for bad in &bodies {
        let problem = bureau.submit(&house, "complaint-order", &bad.body).is_problem(422, "malformed");
        is_told(&problem, bad);
    }
    // The same in the sender's own markup.
    let xml = bureau
        .curl(&house, "/agency/v1/complaint-order")
        .header("Content-Type: text/xml")
        .post(&bodies[6].body)
        .call()
        .is(422);
    assert!(xml.header("content-type").starts_with("application/problem+xml"), "{:?}", xml.headers);
    let told = ["code", "line", "column", "path", "found"].map(|name| element(xml.text(), name).to_owned());
    assert_eq!(told, ["code-unknown", "84", "9", "ComplaintOrder/Order/Claims/Claim[2]/Type", "77"]);

    assert!(house.is_alive() && house.platform().cases(&house).is_empty());
    let entries = journal::entries(&house);
    let noted: Vec<&Value> = entries.iter().filter(|entry| entry["type"] == "refusal").collect();
    assert_eq!(noted.len(), bodies.len() + 1, "each attempt of a known agency once");
    for (entry, bad) in noted.iter().zip(&bodies) {
        assert_eq!(
            (&entry["why"], &entry["codes"]),
            (&json!("malformed"), &json!([bad.code])),
            "{}",
            bad.name
        );
    }
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
}

#[test]
fn the_wrong_label_is_told_from_the_right_one() {
    let (house, bureau) = house_with_bureau("");
    // UTF-8 bytes under the label GB18030: the odd byte out is told, and no nonsense is stored.
    let mislabelled = order_text(1).into_bytes();
    bureau.submit(&house, "complaint-order", &mislabelled).is_problem(422, "malformed");
    let contradicted = bureau
        .curl(&house, "/agency/v1/complaint-order")
        .header("Content-Type: application/xml; charset=UTF-16")
        .header("Accept: application/json")
        .post(&order(1))
        .call();
    contradicted.is_problem(422, "malformed");
    // Any label is right whose bytes are.
    let utf8 = order_text(1).replace("GB18030", "UTF-8");
    bureau.submit(&house, "complaint-order", utf8.as_bytes()).is(201);
}

#[test]
fn a_wrong_check_digit_is_a_warning_in_the_receipt() {
    let (house, bureau) = house_with_bureau("");
    let receipt =
        bureau.submit(&house, "complaint-order", &with("91330106MA00000016", "91330106MA00000017")).is(201);
    let text = decode(&receipt.body);
    assert_eq!(element(&text, "Outcome"), "1", "accepted");
    let problem = element(&text, "Problem");
    assert_eq!(element(problem, "Found"), "91330106MA00000017", "{text}");
    assert!(element(problem, "Path").ends_with("Respondent/Company/Uscc"), "{problem}");
    assert!(is_chinese(&json!(element(problem, "TextZh"))) && is_english(&json!(element(problem, "TextEn"))));
    let case = house.platform().case_of(&house, &number(1));
    assert!(
        case["records"][0]["record"].to_string().contains("91330106MA00000017"),
        "kept as it was written"
    );
}

#[test]
fn what_is_too_slow_too_large_packed_or_of_another_type_is_refused() {
    let limits = "[agency_listener.limits]\nbody_grace_seconds = 1\nbody_seconds = 20\n";
    let (mut house, bureau) = house_with_bureau(limits);
    let send = |header: &str, body: &[u8]| {
        bureau
            .curl(&house, "/agency/v1/complaint-order")
            .header("Accept: application/json")
            .header(header)
            .post(body)
    };

    // 9 MiB, with its length said and without, over HTTP/1.1 and HTTP/2.
    let large = vec![b' '; 9 * 1024 * 1024];
    for version in ["--http1.1", "--http2"] {
        let answer = send("Content-Type: application/xml", &large).flag(version).call();
        answer.is_problem(413, "too-large");
    }
    let chunked =
        send("Content-Type: application/xml", &large).header("Transfer-Encoding: chunked").flag("--http1.1");
    chunked.call().is_problem(413, "too-large");

    let gzip = send("Content-Type: application/xml", &order(1)).header("Content-Encoding: gzip").call();
    gzip.is_problem(415, "unsupported-media");
    for media in [
        "text/plain",
        "application/octet-stream",
        "application/xml; charset=latin1",
        "application/json; charset=gbk",
    ] {
        send(&format!("Content-Type: {media}"), &order(1)).call().is_problem(415, "unsupported-media");
    }
    send("Content-Type;", &order(1)).call().is_problem(415, "unsupported-media");
    let json = send("Content-Type: application/json", b"{}").call();
    assert!(json.status == 422, "the profile has no JSON: {json:?}");

    let start = Instant::now();
    let path = |path: &std::path::Path| path.display().to_string();
    let (authority, certificate, key) =
        (path(&bureau.authority), path(&bureau.certificate), path(&bureau.key));
    let arguments = [house.agencies_address(), &authority, &certificate, &key];
    let answer = python::run(include_str!("slow.py"), &arguments);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("urn:regbridge:problem:too-slow") && answer.contains("报文发送过慢"), "{answer}");
    // One second of grace, then the average counts: a byte a second is cut off at the next look.
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());

    let noted = journal::refusals_of(&house, "hz-amr");
    for why in ["too-large", "unsupported-media", "too-slow"] {
        assert!(noted.iter().any(|noted| noted == why), "{why}: {noted:?}");
    }
    assert!(house.is_alive());
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
}

#[test]
fn a_key_that_is_there_twice_is_refused_where_json_is_read() {
    let (house, bureau) = house_with_bureau("");
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
    let platform = house.platform();
    let case = platform.case_of(&house, &number(1))["id"].as_str().unwrap().to_owned();
    let post = |body: &str| {
        platform
            .curl(&house, &format!("/platform/v1/cases/{case}/replies"))
            .header("Content-Type: application/json")
            .post(body.as_bytes())
            .call()
    };
    let twice = settled().to_string().replacen("{\"contact\"", "{\"outcome\":\"refused\",\n \"contact\"", 1);
    let problem = post(&twice).is_problem(422, "malformed");
    let told = &problem["problems"][0];
    assert_eq!((&told["line"], &told["path"]), (&json!(2), &json!("outcome")), "{problem}");
    assert!(
        told["column"].is_number() && told["found"].is_string() && told["expected"].is_string(),
        "{told}"
    );
    assert!(is_chinese(&told["zh"]) && is_english(&told["en"]), "{told}");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let problem = post(&deep).is_problem(422, "malformed");
    assert_eq!(problem["problems"][0]["code"], "limit-exceeded", "{problem}");
    assert_eq!(platform.case(&house, &case)["state"], "received");
}

#[test]
fn memory_stays_flat_under_all_of_it() {
    let (mut house, bureau) = house_with_bureau("");
    let mut bodies: Vec<Vec<u8>> = bad_bodies().into_iter().map(|bad| bad.body).collect();
    // The largest that is read at all, bad at its very end, and a wide one: 8 MiB hold 2,796,202 elements `<a/>`.
    let wide = |inside: &str| {
        let text = order_text(1).replace("请于期限内反馈", inside);
        encode(&text)
    };
    bodies.push(wide(&"甲".repeat(4 * 1024 * 1024 - 8 * 1024)));
    bodies.push(wide(&"<a/>".repeat(2 * 1024 * 1024 - 4 * 1024)));
    let play = |rounds: u32| {
        for _ in 0..rounds {
            for body in &bodies {
                bureau.submit(&house, "complaint-order", body).is_problem(422, "malformed");
            }
        }
    };
    let (idle, _) = house.memory_kib();
    play(4);
    let (first, _) = house.memory_kib();
    play(8);
    let (last, highest) = house.memory_kib();
    println!(
        "idle {idle} KiB, after 4 rounds {first} KiB, after 12 rounds {last} KiB, at the highest {highest} KiB"
    );
    // Nothing grows with the number of messages: twice as many again add less than one set of what a large one takes.
    assert!(last < first + 32 * 1024, "{first} KiB became {last} KiB");
    // What one message may take: its body (8 MiB, in a vector that doubled: 16), its text as UTF-8 (three bytes for two of
    // GB18030: 12 MiB) and the tree that holds the text again, up to the limit of nodes (about 20) make 48 MiB. The system's
    // allocator keeps as much for each thread that ever did it: two workers, and two that read large bodies.
    assert!(highest < idle + 4 * 48 * 1024, "{idle} KiB rose to {highest} KiB");
    assert!(house.is_alive());
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
}
