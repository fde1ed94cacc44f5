//! What is wrong with a document, in words.
//!
//! Promise: each fault of well-formedness has one code and one wording, in Chinese and English, with what was found
//! and, where it can be said, what would be right. The place and the path are the reader's to add.

use quick_xml::errors::{Error, IllFormedError, SyntaxError};

use super::references::ampersand;
use crate::domain::problem::{Problem, cut};

/// `]]>` in text.
pub(super) fn section_end() -> Problem {
    Problem::new("xml-text", "文本中不允许出现“]]>”", "text may not hold \u{201c}]]>\u{201d}")
        .with_found("]]>")
        .with_expected("]]&gt;")
}

/// `--` in a comment.
pub(super) fn hyphens() -> Problem {
    Problem::new("xml-comment", "注释中不允许出现“--”", "a comment may not hold \u{201c}--\u{201d}")
        .with_found("--")
}

/// A processing instruction called `xml`, or what is no name.
pub(super) fn instruction(target: &str) -> Problem {
    let (zh, en) = ("处理指令的目标名称不合法", "the target of the processing instruction is not allowed");
    Problem::new("xml-instruction", zh, en).with_found(target)
}

/// An XML declaration that is not the first thing.
pub(super) fn late_declaration() -> Problem {
    let (zh, en) =
        ("XML 声明只能位于文档的最开头", "the XML declaration may stand at the very beginning only");
    Problem::new("xml-declaration", zh, en).with_found("<?xml")
}

/// A document type declaration.
pub(super) fn doctype() -> Problem {
    let (zh, en) = ("不接受文档类型声明 DOCTYPE", "a document type declaration is not accepted");
    Problem::new("xml-doctype", zh, en).with_found("<!DOCTYPE").with_expected("no DOCTYPE")
}

/// A second root element.
pub(super) fn second_root(name: &str) -> Problem {
    Problem::new("xml-root", "文档只能有一个根元素", "a document has one root element only")
        .with_found(&format!("<{name}"))
        .with_expected("one root element")
}

/// No root element.
pub(super) fn no_root() -> Problem {
    Problem::new("xml-root", "文档没有根元素", "the document has no root element")
}

/// Text before or behind the root element.
pub(super) fn text_outside(found: &str) -> Problem {
    Problem::new("xml-root", "根元素之外不允许有文本", "no text may stand outside the root element")
        .with_found(found)
        .with_expected("<")
}

/// An element, begun in `line`, whose end tag never comes.
pub(super) fn unclosed(name: &str, line: u32) -> Problem {
    Problem::new(
        "xml-syntax",
        format!("文档已结束，但第 {line} 行的元素“{name}”没有结束标签"),
        format!("the document ends, but the element \u{201c}{name}\u{201d} of line {line} is not closed"),
    )
    .with_found("end of document")
    .with_expected(format!("</{name}>"))
}

/// Two attributes of one expanded name.
pub(super) fn twin(name: &str) -> Problem {
    Problem::new(
        "xml-attribute",
        format!("属性“{name}”重复出现"),
        format!("the attribute \u{201c}{name}\u{201d} stands twice"),
    )
    .with_found(name)
}

/// What should be a name, and is none.
pub(super) fn not_a_name(name: &str) -> Problem {
    let shown = cut(name);
    Problem::new(
        "xml-name",
        format!("“{shown}”不是合法的 XML 名称"),
        format!("\u{201c}{shown}\u{201d} is not an XML name"),
    )
    .with_found(name)
    .with_expected("name, prefix:name")
}

/// The character at `at`, which XML does not allow.
pub(super) fn forbidden(text: &str, at: usize) -> Problem {
    let code = text[at..].chars().next().map_or(0, u32::from);
    Problem::new(
        "xml-character",
        format!("XML 不允许字符 U+{code:04X}"),
        format!("XML does not allow the character U+{code:04X}"),
    )
    .with_found(&format!("U+{code:04X}"))
}

/// What the tokenizer could not read, and where: the markup began at `at`, the tokenizer stopped at `error_at`.
pub(super) fn token(text: &str, error: &Error, at: usize, error_at: usize) -> (Problem, usize) {
    let syntax = |zh: &str, en: &str| Problem::new("xml-syntax", zh, en);
    let rest: String = text[at.min(text.len())..].chars().take(24).collect();
    let (problem, at) = match error {
        Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => (
            syntax("结束标签与开始标签不匹配", "the end tag does not match the start tag")
                .with_found(&format!("</{found}>"))
                .with_expected(format!("</{expected}>")),
            at,
        ),
        Error::IllFormed(IllFormedError::UnmatchedEndTag(found)) => (
            syntax("结束标签没有对应的开始标签", "the end tag closes nothing")
                .with_found(&format!("</{found}>")),
            at,
        ),
        Error::IllFormed(IllFormedError::DoubleHyphenInComment) => (hyphens(), at),
        Error::IllFormed(IllFormedError::UnclosedReference) => (ampersand(), error_at.max(at)),
        Error::Syntax(SyntaxError::UnclosedComment) => {
            (syntax("注释没有结束", "the comment is not closed").with_expected("-->"), at)
        }
        Error::Syntax(SyntaxError::UnclosedCData) => {
            (syntax("CDATA 段没有结束", "the CDATA section is not closed").with_expected("]]>"), at)
        }
        Error::Syntax(SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl) => {
            (syntax("处理指令没有结束", "the processing instruction is not closed").with_expected("?>"), at)
        }
        Error::Syntax(SyntaxError::UnclosedDoctype) => (doctype(), at),
        Error::Syntax(
            SyntaxError::UnclosedSingleQuotedAttributeValue | SyntaxError::UnclosedDoubleQuotedAttributeValue,
        ) => (
            syntax("属性值的引号没有结束", "the quote of an attribute is not closed").with_expected("\""),
            at,
        ),
        Error::Syntax(SyntaxError::UnclosedTag) => {
            (syntax("标签没有结束", "the tag is not closed").with_expected(">"), at)
        }
        _ => (syntax("此处不是合法的 XML 标记", "this is not XML markup"), at),
    };
    (if problem.found.is_none() { problem.with_found(&rest) } else { problem }, at)
}
