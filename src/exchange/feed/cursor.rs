//! Cursors of feeds: opaque to those who keep them, signed by us.
//!
//! Promise: a cursor that was read was written under one of our keys, for this agency, kind and filter; any other is
//! refused with the reason. It says all that the next window needs of the one before, so that nothing is kept for
//! pullers who never come back. The text is `c1.<key>.<payload>.<tag>`: eight hexadecimal digits that name the key,
//! base64url of JSON, base64url of HMAC-SHA-256 over everything before the last dot.
//!
//! Keys stand in a file, one a line: the first signs, all are read. To change it, put a new one above and take the
//! last one away when no consumer keeps a cursor of its time.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::domain::kind::Kind;
use crate::domain::region::Region;

/// The keys that cursors are signed with.
#[derive(Clone)]
pub struct CursorKeys(Vec<Key>);

#[derive(Clone)]
struct Key {
    name: String,
    key: hmac::Key,
}

/// What a feed is limited to, within the agency's scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Only this division, and those below it.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Only this category.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// A place in a feed: the end of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Whose feed.
    #[serde(rename = "a")]
    pub agency: AgencyId,
    /// Of which kind.
    #[serde(rename = "k")]
    pub kind: Kind,
    /// What it is limited to.
    #[serde(rename = "f")]
    pub filter: Filter,
    /// Where the window began: the sequence before its first record.
    #[serde(rename = "b")]
    pub from: u64,
    /// Where it ended: the sequence of its last record.
    #[serde(rename = "e")]
    pub to: u64,
    /// Its number in the chain, from 1.
    #[serde(rename = "n")]
    pub number: u64,
    /// Its root.
    #[serde(rename = "h")]
    pub root: Digest,
}

/// Why a cursor is refused. The consumer asks from a time instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCursor {
    /// It is none of ours.
    #[error("it is not a cursor")]
    Form,
    /// It names a key that is not there, or not any more.
    #[error("it was signed with a key that is not in use any more")]
    Key,
    /// Its signature does not fit.
    #[error("its signature does not fit")]
    Signature,
    /// It is another agency's.
    #[error("it was given to another agency")]
    Agency,
    /// It belongs to another kind.
    #[error("it belongs to the feed of {0}")]
    Kind(Kind),
    /// It was given for another filter.
    #[error("it was given for another filter")]
    Filter,
}

impl BadCursor {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Form => "不是游标".to_owned(),
            Self::Key => "签名所用的密钥已停用".to_owned(),
            Self::Signature => "签名不符".to_owned(),
            Self::Agency => "属于另一机构".to_owned(),
            Self::Kind(kind) => format!("属于 {kind} 的数据流"),
            Self::Filter => "属于另一筛选条件".to_owned(),
        }
    }
}

impl CursorKeys {
    /// The first signs, all are read.
    ///
    /// # Panics
    /// Without a key: nothing could be signed.
    #[must_use]
    pub fn new(keys: &[[u8; 32]]) -> Self {
        assert!(!keys.is_empty(), "a key is wanted");
        let key = |bytes: &[u8; 32]| Key {
            name: Digest::of(bytes).to_string()[..8].to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
        };
        Self(keys.iter().map(key).collect())
    }

    /// From a file's text: 64 hexadecimal digits a line; empty lines and those that begin with `#` are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Option<Vec<[u8; 32]>> = lines.map(|line| hex::decode(line).ok()?.try_into().ok()).collect();
        keys.filter(|keys| !keys.is_empty()).map(|keys| Self::new(&keys))
    }

    /// The cursor's text.
    ///
    /// # Panics
    /// Never: a cursor has text keys and no member that fails to serialise.
    #[must_use]
    pub fn sign(&self, cursor: &Cursor) -> String {
        let key = &self.0[0];
        let payload = serde_json::to_vec(cursor).expect("a cursor has text keys and no failing members");
        let signed = format!("c1.{}.{}", key.name, URL_SAFE_NO_PAD.encode(payload));
        let tag = hmac::sign(&key.key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Reads a cursor that must be this agency's, of this kind and filter.
    pub fn read(
        &self,
        text: &str,
        agency: &AgencyId,
        kind: Kind,
        filter: &Filter,
    ) -> Result<Cursor, BadCursor> {
        let (signed, tag) = text.rsplit_once('.').ok_or(BadCursor::Form)?;
        let rest = signed.strip_prefix("c1.").ok_or(BadCursor::Form)?;
        let (name, payload) = rest.split_once('.').ok_or(BadCursor::Form)?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| BadCursor::Form)?;
        let key = self.0.iter().find(|key| key.name == name).ok_or(BadCursor::Key)?;
        hmac::verify(&key.key, signed.as_bytes(), &tag).map_err(|_| BadCursor::Signature)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| BadCursor::Form)?;
        let cursor: Cursor = serde_json::from_slice(&payload).map_err(|_| BadCursor::Form)?;
        if cursor.agency != *agency {
            return Err(BadCursor::Agency);
        }
        if cursor.kind != kind {
            return Err(BadCursor::Kind(cursor.kind));
        }
        if cursor.filter != *filter {
            return Err(BadCursor::Filter);
        }
        Ok(cursor)
    }
}

impl std::fmt::Debug for CursorKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor {
            agency: AgencyId::parse("hz-fda").unwrap(),
            kind: Kind::InspectionResult,
            filter: Filter { region: Some(Region::parse("330106").unwrap()), category: None },
            from: 3,
            to: 9,
            number: 2,
            root: Digest::of(b"x"),
        }
    }

    fn read(keys: &CursorKeys, text: &str) -> Result<Cursor, BadCursor> {
        let Cursor { agency, kind, filter, .. } = cursor();
        keys.read(text, &agency, kind, &filter)
    }

    #[test]
    fn what_was_signed_is_read_again_and_after_a_change_of_keys_too() {
        let (old, new) = ([1; 32], [2; 32]);
        let text = CursorKeys::new(&[old]).sign(&cursor());
        assert_eq!(read(&CursorKeys::new(&[old]), &text), Ok(cursor()));
        assert_eq!(read(&CursorKeys::new(&[new, old]), &text), Ok(cursor()));
        assert_eq!(read(&CursorKeys::new(&[new]), &text), Err(BadCursor::Key));
        let newer = CursorKeys::new(&[new, old]).sign(&cursor());
        assert_eq!(read(&CursorKeys::new(&[old]), &newer), Err(BadCursor::Key), "the first one signs");
        let file = format!("# new\n{}\n\n{}\n", hex::encode(new), hex::encode(old));
        assert_eq!(read(&CursorKeys::parse(&file).unwrap(), &text), Ok(cursor()));
        assert!(CursorKeys::parse("").is_none() && CursorKeys::parse("12").is_none());
    }

    #[test]
    fn no_byte_of_it_may_be_another() {
        let keys = CursorKeys::new(&[[1; 32]]);
        let text = keys.sign(&cursor());
        for place in 0..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert!(read(&keys, &forged).is_err(), "{place}: {forged}");
        }
        for none in ["", "17", "c1", "c1.a.b", "c2.00000000.e30.e30"] {
            assert_eq!(read(&keys, none), Err(BadCursor::Form), "{none}");
        }
    }

    #[test]
    fn it_is_bound_to_agency_kind_and_filter() {
        let keys = CursorKeys::new(&[[1; 32]]);
        let signed = |change: &dyn Fn(&mut Cursor)| {
            let mut other = cursor();
            change(&mut other);
            read(&keys, &keys.sign(&other)).unwrap_err()
        };
        assert_eq!(signed(&|c| c.agency = AgencyId::parse("nb-fda").unwrap()), BadCursor::Agency);
        assert_eq!(signed(&|c| c.kind = Kind::EnforcementLead), BadCursor::Kind(Kind::EnforcementLead));
        assert_eq!(signed(&|c| c.filter = Filter::default()), BadCursor::Filter);
    }
}
