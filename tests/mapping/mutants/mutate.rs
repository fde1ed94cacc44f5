//! Damage done to a sample: parts dropped, doubled, moved, retyped; bytes cut, changed; encodings swapped.

use std::ops::Range;

use regbridge::mapping::{Format, Sample};
use serde_json::{Map, Value, json};

use crate::dice::Dice;

static ENCODINGS: [&encoding_rs::Encoding; 4] =
    [encoding_rs::GBK, encoding_rs::UTF_8, encoding_rs::GB18030, encoding_rs::UTF_16LE];

/// Values that a field may hold by mistake.
const TEXTS: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "1.50",
    "01",
    "1e9",
    "99999999999999999999",
    "true",
    "null",
    "无",
    "暂无",
    "/",
    "N/A",
    "x",
    "丂",
    "2026-02-30",
    "2026-13-01T25:00:00",
    "20261123",
    "0.001",
    "１２３",
    "a&amp;b",
    "甲\u{3000}乙",
    "𠮷",
    "-0",
    "+5",
    "１",
];

/// A damaged copy of a sample, in one to three places.
pub(super) fn mutate(sample: &Sample, all: &[Sample], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = sample.bytes.clone();
    for _ in 0..=dice.below(3) {
        bytes = match (dice.below(10), sample.format) {
            (0, _) | (_, Format::Xlsx) => raw(bytes, all, dice),
            (_, Format::Xml) => xml(&bytes, dice),
            (_, Format::Json) => json(&bytes, dice),
            (_, Format::Form) => form(&bytes, dice),
            (_, Format::Csv) => csv(&bytes, dice),
        };
    }
    bytes
}

/// Bytes cut off, dropped, doubled, changed, or taken from another sample.
fn raw(mut bytes: Vec<u8>, all: &[Sample], dice: &mut Dice) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    let from = dice.below(bytes.len());
    let to = (from + dice.below(12)).min(bytes.len());
    match dice.below(6) {
        0 => bytes.truncate(from),
        1 => drop(bytes.drain(from..to)),
        2 => {
            let piece = bytes[from..to].to_vec();
            bytes.splice(to..to, piece);
        }
        3 => bytes[from] = u8::try_from(dice.below(256)).expect("a byte"),
        4 => {
            let other = &dice.pick(all).bytes;
            let start = dice.below(other.len().max(1));
            let piece = other[start..(start + 9).min(other.len())].to_vec();
            bytes.splice(from..to, piece);
        }
        _ => {
            let marks: &[&[u8]] = &[b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF", b"\0", b" ", b"\n"];
            bytes.splice(0..0, dice.pick(marks).to_vec());
        }
    }
    bytes
}

/// Reads as the document says, or as UTF-8.
fn decoded(bytes: &[u8]) -> (String, &'static encoding_rs::Encoding) {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]).into_owned();
    let label = head.split("encoding=").nth(1).and_then(|rest| rest.get(1..)?.split(['"', '\'']).next());
    let encoding = label.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    let encoding = encoding.unwrap_or(encoding_rs::UTF_8);
    (encoding.decode(bytes).0.into_owned(), encoding)
}

/// Elements of a text, as far as it is well-formed: the range of each, and of what is in it.
fn elements(text: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let (mut open, mut found): (Vec<(usize, usize)>, Vec<_>) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        let Some(end) = text[start..].find('>').map(|found| start + found + 1) else { break };
        let tag = &text[start..end];
        if tag.starts_with("</") {
            if let Some((begun, inside)) = open.pop() {
                found.push((begun..end, inside..start));
            }
        } else if tag.ends_with("/>") {
            found.push((start..end, end..end));
        } else if !tag.starts_with("<?") && !tag.starts_with("<!") {
            open.push((start, end));
        }
        at = end;
    }
    found
}

fn xml(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let (mut text, encoding) = decoded(bytes);
    let all = elements(&text);
    if all.is_empty() {
        return bytes.to_vec();
    }
    let (element, inside) = dice.pick(&all).clone();
    let (other, _) = dice.pick(&all).clone();
    let piece = text[element.clone()].to_owned();
    match dice.below(13) {
        1 => text.insert_str(element.end, &piece),
        2 => text.insert_str(other.start, &piece),
        3 if element.end <= other.start => {
            text.insert_str(other.end, &piece);
            text.replace_range(element, "");
        }
        4 | 5 => text.replace_range(inside, dice.word(TEXTS)),
        6 => text.insert_str(
            inside.start,
            dice.word(&[
                "<Odd>x</Odd>",
                "text",
                "<!-- c -->",
                "<![CDATA[<x>]]>",
                "<?p x?>",
                "<o:O xmlns:o=\"urn:o\" a=\"1\">y</o:O>",
            ]),
        ),
        7 => {
            let name = piece[1..].find([' ', '>', '/']).map_or(1, |end| end + 1);
            let attribute = dice.word(&[
                " odd=\"1\"",
                " code=\"\"",
                " odd=\"1\" odd=\"2\"",
                " xmlns=\"urn:x\"",
                " odd='<'",
                " xml:lang=\"zh\"",
            ]);
            text.insert_str(element.start + name, attribute);
        }
        8 => {
            // Another name, at both ends.
            let end = piece[1..].find([' ', '>', '/']).map_or(1, |end| end + 1);
            let name = piece[1..end].to_owned();
            let new = piece.replacen(&name, "Other", 1);
            let new = match new.rfind(&format!("</{name}>")) {
                Some(at) => format!("{}</Other>", &new[..at]),
                None => new,
            };
            text.replace_range(element, &new);
        }
        9 => text.replace_range(inside.end..element.end, ""),
        10 => {
            // Bytes in an encoding that the document does not name; or the other name.
            let new = *dice.pick(&ENCODINGS);
            if dice.below(2) == 0 {
                return new.encode(&text).0.into_owned();
            }
            text = text.replacen(encoding.name(), new.name(), 1);
        }
        11 => text.replace_range(inside.clone(), &format!("\n  {}\n", &text[inside].to_owned())),
        _ => text.replace_range(element, ""),
    }
    encoding.encode(&text).0.into_owned()
}

fn json(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(bytes) else { return bytes.to_vec() };
    let odd = |dice: &mut Dice| match dice.below(9) {
        0 => Value::Null,
        1 => json!(0),
        2 => json!(-1.5),
        3 => json!(true),
        4 => json!([]),
        5 => json!({}),
        6 => json!([null, "x", {"a": []}]),
        _ => json!(dice.word(TEXTS)),
    };
    let steps = dice.below(40);
    let kind = dice.below(7);
    let mut here = &mut value;
    for _ in 0..steps {
        let next = match &*here {
            Value::Object(object) if !object.is_empty() => dice.below(object.len()),
            Value::Array(items) if !items.is_empty() => dice.below(items.len()),
            _ => break,
        };
        // It stops on the way now and then.
        if dice.below(5) == 0 {
            break;
        }
        here = match here {
            Value::Object(object) => object.values_mut().nth(next).expect("it is there"),
            Value::Array(items) => &mut items[next],
            _ => break,
        };
    }
    match (kind, &mut *here) {
        (0, Value::Object(object)) if !object.is_empty() => {
            let key = object.keys().nth(dice.below(object.len())).cloned().expect("it is there");
            object.remove(&key);
        }
        (1, Value::Object(object)) => drop(object.insert("odd".to_owned(), odd(dice))),
        (2, Value::Object(object)) if !object.is_empty() => {
            let key = object.keys().nth(dice.below(object.len())).cloned().expect("it is there");
            let value = object.remove(&key).unwrap_or_default();
            object.insert(format!("{key}_"), value);
        }
        (0 | 1, Value::Array(items)) if !items.is_empty() => drop(items.remove(dice.below(items.len()))),
        (2 | 3, Value::Array(items)) if !items.is_empty() => {
            let item = dice.pick(items).clone();
            items.insert(dice.below(items.len()), item);
        }
        (4, here) => *here = Value::Array(vec![here.take()]),
        (5, here) if !matches!(here, Value::Object(_) | Value::Array(_)) => {
            *here = Value::String(here.as_str().map_or_else(|| here.to_string(), str::to_owned));
        }
        (6, Value::String(text)) if text.starts_with('{') => {
            *text = String::from_utf8(json(text.as_bytes(), dice)).expect("JSON");
        }
        (_, here) => *here = odd(dice),
    }
    let mut text = serde_json::to_string(&value).expect("JSON");
    if dice.below(12) == 0 {
        // The same name twice.
        let double = serde_json::from_str::<Map<String, Value>>(&text).ok();
        if let Some((key, value)) = double.and_then(|object| object.into_iter().next()) {
            text.insert_str(1, &format!("{}:{value},", Value::String(key)));
        }
    }
    text.into_bytes()
}

fn form(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(bytes).into_owned().collect();
    if pairs.is_empty() {
        return bytes.to_vec();
    }
    let at = dice.below(pairs.len());
    match dice.below(6) {
        0 => drop(pairs.remove(at)),
        1 => pairs.insert(at, pairs[at].clone()),
        2 => pairs.swap(at, 0),
        3 => pairs.push(("odd".to_owned(), "1".to_owned())),
        4 if pairs[at].1.starts_with(['{', '[']) => {
            pairs[at].1 = String::from_utf8(json(pairs[at].1.as_bytes(), dice)).expect("JSON");
        }
        _ => dice.word(TEXTS).clone_into(&mut pairs[at].1),
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
}

fn csv(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let (text, _) = decoded(bytes);
    let mut lines: Vec<Vec<String>> =
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    if lines.is_empty() {
        return bytes.to_vec();
    }
    let row = dice.below(lines.len());
    let column = dice.below(lines[row].len());
    match dice.below(7) {
        0 => drop(lines.remove(row)),
        1 => lines.insert(row, lines[row].clone()),
        2 => drop(lines[row].remove(column)),
        3 => lines[row].push("x".to_owned()),
        4 => lines.iter_mut().for_each(|line| line.push(String::new())),
        _ => dice.word(TEXTS).clone_into(&mut lines[row][column]),
    }
    lines.iter().map(|line| line.join(",") + "\r\n").collect::<String>().into_bytes()
}
