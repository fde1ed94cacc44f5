//! Damage done to a valid document that a schema should notice, or should not: the result is always well-formed.

use super::element::{Element, Node};
use super::values::VALUES;
use crate::dice::Dice;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What damage may draw on: names and values that occur in the documents of a schema.
#[derive(Default)]
pub(super) struct Stock {
    /// Names of types, as an `xsi:type` might give them.
    pub(super) types: Vec<String>,
    elements: Vec<Element>,
    texts: Vec<String>,
    attributes: Vec<(String, String)>,
}

impl Stock {
    pub(super) fn new(samples: &[Element], types: Vec<String>) -> Self {
        let mut stock = Self { types, ..Self::default() };
        let mut todo: Vec<&Element> = samples.iter().collect();
        while let Some(element) = todo.pop() {
            if stock.elements.len() < 2_000 && element.count() < 60 {
                stock.elements.push(element.clone());
            }
            if element.is_leaf() {
                stock.texts.push(element.text());
            }
            stock.attributes.extend(element.attributes.iter().cloned());
            todo.extend(element.elements());
        }
        if stock.attributes.is_empty() {
            stock.attributes.push(("odd".to_owned(), "1".to_owned()));
        }
        stock
    }

    fn value(&self, dice: &mut Dice) -> String {
        if dice.below(3) == 0 && !self.texts.is_empty() {
            return dice.pick(&self.texts).clone();
        }
        (*dice.pick(VALUES)).to_owned()
    }
}

/// A damaged copy, in one to three places.
pub(super) fn mutate(sample: &Element, stock: &Stock, dice: &mut Dice) -> Element {
    let mut root = sample.clone();
    let times = [0, 0, 0, 1, 2][dice.below(5)];
    for _ in 0..=times {
        once(&mut root, stock, dice);
    }
    root
}

fn once(root: &mut Element, stock: &Stock, dice: &mut Dice) {
    let count = root.count();
    let number = dice.below(count);
    let element = root.at(number);
    match dice.below(4) {
        0 => children(element, stock, dice),
        1 => attributes(element, stock, dice),
        2 => {
            // A value of a leaf, if there is one near.
            let mut number = number;
            while !root.at(number).is_leaf() && number + 1 < count {
                number += 1;
            }
            text(root.at(number), stock, dice);
        }
        _ => {
            let from = dice.below(count);
            moved(root, number, from, dice);
        }
    }
}

fn children(element: &mut Element, stock: &Stock, dice: &mut Dice) {
    let places: Vec<usize> = element
        .children
        .iter()
        .enumerate()
        .filter(|(_, node)| matches!(node, Node::Element(_)))
        .map(|(at, _)| at)
        .collect();
    let Some(place) = (!places.is_empty()).then(|| *dice.pick(&places)) else {
        element.children.insert(0, Node::Element(dice.pick(&stock.elements).clone()));
        return;
    };
    match dice.below(12) {
        0 | 1 => drop(element.children.remove(place)),
        2 => element.children.insert(place, element.children[place].clone()),
        3 => {
            let copies = 2 + dice.below(30);
            let copy = element.children[place].clone();
            element.children.splice(place..place, std::iter::repeat_n(copy, copies));
        }
        4 => element.children.swap(place, *dice.pick(&places)),
        5 => element.children.insert(place, Node::Element(dice.pick(&stock.elements).clone())),
        6 => element.children.insert(
            place,
            Node::Text(
                (dice.word(&["text", " ", "&#160;", "<![CDATA[ ]]>", "<![CDATA[]]>", "&#32;"])).to_owned(),
            ),
        ),
        7 => element.children.insert(
            place,
            Node::Text(
                (dice.word(&[
                    "<!-- c -->",
                    "<?p i?>",
                    "<odd xmlns=\"urn:odd\" a=\"1\">x</odd>",
                    "<odd xmlns=\"\"/>",
                ]))
                .to_owned(),
            ),
        ),
        8 => element.children.clear(),
        9 => {
            let gone = element.children.split_off(place);
            drop(gone);
        }
        10 => {
            // Another around it, or it no longer around its own.
            let old = element.children.remove(place);
            match old {
                Node::Element(old) if dice.below(2) == 0 && !old.is_leaf() => {
                    element.children.splice(place..place, old.children);
                }
                old => {
                    let name = element.name.clone();
                    element.children.insert(
                        place,
                        Node::Element(Element { name, attributes: Vec::new(), children: vec![old] }),
                    );
                }
            }
        }
        _ => {
            if let Node::Element(child) = &mut element.children[place] {
                renamed(child, stock, dice);
            }
        }
    }
}

fn renamed(element: &mut Element, stock: &Stock, dice: &mut Dice) {
    let prefix = element.name.split_once(':').map(|(prefix, _)| format!("{prefix}:"));
    element.name = match dice.below(4) {
        0 => format!("{}Other", prefix.unwrap_or_default()),
        1 => element
            .name
            .to_uppercase()
            .replace(&prefix.clone().unwrap_or_default().to_uppercase(), &prefix.unwrap_or_default()),
        2 => element.name.rsplit(':').next().unwrap_or_default().to_owned(),
        _ => dice.pick(&stock.elements).name.clone(),
    };
}

fn set(element: &mut Element, name: &str, value: &str) {
    if element.attributes.iter().all(|(known, _)| known != name) {
        element.attributes.push((name.to_owned(), value.to_owned()));
    }
}

fn attributes(element: &mut Element, stock: &Stock, dice: &mut Dice) {
    match dice.below(12) {
        0 | 1 => {
            // Declarations stay: without them a document is not well-formed.
            let free = |(name, _): &&(String, String)| !name.starts_with("xmlns");
            if element.attributes.iter().any(|a| free(&a)) {
                let names: Vec<String> =
                    element.attributes.iter().filter(free).map(|(name, _)| name.clone()).collect();
                let gone = dice.pick(&names).clone();
                element.attributes.retain(|(name, _)| *name != gone);
            }
        }
        2 | 3 => {
            let value = stock.value(dice);
            let free: Vec<usize> = (0..element.attributes.len())
                .filter(|at| !element.attributes[*at].0.starts_with("xmlns"))
                .collect();
            if !free.is_empty() && !value.contains('<') {
                element.attributes[*dice.pick(&free)].1 = value;
            }
        }
        4 => set(
            element,
            dice.word(&["odd", "xml:lang", "xml:space", "xml:odd", "id", "name"]),
            dice.word(&["1", "", "zh", "preserve", "default"]),
        ),
        5 => {
            let (name, value) = dice.pick(&stock.attributes).clone();
            if !name.contains(':') || name.starts_with("xml:") {
                set(element, &name, &value);
            }
        }
        6 => {
            set(element, "xmlns:xsi", XSI);
            set(element, "xsi:nil", dice.word(&["true", "true", "1", "false", "0", "", "TRUE", " true "]));
            if dice.below(2) == 0 {
                element.children.clear();
            }
        }
        7 | 8 => {
            set(element, "xmlns:xsi", XSI);
            let built_in =
                ["xs:string", "xs:int", "xs:anyType", "xs:decimal", "xs:date", "xs:NCName", "xs:odd"];
            set(element, "xmlns:xs", "http://www.w3.org/2001/XMLSchema");
            let name = if dice.below(3) > 0 && !stock.types.is_empty() {
                dice.pick(&stock.types).clone()
            } else {
                (*dice.pick(&built_in)).to_owned()
            };
            set(element, "xsi:type", &name);
        }
        9 => {
            set(element, "xmlns:xsi", XSI);
            set(
                element,
                dice.word(&["xsi:schemaLocation", "xsi:noNamespaceSchemaLocation", "xsi:odd"]),
                "urn:nowhere nowhere.xsd",
            );
        }
        10 => {
            let free = element.attributes.iter_mut().find(|(name, _)| !name.starts_with("xmlns"));
            if let Some((name, _)) = free {
                name.push('x');
            }
        }
        _ => {
            // Another name space for it and what is below it.
            let new = dice.word(&["urn:odd", "", "http://www.w3.org/2001/XMLSchema"]);
            if element.name.contains(':') {
                let local = element.name.rsplit(':').next().unwrap_or_default().to_owned();
                element.name = local;
            }
            element.attributes.retain(|(name, _)| name != "xmlns");
            set(element, "xmlns", new);
        }
    }
}

fn text(element: &mut Element, stock: &Stock, dice: &mut Dice) {
    let old = element.text();
    let new = match dice.below(10) {
        0 => String::new(),
        1 => format!(" {old}\n"),
        2 => old.repeat(20),
        3 => old.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect(),
        4 if !old.contains('&') => old.chars().skip(1).collect(),
        5 if !old.contains(['&', '<']) => format!("<![CDATA[{old}]]>"),
        6 => format!("{old}<!-- c -->"),
        7 => format!("{old}{}", stock.value(dice)),
        _ => stock.value(dice),
    };
    element.children = vec![Node::Text(new)];
}

fn moved(root: &mut Element, to: usize, from: usize, dice: &mut Dice) {
    if to == 0 || from == 0 || to == from {
        return;
    }
    let piece = root.at(from).clone();
    if piece.count() > 60 {
        return;
    }
    match dice.below(3) {
        // What is moved may have been within what it replaces.
        0 => *root.at(to) = piece,
        1 => root.at(to).children.push(Node::Element(piece)),
        _ => {
            let other = root.at(to).clone();
            if other.count() < 60 && to > from + piece.count() {
                *root.at(to) = piece;
                *root.at(from) = other;
            }
        }
    }
}
