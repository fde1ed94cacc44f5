//! A message explained field by field, as a table that a spreadsheet opens.

use crate::clock::{SeededChance, Timestamp};
use crate::mapping::{Explained, Format, Input, MASK, Profile, Run, value_at};
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;
use crate::wire::sheet::disarm;

const HEADINGS: [&str; 10] = [
    "行 line",
    "列 column",
    "原文位置 wire",
    "名称 label",
    "原文 found",
    "记录位置 record",
    "记录值 value",
    "来自 made by",
    "方法 how",
    "依据 rule",
];

/// Where each value of a message came from, by the profile that read it; none where that profile reads no such message.
pub(super) fn table(
    profile: &Profile,
    bytes: &[u8],
    (media_type, charset): (&str, Option<&str>),
    at: Timestamp,
) -> Option<Vec<u8>> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let format = Format::ALL.into_iter().find(|one| one.media_type() == essence)?;
    let limits = Limits::default();
    let charset = charset.and_then(Encoding::parse);
    let input = Input { bytes, format, charset, limits: &limits };
    // What was made by chance then is made anew and not shown: it stands in the record.
    let decoded = profile.decode(&input, &Run { now: at, chance: &SeededChance::new(0) }).ok()?;
    let message = decoded.to_message();
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut line = |cells: [&str; 10]| out.write_record(cells.map(|cell| disarm(cell).into_owned())).ok();
    line(HEADINGS)?;
    for one in profile.explain(&decoded) {
        let place = |number: u32| if number == 0 { String::new() } else { number.to_string() };
        let value = match (&one.kept, &one.found) {
            (Some(kept), _) => kept.to_string(),
            (None, Some(found)) if found == MASK => MASK.to_owned(),
            (None, found) => value_at(&message, &one.record)
                .filter(|value| found.is_some() || !(value.is_object() || value.is_array()))
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                .unwrap_or_default(),
        };
        line([
            &place(one.line),
            &place(one.column),
            &one.wire,
            &one.label,
            one.found.as_deref().unwrap_or_default(),
            &one.record,
            &value,
            &maker(&one),
            &one.how,
            &one.rule,
        ])?;
    }
    let rows = out.into_inner().ok()?;
    Some(["\u{FEFF}".as_bytes(), &rows].concat())
}

/// Who made the value up, where the wire does not say it.
fn maker(one: &Explained) -> String {
    let made = one.made.and_then(|made| serde_json::to_value(made).ok());
    made.and_then(|made| made.as_str().map(str::to_owned)).unwrap_or_default()
}
