//! The drafts of JSON Schema, told apart by documents that they judge differently.

use super::*;

fn judged(schema: &str, document: &str) -> bool {
    let schema = compile(&[("main.json", schema)]).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let tree = json::read(document.as_bytes(), &Limits::default()).unwrap();
    schema.validate(&tree).is_empty()
}

#[test]
fn each_draft_reads_its_own_keywords() {
    const D4: &str = "http://json-schema.org/draft-04/schema#";
    const D6: &str = "http://json-schema.org/draft-06/schema#";
    const D7: &str = "http://json-schema.org/draft-07/schema#";
    const D19: &str = "https://json-schema.org/draft/2019-09/schema";
    const D20: &str = "https://json-schema.org/draft/2020-12/schema";
    // What a keyword says of a document, draft by draft: 4, 6, 7, 2019-09, 2020-12.
    let cases: &[(&str, &str, [Option<bool>; 5])] = &[
        // A bound's exclusiveness was a word beside it, and is a bound of its own.
        (r#""minimum": 1, "exclusiveMinimum": true"#, "1", [Some(false), None, None, None, None]),
        (r#""exclusiveMinimum": 1"#, "1", [None, Some(false), Some(false), Some(false), Some(false)]),
        (r#""const": 2"#, "1", [Some(true), Some(false), Some(false), Some(false), Some(false)]),
        (
            r#""if": {"const": 1}, "then": false"#,
            "1",
            [Some(true), Some(true), Some(false), Some(false), Some(false)],
        ),
        (
            r#""dependentRequired": {"a": ["b"]}"#,
            r#"{"a": 1}"#,
            [Some(true), Some(true), Some(true), Some(false), Some(false)],
        ),
        (
            r#""contains": {"const": 1}, "minContains": 2"#,
            "[1]",
            [Some(true), Some(true), Some(true), Some(false), Some(false)],
        ),
        (
            r#""prefixItems": [{"type": "string"}]"#,
            "[1]",
            [Some(true), Some(true), Some(true), Some(true), Some(false)],
        ),
        (
            r#""items": [{"type": "string"}]"#,
            "[1]",
            [Some(false), Some(false), Some(false), Some(false), None],
        ),
        (
            r#""unevaluatedProperties": false"#,
            r#"{"a": 1}"#,
            [Some(true), Some(true), Some(true), Some(false), Some(false)],
        ),
        (
            r#""dependencies": {"a": ["b"]}"#,
            r#"{"a": 1}"#,
            [Some(false), Some(false), Some(false), None, None],
        ),
    ];
    for (keywords, document, wanted) in cases {
        for (draft, wanted) in [D4, D6, D7, D19, D20].into_iter().zip(wanted) {
            let Some(wanted) = wanted else { continue };
            let schema = format!("{{\"$schema\": \"{draft}\", {keywords}}}");
            assert_eq!(judged(&schema, document), *wanted, "{schema} {document}");
        }
    }
}

#[test]
fn an_unknown_draft_is_an_error_that_names_the_known() {
    let wrong = compile(&[("main.json", r#"{"$schema": "https://json-schema.org/draft/2031-01/schema"}"#)])
        .expect_err("there is no such draft");
    let told = format!("{wrong:?}");
    assert!(told.contains("2031-01") && told.contains("2020-12") && told.contains("draft-04"), "{told}");
}
