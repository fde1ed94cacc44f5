//! Fields and places of the record, paired: the best pair first, each once.

use std::collections::{BTreeMap, BTreeSet};

use crate::mapping::draft::entry::{Entry, snake};
use crate::mapping::draft::lexicon::meanings;
use crate::mapping::draft::outline::Field;
use crate::mapping::draft::score::{NEAR, Named, SURE, fit, group, prefix};
use crate::mapping::draft::target::{Node, Of, Target, Targets};
use crate::mapping::steps::Sort;

/// Places named beside a row that has none.
const CANDIDATES: usize = 3;

/// What a block's rows lead to.
#[derive(Debug)]
pub(super) struct Home<'a> {
    pub(super) targets: Targets<'a>,
    /// The members that are required, with the words that they may be.
    pub(super) required: Vec<(String, Vec<(String, String)>)>,
    /// Whether any name goes: the block leads to an extra of the record, or to the message object.
    pub(super) open: bool,
    /// Whether it is the message object around the records.
    pub(super) records: bool,
}

impl<'a> Home<'a> {
    /// A record.
    pub(super) fn record(node: Node<'a>, kind: &str) -> Self {
        let required = node.required().into_iter().filter(|name| *name != "kind");
        let required = required.map(|name| (name.to_owned(), node.words_of(name))).collect();
        Self { targets: node.targets(kind), required, open: false, records: false }
    }

    /// An item of one of its lists.
    pub(super) fn item(node: Node<'a>) -> Self {
        let required = node.required().into_iter();
        let required = required.map(|name| (name.to_owned(), node.words_of(name))).collect();
        Self { targets: node.targets(""), required, open: false, records: false }
    }

    /// An extra of it.
    pub(super) fn open() -> Self {
        Self { targets: Targets::default(), required: Vec::new(), open: true, records: false }
    }

    /// The message object.
    pub(super) fn envelope() -> Self {
        let target = |path: &str, of, names: &[&str]| Target {
            path: path.to_owned(),
            own: names.iter().map(|name| meanings(name)).collect(),
            around: BTreeSet::new(),
            of,
            wants: Vec::new(),
        };
        let leaves = vec![
            target(
                "message_id",
                Of::Text,
                &["message id", "guid", "flow", "流水号", "serial number", "报文编号"],
            ),
            target("sent_at", Of::Moment, &["sent at", "发送时间", "create time", "message time"]),
            target("sender.code", Of::Text, &["sender code", "sender", "发送单位代码"]),
            target("sender.name", Of::Text, &["sender name", "发送单位名称"]),
            target("receiver.code", Of::Text, &["receiver code", "receiver", "接收方"]),
            target("version", Of::Text, &["version", "版本"]),
        ];
        Self {
            targets: Targets { leaves, groups: Vec::new() },
            required: Vec::new(),
            open: true,
            records: true,
        }
    }

    /// The path of an extra that is named after a field.
    pub(super) fn extra(&self, field: &Field, above: &[&Field], taken: &mut BTreeSet<String>) -> String {
        let own = snake(&field.name);
        let own =
            if own.is_empty() || own == "kept" || own == "records" { format!("{own}_value") } else { own };
        let own = if own.starts_with(|c: char| c.is_ascii_digit()) { format!("n{own}") } else { own };
        let mut name = own.clone();
        for part in above.iter().rev() {
            if !taken.contains(&name) {
                break;
            }
            name = format!("{}_{name}", snake(&part.name));
        }
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{own}_{number}");
            number += 1;
        }
        if self.open { name } else { format!("extensions.{name}") }
    }
}

/// A leaf's place.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) target: usize,
    pub(super) score: f64,
    /// The place of its currency, where it has one of its own.
    pub(super) currency: Option<String>,
}

/// The pairs of a block.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// By entry.
    pub(super) leaves: BTreeMap<usize, Found>,
    pub(super) groups: BTreeMap<usize, usize>,
    /// Entries that a row of another entry reads.
    pub(super) taken: BTreeSet<usize>,
    /// The best places of every entry, whether it got one or not.
    scores: BTreeMap<usize, Vec<(f64, usize)>>,
}

impl Matches {
    /// The paths of entries with a place.
    pub(super) fn paths(&self, entries: &[Entry<'_>]) -> BTreeSet<String> {
        let all = self.leaves.keys().chain(self.groups.keys()).chain(&self.taken);
        all.map(|index| entries[*index].path.clone()).collect()
    }

    /// The nearest places of an entry.
    pub(super) fn near(&self, index: usize, home: &Home<'_>) -> Vec<String> {
        let all = self.scores.get(&index).into_iter().flatten().take(CANDIDATES);
        all.map(|(_, target)| home.targets.leaves[*target].path.clone()).collect()
    }
}

/// Pairs the entries of a block with the places of its home.
pub(super) fn matches(entries: &[Entry<'_>], home: &Home<'_>) -> Matches {
    let mut made = Matches::default();
    let all: Vec<&str> = entries.iter().map(|entry| entry.field.name.as_str()).collect();
    let first = prefix(&all);
    let mut names: Vec<Named> =
        entries.iter().map(|entry| Named::of(entry.field, &entry.above, first)).collect();
    beside_parties(entries, &mut names);
    groups(entries, &names, home, &mut made);
    let lists: Vec<String> =
        made.groups.values().map(|at| format!("{}[", home.targets.groups[*at].path)).collect();
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if entry.block || entry.field.opaque || !entry.field.leaf {
            continue;
        }
        let mut scores: Vec<(f64, usize)> = Vec::new();
        for (at, target) in home.targets.leaves.iter().enumerate() {
            let score = fit(entry.field, &names[index], target);
            if score >= NEAR && !lists.iter().any(|list| target.path.starts_with(list)) {
                scores.push((score, at));
            }
        }
        scores.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        pairs.extend(
            scores.iter().filter(|(score, _)| *score >= SURE).map(|(score, at)| (*score, index, *at)),
        );
        made.scores.insert(index, scores);
    }
    // The best first; of equals, what a sample has, then what stands first.
    pairs.sort_by(|a, b| {
        let seen = |pair: &(f64, usize, usize)| !entries[pair.1].field.seen;
        b.0.total_cmp(&a.0).then(seen(a).cmp(&seen(b))).then(a.1.cmp(&b.1))
    });
    let mut used: BTreeSet<usize> = BTreeSet::new();
    for (score, index, target) in pairs {
        if !made.leaves.contains_key(&index) && used.insert(target) {
            made.leaves.insert(index, Found { target, score, currency: None });
        }
    }
    wanting(home, &mut made);
    currencies(entries, home, &mut made);
    made
}

fn groups(entries: &[Entry<'_>], names: &[Named], home: &Home<'_>, made: &mut Matches) {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.block && !entry.field.opaque) {
        for (at, list) in home.targets.groups.iter().enumerate() {
            let score = group(&names[index], list);
            if score >= SURE && !list.path.contains('[') {
                pairs.push((score, index, at));
            }
        }
        debug_assert!(index < entries.len() && !entry.path.is_empty(), "an entry of the block");
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut used = BTreeSet::new();
    for (_, index, at) in pairs {
        if !made.groups.contains_key(&index) && used.insert(at) {
            made.groups.insert(index, at);
        }
    }
}

/// Takes back places in parts of the record that lack what they require.
fn wanting(home: &Home<'_>, made: &mut Matches) {
    loop {
        let fed: BTreeSet<&str> =
            made.leaves.values().map(|found| home.targets.leaves[found.target].path.as_str()).collect();
        let feeds = |want: &str| {
            fed.iter().any(|path| {
                path.strip_prefix(want).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
        };
        let lacking = |found: &Found| home.targets.leaves[found.target].wants.iter().any(|want| !feeds(want));
        let gone: Vec<usize> =
            made.leaves.iter().filter(|(_, found)| lacking(found)).map(|(index, _)| *index).collect();
        if gone.is_empty() {
            return;
        }
        for index in gone {
            made.leaves.remove(&index);
        }
    }
}

/// In a flat row 联系电话 behind 投诉人 is the complainant's: what only a party can have belongs to the one named last.
fn beside_parties(entries: &[Entry<'_>], names: &mut [Named]) {
    const PARTIES: &[&str] = &["complainant", "respondent"];
    const OWN: &[&str] = &["phone", "email", "uscc", "gender", "post_code", "citizen"];
    let mut last: Option<(&str, usize)> = None;
    for (entry, named) in entries.iter().zip(names) {
        let depth = entry.above.len();
        let says = |word: &&&str| named.own.iter().any(|set| set.contains(**word));
        if let Some(party) = PARTIES.iter().find(says) {
            last = Some((party, depth));
        } else if let Some((party, at)) = last
            && at == depth
            && !entry.block
            && OWN.iter().any(|word| says(&word))
        {
            named.around.insert(party.to_owned());
        }
    }
}

/// Joins amounts and the currencies beside them.
fn currencies(entries: &[Entry<'_>], home: &Home<'_>, made: &mut Matches) {
    let amounts: Vec<usize> = made
        .leaves
        .iter()
        .filter(|(_, found)| home.targets.leaves[found.target].of == Of::Money)
        .map(|(index, _)| *index)
        .collect();
    let parent = |path: &str| path.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned());
    let currency = |index: &usize| {
        let entry: &Entry<'_> = &entries[*index];
        let values = &entry.field.values;
        let iso = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        !entry.block
            && meanings(&entry.field.name).contains("currency")
            && !values.is_empty()
            && values.iter().all(|value| value.sort == Sort::Text && iso(&value.text))
    };
    for index in &amounts {
        let path = &entries[*index].path;
        let all: Vec<usize> = (0..entries.len()).filter(currency).collect();
        let own = all.iter().find(|at| parent(&entries[**at].path) == *path);
        let same = |at: &usize| parent(&entries[*at].path) == parent(path);
        let alone = amounts.iter().filter(|other| same(other)).count() == 1;
        let beside = all.iter().find(|at| alone && same(at));
        if let Some(at) = own.or(beside).copied().filter(|at| !made.taken.contains(at)) {
            made.leaves.remove(&at);
            made.taken.insert(at);
            if let Some(found) = made.leaves.get_mut(index) {
                found.currency = Some(entries[at].path.clone());
            }
        }
    }
}
