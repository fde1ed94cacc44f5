//! The codes of a row's list against those that the schema lists; faults stand at their lines of the list.

use crate::mapping::against::Against;
use crate::mapping::compile::{How, Row};
use crate::wire::schema::TypeId;

impl Against<'_, '_> {
    /// Codes of the schema that the list lacks, and those that it has beyond them.
    pub(super) fn words(&mut self, row: &Row, of: TypeId) {
        let How::Leaf { chain, .. } = &row.how else { return };
        let wanted = &self.shape.of(of).enumeration;
        let Some((codes, others)) = chain.0.iter().find_map(|step| step.words()) else { return };
        let Some(list) = chain.0.iter().find_map(|step| step.list()).filter(|_| !wanted.is_empty()) else {
            return;
        };
        let (name, by) = (&list.name, format!("{}:{}", row.spots.how.file, row.spots.how.line));
        let missing: Vec<&str> = wanted
            .iter()
            .map(String::as_str)
            .filter(|word| !codes.contains(word) && !word.is_empty())
            .collect();
        if let Some(first) = missing.first().filter(|_| !others) {
            let all = missing.join(", ");
            self.faults.push(list.spot(first, true).fault(
                "code-uncovered",
                format!("代码表 codes/{name}.csv 缺少架构所列的 {all}（{by} 用此表）：每码加一行“代码,记录值,标签”，或用 else、hold"),
                format!(
                    "codes/{name}.csv lacks {all}, which the schema allows where {by} uses it: add a line for each, \
                     CODE,WORD,LABEL, or say else or hold"
                ),
            ));
        }
        for code in codes.iter().copied().filter(|code| !wanted.iter().any(|word| word == code)) {
            self.faults.push(list.spot(code, true).fault(
                "code-outside",
                format!("{by} 处的架构不允许 codes/{name}.csv 的代码 {code}"),
                format!("the schema does not allow {code} of codes/{name}.csv where {by} uses it"),
            ));
        }
    }
}
