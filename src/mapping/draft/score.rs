//! How well a field fits a place of the record: by its name, by what stands around it, by what it holds.

use crate::mapping::draft::codes;
use crate::mapping::draft::lexicon::{Meanings, is_common, likeness, meanings, weight};
use crate::mapping::draft::outline::{Field, Scalar};
use crate::mapping::draft::target::{Group, Of, Target};
use crate::mapping::draft::values::{Spelling, Value, bare_amount, numeric, spelling, truth, whole};
use crate::mapping::steps::Sort;

/// From here on a field is mapped. Found by trying: below it, names that share one meaning of three are mapped.
pub(super) const SURE: f64 = 0.66;

/// From here on a place is named as a candidate.
pub(super) const NEAR: f64 = 0.33;

/// A field's names: its own, what people call it, and what stands around it.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    pub(super) own: Vec<Meanings>,
    pub(super) around: Meanings,
}

impl Named {
    /// `prefix`: what most names of the block begin with says nothing.
    pub(super) fn of(field: &Field, around: &[&Field], prefix: &str) -> Self {
        let mut own = vec![meanings(&field.name)];
        if let Some(rest) =
            field.name.strip_prefix(prefix).filter(|rest| !prefix.is_empty() && !rest.is_empty())
        {
            own.push(meanings(rest));
        }
        // A label of a word or three is a name; a sentence is not.
        let short =
            field.label.split(['（', '(', '，', ',', '。', '.', '：', ':']).next().unwrap_or_default();
        if !short.is_empty() && short.chars().count() <= 24 {
            own.push(meanings(short));
        }
        own.retain(|set| !set.is_empty());
        let mut all = Meanings::new();
        for field in around.iter().rev().take(2) {
            all.extend(meanings(&field.name));
        }
        // What a path says twice, `Seller/SellerName`, its end need not say.
        let mut less: Vec<Meanings> =
            own.iter().map(|set| set.difference(&all).cloned().collect::<Meanings>()).collect();
        less.retain(|set| !set.is_empty() && !own.contains(set) && !is_common(&all));
        own.extend(less);
        Self { own, around: all }
    }
}

/// What most names begin with, up to a sign: `CF_`.
pub(super) fn prefix<'a>(names: &[&'a str]) -> &'a str {
    let mut best = "";
    for name in names {
        let Some(at) = name.find(['_', '-']) else { continue };
        let start = &name[..=at];
        let count = names.iter().filter(|other| other.starts_with(start)).count();
        if count >= 4 && count * 2 > names.len() && start.len() > best.len() {
            best = start;
        }
    }
    best
}

/// How well the names agree, from 0 to 1.
pub(super) fn names(named: &Named, own: &[Meanings], around: &Meanings) -> f64 {
    let mut best: f64 = 0.0;
    for theirs in &named.own {
        for ours in own {
            let alike = likeness(theirs, ours);
            let context = if around.is_empty() {
                if named.around.is_empty() || theirs.len() > 1 { 1.0 } else { 0.8 }
            } else {
                let said: Meanings = theirs.union(&named.around).cloned().collect();
                let shared = weight(&said.intersection(around).cloned().collect());
                let floor = if is_common(ours) { 0.0 } else { 0.4 };
                (shared / weight(around).clamp(0.5, 1.0)).clamp(floor, 1.0)
            };
            best = best.max(alike * (0.5 + 0.5 * context));
            // `order_no` against `order.number`: the name says what stands around the place, too.
            let whole: Meanings = ours.union(around).cloned().collect();
            best = best.max(likeness(theirs, &whole));
        }
    }
    best
}

/// How well a field fits a place; 0 where its values cannot stand there.
pub(super) fn fit(field: &Field, named: &Named, target: &Target) -> f64 {
    let score = names(named, &target.own, &target.around);
    // 序号 counts the rows of a table, or the items of a list, and is no member of a part that stands once.
    let ordinal = named.own.iter().all(|set| set.len() == 1 && set.contains("ordinal"));
    if score < NEAR || (ordinal && target.path.contains("[1]")) {
        return 0.0;
    }
    // The name says so, and the values do not: a candidate for people to judge.
    if !holds(field, &target.of) {
        return if field.repeats { 0.0 } else { score * 0.5 };
    }
    // Of two that fit alike, the one nearer to the record's top.
    let depth = target.path.matches('.').count();
    let lists = target.path.matches("[1]").count();
    score
        - 0.01 * f64::from(u32::try_from(depth).unwrap_or(9))
        - 0.015 * f64::from(u32::try_from(lists).unwrap_or(9))
        // Of two names that fit a place wholly, the one that says more: complaint_id before id.
        + if score > 0.95 { 0.01 * named.own.iter().map(weight).fold(0.0, f64::max).min(2.0) } else { 0.0 }
        // A day is less than the moment that was asked for.
        - if target.of == Of::Moment && matches!(spelling(&field.values), Some(Spelling::Day(_))) { 0.03 } else { 0.0 }
}

/// How well a repeated group fits a list.
pub(super) fn group(named: &Named, group: &Group<'_>) -> f64 {
    names(named, &group.own, &group.around)
}

/// Whether a place can hold what the field holds.
pub(super) fn holds(field: &Field, of: &Of) -> bool {
    let values = &field.values;
    let spelled = spelling(values);
    let unseen = values.iter().all(|value| value.text.trim().is_empty());
    let textual = matches!(field.scalar, Scalar::Unknown | Scalar::Text);
    match of {
        _ if field.repeats && !matches!(of, Of::Texts) => false,
        Of::Text | Of::Texts => {
            !matches!(field.scalar, Scalar::Bool | Scalar::Date | Scalar::DateTime)
                && !values.iter().any(|value| value.sort == Sort::Bool)
                && !matches!(&spelled, Some(Spelling::Moment(step)) if !step.contains("unix"))
                && !matches!(&spelled, Some(Spelling::Day(step)) if step.contains('-'))
        }
        Of::Digits(n) => {
            unseen && textual
                || !unseen
                    && values.iter().all(|v| {
                        v.sort == Sort::Text
                            && v.text.len() == *n
                            && v.text.bytes().all(|b| b.is_ascii_digit())
                    })
        }
        Of::Day => match spelled {
            Some(spelled) => matches!(spelled, Spelling::Day(_)),
            None => unseen && field.scalar == Scalar::Date,
        },
        // A day is the moment it begins at.
        Of::Moment => match spelled {
            Some(_) => true,
            None => unseen && field.scalar == Scalar::DateTime,
        },
        Of::Money => {
            let bare: Vec<Value> = values
                .iter()
                .map(|value| Value { text: bare_amount(&value.text), sort: value.sort })
                .collect();
            numeric(&bare).unwrap_or(matches!(field.scalar, Scalar::Decimal | Scalar::Integer))
        }
        Of::Decimal => numeric(values).unwrap_or(matches!(field.scalar, Scalar::Decimal | Scalar::Integer)),
        Of::Integer => whole(values).unwrap_or(field.scalar == Scalar::Integer),
        Of::Bool => {
            field.scalar == Scalar::Bool
                || values.iter().any(|value| value.sort == Sort::Bool)
                || (textual && truth(values).is_some())
        }
        Of::Words(words) => codes::enough(field, words),
    }
}
