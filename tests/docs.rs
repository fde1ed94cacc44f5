//! Runs what the README says: every shell block marked `sh run`, in order, in one shell, against the demo.
//!
//! A line `# → TEXT` in a block promises that what the block prints holds TEXT. The shell stands in a folder that
//! looks like a fresh clone after the demo was built: `ops`, `schemas`, `target/release/regbridge` and the demo's own `data`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_regbridge");

/// A demo that ends with the test, however that ends.
struct Demo(Child);

impl Demo {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("demo")
            .current_dir(folder)
            .env_remove("REGBRIDGE_DIR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let demo = Self(child);
        // The last line of the invitation: from here on it serves.
        while !said.contains("journal fsck") {
            let line = lines.next().unwrap_or_else(|| panic!("the demo ended:\n{said}")).unwrap();
            said.push_str(&line);
            said.push('\n');
        }
        assert!(said.contains("Every step held."), "{said}");
        demo
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The blocks between "```sh run" and "```".
fn blocks(text: &str) -> Vec<String> {
    let starts = text.split("```sh run\n").skip(1);
    starts.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

fn promises(block: &str) -> impl Iterator<Item = &str> {
    block.lines().filter_map(|line| line.trim().strip_prefix("# → "))
}

#[test]
fn every_request_in_the_readme_does_what_it_says() {
    const END: &str = "===== end of a block";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    symlink(root.join("ops"), folder.path().join("ops")).unwrap();
    symlink(root.join("schemas"), folder.path().join("schemas")).unwrap();
    fs::create_dir_all(folder.path().join("target/release")).unwrap();
    symlink(PROGRAM, folder.path().join("target/release/regbridge")).unwrap();
    let _demo = Demo::start(folder.path());

    let blocks = blocks(&fs::read_to_string(root.join("README.md")).unwrap());
    assert!(blocks.len() > 5, "the reader found only {} blocks: is it blind?", blocks.len());
    let script = blocks.join(&format!("\necho '{END}'\n"));
    let output = Command::new("bash")
        .args(["-c", &format!("set -euo pipefail; exec 2>&1\n{script}")])
        .current_dir(folder.path())
        .env_remove("REGBRIDGE_DIR")
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    for (block, said) in blocks.iter().zip(said.split(END)) {
        for promise in promises(block) {
            assert!(said.contains(promise), "promised: {promise}\n--- block\n{block}\n--- it said\n{said}");
        }
    }
    assert!(blocks.iter().flat_map(|block| promises(block)).count() > 10);
}

#[test]
fn every_command_explains_itself() {
    let commands = [
        "serve",
        "demo",
        "agency",
        "agency add",
        "agency list",
        "agency show",
        "agency check",
        "pki",
        "pki init",
        "pki issue",
        "pki revoke",
        "pki inspect",
        "pki expiring",
        "profile",
        "profile check",
        "profile list",
        "profile map",
        "profile test",
        "profile explain",
        "profile diff",
        "profile new",
        "profile schema",
        "case",
        "case list",
        "case show",
        "case hold",
        "case release",
        "case package",
        "radar",
        "rules",
        "rules list",
        "rules show",
        "rules check",
        "calendar",
        "calendar list",
        "calendar show",
        "delivery",
        "delivery list",
        "delivery show",
        "delivery stop",
        "delivery retry",
        "delivery replay",
        "delivery receipt",
        "feed",
        "feed windows",
        "feed report",
        "feed rotate-key",
        "notice",
        "notice list",
        "notice show",
        "notice test",
        "import",
        "reconcile",
        "reconcile manifest",
        "reconcile compare",
        "reconcile list",
        "retention",
        "retention show",
        "retention run",
        "sync",
        "sync list",
        "sync run",
        "sync pause",
        "sync resume",
        "sync history",
        "simulate",
        "simulate bureau",
        "simulate food",
        "simulate police",
        "simulate platform",
        "token",
        "token add",
        "token list",
        "token revoke",
        "canary",
        "verify",
        "journal",
        "journal fsck",
        "journal export",
        "witness",
        "witness init",
        "witness serve",
    ];
    for command in commands {
        let output = Command::new(PROGRAM).args(command.split(' ')).arg("--help").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains(&format!("Usage: regbridge {command}")),
            "{command}: {said}"
        );
        // Wrongly asked: 2.
        let output = Command::new(PROGRAM).args(command.split(' ')).arg("--no-such-option").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}");
    }
}

/// One good use of each command that needs no running gateway; the rest stands in the README.
#[test]
fn every_command_does_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).arg("--dir").arg(folder.path()).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let must = |arguments: &[&str]| {
        let (code, out, err) = run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}\n{out}\n{err}");
        out
    };
    // A failure: 1, with its cause.
    let (code, _, err) = run(&["case", "list"]);
    assert!(code == Some(1) && err.contains("config.example.toml"), "{code:?} {err}");

    fs::write(folder.path().join("regbridge.toml"), "[journal]\norigin = \"docs.example/journal\"\n")
        .unwrap();
    must(&["pki", "init"]);
    must(&["pki", "issue", "bureau"]);
    let certificate = folder.path().join("pki/issued/bureau.crt").display().to_string();
    assert!(must(&["pki", "inspect", &certificate]).contains("bureau"));
    let add = ["agency", "add", "hz", "--name", "演示局", "--region", "330106", "--profile", "cn-amr-xml"];
    must(&[&add[..], &["--certificate", &certificate, "--scope", "complaint-order"]].concat());
    assert!(must(&["agency", "list"]).starts_with("hz\t"));
    assert!(must(&["agency", "show", "hz"]).contains("cn-amr-xml"));
    must(&["agency", "check", "hz"]);
    let inspected = ["--certificate", &certificate, "--scope", "complaint-reply"];
    let add = ["agency", "add", "wz", "--name", "演示局", "--region", "330106", "--profile", "cn-amr-xml"];
    fs::remove_file(folder.path().join("agencies/hz.toml")).unwrap();
    must(&[&add[..], &inspected].concat());
    assert!(must(&["feed", "report", "wz", "complaint-reply"]).contains("report\t0..0\t0 records"));
    assert!(must(&["feed", "windows", "wz", "complaint-reply"]).contains("report\t0..0\t0 records"));
    assert_eq!(run(&["feed", "report", "wz", "inspection-result"]).0, Some(1));
    must(&["feed", "rotate-key"]);
    fs::remove_file(folder.path().join("agencies/wz.toml")).unwrap();
    let add = ["agency", "add", "hz", "--name", "演示局", "--region", "330106", "--profile", "cn-amr-xml"];
    must(&[&add[..], &["--certificate", &certificate, "--scope", "complaint-order"]].concat());
    let expiring = must(&["pki", "expiring"]);
    assert!(expiring.contains("\t演示局\t") && expiring.contains("pki/issued/bureau.crt"), "{expiring}");
    must(&["pki", "revoke", "bureau", "--reason", "superseded"]);
    assert_eq!(run(&["agency", "check", "hz"]).0, Some(1));
    assert!(must(&["token", "add", "platform"]).starts_with("rb_"));
    let listed = must(&["token", "list"]);
    let id = listed.split('\t').next().unwrap();
    must(&["token", "revoke", id]);
    assert_eq!(run(&["token", "revoke", id]).0, Some(1));
    assert_eq!(must(&["case", "list"]), "");
    assert_eq!(must(&["case", "list", "--due", "overdue"]), "");
    assert!(must(&["radar"]).contains("合计 total\t0\t0\t0\t0\t0"));
    assert!(must(&["radar", "--json"]).contains("\"more\": false"));
    assert_eq!(run(&["radar", "--team", "nobody"]).0, Some(1));
    assert!(must(&["rules", "list"]).contains("cn-order-20\t2020-01-01 至 2026-04-14"));
    assert!(must(&["rules", "show", "cn-order-121"]).contains("未核对 NOT CONFIRMED"));
    assert!(must(&["rules", "check"]).contains("日历 calendar cn\t2024 2025 2026"));
    assert!(must(&["calendar", "list"]).contains("国办发明电〔2025〕7号"));
    assert!(must(&["calendar", "show", "2026"]).contains("国庆节\t2026-10-01 至 2026-10-07（7 天）"));
    let (code, _, err) = run(&["calendar", "show", "2099"]);
    assert!(code == Some(1) && err.contains("no calendar for 2099"), "{code:?} {err}");
    fs::create_dir(folder.path().join("rules")).unwrap();
    fs::write(folder.path().join("rules/own.toml"), "id = \"own\"\ntitel = 3\n").unwrap();
    let (code, _, err) = run(&["rules", "check"]);
    assert!(code == Some(1) && err.contains("rules/own.toml:2") && err.contains("titel"), "{code:?} {err}");
    fs::remove_file(folder.path().join("rules/own.toml")).unwrap();
    assert!(must(&["retention", "show"]).starts_with("complaint\tfor ever"));
    must(&["retention", "run", "--dry-run"]);
    assert!(must(&["sync", "list"]).contains("keep:deadlines\t* * * * * Asia/Shanghai\tnext 20"));
    must(&["sync", "pause", "digest:daily", "--why", "nobody reads it"]);
    assert!(must(&["sync", "list"]).contains("nobody reads it"));
    must(&["sync", "resume", "digest:daily", "--why", "somebody does"]);
    assert_eq!(run(&["sync", "resume", "digest:daily", "--why", "once more"]).0, Some(1));
    assert!(must(&["sync", "run", "digest:daily", "--why", "now"]).starts_with("run "));
    assert!(must(&["sync", "history", "digest:daily"]).contains("\twaiting\t0 attempts"));
    assert_eq!(must(&["notice", "list"]), "");
    let witness = folder.path().join("witness").display().to_string();
    let vkey = must(&["witness", "init", &witness, "--name", "witness.example/docs"]);
    assert!(vkey.starts_with("witness.example/docs+"), "{vkey}");
    assert_eq!(run(&["witness", "init", &witness, "--name", "witness.example/docs"]).0, Some(1));
    let (code, _, err) = run(&["witness", "serve", &witness, "--address", "127.0.0.1:0"]);
    assert!(code == Some(1) && err.contains("names no log"), "{code:?} {err}");
    let (code, _, err) = run(&["canary"]);
    assert!(code == Some(1) && err.contains("[canary] names no agency"), "{code:?} {err}");
    let (code, _, err) = run(&["notice", "test"]);
    assert!(code == Some(1) && err.contains("[mail] names no server"), "{code:?} {err}");

    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/cn-amr-xml/samples");
    must(&["profile", "check", "cn-amr-xml"]);
    let order = samples.join("order-minimal.xml").display().to_string();
    let record = must(&["profile", "map", "cn-amr-xml", "complaint-order", &order]);
    let file = folder.path().join("record.json");
    fs::write(&file, record).unwrap();
    let file = file.display().to_string();
    assert!(
        must(&["profile", "map", "--reverse", "cn-amr-xml", "complaint-order", &file])
            .contains("<ComplaintOrder")
    );
}

/// What a reviewer does with a profile: its samples, one value's story, the next version on the same messages.
#[test]
fn a_profile_is_tested_explained_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).arg("--dir").arg(folder.path()).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/open311-v2");
    let copy = folder.path().join("next");
    let mut todo = vec![(shipped.clone(), copy.clone())];
    while let Some((from, to)) = todo.pop() {
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(&from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                todo.push((entry.path(), target));
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let next = copy.display().to_string();
    let (code, out, _) = run(&["profile", "test", &next]);
    assert!(code == Some(0) && out.ends_with("0 failed\n"), "{out}");
    let (code, out, _) = run(&["profile", "diff", "open311-v2", &next]);
    assert!(code == Some(0) && out.ends_with("0 would change\n"), "{out}");

    // A golden that says otherwise, a sample without one.
    let golden = copy.join("samples/requests.golden.json");
    let text = fs::read_to_string(&golden).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["records"][0]["registration_number"] = "another".into();
    fs::write(&golden, value.to_string()).unwrap();
    let (code, out, _) = run(&["profile", "test", &next]);
    assert!(
        code == Some(1) && out.contains("records[1].registration_number") && out.contains("\"another\""),
        "{out}"
    );
    fs::remove_file(&golden).unwrap();
    let (code, _, err) = run(&["profile", "test", &next]);
    assert!(code == Some(1) && err.contains("profile test --update"), "{err}");
    let (code, out, _) = run(&["profile", "test", "--update", &next]);
    assert!(code == Some(0) && out.contains("wrote") && out.contains("unchanged"), "{out}");
    assert_eq!(fs::read_to_string(&golden).unwrap(), text);
    let (code, _, err) = run(&["profile", "test", "--update", "open311-v2"]);
    assert!(code == Some(1) && err.contains("travels inside the program"), "{err}");

    let sample = copy.join("samples/requests.xml").display().to_string();
    let (code, out, _) =
        run(&["profile", "explain", "open311-v2", "--field", "registration_number", &sample]);
    assert!(code == Some(0) && out.contains("row     open311-v2/") && out.contains("theirs"), "{out}");
    let (code, out, _) = run(&["profile", "explain", "open311-v2", "--json", &sample]);
    let explained: serde_json::Value = serde_json::from_str(&out).unwrap();
    let values = explained["values"].as_array().unwrap();
    assert!(
        code == Some(0) && values.iter().any(|one| one["record"] == "records[1].registration_number"),
        "{out}"
    );
    let order =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/cn-amr-xml/samples/order-extended.xml");
    let order = order.display().to_string();
    let (code, out, _) = run(&["profile", "explain", "cn-amr-xml", &order]);
    let kept = out.split("kept, because no row says it:").nth(1).unwrap_or_default();
    assert!(code == Some(0) && kept.lines().any(|line| line.contains("Price")), "{out}");
    assert!(
        kept.lines().skip(1).all(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit())),
        "{kept}"
    );
    let (code, _, err) = run(&["profile", "explain", "open311-v2", "--field", "nothing.such", &sample]);
    assert!(code == Some(1) && err.contains("nothing.such"), "{err}");
}

/// Versions of one profile in a data directory, and the words that tell them apart.
#[test]
fn versions_of_a_profile_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(PROGRAM).arg("--dir").arg(folder.path()).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let lay = |name: &str, id: &str, version: &str, also: &str| {
        let here = folder.path().join("profiles").join(name);
        fs::create_dir_all(&here).unwrap();
        let manifest = format!(
            "id = \"{id}\"\nversion = \"{version}\"\norder = \"rows\"\n{also}[message.order]\nwire = [\"json\"]\n\
             kind = \"complaint-reply\"\nblock = \"top\"\n"
        );
        let map = "top = [[\"data\", \"records\", \"each reply\", \"must\"]]\nreply = [[\"no\", \"registration_number\", \
                   \"text 25\", \"must\"], [\"text\", \"explanation\", \"text 9\", \"must\"], [\"result\", \"outcome\", \
                   \"text\", \"must\"]]\n";
        fs::write(here.join("profile.toml"), manifest).unwrap();
        fs::write(here.join("t.map.toml"), map).unwrap();
    };
    fs::write(folder.path().join("regbridge.toml"), "[journal]\norigin = \"docs.example/journal\"\n")
        .unwrap();
    lay("a", "lake", "1.9.0", "");
    lay("b", "lake", "1.10.0", "name = \"b\"\n");
    let add = |id: &str, profile: &str| {
        let fixed =
            ["--name", "湖边", "--region", "330106", "--scope", "complaint-reply", "--profile", profile];
        run(&[&["agency", "add", id][..], &fixed].concat())
    };
    add("new", "lake");
    let (_, out) = add("old", "lake@1.9.0");
    assert!(out.contains("ok       file, profile lake@1.9.0 "), "{out}");
    let (code, out) = run(&["agency", "list"]);
    let line = |id: &str| out.lines().find(|line| line.starts_with(id)).unwrap().to_owned();
    assert!(
        code == Some(0) && line("new").contains("lake@1.10.0 ") && line("old").contains("lake@1.9.0 "),
        "{out}"
    );
    assert!(run(&["agency", "show", "new"]).1.starts_with("# speaks lake@1.10.0 "));

    let (code, out) = run(&["profile", "list"]);
    let line = |name: &str| out.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(code == Some(0) && line("lake@1.9.0").ends_with("profiles/a\told"), "{out}");
    assert!(
        line("lake@1.10.0").ends_with("profiles/b\tnew") && line("cn-amr-xml@0.0.0").contains("shipped"),
        "{out}"
    );
    for arguments in [&["profile", "check"][..], &["profile", "check", "lake"]] {
        let (_, out) = run(arguments);
        assert!(
            out.contains("lake@1.9.0  lake  1 messages") && out.contains("lake@1.10.0  b  1 messages"),
            "{out}"
        );
    }
    let (_, out) = run(&["profile", "check", "lake@1.9.0"]);
    assert!(out.contains("lake@1.9.0  ") && !out.contains("lake@1.10.0"), "{out}");

    // Agencies and commands name the nearest and those there are.
    let (code, out) = run(&["profile", "check", "lake@1.9.1"]);
    assert!(
        code == Some(1) && out.contains("did you mean lake@1.9.0?") && out.contains("lake@1.10.0"),
        "{out}"
    );
    let (code, out) = add("wrong", "lake@1.11.0");
    assert!(
        code == Some(1) && out.contains("there is no profile lake@1.11.0; did you mean lake@1.10.0?"),
        "{out}"
    );
    fs::remove_file(folder.path().join("agencies/wrong.toml")).unwrap();

    // One name for two things; a version that is none.
    lay("c", "lake", "1.10.0", "name = \"c\"\n");
    let (code, out) = run(&["agency", "list"]);
    assert!(
        code == Some(1)
            && out.contains("profiles/b and ")
            && out.contains("profiles/c both say they are lake@1.10.0"),
        "{out}"
    );
    lay("c", "lake", "1.x", "");
    let (code, out) = run(&["profile", "check", &folder.path().join("profiles/c").display().to_string()]);
    assert!(code == Some(1) && out.contains("2:11  profile.toml") && out.contains("1.2.0"), "{out}");
}

/// A version that refuses one record of a batch more, and one that refuses it for another reason.
#[test]
fn a_newly_refused_record_of_a_batch_is_told_by_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let write = |version: &str, most: &str| {
        let here = folder.path().join(version);
        fs::create_dir_all(&here).unwrap();
        let manifest = "id = \"t\"\nname = \"t\"\norder = \"rows\"\n[message.orders]\nwire = [\"json\"]\n\
                        kind = \"complaint-reply\"\nblock = \"top\"\nbad_records = \"skip\"\n";
        let map = format!(
            "top = [[\"data\", \"records\", \"each reply\", \"must\"]]\nreply = [\n[\"no\", \"registration_number\", \
             \"text 25\", \"must\"],\n[\"text\", \"explanation\", \"text {most}\", \"must\"],\n[\"result\", \
             \"outcome\", \"text\", \"must\"]\n]\n"
        );
        fs::write(here.join("profile.toml"), manifest).unwrap();
        fs::write(here.join("t.map.toml"), map).unwrap();
        here.display().to_string()
    };
    let message = folder.path().join("batch.json");
    let reply = |text: &str| format!("{{\"no\":\"1\",\"text\":\"{text}\",\"result\":\"settled\"}}");
    fs::write(&message, format!("{{\"data\":[{},{}]}}", reply("abcdef"), reply("ab"))).unwrap();
    let message = message.display().to_string();
    let (wide, narrow, other) = (write("wide", "9"), write("narrow", "4"), write("other", "3"));
    let diff = |old: &str, new: &str| {
        let output = Command::new(PROGRAM).args(["profile", "diff", old, new, &message]).output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let (code, out) = diff(&wide, &narrow);
    assert!(
        code == Some(1) && out.contains("records[1] newly refused") && !out.contains("records[2]"),
        "{out}"
    );
    let (code, out) = diff(&narrow, &wide);
    assert!(code == Some(1) && out.contains("records[1] newly accepted"), "{out}");
    let (code, out) = diff(&narrow, &other);
    assert!(code == Some(1) && out.contains("records[1] refused for other reasons"), "{out}");
    let (code, out) = diff(&narrow, &narrow);
    assert!(code == Some(0) && out.contains("1 messages, 0 would change"), "{out}");
}
