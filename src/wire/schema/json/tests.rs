//! Judging documents, and schemas that are not admitted.

mod drafts;

use super::*;

fn compile(files: &[(&str, &str)]) -> Result<Json, Vec<Problem>> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    Json::compile("main.json", &files)
}

#[test]
fn problems_carry_place_path_and_words() {
    let main = r#"{"type":"object","required":["id"],"additionalProperties":false,"properties":{
        "id":{"$ref":"part.json#/$defs/id"},"items":{"type":"array","items":{"type":"integer","minimum":1}},"s":{"enum":["a","b"]}}}"#;
    let part = r#"{"$defs":{"id":{"type":"string","pattern":"^\\d{3}$"}}}"#;
    let schema = compile(&[("main.json", main), ("part.json", part)]).unwrap();
    for (document, expected) in [
        ("{\"id\":\"123\",\n \"items\":[1,0]}", "2:13 items[2] json-value 0|≥ 1"),
        ("{\"id\":\"１２３\"}", "1:7 id json-value １２３|^[0-9]{3}$"),
        ("{}", "1:1  json-missing -|id"),
        ("{\"id\":\"123\",\n  \"x\":1}", "2:7 x json-unknown x|-"),
        ("{\"id\":\"123\",\"s\":\"c\"}", "1:17 s json-value c|a, b"),
        ("{\"id\":5}", "1:7 id json-type 5|string"),
    ] {
        let tree = json::read(document.as_bytes(), &Limits::default()).unwrap();
        let told: Vec<String> = schema
            .validate(&tree)
            .iter()
            .map(|p| {
                let (found, wanted) =
                    (p.found.as_deref().unwrap_or("-"), p.expected.as_deref().unwrap_or("-"));
                format!("{}:{} {} {} {found}|{wanted}", p.line.unwrap(), p.column.unwrap(), p.path, p.code)
            })
            .collect();
        assert_eq!(told, [expected], "{document}");
    }
    let tree = json::read(b"{\"id\":\"123\",\"items\":[]}", &Limits::default()).unwrap();
    assert_eq!(schema.validate(&tree), []);
}

#[test]
fn what_would_not_be_enforced_is_not_admitted() {
    for (schema, code) in [
        (r#"{"properties":{"a":{"$ref":"http://example.org/a.json"}}}"#, "schema-missing"),
        (r#"{"properties":{"a":{"$ref":"nowhere.json"}}}"#, "schema-missing"),
        (r#"{"properties":{"pattern":{"pattern":"[a-z]{1,100000}"}}}"#, "schema-pattern"),
        (r#"{"pattern":"(?=a)"}"#, "schema-pattern"),
        (r#"{"patternProperties":{"(":{}}}"#, "schema-pattern"),
        (r#"{"type":"strange"}"#, "schema-invalid"),
        (r"{", "json-syntax"),
    ] {
        let problems =
            compile(&[("main.json", schema)]).err().unwrap_or_else(|| panic!("admitted: {schema}"));
        assert_eq!(problems[0].code, code, "{problems:?}");
    }
}

#[test]
fn old_drafts_are_understood() {
    let draft4 = r#"{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"a":{"minimum":1,"exclusiveMinimum":true}}}"#;
    let schema = compile(&[("main.json", draft4)]).unwrap();
    let tree = json::read(b"{\"a\":1}", &Limits::default()).unwrap();
    assert_eq!(schema.validate(&tree).len(), 1);
}
