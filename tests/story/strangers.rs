//! Who does not get in, on which road, and that the journal knows of those it can name.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use serde_json::{Value, json};

use crate::bureau::Bureau;
use crate::house::{House, OUR_NAME, XIHU, until};
use crate::journal;
use crate::keep_alive::OpenConnection;
use crate::letters::{number, order};

/// What curl says of a handshake that the gateway refused; fails when there was an answer.
#[track_caller]
fn refused_handshake(bureau: &Bureau, house: &House) -> String {
    let why = bureau.curl(house, "/agency/v1").try_call().expect_err("no handshake, no answer");
    // TLS 1.2 refuses at another moment than 1.3; the outcome is the same.
    bureau.curl(house, "/agency/v1").with("--tls-max", "1.2").try_call().expect_err("nor with TLS 1.2");
    why
}

/// A client certificate of the house's authority with any validity, as a bureau forgets to renew it.
fn certificate_of_2020(house: &House) -> Bureau {
    let authority = fs::read_to_string(house.file("pki/ca.crt")).unwrap();
    let key = KeyPair::from_pem(&fs::read_to_string(house.file("pki/ca.key")).unwrap()).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&authority, key).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "forgetful");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2020, 12, 31);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let own = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&own, &issuer).unwrap();
    house.write("pki/issued/forgetful.crt", certificate.pem().as_bytes());
    house.write("pki/issued/forgetful.key", own.serialize_pem().as_bytes());
    house.bureau("forgetful")
}

/// The refusals of this agency, once there are so many; handshakes are journalled beside the road, not on it.
fn refusals(house: &House, agency: &str, count: usize) -> Vec<String> {
    until(&format!("{count} refusals of {agency}"), Duration::from_secs(10), || {
        let found = journal::refusals_of(house, agency);
        (found.len() >= count).then_some(found)
    })
}

#[test]
fn without_a_certificate_or_with_somebody_elses_there_is_no_handshake() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    bureau.get(&house, "/agency/v1").is(200);

    let bare =
        crate::curl::Curl::to(&format!("{}/agency/v1", house.agencies())).file("--cacert", &bureau.authority);
    let why = bare.try_call().expect_err("a certificate is required");
    assert!(why.contains("certificate required"), "{why}");

    // Another authority, and one that only bears the name of ours.
    for (name, alert) in [("Elsewhere CA", "unknown ca"), (OUR_NAME, "decrypt error")] {
        let elsewhere = House::build_under(name, "");
        elsewhere.must(&["pki", "issue", "hz-amr"]);
        let mut foreign = elsewhere.bureau("hz-amr");
        foreign.authority = bureau.authority.clone();
        let why = refused_handshake(&foreign, &house);
        assert!(why.contains(alert), "{why}");
    }

    house.must(&["pki", "issue", "server-only", "--server-name", "elsewhere.example"]);
    refused_handshake(&house.bureau("server-only"), &house);
    bureau.get(&house, "/agency/v1").is(200);
}

#[test]
fn a_certificate_of_no_agency_shakes_hands_and_is_turned_away() {
    let mut house = House::build("");
    house.must(&["pki", "issue", "stranger"]);
    house.open();
    let stranger = house.bureau("stranger");
    let answer = stranger.submit(&house, "complaint-order", &order(1));
    let problem = answer.is_problem(403, "certificate-unknown");
    let listed = house.must(&["pki", "inspect"]);
    let fingerprint = listed.lines().find(|line| line.starts_with("stranger\t")).unwrap();
    assert!(
        fingerprint.contains(problem["certificate_sha256"].as_str().unwrap()),
        "what the operator needs to add it"
    );
    assert!(house.platform().cases(&house).is_empty());
}

#[test]
fn an_expired_certificate_is_refused_and_the_agency_named_in_the_journal() {
    let mut house = House::build("");
    let forgetful = certificate_of_2020(&house);
    house.add_agency("hz-amr", XIHU, &forgetful.certificate, &["complaint-order"], &[]);
    house.open();
    let why = refused_handshake(&forgetful, &house);
    assert!(why.contains("certificate expired"), "{why}");
    assert_eq!(refusals(&house, "hz-amr", 1)[0], "certificate-expired");
}

/// A request over `openssl s_client`; `session` is written or read. Its whole output.
fn s_client(bureau: &Bureau, house: &House, session: &[&str]) -> String {
    let mut child = Command::new("openssl")
        .args(["s_client", "-ign_eof", "-connect", house.agencies_address(), "-servername", "localhost"])
        .arg("-CAfile")
        .arg(&bureau.authority)
        .arg("-cert")
        .arg(&bureau.certificate)
        .arg("-key")
        .arg(&bureau.key)
        .args(session)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A refused handshake closes the pipe first.
    let request = b"GET /agency/v1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let _ = child.stdin.take().unwrap().write_all(request);
    let output = child.wait_with_output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_revoked_certificate_is_out_on_all_three_roads() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    let other = house.add_bureau("nb-amr", "330212", &[]);
    house.open();
    let mut open = OpenConnection::of(&bureau, &house);
    let mut others = OpenConnection::of(&other, &house);
    assert_eq!(
        (&open.get("/agency/v1")["status"], &others.get("/agency/v1")["status"]),
        (&json!(200), &json!(200))
    );
    let mut sessions = Vec::new();
    for version in ["-tls1_3", "-tls1_2"] {
        let session = house.file(&format!("session{version}")).display().to_string();
        let first = s_client(&bureau, &house, &[version, "-sess_out", &session]);
        assert!(first.contains("HTTP/1.1 200") && first.contains("New, TLS"), "{first}");
        sessions.push((version, session));
    }
    for (version, session) in &sessions {
        let again = s_client(&bureau, &house, &[version, "-sess_in", session, "-sess_out", session]);
        assert!(again.contains("HTTP/1.1 200"), "{again}");
    }

    house.must(&["pki", "revoke", "hz-amr", "--reason", "key-compromise"]);
    house.wait_for_log("took up the certificates");

    let met = open.get("/agency/v1");
    assert_eq!((&met["status"], &met["closes"]), (&json!(403), &json!(true)), "{met}");
    let problem: Value = serde_json::from_str(met["body"].as_str().unwrap()).unwrap();
    assert_eq!(problem["type"], "urn:regbridge:problem:certificate-revoked");
    assert_eq!(open.get("/agency/v1")["status"], 0, "the connection is over");
    let why = refused_handshake(&bureau, &house);
    assert!(why.contains("certificate revoked"), "{why}");
    for (version, session) in &sessions {
        let resumed = s_client(&bureau, &house, &[version, "-sess_in", session]);
        assert!(!resumed.contains("HTTP/1.1 200"), "{resumed}");
        assert!(!resumed.contains("Reused, TLS"), "{resumed}");
        assert!(resumed.contains("certificate revoked"), "{resumed}");
    }
    assert_eq!(others.get("/agency/v1")["status"], 200, "nobody else lost a connection");

    let found = refusals(&house, "hz-amr", 2);
    assert!(found.iter().all(|why| why == "certificate-revoked"), "{found:?}");
    assert!(journal::refusals_of(&house, "nb-amr").is_empty());
    house.close();
    journal::is_whole(&house);
}

#[test]
fn an_agency_that_is_removed_is_out_at_its_next_request() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let mut open = OpenConnection::of(&bureau, &house);
    assert_eq!(open.get("/agency/v1")["status"], 200);
    fs::remove_file(house.file("agencies/hz-amr.toml")).unwrap();
    house.wait_for_log("took up the agencies");
    let met = open.get("/agency/v1");
    assert_eq!((&met["status"], &met["closes"]), (&json!(403), &json!(true)), "{met}");
    assert!(met["body"].as_str().unwrap().contains("urn:regbridge:problem:certificate-unknown"), "{met}");
    bureau.submit(&house, "complaint-order", &order(1)).is_problem(403, "certificate-unknown");
}

#[test]
fn what_no_scope_grants_is_refused_and_journalled() {
    let mut house = House::build("");
    house.must(&["pki", "issue", "hz-amr"]);
    let certificate = house.file("pki/issued/hz-amr.crt");
    house.add_agency("hz-amr", XIHU, &certificate, &["complaint-order"], &[]);
    let bureau = house.bureau("hz-amr");
    house.open();

    let kind = bureau.submit(&house, "complaint-closure", b"never read").is_problem(403, "out-of-scope");
    assert_eq!((&kind["kind"], &kind["direction"]), (&json!("complaint-closure"), &json!("submit")));
    let pull = bureau.pull(&house, "complaint-reply", 0).is_problem(403, "out-of-scope");
    assert_eq!((&pull["kind"], &pull["direction"]), (&json!("complaint-reply"), &json!("receive")));
    bureau.submit(&house, "disposal-order", b"never read").is_problem(403, "out-of-scope");
    // Against the kind's way: a bureau neither submits replies nor pulls orders, even its own.
    bureau.submit(&house, "complaint-reply", b"never read").is_problem(403, "out-of-scope");
    bureau.pull(&house, "complaint-order", 0).is_problem(403, "out-of-scope");
    bureau.get(&house, "/agency/v1/nonsense").is_problem(404, "not-found");
    bureau.submit(&house, "complaint-order", &order(1)).is(201);

    let entries = journal::entries(&house);
    let told: Vec<&Value> = entries.iter().filter(|entry| entry["type"] == "refusal").collect();
    assert!(
        told.iter().all(|entry| entry["agency"] == "hz-amr" && entry["why"] == "out-of-scope"),
        "{told:?}"
    );
    let kinds: Vec<&str> = told.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    let wanted =
        ["complaint-closure", "complaint-reply", "disposal-order", "complaint-reply", "complaint-order"];
    assert_eq!(kinds, wanted, "each attempt once, a wrong address is none");
}

#[test]
fn a_region_outside_the_scopes_is_refused_and_journalled() {
    let mut house = House::build("");
    let district = house.add_bureau("hz-amr", XIHU, &[]);
    let ningbo = house.add_bureau("nb-amr", "330212", &[]);
    let province = house.add_bureau("zj-amr", "330000", &[]);
    house.open();
    let problem = ningbo.submit(&house, "complaint-order", &order(1)).is_problem(403, "out-of-scope");
    assert!(problem["detail"].as_str().unwrap().contains(XIHU), "{problem}");
    assert!(problem["detail_zh"].as_str().unwrap().contains(XIHU), "{problem}");
    assert_eq!(journal::refusals_of(&house, "nb-amr"), ["out-of-scope"]);
    district.submit(&house, "complaint-order", &order(1)).is(201);
    // A division covers those below it.
    province.submit(&house, "complaint-order", &order(2)).is(201);

    // What belongs to one agency is not there for another.
    let receipt = district.submit(&house, "complaint-order", &order(1)).is(200);
    district.get(&house, receipt.header("location")).is(200);
    ningbo.get(&house, receipt.header("location")).is_problem(404, "not-found");
    let case = house.platform().case_of(&house, &number(1));
    assert_eq!(case["agency"], "hz-amr");
}

#[test]
fn the_platform_wants_a_token_that_may() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    let reader = house.must(&["token", "add", "auditor", "--read-only"]);
    house.open();
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
    let platform = house.platform();
    let case = platform.case_of(&house, &number(1))["id"].as_str().unwrap().to_owned();
    let cases = format!("{}/platform/v1/cases", house.platform_url());
    let bare = crate::curl::Curl::to(&cases).call();
    assert!(bare.header("www-authenticate").starts_with("Bearer"));
    bare.is_problem(401, "token-unknown");
    crate::platform::Platform::with("rb_no")
        .curl(&house, "/platform/v1/cases")
        .call()
        .is_problem(401, "token-unknown");
    let auditor = crate::platform::Platform::with(reader.trim());
    assert_eq!(auditor.case_of(&house, &number(1))["id"], case.as_str());
    auditor.reply(&house, &case, "r").is_problem(403, "read-only");
    let id = house.must(&["token", "list"]).lines().find(|line| line.contains("auditor")).unwrap().to_owned();
    house.must(&["token", "revoke", id.split('\t').next().unwrap()]);
    auditor.curl(&house, "/platform/v1/cases").call().is_problem(401, "token-unknown");
}
