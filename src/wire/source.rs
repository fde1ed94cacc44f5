//! A long document, decoded piece by piece.
//!
//! Promise: what is in hand is bounded by what the caller has not yet taken, plus one chunk. The text is exactly what
//! [`encoding::decode`](super::encoding::decode) gives of the whole; the first malformed sequence ends it, told with
//! its line, column and byte. Every place in the text has its byte in the source, so that a reader may go on from there
//! another time.

use std::io::{ErrorKind, Read};

use encoding_rs::{Decoder, DecoderResult};

use crate::domain::problem::Problem;
use crate::wire::encoding::{Encoding, byte_order_mark, ill_formed};
use crate::wire::limits::Limits;
use crate::wire::origin::moved;
use crate::wire::tree::line_column;
use crate::wire::xml;

/// Bytes asked of the source at once. 64 KiB: thirty records of 2 KB.
const CHUNK: usize = 64 * 1024;

/// Bytes that settle the encoding; the XML declaration must end in them.
const WINDOW: usize = 1024;

/// Bytes of one character in the longest of our encodings.
const CHARACTER: usize = 4;

/// A source being read.
pub(crate) struct Source<R> {
    read: R,
    decoder: Decoder,
    encoding: Encoding,
    actual: Encoding,
    chunk: Vec<u8>,
    /// How many bytes of `chunk` were read to settle the encoding and wait to be decoded.
    waiting: usize,
    text: String,
    /// In the GB encodings, whose characters have bytes that only they know: the bytes of `text`.
    raw: Vec<u8>,
    /// Bytes of the source before `text`.
    taken: u64,
    /// Bytes handed to the decoder, the byte order mark included.
    fed: u64,
    /// The last bytes handed to it: a malformed sequence may begin there.
    recent: Vec<u8>,
    /// The place of `text` in the document.
    place: (u32, u32),
    ended: bool,
    broken: Option<Problem>,
    most: usize,
}

/// A piece taken from the front.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Where it began.
    pub(crate) place: (u32, u32),
}

impl<R: Read> Source<R> {
    /// Begins to read, and settles the encoding: of XML as RFC 7303 has it, of JSON as UTF-8.
    ///
    /// # Errors
    ///
    /// An empty source, an encoding we do not read, or a source that cannot be read.
    pub(crate) fn open(mut read: R, xml: bool, charset: Option<Encoding>) -> Result<Self, Problem> {
        let mut chunk = vec![0; CHUNK];
        let mut waiting = 0;
        while waiting < WINDOW {
            match again(&mut read, &mut chunk[waiting..WINDOW]).map_err(|error| failed(&error))? {
                0 => break,
                more => waiting += more,
            }
        }
        let head = &chunk[..waiting];
        Limits::default().admit(head)?;
        let (encoding, actual) =
            if xml { xml::settled(head, charset)? } else { (Encoding::Utf8, Encoding::Utf8) };
        let mark = byte_order_mark(head).filter(|(marked, _)| marked.agrees(actual)).map_or(0, |(_, n)| n);
        chunk.copy_within(mark..waiting, 0);
        Ok(Self {
            read,
            decoder: actual.codec().new_decoder_without_bom_handling(),
            encoding,
            actual,
            chunk,
            waiting: waiting - mark,
            text: String::new(),
            raw: Vec::new(),
            taken: mark as u64,
            fed: mark as u64,
            recent: Vec::new(),
            place: (1, 1),
            ended: false,
            broken: None,
            most: 0,
        })
    }

    /// The encoding, as the document calls it.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What was decoded and not taken.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing comes after [`Self::text`].
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Why nothing comes, if the document is not at its end there.
    pub(crate) fn broken(&self) -> Option<&Problem> {
        self.broken.as_ref()
    }

    /// The byte of the source where [`Self::text`] begins.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// The place where [`Self::text`] begins.
    pub(crate) fn place(&self) -> (u32, u32) {
        self.place
    }

    /// The most bytes that were held at once.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Decodes one chunk more.
    pub(crate) fn fill(&mut self) {
        if self.ended {
            return;
        }
        let count = match std::mem::take(&mut self.waiting) {
            0 => match again(&mut self.read, &mut self.chunk) {
                Ok(count) => count,
                Err(error) => return self.end(Some(failed(&error))),
            },
            waiting => waiting,
        };
        let last = count == 0;
        let room = self.decoder.max_utf8_buffer_length_without_replacement(count).unwrap_or(count * 3 + 16);
        self.text.reserve(room);
        let chunk = &self.chunk[..count];
        let (result, read) = self.decoder.decode_to_string_without_replacement(chunk, &mut self.text, last);
        if self.walks() {
            self.raw.extend_from_slice(&chunk[..read]);
        }
        let before = self.fed;
        self.fed += read as u64;
        let broken = match result {
            DecoderResult::InputEmpty => None,
            // The text has the room that the decoder asked for, so its being full is treated as malformed input.
            DecoderResult::OutputFull => Some((0, 0)),
            DecoderResult::Malformed(length, after) => Some((usize::from(length), usize::from(after))),
        };
        if let Some((length, after)) = broken {
            self.recent.extend_from_slice(&chunk[..read]);
            let from = self.recent.len().saturating_sub(length + after);
            let bytes = &self.recent[from..(from + length.clamp(1, CHARACTER)).min(self.recent.len())];
            let offset = (before + read as u64).saturating_sub((length + after) as u64);
            let place = moved(self.place, line_column(&self.text, self.text.len()));
            let problem = ill_formed(bytes, offset, place, self.actual);
            self.end(Some(problem));
        } else if last {
            self.end(None);
        } else {
            let from = count.saturating_sub(CHARACTER);
            self.recent.extend_from_slice(&chunk[from..]);
            let more = self.recent.len().saturating_sub(CHARACTER);
            self.recent.drain(..more);
        }
        self.most = self.most.max(self.text.capacity() + self.raw.capacity() + self.chunk.len());
    }

    fn end(&mut self, broken: Option<Problem>) {
        self.ended = true;
        self.broken = broken;
    }

    /// Whether a character's bytes can only be told by walking them.
    fn walks(&self) -> bool {
        matches!(self.actual, Encoding::Gb18030 | Encoding::Gbk | Encoding::Gb2312)
    }

    /// The byte of the source at each of these places of the text, which come in order.
    pub(crate) fn bytes_at(&self, places: impl IntoIterator<Item = usize>) -> Vec<u64> {
        let (mut at, mut raw) = (0, 0);
        places
            .into_iter()
            .map(|place| {
                raw += self.length(raw, &self.text[at..place]);
                at = place;
                self.taken + raw as u64
            })
            .collect()
    }

    /// The bytes that `text` had, which begins at byte `raw` of what is in hand.
    fn length(&self, raw: usize, text: &str) -> usize {
        match self.actual {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16Le | Encoding::Utf16Be => text.chars().map(|c| c.len_utf16() * 2).sum(),
            _ => {
                let mut rest = self.raw.get(raw..).unwrap_or_default();
                let before = rest.len();
                for _ in text.chars() {
                    rest = rest.get(width(rest)..).unwrap_or_default();
                }
                before - rest.len()
            }
        }
    }

    /// Takes the first `length` bytes of the text.
    pub(crate) fn take(&mut self, length: usize) -> Piece {
        let bytes = self.length(0, &self.text[..length]);
        self.taken += bytes as u64;
        if self.walks() {
            self.raw.drain(..bytes);
        }
        let rest = self.text.split_off(length);
        let text = std::mem::replace(&mut self.text, rest);
        let place = self.place;
        self.place = moved(place, line_column(&text, text.len()));
        Piece { text, place }
    }
}

/// Bytes of the character that begins here, by the WHATWG decoder of GB18030: a second byte that is a digit makes four.
fn width(bytes: &[u8]) -> usize {
    match bytes {
        [0x81..=0xFE, b'0'..=b'9', ..] => 4,
        [0x81..=0xFE, ..] => 2,
        _ => 1,
    }
}

fn again(read: &mut impl Read, into: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match read.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn failed(error: &std::io::Error) -> Problem {
    Problem::new(
        "source-failed",
        format!("读取来源失败：{error}"),
        format!("the source cannot be read: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encoding::{decode, encode};

    /// Gives its bytes `1` at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(into.len()).min(self.0.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn open(bytes: &[u8], step: usize) -> Source<Slow<'_>> {
        let mut source = Source::open(Slow(bytes, step), true, None).unwrap();
        while !source.ended() {
            source.fill();
        }
        source
    }

    #[test]
    fn every_place_of_the_text_has_its_byte() {
        let text = "<?xml version='1.0' encoding='GB18030'?>\r\n<投>a𠮷€ü镕</投>";
        for encoding in [Encoding::Gb18030, Encoding::Utf16Le, Encoding::Utf8] {
            let text = text.replace("GB18030", encoding.label());
            let mut bytes = if encoding == Encoding::Utf16Le { vec![0xFF, 0xFE] } else { Vec::new() };
            bytes.extend(encode(&text, encoding).unwrap());
            for step in [1, 3, 4096] {
                let mut source = open(&bytes, step);
                assert_eq!(source.text(), text);
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                for (place, byte) in places.iter().zip(source.bytes_at(places.iter().copied())) {
                    let byte = usize::try_from(byte).unwrap();
                    assert_eq!(decode(&bytes[..byte], encoding).unwrap(), text[..*place], "{encoding:?}");
                }
                let at = text.find('a').unwrap();
                let first = source.take(at);
                assert_eq!((first.place, first.text.as_str()), ((1, 1), &text[..at]));
                assert_eq!(source.take(1).place, (2, 4));
                assert_eq!(source.taken(), source.bytes_at([0])[0]);
            }
        }
    }

    #[test]
    fn malformed_bytes_are_told_as_of_the_whole() {
        for (label, bad) in [("GBK", &b"\xB0\xFF"[..]), ("UTF-8", b"\xE4\xBD"), ("GB18030", b"\x81\x30\x81")]
        {
            let mut bytes = format!("<?xml version='1.0' encoding='{label}'?>\n<a>").into_bytes();
            bytes.extend_from_slice(bad);
            let whole = decode(&bytes, Encoding::parse(label).unwrap()).unwrap_err();
            for step in [1, 3, 4096] {
                assert_eq!(open(&bytes, step).broken(), Some(&whole));
            }
        }
    }
}
