//! The third cell, guessed: from the type of the record's place, the schema's type and the values of the samples.

use crate::mapping::draft::lexicon::meanings;
use crate::mapping::draft::outline::{Field, Scalar};
use crate::mapping::draft::target::Of;
use crate::mapping::draft::values::{Spelling, around_amounts, bare_amount, spelling, truth, whole};
use crate::mapping::manifest::Format;
use crate::mapping::steps::Sort;

/// The steps between a field and a place of the record. `list`: the code list that was drafted for it.
pub(super) fn to(field: &Field, of: &Of, format: Format, list: Option<&str>) -> String {
    let quoted = quoted(field, format);
    let each = if field.repeats { "each " } else { "" };
    let blanks = if field.blanks { "ignore common | " } else { "" };
    let step = match of {
        Of::Text | Of::Texts => format!("{each}{}", text(field, format)),
        Of::Digits(n) => format!("digits {n}"),
        Of::Decimal => format!("decimal{quoted}"),
        Of::Integer => format!("int{quoted}"),
        Of::Bool => truth_step(field),
        Of::Day => moment(field).unwrap_or_else(|| "date".to_owned()),
        Of::Moment => match spelling(&field.values) {
            Some(Spelling::Moment(step)) => step,
            Some(Spelling::Day(step)) if step == "date" => "time 'yyyy-MM-dd'".to_owned(),
            Some(Spelling::Day(step)) => step.replacen("date ", "time ", 1),
            None => "time iso".to_owned(),
        },
        Of::Money => {
            let around = around_amounts(&field.values);
            // With a sign around it it is text anyway.
            let quoted = if around.is_empty() { quoted } else { "" };
            format!("{around}money {} CNY{}{quoted}", unit(field), places(field))
        }
        Of::Words(_) => coded(field, list),
    };
    with_blanks(&step, blanks)
}

/// Steps behind the one that knows the words for no value; `each` stays first.
fn with_blanks(step: &str, blanks: &str) -> String {
    match step.strip_prefix("each ") {
        Some(rest) => format!("each {blanks}{rest}"),
        None => format!("{blanks}{step}"),
    }
}

/// The steps of a field that stays an extra of the record.
pub(super) fn plain(field: &Field, format: Format, list: Option<&str>) -> String {
    let each = if field.repeats { "each " } else { "" };
    let sorts = |sort: Sort| !field.values.is_empty() && field.values.iter().all(|value| value.sort == sort);
    let step = match list {
        Some(_) => coded(field, list),
        None if sorts(Sort::Bool) || (format == Format::Json && field.scalar == Scalar::Bool) => {
            "bool".to_owned()
        }
        None => moment(field)
            .filter(|step| !step.contains("unix") && !step.contains("iso"))
            .unwrap_or_else(|| text(field, format)),
    };
    let blanks = if field.blanks { "ignore common | " } else { "" };
    format!("{each}{blanks}{step}")
}

/// `money UNIT` of two cells, amount and currency.
pub(super) fn money_of_two(field: &Field, format: Format) -> String {
    format!("money {}{}{}", unit(field), places(field), quoted(field, format))
}

fn coded(field: &Field, list: Option<&str>) -> String {
    let number = !field.values.is_empty() && field.values.iter().all(|value| value.sort == Sort::Number);
    let hold = if field.codes.is_empty() { " hold" } else { "" };
    format!("code {}{}{hold}", list.unwrap_or_default(), if number { " number" } else { "" })
}

fn text(field: &Field, format: Format) -> String {
    let numbers = field.values.iter().any(|value| value.sort == Sort::Number);
    let declared = field.values.is_empty() && matches!(field.scalar, Scalar::Integer | Scalar::Decimal);
    if format == Format::Json && (numbers || declared) {
        return "decimal".to_owned();
    }
    field.most.map_or_else(|| "text".to_owned(), |most| format!("text {most}"))
}

fn moment(field: &Field) -> Option<String> {
    match spelling(&field.values)? {
        Spelling::Moment(step) | Spelling::Day(step) => Some(step),
    }
}

fn truth_step(field: &Field) -> String {
    match truth(&field.values) {
        Some((yes, no)) if yes != "true" => format!("bool '{yes}' '{no}'"),
        _ => "bool".to_owned(),
    }
}

/// JSON texts that hold numbers.
fn quoted(field: &Field, format: Format) -> &'static str {
    let texts = !field.values.is_empty() && field.values.iter().all(|value| value.sort == Sort::Text);
    let declared = field.values.is_empty() && field.scalar == Scalar::Text;
    if format == Format::Json && (texts || declared) { " quoted" } else { "" }
}

/// Whether the amount is in 分, 元 or 万元: as its name or label says, else 元.
pub(super) fn unit(field: &Field) -> &'static str {
    let said = format!("{} {}", field.name, field.label);
    let lower = said.to_lowercase();
    if said.contains("万元") || lower.contains("wanyuan") || lower.ends_with("_wan") {
        "wan"
    } else if said.contains('分') || ["fen", "cent"].iter().any(|word| meanings(&lower).contains(*word)) {
        "fen"
    } else {
        "yuan"
    }
}

/// Whether the samples show in which unit the amount is.
pub(super) fn unit_is_clear(field: &Field) -> bool {
    unit(field) != "yuan"
        || field.label.contains('元')
        || field.name.contains('元')
        || field.values.iter().any(|value| value.text.contains(['元', '￥', '¥']))
        || whole(&field.values) == Some(false)
}

fn places(field: &Field) -> &'static str {
    let two = |text: &str| text.split_once('.').is_some_and(|(_, places)| places.len() == 2);
    let bare: Vec<String> = field.values.iter().map(|value| bare_amount(&value.text)).collect();
    let filled = !bare.is_empty() && unit(field) == "yuan";
    if filled && bare.iter().all(|text| two(text)) { " 2" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::draft::values::Value;

    fn field(name: &str, texts: &[&str], sort: Sort) -> Field {
        let values = texts.iter().map(|text| Value { text: (*text).to_owned(), sort }).collect();
        Field { name: name.to_owned(), leaf: true, values, ..Field::default() }
    }

    #[test]
    fn steps_follow_the_values() {
        let to = |field: &Field, of: &Of| to(field, of, Format::Json, Some("list"));
        assert_eq!(to(&field("amount", &["35.50"], Sort::Text), &Of::Money), "money yuan CNY 2 quoted");
        assert_eq!(to(&field("amount_fen", &["3550"], Sort::Number), &Of::Money), "money fen CNY");
        assert_eq!(to(&field("罚款（万元）", &["0.2"], Sort::Number), &Of::Money), "money wan CNY");
        assert_eq!(
            to(&field("金额", &["358.00元", "￥1,200.00"], Sort::Text), &Of::Money),
            "before '￥' '¥' | after '元' | grouped | money yuan CNY 2"
        );
        let blanks = Field { blanks: true, ..field("at", &["2026/3/9"], Sort::Text) };
        assert_eq!(to(&blanks, &Of::Day), "ignore common | date 'yyyy/M/d'");
        assert_eq!(to(&field("at", &["20260309"], Sort::Text), &Of::Day), "date 'yyyyMMdd'");
        assert_eq!(to(&field("urgent", &["Y"], Sort::Text), &Of::Bool), "bool 'Y' 'N'");
        assert_eq!(to(&field("id", &["12"], Sort::Number), &Of::Text), "decimal");
        assert_eq!(to(&field("type", &["1"], Sort::Number), &Of::Words(Vec::new())), "code list number hold");
    }
}
