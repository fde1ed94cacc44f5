//! What `profile check` and `profile test` say beyond loading.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::clock::{SeededChance, Timestamp};
use crate::domain::kind::Kind;
use crate::domain::problem::Problem;
use crate::domain::record::Record;
use crate::mapping::aside::{Aside, Attachments};
use crate::mapping::canonical::Canonical;
use crate::mapping::compile::{Block, How, RECORDS, Row, is_whole};
use crate::mapping::decode::{Decoded, Input, Refusal};
use crate::mapping::difference::{Difference, differences};
use crate::mapping::equal;
use crate::mapping::fault::{Spot, nearest};
use crate::mapping::files::ProfileFiles;
use crate::mapping::path::record::RecordPath;
use crate::mapping::profile::{Profile, Sample};
use crate::mapping::steps::Run;
use crate::mapping::typing::OURS;
use crate::wire::limits::Limits;

/// What a sample's test found.
#[derive(Clone, Debug, Default)]
pub struct Tested {
    /// What is wrong.
    pub faults: Vec<Problem>,
    /// Where its record differs from its golden: what the golden has, and what it has become.
    pub differences: Vec<Difference>,
}

/// The seed of the chance that goldens are made with.
pub(crate) const GOLDEN_SEED: u64 = 7;

/// The moment that goldens are made at: 2026-11-23T01:30:00Z, in microseconds since 1970.
pub(crate) const GOLDEN_NOW: i64 = 1_795_397_400_000_000;

/// A golden as its file has it.
#[must_use]
pub fn golden_text(message: &Value) -> String {
    // Printing with {:#} cannot fail, whatever the value.
    format!("{message:#}\n")
}

impl Profile {
    /// Loads a profile and adds to its warnings what a reviewer should see: record members that no row feeds, and
    /// steps that forget a spelling.
    pub fn check(files: &ProfileFiles, canonical: &Canonical) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let (profile, mut warnings) = Self::load(files, canonical)?;
        for message in &profile.messages {
            profile.unfed(message.block, &message.entry.kind, canonical, &mut warnings);
        }
        warnings.extend(profile.misread());
        for block in &profile.map.blocks {
            let lossy = |row: &&Row| matches!(&row.how, How::Leaf { chain, .. } if chain.lossy());
            let rows: Vec<&Row> = block.rows.iter().filter(lossy).collect();
            let Some(first) = rows.first() else { continue };
            let names = rows.iter().map(|row| &*row.wire.text).collect::<Vec<_>>().join(", ");
            warnings.push(first.spots.how.fault(
                "lossy",
                format!("块“{}”：{names} 读入会丢失写法，原样另存", block.name),
                format!("block \"{}\": reading {names} forgets a spelling, which is kept", block.name),
            ));
        }
        Ok((profile, warnings))
    }

    fn unfed(&self, top: usize, kind: &str, canonical: &Canonical, warnings: &mut Vec<Problem>) {
        let Some(view) = canonical.view(kind) else { return };
        let block = &self.map.blocks[top];
        let mut fed: Vec<&str> = Vec::new();
        let mut home = block;
        if is_whole(kind) {
            fed.extend(first_keys(block));
        } else {
            for row in &block.rows {
                let Some(path) = &row.record else { continue };
                if &*path.segments[0].key != RECORDS {
                    continue;
                }
                if let Some(second) = path.segments.get(1) {
                    fed.push(&second.key);
                } else if let How::Block { block, .. } = row.how {
                    home = &self.map.blocks[block];
                    fed.extend(first_keys(home));
                    fed.extend(path.segments[0].tests.iter().map(|(key, _)| &**key));
                }
            }
        }
        let members: Vec<&str> =
            view.members().into_iter().filter(|m| !OURS.contains(m) && !fed.contains(m)).collect();
        if !members.is_empty() {
            let members = members.join(", ");
            warnings.push(home.spot.fault(
                "never-fed",
                format!("{kind}：没有行写入 {members}；格式没有这些内容则无妨"),
                format!("{kind}: no row feeds {members}; no harm where the format has nothing of the kind"),
            ));
        }
    }

    /// Everything that is wrong with any sample.
    #[must_use]
    pub fn test(&self, run: &Run<'_>) -> Vec<Problem> {
        self.samples().flat_map(|sample| self.test_sample(sample, run).faults).collect()
    }

    /// Runs a sample both ways: it must become its golden, and be written back equal. A kept spelling that `kept_ok`
    /// does not name is a fault too, since it may hide a wrong converter.
    #[must_use]
    pub fn test_sample(&self, sample: &Sample, run: &Run<'_>) -> Tested {
        let mut tested = Tested::default();
        let spot = Spot::top(&sample.path);
        let mut fault = |code, zh: String, en: String| tested.faults.push(spot.fault(code, zh, en));
        let limits = Limits::default();
        let input = Input { bytes: &sample.bytes, format: sample.format, charset: None, limits: &limits };
        let decoded = match self.golden(sample) {
            Ok(decoded) => decoded,
            Err(refusal) => {
                for problem in refusal.problems {
                    fault("sample-refused", problem.zh.clone(), problem.to_string());
                }
                return tested;
            }
        };
        let message = decoded.to_message();
        match serde_json::from_slice::<Value>(&sample.golden) {
            Ok(golden) => {
                tested.differences = differences(&golden, &message);
                if let Some(first) = tested.differences.first() {
                    let place = &first.path;
                    fault(
                        "sample-golden",
                        format!("与预期不同：{place}；若现在才对，以 profile test --update 重写"),
                        format!(
                            "differs from its golden at {place}; if it is right now, write it anew by profile test --update"
                        ),
                    );
                }
            }
            Err(wrong) => {
                fault("golden", format!("golden 不是 JSON：{wrong}"), format!("golden: {wrong}"));
            }
        }
        for (zh, en) in unfit(&decoded) {
            fault("record-unfit", zh, en);
        }
        // A record set aside is no golden's: what is wrong with it is what there is to mend.
        for problem in decoded.refused.iter().flat_map(|record| &record.problems) {
            fault("sample-refused", problem.zh.clone(), problem.to_string());
        }
        let mut told: Vec<String> = Vec::new();
        for explained in self.explain(&decoded) {
            let at = explained.wire;
            let Some(entry) = explained.kept.filter(|entry| entry.get("as").is_some()) else { continue };
            if !self.kept_ok().contains(&at) && !told.contains(&at) {
                let (zh, en) = self.respelled(&at, &entry);
                fault("kept-spelling", zh, en);
                told.push(at);
            }
        }
        let aside = Aside { attachments: Some(&decoded.attachments), sent: None };
        match self.encode_aside(&decoded.message, Some(decoded.format), &message, run, &aside) {
            Ok(encoded) => {
                if let Some(place) = self.unequal(&input, &encoded.bytes, &decoded) {
                    fault(
                        "round-trip",
                        format!("写回不等：{place}"),
                        format!("not equal when written back: {place}"),
                    );
                }
            }
            Err(refusal) => {
                for problem in refusal.problems {
                    fault("sample-unwritten", problem.zh.clone(), problem.to_string());
                }
            }
        }
        tested
    }

    /// How a value came, how we would write it, and what can be done about it.
    fn respelled(&self, at: &str, entry: &Value) -> (String, String) {
        let shown = |key: &str| match entry.get(key) {
            // A number as its literal (`{"#number": "1.10"}`), beside which a text shows that it is one.
            Some(Value::Object(literal)) if literal.len() == 1 => {
                (literal.values().next().and_then(Value::as_str).unwrap_or_default().to_owned(), true)
            }
            Some(value) => (value.to_string(), value.is_number()),
            None => (String::new(), false),
        };
        let ((came, came_number), (ours, our_number)) = (shown("as"), shown("while"));
        let (zh, en) = match (came_number, our_number) {
            (false, true) if came.starts_with('"') => {
                ("来文是文本：在步骤末尾加 quoted", "it came as text: add quoted to the step")
            }
            (true, false) if ours.starts_with('"') => (
                "来文是数字：去掉 quoted，或改用写数字的步骤（int、decimal、code LIST number）",
                "it came as a number: drop quoted, or take a step that writes one (int, decimal, code LIST number)",
            ),
            _ => ("改用能还原写法的步骤", "take a step that writes it as it came"),
        };
        let rows = self.map.blocks.iter().flat_map(|block| &block.rows);
        let row = rows.into_iter().find(|row| &*row.wire.text == at);
        let rule = row.map_or_else(String::new, |row| format!(" ({}:{})", row.spot.file, row.spot.line));
        let ours_zh =
            if ours.is_empty() { "我方不写".to_owned() } else { format!("我方写作 {ours}") };
        let ours = if ours.is_empty() { "nothing".to_owned() } else { ours };
        (
            format!(
                "“{at}”的写法未能还原{rule}：来文为 {came}，{ours_zh}；{zh}；本应如此则将 \"{at}\" 加入 profile.toml 的 kept_ok"
            ),
            format!(
                "the spelling of \"{at}\" was kept{rule}: it came as {came}, we would write {ours}; {en}; where it is right so, add \"{at}\" to kept_ok in profile.toml"
            ),
        )
    }

    /// Rows that read nothing in any sample, while a sample has something of nearly the same name that no row reads:
    /// where no schema says which names there are, the samples do.
    #[must_use]
    pub fn misread(&self) -> Vec<Problem> {
        let mut read: HashSet<(u32, u32)> = HashSet::new();
        let mut unread: BTreeSet<String> = BTreeSet::new();
        for decoded in self.samples().filter_map(|sample| self.golden(sample).ok()) {
            read.extend(decoded.trace.entries.iter().map(|entry| entry.row));
            for explained in self.explain(&decoded) {
                if explained.kept.is_some_and(|entry| entry.get("node").is_some()) {
                    unread.insert(explained.wire);
                }
            }
        }
        // What some row names is read where it has a value.
        let rows = self.map.blocks.iter().flat_map(|block| &block.rows).filter(|row| !row.how.derived());
        let spoken: HashSet<&str> = rows.map(|row| row.wire.text.trim_matches('\'')).collect();
        unread.retain(|name| !spoken.contains(name.trim_matches('\'')));
        let mut found = Vec::new();
        let of = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        for (index, block) in self.map.blocks.iter().enumerate() {
            // Of a message without a sample nothing is known.
            if !read.iter().any(|(block, _)| *block == of(index)) {
                continue;
            }
            for (at, row) in block.rows.iter().enumerate() {
                let text = &*row.wire.text;
                if row.how.derived() || text == "." || read.contains(&(of(index), of(at))) {
                    continue;
                }
                let names = || unread.iter().map(|name| name.trim_matches('\''));
                let Some(near) = nearest(text.trim_matches('\''), names()) else { continue };
                found.push(row.spots.wire.fault(
                    "row-reads-nothing",
                    format!("样例中没有“{text}”，却有没有行读取的“{near}”：是否就是它？"),
                    format!(
                        "no sample has \"{text}\", but one has \"{near}\", which no row reads: is it meant?"
                    ),
                ));
            }
        }
        found
    }

    /// A sample as its golden has it: read under a clock that stands still and with chance from a seed, so that a
    /// golden can say what a step makes up; attachments are taken aside, as by a store: a golden does not hold their
    /// bytes.
    ///
    /// # Errors
    ///
    /// The sample is refused.
    pub fn golden(&self, sample: &Sample) -> Result<Decoded, Refusal> {
        let limits = Limits::default();
        let input = Input { bytes: &sample.bytes, format: sample.format, charset: None, limits: &limits };
        let chance = SeededChance::new(GOLDEN_SEED);
        let still = Run { now: Timestamp::from_micros(GOLDEN_NOW), chance: &chance };
        let none = Attachments::new();
        self.decode_aside(&input, &still, &Aside { attachments: Some(&none), sent: None })
    }

    /// Where two documents of this profile differ (section 8, *Equality*), or nothing.
    pub(crate) fn unequal(&self, came: &Input<'_>, written: &[u8], decoded: &Decoded) -> Option<String> {
        let bytes = decoded.trace.entries.iter().filter(|entry| {
            let row = &self.map.blocks[entry.row.0 as usize].rows[entry.row.1 as usize];
            matches!(&row.how, How::Leaf { chain, .. } if chain.bytes())
        });
        equal::documents(self, came, written, &bytes.map(|entry| entry.node).collect())
    }
}

/// The records that are none by the platform's schema, each with what is wrong with it, in Chinese and English: an object
/// of which a document gives too little, a region that is none. What the map itself says is looked at when it loads.
#[must_use]
pub fn unfit(decoded: &Decoded) -> Vec<(String, String)> {
    if Kind::parse(&decoded.kind).is_err() {
        return Vec::new();
    }
    let judge = |(index, record): (usize, &Value)| {
        let why = Record::from_value(record.clone()).err()?;
        Some((
            format!("records[{index}] 不符合平台数据规范 {}：{why}", decoded.kind),
            format!("records[{index}] is no {} by schemas/canonical: {why}", decoded.kind),
        ))
    };
    (1..).zip(&decoded.records).filter_map(judge).collect()
}

fn first_keys(block: &Block) -> impl Iterator<Item = &str> {
    let paths = block.rows.iter().filter_map(|row| row.record.as_ref()).flat_map(RecordPath::places);
    paths.map(|path| &*path.segments[0].key)
}
