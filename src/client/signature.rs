//! Standard Webhooks 1.0: the signature of a webhook.
//!
//! Promise: `webhook-signature` is, for every secret in use, `v1,` and the base64 of HMAC-SHA-256 over
//! `webhook-id.webhook-timestamp.body`, joined by spaces, newest secret first; the receiver accepts any one of
//! them, so that a secret can be changed without a gap. Only symmetric `v1` signatures; secrets are 24 to 64
//! bytes, as the specification asks. Secrets never appear in `Debug`, errors or logs.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::clock::Timestamp;

/// Why a text is not a webhook secret. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// It does not begin with `whsec_`.
    #[error("a webhook secret begins with whsec_")]
    Prefix,
    /// What follows is not base64.
    #[error("after whsec_ a webhook secret is base64")]
    Base64,
    /// Too short to be safe, or longer than the hash's block.
    #[error("a webhook secret is 24 to 64 bytes before base64; this one is {0}")]
    Length(usize),
}

/// One secret shared with the receiver.
pub struct Secret(hmac::Key);

impl Secret {
    /// From its `whsec_…` form.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let encoded = text.trim().strip_prefix("whsec_").ok_or(BadSecret::Prefix)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret::Base64)?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(BadSecret::Length(bytes.len()));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The secrets of a file: one a line, newest first; at least one.
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, BadSecret> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let secrets: Vec<Self> = lines.map(Self::parse).collect::<Result<_, _>>()?;
        if secrets.is_empty() { Err(BadSecret::Prefix) } else { Ok(secrets) }
    }

    /// `v1,<base64>` for this message.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(id.as_bytes());
        context.update(format!(".{}.", at.seconds()).as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign().as_ref()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The value of `webhook-signature` under all `secrets`, in their order.
#[must_use]
pub fn header(secrets: &[Secret], id: &str, at: Timestamp, body: &[u8]) -> String {
    let signatures: Vec<String> = secrets.iter().map(|s| s.sign(id, at, body)).collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    // The vector of the Standard Webhooks reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn at() -> Timestamp {
        Timestamp::from_micros(1_614_265_330 * 1_000_000)
    }

    #[test]
    fn the_published_vector() {
        let secret = Secret::parse(SECRET).unwrap();
        assert_eq!(secret.sign(ID, at(), BODY), SIGNATURE);
    }

    #[test]
    fn the_timestamp_is_whole_seconds() {
        let secret = Secret::parse(SECRET).unwrap();
        assert_eq!(secret.sign(ID, at().plus_millis(999), BODY), SIGNATURE);
    }

    #[test]
    fn during_a_change_both_secrets_sign() {
        let new = Secret::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        let both = header(&[new, Secret::parse(SECRET).unwrap()], ID, at(), BODY);
        let parts: Vec<&str> = both.split(' ').collect();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[1], SIGNATURE);
        assert_ne!(parts[0], SIGNATURE);
    }

    #[test]
    fn a_file_holds_one_secret_a_line() {
        let two = format!("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n{SECRET}\n");
        let secrets = Secret::parse_lines(&two).unwrap();
        assert_eq!(secrets[1].sign(ID, at(), BODY), SIGNATURE);
        assert!(Secret::parse_lines("\n").is_err());
        assert!(Secret::parse_lines(&format!("{SECRET}\nrubbish")).is_err());
    }

    #[test]
    fn bad_secrets_are_refused_without_being_repeated() {
        let refused = |text: &str| Secret::parse(text).map(|_| ()).unwrap_err();
        assert_eq!(refused("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), BadSecret::Prefix);
        assert_eq!(refused("whsec_###"), BadSecret::Base64);
        assert_eq!(refused("whsec_c2hvcnQ="), BadSecret::Length(5));
        assert_eq!(format!("{:?}", Secret::parse(SECRET).unwrap()), "Secret(…)");
    }
}
