//! Who is let in, and who no longer.

use regbridge::clock::SystemChance;
use regbridge::pki::{Authority, Issue, NewAuthority};

use crate::support::{HZ, NB, open, open_with, sample};
use regbridge::http::agency::limits::Limits;

#[test]
fn a_known_agency_learns_who_it_is() {
    let house = open();
    let reply = house.connect_as(HZ).get("/agency/v1");
    assert_eq!(reply.status, 200, "{}", reply.text());
    let json = reply.json();
    assert_eq!(json["agency"], HZ);
    assert_eq!(json["scopes"][0]["kind"], "complaint-order");
    assert_eq!(json["certificate"]["sha256"].as_str().unwrap().len(), 64);
    assert!(json["certificate"]["not_after"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn no_certificate_another_authority_and_a_revoked_one_end_in_the_handshake() {
    let house = open();
    assert!(house.try_connect(None).is_err(), "no certificate");
    let elsewhere = tempfile::tempdir().unwrap();
    let new = NewAuthority { common_name: "Other CA".to_owned(), server_names: Vec::new(), server_days: 30 };
    let other = Authority::init(&elsewhere.path().join("pki"), &new, &*house.clock, &SystemChance).unwrap();
    let issue = Issue::client(HZ, HZ, None, 30);
    let issued = other.authority.issue(&issue, &*house.clock, &SystemChance).unwrap();
    assert!(house.try_connect(Some((&issued.certificate, &issued.key))).is_err(), "another authority");
    let (certificate, key) = house.authority.issued_paths(NB);
    assert!(house.try_connect(Some((&certificate, &key))).is_ok());
    house.revoke(NB);
    assert!(house.try_connect(Some((&certificate, &key))).is_err(), "revoked");
    assert_eq!(house.journal().len(), 0, "nobody of these is known");
}

#[test]
fn a_certificate_of_nobody_is_refused_at_the_first_request() {
    let house = open();
    let (certificate, key) = house.issue_unregistered("nobody");
    let mut client = house.connect_with(&certificate, &key);
    let reply = client.get("/agency/v1");
    assert_eq!((reply.status, reply.problem().as_str()), (403, "certificate-unknown"));
    assert!(client.is_hung_up());
}

#[test]
fn an_open_connection_ends_with_revocation_removal_and_expiry_and_is_journalled() {
    for case in ["revoked", "removed", "expired"] {
        let house = open();
        let mut client = house.connect_as(HZ);
        let mut other = house.connect_as(NB);
        assert_eq!(client.get("/agency/v1").status, 200);
        let problem = match case {
            "revoked" => {
                house.revoke(HZ);
                "certificate-revoked"
            }
            "removed" => {
                house.remove(HZ);
                "certificate-unknown"
            }
            _ => {
                house.clock.advance_millis(31 * 24 * 3600 * 1000);
                "certificate-expired"
            }
        };
        let body = sample("order-minimal.xml");
        let reply = client.post_with(
            "/agency/v1/complaint-order",
            &[("Content-Type", "application/xml"), ("Accept", "application/json")],
            &body,
        );
        assert_eq!((reply.status, reply.problem().as_str()), (403, problem));
        assert_eq!(reply.header("connection"), Some("close"), "{case}");
        assert!(client.is_hung_up(), "{case}");
        if case == "removed" {
            assert_eq!(house.refusals(HZ).len(), 0, "it is no agency any more");
        } else {
            assert_eq!(house.refusals(HZ), [problem]);
        }
        if case != "expired" {
            assert_eq!(other.get("/agency/v1").status, 200, "others go on over the same reload");
        }
    }
}

#[test]
fn a_connection_that_is_old_enough_ends_politely() {
    let house = open_with(Limits { workers: 1, connection_seconds: 1, ..Limits::default() });
    let mut client = house.connect_as(HZ);
    assert_eq!(client.get("/agency/v1").header("connection"), None);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let reply = client.get("/agency/v1");
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    assert!(client.is_hung_up());
}

#[test]
fn wrong_addresses_and_methods_are_problems() {
    let house = open();
    let mut client = house.connect_as(HZ);
    let reply = client.get("/nowhere");
    assert_eq!((reply.status, reply.problem().as_str()), (404, "not-found"));
    let reply = client.get("/agency/v1/complaints");
    assert_eq!((reply.status, reply.problem().as_str()), (404, "not-found"));
    let reply = client.post("/agency/v1/checkpoint", "application/json", b"{}");
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET")));
    assert_eq!(house.journal().len(), 0);
}
