//! The one message of published penalties that nobody here wrote: read, written, compared.

use std::path::{Path, PathBuf};

use regbridge::mapping::{Format, Input};
use regbridge::wire::limits::Limits;
use serde_json::json;

use crate::profiles::{profile, with_run};

#[test]
fn the_published_message_comes_back_byte_for_byte() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/formats");
    let folder = std::env::var_os("REGBRIDGE_FORMATS").map_or(beside, PathBuf::from);
    let Ok(bytes) = std::fs::read(folder.join("cn-xzcf-exchange/sample-ExchangeMessage.xml")) else {
        eprintln!("left out: there is no folder of formats beside the project");
        return;
    };
    let profile = profile("cn-xzcf-exchange");
    let limits = Limits::default();
    let input = Input { bytes: &bytes, format: Format::Xml, charset: None, limits: &limits };
    let decoded = with_run(|run| profile.decode(&input, run))
        .unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems));
    let value = decoded.to_message();
    let record = &value["records"][0];
    // Every one of its twenty fields has a row; its placeholders are no numbers, which is doubtful, not wrong.
    assert_eq!(record["party"]["ids"].as_array().map(Vec::len), Some(5), "{record:#}");
    assert_eq!(record["categories"], json!(["处罚类别1", "处罚类别2"]));
    assert_eq!(record["authority"]["name"], "处罚机关");
    let doubts: Vec<&str> =
        record["warnings"].as_array().into_iter().flatten().filter_map(|w| w["code"].as_str()).collect();
    assert_eq!(doubts.len(), 2, "{doubts:?}");
    let entries = record["extensions"]["kept"].to_string();
    assert!(!entries.contains("\"node\""), "a field without a row: {entries}");
    let written = with_run(|run| profile.encode("penalties", Some(Format::Xml), &value, run))
        .unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems));
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).replace("<cc/>", "<cc></cc>").replace("<sn/>", "<sn></sn>")
    };
    let body = |text: String| text[text.find("<ExchangeMessage").expect("the root")..].trim_end().to_owned();
    assert_eq!(body(text(&bytes)), body(text(&written.bytes)));
}
