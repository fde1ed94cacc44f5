//! From where an agency's manifests are fetched: `[reconcile]` of its registry file.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What stands in the address for the day.
const DAY: &str = "{day}";

/// `[reconcile]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// The `https` address of a day's manifest, with `{day}` where the day stands: 2026-11-23.
    pub url: String,
}

impl Reconcile {
    /// The address of a day's manifest.
    #[must_use]
    pub fn address(&self, day: NaiveDate) -> String {
        self.url.replace(DAY, &day.to_string())
    }

    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let good = self.url.starts_with("https://") && self.url.contains(DAY);
        (!good).then(|| {
            let url = &self.url;
            format!("{url:?}: an https address with {DAY} in it is wanted, such as \"https://amr.example.cn/manifests/{DAY}\"")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_stands_in_the_address() {
        let of = |url: &str| Reconcile { url: url.to_owned() };
        let day = NaiveDate::from_ymd_opt(2026, 11, 3).unwrap();
        let good = of("https://a.example/m/{day}.txt?d={day}");
        assert_eq!(
            (good.address(day).as_str(), good.fault()),
            ("https://a.example/m/2026-11-03.txt?d=2026-11-03", None)
        );
        for bad in ["http://a.example/{day}", "https://a.example/manifest"] {
            assert!(
                of(bad).fault().is_some_and(|what| what.contains("an https address with {day}")),
                "{bad}"
            );
        }
    }
}
