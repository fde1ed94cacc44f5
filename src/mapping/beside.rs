//! `[beside]`: files that a profile needs and that are not ours to hand on, an agency's schemas above all.
//!
//! Promise: a profile without them does not load, and says for each where an operator gets it and where it is put.
//! They are a part of the profile like its other files: its digest covers them.

use toml::de::DeTable;

use crate::domain::problem::Problem;
use crate::mapping::extends::ABOVE;
use crate::mapping::fault::Spot;
use crate::mapping::files::ProfileFiles;
use crate::mapping::manifest::MANIFEST;
use crate::mapping::toml_view::View;

/// The key of `profile.toml`.
pub(crate) const KEY: &str = "beside";

impl ProfileFiles {
    /// The files that the profile, or the one it extends, expects beside its own and that are not there: a problem for
    /// each. Nothing for a manifest that cannot be read, which loading says.
    #[must_use]
    pub fn wanting(&self) -> Vec<Problem> {
        let base = self.base().map(|base| format!("{ABOVE}{base}/{MANIFEST}"));
        let mut found = Vec::new();
        for path in [Some(MANIFEST.to_owned()), base].into_iter().flatten() {
            let Ok(text) = self.text(&path) else { continue };
            let view = View { file: &path, text };
            let Ok(table) = view.parse() else { continue };
            let id = view.string(&table, "id", &mut Vec::new()).map_or_else(String::new, |(id, _)| id);
            for (file, source, spot) in listed(&view, &table, &mut Vec::new()) {
                if !self.0.contains_key(&file) {
                    found.push(wanted(&id, &file, &source, &spot));
                }
            }
        }
        found
    }
}

/// What the table says: the file, where to get it, and where that is written.
pub(crate) fn listed(
    view: &View<'_>,
    table: &DeTable<'_>,
    faults: &mut Vec<Problem>,
) -> Vec<(String, String, Spot)> {
    let Some(value) = table.get(KEY) else { return Vec::new() };
    let Some(inner) = value.get_ref().as_table() else {
        faults.push(view.wrong_type(value, KEY, "表", "a table"));
        return Vec::new();
    };
    let mut found = Vec::new();
    for (file, source) in inner {
        match source.get_ref().as_str() {
            Some(source) => found.push((file.get_ref().to_string(), source.to_owned(), view.spot(file))),
            None => faults.push(view.wrong_type(source, file.get_ref(), "文本", "text")),
        }
    }
    found
}

fn wanted(id: &str, file: &str, source: &str, spot: &Spot) -> Problem {
    spot.fault(
        "file-beside",
        format!("“{file}”不随本程序分发：请自 {source} 取得，放入数据目录的 profiles/{id}/{file}"),
        format!("\"{file}\" is not shipped: get it from {source} and put it into the data directory, as profiles/{id}/{file}"),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn files(of: &[(&str, &str)]) -> ProfileFiles {
        ProfileFiles(of.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect())
    }

    const OWN: &str = "id = \"a\"\n[beside]\n\"a.xsd\" = \"https://a.example/a.xsd\"\n";

    #[test]
    fn what_is_not_there_is_told_with_its_source_and_its_place() {
        let wanting = files(&[("profile.toml", OWN)]).wanting();
        assert_eq!(wanting.len(), 1);
        let (en, zh) = (&wanting[0].en, &wanting[0].zh);
        assert!(en.contains("https://a.example/a.xsd") && en.contains("profiles/a/a.xsd"), "{en}");
        assert!(zh.contains("https://a.example/a.xsd") && zh.contains("profiles/a/a.xsd"), "{zh}");
        assert_eq!((wanting[0].line, &*wanting[0].code), (Some(3), "file-beside"));
        assert!(files(&[("profile.toml", OWN), ("a.xsd", "")]).wanting().is_empty());
        assert!(files(&[("profile.toml", "id = \"b\"")]).wanting().is_empty());
    }

    #[test]
    fn what_a_base_expects_is_expected_of_its_dialect() {
        let dialect = files(&[("profile.toml", "id = \"b\"\nextends = \"a\"")]);
        let complete =
            |base: ProfileFiles| dialect.complete(&BTreeMap::from([("a".to_owned(), base)])).unwrap();
        let wanting = complete(files(&[("profile.toml", OWN)])).wanting();
        assert!(wanting[0].en.contains("profiles/a/a.xsd"), "{wanting:?}");
        assert!(complete(files(&[("profile.toml", OWN), ("a.xsd", "")])).wanting().is_empty());
    }
}
