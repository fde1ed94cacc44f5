//! The evidence package of a case: the same bytes each time, good for whoever checks it, bad once anything in it is touched.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regbridge::domain::digest::Digest;
use regbridge::domain::id::CaseId;
use regbridge::domain::kind::Kind;
use regbridge::exchange::Refused;
use regbridge::exchange::inbound::Sender;
use regbridge::exchange::keep::Mode;
use regbridge::exchange::package::Package;
use regbridge::exchange::package::check::{Checklist, check};
use regbridge::exchange::package::manifest::{Manifest, note};
use regbridge::exchange::receipts::{Channel, Given};
use regbridge::exchange::view::CaseFilter;
use regbridge::mapping::Format;
use regbridge::tlog::{Ed25519Signer, Verifier, sign};
use regbridge::wire::zip::{self, Member};
use serde_json::{Value, json};

use crate::bed::{Bed, MINIMAL, actor, batch, closures, message};
use crate::deliveries::{reply, to_agency};
use crate::keep::{THREE_YEARS, run, told};
use crate::on_both;

const NUMBER: &str = "3301060020261123000000017";
const DIGEST: &str = "<Sha256>2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea</Sha256>";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01 a photograph of rust";

type Members = BTreeMap<String, Vec<u8>>;

async fn case(bed: &Bed, number: &str) -> CaseId {
    let filter =
        CaseFilter { registration_number: Some(number.to_owned()), limit: 2, ..CaseFilter::default() };
    bed.gateway.cases(&filter).await.unwrap().remove(0).id
}

async fn package(bed: &Bed, case: &CaseId) -> Package {
    bed.gateway.package(case, &"legal".parse().unwrap(), &"法院调取".parse().unwrap()).await.unwrap()
}

/// A complaint with a photograph: replied to, the reply fetched and accepted, returned, replied to again, closed.
async fn whole(bed: &Bed) -> CaseId {
    let content = format!("<Content>{}</Content>", STANDARD.encode(JPEG));
    let body = message("order-full.xml", &[("hz-amr-20261123-0001", "m-1"), (DIGEST, &*content)]);
    bed.send("photos", body).await.unwrap();
    let id = case(bed, NUMBER).await;
    bed.advance(3_600_000);
    let agency = bed.agency("photos");
    bed.gateway
        .reply(&actor(), &id, reply("已联系消费者 <script>alert(1)</script>"), Some("k-1"))
        .await
        .unwrap();
    bed.gateway.pull(&agency, Kind::ComplaintReply, 0).await.unwrap();
    let original = to_agency(bed, &id).await.message_id.unwrap();
    let said = message("reply-receipt-received.xml", &[("platform-20261203-0001", &original)]);
    let sender = Sender::Certificate(agency.certificates[0]);
    let given =
        Given { agency, sender, body: said, format: Format::Xml, charset: None, channel: Channel::Api };
    bed.gateway.take_receipt(given).await.unwrap();
    bed.advance(3_600_000);
    let returned = message("closure-returned.xml", &[]);
    bed.send("photos", returned).await.unwrap();
    bed.gateway.reply(&actor(), &id, reply("已退款"), Some("k-2")).await.unwrap();
    bed.advance(3_600_000);
    bed.send("photos", closures("c-1", &[NUMBER.to_owned()])).await.unwrap();
    id
}

fn open(package: &[u8]) -> Members {
    zip::read(package).unwrap().into_iter().map(|one| (one.path, one.bytes.to_vec())).collect()
}

fn closed(members: &Members) -> Vec<u8> {
    let members: Vec<_> =
        members.iter().map(|(path, bytes)| Member { path: path.clone(), bytes: bytes.clone() }).collect();
    zip::write(&members).unwrap()
}

fn manifest(members: &Members) -> Manifest {
    serde_json::from_slice(&members["manifest.json"]).unwrap()
}

/// A manifest that fits the members again, as who has no key can make it; with a key, signed.
fn fit(members: &mut Members, signer: Option<&Ed25519Signer>) {
    let mut manifest = manifest(members);
    for file in &mut manifest.files {
        let bytes = &members[&file.path];
        (file.size, file.sha256) = (bytes.len() as u64, Digest::of(bytes));
    }
    let text = serde_json::to_vec_pretty(&manifest).unwrap();
    if let Some(signer) = signer {
        let note = sign(&note(&manifest.case.id, &text), &[signer]).unwrap();
        members.insert("manifest.note".to_owned(), note.into_bytes());
    }
    members.insert("manifest.json".to_owned(), text);
}

/// The gateway's own key: what only somebody within could do.
fn insider() -> Ed25519Signer {
    Ed25519Signer::from_seed("regbridge.example/test", &[7; 32]).unwrap()
}

fn faults(list: &Checklist) -> String {
    let bad = list.lines.iter().filter_map(|line| Some(format!("{}: {}", line.what, line.fault.as_ref()?)));
    bad.collect::<Vec<_>>().join("\n")
}

/// What `verify` says of a package on the command line, which must agree with the script of others: its exit and output.
fn judged(bed: &Bed, package: &[u8]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, key) = (folder.path().join("case.zip"), folder.path().join("vkey"));
    std::fs::write(&file, package).unwrap();
    std::fs::write(&key, bed.verifier.to_string()).unwrap();
    let ours = Command::new(env!("CARGO_BIN_EXE_regbridge"))
        .arg("verify")
        .arg(&file)
        .arg("--vkey")
        .arg(&key)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ops/examples/verify.py");
    let theirs =
        Command::new("python3").arg(script).arg(&file).arg(&key).env("PYTHONUTF8", "1").output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&ours.stdout), String::from_utf8_lossy(&theirs.stderr));
    assert_eq!(ours.status.success(), theirs.status.success(), "{said}");
    (ours.status.success(), said)
}

on_both! {
    async fn a_package_is_the_same_each_time_and_good_for_everybody(bed: &Bed) {
        let id = whole(bed).await;
        let one = package(bed, &id).await;
        let (good, said) = judged(bed, &one.bytes);
        assert!(good, "{said}");
        for wanted in ["manifest.note: manifest.json is signed by regbridge.example/test", "checkpoint: the journal of ", "GOOD"] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        let members = open(&one.bytes);
        let of = |folder: &str| members.keys().filter(|path| path.starts_with(folder)).count();
        assert_eq!((of("messages/"), of("records/"), of("attachments/")), (5, 5, 1), "{:?}", members.keys());
        assert_eq!((of("receipts/"), of("explain/")), (4, 6), "{:?}", members.keys());
        let manifest = manifest(&members);
        assert_eq!(of("proofs/"), manifest.entries.len());
        assert_eq!(members.iter().find(|(path, _)| path.starts_with("attachments/")).unwrap().1, JPEG);
        let kinds: Vec<&str> = manifest.entries.iter().map(|entry| entry.kind.as_str()).collect();
        for kind in ["submission", "attachment", "reply", "receipt"] {
            assert!(kinds.contains(&kind), "{kind} of {kinds:?}");
        }
        let explained = String::from_utf8(members["explain/1-in.csv"].clone()).unwrap();
        assert!(explained.contains(NUMBER) && explained.contains("registration_number"), "{explained}");
        let report = String::from_utf8(members["report.html"].clone()).unwrap();
        assert!(report.contains("已办结 closed") && report.contains(NUMBER), "{report}");
        assert!(report.contains("&lt;script&gt;alert(1)") && !report.contains("<script"), "every text is escaped");

        // What is not about the case changes nothing; nor does looking at it, nor the package made before.
        bed.send("hz-amr", message(MINIMAL, &[])).await.unwrap();
        bed.gateway.submission_body(&actor(), &bed.gateway.case(&actor(), &id).await.unwrap().submissions[0].id).await.unwrap();
        let two = package(bed, &id).await;
        assert!(one == two, "the same case, the same bytes");
        let entries = bed.entries().await;
        let told: Vec<&Value> = entries.iter().filter(|entry| entry["type"] == "package").collect();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0]["package"], json!(Digest::of(&one.bytes)));
        assert_eq!((&told[0]["case"], &told[0]["who"], &told[0]["why"]), (&json!(id), &json!("legal"), &json!("法院调取")));
        assert_eq!(told[0]["covers"], json!(manifest.journal.size));
        // What happens in the case does.
        bed.gateway.hold(&id, &"legal".parse().unwrap(), &"诉讼".parse().unwrap()).await.unwrap();
        assert_ne!(package(bed, &id).await.bytes, one.bytes);
        let nobody = CaseId::parse("01920000-0000-7000-8000-000000000000").unwrap();
        let refused = bed.gateway.package(&nobody, &"a".parse().unwrap(), &"b".parse().unwrap()).await;
        assert!(matches!(refused, Err(Refused::NotFound)), "{refused:?}");
    }
}

#[tokio::test]
async fn whatever_is_touched_is_named() {
    let bed = &Bed::sqlite().await;
    let id = whole(bed).await;
    let good = package(bed, &id).await.bytes;
    let members = open(&good);
    let known = Some(&bed.verifier);
    assert!(check(&good, known).is_good(), "{}", check(&good, known));

    // A byte of each member, put in as it is; then with a manifest made to fit; then one that an insider signed.
    for path in members.keys() {
        let mut touched = members.clone();
        let bytes = touched.get_mut(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let said = faults(&check(&closed(&touched), known));
        assert!(said.contains(path.as_str()), "{path}: {said}");
        if path.starts_with("manifest.") {
            continue;
        }
        fit(&mut touched, None);
        let said = faults(&check(&closed(&touched), known));
        assert!(said.contains("manifest.note"), "{path}: {said}");
        let proven = ["messages/", "attachments/", "proofs/", "checkpoint"]
            .iter()
            .any(|start| path.starts_with(start))
            || path.starts_with("receipts/") && path.contains("-received.");
        if proven {
            fit(&mut touched, Some(&insider()));
            let said = faults(&check(&closed(&touched), known));
            assert!(
                said.contains(path.as_str()) && !said.contains("manifest.note"),
                "not even the key helps: {path}: {said}"
            );
        }
    }
}

/// A way to touch a package, and what must be said of it.
type Touch = (&'static str, fn(&mut Members), &'static str);

const IN: &str = "messages/1-in.xml";

const TOUCHES: &[Touch] = &[
    ("a file dropped", |members| drop(members.remove(IN)), "messages/1-in.xml: it is not in the package"),
    (
        "a file added",
        |members| drop(members.insert("z.txt".to_owned(), b"x".to_vec())),
        "z.txt: manifest.json does not name it",
    ),
    ("two files swapped", |members| swap(members, IN, "receipts/1-given.xml"), "messages/1-in.xml: it has "),
    (
        "two entries swapped",
        |members| swap(members, "proofs/1.tlog-proof", "proofs/2.tlog-proof"),
        "it proves entry 2",
    ),
    ("an entry dated back", |members| date_back(members, false), "proofs/1.tlog-proof: entry 1"),
    (
        "an entry and the manifest dated back by an insider",
        |members| date_back(members, true),
        "another root hash",
    ),
    (
        "an entry dropped by an insider, its message left",
        |members| {
            let mut manifest = manifest(members);
            manifest.entries[0].body = None;
            put(members, &manifest);
        },
        "the body of entry 1 is not here, and nothing says why",
    ),
    (
        "another case's name",
        |members| {
            let mut manifest = manifest(members);
            "01920000-0000-7000-8000-000000000000".clone_into(&mut manifest.case.id);
            members.insert("manifest.json".to_owned(), serde_json::to_vec_pretty(&manifest).unwrap());
        },
        "it signs another manifest.json",
    ),
    (
        "a journal of another size",
        |members| {
            let mut manifest = manifest(members);
            manifest.journal.size += 1;
            put(members, &manifest);
        },
        "checkpoint: ",
    ),
    (
        "another key",
        |members| {
            let mut manifest = manifest(members);
            manifest.journal.vkey = Verifier::new("regbridge.example/test", [5; 32]).unwrap().to_string();
            put(members, &manifest);
        },
        "vkey: the package is under",
    ),
    (
        "another format",
        |members| {
            let mut manifest = manifest(members);
            "regbridge-package@v2".clone_into(&mut manifest.format);
            put(members, &manifest);
        },
        "\"regbridge-package@v1\" is known",
    ),
    (
        "no manifest",
        |members| drop(members.remove("manifest.json")),
        "manifest.json: it is not in the package",
    ),
    (
        "another record",
        |members| {
            let path = members.keys().find(|path| path.starts_with("records/1-")).unwrap().clone();
            let mut file: Value = serde_json::from_slice(&members[&path]).unwrap();
            file["kind"] = json!("complaint-closure");
            members.insert(path, serde_json::to_vec(&file).unwrap());
            fit(members, Some(&insider()));
        },
        "records/1-1.json: a record of entry 1: its kind is",
    ),
];

fn swap(members: &mut Members, one: &str, other: &str) {
    let first = members[one].clone();
    let second = members.insert(other.to_owned(), first).unwrap();
    members.insert(one.to_owned(), second);
}

fn put(members: &mut Members, manifest: &Manifest) {
    members.insert("manifest.json".to_owned(), serde_json::to_vec_pretty(manifest).unwrap());
    fit(members, Some(&insider()));
}

fn date_back(members: &mut Members, by_insider: bool) {
    let path = "proofs/1.tlog-proof";
    let text = String::from_utf8(members[path].clone()).unwrap();
    let line = text.lines().find(|line| line.starts_with("extra ")).unwrap();
    let extra = String::from_utf8(STANDARD.decode(line.strip_prefix("extra ").unwrap()).unwrap()).unwrap();
    let earlier = extra.replace("2026-11-23T", "2026-11-21T");
    assert_ne!(earlier, extra);
    let dated = text.replace(line, &format!("extra {}", STANDARD.encode(earlier)));
    members.insert(path.to_owned(), dated.into_bytes());
    if by_insider {
        let mut manifest = manifest(members);
        manifest.entries[0].at = manifest.entries[0].at.replace("2026-11-23T", "2026-11-21T");
        put(members, &manifest);
    }
}

#[tokio::test]
async fn what_is_dropped_added_swapped_or_dated_back_is_found_by_us_and_by_others() {
    let bed = &Bed::sqlite().await;
    let id = whole(bed).await;
    let members = open(&package(bed, &id).await.bytes);
    for (name, touch, wanted) in TOUCHES {
        let mut touched = members.clone();
        touch(&mut touched);
        let bytes = closed(&touched);
        let said = faults(&check(&bytes, Some(&bed.verifier)));
        assert!(said.contains(wanted), "{name}: {said}");
        // What an entry says of a record is looked at by us alone.
        if *name != "another record" {
            let (good, said) = judged(bed, &bytes);
            assert!(!good, "{name}: {said}");
        }
    }
    // Bytes that no member has.
    let whole = closed(&members);
    let long = [whole.as_slice(), b"more"].concat();
    assert!(faults(&check(&long, None)).contains("4 bytes follow the end"));
    assert!(faults(&check(&whole[..whole.len() - 5], None)).contains("the zip file"));
    assert!(!check(b"PK", None).is_good());
}

#[tokio::test]
async fn what_tells_of_other_cases_is_not_given_out_with_one() {
    let bed = &Bed::sqlite().await;
    let numbers: Vec<String> = (0..3).map(|i| format!("330106002026112300000010{i}")).collect();
    bed.send("hz-amr", batch("b-1", &numbers, &[])).await.unwrap();
    let id = case(bed, &numbers[1]).await;
    let bytes = package(bed, &id).await.bytes;
    let list = check(&bytes, Some(&bed.verifier));
    assert!(list.is_good(), "{list}");
    assert_eq!(list.left_out.len(), 1);
    assert!(list.left_out[0].contains("other cases too"), "{list}");
    let whole = String::from_utf8_lossy(&bytes).into_owned();
    assert!(whole.contains(&numbers[1]) && !whole.contains(&numbers[0]) && !whole.contains(&numbers[2]));
    let (good, said) = judged(bed, &bytes);
    assert!(good, "{said}");
}

#[tokio::test]
async fn of_what_was_removed_the_proofs_are_still_good() {
    let bed = &Bed::sqlite().await;
    let content = format!("<Content>{}</Content>", STANDARD.encode(JPEG));
    bed.send("photos", message("order-full.xml", &[(DIGEST, &content)])).await.unwrap();
    let id = case(bed, NUMBER).await;
    bed.send("photos", closures("c-1", &[NUMBER.to_owned()])).await.unwrap();
    let before = manifest(&open(&package(bed, &id).await.bytes));
    told(bed).await;
    bed.advance(THREE_YEARS + 24 * 3_600_000);
    assert!(run(bed, Mode::Remove).await.starts_with("removed what 1 cases held"));
    let bytes = package(bed, &id).await.bytes;
    let list = check(&bytes, Some(&bed.verifier));
    assert!(list.is_good(), "{list}");
    let (left_out, members) = (list.left_out.join("; "), open(&bytes));
    assert_eq!(list.left_out.len(), 3, "two messages and a photograph: {left_out}");
    assert!(left_out.contains("its time was over"), "{left_out}");
    assert!(!members.keys().any(|path| path.starts_with("messages/") || path.starts_with("attachments/")));
    let after = manifest(&members);
    assert_eq!(after.entries.len(), before.entries.len() + 1, "and the removal");
    let (good, said) = judged(bed, &bytes);
    assert!(good, "{said}");
}
