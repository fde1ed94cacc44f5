//! Who may exchange what, for where, on which road: every agency, kind, direction and region, held against the scopes by a
//! reckoning of the test's own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use regbridge::domain::id::AgencyId;
use regbridge::domain::kind::{Direction, Kind};
use regbridge::exchange::Refused;
use regbridge::exchange::file::{Content, GivenFile};
use regbridge::exchange::inbound::Sender;
use regbridge::mapping::Format;

use crate::dice::Dice;
use crate::every_kind::{message, record};
use crate::support::{House, open_among};

const AGENCIES: [&str; 5] = ["a-one", "a-two", "a-three", "a-four", "a-none"];

/// A province, a city of it, a district of that, another city, another province.
const REGIONS: [&str; 5] = ["330000", "330100", "330106", "330200", "440000"];

/// One permission.
type Scope = (Kind, Direction, &'static str);

/// What each agency may: chance says, the last one nothing at all.
fn scopes() -> Vec<(&'static str, Vec<Scope>)> {
    let mut dice = Dice::new(20_261_128);
    let mut all = Vec::new();
    for agency in AGENCIES {
        let mut mine = Vec::new();
        for kind in Kind::ALL {
            for direction in kind.directions() {
                for region in REGIONS {
                    if agency != "a-none" && dice.below(4) == 0 {
                        mine.push((*kind, *direction, region));
                    }
                }
            }
        }
        all.push((agency, mine));
    }
    all
}

/// Six digits of GB/T 2260: two for the province, two for the city, two for the district; 00 is all of them.
fn covers(wide: &str, narrow: &str) -> bool {
    let parts = |text: &str| [text[..2].to_owned(), text[2..4].to_owned(), text[4..].to_owned()];
    parts(wide).iter().zip(parts(narrow)).all(|(wide, narrow)| wide == "00" || *wide == narrow)
}

fn may(scopes: &[Scope], kind: Kind, direction: Direction, region: &str) -> bool {
    scopes.iter().any(|(k, d, r)| (*k, *d) == (kind, direction) && covers(r, region))
}

fn house(all: &[(&str, Vec<Scope>)]) -> House {
    let registered: Vec<(String, String)> = all
        .iter()
        .map(|(agency, scopes)| {
            let mut toml =
                "region = \"330000\"\nprofile = \"every-json\"\nrequests_per_second = 2000\n".to_owned();
            for (kind, direction, region) in scopes {
                let text = format!(
                    "[[scopes]]\nkind = \"{kind}\"\ndirection = \"{direction}\"\nregions = [\"{region}\"]\n"
                );
                toml.write_str(&text).unwrap();
            }
            ((*agency).to_owned(), toml)
        })
        .collect();
    open_among(&registered)
}

#[test]
fn what_agencies_submit_is_taken_exactly_where_a_scope_grants_it() {
    let all = scopes();
    let house = house(&all);
    let (mut taken, mut refused) = (0, 0);
    for (agency, scopes) in &all {
        for kind in Kind::ALL {
            let any = REGIONS.iter().any(|region| may(scopes, *kind, Direction::Submit, region));
            for region in REGIONS {
                let number = format!("{agency}-{kind}-{region}");
                let wanted = may(scopes, *kind, Direction::Submit, region);
                // Who is refused before the body is read loses the connection.
                let reply = house.connect_as(agency).post(
                    &format!("/agency/v1/{kind}"),
                    "application/json",
                    &message(kind.as_str(), &number, region),
                );
                let out = reply.status == 403;
                if out {
                    assert_eq!(reply.problem(), "out-of-scope", "{number}");
                }
                // A closure or an outcome needs a case: 422 for what is not known is no matter of scopes.
                assert!(
                    out || [200, 201, 404, 409, 422].contains(&reply.status),
                    "{number}: {}",
                    reply.text()
                );
                assert_eq!(!out, wanted, "{number}: {}", reply.text());
                // Before the body is read it is known whether it may send any.
                let nothing =
                    house.connect_as(agency).post(&format!("/agency/v1/{kind}"), "application/json", b"");
                assert_eq!(nothing.status != 403, any, "{number}");
                // The same as a file.
                let outcome = by_file(&house, agency, *kind, &message(kind.as_str(), &number, region));
                if kind.travels(Direction::Submit) {
                    assert_eq!(
                        !matches!(outcome, Err(Refused::OutOfScope(_))),
                        wanted,
                        "{number}: {outcome:?}"
                    );
                } else {
                    assert!(outcome.is_err(), "{number}");
                }
                if wanted { taken += 1 } else { refused += 1 }
            }
        }
    }
    assert!(taken > 50 && refused > 100, "{taken} {refused}");
}

fn by_file(house: &House, agency: &str, kind: Kind, body: &[u8]) -> Result<(), Refused> {
    let agency = house.gateway.registry().by_id(&AgencyId::parse(agency).unwrap()).unwrap();
    let (sender, format) = (Sender::Folder, Format::Json);
    let body = body.to_vec();
    let given = GivenFile { agency, sender, kind: None, format, charset: None, body };
    let handed = house.block_on(house.gateway.hand_in(given, Content::Message(Some(kind))));
    handed.map(drop).map_err(|turned| turned.refused)
}

#[test]
fn what_the_platform_posts_reaches_exactly_those_whose_scopes_grant_it() {
    let all = scopes();
    let house = house(&all);
    for kind in [Kind::InspectionResult, Kind::EnforcementLead] {
        let mut due: Vec<BTreeSet<String>> = vec![BTreeSet::new(); all.len()];
        for region in REGIONS {
            for (place, (agency, scopes)) in all.iter().enumerate() {
                let number = format!("P-{kind}-{agency}-{region}");
                let posted =
                    house.post_open_to(kind.as_str(), record(kind.as_str(), &number, region), agency);
                let wanted = may(scopes, kind, Direction::Receive, region);
                match &posted {
                    Ok(to) => assert_eq!(*to, [*agency]),
                    Err(why) => assert!(matches!(why, Refused::OutOfScope(_)), "{number}: {why:?}"),
                }
                assert_eq!(posted.is_ok(), wanted, "{number}");
                if wanted {
                    due[place].insert(number);
                }
            }
        }
        for (place, (agency, scopes)) in all.iter().enumerate() {
            let mut client = house.connect_as(agency);
            let any = REGIONS.iter().any(|region| may(scopes, kind, Direction::Receive, region));
            let mut got = BTreeSet::new();
            let mut next = format!("/agency/v1/{kind}");
            loop {
                let page = client.get(&next);
                assert_eq!(page.status != 403, any, "{agency} {kind}: {}", page.text());
                if page.status != 200 {
                    break;
                }
                for number in due.iter().flatten() {
                    if page.text().contains(&**number) {
                        got.insert(number.clone());
                    }
                }
                next = format!("/agency/v1/{kind}?after={}", page.header("regbridge-next").unwrap());
            }
            assert_eq!(got, due[place], "{agency} {kind}");
            // A filter shows of that what lies in its region, and must itself be within what is granted.
            for region in REGIONS {
                let page = house.connect_as(agency).get(&format!("/agency/v1/{kind}?region={region}"));
                assert_eq!(
                    page.status != 403,
                    may(scopes, kind, Direction::Receive, region),
                    "{agency} {kind} {region}"
                );
                let shown = |number: &&String| page.status == 200 && page.text().contains(&***number);
                let shown: BTreeSet<&String> = due.iter().flatten().filter(shown).collect();
                let within =
                    |number: &&String| page.status == 200 && covers(region, &number[number.len() - 6..]);
                let within: BTreeSet<&String> = due[place].iter().filter(within).collect();
                // A page is one message here, of one record.
                assert!(shown.is_subset(&within), "{agency} {kind} {region}: {shown:?}");
                assert_eq!(shown.len(), within.len().min(1), "{agency} {kind} {region}: {within:?}");
            }
        }
    }
}

#[test]
fn an_answer_goes_out_and_files_are_seen_exactly_where_the_cases_agency_may() {
    let all = scopes();
    let house = house(&all);
    let pairs = [
        (Kind::ComplaintOrder, Kind::ComplaintAcknowledgement),
        (Kind::ComplaintOrder, Kind::ComplaintReply),
        (Kind::DisposalOrder, Kind::DisposalResult),
        (Kind::AssistanceRequest, Kind::AssistanceReply),
    ];
    let (mut sent, mut held) = (0, 0);
    for (agency, scopes) in &all {
        let mut client = house.connect_as(agency);
        for (order, answer) in pairs {
            for region in REGIONS.iter().filter(|region| may(scopes, order, Direction::Submit, region)) {
                let number = format!("{agency}-{answer}-{region}");
                let body = message(order.as_str(), &number, region);
                assert_eq!(
                    client.post(&format!("/agency/v1/{order}"), "application/json", &body).status,
                    201
                );
                let wanted = may(scopes, answer, Direction::Receive, region);
                if wanted {
                    house.post(&number, record(answer.as_str(), &number, region));
                    sent += 1;
                } else {
                    let why = house.refused(&number, record(answer.as_str(), &number, region));
                    assert!(matches!(why, Refused::OutOfScope(_)), "{number}: {why:?}");
                    held += 1;
                }
                let files = house.files_of(&number);
                assert_eq!(client.get(&files).status, 200, "{number}");
                for (other, _) in all.iter().filter(|(other, _)| other != agency) {
                    assert_eq!(house.connect_as(other).get(&files).status, 404, "{other} at {number}");
                }
            }
        }
    }
    assert!(sent > 5 && held > 5, "{sent} {held}");
}
