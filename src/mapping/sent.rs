//! Places in a message that somebody speaks of: theirs (`/Orders/Order[2]/Name`) ↔ ours (`records[2].name`).
//!
//! Promise: only a place that leads to one value is turned; any other text stays as it is.

use crate::mapping::decode::Decoded;
use crate::mapping::profile::Profile;

/// Every value of one message: its wire place and its record path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent(Vec<(Vec<Step>, String)>);

/// One step of a wire place: a name, and which of several alike, from 1.
type Step = (String, usize);

/// How a place is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `/Orders/Order[2]/Name`
    Xpath,
    /// `/orders/1/name`, RFC 6901
    Pointer,
    /// `Name`
    Name,
}

impl Sent {
    /// The places of a message as it was read. For what we sent, that is the delivery's stored bytes, read again.
    #[must_use]
    pub fn of(profile: &Profile, decoded: &Decoded) -> Self {
        let explained = profile.explain(decoded).into_iter().filter(|one| one.kept.is_none());
        let places = explained.filter(|one| !one.record.is_empty());
        Self(places.map(|one| (steps(&one.wire), one.record)).collect())
    }

    /// The record path of their place, if it leads to one value.
    pub(crate) fn record(&self, form: Form, place: &str) -> Option<&str> {
        let wanted = form.parse(place)?;
        let fits = |steps: &[Step]| match form {
            Form::Name => steps.last().map(|(name, _)| name) == wanted.last().map(|(name, _)| name),
            Form::Xpath | Form::Pointer => steps == wanted,
        };
        let mut found = self.0.iter().filter(|(steps, _)| fits(steps)).map(|(_, record)| record.as_str());
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }

    /// Their place of a record path, or of a wire place as our problems write it.
    pub(crate) fn place(&self, form: Form, ours: &str) -> Option<String> {
        let wire = steps(ours);
        let known = self.0.iter().find(|(steps, record)| record == ours || *steps == wire);
        known.map(|(steps, _)| form.print(steps))
    }
}

/// The steps of a path as this crate prints it: `a/b[2]/@c`; an array's items follow its name, `b[2]`.
fn steps(path: &str) -> Vec<Step> {
    path.split('/').map(step).collect()
}

/// `name[2]` or `name`, which is the first.
fn step(text: &str) -> Step {
    let counted = text.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    match counted.and_then(|(name, count)| Some((name, count.parse().ok()?))) {
        Some((name, count)) => (name.to_owned(), count),
        None => (text.to_owned(), 1),
    }
}

impl Form {
    fn parse(self, place: &str) -> Option<Vec<Step>> {
        let place = place.trim();
        match self {
            Self::Name => Some(vec![(bare(place).to_owned(), 1)]).filter(|_| !place.is_empty()),
            Self::Xpath => {
                let place = place.strip_suffix("/text()").unwrap_or(place).trim_start_matches('/');
                let steps = place.split('/').map(|text| {
                    let (name, count) = step(text);
                    let at = if name.starts_with('@') { "@" } else { "" };
                    (format!("{at}{}", bare(name.trim_start_matches('@'))), count)
                });
                Some(steps.collect()).filter(|_| !place.is_empty())
            }
            Self::Pointer => pointer(place.strip_prefix('#').unwrap_or(place)),
        }
    }

    fn print(self, steps: &[Step]) -> String {
        match self {
            Self::Name => steps.last().map_or_else(String::new, |(name, _)| name.clone()),
            Self::Xpath => steps.iter().fold(String::new(), |path, (name, count)| match count {
                1 => format!("{path}/{name}"),
                count => format!("{path}/{name}[{count}]"),
            }),
            // Whether `b` alone is an array of one or no array cannot be told by its place; it is written as none.
            Self::Pointer => steps.iter().fold(String::new(), |path, (name, count)| {
                let name = name.replace('~', "~0").replace('/', "~1");
                let dot = if name.is_empty() && path.is_empty() { "" } else { "/" };
                match count {
                    1 => format!("{path}{dot}{name}"),
                    count => format!("{path}{dot}{name}/{}", count - 1),
                }
            }),
        }
    }
}

/// A name without its prefix, and out of `*[local-name()='x']`.
fn bare(name: &str) -> &str {
    let inner = name.strip_prefix("*[local-name()=").and_then(|rest| rest.strip_suffix(']'));
    if let Some(inner) = inner {
        return inner.trim_matches(['\'', '"']);
    }
    match name.rsplit_once(':') {
        Some((_, local)) => local,
        None => name,
    }
}

/// `/a/0/b` → `a[1]/b`.
fn pointer(place: &str) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = vec![];
    for token in place.strip_prefix('/')?.split('/') {
        let token = token.replace("~1", "/").replace("~0", "~");
        match (token.parse::<usize>(), steps.last_mut()) {
            (Ok(index), Some(last)) => last.1 = index + 1,
            (Ok(index), None) => steps.push((String::new(), index + 1)),
            (Err(_), _) => steps.push((token, 1)),
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Sent {
        let places = [
            ("Orders/Number", "id"),
            ("Orders/Order[1]/Name", "records[1].name"),
            ("Orders/Order[2]/Name", "records[2].name"),
            ("Orders/Order[2]/@id", "records[2].number"),
            ("lines[2]/price", "records[1].lines[2].price"),
        ];
        Sent(places.map(|(wire, record)| (steps(wire), record.to_owned())).to_vec())
    }

    #[test]
    fn their_place_is_our_path_and_back() {
        for (form, theirs, ours) in [
            (Form::Xpath, "/Orders/Order[2]/Name", "records[2].name"),
            (Form::Xpath, "/Orders/Order/Name", "records[1].name"),
            (Form::Xpath, "/Orders/Order[2]/@id", "records[2].number"),
            (Form::Pointer, "/lines/1/price", "records[1].lines[2].price"),
            (Form::Name, "Number", "id"),
        ] {
            assert_eq!(sent().record(form, theirs), Some(ours), "{theirs}");
            assert_eq!(sent().place(form, ours).as_deref(), Some(theirs), "{ours}");
        }
    }

    #[test]
    fn other_spellings_of_a_place() {
        for theirs in [
            "//o:Orders[1]/o:Order[2]/o:Name[1]/text()",
            "Orders/Order[2]/Name",
            "/*[local-name()='Orders']/o:Order[2]/Name",
        ] {
            assert_eq!(sent().record(Form::Xpath, theirs), Some("records[2].name"), "{theirs}");
        }
        assert_eq!(sent().record(Form::Xpath, "/o:Orders/o:Order[2]/@o:id"), Some("records[2].number"));
        assert_eq!(
            sent().place(Form::Xpath, "Orders/Order[2]/Name").as_deref(),
            Some("/Orders/Order[2]/Name")
        );
    }

    #[test]
    fn what_leads_to_no_value_or_to_several_is_none() {
        assert_eq!(sent().record(Form::Name, "Name"), None);
        assert_eq!(sent().record(Form::Xpath, "/Orders/Order[3]/Name"), None);
        assert_eq!(sent().record(Form::Xpath, "line 4"), None);
        assert_eq!(sent().record(Form::Pointer, "lines"), None);
        assert_eq!(sent().place(Form::Xpath, "records[9].name"), None);
    }
}
