//! Building the world from a data directory: settings, profiles, agencies, store, journal key, gateway.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use tokio::task::JoinHandle;

use crate::cli::Context;
use crate::cli::shelf::{Entry, Shelf};
use crate::client::bucket::{Bucket, BucketSettings};
use crate::client::identity::Identity;
use crate::client::witness::WitnessAt;
use crate::clock::{Chance as _, SystemChance, SystemClock};
use crate::config::deadlines::Team;
use crate::config::settings;
use crate::config::{Environment, Folder, Settings};
use crate::domain::profile_name::ProfileName;
use crate::domain::record::schemas;
use crate::domain::registry::Registry;
use crate::exchange::attachments::{AttachmentLimits, AttachmentParts};
use crate::exchange::feed::cursor::CursorKeys;
use crate::exchange::journal::Journal;
use crate::exchange::profiles::Profiles;
use crate::exchange::witness::{Watching, Witnesses};
use crate::exchange::{Gateway, Parts};
use crate::files::Files;
use crate::files::disk::Disk;
use crate::mapping::{Canonical, Profile, ProfileFiles};
use crate::seal::{Key, KeyRing};
use crate::store::{Claim, Store, Target, Tx};
use crate::tlog::{Origin, WitnessKey};

/// The file that makes a folder a profile.
pub(crate) const MANIFEST: &str = "profile.toml";

/// What a data directory says, before anything is opened.
pub(crate) struct World {
    pub(crate) folder: Folder,
    pub(crate) environment: Environment,
    pub(crate) settings: Settings,
}

impl World {
    /// Reads the settings.
    pub(crate) fn load(context: &Context) -> anyhow::Result<Self> {
        let file = context.folder.settings();
        if !file.is_file() {
            bail!(
                "{} does not exist. Two lines are enough: [journal] and origin = \"gateway.your-domain/journal\" \
                 (ops/config.example.toml says all that may stand there); or see everything at work with `regbridge \
                 demo`",
                file.display()
            );
        }
        let settings = Settings::load(&context.folder, &context.environment)?;
        Ok(Self { folder: context.folder.clone(), environment: context.environment.clone(), settings })
    }

    /// Opens the database, and migrates it if need be.
    pub(crate) async fn open_store(&self) -> anyhow::Result<Store> {
        Ok(Store::open(&self.target()?, Arc::new(SystemChance)).await?)
    }

    /// Opens the database to look at it: it is not made, migrated or written to.
    pub(crate) async fn look_at_store(&self) -> anyhow::Result<Store> {
        Ok(Store::look_at(&self.target()?, Arc::new(SystemChance)).await?)
    }

    /// Claims the right to serve the database.
    pub(crate) fn claim(&self) -> anyhow::Result<Claim> {
        Ok(Claim::of(&self.target()?)?)
    }

    pub(crate) fn target(&self) -> anyhow::Result<Target> {
        Ok(Target::parse(&self.settings.store_url(&self.folder)?)?)
    }

    /// Opens everything that the use cases need. The task writes for the gateway and ends with its last clone.
    pub(crate) async fn open(&self, which: Which) -> anyhow::Result<(Gateway, JoinHandle<()>)> {
        let profiles = load_profiles(&self.folder, which)?;
        let laws = crate::config::laws::load(&self.folder)?;
        let registry = self.load_registry(1)?;
        let store = self.open_store().await?;
        let journal = self.journal(&store).await?;
        let attachments = self.attachments(&store).await?;
        let cursors = self.cursor_keys()?;
        let notices = crate::cli::notice::notices(self)?;
        let witnesses = self.witnesses()?;
        let (gateway, writer) = Gateway::open(Parts {
            store,
            journal,
            profiles,
            registry,
            webhooks: self.settings.webhooks.iter().map(|webhook| webhook.name.clone()).collect(),
            attachments: Some(attachments),
            cursors,
            clock: Arc::new(SystemClock),
            chance: Arc::new(SystemChance),
        });
        gateway.replace_notices(notices);
        gateway.replace_witnesses(witnesses);
        gateway.replace_laws(laws).await?;
        gateway.replace_teams(self.settings.teams.iter().map(Team::made).collect());
        Ok((gateway, writer))
    }

    /// Reads the agencies.
    pub(crate) fn load_registry(&self, generation: u64) -> anyhow::Result<Registry> {
        let profiles = Shelf::read(&self.folder)?;
        let complete = profiles.entries().filter(|entry| profiles.is_whole(entry));
        let names = complete.flat_map(|entry| [entry.id().to_owned(), entry.name()]).collect();
        crate::config::registry::load(&self.folder, &self.environment, &names, generation).map_err(|errors| {
            let mut lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            lines.extend(wanting(&profiles, &lines.join("\n")));
            anyhow::anyhow!(lines.join("\n"))
        })
    }

    /// The keys that cursors of feeds are signed with. The first is made at the first start.
    pub(crate) fn cursor_keys(&self) -> anyhow::Result<CursorKeys> {
        let file = self.folder.cursor_keys();
        if !file.exists() {
            write_secret(&file, &format!("{}\n", hex::encode(SystemChance.thirty_two())))?;
        }
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        CursorKeys::parse(&text).with_context(|| {
            format!("{}: expected keys of 64 hexadecimal digits, one a line", file.display())
        })
    }

    /// The journal under its key. The key is made at the first start, while the journal is empty; later a missing key
    /// is an error: a new one would make every receipt fail.
    async fn journal(&self, store: &Store) -> anyhow::Result<Journal> {
        let origin = Origin::parse(&self.settings.journal.origin)?;
        let file = self.folder.resolve(&self.settings.journal.key_file);
        if !file.exists() {
            let head = store.read("journal.head", async |mut tx: Tx| tx.journal_head().await).await?;
            if head.size > 0 {
                bail!("{} is missing, and the journal has {} entries under it", file.display(), head.size);
            }
            make_secret(&file)?;
        }
        Ok(Journal::new(origin, &read_secret(&file, "an Ed25519 seed")?)?)
    }

    /// The witnesses of the journal, and how each is asked.
    fn witnesses(&self) -> anyhow::Result<Witnesses> {
        let journal = &self.settings.journal;
        let each = journal.witnesses.iter().map(|one| {
            let files = if one.authorities.is_empty() {
                &self.settings.outbound.authorities
            } else {
                &one.authorities
            };
            let peers = self.believing(files)?;
            let call = WitnessAt::new(&one.url, &peers).map_err(anyhow::Error::msg)?;
            let key = WitnessKey::parse(&one.vkey)?;
            Ok(Watching { name: one.name.clone(), key, call: Arc::new(call) })
        });
        let each = each.collect::<anyhow::Result<_>>().context("[[journal.witnesses]]")?;
        Ok(Witnesses { quorum: journal.quorum, each })
    }

    /// Who believes the authorities of these files, and nobody else.
    fn believing(&self, files: &[PathBuf]) -> anyhow::Result<Identity> {
        let mut authorities = Vec::new();
        for file in files {
            let file = self.folder.resolve(file);
            authorities.extend(std::fs::read(&file).with_context(|| file.display().to_string())?);
        }
        Ok(if authorities.is_empty() { Identity::nobody() } else { Identity::anonymous(&authorities)? })
    }

    /// The bucket of the sealed files.
    fn bucket(&self, settings: &settings::Bucket) -> anyhow::Result<Bucket> {
        let secret = self.environment.secret("bucket", &self.folder.resolve(&settings.secret_file))?;
        let secret = std::str::from_utf8(secret.bytes()).context("the bucket's key is no text")?;
        let peers = self.believing(&settings.authorities)?;
        let settings = BucketSettings {
            endpoint: &settings.endpoint,
            name: &settings.name,
            region: &settings.region,
            path_style: settings.path_style,
            prefix: &settings.prefix,
            access_key: &settings.access_key,
            secret,
        };
        Bucket::new(&settings, &peers).map_err(anyhow::Error::msg)
    }

    /// Where files of cases stand, and what opens them. The key file is made while nothing is under it.
    async fn attachments(&self, store: &Store) -> anyhow::Result<AttachmentParts> {
        let settings = &self.settings.attachments;
        let file = self.folder.resolve(&settings.key_file);
        if !file.exists() {
            let used = store.read("attachment.any_key", async |mut tx: Tx| tx.any_case_key().await).await?;
            if used {
                bail!("{} is missing, and the keys of cases are wrapped under it", file.display());
            }
            make_secret(&file)?;
        }
        let key = |file: &Path| read_secret(file, "a key").map(Key::from_bytes);
        let old = settings.old_key_files.iter().map(|file| key(&self.folder.resolve(file)));
        let keys = KeyRing::new(key(&file)?, old.collect::<anyhow::Result<_>>()?);
        let folder = self.folder.resolve(&settings.folder);
        let disk = Disk::open(&folder).with_context(|| folder.display().to_string())?;
        let files: Arc<dyn Files> = match &settings.bucket {
            Some(bucket) => Arc::new(self.bucket(bucket).context("[attachments.bucket]")?),
            None => Arc::new(disk),
        };
        let staging = folder.join("staging");
        Disk::open(&staging).with_context(|| staging.display().to_string())?;
        Ok(AttachmentParts {
            files,
            staging,
            keys,
            limits: AttachmentLimits {
                most_bytes: settings.most_bytes,
                case_bytes: settings.case_bytes,
                types: settings.types.clone(),
                unfinished_hours: settings.unfinished_hours,
            },
            scanned: !settings.scanner.command.is_empty(),
            address: settings.address.clone(),
        })
    }
}

/// Makes a file of 32 random bytes, as hexadecimal digits.
fn make_secret(file: &Path) -> anyhow::Result<()> {
    write_secret(file, &format!("{}\n", hex::encode(SystemChance.thirty_two())))?;
    tracing::info!(file = %file.display(), "made a key; keep a copy of it in a safe place");
    Ok(())
}

pub(crate) fn read_secret(file: &Path, what: &str) -> anyhow::Result<[u8; 32]> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let bytes = hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.with_context(|| format!("{}: expected {what} as 64 hexadecimal digits", file.display()))
}

/// The key under which backups are sealed; made at the first one.
pub(crate) fn backup_key(file: &Path) -> anyhow::Result<Key> {
    if !file.exists() {
        make_secret(file)?;
    }
    read_secret(file, "a key").map(Key::from_bytes)
}

/// Writes a secret for its owner alone; refuses to replace one.
pub(crate) fn write_secret(file: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    let mut handle = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(|| file.display().to_string())?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    Ok(())
}

/// Which profiles are loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// All there are.
    All,
    /// Those that agencies speak, in all their versions, and those of the data directory: what a gateway that serves needs. A profile with
    /// its schemas takes up to some megabytes of memory.
    Spoken,
}

/// What is missing of the profiles that `errors` names.
fn wanting(shelf: &Shelf, errors: &str) -> Vec<String> {
    let named = |entry: &&Entry| {
        errors.contains(&format!("no profile {};", entry.id()))
            || errors.contains(&format!("no profile {};", entry.name()))
    };
    let complete = shelf.entries().filter(named).filter_map(|entry| shelf.complete(&entry.files).ok());
    complete.flat_map(|files| files.wanting()).map(|problem| problem.to_string()).collect()
}

/// The profiles, shipped ones and those of the data directory, in all their versions: what was received under one is
/// answered by it. One whose schema the operator has not got yet is left out, and the log says so.
pub(crate) fn load_profiles(folder: &Folder, which: Which) -> anyhow::Result<Profiles> {
    let canonical = Canonical(schemas());
    let mut loaded = Vec::new();
    let shelf = Shelf::read(folder)?;
    let spoken = crate::config::registry::profiles(folder);
    let spoken = |id: &str| spoken.iter().any(|name| ProfileName::id_in(name) == id);
    for entry in shelf.entries() {
        let own = entry.folder.is_some() && entry.files.0.contains_key(MANIFEST);
        if which == Which::Spoken && !spoken(entry.id()) && !own {
            continue;
        }
        let name = entry.name();
        let complete = shelf.complete(&entry.files);
        if complete.as_ref().is_ok_and(|files| !files.wanting().is_empty()) {
            // It is there for those who have the agency's files; an agency that is to speak it is told what is missing.
            tracing::debug!(profile = %name, "left out: files that are not shipped are missing");
            continue;
        }
        let complete = complete.and_then(|files| Profile::load(&files, &canonical));
        let (profile, warnings) = complete.map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("profile {name} ({}) does not load:\n{}", entry.place(), lines.join("\n"))
        })?;
        for warning in warnings {
            tracing::debug!(profile = %name, %warning, "profile");
        }
        loaded.push(profile);
    }
    Ok(Profiles::new(loaded))
}

/// The files of a profile's folder.
pub(crate) fn read_profile(folder: &Path) -> anyhow::Result<ProfileFiles> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in std::fs::read_dir(&here).with_context(|| here.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                files.insert(name, std::fs::read(&path).with_context(|| path.display().to_string())?);
            }
        }
    }
    Ok(ProfileFiles(files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shipped_is_laid_beside_a_shipped_profile() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::at(directory.path());
        let ids = |profiles: &Profiles| profiles.ids().map(str::to_owned).collect::<Vec<_>>();
        let without = ids(&load_profiles(&folder, Which::All).unwrap());
        assert!(
            without.contains(&"cn-amr-xml".to_owned()) && !without.contains(&"dcc-2.4".to_owned()),
            "{without:?}"
        );
        let wanting = Shelf::read(&folder).unwrap().named("dcc-2.4").unwrap().files.wanting();
        assert_eq!(wanting.len(), 2, "{wanting:?}");
        let beside = folder.profiles().join("dcc-2.4");
        std::fs::create_dir_all(&beside).unwrap();
        std::fs::write(beside.join("dcc.xsd"), "<nonsense/>").unwrap();
        std::fs::write(beside.join("SI_Format.xsd"), "<nonsense/>").unwrap();
        let files = Shelf::read(&folder).unwrap().named("dcc-2.4").unwrap().files.clone();
        assert!(files.wanting().is_empty() && files.0.contains_key("certificate.map.toml"));
        // Nobody speaks it.
        assert!(load_profiles(&folder, Which::Spoken).unwrap().ids().next().is_none());
        // Now it is whole, and looked at: these are no schemas.
        let error = load_profiles(&folder, Which::All).err().unwrap().to_string();
        assert!(error.contains("dcc-2.4") && error.contains("xsd"), "{error}");
        std::fs::create_dir_all(folder.agencies()).unwrap();
        for (agency, profile) in [("a", "cn-amr-xml"), ("b", "cn-12315-json")] {
            let file = folder.agencies().join(format!("{agency}.toml"));
            std::fs::write(file, format!("profile = \"{profile}\"")).unwrap();
        }
        assert_eq!(ids(&load_profiles(&folder, Which::Spoken).unwrap()), ["cn-12315-json", "cn-amr-xml"]);
    }
}
