//! Who is told what: by role, agency and severity.
//!
//! Promise: the settings decide alone, when a notice is queued; an address that two entries name gets one mail.

use serde::Deserialize;

use crate::domain::id::AgencyId;
use crate::exchange::notice::topic::{Edge, Severity, Topic};

/// The roles that have topics of their own; a recipient of another role names its topics.
pub const ROLES: [&str; 3] = ["compliance", "operations", "legal"];

/// `[[mail.recipients]]`: somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// The address: one mailbox, or a list that the mail server keeps.
    pub address: String,
    /// `compliance`, `operations`, `legal`, or a word of one's own, which then needs topics.
    pub role: String,
    /// Only of these agencies; `hz-*` is all that begin so. Everybody's where none is named. What is of no one agency is
    /// told to all.
    #[serde(default)]
    pub agencies: Vec<String>,
    /// Only these topics; those of the role where none is named.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// Only what is at least so grave.
    #[serde(default = "least")]
    pub severity: Severity,
    /// Which digests.
    #[serde(default)]
    pub digest: Vec<Period>,
}

const fn least() -> Severity {
    Severity::Info
}

/// How often a digest comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// Each day, of the day before.
    Daily,
    /// Each week, of the seven days before.
    Weekly,
}

impl Period {
    /// What of it a notice tells.
    #[must_use]
    pub const fn edge(self) -> Edge {
        match self {
            Self::Daily => Edge::Daily,
            Self::Weekly => Edge::Weekly,
        }
    }

    /// How many days it covers.
    #[must_use]
    pub const fn days(self) -> i64 {
        match self {
            Self::Daily => 1,
            Self::Weekly => 7,
        }
    }
}

impl Recipient {
    /// Whether it is told of this.
    #[must_use]
    pub fn wants(&self, topic: Topic, severity: Severity, agency: Option<&AgencyId>) -> bool {
        let topics = if self.topics.is_empty() {
            topic.roles().contains(&self.role.as_str())
        } else {
            self.topics.contains(&topic)
        };
        topics && severity >= self.severity && agency.is_none_or(|agency| self.sees(agency))
    }

    /// Whether an agency is one of its own.
    #[must_use]
    pub fn sees(&self, agency: &AgencyId) -> bool {
        self.agencies.is_empty() || self.agencies.iter().any(|pattern| fits(pattern, agency.as_str()))
    }

    /// What is wrong with it: the key, and why.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let (name, host) = self.address.rsplit_once('@').unwrap_or_default();
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"<>,;\"".contains(c))
        };
        if !plain(name) || !plain(host) {
            return Err((
                "address",
                format!("{:?}: one address such as duty@example.cn is wanted", self.address),
            ));
        }
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.role.is_empty() || !self.role.chars().all(word) {
            return Err(("role", "lower-case letters, digits and hyphens are wanted".to_owned()));
        }
        if self.topics.is_empty() && !ROLES.contains(&self.role.as_str()) {
            let known = ROLES.join(", ");
            return Err((
                "role",
                format!("{} has no topics of its own ({known} have): name topics", self.role),
            ));
        }
        let pattern = |text: &String| {
            let stem = text.strip_suffix('*').unwrap_or(text);
            stem.chars().all(word) && !text.is_empty()
        };
        if let Some(bad) = self.agencies.iter().find(|text| !pattern(text)) {
            return Err(("agencies", format!("{bad}: an agency's id is wanted, or its beginning and `*`")));
        }
        Ok(())
    }
}

fn fits(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(stem) => id.starts_with(stem),
        None => id == pattern,
    }
}

/// Those of `recipients` that are told of this, each address once.
pub(in crate::exchange) fn told<'a>(
    recipients: &'a [Recipient],
    topic: Topic,
    severity: Severity,
    agency: Option<&AgencyId>,
) -> Vec<&'a Recipient> {
    once(recipients.iter().filter(|recipient| recipient.wants(topic, severity, agency)))
}

/// Each address once, whichever case its letters have.
pub(in crate::exchange) fn once<'a>(all: impl Iterator<Item = &'a Recipient>) -> Vec<&'a Recipient> {
    let mut found: Vec<&Recipient> = Vec::new();
    for one in all {
        if !found.iter().any(|other| other.address.eq_ignore_ascii_case(&one.address)) {
            found.push(one);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(text: &str) -> Recipient {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn role_agency_and_severity_decide_together() {
        let hz = AgencyId::parse("hz-amr").unwrap();
        let nb = AgencyId::parse("nb-amr").unwrap();
        let duty =
            recipient("address = 'a@b.cn'\nrole = 'compliance'\nagencies = ['hz-*']\nseverity = 'warning'\n");
        assert!(duty.wants(Topic::Overdue, Severity::Warning, Some(&hz)));
        assert!(!duty.wants(Topic::Overdue, Severity::Warning, Some(&nb)), "another's agency");
        assert!(!duty.wants(Topic::Overdue, Severity::Info, Some(&hz)), "not grave enough");
        assert!(!duty.wants(Topic::BackupFailed, Severity::Critical, None), "another role's");
        assert!(
            duty.wants(Topic::CalendarMissing, Severity::Critical, None),
            "of no one agency: everybody's"
        );
        let named = recipient("address = 'a@b.cn'\nrole = 'board'\ntopics = ['journal-fault']\n");
        assert!(named.check().is_ok());
        assert!(named.wants(Topic::JournalFault, Severity::Info, None));
        assert!(!named.wants(Topic::Overdue, Severity::Critical, None));
        let exact = recipient("address = 'a@b.cn'\nrole = 'legal'\nagencies = ['hz-amr']\n");
        assert!(exact.sees(&hz) && !exact.sees(&nb));
    }

    #[test]
    fn an_address_that_two_entries_name_is_told_once() {
        let one = recipient("address = 'Duty@b.cn'\nrole = 'compliance'\n");
        let two = recipient("address = 'duty@b.cn'\nrole = 'legal'\n");
        let other = recipient("address = 'ops@b.cn'\nrole = 'operations'\n");
        let all = [one, two, other];
        let found = told(&all, Topic::Overdue, Severity::Warning, None);
        assert_eq!(found.iter().map(|r| r.role.as_str()).collect::<Vec<_>>(), ["compliance"]);
        assert_eq!(told(&all, Topic::CalendarMissing, Severity::Info, None).len(), 2);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, key) in [
            ("address = 'nobody'\nrole = 'legal'", "address"),
            ("address = 'a@b, c@d'\nrole = 'legal'", "address"),
            ("address = 'a@b\\r\\nBcc: c@d'\nrole = 'legal'", "address"),
            ("address = 'a@b'\nrole = 'Legal'", "role"),
            ("address = 'a@b'\nrole = 'board'", "role"),
            ("address = 'a@b'\nrole = 'legal'\nagencies = ['hz amr']", "agencies"),
        ] {
            assert_eq!(recipient(text).check().unwrap_err().0, key, "{text}");
        }
    }
}
