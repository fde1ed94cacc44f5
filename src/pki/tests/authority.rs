//! The authority's files: what is in them, who may read them, and that none is overwritten.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{DAY, World, authority};
use crate::clock::HeldClock;
use crate::pki::{
    Authority, CertificateFacts, CrlFacts, Fact, Issue, NewAuthority, NotPem, PkiError, Reason, Use, Which,
    inspect,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn facts(path: &Path) -> Fact {
    inspect(&fs::read(path).unwrap()).unwrap().remove(0)
}

fn certificate(path: &Path) -> CertificateFacts {
    match facts(path) {
        Fact::Certificate(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn crl(world: &World) -> CrlFacts {
    match facts(&world.authority.crl_path()) {
        Fact::Crl(facts) => facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_authority_is_whole_and_its_keys_are_its_owners() {
    let world = World::new();
    let directory = world.authority.directory();
    assert_eq!(mode(directory), 0o700);
    assert_eq!(mode(&directory.join("ca.key")), 0o600);
    assert_eq!(mode(&directory.join("issued/server.key")), 0o600);
    let ca = certificate(&directory.join("ca.crt"));
    assert!(ca.authority);
    assert_eq!((ca.subject.as_str(), ca.issuer.as_str()), ("CN=Test CA", "CN=Test CA"));
    assert_eq!(ca.not_before, world.now().plus_millis(-300_000));
    assert_eq!(ca.not_after, world.now().plus_millis(3650 * DAY));
    assert_eq!(ca.serial.len(), 32);
    let server = certificate(&directory.join("issued/server.crt"));
    assert_eq!(server.names, ["localhost", "127.0.0.1", "::1", "gateway.test"]);
    assert_eq!(server.usages, ["serverAuth"]);
    assert!(!server.authority);
    let list = crl(&world);
    assert_eq!((list.number.as_deref(), list.revoked.len()), (Some("1"), 0));
    assert_eq!(list.next_update, Some(world.now().plus_millis(30 * DAY)));
    let left: Vec<_> = fs::read_dir(world.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["pki"], "nothing half made stays beside it");
    let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["ca.crt", "ca.key", "crl.pem", "index.toml", "issued", "lock"]);
}

#[test]
fn an_authority_is_never_made_over_another() {
    let world = World::new();
    let key = fs::read(world.authority.directory().join("ca.key")).unwrap();
    let new = NewAuthority { common_name: "x".into(), server_names: vec![], server_days: 1 };
    let again = Authority::init(world.authority.directory(), &new, world.clock.as_ref(), &world.chance);
    assert!(matches!(again, Err(PkiError::Exists { .. })));
    assert_eq!(fs::read(world.authority.directory().join("ca.key")).unwrap(), key);
    fs::create_dir(world.path("empty")).unwrap();
    let empty = authority(&world.path("empty"), "x", world.clock.as_ref(), &world.chance);
    assert_eq!(empty.server.certificate, world.path("empty/issued/server.crt"));
    assert!(empty.server.certificate.exists());
    // What fails leaves nothing behind.
    let bad = NewAuthority { server_names: vec!["not a name".into()], ..new };
    let failed = Authority::init(&world.path("bad"), &bad, world.clock.as_ref(), &world.chance);
    assert!(matches!(failed, Err(PkiError::BadServerName { .. })));
    assert_eq!(fs::read_dir(world.path("")).unwrap().count(), 2);
    assert!(matches!(Authority::open(&world.path("bad")), Err(PkiError::NoAuthority { .. })));
    assert!(Authority::open(world.authority.directory()).is_ok());
}

#[test]
fn a_client_certificate_says_what_was_asked_for() {
    let world = World::new();
    let issue = Issue::client("hz-amr", "hz-amr 2026", Some("杭州市市场监督管理局"), 90);
    let issued = world.authority.issue(&issue, world.clock.as_ref(), &world.chance).unwrap();
    assert_eq!(mode(&issued.key), 0o600);
    let facts = certificate(&issued.certificate);
    assert_eq!(facts.subject, "O=杭州市市场监督管理局, CN=hz-amr 2026");
    assert_eq!((facts.usages, facts.names.len()), (vec!["clientAuth".to_owned()], 0));
    assert_eq!(facts.fingerprint, issued.entry.fingerprint);
    assert_eq!(facts.serial, issued.entry.serial);
    assert_eq!(issued.entry.usage, Use::Client);
    assert_eq!(world.authority.entries().unwrap().last(), Some(&issued.entry));
    let Fact::Other { label } = super::authority::facts(&issued.key) else { panic!() };
    assert_eq!(label, "PRIVATE KEY");
}

#[test]
fn a_name_is_not_given_twice_unless_renewed() {
    let world = World::new();
    let issue = Issue::client("hz-amr", "hz-amr", None, 90);
    let ask = |issue: &Issue| world.authority.issue(issue, world.clock.as_ref(), &world.chance);
    let first = ask(&issue).unwrap();
    let key = fs::read(&first.key).unwrap();
    assert!(matches!(ask(&issue), Err(PkiError::Exists { .. })));
    assert_eq!(fs::read(&first.key).unwrap(), key);
    let second = ask(&Issue { renew: true, ..issue.clone() }).unwrap();
    assert_ne!(second.entry.serial, first.entry.serial);
    let aside = first.key.with_file_name(format!("hz-amr.{}.key", first.entry.serial));
    assert_eq!((fs::read(&aside).unwrap(), mode(&aside)), (key, 0o600));
    let which = Which::Name("hz-amr".into());
    let ambiguous = world.authority.revoke(&which, Reason::Superseded, world.clock.as_ref()).unwrap_err();
    assert!(matches!(ambiguous, PkiError::Ambiguous { serials, .. } if serials.len() == 2));
    // A process killed between index and files leaves a name without files: it can be issued again.
    fs::remove_file(&second.certificate).unwrap();
    fs::remove_file(&second.key).unwrap();
    ask(&issue).unwrap();
}

#[test]
fn what_cannot_be_is_refused() {
    let world = World::new();
    let ask = |issue: &Issue| world.authority.issue(issue, world.clock.as_ref(), &world.chance).unwrap_err();
    for name in ["", ".", "../x", "a/b", "A", "-x", "é", &"x".repeat(65)] {
        assert!(matches!(ask(&Issue::client(name, "x", None, 1)), PkiError::BadName { .. }), "{name}");
    }
    assert!(matches!(ask(&Issue::client("x", "x", None, 0)), PkiError::BadDays { .. }));
    assert!(matches!(ask(&Issue::client("x", "x", None, 3651)), PkiError::BadDays { .. }));
    assert!(matches!(ask(&Issue::server("x", vec![], 1)), PkiError::BadServerName { .. }));
    assert!(matches!(ask(&Issue::server("x", vec!["a b".into()], 1)), PkiError::BadServerName { .. }));
    assert_eq!(world.authority.entries().unwrap().len(), 1, "nothing refused is in the index");
}

#[test]
fn revoking_grows_the_crl() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.agency(name, 90);
    }
    let entries = world.authority.entries().unwrap();
    let revoke = |which: Which, reason| world.authority.revoke(&which, reason, world.clock.as_ref());
    let colons: Vec<String> =
        entries[2].serial.as_bytes().chunks(2).map(|c| String::from_utf8_lossy(c).to_uppercase()).collect();
    let ways = [
        (Which::Name("a".into()), Reason::KeyCompromise),
        (Which::Serial(colons.join(":")), Reason::Unspecified),
        (Which::Fingerprint(entries[3].fingerprint), Reason::CessationOfOperation),
    ];
    for (number, (which, reason)) in (2..).zip(ways) {
        let revoked = revoke(which.clone(), reason).unwrap();
        assert_eq!((revoked.crl_number, revoked.entry.reason), (number, Some(reason)));
        assert_eq!(crl(&world).number, Some(number.to_string()));
        assert!(crl(&world).revoked.contains(&revoked.entry.serial));
        assert!(matches!(revoke(which, reason), Err(PkiError::AlreadyRevoked { .. })));
    }
    let serials: Vec<_> = entries[1..].iter().map(|e| e.serial.clone()).collect();
    assert_eq!(crl(&world).revoked, serials);
    for which in [
        Which::Name("d".into()),
        Which::Serial("00".into()),
        Which::Fingerprint(crate::domain::digest::Digest::of(b"")),
    ] {
        assert!(matches!(revoke(which, Reason::Unspecified), Err(PkiError::Unknown { .. })));
    }
    world.clock.advance_millis(DAY);
    let until = world.authority.refresh_crl(world.clock.as_ref()).unwrap();
    assert_eq!(crl(&world).next_update, Some(until));
    assert_eq!((crl(&world).number.as_deref(), crl(&world).revoked), (Some("5"), serials));
}

#[test]
fn the_index_is_read_strictly_and_writers_take_turns() {
    let world = World::new();
    std::thread::scope(|scope| {
        for n in 0..6 {
            let world = &world;
            scope.spawn(move || world.agency(&format!("agency-{n}"), 90));
        }
    });
    let mut serials: Vec<_> = world.authority.entries().unwrap().into_iter().map(|e| e.serial).collect();
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), 7);
    let path = world.authority.directory().join("index.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("issued = \"2026-11-23T09:25:00Z\"", "issued = \"yesterday\"", 1))
        .unwrap();
    let damaged = world.authority.entries().unwrap_err();
    assert!(damaged.to_string().contains("2026-11-23T09:30:00Z"), "{damaged}");
    fs::write(&path, format!("surprise = 1\n{text}")).unwrap();
    assert!(matches!(world.authority.entries(), Err(PkiError::Damaged { .. })));
}

#[test]
fn inspect_tells_of_everything_and_of_nothing() {
    let world = World::new();
    let mut all = fs::read(world.authority.certificate_path()).unwrap();
    all.extend(fs::read(world.authority.crl_path()).unwrap());
    assert!(matches!(inspect(&all).unwrap().as_slice(), [Fact::Certificate(_), Fact::Crl(_)]));
    assert_eq!(inspect(b""), Err(NotPem::Nothing));
    assert_eq!(inspect(b"no certificate here"), Err(NotPem::Nothing));
    let damaged = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(inspect(damaged), Err(NotPem::Block { place: 1, .. })));
    let damaged = b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
    assert!(matches!(inspect(damaged), Err(NotPem::Block { place: 1, .. })));
    assert!(inspect(b"-----BEGIN CERTIFICATE-----\nAA").is_err());
    for (reason, word) in Reason::ALL {
        assert_eq!(Reason::parse(word), Some(reason));
    }
    assert_eq!(Reason::parse("because"), None);
}

#[test]
fn an_authority_can_be_made_at_any_time_of_the_century() {
    let directory = tempfile::tempdir().unwrap();
    // Past 2050 a certificate's dates take another form (RFC 5280, section 4.1.2.5).
    let clock = HeldClock::at(crate::clock::Timestamp::parse("2049-06-01T00:00:00Z").unwrap());
    let made = authority(&directory.path().join("pki"), "x", &clock, &crate::clock::SeededChance::new(3));
    let facts = certificate(&made.authority.certificate_path());
    assert_eq!(facts.not_after, made.expires);
    assert_eq!(facts.fingerprint, made.fingerprint);
}
