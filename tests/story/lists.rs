//! The revocation list of an authority that is not ours: fetched by the clock, taken or kept out, and in force at once.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bureau::Bureau;
use crate::house::{House, XIHU, until};
use crate::keep_alive::OpenConnection;

/// A plain web server of a folder, in a process of its own.
struct Site {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Site {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("python3")
            .args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0", "--directory"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // Serving HTTP on 127.0.0.1 port 8000 (…) …
        let port = line.split(" port ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        Self { child, folder, port: port.parse().unwrap() }
    }

    /// Publishes the list of this authority, as DER, which is what authorities serve.
    fn publishes(&self, authority: &House) {
        let (from, to) = (authority.file("pki/crl.pem"), self.folder.path().join("gd.crl"));
        let done = Command::new("openssl")
            .args(["crl", "-outform", "DER", "-in"])
            .arg(from)
            .arg("-out")
            .arg(to)
            .status();
        assert!(done.unwrap().success());
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Has the list fetched now; what the run said at its end.
fn fetch(house: &House, job: &str) -> String {
    let before = house.must(&["sync", "history", job]).lines().count();
    house.must(&["sync", "run", job, "--why", "test"]);
    until("the list was fetched", Duration::from_secs(20), || {
        let said = house.must(&["sync", "history", job]);
        let first = said.lines().next()?;
        let ended = first.contains("\tdone\t") || first.contains("\tfailed\t");
        (said.lines().count() > before && ended).then(|| first.to_owned())
    })
}

#[test]
fn a_certificate_that_another_authority_revoked_is_out_after_the_refresh() {
    let site = Site::start();
    let port = site.port;
    let source = format!(
        "authorities = [\"pki/ca.crt\", \"pki/gd.crt\"]\ncrls = [\"pki/crl.pem\", \"pki/gd.pem\"]\n\
         [[agency_listener.crl_sources]]\nname = \"gd-ca\"\nfile = \"pki/gd.pem\"\n\
         crl_url = \"http://127.0.0.1:{port}/gd.crl\"\ncron = \"0 0 1 1 *\"\n"
    );
    let mut house = House::build(&source);
    let province = House::build_under("Province CA", "");
    for (from, to) in [("pki/ca.crt", "pki/gd.crt"), ("pki/crl.pem", "pki/gd.pem")] {
        fs::copy(province.file(from), house.file(to)).unwrap();
    }
    province.must(&["pki", "issue", "gd-amr"]);
    let certificate = province.file("pki/issued/gd-amr.crt");
    house.add_agency("gd-amr", XIHU, &certificate, &["complaint-order"], &[]);
    let key = province.file("pki/issued/gd-amr.key");
    let bureau = Bureau::with(house.file("pki/ca.crt"), certificate, key);
    let own = house.add_bureau("hz-amr", "330212", &[]);
    house.open();
    let listed = house.must(&["sync", "list"]);
    let job = listed
        .lines()
        .find_map(|line| line.split('\t').next().filter(|name| name.starts_with("keep:crl:gd-ca@")));
    let job = job.unwrap_or_else(|| panic!("{listed}")).to_owned();
    assert!(listed.contains("\nkeep:crls@"), "{listed}");
    bureau.get(&house, "/agency/v1").is(200);
    let mut open = OpenConnection::of(&bureau, &house);
    assert_eq!(open.get("/agency/v1")["status"], 200);

    // Nobody serves it yet; then it is the same.
    let said = fetch(&house, &job);
    assert!(said.contains("\tfailed\t") && said.contains("answers 404"), "{said}");
    site.publishes(&province);
    let said = fetch(&house, &job);
    assert!(said.contains("\tdone\t") && said.contains("it is the list in use"), "{said}");

    let old = fs::read(province.file("pki/crl.pem")).unwrap();
    province.must(&["pki", "revoke", "gd-amr", "--reason", "key-compromise"]);
    site.publishes(&province);
    bureau.get(&house, "/agency/v1").is(200);
    let said = fetch(&house, &job);
    assert!(said.contains("took list number 2 with 1 certificates"), "{said}");
    house.wait_for_log("took up the certificates");
    bureau.curl(&house, "/agency/v1").try_call().expect_err("revoked");
    assert_ne!(open.get("/agency/v1")["status"], 200, "on the open connection too");
    own.get(&house, "/agency/v1").is(200);

    // An old list frees nobody, and neither does another's.
    let taken = fs::read(house.file("pki/gd.pem")).unwrap();
    province.write("pki/crl.pem", &old);
    site.publishes(&province);
    let said = fetch(&house, &job);
    assert!(
        said.contains("\tfailed\t") && said.contains("no newer than the list in use: number 1"),
        "{said}"
    );
    site.publishes(&house);
    let said = fetch(&house, &job);
    assert!(said.contains("is kept out: it is the CRL of"), "{said}");
    assert_eq!(fs::read(house.file("pki/gd.pem")).unwrap(), taken);
    let troubles = house.must(&["notice", "list"]);
    assert!(troubles.contains("job-failed") && troubles.contains(&job), "{troubles}");
    bureau.curl(&house, "/agency/v1").try_call().expect_err("still revoked");
}
