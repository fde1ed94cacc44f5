//! `*.map.toml`: blocks of rows, as written, with the place of every cell.

use std::collections::BTreeMap;

use crate::domain::problem::Problem;
use crate::mapping::extends;
use crate::mapping::fault::Spot;
use crate::mapping::files::ProfileFiles;
use crate::mapping::manifest::Cell;
use crate::mapping::toml_view::View;

/// A cell: its text and its place.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawCell {
    pub(crate) text: String,
    pub(crate) spot: Spot,
}

/// A row of five cells; missing last cells are empty.
#[derive(Clone, Debug)]
pub(crate) struct RawRow {
    pub(crate) wire: RawCell,
    pub(crate) record: RawCell,
    pub(crate) how: RawCell,
    pub(crate) need: RawCell,
    pub(crate) label: RawCell,
    pub(crate) spot: Spot,
}

/// A named block.
#[derive(Clone, Debug)]
pub(crate) struct RawBlock {
    pub(crate) name: String,
    pub(crate) spot: Spot,
    pub(crate) rows: Vec<RawRow>,
}

/// The file name's ending of a map.
pub(crate) const MAP: &str = ".map.toml";

/// Reads every map of the profile, over those of the profile that it extends. Block names are common to all maps of
/// a profile.
pub(crate) fn read(files: &ProfileFiles) -> Result<Vec<RawBlock>, Vec<Problem>> {
    let mut faults = Vec::new();
    let base = maps(files, true, &mut faults);
    let own = maps(files, false, &mut faults);
    let blocks = extends::overlay(base, own, &mut faults);
    if faults.is_empty() { Ok(blocks) } else { Err(faults) }
}

/// The maps of the profile itself, or of its base.
fn maps(files: &ProfileFiles, base: bool, faults: &mut Vec<Problem>) -> Vec<RawBlock> {
    let mut blocks: Vec<RawBlock> = Vec::new();
    for file in files.ending(MAP).filter(|file| file.starts_with(extends::ABOVE) == base) {
        match files.text(file).map_err(|problem| vec![problem]).and_then(|text| one(&View { file, text })) {
            Ok(found) => blocks.extend(found),
            Err(wrong) => faults.extend(wrong),
        }
    }
    let mut seen: BTreeMap<&str, &Spot> = BTreeMap::new();
    for block in &blocks {
        if let Some(first) = seen.insert(&block.name, &block.spot) {
            faults.push(block.spot.fault(
                "block-twice",
                format!("块“{}”已在 {}:{} 定义", block.name, first.file, first.line),
                format!("block \"{}\" is already defined at {}:{}", block.name, first.file, first.line),
            ));
        }
    }
    blocks
}

fn one(view: &View<'_>) -> Result<Vec<RawBlock>, Vec<Problem>> {
    let table = view.parse()?;
    let mut faults = Vec::new();
    let mut blocks = Vec::new();
    for (name, value) in &table {
        let Some(items) = value.get_ref().as_array() else {
            faults.push(view.wrong_type(value, name.get_ref(), "行的列表", "a list of rows"));
            continue;
        };
        let rows = items.iter().filter_map(|item| row(view, item, &mut faults)).collect();
        let block = RawBlock { name: name.get_ref().to_string(), spot: view.spot(name), rows };
        blocks.push((name.span().start, block));
    }
    blocks.sort_by_key(|(start, _)| *start);
    if faults.is_empty() { Ok(blocks.into_iter().map(|(_, block)| block).collect()) } else { Err(faults) }
}

fn row(view: &View<'_>, item: &Cell<'_>, faults: &mut Vec<Problem>) -> Option<RawRow> {
    let spot = view.spot(item);
    let Some(cells) = item.get_ref().as_array() else {
        faults.push(view.wrong_type(item, "row", "一行", "a row"));
        return None;
    };
    let mut texts = Vec::with_capacity(5);
    for cell in cells {
        let Some(text) = cell.get_ref().as_str() else {
            faults.push(view.wrong_type(cell, "cell", "文本", "text"));
            return None;
        };
        texts.push(RawCell { text: text.to_owned(), spot: view.spot(cell) });
    }
    if texts.len() < 2 || texts.len() > 5 {
        let found = texts.len();
        faults.push(spot.fault(
            "row-cells",
            format!("一行应有 2 至 5 格（报文、记录、方式、要求、名称），实为 {found}"),
            format!("a row has 2 to 5 cells (wire, record, how, need, label), found {found}"),
        ));
        return None;
    }
    let mut cells = texts.into_iter();
    let mut next = || cells.next().unwrap_or_else(|| RawCell { text: String::new(), spot: spot.clone() });
    Some(RawRow {
        wire: next(),
        record: next(),
        how: next(),
        need: next(),
        label: next(),
        spot: spot.clone(),
    })
}
