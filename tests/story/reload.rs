//! What changes on disk is taken up without dropping a connection; what is broken is not, and the log says so.

use std::fs;

use crate::house::{House, XIHU};
use crate::keep_alive::OpenConnection;
use crate::letters::order;

#[test]
fn a_broken_agency_file_keeps_the_old_agencies_and_is_named() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let mut open = OpenConnection::of(&bureau, &house);
    assert_eq!(open.get("/agency/v1")["status"], 200);
    let good = fs::read(house.file("agencies/hz-amr.toml")).unwrap();

    let bad = String::from_utf8(good.clone()).unwrap().replace("cn-amr-xml", "cn-amr-xlm");
    house.write("agencies/hz-amr.toml", bad.as_bytes());
    house.wait_for_log("the agencies do not load; the old ones stay");
    let log = house.log();
    assert!(log.contains("hz-amr.toml:") && log.contains("did you mean cn-amr-xml?"), "{log}");
    assert_eq!(open.get("/agency/v1")["status"], 200, "the open connection goes on");
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert_eq!(house.log().matches("the agencies do not load").count(), 1, "said once, not every second");

    house.write("agencies/hz-amr.toml", &good);
    house.wait_for_log("took up the agencies");
    let added = house.add_bureau("nb-amr", "330212", &[]);
    house.wait_for_log("agencies=2");
    added.get(&house, "/agency/v1").is(200);
    assert_eq!(open.get("/agency/v1")["status"], 200);
}

#[test]
fn a_broken_revocation_list_keeps_the_old_one_and_those_it_revoked_out() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    let revoked = house.add_bureau("nb-amr", "330212", &[]);
    house.must(&["pki", "revoke", "nb-amr"]);
    house.open();
    let mut open = OpenConnection::of(&bureau, &house);
    let list = fs::read_to_string(house.file("pki/crl.pem")).unwrap();

    let cut: String = list.split_inclusive('\n').take(3).collect();
    house.write("pki/crl.pem", cut.as_bytes());
    house.wait_for_log("the certificates do not load; the old ones stay");
    assert!(house.log().contains("crl.pem"), "{}", house.log());
    assert_eq!(open.get("/agency/v1")["status"], 200);
    bureau.get(&house, "/agency/v1").is(200);
    revoked.curl(&house, "/agency/v1").try_call().expect_err("revoked stays revoked");

    let elsewhere = House::build("");
    house.write("pki/crl.pem", &fs::read(elsewhere.file("pki/crl.pem")).unwrap());
    house.wait_for_log("is not signed by");
    revoked.curl(&house, "/agency/v1").try_call().expect_err("a forged list frees nobody");

    house.write("pki/crl.pem", list.as_bytes());
    house.wait_for_log("took up the certificates");
    assert_eq!(open.get("/agency/v1")["status"], 200, "nobody lost a connection over it");
}

#[test]
fn a_new_server_certificate_is_shown_to_new_connections_and_old_ones_go_on() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let mut open = OpenConnection::of(&bureau, &house);
    assert_eq!(open.get("/agency/v1")["status"], 200);
    house.must(&[
        "pki",
        "issue",
        "server",
        "--server-name",
        "localhost",
        "--server-name",
        "gateway.example",
        "--renew",
    ]);
    house.wait_for_log("took up the certificates");
    let port = house.agencies_address().rsplit(':').next().unwrap().to_owned();
    let renamed = crate::curl::Curl::to(&format!("https://gateway.example:{port}/agency/v1"))
        .with("--resolve", &format!("gateway.example:{port}:127.0.0.1"))
        .file("--cacert", &bureau.authority)
        .file("--cert", &bureau.certificate)
        .file("--key", &bureau.key);
    renamed.call().is(200);
    assert_eq!(open.get("/agency/v1")["status"], 200);
}

/// The shipped profile as a version of its own in the data directory: facts of so many characters at most.
fn lay(house: &House, folder: &str, version: &str, facts: u32) {
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/cn-amr-xml");
    // Not among the profiles, where half of it could be seen.
    let to = house.file("laid");
    fs::create_dir_all(to.join("codes")).unwrap();
    for from in [shipped.clone(), shipped.join("codes")] {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(path.strip_prefix(&shipped).unwrap())).unwrap();
            }
        }
    }
    let change = |file: &str, from: &str, with: &str| {
        let text = fs::read_to_string(to.join(file)).unwrap();
        assert!(text.contains(from), "{file}");
        fs::write(to.join(file), text.replace(from, with)).unwrap();
    };
    let id = "id = \"cn-amr-xml\"";
    change("profile.toml", id, &format!("{id}\nversion = \"{version}\""));
    change("order.map.toml", "\"text 4000\"", &format!("\"text {facts}\""));
    fs::rename(to, house.file("profiles").join(folder)).unwrap();
}

#[test]
fn versions_of_a_profile_come_and_go_under_an_open_connection() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    fs::create_dir_all(house.file("profiles")).unwrap();
    house.open();
    let mut open = OpenConnection::of(&bureau, &house);
    assert_eq!(open.get("/agency/v1")["status"], 200);
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
    let told = |house: &House, words: &str| house.log().matches(words).count();
    let after = |house: &House, words: &str, count: usize| {
        crate::house::until(words, std::time::Duration::from_secs(30), || {
            (told(house, words) >= count).then_some(())
        });
    };

    // The newer version is the one that an agency speaks which names the id alone.
    lay(&house, "next", "1.0.0", 20);
    after(&house, "took up the profiles", 1);
    let refused = bureau.submit(&house, "complaint-order", &order(2)).is(422);
    assert!(refused.text().contains("20"), "{}", refused.text());
    assert_eq!(open.get("/agency/v1")["status"], 200, "the open connection goes on");

    // An agency that pins one keeps it, whatever comes.
    let file = fs::read_to_string(house.file("agencies/hz-amr.toml")).unwrap();
    let pinned = file.replace("\"cn-amr-xml\"", "\"cn-amr-xml@1.0.0\"");
    assert_ne!(file, pinned);
    house.write("agencies/hz-amr.toml", pinned.as_bytes());
    house.wait_for_log("took up the agencies");
    lay(&house, "after-next", "1.1.0", 4000);
    after(&house, "took up the profiles", 2);
    bureau.submit(&house, "complaint-order", &order(2)).is(422);

    // The version it pins goes away: the profiles and agencies there are stay, and the log says whose is missing.
    fs::rename(house.file("profiles/next"), house.file("aside")).unwrap();
    house.wait_for_log("old ones stay");
    assert!(house.log().contains("hz-amr"), "{}", house.log());
    bureau.submit(&house, "complaint-order", &order(2)).is(422);
    assert_eq!(open.get("/agency/v1")["status"], 200);

    // Named by the id alone again, the newest that is left is spoken.
    house.write("agencies/hz-amr.toml", file.as_bytes());
    crate::house::until("the newest", std::time::Duration::from_secs(30), || {
        let answer = bureau.send(&house, "complaint-order", &order(2)).call();
        (answer.status == 201).then_some(())
    });
    fs::remove_dir_all(house.file("profiles/after-next")).unwrap();
    after(&house, "took up the profiles", 3);
    bureau.submit(&house, "complaint-order", &order(3)).is(201);
    assert_eq!(open.get("/agency/v1")["status"], 200, "the same connection all along");
}
