//! The tables of a digest: as text in columns, as a page with bars.
//!
//! Mail programs strip SVG, scripts and most of CSS; a table whose cells have a colour and a width they all show. So the
//! chart is one: a bar is a cell.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::exchange::notice::digest::{Row, Sums, UnderWay};
use crate::exchange::notice::topic::Severity;
use crate::exchange::notice::write::{escaped, plain};

/// The longest bar, in pixels: as wide as its number with the change beside it, so that all columns fit on a telephone.
const BAR: u64 = 56;
/// The longest bar of the text, in characters.
const BLOCKS: u64 = 8;
const RECEIVED: &str = "#2b6cb0";
const REPLIED: &str = "#2f855a";

/// A column: its head in Chinese and in English, and its number.
type Column = (&'static str, &'static str, fn(&Row) -> u64);

/// The columns; the first two have bars.
const COLUMNS: [Column; 8] = [
    ("收到", "received", |row| row.received),
    ("回复", "replied", |row| row.replied),
    ("待办", "waiting", |row| row.waiting),
    ("将到期", "due soon", |row| row.due_soon),
    ("逾期", "overdue", |row| row.overdue),
    ("待投递", "to deliver", |row| row.deliveries_waiting),
    ("放弃", "given up", |row| row.deliveries_given_up),
    ("异常", "troubles", |row| row.troubles),
];

/// The columns whose numbers call for somebody: all but what came, what went and what waits.
const ALARMING: [usize; 4] = [3, 4, 6, 7];

fn name(row: &Row) -> String {
    match &row.agency {
        Some(id) if row.name == id.as_str() => plain(&row.name),
        Some(id) => plain(&format!("{} {id}", row.name)),
        None => "其他 others".to_owned(),
    }
}

fn most(sums: &Sums) -> u64 {
    sums.rows.iter().map(|row| row.received.max(row.replied)).max().unwrap_or(0).max(1)
}

/// A block as text.
pub(super) fn text(block: &str, sums: &Sums) -> String {
    if block == "under_way" { troubles_text(&sums.troubles) } else { rows_text(sums) }
}

/// A block as HTML.
pub(super) fn page(block: &str, sums: &Sums) -> String {
    if block == "under_way" { troubles_page(&sums.troubles) } else { rows_page(sums) }
}

/// An agency a paragraph: a table of nine columns breaks on a telephone.
fn rows_text(sums: &Sums) -> String {
    let most = most(sums);
    let mut out = String::new();
    for row in &sums.rows {
        let _ = writeln!(out, "{}", name(row));
        for (place, (zh, en, count)) in COLUMNS.iter().enumerate() {
            let count = count(row);
            if place > 1 && count == 0 {
                continue;
            }
            let label = format!("  {zh} {en}");
            let gap = " ".repeat(22_usize.saturating_sub(label.width()));
            let _ = write!(out, "{label}{gap}{count:>6}");
            if place < 2 {
                let before = if place == 0 { row.received_before } else { row.replied_before };
                let blocks = (count * BLOCKS).div_ceil(most);
                let bar = "█".repeat(usize::try_from(blocks).unwrap_or(0));
                let _ = write!(out, "  {:<7}  {bar}", change(count, before));
            }
            let trimmed = out.trim_end().len();
            out.truncate(trimmed);
            out.push('\n');
        }
    }
    out
}

/// How a number changed against the period before.
fn change(now: u64, before: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Greater => format!("(+{})", now - before),
        std::cmp::Ordering::Less => format!("(-{})", before - now),
        std::cmp::Ordering::Equal => "(=)".to_owned(),
    }
}

const HEAD: &str = "padding:6px 4px 6px 0;border-bottom:2px solid #d5dbe3;text-align:left;font-size:11px;\
                    line-height:1.3;color:#5b6675;vertical-align:bottom";
const NAME: &str = "padding:10px 0 0";
const CELL: &str =
    "padding:2px 4px 8px 0;overflow-wrap:anywhere;border-bottom:1px solid #e8ecf1;vertical-align:top";
const TABLE: &str = "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"width:100%;\
                     border-collapse:collapse;margin:12px 0;font-size:14px\">\n";

/// An agency's name stands above its numbers: beside them it would have a telephone's width of two characters.
fn rows_page(sums: &Sums) -> String {
    let most = most(sums);
    let mut out = format!("{TABLE}<tr>");
    for (zh, en, _) in COLUMNS {
        let _ = write!(
            out,
            "<th style=\"{HEAD}\">{zh}<br><span style=\"font-size:10px;font-weight:normal\">{en}</span></th>"
        );
    }
    out.push_str("</tr>\n");
    for row in &sums.rows {
        let span = COLUMNS.len();
        let _ =
            writeln!(out, "<tr><td colspan=\"{span}\" style=\"{NAME}\">{}</td></tr>", escaped(&name(row)));
        out.push_str("<tr>");
        for (place, (_, _, count)) in COLUMNS.iter().enumerate() {
            let count = count(row);
            let cell = match place {
                0 => bar(count, row.received_before, most, RECEIVED),
                1 => bar(count, row.replied_before, most, REPLIED),
                place if ALARMING.contains(&place) && count > 0 => {
                    format!("<strong style=\"color:#c53030\">{count}</strong>")
                }
                _ if count == 0 => "<span style=\"color:#a0a9b5\">0</span>".to_owned(),
                _ => count.to_string(),
            };
            let _ = write!(out, "<td style=\"{CELL}\">{cell}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
    out
}

/// A number with its change and its bar below.
fn bar(count: u64, before: u64, most: u64, colour: &str) -> String {
    let width = (count * BAR).div_ceil(most);
    let change = change(count, before);
    let bar = if width == 0 {
        String::new()
    } else {
        format!(
            "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\"><tr><td width=\"{width}\" height=\"6\" \
             bgcolor=\"{colour}\" style=\"width:{width}px;height:6px;background:{colour};font-size:0;line-height:0\">\
             &nbsp;</td></tr></table>"
        )
    };
    format!("{count} <span style=\"color:#5b6675;font-size:11px\">{change}</span>{bar}")
}

const NONE: &str = "无 none";

fn troubles_text(troubles: &[UnderWay]) -> String {
    if troubles.is_empty() {
        return format!("{NONE}\n");
    }
    let mut out = String::new();
    for one in troubles {
        let agency = one.agency.as_ref().map_or_else(String::new, |agency| format!("  {agency}"));
        let _ = writeln!(
            out,
            "[{}] {} {}{agency}\n    自 since {}  {}",
            one.severity.zh(),
            one.topic.zh(),
            one.topic,
            one.since,
            plain(&one.key)
        );
    }
    out
}

fn troubles_page(troubles: &[UnderWay]) -> String {
    if troubles.is_empty() {
        return format!("<p style=\"margin:12px 0;color:#5b6675\">{NONE}</p>\n");
    }
    let mut out = TABLE.to_owned();
    for one in troubles {
        let agency = one.agency.as_ref().map_or_else(String::new, |agency| format!(" · {agency}"));
        let colour = if one.severity == Severity::Critical { "#c53030" } else { "#b7791f" };
        let _ = writeln!(
            out,
            "<tr><td style=\"{CELL}\"><strong style=\"color:{colour}\">{}</strong> {} {}{}<br><span \
             style=\"color:#5b6675;font-size:12px\">自 since {} · {}</span></td></tr>",
            one.severity.zh(),
            one.topic.zh(),
            one.topic,
            escaped(&agency),
            escaped(&one.since),
            escaped(&plain(&one.key))
        );
    }
    out.push_str("</table>\n");
    out
}
