//! The other side, simulated: what an agency or the platform tries its own system against.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::house::{House, PROGRAM, Said, XIHU};

fn simulate(house: &House, words: &[&str]) -> Said {
    house.run(&[&["simulate"], words].concat())
}

#[test]
fn a_bureau_and_the_platform_play_a_round() {
    let mut house = House::build("");
    house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let (agencies, platform) = (house.agencies().to_owned(), house.platform_url().to_owned());
    let token = house.file("token");
    fs::write(&token, house.platform().token()).unwrap();
    let token = token.display().to_string();

    let said = simulate(&house, &["bureau", &agencies, "hz-amr", "--count", "4"]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    assert_eq!(said.out.matches("the receipt verifies").count(), 4, "{}", said.out);
    // Numbers are new in every run; this one waits for its answers.
    let waiting = Command::new(PROGRAM)
        .arg("--dir")
        .arg(house.file(""))
        .args(["simulate", "bureau", &agencies, "hz-amr", "--count", "2", "--wait", "60"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut after = 0;
    let mut posted = 0;
    while posted < 12 {
        let cursor = after.to_string();
        let said = simulate(
            &house,
            &["platform", &platform, "--token-file", &token, "--after", &cursor, "--wait", "10"],
        );
        assert!(said.ok, "{}\n{}", said.out, said.err);
        posted += said.out.matches("posted   ").count();
        let last = said.out.lines().last().unwrap();
        after = last.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    }
    assert_eq!(posted, 12, "an acknowledgement and a reply for each of six");
    let output = waiting.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && out.matches("answered ").count() == 2, "{out}");

    let said = simulate(&house, &["food", &agencies, "hz-amr", "--kind", "complaint-reply", "--limit", "4"]);
    assert!(said.ok && said.out.contains("pulled   6 records on "), "{}\n{}", said.out, said.err);
    // Who is not let in is told why.
    let said = simulate(&house, &["food", &agencies, "hz-amr", "--kind", "inspection-result"]);
    assert!(!said.ok && said.err.contains("403") && said.err.contains("out-of-scope"), "{}", said.err);
    let said = simulate(&house, &["bureau", &agencies, "nobody"]);
    assert!(!said.ok && said.err.contains("nobody.crt"), "{}", said.err);
}

#[test]
fn a_police_desk_answers_each_lead() {
    let mut house = House::build("");
    house.must(&["pki", "issue", "police"]);
    let certificate = house.file("pki/issued/police.crt");
    let kinds = ["enforcement-lead", "lead-outcome"];
    house.add_agency("police", XIHU, &certificate, &kinds, &["--profile", "cn-police-lead"]);
    house.open();
    for number in 1..=3 {
        let item = json!({ "record": {
            "registration_number": format!("L-{number}"),
            "offence": "counterfeit",
            "facts": "权利人鉴定为假冒",
            "jurisdiction": { "region": XIHU },
            "subjects": [{ "subject": { "kind": "company", "name": "示例乙商贸有限公司" } }],
        } });
        let path = "/platform/v1/records/enforcement-lead";
        let curl = house.platform().curl(&house, path).header("Content-Type: application/json");
        curl.post(item.to_string().as_bytes()).call().is(201);
    }
    let agencies = house.agencies().to_owned();
    let said = simulate(&house, &["police", &agencies, "police", "--decision", "received"]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    assert_eq!(said.out.matches("received, the receipt verifies").count(), 3, "{}", said.out);
    assert!(said.out.contains("pulled   3 leads"), "{}", said.out);
    for number in 1..=3 {
        let case = house.platform().case_of(&house, &format!("L-{number}"));
        assert_eq!(case["state"], "received");
    }
}
