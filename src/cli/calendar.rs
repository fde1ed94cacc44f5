//! `regbridge calendar`: the working days that deadlines are counted by.

use anyhow::{Context as _, bail};
use chrono::{Datelike as _, NaiveDate, Weekday};
use clap::Subcommand;

use crate::cli::Context;
use crate::domain::calendar::{CN, Calendar, Year};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show a year: the notice it stands on, its days off, its make-up days, and how many days are worked in each month.
    Show {
        /// The year.
        year: i32,
        /// Which calendar.
        #[arg(long, default_value = CN)]
        calendar: String,
    },
    /// List the years that are known, and where each comes from.
    List,
}

pub(super) fn run(command: &Command, context: &Context) -> anyhow::Result<bool> {
    let laws = crate::config::laws::load(&context.folder)?;
    match command {
        Command::List => {
            for calendar in laws.calendars().all() {
                for year in calendar.years() {
                    let doubt = if year.checked { "" } else { "\t未核对 unverified" };
                    println!("{}\t{}\t{}\t{}{doubt}", calendar.id, year.year, year.number, year.file);
                }
            }
        }
        Command::Show { year, calendar } => {
            let calendar = laws.calendars().named(calendar);
            let calendar = calendar.context("no such calendar; `regbridge calendar list` names them")?;
            let Some(notice) = calendar.year(*year) else {
                let known: Vec<String> = calendar.years().map(|year| year.year.to_string()).collect();
                bail!(
                    "{} 没有 {year} 年的日历 · no calendar for {year}: known are {}. Put the State Council's notice into \
                     {}/cn-{year}.toml; schemas/calendars/README.md says how",
                    calendar.id,
                    known.join(", "),
                    context.folder.calendars().display()
                );
            };
            show(calendar, notice);
        }
    }
    Ok(true)
}

fn show(calendar: &Calendar, notice: &Year) {
    println!("{} {}\t{}（{}，{}）", calendar.id, notice.year, notice.source, notice.number, notice.issued_on);
    println!("文件 file\t{}", notice.file);
    let checked = if notice.checked { "已逐日核对 verified" } else { "未核对 unverified" };
    println!("核对 checked\t{checked}\t{}", notice.note);
    println!();
    for holiday in &notice.holidays {
        let days = holiday.days().count();
        let work: Vec<String> = holiday.work.iter().map(|day| format!("{day} {}", weekday(*day))).collect();
        let work = if work.is_empty() { String::new() } else { format!("\t上班 {}", work.join("、")) };
        println!("{}\t{} 至 {}（{days} 天）{work}", holiday.name, holiday.from, holiday.to);
    }
    println!();
    println!("月份 month\t工作日 working days");
    for month in 1..=12 {
        let first = NaiveDate::from_ymd_opt(notice.year, month, 1);
        let days =
            first.into_iter().flat_map(|first| first.iter_days()).take_while(|day| day.month() == month);
        // The last days of a December may wait for the next notice.
        let (mut worked, mut open) = (0, 0);
        for day in days {
            match calendar.is_working(day) {
                Ok(is) => worked += u32::from(is),
                Err(_) => open += 1,
            }
        }
        let open = if open == 0 { String::new() } else { format!("\t另有 {open} 天待定 not settled") };
        println!("{month:02}\t{worked}{open}");
    }
}

const fn weekday_of(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "周一",
        Weekday::Tue => "周二",
        Weekday::Wed => "周三",
        Weekday::Thu => "周四",
        Weekday::Fri => "周五",
        Weekday::Sat => "周六",
        Weekday::Sun => "周日",
    }
}

fn weekday(day: NaiveDate) -> &'static str {
    weekday_of(day.weekday())
}
