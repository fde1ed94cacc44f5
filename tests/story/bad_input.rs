//! Scratch.
use crate::house::*;
use crate::letters::*;
#[test]
fn dump() {
    let mut house = House::build("[agency_listener.limits]\nbody_grace_seconds = 1\nbody_seconds = 4\n");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let t = order_text(1);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("dtd", encode(&t.replace("?>\n", "?>\n<!DOCTYPE ComplaintOrder>\n"))),
        (
            "bomb",
            encode(
                &t.replace("?>\n", "?>\n<!DOCTYPE b [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>\n")
                    .replace("请于期限内反馈", "&b;"),
            ),
        ),
        ("entity", encode(&t.replace("请于期限内反馈", "&b;"))),
        ("deep", "<a>".repeat(100_000).into_bytes()),
        ("deepin", encode(&t.replace("请于期限内反馈", &"<a>".repeat(100_000)))),
        ("tworoots", {
            let mut b = order(1);
            b.extend_from_slice(b"<Second/>\n");
            b
        }),
        ("label", t.replace("GB18030", "UTF-8").as_bytes().iter().copied().collect()),
        ("label2", encode(&t.replace("GB18030", "UTF-8"))),
        ("code", encode(&t.replace("<Type>06</Type>", "<Type>77</Type>"))),
        ("26", encode(&t.replace(&number(1), &format!("{}0", number(1))))),
        ("missing", encode(&t.replace("    <Facts>", "    <Fact>").replace("</Facts>", "</Fact>"))),
        ("empty", vec![]),
        ("notxml", b"hello".to_vec()),
        ("uscc", encode(&t.replace("91330106MA00000016", "91330106MA00000017"))),
    ];
    for (name, body) in cases {
        let a = bureau.submit(&house, "complaint-order", &body);
        println!("== {name} {} {}", a.status, String::from_utf8_lossy(&a.body));
    }
    println!("{:?}", house.memory_kib());
}
