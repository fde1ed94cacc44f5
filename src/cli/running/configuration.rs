//! The files that a gateway goes by, as the journal names them: so that years later it can be proved which were in force.
//!
//! Private keys and secrets are left out, digests of them too: one that is short could be guessed from its digest.

use std::path::{Path, PathBuf};

use crate::cli::running::trust_paths;
use crate::cli::world::World;
use crate::domain::digest::Digest;

/// Name and SHA-256 of each.
type Files = Vec<(String, Digest)>;

/// Everything at a start; profiles stand in the entry by their own digests.
pub(super) fn all(world: &World) -> Files {
    let mut files = of(world, [world.folder.settings()]);
    for more in [agencies(world), certificates(world), outbound(world), rules(world), notices(world)] {
        files.extend(more);
    }
    files
}

pub(super) fn agencies(world: &World) -> Files {
    below(world, &world.folder.agencies())
}

pub(super) fn certificates(world: &World) -> Files {
    let trust = trust_paths(&world.settings, &world.folder);
    let listed: Vec<PathBuf> =
        [trust.certificate].into_iter().chain(trust.authorities).chain(trust.crls).collect();
    of(world, listed)
}

pub(super) fn outbound(world: &World) -> Files {
    let outbound = &world.settings.outbound;
    let named = outbound.certificate.iter().chain(&outbound.authorities);
    of(world, named.map(|file| world.folder.resolve(file)).collect::<Vec<_>>())
}

pub(super) fn rules(world: &World) -> Files {
    [below(world, &world.folder.calendars()), below(world, &world.folder.rules())].concat()
}

fn notices(world: &World) -> Files {
    below(world, &world.folder.resolve("notices"))
}

fn below(world: &World, folder: &Path) -> Files {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    of(world, found)
}

/// What cannot be read is told by whoever loads it.
fn of(world: &World, paths: impl IntoIterator<Item = PathBuf>) -> Files {
    let digest = |path: PathBuf| {
        let bytes = std::fs::read(&path).ok()?;
        let name = path.strip_prefix(world.folder.path()).unwrap_or(&path).display().to_string();
        Some((name, Digest::of(&bytes)))
    };
    paths.into_iter().filter_map(digest).collect()
}
