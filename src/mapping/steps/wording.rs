//! What the steps say in Chinese, run: every refusal ends a sentence that begins 应为….

use serde_json::{Value, json};

use crate::mapping::steps::testing::{doubts, read, write};

/// Steps of every name, and of every form that says something of its own.
const HOWS: &[&str] = &[
    "text 1",
    "text 1 bytes gbk",
    "grouped",
    "digits",
    "digits 2",
    "pattern 'x'",
    "int",
    "number",
    "decimal",
    "decimal 1",
    "bool",
    "bool 'Y' 'N'",
    "code colour",
    "code dated",
    "money yuan CNY",
    "time iso",
    "time iso local",
    "time 'yyyyMMdd'",
    "time unix s",
    "time unix ms",
    "date",
    "date 'yyyyMMdd'",
    "date midnight",
    "duration iso",
    "duration min",
    "quantity",
    "quantity units",
    "list '、' | digits 2",
    "list '、' | file url",
    "list ',' | digits",
    "list '-'",
    "list ',' | date | as day",
    "pairs ';' '='",
    "map ';' '='",
    "sealed",
    "file url",
    "file base64",
    "file data-uri",
    "file hash sha256",
    "file hash sha256 base64",
    "place xpath",
    "text | as member",
];

#[test]
fn what_would_be_right_ends_a_sentence() {
    let mut seen = 0;
    for how in HOWS {
        let texts = ["?", "太长", "1、x", "a-b", "20260101000000", "a=1;a=2", "1.234", "C", ","];
        let values = [
            json!("?"),
            json!("a-b"),
            json!(1),
            json!({"amount": 1, "currency": "USD"}),
            json!(["?", "a-b"]),
            json!([1]),
            json!({"a": "=;"}),
        ];
        let read = texts.iter().filter_map(|text| read(how, text).err());
        let written = values.iter().filter_map(|value: &Value| write(how, value).err());
        for wrong in read.chain(written) {
            seen += 1;
            let sentence = format!("应为{}", wrong.zh);
            for slip in [
                "应为应",
                "应为须",
                "应为必",
                "应为不得",
                "应为不能",
                "应为逐",
                "应为位",
                "为位",
                "  ",
                "至多 个",
                "为为",
            ] {
                assert!(!sentence.contains(slip), "{how}: {sentence}");
            }
        }
    }
    assert!(seen > 100, "only {seen} refusals");
    assert!(doubts("uscc", "1")[0].zh.starts_with("校验位"));
}

#[test]
fn an_item_and_a_number_of_digits_are_told_in_words() {
    let zh = |how: &str, text: &str| read(how, text).map_err(|wrong| wrong.zh).expect_err(how);
    assert_eq!(
        zh("list '、' | file url", "https://a.example、x"),
        "列表，每项为网址，如 https://…（第 2 项“x”不是）"
    );
    assert_eq!(zh("digits", "x"), "数字");
    assert_eq!(zh("digits 6", "1"), "6 位数字，实为 1 位");
    assert_eq!(zh("pattern '[a-z]+'", "1"), "符合 [a-z]+ 的文本");
}
