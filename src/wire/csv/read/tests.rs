//! What CSV files are read as, and which are refused.

use proptest::prelude::*;

use super::*;
use crate::wire::csv::write;
use crate::wire::sheet::lines;
use crate::wire::sheet::{Columns, HeadingRows};

fn cells(bytes: &[u8]) -> Vec<Vec<(String, String)>> {
    let (tree, _) = read(bytes, None, &Limits::default()).unwrap();
    let (names, lines) = lines(&tree, &[]);
    lines
        .into_iter()
        .map(|line| line.into_iter().map(|(i, n)| (names[i].clone(), tree.text(n).to_owned())).collect())
        .collect()
}

fn refused(text: &str) -> (String, Option<u32>, Option<u32>, String) {
    let problem = read(text.as_bytes(), None, &Limits::default()).expect_err(text).remove(0);
    (problem.code.to_string(), problem.line, problem.column, problem.path)
}

#[test]
fn a_cell_is_told_by_its_line_column_and_address() {
    let (tree, _) =
        read("编号,说明\r\n1,\"甲\r\n乙\"\r\n2,丙\r\n".as_bytes(), None, &Limits::default()).unwrap();
    let (_, lines) = lines(&tree, &[]);
    let cell = lines[1][1].1;
    assert_eq!((tree.place(cell), tree.path(cell).as_str()), ((4, 3), "B3"));
    assert_eq!(tree.text(lines[0][1].1), "甲\r\n乙");
}

#[test]
fn the_encodings_of_offices_are_told_apart() {
    let text = "编号,诉求金额（元）\r\n001,358.00\r\n";
    let gbk = encoding::encode(text, Encoding::Gbk).unwrap();
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let wide: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(encoding::encode(text, Encoding::Utf16Le).unwrap()).collect();
    for bytes in [gbk.as_slice(), &marked, text.as_bytes(), &wide] {
        assert_eq!(
            cells(bytes),
            [[("编号".to_owned(), "001".to_owned()), ("诉求金额（元）".to_owned(), "358.00".to_owned())]]
        );
    }
    assert_eq!(read(&gbk, None, &Limits::default()).unwrap().1, Encoding::Gb18030);
    assert_eq!(
        read(&gbk, Some(Encoding::Utf8), &Limits::default()).unwrap_err()[0].code,
        "encoding-malformed"
    );
}

#[test]
fn wrong_quotes_are_refused_where_they_stand() {
    assert_eq!(refused("a,b\n1,x\"y\n"), ("csv-quote".into(), Some(2), Some(4), "B2".into()));
    assert_eq!(refused("a,b\n\"1\"2,y\n"), ("csv-quote".into(), Some(2), Some(4), "A2".into()));
    assert_eq!(refused("a,b\n1,\"y\n2,z\n"), ("csv-quote".into(), Some(2), Some(3), "B2".into()));
    assert_eq!(refused("a,b\n\"x\"\"\"y\",1\n").0, "csv-quote");
    assert_eq!(refused("a;b\n1;2\n").0, "csv-separator");
    assert_eq!(refused("\n\n").0, "sheet-empty");
}

#[test]
fn hostile_tables_are_refused_at_their_limit() {
    let wide = format!("a{}\n", ",b".repeat(1_000_000));
    assert_eq!(refused(&wide).3, "C1");
    let distinct = (0..2_000).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",");
    assert_eq!(refused(&distinct).3, "AMK1");
    let commas = format!("a\n{}x\n", ",".repeat(4_000_000));
    let problem = &read(commas.as_bytes(), None, &Limits::default()).unwrap_err()[0];
    assert_eq!((problem.rule.as_deref(), problem.line), (Some("limit:columns"), Some(2)));
    let long = format!("a\n{}\n", "长".repeat(2_000_000));
    let problem = &read(long.as_bytes(), None, &Limits::default()).unwrap_err()[0];
    assert_eq!((problem.rule.as_deref(), problem.path.as_str()), (Some("limit:cell"), "A2"));
    let (tree, _) = read(b"a,b\nx\0y,1\n", None, &Limits::default()).unwrap();
    let fault = &tree.table().unwrap().faults[0];
    assert_eq!((fault.code.as_ref(), fault.line, fault.column), ("cell-nul", Some(2), Some(1)));
    let many = format!("a\n{}", "x\n".repeat(300_000));
    let problem = &read(many.as_bytes(), None, &Limits::default()).unwrap_err()[0];
    assert_eq!(problem.rule.as_deref(), Some("limit:nodes"));
    let quotes = format!("a\n{}", "\"".repeat(4_000_001));
    assert_eq!(refused(&quotes).0, "csv-quote");
}

#[test]
fn every_fault_is_told_up_to_a_hundred() {
    let bad = format!("a\n{}", ",x\n".repeat(500));
    let problems = read(bad.as_bytes(), None, &Limits::default()).unwrap_err();
    assert_eq!(problems.len(), 100);
    assert_eq!((problems[99].line, problems[99].column), (Some(101), Some(2)));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(text in "[a,\"\n\r'=投\\x00;\t]{0,40}") {
        let _ = read(text.as_bytes(), None, &Limits::default());
    }

    /// What we accept, a reader that is not ours reads alike.
    #[test]
    fn another_reader_agrees(text in "a,b,c\n([x,\"\n\r投 ]{0,30})") {
        if let Ok((tree, _)) = read(text.as_bytes(), None, &Limits::default())
            && tree.table().unwrap().faults.is_empty()
        {
            let (names, lines) = lines(&tree, &[]);
            let ours: Vec<Vec<(String, String)>> = lines.into_iter().map(|line| {
                line.into_iter().map(|(i, n)| (names[i].clone(), tree.text(n).to_owned())).collect()
            }).collect();
            let mut other = ::csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
            let headings = other.headers().unwrap().clone();
            let theirs: Vec<Vec<(String, String)>> = other.records().map(|record| {
                let record = record.unwrap();
                record.iter().zip(headings.iter()).filter(|(cell, _)| !cell.is_empty())
                    .map(|(cell, name)| (name.to_owned(), cell.to_owned())).collect::<Vec<_>>()
            }).filter(|line| !line.is_empty()).collect();
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn what_is_written_is_read(rows in prop::collection::vec(prop::collection::vec("[=+@'\",\n\r投0-9 -]{0,6}", 3), 0..5)) {
        let mut text = String::from("甲,乙,丙\n");
        for row in &rows {
            let quoted: Vec<String> = row.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
            text.push_str(&quoted.join(","));
            text.push('\n');
        }
        let (tree, _) = read(text.as_bytes(), None, &Limits::default()).unwrap();
        let columns = ["甲", "乙", "丙"].map(str::to_owned);
        let written = write(&tree, Columns { names: &columns, rows: HeadingRows::One }, Encoding::Utf8).unwrap();
        prop_assert_eq!(cells(&written), cells(text.as_bytes()));
    }
}
