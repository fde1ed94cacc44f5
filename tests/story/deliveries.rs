//! What bureaus make of replies, a bureau that is down, an operator's word.

use std::fs::{self, OpenOptions};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::bureau::Bureau;
use crate::endpoint::Endpoint;
use crate::house::{House, PROGRAM, XIHU, until};
use crate::letters::{decode, element, number, order, receipt};

/// A house with a bureau at whose door replies are pushed; open.
fn pushing() -> (House, Bureau, Endpoint) {
    let mut house = House::build("");
    let door = Endpoint::of_bureau(&house, "door");
    let url = format!("https://localhost:{}/amr/in", door.port);
    let bureau = house.add_bureau("hz-amr", XIHU, &["--push", &url]);
    house.open();
    (house, bureau, door)
}

/// The platform replies to a complaint of this number; the delivery.
fn replied(house: &House, bureau: &Bureau, serial: u32) -> String {
    bureau.submit(house, "complaint-order", &order(serial)).is(201);
    let case = house.platform().case_of(house, &number(serial));
    let posted =
        house.platform().reply(house, case["id"].as_str().unwrap(), &format!("k-{serial}")).is(201).json();
    posted["delivery"].as_str().unwrap().to_owned()
}

fn delivery(house: &House, id: &str) -> Value {
    house.platform().get(house, &format!("/platform/v1/deliveries/{id}"))
}

fn reaches(house: &House, id: &str, state: &str, most: u64) -> Value {
    until(&format!("delivery {id} is {state}"), Duration::from_secs(most), || {
        Some(delivery(house, id)).filter(|found| found["state"] == state)
    })
}

#[test]
fn a_bureau_says_at_once_or_later_what_became_of_a_reply() {
    let (house, bureau, door) = pushing();
    // At once: its server answers in its own format.
    door.say(&receipt(true, "@ID@"));
    let first = replied(&house, &bureau, 1);
    let taken = reaches(&house, &first, "accepted", 20);
    assert_eq!(
        (&taken["receipts"][0]["channel"], &taken["receipts"][0]["number"]),
        (&json!("push"), &json!("BL-20261204-000031"))
    );
    door.say(&receipt(false, "@ID@"));
    let second = replied(&house, &bureau, 2);
    let refused = reaches(&house, &second, "refused", 20);
    let problem = &refused["receipts"][0]["problems"][0];
    assert_eq!(
        (&problem["path"], &problem["code"]),
        (&json!("records[1].resolution.refund"), &json!("E017"))
    );

    // Later: its server says only that it has it, and the bureau calls.
    door.say(b"");
    let third = replied(&house, &bureau, 3);
    reaches(&house, &third, "received", 20);
    let sent = door.book().into_iter().find(|sent| sent.header("regbridge-delivery") == third).unwrap();
    let original = element(&decode(&sent.body), "MessageId").to_owned();
    assert_eq!(delivery(&house, &third)["message_id"], original.as_str());
    let answer = bureau.send(&house, "receipts", &receipt(true, &original)).call().is(201);
    assert_eq!(
        (answer.header("regbridge-delivery"), answer.header("regbridge-delivery-state")),
        (&*third, "accepted")
    );
    bureau.send(&house, "receipts", &receipt(true, &original)).call().is(200);
    bureau.send(&house, "receipts", &receipt(false, &original)).call().is_problem(409, "answered-before");
    bureau.send(&house, "receipts", &receipt(true, "of-nobody")).call().is_problem(422, "unknown-delivery");

    // The bureau can show later what it said, and the platform was told.
    house.write("proof/receipt", &answer.body);
    house.write("proof/body", &receipt(true, &original));
    house.write("proof/vkey", &bureau.get(&house, "/agency/v1/vkey").body);
    let path = |name: &str| house.file(&format!("proof/{name}")).display().to_string();
    house.must(&["verify", &path("receipt"), "--vkey", &path("vkey"), "--body", &path("body")]);
    let events = house.platform().get(&house, "/platform/v1/events?after=0&limit=1000");
    let told: Vec<&str> =
        events["events"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    let of =
        |word: &str| told.iter().filter(|told| **told == format!("regbridge.complaint-reply.{word}")).count();
    assert_eq!((of("accepted"), of("refused")), (2, 1), "{told:?}");

    // As a file, for a bureau that calls nobody.
    door.say(b"");
    let fourth = replied(&house, &bureau, 4);
    let named = reaches(&house, &fourth, "received", 20)["message_id"].as_str().unwrap().to_owned();
    house.write("in/receipt.xml", &receipt(false, &named));
    let said =
        house.must(&["delivery", "receipt", "hz-amr", &house.file("in/receipt.xml").display().to_string()]);
    assert_eq!(said.trim(), format!("{fourth}\trefused"));
}

#[test]
fn a_bureau_that_is_down_is_left_alone_across_a_restart_until_an_operator_says_so() {
    let (mut house, bureau, door) = pushing();
    door.be_down(true);
    let ids: Vec<String> = (1..=6).map(|serial| replied(&house, &bureau, serial)).collect();
    let open = |said: &str| {
        said.lines()
            .any(|line| line.starts_with("!\tagency:hz-amr") && line.contains("nothing goes there until"))
    };
    let list = |house: &House| house.must(&["delivery", "list", "--agency", "hz-amr"]);
    until("the destination is left alone", Duration::from_secs(30), || open(&list(&house)).then_some(()));
    house.cut_power();
    house.open();
    let said = list(&house);
    assert!(open(&said) && said.matches("\tqueued\t").count() == 6, "{said}");
    let breakers = house.platform().get(&house, "/platform/v1/deliveries?agency=hz-amr&state=queued&limit=2");
    assert_eq!(breakers["breakers"][0]["destination"], "agency:hz-amr", "{breakers}");
    assert_eq!((breakers["deliveries"].as_array().unwrap().len(), breakers["next"].is_string()), (2, true));
    let shown = house.must(&["agency", "show", "hz-amr"]);
    let line = shown.lines().nth(1).unwrap();
    assert!(
        line.starts_with("# !\tagency:hz-amr\t") && line.contains(" failures in a row since "),
        "{shown}"
    );
    // It stays TOML: what is told is a comment.
    assert!(toml::from_str::<toml::Table>(&shown).is_ok(), "{shown}");

    door.be_down(false);
    let wrong = house.run(&["delivery", "retry", &ids[0]]);
    assert!(!wrong.ok && wrong.err.contains("--who") && wrong.err.contains("--why"), "{}", wrong.err);
    house.must(&["delivery", "retry", &ids[0], "--who", "李工", "--why", "机房恢复供电"]);
    for id in &ids {
        reaches(&house, id, "received", 40);
    }
    assert!(!list(&house).contains('!'), "it answers again");
    let journal = crate::journal::entries(&house);
    let word = journal.iter().find(|entry| entry["type"] == "intervention").unwrap();
    assert_eq!(
        (&word["who"], &word["why"], &word["action"]),
        (&json!("李工"), &json!("机房恢复供电"), &json!("retry"))
    );

    // And stopped, and sent once more, over the platform's interface.
    let ask = |id: &str, action: &str| {
        let path = format!("/platform/v1/deliveries/{id}/{action}");
        house
            .platform()
            .curl(&house, &path)
            .header("Content-Type: application/json")
            .post(r#"{"why":"试"}"#.as_bytes())
            .call()
    };
    ask(&ids[1], "stop").is_problem(409, "delivery-state");
    let count = door.book().iter().filter(|sent| sent.header("regbridge-delivery") == ids[1]).count();
    assert_eq!(ask(&ids[1], "replay").is(200).json()["before"], "received");
    until("it is sent once more", Duration::from_secs(20), || {
        let now = door.book().iter().filter(|sent| sent.header("regbridge-delivery") == ids[1]).count();
        (now > count).then_some(())
    });
}

#[test]
fn it_serves_though_nobody_reads_where() {
    let mut house = House::build("");
    house.add_bureau("hz-amr", XIHU, &[]);
    let log = OpenOptions::new().create(true).append(true).open(house.file("serve.log")).unwrap();
    let mut child = Command::new(PROGRAM)
        .arg("--dir")
        .arg(house.file(""))
        .arg("serve")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    house.wait_for_log("serving");
    std::thread::sleep(Duration::from_millis(300));
    let ended = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(ended, None, "{}", house.log());
    assert!(!house.is_alive());
}

#[test]
fn a_list_that_nobody_reads_ends_without_a_word() {
    let house = House::build("");
    for list in [["token", "list"], ["case", "list"], ["delivery", "list"]] {
        let mut child = Command::new(PROGRAM)
            .arg("--dir")
            .arg(house.file(""))
            .args(list)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{list:?}");
    }
}

#[test]
fn the_way_to_a_bureau_is_told_step_by_step_and_the_cause_where_it_ends() {
    let mut house = House::build("");
    let door = Endpoint::of_bureau(&house, "door");
    let url = format!("https://localhost:{}/amr/in?x=1", door.port);
    house.add_bureau("hz-amr", XIHU, &["--push", &url]);
    let said = house.run(&["agency", "check", "hz-amr"]);
    assert!(said.ok, "{}", said.out);
    for step in
        ["address: https://localhost", "name: 127.0.0.1", "connection: 127.0.0.1", "handshake: TLSv1_3"]
    {
        assert!(said.out.contains(&format!("ok       {step}")), "{step}\n{}", said.out);
    }
    assert!(said.out.contains("request: OPTIONS /amr/in?x=1 was answered: HTTP/1.1 501"), "{}", said.out);
    assert!(said.out.contains("peer     CN=localhost, until "), "{}", said.out);
    assert!(door.book().is_empty(), "nothing is delivered");

    // A door of another authority: neither believes the other.
    let strangers = House::build_under("Other CA", "");
    let other = Endpoint::of_bureau(&strangers, "door");
    house.add_bureau("nb-amr", XIHU, &["--push", &format!("https://localhost:{}/", other.port)]);
    let said = house.run(&["agency", "check", "nb-amr"]);
    assert!(!said.ok);
    assert!(
        said.out.contains("failed   handshake: its certificate is not to be believed (UnknownIssuer)"),
        "{}",
        said.out
    );
    // Once we believe it, it is the door that does not know us.
    let authority = fs::read(strangers.file("pki/ca.crt")).unwrap();
    house.write("pki/other.crt", &authority);
    let settings = fs::read_to_string(house.file("regbridge.toml")).unwrap();
    let both = settings.replacen(
        "authorities = [\"pki/ca.crt\"]",
        "authorities = [\"pki/ca.crt\", \"pki/other.crt\"]",
        1,
    );
    house.write("regbridge.toml", both.as_bytes());
    let said = house.run(&["agency", "check", "nb-amr"]);
    assert!(!said.ok);
    assert!(said.out.contains("failed   request: the peer refuses us (TLS alert UnknownCA)"), "{}", said.out);
    assert!(said.out.contains("[outbound]"), "{}", said.out);

    // Nobody listens; nobody is called that; nobody is called where that is wanted.
    drop(other);
    let said = house.run(&["agency", "check", "nb-amr"]);
    assert!(
        !said.ok && said.out.contains("failed   connection: ") && said.out.contains("nobody listens"),
        "{}",
        said.out
    );
    house.add_bureau("wz-amr", XIHU, &["--push", "https://nowhere.invalid/"]);
    let said = house.run(&["agency", "check", "wz-amr"]);
    assert!(!said.ok && said.out.contains("failed   name: nowhere.invalid is not found"), "{}", said.out);
    assert!(house.run(&["agency", "check", "wz-amr", "--offline"]).ok);

    // A folder.
    house.add_county(XIHU, "cn-amr-xml", &["complaint-order"]);
    assert!(house.must(&["agency", "check", "county"]).contains("missing  "));
    house.open();
    until("the folder is made", Duration::from_secs(10), || {
        house.file("folders/county/out").is_dir().then_some(())
    });
    assert_eq!(house.must(&["agency", "check", "county"]).matches("can be read and written").count(), 4);
}
