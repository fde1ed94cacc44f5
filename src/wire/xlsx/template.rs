//! A sheet to be filled in: headings, drop-downs, notes and formats, and a second sheet that explains them.

use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Formula, Note,
    Workbook, Worksheet, XlsxError,
};

use crate::domain::problem::Problem;
use crate::wire::sheet::{Columns, HeadingRows, letters};
use crate::wire::xlsx::write::{sheet_name, unwritable, write_headings};

/// What is filled into a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, as it is typed: leading zeros and long numbers survive.
    Text,
    /// A day.
    Day,
    /// A day and a time.
    Moment,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateColumn {
    /// Its heading.
    pub heading: String,
    /// Whether a row must have it.
    pub must: bool,
    /// What is filled in.
    pub kind: Kind,
    /// The texts to choose from, each with what it means where that is not said by the text itself; none for free text.
    pub choices: Vec<(String, String)>,
    /// Characters at most.
    pub longest: Option<u32>,
    /// Lines that say what may be filled in.
    pub note: Vec<String>,
    /// A value that would be right.
    pub example: String,
}

/// A sheet to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The sheet's name.
    pub name: String,
    /// What stands above the explanations.
    pub title: String,
    /// The columns.
    pub columns: Vec<TemplateColumn>,
    /// In how many rows their headings stand.
    pub rows: HeadingRows,
}

/// The sheet of explanations. It is no data, and is not read.
pub const GUIDE: &str = "填表说明";

/// The hidden sheet that long drop-downs take their texts from.
const CHOICES: &str = "选项";

/// Rows that bear formats and drop-downs of their own; a column's format goes on below.
const ROWS: u32 = 2000;

impl Template {
    /// The workbook.
    ///
    /// # Errors
    ///
    /// What a spreadsheet cannot hold: a note or a heading of more than 32,767 characters.
    pub fn write(&self) -> Result<Vec<u8>, Problem> {
        self.book().map_err(|error| unwritable(&error))
    }

    fn book(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name(sheet_name(&self.name))?;
        let names: Vec<String> = self.columns.iter().map(|column| column.heading.clone()).collect();
        let headings = Columns { names: &names, rows: self.rows }.lines(&names);
        let last = u32::try_from(headings.len()).unwrap_or(1) - 1;
        sheet.set_freeze_panes(last + 1, 0)?;
        write_headings(sheet, 0, &headings, |index| heading(self.columns[index].must))?;
        for (index, column) in (0..).zip(&self.columns) {
            // A note belongs where the column's own name stands.
            let alone = headings.last().is_some_and(|line| line[usize::from(index)].is_empty());
            fill(sheet, if alone { 0 } else { last }, last + 1, index, column)?;
        }
        self.guide(book.add_worksheet())?;
        let hidden = book.add_worksheet().set_name(CHOICES)?;
        hidden.set_hidden(true);
        for (index, column) in (0..).zip(&self.columns) {
            for (row, (text, _)) in (0..).zip(&column.choices) {
                hidden.write_string(row, index, text)?;
            }
        }
        book.save_to_buffer()
    }

    fn guide(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let bold = Format::new().set_bold().set_align(FormatAlign::Top);
        let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_num_format("@");
        let kept = if self.rows == HeadingRows::Two { "前两行" } else { "第一行" };
        sheet.set_name(GUIDE)?;
        sheet.write_string_with_format(
            0,
            0,
            format!("{}填表说明", self.title),
            &bold.clone().set_font_size(14),
        )?;
        for (row, line) in (1..).zip([
            format!("一、在“{}”表中逐行填写，一行一条；{kept}表头不得改动，各列次序可以调整。", self.name),
            "二、红色表头为必填。带下拉框的列请从列表中选择。".to_owned(),
            "三、编号一律按文本填写，前导零和长编号请原样保留；不要使用合并单元格。".to_owned(),
        ]) {
            sheet.write_string(row, 0, line)?;
        }
        for (column, heading) in (0..).zip(["列", "表头", "必填", "填写要求", "可选内容", "示例"])
        {
            sheet.write_string_with_format(5, column, heading, &bold)?;
        }
        for (column, width) in (0..).zip([6.0, 28.0, 6.0, 44.0, 48.0, 30.0]) {
            sheet.set_column_width(column, width)?;
        }
        for (index, column) in self.columns.iter().enumerate() {
            let row = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(6);
            let choices: Vec<String> = column
                .choices
                .iter()
                .map(
                    |(text, means)| {
                        if means.is_empty() { text.clone() } else { format!("{text}（{means}）") }
                    },
                )
                .collect();
            let cells = [
                letters(row - 5),
                column.heading.clone(),
                if column.must { "是".to_owned() } else { String::new() },
                column.note.join("；"),
                choices.join("、"),
                column.example.clone(),
            ];
            for (place, cell) in (0..).zip(cells) {
                sheet.write_string_with_format(row, place, cell, &wrapped)?;
            }
        }
        Ok(())
    }
}

fn heading(must: bool) -> Format {
    let base =
        Format::new().set_bold().set_border(FormatBorder::Thin).set_background_color(Color::RGB(0x00DD_EBF7));
    let heading = base.set_text_wrap().set_align(FormatAlign::Center).set_num_format("@");
    if must { heading.set_font_color(Color::RGB(0x00C0_0000)) } else { heading }
}

/// What is below a heading: `noted` is the row of its note, `first` the first to be filled in.
fn fill(
    sheet: &mut Worksheet,
    noted: u32,
    first: u32,
    index: u16,
    column: &TemplateColumn,
) -> Result<(), XlsxError> {
    let format = match column.kind {
        Kind::Text => "@",
        Kind::Day => "yyyy-mm-dd",
        Kind::Moment => "yyyy-mm-dd hh:mm:ss",
    };
    sheet.set_column_format(index, &Format::new().set_num_format(format))?;
    // A Chinese character is two columns wide.
    let width: u32 = column.heading.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    sheet.set_column_width(index, f64::from(width.clamp(10, 40) + 2))?;
    let mut lines = vec![if column.must { "必填".to_owned() } else { "选填".to_owned() }];
    lines.extend(column.note.iter().cloned());
    if !column.example.is_empty() {
        lines.push(format!("示例：{}", column.example));
    }
    let text = lines.join("\n");
    sheet.insert_note(
        noted,
        index,
        &Note::new(&text).add_author_prefix(false).set_width(260).set_height(160),
    )?;
    if let Some(validation) = validation(index, column, &text)? {
        sheet.add_data_validation(first, index, ROWS, index, &validation)?;
    }
    Ok(())
}

/// The drop-down of a column with choices, or the bound of one with a length. Days are left to the reader, which tells
/// more about a wrong one than a spreadsheet can.
fn validation(index: u16, column: &TemplateColumn, note: &str) -> Result<Option<DataValidation>, XlsxError> {
    let rule = if column.choices.is_empty() {
        match column.longest {
            Some(longest) if column.kind == Kind::Text => DataValidation::new()
                .allow_text_length(rust_xlsxwriter::DataValidationRule::LessThanOrEqualTo(longest)),
            _ => return Ok(None),
        }
    } else {
        let letters = letters(u32::from(index) + 1);
        let last = column.choices.len();
        DataValidation::new()
            .allow_list_formula(Formula::new(format!("={CHOICES}!${letters}$1:${letters}${last}")))
    };
    // A prompt has room for 255 characters and 32 in its title.
    let prompt: String = note.chars().take(255).collect();
    let title: String = column.heading.chars().take(32).collect();
    let rule = rule
        .set_input_title(title)?
        .set_input_message(prompt)?
        .set_error_style(DataValidationErrorStyle::Stop)
        .set_error_title("填写有误")?
        .set_error_message("请按本列说明填写")?;
    Ok(Some(rule))
}
