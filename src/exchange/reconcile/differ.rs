//! Where two manifests of one day differ.
//!
//! Promise: each exchange of either side is in the other's with the same bytes, or stands in exactly one difference.
//! Exchanges are known by direction, kind and id. Erased bytes are taken for equal, for nobody can hold them against
//! anything any more; a time that one side does not know is no difference; and so are marks, which change.

use std::collections::BTreeMap;

use crate::domain::kind::{Direction, Kind};
use crate::exchange::reconcile::manifest::Line;

/// How they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// They have it, we do not.
    MissingHere,
    /// We have it, they do not.
    MissingThere,
    /// Both have it, with other bytes.
    Bytes,
    /// Both have it, at another time, and so in another place.
    Time,
}

impl What {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing-here",
            Self::MissingThere => "missing-there",
            Self::Bytes => "bytes",
            Self::Time => "time",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// How.
    pub what: What,
    /// Our line.
    pub ours: Option<&'a Line>,
    /// Their line.
    pub theirs: Option<&'a Line>,
}

/// Our lines and theirs of one key.
type Sides<'a> = (Vec<&'a Line>, Vec<&'a Line>);

/// What an exchange is known by.
type Key<'a> = (Direction, Kind, &'a str);

impl<'a> Found<'a> {
    /// The line that names it: ours where there is one.
    ///
    /// # Panics
    /// Never: a difference has a line of one side at least.
    #[must_use]
    pub fn line(&self) -> &'a Line {
        self.ours.or(self.theirs).expect("a difference has a line of one side at least")
    }
}

/// All differences, in the order of what they are known by.
#[must_use]
pub fn differences<'a>(ours: &'a [Line], theirs: &'a [Line]) -> Vec<Found<'a>> {
    let mut keys: BTreeMap<(&str, &str, &str), Sides<'_>> = BTreeMap::new();
    let text = |(direction, kind, id): Key<'a>| (direction.as_str(), kind.as_str(), id);
    for line in ours {
        keys.entry(text(key(line))).or_default().0.push(line);
    }
    for line in theirs {
        keys.entry(text(key(line))).or_default().1.push(line);
    }
    let mut found = Vec::new();
    for (ours, theirs) in keys.into_values() {
        pair(ours, theirs, &mut found);
    }
    found
}

fn key(line: &Line) -> Key<'_> {
    (line.direction, line.kind, &line.id)
}

/// Pairs those of one id: first the wholly equal, then those of equal bytes, then the rest one by one.
fn pair<'a>(mut ours: Vec<&'a Line>, mut theirs: Vec<&'a Line>, found: &mut Vec<Found<'a>>) {
    take(&mut ours, &mut theirs, |a, b| same_bytes(a, b) && same_time(a, b), |_, _| {});
    take(&mut ours, &mut theirs, same_bytes, |ours, theirs| {
        found.push(Found { what: What::Time, ours: Some(ours), theirs: Some(theirs) });
    });
    take(
        &mut ours,
        &mut theirs,
        |_, _| true,
        |ours, theirs| {
            found.push(Found { what: What::Bytes, ours: Some(ours), theirs: Some(theirs) });
        },
    );
    found.extend(ours.into_iter().map(|line| Found {
        what: What::MissingThere,
        ours: Some(line),
        theirs: None,
    }));
    found.extend(theirs.into_iter().map(|line| Found {
        what: What::MissingHere,
        ours: None,
        theirs: Some(line),
    }));
}

fn take<'a>(
    ours: &mut Vec<&'a Line>,
    theirs: &mut Vec<&'a Line>,
    fit: impl Fn(&Line, &Line) -> bool,
    mut tell: impl FnMut(&'a Line, &'a Line),
) {
    ours.retain(|ours| {
        let Some(place) = theirs.iter().position(|theirs| fit(ours, theirs)) else { return true };
        tell(ours, theirs.remove(place));
        false
    });
}

fn same_bytes(a: &Line, b: &Line) -> bool {
    a.digest.is_none() || b.digest.is_none() || a.digest == b.digest
}

fn same_time(a: &Line, b: &Line) -> bool {
    a.at == "-" || b.at == "-" || a.at == b.at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;
    use crate::exchange::reconcile::manifest::Mark;

    fn line(at: &str, id: &str, body: &str) -> Line {
        Line {
            at: format!("2026-11-23T{at}:00+08:00"),
            direction: Direction::Receive,
            kind: Kind::ComplaintReply,
            id: id.to_owned(),
            digest: (!body.is_empty()).then(|| Digest::of(body.as_bytes())),
            mark: Mark::None,
        }
    }

    fn whats(ours: &[Line], theirs: &[Line]) -> Vec<(What, String)> {
        differences(ours, theirs).iter().map(|found| (found.what, found.line().id.clone())).collect()
    }

    #[test]
    fn each_exchange_differs_once_or_not_at_all() {
        let ours = [
            line("09:00", "a", "1"),
            line("10:00", "b", "2"),
            line("11:00", "c", "3"),
            line("12:00", "e", "5"),
        ];
        let theirs = [
            line("09:00", "a", "1"),
            line("10:00", "b", "9"),
            line("11:30", "c", "3"),
            line("12:00", "d", "4"),
        ];
        let told = |what, id: &str| (what, id.to_owned());
        assert_eq!(
            whats(&ours, &theirs),
            [
                told(What::Bytes, "b"),
                told(What::Time, "c"),
                told(What::MissingHere, "d"),
                told(What::MissingThere, "e")
            ]
        );
        assert_eq!(whats(&ours, &ours), []);
    }

    #[test]
    fn several_of_one_id_are_paired_by_their_bytes() {
        let ours = [line("09:00", "a", "1"), line("09:00", "a", "2"), line("09:00", "a", "3")];
        let theirs = [line("09:00", "a", "3"), line("09:00", "a", "1")];
        let found = differences(&ours, &theirs);
        assert_eq!((found.len(), found[0].what, found[0].ours), (1, What::MissingThere, Some(&ours[1])));
    }

    #[test]
    fn what_is_erased_or_of_no_known_time_is_no_difference() {
        let unknown = Line { at: "-".to_owned(), ..line("09:00", "a", "1") };
        assert_eq!(whats(&[line("09:00", "a", "1")], &[unknown]), []);
        assert_eq!(whats(&[line("09:00", "a", "")], &[line("09:00", "a", "1")]), []);
        let refused = Line { mark: Mark::Refused, ..line("09:00", "a", "1") };
        assert_eq!(whats(&[line("09:00", "a", "1")], &[refused]), []);
    }
}
