//! The journal as others see it, across the edge of a tile.

use futures_util::future::join_all;
use regbridge::domain::digest::Digest;
use regbridge::tlog::{Checkpoint, Proof, Row, Tile, published, tiles_between};
use regbridge::wire::encoding::{Encoding, decode};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::bed::{MINIMAL, message};
use crate::on_both;

on_both! {
    async fn six_hundred_entries_make_a_whole_tree_and_every_receipt_stays_good(bed: &Bed) {
        let bodies: Vec<Vec<u8>> = (0..600)
            .map(|i| {
                let number = format!("{:025}", 3_301_060_000_000_000_000_u64 + i);
                let changes =
                    [("3301060020261123000000018", number.as_str()), ("hz-amr-20261123-0002", &format!("m-{i}"))];
                message(MINIMAL, &changes)
            })
            .collect();
        let answers = join_all(bodies.iter().map(|body| bed.send("hz-amr", body.clone()))).await;
        for (answer, body) in answers.iter().zip(&bodies) {
            let receipt = decode(&answer.as_ref().unwrap().receipt, Encoding::Gb18030).unwrap();
            let start = receipt.find("c2sp.org/tlog-proof@v1").unwrap();
            let end = receipt[start..].find("</Text>").unwrap() + start;
            let proof = Proof::parse(&receipt[start..end]).unwrap();
            let extra: Value = serde_json::from_slice(proof.extra.as_ref().unwrap()).unwrap();
            let entry = extra["entry"].as_str().unwrap();
            proof.verify(entry.as_bytes(), std::slice::from_ref(&bed.verifier)).unwrap();
            let salt: [u8; 32] = hex::decode(extra["salt"].as_str().unwrap()).unwrap().try_into().unwrap();
            let fact: Value = serde_json::from_str(entry).unwrap();
            assert_eq!(fact["body"], Digest::salted(&salt, body).to_string());
        }
        assert_eq!(bed.gateway.journal_size().await.unwrap(), 601);
        let mut files = BTreeMap::new();
        let checkpoint = bed.gateway.published("checkpoint").await.unwrap();
        let text = String::from_utf8(checkpoint.clone()).unwrap();
        let size = Checkpoint::open(&text, std::slice::from_ref(&bed.verifier)).unwrap().size;
        files.insert("checkpoint".to_owned(), checkpoint);
        for tile in tiles_between(0, size) {
            files.insert(tile.path(), bed.gateway.published(&tile.path()).await.unwrap());
            if tile.row == Row::Hashes(0) {
                let bundle = Tile { row: Row::Entries, ..tile };
                files.insert(bundle.path(), bed.gateway.published(&bundle.path()).await.unwrap());
            }
        }
        let read = |path: &str| Ok::<_, std::io::Error>(files.get(path).cloned());
        let whole = published::check(&read, std::slice::from_ref(&bed.verifier)).unwrap();
        assert_eq!((whole.checkpoint.size, whole.bundles), (601, 3));
        assert!(bed.gateway.published("tile/0/003").await.is_err(), "a tile that is not there yet");
        let said = bed.gateway.check_journal().await.unwrap();
        assert_eq!(said, "601 entries in 3 bundles and 4 tiles are what the checkpoint says");
    }

    async fn a_journal_that_somebody_wrote_to_is_told_once_until_it_is_right_again(bed: &Bed) {
        crate::notices::tell(bed, vec![crate::notices::recipient("legal@example.cn", "legal")]);
        bed.send("hz-amr", message(MINIMAL, &[])).await.unwrap();
        let size = bed.gateway.journal_size().await.unwrap();
        bed.sql("CREATE TABLE kept AS SELECT entry FROM journal_entries WHERE idx = 0").await;
        bed.sql("UPDATE journal_entries SET entry = (SELECT entry FROM journal_entries WHERE idx = 1) WHERE idx = 0").await;
        for _ in 0..2 {
            let said = bed.gateway.check_journal().await.unwrap();
            assert!(said.starts_with("FAULT: checkpoint: states root hash "), "{said}");
        }
        let troubles = bed.gateway.troubles(9).await.unwrap();
        assert_eq!((troubles.len(), troubles[0].topic.as_str(), troubles[0].times), (1, "journal-fault", 2));
        bed.sql("UPDATE journal_entries SET entry = (SELECT entry FROM kept) WHERE idx = 0").await;
        bed.sql("DROP TABLE kept").await;
        let said = bed.gateway.check_journal().await.unwrap();
        assert!(said.ends_with("are what the checkpoint says"), "{said}");
        assert!(bed.gateway.troubles(9).await.unwrap().is_empty());
        assert_eq!(bed.gateway.journal_size().await.unwrap(), size + 2, "its begin and its end");
        let told = crate::notices::listed(bed).await;
        let mut edges: Vec<&str> = told.iter().map(|notice| notice.edge.as_str()).collect();
        edges.sort_unstable();
        assert_eq!(edges, ["begins", "ends"]);
    }
}
