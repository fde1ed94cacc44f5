//! A CRL that was fetched: what takes the place of the one in use, and what does not.

use std::fs;

use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::version::TLS13;

use super::{DAY, World, authority};
use crate::pki::{NotTaken, Reason, Renewed, Trust, TrustError, Which, WhyNot, renew};

/// What an authority serves: its list as it is now, in PEM and in DER.
fn served(world: &World) -> (Vec<u8>, Vec<u8>) {
    let pem = fs::read(world.authority.crl_path()).unwrap();
    let der = CertificateRevocationListDer::from_pem_slice(&pem).unwrap().to_vec();
    (pem, der)
}

/// A world whose listener has a copy of the authority's list, not the list itself.
fn apart() -> World {
    let mut world = World::new();
    let copy = world.path("copy.pem");
    fs::copy(world.authority.crl_path(), &copy).unwrap();
    world.paths.crls = vec![copy];
    world.trust = Trust::load(&world.paths, world.clock.clone()).unwrap();
    world
}

fn fetched(world: &World, bytes: &[u8]) -> Result<Renewed, NotTaken> {
    renew(&world.paths, &world.paths.crls[0], bytes, world.now())
}

#[test]
fn a_newer_list_is_taken_in_either_form_and_revokes() {
    let world = apart();
    let caller = world.agency("hz-amr", 90);
    let peer = world.meet(&world.client(Some(&caller), &TLS13)).unwrap().peer;
    let (pem, der) = served(&world);
    for same in [&pem, &der] {
        assert!(matches!(fetched(&world, same), Ok(Renewed::Same { .. })));
    }
    world.clock.advance_millis(DAY);
    let name = Which::Name("hz-amr".to_owned());
    let revoked = world.authority.revoke(&name, Reason::KeyCompromise, world.clock.as_ref()).unwrap();
    let taken = fetched(&world, &served(&world).1).unwrap();
    let wanted = Renewed::Taken {
        number: Some(revoked.crl_number.to_string()),
        revoked: 1,
        next_update: crate::clock::Timestamp::from_micros(revoked.next_update.seconds() * 1_000_000),
    };
    assert_eq!(taken, wanted);
    let state = world.trust.reload().unwrap();
    assert_eq!(state.still_trusts(&peer, world.now()), Err(WhyNot::Revoked));
    world.clock.advance_millis(DAY);
    world.authority.refresh_crl(world.clock.as_ref()).unwrap();
    assert!(matches!(fetched(&world, &served(&world).0), Ok(Renewed::Taken { revoked: 1, .. })));
}

#[test]
fn what_may_not_take_its_place_leaves_the_file_as_it_was() {
    let world = apart();
    let first = served(&world);
    world.clock.advance_millis(DAY);
    world.authority.refresh_crl(world.clock.as_ref()).unwrap();
    let second = served(&world);
    fetched(&world, &second.0).unwrap();
    let file = &world.paths.crls[0];
    let before = fs::read(file).unwrap();

    let stands = |bytes: &[u8]| {
        let why = fetched(&world, bytes).unwrap_err();
        assert_eq!(fs::read(file).unwrap(), before, "{why}");
        assert!(!file.with_extension("candidate").exists(), "{why}");
        why
    };
    assert!(matches!(stands(b""), NotTaken::NoCrl(_)));
    assert!(matches!(stands(b"<html>down</html>"), NotTaken::NoCrl(_)));
    assert!(matches!(stands(&[&second.1[..], b"x"].concat()), NotTaken::NoCrl(_)));
    assert!(matches!(stands(&[&second.0[..], &first.0].concat()), NotTaken::NoCrl(_)));
    let older = stands(&first.1);
    assert!(
        matches!(&older, NotTaken::Older { number, own_number, .. } if number == "1" && own_number == "2"),
        "{older}"
    );
    let mut forged = second.1.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert!(matches!(stands(&forged), NotTaken::Unsigned { .. }));
    // Another authority under the same name, and one under another that is not trusted.
    for name in ["Test CA", "Other CA"] {
        let other =
            authority(&world.path(&format!("other {name}")), name, world.clock.as_ref(), &world.chance);
        other.authority.refresh_crl(world.clock.as_ref()).unwrap();
        other.authority.refresh_crl(world.clock.as_ref()).unwrap();
        let list = fs::read(other.authority.crl_path()).unwrap();
        assert!(matches!(stands(&list), NotTaken::Unsigned { .. }), "{name}");
    }
    world.authority.refresh_crl(world.clock.as_ref()).unwrap();
    let third = served(&world).1;
    world.clock.advance_millis(30 * DAY);
    assert!(matches!(stands(&third), NotTaken::Ended { .. }));
    world.clock.advance_millis(-34 * DAY);
    assert!(matches!(stands(&third), NotTaken::NotYet { .. }));
}

#[test]
fn one_authoritys_list_is_not_put_into_anothers_file() {
    let mut world = apart();
    let other = authority(&world.path("other"), "Other CA", world.clock.as_ref(), &world.chance);
    world.paths.authorities.push(other.authority.certificate_path());
    world.paths.crls.push(other.authority.crl_path());
    world.clock.advance_millis(DAY);
    other.authority.refresh_crl(world.clock.as_ref()).unwrap();
    let list = fs::read(other.authority.crl_path()).unwrap();
    let why = fetched(&world, &list).unwrap_err();
    assert!(matches!(why, NotTaken::OtherIssuer { .. }), "{why}");
    // Where the file is gone there is no list to hold it against; that two would be of one issuer is seen all the same.
    fs::remove_file(&world.paths.crls[0]).unwrap();
    let why = fetched(&world, &list).unwrap_err();
    assert!(matches!(why, NotTaken::Trust(TrustError::SecondCrl { .. })), "{why}");
    assert!(!world.paths.crls[0].exists());
    assert!(matches!(fetched(&world, &served(&world).1), Ok(Renewed::Taken { .. })), "its own is taken");
}

#[test]
fn a_list_that_ended_where_it_stands_keeps_out_no_other_authoritys() {
    let mut world = apart();
    let other = authority(&world.path("other"), "Other CA", world.clock.as_ref(), &world.chance);
    world.paths.authorities.push(other.authority.certificate_path());
    world.paths.crls.push(other.authority.crl_path());
    world.trust = Trust::load(&world.paths, world.clock.clone()).unwrap();
    let caller = world.agency("hz-amr", 90);
    let peer = world.meet(&world.client(Some(&caller), &TLS13)).unwrap().peer;
    world.clock.advance_millis(20 * DAY);
    world.authority.refresh_crl(world.clock.as_ref()).unwrap();
    fetched(&world, &served(&world).1).unwrap();
    world.trust.reload().unwrap();

    // The other's ended; ours revokes, and that holds at once.
    world.clock.advance_millis(11 * DAY);
    assert!(matches!(world.trust.reload(), Err(TrustError::StaleCrl { .. })), "nothing is newer");
    let name = Which::Name("hz-amr".to_owned());
    world.authority.revoke(&name, Reason::KeyCompromise, world.clock.as_ref()).unwrap();
    fetched(&world, &served(&world).1).unwrap();
    let state = world.trust.reload().unwrap();
    assert_eq!(state.still_trusts(&peer, world.now()), Err(WhyNot::Revoked));
    assert_eq!(state.stale_issuers(world.now()).collect::<Vec<_>>(), ["CN=Other CA"]);
}
