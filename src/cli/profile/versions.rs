//! `regbridge profile list` and `profile check`: the versions that there are, side by side.

use crate::cli::Context;
use crate::cli::profile::{check as check_files, completed, files};
use crate::cli::shelf::{Entry, Shelf};
use crate::config::registry;

/// As much of a digest as tells two versions apart by eye: 48 bits.
pub(in crate::cli) const DIGEST: usize = 12;

/// A line for each version. `speaks` counts the agencies' files that name it, or its id where it is the newest.
pub(super) fn list(context: &Context) -> anyhow::Result<bool> {
    let shelf = Shelf::read(&context.folder)?;
    let spoken = registry::spoken(&context.folder);
    for entry in shelf.entries() {
        let complete = shelf.complete(&entry.files);
        let digest = match &complete {
            Ok(files) if files.wanting().is_empty() => files.digest().to_string()[..DIGEST].to_owned(),
            Ok(_) => "files wanted".to_owned(),
            Err(_) => "base wanted".to_owned(),
        };
        let newest = shelf.versions(entry.id()).filter(|one| shelf.is_whole(one)).last().map(Entry::name);
        let speaks = |named: &str| {
            named == entry.name() || named == entry.id() && newest.as_ref() == Some(&entry.name())
        };
        let agencies: Vec<&str> =
            spoken.iter().filter(|(_, named)| speaks(named)).map(|(agency, _)| agency.as_str()).collect();
        println!("{}\t{digest}\t{}\t{}", entry.name(), entry.place(), agencies.join(","));
    }
    Ok(true)
}

/// Checks a folder, one version, all versions of an id, or all that the data directory has.
pub(super) fn check(profile: Option<&str>, context: &Context) -> anyhow::Result<bool> {
    let shelf = Shelf::read(&context.folder)?;
    let several: Vec<_> = match profile {
        Some(profile) => shelf.versions(profile).collect(),
        None => shelf.entries().filter(|entry| entry.folder.is_some()).collect(),
    };
    match (profile, several.as_slice()) {
        (None, []) => anyhow::bail!("{} has no profiles: name one", context.folder.profiles().display()),
        // A folder stands before a name, as for every command.
        (Some(profile), [] | [_]) => Ok(check_files(&files(profile, context)?)),
        (_, several) => {
            let mut good = true;
            for entry in several {
                println!("{}  {}", entry.name(), entry.place());
                good &= match completed(&entry.files, &shelf) {
                    Ok(files) => check_files(&files),
                    Err(error) => {
                        eprintln!("{error}");
                        false
                    }
                };
            }
            Ok(good)
        }
    }
}
