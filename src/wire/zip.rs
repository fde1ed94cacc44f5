//! Zip files that hold every member as it is: APPNOTE.TXT 6.3.10, method 0 (stored), names in UTF-8.
//!
//! Promise: the same members give the same bytes, whoever writes them, whenever. What is read is exactly what
//! [`write()`] would have written: no member twice, nothing compressed, encrypted or split, nothing before, between or
//! behind the members, no path that leads out of the folder it is unpacked in. A file that is read holds no more bytes than it
//! has: nothing in it can grow.

use crate::domain::problem::cut;

/// The most bytes of a whole file: what four bytes can count. Larger ones are Zip64, which nobody here needs.
const MOST_BYTES: usize = u32::MAX as usize;

/// The most members: what two bytes can count.
const MOST_MEMBERS: usize = u16::MAX as usize;

/// The longest path: what the oldest file systems still take.
const MOST_PATH: usize = 200;

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";

/// A local header without its path.
const LOCAL_LENGTH: usize = 30;

/// One file in a zip file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<B> {
    /// Its path: `messages/3-in.xml`.
    pub path: String,
    /// Its bytes.
    pub bytes: B,
}

/// Why a zip file was not written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadZip {
    /// It is longer than four bytes can say, or has more members than two.
    #[error("it would have {members} members and {bytes} bytes; 65535 and 4294967295 are the most")]
    TooLarge {
        /// How many members.
        members: usize,
        /// How many bytes.
        bytes: usize,
    },
    /// A path that is none here.
    #[error(
        "{path:?} is no path of a member: small letters, digits, `.`, `-`, `_` and `/`, and it leads nowhere else"
    )]
    Path {
        /// As it was found.
        path: String,
    },
    /// A path that does not stand behind the one before it.
    #[error("{path} is there twice, or stands out of order: paths are sorted")]
    Order {
        /// The path.
        path: String,
    },
    /// What stands there is not what writing the same members gives.
    #[error("at byte {at}: {found}; {wanted} is wanted")]
    Strays {
        /// From which byte on.
        at: usize,
        /// What is wrong.
        found: String,
        /// What would be right.
        wanted: &'static str,
    },
}

/// The bytes of a zip file of these members, which must be sorted by path.
pub fn write<B: AsRef<[u8]>>(members: &[Member<B>]) -> Result<Vec<u8>, BadZip> {
    let content: usize = members.iter().map(|one| one.bytes.as_ref().len() + 2 * one.path.len() + 76).sum();
    let too_large = BadZip::TooLarge { members: members.len(), bytes: content };
    if content + 22 > MOST_BYTES || members.len() > MOST_MEMBERS {
        return Err(too_large);
    }
    let mut out = Vec::with_capacity(content + 22);
    let mut central = Vec::new();
    let mut before = "";
    for member in members {
        check_path(&member.path)?;
        if member.path.as_str() <= before {
            return Err(BadZip::Order { path: member.path.clone() });
        }
        before = &member.path;
        let bytes = member.bytes.as_ref();
        let facts = facts(&member.path, bytes);
        central.extend(central_header(&facts, &member.path, out.len()));
        out.extend(LOCAL);
        out.extend(facts);
        out.extend(member.path.as_bytes());
        out.extend(bytes);
    }
    let start = out.len();
    out.extend_from_slice(&central);
    out.extend(end(members.len(), central.len(), start));
    Ok(out)
}

/// The members of a zip file, in its order.
pub fn read(bytes: &[u8]) -> Result<Vec<Member<&[u8]>>, BadZip> {
    if bytes.len() > MOST_BYTES {
        return Err(BadZip::TooLarge { members: 0, bytes: bytes.len() });
    }
    let mut members: Vec<Member<&[u8]>> = Vec::new();
    let mut central = Vec::new();
    let mut at = 0;
    while bytes[at..].starts_with(LOCAL) {
        if members.len() == MOST_MEMBERS {
            return Err(BadZip::TooLarge { members: MOST_MEMBERS + 1, bytes: bytes.len() });
        }
        let (member, next) = member(bytes, at)?;
        if members.last().is_some_and(|before| before.path >= member.path) {
            return Err(BadZip::Order { path: member.path });
        }
        central.extend(central_header(&facts(&member.path, member.bytes), &member.path, at));
        members.push(member);
        at = next;
    }
    let tail = [central.as_slice(), &end(members.len(), central.len(), at)].concat();
    let found = &bytes[at..];
    if found == tail {
        return Ok(members);
    }
    let same = found.iter().zip(&tail).take_while(|(one, other)| one == other).count();
    let found = if found.len() > tail.len() && same == tail.len() {
        format!("{} bytes follow the end", found.len() - tail.len())
    } else {
        format!("the directory is not that of the {} members before it", members.len())
    };
    Err(BadZip::Strays {
        at: at + same,
        found,
        wanted: "a directory of these members, and nothing behind it",
    })
}

/// The member whose local header begins at a byte, and where the next one begins.
fn member(bytes: &[u8], at: usize) -> Result<(Member<&[u8]>, usize), BadZip> {
    let stray = |found: &str, wanted| BadZip::Strays { at, found: found.to_owned(), wanted };
    let short = || stray("the file ends inside a member", "a whole member");
    let header = bytes.get(at..at + LOCAL_LENGTH).ok_or_else(short)?;
    let number = |from: usize, length: usize| {
        header[from..from + length].iter().rev().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte))
    };
    let (size, named) = (number(22, 4), number(26, 2));
    let path = bytes.get(at + LOCAL_LENGTH..at + LOCAL_LENGTH + named).ok_or_else(short)?;
    let path = String::from_utf8_lossy(path).into_owned();
    check_path(&path)?;
    if number(8, 2) != 0 {
        let found = format!("{path} is compressed or encrypted");
        return Err(stray(&found, "a member as it is (method 0)"));
    }
    let from = at + LOCAL_LENGTH + named;
    let content = bytes.get(from..from + size).ok_or_else(short)?;
    if number(14, 4) != crc(content) as usize {
        return Err(stray(
            &format!("{path} has another CRC-32 than its header says"),
            "the bytes that were put in",
        ));
    }
    if header[4..] != facts(&path, content) {
        return Err(stray(
            &format!("the header of {path} says what no header here says"),
            "the one header there is",
        ));
    }
    Ok((Member { path, bytes: content }, from + size))
}

/// What local header and directory say alike: version 2.0, names in UTF-8, stored, the first moment of MS-DOS.
fn facts(path: &str, bytes: &[u8]) -> [u8; 26] {
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let named = u16::try_from(path.len()).unwrap_or(u16::MAX).to_le_bytes();
    let mut facts = [0; 26];
    facts[..2].copy_from_slice(&20_u16.to_le_bytes());
    facts[2..4].copy_from_slice(&0x0800_u16.to_le_bytes());
    // 1980-01-01: a moment that would differ each time proves nothing; the journal's entries say when.
    facts[8..10].copy_from_slice(&0x0021_u16.to_le_bytes());
    facts[10..14].copy_from_slice(&crc(bytes).to_le_bytes());
    facts[14..18].copy_from_slice(&size);
    facts[18..22].copy_from_slice(&size);
    facts[22..24].copy_from_slice(&named);
    facts
}

fn central_header(facts: &[u8; 26], path: &str, at: usize) -> Vec<u8> {
    let mut header = CENTRAL.to_vec();
    // Made on Unix, so that the permissions are read.
    header.extend([20, 3]);
    header.extend(facts);
    // No comment, first disk, no attributes of MS-DOS; a plain file that everybody may read.
    header.extend([0; 6]);
    header.extend((0o10_0644_u32 << 16).to_le_bytes());
    header.extend(u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
    header.extend(path.as_bytes());
    header
}

fn end(members: usize, length: usize, start: usize) -> Vec<u8> {
    let members = u16::try_from(members).unwrap_or(u16::MAX).to_le_bytes();
    let mut end = END.to_vec();
    end.extend([0; 4]);
    end.extend(members);
    end.extend(members);
    end.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    end.extend(u32::try_from(start).unwrap_or(u32::MAX).to_le_bytes());
    end.extend([0; 2]);
    end
}

/// One that no program unpacks anywhere but below the folder that it is told.
fn check_path(path: &str) -> Result<(), BadZip> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain);
    if (1..=MOST_PATH).contains(&path.len()) && path.split('/').all(part) {
        return Ok(());
    }
    Err(BadZip::Path { path: cut(path) })
}

/// CRC-32 (ISO-HDLC), as APPNOTE.TXT, section 4.4.7, wants it, eight bits at a time.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| TABLE[((sum ^ u32::from(*byte)) & 0xFF) as usize] ^ (sum >> 8))
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut at = 0_u32;
    while at < 256 {
        let mut sum = at;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        table[at as usize] = sum;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests;
