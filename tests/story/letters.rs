//! What bureaus write: the shipped samples, with other numbers in them, in GB18030.

use encoding_rs::GB18030;

const ORDER: &[u8] = include_bytes!("../../schemas/profiles/cn-amr-xml/samples/order-full.xml");
const ACCEPTED: &[u8] =
    include_bytes!("../../schemas/profiles/cn-amr-xml/samples/reply-receipt-accepted.xml");
const REFUSED: &[u8] = include_bytes!("../../schemas/profiles/cn-amr-xml/samples/reply-receipt-refused.xml");
const CLOSURE: &[u8] = include_bytes!("../../schemas/profiles/cn-amr-xml/samples/closure-closed.xml");
const RETURN: &[u8] = include_bytes!("../../schemas/profiles/cn-amr-xml/samples/closure-returned.xml");
const WITHDRAWAL: &[u8] = include_bytes!("../../schemas/profiles/cn-amr-xml/samples/closure-withdrawn.xml");

/// A registration number of 25 digits: division, 00, day, and a number of its own.
pub(crate) fn number(serial: u32) -> String {
    format!("3301060020261123{serial:09}")
}

/// The order's text, before it is encoded.
pub(crate) fn order_text(serial: u32) -> String {
    decode(ORDER)
        .replace("3301060020261123000000017", &number(serial))
        .replace("hz-amr-20261123-0001", &format!("order-{serial}"))
}

/// A complaint order.
pub(crate) fn order(serial: u32) -> Vec<u8> {
    encode(&order_text(serial))
}

/// The bureau's end of a case.
pub(crate) fn closure(serial: u32) -> Vec<u8> {
    about(CLOSURE, "hz-amr-20261210-0001", "closure", serial)
}

/// The bureau gives a case back.
pub(crate) fn give_back(serial: u32) -> Vec<u8> {
    about(RETURN, "hz-amr-20261208-0001", "return", serial)
}

/// The bureau takes a complaint back.
pub(crate) fn withdrawal(serial: u32) -> Vec<u8> {
    about(WITHDRAWAL, "hz-amr-20261201-0001", "withdrawal", serial)
}

/// The bureau's receipt for a reply: accepted, or refused with a place in it. `original` is the id of our message.
pub(crate) fn receipt(accepted: bool, original: &str) -> Vec<u8> {
    let sample = if accepted { ACCEPTED } else { REFUSED };
    encode(&decode(sample).replace("platform-20261203-0001", original))
}

fn about(sample: &[u8], message: &str, word: &str, serial: u32) -> Vec<u8> {
    let text = decode(sample)
        .replace("3301060020261123000000017", &number(serial))
        .replace("3301060020261123000000018", &number(serial))
        .replace(message, &format!("{word}-{serial}"));
    assert!(text.contains(&number(serial)) && text.contains(&format!("{word}-{serial}")));
    encode(&text)
}

/// GB18030 bytes as text.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let (text, _, broken) = GB18030.decode(bytes);
    assert!(!broken, "no GB18030");
    text.into_owned()
}

/// Text as GB18030 bytes.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

/// What an element of this name holds, the first time it occurs.
pub(crate) fn element<'a>(text: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let from = text.find(&open).unwrap_or_else(|| panic!("no {name} in {text}")) + open.len();
    let length = text[from..].find(&close).unwrap();
    &text[from..from + length]
}
