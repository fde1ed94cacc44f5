//! What stands in a start tag: attributes and namespace declarations.

use super::{Outcome, Reader};
use crate::wire::tree::{NodeId, NodeKind};
use crate::wire::xml::attributes::{Attributes, Raw};
use crate::wire::xml::characters::is_ncname;
use crate::wire::xml::faults;
use crate::wire::xml::references::push_value;

impl<'t> Reader<'t> {
    /// Cuts the attributes apart.
    pub(super) fn split(&mut self, rest: &'t str, rest_at: usize) -> Outcome<()> {
        self.raws.clear();
        if rest.is_empty() {
            return Ok(());
        }
        let mut attributes = Attributes::new(rest);
        loop {
            match attributes.next() {
                Ok(None) => return Ok(()),
                Ok(Some(raw)) if self.raws.len() < self.limits.attributes => self.raws.push(raw),
                Ok(Some(raw)) => {
                    let most = self.limits.attributes;
                    return Err(self.limit(
                        rest_at + raw.name_at,
                        "attributes",
                        "一个元素的属性个数",
                        "the number of attributes",
                        most,
                    ));
                }
                Err((bad, problem)) => return Err(self.at(problem, rest_at + bad)),
            }
        }
    }

    /// Binds the prefixes that this tag declares.
    pub(super) fn declare(&mut self, mark: usize, rest_at: usize) -> Outcome<()> {
        for index in 0..self.raws.len() {
            let Some(prefix) = declared_prefix(self.raws[index].name) else { continue };
            let (name_at, value_at) =
                (rest_at + self.raws[index].name_at, rest_at + self.raws[index].value_at);
            if !(self.raws[index].name == "xmlns" || is_ncname(prefix)) {
                return Err(self.at(faults::not_a_name(self.raws[index].name), name_at));
            }
            if self.namespaces.mark() >= self.limits.namespaces {
                let most = self.limits.namespaces;
                return Err(self.limit(
                    name_at,
                    "namespaces",
                    "同时有效的命名空间声明个数",
                    "the number of namespace declarations in force",
                    most,
                ));
            }
            let mut uri = String::new();
            push_value(self.raws[index].value, &mut uri)
                .map_err(|(bad, problem)| self.at(problem, value_at + bad))?;
            if uri.len() > self.limits.name {
                let most = self.limits.name;
                return Err(self.limit(
                    value_at,
                    "name",
                    "命名空间字节数",
                    "a namespace's size in bytes",
                    most,
                ));
            }
            let space = self.tree.space(&uri);
            self.namespaces.bind(mark, prefix, uri, space).map_err(|problem| self.at(problem, name_at))?;
        }
        Ok(())
    }

    /// Adds the attributes, refusing two with one expanded name.
    pub(super) fn attributes(&mut self, node: NodeId, rest_at: usize) -> Outcome<()> {
        if self.raws.is_empty() {
            return Ok(());
        }
        self.twins.clear();
        for index in 0..self.raws.len() {
            let Raw { name, value, name_at, value_at } = self.raws[index];
            if declared_prefix(name).is_some() {
                continue;
            }
            let (name_at, value_at) = (rest_at + name_at, rest_at + value_at);
            let sym = self.expand(name, name_at, true)?;
            let mut text = std::mem::take(&mut self.value);
            text.clear();
            push_value(value, &mut text).map_err(|(bad, problem)| self.at(problem, value_at + bad))?;
            self.fits(text.len(), value_at)?;
            let attribute = self.add(Some(node), NodeKind::Attribute, sym, name_at)?;
            self.tree.set_text(attribute, &text);
            self.value = text;
            self.twins.push((sym, name_at));
        }
        // Sorting keeps 256 attributes from being compared each with each.
        self.twins.sort_unstable();
        let Some(pair) = self.twins.windows(2).find(|pair| pair[0].0 == pair[1].0) else { return Ok(()) };
        let (sym, bad) = pair[1];
        Err(self.at(faults::twin(self.tree.expanded(sym).1), bad))
    }
}

/// `Some` prefix, empty for the default namespace, if the attribute of this name is a declaration.
fn declared_prefix(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("xmlns")?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix(':') }
}
