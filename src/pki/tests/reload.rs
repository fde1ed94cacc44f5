//! All of the new files, or none of them.

use std::fs;
use std::path::Path;

use rustls::HandshakeKind::Full;
use rustls::version::TLS13;

use super::{Caller, DAY, World, authority};
use crate::clock::Clock;
use crate::pki::{Issue, Peer, Trust, TrustError, TrustPaths, WhyNot};

/// Puts `bytes` in the place of `path`, tries to reload, and puts back what was there.
fn with(world: &World, path: &Path, bytes: &[u8]) -> TrustError {
    let old = fs::read(path).unwrap();
    fs::write(path, bytes).unwrap();
    let error = world.trust.reload().unwrap_err();
    assert!(error.to_string().contains(path.file_stem().unwrap().to_str().unwrap()), "{error}");
    fs::write(path, old).unwrap();
    error
}

#[test]
fn a_bad_reload_changes_nothing_and_says_why() {
    let world = World::new();
    let caller = world.agency("hz-amr", 90);
    let client = world.client(Some(&caller), &TLS13);
    let other = authority(&world.path("other"), "Test CA", world.clock.as_ref(), &world.chance);
    let other_crl = fs::read(other.authority.crl_path()).unwrap();
    let other_key = fs::read(&other.server.key).unwrap();
    let [root] = world.paths.authorities.as_slice() else { panic!() };
    let [crl] = world.paths.crls.as_slice() else { panic!() };
    let (certificate, key) = (&world.paths.certificate, &world.paths.key);

    assert!(matches!(with(&world, root, b"nonsense"), TrustError::NotThere { what: "certificate", .. }));
    let no_certificate = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(with(&world, root, no_certificate), TrustError::Malformed { .. }));
    let leaf = fs::read(certificate).unwrap();
    assert!(matches!(with(&world, root, &leaf), TrustError::NotAnAuthority { .. }));
    assert!(matches!(with(&world, crl, b""), TrustError::NotThere { what: "CRL", .. }));
    assert!(matches!(with(&world, crl, &other_crl), TrustError::ForgedCrl { .. }));
    let mut twice = fs::read(crl).unwrap();
    twice.extend(fs::read(crl).unwrap());
    assert!(matches!(with(&world, crl, &twice), TrustError::SecondCrl { .. }));
    assert!(matches!(with(&world, certificate, b""), TrustError::NotThere { .. }));
    assert!(matches!(with(&world, key, b""), TrustError::NotThere { .. }));
    assert!(matches!(with(&world, key, &other_key), TrustError::Key { .. }));
    fs::rename(key, key.with_extension("gone")).unwrap();
    assert!(matches!(world.trust.reload().unwrap_err(), TrustError::Unreadable { .. }));
    fs::rename(key.with_extension("gone"), key).unwrap();

    assert_eq!(world.trust.current().generation(), 1);
    assert_eq!(world.meet(&client).unwrap().kind, Full);
    assert_eq!(world.trust.reload().unwrap().generation(), 2);
    assert_eq!(world.meet(&client).unwrap().kind, Full);
}

#[test]
fn every_root_needs_its_crl() {
    let world = World::new();
    let other = authority(&world.path("other"), "Other CA", world.clock.as_ref(), &world.chance);
    let mut paths = world.paths.clone();
    paths.authorities.push(other.authority.certificate_path());
    let error = Trust::load(&paths, world.clock.clone()).unwrap_err();
    assert!(matches!(&error, TrustError::NoCrl { subject } if subject == "CN=Other CA"), "{error}");
    paths.crls.push(other.authority.crl_path());
    let trust = Trust::load(&paths, world.clock.clone()).unwrap();
    let caller = world.agency_of(&other.authority, "elsewhere", 90);
    assert_eq!(super::meet(&trust, &world.client(Some(&caller), &TLS13)).unwrap().peer.issuer, "CN=Other CA");
    paths.authorities.clear();
    paths.crls.clear();
    assert!(Trust::load(&paths, world.clock.clone()).is_err(), "with no roots nobody could be let in");
}

#[test]
fn what_has_ended_takes_the_place_of_nothing_but_may_start_a_listener() {
    let world = World::new();
    world.clock.advance_millis(30 * DAY);
    let error = world.trust.reload().unwrap_err();
    assert!(matches!(error, TrustError::StaleCrl { .. }), "{error}");
    let started = Trust::load(&world.paths, world.clock.clone()).unwrap();
    assert_eq!(started.current().stale_issuers(world.now()).count(), 1);
    world.clock.advance_millis(340 * DAY);
    world.authority.refresh_crl(world.clock.as_ref()).unwrap();
    let error = world.trust.reload().unwrap_err();
    assert!(matches!(error, TrustError::Expired { .. }), "{error}");
    assert!(world.trust.current().certificate_ends() < world.now());
}

#[test]
fn a_reload_exchanges_certificate_and_authorities_at_once() {
    let world = World::new();
    let old_caller = world.agency("old", 90);
    let old = world.meet(&world.client(Some(&old_caller), &TLS13)).unwrap();

    // The listener's certificate is renewed in place.
    let renew = Issue { renew: true, ..Issue::server("server", vec!["gateway.test".into()], 365) };
    let renewed = world.authority.issue(&renew, world.clock.as_ref(), &world.chance).unwrap();
    world.trust.reload().unwrap();
    let met = world.meet(&world.client(Some(&old_caller), &TLS13)).unwrap();
    assert_ne!(met.server, old.server);
    assert_eq!(Peer::of(&[met.server]).unwrap().fingerprint, renewed.entry.fingerprint);

    // Another authority takes the place of the first, under the first one's name: its clients come in, the old ones
    // go out, the one whose connection is open among them.
    let other = authority(&world.path("other"), "Test CA", world.clock.as_ref(), &world.chance);
    let new_caller = world.agency_of(&other.authority, "new", 90);
    fs::copy(other.authority.certificate_path(), &world.paths.authorities[0]).unwrap();
    fs::copy(other.authority.crl_path(), &world.paths.crls[0]).unwrap();
    let (certificate, key) = (&world.paths.certificate, &world.paths.key);
    fs::copy(&other.server.certificate, certificate).unwrap();
    fs::copy(&other.server.key, key).unwrap();
    let state = world.trust.reload().unwrap();
    assert_eq!(state.still_trusts(&old.peer, world.now()), Err(WhyNot::IssuerNotTrusted));
    assert!(world.meet(&world.client(Some(&old_caller), &TLS13)).is_err());
    assert_eq!(world.meet(&world.client(Some(&new_caller), &TLS13)).unwrap().kind, Full);
}

#[test]
fn reloads_at_the_same_time_have_generations_of_their_own() {
    let world = World::new();
    let generations: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| world.trust.reload().unwrap().generation())).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let mut sorted = generations;
    sorted.sort_unstable();
    assert_eq!(sorted, (2..10).collect::<Vec<_>>());
}

#[test]
fn a_chain_ends_with_its_first_certificate_to_end() {
    let world = World::new();
    let Caller { certificate, .. } = world.agency("hz-amr", 90);
    let mut chain = crate::pki::read::certificates(&certificate).unwrap();
    let Caller { certificate, .. } = world.agency("short", 5);
    chain.extend(crate::pki::read::certificates(&certificate).unwrap());
    let peer = Peer::of(&chain).unwrap();
    assert_eq!(peer.not_after, world.now().plus_millis(90 * DAY));
    assert_eq!(peer.chain_ends(), world.clock.now().plus_millis(5 * DAY));
    assert!(Peer::of(&[]).is_err());
    assert!(Peer::of(&[vec![1, 2, 3].into()]).is_err());
    let mut longer = chain[0].to_vec();
    longer.push(0);
    assert!(Peer::of(&[longer.into()]).is_err());
    let paths = TrustPaths::of_authority(world.authority.directory());
    assert_eq!(paths, world.paths);
}
