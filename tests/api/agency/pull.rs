//! `GET /agency/v1/{kind}`, and the published journal.

use crate::support::{HZ, NB, open, sample};

#[test]
fn nothing_waits_at_first_and_the_scope_is_asked() {
    let house = open();
    let reply = house.connect_as(HZ).get("/agency/v1/complaint-reply");
    assert_eq!((reply.status, reply.header("regbridge-next")), (204, Some("0")));
    let reply = house.connect_as(NB).get("/agency/v1/complaint-reply?after=0");
    assert_eq!((reply.status, reply.problem().as_str()), (403, "out-of-scope"));
    assert_eq!(house.refusals(NB), ["out-of-scope"]);
    for cursor in ["after=-1", "after=1&after=0"] {
        let reply = house.connect_as(HZ).get(&format!("/agency/v1/complaint-reply?{cursor}"));
        assert_eq!((reply.status, reply.problem().as_str()), (400, "bad-request"), "{cursor}");
    }
}

#[test]
fn head_key_and_hash_tiles_are_published_and_entries_are_not() {
    let house = open();
    let mut client = house.connect_as(HZ);
    assert_eq!(client.get("/agency/v1/checkpoint").status, 404, "the journal is empty");
    assert_eq!(
        client.post("/agency/v1/complaint-order", "application/xml", &sample("order-minimal.xml")).status,
        201
    );
    let checkpoint = client.get("/agency/v1/checkpoint");
    assert!(checkpoint.text().starts_with("test.example/journal\n1\n"), "{}", checkpoint.text());
    assert!(client.get("/agency/v1/vkey").text().starts_with("test.example/journal+"));
    let tile = client.get("/agency/v1/tile/0/000.p/1");
    assert_eq!((tile.status, tile.body.len()), (200, 32));
    for entries in [
        "/agency/v1/tile/entries/000.p/1",
        "/agency/v1/tile/%65ntries/000.p/1",
        "/agency/v1/tile/../tile/entries/000.p/1",
    ] {
        assert_eq!(client.get(entries).status, 404, "{entries}");
    }
    // tlog-tiles names levels up to 63; no journal reaches the eighth.
    for level in [1, 7, 8, 63] {
        assert_eq!(client.get(&format!("/agency/v1/tile/{level}/000")).status, 404, "level {level}");
    }
}
