//! The house rule for SQL: each text begins with its own name, and no two share one.

use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn every_text_begins_with_its_own_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut dialects: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let source = std::fs::read_to_string(&path).unwrap();
        for (at, _) in source.match_indices("\"-- ") {
            let name = source[at + 4..].split("\\n").next().unwrap();
            assert!(name.starts_with(&format!("{file}.")), "{file}: {name}");
            let before = &source[at.saturating_sub(40)..at];
            let dialect = ["sqlite: ", "postgres: "].into_iter().find(|dialect| before.contains(dialect));
            dialects.entry(name.to_owned()).or_default().push(dialect.unwrap_or("both"));
        }
        for word in ["\"SELECT ", "\"INSERT ", "\"DELETE "] {
            let nameless = source.matches(word).count();
            // The shared inner parts of lease.take, notice.lease and keep.due are the texts that have their name elsewhere.
            let allowed = match (&*file, word) {
                ("lease" | "notice", "\"SELECT ") => 1,
                ("keep", "\"SELECT ") => 2,
                _ => 0,
            };
            assert_eq!(nameless, allowed, "{file}: a text that begins {word} has no name");
        }
    }
    let texts = dialects.len();
    assert!(texts > 40, "only {texts} texts were found: the test looks at the wrong place");
    // Where the dialects differ, both texts bear the name, and nothing else does.
    for (name, of) in dialects {
        assert!(of == ["both"] || of == ["sqlite: ", "postgres: "], "{name} is used by {of:?}");
    }
}
