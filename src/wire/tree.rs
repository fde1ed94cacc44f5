//! One tree for XML, JSON and forms: what the mapping reads and writes.
//!
//! Nodes live in an arena and are linked, so that a writer may put a child anywhere. Every node knows its place in
//! the document it came from.
//!
//! | source | becomes |
//! |---|---|
//! | XML element | [`NodeKind::Element`]; attributes are its first children; its text is its own when it has no child elements, else [`NodeKind::Text`] children in place |
//! | JSON object, array | [`NodeKind::Object`], [`NodeKind::Array`]; an item of an array bears the array's name |
//! | JSON leaf | [`NodeKind::String`], [`NodeKind::Number`] (its literal), [`NodeKind::Bool`], [`NodeKind::Null`] |
//! | row of a table | a [`NodeKind::Object`] in one array `row`, its cells [`NodeKind::String`]s by their columns' names |
//! | form field | a [`NodeKind::String`] in one [`NodeKind::Object`]; `a[b]=v` nests |

mod counted;
mod edit;
mod place;

use std::sync::Arc;

use self::counted::Counted;
pub use self::place::{line_column, line_columns};
use crate::wire::origin::Origins;
use crate::wire::sheet::Table;
pub use crate::wire::vocabulary::{Space, Sym, Vocabulary};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// An XML element.
    Element,
    /// An XML attribute.
    Attribute,
    /// Character data between the children of a mixed element.
    Text,
    /// A JSON object, or a form.
    Object,
    /// A JSON array.
    Array,
    /// A JSON string or a form value.
    String,
    /// A JSON number; its text is the literal as written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
}

/// A node of one tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// Its place among all nodes of its tree, in the order in which they were added; below [`Tree::len`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Node {
    name: Sym,
    kind: NodeKind,
    parent: u32,
    first: u32,
    last: u32,
    next: u32,
    text: (u32, u32),
    at: u32,
}

/// A document.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    text: String,
    /// Names known before the document came; symbols beyond them are the tree's own.
    vocabulary: Arc<Vocabulary>,
    names: Vocabulary,
    root: Option<NodeId>,
    source: String,
    origins: Origins,
    table: Option<Box<Table>>,
    /// What whoever asks for many places and paths asks for again and again; made when the first asks.
    counted: Counted,
}

impl Tree {
    /// An empty tree, to be filled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty tree over `source`, the decoded document that positions refer to.
    #[must_use]
    pub fn over(source: String) -> Self {
        Self { source, ..Self::default() }
    }

    /// The decoded document, empty when the tree was not read from one.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The same tree over `source`: readers that borrow the text hand it over at the end.
    #[must_use]
    pub fn with_source(mut self, source: String) -> Self {
        self.source = source;
        self
    }

    /// The same tree, its source being put together of pieces of a longer document.
    #[must_use]
    pub fn with_origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    /// The same tree, read from a table.
    #[must_use]
    pub fn with_table(mut self, table: Table) -> Self {
        self.table = Some(Box::new(table));
        self
    }

    /// The table it was read from, if it was read from one.
    #[must_use]
    pub fn table(&self) -> Option<&Table> {
        self.table.as_deref()
    }

    /// An empty tree that knows these names by their own symbols.
    #[must_use]
    pub fn knowing(vocabulary: &Arc<Vocabulary>) -> Self {
        Self { vocabulary: Arc::clone(vocabulary), ..Self::default() }
    }

    /// The same tree, with room for a document of so many bytes: its nodes and texts, and as many that a writer adds.
    #[must_use]
    pub fn expecting(mut self, bytes: usize) -> Self {
        // A tag, its end and what stands between them take some 32 bytes of a document; where they take less, the room
        // grows. At most some pages are asked for: a long document pays for its growth itself.
        let bytes = bytes.min(64 * 1024);
        self.nodes.reserve(2 * bytes / 32);
        self.text.reserve(bytes);
        self
    }

    /// The names it knew from the beginning.
    #[must_use]
    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// The symbol of an expanded name (`namespace` is empty for none, and for JSON), made if it is new.
    pub fn intern(&mut self, namespace: &str, local: &str) -> Sym {
        self.vocabulary.symbol(namespace, local).unwrap_or_else(|| {
            let Sym(own) = self.names.intern(namespace, local);
            Sym(own + self.known())
        })
    }

    /// A namespace of the names it knew from the beginning.
    #[must_use]
    pub fn space(&self, namespace: &str) -> Option<Space> {
        self.vocabulary.space(namespace)
    }

    /// The symbol of a name in a namespace that it knew from the beginning, if it knew the name, too.
    #[must_use]
    pub fn symbol_in(&self, space: Space, local: &str) -> Option<Sym> {
        self.vocabulary.symbol_in(space, local)
    }

    /// The symbol of an expanded name, if the document has it anywhere.
    #[must_use]
    pub fn symbol(&self, namespace: &str, local: &str) -> Option<Sym> {
        let own = || self.names.symbol(namespace, local).map(|Sym(own)| Sym(own + self.known()));
        self.vocabulary.symbol(namespace, local).or_else(own)
    }

    /// `(namespace, local name)` of a symbol.
    #[must_use]
    pub fn expanded(&self, sym: Sym) -> (&str, &str) {
        match sym.0.checked_sub(self.known()) {
            None => self.vocabulary.expanded(sym),
            Some(own) => self.names.expanded(Sym(own)),
        }
    }

    fn known(&self) -> u32 {
        u32::try_from(self.vocabulary.len()).unwrap_or(NONE)
    }

    /// The top node.
    #[must_use]
    pub fn root(&self) -> Option<NodeId> {
        self.root
    }

    /// Bytes that the document and what was made of it take, about.
    #[must_use]
    pub fn held(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.text.capacity() + self.source.capacity()
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Every node, in the order in which they were added; those that were detached, too.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(NONE)).map(NodeId)
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Adds a node as the last child of `parent` (or as the root). `at` is its byte offset in [`Tree::source`].
    pub fn add(
        &mut self,
        parent: Option<NodeId>,
        kind: NodeKind,
        name: Sym,
        text: &str,
        at: usize,
    ) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(NONE));
        let text = self.keep(text);
        let parent_index = parent.map_or(NONE, |p| p.0);
        let at = u32::try_from(at).unwrap_or(NONE);
        self.nodes.push(Node {
            name,
            kind,
            parent: parent_index,
            first: NONE,
            last: NONE,
            next: NONE,
            text,
            at,
        });
        match parent {
            None => self.root = Some(id),
            Some(parent) => {
                self.counted.forget(parent);
                let last = self.nodes[parent.0 as usize].last;
                if last == NONE {
                    self.nodes[parent.0 as usize].first = id.0;
                } else {
                    self.nodes[last as usize].next = id.0;
                }
                self.nodes[parent.0 as usize].last = id.0;
            }
        }
        id
    }

    fn keep(&mut self, text: &str) -> (u32, u32) {
        let start = self.text.len();
        self.text.push_str(text);
        (u32::try_from(start).unwrap_or(NONE), u32::try_from(text.len()).unwrap_or(NONE))
    }

    /// Replaces a node's text.
    pub fn set_text(&mut self, node: NodeId, text: &str) {
        self.nodes[node.0 as usize].text = self.keep(text);
    }

    /// Replaces a node's kind: a JSON writer turns a string into a number, say.
    pub fn set_kind(&mut self, node: NodeId, kind: NodeKind) {
        self.nodes[node.0 as usize].kind = kind;
        self.counted.forget(node);
        if let Some(parent) = self.parent(node) {
            self.counted.forget(parent);
        }
    }

    /// What a node is.
    #[must_use]
    pub fn kind(&self, node: NodeId) -> NodeKind {
        self.nodes[node.0 as usize].kind
    }

    /// A node's name.
    #[must_use]
    pub fn name(&self, node: NodeId) -> Sym {
        self.nodes[node.0 as usize].name
    }

    /// A node's local name.
    #[must_use]
    pub fn local(&self, node: NodeId) -> &str {
        self.expanded(self.name(node)).1
    }

    /// A leaf's text: character data, string, literal; empty for objects, arrays and elements with children.
    #[must_use]
    pub fn text(&self, node: NodeId) -> &str {
        let (start, len) = self.nodes[node.0 as usize].text;
        &self.text[start as usize..(start + len) as usize]
    }

    /// The node above.
    #[must_use]
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.nodes[node.0 as usize].parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// The nodes below, attributes first, in document order.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let mut next = self.nodes[node.0 as usize].first;
        std::iter::from_fn(move || {
            if next == NONE {
                return None;
            }
            let child = NodeId(next);
            next = self.nodes[next as usize].next;
            Some(child)
        })
    }

    /// The node after `node` under the same parent.
    #[must_use]
    pub fn following(&self, node: NodeId) -> Option<NodeId> {
        let next = self.nodes[node.0 as usize].next;
        (next != NONE).then_some(NodeId(next))
    }

    /// Byte offset of a node in [`Tree::source`].
    #[must_use]
    pub fn offset(&self, node: NodeId) -> usize {
        self.nodes[node.0 as usize].at as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_known_beforehand_keep_their_symbols() {
        let mut known = Vocabulary::default();
        let a = known.intern("urn:x", "a");
        let mut tree = Tree::knowing(&Arc::new(known));
        let b = tree.intern("urn:x", "b");
        assert_eq!(tree.intern("urn:x", "a"), a);
        assert_ne!(a, b);
        assert_eq!((tree.expanded(a), tree.expanded(b)), (("urn:x", "a"), ("urn:x", "b")));
        assert_eq!((tree.symbol("urn:x", "b"), tree.symbol("", "b")), (Some(b), None));
    }
}
