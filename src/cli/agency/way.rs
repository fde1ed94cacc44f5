//! The way to an agency: its folder, and the endpoint that messages are pushed to.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::Context;
use crate::cli::running::outbound_identity;
use crate::cli::world::World;
use crate::client::probe::probe;
use crate::clock::{Clock as _, SystemClock};
use crate::domain::agency::DeliveryMode;
use crate::domain::folder::DropPaths;
use crate::domain::id::AgencyId;
use crate::files::whole;
use crate::pki::certificate;

/// Looks whether it can be gone; tells each step.
pub(super) fn look(id: &AgencyId, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    let agency = world.load_registry(1)?.by_id(id).with_context(|| format!("no agency {id}"))?;
    let mut good = true;
    if let Some(folder) = &agency.folder {
        good &= shelves(&folder.paths(context.folder.path(), id));
    }
    match &agency.delivery {
        DeliveryMode::Push { url } => good &= endpoint(url, &world)?,
        DeliveryMode::Folder => {}
        DeliveryMode::Pull => println!("ok       it fetches its messages: there is nobody to call"),
    }
    Ok(good)
}

/// Whether the parts of a folder can be read and written, as the gateway must.
fn shelves(paths: &DropPaths) -> bool {
    let mut good = true;
    for part in [&paths.incoming, &paths.done, &paths.refused, &paths.outgoing] {
        match writable(part) {
            Ok(()) => println!("ok       {} can be read and written", part.display()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                println!("missing  {}: a running gateway makes it", part.display());
            }
            Err(error) => {
                println!("wrong    {}: {error}; the gateway's user must read and write it", part.display());
                good = false;
            }
        }
    }
    good
}

fn writable(folder: &Path) -> std::io::Result<()> {
    std::fs::read_dir(folder)?.next().transpose()?;
    // Hidden: the agency's programs pass it over.
    let probe = folder.join(".regbridge-check");
    whole::write(&probe, b"")?;
    whole::gone(&probe)
}

fn endpoint(url: &str, world: &World) -> anyhow::Result<bool> {
    let identity = outbound_identity(world)?;
    let probe = probe(url, &identity);
    for step in &probe.steps {
        match &step.outcome {
            Ok(said) => println!("ok       {}: {said}", step.name),
            Err(why) => println!("failed   {}: {why}", step.name),
        }
    }
    if let Some(own) = probe.certificates.first().and_then(|own| certificate(own).ok()) {
        let days = own.not_after.millis_since(SystemClock.now()) / 86_400_000;
        println!("peer     {}, until {} ({days} days)", own.subject, own.not_after);
    }
    Ok(probe.is_well())
}
