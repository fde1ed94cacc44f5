//! `[retention]`: for how many years the contents of cases are kept.
//!
//! Promise: what the law has kept for three years is never kept for less.

use serde::Deserialize;

use crate::exchange::keep;

/// E-Commerce Law of the PRC, article 31: information on goods, services and transactions is kept for at least three years
/// from the day on which the transaction is completed.
const LEAST_BY_LAW: u32 = 3;

/// `[retention]`: years after a case last changed; absent: for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Complaints; at least 3.
    pub complaint: Option<u32>,
    /// Disposal orders; at least 3.
    pub disposal: Option<u32>,
    /// Inspections; at least 3.
    pub inspection: Option<u32>,
    /// Requests for assistance; at least 3.
    pub assistance: Option<u32>,
    /// Leads; at least 3.
    pub lead: Option<u32>,
    /// Services of the catalogue; at least 3. One that is published has not ended.
    pub service: Option<u32>,
    /// Certificates that lapsed; at least 1.
    pub certificate: Option<u32>,
    /// Operators; at least 1 after the last report.
    pub operator: Option<u32>,
}

impl Retention {
    /// Topics, years, and whether the law says how many at least.
    const fn topics(&self) -> [(&'static str, Option<u32>, bool); 8] {
        [
            ("complaint", self.complaint, true),
            ("disposal", self.disposal, true),
            ("inspection", self.inspection, true),
            ("assistance", self.assistance, true),
            ("lead", self.lead, true),
            ("service", self.service, true),
            ("certificate", self.certificate, false),
            ("operator", self.operator, false),
        ]
    }

    /// The first setting that is too short, and why.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        for (topic, years, by_law) in self.topics() {
            match years {
                Some(years) if by_law && years < LEAST_BY_LAW => {
                    let why = format!(
                        "{years} years are too few: E-Commerce Law art. 31 (《电子商务法》第三十一条) has information on goods, \
                         services and transactions kept for at least {LEAST_BY_LAW} years"
                    );
                    return Err((topic.to_owned(), why));
                }
                Some(0) => return Err((topic.to_owned(), "at least 1 is wanted".to_owned())),
                // A thousand years are a slip of the finger, and beyond what the clock can count back.
                Some(years) if years > 1000 => {
                    return Err((topic.to_owned(), "at most 1000; leave it out for ever".to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What the use case is told.
    #[must_use]
    pub fn kept(&self) -> keep::Retention {
        let named = |(topic, years, _): (&str, Option<u32>, bool)| Some((topic.to_owned(), years?));
        keep::Retention::new(self.topics().into_iter().filter_map(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::view::topics;

    #[test]
    fn every_topic_has_a_time() {
        let settings = Retention::default();
        let mut ours: Vec<&str> = settings.topics().iter().map(|(topic, ..)| *topic).collect();
        let mut all = topics();
        ours.sort_unstable();
        all.sort_unstable();
        assert_eq!(ours, all);
    }

    #[test]
    fn less_than_the_law_says_is_refused_with_the_article() {
        let two = Retention { complaint: Some(2), ..Retention::default() };
        let (topic, why) = two.check().unwrap_err();
        assert!(topic == "complaint" && why.contains("art. 31") && why.contains("第三十一条"), "{why}");
        assert!(Retention { complaint: Some(3), operator: Some(1), ..Retention::default() }.check().is_ok());
        assert!(Retention { operator: Some(0), ..Retention::default() }.check().is_err());
        assert!(Retention { lead: Some(1001), ..Retention::default() }.check().is_err());
        let kept = Retention { lead: Some(5), ..Retention::default() }.kept();
        assert_eq!(kept.iter().collect::<Vec<_>>(), [("lead", 5)], "what is not named is kept for ever");
    }
}
