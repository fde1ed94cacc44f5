//! Documents as strangers write them, well and badly.

use super::*;
use crate::wire::xml::{XmlStyle, write};
use proptest::prelude::*;
use std::fmt::Write as _;

fn text_of(xml: &str) -> Tree {
    read(xml.as_bytes(), None, &Limits::default()).unwrap_or_else(|p| panic!("{xml}: {p:?}")).0
}

fn refused(xml: &str) -> Problem {
    let mut problems = read(xml.as_bytes(), None, &Limits::default()).err().unwrap_or_else(|| {
        panic!("accepted: {}", xml.chars().take(100).collect::<String>());
    });
    assert_eq!(problems.len(), 1);
    let problem = problems.remove(0);
    assert!(problem.line.is_some() && problem.zh.chars().any(|c| c > '\u{4E00}'), "{problem:?}");
    problem
}

/// A tree as text, for comparing: `{ns}name`, `@`, `=`, text in quotes.
fn outline(tree: &Tree) -> String {
    fn go(tree: &Tree, node: NodeId, out: &mut String) {
        let (namespace, local) = tree.expanded(tree.name(node));
        let mark = match tree.kind(node) {
            NodeKind::Attribute => "@",
            NodeKind::Text => "#",
            _ => "",
        };
        let ns = if namespace.is_empty() { String::new() } else { format!("{{{namespace}}}") };
        let _ = write!(out, "{mark}{ns}{local}{:?}(", tree.text(node));
        tree.children(node).for_each(|child| go(tree, child, out));
        out.push(')');
    }
    let mut out = String::new();
    go(tree, tree.root().unwrap(), &mut out);
    out
}

#[test]
fn elements_hold_their_text_and_mixed_text_stands_in_place() {
    let tree =
        text_of("<a x='1'>\r\n <b> t &lt;<![CDATA[<&]]>&#x6295; </b>\n<c/><d>p<e/>q</d>\n</a>\n<!-- end -->");
    assert_eq!(outline(&tree), "a\"\"(@x\"1\"()b\" t <<&投 \"()c\"\"()d\"\"(#\"p\"()e\"\"()#\"q\"()))");
    let b = tree.children(tree.root().unwrap()).nth(1).unwrap();
    assert_eq!((tree.place(b), tree.path(b).as_str()), ((2, 2), "a/b"));
}

#[test]
fn names_are_expanded() {
    let tree = text_of(
        "<a xmlns='u' xmlns:p='v' p:x='1' x='2' xml:lang='zh'><p:b xmlns:p='w'/><c xmlns=''/><p:d/></a>",
    );
    let expected = "{u}a\"\"(@{v}x\"1\"()@x\"2\"()@{http://www.w3.org/XML/1998/namespace}lang\"zh\"()\
                    {w}b\"\"()c\"\"(){v}d\"\"())";
    assert_eq!(outline(&tree), expected);
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for (xml, code) in [
        ("<a>", "xml-syntax"),
        ("<a><b></a>", "xml-syntax"),
        ("</a>", "xml-syntax"),
        ("<a></a></a>", "xml-syntax"),
        ("<a/><b/>", "xml-root"),
        ("x<a/>", "xml-root"),
        ("<a/>x", "xml-root"),
        ("<a/>&#32;", "xml-root"),
        ("<a/><![CDATA[]]>", "xml-root"),
        ("  ", "xml-root"),
        ("<!-- -->", "xml-root"),
        ("<a>]]></a>", "xml-text"),
        ("<a>\u{1}</a>", "xml-character"),
        ("<a x='\u{FFFE}'/>", "xml-character"),
        ("<a><!-- \u{B} --></a>", "xml-character"),
        ("<a>&#1;</a>", "xml-reference"),
        ("<a x='&#xFFFF;'/>", "xml-reference"),
        ("<a>&</a>", "xml-reference"),
        ("<a>& b;</a>", "xml-entity"),
        ("<a>&nbsp;</a>", "xml-entity"),
        ("<a x='&nbsp;'/>", "xml-entity"),
        ("<a x='&amp'/>", "xml-reference"),
        ("<p:a/>", "xml-namespace"),
        ("<a p:x='1'/>", "xml-namespace"),
        ("<a xmlns:p=''/>", "xml-namespace"),
        ("<a xmlns:xml='u'/>", "xml-namespace"),
        ("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "xml-namespace"),
        ("<a xmlns='http://www.w3.org/2000/xmlns/'/>", "xml-namespace"),
        ("<a xmlns:xmlns='u'/>", "xml-namespace"),
        ("<a xmlns:p='u' xmlns:p='v'/>", "xml-namespace"),
        ("<xmlns:a/>", "xml-namespace"),
        ("<a xmlns:='u'/>", "xml-name"),
        ("<a x='1' x='2'/>", "xml-attribute"),
        ("<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>", "xml-attribute"),
        ("<a x='<'/>", "xml-attribute"),
        ("<a x/>", "xml-attribute"),
        ("<a x=1/>", "xml-attribute"),
        ("<a x='1'y='2'/>", "xml-attribute"),
        ("<a 1x='1'/>", "xml-name"),
        ("<1a/>", "xml-name"),
        ("<a:b:c xmlns:a='u'/>", "xml-name"),
        ("<a/b></a/b>", "xml-name"),
        ("<a><!-- a -- b --></a>", "xml-comment"),
        ("<a><!-- a ---></a>", "xml-comment"),
        ("<a><?XML x?></a>", "xml-instruction"),
        ("<a><?p:q x?></a>", "xml-instruction"),
        ("<a><?xml version='1.0'?></a>", "xml-declaration"),
        (" <?xml version='1.0'?><a/>", "xml-declaration"),
        ("<?xml version='1.1'?><a/>", "xml-version"),
        ("<?xml encoding='UTF-8'?><a/>", "xml-declaration"),
        ("<!DOCTYPE a><a/>", "xml-doctype"),
        ("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "xml-doctype"),
        ("<a><!-- ", "xml-syntax"),
        ("<a><![CDATA[ ", "xml-syntax"),
        ("<a><?p ", "xml-syntax"),
        ("<a x='1", "xml-syntax"),
        ("<a><!ELEMENT b></a>", "xml-syntax"),
        ("<a></ a>", "xml-syntax"),
        ("< a/>", "xml-attribute"),
        ("<a></a b>", "xml-syntax"),
        ("<>", "xml-name"),
    ] {
        assert_eq!(refused(xml).code, code, "{xml}: {:?}", refused(xml));
    }
    // A comment may not be opened by its own end; every reader must agree that these are not closed comments.
    for xml in
        ["<a><!--></a>", "<a><!---></a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>&;</a>", "<a \u{A0}x='1'/>", ""]
    {
        assert!(read(xml.as_bytes(), None, &Limits::default()).is_err(), "{xml}");
    }
}

#[test]
fn a_fault_is_told_with_line_column_and_path() {
    let problem = refused("<投诉单>\r\n <商品>\n  <金额>&yuan;</金额></商品></投诉单>");
    assert_eq!((problem.line, problem.column), (Some(3), Some(7)));
    assert_eq!(problem.path, "投诉单/商品/金额");
    assert_eq!(problem.found.as_deref(), Some("&yuan;"));
    let problem = refused("<a>\n<b>\n</c></a>");
    assert_eq!((problem.line, problem.column, problem.expected.as_deref()), (Some(3), Some(1), Some("</b>")));
}

#[test]
fn limits_stop_what_is_made_to_hurt() {
    let rule = |xml: &str| refused(xml).rule;
    assert_eq!(rule(&"<a>".repeat(100_000)).as_deref(), Some("limit:depth"));
    assert_eq!(rule(&format!("<a>{}</a>", "<b/>".repeat(300_000))).as_deref(), Some("limit:nodes"));
    let attributes: String = (0..100_000).fold(String::new(), |mut all, i| {
        let _ = write!(all, " a{i}='1'");
        all
    });
    assert_eq!(rule(&format!("<a{attributes}/>")).as_deref(), Some("limit:attributes"));
    let prefixes: String = (0..200).fold(String::new(), |mut all, i| {
        let _ = write!(all, " xmlns:a{i}='u'");
        all
    });
    assert_eq!(rule(&format!("<a{prefixes}/>")).as_deref(), Some("limit:namespaces"));
    // Every element's namespace is looked at: 4 MB of it over 200,000 elements would take minutes.
    let long = format!("<a xmlns='{}'/>", "u".repeat(257));
    assert_eq!(rule(&long).as_deref(), Some("limit:name"));
    text_of(&format!("<a xmlns='{}'/>", "u".repeat(256)));
    assert_eq!(rule(&format!("<{}/>", "n".repeat(257))).as_deref(), Some("limit:name"));
    assert_eq!(rule(&format!("<a>{}</a>", "x".repeat(5_000_000))).as_deref(), Some("limit:text"));
    assert_eq!(rule(&format!("<a x='{}'/>", "x".repeat(5_000_000))).as_deref(), Some("limit:text"));
    let big = vec![b' '; 9 * 1024 * 1024];
    assert_eq!(read(&big, None, &Limits::default()).unwrap_err()[0].rule.as_deref(), Some("limit:bytes"));
    // And what only looks so is read.
    let siblings = text_of(&format!("<a>{}</a>", "<b/>".repeat(100_000)));
    assert_eq!(siblings.len(), 100_001);
    let long = text_of(&format!("<a>{}</a>", "文&amp;".repeat(150_000)));
    assert_eq!(long.text(long.root().unwrap()).len(), 600_000);
    let comments = text_of(&format!("<a>{}</a>", "<!---->x<?p?>".repeat(300_000)));
    assert_eq!(comments.text(comments.root().unwrap()).len(), 300_000);
}

fn names() -> impl Strategy<Value = String> + Clone {
    "[a-c]|[a-z_][a-z0-9._-]{0,4}|金额"
}

fn texts() -> impl Strategy<Value = String> + Clone {
    "[ -~\\t\\n\\r投诉<&>\"']{0,8}"
}

#[derive(Clone, Debug)]
struct Plan {
    namespace: usize,
    name: String,
    attributes: Vec<(usize, String, String)>,
    text: String,
    children: Vec<Plan>,
}

const URIS: [&str; 4] = ["", "urn:a", "urn:b", "urn:c&"];

fn plans() -> impl Strategy<Value = Plan> {
    let head =
        (0..4_usize, names(), proptest::collection::vec((0..4_usize, names(), texts()), 0..3), texts());
    let leaf = head.clone().prop_map(|(namespace, name, attributes, text)| Plan {
        namespace,
        name,
        attributes,
        text,
        children: Vec::new(),
    });
    leaf.prop_recursive(4, 24, 4, move |inner| {
        (head.clone(), proptest::collection::vec(inner, 0..4)).prop_map(
            |((namespace, name, attributes, text), children)| Plan {
                namespace,
                name,
                attributes,
                text,
                children,
            },
        )
    })
}

fn build(plan: &Plan) -> Tree {
    fn go(tree: &mut Tree, parent: Option<NodeId>, plan: &Plan) {
        let sym = tree.intern(URIS[plan.namespace], &plan.name);
        let node = tree.add(parent, NodeKind::Element, sym, "", 0);
        let mut seen = Vec::new();
        for (namespace, name, value) in &plan.attributes {
            let sym = tree.intern(URIS[*namespace], name);
            if !seen.contains(&sym) && name != "xmlns" {
                seen.push(sym);
                tree.add(Some(node), NodeKind::Attribute, sym, value, 0);
            }
        }
        if plan.children.is_empty() {
            tree.set_text(node, &plan.text);
            return;
        }
        if !is_blank(&plan.text) {
            let name = tree.intern("", "");
            tree.add(Some(node), NodeKind::Text, name, &plan.text, 0);
        }
        plan.children.iter().for_each(|child| go(tree, Some(node), child));
    }
    let mut tree = Tree::new();
    go(&mut tree, None, plan);
    tree
}

fn prefixes() -> Vec<Vec<(String, String)>> {
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    vec![
        vec![],
        vec![pair("", "urn:a"), pair("b", "urn:b")],
        vec![pair("p", "urn:a"), pair("", "urn:b"), pair("q", "urn:b")],
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(plan in plans(), which in 0..3_usize, declaration in any::<bool>(), kind in 0..3_usize) {
        let tree = build(&plan);
        let prefixes = &prefixes()[which];
        let encoding = [Encoding::Utf8, Encoding::Gb2312, Encoding::Utf16Be][kind];
        let charset = (!declaration).then_some(encoding);
        let style = XmlStyle { encoding, prefixes, declaration, indent: false };
        let bytes = write(&tree, &style).unwrap();
        let (again, read_as) = read(&bytes, charset, &Limits::default()).unwrap();
        prop_assert_eq!(outline(&again), outline(&tree), "{}", again.source());
        prop_assert_eq!(read_as, encoding);
        let pretty = write(&tree, &XmlStyle { indent: true, ..style }).unwrap();
        let (again, _) = read(&pretty, charset, &Limits::default()).unwrap();
        prop_assert_eq!(outline(&again), outline(&tree), "{}", again.source());
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, None, &Limits::default());
        let _ = read(&bytes, Some(Encoding::Gbk), &Limits::default());
    }

    #[test]
    fn markup_like_text_is_answered(text in "(<|>|/|a|b|:|=|'|\"| |&|;|#|x|!|-|\\[|\\]|CDATA|\\?|xml|DOCTYPE|投|xmlns){0,30}") {
        if let Ok((tree, _)) = read(text.as_bytes(), None, &Limits::default()) {
            prop_assert!(tree.root().is_some());
        }
    }

    #[test]
    fn mutated_documents_are_answered(plan in plans(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let style = XmlStyle { encoding: Encoding::Gb18030, prefixes: &[], declaration: true, indent: false };
        let mut bytes = write(&build(&plan), &style).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let _ = read(&bytes, None, &Limits::default());
    }
}
