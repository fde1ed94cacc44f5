//! One row: its cells parsed, its block found.

use crate::mapping::compile::reliance::Reliance;
use crate::mapping::compile::{Compiler, How, RECORDS, Row, Spots};
use crate::mapping::condition::Need;
use crate::mapping::fault::{Spot, near, suggestion, suggestion_or_list};
use crate::mapping::parts::AMOUNT_CURRENCY;
use crate::mapping::path;
use crate::mapping::path::record::RecordPath;
use crate::mapping::path::wire::{Axis, NameId, PathFault, WirePath};
use crate::mapping::rows::RawRow;
use crate::mapping::steps::Type;
use crate::mapping::steps::flow::clash;
use crate::mapping::steps::parse::{self, HowFault, Parsed};
use crate::mapping::words::{Word, words};

impl Compiler<'_> {
    fn no_record_path(&mut self, spot: &Spot, text: &str) {
        let forms = "a.b, a[1].b, a[kind='person'].b, a + b";
        let (zh, en) = (
            format!("“{text}”不是记录路径，可写作 {forms}"),
            format!("\"{text}\" is not a record path; write one as {forms}"),
        );
        self.fault(spot, "record-path", &zh, &en);
    }

    pub(super) fn row(&mut self, raw: &RawRow) -> Option<Row> {
        let before = self.faults.len();
        let wire = self.wire(raw);
        let record = if raw.record.text.is_empty() {
            None
        } else {
            let parsed = RecordPath::parse(&raw.record.text);
            if parsed.is_none() {
                self.no_record_path(&raw.record.spot, &raw.record.text);
            }
            parsed
        };
        let (join, split, how) = match Places::of(&raw.how.text) {
            Ok(places) => (places.join, places.split, self.how(raw, &places.rest)),
            Err(fault) => {
                self.fault(&raw.how.spot, fault.code, &fault.zh, &fault.en);
                return None;
            }
        };
        let need = Need::parse(&raw.need.text);
        if need.is_none() {
            let found = &raw.need.text;
            let first = found.split_whitespace().next().unwrap_or_default();
            let (mut zh, mut en) = near(first, ["must", "never", "same"]);
            if en.is_empty() && raw.label.text.is_empty() {
                "；机关用语写在第五格，前面留一个 \"\"".clone_into(&mut zh);
                "; the agency's word is the fifth cell: put \"\" before it".clone_into(&mut en);
            }
            let zh = format!(
                "第四格“{found}”应为 must、must when P、must unless P、never when P、never unless P 或 same{zh}"
            );
            let en = format!(
                "the fourth cell, \"{found}\": expected must, must when P, must unless P, never when P, never unless P or same{en}"
            );
            self.fault(&raw.need.spot, "need", &zh, &en);
        }
        let (wire, how, need) = (wire?, how?, need?);
        let derived = how.derived();
        let key = self.key(raw, &how);
        if derived == record.is_some() {
            let (zh, en) = if derived {
                (
                    "const、count、sum、running 不存入记录：记录格应为空",
                    "const, count, sum and running are not stored: leave the record cell empty",
                )
            } else {
                (
                    "记录格为空：只有 const、count、sum、running 可以",
                    "the record cell is empty: only const, count, sum and running may",
                )
            };
            self.fault(&raw.record.spot, "derived", zh, en);
        }
        self.places(raw, &wire, record.as_ref(), (join.is_some(), split.is_some()), &how);
        let open = wire.segments.iter().rev().skip(1).any(|s| s.axis == Axis::Any);
        let open_end = wire.segments.last().is_some_and(|s| s.axis == Axis::Any);
        if open || (open_end && !matches!(how, How::Block { each: true, .. })) {
            self.fault(
                &raw.wire.spot,
                "open-name",
                "* 只可为末段，并用 each 块",
                "* may only be the last segment, under each and a block",
            );
        }
        if self.faults.len() > before {
            return None;
        }
        let last = record.as_ref().and_then(|path| path.segments.last());
        let items =
            matches!(how, How::Block { .. }) && (how.each() || last.is_some_and(|s| s.index.is_some()));
        let records = matches!(how, How::Block { .. })
            && record.as_ref().is_some_and(|p| p.segments.len() == 1 && &*p.segments[0].key == RECORDS);
        Some(Row {
            wire,
            record,
            how,
            join,
            split,
            said: raw.how.text.as_str().into(),
            need,
            label: raw.label.text.as_str().into(),
            spot: raw.spot.clone(),
            spots: Spots {
                wire: raw.wire.spot.clone(),
                record: raw.record.spot.clone(),
                how: raw.how.spot.clone(),
                need: raw.need.spot.clone(),
            },
            shares: Vec::new(),
            items,
            records,
            key,
            plain: None,
            quiet: None,
            reliance: Reliance::default(),
        })
    }

    /// The attribute that `langs` names.
    fn key(&mut self, raw: &RawRow, how: &How) -> Option<NameId> {
        let How::Leaf { chain, .. } = how else { return None };
        let written = chain.key()?;
        let found = self.names.id(written, true);
        if found.is_none() {
            let prefix = written.split(':').next().unwrap_or_default();
            self.prefix(&raw.how.spot, prefix);
        }
        found
    }

    /// `a + b` needs `join` or `split`, and those need it; what leads out of the block is one value.
    fn places(
        &mut self,
        raw: &RawRow,
        wire: &WirePath,
        record: Option<&RecordPath>,
        (join, split): (bool, bool),
        how: &How,
    ) {
        let one_leaf = matches!(how, How::Leaf { each: false, chain } if !chain.gathers());
        if wire.plus.is_empty() == join || (join && !one_leaf) {
            self.fault(
                &raw.wire.spot,
                "join",
                "a + b 须与 join 'SEP'（或不带币种的 money）同用，且不用 each、块",
                "a + b and join 'SEP' (or money without a currency) go together, without each or a block",
            );
        }
        if record.is_some_and(|path| !path.plus.is_empty()) != split || (split && !one_leaf) {
            self.fault(
                &raw.record.spot,
                "split",
                "记录格的 a + b 须与 split 'SEP' 同用，且不用 each、块",
                "a + b of a record and split 'SEP' go together, without each or a block",
            );
        }
        if let How::Leaf { chain, .. } = how
            && split
            && chain.gives() != Type::Text
        {
            let steps = raw.how.text.rsplit_once('|').map_or("", |(steps, _)| steps);
            let by = steps.rsplit('|').next().unwrap_or_default().trim();
            let wants = (
                "文本：拆开的各部分都是文本，写入文本成员",
                "text: the parts it makes are texts, for members that are texts",
            );
            let fault = clash(by, &chain.gives(), "split", wants);
            self.fault(&raw.how.spot, fault.code, &fault.zh, &fault.en);
        }
        if wire.leads_out() && !one_leaf && !how.derived() {
            self.fault(
                &raw.wire.spot,
                "leads-out",
                "../ 与 / 只可指向单个值",
                "../ and / lead to one value, not to a list or a block",
            );
        }
    }

    fn wire(&mut self, raw: &RawRow) -> Option<WirePath> {
        let fault = match WirePath::parse(&raw.wire.text, &mut self.names) {
            Ok(path) => return Some(path),
            Err(fault) => fault,
        };
        match fault {
            PathFault::Form(zh, en) => self.fault(&raw.wire.spot, "wire-path", zh, en),
            PathFault::Prefix(prefix) => self.prefix(&raw.wire.spot, &prefix),
        }
        None
    }

    fn prefix(&mut self, spot: &Spot, prefix: &str) {
        let (zh, en) = suggestion_or_list(
            prefix,
            self.names.prefixes().iter().map(|(p, _)| p.as_str()).filter(|p| !p.is_empty()),
        );
        let (zh, en) =
            (format!("[ns] 没有前缀“{prefix}”{zh}"), format!("[ns] has no prefix \"{prefix}\"{en}"));
        self.fault(spot, "unknown-prefix", &zh, &en);
    }

    fn how(&mut self, raw: &RawRow, cell: &str) -> Option<How> {
        let fault = match parse::how(cell, self.lists) {
            Ok(Parsed::Leaf { chain, each }) => return Some(How::Leaf { chain, each }),
            Ok(Parsed::Const(text)) => return Some(How::Const(text)),
            Ok(Parsed::Running { start, pad }) => return Some(How::Running { start, pad }),
            Ok(Parsed::Sum { path, chain }) => match RecordPath::parse(&path) {
                Some(path) => return Some(How::Sum { path, chain }),
                None => parse::arguments("sum PATH [| steps]"),
            },
            Ok(Parsed::Count(path)) => match RecordPath::parse(&path) {
                Some(path) => return Some(How::Count(path)),
                None => HowFault::new("step-arguments", "参数应为：count PATH", "expected: count PATH"),
            },
            Ok(Parsed::Block { name, each }) => {
                if let Some(block) = self.ids.get(name.as_str()) {
                    return Some(How::Block { block: *block, each });
                }
                let steps = parse::STEPS.iter().map(|(step, _)| *step);
                let known: Vec<&str> = self.ids.keys().copied().chain(steps).collect();
                let (zh, en) = suggestion(&name, known);
                HowFault::new(
                    "unknown-block",
                    format!("没有块或步骤“{name}”{zh}"),
                    format!("there is no block or step \"{name}\"{en}"),
                )
            }
            Err(fault) => fault,
        };
        self.fault(&raw.how.spot, fault.code, &fault.zh, &fault.en);
        None
    }
}

/// A third cell without the steps that concern places: `join 'SEP'` stands first, `split 'SEP'` last.
struct Places {
    join: Option<Box<str>>,
    split: Option<Box<str>>,
    rest: String,
}

impl Places {
    fn of(cell: &str) -> Result<Self, HowFault> {
        let mut made = Self { join: None, split: None, rest: cell.to_owned() };
        let Some(mut steps) = path::wire::split(cell, '|') else { return Ok(made) };
        if steps.first().is_some_and(|step| two_cells(step)) {
            made.join = Some(AMOUNT_CURRENCY.into());
        }
        if let Some(separator) = separator(steps[0], "join")? {
            made.join = Some(separator);
            steps.remove(0);
        }
        if let Some(last) = steps.last().copied()
            && let Some(separator) = separator(last, "split")?
        {
            made.split = Some(separator);
            steps.pop();
        }
        made.rest = steps.join("|");
        Ok(made)
    }
}

fn separator(step: &str, name: &str) -> Result<Option<Box<str>>, HowFault> {
    match words(step).as_deref() {
        Some([first, rest @ ..]) if first.is(name) => match rest {
            [Word::Quoted(separator)] if !separator.is_empty() => Ok(Some(separator.as_str().into())),
            _ => Err(parse::arguments(&format!("{name} 'SEP'"))),
        },
        _ => Ok(None),
    }
}

/// `money yuan [places]`: without a currency, which then stands in a cell of its own.
fn two_cells(step: &str) -> bool {
    let currency =
        |word: &Word| matches!(word, Word::Bare(text) if text.bytes().all(|b| b.is_ascii_uppercase()));
    words(step)
        .is_some_and(|words| words.first().is_some_and(|w| w.is("money")) && !words.iter().any(currency))
}
