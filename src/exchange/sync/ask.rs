//! The address of a page: the source's own, with what is asked for in its query. Pure.

use form_urlencoded::Serializer;

use crate::clock::Timestamp;
use crate::domain::schedule::Schedule;
use crate::domain::sync::{Pages, Sync, TimeForm};

/// The address of a page of this window, behind this cursor or of this number. What stands in the query already stays.
pub(super) fn address(
    sync: &Sync,
    schedule: &Schedule,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    (cursor, number): (Option<&str>, Option<u32>),
) -> Result<String, String> {
    let url = sync.url.as_deref().ok_or_else(|| format!("sync {} has no url", sync.name))?;
    let (base, query) = url.split_once('?').map_or((url, ""), |(base, query)| (base, query));
    let mut asked = Serializer::new(query.to_owned());
    if let Some(window) = &sync.window {
        let bounds = [(Some(&window.from), from), (window.to.as_ref(), to)];
        for (parameter, at) in bounds {
            if let (Some(parameter), Some(at)) = (parameter, at) {
                asked.append_pair(parameter, &written(at, window.form, schedule));
            }
        }
    }
    if let Some(size) = &sync.size {
        asked.append_pair(&size.parameter, &size.records.to_string());
    }
    match &sync.pages {
        Some(Pages::Cursor { parameter, .. }) => {
            if let Some(cursor) = cursor {
                asked.append_pair(parameter, cursor);
            }
        }
        Some(Pages::Number { parameter, first, .. }) => {
            asked.append_pair(parameter, &number.unwrap_or(*first).to_string());
        }
        None => {}
    }
    let query = asked.finish();
    Ok(if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") })
}

fn written(at: Timestamp, form: TimeForm, schedule: &Schedule) -> String {
    match form {
        TimeForm::Iso => schedule.clock_time(at, "%Y-%m-%dT%H:%M:%S%:z"),
        TimeForm::Unix => at.seconds().to_string(),
        TimeForm::UnixMillis => at.micros().div_euclid(1000).to_string(),
        TimeForm::Spaced => schedule.clock_time(at, "%Y-%m-%d %H:%M:%S"),
        TimeForm::Packed => schedule.clock_time(at, "%Y%m%d%H%M%S"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(more: &str, place: (Option<&str>, Option<u32>)) -> String {
        let text = format!(
            "name = 'orders'\nkind = 'complaint-order'\nurl = 'https://amr.example/orders?key=1'\ncron = '0 * * * *'\n{more}"
        );
        let sync: Sync = toml::from_str(&text).unwrap();
        assert_eq!(sync.faults(), []);
        let window = (Timestamp::parse("2026-11-28T01:30:00Z"), Timestamp::parse("2026-11-28T02:00:00Z"));
        address(&sync, &sync.schedule().unwrap(), window, place).unwrap()
    }

    #[test]
    fn what_is_asked_for_stands_in_the_query() {
        assert_eq!(asked("", (None, None)), "https://amr.example/orders?key=1");
        let cursor = "size = { parameter = 'limit', records = 50 }\n[pages]\nby = 'cursor'\nparameter = 'after'\nnext = 'next'\n";
        assert_eq!(asked(cursor, (None, None)), "https://amr.example/orders?key=1&limit=50");
        assert_eq!(
            asked(cursor, (Some("a b&c"), None)),
            "https://amr.example/orders?key=1&limit=50&after=a+b%26c"
        );
        let number = "[pages]\nby = 'number'\nparameter = 'page'\nfirst = 0\n";
        assert_eq!(asked(number, (None, Some(3))), "https://amr.example/orders?key=1&page=3");
        for (form, from, to) in [
            ("iso", "2026-11-28T09%3A30%3A00%2B08%3A00", "2026-11-28T10%3A00%3A00%2B08%3A00"),
            ("unix", "1795829400", "1795831200"),
            ("unix-millis", "1795829400000", "1795831200000"),
            ("yyyy-MM-dd HH:mm:ss", "2026-11-28+09%3A30%3A00", "2026-11-28+10%3A00%3A00"),
            ("yyyyMMddHHmmss", "20261128093000", "20261128100000"),
        ] {
            let window = format!("[window]\nfrom = 'begin'\nto = 'end'\nform = '{form}'\n");
            let wanted = format!("https://amr.example/orders?key=1&begin={from}&end={to}");
            assert_eq!(asked(&window, (None, None)), wanted);
        }
    }
}
