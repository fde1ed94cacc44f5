//! The value that a row gives: a word of a closed list, an object with one member.

use crate::mapping::canonical::{Member, View};
use crate::mapping::compile::{How, Row};
use crate::mapping::fault::{near, suggestion_or_list};
use crate::mapping::steps::Type;
use crate::mapping::steps::types::Named;
use crate::mapping::typing::{OURS, Typing};

impl<'a> Typing<'a, '_> {
    /// An object that a row makes with one member: it has that member, of that type, and needs no other.
    pub(super) fn named(&mut self, row: &Row, named: &Named, object: View<'a>) {
        let Named { member, of } = named;
        let how = &row.spots.how;
        match object.member(member) {
            Member::Open => {}
            Member::Known(found) if found.fits(of) => self.words(row, found),
            Member::Known(found) => {
                let ((zh, en), (wanted_zh, wanted_en)) = (of.name(), found.wanted());
                self.faults.push(how.fault(
                    "type-disagrees",
                    format!("as {member}：转换得到{zh}，而此成员为{wanted_zh}"),
                    format!("as {member}: the steps give {en}, that member is {wanted_en}"),
                ));
            }
            Member::Unknown(known) => {
                let (zh, en) = suggestion_or_list(member, known);
                self.faults.push(how.fault(
                    "unknown-record-path",
                    format!("as {member}：各项没有“{member}”{zh}"),
                    format!("as {member}: the items have no \"{member}\"{en}"),
                ));
            }
        }
        let needed = |other: &&str| *other != member && !OURS.contains(other);
        if let Some(other) = object.required().into_iter().find(needed) {
            self.faults.push(how.fault(
                "required-unfed",
                format!("as {member}：每项还必填“{other}”，须用 each BLOCK"),
                format!("as {member}: each item requires \"{other}\", too; use each BLOCK"),
            ));
        }
    }

    /// The objects that `pairs` makes: they have both its members, as texts, and need no other.
    pub(super) fn pairs(&mut self, row: &Row, object: View<'a>) {
        let how = &row.spots.how;
        for member in ["name", "value"] {
            match object.member(member) {
                Member::Open => {}
                Member::Known(found) if found.fits(&Type::Text) => {}
                Member::Known(found) => {
                    let (wanted_zh, wanted_en) = found.wanted();
                    self.faults.push(how.fault(
                        "type-disagrees",
                        format!("pairs：各项的“{member}”得到文本，而记录为{wanted_zh}；须用 each BLOCK"),
                        format!("pairs: \"{member}\" of each item is text, the record has {wanted_en}; use each BLOCK"),
                    ));
                }
                Member::Unknown(known) => {
                    let list = known.join(", ");
                    self.faults.push(how.fault(
                        "unknown-record-path",
                        format!("pairs 给出 name 与 value，而各项没有“{member}”；有 {list}"),
                        format!(
                            "pairs gives name and value, and the items have no \"{member}\"; there are {list}"
                        ),
                    ));
                }
            }
        }
        let needed = |other: &&str| !["name", "value"].contains(other) && !OURS.contains(other);
        if let Some(other) = object.required().into_iter().find(needed) {
            self.faults.push(how.fault(
                "required-unfed",
                format!("pairs 只给出 name 与 value，每项还必填“{other}”，须用 each BLOCK"),
                format!("pairs gives name and value alone, and each item requires \"{other}\", too; use each BLOCK"),
            ));
        }
    }

    /// A code list must not lead outside the record's words, and should cover them.
    pub(super) fn words(&mut self, row: &Row, place: View<'a>) {
        let How::Leaf { chain, .. } = &row.how else { return };
        // Codes behind `list` are of the list's items.
        let place = if place.is_list() { place.items().unwrap_or(View::open()) } else { place };
        let (Some(given), Some(known)) = (chain.0.iter().find_map(|s| s.record_words()), place.words())
        else {
            return;
        };
        let Some(list) = chain.0.iter().find_map(|step| step.list()) else { return };
        let (name, by) = (&list.name, &row.spots.how);
        let by = format!("{}:{}", by.file, by.line);
        for word in given.iter().filter(|word| !known.contains(word)) {
            let (zh, en) = near(word, known.iter().copied());
            let known = if en.is_empty() { format!("，可用 {}", known.join(" ")) } else { String::new() };
            let there = known.replace("，可用", "; there are");
            self.faults.push(list.spot(word, false).fault(
                "code-outside",
                format!("代码表 codes/{name}.csv 给出“{word}”，用它的 {by} 处记录没有此值{zh}{known}"),
                format!("codes/{name}.csv gives \"{word}\", which the record does not know where {by} uses it{en}{there}"),
            ));
        }
        let missing: Vec<&str> = known.iter().filter(|word| !given.contains(word)).copied().collect();
        if let Some(first) = missing.first() {
            let missing = missing.join(", ");
            self.warnings.push(list.spot(first, false).fault(
                "code-uncovered",
                format!("代码表 codes/{name}.csv 没有对应记录值 {missing} 的代码（{by} 用此表）"),
                format!("codes/{name}.csv has no code for {missing} (it is used in {by})"),
            ));
        }
    }
}
