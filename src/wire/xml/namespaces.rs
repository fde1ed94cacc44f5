//! Prefixes in force while a document is read (Namespaces in XML 1.0, sections 2.2, 3, 5, 6).

use crate::domain::problem::{Problem, cut};
use crate::wire::tree::Space;

/// The name that the prefix `xml` is bound to for ever.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The name that the prefix `xmlns` is bound to for ever.
pub(crate) const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// A prefix, what it is bound to, and what the document's vocabulary knows that as.
struct Binding<'t> {
    prefix: &'t str,
    uri: String,
    space: Option<Space>,
}

/// The declarations in force, innermost last.
#[derive(Default)]
pub(super) struct Namespaces<'t> {
    bindings: Vec<Binding<'t>>,
}

impl<'t> Namespaces<'t> {
    /// How many declarations are in force: also the mark to come back to at the end of an element.
    pub(super) fn mark(&self) -> usize {
        self.bindings.len()
    }

    /// Forgets the declarations made since `mark`.
    pub(super) fn back_to(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }

    /// Binds a prefix, empty for the default namespace, on an element that began at `mark`; the vocabulary knows the
    /// namespace as `space`.
    pub(super) fn bind(
        &mut self,
        mark: usize,
        prefix: &'t str,
        uri: String,
        space: Option<Space>,
    ) -> Result<(), Problem> {
        let fault = |zh: &str, en: &str| {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            Err(Problem::new("xml-namespace", zh, en).with_found(&format!("{name}=\"{}\"", cut(&uri))))
        };
        if prefix == "xmlns" || uri == XMLNS {
            return fault(
                "xmlns 前缀及其命名空间不允许声明",
                "the prefix xmlns and its namespace may not be declared",
            );
        }
        if (prefix == "xml") != (uri == XML) {
            return fault(
                "前缀 xml 只能绑定它自己的命名空间,其他前缀也不能绑定它",
                "the prefix xml and its namespace belong to each other alone",
            );
        }
        if uri.is_empty() && !prefix.is_empty() {
            return fault("带前缀的命名空间不能为空", "a prefix may not be bound to nothing");
        }
        if self.bindings[mark..].iter().any(|bound| bound.prefix == prefix) {
            return fault("同一元素上重复声明命名空间前缀", "a prefix is declared twice on one element");
        }
        self.bindings.push(Binding { prefix, uri, space });
        Ok(())
    }

    /// The namespace of a prefix, and what the vocabulary knows it as; of the empty prefix, the default namespace or
    /// none.
    pub(super) fn resolve(&self, prefix: &str) -> Result<(&str, Option<Space>), Problem> {
        // Most names have no prefix. Two empty texts are not handed to `memcmp`, which some processors are slow at where
        // there is nothing to read: a twelfth of the time of reading and mapping was spent on it.
        let bound = if prefix.is_empty() {
            self.bindings.iter().rev().find(|bound| bound.prefix.is_empty())
        } else {
            self.bindings.iter().rev().find(|bound| bound.prefix == prefix)
        };
        match bound {
            Some(bound) => Ok((&bound.uri, bound.space)),
            None if prefix.is_empty() => Ok(("", None)),
            None if prefix == "xml" => Ok((XML, None)),
            None => Err(Problem::new(
                "xml-namespace",
                format!("命名空间前缀“{}”没有声明", cut(prefix)),
                format!("the prefix \u{201c}{}\u{201d} is not declared", cut(prefix)),
            )
            .with_found(prefix)
            .with_expected(format!("xmlns:{}=\"…\"", cut(prefix)))),
        }
    }
}
