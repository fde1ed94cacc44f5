//! The table in a machine's promise, read for its test: `//! | state | event | … |`.

use crate::domain::case::{CaseState, Event};

/// A machine as its promise tells it.
pub(super) struct Table(Vec<Vec<&'static str>>);

impl Table {
    /// The table of a source file.
    pub(super) fn of(source: &'static str) -> Self {
        let rows = source.lines().filter_map(|line| line.strip_prefix("//! | "));
        Self(rows.map(|row| row.trim_end_matches(" |").split(" | ").collect()).collect())
    }

    /// How many states it has.
    pub(super) fn states(&self) -> usize {
        self.0.len() - 1
    }

    /// The states of its rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = CaseState> + '_ {
        self.0[1..].iter().map(|row| CaseState::parse(row[0]).expect("a state"))
    }

    /// The events of its columns.
    pub(super) fn columns(&self) -> impl Iterator<Item = Event> + '_ {
        let event = |word: &&str| Event::ALL.iter().copied().find(|one| one.as_str() == *word);
        self.0[0][1..].iter().map(move |word| event(word).expect("an event"))
    }

    /// Where an event leads; `None` also for states and events it does not name.
    pub(super) fn says(&self, state: CaseState, event: Event) -> Option<CaseState> {
        let row = self.0[1..].iter().find(|row| row[0] == state.as_str())?;
        let column = self.columns().position(|one| one == event)?;
        CaseState::parse(row[column + 1])
    }
}
