//! A long message record by record gives exactly what it gives as a whole.

use std::fmt::Write as _;
use std::io::Read;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regbridge::domain::problem::Problem;
use regbridge::mapping::{
    Format, Input, Profile, RecordStream, Refusal, Run, StreamLimits, Streamed, Trailer,
};
use regbridge::wire::encoding::{Encoding, encode};
use regbridge::wire::limits::Limits;
use serde_json::{Map, Value};

use crate::fixture::profile_of;
use crate::profiles::{IDS, profile, with_run};

const XSD: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" xmlns="urn:t" elementFormDefault="qualified">
<xs:element name="Batch"><xs:complexType><xs:sequence>
<xs:element name="Sender" type="xs:string"/>
<xs:element name="Orders"><xs:complexType><xs:sequence>
<xs:element name="Order" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="Number" type="xs:string"/>
<xs:element name="Quantity" type="xs:int" minOccurs="0"/>
<xs:element name="Line" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
<xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded" namespace='##other'/>
</xs:sequence></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element>
<xs:element name="Count" type="xs:int"/>
<xs:element name="SentAt" type="xs:string" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element></xs:schema>"#;

const JSON_SCHEMA: &str = r#"{"type":"object","required":["sender","orders","count"],"properties":{
"orders":{"type":["array","object"],"items":{"type":"object","required":["number"],"properties":{
"quantity":{"type":["integer","string"]}}}},"count":{"type":"integer"}}}"#;

const MAP: &str = r#"
top = [
  ["Sender", "sender", "text 10", "must"],
  ["Orders/Order", "records", "each order", "must"],
  ["Count", "", "count records", "must"],
  ["SentAt", "sent_at", "text"],
]
order = [
  ["Number",   "number", "digits 4", "must"],
  ["Quantity", "quantity", "int"],
  ["Line",     "lines", "each line"],
]
line = [[".", "name", "text 20"]]
json_top = [
  ["sender", "sender", "text 10", "must"],
  ["orders", "records", "each json_order", "must"],
  ["count", "", "count records", "must"],
  ["sent_at", "sent_at", "text"],
]
json_order = [
  ["number",   "number", "digits 4", "must"],
  ["quantity", "quantity", "int"],
  ["lines",     "lines", "each line"],
]
"#;

const MANIFEST: &str = r#"id = "t"
order = "rows"
[ns]
"" = "urn:t"
[message.orders]
wire = ["xml"]
root = "Batch"
kind = "order"
block = "top"
bad_records = "skip"
schema = "t.xsd"
[message.items]
wire = ["json"]
kind = "order"
block = "json_top"
bad_records = "skip"
schema = "t.json"
"#;

fn batch() -> Profile {
    profile_of(&[("profile.toml", MANIFEST), ("t.map.toml", MAP), ("t.xsd", XSD), ("t.json", JSON_SCHEMA)])
}

/// Gives a few bytes at a time.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(into.len()).min(self.0.len());
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

/// Everything a stream tells.
struct Told {
    envelope: Map<String, Value>,
    items: Vec<Streamed>,
    end: Result<Trailer, Refusal>,
}

impl Told {
    fn good(&self) -> Vec<Value> {
        self.items.iter().filter_map(|item| Some(item.outcome.as_ref().ok()?.value.clone())).collect()
    }

    fn bad(&self) -> Vec<(usize, Vec<Problem>)> {
        let bad =
            |item: &Streamed| Some((usize::try_from(item.index).expect("few"), item.outcome.clone().err()?));
        self.items.iter().filter_map(bad).collect()
    }
}

fn limits(records: usize) -> StreamLimits {
    StreamLimits { records, ..StreamLimits::default() }
}

fn stream(
    profile: &Profile,
    format: Format,
    bytes: &[u8],
    step: usize,
    records: usize,
) -> Result<Told, Refusal> {
    let limits = limits(records);
    with_run(|run| {
        let mut stream = profile.stream(Slow(bytes, step), format, None, &limits, run)?;
        let items: Vec<Streamed> = stream.by_ref().collect();
        Ok(Told { envelope: stream.envelope().clone(), items, end: stream.finish() })
    })
}

/// What stands among the records is kept at its position among the records in hand: those are a beginning of all. Takes
/// the others out of the order that a whole reading keeps, so that the rest can be compared.
#[track_caller]
fn positions_in_hand(streamed: &mut Map<String, Value>, whole: &mut Map<String, Value>) {
    fn entries(envelope: &mut Map<String, Value>) -> Option<&mut Vec<Value>> {
        envelope.get_mut("extensions")?.get_mut("kept")?.get_mut(0)?.get_mut("entries")?.as_array_mut()
    }
    let record = |step: &Value| step.as_str().is_some_and(|s| s == "Order" || s.starts_with("Order["));
    let (Some(some), Some(all)) = (entries(streamed), entries(whole)) else { return };
    let known = some.clone();
    all.retain_mut(|entry| {
        let at = entry["at"].clone();
        let Some(order) = entry.get_mut("order").and_then(Value::as_array_mut) else { return true };
        let told = known.iter().find(|entry| entry["at"] == at && entry.get("order").is_some());
        // With those in hand alone it may stand where it would stand anyhow.
        let Some(told) = told else { return !order.iter().any(record) };
        let in_hand = told["order"].as_array().into_iter().flatten().filter(|step| record(step)).count();
        assert!(in_hand <= order.iter().filter(|step| record(step)).count(), "{told} {order:?}");
        let mut seen = 0;
        order.retain(|step| {
            seen += usize::from(record(step));
            !record(step) || seen <= in_hand
        });
        for step in order.iter_mut().filter(|step| in_hand == 1 && record(step)) {
            // A lone one of its name is not counted.
            *step = Value::from("Order");
        }
        true
    });
}

/// Streaming and decoding a document agree: records, bad records and their problems, what stands around them.
#[track_caller]
fn agrees(profile: &Profile, format: Format, bytes: &[u8], step: usize, records: usize) {
    let whole = Limits::default();
    let input = Input { bytes, format, charset: None, limits: &whole };
    let shown = String::from_utf8_lossy(bytes);
    let told = stream(profile, format, bytes, step, records);
    match with_run(|run| profile.decode(&input, run)) {
        Ok(decoded) => {
            let told = told.unwrap_or_else(|refusal| panic!("{:#?}\n{shown}", refusal.problems));
            assert_eq!(told.good(), decoded.records, "{shown}");
            let bad: Vec<_> = decoded.refused.iter().map(|bad| (bad.index, bad.problems.clone())).collect();
            assert_eq!(told.bad(), bad, "{shown}");
            let end = told.end.unwrap_or_else(|refusal| panic!("{:#?}\n{shown}", refusal.problems));
            let (mut end_envelope, mut envelope) = (end.envelope, decoded.envelope);
            positions_in_hand(&mut end_envelope, &mut envelope);
            assert_eq!(Value::Object(end_envelope), Value::Object(envelope), "{shown}");
            assert_eq!(
                (end.records, end.bytes),
                ((decoded.records.len() + bad.len()) as u64, bytes.len() as u64)
            );
            for item in &told.items {
                if let Ok(record) = &item.outcome {
                    let index = usize::try_from(item.index).expect("few");
                    assert!(shown.is_char_boundary(0) && index > 0);
                    assert!(
                        !profile.explain_record(record, item.index).is_empty(),
                        "{:#}\n{shown}",
                        record.value
                    );
                }
            }
        }
        Err(refusal) => {
            let ended = match &told {
                Err(_) => true,
                Ok(told) => told.end.is_err() || told.good().is_empty(),
            };
            assert!(ended, "a whole document is refused: {:#?}\n{shown}", refusal.problems);
            if let Ok(told) = told {
                let mut bad: Vec<_> =
                    refusal.records.iter().map(|bad| (bad.index, bad.problems.clone())).collect();
                // Nor does it know of a second list behind the one it is in.
                for problem in bad.iter_mut().flat_map(|(_, problems)| problems) {
                    problem.path = problem.path.replace("Orders[1]", "Orders");
                }
                // A window of one record does not know yet whether there is a second one of its name.
                let mut found = told.bad();
                if let [(_, problems)] = found.as_mut_slice() {
                    for problem in problems.iter_mut() {
                        problem.path = problem.path.replace("Order[1]", "Order");
                    }
                }
                assert!(bad.is_empty() || found == bad, "{found:#?}\n{shown}");
            }
        }
    }
}

fn xml(numbers: &[&str], extra: &str, count: usize) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<b:Batch xmlns:b=\"urn:t\">\n <b:Sender>甲</b:Sender>\n <b:Orders>\r\n",
    );
    for (index, number) in numbers.iter().enumerate() {
        let quantity = if index % 3 == 1 { "<b:Quantity>02</b:Quantity>" } else { "" };
        let line = if index % 2 == 0 { "<b:Line>一</b:Line>\n   <b:Line>二>&lt;</b:Line>" } else { "" };
        let other = if index % 5 == 4 { "<x:o xmlns:x=\"urn:x\"><b:Order/></x:o>" } else { "" };
        let _ = writeln!(
            text,
            "  <b:Order><b:Number>{number}</b:Number>{quantity}{line}{other}<!-- </b:Order> --></b:Order>"
        );
    }
    let _ = write!(
        text,
        "{extra} </b:Orders>\n <b:Count>{count}</b:Count>\n <b:SentAt>今</b:SentAt>\n</b:Batch>\n<!-- end -->\n"
    );
    text
}

fn json(numbers: &[&str], count: usize) -> String {
    let items: Vec<String> = numbers
        .iter()
        .enumerate()
        .map(|(index, number)| match index % 4 {
            0 => format!("{{\"number\":\"{number}\",\"lines\":[\"一\",\"]}}\\\"\"]}}"),
            1 => format!("\n {{ \"quantity\" : \"2\", \"number\":\"{number}\" }}"),
            2 => format!("{{\"number\":\"{number}\",\"more\":{{\"a\":[1.50,{{}}]}}}}"),
            _ => format!("{{\"number\":\"{number}\",\"lines\":\"三\"}} "),
        })
        .collect();
    format!(
        "{{ \"sender\":\"甲\",\n\"orders\": [{}],\"count\":{count}, \"sent_at\":\"今\"}}\n",
        items.join(",")
    )
}

#[test]
fn shipped_samples_stream_as_they_decode_or_say_why_not() {
    let mut streamed = 0;
    for id in IDS {
        let profile = profile(id);
        let samples: Vec<_> = profile.samples().cloned().collect();
        for sample in samples {
            match stream(&profile, sample.format, &sample.bytes, 7, 2) {
                Err(refusal) if refusal.problems.iter().all(|p| p.code == "not-streamable") => {}
                _ => {
                    agrees(&profile, sample.format, &sample.bytes, 7, 2);
                    streamed += 1;
                }
            }
        }
    }
    assert!(streamed > 0, "no sample streams");
}

#[test]
fn batches_stream_as_they_decode() {
    let profile = batch();
    let mut runner = TestRunner::new(Config { cases: 16, failure_persistence: None, ..Config::default() });
    let numbers = prop::collection::vec(
        prop_oneof![9 => "[0-9]{4}", 1 => "[a-z0-9]{1,5}", 1 => Just(String::new())],
        1..200,
    );
    let window = prop_oneof![Just(1_usize), Just(3), Just(64)];
    runner
        .run(
            &(numbers, prop_oneof![Just(1_usize), Just(3), Just(4096)], window),
            |(numbers, step, window)| {
                let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
                agrees(&profile, Format::Xml, xml(&numbers, "", numbers.len()).as_bytes(), step, window);
                agrees(&profile, Format::Json, json(&numbers, numbers.len()).as_bytes(), step, window);
                Ok(())
            },
        )
        .expect("both readings agree");
}

#[test]
fn what_stands_among_the_records_streams_as_it_decodes() {
    let profile = batch();
    let other = "<b:Order xmlns:b='urn:o'><b:Number>1</b:Number></b:Order>";
    for before in ["<b:Orders>\r\n", "</b:Order>\n", "</b:Orders>"] {
        for at in 0..3 {
            let mut text = xml(&["0001", "2", "0003", "0004"], "", 4);
            let Some((place, _)) = text.match_indices(before).nth(at) else { continue };
            text.insert_str(place + if before == "</b:Orders>" { 0 } else { before.len() }, other);
            for window in 1..5 {
                agrees(&profile, Format::Xml, text.as_bytes(), 4096, window);
            }
        }
    }
}

#[test]
fn a_second_list_behind_the_first_is_refused_either_way() {
    let profile = batch();
    let text = xml(&["0001", "2", "0003"], "", 3);
    let (place, _) = text.match_indices("</b:Order>\n").nth(1).expect("there are three");
    let mut text = text.clone();
    text.insert_str(place + "</b:Order>".len(), "</b:Orders><b:Orders>");
    for window in 1..4 {
        agrees(&profile, Format::Xml, text.as_bytes(), 4096, window);
    }
}

#[test]
fn mutated_batches_stream_as_they_decode() {
    let profile = batch();
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let piece = prop_oneof![
        Just(""),
        Just("<"),
        Just(">"),
        Just("/"),
        Just("\""),
        Just("}"),
        Just("{"),
        Just("]"),
        Just("["),
        Just(","),
        Just("<b:Order/>"),
        Just("<b:Order xmlns:b='urn:o'><b:Number>1</b:Number></b:Order>"),
        Just("<b:Odd>x</b:Odd>"),
        Just("<![CDATA[</b:Order>]]>"),
        Just("<!--<b:Order>-->"),
        Just("</b:Order>"),
        Just("null"),
        Just("x"),
        Just("</b:Orders><b:Orders>"),
        Just("&#x4e00;"),
        Just("<?p </b:Order>?>"),
        Just("\"number\":"),
        Just("0"),
    ];
    let change = (any::<prop::sample::Index>(), 0..4_usize, piece);
    runner
        .run(
            &(prop::collection::vec(change, 1..3), any::<bool>(), 1..4_usize),
            |(changes, is_xml, window)| {
                let mut text =
                    if is_xml { xml(&["0001", "2", "0003"], "", 3) } else { json(&["0001", "2", "0003"], 3) };
                for (at, gone, new) in changes {
                    let from = text.floor_char_boundary(at.index(text.len()));
                    let to = text.ceil_char_boundary(from + gone).min(text.len());
                    text.replace_range(from..to, new);
                }
                let format = if is_xml { Format::Xml } else { Format::Json };
                agrees(&profile, format, text.as_bytes(), 4096, window);
                Ok(())
            },
        )
        .expect("both readings agree");
}

#[test]
fn what_stands_around_the_records_is_judged_at_the_end() {
    let profile = batch();
    for (text, format) in [
        (xml(&["0001", "0002"], "", 3), Format::Xml),
        (xml(&["0001", "0002"], "", 2).replace(" <b:Count>2</b:Count>\n", ""), Format::Xml),
        (xml(&["0001", "0002"], "", 2).replace("<!-- end -->", "<x/>"), Format::Xml),
        (json(&["0001", "0002"], 3), Format::Json),
        (json(&["0001", "0002"], 2).replace("\"count\":2,", ""), Format::Json),
        (json(&["0001", "0002"], 2).replace("sent_at", "sender"), Format::Json),
    ] {
        let told = stream(&profile, format, text.as_bytes(), 4096, 64)
            .unwrap_or_else(|r| panic!("{:#?}", r.problems));
        assert_eq!(told.good().len(), 2);
        assert_eq!(told.envelope.get("sender"), Some(&Value::from("甲")));
        let refusal = told.end.expect_err(&text);
        let limits = Limits::default();
        let input = Input { bytes: text.as_bytes(), format, charset: None, limits: &limits };
        let whole = with_run(|run| profile.decode(&input, run)).expect_err("refused");
        assert_eq!(refusal.problems, whole.problems, "{text}");
    }
    // What stands before them is judged before any is given out.
    let text = xml(&["0001"], "", 1).replace("甲", "甲乙丙丁戊己庚辛壬癸子");
    let refusal = stream(&profile, Format::Xml, text.as_bytes(), 4096, 64).err().expect("a long sender");
    assert_eq!(refusal.problems[0].path, "Batch/Sender");
}

#[test]
fn every_truncation_ends_with_a_place_after_the_records_before_it() {
    let profile = batch();
    for (format, text, record) in [
        (Format::Xml, xml(&["0001", "0002", "0003"], "", 3), "</b:Order>\n"),
        (Format::Json, json(&["0001", "0002", "0003"], 3), ""),
    ] {
        let bytes = text.as_bytes();
        let whole = stream(&profile, format, bytes, 4096, 2).unwrap_or_else(|r| panic!("{:#?}", r.problems));
        assert!(whole.end.is_ok() && (record.is_empty() || text.contains(record)));
        let last = text.trim_end().len() - if format == Format::Xml { "\n<!-- end -->".len() } else { 0 };
        for cut in 0..last {
            let problems = match stream(&profile, format, &bytes[..cut], 4096, 2) {
                Err(refusal) => refusal.problems,
                Ok(told) => {
                    let expected = whole.items.iter().filter(|item| item.offset <= cut as u64).count();
                    assert_eq!(told.items.len(), expected, "cut at {cut}");
                    told.end.err().unwrap_or_else(|| panic!("cut at {cut} is taken")).problems
                }
            };
            assert!(!problems.is_empty() && (cut == 0 || problems[0].line.is_some()), "{cut} {problems:?}");
        }
    }
}

#[test]
fn damage_ends_it_after_the_records_before_it() {
    let profile = batch();
    let good = xml(&["0001", "0002", "0003"], "", 3);
    for (from, to) in [
        ("<b:Number>0003", "<b:Number>&nbsp;0003"),
        ("<b:Number>0003", "<b:Number a='1' a='2'>0003"),
        ("<b:Number>0003", "<!DOCTYPE x><b:Number>0003"),
        ("0003</b:Number>", "0003</b:Numbers>"),
        ("<b:Number>0003", "<b:Number>\u{1}0003"),
        ("<b:Number>0003", "<c:Number>0003"),
    ] {
        let text = good.replace(from, to);
        let told = stream(&profile, Format::Xml, text.as_bytes(), 3, 64)
            .unwrap_or_else(|r| panic!("{:#?}", r.problems));
        assert_eq!(told.good().len(), 2, "{to}");
        let limits = Limits::default();
        let input = Input { bytes: text.as_bytes(), format: Format::Xml, charset: None, limits: &limits };
        let whole = with_run(|run| profile.decode(&input, run)).expect_err("refused");
        let mut problems = told.end.expect_err(to).problems;
        // The path counts a third order where the whole document is still counting.
        problems[0].path = whole.problems[0].path.clone();
        assert_eq!(problems, whole.problems, "{to}");
    }
    let good = json(&["0001", "0002", "0003"], 3);
    for (from, to) in [
        ("{\"number\":\"0003\"", "{\"number\":\"0003\",\"number\":\"0003\""),
        ("{\"number\":\"0003\"", "{\"number\":\"0003\",\"x\":01"),
        ("{\"number\":\"0003\"", "{{\"number\":\"0003\""),
        (",{\"number\":\"0003\"", " {\"number\":\"0003\""),
        (",{\"number\":\"0003\"", ",,{\"number\":\"0003\""),
        ("{\"number\":\"0003\"", "{\"number\":\"\\ud800\""),
    ] {
        let text = good.replace(from, to);
        assert_ne!(text, good);
        let told = stream(&profile, Format::Json, text.as_bytes(), 3, 64)
            .unwrap_or_else(|r| panic!("{:#?}", r.problems));
        assert_eq!(told.good().len(), 2, "{to}");
        let limits = Limits::default();
        let input = Input { bytes: text.as_bytes(), format: Format::Json, charset: None, limits: &limits };
        let whole = with_run(|run| profile.decode(&input, run)).expect_err("refused");
        let problems = told.end.expect_err(to).problems;
        let place = |problem: &Problem| (problem.code.clone(), problem.line, problem.column);
        assert_eq!(place(&problems[0]), place(&whole.problems[0]), "{to} {problems:?} {:?}", whole.problems);
    }
}

#[test]
fn other_encodings_keep_their_bytes_and_places() {
    let profile = batch();
    for encoding in [Encoding::Gb18030, Encoding::Gbk, Encoding::Utf16Le, Encoding::Utf16Be] {
        let text = xml(&["0001", "x", "0003"], "", 3).replace("UTF-8", encoding.label());
        let mut bytes = match encoding {
            Encoding::Utf16Le => vec![0xFF, 0xFE],
            Encoding::Utf16Be => vec![0xFE, 0xFF],
            _ => Vec::new(),
        };
        bytes.extend(encode(&text, encoding).expect("it has all of these"));
        for step in [1, 3, 4096] {
            agrees(&profile, Format::Xml, &bytes, step, 2);
        }
        let told =
            stream(&profile, Format::Xml, &bytes, 3, 2).unwrap_or_else(|r| panic!("{:#?}", r.problems));
        for item in told.items {
            let before = regbridge::wire::encoding::decode(
                &bytes[..usize::try_from(item.offset).expect("few")],
                encoding,
            );
            assert!(before.expect("whole characters").ends_with("</b:Order>"));
        }
    }
}

#[track_caller]
fn open<'a>(
    profile: &'a Profile,
    format: Format,
    bytes: &'a [u8],
    limits: &'a StreamLimits,
    run: &'a Run<'a>,
) -> RecordStream<'a, &'a [u8]> {
    profile.stream(bytes, format, None, limits, run).unwrap_or_else(|r| panic!("{:#?}", r.problems))
}

#[test]
fn an_importer_goes_on_where_it_stopped() {
    let profile = batch();
    let limits = limits(2);
    for (format, text) in [
        (Format::Xml, xml(&["0001", "0002", "x", "0004", "0005"], "", 5)),
        (Format::Json, json(&["0001", "0002", "x", "0004", "0005"], 5)),
    ] {
        with_run(|run| {
            let all: Vec<(u64, u64)> = open(&profile, format, text.as_bytes(), &limits, run)
                .map(|item| (item.index, item.offset))
                .collect();
            assert_eq!(all.len(), 5);
            for (done, (index, offset)) in [(0, 0)].into_iter().chain(all.iter().copied()).enumerate() {
                let mut again = open(&profile, format, text.as_bytes(), &limits, run);
                again.resume_after(index, offset);
                let rest: Vec<(u64, u64)> = again.by_ref().map(|item| (item.index, item.offset)).collect();
                assert_eq!(rest, all[done..]);
                assert_eq!(again.finish().map(|end| end.records).map_err(|r| r.problems), Ok(5));
            }
            for wrong in [(1, all[0].1 - 1), (2, all[0].1), (3, all[3].1 + 1), (9, 1_000_000)] {
                let mut again = open(&profile, format, text.as_bytes(), &limits, run);
                again.resume_after(wrong.0, wrong.1);
                assert_eq!(again.next().map(|item| item.index), None, "{wrong:?}");
                let refusal = again.finish().expect_err("another source");
                assert_eq!(refusal.problems[0].code, "resume-mismatch", "{wrong:?}");
            }
        });
    }
}

#[test]
fn what_is_held_does_not_grow_with_the_source() {
    /// A batch of so many records, made as it is read.
    struct Endless {
        left: u32,
        piece: Vec<u8>,
        ended: bool,
    }
    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.piece.is_empty() {
                if self.left > 0 {
                    self.left -= 1;
                    let line = "<Line>一二三四五六七八九十</Line>".repeat(30);
                    self.piece = format!("<Order><Number>{:04}</Number>{line}</Order>\n", self.left % 10_000)
                        .into_bytes();
                } else if !std::mem::replace(&mut self.ended, true) {
                    self.piece = b"</Orders><Count>2000</Count></Batch>".to_vec();
                }
            }
            let count = into.len().min(self.piece.len());
            into[..count].copy_from_slice(&self.piece[..count]);
            self.piece.drain(..count);
            Ok(count)
        }
    }
    let profile = batch();
    let limits = StreamLimits::default();
    let most = |left| {
        let piece = b"<Batch xmlns='urn:t'><Sender>a</Sender><Orders>".to_vec();
        with_run(|run| {
            let source = Endless { left, piece, ended: false };
            let mut stream = profile
                .stream(source, Format::Xml, None, &limits, run)
                .map_err(|r| r.problems)
                .expect("it streams");
            assert_eq!(stream.by_ref().filter(|item| item.outcome.is_ok()).count(), left as usize);
            stream.most_held()
        })
    };
    let (short, long) = (most(200), most(2000));
    assert!(long < short + short / 4, "{short} bytes for 200 records, {long} for 2,000");
    assert!(long < 4 * 1024 * 1024, "{long}");
}

#[test]
fn records_look_at_what_stood_before_them() {
    let manifest = "id = \"t\"\norder = \"rows\"\n[message.m]\nwire = [\"xml\", \"json\"]\nroot = { xml = \"B\", json = \"\" }\nkind = \"order\"\nblock = \"top\"\nbad_records = \"skip\"\n";
    let map = "top = [[\"S\", \"sender\"], [\"L/O\", \"records\", \"each order\"]]\norder = [[\"N\", \"number\", \"text\", \"must when ^.sender = 'a'\"], [\"../../S\", \"note\"], [\"/S\", \"name\"]]\n";
    let profile = profile_of(&[("profile.toml", manifest), ("t.map.toml", map)]);
    for (format, text) in [
        (Format::Xml, "<B><S>a</S><L><O><N>1</N></O><O><N>2</N></O><O/><O><M/></O></L></B>"),
        (Format::Json, "{\"S\":\"a\",\"L\":{\"O\":[{\"N\":\"1\"},{\"N\":\"2\"},null,{\"M\":1}]}}"),
    ] {
        let told =
            stream(&profile, format, text.as_bytes(), 3, 2).unwrap_or_else(|r| panic!("{:#?}", r.problems));
        let notes: Vec<_> = told.good().iter().map(|r| (r["note"].clone(), r["name"].clone())).collect();
        assert_eq!(notes, vec![("a".into(), "a".into()); 2], "{text}");
        assert_eq!(told.bad().len(), 1);
        // What no row reads among the records is kept at its place among those in hand, not among all.
        let text = text.replace("<O/>", "").replace(",null", "");
        agrees(&profile, format, text.as_bytes(), 1, 2);
    }
}

#[test]
fn bounds_of_the_schema_end_a_stream() {
    let few = |most: &str| {
        let xsd = XSD.replace(
            "minOccurs=\"0\" maxOccurs=\"unbounded\"><xs:complexType>",
            &format!("minOccurs=\"2\" maxOccurs=\"{most}\"><xs:complexType>"),
        );
        let json = JSON_SCHEMA
            .replace("\"items\":{", "\"minItems\":2,\"maxItems\":MOST,\"items\":{")
            .replace("MOST", most);
        profile_of(&[("profile.toml", MANIFEST), ("t.map.toml", MAP), ("t.xsd", &xsd), ("t.json", &json)])
    };
    let profile = few("5");
    for (numbers, fits) in [(1, false), (2, true), (5, true), (6, false)] {
        let numbers: Vec<String> = (0..numbers).map(|n| format!("{n:04}")).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        for (format, text) in
            [(Format::Xml, xml(&numbers, "", numbers.len())), (Format::Json, json(&numbers, numbers.len()))]
        {
            for window in [1, 3, 64] {
                let told = stream(&profile, format, text.as_bytes(), 4096, window);
                let whole = told.is_ok_and(|told| told.end.is_ok() && told.good().len() == numbers.len());
                assert_eq!(whole, fits, "{} records, {window} at once\n{text}", numbers.len());
            }
        }
    }
}

#[test]
fn messages_that_cannot_be_cut_say_so() {
    let refused = |manifest: &str, map: &str, text: &str| {
        let profile = profile_of(&[("profile.toml", manifest), ("t.map.toml", map)]);
        let format = if text.starts_with('<') { Format::Xml } else { Format::Json };
        let refusal = stream(&profile, format, text.as_bytes(), 3, 2).err().expect("not streamed");
        (refusal.problems[0].code.to_string(), refusal.problems[0].en.clone())
    };
    let manifest = "id = \"t\"\norder = \"rows\"\n[message.m]\nwire = [\"xml\"]\nroot = \"B\"\nkind = \"order\"\nblock = \"top\"\n";
    let order = "order = [[\"N\", \"number\", \"text\", \"must\"], [\"M\", \"note\", \"text\", \"must when ^.sender = 'a'\"]]\n";
    let found = refused(
        manifest,
        &format!("top = [[\".\", \"records[1]\", \"one order\"]]\n{order}"),
        "<B><N>1</N></B>",
    );
    assert_eq!(found.0, "not-streamable", "{}", found.1);
    let found = refused(
        manifest,
        &format!("top = [[\"O\", \"records\", \"each order\"], [\"S\", \"sender\"]]\n{order}"),
        "<B><O><N>1</N></O><S>a</S></B>",
    );
    assert!(found.1.contains("\"sender\", which does not stand before them"), "{}", found.1);
    let found = refused(
        manifest,
        &format!("top = [[\"O\", \"records\", \"each order\"], [\"S\", \"sender\"]]\n{order}"),
        "<C><O/></C>",
    );
    assert_eq!(found.0, "message-unknown");
}

#[test]
fn a_list_is_told_by_its_first_record() {
    let profile = profile("cn-12315-json");
    let sample = profile.samples().find(|sample| sample.path.ends_with("complaint-list.json")).cloned();
    let text = String::from_utf8(sample.expect("it is shipped").bytes).expect("UTF-8");
    for (step, records) in [(1, 1), (7, 2), (4096, 64)] {
        let told = stream(&profile, Format::Json, text.as_bytes(), step, records).expect("it streams");
        assert_eq!((told.items.len(), told.end.expect("it is whole").records), (2, 2));
        agrees(&profile, Format::Json, text.as_bytes(), step, records);
    }
    // The same list of what was said about complaints is another message, and so it is streamed by whole documents only.
    let history = text.replacen("\"complaint_id\"", "\"log_id\"", 1);
    let refusal = stream(&profile, Format::Json, history.as_bytes(), 7, 2).err().expect("it is one record");
    assert_eq!(
        (&*refusal.problems[0].code, refusal.message.as_deref()),
        ("not-streamable", Some("negotiation-history"))
    );
    // What follows the records makes it a complaint.
    let late =
        text.replacen("\"limit\"", "\"complaint_detail\": \"迟\", \"complaint_id\": \"1\", \"limit\"", 1);
    let told = stream(&profile, Format::Json, late.as_bytes(), 7, 2).expect("it begins as a list");
    let refusal = told.end.expect_err("it ends as another message");
    assert_eq!((told.items.len(), &*refusal.problems[0].code), (2, "message-unknown"));
}
