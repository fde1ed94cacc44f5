//! Files of cases in a bucket: a store over TLS that has each request's signature judged by botocore.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::bureau::Bureau;
use crate::debian::python_with;
use crate::house::{House, XIHU};
use crate::journal;
use crate::letters::{number, order};

/// A store in a process of its own; it ends with this value.
struct Store {
    child: Child,
    _open: ChildStdin,
    folder: tempfile::TempDir,
    port: u16,
}

impl Store {
    fn start(house: &House) -> Self {
        house.must(&["pki", "issue", "store", "--server-name", "localhost"]);
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(python_with("botocore"))
            .args(["-c", include_str!("bucket.py")])
            .arg(folder.path())
            .args([house.file("pki/issued/store.crt"), house.file("pki/issued/store.key")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let open = child.stdin.take().unwrap();
        Self { child, _open: open, folder, port: line.trim().parse().unwrap() }
    }

    fn settings(&self) -> String {
        format!(
            "[attachments]\nmost_bytes = 50000000\n[attachments.bucket]\nendpoint = \"https://localhost:{}\"\nname = \"story\"\n\
             region = \"story-1\"\npath_style = true\nprefix = \"files of cases/\"\naccess_key = \"AKSTORY\"\n\
             secret_file = \"keys/bucket\"\nauthorities = [\"pki/ca.crt\"]\n",
            self.port
        )
    }

    fn objects(&self) -> Vec<PathBuf> {
        fs::read_dir(self.folder.path().join("objects")).unwrap().map(|file| file.unwrap().path()).collect()
    }

    fn calls(&self, of: &str) -> usize {
        let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        calls.lines().filter(|line| line.starts_with(of)).count()
    }

    /// Has the store behave in this way from now on, or no more.
    fn behaves(&self, how: &str, so: bool) {
        let file = self.folder.path().join(how);
        if so { fs::write(file, "").unwrap() } else { fs::remove_file(file).unwrap() }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn house() -> (House, Store, Bureau, String) {
    let mut house = House::build("");
    let store = Store::start(&house);
    house.write("keys/bucket", b"a secret of the story\n");
    let settings = fs::read_to_string(house.file("regbridge.toml")).unwrap() + &store.settings();
    house.write("regbridge.toml", settings.as_bytes());
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
    let case = house.platform().case_of(&house, &number(1))["id"].as_str().unwrap().to_owned();
    (house, store, bureau, case)
}

/// Brings a file to a case.
fn put(house: &House, bureau: &Bureau, case: &str, file: &Path) -> (String, crate::curl::Answer) {
    let bytes = fs::read(file).unwrap();
    let digest = regbridge::domain::digest::Digest::of(&bytes);
    let path = format!("/agency/v1/cases/{case}/attachments/{digest}");
    let curl =
        bureau.curl(house, &path).header("Content-Type: text/plain").header("Accept: application/json");
    (path, curl.file("--upload-file", file).call())
}

#[test]
fn files_stand_sealed_in_a_bucket_come_back_and_are_swept() {
    let (mut house, store, bureau, case) = house();
    let (small, large) = (house.file("small"), house.file("large"));
    fs::write(&small, "a small statement\n").unwrap();
    fs::write(&large, "line of a long statement\n".repeat(800_000)).unwrap();
    let (small_path, said) = put(&house, &bureau, &case, &small);
    said.is(201);
    let (large_path, said) = put(&house, &bureau, &case, &large);
    said.is(201);
    // 20 MB and the seals are three parts; nothing of it can be read there, and nothing stays here.
    assert_eq!((store.calls("PUT "), store.calls("POST ")), (4, 2));
    let objects = store.objects();
    assert_eq!(objects.len(), 2);
    for object in &objects {
        let bytes = fs::read(object).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"statement"), "{}", object.display());
    }
    assert_eq!(fs::read_dir(house.file("attachments/staging")).unwrap().count(), 0);
    let back = bureau.get(&house, &large_path).is(200);
    assert_eq!(back.body, fs::read(&large).unwrap());
    assert_eq!(bureau.get(&house, &small_path).is(200).text(), "a small statement\n");

    // What nobody refers to goes at the next start, over more than a page of names; what is another's stays.
    let known = objects[0].file_name().unwrap().to_str().unwrap().to_owned();
    for last in ["1", "2", "3"] {
        let orphan = format!("{}{last}", &known[..known.len() - 1]);
        if !objects.iter().any(|object| object.ends_with(&orphan)) {
            fs::write(store.folder.path().join("objects").join(orphan), "x").unwrap();
        }
    }
    fs::write(store.folder.path().join("objects/notes.txt"), "x").unwrap();
    house.close();
    house.open();
    let mut left = store.objects();
    left.retain(|object| !object.ends_with("notes.txt"));
    left.sort();
    let mut before = objects;
    before.sort();
    assert_eq!(left, before);
    assert!(store.folder.path().join("objects/notes.txt").exists());
    journal::is_whole(&house);
}

#[test]
fn a_store_that_fails_loses_nothing_and_is_told_by_what_it_said() {
    let (mut house, store, bureau, case) = house();
    let large = house.file("large");
    fs::write(&large, "line of a long statement\n".repeat(400_000)).unwrap();
    // Joined under 200, and not joined.
    store.behaves("ruin", true);
    let (path, said) = put(&house, &bureau, &case, &large);
    said.is(503);
    assert!(store.objects().is_empty());
    assert_eq!(store.calls("DELETE "), 1, "its parts are given up");
    store.behaves("ruin", false);
    store.behaves("down", true);
    put(&house, &bureau, &case, &large).1.is(503);
    bureau.get(&house, &path).is(404);
    let log = house.log();
    assert!(log.contains("the bucket says 200 InternalError We encountered an internal error."), "{log}");
    assert!(log.contains("the bucket says 503 SlowDown Please reduce your request rate."), "{log}");
    assert!(!log.contains("X-Amz-"), "no signed address is in the log");
    store.behaves("down", false);
    put(&house, &bureau, &case, &large).1.is(201);
    assert_eq!(bureau.get(&house, &path).is(200).body, fs::read(&large).unwrap());

    // Another key: the store refuses, and the gateway serves all the same.
    house.close();
    house.write("keys/bucket", b"another secret\n");
    house.open();
    bureau.get(&house, &path).is(503);
    assert!(house.log().contains("the bucket says 403 SignatureDoesNotMatch"));
}
