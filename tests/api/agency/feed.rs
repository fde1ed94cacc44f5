//! `GET /agency/v1/{kind}` with pages of many records: cursors, filters, waiting, and a puller that checks windows.

use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::Reply;
use crate::support::{FDA, House, NB, PROVINCE, open};

const RESULTS: &str = "/agency/v1/inspection-result";

fn lay(house: &House, numbers: std::ops::Range<u32>) {
    for number in numbers {
        house.post_open("inspection-result", result(&number.to_string(), "330106", "食品")).unwrap();
    }
}

fn result(number: &str, region: &str, category: &str) -> Value {
    json!({
        "registration_number": number, "region": region, "verdict": "pass",
        "report": { "number": format!("R-{number}") },
        "samples": [{ "goods": { "name": "示例饼干", "category": category } }],
        "remark": "长".repeat(200),
    })
}

#[test]
fn pages_follow_each_other_by_signed_cursors() {
    let house = open();
    lay(&house, 0..5);
    let mut client = house.connect_as(FDA);
    let first = client.get(&format!("{RESULTS}?limit=3"));
    assert_eq!((first.status, first.header("regbridge-window-count")), (200, Some("3")));
    assert_eq!(first.json()["results"].as_array().unwrap().len(), 3);
    let cursor = first.header("regbridge-next").unwrap().to_owned();
    assert!(cursor.starts_with("c1."), "{cursor}");
    let second = client.get(&format!("{RESULTS}?after={cursor}&limit=3"));
    assert_eq!(second.header("regbridge-window-previous"), first.header("regbridge-window-root"));
    let cursor = second.header("regbridge-next").unwrap().to_owned();
    let end = client.get(&format!("{RESULTS}?after={cursor}"));
    assert_eq!((end.status, end.header("regbridge-next")), (204, Some(&*cursor)));
    // A client that counts goes on as it always did, and can change.
    let plain = client.get(RESULTS);
    assert_eq!((plain.status, plain.header("regbridge-next")), (200, Some("1")));
    assert_eq!(plain.json()["results"].as_array().unwrap().len(), 1);
    let cursor = plain.header("regbridge-cursor").unwrap().to_owned();
    let rest = client.get(&format!("{RESULTS}?after={cursor}"));
    assert_eq!(rest.header("regbridge-window-count"), Some("4"));
}

#[test]
fn a_forged_foreign_or_outworn_cursor_is_told_apart_and_a_filter_beyond_the_scope_is_refused() {
    let house = open();
    lay(&house, 0..2);
    let page = house.connect_as(FDA).get(&format!("{RESULTS}?limit=1"));
    let cursor = page.header("regbridge-next").unwrap().to_owned();
    let refused = |agency: &str, path: &str, status: u16, slug: &str, why: &str| {
        let reply = house.connect_as(agency).get(path);
        assert_eq!((reply.status, reply.problem().as_str()), (status, slug), "{path}");
        let problem = reply.json();
        assert!(problem["detail"].as_str().unwrap().contains(why), "{path}: {problem}");
    };
    let middle = cursor.len() / 2;
    let other = if &cursor[middle..=middle] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &cursor[..middle], &cursor[middle + 1..]);
    refused(FDA, &format!("{RESULTS}?after={forged}"), 400, "bad-cursor", "its signature does not fit");
    refused(PROVINCE, &format!("{RESULTS}?after={cursor}"), 400, "bad-cursor", "another agency");
    refused(
        FDA,
        &format!("/agency/v1/enforcement-lead?after={cursor}"),
        400,
        "bad-cursor",
        "inspection-result",
    );
    refused(FDA, &format!("{RESULTS}?after={cursor}&region=330106"), 400, "bad-cursor", "another filter");
    refused(FDA, &format!("{RESULTS}?after=1&limit=2"), 400, "bad-request", "no other parameter");
    refused(FDA, &format!("{RESULTS}?region=330000"), 403, "out-of-scope", "region 330000");
    refused(FDA, &format!("{RESULTS}?category=toys"), 403, "out-of-scope", "category toys");
    house.change_cursor_keys(&[[8; 32], [9; 32]]);
    let read = house.connect_as(FDA).get(&format!("{RESULTS}?after={cursor}"));
    assert_eq!(read.status, 200, "the old key still reads");
    house.change_cursor_keys(&[[8; 32]]);
    refused(FDA, &format!("{RESULTS}?after={cursor}"), 400, "bad-cursor", "not in use any more");
    assert_eq!(house.refusals(FDA).iter().filter(|why| *why == "bad-cursor").count(), 4);
    assert_eq!(house.refusals(FDA).iter().filter(|why| *why == "out-of-scope").count(), 2);
}

#[test]
fn a_request_that_waits_is_woken_by_what_arrives() {
    let house = open();
    let mut client = house.connect_as(FDA);
    let start = Instant::now();
    let reply = client.get(&format!("{RESULTS}?wait=1"));
    assert_eq!(reply.status, 204);
    assert!(start.elapsed() >= Duration::from_millis(950), "it waits as long as it was told");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let start = Instant::now();
            (house.connect_as(FDA).get(&format!("{RESULTS}?wait=9")), start.elapsed())
        });
        thread::sleep(Duration::from_millis(700));
        lay(&house, 0..1);
        let (reply, took) = waiting.join().unwrap();
        assert_eq!((reply.status, reply.header("regbridge-window-count")), (200, Some("1")));
        assert!(took < Duration::from_secs(6), "{took:?}");
    });
}

#[test]
fn only_so_many_requests_of_an_agency_wait_at_once() {
    let house = open();
    let mut waiting: Vec<_> = (0..16).map(|_| house.connect_as(FDA)).collect();
    for client in &mut waiting {
        client.send(&format!("GET {RESULTS}?wait=4 HTTP/1.1\r\nHost: localhost\r\n\r\n"), b"").unwrap();
    }
    thread::sleep(Duration::from_millis(1500));
    let reply = house.connect_as(FDA).get(&format!("{RESULTS}?wait=4"));
    assert_eq!((reply.status, reply.problem().as_str()), (429, "too-many-requests"));
    assert_eq!(
        house.connect_as(FDA).get(&format!("{RESULTS}?limit=1")).status,
        204,
        "who does not wait is served"
    );
    assert_eq!(house.connect_as(PROVINCE).get(&format!("{RESULTS}?wait=1")).status, 204, "others wait");
    for mut client in waiting {
        assert_eq!(client.reply().unwrap().status, 204);
    }
}

/// Runs the example puller, or this script with the puller in reach.
fn python(house: &House, script: Option<&str>, more: &[&str]) -> Output {
    let (certificate, key) = house.authority.issued_paths(FDA);
    let mut command = Command::new("python3");
    match script {
        None => command.arg("ops/examples/puller.py"),
        Some(script) => command.args(["-B", "-c", script]),
    };
    command.arg(house.url()).arg(house.authority.certificate_path()).arg(certificate).arg(key).args(more);
    command.env("PYTHONPATH", "ops/examples").env("PYTHONUTF8", "1").output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_example_puller_takes_everything_and_checks_it() {
    let house = open();
    lay(&house, 0..5);
    let mut replacing = result("9", "330106", "食品");
    replacing["supersedes"] = json!("R-1");
    house.post_open("inspection-result", replacing).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let vkey = folder.path().join("vkey");
    std::fs::write(&vkey, house.connect_as(FDA).get("/agency/v1/vkey").body).unwrap();
    let into = folder.path().join("in").display().to_string();
    let vkey = format!("vkey={}", vkey.display());
    let pull = |more: &[&str]| {
        let output =
            python(&house, None, &[&["inspection-result", &into, "limit=2", &vkey][..], more].concat());
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    let first = pull(&[]);
    assert_eq!(first.matches("OK  window").count(), 3, "{first}");
    assert!(first.contains("takes the place of R-1") && first.contains("nothing more waits"), "{first}");
    let files = || std::fs::read_dir(&into).unwrap().count() - 1;
    assert_eq!(files(), 5, "the one that was replaced is not among them");
    lay(&house, 5..6);
    let second = pull(&[]);
    assert!(second.contains("OK  window 4: 1 records"), "it goes on where it was: {second}");
    std::fs::remove_file(format!("{into}/state.json")).unwrap();
    let lost = pull(&["since=2000-01-01T00:00:00Z"]);
    assert!(lost.contains("OK  window 1: 2 records"), "{lost}");
}

/// Takes two pages as the puller does, changes the second as somebody in between might, and says what the puller says.
const PLANTED: &str = r#"
import http.client, ssl, sys
from urllib.parse import urlsplit
import puller
address, authority, certificate, key, fault = sys.argv[1:]
tls = ssl.create_default_context(cafile=authority)
tls.load_cert_chain(certificate, key)
gateway = http.client.HTTPSConnection(urlsplit(address).netloc, context=tls, timeout=60)
def page(query):
    gateway.request("GET", f"/agency/v1/inspection-result?{query}", headers={"Accept": "multipart/mixed"})
    answer = gateway.getresponse()
    return answer.headers, answer.read()
wanted = {"kind": "inspection-result", "purpose": "page", "region": "-", "category": "-"}
headers, body = page("limit=2")
_, last = puller.check(headers, body, None, wanted)
if fault == "skipped":
    headers, _ = page(f"after={headers['Regbridge-Next']}&limit=1")
headers, body = page(f"after={headers['Regbridge-Next']}&limit=4")
boundary = b"--" + headers["Content-Type"].partition("boundary=")[2].encode()
_, *parts, end = body.split(boundary)
if fault == "omitted":
    del parts[1]
elif fault == "doubled":
    parts.insert(1, parts[0])
elif fault == "replaced":
    parts[1] = parts[0]
elif fault == "reordered":
    parts[0], parts[1] = parts[1], parts[0]
elif fault == "altered":
    parts[1] = parts[1].replace(b"R-3", b"R-4")
try:
    puller.check(headers, boundary + boundary.join(parts) + boundary + end, last, wanted)
    print("nothing found")
except puller.Wrong as wrong:
    print("found:", wrong)
"#;

#[test]
fn the_puller_finds_what_was_omitted_doubled_reordered_or_altered() {
    let house = open();
    lay(&house, 0..7);
    for (fault, found) in [
        ("none", "nothing found"),
        ("omitted", "found: records are missing: 3 of 4 are there"),
        ("doubled", "found: a record is there twice"),
        ("replaced", "found: a record is there twice"),
        ("reordered", "found: records are not in their order"),
        ("altered", "found: a record is another than the one that was signed"),
        ("skipped", "found: a window is missing between this one and the last"),
    ] {
        let output = python(&house, Some(PLANTED), &[fault]);
        assert!(said(&output).starts_with(found), "{fault}: {}", said(&output));
    }
}

/// Every agency, kind, direction, region and route: allowed or refused as its registry file says, which is read here a
/// second time, by other means.
#[test]
fn the_scope_matrix_is_what_the_files_say() {
    let house = open();
    let kinds =
        ["complaint-reply", "complaint-order", "inspection-result", "enforcement-lead", "disposal-result"];
    let regions = ["330106", "330102", "330200", "330000", "110105"];
    let mut seen = (0, 0);
    for agency in house.agencies() {
        let file: toml::Table = std::fs::read_to_string(house.agency_file(&agency)).unwrap().parse().unwrap();
        let grants = |kind: &str, way: &str, region: Option<&str>, category: Option<&str>| {
            file["scopes"].as_array().unwrap().iter().any(|scope| {
                let named = |key: &str| scope.get(key).and_then(toml::Value::as_array);
                let within = |own: &toml::Value, region: &str| {
                    let own = own.as_str().unwrap();
                    let pairs: Vec<&str> = [&own[..2], &own[2..4], &own[4..]].into();
                    let meant = pairs.iter().rposition(|pair| *pair != "00").map_or(0, |last| 2 * (last + 1));
                    region.starts_with(&own[..meant])
                };
                scope["kind"].as_str() == Some(kind)
                    && scope["direction"].as_str() == Some(way)
                    && region.is_none_or(|r| named("regions").unwrap().iter().any(|own| within(own, r)))
                    && category.is_none_or(|c| {
                        named("categories").is_none_or(|all| all.iter().any(|own| own.as_str() == Some(c)))
                    })
            })
        };
        let mut client = house.connect_as(&agency);
        let mut holds = |reply: &Reply, allowed: bool, what: String| {
            let refused = reply.status == 403 && reply.problem() == "out-of-scope";
            assert_eq!(!refused, allowed, "{agency} {what}: {} {}", reply.status, reply.text());
            if allowed { seen.0 += 1 } else { seen.1 += 1 }
        };
        for kind in kinds {
            // Pulled: the plain way, a page, a page of a region, of a category, of both.
            let path = format!("/agency/v1/{kind}");
            for query in ["", "?after=0", "?limit=5", "?since=2026-01-01T00:00:00Z", "?wait=0"] {
                let reply = client.get(&format!("{path}{query}"));
                holds(&reply, grants(kind, "receive", None, None), format!("pulls {kind}{query}"));
            }
            for region in regions {
                let reply = client.get(&format!("{path}?region={region}"));
                holds(
                    &reply,
                    grants(kind, "receive", Some(region), None),
                    format!("pulls {kind} of {region}"),
                );
                for category in ["%E9%A3%9F%E5%93%81", "toys"] {
                    let plain = if category == "toys" { "toys" } else { "食品" };
                    let reply = client.get(&format!("{path}?region={region}&category={category}"));
                    let allowed = grants(kind, "receive", Some(region), Some(plain));
                    holds(&reply, allowed, format!("pulls {kind} of {region} and {plain}"));
                }
            }
            // Submitted: nothing that this body holds is read before the scope is asked.
            let reply = house.connect_as(&agency).post(&path, "application/json", b"{}");
            holds(&reply, grants(kind, "submit", None, None), format!("submits {kind}"));
        }
        // Posted by the platform to this agency by name, and by the rule.
        for (kind, category) in [
            ("inspection-result", "食品"),
            ("inspection-result", "toys"),
            ("enforcement-lead", "counterfeit"),
        ] {
            for region in regions {
                let number = format!("{agency}-{category}-{region}");
                let record = match kind {
                    "inspection-result" => result(&number, region, category),
                    _ => json!({ "registration_number": number, "region": region, "offence": category }),
                };
                let allowed = grants(kind, "receive", Some(region), Some(category));
                let by_rule = house.post_open(kind, record.clone()).unwrap_or_default();
                if kind == "inspection-result" {
                    assert_eq!(
                        by_rule.contains(&agency),
                        allowed,
                        "{kind} of {region}, {category} by rule to {agency}"
                    );
                }
                let mut named = record;
                named["registration_number"] = json!(format!("{number}-named"));
                let taken = house.post_open_to(kind, named, &agency).is_ok();
                assert_eq!(taken, allowed, "{kind} of {region}, {category} to {agency}");
                if allowed { seen.0 += 1 } else { seen.1 += 1 }
            }
        }
    }
    assert!(seen.0 > 50 && seen.1 > 200, "both are there in number: {seen:?}");
    assert_eq!(house.connect_as(NB).get(&format!("{RESULTS}?limit=1")).status, 403);
}
