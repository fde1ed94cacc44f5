//! Eight times the document costs about eight times the work: mapping both ways, and what is kept.

use regbridge::mapping::{Format, Profile};

use crate::fixture::{profile, read};
use crate::growth::{Shape, each, grows_with_the_size};
use crate::profiles::with_run;

const MANIFEST: &str = r#"id = "t"
[message.orders]
wire = ["xml", "json"]
root = { xml = "Orders", json = "" }
kind = "order"
block = "orders"
bad_records = "skip"
[message.rows]
wire = ["csv"]
kind = "order"
block = "rows"
bad_records = "skip"
[message.lines]
wire = ["json"]
when = "Row present"
kind = "order"
block = "lines"
per = "lines"
fold = "number"
"#;

const MAP: &str = r#"
orders = [["Order", "records", "each order"]]
order = [
  ["Number", "number", "digits 4", "must"],
  ["Tags",   "tags",   "list ','"],
  ["Line",   "lines",  "each line"],
  ["Sender", "sender", "ignore common | trim | text 200000"],
]
line = [["Name", "name", "text"], ["Kind", "kind", "upper"]]
rows = [["row", "records", "each cells"]]
cells = [["Number", "number", "digits 4", "must"], ["Note", "note", "text 100000"]]
lines = [["Row", "records", "each flat"]]
flat = [["Number", "number", "digits 4", "must"], [".", "lines", "each flat-line"]]
flat-line = [["Line", "name", "text"]]
"#;

/// Reads, and writes what was read.
fn both(profile: &Profile, format: Format, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    if let Ok(decoded) = read(profile, format, text) {
        let message = decoded.to_message();
        let _ = with_run(|run| profile.encode_all(&decoded.message, Some(format), &message, run));
    }
}

fn grow(format: Format, shapes: &[Shape<'_>]) {
    let profile = profile(MANIFEST, MAP);
    for (name, n, document) in shapes {
        grows_with_the_size(name, *n, document, &|bytes| both(&profile, format, bytes));
    }
}

#[test]
fn xml_is_mapped_in_time_that_grows_with_it() {
    let orders = |inner: String| format!("<Orders>{inner}</Orders>");
    let one = |inner: String| format!("<Orders><Order><Number>0001</Number>{inner}</Order></Orders>");
    let order = |i: usize| format!("<Order><Number>{:04}</Number></Order>", i % 10_000);
    grow(
        Format::Xml,
        &[
            ("records", 100, &|n| orders(each(n, &order))),
            ("bad records", 100, &|n| orders(order(1) + &"<Order><Number>x</Number></Order>".repeat(n))),
            ("strangers among records", 100, &|n| {
                orders(each(n, &|i| format!("{}<Odd n='{i}'/>", order(i))))
            }),
            ("lines", 200, &|n| one("<Line><Name>a</Name></Line>".repeat(n))),
            ("spellings kept", 200, &|n| one("<Line><Name>a</Name><Kind>k</Kind></Line>".repeat(n))),
            ("strangers kept", 200, &|n| one(each(n, &|i| format!("<Odd>{i}</Odd>")))),
            ("strangers of other names", 200, &|n| one(each(n, &|i| format!("<Odd{i}/>")))),
            ("strangers in lines", 200, &|n| one("<Line><Name>a</Name><Odd/></Line>".repeat(n))),
            ("strangers before lines", 100, &|n| one("<Odd/><Line><Name>a</Name></Line>".repeat(n))),
            ("attributes kept", 16, &|n| {
                format!(
                    "<Orders><Order{}><Number>0001</Number></Order></Orders>",
                    each(n, &|i| format!(" q{i}='1'"))
                )
            }),
            ("depth kept", 10, &|n| one(format!("{}{}", "<n>".repeat(n), "</n>".repeat(n)))),
            ("items of a text", 1_000, &|n| one(format!("<Tags>{}</Tags>", "a,".repeat(n)))),
            ("a long text", 10_000, &|n| one(format!("<Sender> {}</Sender>", "投".repeat(n)))),
            ("a text that stands twice", 200, &|n| one("<Number>0001</Number>".repeat(n))),
        ],
    );
}

#[test]
fn json_is_mapped_in_time_that_grows_with_it() {
    let list = |n: usize, part: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..n).map(part).collect();
        items.join(",")
    };
    let order = |i: usize| format!("{{\"Number\":\"{:04}\"}}", i % 10_000);
    grow(
        Format::Json,
        &[
            ("records", 100, &|n| format!("{{\"Order\":[{}]}}", list(n, &order))),
            ("bad records", 100, &|n| {
                format!("{{\"Order\":[{},{}]}}", order(1), list(n, &|_| "{\"Number\":\"x\"}".to_owned()))
            }),
            ("members kept", 200, &|n| {
                format!("{{\"Order\":[{{\"Number\":\"0001\",{}}}]}}", list(n, &|i| format!("\"q{i}\":{i}")))
            }),
            ("numbers for texts", 100, &|n| {
                format!("{{\"Order\":[{}]}}", list(n, &|i| format!("{{\"Number\":\"0001\",\"Sender\":{i}}}")))
            }),
            ("lines", 200, &|n| {
                let lines = list(n, &|i| format!("{{\"Name\":\"{i}\",\"Kind\":\"k\"}}"));
                format!("{{\"Order\":{{\"Number\":\"0001\",\"Line\":[{lines}]}}}}")
            }),
            ("rows of one record", 100, &|n| {
                format!("{{\"Row\":[{}]}}", list(n, &|i| format!("{{\"Number\":\"0001\",\"Line\":\"{i}\"}}")))
            }),
            ("rows of many records", 100, &|n| {
                let row = |i: usize| format!("{{\"Number\":\"{:04}\",\"Line\":\"{i}\"}}", i % 10_000);
                format!("{{\"Row\":[{}]}}", list(n, &row))
            }),
        ],
    );
}

#[test]
fn tables_are_mapped_in_time_that_grows_with_them() {
    grow(
        Format::Csv,
        &[
            ("rows", 100, &|n| format!("Number,Note\n{}", each(n, &|i| format!("{:04},x\n", i % 10_000)))),
            ("bad rows", 10, &|n| format!("Number,Note\n0001,x\n{}", "x,y\n".repeat(n))),
            ("columns kept", 16, &|n| {
                let columns = each(n, &|i| format!(",q{i}"));
                format!("Number,Note{columns}\n0001,x{}\n", ",1".repeat(n))
            }),
        ],
    );
}
