//! What a file may be: its size, its type, and that its content is of that type.
//!
//! Promise: a content that begins as something else than it is declared is refused, whatever its name says. Magic
//! numbers tell what a file is not; they do not make it harmless, which is a scanner's affair.

use crate::exchange::refused::AttachmentFault;

/// What files may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentLimits {
    /// The largest file, in bytes.
    pub most_bytes: u64,
    /// What all files of one case may have together, in bytes.
    pub case_bytes: u64,
    /// The media types that are taken: `image/png`, or `image/*` for all of a kind.
    pub types: Vec<String>,
    /// After how many hours an upload that has not come whole is given up.
    pub unfinished_hours: u32,
}

/// What is taken where nothing else is said: pictures, documents, tables, texts, sound and film as evidence comes.
pub const TYPES: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/bmp",
    "image/tiff",
    "image/heif",
    "application/pdf",
    "application/ofd",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/xml",
    "application/json",
    "application/zip",
    "application/octet-stream",
    "text/plain",
    "text/csv",
    "text/xml",
    "audio/*",
    "video/*",
];

impl Default for AttachmentLimits {
    fn default() -> Self {
        Self {
            most_bytes: 200 * 1024 * 1024,
            case_bytes: 2 * 1024 * 1024 * 1024,
            types: TYPES.iter().map(|kind| (*kind).to_owned()).collect(),
            unfinished_hours: 24,
        }
    }
}

/// A file of which nobody says what it is, and which does not say it itself.
pub const UNKNOWN: &str = "application/octet-stream";

impl AttachmentLimits {
    /// Whether a file of this size may come.
    pub fn check_size(&self, size: u64) -> Result<(), AttachmentFault> {
        if size > self.most_bytes {
            return Err(AttachmentFault::TooLarge { size, limit: self.most_bytes });
        }
        Ok(())
    }

    /// Whether files of this type may come.
    pub fn check_type(&self, media_type: &str) -> Result<(), AttachmentFault> {
        let whole = |kind: &str| kind.strip_suffix("/*").is_some_and(|main| main_of(media_type) == main);
        if self.types.iter().any(|kind| kind == media_type || whole(kind)) {
            return Ok(());
        }
        Err(AttachmentFault::TypeNotTaken { found: media_type.to_owned(), taken: self.types.join(", ") })
    }

    /// The media type of a file that is declared to be this and begins with these bytes.
    pub fn check_content(&self, declared: Option<&str>, head: &[u8]) -> Result<String, AttachmentFault> {
        let found = sniffed(head);
        // It says of itself that it says nothing (RFC 2046, section 4.5.1).
        let Some(declared) = declared.filter(|declared| *declared != UNKNOWN) else {
            let media_type = found.unwrap_or(UNKNOWN);
            self.check_type(media_type)?;
            return Ok(media_type.to_owned());
        };
        self.check_type(declared)?;
        if is(declared, found, head) {
            return Ok(declared.to_owned());
        }
        let found = found.unwrap_or(UNKNOWN).to_owned();
        Err(AttachmentFault::ContentDiffers { declared: declared.to_owned(), found })
    }
}

/// The essence of a media type: `text/plain` of `Text/Plain; charset=utf-8`.
#[must_use]
pub fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn main_of(media_type: &str) -> &str {
    media_type.split('/').next().unwrap_or_default()
}

fn sniffed(head: &[u8]) -> Option<&'static str> {
    infer::get(head).map(|kind| kind.mime_type())
}

/// Whether a content of which this was found can be what is declared.
fn is(declared: &str, found: Option<&str>, head: &[u8]) -> bool {
    match found {
        Some(found) if found == declared => true,
        // Containers: what is in them is seen only further in.
        Some("application/zip") => is_zip(declared),
        Some("application/x-ole-storage") => is_ole(declared),
        Some(found) if is_zip(found) => declared == "application/zip",
        Some("text/xml") => declared == "application/xml" || declared.ends_with("+xml"),
        // One container, many names: what plays the one plays the other.
        Some(found) if matches!(main_of(found), "audio" | "video") => {
            matches!(main_of(declared), "audio" | "video")
        }
        Some("image/heif" | "image/heic" | "image/avif") => {
            matches!(declared, "image/heif" | "image/heic" | "image/avif")
        }
        Some(_) => false,
        None => match declared {
            "application/xml" | "application/json" => is_text(head),
            other => {
                other.ends_with("+xml") || other.ends_with("+json") || main_of(other) == "text" && is_text(head)
                    // A sound or film in a container that nobody knows by its beginning.
                    || matches!(main_of(other), "audio" | "video")
            }
        },
    }
}

fn is_zip(media_type: &str) -> bool {
    media_type == "application/zip"
        || media_type == "application/ofd"
        || media_type.starts_with("application/vnd.openxmlformats-officedocument.")
        || media_type.starts_with("application/vnd.oasis.opendocument.")
}

fn is_ole(media_type: &str) -> bool {
    matches!(media_type, "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint")
}

/// Texts of every encoding that is met here have no U+0000 but UTF-16's, which begins with its mark.
fn is_text(head: &[u8]) -> bool {
    head.starts_with(&[0xFE, 0xFF]) || head.starts_with(&[0xFF, 0xFE]) || !head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    const PDF: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";
    const EXE: &[u8] = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0";

    fn check(declared: Option<&str>, head: &[u8]) -> Result<String, AttachmentFault> {
        AttachmentLimits::default().check_content(declared, head)
    }

    #[test]
    fn content_is_what_it_is_declared_to_be() {
        for (declared, head) in [
            ("image/png", PNG),
            ("application/pdf", PDF),
            ("text/plain", "投诉".as_bytes()),
            ("text/csv", b"a,b\n1,2\n"),
            ("application/xml", b"<?xml version=\"1.0\"?><a/>"),
            ("application/json", b"{}"),
            ("application/zip", b"PK\x03\x04\x14\0\0\0"),
            ("application/ofd", b"PK\x03\x04\x14\0\0\0"),
        ] {
            assert_eq!(check(Some(declared), head).as_deref(), Ok(declared), "{declared}");
        }
        for (declared, head) in [
            ("image/png", PDF),
            ("image/png", b"hello"),
            ("application/pdf", PNG),
            ("text/plain", PNG),
            ("text/plain", EXE),
            ("text/plain", b"a\0b"),
            ("application/zip", PDF),
        ] {
            let fault = check(Some(declared), head).unwrap_err();
            assert!(matches!(fault, AttachmentFault::ContentDiffers { .. }), "{declared}: {fault:?}");
        }
    }

    #[test]
    fn what_is_not_declared_says_itself_what_it_is() {
        assert_eq!(check(None, PNG).as_deref(), Ok("image/png"));
        assert_eq!(check(None, b"\x01\x02").as_deref(), Ok(UNKNOWN));
        assert_eq!(check(Some(UNKNOWN), PNG).as_deref(), Ok("image/png"));
        for declared in [None, Some(UNKNOWN)] {
            assert!(matches!(check(declared, EXE), Err(AttachmentFault::TypeNotTaken { .. })));
        }
    }

    #[test]
    fn types_and_sizes_that_are_taken() {
        let limits = AttachmentLimits { most_bytes: 10, ..AttachmentLimits::default() };
        assert!(limits.check_size(10).is_ok());
        assert_eq!(limits.check_size(11), Err(AttachmentFault::TooLarge { size: 11, limit: 10 }));
        assert!(limits.check_type("video/mp4").is_ok());
        assert!(limits.check_type("application/x-msdownload").is_err());
        assert_eq!(essence("Text/Plain; charset=GBK"), "text/plain");
    }
}
