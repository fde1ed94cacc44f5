//! Every profile there is, not loaded yet: the shipped ones and those of the data directory, versions side by side.
//!
//! Promise: a folder is known by the id and the version its manifest says, whatever the folder is called. Two folders
//! that say the same of different files are refused, both named: nobody could tell which one an agency speaks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use include_dir::{Dir, include_dir};

use crate::cli::world::{MANIFEST, read_profile};
use crate::config::{Folder, nearest};
use crate::domain::problem::Problem;
use crate::domain::profile_name::ProfileName;
use crate::mapping::{ProfileFiles, UNSAID};

/// The profiles that travel inside the program.
static SHIPPED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/schemas/profiles");

/// A version of a profile.
pub(crate) struct Entry {
    /// The name that pins it.
    pub(crate) pin: ProfileName,
    /// Where it stands; `None` if it is shipped.
    pub(crate) folder: Option<PathBuf>,
    /// Its files, without those of the profile that it extends.
    pub(crate) files: ProfileFiles,
}

impl Entry {
    /// The name that pins it, printed.
    pub(crate) fn name(&self) -> String {
        self.pin.to_string()
    }

    /// The profile's id.
    pub(crate) fn id(&self) -> &str {
        &self.pin.id
    }

    /// Where it stands, in words.
    pub(crate) fn place(&self) -> String {
        self.folder.as_ref().map_or_else(|| "shipped".to_owned(), |folder| folder.display().to_string())
    }
}

/// All versions of all profiles, by id and age.
pub(crate) struct Shelf(Vec<Entry>);

impl Shelf {
    /// Reads what is shipped, what the data directory lays beside it, and the profiles of the data directory.
    pub(crate) fn read(folder: &Folder) -> anyhow::Result<Self> {
        let mut shipped = BTreeMap::new();
        for one in SHIPPED.dirs() {
            let mut files = BTreeMap::new();
            collect(one, one, &mut files);
            shipped.insert(one.path().display().to_string(), ProfileFiles(files));
        }
        let mut all = Vec::new();
        let own = folder.profiles();
        if own.is_dir() {
            for entry in std::fs::read_dir(&own).with_context(|| own.display().to_string())? {
                let path = entry?.path();
                if !path.is_dir() {
                    continue;
                }
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let files = read_profile(&path)?;
                match shipped.get_mut(&name) {
                    // Without a manifest of its own it is what a shipped profile expects beside it.
                    Some(shipped) if !files.0.contains_key(MANIFEST) => shipped.0.extend(files.0),
                    _ => all.push(entry_of(&name, Some(path), files)),
                }
            }
        }
        all.extend(shipped.into_iter().map(|(name, files)| entry_of(&name, None, files)));
        Self::of(all)
    }

    /// These, if no two are different files of the same id and version; the same files twice count once.
    fn of(mut all: Vec<Entry>) -> anyhow::Result<Self> {
        // A folder stands before what is shipped: it can be looked into.
        all.sort_by_cached_key(|entry| (entry.pin.clone(), entry.folder.is_none(), entry.place()));
        let same = |one: &Entry, other: &Entry| one.pin == other.pin;
        for pair in all.windows(2) {
            if let [one, other] = pair
                && same(one, other)
                && one.files != other.files
            {
                bail!(
                    "{} and {} both say they are {}, and their files differ: give one of them another version in its \
                     {MANIFEST}",
                    one.place(),
                    other.place(),
                    one.name()
                );
            }
        }
        all.dedup_by(|later, kept| same(later, kept));
        Ok(Self(all))
    }

    /// All of them, by id and age.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }

    /// The versions that a name means, oldest first: all of an id, or the one that it pins.
    pub(crate) fn versions(&self, name: &str) -> impl Iterator<Item = &Entry> + use<'_> {
        let name = ProfileName::parse(name);
        self.0.iter().filter(move |entry| name.as_ref().is_some_and(|name| name.means(&entry.pin)))
    }

    /// The version of this name: the newest of an id, or the one that the name pins.
    pub(crate) fn named(&self, name: &str) -> anyhow::Result<&Entry> {
        self.versions(name).last().with_context(|| self.unknown(name))
    }

    /// What is said of a name that nothing has: the nearest, and those there are.
    fn unknown(&self, name: &str) -> String {
        let mut names: Vec<String> = self.versions(ProfileName::id_in(name)).map(Entry::name).collect();
        if names.is_empty() {
            names = self.0.iter().map(|entry| entry.id().to_owned()).collect();
            names.dedup();
        }
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let meant = nearest(name, &known).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        format!("no profile or folder \"{name}\"{meant}; there are {}", known.join(", "))
    }

    /// Files with those of the profile that they extend.
    pub(crate) fn complete(&self, files: &ProfileFiles) -> Result<ProfileFiles, Vec<Problem>> {
        let Some(name) = files.base() else { return Ok(files.clone()) };
        let all = match self.named(&name) {
            Ok(base) => BTreeMap::from([(name, base.files.clone())]),
            // None of them is it; the names alone are for saying which is nearest.
            Err(_) => self.0.iter().map(|entry| (entry.id().to_owned(), ProfileFiles::default())).collect(),
        };
        files.complete(&all)
    }

    /// Whether nothing is missing that the profile expects beside its own files.
    pub(crate) fn is_whole(&self, entry: &Entry) -> bool {
        self.complete(&entry.files).is_ok_and(|files| files.wanting().is_empty())
    }
}

/// A folder whose manifest says no id goes by its own name; loading it tells what is wrong.
fn entry_of(name: &str, folder: Option<PathBuf>, files: ProfileFiles) -> Entry {
    let pin = files.identity().unwrap_or_else(|| ProfileName::pinned(name.to_owned(), UNSAID));
    Entry { pin, folder, files }
}

fn collect(dir: &Dir<'_>, root: &Dir<'_>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in dir.files() {
        let path = file.path().strip_prefix(root.path()).unwrap_or(file.path());
        files.insert(path.display().to_string(), file.contents().to_vec());
    }
    for below in dir.dirs() {
        collect(below, root, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(folders: &[(&str, &str)]) -> (tempfile::TempDir, Folder) {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::at(directory.path());
        for (name, manifest) in folders {
            let here = folder.profiles().join(name);
            std::fs::create_dir_all(&here).unwrap();
            std::fs::write(here.join(MANIFEST), manifest).unwrap();
        }
        (directory, folder)
    }

    #[test]
    fn a_name_is_the_newest_version_or_the_one_it_pins() {
        let (_keep, folder) = data(&[
            ("a", "id = \"lake\"\nversion = \"1.9.0\""),
            ("b", "id = \"lake\"\nversion = \"1.10.0\""),
            ("c", "id = \"lake\"\nversion = \"1.10.0-draft.2\""),
            ("river", "id = \"river\""),
        ]);
        let shelf = Shelf::read(&folder).unwrap();
        let place = |name: &str| shelf.named(name).map(Entry::place).map_err(|error| error.to_string());
        assert!(place("lake").unwrap().ends_with("/b"), "by the order of versions, not of letters");
        assert!(place("lake@1.9.0").unwrap().ends_with("/a"));
        assert!(place("lake@1.10.0-draft.2").unwrap().ends_with("/c"));
        assert!(place("river@0.0.0").unwrap().ends_with("/river"));
        assert_eq!(place("cn-amr-xml").unwrap(), "shipped");
        assert_eq!(
            place("lake@1.9.1").unwrap_err(),
            "no profile or folder \"lake@1.9.1\"; did you mean lake@1.9.0?; there are lake@1.9.0, lake@1.10.0-draft.2, \
             lake@1.10.0"
        );
        let error = place("lakke").unwrap_err();
        assert!(error.contains("did you mean lake?") && error.contains("cn-amr-xml, "), "{error}");
    }

    #[test]
    fn two_folders_of_one_version_must_be_the_same() {
        let manifest = "id = \"lake\"\nversion = \"1.0.0\"\n";
        let (_keep, folder) = data(&[("a", manifest), ("b", manifest)]);
        assert_eq!(Shelf::read(&folder).unwrap().versions("lake").count(), 1);
        std::fs::write(folder.profiles().join("b/x.csv"), "").unwrap();
        let error = Shelf::read(&folder).err().unwrap().to_string();
        for word in ["profiles/a ", "profiles/b ", "lake@1.0.0", "another version"] {
            assert!(error.contains(word), "{word}: {error}");
        }
        let (_keep, folder) = data(&[("mine", "id = \"cn-amr-xml\"")]);
        let error = Shelf::read(&folder).err().unwrap().to_string();
        assert!(error.contains("profiles/mine and shipped both say they are cn-amr-xml@0.0.0"), "{error}");
    }

    #[test]
    fn a_base_is_the_newest_version_or_the_pinned_one() {
        let (_keep, folder) = data(&[
            ("old", "id = \"lake\"\nversion = \"1.9.0\""),
            ("new", "id = \"lake\"\nversion = \"1.10.0\""),
            ("free", "id = \"shore\"\nextends = \"lake\""),
            ("pinned", "id = \"beach\"\nextends = \"lake@1.9.0\""),
            ("lost", "id = \"reef\"\nextends = \"lake@1.9.9\""),
        ]);
        let shelf = Shelf::read(&folder).unwrap();
        let base = |name: &str| {
            let files =
                shelf.complete(&shelf.named(name).unwrap().files).map_err(|faults| faults[0].en.clone())?;
            let above: Vec<&[u8]> = files
                .0
                .iter()
                .filter(|(path, _)| path.starts_with("../"))
                .map(|(_, bytes)| &**bytes)
                .collect();
            Ok::<_, String>(String::from_utf8_lossy(above[0]).into_owned())
        };
        assert!(base("shore").unwrap().contains("1.10.0"));
        assert!(base("beach").unwrap().contains("1.9.0"));
        assert!(base("reef").unwrap_err().contains("lake"), "{:?}", base("reef"));
    }
}
