//! Eight times the document costs about eight times the work: readers and schema validators on deep and wide input.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use regbridge::wire::limits::Limits;
use regbridge::wire::schema::Schema;
use regbridge::wire::{json, xml};

use crate::growth::{Shape, each, grows_with_the_size};

const XSD: &str = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>
<xs:element name='r'><xs:complexType><xs:sequence>
<xs:element name='a' type='xs:int' minOccurs='0' maxOccurs='unbounded'/>
<xs:element name='n' type='N' minOccurs='0'/>
<xs:element name='s' type='xs:string' minOccurs='0' maxOccurs='unbounded'/>
<xs:element name='i' minOccurs='0' maxOccurs='unbounded'><xs:complexType><xs:attribute name='k' type='xs:string' use='required'/></xs:complexType></xs:element>
<xs:element name='u' minOccurs='0' maxOccurs='unbounded'><xs:complexType><xs:attribute name='of' type='xs:string'/></xs:complexType></xs:element>
<xs:any namespace='##other' processContents='lax' minOccurs='0' maxOccurs='unbounded'/>
</xs:sequence><xs:anyAttribute processContents='skip'/></xs:complexType>
<xs:key name='kk'><xs:selector xpath='i'/><xs:field xpath='@k'/></xs:key>
<xs:keyref name='kr' refer='kk'><xs:selector xpath='u'/><xs:field xpath='@of'/></xs:keyref>
</xs:element>
<xs:complexType name='N'><xs:sequence><xs:element name='n' type='N' minOccurs='0'/></xs:sequence></xs:complexType>
</xs:schema>";

fn in_root(inner: &str) -> String {
    format!("<r>{inner}</r>")
}

#[test]
fn xml_and_its_schema() {
    let files = BTreeMap::from([("a.xsd".to_owned(), XSD.as_bytes().to_vec())]);
    let schema = Schema::xsd("a.xsd", &files, &BTreeMap::new()).unwrap();
    let limits = Limits::default();
    let run = |bytes: &[u8]| {
        if let Ok((tree, _)) = xml::read(bytes, None, &limits) {
            let _ = schema.validate(tree.source().as_bytes(), &tree);
        }
    };
    let half_depth = limits.depth / 10;
    let shapes: &[Shape<'_>] = &[
        ("siblings", 500, &|n| in_root(&"<a>1</a>".repeat(n))),
        ("wrong siblings", 500, &|n| in_root(&"<a>x</a>".repeat(n))),
        ("unknown siblings", 500, &|n| in_root(&"<z>1</z>".repeat(n))),
        ("siblings of other names", 200, &|n| in_root(&each(n, &|i| format!("<z{i}/>")))),
        ("foreign siblings", 500, &|n| in_root(&"<z xmlns='urn:z'>1</z>".repeat(n))),
        ("siblings in another name space", 500, &|n| in_root(&"<a xmlns='urn:z'>1</a>".repeat(n))),
        ("attributes", 16, &|n| format!("<r{}/>", each(n, &|i| format!(" q{i}='1'")))),
        ("the same attribute", 16, &|n| format!("<r{}/>", " q='1'".repeat(n))),
        ("declarations", 16, &|n| format!("<r{}/>", each(n, &|i| format!(" xmlns:q{i}='urn:{i}'")))),
        ("declarations at each of many", 200, &|n| in_root(&"<p:z xmlns:p='urn:z' p:a='1'/>".repeat(n))),
        ("depth", half_depth.max(1), &|n| format!("<r>{}{}</r>", "<n>".repeat(n), "</n>".repeat(n))),
        ("a long text", 20_000, &|n| format!("<r><s>{}</s></r>", "投".repeat(n))),
        ("a long number", 2_000, &|n| format!("<r><a>{}</a></r>", "1".repeat(n))),
        ("comments", 500, &|n| format!("<r><s>{}</s></r>", "a<!-- c -->".repeat(n))),
        ("CDATA", 500, &|n| format!("<r><s>{}</s></r>", "<![CDATA[x]]>".repeat(n))),
        ("references", 500, &|n| format!("<r><s>{}</s></r>", "&#x4e2d;&amp;".repeat(n))),
        ("foreign white space", 2_000, &|n| format!("<r><s>{}</s></r>", "\u{3000}".repeat(n))),
        ("keys", 200, &|n| in_root(&each(n, &|i| format!("<i k='{i}'/>")))),
        ("the same key", 200, &|n| in_root(&"<i k='1'/>".repeat(n))),
        ("references to keys", 200, &|n| {
            let keys = each(n, &|i| format!("<i k='{i}'/>"));
            in_root(&(keys + &each(n, &|i| format!("<u of='{i}'/>"))))
        }),
        ("references to no key", 200, &|n| in_root(&each(n, &|i| format!("<u of='{i}'/>")))),
    ];
    for (name, n, document) in shapes {
        grows_with_the_size(name, *n, document, &run);
    }
}

#[test]
fn json_and_its_schema() {
    let text = r##"{"type":"object","properties":{"l":{"type":"array","items":{"type":"integer"}},"u":{"type":"array","uniqueItems":true},"n":{"$ref":"#"}},"additionalProperties":{"type":"integer"}}"##;
    let files = BTreeMap::from([("a.json".to_owned(), text.as_bytes().to_vec())]);
    let schema = Schema::json("a.json", &files).unwrap();
    let limits = Limits::default();
    let run = |bytes: &[u8]| {
        if let Ok(tree) = json::read(bytes, &limits) {
            let _ = schema.validate(bytes, &tree);
        }
    };
    let list = |name: &str, n: usize, part: &dyn Fn(usize) -> String| {
        let mut items = String::new();
        for i in 0..n {
            let _ = write!(items, "{}{}", if i == 0 { "" } else { "," }, part(i));
        }
        format!("{{\"{name}\":[{items}]}}")
    };
    let shapes: &[Shape<'_>] = &[
        ("members", 1_600, &|n| format!("{{{}\"z\":1}}", each(n, &|i| format!("\"q{i}\":1,")))),
        ("wrong members", 1_600, &|n| format!("{{{}\"z\":1}}", each(n, &|i| format!("\"q{i}\":\"x\",")))),
        ("the same member", 1_600, &|n| format!("{{{}\"z\":1}}", "\"q\":1,".repeat(n))),
        ("items", 500, &|n| list("l", n, &|i| i.to_string())),
        ("wrong items", 500, &|n| list("l", n, &|_| "\"x\"".to_owned())),
        ("different items", 200, &|n| list("u", n, &|i| i.to_string())),
        ("different objects", 200, &|n| list("u", n, &|i| format!("{{\"a\":{i}}}"))),
        ("depth", limits.depth / 10, &|n| format!("{}{{}}{}", "{\"n\":".repeat(n), "}".repeat(n))),
        ("a long text", 20_000, &|n| format!("{{\"z\":\"{}\"}}", "投".repeat(n))),
        ("escapes", 2_000, &|n| format!("{{\"z\":\"{}\"}}", "\\u4e2d\\n".repeat(n))),
        ("a long number", 1_000, &|n| format!("{{\"z\":{}}}", "1".repeat(n))),
    ];
    for (name, n, document) in shapes {
        grows_with_the_size(name, *n, document, &run);
    }
}
