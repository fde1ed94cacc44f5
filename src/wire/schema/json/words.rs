//! What is said of the faults that the JSON Schema validator finds, in Chinese and English.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

/// Code, Chinese, English, and what was expected.
pub(super) type Words = (&'static str, String, String, Option<String>);

/// What is said of a fault; `shown` is what stands there, cut short.
pub(super) fn wording(error: &ValidationError<'_>, shown: &str) -> Words {
    let value = |zh: String, en: String, expected: String| ("json-value", zh, en, Some(expected));
    let bound = |zh: &str, en: &str, sign: &str, limit: String| {
        value(
            format!("{zh}应{sign} {limit}"),
            format!("{en} must be {sign} {limit}"),
            format!("{sign} {limit}"),
        )
    };
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().map_or_else(|| property.to_string(), str::to_owned);
            let (zh, en) = (
                format!("缺少必填成员“{name}”"),
                format!("the required member \u{201c}{name}\u{201d} is missing"),
            );
            ("json-missing", zh, en, Some(name))
        }
        Kind::Type { kind } => {
            let wanted = match kind {
                jsonschema::error::TypeKind::Single(one) => one.to_string(),
                jsonschema::error::TypeKind::Multiple(several) => {
                    several.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" | ")
                }
            };
            let (zh, en) = (
                format!("“{shown}”的类型应为 {wanted}"),
                format!("\u{201c}{shown}\u{201d} must be of type {wanted}"),
            );
            ("json-type", zh, en, Some(wanted))
        }
        Kind::Enum { options } => {
            let wanted = options
                .as_array()
                .map_or_else(String::new, |options| options.iter().map(plain).collect::<Vec<_>>().join(", "));
            value(
                format!("值“{shown}”不在允许的取值之中"),
                format!("the value \u{201c}{shown}\u{201d} is not one of those allowed"),
                short(&wanted),
            )
        }
        Kind::Constant { expected_value } => {
            let wanted = plain(expected_value);
            value(
                format!("值“{shown}”应为“{wanted}”"),
                format!("the value \u{201c}{shown}\u{201d} must be \u{201c}{wanted}\u{201d}"),
                short(&wanted),
            )
        }
        Kind::Pattern { pattern } => value(
            format!("值“{shown}”不符合格式 {pattern}"),
            format!("the value \u{201c}{shown}\u{201d} does not match {pattern}"),
            pattern.clone(),
        ),
        Kind::Format { format } => value(
            format!("值“{shown}”不是合法的 {format}"),
            format!("the value \u{201c}{shown}\u{201d} is not a valid {format}"),
            format.clone(),
        ),
        Kind::MinLength { limit } => bound("长度", "the length", "≥", limit.to_string()),
        Kind::MaxLength { limit } => bound("长度", "the length", "≤", limit.to_string()),
        Kind::Minimum { limit } => bound("数值", "the number", "≥", limit.to_string()),
        Kind::Maximum { limit } => bound("数值", "the number", "≤", limit.to_string()),
        Kind::ExclusiveMinimum { limit } => bound("数值", "the number", ">", limit.to_string()),
        Kind::ExclusiveMaximum { limit } => bound("数值", "the number", "<", limit.to_string()),
        Kind::MinItems { limit } => bound("元素个数", "the number of items", "≥", limit.to_string()),
        Kind::MaxItems { limit } => bound("元素个数", "the number of items", "≤", limit.to_string()),
        Kind::MinProperties { limit } => bound("成员个数", "the number of members", "≥", limit.to_string()),
        Kind::MaxProperties { limit } => bound("成员个数", "the number of members", "≤", limit.to_string()),
        Kind::OneOfNotValid { .. } | Kind::AnyOf { .. } => (
            "json-choice",
            "不符合任何一种允许的形式".to_owned(),
            "fits none of the forms allowed".to_owned(),
            None,
        ),
        Kind::OneOfMultipleValid { .. } => (
            "json-choice",
            "同时符合多种形式,只允许一种".to_owned(),
            "fits more than one of the forms, only one is allowed".to_owned(),
            None,
        ),
        _ => {
            let text = error.to_string();
            ("json-invalid", format!("不符合模式:{text}"), text, None)
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn short(text: &str) -> String {
    // A list of values may hold thousands.
    let mut short: String = text.chars().take(400).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
