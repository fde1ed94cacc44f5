//! The course of a case's deadlines: what begins them, pauses them, makes them longer, ends them.
//!
//! Promise: the same things in the same order give the same deadlines. What has ended is never changed again; what is given
//! back begins a new round.

use crate::clock::Timestamp;
use crate::domain::case::Event;
use crate::domain::deadline::count::{Span, Uncounted, last_moment, warning};
use crate::domain::deadline::happening::{Happening, Opening, ends_stated};
use crate::domain::deadline::laws::Laws;
use crate::domain::deadline::rule::{Rule, RuleSet, Who};
use crate::domain::deadline::{Basis, Deadline, STATED};

/// A stated day is due soon a day before: it knows no calendar.
const STATED_WARNING: i64 = 24 * 3_600_000;

impl Laws {
    /// The deadlines that a case begins with.
    #[must_use]
    pub fn open(&self, opening: &Opening<'_>) -> Vec<Deadline> {
        let happening = Happening::of(opening.record, opening.topic, None, opening.at);
        let mut deadlines = Vec::new();
        deadlines.extend(happening.stated.map(|due| stated(1, opening.at, due)));
        for set in self.chosen(opening) {
            for rule in &set.rules {
                let taken = deadlines.iter().any(|one: &Deadline| one.name == rule.name);
                let gives_way = rule.gives_way && happening.stated.is_some();
                if !taken && !gives_way && happening.is_one_of(&rule.start) {
                    deadlines.push(self.begun(set, rule, 1, opening.at));
                }
            }
        }
        deadlines
    }

    /// What happens does this to a case's deadlines. What begins now is of the sets that the case began with.
    pub fn happen(&self, deadlines: &mut Vec<Deadline>, happening: &Happening) {
        for one in deadlines.iter_mut().filter(|one| one.is_open()) {
            self.go_on(one, happening);
        }
        if !happening.ends {
            self.begin(deadlines, happening);
        }
    }

    /// Counts a deadline anew: its calendar may have been added to. Whether its last moment changed.
    pub fn recount(&self, one: &mut Deadline) -> bool {
        let before = (one.due_at, one.missing_year);
        if let Some((rule, _)) = self.rule_of(one) {
            let rule = rule.clone();
            self.count(one, &rule);
        }
        before != (one.due_at, one.missing_year)
    }

    fn go_on(&self, one: &mut Deadline, happening: &Happening) {
        let at = happening.at.max(one.started_at);
        let Some((rule, _)) = self.rule_of(one) else {
            let ends = ends_stated(&happening.topic).iter().any(|event| happening.words[0] == event.as_str());
            if happening.ends || ends {
                end(one, at);
            } else if let Some(due) = happening.stated {
                // The agency states another day for what still runs.
                (one.due_at, one.warn_at) = (Some(due), Some(due.plus_millis(-STATED_WARNING)));
                (one.missed_at, one.warned_at) = (None, None);
            }
            return;
        };
        let rule = rule.clone();
        if happening.ends || happening.is_one_of(&rule.ends) {
            end(one, at);
            return;
        }
        let began = rule.pauses.iter().any(|pause| happening.is_one_of(&pause.begin));
        let ended = rule.pauses.iter().any(|pause| happening.is_one_of(&pause.end));
        let mut changed = false;
        if ended && let Some(open) = one.pauses.last_mut().filter(|span| span.to.is_none()) {
            open.to = Some(at.max(open.from));
            changed = true;
        } else if began && !one.is_paused() {
            // What is over cannot be paused any more.
            if one.due_at.is_none_or(|due| at <= due) {
                one.pauses.push(Span { from: at, to: None });
                changed = true;
            }
        }
        if let Some(more) = rule.extension.as_ref()
            && happening.is_one_of(&more.by)
            && one.extensions < more.most
        {
            one.extensions += 1;
            changed = true;
        }
        if changed {
            self.count(one, &rule);
            if one.due_at.is_none_or(|due| happening.at <= due) {
                (one.missed_at, one.warned_at) = (None, None);
            }
        }
    }

    /// What begins: a stated day, rules of the case's own sets, and anew what has ended.
    fn begin(&self, deadlines: &mut Vec<Deadline>, happening: &Happening) {
        let again = happening.words[0] == Event::Return.as_str();
        let at = happening.at;
        if let Some(due) = happening.stated.filter(|_| !open(deadlines, STATED)) {
            deadlines.push(stated(rounds(deadlines, STATED) + 1, at, due));
        }
        for set in self.sets_of(deadlines) {
            for rule in &set.rules {
                let before = rounds(deadlines, &rule.name);
                let starts = before == 0 && happening.is_one_of(&rule.start);
                let begins = starts || (before > 0 && again && happening.is_one_of(&rule.again));
                let gives_way = rule.gives_way && open(deadlines, STATED);
                if begins && !gives_way && !open(deadlines, &rule.name) {
                    deadlines.push(self.begun(&set, rule, before + 1, at));
                }
            }
        }
    }

    /// The sets that a case began with.
    fn sets_of(&self, deadlines: &[Deadline]) -> Vec<std::sync::Arc<RuleSet>> {
        let mut sets: Vec<std::sync::Arc<RuleSet>> = Vec::new();
        for one in deadlines {
            if let Basis::Rule { digest, .. } = &one.basis
                && let Some(set) = self.set_of(digest)
                && sets.iter().all(|known| known.digest != set.digest)
            {
                sets.push(std::sync::Arc::clone(set));
            }
        }
        sets
    }

    fn begun(&self, set: &RuleSet, rule: &Rule, round: u32, at: Timestamp) -> Deadline {
        let basis = Basis::Rule { set: set.id.clone(), digest: set.digest, calendar: set.calendar.clone() };
        let mut one = Deadline {
            name: rule.name.clone(),
            round,
            who: rule.who,
            basis,
            started_at: at,
            due_at: None,
            missing_year: None,
            warn_at: None,
            pauses: Vec::new(),
            extensions: 0,
            ended_at: None,
            missed_at: None,
            warned_at: None,
        };
        self.count(&mut one, rule);
        one
    }

    fn count(&self, one: &mut Deadline, rule: &Rule) {
        (one.due_at, one.missing_year, one.warn_at) = (None, None, None);
        let Some(calendar) = one.calendar().and_then(|id| self.calendars().named(id)) else { return };
        let length =
            rule.length.longer(one.extensions, rule.extension.as_ref().map_or(0, |more| more.length));
        match last_moment(calendar, one.started_at, length, &one.pauses) {
            Ok(due) => {
                one.due_at = Some(due);
                // Near the beginning of the first known year a warning may lie before it: then from the start on.
                one.warn_at = Some(warning(calendar, due, rule.warn).unwrap_or(one.started_at));
            }
            Err(Uncounted::Missing(missing)) => one.missing_year = Some(missing.year),
            Err(Uncounted::Paused) => {}
        }
    }
}

fn stated(round: u32, at: Timestamp, due: Timestamp) -> Deadline {
    Deadline {
        name: STATED.to_owned(),
        round,
        who: Who::Platform,
        basis: Basis::Stated,
        started_at: at,
        due_at: Some(due),
        missing_year: None,
        warn_at: Some(due.plus_millis(-STATED_WARNING)),
        pauses: Vec::new(),
        extensions: 0,
        ended_at: None,
        missed_at: None,
        warned_at: None,
    }
}

/// It ends, in time or too late.
fn end(one: &mut Deadline, at: Timestamp) {
    if let Some(open) = one.pauses.last_mut().filter(|span| span.to.is_none()) {
        open.to = Some(at.max(open.from));
    }
    one.ended_at = Some(at);
    if one.due_at.is_some_and(|due| at > due) {
        one.missed_at.get_or_insert(at);
    }
}

fn rounds(deadlines: &[Deadline], name: &str) -> u32 {
    deadlines.iter().filter(|one| one.name == name).map(|one| one.round).max().unwrap_or(0)
}

fn open(deadlines: &[Deadline], name: &str) -> bool {
    deadlines.iter().any(|one| one.name == name && one.is_open())
}
