//! `extends = "base"`: a dialect or version of another profile, written as its differences (MAPPING, section 10).
//!
//! Promise: blocks of the same name overlay: a row with the same wire cell replaces, `"-"` removes, others are added;
//! a file replaces its namesake; keys of `profile.toml` that are left out are the base's. One level only: a base
//! extends nobody. The base's own samples stay with the base.

use std::collections::BTreeMap;

use crate::domain::problem::Problem;
use crate::mapping::fault::{Spot, suggestion};
use crate::mapping::files::ProfileFiles;
use crate::mapping::manifest::MANIFEST;
use crate::mapping::rows::{MAP, RawBlock, RawRow};
use crate::mapping::toml_view::View;

/// Where the base's files of the same names as ours stand in a completed profile: `../BASE/profile.toml`.
pub(crate) const ABOVE: &str = "../";

/// The record cell of a row that removes.
const REMOVES: &str = "-";

impl ProfileFiles {
    /// The profile that this one extends, if it does; `None` too when its manifest cannot be read, which loading says.
    #[must_use]
    pub fn base(&self) -> Option<String> {
        self.extends().map(|(base, _)| base)
    }

    fn extends(&self) -> Option<(String, Spot)> {
        let view = View { file: MANIFEST, text: self.text(MANIFEST).ok()? };
        let table = view.parse().ok()?;
        view.string(&table, "extends", &mut Vec::new())
    }

    /// These files with those of the profile that they extend, if they extend one of `all`.
    ///
    /// # Errors
    ///
    /// The base is not among them; the problem says which is nearest.
    pub fn complete(&self, all: &BTreeMap<String, Self>) -> Result<Self, Vec<Problem>> {
        let Some((id, spot)) = self.extends() else { return Ok(self.clone()) };
        let Some(base) = all.get(&id) else {
            return Err(vec![unknown(&id, &spot, all.keys().map(String::as_str))]);
        };
        let mut files = self.clone();
        for (path, bytes) in &base.0 {
            if path == MANIFEST || path.ends_with(MAP) {
                files.0.insert(format!("{ABOVE}{id}/{path}"), bytes.clone());
            } else if !path.starts_with("samples/") && path != "README.md" {
                files.0.entry(path.clone()).or_insert_with(|| bytes.clone());
            }
        }
        Ok(files)
    }
}

/// The fault of a base that is not there.
pub(crate) fn unknown<'a>(id: &str, spot: &Spot, known: impl Iterator<Item = &'a str>) -> Problem {
    let (zh, en) = suggestion(id, known);
    spot.fault(
        "unknown-base",
        format!("没有可供继承的配置“{id}”{zh}"),
        format!("there is no profile \"{id}\" to extend{en}"),
    )
}

/// The blocks of a base with ours laid over them.
pub(crate) fn overlay(base: Vec<RawBlock>, own: Vec<RawBlock>, faults: &mut Vec<Problem>) -> Vec<RawBlock> {
    let mut blocks = base;
    for block in own {
        if let Some(known) = blocks.iter_mut().find(|known| known.name == block.name) {
            lay(known, block, faults);
            continue;
        }
        for row in block.rows.iter().filter(|row| row.record.text == REMOVES) {
            faults.push(nothing(row, &block.name, &[]));
        }
        blocks.push(block);
    }
    blocks
}

fn lay(known: &mut RawBlock, block: RawBlock, faults: &mut Vec<Problem>) {
    let base = known.rows.clone();
    known.spot = block.spot;
    for row in block.rows {
        let alike = |other: &RawRow| other.wire.text == row.wire.text;
        if row.record.text == REMOVES {
            if !base.iter().any(alike) {
                faults.push(nothing(&row, &known.name, &base));
            }
            known.rows.retain(|other| !alike(other));
            continue;
        }
        // `.` may stand in several rows, which their record cells tell apart.
        let several = base.iter().filter(|other| alike(other)).count() > 1;
        let same = |other: &RawRow| alike(other) && (!several || other.record.text == row.record.text);
        match known.rows.iter().position(same) {
            Some(index) => known.rows[index] = row,
            None => known.rows.push(row),
        }
    }
}

fn nothing(row: &RawRow, block: &str, base: &[RawRow]) -> Problem {
    let wire = &row.wire.text;
    let (zh, en) = suggestion(wire, base.iter().map(|row| row.wire.text.as_str()));
    row.wire.spot.fault(
        "removes-nothing",
        format!("所继承的块“{block}”没有“{wire}”的行{zh}"),
        format!("the block \"{block}\" that this extends has no row \"{wire}\" to remove{en}"),
    )
}
