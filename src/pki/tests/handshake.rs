//! Who is let in, and who no longer.

use rustls::CertificateError as Found;
use rustls::Error::{InvalidCertificate, NoCertificatesPresented};
use rustls::HandshakeKind::{Full, Resumed};
use rustls::version::{TLS12, TLS13};
use rustls::{Error, SupportedProtocolVersion};

use super::{DAY, World, authority};
use crate::pki::{OutboundPaths, Reason, Which, WhyNot, client_config};

const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

fn revoke(world: &World, name: &str) {
    let which = Which::Name(name.to_owned());
    world.authority.revoke(&which, Reason::KeyCompromise, world.clock.as_ref()).unwrap();
}

fn found(refused: &Error) -> &Found {
    match refused {
        InvalidCertificate(found) => found,
        other => panic!("{other}"),
    }
}

#[test]
fn an_agency_with_our_certificate_is_let_in() {
    let world = World::new();
    let caller = world.agency("hz-amr", 90);
    for version in BOTH {
        let met = world.meet(&world.client(Some(&caller), version)).unwrap();
        assert_eq!(met.kind, Full);
        assert_eq!(met.peer.subject, "O=杭州市市场监督管理局, CN=hz-amr");
        assert_eq!(met.peer.issuer, "CN=Test CA");
        assert_eq!(met.peer.not_after, world.now().plus_millis(90 * DAY));
        let entry = world.authority.entries().unwrap().pop().unwrap();
        assert_eq!((met.peer.fingerprint, met.peer.serial.clone()), (entry.fingerprint, entry.serial));
        assert_eq!(world.trust.current().still_trusts(&met.peer, world.now()), Ok(()));
    }
    let met = world.meet(&world.client(Some(&caller), &TLS13)).unwrap();
    assert_eq!(met.group, "X25519MLKEM768");
    let config = world.trust.server_config();
    assert_eq!(config.max_early_data_size, 0);
    assert!(!config.ticketer.enabled());
}

#[test]
fn nobody_without_a_certificate_is() {
    let world = World::new();
    for version in BOTH {
        assert_eq!(world.meet(&world.client(None, version)).unwrap_err(), NoCertificatesPresented);
    }
}

#[test]
fn nor_one_of_another_authority_even_of_the_same_name() {
    let world = World::new();
    for name in ["Other CA", "Test CA"] {
        let made = authority(&world.path(name), name, world.clock.as_ref(), &world.chance);
        let stranger = world.agency_of(&made.authority, "stranger", 90);
        for version in BOTH {
            let refused = world.meet(&world.client(Some(&stranger), version)).unwrap_err();
            assert!(matches!(found(&refused), Found::UnknownIssuer | Found::BadSignature), "{refused}");
        }
    }
}

#[test]
fn nor_a_server_certificate_in_a_clients_place() {
    let world = World::new();
    let (certificate, key) = world.authority.issued_paths("server");
    let server = super::Caller { certificate, key };
    let refused = world.meet(&world.client(Some(&server), &TLS13)).unwrap_err();
    assert!(matches!(found(&refused), Found::InvalidPurposeContext { .. }), "{refused}");
}

#[test]
fn an_expired_certificate_is_refused_at_the_door_and_inside() {
    let world = World::new();
    let caller = world.agency("hz-amr", 10);
    let client = world.client(Some(&caller), &TLS13);
    let peer = world.meet(&client).unwrap().peer;
    world.clock.advance_millis(10 * DAY);
    assert_eq!(world.trust.current().still_trusts(&peer, world.now()), Ok(()), "the last second counts");
    world.clock.advance_millis(1000);
    assert_eq!(world.trust.current().still_trusts(&peer, world.now()), Err(WhyNot::Expired));
    let refused = world.meet(&world.client(Some(&caller), &TLS13)).unwrap_err();
    assert!(matches!(found(&refused), Found::Expired | Found::ExpiredContext { .. }), "{refused}");
    let before = peer.not_before.plus_millis(-1000);
    assert_eq!(world.trust.current().still_trusts(&peer, before), Err(WhyNot::NotYetValid));
}

#[test]
fn a_revoked_certificate_is_out_on_all_three_roads() {
    for version in BOTH {
        let world = World::new();
        let (good, bad) = (world.agency("good", 90), world.agency("bad", 90));
        let (good, bad) = (world.client(Some(&good), version), world.client(Some(&bad), version));
        assert_eq!(world.meet(&good).unwrap().kind, Full);
        let open = world.meet(&bad).unwrap();
        assert_eq!(open.kind, Full);
        assert_eq!(
            world.meet(&bad).unwrap().kind,
            Resumed,
            "sessions are resumed at all, or this proves nothing"
        );
        assert_eq!(world.meet(&good).unwrap().kind, Resumed);

        revoke(&world, "bad");
        assert_eq!(world.meet(&bad).unwrap().kind, Resumed, "nothing changes before the reload");
        let state = world.trust.reload().unwrap();
        assert_eq!(state.generation(), 2);

        // The resumed session: its certificate is asked for again, and refused.
        assert_eq!(found(&world.meet(&bad).unwrap_err()), &Found::Revoked);
        // The open connection.
        assert_eq!(state.still_trusts(&open.peer, world.now()), Err(WhyNot::Revoked));
        assert_eq!(state.still_trusts(&open.peer, world.now()), Err(WhyNot::Revoked), "from memory too");
        let serial = hex::decode(&open.peer.serial).unwrap();
        assert!(state.is_revoked(&serial, &open.peer.issuer_der));
        assert!(!state.is_revoked(&serial, b"another issuer"));
        assert!(!state.is_revoked(b"another serial", &open.peer.issuer_der));
        // A new handshake, by a client without sessions.
        let (certificate, key) = world.authority.issued_paths("bad");
        let fresh = world.client(Some(&super::Caller { certificate, key }), version);
        assert_eq!(found(&world.meet(&fresh).unwrap_err()), &Found::Revoked);

        // The others are not troubled: one full handshake, and resumption again after the quiet time.
        assert_eq!(world.meet(&good).unwrap().kind, Full);
        assert_eq!(world.meet(&good).unwrap().kind, Full, "a handshake so near a reload leaves no session");
        world.clock.advance_millis(15_000);
        assert_eq!(world.meet(&good).unwrap().kind, Full);
        assert_eq!(world.meet(&good).unwrap().kind, Resumed);
        assert_eq!(state.still_trusts(&world.meet(&good).unwrap().peer, world.now()), Ok(()));
    }
}

#[test]
fn past_the_crls_end_nobody_is_trusted_until_there_is_a_new_one() {
    for version in BOTH {
        let world = World::new();
        let caller = world.agency("hz-amr", 90);
        let client = world.client(Some(&caller), version);
        world.clock.advance_millis(30 * DAY - 60_000);
        let peer = world.meet(&client).unwrap().peer;
        assert_eq!(world.meet(&client).unwrap().kind, Resumed);
        let state = world.trust.current();
        assert_eq!(state.stale_issuers(world.now()).count(), 0);
        assert_eq!(
            state.still_trusts(&peer, world.now()),
            Ok(()),
            "and remembered, which must not outlast the CRL"
        );
        assert_eq!(state.crl_next_update(), world.now().plus_millis(60_000));

        world.clock.advance_millis(60_000);
        let refused = world.meet(&client).unwrap_err();
        assert!(
            matches!(
                found(&refused),
                Found::ExpiredRevocationListContext { .. } | Found::ExpiredRevocationList
            ),
            "{refused}"
        );
        assert_eq!(state.still_trusts(&peer, world.now()), Err(WhyNot::StaleCrl));
        assert_eq!(state.stale_issuers(world.now()).collect::<Vec<_>>(), ["CN=Test CA"]);

        world.authority.refresh_crl(world.clock.as_ref()).unwrap();
        let state = world.trust.reload().unwrap();
        assert_eq!(world.meet(&client).unwrap().kind, Full);
        assert_eq!(state.still_trusts(&peer, world.now()), Ok(()));
    }
}

#[test]
fn the_outbound_client_shows_its_certificate_and_starts_anew_each_time() {
    let world = World::new();
    let caller = world.agency("platform", 90);
    let mut paths = OutboundPaths {
        authorities: vec![world.authority.certificate_path()],
        certificate: caller.certificate,
        key: caller.key,
    };
    let client = std::sync::Arc::new(client_config(&paths, world.clock.clone()).unwrap());
    for _ in 0..3 {
        let met = world.meet(&client).unwrap();
        assert_eq!((met.kind, met.peer.subject.contains("platform")), (Full, true));
    }
    let other = authority(&world.path("other"), "Other CA", world.clock.as_ref(), &world.chance);
    let key = std::mem::replace(&mut paths.key, other.server.key);
    let mismatch = client_config(&paths, world.clock.clone()).unwrap_err();
    assert!(mismatch.to_string().contains("platform.crt"), "{mismatch}");
    paths.key = key;
    paths.authorities = vec![other.authority.certificate_path()];
    let client = std::sync::Arc::new(client_config(&paths, world.clock.clone()).unwrap());
    let refused = world.meet(&client).unwrap_err();
    assert!(matches!(found(&refused), Found::UnknownIssuer), "only the given authorities are trusted");
}
