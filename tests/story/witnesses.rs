//! Witnesses as processes of their own: what they cosign and what they refuse, what the gateway makes of it, and what an
//! auditor sees.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bureau::Bureau;
use crate::curl::Curl;
use crate::house::{House, PROGRAM, XIHU, until};
use crate::journal;
use crate::letters::order;
use crate::log::{Log, ORIGIN, STRANGER, VKEY};
use crate::witness::Witness;

const FIVE: [&str; 5] = ["0", "1", "2", "3", "4"];

#[test]
fn a_witness_answers_as_the_standard_says() {
    let mut log = Log::of(&FIVE);
    let witness = Witness::of("witness.example/one", VKEY);
    // An unknown log, a stranger's signature, a body that is none, another method and path.
    let other = String::from_utf8(log.ask(0)).unwrap().replace(ORIGIN, "other.example/journal");
    assert_eq!(witness.post(other.as_bytes()).status, 404);
    assert_eq!(witness.post(format!("old 0\n\n{}", log.signed_by(STRANGER)).as_bytes()).status, 403);
    assert_eq!(witness.post(b"old 00\n\n").status, 400);
    assert_eq!(witness.post(b"old \xff").status, 400);
    assert_eq!(witness.post(format!("old 6\n\n{}", log.checkpoint()).as_bytes()).status, 400);
    assert_eq!(witness.post(&vec![b'x'; 70_000]).status, 413);
    assert_eq!(Curl::to(&format!("{}/add-checkpoint", witness.url())).call().status, 405);
    assert_eq!(Curl::to(&format!("{}/", witness.url())).call().status, 404);
    assert_eq!(witness.remembers(), None);
    // Its word, and the note that it makes with the log's.
    let answer = witness.post(&log.ask(0)).is(200);
    let note = format!("{}{}", log.checkpoint(), answer.text());
    let scratch = tempfile::tempdir().unwrap();
    assert!(openssl_agrees(scratch.path(), &note, &witness.vkey), "{note}");
    assert_eq!(witness.remembers(), Some(log.head()));
    // From then on it goes on from there alone.
    let conflict = witness.post(&log.ask(3)).is(409);
    assert_eq!((conflict.header("content-type"), conflict.text()), ("text/x.tlog.size", "5\n"));
    log.append("5");
    let proof = log.proof(5);
    let (_, cut) = proof.split_once('\n').unwrap();
    assert_eq!(witness.post(format!("old 5\n{cut}\n{}", log.checkpoint()).as_bytes()).status, 422);
    witness.post(&log.ask(5)).is(200);
    // Two processes of one memory could cosign two roots of one size.
    let second = Command::new(PROGRAM)
        .args(["witness", "serve", "--address", "127.0.0.1:0"])
        .arg(witness.folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains("another witness runs here"), "{said}");
}

#[test]
fn two_checkpoints_of_one_size_show_where_witnesses_compare() {
    let mut one = Log::of(&FIVE[..4]);
    let mut two = one.clone();
    one.append("what the bureau was told");
    two.append("what the auditor was told");
    let bureau = Witness::of("witness.example/bureau", VKEY);
    let auditor = Witness::of("witness.example/auditor", VKEY);
    bureau.post(&one.ask(0)).is(200);
    auditor.post(&two.ask(0)).is(200);
    // Each shown what the other cosigned: the same log, the same size, and neither may cosign it.
    for (witness, log) in [(&bureau, &two), (&auditor, &one)] {
        let conflict = witness.post(&log.ask(5)).is(409);
        assert_eq!((conflict.header("content-type"), conflict.text()), ("text/x.tlog.size", "5\n"));
    }
    let (here, there) = (bureau.remembers().unwrap(), auditor.remembers().unwrap());
    assert_eq!(here.lines().take(2).collect::<Vec<_>>(), there.lines().take(2).collect::<Vec<_>>());
    assert_ne!(here, there);
    // Nor does growing make one of the two.
    two.append("more");
    assert_eq!(bureau.post(&two.ask(5)).status, 422);
}

#[test]
fn a_witness_killed_before_it_answers_remembers_what_it_cosigned() {
    let mut log = Log::default();
    let mut witness = Witness::of("witness.example/killed", VKEY);
    for round in 0..8u64 {
        let mut fork = log.clone();
        log.append(&format!("entry {round}"));
        fork.append("another");
        let url = format!("{}/add-checkpoint", witness.url());
        let body = log.ask(round);
        let call = std::thread::spawn(move || Curl::to(&url).post(&body).try_call());
        // As soon as it is written down, answered or not.
        while witness.size() == round {
            std::hint::spin_loop();
        }
        witness.kill();
        let answered = call.join().unwrap().is_ok_and(|answer| answer.status == 200);
        println!("round {round}: answered {answered}");
        witness.start();
        assert_eq!(witness.remembers(), Some(log.head()));
        // Another of that size is refused; the log asks again, is told where it stands, and goes on.
        assert_eq!(witness.post(&fork.ask(round)).status, 409);
        assert_eq!(witness.post(&fork.ask(round + 1)).status, 409);
        assert_eq!(witness.post(&log.ask(round)).is(409).text(), format!("{}\n", round + 1));
        witness.post(&log.ask(round + 1)).is(200);
    }
}

/// Has the witnesses asked now; what the run said at its end.
fn ask(house: &House) -> String {
    let newest = || house.must(&["sync", "history", "keep:witnesses", "--limit", "1"]);
    let before = newest();
    house.must(&["sync", "run", "keep:witnesses", "--why", "to see it"]);
    until("the run ends", Duration::from_secs(30), || {
        let now = newest();
        (now != before && now.contains("\tdone")).then_some(now)
    })
}

/// A house with a bureau whose journal these witnesses know, over TLS, and which asks for both.
fn witnessed() -> (House, Bureau, [Witness; 2]) {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let vkey = bureau.get(&house, "/agency/v1/vkey").is(200).text().trim().to_owned();
    assert_eq!(bureau.get(&house, "/agency/v1/checkpoint.cosigned").status, 404);
    house.close();
    house.must(&["pki", "issue", "witness", "--server-name", "localhost"]);
    let pair = (house.file("pki/issued/witness.crt"), house.file("pki/issued/witness.key"));
    let up = |name: &str| {
        let mut witness = Witness::init(name);
        witness.tls = Some(pair.clone());
        witness.knows(&vkey);
        witness.start();
        witness
    };
    let witnesses = [up("witness.example/audit"), up("witness.example/legal")];
    let settings = fs::read_to_string(house.file("regbridge.toml")).unwrap();
    let with = format!("origin = \"{ORIGIN}\"\nquorum = 2\n");
    let settings = settings.replace(&format!("origin = \"{ORIGIN}\"\n"), &with)
        + &witnesses[0].settings("audit")
        + &witnesses[1].settings("legal");
    house.write("regbridge.toml", settings.as_bytes());
    house.open();
    (house, bureau, witnesses)
}

/// Whether OpenSSL finds this witness's cosignature on a note.
fn openssl_agrees(folder: &Path, note: &str, vkey: &str) -> bool {
    let name = vkey.split('+').next().unwrap();
    let key = STANDARD.decode(vkey.splitn(3, '+').nth(2).unwrap()).unwrap();
    // RFC 8410: SubjectPublicKeyInfo of an Ed25519 key.
    let der = [&hex::decode("302a300506032b6570032100").unwrap()[..], &key[1..]].concat();
    let (text, signatures) = note.rsplit_once("\n\n").unwrap();
    let line = signatures.lines().find(|line| line.split(' ').nth(1) == Some(name)).unwrap();
    let blob = STANDARD.decode(line.rsplit(' ').next().unwrap()).unwrap();
    let time = u64::from_be_bytes(blob[4..12].try_into().unwrap());
    let message = format!("cosignature/v1\ntime {time}\n{text}\n");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let output = Command::new("openssl")
        .args(["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey"])
        .arg(file("key.der", &der))
        .arg("-in")
        .arg(file("message", message.as_bytes()))
        .arg("-sigfile")
        .arg(file("signature", &blob[12..]))
        .output()
        .unwrap();
    output.status.success()
}

#[test]
fn two_witnesses_cosign_and_an_auditor_holds_the_journal_to_it() {
    let (mut house, bureau, [mut audit, legal]) = witnessed();
    let receipt = bureau.submit(&house, "complaint-order", &order(1)).is(201).body;
    let said = ask(&house);
    assert!(said.contains("2 of 2 cosigned"), "{said}");
    let cosigned = bureau.get(&house, "/agency/v1/checkpoint.cosigned").is(200);
    let cosigned = cosigned.text().to_owned();
    let scratch = tempfile::tempdir().unwrap();
    for witness in [&audit, &legal] {
        assert!(openssl_agrees(scratch.path(), &cosigned, &witness.vkey), "{cosigned}");
        assert!(!openssl_agrees(scratch.path(), &cosigned.replacen("\n\n", "\nmore\n\n", 1), &witness.vkey));
    }

    // The auditor, with the files and keys alone; what came after the cosignatures follows from them.
    let out = scratch.path().join("out");
    let place = out.display().to_string();
    house.must(&["journal", "export", &place]);
    assert!(fs::read_to_string(out.join("checkpoint.cosigned")).unwrap().starts_with(ORIGIN));
    let (audits, legals) = (audit.vkey.clone(), legal.vkey.clone());
    let both = ["--witness", audits.as_str(), "--witness", legals.as_str()];
    let fsck = |more: &[&str]| house.run(&[&["journal", "fsck", "--exported", &place], more].concat());
    let said = fsck(&both);
    assert!(
        said.ok && said.out.contains("cosigned by witness.example/audit, witness.example/legal"),
        "{}",
        said.out
    );
    let file = scratch.path().join("receipt.xml");
    fs::write(&file, &receipt).unwrap();
    let (file, vkey) = (file.display().to_string(), out.join("vkey").display().to_string());
    let verify = |more: &[&str]| house.run(&[&["verify", &file, "--vkey", &vkey], more].concat());
    let said = verify(&[&both[..], &["--exported", &place]].concat());
    assert!(said.ok && said.out.contains("is among them"), "{}{}", said.out, said.err);
    let said = verify(&both);
    assert!(
        !said.ok && said.out.contains("cosigned by 0 of the witnesses known; 2 are wanted"),
        "{}",
        said.out
    );
    // A stranger's word does not count.
    let stranger = Witness::init("witness.example/stranger").vkey.clone();
    let said = fsck(&["--witness", &stranger, "--witness", &audits]);
    assert!(
        !said.ok && said.out.contains("cosigned by 1 of the witnesses known; 2 are wanted"),
        "{}",
        said.out
    );
    assert!(fsck(&["--witness", &stranger, "--witness", &audits, "--quorum", "1"]).ok);
    assert!(!fsck(&["--witness", &stranger, "--quorum", "2"]).ok);

    // One is away: everything goes on, staff is told, and what both cosigned stays published.
    audit.kill();
    bureau.submit(&house, "complaint-order", &order(2)).is(201);
    let said = ask(&house);
    assert!(said.contains("1 of 2 cosigned") && said.contains("audit: not reachable"), "{said}");
    let troubles = house.must(&["notice", "list"]);
    assert!(
        troubles.lines().any(|line| line.starts_with('!') && line.contains("witness-missing")),
        "{troubles}"
    );
    let kept = bureau.get(&house, "/agency/v1/checkpoint.cosigned").is(200);
    for witness in [&audit, &legal] {
        assert!(openssl_agrees(scratch.path(), kept.text(), &witness.vkey), "{}", kept.text());
    }
    // And is back.
    audit.start();
    let said = ask(&house);
    assert!(said.contains("2 of 2 cosigned"), "{said}");
    assert!(!house.must(&["notice", "list"]).contains("witness-missing"));
    let troubles = journal::entries(&house).into_iter().filter(|entry| entry["topic"] == "witness-missing");
    let edges: Vec<String> = troubles.map(|entry| entry["edge"].as_str().unwrap().to_owned()).collect();
    assert_eq!(edges, ["begins", "ends"]);
    house.close();
}

/// The files of the embedded database.
fn database(house: &House) -> Vec<(String, Vec<u8>)> {
    let names = ["regbridge.sqlite", "regbridge.sqlite-wal", "regbridge.sqlite-shm"];
    let there = names.into_iter().filter(|name| house.file(name).is_file());
    there.map(|name| (name.to_owned(), fs::read(house.file(name)).unwrap())).collect()
}

#[test]
fn a_gateway_that_was_rolled_back_is_found_out_by_its_witnesses() {
    let (mut house, bureau, witnesses) = witnessed();
    assert!(ask(&house).contains("2 of 2 cosigned"));
    house.close();
    let before = database(&house);
    house.open();
    for serial in 1..=6 {
        bureau.submit(&house, "complaint-order", &order(serial)).is(201);
    }
    assert!(ask(&house).contains("2 of 2 cosigned"));
    let cosigned = witnesses[0].size();
    house.close();

    // Somebody lays the older copy back: six orders were never there.
    for (name, _) in database(&house) {
        fs::remove_file(house.file(&name)).unwrap();
    }
    for (name, bytes) in before {
        house.write(&name, &bytes);
    }
    house.open();
    let said = ask(&house);
    let told = format!("FAULT audit: cosigned {cosigned} entries of this journal, which has ");
    assert!(said.contains(&told) && said.contains("FAULT legal: "), "{said}");
    let critical = |house: &House| {
        let troubles = house.must(&["notice", "list"]);
        troubles.lines().filter(|line| line.starts_with('!') && line.contains("journal-fault")).count()
    };
    assert_eq!(critical(&house), 2);
    // Nor does growing past it help.
    for serial in 11..=20 {
        bureau.submit(&house, "complaint-order", &order(serial)).is(201);
    }
    let said = ask(&house);
    assert!(said.contains("FAULT audit: does not find the ") && said.contains("they were changed"), "{said}");
    assert_eq!(critical(&house), 2);
    assert_eq!(witnesses.map(|one| one.size()), [cosigned; 2]);
    house.close();
}
