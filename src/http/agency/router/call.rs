//! The parameters of a call.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use crate::clock::Timestamp;
use crate::domain::registry::Secret;
use crate::http::agency::router::answer::Wish;
use crate::http::agency::router::fault::{Code, Fault};
use crate::http::agency::router::signature::{SignMethod, fits};

/// The open platform's own parameters: they belong to the call, not to what is submitted. `method` belongs to both.
const COMMON: [&str; 10] = [
    "app_key",
    "format",
    "partner_id",
    "session",
    "sign",
    "sign_method",
    "simplify",
    "target_app_key",
    "timestamp",
    "v",
];

/// How far a call's clock may be from ours, in milliseconds: ten minutes, as the open platform has it.
const SKEW_MILLIS: i64 = 10 * 60 * 1000;

/// Timestamps are written on the clock of GMT+8.
const ZONE_SECONDS: i64 = 8 * 3600;

/// The methods know some dozen parameters; more are an attack on the table that holds them.
const MOST_PARAMETERS: usize = 128;

/// A call, not yet believed.
#[derive(Debug)]
pub(super) struct Call {
    parameters: BTreeMap<String, String>,
}

impl Call {
    /// Reads query and form body as one set of parameters. A name that occurs twice is refused: which of the values
    /// was signed could not be told.
    pub(super) fn read(query: &str, body: &[u8]) -> Result<Self, Fault> {
        let mut parameters = BTreeMap::new();
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
        for (name, value) in pairs {
            if parameters.len() == MOST_PARAMETERS {
                return Err(Fault::new(Code::InvalidArguments, "isv.too-many-parameters", &name));
            }
            if parameters.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(Fault::new(Code::InvalidArguments, "isv.parameter-repeated", &name));
            }
        }
        Ok(Self { parameters })
    }

    /// A parameter that is there and not empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn method(&self) -> Result<&str, Fault> {
        self.parameter("method").ok_or_else(|| Fault::missing(Code::MissingMethod, "method"))
    }

    pub(super) fn app_key(&self) -> Result<&str, Fault> {
        self.parameter("app_key").ok_or_else(|| Fault::missing(Code::MissingAppKey, "app_key"))
    }

    /// How the answer is to be written. XML is the documented default.
    pub(super) fn wish(&self) -> Result<Wish, Fault> {
        match self.parameter("format") {
            None => Ok(Wish::Xml),
            Some(format) if format.eq_ignore_ascii_case("xml") => Ok(Wish::Xml),
            Some(format) if format.eq_ignore_ascii_case("json") => {
                Ok(if self.parameter("simplify") == Some("true") { Wish::Bare } else { Wish::Json })
            }
            Some(other) => Err(Fault::new(Code::InvalidFormat, "isv.invalid-format", other)),
        }
    }

    pub(super) fn check_version(&self) -> Result<(), Fault> {
        match self.parameter("v") {
            Some("2.0") => Ok(()),
            Some(other) => Err(Fault::new(Code::InvalidVersion, "isv.invalid-version", other)),
            None => Err(Fault::missing(Code::MissingVersion, "v")),
        }
    }

    pub(super) fn check_timestamp(&self, now: Timestamp) -> Result<(), Fault> {
        let text =
            self.parameter("timestamp").ok_or_else(|| Fault::missing(Code::MissingTimestamp, "timestamp"))?;
        let invalid = |sub_code| Fault::new(Code::InvalidTimestamp, sub_code, text);
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
            .map_err(|_| invalid("isv.invalid-timestamp"))?;
        let at = Timestamp::from_micros((local.and_utc().timestamp() - ZONE_SECONDS) * 1_000_000);
        if now.millis_since(at).abs() > SKEW_MILLIS {
            return Err(invalid("isv.timestamp-skew"));
        }
        Ok(())
    }

    pub(super) fn check_signature(&self, secret: &Secret) -> Result<(), Fault> {
        let sign = self.parameter("sign").ok_or_else(|| Fault::missing(Code::MissingSignature, "sign"))?;
        let method = self
            .parameter("sign_method")
            .ok_or_else(|| Fault::missing(Code::MissingArguments, "sign_method"))?;
        let method = SignMethod::parse(method)
            .ok_or_else(|| Fault::new(Code::InvalidArguments, "isv.invalid-sign-method", method))?;
        if fits(method, secret, &self.parameters, sign) {
            return Ok(());
        }
        // The signature itself is not repeated: a log or a screen is no place for it.
        Err(Fault::new(Code::InvalidSignature, "isv.invalid-signature", "sign"))
    }

    /// What is submitted: the method and its parameters as a form, by name. Sent again, it is the same bytes.
    pub(super) fn letter(&self) -> Vec<u8> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.parameters {
            if !COMMON.contains(&name.as_str()) {
                form.append_pair(name, value);
            }
        }
        form.finish().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(body: &str) -> Call {
        Call::read("", body.as_bytes()).unwrap()
    }

    #[test]
    fn query_and_body_are_one_set_without_repetition() {
        let call =
            Call::read("method=m&app_key=k", b"info=%7B%7D&timestamp=2026-11-23+09%3A30%3A00").unwrap();
        assert_eq!(call.method().unwrap(), "m");
        assert_eq!(call.parameter("info"), Some("{}"));
        let twice = Call::read("v=2.0", b"v=2.0").unwrap_err();
        assert_eq!((twice.code.number(), twice.sub_msg.as_str()), (41, "v"));
        let many = (0..200).fold(String::new(), |text, i| text + &format!("p{i}=1&"));
        assert_eq!(Call::read("", many.as_bytes()).unwrap_err().sub_code, "isv.too-many-parameters");
    }

    #[test]
    fn a_letter_sent_again_is_the_same_bytes() {
        let first = call("method=m&timestamp=1&sign=A&info=%7B%7D&app_key=k&sign_method=md5&v=2.0");
        let again =
            call("info=%7b%7d&sign=B&timestamp=2&method=m&app_key=k&sign_method=hmac&v=2.0&format=json");
        assert_eq!(first.letter(), b"info=%7B%7D&method=m");
        assert_eq!(first.letter(), again.letter());
    }

    #[test]
    fn the_clock_may_be_ten_minutes_off_on_either_side() {
        let now = Timestamp::parse("2026-11-23T09:30:00+08:00").unwrap();
        let code =
            |text: &str| call(&format!("timestamp={text}")).check_timestamp(now).map_err(|f| f.code.number());
        assert_eq!(code("2026-11-23 09:30:00"), Ok(()));
        assert_eq!(code("2026-11-23 09:20:00"), Ok(()));
        assert_eq!(code("2026-11-23 09:40:00"), Ok(()));
        assert_eq!(code("2026-11-23 09:19:59"), Err(31));
        assert_eq!(code("2026-11-23 09:40:01"), Err(31));
        assert_eq!(code("2026-11-23 01:30:00"), Err(31), "UTC is not what is wanted");
        assert_eq!(code("2026-11-23T09:30:00"), Err(31));
        assert_eq!(code(""), Err(30));
    }

    #[test]
    fn what_is_missing_or_wrong_has_its_own_code() {
        assert_eq!(call("a=1").method().unwrap_err().code.number(), 21);
        assert_eq!(call("a=1").app_key().unwrap_err().code.number(), 28);
        assert_eq!(call("a=1").check_version().unwrap_err().code.number(), 32);
        assert_eq!(call("v=1.0").check_version().unwrap_err().code.number(), 33);
        assert_eq!(call("format=csv").wish().unwrap_err().code.number(), 23);
        let secret = Secret::new(*b"s");
        let code = |body: &str| call(body).check_signature(&secret).unwrap_err().code.number();
        assert_eq!(code("a=1"), 24);
        assert_eq!(code("sign=AB"), 40);
        assert_eq!(code("sign=AB&sign_method=sha1"), 41);
        assert_eq!(code("sign=AB&sign_method=md5"), 25);
    }
}
