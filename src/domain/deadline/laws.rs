//! All rule sets and calendars there are, and which of them a case is given.
//!
//! Promise: a set that a case began with is found by its digest, even where its file says something else today.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use include_dir::{Dir, include_dir};

use crate::domain::calendar::{CN, Calendar, Calendars, FileFault, MissingYear, day_of, line_of};
use crate::domain::deadline::happening::{Opening, named_set};
use crate::domain::deadline::rule::{Rule, RuleSet};
use crate::domain::deadline::{Basis, Deadline, file};
use crate::domain::digest::Digest;
use crate::domain::profile_name::ProfileName;

/// The rule sets that travel inside the program.
static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/schemas/rules");

/// How many days ahead a missing year is told. The longest shipped deadline, 45 working days, took at most 75 days over
/// Spring Festival; with 15 days to fetch the notice that makes 90: from 3 October on, while the State Council's notice for the
/// next year comes between 25 October and mid-November, and the first new complaint that needs it on 2 November.
pub const AHEAD_DAYS: u64 = 90;

/// What cases are about, as far as rule sets are concerned.
const TOPICS: [&str; 8] =
    ["complaint", "disposal", "inspection", "assistance", "lead", "service", "certificate", "operator"];

/// Rule sets and calendars.
#[derive(Clone, Debug, Default)]
pub struct Laws {
    calendars: Calendars,
    /// Those in use, by id.
    sets: BTreeMap<String, Arc<RuleSet>>,
    /// All that are known, those in use among them.
    known: BTreeMap<Digest, Arc<RuleSet>>,
}

impl Laws {
    /// Those that travel inside the program.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a test loads what is shipped")]
    pub fn shipped() -> Self {
        Self::load(Calendars::shipped(), []).expect("a test loads what is shipped")
    }

    /// The shipped sets with an operator's files, each a name and its text: a set of theirs stands in the place of a shipped
    /// one with the same id.
    ///
    /// # Errors
    /// [`FileFault`] with file and line.
    pub fn load(
        calendars: Calendars,
        own: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, FileFault> {
        let mut laws = Self { calendars, ..Self::default() };
        for shipped in SHIPPED.files() {
            let is_toml = shipped.path().extension().is_some_and(|extension| extension == "toml");
            if let Some(text) = shipped.contents_utf8().filter(|_| is_toml) {
                let name = shipped.path().display();
                laws.add(file::read(&format!("schemas/rules/{name}"), text, &TOPICS)?)?;
            }
        }
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for (name, text) in own {
            let set = file::read(&name, &text, &TOPICS)?;
            if let Some(other) = seen.insert(set.id.clone(), name.clone()) {
                let what = format!("{other} is {:?} too: one of them must go, or have another id", set.id);
                return Err(FileFault { line: line_of(&text, "id"), file: name, what });
            }
            laws.add(set)?;
        }
        laws.no_two_alike()?;
        Ok(laws)
    }

    fn add(&mut self, set: RuleSet) -> Result<(), FileFault> {
        if self.calendars.named(&set.calendar).is_none() {
            let known: Vec<&str> = self.calendars.all().map(|calendar| calendar.id.as_str()).collect();
            let what = format!("no calendar {:?}: one of {}", set.calendar, known.join(", "));
            return Err(FileFault { line: line_of(&set.text, "calendar"), file: set.file, what });
        }
        let set = Arc::new(set);
        if let Some(replaced) = self.sets.insert(set.id.clone(), Arc::clone(&set)) {
            self.known.remove(&replaced.digest);
        }
        self.known.insert(set.digest, set);
        Ok(())
    }

    /// Two sets for everybody must not give one case the same deadline on the same day.
    fn no_two_alike(&self) -> Result<(), FileFault> {
        let general = || self.sets.values().filter(|set| !set.is_special());
        for set in general() {
            for other in general().filter(|other| other.id < set.id) {
                let overlap = set.from <= other.until.unwrap_or(NaiveDate::MAX)
                    && other.from <= set.until.unwrap_or(NaiveDate::MAX)
                    && set.topics.iter().any(|topic| other.topics.contains(topic));
                let same = set.rules.iter().find(|rule| other.rule(&rule.name).is_some());
                if let Some(rule) = same.filter(|_| overlap) {
                    let what = format!(
                        "{} and {} both give a case the deadline {:?} on the same day: bound them by from and until",
                        set.id, other.id, rule.name
                    );
                    let line = line_of(&set.text, "from");
                    return Err(FileFault { file: set.file.clone(), line, what });
                }
            }
        }
        Ok(())
    }

    /// Knows these texts besides, which cases began with once. What does not read any more is left out.
    #[must_use]
    pub fn with_earlier(mut self, texts: impl IntoIterator<Item = (String, String)>) -> Self {
        for (id, text) in texts {
            if let Ok(set) = file::read(&format!("{id} (as it was)"), &text, &TOPICS) {
                self.known.entry(set.digest).or_insert_with(|| Arc::new(set));
            }
        }
        self
    }

    /// The calendars.
    #[must_use]
    pub const fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    /// The sets in use, by id.
    pub fn sets(&self) -> impl Iterator<Item = &Arc<RuleSet>> {
        self.sets.values()
    }

    /// The set in use of this id.
    #[must_use]
    pub fn set(&self, id: &str) -> Option<&Arc<RuleSet>> {
        self.sets.get(id)
    }

    /// The set with this digest, in use or not.
    #[must_use]
    pub fn set_of(&self, digest: &Digest) -> Option<&Arc<RuleSet>> {
        self.known.get(digest)
    }

    /// The year that is missing for what may begin soon: the first within [`AHEAD_DAYS`] of a moment.
    #[must_use]
    pub fn missing_ahead(&self, now: crate::clock::Timestamp) -> Option<MissingYear> {
        let today = day_of(now);
        let ahead = today.checked_add_days(Days::new(AHEAD_DAYS)).unwrap_or(today);
        self.calendars.named(CN).and_then(|cn| cn.missing_between(today, ahead))
    }

    /// The sets that a case is given, the more special first.
    pub(super) fn chosen(&self, opening: &Opening<'_>) -> Vec<&Arc<RuleSet>> {
        let day = day_of(opening.at);
        let profile = ProfileName::id_in(opening.profile);
        let named = named_set(opening.record).and_then(|id| self.sets.get(id));
        let named = named.filter(|set| set.topics.iter().any(|topic| topic == opening.topic));
        let fits = |set: &&Arc<RuleSet>| {
            set.topics.iter().any(|topic| topic == opening.topic)
                && (set.agencies.is_empty() || set.agencies.iter().any(|id| id == opening.agency.as_str()))
                && (set.profiles.is_empty() || set.profiles.iter().any(|id| id == profile))
                && match named {
                    // The bureau knows under which law it took the complaint.
                    Some(named) if !set.is_special() => set.id == named.id,
                    _ => set.covers(day),
                }
        };
        let mut chosen: Vec<_> = self.sets.values().filter(fits).collect();
        chosen.sort_by_key(|set| !set.is_special());
        chosen
    }

    /// The rule and the calendar of a deadline; none for a day that the agency stated, or where the set is lost.
    #[must_use]
    pub fn rule_of(&self, deadline: &Deadline) -> Option<(&Rule, &Calendar)> {
        let Basis::Rule { digest, calendar, .. } = &deadline.basis else { return None };
        let rule = self.known.get(digest)?.rule(&deadline.name)?;
        Some((rule, self.calendars.named(calendar)?))
    }

    /// What a deadline is called, Chinese and English.
    #[must_use]
    pub fn title(&self, deadline: &Deadline) -> (&str, &str) {
        match self.rule_of(deadline) {
            Some((rule, _)) => (&rule.title, &rule.title_en),
            None if deadline.basis == Basis::Stated => ("来文要求的期限", "the day that the agency states"),
            None => ("期限", "a deadline"),
        }
    }
}
