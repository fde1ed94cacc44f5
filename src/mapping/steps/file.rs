//! `file url|base64|data-uri|hash ALG`: a file on the wire ↔ `{sha256, size, media_type, url}`, as far as each tells.
//!
//! The bytes themselves go to the run's [`Attachments`](crate::mapping::Attachments) and come from there. Where a run
//! has none, what is written is a stand-in that names the digest, which only the text kept of the same bytes replaces;
//! a stand-in that is left is refused. Base64 is equal by the bytes it means.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::domain::digest::Digest;
use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, choice};
use crate::mapping::steps::{Around, Item, Step, Taken, Type, Wrong};

/// The standard alphabet, padded when written; padding is not asked for when read.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a stand-in for bytes begins.
const STAND_IN: &str = "sha256:";

const USAGE: &str = "file url | file base64 [digest] | file data-uri [digest] | file hash sha256 [base64]";

type Parsed = (Map<String, Value>, Option<Vec<u8>>);

#[derive(Debug)]
enum File {
    Url,
    /// The record has the digest alone (`true`), or a file's members.
    Base64(bool),
    DataUri(bool),
    /// In base64 (`true`), or in hexadecimal digits.
    Hash(bool),
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let texts: Vec<&str> = words.iter().filter_map(|word| word.text()).collect();
    let file = match texts.as_slice() {
        ["url"] => File::Url,
        ["base64"] => File::Base64(false),
        ["base64", "digest"] => File::Base64(true),
        ["data-uri"] => File::DataUri(false),
        ["data-uri", "digest"] => File::DataUri(true),
        ["hash", "sha256"] => File::Hash(false),
        ["hash", "sha256", "base64"] => File::Hash(true),
        ["hash", other, ..] => return Err(choice(USAGE, Some(other), &["sha256"])),
        [_, second, ..] => return Err(choice(USAGE, Some(second), &["digest"])),
        _ => return Err(choice(USAGE, texts.first().copied(), &["url", "base64", "data-uri", "hash"])),
    };
    Ok(Box::new(file))
}

/// Whether two texts are base64, or data URIs, of the same bytes.
pub(crate) fn same_bytes(a: &str, b: &str) -> bool {
    let halves = |text: &str| match text.strip_prefix("data:").and_then(|rest| rest.split_once(',')) {
        Some((head, body)) => (head.to_owned(), decoded(body)),
        None => (String::new(), decoded(text)),
    };
    let ((head, body), (other_head, other)) = (halves(a), halves(b));
    head == other_head && body.is_some() && body == other
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let plain: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    BASE64.decode(plain).ok()
}

impl File {
    fn wrong(&self) -> Wrong {
        match self {
            Self::Url => Wrong::new("url", "网址，如 https://…", "a URL such as https://…"),
            Self::Base64(_) => Wrong::new("base64", "Base64 编码的文件内容", "a file's bytes in base64"),
            Self::DataUri(_) => Wrong::new(
                "data-uri",
                "data URI，如 data:image/png;base64,…",
                "a data URI such as data:image/png;base64,…",
            ),
            Self::Hash(false) => {
                Wrong::new("hash", "SHA-256 摘要（64 位十六进制）", "a SHA-256 in 64 hexadecimal digits")
            }
            Self::Hash(true) => Wrong::new("hash", "Base64 编码的 SHA-256 摘要", "a SHA-256 in base64"),
        }
    }

    /// What the text says of the file; its bytes, where it has them.
    fn parse(&self, text: &str) -> Option<Parsed> {
        let mut file = Map::new();
        let bytes = match self {
            Self::Url => {
                let (scheme, _) = text.split_once(':')?;
                let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
                if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(good) {
                    return None;
                }
                file.insert("url".to_owned(), text.into());
                return Some((file, None));
            }
            Self::Hash(base64) => {
                let digest = if *base64 {
                    Digest::from_bytes(BASE64.decode(text).ok()?.try_into().ok()?)
                } else {
                    Digest::parse(text).ok()?
                };
                file.insert("sha256".to_owned(), digest.to_string().into());
                return Some((file, None));
            }
            Self::Base64(_) => decoded(text)?,
            Self::DataUri(_) => {
                let (head, body) = text.strip_prefix("data:")?.split_once(',')?;
                let kind = head.strip_suffix(";base64")?;
                if !kind.is_empty() {
                    file.insert("media_type".to_owned(), kind.into());
                }
                decoded(body)?
            }
        };
        file.insert("sha256".to_owned(), Digest::of(&bytes).to_string().into());
        file.insert("size".to_owned(), bytes.len().into());
        Some((file, Some(bytes)))
    }

    fn digest_alone(&self) -> bool {
        matches!(self, Self::Base64(true) | Self::DataUri(true))
    }

    /// The bytes in base64, or their stand-in.
    fn body(&self, file: &Value, around: &mut Around<'_>) -> Result<String, Wrong> {
        let text =
            if self.digest_alone() { file.as_str() } else { file.get("sha256").and_then(Value::as_str) };
        let Some(digest) = text.and_then(|text| Digest::parse(text).ok()) else {
            return Err(Wrong::new(
                "attachment-missing",
                "有内容的附件（记录中没有其摘要）",
                "an attachment with its bytes (the record has no digest of them)",
            ));
        };
        if let Some(bytes) = around.aside.attachments.and_then(|all| all.bytes(&digest)) {
            return Ok(BASE64.encode(bytes));
        }
        around.owing = Some(format!("{STAND_IN}{digest}"));
        Ok(format!("{STAND_IN}{digest}"))
    }
}

impl Step for File {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let (mut file, bytes) = self.parse(text.trim()).ok_or_else(|| self.wrong())?;
        if let Some(bytes) = bytes.filter(|_| around.aside.attachments.is_some()) {
            around.attached.push(bytes);
        }
        if self.digest_alone() {
            return Ok(Item::Value(file.remove("sha256").unwrap_or_default()));
        }
        Ok(Item::Value(Value::Object(file)))
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let file = match item {
            Item::None => return Ok(Item::None),
            Item::Value(value @ Value::Object(_)) if !self.digest_alone() => value,
            Item::Text(text, _) if self.digest_alone() => Value::String(text.into_owned()),
            _ => return Err(Wrong::type_of("附件", "an attachment")),
        };
        let member = |name: &str| file.get(name).and_then(Value::as_str);
        Ok(match self {
            Self::Url => member("url").map_or(Item::None, |url| Item::text(url.to_owned())),
            Self::Hash(base64) => {
                let Some(text) = member("sha256") else { return Ok(Item::None) };
                let digest = Digest::parse(text).map_err(|_| self.wrong())?;
                Item::text(if *base64 { BASE64.encode(digest.as_bytes()) } else { digest.to_string() })
            }
            Self::Base64(_) => Item::text(self.body(&file, around)?),
            Self::DataUri(_) => {
                let kind = member("media_type").unwrap_or_default();
                let body = self.body(&file, around)?;
                // A stand-in is one by its beginning.
                if around.owing.is_some() {
                    return Ok(Item::text(body));
                }
                Item::text(format!("data:{kind};base64,{body}"))
            }
        })
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn gives(&self) -> Option<Type> {
        Some(match self {
            Self::Base64(true) | Self::DataUri(true) => Type::Text,
            Self::Url => Type::File(&["url"]),
            Self::Base64(false) => Type::File(&["sha256", "size"]),
            Self::DataUri(false) => Type::File(&["sha256", "size", "media_type"]),
            Self::Hash(_) => Type::File(&["sha256"]),
        })
    }

    fn lossy(&self) -> bool {
        matches!(self, Self::Hash(_) | Self::DataUri(true))
    }

    fn bytes(&self) -> bool {
        matches!(self, Self::Base64(_) | Self::DataUri(_))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{STAND_IN, same_bytes};
    use crate::domain::digest::Digest;
    use crate::mapping::Attachments;
    use crate::mapping::steps::testing::{both, fault, read, with_files, write};

    #[test]
    fn what_needs_no_bytes() {
        let digest = Digest::of(b"hello").to_string();
        both("file url", "https://oss.example/a.pdf", &json!({"url": "https://oss.example/a.pdf"}));
        both("file hash sha256", &digest, &json!({"sha256": digest}));
        both(
            "file hash sha256 base64",
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
            &json!({"sha256": digest}),
        );
        assert_eq!(read("file hash sha256", &digest.to_uppercase()), Ok(Some(json!({"sha256": digest}))));
        for (how, bad) in [
            ("url", "a.pdf"),
            ("url", "1x:y"),
            ("hash sha256", "abc"),
            ("base64", "a"),
            ("data-uri", "data:,x"),
        ] {
            assert!(read(&format!("file {how}"), bad).is_err(), "{how} {bad}");
        }
    }

    #[test]
    fn bytes_go_beside_the_record_and_come_back() {
        let digest = Digest::of(b"hello").to_string();
        let file = json!({"sha256": digest, "size": 5});
        with_files(&Attachments::new(), |files| {
            assert_eq!(
                files.read("file base64", "aGVs\n  bG8="),
                Ok((file.clone(), vec![b"hello".to_vec()]))
            );
            let (value, _) =
                files.read("file data-uri", "data:text/plain;base64,aGVsbG8=").expect("it reads");
            assert_eq!(value, json!({"sha256": digest, "size": 5, "media_type": "text/plain"}));
            assert_eq!(files.read("file base64 digest", "aGVsbG8").map(|r| r.0), Ok(json!(digest)));
            assert_eq!(files.write("file base64", &file), Ok(format!("{STAND_IN}{digest}")));
        });
        let mut known = Attachments::new();
        known.add(b"hello".to_vec());
        with_files(&known, |files| {
            assert_eq!(files.write("file base64", &file).as_deref(), Ok("aGVsbG8="));
            assert_eq!(files.write("file base64 digest", &json!(digest)).as_deref(), Ok("aGVsbG8="));
            let file = json!({"sha256": digest, "media_type": "image/png"});
            assert_eq!(files.write("file data-uri", &file).as_deref(), Ok("data:image/png;base64,aGVsbG8="));
        });
        assert_eq!(
            write("file base64", &json!({"url": "https://x"})).map_err(|w| w.code),
            Err("attachment-missing")
        );
    }

    #[test]
    fn base64_is_equal_by_bytes() {
        assert!(same_bytes("aGVs\nbG8=", "aGVsbG8="));
        assert!(same_bytes("data:a/b;base64,aGVsbG8", "data:a/b;base64,aGVsbG8="));
        assert!(!same_bytes("data:a/c;base64,aGVsbG8", "data:a/b;base64,aGVsbG8="));
        assert!(!same_bytes("aGVsbG8=", "aGVsbG9="));
        assert!(!same_bytes("sha256:x", "sha256:x"));
    }

    #[test]
    fn arguments_are_told() {
        assert!(fault("file hash sha265").en.ends_with("did you mean \"sha256\"?"));
        assert!(fault("file data-url").en.ends_with("did you mean \"data-uri\"?"));
        assert_eq!(fault("file").code, "step-arguments");
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(bytes in prop::collection::vec(any::<u8>(), 1..60)) {
            let mut known = Attachments::new();
            let digest = known.add(bytes.clone()).to_string();
            for (how, value) in [
                ("file base64", json!({"sha256": digest, "size": bytes.len()})),
                ("file data-uri", json!({"sha256": digest, "size": bytes.len(), "media_type": "a/b"})),
                ("file base64 digest", json!(digest)),
            ] {
                with_files(&known, |files| {
                    let text = files.write(how, &value).expect("it is written");
                    assert_eq!(files.read(how, &text), Ok((value.clone(), vec![bytes.clone()])));
                });
            }
        }
    }
}
