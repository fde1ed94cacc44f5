//! `regbridge pki`: our own authority for client and server certificates.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::running::expiry::list;
use crate::clock::{SystemChance, SystemClock};
use crate::domain::digest::Fingerprint;
use crate::pki::{Authority, Fact, Issue, NewAuthority, Reason, Which, inspect};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an authority in DIR/pki: CA, empty revocation list, and the listener's server certificate.
    Init {
        /// The CA's name.
        #[arg(long, default_value = "Regbridge CA")]
        name: String,
        /// A name or address of the listener, besides localhost; may be repeated.
        #[arg(long = "server-name", value_name = "NAME")]
        server_names: Vec<String>,
        /// How long the server certificate lasts.
        #[arg(long, default_value_t = 397)]
        days: u32,
    },
    /// Issue a client certificate, or with --server-name a server one, in DIR/pki/issued.
    Issue {
        /// The name of its files, and its common name.
        name: String,
        /// The organisation in its subject.
        #[arg(long)]
        organisation: Option<String>,
        /// Make a server certificate for this name or address; may be repeated.
        #[arg(long = "server-name", value_name = "NAME")]
        server_names: Vec<String>,
        /// How long it lasts.
        #[arg(long, default_value_t = 397)]
        days: u32,
        /// Replace the one of the same name; that one stays valid until it is revoked.
        #[arg(long)]
        renew: bool,
    },
    /// List the certificates in use by when they end: ours, and those that our authority issued to agencies. A running gateway
    /// tells of each by mail 60, 30, 14, 7 and 1 days before.
    Expiring,
    /// Revoke a certificate: a running gateway refuses it within seconds, on open connections too.
    Revoke {
        /// Its name, its fingerprint, or `serial:` and its serial number.
        which: String,
        /// unspecified, key-compromise, affiliation-changed, superseded, cessation-of-operation, privilege-withdrawn.
        #[arg(long, default_value = "unspecified", value_parser = reason)]
        reason: Reason,
    },
    /// Say what the certificates and revocation lists of a PEM file are.
    Inspect {
        /// The file; without one, all that the authority has issued.
        file: Option<PathBuf>,
    },
}

fn reason(text: &str) -> Result<Reason, String> {
    Reason::parse(text).ok_or_else(|| {
        let words: Vec<&str> = Reason::ALL.iter().map(|(_, word)| *word).collect();
        format!("expected one of {}", words.join(", "))
    })
}

pub(super) fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let directory = context.folder.pki();
    match command {
        Command::Expiring => return list(context),
        Command::Init { name, server_names, days } => {
            let new = NewAuthority { common_name: name, server_names, server_days: days };
            let made = Authority::init(&directory, &new, &SystemClock, &SystemChance)?;
            println!("authority    {}", made.authority.certificate_path().display());
            println!("fingerprint  {}", made.fingerprint);
            println!("server       {}", made.server.certificate.display());
            println!("revocations  {}", made.authority.crl_path().display());
        }
        Command::Issue { name, organisation, server_names, days, renew } => {
            let authority = Authority::open(&directory)?;
            let issue = if server_names.is_empty() {
                Issue::client(&name, &name, organisation.as_deref(), days)
            } else {
                Issue::server(&name, server_names, days)
            };
            let issued = authority.issue(&Issue { renew, ..issue }, &SystemClock, &SystemChance)?;
            println!("certificate  {}", issued.certificate.display());
            println!("key          {}", issued.key.display());
            println!("fingerprint  {}", issued.entry.fingerprint);
            println!("expires      {}", issued.entry.expires);
        }
        Command::Revoke { which, reason } => {
            let which = match (which.strip_prefix("serial:"), Fingerprint::parse(&which)) {
                (Some(serial), _) => Which::Serial(serial.to_owned()),
                (None, Ok(fingerprint)) => Which::Fingerprint(fingerprint),
                (None, Err(_)) => Which::Name(which),
            };
            let revoked = Authority::open(&directory)?.revoke(&which, reason, &SystemClock)?;
            println!("revoked      {} ({})", revoked.entry.name, revoked.entry.serial);
            println!("list number  {}, holds until {}", revoked.crl_number, revoked.next_update);
        }
        Command::Inspect { file: Some(file) } => {
            let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
            for fact in inspect(&bytes)? {
                show(&fact);
            }
        }
        Command::Inspect { file: None } => {
            for entry in Authority::open(&directory)?.entries()? {
                let ended = entry.revoked.map_or(String::new(), |at| format!("\trevoked {at}"));
                println!(
                    "{}\t{}\texpires {}\t{}{ended}",
                    entry.name, entry.subject, entry.expires, entry.fingerprint
                );
            }
        }
    }
    Ok(true)
}

fn show(fact: &Fact) {
    match fact {
        Fact::Certificate(certificate) => {
            println!("certificate  {}", certificate.subject);
            println!("  issuer       {}", certificate.issuer);
            println!("  serial       {}", certificate.serial);
            println!("  fingerprint  {}", certificate.fingerprint);
            println!("  valid        {} to {}", certificate.not_before, certificate.not_after);
            println!("  authority    {}", if certificate.authority { "yes" } else { "no" });
            println!("  usages       {}", certificate.usages.join(", "));
            println!("  names        {}", certificate.names.join(", "));
        }
        Fact::Crl(list) => {
            println!("revocation list of {}", list.issuer);
            println!("  number       {}", list.number.as_deref().unwrap_or("none"));
            println!("  from         {}", list.this_update);
            println!("  until        {}", list.next_update.map_or("no end".to_owned(), |at| at.to_string()));
            println!("  revoked      {}", list.revoked.join(", "));
        }
        Fact::Other { label } => println!("{label}: not looked into"),
    }
}
