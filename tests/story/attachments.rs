//! Files of a case, through the program: large ones in little memory, and a power cut between file and transaction.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bureau::Bureau;
use crate::curl::Curl;
use crate::house::{House, XIHU, until};
use crate::journal;
use crate::letters::{number, order};

/// What a file of any size may add to the gateway's memory, in KiB: pieces of half a megabyte on both sides, the
/// connection's buffers, and what the allocator keeps of them. A hundred megabytes would be 102,400.
const MORE_KIB: u64 = 16 * 1024;

fn open(house: &mut House) -> (Bureau, String) {
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    bureau.submit(house, "complaint-order", &order(1)).is(201);
    let case = house.platform().case_of(house, &number(1))["id"].as_str().unwrap().to_owned();
    (bureau, case)
}

fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

fn put(curl: Curl, file: &Path) -> Curl {
    curl.header("Content-Type: text/plain").header("Accept: application/json").file("--upload-file", file)
}

/// The sealed files.
fn sealed(house: &House) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in fs::read_dir(house.file("attachments")).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.ends_with("staging") {
            found.extend(fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()));
        }
    }
    found
}

#[test]
fn a_hundred_megabytes_go_in_and_out_in_little_memory() {
    let mut house = House::build("");
    let (bureau, case) = open(&mut house);
    let (small, large, back) = (house.file("small"), house.file("large"), house.file("back"));
    fs::write(&small, "a small statement\n").unwrap();
    let mut writer = std::io::BufWriter::new(fs::File::create(&large).unwrap());
    for line in 0..3_000_000 {
        writeln!(writer, "line {line:012} of a long statement").unwrap();
    }
    drop(writer);
    assert!(fs::metadata(&large).unwrap().len() > 100_000_000);
    let path = |file: &Path| format!("/cases/{case}/attachments/{}", sha256(file));
    // Whatever the first file takes once.
    put(bureau.curl(&house, &format!("/agency/v1{}", path(&small))), &small).call().is(201);
    let (_, before) = house.memory_kib();
    put(bureau.curl(&house, &format!("/agency/v1{}", path(&large))), &large).call().is(201);
    let answer = house.platform().curl(&house, &format!("/platform/v1{}", path(&large))).call().is(200);
    fs::write(&back, &answer.body).unwrap();
    assert_eq!(sha256(&back), sha256(&large));
    let (_, after) = house.memory_kib();
    assert!(after < before + MORE_KIB, "from {before} to {after} KiB");
    let platforms = house.platform().curl(&house, &format!("/platform/v1/cases/{case}/attachments")).call();
    let list = platforms.is(200).json();
    assert_eq!(list["attachments"].as_array().unwrap().len(), 2);
    println!("{} bytes: from {before} to {after} KiB", answer.body.len());
    journal::is_whole(&house);
    // Everything is there after a start; without its key the gateway does not start at all.
    house.close();
    let key = house.file("keys/case-keys.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    fs::rename(&key, house.file("elsewhere")).unwrap();
    let said = house.run(&["serve"]);
    assert!(!said.ok && said.err.contains("is missing, and the keys of cases"), "{}", said.err);
    fs::rename(house.file("elsewhere"), &key).unwrap();
    house.open();
    let answer = bureau.get(&house, &format!("/agency/v1{}", path(&small))).is(200);
    assert_eq!(answer.text(), "a small statement\n");
}

#[test]
fn a_power_cut_between_file_and_transaction_leaves_nothing() {
    let mut house = House::build("");
    let (bureau, case) = open(&mut house);
    let file = house.file("statement");
    fs::write(&file, "the first half, the second half").unwrap();
    let path = format!("/agency/v1/cases/{case}/attachments/{}", sha256(&file));
    let half = house.file("half");
    fs::write(&half, "the first half").unwrap();
    put(bureau.curl(&house, &path), &half)
        .header("Upload-Complete: ?0")
        .header("Upload-Length: 31")
        .call()
        .is(201);
    assert!(sealed(&house).is_empty());
    // Somebody else writes to the database, for as long as it takes: the transaction has to wait, the file does not.
    let mut lock = lock(&house.file("regbridge.sqlite"));
    fs::write(&half, ", the second half").unwrap();
    let rest = bureau
        .curl(&house, &path)
        .header("Content-Type: application/partial-upload")
        .header("Upload-Offset: 14")
        .header("Upload-Complete: ?1")
        .with("--request", "PATCH")
        .with("--data-binary", &format!("@{}", half.display()));
    let sender = std::thread::spawn(move || rest.try_call().map(|answer| answer.status));
    let orphan = until("the file is in place", Duration::from_secs(20), || sealed(&house).into_iter().next());
    house.cut_power();
    lock.kill().unwrap();
    lock.wait().unwrap();
    assert!(sender.join().unwrap().is_err(), "nobody was told that it was taken");
    assert!(orphan.exists());
    house.open();
    assert!(!orphan.exists(), "it was swept");
    // What is known of the upload is known still, and the file is brought as if nothing had been.
    let answer = put(bureau.curl(&house, &path), &file).call().is(201).json();
    assert_eq!((&answer["size"], &answer["state"]), (&31.into(), &"released".into()));
    assert_eq!(bureau.get(&house, &path).is(200).text(), "the first half, the second half");
    assert_eq!(sealed(&house).len(), 1);
    journal::is_whole(&house);
}

/// A process that holds the database's write lock.
fn lock(database: &Path) -> Child {
    let program = "import sqlite3, sys, time\n\
                   db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)\n\
                   db.execute('BEGIN IMMEDIATE')\n\
                   print('held', flush=True)\n\
                   time.sleep(60)\n";
    let mut child =
        Command::new("python3").args(["-c", program]).arg(database).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "held\n");
    child
}
