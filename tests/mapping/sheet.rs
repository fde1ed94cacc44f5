//! Tables: CSV files and sheets, read and written by the same maps, and the templates made from them.

use regbridge::mapping::{Decoded, Format, Input, Profile, Refusal};
use regbridge::wire::encoding::{Encoding, encode};
use regbridge::wire::limits::Limits;
use regbridge::wire::xlsx;

use crate::fixture;
use crate::profiles::{files, profile, with_run};

const HEADINGS: &str = "登记编号,被投诉人类型,被投诉人名称,诉求类型,诉求金额（元）,事实与理由";
const GOOD: &str = "3301060020261123000000401,单位,示例甲电子商务有限公司,退款,358.5,漏水";

fn decode(profile: &Profile, format: Format, bytes: &[u8]) -> Result<Decoded, Refusal> {
    let limits = Limits::default();
    with_run(|run| profile.decode(&Input { bytes, format, charset: None, limits: &limits }, run))
}

fn csv(text: &str) -> Result<Decoded, Refusal> {
    decode(&profile("county-sheet"), Format::Csv, text.as_bytes())
}

/// Code, line, column and path of each problem.
fn told(refusal: &Refusal) -> Vec<(&str, u32, u32, &str)> {
    let place = |p: &Option<u32>| p.unwrap_or(0);
    refusal
        .problems
        .iter()
        .map(|p| (p.code.as_ref(), place(&p.line), place(&p.column), p.path.as_str()))
        .collect()
}

#[test]
fn templates_read_back_empty() {
    let (profile, files) = (profile("county-sheet"), files("county-sheet"));
    for message in ["complaint-sheet", "inspection-sheet"] {
        let sheet = profile.template(&files, message).expect("a template");
        let read = decode(&profile, Format::Xlsx, &sheet).expect("it is read");
        assert_eq!((read.message.as_str(), read.records.len(), read.warnings.len()), (message, 0, 0));
        let text = profile.csv_template(message).expect("a template");
        assert_eq!(decode(&profile, Format::Csv, &text).expect("it is read").records.len(), 0);
    }
    let wrong = profile.template(&files, "complaint").unwrap_err();
    assert!(wrong[0].en.contains("complaint-sheet, inspection-sheet"), "{}", wrong[0]);
}

#[test]
fn a_heading_in_another_width_is_refused_with_the_right_one() {
    for heading in ["诉求金额(元)", "诉求金额 （元）", "诉求金额（元)"] {
        let text = format!("{}\n{GOOD}\n", HEADINGS.replace("诉求金额（元）", heading));
        let refusal = csv(&text).expect_err("nobody would read the amounts");
        assert_eq!(told(&refusal), [("column-width", 1, 5, "E1")]);
        let (zh, en) = (&refusal.problems[0].zh, &refusal.problems[0].en);
        assert!(zh.contains(&format!("表头“{heading}”应为“诉求金额（元）”")), "{zh}");
        assert!(en.contains(&format!("the heading \"{heading}\" should be \"诉求金额（元）\"")), "{en}");
    }
    // A column that nobody knows is kept, and so is a variant beside the right one.
    let text = format!("{HEADINGS},诉求金额(元),备 忘\n{GOOD},1,x\n");
    assert_eq!(csv(&text).expect("it is read").records.len(), 1);
}

#[test]
fn a_template_says_what_its_columns_want() {
    let (profile, files) = (profile("county-sheet"), files("county-sheet"));
    let bytes = profile.template(&files, "complaint-sheet").expect("a template");
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("state=\"frozen\"") && sheet.contains("选项!$E$1:$E$3"), "{sheet}");
    let strings = part(&bytes, "xl/sharedStrings.xml");
    for text in [
        "登记编号",
        "特急",
        "25 位数字，前导零保留",
        "“投诉人类型”等 5 列中任一列已填",
        "惩罚性赔偿（退一赔三、退一赔十等）",
    ] {
        assert!(strings.contains(text), "{text}");
    }
    let notes = part(&bytes, "xl/comments1.xml");
    assert!(notes.contains("必填") && notes.contains("日期，如 2026-03-09"), "{notes}");
    // Identifiers are text, so that zeros in front and 25 digits survive.
    assert!(part(&bytes, "xl/styles.xml").contains("formatCode=\"@\""));
    assert_eq!(xlsx::GUIDE, "填表说明");
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip archive");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name(name).expect(name), &mut text).expect("text");
    text
}

#[test]
fn bad_rows_are_told_by_cell_and_the_good_ones_taken() {
    let text = format!(
        "{HEADINGS}\n{GOOD}\n,单位,x,退款,1,y\n123,公司,x,退款,1.234,y\n{}\n",
        GOOD.replace("0401", "0402")
    );
    let read = csv(&text).expect("two rows are good");
    assert_eq!(read.records.len(), 2);
    let refused: Vec<_> = read
        .refused
        .iter()
        .map(|record| {
            (record.index, record.line, record.problems.iter().map(|p| p.path.as_str()).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(refused, [(2, 3, vec!["A3"]), (3, 4, vec!["A4", "B4", "E4"])]);
    let zh = &read.refused[1].problems[1].zh;
    assert!(zh.contains("被投诉人类型") && zh.contains("公司"), "{zh}");
    // What is left is written and read alike.
    let profile = profile("county-sheet");
    for format in [Format::Csv, Format::Xlsx] {
        let message = read.to_message();
        let bytes =
            with_run(|run| profile.encode("complaint-sheet", Some(format), &message, run)).unwrap().bytes;
        let again = decode(&profile, format, &bytes).expect("it is read");
        assert_eq!(again.records.len(), 2);
        assert_eq!(again.records[0]["claims"], read.records[0]["claims"]);
    }
}

#[test]
fn headings_are_known_or_named() {
    let missing = csv(&format!("{}\n{GOOD}\n", HEADINGS.replace("登记编号", "登记编码"))).unwrap_err();
    assert_eq!(told(&missing), [("column-missing", 1, 1, "")]);
    assert!(missing.problems[0].zh.contains("登记编号") && missing.problems[0].zh.contains("登记编码"));
    let unknown = csv("name,age\nx,1\n").unwrap_err();
    assert_eq!(told(&unknown), [("message-unknown", 1, 1, "")]);
    assert!(unknown.problems[0].zh.contains("抽样编号"), "{}", unknown.problems[0]);
}

#[test]
fn unknown_columns_and_formulas_survive() {
    let text = format!("经办,{HEADINGS}\n'=cmd|' /C calc'!A0,{GOOD}\n");
    let profile = profile("county-sheet");
    for encoding in [Encoding::Utf8, Encoding::Gb18030] {
        let read = decode(&profile, Format::Csv, &encode(&text, encoding).unwrap()).expect("it is read");
        let message = read.to_message();
        let bytes = with_run(|run| profile.encode("complaint-sheet", Some(Format::Csv), &message, run))
            .unwrap()
            .bytes;
        let written = String::from_utf8(bytes).unwrap();
        assert!(written.contains("'=cmd|") && !written.contains(",=cmd"), "{written}");
        let again = decode(&profile, Format::Csv, written.as_bytes()).expect("it is read");
        assert_eq!(again.to_message(), message);
    }
}

#[test]
fn a_cell_that_lost_digits_is_its_rows_fault() {
    use std::io::Write as _;
    let whole = profile("county-sheet").template(&files("county-sheet"), "complaint-sheet").unwrap();
    // Rows of our own in the template's sheet: the second's number was typed into a cell that is no text.
    let row = |r: u32, number: &str| {
        let cells = [("K", "单位"), ("L", "示例"), ("U", "退款"), ("X", "漏水")];
        let text = |(c, t): (&str, &str)| format!(r#"<c r="{c}{r}" t="inlineStr"><is><t>{t}</t></is></c>"#);
        format!(r#"<row r="{r}"><c r="A{r}" {number}</c>{}</row>"#, cells.map(text).concat())
    };
    let good = row(2, r#"t="inlineStr"><is><t>3301060020261123000000401</t></is>"#);
    let lost = row(3, "><v>3.3010600202611232E+24</v>");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(whole)).unwrap();
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut part, &mut text).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            let sheet = String::from_utf8(text).unwrap();
            text = sheet.replace("</sheetData>", &format!("{good}{lost}</sheetData>")).into_bytes();
        }
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&text).unwrap();
    }
    let bytes = out.finish().unwrap().into_inner();
    let read = decode(&profile("county-sheet"), Format::Xlsx, &bytes).expect("one row is good");
    assert_eq!(read.records.len(), 1);
    let problem = &read.refused[0].problems[0];
    assert_eq!(
        (problem.code.as_ref(), problem.path.as_str(), problem.line),
        ("number-imprecise", "投诉!A3", Some(3))
    );
    assert_eq!(read.refused[0].problems.len(), 1);
}

#[test]
fn what_no_table_can_say_is_refused_at_load() {
    let manifest =
        "id = \"t\"\n[message.m]\nwire = [\"csv\"]\nkind = \"order\"\nblock = \"top\"\nwhen = \"a = 'b'\"\n";
    let map = "top = [[\"row\", \"records\", \"each r\"], [\"id\", \"message_id\"]]\nr = [[\"n\", \"number\", \"text\", \"must\"], [\"a/b\", \"note\"], [\"t\", \"tags\", \"each text\"]]\n";
    let faults = fixture::faults(&[("profile.toml", manifest), ("m.map.toml", map)]);
    let told: Vec<&str> = faults.iter().filter_map(|fault| fault.split(' ').nth(1)).collect();
    assert_eq!(told, ["table-column", "table-column", "table-envelope", "table-when"], "{faults:#?}");
}
