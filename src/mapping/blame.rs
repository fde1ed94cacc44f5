//! The texts of problems, in Chinese and English: which field, what was found, what would be right.

use crate::domain::problem::{Problem, cut};
use crate::mapping::compile::Row;
use crate::mapping::condition::Need;
use crate::mapping::steps::Wrong;

fn zh_name(row: &Row) -> &str {
    if row.label.is_empty() { &row.wire.text } else { &row.label }
}

/// A step refuses or doubts a value.
pub(crate) fn wrong(row: &Row, wrong: &Wrong, found: Option<&str>) -> Problem {
    let (name, wire) = (zh_name(row), &row.wire.text);
    let problem = match found {
        Some(found) => Problem::new(
            wrong.code,
            format!("{name}：收到“{}”，应为{}", cut(found), wrong.zh),
            format!("{wire}: found \"{}\", expected {}", cut(found), wrong.en),
        )
        .with_found(found),
        None => Problem::new(
            wrong.code,
            format!("{name}：应为{}", wrong.zh),
            format!("{wire}: expected {}", wrong.en),
        ),
    };
    problem.with_expected(wrong.en.clone())
}

/// A required value is not there.
pub(crate) fn missing(row: &Row) -> Problem {
    Problem::new(
        "missing",
        format!("{}：缺少必填内容", zh_name(row)),
        format!("{}: a required value is missing", row.wire.text),
    )
}

/// A condition is broken: `holds` says whether its `when` applies, `given` whether there is a value.
pub(crate) fn condition(row: &Row, holds: bool, given: bool) -> Option<Problem> {
    let (name, wire) = (zh_name(row), &row.wire.text);
    match &row.need {
        Need::MustIf(condition) if holds && !given => Some(
            Problem::new(
                "missing",
                format!("{name}：此时必填（{}）", condition.text),
                format!("{wire}: required here ({})", condition.text),
            )
            .with_expected(condition.text.clone()),
        ),
        Need::NeverIf(condition) if holds && given => Some(
            Problem::new(
                "not-allowed",
                format!("{name}：此时不得填写（{}）", condition.text),
                format!("{wire}: not allowed here ({})", condition.text),
            )
            .with_expected(condition.text.clone()),
        ),
        _ => None,
    }
}

/// An object or list stands where one value should.
pub(crate) fn no_leaf() -> Problem {
    Problem::new(
        "not-a-value",
        "此处应为单个值，而有下级内容",
        "one value was expected here, found a structure",
    )
}

/// A second occurrence of what stands once.
pub(crate) fn second(row: &Row) -> Problem {
    Problem::new(
        "repeated",
        format!("{}：只可出现一次", zh_name(row)),
        format!("{}: may stand only once", row.wire.text),
    )
}

/// Two alternatives for one record place.
pub(crate) fn taken(row: &Row) -> Problem {
    Problem::new(
        "alternatives",
        format!("{}：与同一内容的另一项并存，只可有其一", zh_name(row)),
        format!("{}: stands beside another alternative for the same content; only one may", row.wire.text),
    )
}

/// Two homes of one value disagree.
pub(crate) fn differs(row: &Row) -> Problem {
    Problem::new(
        "differs",
        format!("{}：与同一内容的另一处不一致", zh_name(row)),
        format!("{}: differs from the other place of the same value", row.wire.text),
    )
}

/// A place that several blocks lead to would get two values.
pub(crate) fn elsewhere(row: &Row, there: Option<&str>, wanted: Option<&str>) -> Problem {
    let (there, wanted) = (there.map_or_else(String::new, cut), wanted.map_or_else(String::new, cut));
    Problem::new(
        "differs",
        format!("{}：此处只写一次，已为“{there}”，不能再为“{wanted}”", zh_name(row)),
        format!("{}: is written once and is \"{there}\" already, not \"{wanted}\"", row.wire.text),
    )
    .with_found(&wanted)
    .with_expected(there)
}

/// A derived value is not what it must be.
pub(crate) fn derived(row: &Row, wanted: &str, found: &str) -> Problem {
    Problem::new(
        "derived",
        format!("{}：收到“{}”，应为“{wanted}”", zh_name(row), cut(found)),
        format!("{}: found \"{}\", expected \"{wanted}\"", row.wire.text, cut(found)),
    )
    .with_found(found)
    .with_expected(wanted)
}

/// A record kind or alternative that no row can write.
pub(crate) fn no_place(path: &str) -> Problem {
    Problem::new(
        "no-place",
        format!("记录内容“{path}”在此格式中无处可写"),
        format!("the record's {path} has no place in this format"),
    )
    .with_path(path)
}
