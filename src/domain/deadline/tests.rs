//! Deadlines: shipped sets, counting, courses, and files that are refused.

use proptest::prelude::*;

use super::*;
use crate::domain::calendar::{CN, Calendars, begin_of, day_of, end_of};
use crate::domain::case::CaseState;
use crate::domain::id::AgencyId;
use crate::domain::record::Record;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn record(text: serde_json::Value) -> Record {
    Record::from_value(text).unwrap()
}

fn order() -> Record {
    record(serde_json::json!({ "kind": "complaint-order", "registration_number": "R1" }))
}

fn progress(word: &str) -> Record {
    record(serde_json::json!({ "kind": "complaint-progress", "registration_number": "R1", "event": word }))
}

fn opened(laws: &Laws, profile: &str, record: &Record, when: &str) -> Vec<Deadline> {
    let agency = AgencyId::parse("hz-amr").unwrap();
    laws.open(&Opening { topic: "complaint", agency: &agency, profile, record, at: at(when) })
}

fn happen(laws: &Laws, deadlines: &mut Vec<Deadline>, record: &Record, state: CaseState, when: &str) {
    laws.happen(deadlines, &Happening::of(record, "complaint", Some(state), at(when)));
}

fn due(deadlines: &[Deadline], name: &str) -> Option<String> {
    let one = deadlines.iter().rfind(|one| one.name == name).unwrap_or_else(|| panic!("no {name}"));
    one.due_at.map(|due| due.at_offset(8 * 3600))
}

fn acknowledged(decision: &str) -> Record {
    record(serde_json::json!({
        "kind": "complaint-acknowledgement", "registration_number": "R1", "decision": decision
    }))
}

#[test]
fn the_day_of_receipt_in_china_chooses_the_set() {
    let laws = Laws::shipped();
    let set = |when: &str| {
        opened(&laws, "cn-amr-xml@1.0.0", &order(), when)[0].rule_set().map(str::to_owned).unwrap()
    };
    assert_eq!(set("2026-04-14T23:59:59+08:00"), "cn-order-20");
    assert_eq!(set("2026-04-15T00:00:00+08:00"), "cn-order-121");
    assert_eq!(set("2026-04-14T16:00:00Z"), "cn-order-121");
    assert_eq!(set("2026-04-14T15:59:59Z"), "cn-order-20");
    let named = record(serde_json::json!({
        "kind": "complaint-order", "registration_number": "R1", "rule_set": "cn-order-20"
    }));
    assert_eq!(
        opened(&laws, "cn-amr-xml", &named, "2026-05-06T09:00:00+08:00")[0].rule_set(),
        Some("cn-order-20")
    );
}

#[test]
fn seven_working_days_go_round_spring_festival() {
    let laws = Laws::shipped();
    // 12 February 2026 is a Thursday: 13, 14 (made up), 24, 25, 26, 27, 28 (made up).
    let deadlines = opened(&laws, "cn-amr-xml", &order(), "2026-02-12T10:00:00+08:00");
    assert_eq!(due(&deadlines, "accept").unwrap(), "2026-02-28T23:59:59+08:00");
    assert_eq!(deadlines.len(), 1);
    assert_eq!(deadlines[0].warn_at, Some(at("2026-02-26T09:00:00+08:00")));
    let both = opened(&laws, "cn-12315-json", &order(), "2026-02-12T10:00:00+08:00");
    assert_eq!(due(&both, "negotiate").unwrap(), "2026-03-04T23:59:59+08:00");
}

#[test]
fn sixty_days_from_acceptance_end_on_a_working_day() {
    let laws = Laws::shipped();
    let mut deadlines = opened(&laws, "cn-amr-xml", &order(), "2026-08-03T10:00:00+08:00");
    happen(
        &laws,
        &mut deadlines,
        &acknowledged("accepted"),
        CaseState::Acknowledged,
        "2026-08-04T10:00:00+08:00",
    );
    assert!(deadlines[0].ended_at.is_some() && deadlines[0].missed_at.is_none());
    // 60 days after 4 August are 3 October, a holiday: the next working day is the eighth.
    assert_eq!(due(&deadlines, "mediate").unwrap(), "2026-10-08T23:59:59+08:00");
    let mut refused = opened(&laws, "cn-amr-xml", &order(), "2026-08-03T10:00:00+08:00");
    happen(
        &laws,
        &mut refused,
        &acknowledged("refused"),
        CaseState::Acknowledged,
        "2026-08-04T10:00:00+08:00",
    );
    assert!(refused.iter().all(|one| one.name != "mediate"), "what is refused is not mediated");
}

#[test]
fn testing_time_does_not_count() {
    let laws = Laws::shipped();
    let mut deadlines = opened(&laws, "cn-amr-xml", &order(), "2026-06-01T10:00:00+08:00");
    happen(
        &laws,
        &mut deadlines,
        &acknowledged("accepted"),
        CaseState::Acknowledged,
        "2026-06-02T10:00:00+08:00",
    );
    assert_eq!(due(&deadlines, "mediate").unwrap(), "2026-08-03T23:59:59+08:00");
    happen(
        &laws,
        &mut deadlines,
        &progress("检测开始"),
        CaseState::Acknowledged,
        "2026-06-10T10:00:00+08:00",
    );
    assert_eq!(due(&deadlines, "mediate"), None);
    assert_eq!(deadlines[1].standing(at("2026-09-01T00:00:00+08:00")), Standing::Paused);
    happen(
        &laws,
        &mut deadlines,
        &progress("检测结束"),
        CaseState::Acknowledged,
        "2026-06-20T10:00:00+08:00",
    );
    // Ten days, 11 to 20 June, do not count: 1 August and ten are 11 August, a Tuesday.
    assert_eq!(due(&deadlines, "mediate").unwrap(), "2026-08-11T23:59:59+08:00");
    happen(
        &laws,
        &mut deadlines,
        &progress("检测结束"),
        CaseState::Acknowledged,
        "2026-06-25T10:00:00+08:00",
    );
    assert_eq!(deadlines[1].pauses.len(), 1, "an end without a beginning is none");
}

#[test]
fn what_the_agency_states_stands_before_what_gives_way() {
    let laws = Laws::shipped();
    let stated = record(serde_json::json!({
        "kind": "complaint-order", "registration_number": "R1", "reply_due": { "on": "2026-06-08" }
    }));
    let mut deadlines = opened(&laws, "cn-12315-json", &stated, "2026-06-01T10:00:00+08:00");
    let names: Vec<&str> = deadlines.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["stated", "accept"]);
    assert_eq!(due(&deadlines, "stated").unwrap(), "2026-06-08T23:59:59+08:00");
    assert_eq!(deadlines[0].basis, Basis::Stated);
    let reply = record(serde_json::json!({
        "kind": "complaint-reply", "registration_number": "R1", "outcome": "settled", "explanation": "e", "replied_at": "2026-06-09T10:00:00+08:00"
    }));
    happen(&laws, &mut deadlines, &reply, CaseState::Replied, "2026-06-09T10:00:00+08:00");
    assert_eq!(deadlines[0].standing(at("2026-06-10T00:00:00Z")), Standing::Late);
    let returned = record(serde_json::json!({
        "kind": "complaint-closure", "registration_number": "R1", "decision": "returned", "reason": "r",
        "reply_due": { "on": "2026-06-15" }
    }));
    happen(&laws, &mut deadlines, &returned, CaseState::Returned, "2026-06-10T10:00:00+08:00");
    let again = deadlines.iter().rfind(|one| one.name == STATED).unwrap();
    assert_eq!((again.round, again.due_at), (2, Some(end_of("2026-06-15".parse().unwrap()))));
    let over = record(serde_json::json!({
        "kind": "complaint-closure", "registration_number": "R1", "decision": "closed"
    }));
    happen(&laws, &mut deadlines, &over, CaseState::Closed, "2026-06-11T10:00:00+08:00");
    assert!(deadlines.iter().all(|one| !one.is_open()), "{deadlines:?}");
}

#[test]
fn a_year_that_is_missing_leaves_no_day_until_it_comes() {
    let laws = Laws::shipped();
    let last = laws.calendars().named(CN).unwrap().years().next_back().unwrap().year;
    let mut deadlines = opened(&laws, "cn-amr-xml", &order(), &format!("{last}-12-29T10:00:00+08:00"));
    assert_eq!((deadlines[0].due_at, deadlines[0].missing_year), (None, Some(last + 1)));
    assert_eq!(deadlines[0].standing(at("2099-01-01T00:00:00Z")), Standing::Uncounted);
    assert!(!laws.recount(&mut deadlines[0]), "there is nothing new");
    let year = format!(
        "calendar = \"cn\"\nyear = {0}\nsource = \"s\"\nnumber = \"n\"\nissued_on = \"2026-11-05\"\nchecked = true\n\
         [[holiday]]\nname = \"元旦\"\nfrom = \"{0}-01-01\"\nto = \"{0}-01-03\"\n",
        last + 1
    );
    let calendars = Calendars::load([("own.toml".to_owned(), year)]).unwrap();
    let laws = Laws::load(calendars, []).unwrap();
    assert!(laws.recount(&mut deadlines[0]));
    assert!(
        deadlines[0].due_at.is_some()
            && deadlines[0].missing_year.is_none()
            && deadlines[0].warn_at.is_some()
    );
    assert_eq!(Laws::shipped().missing_ahead(at(&format!("{last}-10-02T12:00:00+08:00"))), None);
    let ahead = Laws::shipped().missing_ahead(at(&format!("{last}-10-03T12:00:00+08:00")));
    assert_eq!(ahead.map(|missing| missing.year), Some(last + 1));
}

#[test]
fn hours_run_around_the_clock_and_extensions_are_bounded() {
    let text = "id = \"urgent\"\ntitle = \"t\"\ntitle_en = \"t\"\nsource = \"s\"\nfrom = \"2024-01-01\"\n\
        calendar = \"cn\"\ntopics = [\"complaint\"]\nagencies = [\"hz-amr\"]\nconfirmed = true\n\
        [[deadline]]\nname = \"call\"\ntitle = \"t\"\ntitle_en = \"t\"\narticle = \"1\"\nwho = \"platform\"\n\
        start = [\"open\"]\nends = [\"reply\"]\nhours = 24\nwarn_hours = 4\nconfirmed = true\n\
        [[deadline.pause]]\ntitle = \"p\"\nbegin = [\"progress:stop\"]\nend = [\"progress:go\"]\n\
        [deadline.extension]\nby = [\"progress:more\"]\nlength = 12\nmost = 1\n";
    let laws = Laws::load(Calendars::shipped(), [("urgent.toml".to_owned(), text.to_owned())]).unwrap();
    let mut deadlines = opened(&laws, "cn-amr-xml", &order(), "2026-02-14T10:00:00+08:00");
    assert_eq!(due(&deadlines, "call").unwrap(), "2026-02-15T10:00:00+08:00");
    happen(&laws, &mut deadlines, &progress("stop"), CaseState::Received, "2026-02-14T12:00:00+08:00");
    happen(&laws, &mut deadlines, &progress("go"), CaseState::Received, "2026-02-14T12:30:01+08:00");
    assert_eq!(due(&deadlines, "call").unwrap(), "2026-02-15T10:30:01+08:00");
    for _ in 0..2 {
        happen(&laws, &mut deadlines, &progress("more"), CaseState::Received, "2026-02-14T13:00:00+08:00");
    }
    assert_eq!(due(&deadlines, "call").unwrap(), "2026-02-15T22:30:01+08:00");
    assert_eq!(deadlines[0].warn_at, Some(at("2026-02-15T18:30:01+08:00")));
}

#[test]
fn a_case_keeps_the_text_it_began_with() {
    let text = Laws::shipped().set("cn-order-121").unwrap().text.clone();
    let began = Laws::shipped();
    let mut deadlines = opened(&began, "cn-amr-xml", &order(), "2026-06-01T10:00:00+08:00");
    let changed = text.replace("days = 60", "days = 30");
    let today = Laws::load(Calendars::shipped(), [("own.toml".to_owned(), changed)]).unwrap();
    let today = today.with_earlier([("cn-order-121".to_owned(), text)]);
    happen(
        &today,
        &mut deadlines,
        &acknowledged("accepted"),
        CaseState::Acknowledged,
        "2026-06-02T10:00:00+08:00",
    );
    assert_eq!(due(&deadlines, "mediate").unwrap(), "2026-08-03T23:59:59+08:00");
    let mut new = opened(&today, "cn-amr-xml", &order(), "2026-06-01T10:00:00+08:00");
    happen(&today, &mut new, &acknowledged("accepted"), CaseState::Acknowledged, "2026-06-02T10:00:00+08:00");
    assert_eq!(due(&new, "mediate").unwrap(), "2026-07-02T23:59:59+08:00");
}

#[test]
fn a_set_that_is_wrong_is_refused_with_its_line() {
    let text = Laws::shipped().set("cn-order-121").unwrap().text.clone();
    let load = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let text = text.replace(from, to);
        let fault = Laws::load(Calendars::shipped(), [("own.toml".to_owned(), text.clone())]).unwrap_err();
        (text.lines().nth(fault.line - 1).unwrap().to_owned(), fault.to_string())
    };
    for (from, to, line, what) in [
        ("working_days = 7", "working_day = 7", "working_day = 7", "unknown field `working_day`"),
        ("working_days = 7", "working_days = 7\nhours = 3", "name = \"accept\"", "exactly one of hours"),
        ("\"acknowledge\",", "\"acknowledged\",", "name = \"accept\"", "no event \"acknowledged\""),
        ("calendar = \"cn\"", "calendar = \"cm\"", "calendar = \"cm\"", "no calendar \"cm\""),
        ("from = \"2026-04-15\"", "from = \"2026-04-14\"", "from = \"2026-04-14\"", "on the same day"),
        (
            "topics = [\"complaint\"]",
            "topics = [\"complaints\"]",
            "topics = [\"complaints\"]",
            "no case is about",
        ),
        ("name = \"mediate\"", "name = \"stated\"", "name = \"stated\"", "the agency's own day"),
        ("days = 60", "days = 60000", "name = \"mediate\"", "1 to 3660"),
    ] {
        let (found, fault) = load(from, to);
        assert!(found == line && fault.contains(what), "{fault}\n{found}");
    }
}

proptest! {
    // One count is the other where every day is worked and none is paused.
    #[test]
    fn a_pause_moves_the_end_by_the_days_it_takes(start in 0_i64..300, begin in 1_i64..20, length in 0_i64..20, days in 25_u32..60) {
        let calendars = Calendars::shipped();
        let cn = calendars.named(CN).unwrap();
        let from = day_of(at("2024-06-03T00:00:00+08:00")) + chrono::TimeDelta::days(start);
        let moment = |offset: i64| begin_of(from + chrono::TimeDelta::days(offset)).plus_millis(3_600_000);
        let span = Span { from: moment(begin), to: Some(moment(begin + length)) };
        let plain = last_moment(cn, moment(0), Length::Days(days + u32::try_from(length).unwrap()), &[]).unwrap();
        let paused = last_moment(cn, moment(0), Length::Days(days), &[span]).unwrap();
        prop_assert_eq!(plain, paused);
        let worked = last_moment(cn, moment(0), Length::WorkingDays(days), &[span]).unwrap();
        let straight = last_moment(cn, moment(0), Length::WorkingDays(days), &[]).unwrap();
        prop_assert!(worked >= straight && cn.is_working(day_of(worked)).unwrap());
        let open = Span { to: None, ..span };
        prop_assert_eq!(last_moment(cn, moment(0), Length::WorkingDays(days), &[open]), Err(Uncounted::Paused));
    }
}
