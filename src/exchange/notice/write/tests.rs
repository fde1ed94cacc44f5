//! Every notice as it is read, and what a fact cannot do.

use super::*;
use crate::domain::id::AgencyId;
use crate::exchange::notice::digest::{Row, UnderWay};
use crate::exchange::notice::topic::Topic;

fn templates() -> Templates {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/notices");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    Templates::load(&std::fs::read_dir(folder).unwrap().map(read).collect()).unwrap()
}

/// A likely value of each fact.
fn value(fact: &str) -> String {
    let value = match fact {
        "agency" => "hz-amr",
        "agency_name" | "peer" => "杭州市市场监督管理局",
        "gateway" => "gateway.example.cn/journal",
        "since" | "received_at" | "failing_since" | "first" | "scheduled" | "last_good" => {
            "2026-11-23 10:00:00 北京时间"
        }
        "until" | "last" | "oldest" | "due" | "expires" | "next_update" => "2026-11-23 16:05:00 北京时间",
        "case" | "delivery" | "run" => "019a0b3c-6c00-7abc-8def-0123456789ab",
        "registration_number" => "3301060020261123000000018",
        "kind" => "投诉工单",
        "destination" => "agency:hz-amr",
        "deadline" => "受理决定 accept",
        "left" => "1 个工作日",
        "late" => "2 小时",
        "rule_set" => "samr-order-121",
        "waiting_on" => "平台 platform",
        "team" => "客诉一组",
        "reason" => "the store cannot be used",
        "certificate" => "CN=hz-amr",
        "owner" => "对方 theirs",
        "day" => "2026-11-22",
        "year" => "2027",
        "job" => "reconcile",
        "severity" => "警告 warning",
        "failures" => "17",
        "waiting" => "500",
        "given_up" | "deliveries" => "12",
        number => return format!("<{number}>"),
    };
    value.to_owned()
}

fn facts(topic: Topic) -> Facts {
    let names = crate::exchange::notice::topic::COMMON.iter().chain(topic.facts());
    names.map(|name| ((*name).to_owned(), value(name))).collect()
}

fn sums() -> Sums {
    let row = |id: &str, name: &str, numbers: [u64; 10]| {
        let [
            received,
            received_before,
            replied,
            replied_before,
            waiting,
            due_soon,
            overdue,
            to_deliver,
            given_up,
            troubles,
        ] = numbers;
        Row {
            agency: (!id.is_empty()).then(|| AgencyId::parse(id).unwrap()),
            name: name.to_owned(),
            received,
            received_before,
            replied,
            replied_before,
            waiting,
            due_soon,
            overdue,
            deliveries_waiting: to_deliver,
            deliveries_given_up: given_up,
            troubles,
        }
    };
    let under_way = |topic: Topic, severity: Severity, agency: &str, key: &str| UnderWay {
        topic,
        severity,
        agency: (!agency.is_empty()).then(|| AgencyId::parse(agency).unwrap()),
        since: "2026-11-22 21:14:07 北京时间".to_owned(),
        key: key.to_owned(),
    };
    Sums {
        gateway: "gateway.example.cn/journal".to_owned(),
        from: "2026-11-22".to_owned(),
        to: "2026-11-22".to_owned(),
        rows: vec![
            row("hz-amr", "杭州市市场监督管理局", [128, 97, 119, 125, 34, 6, 1, 3, 0, 0]),
            row("hz-xihu-amr", "杭州市西湖区市场监督管理局", [41, 41, 38, 20, 9, 2, 0, 0, 0, 0]),
            row("nb-amr", "宁波市市场监督管理局", [12, 30, 7, 31, 22, 4, 3, 57, 12, 1]),
            row("zj-fda", "浙江省食品药品检验研究院", [0, 0, 3, 1, 0, 0, 0, 0, 0, 0]),
            row("", "", [0, 0, 0, 0, 0, 0, 0, 2, 0, 1]),
        ],
        troubles: vec![
            under_way(Topic::AgencyUnreachable, Severity::Warning, "nb-amr", "unreachable:agency:nb-amr"),
            under_way(Topic::BackupFailed, Severity::Critical, "", "backup:nightly"),
        ],
    }
}

#[test]
fn every_notice_is_written_out() {
    let templates = templates();
    let mut all = String::new();
    for topic in Topic::ALL {
        for edge in [Edge::Begins, Edge::Ends] {
            if edge == Edge::Ends && !topic.tells_its_end() {
                continue;
            }
            let written = trouble(&templates, topic.as_str(), edge, Severity::Warning, &[facts(*topic)], 0);
            let _ = writeln!(all, "━━ {topic} {edge}\n{}\n\n{}", written.subject, written.text);
            assert!(!written.html.contains("{{") && !written.text.contains("{{"));
            assert!(!written.html.contains("<differences>"), "what a fact holds is no markup");
        }
    }
    insta::assert_snapshot!("notices", all);
    let one = trouble(
        &templates,
        "agency-unreachable",
        Edge::Begins,
        Severity::Warning,
        &[facts(Topic::AgencyUnreachable)],
        0,
    );
    insta::assert_snapshot!("page", one.html);
}

#[test]
fn a_digest_is_written_out() {
    let templates = templates();
    let written = digest(&templates, Edge::Daily, &sums());
    insta::assert_snapshot!("digest", format!("{}\n\n{}", written.subject, written.text));
    insta::assert_snapshot!("digest_page", written.html);
    let weekly = digest(&templates, Edge::Weekly, &Sums { troubles: Vec::new(), ..sums() });
    assert!(weekly.subject.contains("周报") && weekly.text.contains("无 none"), "{}", weekly.text);
}

#[test]
fn a_fact_adds_no_markup_and_no_line() {
    let mut evil = facts(Topic::BackupFailed);
    evil.insert("step".to_owned(), "<script>\r\nBcc: a@b.cn\u{1b}[31m".to_owned());
    evil.insert("reason".to_owned(), "\"' & <b>".repeat(60));
    let written = trouble(&templates(), "backup-failed", Edge::Begins, Severity::Critical, &[evil], 0);
    assert!(!written.html.contains("<script") && !written.html.contains("<b>"), "{}", written.html);
    assert!(written.html.contains("&lt;script&gt;") && written.html.contains("&quot;&#39; &amp; &lt;b&gt;"));
    assert!(!written.subject.contains(['\r', '\n', '\u{1b}']), "{:?}", written.subject);
    let line = written.text.lines().find(|line| line.starts_with("原因 Reason")).unwrap();
    assert_eq!(
        line.chars().count(),
        "原因 Reason: ".chars().count() + LONGEST + 1,
        "cut, and shown to be cut"
    );
}

#[test]
fn a_line_without_its_fact_is_left_out_and_a_subject_has_a_dash() {
    let few = Facts::from([("gateway".to_owned(), "g".to_owned())]);
    let written = trouble(&templates(), "overdue", Edge::Begins, Severity::Warning, &[few], 0);
    assert_eq!(written.subject, "【逾期】— — · Overdue: —");
    assert!(!written.text.contains("机构") && written.text.contains("网关 Gateway: g"), "{}", written.text);
    assert!(!written.text.contains("\n\n\n"));
}

#[test]
fn several_share_a_mail_under_their_own_headings() {
    let other = Facts::from([("agency".to_owned(), "nb-amr".to_owned())]);
    let written = trouble(
        &templates(),
        "overdue",
        Edge::Begins,
        Severity::Critical,
        &[facts(Topic::Overdue), other],
        0,
    );
    assert!(written.subject.ends_with("（等 2 项 · 2 in all）"), "{}", written.subject);
    assert_eq!((written.text.matches("【逾期】").count(), written.html.matches("<h2").count()), (2, 2));
    assert!(written.html.contains("#c53030"));
}
