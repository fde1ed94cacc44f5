//! Two hundred cases: each goes through a gateway at its hour, and its last day is held against the table and against
//! `oracle.py`, which shares no line and no list of days with the gateway.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use regbridge::clock::Timestamp;

use crate::house::{BUREAU, NATIONAL, at};
use crate::on_both;

const TABLE: &str = include_str!("cases.csv");

/// A line of the table.
struct Line<'a> {
    case: &'a str,
    agency: &'static str,
    received: Timestamp,
    acknowledged: Option<Timestamp>,
    testing: Option<(Timestamp, Timestamp)>,
    rule_set: &'a str,
    deadline: &'a str,
    due: &'a str,
}

/// What happens in a case, in the order of time.
enum Step {
    Receive,
    Acknowledge,
    BeginTesting,
    EndTesting,
}

fn lines() -> Vec<Line<'static>> {
    let mut rows = TABLE.lines();
    assert_eq!(
        rows.next(),
        Some("case,road,received,acknowledged,testing_from,testing_to,rule_set,deadline,due,why")
    );
    let line = |row: &'static str| {
        let cells: Vec<&str> = row.split(',').collect();
        let [case, road, received, acknowledged, from, to, rule_set, deadline, due, _why] = cells[..] else {
            panic!("{row}")
        };
        let time = |text: &str| (!text.is_empty()).then(|| at(text));
        Line {
            case,
            agency: if road == "12315" { NATIONAL } else { BUREAU },
            received: at(received),
            acknowledged: time(acknowledged),
            testing: time(from).zip(time(to)),
            rule_set,
            deadline,
            due,
        }
    };
    rows.filter(|row| !row.is_empty()).map(line).collect()
}

/// What somebody else calculates, by case.
fn oracle() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deadlines");
    let ran =
        Command::new("python3").arg(folder.join("oracle.py")).arg(folder.join("cases.csv")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let pair = |line: &str| line.split_once(' ').map(|(case, due)| (case.to_owned(), due.to_owned()));
    text.lines().filter_map(pair).collect()
}

on_both! {
    async fn two_hundred_cases_end_on_the_day_that_somebody_else_calculates(house: &House) {
        let lines = lines();
        assert!(lines.len() >= 200, "{}", lines.len());
        let mut steps: Vec<(Timestamp, usize, Step)> = Vec::new();
        for (place, line) in lines.iter().enumerate() {
            steps.push((line.received, place, Step::Receive));
            steps.extend(line.acknowledged.map(|at| (at, place, Step::Acknowledge)));
            if let Some((from, to)) = line.testing {
                steps.extend([(from, place, Step::BeginTesting), (to, place, Step::EndTesting)]);
            }
        }
        steps.sort_by_key(|(at, ..)| *at);
        for (moment, place, step) in steps {
            house.until(moment);
            let Line { case, agency, .. } = lines[place];
            match step {
                Step::Receive => drop(house.complain(agency, case, None).await),
                Step::Acknowledge => house.acknowledge(case, "accepted").await,
                Step::BeginTesting => house.tell(case, "检测开始").await,
                Step::EndTesting => house.tell(case, "检测结束").await,
            }
        }
        let oracle = oracle();
        let mut wrong = Vec::new();
        for line in &lines {
            let found = house.deadline(line.case, line.deadline).await.unwrap();
            let due = match (&found.due_on, found.missing_year) {
                (Some(day), None) => day.clone(),
                (None, Some(year)) => format!("missing:{year}"),
                other => panic!("{}: {other:?}", line.case),
            };
            let end = found.due_at.as_deref().is_none_or(|at| at.ends_with("T23:59:59+08:00"));
            if due != line.due || oracle[line.case] != due || found.rule_set.as_deref() != Some(line.rule_set) || !end {
                wrong.push(format!(
                    "{}: the gateway says {due} by {:?}, the table {} by {}, the oracle {}",
                    line.case, found.rule_set, line.due, line.rule_set, oracle[line.case]
                ));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
