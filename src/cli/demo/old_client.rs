//! The simulated old client: a bureau that calls 红盾云桥 as it always did, at another URL.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;

use crate::clock::{Clock as _, SystemClock};

/// A form for the router: the business parameters, the common ones, and the signature over all of them (upper-case
/// hexadecimal HMAC-SHA256 of names and values in the order of the names).
pub(super) fn form(method: &str, app_key: &str, secret: &str, business: &[(&str, &str)]) -> Vec<u8> {
    // The interface's clock is Beijing's, written without an offset.
    let beijing = SystemClock.now().at_offset(8 * 3600);
    let timestamp = beijing[..19].replace('T', " ");
    let mut all: BTreeMap<&str, &str> = business.iter().copied().collect();
    all.extend([
        ("method", method),
        ("app_key", app_key),
        ("timestamp", &timestamp),
        ("format", "json"),
        ("v", "2.0"),
        ("sign_method", "hmac-sha256"),
    ]);
    let signed: String = all.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let sign = hex::encode_upper(hmac::sign(&key, signed.as_bytes()));
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(&all).append_pair("sign", &sign);
    form.finish().into_bytes()
}
