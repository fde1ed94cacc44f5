//! `regbridge witness`: a witness for others' journals, in a folder and a process of its own.
//!
//! Whoever runs it needs nothing of the gateway but its name and key. It is for somebody whom the gateway's operator cannot
//! have do as they like: a bureau, an auditor, the legal department.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Subcommand;

use crate::cli::serve::stop_asked;
use crate::cli::world::{read_secret, write_secret};
use crate::clock::{Chance as _, Clock, SystemChance, SystemClock};
use crate::config::settings::Log;
use crate::config::witness::WitnessFile;
use crate::files::whole;
use crate::http::witness::bind;
use crate::http::witness::memory::Memory;
use crate::pki::server_config;
use crate::telemetry;
use crate::tlog::Cosigner;

const SETTINGS: &str = "witness.toml";
const KEY: &str = "witness.key";
const STATE: &str = "state";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a witness in a folder: its key, its settings. Prints its verifier key, which everybody may know.
    Init {
        /// The folder; made if it is not there.
        folder: PathBuf,
        /// The name that its cosignatures bear, for ever: a host and path of your own, such as witness.example.cn/audit.
        #[arg(long)]
        name: String,
    },
    /// Cosign the checkpoints of the logs that witness.toml names, until told to stop.
    Serve {
        /// The folder that `witness init` made.
        folder: PathBuf,
        /// Address and port; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:8444")]
        address: SocketAddr,
        /// The certificate chain that it shows, PEM; without one it speaks plain HTTP.
        #[arg(long, value_name = "FILE", requires = "tls_key")]
        tls_certificate: Option<PathBuf>,
        /// Its private key, PEM.
        #[arg(long, value_name = "FILE", requires = "tls_certificate")]
        tls_key: Option<PathBuf>,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Init { folder, name } => init(&folder, &name),
        Command::Serve { folder, address, tls_certificate, tls_key } => {
            serve(&folder, address, tls_certificate.as_deref().zip(tls_key.as_deref())).await
        }
    }
}

fn init(folder: &Path, name: &str) -> anyhow::Result<bool> {
    let seed = SystemChance.thirty_two();
    let cosigner = Cosigner::from_seed(name, &seed)?;
    let settings = folder.join(SETTINGS);
    ensure!(!settings.exists(), "{} is there already: a witness keeps its name and key", settings.display());
    write_secret(&folder.join(KEY), &format!("{}\n", hex::encode(seed)))?;
    let quoted = toml::Value::String(name.to_owned());
    let text = format!(
        "# The name that the cosignatures bear, for ever.\nname = {quoted}\n\n\
         # A log whose checkpoints are cosigned: its name, and its verifier key. As many as you like.\n\
         #[[logs]]\n#origin = \"regbridge.example.cn/journal\"\n#vkey = \"regbridge.example.cn/journal+…\"\n"
    );
    whole::write(&settings, text.as_bytes()).with_context(|| settings.display().to_string())?;
    println!("{}", cosigner.key());
    Ok(true)
}

async fn serve(folder: &Path, address: SocketAddr, tls: Option<(&Path, &Path)>) -> anyhow::Result<bool> {
    let file = folder.join(SETTINGS);
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("{}: `regbridge witness init` makes it", file.display()))?;
    let settings = WitnessFile::read(&file, &text)?;
    let known = settings.known(&file)?;
    ensure!(!known.is_empty(), "{} names no log: nothing would ever be cosigned", file.display());
    let cosigner = Cosigner::from_seed(&settings.name, &read_secret(&folder.join(KEY), "an Ed25519 seed")?)?;
    let filter = std::env::var(telemetry::VARIABLE).unwrap_or_else(|_| Log::default().filter);
    telemetry::start(Log::default().format, Some(&filter))?;
    let vkey = cosigner.key().to_string();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let scheme = if tls.is_some() { "https" } else { "http" };
    let tls =
        tls.map(|(certificate, key)| server_config(certificate, key, Arc::clone(&clock))).transpose()?;
    let memory = Memory::open(&folder.join(STATE), cosigner, known)?;
    let bound =
        bind(memory, clock, address, tls).with_context(|| format!("the witness cannot have {address}"))?;
    let address = bound.addresses.first().copied().context("the witness has no address")?;
    // Whoever started it may have closed its standard output: it serves all the same.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "witness   {scheme}://{address}\nvkey      {vkey}");
    let _ = out.flush();
    let handle = bound.server.handle();
    let serving = actix_web::rt::spawn(bound.server);
    stop_asked().await?;
    handle.stop(true).await;
    serving.await??;
    Ok(true)
}
