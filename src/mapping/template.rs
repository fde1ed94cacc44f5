//! A sheet to be filled in, made from a message of a profile: its headings are the agency's words, its drop-downs the
//! code lists, its notes what the rows of the map ask for.

use crate::domain::problem::Problem;
use crate::mapping::codes::CodeLists;
use crate::mapping::condition::Need;
use crate::mapping::files::ProfileFiles;
use crate::mapping::profile::Profile;
use crate::mapping::table::Column;
use crate::mapping::words::{Word, words};
use crate::wire::csv;
use crate::wire::sheet::Columns;
use crate::wire::tree::Tree;
use crate::wire::xlsx::{Kind, Template, TemplateColumn};

impl Profile {
    /// The XLSX template of a message. `files` are those that the profile was loaded from.
    pub fn template(&self, files: &ProfileFiles, message: &str) -> Result<Vec<u8>, Vec<Problem>> {
        let message = self.table_message(message).map_err(|problem| vec![problem])?;
        let lists = CodeLists::read(files)?;
        let columns = message.columns.iter().map(|column| self.template_column(column, &lists)).collect();
        let title = if message.entry.label.is_empty() { &message.entry.name } else { &message.entry.label };
        let template =
            Template { name: message.sheet(), title: title.clone(), columns, rows: message.entry.headings };
        template.write().map_err(|problem| vec![problem])
    }

    /// The CSV template of a message: its headings.
    pub fn csv_template(&self, message: &str) -> Result<Vec<u8>, Vec<Problem>> {
        let message = self.table_message(message).map_err(|problem| vec![problem])?;
        let names: Vec<String> = message.columns.iter().map(|column| column.name.clone()).collect();
        let columns = Columns { names: &names, rows: message.entry.headings };
        csv::write(&Tree::new(), columns, self.manifest.encoding).map_err(|problem| vec![problem])
    }

    fn table_message(&self, name: &str) -> Result<&crate::mapping::recognise::Message, Problem> {
        let tables: Vec<_> = self.messages.iter().filter(|message| !message.columns.is_empty()).collect();
        tables.iter().find(|message| message.entry.name == name).copied().ok_or_else(|| {
            let known =
                tables.iter().map(|message| message.entry.name.as_str()).collect::<Vec<_>>().join(", ");
            Problem::new(
                "message-unknown",
                if known.is_empty() {
                    format!("配置 {} 没有表格报文：其 wire 须含 csv 或 xlsx", self.id())
                } else {
                    format!("配置 {} 没有表格报文“{name}”，有 {known}", self.id())
                },
                if known.is_empty() {
                    format!(
                        "profile {} has no message that is a table: its wire must have csv or xlsx",
                        self.id()
                    )
                } else {
                    format!(
                        "profile {} has no message \"{name}\" that is a table; there are {known}",
                        self.id()
                    )
                },
            )
            .with_expected(known)
        })
    }

    fn template_column(&self, column: &Column, lists: &CodeLists) -> TemplateColumn {
        let row = &self.map.blocks[column.at.0].rows[column.at.1];
        let mut made = TemplateColumn {
            heading: column.name.clone(),
            must: column.must,
            kind: Kind::Text,
            choices: Vec::new(),
            longest: None,
            note: Vec::new(),
            example: String::new(),
        };
        if column.label != column.name {
            made.note.push(column.label.clone());
        }
        for step in words(&row.said).unwrap_or_default().split(|word| *word == Word::Bar) {
            describe(step, lists, &mut made);
        }
        if let Some(condition) = row.need.condition() {
            let meant = if matches!(row.need, Need::NeverIf(_)) {
                "不得填写的情形"
            } else {
                "必须填写的情形"
            };
            made.note.push(format!("{meant}：{}", self.in_headings(&condition.text, column.at.0)));
        }
        made
    }

    /// A condition with the headings of the columns that feed its record members.
    fn in_headings(&self, condition: &str, block: usize) -> String {
        let path = |word: &str| {
            let below = format!("{word}.");
            let rows = self.map.blocks[block].rows.iter();
            let fed = rows.filter(|row| {
                row.record.as_ref().is_some_and(|r| &*r.text == word || r.text.starts_with(&below))
            });
            let headings: Vec<&str> = fed.map(|row| row.wire.text.trim_matches('\'')).collect();
            match headings.as_slice() {
                [] => None,
                [one] => Some(format!("“{one}”")),
                [first, ..] => Some(format!("“{first}”等 {} 列中任一列", headings.len())),
            }
        };
        let meant = |word: &Word| match word {
            Word::Bare(word) => match word.as_str() {
                "when" => String::new(),
                "unless" => "除非".to_owned(),
                "present" => "已填".to_owned(),
                "absent" => "未填".to_owned(),
                "in" => "为下列之一".to_owned(),
                "and" => "且".to_owned(),
                "or" => "或".to_owned(),
                word => path(word).unwrap_or_else(|| word.to_owned()),
            },
            Word::Quoted(word) => format!("‘{word}’"),
            Word::Equal(true) => "为".to_owned(),
            Word::Equal(false) => "不为".to_owned(),
            Word::Bar => String::new(),
        };
        words(condition).unwrap_or_default().iter().map(meant).collect::<Vec<_>>().concat()
    }
}

/// What one step asks for, in Chinese. A step that asks for nothing that can be seen in a cell adds nothing.
fn describe(step: &[Word], lists: &CodeLists, made: &mut TemplateColumn) {
    let Some((name, rest)) = step.split_first() else { return };
    let texts: Vec<&str> = rest.iter().filter_map(Word::text).collect();
    let number = texts.first().and_then(|word| word.parse::<u32>().ok());
    match name.text().unwrap_or_default() {
        "text" => {
            if let Some(longest) = number {
                made.longest = Some(longest);
                made.note.push(format!("至多 {longest} 个字"));
            }
        }
        "digits" => {
            made.note
                .push(number.map_or_else(|| "只填数字".to_owned(), |n| format!("{n} 位数字，前导零保留")));
            made.longest = made.longest.or(number);
            made.example =
                number.map_or_else(String::new, |n| "0123456789".chars().cycle().take(n as usize).collect());
        }
        "date" => day(texts.first().copied(), made),
        "time" => moment(&texts, made),
        "money" => {
            let unit = match texts.first() {
                Some(&"fen") => "分",
                Some(&"wan") => "万元",
                _ => "元",
            };
            made.note.push(format!("金额，单位：{unit}，只填数字，不带单位与千分号"));
            "358.00".clone_into(&mut made.example);
        }
        "int" => {
            made.note.push("整数".to_owned());
            "1".clone_into(&mut made.example);
        }
        "number" | "decimal" => {
            made.note.push("数值，只填数字".to_owned());
            "0.5".clone_into(&mut made.example);
        }
        "bool" => {
            let words = if texts.is_empty() { vec!["true", "false"] } else { texts };
            made.choices = words.into_iter().map(|word| (word.to_owned(), String::new())).collect();
        }
        "code" => {
            let Some(list) = texts.first().and_then(|name| lists.list(name)) else { return };
            made.choices = list.choices();
            made.example = made.choices.first().map(|(text, _)| text.clone()).unwrap_or_default();
        }
        "list" => {
            let sign = texts.first().copied().unwrap_or("、");
            made.note.push(format!("可填多个，以“{sign}”分隔"));
        }
        "pattern" => made.note.push(format!("格式：{}", texts.first().copied().unwrap_or_default())),
        "ignore" => made.note.push(format!("无内容时留空，或填 {}", texts.join("、"))),
        "uscc" => {
            made.note.push("18 位统一社会信用代码".to_owned());
            "91330100MA2XXXXXXX".clone_into(&mut made.example);
        }
        "citizen-id" => made.note.push("18 位居民身份证号".to_owned()),
        _ => {}
    }
}

/// A day: as a date of the spreadsheet where it is read as `2026-03-09`, else as text in its pattern.
fn day(pattern: Option<&str>, made: &mut TemplateColumn) {
    match pattern {
        None | Some("yyyy-MM-dd" | "midnight") => {
            made.kind = Kind::Day;
            "2026-03-09".clone_into(&mut made.example);
            made.note.push("日期，如 2026-03-09".to_owned());
        }
        Some(pattern) => made.note.push(format!("日期，格式 {pattern}")),
    }
}

fn moment(words: &[&str], made: &mut TemplateColumn) {
    match words.first().copied() {
        Some("yyyy-MM-dd HH:mm:ss") => {
            made.kind = Kind::Moment;
            "2026-03-09 08:05:07".clone_into(&mut made.example);
            made.note.push("日期和时间，如 2026-03-09 08:05:07".to_owned());
        }
        Some("iso") => {
            "2026-03-09T08:05:07+08:00".clone_into(&mut made.example);
            made.note.push("日期和时间，如 2026-03-09T08:05:07+08:00".to_owned());
        }
        Some(pattern) => made.note.push(format!("日期和时间，格式 {pattern}")),
        None => {}
    }
}
