//! The workbook: which sheet is read, and where its parts are.

use std::io::BufRead;

use crate::domain::problem::Problem;
use crate::wire::xlsx::package::{Package, broken};
use crate::wire::xlsx::token::{Token, Tokens};

/// Sheets of a workbook. 256: nobody fills in more.
const MOST_SHEETS: usize = 256;

/// What the workbook says.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// The name of the sheet that is read.
    pub(super) name: String,
    /// Its part.
    pub(super) sheet: String,
    /// The names of the others that people see.
    pub(super) others: Vec<String>,
    /// The part of the shared strings.
    pub(super) strings: Option<String>,
    /// The part of the styles.
    pub(super) styles: Option<String>,
    /// Whether days are counted from 1904.
    pub(super) from_1904: bool,
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

struct Sheet {
    name: String,
    relation: String,
    seen: bool,
}

/// Reads the workbook; of its sheets the first that is `wanted` is chosen, else the first that is seen.
pub(super) fn read(package: &mut Package<'_>, wanted: &[&str]) -> Result<Book, Problem> {
    let main = relations(package, "_rels/.rels", "")?
        .into_iter()
        .find(|relation| relation.kind.ends_with("/officeDocument"))
        .map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
    let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
    let below = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let relations = relations(package, &format!("{below}_rels/{file}.rels"), folder)?;
    let Some(part) = package.part(&main)? else {
        return Err(broken("it has no workbook").with_found(&main));
    };
    let mut book = Book::default();
    let sheets = sheets(part, &mut book)?;
    let chosen = sheets
        .iter()
        .find(|sheet| wanted.contains(&sheet.name.as_str()))
        .or_else(|| sheets.iter().find(|sheet| sheet.seen))
        .ok_or_else(|| broken("it has no sheet"))?;
    book.name.clone_from(&chosen.name);
    book.others = sheets
        .iter()
        .filter(|sheet| sheet.seen && !std::ptr::eq(*sheet, chosen))
        .map(|sheet| sheet.name.clone())
        .collect();
    let target =
        |test: &dyn Fn(&Relation) -> bool| relations.iter().find(|r| test(r)).map(|r| r.target.clone());
    book.sheet = target(&|relation| relation.id == chosen.relation && relation.kind.ends_with("/worksheet"))
        .ok_or_else(|| broken("a sheet has no part").with_found(&chosen.name))?;
    book.strings = target(&|relation| relation.kind.ends_with("/sharedStrings"));
    book.styles = target(&|relation| relation.kind.ends_with("/styles"));
    Ok(book)
}

fn sheets(part: impl BufRead, book: &mut Book) -> Result<Vec<Sheet>, Problem> {
    let mut tokens = Tokens::new(part);
    let mut sheets = Vec::new();
    loop {
        match tokens.next()? {
            Token::Start(name, attributes) if name == "sheet" => {
                if sheets.len() >= MOST_SHEETS {
                    return Err(crate::wire::limits::exceeded(
                        "sheets",
                        "工作表个数",
                        "the number of sheets",
                        MOST_SHEETS,
                    ));
                }
                sheets.push(Sheet {
                    name: attributes.value("name").unwrap_or_default().to_owned(),
                    relation: attributes.value("id").unwrap_or_default().to_owned(),
                    seen: attributes.value("state").is_none_or(|state| state == "visible"),
                });
            }
            Token::Start(name, attributes) if name == "workbookPr" => {
                book.from_1904 = matches!(attributes.value("date1904"), Some("1" | "true"));
            }
            Token::Eof => return Ok(sheets),
            _ => {}
        }
    }
}

/// The relations of a part; targets are names of parts, those outside the workbook are left out.
fn relations(package: &mut Package<'_>, name: &str, folder: &str) -> Result<Vec<Relation>, Problem> {
    let Some(part) = package.part(name)? else { return Ok(Vec::new()) };
    let mut tokens = Tokens::new(part);
    let mut found = Vec::new();
    loop {
        match tokens.next()? {
            Token::Start(name, attributes) if name == "Relationship" => {
                let value = |name: &str| attributes.value(name).unwrap_or_default().to_owned();
                if value("TargetMode") != "External" {
                    let target = resolved(folder, &value("Target"));
                    found.push(Relation { id: value("Id"), kind: value("Type"), target });
                }
            }
            Token::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// The name of the part that a target means, seen from `folder`.
fn resolved(folder: &str, target: &str) -> String {
    let whole = match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in whole.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}
