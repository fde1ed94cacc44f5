//! What sheets are read as, and what hostile ones cost.

use std::io::Write as _;

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::wire::sheet::{Columns, HeadingRows, lines};
use crate::wire::tree::NodeKind;
use crate::wire::xlsx::write;

const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="投诉" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="/xl/sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="165" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="165"/><xf numFmtId="22"/></cellXfs></styleSheet>"#;

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in parts {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook whose sheet's rows are these, with these shared strings.
fn book(rows: &str, strings: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    with_sheet(&sheet, strings)
}

fn with_sheet(sheet: &str, strings: &str) -> Vec<u8> {
    let strings = format!("<sst>{strings}</sst>");
    archive(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn text(address: &str, value: &str) -> String {
    format!(r#"<c r="{address}" t="inlineStr"><is><t>{value}</t></is></c>"#)
}

fn opened(bytes: &[u8]) -> Result<Tree, Vec<Problem>> {
    read(bytes, &[], &Limits::default())
}

fn cells(tree: &Tree) -> Vec<Vec<(String, String)>> {
    let (names, lines) = lines(tree, &[]);
    let cell = |(i, n): (usize, _)| (names[i].clone(), tree.text(n).to_owned());
    lines.into_iter().map(|line| line.into_iter().map(cell).collect()).collect()
}

/// Code and rule of the first problem.
fn refused(bytes: &[u8]) -> (String, String) {
    let problem = opened(bytes).expect_err("it was read").remove(0);
    assert!(problem.zh.chars().any(|c| c > '\u{4DFF}') && !problem.en.is_empty(), "{problem}");
    (problem.code.into_owned(), problem.rule.unwrap_or_default())
}

#[test]
fn every_type_of_cell_is_text() {
    let rows = [
        r#"<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>"#,
        &text("C1", "金额"),
        &text("D1", "生产"),
        &text("E1", "登记"),
        &text("F1", "真"),
        &text("G1", "公式"),
        r#"</row><row r="4"><c r="A4" t="inlineStr"><is><r><t>00</t></r><rPh sb="0" eb="1"><t>x</t></rPh><r><t xml:space="preserve">7 </t></r></is></c>"#,
        r#"<c r="B4"/><c r="C4"><v>358.10000000000002</v></c><c r="D4" s="1"><v>46090</v></c><c r="E4" s="2"><v>46090.5</v></c>"#,
        r#"<c r="F4" t="b"><v>1</v></c><c r="G4" t="str"><f>A1&amp;"x"</f><v>a_x000D_&lt;b</v></c></row>"#,
    ];
    let tree = opened(&book(&rows.concat(), "<si><t>编号</t></si><si><r><t>说</t></r><r><t>明</t></r></si>"))
        .unwrap();
    let wanted = [
        ("编号", "007 "),
        ("金额", "358.1"),
        ("生产", "2026-03-09"),
        ("登记", "2026-03-09 12:00:00"),
        ("真", "TRUE"),
        ("公式", "a\r<b"),
    ];
    assert_eq!(cells(&tree), [wanted.map(|(a, b)| (a.to_owned(), b.to_owned()))]);
    let row = lines(&tree, &[]).1[0][3].1;
    assert_eq!(
        (tree.path(row).as_str(), tree.place(row), tree.kind(row)),
        ("投诉!E4", (4, 5), NodeKind::String)
    );
}

#[test]
fn cells_that_are_not_clear_are_told_by_their_address() {
    let sheet = [
        "<worksheet><sheetData><row>",
        &text("A1", "编号"),
        &text("B1", "数"),
        r#"</row><row><c t="e"><v>#N/A</v></c></row><row><c><f>1+1</f></c></row><row><c><v>1234567890123456</v></c></row>"#,
        r#"<row><c t="z"><v>1</v></c></row><row><c t="s"><v>9</v></c><c><v>12a</v></c></row>"#,
        r#"<row r="7"><c r="A7"><v>1</v></c><c r="B7"><v>2</v></c></row><row r="8"><c r="A8"><v>3</v></c></row></sheetData>"#,
        r#"<mergeCells><mergeCell ref="A7:B8"/><mergeCell ref="A20:C30"/></mergeCells></worksheet>"#,
    ];
    let tree = opened(&with_sheet(&sheet.concat(), "")).unwrap();
    let told: Vec<_> =
        tree.table().unwrap().faults.iter().map(|fault| (fault.code.as_ref(), fault.path.as_str())).collect();
    assert_eq!(
        told,
        [
            ("cell-error", "投诉!A2"),
            ("formula-without-value", "投诉!A3"),
            ("number-imprecise", "投诉!A4"),
            ("xlsx-broken", "投诉!A5"),
            ("xlsx-broken", "投诉!A6"),
            ("number", "投诉!B6"),
            ("cells-merged", "投诉!A7"),
            ("cells-merged", "投诉!A8"),
        ]
    );
}

#[test]
fn what_a_file_says_of_its_size_costs_nothing() {
    let header = format!("<row r=\"1\">{}</row>", text("A1", "a"));
    let far = format!(
        r#"{header}<row r="2">{}<c r="XFD2"/></row><row r="1048576"><c r="XFD1048576"/></row>"#,
        text("A2", "x")
    );
    assert_eq!(cells(&opened(&book(&far, "")).unwrap()).len(), 1);
    let corner = format!(r#"{header}<row r="1048576">{}</row>"#, text("XFD1048576", "x"));
    assert_eq!(refused(&book(&corner, "")), ("limit-exceeded".into(), "limit:columns".into()));
    let low = format!(r#"{header}<row r="200001">{}</row>"#, text("A200001", "x"));
    assert_eq!(refused(&book(&low, "")), ("limit-exceeded".into(), "limit:rows".into()));
    for row in ["99999999999", "1048577", "0", "-1"] {
        let wrong = format!(r#"{header}<row r="{row}">{}</row>"#, text("A2", "x"));
        assert_eq!(refused(&book(&wrong, "")).0, "xlsx-broken", "{row}");
    }
    let counted = archive(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/sharedStrings.xml", br#"<sst count="4294967295" uniqueCount="4294967295"><si><t>a</t></si></sst>"#),
        (
            "xl/worksheets/sheet1.xml",
            br#"<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>"#,
        ),
    ]);
    assert!(opened(&counted).is_ok());
}

#[test]
fn bombs_stop_at_their_limit() {
    let begun = std::time::Instant::now();
    let long = format!("<row>{}</row>", text("A1", &"长".repeat(4_000_000)));
    assert_eq!(refused(&book(&long, "")).1, "limit:text");
    let pieces = format!("<si>{}</si>", "<r><t>0123456789</t></r>".repeat(1_000_000));
    assert_eq!(refused(&book("", &pieces)).1, "limit:cell");
    let many = "<si><t>a</t></si>".repeat(300_000);
    assert_eq!(refused(&book("", &many)).1, "limit:strings");
    let wide = format!("<si><t>{}</t></si>", "a".repeat(3_000)).repeat(40_000);
    assert_eq!(refused(&book("", &wide)).1, "limit:inflated");
    let blank = format!("<row>{}</row>", "<c/>".repeat(16_385));
    assert_eq!(refused(&book(&blank, "")).0, "xlsx-broken");
    let blank = format!("<row>{}</row>", "<c/>".repeat(16_000)).repeat(130);
    assert_eq!(refused(&book(&blank, "")).1, "limit:cells");
    let spaces = format!("<row>{}</row>", " ".repeat(5_000_000));
    assert_eq!(refused(&book(&spaces, "")).1, "limit:text");
    let deep = "<a>".repeat(100_000);
    assert_eq!(refused(&book(&deep, "")).1, "limit:depth");
    // Debug code; the parts together inflate to about 150 MB.
    assert!(begun.elapsed().as_secs() < 120, "{:?}", begun.elapsed());
}

#[test]
fn markup_that_reaches_out_is_refused() {
    let header = format!("<row>{}</row>", text("A1", "&x;"));
    assert_eq!(refused(&book(&header, "")).0, "xml-entity");
    let doctype =
        format!(r#"<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet>{header}</worksheet>"#);
    assert_eq!(refused(&with_sheet(&doctype, "")).0, "xml-doctype");
    let billion = r#"<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><sst/>"#;
    let parts = [
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/sharedStrings.xml", billion.as_bytes()),
    ];
    assert_eq!(refused(&archive(&parts)).0, "xml-doctype");
}

#[test]
fn archives_that_are_not_what_they_should_be_are_refused() {
    for name in ["../evil", "xl/../../evil", "/etc/passwd", "xl\\sheet", "C:evil", "a\0b"] {
        let bytes = archive(&[("xl/workbook.xml", BOOK.as_bytes()), (name, b"x")]);
        assert!(["xlsx-part", "xlsx-broken"].contains(&refused(&bytes).0.as_str()), "{name}");
    }
    let whole = book(&format!("<row>{}</row>", text("A1", "a")), "");
    for cut in [0, 3, 21, whole.len() / 2, whole.len() - 1] {
        let code = refused(&whole[..cut]).0;
        assert!(["xlsx-broken", "document-empty"].contains(&code.as_str()), "{cut}: {code}");
    }
    let many: Vec<(String, &[u8])> = (0..1_200).map(|i| (format!("p{i}"), b"".as_slice())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert_eq!(refused(&archive(&many)).1, "limit:parts");
    // One name twice: one reader would see the first, another the second.
    let mut twice = archive(&[("xl/workbook.xml", BOOK.as_bytes()), ("xl/workbooK.xml", b"other")]);
    let places: Vec<usize> =
        (0..twice.len() - 15).filter(|at| &twice[*at..at + 15] == b"xl/workbooK.xml").collect();
    for at in places {
        twice[at + 10] = b'k';
    }
    assert_eq!(refused(&twice).0, "xlsx-broken");
    assert_eq!(refused(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]).0, "xlsx-old");
    assert_eq!(refused(b"<xml/>").0, "xlsx-broken");
    assert_eq!(refused(&archive(&[("a", b"b")])).0, "xlsx-broken");
}

#[test]
fn the_wanted_sheet_is_read_and_the_others_are_named() {
    let workbook = BOOK.replace(
        "<sheet name=\"投诉\"",
        r#"<sheet name="封面" r:id="rId9"/><sheet name="暗" state="hidden" r:id="rId8"/><sheet name="投诉""#,
    );
    let sheet = format!("<worksheet><sheetData><row>{}</row></sheetData></worksheet>", text("A1", "a"));
    let bytes = archive(&[
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ]);
    let tree = read(&bytes, &["投诉"], &Limits::default()).unwrap();
    let table = tree.table().unwrap();
    assert_eq!((table.name.as_str(), table.others.as_slice()), ("投诉", ["封面".to_owned()].as_slice()));
    assert_eq!(refused(&bytes).0, "xlsx-broken");
}

#[test]
fn what_is_written_is_text_whatever_it_looks_like() {
    let values = [
        "=1+1",
        "+86",
        "@x",
        "'=1",
        "001",
        "1330109002026030900000017",
        "a\r\nb\tc",
        "_x000D_",
        "<&>\"",
        " 边 ",
    ];
    let header = (0..values.len()).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",") + ",";
    let line =
        values.iter().map(|v| format!("\"{}\"", v.replace('"', "\"\""))).collect::<Vec<_>>().join(",") + ",";
    // The apostrophe before a formula is taken off by reading CSV: here it is doubled.
    let csv = format!("{header}z\n{}1\n", line.replace("'=1", "''=1"));
    let (tree, _) = crate::wire::csv::read(csv.as_bytes(), None, &Limits::default()).unwrap();
    let bytes = write(&tree, "投诉", Columns { names: &[], rows: HeadingRows::One }).unwrap();
    let again = opened(&bytes).unwrap();
    let found: Vec<String> = cells(&again).remove(0).into_iter().map(|(_, value)| value).collect();
    assert_eq!(&found[..values.len()], values);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_of_a_byte_is_answered(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = book(&format!("<row>{}</row><row>{}</row>", text("A1", "a"), text("A2", "b")), "<si><t>x</t></si>");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = opened(&bytes);
    }

    #[test]
    fn any_sheet_is_answered(inner in "(<c r=\"[A-C]{1,2}[0-9]{1,2}\" t=\"[snbe]\">|<v>|</v>|</c>|<row>|</row>|<f>|</f>|[0-9a.]{1,3}){0,12}") {
        let _ = opened(&with_sheet(&format!("<worksheet><sheetData>{inner}</sheetData></worksheet>"), "<si><t>x</t></si>"));
    }
}
