//! Files of cases on both databases: out of messages and back into them, by themselves, and swept when nobody refers
//! to them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regbridge::domain::digest::Digest;
use regbridge::domain::id::CaseId;
use regbridge::domain::kind::Kind;
use regbridge::exchange::Refused;
use regbridge::exchange::attachments::{Announced, Party, Received, Start};
use regbridge::exchange::refused::AttachmentFault;
use regbridge::exchange::view::CaseFilter;
use regbridge::wire::encoding::{Encoding, decode};
use serde_json::{Value, json};

use crate::bed::{Bed, actor, message};
use crate::on_both;

const FULL: &str = "order-full.xml";
const ID: &str = "hz-amr-20261123-0001";
const NUMBER: &str = "3301060020261123000000017";
const OTHER: &str = "3301060020261123000000027";
const DIGEST: &str = "<Sha256>2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea</Sha256>";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01 a photograph of rust";

/// The full order with a photograph inside.
fn order(id: &str, number: &str, photo: &[u8]) -> Vec<u8> {
    let content = format!("<Content>{}</Content>", STANDARD.encode(photo));
    message(FULL, &[(ID, id), (NUMBER, number), (DIGEST, &content)])
}

async fn case(bed: &Bed, number: &str) -> CaseId {
    let filter =
        CaseFilter { registration_number: Some(number.to_owned()), limit: 2, ..CaseFilter::default() };
    bed.gateway.cases(&filter).await.unwrap().remove(0).id
}

fn platform() -> Party {
    Party::Platform(actor())
}

fn photos(bed: &Bed) -> Party {
    let agency = bed.agency("photos");
    Party::Agency { certificate: agency.certificates[0], agency }
}

async fn read(bed: &Bed, party: &Party, case: &CaseId, digest: &Digest) -> Result<Vec<u8>, Refused> {
    let mut reading = bed.gateway.read_attachment(party, case, digest, (0, u64::MAX)).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = reading.next().await {
        bytes.extend(piece?);
    }
    Ok(bytes)
}

async fn bring(bed: &Bed, party: Party, case: &CaseId, bytes: &[u8]) -> Result<bool, Refused> {
    let announced = Announced { length: Some(bytes.len() as u64), ..Announced::default() };
    let mut upload = bed.gateway.upload(party, case, Digest::of(bytes), Start::Anew(announced)).await?;
    upload.write(bytes).await?;
    Ok(upload.finish().await?.duplicate)
}

fn reply(digest: &Digest) -> Value {
    json!({
        "kind": "complaint-reply", "schema_version": "1", "outcome": "settled", "explanation": "已退款",
        "evidence": [{"kind": "photo", "file": {"sha256": digest, "name": "锈斑.jpg"}}],
    })
}

on_both! {
    async fn a_photograph_leaves_its_message_and_comes_back_equal(bed: &Bed) {
        let digest = Digest::of(JPEG);
        let body = order("m-1", NUMBER, JPEG);
        bed.send("photos", body.clone()).await.unwrap();
        let one = case(bed, NUMBER).await;
        let detail = bed.gateway.case(&actor(), &one).await.unwrap();
        let record = &detail.records[0].record;
        assert_eq!(record["evidence"][0]["file"]["sha256"], digest.to_string());
        assert!(!record.to_string().contains(&STANDARD.encode(JPEG)), "its bytes are not in the record");
        let files = bed.gateway.attachments(&platform(), &one).await.unwrap();
        assert_eq!(files.len(), 1);
        let file = &files[0];
        assert_eq!((file.sha256, &*file.media_type, file.size), (digest, "image/jpeg", JPEG.len() as u64));
        assert_eq!((file.name.as_deref(), file.role.as_deref()), (Some("锈斑.jpg"), Some("evidence[1].file")));
        assert_eq!((&*file.brought_by, &*file.state), ("agency:photos", "released"));
        let entries = bed.entries().await;
        let entry = &entries[usize::try_from(file.journal_index).unwrap()];
        assert_eq!((&entry["type"], &entry["attachment"]), (&json!("attachment"), &json!(file.id)));
        assert_eq!(entry["submission"], json!(detail.submissions[0].id));
        assert_eq!(read(bed, &platform(), &one, &digest).await.unwrap(), JPEG);
        assert_eq!(read(bed, &photos(bed), &one, &digest).await.unwrap(), JPEG);

        // Nothing more for a repetition, a copy of its own for another case.
        assert!(bed.send("photos", body).await.unwrap().duplicate);
        assert_eq!(bed.sealed().len(), 1);
        bed.send("photos", order("m-2", OTHER, JPEG)).await.unwrap();
        assert_eq!(bed.sealed().len(), 2);
        let other = case(bed, OTHER).await;
        let copy = &bed.gateway.attachments(&platform(), &other).await.unwrap()[0];
        assert!(copy.sha256 == digest && copy.id != file.id);
        // Nor for a message that its case does not allow.
        let refused = bed.send("photos", order("m-3", OTHER, JPEG)).await.unwrap_err();
        assert!(matches!(refused, Refused::AlreadyRegistered { .. }), "{refused:?}");
        assert_eq!(bed.sealed().len(), 2);

        let replied = bed.gateway.reply(&actor(), &one, reply(&digest), None).await.unwrap();
        let page = bed.gateway.pull(&bed.agency("photos"), Kind::ComplaintReply, 0).await.unwrap();
        assert_eq!(page.delivery, Some(replied.delivery));
        let text = decode(&page.body.unwrap(), Encoding::Gb18030).unwrap();
        assert!(text.contains(&format!("<Content>{}</Content>", STANDARD.encode(JPEG))), "{text}");
        assert!(text.contains(&format!("<Url>https://gateway.example/agency/v1/cases/{one}/attachments/{digest}</Url>")), "{text}");
    }

    async fn a_photograph_that_is_none_is_told_by_its_place(bed: &Bed) {
        let refused = bed.send("photos", order("m-1", NUMBER, b"no photograph")).await.unwrap_err();
        let Refused::Malformed { problems, .. } = refused else { panic!("{refused:?}") };
        assert_eq!((&*problems[0].code, &*problems[0].path), ("attachment-type", "evidence[1].file"));
        assert!(problems[0].zh.contains("image/jpeg") && problems[0].en.contains("image/jpeg"));
        let large = [JPEG, &vec![0; 500_000]].concat();
        let refused = bed.send("photos", order("m-1", NUMBER, &large)).await.unwrap_err();
        let Refused::Malformed { problems, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(&*problems[0].code, "attachment-too-large");
        assert!(problems[0].en.contains("500000") && problems[0].en.contains(&large.len().to_string()));
        assert!(bed.sealed().is_empty());
    }

    async fn a_reply_names_what_was_brought_and_nothing_else(bed: &Bed) {
        bed.send("photos", order("m-1", NUMBER, JPEG)).await.unwrap();
        bed.send("photos", order("m-2", OTHER, b"\xFF\xD8\xFF\xE0 another")).await.unwrap();
        let (one, other) = (case(bed, NUMBER).await, case(bed, OTHER).await);
        let refusal = async |case: &CaseId, digest: &Digest| {
            let refused = bed.gateway.reply(&actor(), case, reply(digest), None).await.unwrap_err();
            let Refused::Malformed { problems, .. } = refused else { panic!("{refused:?}") };
            (problems[0].code.to_string(), problems[0].path.clone())
        };
        let missing = ("attachment-missing".to_owned(), "evidence[1].file".to_owned());
        let receipt = b"%PDF-1.7 a refund receipt";
        let digest = Digest::of(receipt);
        assert_eq!(refusal(&one, &digest).await, missing);
        assert!(!bring(bed, platform(), &one, receipt).await.unwrap());
        assert_eq!(refusal(&other, &digest).await, missing, "a file of another case is none of this one");
        let hidden = read(bed, &photos(bed), &one, &digest).await;
        assert!(matches!(hidden, Err(Refused::NotFound)));
        bed.gateway.reply(&actor(), &one, reply(&digest), None).await.unwrap();
        assert_eq!(read(bed, &photos(bed), &one, &digest).await.unwrap(), receipt);
        assert!(bring(bed, platform(), &one, receipt).await.unwrap(), "the case has it");
        let reads = bed.entries().await.into_iter().filter(|e| e["type"] == "attachment-read").count();
        assert_eq!(reads, 1);
    }

    async fn what_a_case_may_hold_is_bounded(bed: &Bed) {
        bed.send("photos", order("m-1", NUMBER, JPEG)).await.unwrap();
        let one = case(bed, NUMBER).await;
        for letter in [b'a', b'b'] {
            bring(bed, platform(), &one, &vec![letter; 490_000]).await.unwrap();
        }
        let full = bring(bed, platform(), &one, &vec![b'c'; 490_000]).await.unwrap_err();
        assert!(
            matches!(full, Refused::Attachment(AttachmentFault::CaseFull { limit: 1_000_000, .. })),
            "{full:?}"
        );
    }

    async fn what_nobody_refers_to_is_swept_and_nothing_else(bed: &Bed) {
        bed.send("photos", order("m-1", NUMBER, JPEG)).await.unwrap();
        let one = case(bed, NUMBER).await;
        let start = || Start::Anew(Announced::default());
        let mut upload = bed.gateway.upload(platform(), &one, Digest::of(b"hello"), start()).await.unwrap();
        upload.write(b"hel").await.unwrap();
        assert_eq!(upload.pause().await.unwrap(), 3);
        // As left behind by a process that died between the file and its transaction.
        let kept = bed.sealed().into_iter().find(|name| !name.contains("part")).unwrap();
        let end = if kept.ends_with("ff") { "00" } else { "ff" };
        let orphan = format!("{}{end}", &kept[..kept.len() - 2]);
        bed.plant(&orphan);
        assert_eq!(bed.gateway.sweep_attachments(false).await.unwrap(), 0, "it may be under way");
        assert_eq!(bed.gateway.sweep_attachments(true).await.unwrap(), 1);
        bed.plant(&orphan);
        bed.advance(2 * 3_600_000);
        assert_eq!(bed.gateway.sweep_attachments(false).await.unwrap(), 1);
        assert_eq!(bed.sealed().len(), 2);
        let received = bed.gateway.upload_received(&platform(), &one, &Digest::of(b"hello")).await.unwrap();
        assert_eq!(received, Received::Part { offset: 3, length: None });
        let rest = Start::At { offset: 3, length: None };
        let mut upload = bed.gateway.upload(platform(), &one, Digest::of(b"hello"), rest).await.unwrap();
        upload.write(b"lo").await.unwrap();
        upload.finish().await.unwrap();
        assert_eq!(read(bed, &platform(), &one, &Digest::of(b"hello")).await.unwrap(), b"hello");
        // One that was given up.
        let upload = bed.gateway.upload(platform(), &one, Digest::of(b"never"), start()).await.unwrap();
        upload.pause().await.unwrap();
        bed.advance(25 * 3_600_000);
        assert_eq!(bed.gateway.sweep_attachments(false).await.unwrap(), 1);
        assert_eq!(read(bed, &platform(), &one, &Digest::of(JPEG)).await.unwrap(), JPEG);
    }
}
