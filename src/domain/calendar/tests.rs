//! Calendars: the notices' days, properties of counting, and files that are refused.

use chrono::{Datelike as _, NaiveDate, Weekday};
use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn cn() -> Calendar {
    Calendars::shipped().named(CN).unwrap().clone()
}

#[test]
fn the_notices_of_three_years() {
    let cn = cn();
    let known: Vec<i32> = cn.years().map(|year| year.year).collect();
    assert!(known.contains(&2024) && known.contains(&2025) && known.contains(&2026), "{known:?}");
    for (off, work) in [
        ("2024-02-10", "2024-02-09"),
        ("2025-01-28", "2025-01-27"),
        ("2025-10-08", "2025-10-09"),
        ("2026-02-23", "2026-02-24"),
        ("2026-02-16", "2026-02-14"),
        ("2026-10-01", "2026-10-10"),
        ("2026-09-25", "2026-09-20"),
    ] {
        assert_eq!(cn.is_working(day(off)), Ok(false), "{off}");
        assert_eq!(cn.is_working(day(work)), Ok(true), "{work}");
    }
}

#[test]
fn as_many_days_off_as_the_law_gives_and_no_working_time_lost() {
    // 全国年节及纪念日放假办法: eleven days until 2024, thirteen from 2025 on. What a notice gives beyond them on weekdays, it
    // takes back on weekends.
    for (year, legal) in [(2024, 11), (2025, 13), (2026, 13)] {
        let cn = cn();
        let notice = cn.year(year).unwrap();
        let weekend = |day: &NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let off = notice.holidays.iter().flat_map(Holiday::days).filter(|day| !weekend(day)).count();
        let made_up: usize = notice.holidays.iter().map(|holiday| holiday.work.len()).sum();
        assert_eq!(off - made_up, legal, "{year}: {off} weekdays off, {made_up} weekend days worked");
        assert!(notice.checked && !notice.note.is_empty(), "{year}");
    }
}

#[test]
fn a_year_that_is_not_there_is_never_guessed() {
    let cn = cn();
    let last = cn.years().next_back().unwrap().year;
    assert_eq!(cn.is_working(day(&format!("{}-01-04", last + 1))), Err(MissingYear { year: last + 1 }));
    let end = day(&format!("{last}-12-31"));
    assert_eq!(cn.add_working_days(end, 1), Err(MissingYear { year: last + 1 }));
    assert_eq!(cn.is_working(day("2019-12-31")), Err(MissingYear { year: 2019 }));
    assert_eq!(cn.missing_between(day("2026-01-01"), day("2026-12-31")), None);
}

#[test]
fn a_december_before_a_tuesday_waits_for_the_next_notice() {
    let year = |year: i32| Year {
        year,
        source: String::new(),
        number: String::new(),
        issued_on: day("2018-12-01"),
        checked: true,
        note: String::new(),
        holidays: Vec::new(),
        file: String::new(),
        digest: Digest::of(b""),
    };
    let only = Calendar::new(CN, [year(2018)]);
    assert_eq!(only.is_working(day("2018-12-28")), Ok(true));
    assert_eq!(only.is_working(day("2018-12-31")), Err(MissingYear { year: 2019 }));
    let moved = Holiday {
        name: "元旦".to_owned(),
        from: day("2018-12-30"),
        to: day("2019-01-01"),
        work: vec![day("2018-12-29")],
    };
    let both = Calendar::new(CN, [year(2018), Year { holidays: vec![moved], ..year(2019) }]);
    assert_eq!(both.is_working(day("2018-12-31")), Ok(false));
    assert_eq!(both.is_working(day("2018-12-29")), Ok(true));
}

#[test]
fn an_operators_year_stands_before_ours_and_two_of_them_are_refused() {
    let text = |to: &str| {
        format!(
            "calendar = \"cn\"\nyear = 2027\nsource = \"s\"\nnumber = \"n\"\nissued_on = \"2026-11-05\"\nchecked = false\n\
             [[holiday]]\nname = \"元旦\"\nfrom = \"2027-01-01\"\nto = \"{to}\"\n"
        )
    };
    let own = |to: &str| ("DIR/calendars/cn-2027.toml".to_owned(), text(to));
    let calendars = Calendars::load([own("2027-01-03")]).unwrap();
    assert_eq!(calendars.named(CN).unwrap().is_working(day("2027-01-01")), Ok(false));
    assert_eq!(calendars.named(CN).unwrap().is_working(day("2027-01-04")), Ok(true));
    let twice = Calendars::load([own("2027-01-03"), ("b.toml".to_owned(), text("2027-01-03"))]).unwrap_err();
    assert!(
        twice.what.contains("one of them must go") && twice.file == "b.toml" && twice.line == 2,
        "{twice}"
    );
    for (to, what) in
        [("2027-02-03", "34 days"), ("2028-01-03", "not of 2027"), ("2026-11-01", "not of 2027")]
    {
        let fault = Calendars::load([own(to)]).unwrap_err();
        assert!(fault.what.contains(what) && fault.line >= 9, "{fault}");
    }
    let worked = text("2027-01-03") + "work = [\"2027-01-05\"]\n";
    let fault = Calendars::load([("c.toml".to_owned(), worked)]).unwrap_err();
    assert!(fault.what.contains("worked anyway") && fault.line == 11, "{fault}");
    let unknown = text("2027-01-03") + "off = 3\n";
    let fault = Calendars::load([("d.toml".to_owned(), unknown)]).unwrap_err();
    assert!(fault.what.contains("unknown field `off`") && fault.line == 11, "{fault}");
}

#[test]
fn a_day_ends_at_midnight_in_china() {
    let at = |text: &str| Timestamp::parse(text).unwrap();
    assert_eq!(day_of(at("2026-12-31T23:59:59.999999+08:00")), day("2026-12-31"));
    assert_eq!(day_of(at("2026-12-31T11:00:00-05:00")), day("2027-01-01"));
    assert_eq!(begin_of(day("2026-12-31")), at("2026-12-31T00:00:00+08:00"));
    assert_eq!(end_of(day("2026-12-31")), at("2026-12-31T23:59:59.999999+08:00"));
}

prop_compose! {
    // Far enough from both ends for a hundred working days.
    fn days()(offset in 0_i64..700) -> NaiveDate {
        day("2024-06-01") + chrono::TimeDelta::days(offset)
    }
}

proptest! {
    #[test]
    fn counting_is_additive_and_ends_on_a_working_day(from in days(), a in 0_u32..40, b in 0_u32..40) {
        let cn = cn();
        let both = cn.add_working_days(from, a + b).unwrap();
        let step = cn.add_working_days(cn.add_working_days(from, a).unwrap(), b).unwrap();
        prop_assert_eq!(both, step);
        if a + b > 0 {
            prop_assert!(cn.is_working(both).unwrap() && both > from);
        }
    }

    #[test]
    fn as_many_working_days_lie_between_as_were_counted(from in days(), count in 0_u32..60) {
        let cn = cn();
        let to = cn.add_working_days(from, count).unwrap();
        let worked = from.iter_days().skip(1).take_while(|day| *day <= to).filter(|day| cn.is_working(*day).unwrap());
        prop_assert_eq!(worked.count(), count as usize);
    }

    #[test]
    fn a_later_beginning_never_ends_earlier(from in days(), count in 1_u32..60) {
        let cn = cn();
        let next = from.succ_opt().unwrap();
        prop_assert!(cn.add_working_days(from, count).unwrap() <= cn.add_working_days(next, count).unwrap());
    }

    #[test]
    fn back_undoes_on(from in days(), count in 0_u32..60) {
        let cn = cn();
        let from = cn.working_from(from).unwrap();
        prop_assert!(cn.is_working(from).unwrap());
        let to = cn.add_working_days(from, count).unwrap();
        prop_assert_eq!(cn.back_working_days(to, count).unwrap(), from);
    }

    #[test]
    fn a_moment_lies_within_its_day(micros in 1_700_000_000_000_000_i64..1_900_000_000_000_000) {
        let at = Timestamp::from_micros(micros);
        let day = day_of(at);
        prop_assert!(begin_of(day) <= at && at <= end_of(day));
    }
}
