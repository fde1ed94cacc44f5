//! Deadlines as they are told: in the journal, in receipts, in lists.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::calendar::{CHINA, day_of, end_of};
use crate::domain::deadline::{Basis, Deadline, Laws};
use crate::domain::digest::Digest;
use crate::domain::receipt::ReceiptDeadline;
use crate::domain::record::due::Due;
use crate::domain::record::extensions::Extensions;
use crate::domain::record::text::{Date, Moment};

/// What a journal entry says of a deadline that it moved.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeadlineFact {
    /// Its name.
    pub name: String,
    /// Which time it runs, where that is not the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// The rule set it comes from; absent where the agency stated the day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<String>,
    /// SHA-256 of that set's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_set_sha256: Option<Digest>,
    /// How it stands: `running`, `due-soon`, `overdue`, `paused`, `uncounted`, `kept` or `late`.
    pub state: &'static str,
    /// Its last moment, on China's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
}

impl DeadlineFact {
    /// What is said of a deadline as it stands at a moment.
    #[must_use]
    pub fn of(one: &Deadline, now: Timestamp) -> Self {
        let (rule_set, rule_set_sha256) = match &one.basis {
            Basis::Rule { set, digest, .. } => (Some(set.clone()), Some(*digest)),
            Basis::Stated => (None, None),
        };
        Self {
            name: one.name.clone(),
            round: (one.round > 1).then_some(one.round),
            rule_set,
            rule_set_sha256,
            state: one.standing(now).as_str(),
            due: one.due_at.map(|due| due.at_offset(CHINA)),
        }
    }
}

/// What a receipt says of those that are open; they are stated with the rule set and the calendar.
pub(in crate::exchange) fn in_receipt(laws: &Laws, deadlines: &[Deadline]) -> Vec<ReceiptDeadline> {
    let open = deadlines.iter().filter(|one| one.is_open());
    open.map(|one| ReceiptDeadline {
        name: one.name.clone(),
        title: laws.title(one).0.to_owned(),
        due: due(one),
        extensions: Extensions::default(),
    })
    .collect()
}

/// The same in a sentence, Chinese and English; empty without one that has a day.
pub(in crate::exchange) fn sentence(laws: &Laws, deadlines: &[Deadline]) -> (String, String) {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for one in deadlines.iter().filter(|one| one.is_open()) {
        let Some(due) = one.due_at else { continue };
        let (day, (title, title_en)) = (day_of(due), laws.title(one));
        let set = one.rule_set().map_or_else(String::new, |set| format!("，{set}"));
        zh.push(format!("{title} {day}{set}"));
        en.push(format!("{title_en} by {day}"));
    }
    if zh.is_empty() {
        return Default::default();
    }
    (format!("；期限：{}", zh.join("；")), format!("; due: {}", en.join("; ")))
}

/// The day, and the moment where it is not the end of that day.
fn due(one: &Deadline) -> Due {
    let day = one.due_at.map(day_of);
    let within = one.due_at.filter(|at| *at != end_of(day_of(*at)));
    Due {
        on: day.and_then(|day| Date::parse(&day.to_string()).ok()),
        at: within.map(|at| Moment::of(at, CHINA)),
        rule_set: one.rule_set().map(str::to_owned),
        calendar: one.calendar().map(str::to_owned),
        extensions: Extensions::default(),
    }
}
