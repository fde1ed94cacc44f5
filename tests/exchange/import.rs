//! Files taken in: whole, in parts, again, and those that cannot be.

use std::io::{self, Cursor, Read};

use regbridge::domain::id::AgencyId;
use regbridge::domain::kind::Kind;
use regbridge::exchange::Refused;
use regbridge::exchange::import::{ImportOrder, ImportReport, Watch, measure};
use regbridge::exchange::view::CaseFilter;
use regbridge::mapping::Format;
use regbridge::tlog::Proof;
use serde_json::Value;

use crate::bed::{Bed, actor, batch, closures};
use crate::on_both;

fn number(index: u32) -> String {
    format!("33010600202611230000{index:05}")
}

fn order(agency: &str, file: &[u8]) -> ImportOrder {
    let (sha256, size) = measure(file).unwrap();
    ImportOrder {
        agency: AgencyId::parse(agency).unwrap(),
        profile: None,
        kind: None,
        format: Format::Xml,
        charset: None,
        sha256,
        size,
    }
}

async fn import(bed: &Bed, file: &[u8]) -> Result<ImportReport, Refused> {
    let bytes = file.to_vec();
    bed.gateway.import(order("hz-amr", file), move || Ok(Cursor::new(bytes.clone())), &Watch::default()).await
}

/// The same, but the disk gives up after so many bytes.
async fn import_up_to(bed: &Bed, file: &[u8], most: usize) -> Result<ImportReport, Refused> {
    struct Failing(Cursor<Vec<u8>>, usize);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let left = self.1 - usize::try_from(self.0.position()).unwrap();
            if left == 0 {
                return Err(io::Error::other("the disk is gone"));
            }
            let most = left.min(buffer.len());
            self.0.read(&mut buffer[..most])
        }
    }
    let bytes = file.to_vec();
    let open = move || Ok(Failing(Cursor::new(bytes.clone()), most));
    bed.gateway.import(order("hz-amr", file), open, &Watch::default()).await
}

/// Registration numbers of all cases, sorted.
async fn cases(bed: &Bed) -> Vec<String> {
    let filter = CaseFilter { limit: 5000, ..CaseFilter::default() };
    let mut all: Vec<String> =
        bed.gateway.cases(&filter).await.unwrap().into_iter().map(|case| case.registration_number).collect();
    all.sort();
    all
}

fn figures(report: &ImportReport) -> (&str, u64, u64, u64, u64) {
    (&report.state, report.records, report.accepted, report.duplicate, report.refused)
}

on_both! {
    async fn a_file_is_taken_once_and_its_report_can_be_verified(bed: &Bed) {
        bed.send("hz-amr", batch("m-1", &[number(7), number(8)], &[])).await.unwrap();
        let numbers: Vec<String> = (1..=300).map(number).collect();
        // 8 again with other facts; 100 with too long a number; 250 of another region.
        let changes = [(7, "商品未按约定时间发货", "商品破损"), (99, "<RegistrationNumber>", "<RegistrationNumber>9"),
            (249, "<RegionCode>330106", "<RegionCode>110101")];
        let file = batch("f-1", &numbers, &changes);
        let watch = Watch::default();
        let bytes = file.clone();
        let report =
            bed.gateway.import(order("hz-amr", &file), move || Ok(Cursor::new(bytes.clone())), &watch).await.unwrap();
        assert_eq!(figures(&report), ("finished", 300, 296, 1, 3));
        assert_eq!((watch.records(), watch.refused()), (300, 3));
        assert!(watch.bytes() > file.len() as u64 - 40, "{} of {}", watch.bytes(), file.len());
        assert_eq!(cases(bed).await.len(), 298);

        let refused = bed.gateway.import_refusals(&report.import, 0, 10).await.unwrap();
        let told: Vec<(u64, &str)> =
            refused.iter().map(|one| (one.index, one.problems[0]["code"].as_str().unwrap())).collect();
        assert_eq!(told[0], (8, "already-registered"));
        assert_eq!((told[1].0, told[2]), (100, (250, "out-of-scope")));
        assert!(refused[1].problems[0]["line"].as_u64().unwrap() > 1000, "{}", refused[1].problems);

        let entries = bed.entries().await;
        let records: Vec<&Value> = entries.iter().filter(|e| e["type"] == "record" && e["import"].is_string()).collect();
        assert_eq!(records.len(), 296);
        let last = entries.last().unwrap();
        assert_eq!((&last["type"], &last["state"]), (&"import-end".into(), &"finished".into()));
        assert_eq!(last["records"], serde_json::json!({"accepted": 296, "duplicate": 1, "refused": 3}));
        let proof = Proof::parse(&report.proof.text).unwrap();
        let extra: Value = serde_json::from_slice(proof.extra.as_ref().unwrap()).unwrap();
        let entry = extra["entry"].as_str().unwrap();
        proof.verify(entry.as_bytes(), std::slice::from_ref(&bed.verifier)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(entry).unwrap(), *last);
        let events = bed.gateway.events(0, 1000).await.unwrap();
        assert_eq!(events.len(), 298);
        let detail = bed.gateway.case(&actor(), &events[297].case).await.unwrap();
        assert_eq!(detail.records[0].import.as_ref(), Some(&report.import));
        assert_eq!(events[297].data["import"], report.import.to_string());

        // Again: the stored report, and nothing happens.
        assert_eq!(import(bed, &file).await.unwrap(), report);
        assert_eq!(bed.entries().await.len(), entries.len());
        // The same records in another file.
        let other = import(bed, &batch("f-2", &numbers[..200], &[])).await.unwrap();
        assert_eq!(figures(&other), ("finished", 200, 1, 199, 0), "100 is good now");
    }

    async fn stopped_anywhere_it_goes_on_behind_what_is_settled(bed: &Bed) {
        let numbers: Vec<String> = (1..=400).map(number).collect();
        let bad: Vec<(usize, &str, &str)> =
            (0..400).step_by(37).map(|place| (place, "<RegionCode>330106", "<RegionCode>110101")).collect();
        let file = batch("f-1", &numbers, &bad);
        let mut reached = Vec::new();
        for tenth in [1, 3, 3, 4, 8, 9] {
            let report = import_up_to(bed, &file, file.len() / 10 * tenth).await.unwrap();
            assert_eq!(report.state, "broken");
            assert!(!report.problems.is_empty());
            assert_eq!(report.records, report.accepted + report.refused);
            reached.push(report.records);
        }
        assert!(reached.is_sorted() && reached[0] > 0 && reached[5] > 300, "{reached:?}");
        let report = import(bed, &file).await.unwrap();
        assert_eq!(figures(&report), ("finished", 400, 389, 0, 11));
        let wanted: Vec<String> =
            (0..400).filter(|place| place % 37 != 0).map(|place| number(place + 1)).collect();
        assert_eq!(cases(bed).await, wanted);
        let refused = bed.gateway.import_refusals(&report.import, 0, 100).await.unwrap();
        assert!(refused.iter().map(|one| one.index - 1).eq((0..400).step_by(37)), "{refused:?}");
        let entries = bed.entries().await;
        let begun: Vec<u64> =
            entries.iter().filter(|e| e["type"] == "import").map(|e| e["after"].as_u64().unwrap()).collect();
        reached.insert(0, 0);
        assert_eq!(begun, reached);
    }

    async fn two_at_once_take_each_record_once(bed: &Bed) {
        let numbers: Vec<String> = (1..=300).map(number).collect();
        let file = batch("f-1", &numbers, &[]);
        let (one, other) = tokio::join!(import(bed, &file), import(bed, &file));
        assert!(one.is_ok() || other.is_ok(), "{one:?} {other:?}");
        for refused in [one, other].into_iter().filter_map(Result::err) {
            assert!(matches!(refused, Refused::Busy { .. } | Refused::Unavailable(_)), "{refused:?}");
        }
        let report = import(bed, &file).await.unwrap();
        assert_eq!(figures(&report), ("finished", 300, 300, 0, 0));
        assert_eq!(cases(bed).await, numbers);
        let entries = bed.entries().await;
        assert_eq!(entries.iter().filter(|entry| entry["type"] == "record").count(), 300);
    }

    async fn a_message_that_cannot_be_cut_is_taken_at_once(bed: &Bed) {
        let path = "schemas/profiles/cn-hongdun-yunqiao/samples/submit-goods.form";
        let letter = std::fs::read(path).unwrap();
        let wanted = ImportOrder {
            profile: Some("cn-hongdun-yunqiao".to_owned()),
            kind: Some(Kind::DisposalOrder),
            format: Format::Form,
            ..order("hz-amr", &letter)
        };
        let again = wanted.clone();
        let bytes = letter.clone();
        let open = move || Ok(Cursor::new(bytes.clone()));
        let report = bed.gateway.import(wanted, open, &Watch::default()).await.unwrap();
        assert_eq!(figures(&report), ("finished", 1, 1, 0, 0));
        let open = move || Ok(Cursor::new(letter.clone()));
        assert_eq!(bed.gateway.import(again, open, &Watch::default()).await.unwrap(), report);
        assert_eq!(cases(bed).await.len(), 1);
    }

    async fn cases_move_on_from_file_to_file(bed: &Bed) {
        let numbers: Vec<String> = (1..=150).map(number).collect();
        import(bed, &batch("f-1", &numbers, &[])).await.unwrap();
        let report = import(bed, &closures("f-2", &numbers[50..])).await.unwrap();
        assert_eq!(figures(&report), ("finished", 100, 100, 0, 0));
        let report = import(bed, &closures("f-3", &numbers)).await.unwrap();
        assert_eq!(figures(&report), ("finished", 150, 50, 100, 0));
    }

    async fn what_cannot_be_taken_leaves_nothing(bed: &Bed) {
        let file = batch("f-1", &[number(1), number(2)], &[]);
        let before = bed.entries().await.len();
        let run = async |order: ImportOrder, bytes: Vec<u8>| {
            bed.gateway.import(order, move || Ok(Cursor::new(bytes.clone())), &Watch::default()).await
        };
        let wrong = ImportOrder { kind: Some(Kind::ComplaintClosure), ..order("hz-amr", &file) };
        assert!(matches!(run(wrong, file.clone()).await, Err(Refused::WrongKind { .. })));
        assert!(matches!(run(order("nobody", &file), file.clone()).await, Err(Refused::NotFound)));
        let unknown = ImportOrder { profile: Some("nobody's".to_owned()), ..order("hz-amr", &file) };
        assert!(matches!(run(unknown, file.clone()).await, Err(Refused::NotFound)));
        let text = b"<Other xmlns='urn:x'/>".to_vec();
        assert!(matches!(run(order("hz-amr", &text), text.clone()).await, Err(Refused::Malformed { .. })));
        let receipt = crate::bed::message("receipt-accepted.xml", &[]);
        assert!(matches!(run(order("hz-amr", &receipt), receipt.clone()).await, Err(Refused::Malformed { .. })));
        assert_eq!(bed.entries().await.len(), before);

        // The file was another one when it was measured.
        let other = batch("f-1", &[number(1), number(3)], &[]);
        let report = run(order("hz-amr", &file), other.clone()).await.unwrap();
        assert_eq!((figures(&report), report.problems[0].code.as_ref()), (("broken", 2, 2, 0, 0), "file-changed"));
        let report = import(bed, &other).await.unwrap();
        assert_eq!(figures(&report), ("finished", 2, 0, 2, 0));
    }
}
