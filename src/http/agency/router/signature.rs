//! The open platform's signature.
//!
//! All parameters but `sign`, sorted by name, concatenated as `namevalue…`: `md5` is MD5(secret + that + secret),
//! `hmac` HMAC-MD5(secret, that), `hmac-sha256` HMAC-SHA256(secret, that); in hexadecimal. MD5 is what the old clients
//! speak; the certificate of the connection is what we rely on.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest as _, Md5};

use crate::domain::registry::Secret;

/// How a call is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignMethod {
    Md5,
    HmacMd5,
    HmacSha256,
}

impl SignMethod {
    /// From `sign_method`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "md5" => Some(Self::Md5),
            "hmac" => Some(Self::HmacMd5),
            "hmac-sha256" => Some(Self::HmacSha256),
            _ => None,
        }
    }
}

/// Whether `sign` is the signature of these parameters. How long it takes does not tell where it differs.
pub(super) fn fits(
    method: SignMethod,
    secret: &Secret,
    parameters: &BTreeMap<String, String>,
    sign: &str,
) -> bool {
    let Ok(given) = hex::decode(sign) else { return false };
    // It compares lengths first, which are no secret: the method says them.
    verify_slices_are_equal(&given, &sign_of(method, secret, parameters)).is_ok()
}

fn sign_of(method: SignMethod, secret: &Secret, parameters: &BTreeMap<String, String>) -> Vec<u8> {
    // A BTreeMap is in the order of the names' bytes.
    let parts = || parameters.iter().filter(|(name, _)| *name != "sign");
    match method {
        SignMethod::Md5 => {
            let mut hash = Md5::new();
            hash.update(secret.bytes());
            for (name, value) in parts() {
                hash.update(name);
                hash.update(value);
            }
            hash.update(secret.bytes());
            hash.finalize().to_vec()
        }
        SignMethod::HmacMd5 => {
            let mut mac = Hmac::<Md5>::new_from_slice(secret.bytes())
                .expect("HMAC takes a key of any length (RFC 2104)");
            for (name, value) in parts() {
                mac.update(name.as_bytes());
                mac.update(value.as_bytes());
            }
            mac.finalize().into_bytes().to_vec()
        }
        SignMethod::HmacSha256 => {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.bytes());
            let mut context = aws_lc_rs::hmac::Context::with_key(&key);
            for (name, value) in parts() {
                context.update(name.as_bytes());
                context.update(value.as_bytes());
            }
            context.sign().as_ref().to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // python3 - <<'END'
    // import hashlib, hmac
    // p = {'method': 'taobao.sungari.dispose.query', 'app_key': '12345678', 'timestamp': '2026-11-23 09:30:00',
    //      'format': 'json', 'v': '2.0', 'sign_method': 'md5', 'param_list': '编号1,编号2'}
    // s, k = ''.join(n + p[n] for n in sorted(p)).encode(), b'helloworld'
    // print(hashlib.md5(k + s + k).hexdigest().upper())
    // print(hmac.new(k, s, hashlib.md5).hexdigest().upper())
    // print(hmac.new(k, s, hashlib.sha256).hexdigest().upper())
    // END
    const VECTORS: [(&str, &str); 3] = [
        ("md5", "EFE579E303CB28D8683F53FFFEEBB062"),
        ("hmac", "03ACD7BD0055636877D4C30E60182210"),
        ("hmac-sha256", "A23CD602C7D3DDB554FE30EFA6A1FBCA9CDA4608DC5E5362B4A5C2553A565889"),
    ];

    fn parameters() -> BTreeMap<String, String> {
        [
            ("method", "taobao.sungari.dispose.query"),
            ("app_key", "12345678"),
            ("timestamp", "2026-11-23 09:30:00"),
            ("format", "json"),
            ("v", "2.0"),
            ("sign_method", "md5"),
            ("param_list", "编号1,编号2"),
            ("sign", "is not part of itself"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .into()
    }

    #[test]
    fn each_method_agrees_with_python() {
        let secret = Secret::new(*b"helloworld");
        for (name, sign) in VECTORS {
            let method = SignMethod::parse(name).unwrap();
            assert!(fits(method, &secret, &parameters(), sign), "{name}");
            assert!(fits(method, &secret, &parameters(), &sign.to_lowercase()), "{name}");
        }
        assert_eq!(SignMethod::parse("MD5"), None);
    }

    #[test]
    fn another_secret_value_or_length_does_not_fit() {
        let (name, sign) = VECTORS[2];
        let method = SignMethod::parse(name).unwrap();
        let secret = Secret::new(*b"helloworld");
        assert!(!fits(method, &Secret::new(*b"helloworle"), &parameters(), sign));
        let mut changed = parameters();
        changed.insert("param_list".to_owned(), "编号1,编号3".to_owned());
        assert!(!fits(method, &secret, &changed, sign));
        assert!(!fits(method, &secret, &parameters(), &sign[..62]));
        assert!(!fits(method, &secret, &parameters(), ""));
        assert!(!fits(method, &secret, &parameters(), VECTORS[0].1));
    }
}
