//! What loads, what does not and what it is told.

use super::*;

/// The shipped files.
fn shipped() -> BTreeMap<String, String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/notices");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        files.insert(name, std::fs::read_to_string(&path).unwrap());
    }
    files
}

fn told(change: impl Fn(&mut BTreeMap<String, String>)) -> String {
    let mut files = shipped();
    change(&mut files);
    let faults = Templates::load(&files).unwrap_err();
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_shipped_ones_load_and_are_chinese_first() {
    let templates = Templates::load(&shipped()).unwrap();
    for topic in Topic::ALL {
        for edge in [Edge::Begins, Edge::Ends] {
            let found = templates.of(topic.as_str(), edge);
            assert_eq!(found.is_some(), edge == Edge::Begins || topic.tells_its_end(), "{topic} {edge}");
            let Some(template) = found else { continue };
            let text = |line: &Line| match line {
                Line::Text(parts) => parts.iter().find_map(|part| match part {
                    Part::Text(text) => Some(text.clone()),
                    Part::Fact(_) => None,
                }),
                _ => None,
            };
            let first = template.lines.iter().find_map(text).unwrap();
            let last = template.lines.iter().rev().find_map(text).unwrap();
            let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(chinese(&first), "{topic} {edge} begins: {first}");
            assert!(last.is_ascii(), "{topic} {edge} ends in English: {last}");
        }
    }
}

#[test]
fn an_unknown_fact_is_told_with_file_line_and_the_nearest_name() {
    let change = |text: &'static str| {
        told(move |files| {
            files.insert("backup-failed.txt".to_owned(), text.to_owned());
        })
    };
    let ends = "## ends\n好 well\n\n好了。well.\n";
    let one = change("## begins\n备份 backup {{bakcup}}\n\n不行。\n## ends\n好 well\n\n好了。\n");
    assert_eq!(one, "backup-failed.txt:2: there is no fact `bakcup`; did you mean `backup`?");
    let far = change("## begins\n备份 backup\n\n{{complainant}}\n## ends\n好 well\n\n好了。\n");
    assert!(
        far.starts_with("backup-failed.txt:4: there is no fact `complainant`; there are topic, severity"),
        "{far}"
    );
    let open = change("## begins\n备份 backup {{reason\n\n不行。\n## ends\n好 well\n\n好了。\n");
    assert_eq!(open, "backup-failed.txt:2: `{{` without `}}`");
    assert_eq!(change(ends), "backup-failed.txt: the section `## begins` is missing");
    let slip = change("## begin\n备份\n\n不行。\n## ends\n好 well\n\n好了。\n");
    assert!(slip.starts_with("backup-failed.txt:1: no section is called `begin`"), "{slip}");
    assert!(slip.lines().next().unwrap().ends_with("did you mean `begins`?"), "{slip}");
    let bare = change("## begins\n备份\n## ends\n好 well\n\n好了。\n");
    assert_eq!(bare, "backup-failed.txt:1: `begins` needs a subject and a body");
    let row = change("## begins\n备份\n\n- 原因\n不行。\n## ends\n好 well\n\n好了。\n");
    assert_eq!(row, "backup-failed.txt:4: a row is `- label: value`");
}

#[test]
fn every_file_is_wanted_and_no_other() {
    let missing = told(|files| {
        files.remove("overdue.txt");
    });
    assert_eq!(missing, "overdue.txt: it is missing");
    let strange = told(|files| {
        files.insert("overdeu.txt".to_owned(), String::new());
    });
    assert_eq!(strange, "overdeu.txt: no notice is made of it; did you mean `overdue.txt`?");
    let bodiless = told(|files| {
        files.insert("layout.html".to_owned(), "<p>{{subject}}</p>".to_owned());
    });
    assert_eq!(bodiless, "layout.html: `{{body}}` stands in it 0 times; once is wanted");
}

#[test]
fn the_page_about_templates_names_every_fact() {
    let text = shipped().remove("README.md").unwrap();
    let listed = |topic: &str| -> Vec<String> {
        let row = text.lines().find(|line| {
            line.starts_with(&format!("| {topic} |")) || line.starts_with(&format!("| `{topic}` |"))
        });
        let row = row.unwrap().trim_end_matches('|').trim();
        let facts = row.rsplit_once(" | ").unwrap().1;
        facts.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    assert_eq!(listed("all"), COMMON);
    assert_eq!(listed("digest"), DIGEST_FACTS);
    for topic in Topic::ALL {
        assert_eq!(listed(topic.as_str()), topic.facts(), "{topic}");
    }
}
