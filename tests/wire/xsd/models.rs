//! Content models by chance, and words to try on them.

use std::fmt::Write as _;

use super::features::HEAD;
use crate::dice::Dice;

/// A schema whose root `r` has a content model of the elements `a` to `d`, some wildcards in it.
pub(super) fn schema(dice: &mut Dice) -> String {
    let mut model = String::new();
    if dice.below(8) == 0 {
        model.push_str("<xs:all>");
        for name in ["a", "b", "c"] {
            let _ = write!(model, "<xs:element name='{name}' type='xs:int' minOccurs='{}'/>", dice.below(2));
        }
        model.push_str("</xs:all>");
    } else {
        group(dice, 0, &mut model);
    }
    let extension = dice.below(5) == 0 && !model.starts_with("<xs:all");
    if !extension {
        return format!(
            "{HEAD}<xs:element name='r'><xs:complexType>{model}</xs:complexType></xs:element></xs:schema>"
        );
    }
    let mut more = String::new();
    group(dice, 1, &mut more);
    format!(
        "{HEAD}<xs:complexType name='B'>{model}</xs:complexType><xs:element name='r'><xs:complexType><xs:complexContent><xs:extension base='B'>{more}</xs:extension></xs:complexContent></xs:complexType></xs:element></xs:schema>"
    )
}

fn occurs(dice: &mut Dice) -> &'static str {
    dice.word(&[
        "",
        "",
        "",
        " minOccurs='0'",
        " minOccurs='0'",
        " maxOccurs='unbounded'",
        " minOccurs='0' maxOccurs='unbounded'",
        " minOccurs='2' maxOccurs='2'",
        " minOccurs='2' maxOccurs='3'",
        " minOccurs='0' maxOccurs='2'",
        " minOccurs='3' maxOccurs='unbounded'",
        " minOccurs='0' maxOccurs='0'",
    ])
}

fn group(dice: &mut Dice, depth: usize, out: &mut String) {
    let word = dice.word(&["sequence", "sequence", "choice"]);
    let _ = write!(out, "<xs:{word}{}>", occurs(dice));
    for _ in 0..=dice.below(3) {
        match dice.below(if depth < 2 { 9 } else { 6 }) {
            5 => {
                let of = dice.word(&["##other", "##local", "urn:x", "##any"]);
                let how = dice.word(&["lax", "skip"]);
                let _ = write!(out, "<xs:any namespace='{of}' processContents='{how}'{}/>", occurs(dice));
            }
            0..5 => {
                let name = dice.word(&["a", "b", "c", "d"]);
                let _ = write!(out, "<xs:element name='{name}' type='xs:int'{}/>", occurs(dice));
            }
            _ => group(dice, depth + 1, out),
        }
    }
    let _ = write!(out, "</xs:{word}>");
}

/// A document of some children: short ones are likelier to be valid.
pub(super) fn document(dice: &mut Dice) -> String {
    let mut out = "<r>".to_owned();
    for _ in 0..dice.below(7) {
        out.push_str(dice.word(&[
            "<a>1</a>",
            "<a>1</a>",
            "<b>1</b>",
            "<b>1</b>",
            "<c>1</c>",
            "<d>1</d>",
            "<x xmlns='urn:x'/>",
            "<e/>",
        ]));
    }
    out + "</r>"
}
