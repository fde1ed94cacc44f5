//! What a journal entry says, in words that a court reads: Chinese first, with English.

use crate::domain::case::CaseState;
use crate::domain::deadline::Standing;
use crate::domain::kind::Kind;
use crate::exchange::package::trail::Told;

/// What happened, Chinese and English.
pub(super) fn what(told: &Told) -> (String, String) {
    let (zh, en) = words(told.text_of("type").unwrap_or_default());
    let kind = told.text_of("kind").and_then(|kind| Kind::parse(kind).ok());
    match kind {
        Some(kind) => (format!("{zh}：{}", kind.zh()), format!("{en}: {kind}")),
        None => (zh.to_owned(), en.to_owned()),
    }
}

/// The case's state after it.
pub(super) fn state(word: &str) -> String {
    let known = CaseState::ALL.iter().find(|state| state.as_str() == word);
    known.map_or_else(|| word.to_owned(), |state| format!("{} {word}", state.zh()))
}

/// How a deadline stands.
pub(super) fn standing(word: &str) -> String {
    use Standing::{DueSoon, Kept, Late, Overdue, Paused, Running, Uncounted};
    let all = [Overdue, DueSoon, Running, Paused, Uncounted, Kept, Late];
    let known = all.into_iter().find(|standing| standing.as_str() == word);
    known.map_or_else(|| word.to_owned(), |standing| format!("{} {word}", standing.zh()))
}

/// Who did it: the agency, or who acted on the platform's side.
pub(super) fn who(told: &Told) -> String {
    let names = ["agency", "actor", "who", "by", "destination"];
    let found: Vec<&str> = names.into_iter().filter_map(|name| told.text_of(name)).collect();
    found.join(" · ")
}

/// What else the entry says: the road, the outcome, the reason.
pub(super) fn more(told: &Told) -> String {
    let said =
        ["channel", "outcome", "attempt", "status", "action", "news", "certificate", "why", "body", "file"];
    let said = said.into_iter().filter_map(|name| {
        let value = &told.fact[name];
        let text =
            value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))?;
        Some(format!("{name} {text}"))
    });
    said.collect::<Vec<_>>().join("; ")
}

fn words(kind: &str) -> (&str, &str) {
    match kind {
        "submission" => ("收到机关报文", "a message of the agency was accepted"),
        "record" => ("收到机关记录", "a record of the agency was accepted"),
        "reply" => ("平台发出", "the platform posted"),
        "part" => ("平台发出（续）", "a further message of it"),
        "delivery" => ("发送", "an attempt to deliver"),
        "receipt" => ("机关回执", "the agency's receipt"),
        "collected" => ("机关取走文件", "taken from the agency's folder"),
        "intervention" => ("人工干预发送", "an operator's hand on a delivery"),
        "conflict" => ("同一编号内容不同，已拒收", "the same message id with another body, refused"),
        "attachment" => ("附件入卷", "a file became the case's"),
        "attachment-scan" => ("附件安全检查", "the scanner's verdict"),
        "attachment-refusal" => ("附件被拒", "a file was refused"),
        "certificate-lapse" => ("证书期满", "the certificate's last day has passed"),
        "deadline" => ("期限提示", "news of a deadline"),
        "hold" => ("法律保全", "put under legal hold"),
        "hold-end" => ("解除法律保全", "out of legal hold"),
        "removal" => ("保存期满删除内容", "its contents were removed"),
        other => (other, other),
    }
}
