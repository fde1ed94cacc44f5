//! 红盾云桥 as its published metadata has it: every official field has a row, in its own spelling, with its length and need.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::formats::format_text;
use crate::profiles::files;

/// The rows of a block: wire cell → how, need.
fn rows(map: &str, block: &str) -> BTreeMap<String, (String, String)> {
    let files = files("cn-hongdun-yunqiao");
    let text = String::from_utf8(files.0[map].clone()).expect("UTF-8");
    let table: toml::Table = text.parse().expect("TOML");
    let cell =
        |row: &toml::Value, at: usize| row.get(at).and_then(toml::Value::as_str).unwrap_or("").to_owned();
    let rows = table[block].as_array().expect("rows");
    rows.iter().map(|row| (cell(row, 0), (cell(row, 2), cell(row, 3)))).collect()
}

fn metadata(name: &str) -> Option<Value> {
    let text = format_text(&format!("cn-hongdun-yunqiao/{name}.json"))?;
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// Whether the rows say of each official field what its metadata says.
fn agree(fields: &Value, rows: &BTreeMap<String, (String, String)>, written: bool) {
    for field in fields.as_array().expect("fields") {
        let name = field["name"].as_str().expect("a name");
        let (how, need) = rows.get(name).unwrap_or_else(|| panic!("no row for the official \"{name}\""));
        if let Some(most) = field["maxLength"].as_u64() {
            assert!(how.contains(&format!("text {most}")), "{name}: at most {most} characters, not {how}");
        }
        let described = field["description"].as_str().unwrap_or_default();
        if written && field["required"] == true {
            assert!(need.starts_with("must"), "{name} is required: {need}");
        } else if described.contains("必须非空") {
            assert_eq!(need, "must when progress = 'reported'", "{name}: {described}");
        }
        match field["type"].as_str() {
            Some("Date") => assert!(how.starts_with("time 'yyyy-MM-dd HH:mm:ss'"), "{name}: {how}"),
            Some("Number") => {
                assert!(how.ends_with("number") || how.starts_with("decimal 0"), "{name} is a number: {how}");
            }
            Some("Boolean") => assert!(how.ends_with("bool"), "{name} is true or false: {how}"),
            _ => {}
        }
    }
}

#[test]
fn a_quality_test_report_has_a_row_for_every_official_field() {
    let Some(add) = metadata("taobao_qt_report_add") else { return };
    agree(&add["requestParams"], &rows("report.map.toml", "report"), true);
    agree(&add["responseParams"], &rows("report.map.toml", "report-add-answer"), false);
    let get = metadata("taobao_qt_report_get").expect("beside the other");
    agree(&get["requestParams"], &rows("report.map.toml", "report-get"), true);
    agree(&get["responseParams"][0]["subParams"], &rows("report.map.toml", "stored-report"), false);
}

#[test]
fn an_inspection_instruction_has_a_row_for_every_official_field() {
    let Some(submit) = metadata("taobao_sungari_inspection_submit") else { return };
    let mut request = rows("inspection.map.toml", "inspection-submit");
    let data = request.remove("data!json").expect("the instruction itself");
    request.insert("data".to_owned(), data);
    agree(&submit["requestParams"], &request, true);
    let answer = &submit["responseParams"];
    agree(answer, &rows("inspection.map.toml", "inspection-answer"), false);
    let seller =
        answer.as_array().expect("fields").iter().find(|field| field["name"] == "data").expect("data");
    agree(&seller["subParams"], &rows("inspection.map.toml", "seller-info"), false);
}

#[test]
fn the_official_codes_are_ours() {
    let Some(add) = metadata("taobao_qt_report_add") else { return };
    let described = |name: &str| {
        let fields = add["requestParams"].as_array().expect("fields");
        let field = fields.iter().find(|field| field["name"] == name).expect("the field");
        field["description"].as_str().expect("a description").to_owned()
    };
    let codes = |list: &str| {
        let files = files("cn-hongdun-yunqiao");
        let text = String::from_utf8(files.0[&format!("codes/{list}.csv")].clone()).expect("UTF-8");
        let lines =
            text.lines().skip(1).map(|line| line.splitn(3, ',').map(str::to_owned).collect::<Vec<_>>());
        lines.map(|cells| (cells[0].clone(), cells[2].clone())).collect::<Vec<_>>()
    };
    // (1L, "聚划算") … (10L,"假一赔三")
    let types = described("qt_type");
    let listed = codes("qt-type");
    assert_eq!(types.matches("L,").count(), listed.len());
    for (code, label) in listed {
        let found = [format!("({code}L, \"{label}\")"), format!("({code}L,\"{label}\")")];
        assert!(found.iter().any(|form| types.contains(form.as_str())), "{code} {label}: {types}");
    }
    let states = described("status");
    for (code, label) in codes("qt-status") {
        let found = [format!("{code}:{label}"), format!("{code}.{label}")];
        assert!(found.iter().any(|form| states.contains(form.as_str())), "{code} {label}: {states}");
    }
}
