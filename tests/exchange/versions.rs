//! Two versions of one profile at once: each agency by its own, each case by the one that read it; and the next version
//! compared with the one in use on what agencies sent.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use regbridge::domain::agency::Agency;
use regbridge::domain::registry::{Entrant, Registry};
use regbridge::exchange::profiles::Profiles;
use regbridge::exchange::view::CaseFilter;
use regbridge::mapping::Profile;
use serde_json::json;

use crate::bed::{Bed, MINIMAL, actor, message, profile, profile_files};
use crate::on_both;

const NUMBER: &str = "3301060020261123000000018";
const ID: &str = "hz-amr-20261123-0002";
const FACTS: &str = "商品未按约定时间发货";

type Files = BTreeMap<String, Vec<u8>>;

/// Replaces what must stand in a file.
fn replace(files: &mut Files, file: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[file].clone()).unwrap();
    assert!(text.contains(from), "{file} holds no {from}");
    files.insert(file.to_owned(), text.replace(from, to).into_bytes());
}

fn say(files: &mut Files, version: &str) {
    replace(
        files,
        "profile.toml",
        "id = \"cn-amr-xml\"\n",
        &format!("id = \"cn-amr-xml\"\nversion = \"{version}\"\n"),
    );
}

/// Reads a rule set into every order that names none.
fn next(files: &mut Files) {
    say(files, "1.10.0");
    replace(
        files,
        "order.map.toml",
        "\"text 100\",        \"\",     \"适用规则\"",
        "\"text 100 | default 密则\", \"\", \"适用规则\"",
    );
}

/// Takes shorter facts only.
fn narrow(files: &mut Files) {
    say(files, "1.11.0");
    replace(files, "order.map.toml", "\"text 4000\"", "\"text 20\"");
}

fn old() -> Profile {
    profile("cn-amr-xml", |files| say(files, "1.9.0"))
}

/// The bed's agencies, each speaking the profile of this name.
fn speak(bed: &Bed, names: [(&str, &str); 2]) {
    let entrant = |(id, name): (&str, &str)| {
        let agency = Agency { profile: name.to_owned(), ..(*bed.agency(id)).clone() };
        Entrant { agency, secret: None }
    };
    let registry = Registry::new(2, names.into_iter().map(entrant).collect()).unwrap();
    bed.gateway.replace_registry(registry);
}

fn elsewhere(id: &str) -> Vec<u8> {
    message(MINIMAL, &[("<RegionCode>330106", "<RegionCode>330206"), (ID, id)])
}

on_both! {
    async fn two_agencies_speak_two_versions_and_a_case_is_answered_by_the_one_that_read_it(bed: &Bed) {
        let (first, second) = (old(), profile("cn-amr-xml", next));
        let digests = [first.digest().to_string(), second.digest().to_string()];
        bed.gateway.replace_profiles(Profiles::new([first, second]));
        speak(bed, [("hz-amr", "cn-amr-xml@1.9.0"), ("nb-amr", "cn-amr-xml")]);
        bed.send("hz-amr", message(MINIMAL, &[])).await.unwrap();
        let other = [(ID, "hz-2"), (NUMBER, "3301060020261123000000028")];
        bed.send("hz-amr", message(MINIMAL, &other)).await.unwrap();
        bed.send("nb-amr", elsewhere("nb-1")).await.unwrap();
        let read_by = |entries: &[serde_json::Value], kind: &str, agency: &str| -> Vec<String> {
            let of = entries.iter().filter(|entry| entry["type"] == kind && entry["agency"] == agency);
            of.map(|entry| entry["profile_sha256"].as_str().unwrap().to_owned()).collect()
        };
        let entries = bed.entries().await;
        assert_eq!(read_by(&entries, "submission", "hz-amr"), [&*digests[0], &*digests[0]]);
        assert_eq!(read_by(&entries, "submission", "nb-amr"), [&*digests[1]]);

        // The bureau goes over to the newest. What it sent before is answered as it was read, while that can be done.
        speak(bed, [("hz-amr", "cn-amr-xml"), ("nb-amr", "cn-amr-xml")]);
        let cases = bed.gateway.cases(&CaseFilter { limit: 10, ..CaseFilter::default() }).await.unwrap();
        let of_hz: Vec<_> = cases.into_iter().filter(|case| case.agency.as_str() == "hz-amr").collect();
        let reply = json!({"kind": "complaint-reply", "outcome": "settled", "explanation": "已退款"});
        bed.gateway.reply(&actor(), &of_hz[0].id, reply.clone(), None).await.unwrap();
        bed.gateway.replace_profiles(Profiles::new([profile("cn-amr-xml", next)]));
        bed.gateway.reply(&actor(), &of_hz[1].id, reply, None).await.unwrap();
        let entries = bed.entries().await;
        assert_eq!(read_by(&entries, "reply", "hz-amr"), digests);
    }

    async fn a_next_version_is_compared_on_what_agencies_sent_and_shows_no_value_unasked(bed: &Bed) {
        let sent = message(MINIMAL, &[]);
        bed.send("hz-amr", sent).await.unwrap();
        bed.advance(3_600_000);
        let long = [(ID, "hz-2"), (NUMBER, "3301060020261123000000028"), (FACTS, "商品未按约定时间发货，至今没有收到")];
        bed.send("hz-amr", message(MINIMAL, &long)).await.unwrap();
        bed.send("nb-amr", elsewhere("nb-1")).await.unwrap();
        let size = bed.gateway.journal_size().await.unwrap();

        let folder = tempfile::tempdir().unwrap();
        let settings = "[journal]\norigin = \"docs.example/journal\"\n[store]\nurl_file = \"url\"\n";
        std::fs::write(folder.path().join("regbridge.toml"), settings).unwrap();
        std::fs::write(folder.path().join("url"), bed.url()).unwrap();
        let lay = |name: &str, change: fn(&mut Files)| {
            let mut files = profile_files("cn-amr-xml");
            change(&mut files);
            for (path, bytes) in files {
                let path = folder.path().join("profiles").join(name).join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
        };
        lay("next", next);
        lay("narrow", narrow);
        let run = |new: &str, more: &[&str]| diff(folder.path(), "cn-amr-xml@0.0.0", new, more);

        let (code, out) = run("cn-amr-xml@0.0.0", &[]);
        assert!(code == 0 && out.contains("3 messages, 0 would change; 3 records: 0 changed"), "{out}");
        let (code, out) = run("cn-amr-xml@1.10.0", &[]);
        assert!(code == 1 && out.contains("3 messages, 3 would change; 3 records: 3 changed"), "{out}");
        assert!(out.contains("records[1].rule_set") && out.contains("       3  records[].rule_set\n"), "{out}");
        assert!(out.contains("•••") && !out.contains("密则"), "{out}");
        let (_, out) = run("cn-amr-xml@1.10.0", &["--show-values"]);
        assert!(out.contains("密则"), "{out}");

        let (code, out) = run("cn-amr-xml@1.11.0", &[]);
        assert!(code == 1 && out.contains("3 messages, 1 would change") && out.contains("1 newly refused"), "{out}");
        assert!(out.contains("Facts") && !out.contains("至今"), "{out}");
        let (_, out) = run("cn-amr-xml@1.11.0", &["--show-values"]);
        assert!(out.contains("至今"), "{out}");

        let counts = [
            (&["--agency", "nb-amr"][..], "1 messages, 1 "),
            (&["--limit", "2"], "2 messages, 2 "),
            (&["--since", "2026-11-23T10:30:00+08:00"], "2 messages, 2 "),
            (&["--since", "2026-11-23"], "3 messages, 3 "),
        ];
        for (more, count) in counts {
            let (code, out) = run("cn-amr-xml@1.10.0", more);
            assert!(code == 1 && out.contains(count), "{more:?}: {out}");
        }
        // Asked wrongly, or not answerable: 2, and never 1.
        for (new, more, why) in [
            ("cn-amr-xml@1.10.1", &[][..], "did you mean cn-amr-xml@1.10.0"),
            ("cn-amr-xml@1.10.0", &["--since", "2999-01-01"], "no submission"),
            ("cn-amr-xml@1.10.0", &["--since", "yesterday"], "neither a day"),
            ("cn-amr-xml@1.10.0", &["--agency", "nobody"], "no submission"),
        ] {
            let (code, out) = run(new, more);
            assert!(code == 2 && out.contains(why), "{new} {more:?}: {code} {out}");
        }
        std::fs::write(folder.path().join("profiles/next/order.map.toml"), "order = [").unwrap();
        let (code, out) = run("cn-amr-xml@1.10.0", &[]);
        assert!(code == 2 && out.contains("does not load"), "{out}");
        assert_eq!(bed.gateway.journal_size().await.unwrap(), size);
    }
}

fn diff(folder: &Path, old: &str, new: &str, more: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regbridge"));
    command.arg("--dir").arg(folder).args(["profile", "diff", old, new, "--traffic"]).args(more);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}
