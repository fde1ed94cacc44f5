//! The watch and the radar: each thing told once, whoever looks and however often; and what receipts and the journal say.

use regbridge::domain::calendar::Calendars;
use regbridge::domain::deadline::{Laws, Standing};
use regbridge::domain::id::AgencyId;
use regbridge::exchange::Refused;
use regbridge::exchange::deadline::radar::Team;
use regbridge::exchange::view::CaseFilter;

use crate::house::{BUREAU, NATIONAL, at, registered};
use crate::on_both;

on_both! {
    async fn two_replicas_and_a_restart_tell_once(house: &House) {
        house.until(at("2025-07-10T10:00:00+08:00"));
        for number in 0..70 {
            house.complain(BUREAU, &format!("W-{number}"), None).await;
        }
        house.until(at("2025-07-22T09:00:00+08:00"));
        let (other, now) = (house.another().await, at("2025-07-22T09:00:00+08:00"));
        let (one, two) = tokio::join!(house.gateway.watch_deadlines(now), other.watch_deadlines(now));
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((one.overdue + two.overdue, one.soon + two.soon), (70, 0), "{one:?} {two:?}");
        let third = house.another().await.watch_deadlines(at("2025-07-22T10:00:00+08:00")).await.unwrap();
        assert_eq!((third.overdue, third.soon), (0, 0));
        let events = house.events("regbridge.deadline.overdue").await;
        assert_eq!(events.len(), 70);
        assert_eq!(events[0].data["deadline"], "accept");
        assert_eq!(events[0].data["due"], "2025-07-21T23:59:59+08:00");
        assert_eq!(events[0].data["rule_set"], "cn-order-20");
        let entries = house.entries("deadline").await;
        assert_eq!(entries.len(), 70);
        assert_eq!((&entries[0]["news"], &entries[0]["deadline"]["state"]), (&"overdue".into(), &"overdue".into()));
        // One trouble each, and it ends when the thing is done.
        let troubles = |state: &'static str| async move {
            let all = house.entries("trouble").await;
            all.iter().filter(|entry| entry.to_string().contains("overdue:") && entry.to_string().contains(state)).count()
        };
        assert_eq!(troubles("\"begins\"").await, 70);
        house.reply("W-3").await;
        assert_eq!((troubles("\"begins\"").await, troubles("\"ends\"").await), (70, 1));
    }

    async fn the_receipt_and_the_journal_state_the_law_and_the_day(house: &House) {
        house.until(at("2026-11-23T10:00:00+08:00"));
        let receipt = house.complain(BUREAU, "R-1", Some("2026-11-30")).await;
        let text = regbridge::wire::encoding::decode(&receipt, regbridge::wire::encoding::Encoding::Gb18030).unwrap();
        for said in [
            "<Name>accept</Name>", "<Title>受理或者不予受理</Title>", "<Date>2026-12-02</Date>",
            "<RuleSet>cn-order-121</RuleSet>", "<Calendar>cn</Calendar>",
            "<Name>stated</Name>", "<Date>2026-11-30</Date>",
        ] {
            assert!(text.contains(said), "{said} is not in {text}");
        }
        let entries = house.entries("submission").await;
        let told = entries[0]["deadlines"].as_array().unwrap();
        assert_eq!((&told[0]["name"], &told[0]["due"]), (&"stated".into(), &"2026-11-30T23:59:59+08:00".into()));
        assert_eq!((&told[1]["rule_set"], &told[1]["state"]), (&"cn-order-121".into(), &"running".into()));
        assert_eq!(told[1]["rule_set_sha256"].as_str().map(str::len), Some(64));
        let national = house.complain(NATIONAL, "R-2", None).await;
        let answer: serde_json::Value = serde_json::from_slice(&national).unwrap();
        assert!(answer.to_string().contains("cn-12315-platform") && answer.to_string().contains("2026-12-07"), "{answer}");
        house.acknowledge("R-1", "accepted").await;
        let entries = house.entries("reply").await;
        let told = entries[0]["deadlines"].as_array().unwrap();
        assert_eq!((&told[0]["name"], &told[0]["state"]), (&"accept".into(), &"kept".into()));
        // Sixty days on are in a year without a calendar: no day is stated, and none is guessed.
        assert_eq!((&told[1]["name"], &told[1]["state"], &told[1]["due"]), (&"mediate".into(), &"uncounted".into(), &().into()));
    }

    async fn a_missing_year_is_told_in_good_time_and_when_it_bites(house: &House) {
        house.until(at("2026-10-02T10:00:00+08:00"));
        let watch = async |when: &str| {
            house.until(at(when));
            house.gateway.watch_deadlines(at(when)).await.unwrap()
        };
        assert_eq!(watch("2026-10-02T10:00:00+08:00").await.missing, []);
        let ahead = watch("2026-10-03T10:00:00+08:00").await.missing;
        assert_eq!((ahead[0].year, ahead[0].deadlines), (2027, 0));
        let told = async |word: &str| {
            let all = house.entries("trouble").await;
            all.iter().filter(|one| one.to_string().contains("calendar:cn:2027") && one.to_string().contains(word)).count()
        };
        assert_eq!(told("\"begins\"").await, 1);
        house.until(at("2026-12-28T10:00:00+08:00"));
        house.complain(BUREAU, "Y-1", None).await;
        house.complain(BUREAU, "Y-2", None).await;
        let bites = watch("2026-12-28T10:01:00+08:00").await;
        assert_eq!((bites.missing[0].year, bites.missing[0].deadlines, bites.counted), (2027, 2, 0));
        assert_eq!((told("\"begins\"").await, told("\"ends\"").await), (1, 0));
        let year = "calendar = \"cn\"\nyear = 2027\nsource = \"s\"\nnumber = \"n\"\nissued_on = \"2026-11-05\"\nchecked = false\n\
            [[holiday]]\nname = \"元旦\"\nfrom = \"2027-01-01\"\nto = \"2027-01-03\"\n";
        let calendars = Calendars::load([("own.toml".to_owned(), year.to_owned())]).unwrap();
        house.gateway.replace_laws(Laws::load(calendars, []).unwrap()).await.unwrap();
        let counted = watch("2026-12-28T10:02:00+08:00").await;
        assert_eq!((counted.counted, counted.missing.len()), (2, 0), "{counted:?}");
        assert_eq!(told("\"ends\"").await, 1);
        assert_eq!(house.deadline("Y-1", "accept").await.unwrap().due_on.as_deref(), Some("2027-01-07"));
        assert!(house.entries("deadline").await.iter().all(|entry| entry["news"] == "counted"));
    }

    async fn the_radar_says_what_presses_and_whom_it_waits_for(house: &House) {
        let team = |name: &str, agencies: &[&str], topics: &[&str]| Team {
            name: name.to_owned(),
            agencies: agencies.iter().map(|id| AgencyId::parse(id).unwrap()).collect(),
            topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
        };
        house.gateway.replace_teams(vec![
            team("一组", &[BUREAU], &[]), team("二组", &[NATIONAL], &["complaint"]), team("三组", &[], &["lead"]),
        ]);
        house.until(at("2025-07-10T10:00:00+08:00"));
        house.complain(BUREAU, "A-1", Some("2025-07-15")).await;
        house.complain(NATIONAL, "A-2", None).await;
        house.complain(BUREAU, "A-3", None).await;
        house.acknowledge("A-3", "accepted").await;
        house.until(at("2025-07-18T10:00:00+08:00"));
        let radar = house.gateway.radar(None, None).await.unwrap();
        // A-1's stated day has passed and its acceptance is due on the 21st, as is A-2's; A-2 negotiates until the 24th.
        let total = &radar.total;
        assert_eq!((total.overdue, total.due_soon, total.running), (1, 2, 2), "{total:?}");
        assert_eq!(radar.overdue[0].registration_number, registered("A-1"));
        assert_eq!((radar.overdue[0].waits_for, radar.overdue[0].deadline.standing), ("platform", Standing::Overdue));
        assert_eq!(radar.overdue[0].teams, ["一组"]);
        assert!(radar.overdue[0].last_action_at.is_none());
        let lines: Vec<(&str, u64)> = radar.teams.iter().map(|line| (line.name.as_str(), line.counts.overdue)).collect();
        assert_eq!(lines, [("一组", 1), ("二组", 0), ("三组", 0)]);
        assert_eq!(radar.agencies.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), [NATIONAL, BUREAU]);
        let only = house.gateway.radar(None, Some("二组")).await.unwrap();
        assert!(only.overdue.is_empty() && only.due_soon.len() == 1 && only.total.overdue == 0);
        assert!(matches!(house.gateway.radar(None, Some("四组")).await, Err(Refused::NotFound)));
        let filter = |due| CaseFilter { due: Some(due), limit: 10, ..CaseFilter::default() };
        let numbers = async |due| -> Vec<String> {
            let cases = house.gateway.cases(&filter(due)).await.unwrap();
            let mut numbers: Vec<String> = cases.into_iter().map(|case| case.registration_number).collect();
            numbers.sort();
            numbers
        };
        assert_eq!(numbers(Standing::Overdue).await, [registered("A-1")]);
        assert_eq!(numbers(Standing::DueSoon).await, ["A-1", "A-2"].map(registered));
        house.until(at("2025-09-05T10:00:00+08:00"));
        let radar = house.gateway.radar(Some(&AgencyId::parse(BUREAU).unwrap()), None).await.unwrap();
        let mediation = radar.due_soon.iter().find(|item| item.registration_number == registered("A-3")).unwrap();
        assert_eq!((mediation.last_action_by.as_deref(), mediation.waits_for), (Some("platform"), "platform"));
        assert_eq!(mediation.deadline.due_on.as_deref(), Some("2025-09-11"));
        assert!(radar.overdue.iter().all(|item| item.agency.as_str() == BUREAU));
    }
}
