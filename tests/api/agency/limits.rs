//! What one caller may take.

use std::time::{Duration, Instant};

use regbridge::http::agency::limits::Limits;

use crate::support::{HZ, NB, open, open_with, sample};

fn limits() -> Limits {
    Limits { workers: 1, ..Limits::default() }
}

#[test]
fn a_byte_a_second_is_cut_off_and_the_listener_lives() {
    let house = open_with(Limits { body_grace_seconds: 1, ..limits() });
    let mut client = house.connect_as(HZ);
    let head = "POST /agency/v1/complaint-order HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 1000\r\n\r\n";
    client.send(head, b"").unwrap();
    let start = Instant::now();
    for _ in 0..4 {
        // It may be cut off between two bytes.
        let _ = client.send("x", b"");
        std::thread::sleep(Duration::from_millis(400));
    }
    let reply = client.reply().unwrap();
    assert_eq!((reply.status, reply.problem().as_str()), (408, "too-slow"));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(client.is_hung_up());
    assert_eq!(house.refusals(HZ), ["too-slow"]);
    assert_eq!(house.connect_as(HZ).get("/agency/v1").status, 200);
}

#[test]
fn size_is_bounded_for_header_and_body() {
    let house = open_with(Limits { body_bytes: 1000, ..limits() });
    let headers = [("Content-Type", "application/xml"), ("Accept", "application/json")];
    let reply = house.connect_as(HZ).post_with("/agency/v1/complaint-order", &headers, &vec![b'x'; 1001]);
    assert_eq!((reply.status, reply.problem().as_str()), (413, "too-large"));
    let mut client = house.connect_as(HZ);
    let head = "POST /agency/v1/complaint-order HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    client.send(head, format!("7d0\r\n{}\r\n0\r\n\r\n", "x".repeat(2000)).as_bytes()).unwrap();
    let reply = client.reply().unwrap();
    assert_eq!((reply.status, reply.problem().as_str()), (413, "too-large"), "chunked too");
    let mut client = house.connect_as(HZ);
    let head = format!("GET /agency/v1 HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(17_000));
    client.send(&head, b"").unwrap();
    let reply = client.reply().unwrap();
    assert_eq!((reply.status, reply.problem().as_str()), (431, "header-too-large"));
    assert_eq!(house.refusals(HZ), ["too-large", "too-large", "header-too-large"]);
}

#[test]
fn the_rest_of_a_refused_body_is_not_read() {
    let house = open_with(Limits { body_bytes: 1000, ..limits() });
    for (kind, status) in [("complaint-order", 413), ("complaint-closure", 403)] {
        let mut client = house.connect_as(HZ);
        let head = format!(
            "POST /agency/v1/{kind} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\nffffffff\r\n"
        );
        client.send(&head, "x".repeat(2000).as_bytes()).unwrap();
        assert_eq!(client.reply().unwrap().status, status);
        // What comes now is thrown away until the farewell is over.
        let start = Instant::now();
        while client.send("x", b"").is_ok() && start.elapsed() < Duration::from_secs(8) {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(start.elapsed() < Duration::from_secs(8), "{kind}: it is read on");
    }
}

#[test]
fn an_address_has_so_many_connections() {
    let house = open_with(Limits { connections_per_address: 2, ..limits() });
    let mut first = house.connect_as(HZ);
    let mut second = house.connect_as(HZ);
    assert_eq!((first.get("/agency/v1").status, second.get("/agency/v1").status), (200, 200));
    let mut third = house.connect_as(HZ);
    assert!(third.try_get("/agency/v1").is_err(), "hung up");
    drop(first);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(house.connect_as(HZ).get("/agency/v1").status, 200, "a place became free");
}

#[test]
fn an_agency_that_asks_too_often_waits_and_others_do_not() {
    let house = open();
    house.amend(HZ, |toml| toml.replacen("region", "requests_per_second = 1\nregion", 1));
    let mut client = house.connect_as(HZ);
    for _ in 0..10 {
        assert_eq!(client.get("/agency/v1").status, 200);
    }
    let reply = client.get("/agency/v1");
    assert_eq!((reply.status, reply.problem().as_str()), (429, "too-many-requests"));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(client.get("/agency/v1").status, 429);
    assert_eq!(house.refusals(HZ), ["too-many-requests"], "journalled once a minute");
    assert_eq!(house.connect_as(NB).get("/agency/v1").status, 200);
}

#[test]
fn a_header_that_dribbles_ends() {
    let house = open_with(Limits { header_seconds: 1, ..limits() });
    let mut client = house.connect_as(HZ);
    client.send("GET /agency/v1 HT", b"").unwrap();
    let start = Instant::now();
    let ended = client.reply().map_or(true, |reply| reply.status == 408);
    assert!(ended && start.elapsed() < Duration::from_secs(5));
    assert_eq!(
        house
            .connect_as(HZ)
            .post("/agency/v1/complaint-order", "text/xml", &sample("order-minimal.xml"))
            .status,
        201
    );
}
