//! The gateway's own submission through its own listener: what it sees, what it leaves, and that staff hears of it.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use crate::house::{House, XIHU, until};
use crate::journal;

/// A house with a canary, which must know its listener's port beforehand.
fn house() -> House {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut house = House::build(&format!(
        "[canary]\nagency = \"canary\"\nurl = \"https://localhost:{port}\"\nseconds = 5\n"
    ));
    let settings = fs::read_to_string(house.file("regbridge.toml")).unwrap();
    let listener = "[agency_listener]\naddress = \"127.0.0.1:";
    let known = settings.replace(&format!("{listener}0\""), &format!("{listener}{port}\""));
    assert_ne!(known, settings);
    house.write("regbridge.toml", known.as_bytes());
    house.add_bureau("canary", XIHU, &["--rehearsal"]);
    house.open();
    house
}

/// Runs it by hand; what the run says when it is done.
fn fly(house: &House) -> String {
    let newest = || house.must(&["sync", "history", "keep:canary", "--limit", "1"]);
    let before = newest();
    house.must(&["sync", "run", "keep:canary", "--why", "to see it"]);
    until("the run ends", Duration::from_secs(30), || {
        let now = newest();
        (now != before && now.contains("\tdone")).then_some(now)
    })
}

#[test]
fn the_canary_goes_through_the_real_listener_and_nobody_hears_of_its_cases() {
    let mut house = house();
    let said = house.must(&["canary"]);
    for step in [
        "连接 connect\tknown as canary, speaking cn-amr-xml@",
        "报送 submit\tcomplaint-order ",
        "回执 receipt\t",
        "重复报送 repeat\t",
        "存证日志 journal\tsigned at ",
        "结案 close\tclosed",
        "OK  ",
    ] {
        assert!(said.contains(step), "{step}\n{said}");
    }
    assert!(fly(&house).contains("went through in 0."), "by the clock, too");
    // Two cases, opened and closed; both are in the journal as anybody's, and no deadline runs.
    let cases = house.must(&["case", "list"]);
    assert_eq!(cases.lines().filter(|line| line.contains("canary")).count(), 2, "{cases}");
    let submissions = journal::entries(&house).into_iter().filter(|entry| entry["type"] == "submission");
    assert_eq!(submissions.filter(|entry| entry["agency"] == "canary").count(), 4);
    assert!(house.must(&["radar"]).contains("合计 total\t0\t0\t0\t0\t0"));
    let events = house.platform().get(&house, "/platform/v1/events?after=0");
    assert_eq!(events["events"].as_array().unwrap().len(), 0, "{events}");
    house.close();
}

#[test]
fn a_canary_that_is_not_let_in_is_told_until_it_is() {
    let mut house = house();
    let file = house.file("agencies/canary.toml");
    let known = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    house.wait_for_log("agencies");
    let said = until("it is out", Duration::from_secs(10), || {
        let said = house.run(&["canary"]);
        (!said.ok).then_some(said)
    });
    assert!(
        said.out.contains("FAILED  连接 connect: the gateway does not know this certificate: 403"),
        "{}",
        said.out
    );
    assert!(fly(&house).contains("FAILED at 连接 connect"));
    assert!(fly(&house).contains("FAILED at 连接 connect"));
    let troubles = house.must(&["notice", "list"]);
    let line = troubles.lines().find(|line| line.contains("canary-failed")).unwrap();
    assert!(line.starts_with('!'), "{troubles}");
    house.write("agencies/canary.toml", &known);
    until("it is in again", Duration::from_secs(10), || house.run(&["canary"]).ok.then_some(()));
    assert!(fly(&house).contains("went through in"));
    assert!(!house.must(&["notice", "list"]).contains("canary-failed"));
    // Twice seen, one trouble: it begins once and ends once.
    let troubles = journal::entries(&house).into_iter().filter(|entry| entry["topic"] == "canary-failed");
    let edges: Vec<String> = troubles.map(|entry| entry["edge"].as_str().unwrap().to_owned()).collect();
    assert_eq!(edges, ["begins", "ends"]);
    house.close();
}
