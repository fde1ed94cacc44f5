//! The certificates that are in use: ours, and those that our authority issued to agencies.

use std::path::PathBuf;

use crate::cli::world::{Which, World};
use crate::cli::{Context, block_on};
use crate::config::{Folder, Settings};
use crate::exchange::Gateway;
use crate::exchange::keep::InUse;
use crate::pki::{Authority, Fact, inspect};

/// All that can be looked at; what cannot is told by whoever loads it.
pub(crate) fn in_use(gateway: &Gateway, settings: &Settings, folder: &Folder) -> Vec<InUse> {
    let mut found = Vec::new();
    let listener = &settings.agency_listener;
    let ours = std::iter::once(&listener.certificate).chain(&settings.outbound.certificate);
    for file in ours.chain(&listener.authorities).chain(&settings.outbound.authorities) {
        found.extend(of_file(&folder.resolve(file)));
    }
    let issued = Authority::open(&folder.pki()).and_then(|authority| authority.entries()).unwrap_or_default();
    for agency in gateway.registry().agencies() {
        for entry in issued.iter().filter(|entry| entry.revoked.is_none()) {
            if agency.certificates.contains(&entry.fingerprint) {
                found.push(InUse {
                    subject: entry.subject.clone(),
                    owner: agency.name.clone(),
                    agency: Some(agency.id.clone()),
                    serial: entry.serial.clone(),
                    fingerprint: entry.fingerprint,
                    expires: entry.expires,
                    file: format!("pki/issued/{}.crt", entry.name),
                });
            }
        }
    }
    found.sort_by_key(|one| (one.expires, one.fingerprint.to_string()));
    found.dedup_by_key(|one| one.fingerprint);
    found
}

/// The certificates of a file of ours.
fn of_file(file: &PathBuf) -> Vec<InUse> {
    let facts = std::fs::read(file).ok().and_then(|bytes| inspect(&bytes).ok()).unwrap_or_default();
    let certificate = |fact| match fact {
        Fact::Certificate(found) => Some(InUse {
            subject: found.subject,
            owner: "网关 gateway".to_owned(),
            agency: None,
            serial: found.serial,
            fingerprint: found.fingerprint,
            expires: found.not_after,
            file: file.display().to_string(),
        }),
        Fact::Crl(_) | Fact::Other { .. } => None,
    };
    facts.into_iter().filter_map(certificate).collect()
}

/// Lists them by when they end.
pub(crate) fn list(context: &Context) -> anyhow::Result<bool> {
    block_on(async {
        let world = World::load(context)?;
        let (gateway, _) = world.open(Which::Spoken).await?;
        let now = gateway.clock().now();
        for one in in_use(&gateway, &world.settings, &world.folder) {
            let days = one.days_left(now);
            println!("{}\t{days} days\t{}\t{}\t{}", one.expires, one.owner, one.subject, one.file);
        }
        Ok(true)
    })
}
