//! What our record requires and no field was found for: the likeliest field is taken, or a word is assigned, and said so.

use crate::mapping::draft::matching::Home;
use crate::mapping::draft::plan::Row;
use crate::mapping::draft::target::Of;

/// Members that are required and that no row feeds.
pub(super) fn missing(rows: &[Row], home: &Home<'_>) -> Vec<String> {
    let feeds = |member: &str| {
        rows.iter().any(|row| {
            !row.waits
                && row
                    .record
                    .strip_prefix(member)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    home.required.iter().filter(|(member, _)| !feeds(member)).map(|(member, _)| member.clone()).collect()
}

/// Makes rows sure that feed what is required, and feeds what is missing. Gives the test that the record's own path
/// must bear: `[decision='received']`.
pub(super) fn feed(
    rows: &mut [Row],
    missing: &[String],
    home: &Home<'_>,
    doubts: &mut Vec<String>,
    block: &str,
) -> Option<String> {
    for (member, _) in &home.required {
        if let Some(row) = rows.iter_mut().find(|row| !row.waits && row.record == *member) {
            "must".clone_into(&mut row.need);
        }
    }
    let mut tests = String::new();
    for member in missing {
        let words = home.required.iter().find(|(name, _)| name == member).map(|(_, words)| words.as_slice());
        if let Some(word) = words.and_then(|words| words.iter().find(|(w, _)| w == "other").or(words.first()))
        {
            tests += &test(member, &word.0);
            let all: Vec<&str> = words.unwrap_or_default().iter().map(|(word, _)| word.as_str()).collect();
            doubts.push(format!(
                "block {block}: no field says \"{member}\", so it is always \"{}\"; it may be {}",
                word.0,
                all.join(", ")
            ));
            continue;
        }
        // The place itself, or the first text in the part that is required.
        let place = |path: &str| {
            path.strip_prefix(member.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let target =
            home.targets.leaves.iter().find(|target| place(&target.path) && matches!(target.of, Of::Text));
        let Some(target) = target else {
            doubts.push(format!(
                "block {block}: the record requires \"{member}\", and there is no field for it"
            ));
            tests += &test(member, "?");
            continue;
        };
        let free = |row: &&mut Row| !row.matched && !row.how.starts_with("each ") && row.wire != ".";
        let textual = |row: &Row| row.how.starts_with("text") || row.how == "decimal";
        let named = |row: &Row| row.near.iter().any(|path| place(path));
        let looks = |row: &Row| {
            let lower = row.wire.rsplit(['/', '@']).next().unwrap_or_default().to_lowercase();
            member.ends_with("number")
                && (lower.ends_with("id")
                    || lower.contains("number")
                    || lower.ends_with("no")
                    || lower.contains('号'))
        };
        let ranks: [&dyn Fn(&Row) -> bool; 4] = [
            &|row| named(row) && textual(row),
            &|row| looks(row) && textual(row),
            &|row| textual(row) && !row.wire.contains('/'),
            &textual,
        ];
        let found = ranks.iter().find_map(|rank| rows.iter().position(|row| !row.matched && rank(row)));
        let Some(found) = found else {
            tests += &test(member, "?");
            doubts.push(format!(
                "block {block}: the record requires \"{member}\", and there is no field for it"
            ));
            continue;
        };
        if let Some(row) = Some(&mut rows[found]).filter(|row| free(row)) {
            row.record.clone_from(&target.path);
            row.waits = false;
            row.matched = true;
            "must".clone_into(&mut row.need);
            "a guess: the record requires it".clone_into(&mut row.note);
            doubts.push(format!(
                "{} is taken for \"{}\", which the record requires: is it?",
                row.wire, target.path
            ));
        }
    }
    (!tests.is_empty()).then_some(tests)
}

/// What a path must bear so that its object has this member.
fn test(member: &str, value: &str) -> String {
    format!("[{member}='{value}']")
}
