//! XML Schema → [`Shape`].
//!
//! Promise: follows every construct that names children: sequence, choice, all, groups, attribute groups, extension
//! and restriction of complex and simple content, references, substitution groups, form defaults, includes (also of
//! files without a namespace) and imports. A reference that leads nowhere makes its type open rather than narrower.
//! Types are walked here, what they hold in [`particles`].

mod particles;

use std::collections::HashMap;

use super::names::{Names, Place};
use super::shape::{Name, Shape, Type, TypeId};
use super::source::{Document, XS};
use crate::wire::tree::NodeId;
use particles::Occurs;

/// How deep groups may refer to groups: 32, as a guard against schemas whose groups go round in circles.
const GROUPS: usize = 32;

/// Particles visited in all: 200,000, ten times the largest real schema; groups that each name the next one twice
/// would otherwise double at every step.
const PARTICLES: usize = 200_000;

/// The shape of the schema in these files, the first of which is the main one.
pub(super) fn shape(documents: &[Document], names: &Names) -> Shape {
    let mut builder =
        Builder { documents, names, types: Vec::new(), known: HashMap::new(), budget: PARTICLES };
    let mut roots = Vec::new();
    for (file, document) in documents.iter().enumerate() {
        let Some(schema) = document.tree.root() else { continue };
        for (node, _) in document.words(schema).filter(|(_, word)| *word == "element") {
            if document.attribute(node, "abstract") != Some("true") {
                let local = document.attribute(node, "name").unwrap_or_default().to_owned();
                let name = Name { namespace: builder.names.targets[file].clone(), local };
                roots.push((name, builder.element_type(file, node)));
            }
        }
    }
    let mut typed = Vec::new();
    for (file, document) in documents.iter().enumerate() {
        let Some(schema) = document.tree.root() else { continue };
        for (node, _) in document.words(schema).filter(|(_, word)| *word == "complexType") {
            let local = document.attribute(node, "name").unwrap_or_default().to_owned();
            let name = Name { namespace: builder.names.targets[file].clone(), local };
            typed.push((name, builder.declared_type(file, node)));
        }
    }
    Shape { types: builder.types, roots, typed }
}

struct Builder<'d> {
    documents: &'d [Document],
    names: &'d Names<'d>,
    types: Vec<Type>,
    /// Types already begun, by their declaration.
    known: HashMap<Place, TypeId>,
    /// Particles that may still be visited.
    budget: usize,
}

impl Builder<'_> {
    fn fresh(&mut self, new: Type) -> TypeId {
        self.types.push(new);
        TypeId(self.types.len() - 1)
    }

    fn element_type(&mut self, file: usize, node: NodeId) -> TypeId {
        let document = &self.documents[file];
        if let Some(name) = document.attribute(node, "type") {
            return self.named_type(file, node, name);
        }
        let inline = document.words(node).find(|(_, word)| matches!(*word, "complexType" | "simpleType"));
        if let Some((inline, _)) = inline {
            return self.declared_type(file, inline);
        }
        // An element without a type takes its group head's, or any content at all.
        if let Some(head) = document.attribute(node, "substitutionGroup")
            && let Some((file, head)) = self.names.find("element", file, node, head)
        {
            return self.element_type(file, head);
        }
        self.fresh(Type { open: true, leaf: true, ..Type::default() })
    }

    fn named_type(&mut self, file: usize, node: NodeId, name: &str) -> TypeId {
        if let Some((file, node)) = self.names.find("type", file, node, name) {
            return self.declared_type(file, node);
        }
        let (namespace, local) = self.names.expand(file, node, name);
        let open = namespace != XS || local == "anyType";
        self.fresh(Type { name: Some(name.to_owned()), leaf: true, open, ..Type::default() })
    }

    fn declared_type(&mut self, file: usize, node: NodeId) -> TypeId {
        if let Some(known) = self.known.get(&(file, node)) {
            return *known;
        }
        let document = &self.documents[file];
        let name = document.attribute(node, "name").map(str::to_owned);
        let mixed = document.attribute(node, "mixed") == Some("true");
        let abstracted = is_true(document.attribute(node, "abstract"));
        let id = self.fresh(Type { name, mixed, abstracted, leaf: mixed, ..Type::default() });
        self.known.insert((file, node), id);
        let mut filled = std::mem::take(&mut self.types[id.0]);
        if document.word(node) == Some("simpleType") {
            filled.leaf = true;
            self.simple(file, node, &mut filled);
        } else {
            let mut rank = 0;
            self.complex(file, node, &mut filled, &mut rank, 0);
        }
        // What the recursion saw of this type meanwhile was its id alone.
        self.types[id.0] = filled;
        id
    }

    fn simple(&self, file: usize, node: NodeId, into: &mut Type) {
        let document = &self.documents[file];
        for (child, word) in document.words(node) {
            match word {
                "restriction" => {
                    let values = document.words(child).filter(|(_, word)| *word == "enumeration");
                    into.enumeration.extend(
                        values.filter_map(|(n, _)| document.attribute(n, "value")).map(str::to_owned),
                    );
                    if into.enumeration.is_empty()
                        && let Some(base) = document.attribute(child, "base")
                        && let Some((file, base)) = self.names.find("type", file, child, base)
                        && (file, base) != (file, node)
                        && self.documents[file].word(base) == Some("simpleType")
                    {
                        self.simple(file, base, into);
                    }
                }
                "union" | "list" => into.enumeration.clear(),
                _ => {}
            }
        }
    }

    /// A wildcard opens the type: to all names, or to those of other namespaces than the schema's own.
    fn wildcard(&self, file: usize, node: NodeId, into: &mut Type) {
        let own = &*self.names.targets[file];
        let said = self.documents[file].attribute(node, "namespace").unwrap_or("##any");
        let admits = |word: &str| match word {
            "##any" | "##targetNamespace" | "##local" => true,
            "##other" => false,
            uri => uri == own,
        };
        if said.split_whitespace().any(admits) { into.open_up() } else { into.open_to_others(own) }
    }

    /// The content of a complex type, or of the derivation within it.
    fn complex(&mut self, file: usize, node: NodeId, into: &mut Type, rank: &mut u32, depth: usize) {
        let documents = self.documents;
        let document = &documents[file];
        if depth > GROUPS {
            into.open_up();
            return;
        }
        for (child, word) in document.words(node) {
            match word {
                "complexContent" => {
                    into.mixed |= document.attribute(child, "mixed") == Some("true");
                    self.complex(file, child, into, rank, depth);
                }
                "simpleContent" => {
                    into.leaf = true;
                    self.complex(file, child, into, rank, depth);
                }
                "extension" | "restriction" => {
                    let base = document
                        .attribute(child, "base")
                        .and_then(|base| self.names.find("type", file, child, base));
                    if let Some((base_file, base)) = base {
                        if documents[base_file].word(base) == Some("simpleType") {
                            into.leaf = true;
                            self.simple(base_file, base, into);
                        } else {
                            // A restriction repeats its content model, but not its attributes.
                            let mut inherited = Type::default();
                            self.complex(base_file, base, &mut inherited, rank, depth + 1);
                            into.leaf |= inherited.leaf;
                            into.attributes.extend(inherited.attributes);
                            if word == "extension" {
                                match inherited.closed_to {
                                    Some(own) => into.open_to_others(&own),
                                    None if inherited.open => into.open_up(),
                                    None => {}
                                }
                                into.chooses |= inherited.chooses;
                                into.children.extend(inherited.children);
                            }
                        }
                    } else if word == "extension"
                        && document.attribute(child, "base").is_some_and(|base| base.ends_with("anyType"))
                    {
                        into.open_up();
                    }
                    self.complex(file, child, into, rank, depth);
                }
                "sequence" | "choice" | "all" | "group" | "element" | "any" => {
                    self.particle(file, child, word, Occurs::ONCE, into, rank, depth);
                }
                "attribute" => self.attribute(file, child, into),
                "attributeGroup" => {
                    let target = document
                        .attribute(child, "ref")
                        .and_then(|name| self.names.find("attributeGroup", file, child, name));
                    if let Some((file, target)) = target {
                        self.complex(file, target, into, rank, depth + 1);
                    }
                }
                "anyAttribute" => self.wildcard(file, child, into),
                "enumeration" => {
                    into.enumeration.extend(document.attribute(child, "value").map(str::to_owned));
                }
                _ => {}
            }
        }
    }
}

/// Whether a boolean of a schema is true.
fn is_true(value: Option<&str>) -> bool {
    matches!(value.map(str::trim), Some("true" | "1"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::wire::schema::source::load;

    #[test]
    fn content_models_are_seen_through() {
        let main = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns:t='urn:t' targetNamespace='urn:t' elementFormDefault='qualified'>
            <xs:include schemaLocation='part.xsd'/>
            <xs:element name='doc'><xs:complexType><xs:complexContent><xs:extension base='t:base'><xs:sequence>
              <xs:group ref='t:g'/>
              <xs:choice maxOccurs='unbounded'><xs:element name='x' type='xs:string'/><xs:element name='y' type='t:Code'/></xs:choice>
              <xs:choice><xs:element name='p' type='xs:int'/><xs:element name='q' minOccurs='0' form='unqualified'/></xs:choice>
              <xs:element ref='t:head' minOccurs='0'/>
              <xs:element name='child' type='t:node' minOccurs='0' maxOccurs='2'/>
              <xs:any namespace='##other' minOccurs='0'/>
            </xs:sequence><xs:attributeGroup ref='t:ag'/></xs:extension></xs:complexContent></xs:complexType></xs:element>
            <xs:complexType name='base'><xs:sequence><xs:element name='first' type='t:Money'/></xs:sequence></xs:complexType>
            <xs:group name='g'><xs:sequence><xs:element name='in' type='xs:date'/></xs:sequence></xs:group>
            <xs:attributeGroup name='ag'><xs:attribute name='id' use='required'/><xs:attribute ref='xml:lang'/></xs:attributeGroup>
            <xs:complexType name='node'><xs:sequence><xs:element name='node' type='t:node' minOccurs='0'/></xs:sequence></xs:complexType>
            <xs:element name='head' abstract='true'/><xs:element name='one' substitutionGroup='t:head' type='xs:int'/>
            <xs:element name='two' substitutionGroup='t:head' type='xs:int'/></xs:schema>";
        let part = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>
            <xs:simpleType name='Code'><xs:restriction base='xs:string'><xs:enumeration value='01'/><xs:enumeration value='02'/></xs:restriction></xs:simpleType>
            <xs:complexType name='Money'><xs:simpleContent><xs:extension base='xs:decimal'><xs:attribute name='cur' type='Code'/></xs:extension></xs:simpleContent></xs:complexType></xs:schema>";
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let files = BTreeMap::from([file("main.xsd", main), file("part.xsd", part)]);
        let documents = load("main.xsd", &files, &BTreeMap::new()).unwrap();
        let names = Names::new(&documents);
        assert_eq!(names.dangling(), []);
        let shape = shape(&documents, &names);
        let doc = shape.of(shape.root("urn:t", "doc").unwrap());
        let told: Vec<String> = doc
            .children
            .iter()
            .map(|c| {
                let required = if c.required { "!" } else { "" };
                let repeats = if c.repeats { "*" } else { "" };
                let unqualified = if c.namespace.is_empty() { "~" } else { "" };
                format!("{unqualified}{}{required}{repeats}@{}", c.name, c.rank)
            })
            .collect();
        assert_eq!(told, ["first!@1", "in!@2", "x*@3", "y*@3", "p@4", "~q@5", "one@6", "two@6", "child*@7"]);
        assert!(doc.open);
        let attributes: Vec<(&str, bool)> =
            doc.attributes.iter().map(|a| (a.name.as_str(), a.required)).collect();
        assert_eq!(attributes, [("id", true), ("lang", false)]);
        let id = |name: &str| doc.children.iter().find(|c| c.name == name).unwrap().of;
        assert_eq!(shape.of(id("y")).enumeration, ["01", "02"]);
        assert_eq!(shape.child(id("child"), "urn:t", "node").unwrap().of, id("child"));
        let first = shape.of(id("first"));
        assert!(first.leaf && shape.of(first.attributes[0].of).enumeration.len() == 2);
        assert_eq!(doc.children[2].line, 5);
        assert!(shape.root("urn:t", "head").is_none());
    }
}
