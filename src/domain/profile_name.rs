//! How a profile is named: `cn-amr-xml`, the newest version there is, or `cn-amr-xml@1.2.0`, that one alone.
//!
//! Promise: a name is parsed, printed and put in order here and nowhere else. Names order by id, then by version as
//! semver.org (section 11) orders them; a name that pins nothing stands before those that do.

use std::fmt;

use semver::Version;

/// What stands between id and version.
const AT: char = '@';

/// The name of a profile, or of one version of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProfileName {
    /// The profile's id.
    pub id: String,
    /// The version it pins, if it does.
    pub version: Option<Version>,
}

impl ProfileName {
    /// The name that pins this version.
    #[must_use]
    pub const fn pinned(id: String, version: Version) -> Self {
        Self { id, version: Some(version) }
    }

    /// A name, if the text is one: an id, or an id and a version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, version) = match text.split_once(AT) {
            Some((id, version)) => (id, Some(Version::parse(version).ok()?)),
            None => (text, None),
        };
        (!id.is_empty()).then(|| Self { id: id.to_owned(), version })
    }

    /// The id in a text that is to be a name, whatever stands behind it.
    #[must_use]
    pub fn id_in(text: &str) -> &str {
        text.split_once(AT).map_or(text, |(id, _)| id)
    }

    /// Whether that version is one of those that this name means.
    #[must_use]
    pub fn means(&self, one: &Self) -> bool {
        self.id == one.id && (self.version.is_none() || self.version == one.version)
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, "{AT}{version}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ProfileName {
        ProfileName::parse(text).unwrap()
    }

    #[test]
    fn a_name_prints_as_it_was_read() {
        for text in ["lake", "lake@1.2.0", "lake@1.10.0-draft.2", "dcc-2.4@0.0.0"] {
            assert_eq!(name(text).to_string(), text);
        }
        for text in ["", "@1.0.0", "lake@", "lake@1", "lake@01.0.0", "lake@1.0.0@1.0.0"] {
            assert_eq!(ProfileName::parse(text), None, "{text}");
        }
        assert_eq!(ProfileName::id_in("lake@newest"), "lake");
    }

    #[test]
    fn versions_order_as_numbers_and_drafts_before_what_they_draft() {
        let mut names: Vec<ProfileName> = [
            "lake@1.10.0",
            "lake",
            "river@0.1.0",
            "lake@1.9.0",
            "lake@1.10.0-draft.2",
            "lake@1.10.0-draft.10",
        ]
        .into_iter()
        .map(name)
        .collect();
        names.sort();
        let sorted: Vec<String> = names.iter().map(ToString::to_string).collect();
        let wanted = [
            "lake",
            "lake@1.9.0",
            "lake@1.10.0-draft.2",
            "lake@1.10.0-draft.10",
            "lake@1.10.0",
            "river@0.1.0",
        ];
        assert_eq!(sorted, wanted);
    }

    #[test]
    fn an_id_means_all_its_versions_and_a_pin_one() {
        let one = name("lake@1.2.0");
        assert!(name("lake").means(&one) && one.means(&one));
        assert!(!name("lake@1.2.1").means(&one) && !name("lak").means(&one));
    }
}
