//! A format with room for many results in a message, and for the window they make up; leads go one by one.

use std::collections::BTreeMap;

/// The files of the profile `feed-json`.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let files = [("profile.toml", PROFILE), ("feed.map.toml", MAP), ("codes/verdict.csv", VERDICTS)];
    files.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect()
}

const PROFILE: &str = r#"
id = "feed-json"
name = "数据流（测试）"
zone = "+08:00"
encoding = "utf-8"
order = "rows"

[message.results]
label = "检验结果"
wire = ["json"]
when = "results present"
kind = "inspection-result"
block = "results"
records = "1..200"

[message.lead]
label = "线索"
wire = ["json"]
when = "lead present"
kind = "enforcement-lead"
block = "lead-message"
records = "1..1"
"#;

const MAP: &str = r#"
results = [
  ["window",  "window",  "one window",  "", "窗口"],
  ["results", "records", "each result", "", "检验结果"],
]
window = [
  ["root",  "root",  "text 64", "", "根"],
  ["count", "count", "int",     "", "条数"],
]
result = [
  ["number",     "registration_number",       "text 64",      "must", "编号"],
  ["region",     "region",                    "digits 6",     "",     "区划"],
  ["report",     "report.number",             "text 64",      "",     "报告编号"],
  ["supersedes", "supersedes",                "text 64",      "",     "替代"],
  ["category",   "samples[1].goods.category", "text 64",      "",     "类别"],
  ["verdict",    "verdict",                   "code verdict", "",     "结论"],
  ["remark",     "remark",                    "text 2000",    "",     "备注"],
]
lead-message = [["lead", "records[1]", "one lead", "must", "线索"]]
lead = [
  ["number", "registration_number", "text 64",   "must", "编号"],
  ["facts",  "facts",               "text 2000", "",     "事实"],
]
"#;

const VERDICTS: &str = "wire,record,label\n0,fail,不合格\n1,pass,合格\n";
