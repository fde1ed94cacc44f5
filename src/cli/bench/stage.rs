//! Where a figure is measured: a data directory of its own, and a server in it.
//!
//! Promise: everything is below the directory for temporary files (`TMPDIR`), and gone with the value that made it;
//! every address is on loopback. The settings are the defaults, but for the addresses and the agency's rate.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};

use crate::cli::bench::message::PROFILE;
use crate::cli::world::write_secret;
use crate::cli::{Context, agency};
use crate::client::identity::Identity;
use crate::clock::{Chance as _, SystemChance, SystemClock};
use crate::config::{Environment, Folder};
use crate::domain::agency::{Agency, DeliveryMode, Scope};
use crate::domain::digest::Fingerprint;
use crate::domain::id::AgencyId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::region::Region;
use crate::pki::{Authority, Issue, NewAuthority};

/// The agency that submits, and the name of its certificate.
pub(super) const AGENCY: &str = "bench-amr";

const SETTINGS: &str = r#"[journal]
origin = "regbridge.example/bench"

[agency_listener]
address = "127.0.0.1:0"

[platform_listener]
address = "127.0.0.1:0"
"#;

/// With the address in a file, because it holds a password.
const POSTGRES: &str = "\n[store]\nurl_file = \"keys/store-url\"\n";

/// A data directory, removed when it is dropped.
pub(super) struct Stage {
    pub(super) context: Context,
}

impl Stage {
    /// Authority, certificates, settings, one agency; on SQLite, or on this PostgreSQL database.
    pub(super) fn make(postgres: Option<&str>) -> anyhow::Result<Self> {
        let name = format!("regbridge-bench-{}", hex::encode(&SystemChance.thirty_two()[..8]));
        let folder = Folder::at(std::env::temp_dir().join(name));
        let stage = Self { context: Context { folder, environment: Environment::empty() } };
        let Context { folder, .. } = &stage.context;
        std::fs::create_dir(folder.path()).with_context(|| folder.path().display().to_string())?;
        let new = NewAuthority {
            common_name: "Regbridge bench CA".to_owned(),
            server_names: Vec::new(),
            server_days: 1,
        };
        let authority = Authority::init(&folder.pki(), &new, &SystemClock, &SystemChance)?.authority;
        let client = authority.issue(&Issue::client(AGENCY, AGENCY, None, 1), &SystemClock, &SystemChance)?;
        let granted = (Kind::ComplaintOrder, Direction::Submit);
        let agency = bench_agency(AGENCY, PROFILE, client.entry.fingerprint, granted)?;
        agency::write(&agency, &stage.context)?;
        if let Some(address) = postgres {
            write_secret(&folder.keys().join("store-url"), address)?;
        }
        let store = if postgres.is_some() { POSTGRES } else { "" };
        std::fs::write(folder.settings(), format!("{SETTINGS}{store}"))?;
        Ok(stage)
    }

    /// Another agency, with a certificate of its own.
    pub(super) fn add(
        &self,
        id: &str,
        profile: &str,
        kind: Kind,
        direction: Direction,
    ) -> anyhow::Result<()> {
        let authority = Authority::open(&self.context.folder.pki())?;
        let client = authority.issue(&Issue::client(id, id, None, 1), &SystemClock, &SystemChance)?;
        let agency = bench_agency(id, profile, client.entry.fingerprint, (kind, direction))?;
        agency::write(&agency, &self.context)?;
        Ok(())
    }

    /// What the agency of this name presents.
    pub(super) fn tls(&self, agency: &str) -> anyhow::Result<rustls::ClientConfig> {
        tls(&self.context.folder, agency)
    }

    /// This program with these words, in the directory.
    pub(super) fn program(&self, words: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(words).arg("--dir").arg(self.context.folder.path()).stdin(Stdio::null());
        // Settings of the caller's own gateway are none of ours.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("REGBRIDGE_") {
                command.env_remove(name);
            }
        }
        Ok(command)
    }

    /// Its folder.
    pub(super) fn path(&self) -> &Path {
        self.context.folder.path()
    }

    /// Starts a server with these words, and waits until it says where it listens.
    pub(super) fn serve(&self, words: &[&str]) -> anyhow::Result<Server> {
        let log = self.context.folder.path().join("server.log");
        let mut child = self
            .program(words)?
            .stdout(Stdio::piped())
            // Not to nowhere: writing the log is part of the work.
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let said = BufReader::new(child.stdout.take().context("its output is piped")?);
        let mut server = Server { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), log, said };
        let mut line = String::new();
        while server.said.read_line(&mut line)? > 0 {
            if let Some(address) = line.strip_prefix("agencies  https://") {
                server.address = address.trim().parse()?;
                return Ok(server);
            }
            line.clear();
        }
        bail!("{} did not start:\n{}", words.join(" "), server.last_words())
    }
}

/// What an agency of a stage presents: HTTP/1.1 over mutual TLS.
pub(super) fn tls(folder: &Folder, agency: &str) -> anyhow::Result<rustls::ClientConfig> {
    let read = |path: String| std::fs::read(folder.resolve(&path)).context(path);
    let identity = Identity::mutual(
        &read("pki/ca.crt".to_owned())?,
        &read(format!("pki/issued/{agency}.crt"))?,
        &read(format!("pki/issued/{agency}.key"))?,
    )?;
    let mut tls = identity.tls()?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

fn bench_agency(
    id: &str,
    profile: &str,
    certificate: Fingerprint,
    (kind, direction): (Kind, Direction),
) -> anyhow::Result<Agency> {
    let region = Region::parse("330100")?;
    let scope = Scope { kind, direction, regions: vec![region.clone()], categories: Vec::new() };
    Ok(Agency {
        id: AgencyId::parse(id)?,
        name: "杭州市市场监督管理局（演示）".to_owned(),
        profile: profile.to_owned(),
        certificates: vec![certificate],
        scopes: vec![scope],
        delivery: DeliveryMode::Pull,
        // One agency stands for many here: its rate must not be what is measured.
        feed: crate::domain::agency::Feed::default(),
        requests_per_second: 1_000_000,
        deliveries_per_minute: None,
        rehearsal: false,
        deliver: None,
        folder: None,
        syncs: Vec::new(),
        reconcile: None,
        router: None,
        region,
    })
}

impl Drop for Stage {
    fn drop(&mut self) {
        let path = self.context.folder.path();
        if let Err(error) = std::fs::remove_dir_all(path) {
            eprintln!("regbridge: {} stays behind: {error}", path.display());
        }
    }
}

/// A server process, ended when it is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    log: PathBuf,
    /// Held open: a server whose output nobody takes would end.
    said: BufReader<ChildStdout>,
}

impl Server {
    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The end of its log.
    pub(super) fn last_words(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What it has stored is thrown away next, so there is nothing to finish.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
