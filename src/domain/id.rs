//! Identifiers: newtypes that can only be parsed or minted, so that no two can be mixed up.

use serde::{Deserialize, Serialize};

use crate::clock::{Chance, Timestamp};

/// Why a text is not the identifier it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected {expected}")]
pub struct BadId {
    /// Which identifier was wanted.
    pub what: &'static str,
    /// What it looks like.
    pub expected: &'static str,
}

/// What a text of a checked form is besides: made by `parse` from text, and printed as that text.
macro_rules! printed {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = $crate::domain::id::BadId;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(in crate::domain) use printed;

macro_rules! minted {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Printed UUIDv7 text: sorts by the time it was minted.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new one.
            #[must_use]
            pub fn mint(now: Timestamp, chance: &dyn Chance) -> Self {
                Self(chance.uuid(now).to_string())
            }

            /// From its printed form.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                match uuid::Uuid::try_parse(text) {
                    Ok(id) => Ok(Self(id.to_string())),
                    Err(_) => Err(BadId { what: stringify!($name), expected: "a UUID" }),
                }
            }

            /// Its printed form.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        printed!($name);
    };
}

minted! {
    /// A case: the thread of everything exchanged about one matter.
    CaseId
}
minted! {
    /// A submission: one inbound message, as received.
    SubmissionId
}
minted! {
    /// A record: one thing in the platform schema.
    RecordId
}
minted! {
    /// An import: one file whose records were taken in.
    ImportId
}
minted! {
    /// An attachment: one file of a case.
    AttachmentId
}
minted! {
    /// A delivery: one outbound message.
    DeliveryId
}

/// An agency's short name: the name of its registry file, lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgencyId(String);

impl AgencyId {
    /// From text such as `hz-amr`; at most 64 characters (it is a file name and a metric label).
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 64 || text.starts_with('-') || !text.chars().all(plain) {
            return Err(BadId {
                what: "AgencyId",
                expected: "1 to 64 lower-case letters, digits or hyphens, not beginning with a hyphen",
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

printed!(AgencyId);
