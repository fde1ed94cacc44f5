//! Written bytes as another reader sees them, and what is refused.

use std::io::{Cursor, Read as _, Write as _};

use super::*;

fn two() -> Vec<Member<&'static [u8]>> {
    vec![
        Member { path: "a/one.xml".to_owned(), bytes: "<a>投诉</a>".as_bytes() },
        Member { path: "b".to_owned(), bytes: b"" },
    ]
}

#[test]
fn what_is_written_is_read_by_others_and_back() {
    let bytes = write(&two()).unwrap();
    assert_eq!(read(&bytes).unwrap(), two());
    let mut other = ::zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(other.len(), 2);
    let mut text = String::new();
    other.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "<a>投诉</a>");
    assert_eq!(other.by_index(0).unwrap().name().unwrap(), "a/one.xml");
    assert_eq!(other.by_index(1).unwrap().size(), 0);
    assert_eq!(crc(b"123456789"), 0xCBF4_3926, "the check value of the catalogue of CRCs");
}

#[test]
fn every_byte_counts() {
    let bytes = write(&two()).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert_ne!(read(&flipped).ok(), Some(two()), "byte {at}");
        assert!(read(&flipped).is_err(), "byte {at} is nobody's");
    }
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "cut at {length}");
    }
    assert!(read(&[bytes.as_slice(), b"x"].concat()).unwrap_err().to_string().contains("1 bytes follow"));
    assert!(read(&[b"x".as_slice(), &bytes].concat()).is_err());
}

#[test]
fn paths_lead_nowhere_else_and_are_sorted() {
    for path in ["../x", "a/../x", "/etc/passwd", "a//b", "a\\..\\b", "", "a/", ".ssh", "C:x", "字", "a\0b"]
    {
        let bad = write(&[Member { path: path.to_owned(), bytes: b"x" }]);
        assert!(matches!(bad, Err(BadZip::Path { .. })), "{path}: {bad:?}");
        let good = write(&[Member { path: "x".repeat(path.len().max(1)), bytes: b"x" }]).unwrap();
        let mut slipped = good;
        if !path.is_empty() {
            slipped[LOCAL_LENGTH..LOCAL_LENGTH + path.len()].copy_from_slice(path.as_bytes());
            assert!(matches!(read(&slipped), Err(BadZip::Path { .. })), "{path}");
        }
    }
    let [one, other] = two().try_into().unwrap();
    assert!(matches!(write(&[other, one.clone()]), Err(BadZip::Order { .. })));
    assert!(matches!(write(&[one.clone(), one]), Err(BadZip::Order { .. })), "twice");
}

#[test]
fn what_would_grow_is_refused() {
    let mut bomb = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let deflated =
        ::zip::write::SimpleFileOptions::default().compression_method(::zip::CompressionMethod::Deflated);
    bomb.start_file("a", deflated).unwrap();
    bomb.write_all(&vec![0; 1 << 20]).unwrap();
    let bytes = bomb.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 13);
    assert!(read(&bytes).unwrap_err().to_string().contains("compressed"));
}
