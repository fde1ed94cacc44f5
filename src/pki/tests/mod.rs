//! Real certificates, real handshakes in memory, and a clock that stands still.

mod authority;
mod handshake;
mod reload;
mod renew;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConnection, SupportedProtocolVersion,
};

use crate::clock::{Clock, HeldClock, SeededChance, Timestamp};
use crate::pki::reload::Time;
use crate::pki::{Authority, Created, Issue, NewAuthority, Peer, Trust, TrustPaths, read};

const DAY: i64 = 86_400_000;

/// An authority, a listener that trusts it, and the time.
struct World {
    directory: tempfile::TempDir,
    clock: Arc<HeldClock>,
    chance: SeededChance,
    authority: Authority,
    trust: Trust,
    paths: TrustPaths,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(HeldClock::at(Timestamp::parse("2026-11-23T09:30:00Z").unwrap()));
        let chance = SeededChance::new(1);
        let made = authority(&directory.path().join("pki"), "Test CA", clock.as_ref(), &chance);
        let paths = TrustPaths::of_authority(made.authority.directory());
        let trust = Trust::load(&paths, clock.clone()).unwrap();
        Self { directory, clock, chance, authority: made.authority, trust, paths }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn agency(&self, name: &str, days: u32) -> Caller {
        self.agency_of(&self.authority, name, days)
    }

    fn agency_of(&self, authority: &Authority, name: &str, days: u32) -> Caller {
        let issue = Issue::client(name, name, Some("杭州市市场监督管理局"), days);
        let issued = authority.issue(&issue, self.clock.as_ref(), &self.chance).unwrap();
        Caller { certificate: issued.certificate, key: issued.key }
    }

    /// A client's configuration, which keeps its sessions as an ordinary client does.
    fn client(
        &self,
        caller: Option<&Caller>,
        version: &'static SupportedProtocolVersion,
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        for der in read::certificates(&self.authority.certificate_path()).unwrap() {
            roots.add(der).unwrap();
        }
        let builder = ClientConfig::builder_with_details(
            Arc::new(aws_lc_rs::default_provider()),
            Arc::new(Time(self.clock.clone())),
        )
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
        let mut config = match caller {
            Some(caller) => builder
                .with_client_auth_cert(
                    read::certificates(&caller.certificate).unwrap(),
                    read::key(&caller.key).unwrap(),
                )
                .unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.resumption = Resumption::in_memory_sessions(8);
        Arc::new(config)
    }

    fn meet(&self, client: &Arc<ClientConfig>) -> Result<Met, rustls::Error> {
        meet(&self.trust, client)
    }
}

fn authority(path: &Path, name: &str, clock: &dyn Clock, chance: &SeededChance) -> Created {
    let new = NewAuthority {
        common_name: name.to_owned(),
        server_names: vec!["gateway.test".to_owned()],
        server_days: 365,
    };
    Authority::init(path, &new, clock, chance).unwrap()
}

/// The files of a client's identity.
struct Caller {
    certificate: PathBuf,
    key: PathBuf,
}

/// A handshake that succeeded on both sides.
#[derive(Debug)]
struct Met {
    kind: HandshakeKind,
    /// The client as the server sees it.
    peer: Peer,
    /// The server as the client sees it.
    server: CertificateDer<'static>,
    group: String,
}

/// The whole handshake and what follows it (tickets), in memory; the server's error if it refuses.
fn meet(trust: &Trust, client: &Arc<ClientConfig>) -> Result<Met, rustls::Error> {
    let name = ServerName::try_from("gateway.test").unwrap();
    let mut server = ServerConnection::new(listener(trust)).unwrap();
    let mut client = ClientConnection::new(client.clone(), name).unwrap();
    loop {
        let mut sent = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut sent).unwrap();
        }
        let mut answer = Vec::new();
        let mut unread = sent.as_slice();
        while !unread.is_empty() {
            server.read_tls(&mut unread).unwrap();
            server.process_new_packets()?;
        }
        while server.wants_write() {
            server.write_tls(&mut answer).unwrap();
        }
        let mut unread = answer.as_slice();
        while !unread.is_empty() {
            client.read_tls(&mut unread).unwrap();
            client.process_new_packets()?;
        }
        if sent.is_empty() && answer.is_empty() {
            break;
        }
    }
    assert!(!server.is_handshaking() && !client.is_handshaking());
    Ok(Met {
        kind: server.handshake_kind().unwrap(),
        peer: Peer::of(server.peer_certificates().unwrap_or_default()).unwrap(),
        server: client.peer_certificates().unwrap()[0].clone().into_owned(),
        group: server.negotiated_key_exchange_group().map(|g| format!("{:?}", g.name())).unwrap_or_default(),
    })
}

/// The listener's configuration: one for the life of the trust, as a server would keep it.
fn listener(trust: &Trust) -> Arc<rustls::ServerConfig> {
    // The sessions are the trust's own, so that a configuration made twice is the same listener.
    Arc::new(trust.server_config())
}
