//! Documents that bear an XML signature (XML Signature 1.1, enveloped), where `signed = "refuse"`.
//!
//! Promise: such a document is not taken. Nobody here knows whose certificate to trust for it, and a signature that is
//! looked at and not verified says less than none. Where its digest over the whole document shows that the content
//! was changed after it was signed, that is said; a digest that fits is no verification, and never said to be one.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::problem::Problem;
use crate::wire::tree::{NodeId, NodeKind, Tree};
use crate::wire::xml::canonical;

const NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Canonical forms of a whole document that are the one computed here: comments are dropped by the reference itself.
const FORMS: &[&str] = &[
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2006/12/xml-c14n11#WithComments",
];

const DIGESTS: &[(&str, &digest::Algorithm)] = &[
    ("http://www.w3.org/2000/09/xmldsig#sha1", &digest::SHA1_FOR_LEGACY_USE_ONLY),
    ("http://www.w3.org/2001/04/xmlenc#sha256", &digest::SHA256),
    ("http://www.w3.org/2001/04/xmldsig-more#sha384", &digest::SHA384),
    ("http://www.w3.org/2001/04/xmlenc#sha512", &digest::SHA512),
];

/// What is wrong with a document that bears signatures; nothing where it bears none.
pub(crate) fn refuse(tree: &Tree) -> Vec<Problem> {
    let Some(root) = tree.root().filter(|_| tree.symbol(NAMESPACE, "Signature").is_some()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        if is(tree, node, "Signature") {
            found.push(node);
        } else {
            todo.extend(tree.children(node).filter(|child| tree.kind(*child) == NodeKind::Element));
        }
    }
    found.sort_by_key(|node| tree.offset(*node));
    let mut problems: Vec<Problem> = found.iter().map(|signature| unverified(tree, *signature)).collect();
    // An enveloped signature leaves itself out, and no other.
    if let [signature] = *found {
        problems.splice(0..0, changed(tree, signature));
    }
    problems
}

fn is(tree: &Tree, node: NodeId, local: &str) -> bool {
    tree.kind(node) == NodeKind::Element && tree.expanded(tree.name(node)) == (NAMESPACE, local)
}

fn child(tree: &Tree, node: NodeId, local: &str) -> Option<NodeId> {
    tree.children(node).find(|child| is(tree, *child, local))
}

fn attribute<'a>(tree: &'a Tree, node: NodeId, local: &str) -> Option<&'a str> {
    let mut all = tree.children(node).filter(|child| tree.kind(*child) == NodeKind::Attribute);
    all.find(|child| tree.expanded(tree.name(*child)) == ("", local)).map(|child| tree.text(child))
}

fn unverified(tree: &Tree, signature: NodeId) -> Problem {
    let (line, column) = tree.place(signature);
    Problem::new(
        "signature-unverified",
        "文件带有 XML 签名；本配置不验证签名，故不接收带签名的文件",
        "the document bears an XML signature; this profile verifies none, so it takes no signed document",
    )
    .with_place(line, column)
    .with_path(tree.path(signature))
}

/// The reference to the whole document whose digest does not fit, if it is one that can be computed.
fn changed(tree: &Tree, signature: NodeId) -> Option<Problem> {
    let info = child(tree, signature, "SignedInfo")?;
    let reference = tree
        .children(info)
        .find(|node| is(tree, *node, "Reference") && attribute(tree, *node, "URI") == Some(""))?;
    let transforms = child(tree, reference, "Transforms")?;
    let mut enveloped = false;
    for transform in tree.children(transforms).filter(|node| is(tree, *node, "Transform")) {
        match attribute(tree, transform, "Algorithm")? {
            ENVELOPED => enveloped = true,
            form if FORMS.contains(&form) => {}
            _ => return None,
        }
    }
    let method = attribute(tree, child(tree, reference, "DigestMethod")?, "Algorithm")?;
    let (_, algorithm) = DIGESTS.iter().find(|(name, _)| *name == method)?;
    let value = child(tree, reference, "DigestValue")?;
    let said: String = tree.text(value).split_ascii_whitespace().collect();
    let left_out = enveloped.then(|| tree.offset(signature));
    let form = canonical(tree.source(), left_out)?;
    let found = STANDARD.encode(digest::digest(algorithm, form.as_bytes()));
    if found == said {
        return None;
    }
    let (line, column) = tree.place(value);
    Some(
        Problem::new(
            "signature-digest",
            format!(
                "文件内容在签名之后被改动：内容的摘要为 {found}，签名所载为 {}",
                crate::domain::problem::cut(&said)
            ),
            format!(
                "the content was changed after it was signed: its digest is {found}, the signature says {}",
                crate::domain::problem::cut(&said)
            ),
        )
        .with_place(line, column)
        .with_path(tree.path(value))
        .with_found(&found)
        .with_expected(said),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::limits::Limits;

    fn codes(content: &str, digest: &str) -> Vec<String> {
        let text = format!(
            "<a>{content}<s:Signature xmlns:s=\"{NAMESPACE}\"><s:SignedInfo><s:Reference URI=\"\"><s:Transforms>\
             <s:Transform Algorithm=\"{ENVELOPED}\"/><s:Transform Algorithm=\"{}\"/></s:Transforms>\
             <s:DigestMethod Algorithm=\"{}\"/><s:DigestValue>{digest}</s:DigestValue></s:Reference></s:SignedInfo>\
             </s:Signature></a>",
            FORMS[2], DIGESTS[1].0
        );
        let (tree, _) = crate::wire::xml::read(text.as_bytes(), None, &Limits::default()).unwrap();
        refuse(&tree).into_iter().map(|problem| problem.code.to_string()).collect()
    }

    #[test]
    fn a_signed_document_is_refused_and_a_changed_one_by_name() {
        // printf '<a><b>1</b></a>' | openssl dgst -sha256 -binary | base64
        let digest = STANDARD.encode(digest::digest(&digest::SHA256, b"<a><b>1</b></a>"));
        assert_eq!(codes("<b>1</b>", &digest), ["signature-unverified"]);
        assert_eq!(codes("<b >1</b><!-- no part of it -->", &digest), ["signature-unverified"]);
        assert_eq!(codes("<b>2</b>", &digest), ["signature-digest", "signature-unverified"]);
        let (tree, _) = crate::wire::xml::read(b"<a><b/></a>", None, &Limits::default()).unwrap();
        assert!(refuse(&tree).is_empty());
    }
}
