//! Reading the project's own source, for the tests that hold the house in order.

use std::path::{Path, PathBuf};

/// One Rust file.
pub(crate) struct Source {
    /// Its path from the project's root, with `/`.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
}

/// The project's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under `folder`, sorted; nothing if there is no such folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("a folder that could be opened can be listed").path();
            if path.is_dir() { left.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Every Rust file under `folder`, which is named from the root.
pub(crate) fn rust(folder: &str) -> Vec<Source> {
    let mut all = Vec::new();
    for path in files(&root().join(folder)) {
        if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).expect("source is UTF-8");
            let path =
                path.strip_prefix(root()).expect("it is under the root").to_string_lossy().replace('\\', "/");
            all.push(Source { path, text });
        }
    }
    all
}

/// The lines that are no comment, each with its number from 1. Documentation may name what it likes.
pub(crate) fn code(text: &str) -> Vec<(usize, &str)> {
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//")).collect()
}

/// The same without what only tests see: each item after `#[cfg(test)]`, up to its closing line.
pub(crate) fn production(text: &str) -> Vec<(usize, &str)> {
    let mut kept = Vec::new();
    let mut lines = code(text).into_iter().peekable();
    while let Some((number, line)) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push((number, line));
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let closes = |line: &str| {
            let own = line.len() - line.trim_start().len();
            own == indent && (line.trim_start().starts_with('}') || line.trim_end().ends_with(';'))
        };
        for (_, line) in lines.by_ref() {
            if closes(line) {
                break;
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{code, production};

    const TEXT: &str = "//! A promise.\nuse a;\n\n#[cfg(test)]\nuse b;\nfn c() {}\n    // why\n#[cfg(test)]\nmod tests {\n    fn d() {\n    }\n}\nfn e() {}\n";

    #[test]
    fn comments_and_tests_are_told_apart() {
        let lines = |of: Vec<(usize, &str)>| of.into_iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(lines(code(TEXT)), [2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13]);
        assert_eq!(lines(production(TEXT)), [2, 3, 6, 13]);
    }
}
