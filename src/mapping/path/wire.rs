//! Wire paths: parsing. `a/b`, `@id`, `.`, `#name`, `a[type='01']/b`, `a[2]`, `(x)`, `a*/b`, `*`, `info!json/x`,
//! `../x`, `/x`, `a + b`.
//!
//! Leaves walking them to [`super::find`] (reading) and [`super::place`] (writing).

use std::sync::Arc;

use crate::mapping::inner::Inner;
use crate::wire::tree::{Sym, Vocabulary};

/// An expanded name in the profile's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NameId(pub(crate) u32);

/// The names that a profile's paths use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    prefixes: Vec<(String, String)>,
    /// The symbol of each in XML, and where there are no namespaces.
    all: Vec<(Sym, Sym)>,
    vocabulary: Arc<Vocabulary>,
}

impl Names {
    /// An empty table over the prefixes of `[ns]`.
    pub(crate) fn new(prefixes: &[(String, String)]) -> Self {
        Self { prefixes: prefixes.to_vec(), all: Vec::new(), vocabulary: Arc::default() }
    }

    /// `(namespace, local name)`.
    pub(crate) fn expanded(&self, id: NameId) -> (&str, &str) {
        self.vocabulary.expanded(self.all[id.0 as usize].0)
    }

    /// The symbol of a name, as an XML node or a JSON node bears it, in documents that know [`Self::vocabulary`].
    pub(crate) fn symbol(&self, id: NameId, xml: bool) -> Sym {
        let (named, bare) = self.all[id.0 as usize];
        if xml { named } else { bare }
    }

    /// The names, for the reader of a document.
    pub(crate) const fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The id of a written name; `None` for a prefix that `[ns]` does not have.
    pub(crate) fn id(&mut self, written: &str, attribute: bool) -> Option<NameId> {
        let (namespace, local) = match written.split_once(':') {
            Some((prefix, local)) => (self.uri(prefix)?, local),
            None if attribute => (String::new(), written),
            None => (self.uri("").unwrap_or_default(), written),
        };
        // Not shared yet, so nothing is copied: documents come when the profile is compiled.
        let vocabulary = Arc::make_mut(&mut self.vocabulary);
        let symbols = (vocabulary.intern(&namespace, local), vocabulary.intern("", local));
        let known = self.all.iter().position(|known| *known == symbols);
        let index = known.unwrap_or_else(|| {
            self.all.push(symbols);
            self.all.len() - 1
        });
        u32::try_from(index).ok().map(NameId)
    }

    /// The written form of an element's name: `{}local` for one in no namespace, where a bare name has one.
    pub(crate) fn element(&self, namespace: &str, local: &str) -> String {
        if namespace.is_empty() && self.uri("").is_some_and(|default| !default.is_empty()) {
            return format!("{{}}{local}");
        }
        self.written(namespace, local, false)
    }

    /// The written form of an expanded name: with the prefix of `[ns]`, or `{uri}local`.
    pub(crate) fn written(&self, namespace: &str, local: &str, attribute: bool) -> String {
        if namespace.is_empty() {
            return local.to_owned();
        }
        match self.prefixes.iter().find(|(prefix, uri)| uri == namespace && !(attribute && prefix.is_empty()))
        {
            Some((prefix, _)) if prefix.is_empty() => local.to_owned(),
            Some((prefix, _)) => format!("{prefix}:{local}"),
            None => format!("{{{namespace}}}{local}"),
        }
    }

    /// The expanded name of a written one, as [`Self::written`] wrote it.
    pub(crate) fn expand(&self, written: &str, attribute: bool) -> (String, String) {
        if let Some((namespace, local)) = written.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            return (namespace.to_owned(), local.to_owned());
        }
        match written.split_once(':') {
            Some((prefix, local)) if self.uri(prefix).is_some() => {
                (self.uri(prefix).unwrap_or_default(), local.to_owned())
            }
            _ if attribute => (String::new(), written.to_owned()),
            _ => (self.uri("").unwrap_or_default(), written.to_owned()),
        }
    }

    /// The prefixes that `[ns]` has, for a message.
    pub(crate) fn prefixes(&self) -> &[(String, String)] {
        &self.prefixes
    }

    fn uri(&self, prefix: &str) -> Option<String> {
        if prefix == "xml" {
            return Some("http://www.w3.org/XML/1998/namespace".to_owned());
        }
        self.prefixes.iter().find(|(known, _)| known == prefix).map(|(_, uri)| uri.clone())
    }
}

/// A path from a block's node.
#[derive(Clone, Debug)]
pub(crate) struct WirePath {
    pub(crate) segments: Vec<Segment>,
    /// Whether the value is the node's own name (`#name`).
    pub(crate) own_name: bool,
    /// As written.
    pub(crate) text: Box<str>,
    /// Where it begins.
    pub(crate) start: Start,
    /// The other places of `a + b`.
    pub(crate) plus: Vec<WirePath>,
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// The block's node.
    Here,
    /// So many nodes above it: `../x`, `../../x`.
    Up(usize),
    /// The message's top node: `/x`.
    Top,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) axis: Axis,
    /// `[x='v']`: tests when reading, assignments when writing.
    pub(crate) tests: Vec<Test>,
    /// `[n]`, from 1.
    pub(crate) index: Option<usize>,
    /// `(x)`: this segment exists in XML only.
    pub(crate) xml_only: bool,
    /// `a*`: it repeats.
    pub(crate) star: bool,
    /// `!json`, `!xml`, `!base64`: its text is a document of its own.
    pub(crate) inner: Option<Inner>,
}

/// Where a segment leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    /// A child element or member.
    Child(NameId),
    /// An attribute.
    Attribute(NameId),
    /// A child of any name.
    Any,
}

/// One predicate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) axis: Axis,
    pub(crate) value: Box<str>,
}

/// Why a text is not a wire path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathFault {
    /// It does not parse; what is wrong, in both languages.
    Form(&'static str, &'static str),
    /// A prefix that `[ns]` does not have.
    Prefix(String),
}

impl WirePath {
    /// From a cell.
    pub(crate) fn parse(text: &str, names: &mut Names) -> Result<Self, PathFault> {
        let open = PathFault::Form("引号或括号未闭合", "an open quote or bracket");
        let parts = split(text, '+').ok_or(open)?;
        let mut path = one(parts[0].trim(), names)?;
        path.plus = parts[1..].iter().map(|part| one(part.trim(), names)).collect::<Result<_, _>>()?;
        path.text = text.into();
        Ok(path)
    }

    /// This place, and the others of `a + b`.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.plus)
    }

    /// Whether it leads out of the block's node.
    pub(crate) fn leads_out(&self) -> bool {
        self.places().any(|place| place.start != Start::Here)
    }
}

fn one(text: &str, names: &mut Names) -> Result<WirePath, PathFault> {
    let made = |start| WirePath {
        segments: Vec::new(),
        own_name: false,
        text: text.into(),
        start,
        plus: Vec::new(),
    };
    if text == "." {
        return Ok(made(Start::Here));
    }
    let mut rest = text;
    let mut start = Start::Here;
    if let Some(below) = rest.strip_prefix('/') {
        (rest, start) = (below, Start::Top);
    } else {
        while let Some(below) = rest.strip_prefix("../") {
            rest = below;
            start = match start {
                Start::Up(steps) => Start::Up(steps + 1),
                _ => Start::Up(1),
            };
        }
    }
    let mut path = made(start);
    let parts = split(rest, '/').ok_or(PathFault::Form("引号或括号未闭合", "an open quote or bracket"))?;
    let last = parts.len() - 1;
    for (index, part) in parts.into_iter().enumerate() {
        if part == "#name" && index == last {
            path.own_name = true;
            continue;
        }
        let made = segment(part, names)?;
        if index < last && made.inner.is_some_and(|inner| inner.document().is_none()) {
            return Err(PathFault::Form(
                "!base64 之后还有路径时应写 !base64!json 或 !base64!xml",
                "a path that goes on behind !base64 needs !base64!json or !base64!xml",
            ));
        }
        path.segments.push(made);
    }
    Ok(path)
}

fn segment(part: &str, names: &mut Names) -> Result<Segment, PathFault> {
    let empty = PathFault::Form("路径段为空", "an empty segment");
    let (part, xml_only) = match part.strip_prefix('(').and_then(|p| p.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (part, false),
    };
    let marks = split(part, '!').ok_or(PathFault::Form("引号或括号未闭合", "an open quote or bracket"))?;
    let (part, inner) = match marks.split_first() {
        Some((name, [])) => (*name, None),
        Some((name, _)) => {
            let inner = Inner::parse(&part[name.len()..]).filter(|_| !name.starts_with('@'));
            let inner = inner.ok_or(PathFault::Form(
                "元素名后可接 !json、!xml、!base64、!base64!json、!base64!xml",
                "expected !json, !xml, !base64, !base64!json or !base64!xml after the name of an element or member",
            ))?;
            (*name, Some(inner))
        }
        None => (part, None),
    };
    let name_end = part.strip_prefix('\'').map_or_else(
        || part.find('[').unwrap_or(part.len()),
        |rest| rest.find('\'').map_or(part.len(), |end| end + 2),
    );
    let (name, mut brackets) = part.split_at(name_end);
    let (name, star) = match name.strip_suffix('*') {
        Some("") | None => (name, false),
        Some(name) => (name, true),
    };
    if name.is_empty() {
        return Err(empty);
    }
    let mut made =
        Segment { axis: axis(name, names)?, tests: Vec::new(), index: None, xml_only, star, inner };
    while let Some(rest) = brackets.strip_prefix('[') {
        let end = rest.find(']').ok_or(PathFault::Form("缺少 ]", "a missing ]"))?;
        let inner = &rest[..end];
        if let Ok(index) = inner.parse::<usize>() {
            made.index = Some(index);
        } else {
            let (name, value) = inner.split_once('=').ok_or(PathFault::Form(
                "[ ] 内应为序号或 名='值'",
                "expected a number or name='value' in [ ]",
            ))?;
            made.tests.push(Test { axis: axis(name, names)?, value: unquoted(value).into() });
        }
        brackets = &rest[end + 1..];
    }
    if !brackets.is_empty() || made.index == Some(0) {
        return Err(PathFault::Form("路径段不合规", "a malformed segment"));
    }
    Ok(made)
}

fn axis(name: &str, names: &mut Names) -> Result<Axis, PathFault> {
    let id = |names: &mut Names, name: &str, attribute| {
        names
            .id(name, attribute)
            .ok_or_else(|| PathFault::Prefix(name.split(':').next().unwrap_or("").to_owned()))
    };
    if name == "*" {
        return Ok(Axis::Any);
    }
    if let Some(name) = name.strip_prefix('@') {
        return Ok(Axis::Attribute(id(names, name, true)?));
    }
    if name.starts_with('\'') {
        return Ok(Axis::Child(id(names, unquoted(name), false)?));
    }
    if name == ".." || name.contains(['(', ')', ' ']) {
        return Err(PathFault::Form("路径段不合规", "a malformed segment"));
    }
    Ok(Axis::Child(id(names, name, false)?))
}

/// Without its quotes.
pub(crate) fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).unwrap_or(text)
}

/// Splits at `sign` outside quotes and brackets.
pub(crate) fn split(text: &str, sign: char) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quoted) = (0, 0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '[' => depth += 1,
            ']' => depth = depth.checked_sub(1)?,
            c if c == sign && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (depth == 0 && !quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<WirePath, PathFault> {
        let ns = [(String::new(), "urn:a".to_owned()), ("x".to_owned(), "urn:x".to_owned())];
        WirePath::parse(text, &mut Names::new(&ns))
    }

    #[test]
    fn the_forms_of_a_wire_path() {
        assert_eq!(parse("a/x:b/@id").expect("a path").segments.len(), 3);
        assert!(parse(".").expect("a path").segments.is_empty());
        assert!(parse("#name").expect("a path").own_name);
        let chosen = parse("a[type='01'][2]/b").expect("a path");
        assert_eq!(chosen.segments[0].index, Some(2));
        assert_eq!(&*chosen.segments[0].tests[0].value, "01");
        assert!(parse("attributes/(attribute)").expect("a path").segments[1].xml_only);
        assert!(parse("a*/b").expect("a path").segments[0].star);
        assert!(matches!(parse("attribute/*").expect("a path").segments[1].axis, Axis::Any));
        assert_eq!(parse("info!json/x").expect("a path").segments[0].inner, Some(Inner::Json));
        assert_eq!(parse("a!base64").expect("a path").segments[0].inner, Some(Inner::Base64));
        assert_eq!(parse("../../a").expect("a path").start, Start::Up(2));
        assert_eq!(parse("/a/b").expect("a path").start, Start::Top);
        assert_eq!(parse("a + ../b + '+'").expect("a path").places().count(), 3);
        assert_eq!(parse("'金额/元'").expect("a path").segments.len(), 1);
    }

    #[test]
    fn what_is_not_a_wire_path() {
        assert!(matches!(parse("a//b"), Err(PathFault::Form(..))));
        assert!(matches!(parse("a[b"), Err(PathFault::Form(..))));
        assert!(matches!(parse("a[0]"), Err(PathFault::Form(..))));
        assert_eq!(parse("y:a").err(), Some(PathFault::Prefix("y".to_owned())));
        assert!(matches!(parse("a +"), Err(PathFault::Form(..))));
        assert!(matches!(parse("a!jsn/x"), Err(PathFault::Form(..))));
        assert!(matches!(parse("a!base64/x"), Err(PathFault::Form(..))));
        assert!(matches!(parse("a/../b"), Err(PathFault::Form(..))));
    }
}
