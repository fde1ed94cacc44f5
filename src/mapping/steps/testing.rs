//! Running one chain in both directions.

use serde_json::Value;

use super::{Around, Chain, Context, Item, Run, Sort, Wrong, parse};
use crate::clock::{SeededChance, Timestamp};
use crate::mapping::aside::{Aside, Attachments};
use crate::mapping::codes::CodeLists;

fn lists() -> CodeLists {
    let mut lists = CodeLists::default();
    lists.add_for_test("truth", "wire,record,label\ntrue,pass,合格\nfalse,fail,不合格\n");
    lists.add_for_test("colour", "wire,record,label,write\n1,red,红,\n2,blue,蓝,\n3,blue,深蓝,*\n");
    lists.add_for_test("claim-type", "wire,record,label\n01,refund,退款\n09,other,其他\n");
    lists.add_for_test("units", "wire,record,label\n千克,kg,千克\n");
    // The run's date is 2026-11-23.
    lists.add_for_test(
        "dated",
        "wire,record,label,write,since,until\nA,a,,,,2021-04-30\nB,a,,,2021-05-01,\nC,c,,,2027-01-01,\n",
    );
    lists
}

fn chain(how: &str) -> Chain {
    match parse::how(how, &lists()) {
        Ok(parse::Parsed::Leaf { chain, .. }) => chain,
        other => panic!("{how}: not a chain of steps: {other:?}"),
    }
}

fn around<T>(with: impl FnOnce(&mut Around<'_>) -> T) -> T {
    let chance = SeededChance::new(1);
    let now = Timestamp::parse("2026-11-23T01:30:00Z").expect("RFC 3339");
    with(&mut Around::new(Run { now, chance: &chance }.into(), 8 * 3600))
}

/// What `how` reads from a wire text.
pub(crate) fn read(how: &str, text: &str) -> Result<Option<Value>, Wrong> {
    let read = around(|around| chain(how).read(Item::text(text), around));
    // What a chain promises of writing back is looked at wherever it reads.
    if let Ok(Some(value)) = &read
        && chain(how).gives_back(text)
    {
        assert_eq!(write(how, value).map(|w| w.map(|w| w.0)), Ok(Some(text.to_owned())), "{how}: {text}");
    }
    read
}

/// What `how` reads where the wire has nothing.
pub(crate) fn read_none(how: &str) -> Result<Option<Value>, Wrong> {
    around(|around| chain(how).read(Item::None, around))
}

/// What `how` writes of a record value, and as what sort of JSON leaf.
pub(crate) fn write(how: &str, value: &Value) -> Result<Option<(String, Sort)>, Wrong> {
    around(|around| Ok(leaf(how, chain(how).write(Some(value), around)?)))
}

fn leaf(how: &str, written: Item<'_>) -> Option<(String, Sort)> {
    match written {
        Item::Text(text, sort) => Some((text.into_owned(), sort)),
        Item::None => None,
        other => panic!("{how}: wrote {other:?}"),
    }
}

/// Reads `text` to `value` and writes it back as `text`.
pub(crate) fn both(how: &str, text: &str, value: &Value) {
    assert_eq!(read(how, text).as_ref(), Ok(&Some(value.clone())), "reading {how}");
    assert_eq!(write(how, value).map(|w| w.map(|w| w.0)), Ok(Some(text.to_owned())), "writing {how}");
}

/// The same as [`read`], below an object of which `object` is known.
pub(crate) fn read_of(how: &str, text: &str, object: &Value) -> Result<Option<Value>, Wrong> {
    around(|around| {
        let mut around =
            Around::of(around.run.into(), around.zone_seconds, object.as_object().expect("an object"));
        chain(how).read(Item::text(text), &mut around)
    })
}

/// The same as [`write`], below `object`.
pub(crate) fn write_of(how: &str, value: &Value, object: &Value) -> Result<Option<(String, Sort)>, Wrong> {
    around(|around| {
        let mut around =
            Around::of(around.run.into(), around.zone_seconds, object.as_object().expect("an object"));
        Ok(leaf(how, chain(how).write(Some(value), &mut around)?))
    })
}

/// The doubts that `how` has about a text.
pub(crate) fn doubts(how: &str, text: &str) -> Vec<Wrong> {
    around(|around| {
        chain(how).read(Item::text(text), around).expect("a doubt is no refusal");
        std::mem::take(&mut around.doubts)
    })
}

/// What is said of a cell that does not load.
pub(crate) fn fault(how: &str) -> parse::HowFault {
    match parse::how(how, &lists()) {
        Err(fault) => fault,
        Ok(parsed) => panic!("{how}: it loads: {parsed:?}"),
    }
}

/// Law 2 on one chain: a value, written and read, is the same.
#[track_caller]
pub(crate) fn same_again(how: &str, value: &Value) {
    let (text, _) =
        write(how, value).unwrap_or_else(|w| panic!("{how}: {value}: {w:?}")).expect("it is written");
    assert_eq!(read(how, &text).as_ref(), Ok(&Some(value.clone())), "{how}: {text}");
}

/// Chains in a run that has these attachments.
pub(crate) struct Files<'a>(&'a Attachments);

/// Runs with attachments beside them.
pub(crate) fn with_files(known: &Attachments, with: impl FnOnce(&Files<'_>)) {
    with(&Files(known));
}

impl Files<'_> {
    fn around<T>(&self, with: impl FnOnce(&mut Around<'_>) -> T) -> T {
        around(|plain| {
            let aside = Aside { attachments: Some(self.0), sent: None };
            with(&mut Around::new(Context { run: plain.run, aside }, plain.zone_seconds))
        })
    }

    /// What is read, and which bytes go beside it.
    pub(crate) fn read(&self, how: &str, text: &str) -> Result<(Value, Vec<Vec<u8>>), Wrong> {
        self.around(|around| {
            let value = chain(how).read(Item::text(text), around)?.unwrap_or_default();
            Ok((value, std::mem::take(&mut around.attached)))
        })
    }

    /// What is written.
    pub(crate) fn write(&self, how: &str, value: &Value) -> Result<String, Wrong> {
        self.around(|around| Ok(leaf(how, chain(how).write(Some(value), around)?).expect("it is written").0))
    }
}
