//! Backups: made while the gateway serves, tried, damaged, and a gateway that goes on from one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::{House, XIHU};
use crate::journal;
use crate::letters::{decode, number, order};

/// Runs a command of a backup; its output.
fn backup(house: &House, arguments: &[&str]) -> String {
    house.must(&[&["backup"], arguments].concat())
}

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn copy(from: &Path, to: &Path) {
    let mut found = Vec::new();
    files(from, &mut found);
    for file in found {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        if !target.exists() {
            fs::copy(&file, &target).unwrap();
        }
    }
}

/// Runs a statement that somebody with the file might run, through a program that is not ours.
fn sql(file: &Path, statement: &str) {
    let script = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as c: c.execute(sys.argv[2])";
    let status = Command::new("python3").args(["-c", script]).arg(file).arg(statement).status().unwrap();
    assert!(status.success());
}

/// A house that has two cases and a file of one, and is open; its name, the digest of the file, and the receipts.
fn lived_in() -> (House, String, String, Vec<Vec<u8>>) {
    live_in(House::build(SETTINGS))
}

const SETTINGS: &str = "[backup]\nfolder = \"backups\"\nkeep = 2\n";

fn live_in(mut house: House) -> (House, String, String, Vec<Vec<u8>>) {
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let receipts =
        (1..=2).map(|at| bureau.submit(&house, "complaint-order", &order(at)).is(201).body).collect();
    let case = house.platform().case_of(&house, &number(1))["id"].as_str().unwrap().to_owned();
    let file = house.file("statement");
    fs::write(&file, "张三的陈述 a statement\n").unwrap();
    let digest = Command::new("sha256sum").arg(&file).output().unwrap();
    let digest = String::from_utf8(digest.stdout).unwrap().split(' ').next().unwrap().to_owned();
    let path = format!("/agency/v1/cases/{case}/attachments/{digest}");
    bureau.curl(&house, &path).header("Content-Type: text/plain").file("--upload-file", &file).call().is(201);
    (house, case, digest, receipts)
}

#[test]
fn a_backup_holds_everything_sealed_and_a_gateway_goes_on_from_it() {
    let (mut house, case, digest, receipts) = lived_in();
    let said = backup(&house, &["make"]);
    for step in [
        "database\t",
        "settings\t",
        "trial\trestored; its journal of ",
        "attachments\t1 files",
        "case keys\t1,",
        "OK  2",
    ] {
        assert!(said.contains(step), "{step}\n{said}");
    }
    let list = backup(&house, &["list"]);
    let name = list.split('\t').next().unwrap().to_owned();
    assert!(list.contains("Sqlite of version") && list.contains("1 files of cases"), "{list}");
    assert!(backup(&house, &["verify"]).ends_with(&format!("OK  {name} can be restored\n")));

    // Nothing of a case and no key can be read in it; nor does anything stay outside of it.
    let mut all = Vec::new();
    files(&house.file("backups"), &mut all);
    assert!(all.len() > 8 && !house.file("backup.tmp").exists());
    let name_of_somebody =
        decode(&order(1)).split("<Name>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let key = fs::read_to_string(house.file("keys/journal.key")).unwrap();
    for file in &all {
        let bytes = fs::read(file).unwrap();
        for secret in [&*number(1), &name_of_somebody, key.trim(), "张三", "SQLite format 3", "PRIVATE KEY"]
        {
            assert!(
                !bytes.windows(secret.len()).any(|at| at == secret.as_bytes()),
                "{secret}: {}",
                file.display()
            );
        }
    }

    // What comes later is not in it. The old place is lost; private keys and secrets were kept apart.
    let bureau = house.bureau("hz-amr");
    bureau.submit(&house, "complaint-order", &order(3)).is(201);
    house.close();
    let new = house.file("again");
    let said = backup(&house, &["restore", &name, "--to", &new.display().to_string()]);
    assert!(said.contains("case keys\t1 of 1") && said.contains("attachments\t1 files"), "{said}");
    let refused = house.run(&["backup", "restore", &name, "--to", &new.display().to_string()]);
    assert!(!refused.ok && refused.err.contains("is not empty"), "{}", refused.err);
    copy(&house.file("keys"), &new.join("keys"));
    copy(&house.file("pki"), &new.join("pki"));

    house.move_to(&new);
    house.open();
    house.wait_for_log("goes on from a backup");
    let cases = house.platform().cases(&house);
    assert_eq!(cases.len(), 2, "the third is forgotten");
    let read = house
        .platform()
        .curl(&house, &format!("/platform/v1/cases/{case}/attachments/{digest}"))
        .call()
        .is(200);
    assert_eq!(read.body, "张三的陈述 a statement\n".as_bytes());
    journal::is_whole(&house);
    assert!(
        journal::entries(&house).iter().any(|entry| entry["type"] == "restored" && entry["backup"] == name)
    );
    // Who submits again what is known gets the receipt it had; what was forgotten is taken again.
    let again = bureau.submit(&house, "complaint-order", &order(2)).is(200);
    assert_eq!(again.body, receipts[1]);
    bureau.submit(&house, "complaint-order", &order(3)).is(201);
    house.close();
    house.open();
    let restored = journal::entries(&house).iter().filter(|entry| entry["type"] == "restored").count();
    assert_eq!(restored, 1, "it is said once");
    house.close();
}

#[test]
fn a_damaged_backup_is_no_backup() {
    let (mut house, ..) = lived_in();
    backup(&house, &["make"]);
    let name = backup(&house, &["list"]).split('\t').next().unwrap().to_owned();
    let damage = |file: &str, at: usize| {
        let path = house.file(&format!("backups/{name}/{file}"));
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let said = house.run(&["backup", "verify"]);
        fs::write(&path, whole).unwrap();
        assert!(!said.ok);
        said.err
    };
    assert!(damage("database", 5000).contains("database: SHA-256"));
    assert!(damage("settings/regbridge.toml", 30).contains("settings/regbridge.toml: SHA-256"));
    // The manifest made to fit: the seal knows it.
    let path = house.file(&format!("backups/{name}/database"));
    let whole = fs::read(&path).unwrap();
    let mut bytes = whole.clone();
    bytes[5000] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let sum = |file: &Path| {
        let output = Command::new("sha256sum").arg(file).output().unwrap();
        String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
    };
    let manifest = house.file(&format!("backups/{name}/manifest.json"));
    let text = fs::read_to_string(&manifest).unwrap();
    let old = text.split("\"name\": \"database\"").nth(1).unwrap().split('"').nth(5).unwrap().to_owned();
    fs::write(&manifest, text.replace(&old, &sum(&path))).unwrap();
    let said = house.run(&["backup", "verify"]);
    assert!(!said.ok && said.err.contains("database: chunk 0; it was changed or cut"), "{}", said.err);
    fs::write(&path, whole).unwrap();
    fs::write(&manifest, text).unwrap();
    backup(&house, &["verify"]);

    // A journal that somebody wrote to is not backed up: the last good one stays, and staff hears of it.
    house.close();
    let file = house.file("regbridge.sqlite");
    sql(
        &file,
        "UPDATE journal_entries SET entry = (SELECT entry FROM journal_entries WHERE idx = 1) WHERE idx = 0",
    );
    house.open();
    let said = house.run(&["backup", "make"]);
    assert!(
        !said.ok && said.out.contains("FAILED  at 存证日志 journal: the journal is not what"),
        "{}",
        said.out
    );
    assert_eq!(backup(&house, &["list"]).lines().count(), 1);
    let troubles = house.must(&["notice", "list"]);
    assert!(
        troubles.lines().any(|line| line.starts_with('!') && line.contains("backup-failed")),
        "{troubles}"
    );
    house.close();
}

#[test]
fn a_case_whose_key_was_destroyed_is_in_no_older_backup_and_old_ones_go() {
    let (mut house, case, digest, _) = lived_in();
    backup(&house, &["make"]);
    let first = backup(&house, &["list"]).split('\t').next().unwrap().to_owned();
    house.close();
    sql(&house.file("regbridge.sqlite"), "DELETE FROM case_keys");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert!(backup(&house, &["make"]).contains("case keys\t0,"));
    let new = house.file("again");
    let said = backup(&house, &["restore", &first, "--to", &new.display().to_string()]);
    assert!(said.contains("case keys\t0 of 0"), "{said}");
    copy(&house.file("keys"), &new.join("keys"));
    copy(&house.file("pki"), &new.join("pki"));
    std::thread::sleep(std::time::Duration::from_secs(1));
    backup(&house, &["make"]);
    let list = backup(&house, &["list"]);
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(!list.contains(&first) && !house.file(&format!("backups/{first}")).exists());
    house.move_to(&new);
    house.open();
    let answer =
        house.platform().curl(&house, &format!("/platform/v1/cases/{case}/attachments/{digest}")).call();
    assert_eq!(answer.status, 503, "its bytes are there, and nobody can read them");
    house.close();
}

#[test]
fn a_postgresql_database_is_dumped_restored_and_gone_on_from() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(url) = runtime.block_on(crate::postgres::database()) else { return };
    let Some(empty) = runtime.block_on(crate::postgres::database()) else { return };
    let programs = crate::postgres::programs().unwrap();
    let settings = format!("{SETTINGS}postgres_programs = \"{}\"\n", programs.display());
    let (mut house, case, ..) = live_in(House::build_on(&url, &settings));
    let said = backup(&house, &["make"]);
    assert!(said.contains("trial\trestored; its journal of ") && said.contains("OK  2"), "{said}");
    let name = backup(&house, &["list"]).split('\t').next().unwrap().to_owned();
    backup(&house, &["verify"]);
    house.close();
    let new = house.file("again");
    let to = new.display().to_string();
    let refused = house.run(&["backup", "restore", &name, "--to", &to]);
    assert!(!refused.ok && refused.err.contains("--database postgres://"), "{}", refused.err);
    fs::remove_dir_all(&new).unwrap();
    let said = backup(&house, &["restore", &name, "--to", &to, "--database", &empty]);
    assert!(said.contains("case keys\t1 of 1"), "{said}");
    copy(&house.file("keys"), &new.join("keys"));
    copy(&house.file("pki"), &new.join("pki"));
    house.move_to(&new);
    house.move_to_database(&empty);
    house.open();
    assert_eq!(house.platform().cases(&house).len(), 2);
    assert_eq!(house.platform().case(&house, &case)["id"], case.as_str());
    journal::is_whole(&house);
    house.close();
    for url in [url, empty] {
        runtime.block_on(crate::postgres::drop_database(&url));
    }
}
