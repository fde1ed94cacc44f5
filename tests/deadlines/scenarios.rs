//! Runs the feature files beside it: Gherkin in Chinese, each line one step, through a real gateway.
//!
//! `功能` and `场景` are headings; `假如`, `当`, `那么`, `并且`, `但是` begin a step, and mean the same to the machine. In a step,
//! `“…”` is a text and a date is a moment of China's clock; what remains is looked up below, and a line that is not there fails.

use std::path::Path;

use regbridge::clock::Timestamp;
use regbridge::domain::calendar::Calendars;
use regbridge::domain::deadline::{Laws, Standing};

use crate::house::{BUREAU, House, NATIONAL, at};
use crate::on_both;

/// A step: its sentence with `@` for each text and `#` for each moment, and those.
struct Step {
    sentence: String,
    texts: Vec<String>,
    days: Vec<String>,
    moments: Vec<Timestamp>,
}

fn step(line: &str) -> Step {
    let mut rest = line;
    for word in ["假如", "当", "那么", "并且", "但是"] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let (mut sentence, mut texts, mut days, mut moments) =
        (String::new(), Vec::new(), Vec::new(), Vec::new());
    let chars: Vec<char> = rest.trim().chars().collect();
    let mut place = 0;
    while place < chars.len() {
        if chars[place] == '“' {
            let text: String = chars[place + 1..].iter().take_while(|c| **c != '”').collect();
            place += text.chars().count() + 2;
            texts.push(text);
            sentence.push('@');
        } else if let Some((year, month, day)) = date(&chars, &mut place) {
            let mut time = [0; 3];
            for (part, unit) in time.iter_mut().zip(['时', '分', '秒']) {
                *part = number(&chars, &mut place, unit).unwrap_or(0);
            }
            let [hour, minute, second] = time;
            days.push(format!("{year:04}-{month:02}-{day:02}"));
            moments
                .push(at(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+08:00")));
            sentence.push('#');
        } else {
            sentence.push(chars[place]);
            place += 1;
        }
    }
    Step { sentence, texts, days, moments }
}

/// The number that stands at a place before its unit; the place is then behind it.
fn number(chars: &[char], place: &mut usize, unit: char) -> Option<u32> {
    let digits: String = chars[*place..].iter().take_while(|c| c.is_ascii_digit()).collect();
    if digits.is_empty() || chars.get(*place + digits.len()) != Some(&unit) {
        return None;
    }
    *place += digits.len() + 1;
    digits.parse().ok()
}

/// A whole date; a year alone is none.
fn date(chars: &[char], place: &mut usize) -> Option<(u32, u32, u32)> {
    let mut ahead = *place;
    let [year, month, day] = ['年', '月', '日'].map(|unit| number(chars, &mut ahead, unit));
    let found = (year?, month?, day?);
    *place = ahead;
    Some(found)
}

/// Which deadline a step speaks of.
fn deadline(sentence: &str) -> (&'static str, &str) {
    let names = [("受理", "accept"), ("调解", "mediate"), ("协商", "negotiate"), ("来文", "stated")];
    let found =
        names.iter().find_map(|(zh, name)| Some((*name, sentence.strip_prefix("@的")?.strip_prefix(zh)?)));
    found.unwrap_or_else(|| panic!("no such step: {sentence}"))
}

async fn run(house: &House, Step { sentence, texts, days, moments }: Step) {
    let text = |place: usize| texts[place].as_str();
    match sentence.as_str() {
        "现在是#" => house.until(moments[0]),
        "到了#" => {
            house.until(moments[0]);
            house.gateway.watch_deadlines(moments[0]).await.unwrap();
        }
        "市监局转来投诉@" => drop(house.complain(BUREAU, text(0), None).await),
        "市监局转来投诉@，要求#前反馈" => {
            drop(house.complain(BUREAU, text(0), Some(&days[0])).await);
        }
        "全国12315平台转来投诉@" => drop(house.complain(NATIONAL, text(0), None).await),
        "平台受理@" => house.acknowledge(text(0), "accepted").await,
        "平台不予受理@" => house.acknowledge(text(0), "refused").await,
        "平台反馈@" => house.reply(text(0)).await,
        "市监局办结@" => house.close(BUREAU, text(0), "closed", None).await,
        "市监局撤回@" => house.close(BUREAU, text(0), "withdrawn", None).await,
        "市监局退回@，要求#前反馈" => {
            house.close(BUREAU, text(0), "returned", Some(&days[0])).await;
        }
        "全国12315平台办结@" => house.close(NATIONAL, text(0), "closed", None).await,
        "@开始检测" => house.tell(text(0), "检测开始").await,
        "@检测结束" => house.tell(text(0), "检测结束").await,
        "补入2027年工作日历" => house.gateway.replace_laws(with_2027()).await.unwrap(),
        "@适用@" => {
            let deadlines = house.detail(text(0)).await.deadlines;
            assert!(deadlines.iter().any(|one| one.rule_set.as_deref() == Some(text(1))), "{deadlines:?}");
        }
        "平台共收到逾期提醒0次" => assert_eq!(told(house, "overdue").await, 0),
        "平台共收到逾期提醒1次" => assert_eq!(told(house, "overdue").await, 1),
        "平台共收到到期提醒0次" => assert_eq!(told(house, "due-soon").await, 0),
        "平台共收到到期提醒1次" => assert_eq!(told(house, "due-soon").await, 1),
        "平台共收到到期提醒2次" => assert_eq!(told(house, "due-soon").await, 2),
        other => expect(house, other, text(0), days.first().map(String::as_str)).await,
    }
}

async fn told(house: &House, what: &str) -> usize {
    house.events(&format!("regbridge.deadline.{what}")).await.len()
}

/// What is said of a deadline.
async fn expect(house: &House, sentence: &str, case: &str, day: Option<&str>) {
    let (name, said) = deadline(sentence);
    let found = house.deadline(case, name).await;
    if said == "期限没有" {
        assert!(found.is_none(), "{sentence}: {found:?}");
        return;
    }
    let found = found.unwrap_or_else(|| panic!("{sentence}: {case} has no {name}"));
    let standing = match said {
        "期限至#" => {
            assert_eq!(found.due_on.as_deref(), day, "{sentence} {case}: {found:?}");
            assert_eq!(found.due_at, day.map(|day| format!("{day}T23:59:59+08:00")), "{sentence} {case}");
            return;
        }
        "期限计时中" => Standing::Running,
        "期限即将到期" => Standing::DueSoon,
        "期限已逾期" => Standing::Overdue,
        "期限中止计时" => Standing::Paused,
        "期限缺工作日历" => Standing::Uncounted,
        "按期完成" => Standing::Kept,
        "逾期完成" => Standing::Late,
        _ => panic!("no such step: {sentence}"),
    };
    assert_eq!(found.standing, standing, "{sentence} {case}: {found:?}");
}

/// A year that is made up, for want of the State Council's.
fn with_2027() -> Laws {
    let text = "calendar = \"cn\"\nyear = 2027\nsource = \"虚构\"\nnumber = \"虚构\"\nissued_on = \"2026-11-05\"\nchecked = false\n\
        [[holiday]]\nname = \"元旦\"\nfrom = \"2027-01-01\"\nto = \"2027-01-03\"\n";
    let calendars = Calendars::load([("cn-2027.toml".to_owned(), text.to_owned())]).unwrap();
    Laws::load(calendars, []).unwrap()
}

/// The scenarios of all feature files: where each begins, and its lines.
fn scenarios() -> Vec<(String, Vec<(String, Step)>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deadlines");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "feature"));
    files.sort();
    let mut all: Vec<(String, Vec<(String, Step)>)> = Vec::new();
    for path in files {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in (1..).zip(std::fs::read_to_string(&path).unwrap().lines()) {
            let line = line.trim();
            let place = format!("{file}:{number}: {line}");
            if let Some(title) = line.strip_prefix("场景:") {
                all.push((format!("{file}: {}", title.trim()), Vec::new()));
            } else if !line.is_empty() && !line.starts_with(['#', '功']) {
                let (_, steps) = all.last_mut().unwrap_or_else(|| panic!("{place} stands in no scenario"));
                steps.push((place, step(line)));
            }
        }
    }
    all
}

/// Each scenario in a house of its own; the last line that was read shows in the output of one that fails.
async fn run_all(house: impl AsyncFn() -> Option<House>) {
    let all = scenarios();
    assert!(all.len() >= 15, "{}", all.len());
    for (title, steps) in all {
        let Some(house) = house().await else { return };
        eprintln!("{title}");
        for (place, step) in steps {
            eprintln!("  {place}");
            run(&house, step).await;
        }
        house.clear().await;
    }
}

#[tokio::test]
async fn sqlite() {
    run_all(async || Some(House::sqlite().await)).await;
}

#[tokio::test]
async fn postgres() {
    run_all(House::postgres).await;
}

on_both! {
    async fn an_unknown_step_is_no_step(house: &House) {
        let line = step("那么“甲”的受理期限至2026年2月3日");
        assert_eq!((line.sentence.as_str(), &*line.texts, &*line.days), ("@的受理期限至#", &["甲".to_owned()][..], &["2026-02-03".to_owned()][..]));
        house.complain(BUREAU, "甲", None).await;
        let wrong = std::panic::AssertUnwindSafe(run(house, step("那么“甲”的受理期限很长")));
        assert!(futures_util::FutureExt::catch_unwind(wrong).await.is_err());
    }
}
