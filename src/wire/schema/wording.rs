//! What the XSD validator says, in the house's words.
//!
//! Promise: every message gets a stable code and a Chinese and an English sentence; one whose form is not known here
//! is passed on as it is rather than lost. The validator tells most details only in its sentence, so the sentence is
//! taken apart.

use fastxml::{StructuredError, ValidationErrorType as Kind};

use crate::domain::problem::cut;

/// One message, understood.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) code: &'static str,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) found: Option<String>,
    pub(super) expected: Option<String>,
    /// The attribute it is about.
    pub(super) attribute: Option<String>,
}

/// Understands a message about an element that holds `text`.
pub(super) fn understand(error: &StructuredError, text: &str) -> Said {
    let name = error.node_name.as_deref().unwrap_or_default();
    let message: &str = &error.message;
    let rest = message
        .strip_prefix("invalid content for ")
        .unwrap_or(message)
        .strip_prefix(&format!("element '{name}'"))
        .unwrap_or(message);
    let rest = rest.strip_prefix(": ").unwrap_or(rest).trim_start();
    if let Some(said) = about_attribute(rest) {
        return said;
    }
    if let Some(said) = about_value(rest, text) {
        return said;
    }
    about_structure(error, name, rest)
}

fn about_attribute(rest: &str) -> Option<Said> {
    if let Some(name) = rest.strip_prefix("required attribute '").and_then(|r| r.strip_suffix("' is missing"))
    {
        return Some(Said {
            code: "xsd-attribute-missing",
            zh: format!("缺少必填属性“{name}”"),
            en: format!("the required attribute \u{201c}{name}\u{201d} is missing"),
            expected: Some(format!("@{name}")),
            ..Said::default()
        });
    }
    let (name, rest) = rest.strip_prefix("attribute '")?.split_once('\'')?;
    if rest.starts_with(" is not allowed") || rest.starts_with(" matched a strict wildcard") {
        return Some(Said {
            code: "xsd-attribute-unknown",
            zh: format!("此处不允许属性“{name}”"),
            en: format!("the attribute \u{201c}{name}\u{201d} is not allowed here"),
            found: Some(name.to_owned()),
            ..Said::default()
        });
    }
    let mut said = about_value(rest.trim_start_matches(": ").trim_start(), "").unwrap_or_else(|| Said {
        code: "xsd-value",
        zh: format!("属性“{name}”的值不符合模式:{rest}"),
        en: format!("the attribute \u{201c}{name}\u{201d} is not valid: {rest}"),
        ..Said::default()
    });
    said.attribute = Some(name.to_owned());
    Some(said)
}

/// A value that breaks a rule of its type.
fn value(zh: String, en: String, found: &str, expected: &str) -> Said {
    Said {
        code: "xsd-value",
        zh,
        en,
        found: Some(found.to_owned()),
        expected: Some(expected.to_owned()),
        attribute: None,
    }
}

fn about_value(rest: &str, text: &str) -> Option<Said> {
    about_length(rest, text).or_else(|| about_quoted(rest))
}

fn about_length(rest: &str, text: &str) -> Option<Said> {
    let length = |zh: &str, en: &str, found: &str, sign: &str, limit: &str| {
        let wanted = format!("{sign} {limit}");
        value(format!("{zh} {found},应{wanted}"), format!("{en} {found}, must be {wanted}"), text, &wanted)
    };
    if let Some(rest) = rest.strip_prefix("value length ") {
        for (word, sign) in
            [(" is less than minimum ", "≥"), (" exceeds maximum ", "≤"), (" does not match required ", "=")]
        {
            if let Some((found, limit)) = rest.split_once(word) {
                return Some(length("长度为", "the length is", found, sign, limit));
            }
        }
    }
    if let Some(rest) = rest.strip_prefix("value has ") {
        for (word, zh, en) in [
            (" fraction digits, maximum is ", "小数位数为", "the number of fraction digits is"),
            (" digits, maximum is ", "总位数为", "the number of digits is"),
        ] {
            if let Some((found, limit)) = rest.split_once(word) {
                return Some(length(zh, en, found, "≤", limit));
            }
        }
    }
    None
}

fn about_quoted(rest: &str) -> Option<Said> {
    if let Some((expected, found)) = rest
        .strip_prefix("must have the fixed value '")
        .and_then(|r| r.strip_suffix('\''))
        .and_then(|r| r.split_once("', found '"))
    {
        let (shown, wanted) = (cut(found), cut(expected));
        return Some(value(
            format!("值“{shown}”应为固定值“{wanted}”"),
            format!("the value \u{201c}{shown}\u{201d} must be \u{201c}{wanted}\u{201d}"),
            found,
            expected,
        ));
    }
    let quoted = rest.strip_prefix("value ").unwrap_or(rest).strip_prefix('\'')?;
    for (word, zh, en, sign) in [
        ("' is below minimum '", "小于下限", "is below the minimum", "≥"),
        ("' exceeds maximum '", "大于上限", "is above the maximum", "≤"),
        ("' must be greater than '", "应大于", "must be above", ">"),
        ("' must be less than '", "应小于", "must be below", "<"),
    ] {
        if let Some((found, limit)) = quoted.rsplit_once(word) {
            let (shown, limit) = (cut(found), limit.trim_end_matches('\''));
            return Some(value(
                format!("值“{shown}”{zh} {limit}"),
                format!("the value \u{201c}{shown}\u{201d} {en} {limit}"),
                found,
                &format!("{sign} {limit}"),
            ));
        }
    }
    if let Some((found, pattern)) = quoted.split_once("' does not match pattern '") {
        let pattern = pattern.trim_end_matches('\'');
        let pattern = pattern.strip_prefix("^(?:").and_then(|p| p.strip_suffix(")$")).unwrap_or(pattern);
        let shown = cut(found);
        return Some(value(
            format!("值“{shown}”不符合格式 {pattern}"),
            format!("the value \u{201c}{shown}\u{201d} does not match {pattern}"),
            found,
            pattern,
        ));
    }
    if let Some((found, list)) = quoted.split_once("' not in allowed values: ") {
        // The validator keeps the values in a set without an order.
        let mut values: Vec<&str> =
            list.trim_matches(['[', ']']).split(", ").map(|v| v.trim_matches('"')).collect();
        values.sort_unstable();
        let (shown, wanted) = (cut(found), values.join(", "));
        return Some(value(
            format!("值“{shown}”不在允许的取值之中"),
            format!("the value \u{201c}{shown}\u{201d} is not one of those allowed"),
            found,
            &wanted,
        ));
    }
    if let Some((found, kind)) = quoted.rsplit_once("' is not a valid ") {
        let shown = cut(found);
        return Some(value(
            format!("值“{shown}”不是合法的 {kind}"),
            format!("the value \u{201c}{shown}\u{201d} is not a valid {kind}"),
            found,
            kind,
        ));
    }
    if let Some((found, why)) = quoted.split_once("' ") {
        let shown = cut(found);
        let mut said = value(
            format!("值“{shown}”不合法:{why}"),
            format!("the value \u{201c}{shown}\u{201d} is not valid: {why}"),
            found,
            "",
        );
        said.expected = None;
        return Some(said);
    }
    None
}

fn about_structure(error: &StructuredError, name: &str, rest: &str) -> Said {
    let clean = |text: &str| text.replace('\'', "");
    let expected = error.expected.as_deref().map(clean);
    let wanted = expected.clone().unwrap_or_default();
    let said = |code, zh: String, en: String, found: Option<&str>| Said {
        code,
        zh,
        en,
        found: found.map(str::to_owned),
        expected: expected.clone(),
        attribute: None,
    };
    match error.error_type {
        Kind::UnknownElement => said(
            "xsd-element",
            format!("模式中没有声明元素“{name}”"),
            format!("the schema does not declare the element \u{201c}{name}\u{201d}"),
            Some(name),
        ),
        Kind::MissingRequiredElement | Kind::TooFewOccurrences if !wanted.is_empty() => said(
            "xsd-incomplete",
            format!("元素“{name}”的内容不完整,缺少:{wanted}"),
            format!("the content of \u{201c}{name}\u{201d} is incomplete, missing: {wanted}"),
            None,
        ),
        Kind::TooManyOccurrences => said(
            "xsd-element",
            format!("元素“{name}”出现次数过多"),
            format!("the element \u{201c}{name}\u{201d} stands too often: {rest}"),
            Some(name),
        ),
        Kind::InvalidContent if rest.starts_with("is not expected here") => {
            let none = wanted == "no further elements";
            let zh = if none { "此处不应再有元素".to_owned() } else { format!("应为 {wanted}") };
            let en = if none { "nothing more is expected".to_owned() } else { format!("expected: {wanted}") };
            said(
                "xsd-element",
                format!("此处不允许元素“{name}”,{zh}"),
                format!("the element \u{201c}{name}\u{201d} is not allowed here, {en}"),
                Some(name),
            )
        }
        Kind::InvalidContent if rest.starts_with("has element-only content") => said(
            "xsd-text",
            format!("元素“{name}”只能包含子元素,不能包含文本"),
            format!("the element \u{201c}{name}\u{201d} may hold elements only, no text"),
            None,
        ),
        Kind::InvalidContent if rest.contains("xsi:nil") => said(
            "xsd-nil",
            format!("元素“{name}”的 xsi:nil 不合法"),
            error.message.to_string(),
            Some("xsi:nil"),
        ),
        Kind::InvalidContent if rest.starts_with("is abstract") => said(
            "xsd-element",
            format!("元素“{name}”是抽象的,不能直接使用"),
            format!("the element \u{201c}{name}\u{201d} is abstract"),
            Some(name),
        ),
        Kind::IdentityConstraint => said(
            "xsd-identity",
            format!("唯一性或引用约束不成立:{}", error.message),
            error.message.to_string(),
            None,
        ),
        _ => {
            let mut said = said(
                "xsd-invalid",
                format!("元素“{name}”不符合模式:{rest}"),
                error.message.to_string(),
                None,
            );
            said.found = error.found.as_deref().map(str::to_owned);
            said
        }
    }
}
