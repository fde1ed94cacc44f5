//! Fetching from agencies that only publish.
//!
//! Promise: what is fetched goes the way of everything that comes: read, validated, mapped, applied and journalled as a
//! submission of its agency, so that a page that is fetched twice is known and doubles nothing. How far a sync is, is written
//! down page by page; a run that is taken up again goes on there. The next window begins where the last one that was fetched
//! whole ended, and before that by the overlap: a run that fails moves nothing. A page that is refused as a whole stops the
//! run; of one whose message says `bad_records = "skip"` the good records are taken and the bad ones are journalled.
//!
//! | file | idea |
//! |---|---|
//! | `again` | which window held what is missing, and its fetching once more |
//! | `ask` | the address of a page: pure |
//! | `shelf` | a directory as a source |

mod again;
mod ask;
mod shelf;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::domain::sync::{Pages, SourceFormat, Sync};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::inbound::{Channel, Inbound, Sender};
use crate::exchange::job::{Done, Fault, Job, Run};
use crate::exchange::port::{Fetched, Source};
use crate::exchange::refused::Refused;
use crate::mapping::{Decoded, Format, Input, Profile, Run as Reading};
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;

pub(in crate::exchange) use again::asked;

/// Pages of one run: a source that names itself as its next page would be asked for ever. At 100 records a page these are a
/// million.
const MOST_PAGES: u64 = 10_000;

/// How far a run is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Course {
    /// The window, in microseconds since 1970.
    from: Option<i64>,
    to: Option<i64>,
    /// The next page: its cursor, or its number.
    cursor: Option<String>,
    number: Option<u32>,
    /// What came so far.
    pages: u64,
    records: u64,
    known: u64,
    bad: u64,
    /// The day of a difference for which this window is fetched again: the sync itself does not move.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<NaiveDate>,
}

/// How far a sync is over all its runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Mark {
    /// The end of the last window that was fetched whole, in microseconds since 1970.
    until: Option<i64>,
    /// The cursor behind everything that was fetched, where there are no windows.
    cursor: Option<String>,
}

impl Gateway {
    /// The jobs of all agencies' syncs. What does not parse is told where the registry is loaded.
    #[must_use]
    pub fn sync_jobs(&self, source: &Arc<dyn Source>, data: &std::path::Path) -> Vec<Job> {
        let mut jobs = Vec::new();
        for agency in self.registry().agencies() {
            for sync in &agency.syncs {
                let Ok(schedule) = sync.schedule() else { continue };
                let (id, name) = (agency.id.clone(), sync.name.clone());
                let (source, data) = (Arc::clone(source), data.to_owned());
                jobs.push(Job {
                    name: format!("sync:{id}:{name}"),
                    schedule,
                    missed: sync.missed,
                    agency: Some(id.clone()),
                    journalled: true,
                    work: Arc::new(move |gateway: Gateway, run: Run| {
                        fetch(gateway, run, (id.clone(), name.clone()), Arc::clone(&source), data.clone())
                    }),
                });
            }
        }
        jobs
    }
}

async fn fetch(
    gateway: Gateway,
    run: Run,
    (id, name): (AgencyId, String),
    source: Arc<dyn Source>,
    data: PathBuf,
) -> Done {
    let agency = gateway.registry().by_id(&id).ok_or_else(|| Fault::Final(format!("agency {id} is gone")))?;
    let sync = agency.syncs.iter().find(|sync| sync.name == name).cloned();
    let sync = sync.ok_or_else(|| Fault::Final(format!("agency {id} has no sync {name} any more")))?;
    let profile = gateway.world.profile_of(&agency)?;
    let again = course(&run).again;
    let mut fetching = Fetching { gateway: gateway.clone(), run, agency, sync, profile };
    let said = match fetching.sync.path.clone() {
        Some(path) => fetching.files(&data.join(path)).await?,
        None => fetching.pages(&*source).await?,
    };
    let Some(day) = again else { return Ok(said) };
    let left = gateway.compare_again(&id, day).await?.map_or(0, |compared| compared.left);
    Ok(format!("{said}; {left} differences left of {day}"))
}

/// How far a run is, as it wrote down.
fn course(run: &Run) -> Course {
    serde_json::from_value(run.progress.clone()).unwrap_or_default()
}

/// A sync under way.
struct Fetching {
    gateway: Gateway,
    run: Run,
    agency: Arc<Agency>,
    sync: Sync,
    profile: Arc<Profile>,
}

impl Fetching {
    async fn pages(&mut self, source: &dyn Source) -> Done {
        let mut mark: Mark = serde_json::from_value(self.run.mark.clone()).unwrap_or_default();
        let mut course = self.begun(&mark);
        let schedule = self.sync.schedule().map_err(|(key, what)| Fault::Final(format!("{key}: {what}")))?;
        let pause = Duration::from_millis(60_000 / u64::from(self.sync.requests_per_minute.max(1)));
        loop {
            if course.pages >= MOST_PAGES {
                return Err(Fault::Final(format!("{MOST_PAGES} pages came, and none was the last")));
            }
            let window = (course.from.map(Timestamp::from_micros), course.to.map(Timestamp::from_micros));
            let url = ask::address(&self.sync, &schedule, window, (course.cursor.as_deref(), course.number))
                .map_err(Fault::Final)?;
            let page = source.fetch(&url, self.media()).await?;
            let content = if page.body.is_empty() { None } else { Some(self.content(&page)?) };
            if let Some(decoded) = &content {
                self.take(
                    page.body,
                    (format_of(&page.content_type, self.sync.format), page.charset),
                    decoded,
                    &mut course,
                )
                .await?;
            }
            let next = self.next(content.as_ref(), &course);
            course.pages += 1;
            let is_last = next.is_none();
            match (next, &self.sync.pages) {
                (Some(Next::Cursor(cursor)), _) => course.cursor = Some(cursor),
                (Some(Next::Number(number)), _) => course.number = Some(number),
                (None, _) => {}
            }
            if self.sync.window.is_none() && course.cursor.is_some() {
                mark.cursor.clone_from(&course.cursor);
            }
            if is_last && self.sync.window.is_some() {
                mark.until = course.to;
            }
            self.save(&course, &mark).await?;
            if is_last {
                return Ok(said(&course));
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Where the run goes on, or begins.
    fn begun(&self, mark: &Mark) -> Course {
        let course = course(&self.run);
        if course.pages > 0 {
            return course;
        }
        let number = match &self.sync.pages {
            Some(Pages::Number { first, .. }) => Some(*first),
            _ => None,
        };
        if course.again.is_some() {
            return Course { number, ..course };
        }
        let window = self.sync.window.as_ref().map(|window| {
            let to = self.run.scheduled_at;
            let first = to.plus_millis(-i64::from(window.first_days) * 86_400_000);
            let before = |until| {
                Timestamp::from_micros(until).plus_millis(-i64::from(window.overlap_minutes) * 60_000)
            };
            (mark.until.map_or(first, before).micros(), to.micros())
        });
        Course {
            from: window.map(|(from, _)| from),
            to: window.map(|(_, to)| to),
            cursor: mark.cursor.clone().filter(|_| window.is_none()),
            number,
            ..Course::default()
        }
    }

    const fn media(&self) -> &'static str {
        match self.sync.format {
            SourceFormat::Json => "application/json",
            SourceFormat::Xml => "application/xml",
        }
    }

    /// What a page holds, by the agency's profile.
    fn content(&self, page: &Fetched) -> Result<Decoded, Fault> {
        let world: &World = &self.gateway.world;
        let limits = Limits::default();
        let format = format_of(&page.content_type, self.sync.format);
        let input = Input { bytes: &page.body, format, charset: page.charset, limits: &limits };
        let reading = Reading { now: world.clock.now(), chance: &*world.chance };
        self.profile.decode(&input, &reading).map_err(|refusal| {
            let first = refusal.problems.first();
            let what = first
                .map(|problem| format!("line {}: {}", problem.line.unwrap_or_default(), problem.en))
                .unwrap_or_default();
            Fault::Passing(format!("a page cannot be read: {what}"))
        })
    }

    /// Takes what was fetched as a submission of the agency's. What holds no record is none.
    async fn take(
        &self,
        body: Vec<u8>,
        (format, charset): (Format, Option<Encoding>),
        decoded: &Decoded,
        course: &mut Course,
    ) -> Result<(), Fault> {
        let (good, bad) = (decoded.records.len() as u64, decoded.refused.len() as u64);
        if good + bad == 0 {
            return Ok(());
        }
        let message_id = format!("sync-{}-{}", self.sync.name, &Digest::of(&body).to_string()[..32]);
        let inbound = Inbound {
            agency: Arc::clone(&self.agency),
            sender: Sender::Fetched,
            kind: Some(self.sync.kind),
            body,
            format,
            charset,
            channel: Channel::Pull,
            message_id: Some(message_id),
        };
        match self.gateway.submit(inbound).await {
            Ok(answer) if answer.duplicate => course.known += good,
            Ok(_) => course.records += good,
            Err(refused @ (Refused::Busy { .. } | Refused::Unavailable(_))) => {
                return Err(Fault::Passing(refused.to_string()));
            }
            // Its records stay where they are: nothing moves until somebody has looked.
            Err(refused) => return Err(Fault::Final(format!("what was fetched is refused: {refused}"))),
        }
        course.bad += bad;
        Ok(())
    }

    fn next(&self, page: Option<&Decoded>, course: &Course) -> Option<Next> {
        let page = page?;
        let message = page.to_message();
        let member = |name: &str| name.split('.').try_fold(&message, |value, key| value.get(key));
        match self.sync.pages.as_ref()? {
            Pages::Cursor { next, .. } => {
                let next = match member(next)? {
                    Value::String(text) => text.clone(),
                    Value::Null => return None,
                    other => other.to_string(),
                };
                let moved = !next.is_empty() && course.cursor.as_ref() != Some(&next);
                moved.then_some(Next::Cursor(next))
            }
            Pages::Number { total, first, .. } => {
                let records = (page.records.len() + page.refused.len()) as u64;
                let number = course.number.unwrap_or(*first);
                let all = total.as_deref().map(|total| member(total).and_then(count));
                let more = match all {
                    Some(all) => course.records + course.known + course.bad < all.unwrap_or(0) && records > 0,
                    None => records > 0,
                };
                more.then_some(Next::Number(number + 1))
            }
        }
    }

    async fn save(&mut self, course: &Course, mark: &impl Serialize) -> Result<(), Fault> {
        let gateway = self.gateway.clone();
        let mark = course.again.is_none().then(|| json!(mark));
        self.run.save(&gateway, json!(course), mark).await
    }
}

/// The page after this one.
enum Next {
    Cursor(String),
    Number(u32),
}

fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn said(course: &Course) -> String {
    let Course { pages, records, known, bad, .. } = course;
    format!("{pages} pages: {records} records taken in, {known} on pages that were known, {bad} bad")
}

/// The format that an answer says it has, or else the one that was asked for.
fn format_of(content_type: &str, asked: SourceFormat) -> Format {
    let media = content_type.split(';').next().unwrap_or_default().trim();
    if media.ends_with("json") {
        Format::Json
    } else if media.ends_with("xml") {
        Format::Xml
    } else {
        match asked {
            SourceFormat::Json => Format::Json,
            SourceFormat::Xml => Format::Xml,
        }
    }
}
