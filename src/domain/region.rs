//! Administrative divisions: the six-digit codes of GB/T 2260.

use serde::{Deserialize, Serialize};

use crate::domain::id::{BadId, printed};

/// A six-digit division code. `330000` is a province, `330100` a city in it, `330106` a district of that;
/// `000000` is the whole country.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Region {
    /// From six digits.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadId { what: "region", expected: "a six-digit division code of GB/T 2260, such as 330100" })
    }

    /// The whole country.
    #[must_use]
    pub fn country() -> Self {
        Self("000000".to_owned())
    }

    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` lies in this division. Trailing pairs of zeros stand for "all below".
    ///
    /// ```
    /// use regbridge::domain::region::Region;
    /// let region = |code| Region::parse(code).expect("six digits");
    /// assert!(region("330100").covers(&region("330106")));
    /// assert!(!region("330100").covers(&region("330200")));
    /// assert!(region("000000").covers(&region("110105")));
    /// ```
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(self.prefix())
    }

    /// The digits that every division in it begins with; none for the whole country.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let mut prefix = self.0.as_str();
        while let Some(shorter) = prefix.strip_suffix("00")
            && prefix.len().is_multiple_of(2)
        {
            prefix = shorter;
        }
        prefix
    }
}

printed!(Region);
