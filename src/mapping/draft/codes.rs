//! Code lists, drafted: the agency's codes beside the words of our record, or beside themselves.

use std::fmt::Write as _;

use crate::mapping::draft::lexicon::{likeness, meanings};
use crate::mapping::draft::outline::Field;

/// The longest list that is drafted. 400: lists of countries and currencies are shorter.
const MOST: usize = 400;

/// A drafted list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub(super) name: String,
    pub(super) text: String,
    /// Codes for which no word of the record was found.
    pub(super) open: Vec<String>,
}

/// Codes that a sentence tells: `0:待处理,1:处理中`, `1 交易投诉，2 内容投诉`; nothing unless there are two of them.
pub(super) fn told(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for part in text.split([',', '，', ';', '；', '、', '/', '\n', '（', '(', '。']) {
        // The first one stands behind the field's own name: 工单状态 0:待处理, 投诉类型:1 交易投诉.
        let Some(at) = part.find(|c: char| c.is_ascii_digit()) else { continue };
        let digits = part[at..].chars().take_while(char::is_ascii_digit).count();
        let (code, rest) = part[at..].split_at(digits);
        let label = rest.trim_start_matches([' ', ':', '：', '-', '=', '－', '.']);
        let label = label.trim_end_matches([')', '）', ' ']).trim();
        let named = label.len() < rest.len() && label.chars().next().is_some_and(char::is_alphabetic);
        if !named || digits > 4 || found.iter().any(|(known, _)| known == code) {
            continue;
        }
        found.push((code.to_owned(), label.to_owned()));
    }
    if found.len() > 1 { found } else { Vec::new() }
}

/// The codes of a field: as the schema lists them, else as the samples show them.
fn codes(field: &Field) -> Vec<(String, String)> {
    if !field.codes.is_empty() {
        return field.codes.clone();
    }
    let values = field.values.iter().map(|value| value.text.trim()).filter(|text| !text.is_empty());
    values.map(|text| (text.to_owned(), String::new())).collect()
}

/// Whether most codes of the field have a word, so that the field may be this list.
pub(super) fn enough(field: &Field, words: &[(String, String)]) -> bool {
    let all = codes(field);
    let found = all.iter().filter(|(code, label)| word(code, label, words).is_some()).count();
    !all.is_empty()
        && all.len() <= MOST
        && found * 2 > all.len()
        && all.iter().all(|(code, _)| code.len() <= 64)
}

/// The word of the record that a code stands for, by its name or by what it is called.
fn word<'a>(code: &str, label: &str, words: &'a [(String, String)]) -> Option<&'a str> {
    let texts: Vec<_> = [code, label].into_iter().map(meanings).filter(|set| !set.is_empty()).collect();
    let score = |(word, zh): &(String, String)| {
        if code.eq_ignore_ascii_case(word) || (!zh.is_empty() && (label == zh || code == zh)) {
            return 1.0;
        }
        let ours = [meanings(word), meanings(zh)];
        let pairs = texts.iter().flat_map(|text| ours.iter().map(move |own| likeness(text, own)));
        pairs.fold(0.0_f64, f64::max)
    };
    let best = words.iter().map(|pair| (score(pair), pair)).max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 >= 0.66).then_some(best.1.0.as_str())
}

/// The list of a field whose record place is one of `words`; codes without a word become `other`, where there is one.
pub(super) fn of_words(name: &str, field: &Field, words: &[(String, String)]) -> List {
    let other = words.iter().find(|(word, _)| word == "other").map(|(word, _)| word.as_str());
    let (mut rows, mut open) = (Vec::new(), Vec::new());
    for (code, label) in codes(field) {
        let found = word(&code, &label, words);
        if found.is_none() {
            open.push(code.clone());
        }
        rows.push((code, found.or(other).map(str::to_owned), label));
    }
    let mut text = String::from("wire,record,label,write\n");
    let known: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    let _ = writeln!(text, "# record: {}", known.join(" | "));
    let mut written: Vec<&str> = Vec::new();
    for (code, word, label) in &rows {
        let Some(word) = word else {
            let _ = writeln!(text, "# {},?,{},", cell(code), cell(label));
            continue;
        };
        let twins = rows.iter().filter(|(_, other, _)| other.as_ref() == Some(word)).count();
        let star = if twins > 1 && !written.contains(&word.as_str()) { "*" } else { "" };
        written.push(word);
        let _ = writeln!(text, "{},{word},{},{star}", cell(code), cell(label));
    }
    List { name: name.to_owned(), text, open }
}

/// The list of a field whose place is an extra of our record: each code is its own word.
pub(super) fn of_itself(name: &str, field: &Field) -> Option<List> {
    let fits = field.codes.len() > 1
        && field.codes.len() <= MOST
        && field.codes.iter().all(|(code, _)| !code.trim().is_empty() && code.trim() == code);
    if !fits {
        return None;
    }
    let mut text = String::from("wire,record,label\n");
    for (code, label) in &field.codes {
        let _ = writeln!(text, "{},{},{}", cell(code), cell(code), cell(label));
    }
    Some(List { name: name.to_owned(), text, open: Vec::new() })
}

/// A cell of CSV.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '#']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_tells_codes() {
        let said =
            |text| told(text).into_iter().map(|(code, label)| format!("{code}={label}")).collect::<Vec<_>>();
        assert_eq!(said("工单状态 0:待处理,1:处理中,2:处理完成"), ["0=待处理", "1=处理中", "2=处理完成"]);
        assert_eq!(said("投诉类型:1 交易投诉，2 内容投诉"), ["1=交易投诉", "2=内容投诉"]);
        assert_eq!(said("审核结果（1-同意、2-拒绝）"), ["1=同意", "2=拒绝"]);
        for text in ["最多 3 个", "金额，单位 2 元", "处理时限:小时", "", "2026年3月9日、3月10日"]
        {
            assert!(told(text).is_empty(), "{text}: {:?}", told(text));
        }
    }

    #[test]
    fn codes_find_their_words_by_label() {
        let words: Vec<(String, String)> = [("pass", "合格"), ("fail", "不合格"), ("other", "其他")]
            .map(|(word, label)| (word.to_owned(), label.to_owned()))
            .to_vec();
        let field = Field {
            codes: [("1", "合格"), ("2", "不合格"), ("9", "待定")]
                .map(|(code, label)| (code.to_owned(), label.to_owned()))
                .to_vec(),
            ..Field::default()
        };
        assert!(enough(&field, &words));
        let list = of_words("verdict", &field, &words);
        assert!(list.text.contains("1,pass,合格,"), "{}", list.text);
        assert!(list.text.contains("2,fail,不合格,"), "{}", list.text);
        assert!(list.text.contains("9,other,待定,"), "{}", list.text);
        assert_eq!(list.open, ["9"]);
    }
}
