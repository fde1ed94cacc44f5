//! A whole gateway for a test: data directory, authority, agencies, database, agency listener on a free port.

pub(crate) mod client;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use regbridge::clock::{Clock, HeldClock, SystemChance, SystemClock};
use regbridge::config::{Environment, Folder, registry};
use regbridge::domain::digest::{Digest, Fingerprint};
use regbridge::domain::id::AgencyId;
use regbridge::domain::kind::Kind;
use regbridge::domain::record::schemas;
use regbridge::exchange::Refused;
use regbridge::exchange::attachments::{Announced, AttachmentLimits, AttachmentParts, Party, Start};
use regbridge::exchange::feed::cursor::CursorKeys;
use regbridge::exchange::journal::Journal;
use regbridge::exchange::post::Posting;
use regbridge::exchange::profiles::Profiles;
use regbridge::exchange::view::{Actor, CaseFilter};
use regbridge::exchange::{Gateway, Parts};
use regbridge::files::disk::Disk;
use regbridge::http::agency;
use regbridge::http::agency::door::Door;
use regbridge::http::agency::limits::Limits;
use regbridge::mapping::{Canonical, Profile, ProfileFiles};
use regbridge::pki::{Authority, Issue, NewAuthority, Reason, Trust, TrustPaths, Which};
use regbridge::seal::{Key, KeyRing};
use regbridge::store::{Store, Target};
use regbridge::tlog::Origin;
use regbridge::worker::scanner::ScannerCommand;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::runtime::Runtime;

use client::Client;

/// The bureau of most tests: complaints of all of Hangzhou.
pub(crate) const HZ: &str = "hz-amr";
/// A bureau of another city.
pub(crate) const NB: &str = "nb-amr";
/// A district whose format tells refusals itself.
pub(crate) const LS: &str = "lishui-amr";
/// A bureau with a client of the old open platform.
pub(crate) const YQ: &str = "yq-amr";

/// A food agency that pulls results of one category, and leads.
pub(crate) const FDA: &str = "hz-fda";
/// The food agency of the province, which has all of them.
pub(crate) const PROVINCE: &str = "zj-fda";

/// A running gateway and all that belongs to it.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) clock: Arc<HeldClock>,
    pub(crate) trust: Trust,
    pub(crate) authority: Authority,
    address: SocketAddr,
    server: ServerHandle,
    folder: Folder,
    runtime: Runtime,
    _directory: tempfile::TempDir,
}

/// A gateway under the default limits.
pub(crate) fn open() -> House {
    open_with(Limits { workers: 1, ..Limits::default() })
}

/// A gateway under these limits.
pub(crate) fn open_with(limits: Limits) -> House {
    open_as(limits, false)
}

/// A gateway that has files scanned before it releases them.
pub(crate) fn open_scanned() -> House {
    open_as(Limits { workers: 1, ..Limits::default() }, true)
}

/// The largest file that is taken: more than 20 MB, which a test breaks off in the middle.
pub(crate) const MOST_BYTES: u64 = 24 * 1024 * 1024;

fn open_as(limits: Limits, scanned: bool) -> House {
    let agencies = [
        (HZ, agency_toml("330100", "cn-amr-xml", HZ_SCOPES, "")),
        (NB, agency_toml("330200", "cn-amr-xml", NB_SCOPES, "")),
        (YQ, agency_toml("330100", "cn-hongdun-yunqiao", YQ_SCOPES, YQ_ROUTER)),
        (FDA, agency_toml("330100", "feed-json", LEADS, FOOD)),
        (LS, agency_toml("330100", "amr-told", HZ_SCOPES, "")),
        (PROVINCE, agency_toml("330000", "feed-json", PROVINCE_SCOPES, "")),
    ];
    open_house(limits, scanned, &agencies.map(|(id, toml)| (id.to_owned(), toml)))
}

/// A gateway with these agencies: id, and the rest of the registry file.
pub(crate) fn open_among(agencies: &[(String, String)]) -> House {
    open_house(Limits { workers: 1, ..Limits::default() }, false, agencies)
}

fn open_house(limits: Limits, scanned: bool, agencies: &[(String, String)]) -> House {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::at(directory.path());
    let clock = Arc::new(HeldClock::at(SystemClock.now()));
    let new = NewAuthority { common_name: "Test CA".to_owned(), server_names: Vec::new(), server_days: 30 };
    let authority = Authority::init(&folder.pki(), &new, &*clock, &SystemChance).unwrap().authority;
    std::fs::create_dir_all(folder.keys()).unwrap();
    std::fs::write(folder.keys().join("router"), "helloworld").unwrap();
    for (id, toml) in agencies {
        register(&folder, &authority, &*clock, id, toml);
    }
    let runtime = Runtime::new().unwrap();
    let gateway = runtime.block_on(open_gateway(&folder, clock.clone(), scanned));
    let trust = Trust::load(&TrustPaths::of_authority(&folder.pki()), clock.clone()).unwrap();
    let (address, server) = serve(Door::new(gateway.clone(), trust.clone(), limits), trust.server_config());
    House { gateway, clock, trust, authority, address, server, folder, runtime, _directory: directory }
}

impl House {
    /// Connects with an agency's certificate.
    pub(crate) fn connect_as(&self, agency: &str) -> Client {
        let (certificate, key) = self.authority.issued_paths(agency);
        self.connect_with(&certificate, &key)
    }

    /// Connects with these files of a certificate and its key.
    pub(crate) fn connect_with(&self, certificate: &Path, key: &Path) -> Client {
        Client::connect(self.address, &self.authority.certificate_path(), Some((certificate, key)))
            .expect("the handshake is not refused")
    }

    /// What a connection with these files, or with none, comes to.
    pub(crate) fn try_connect(&self, identity: Option<(&Path, &Path)>) -> Result<(), String> {
        let mut client = Client::connect(self.address, &self.authority.certificate_path(), identity)?;
        client.try_get("/agency/v1").map(drop)
    }

    /// The files of a certificate that no agency file names.
    pub(crate) fn issue_unregistered(&self, name: &str) -> (PathBuf, PathBuf) {
        let issue = Issue::client(name, name, None, 30);
        let issued = self.authority.issue(&issue, &*self.clock, &SystemChance).unwrap();
        (issued.certificate, issued.key)
    }

    /// Revokes an agency's certificate; the listener takes the new list.
    pub(crate) fn revoke(&self, agency: &str) {
        let which = Which::Name(agency.to_owned());
        self.authority.revoke(&which, Reason::KeyCompromise, &*self.clock).unwrap();
        self.trust.reload().unwrap();
    }

    /// Takes an agency's file out of the registry; the gateway takes the new registry.
    pub(crate) fn remove(&self, agency: &str) {
        std::fs::remove_file(self.folder.agencies().join(format!("{agency}.toml"))).unwrap();
        self.reload_registry();
    }

    /// Changes an agency's file; the gateway takes the new registry.
    pub(crate) fn amend(&self, agency: &str, change: impl Fn(String) -> String) {
        let file = self.folder.agencies().join(format!("{agency}.toml"));
        std::fs::write(&file, change(std::fs::read_to_string(&file).unwrap())).unwrap();
        self.reload_registry();
    }

    /// The platform posts a record for the only case with this registration number; the case's state after it.
    pub(crate) fn post(&self, number: &str, record: serde_json::Value) -> String {
        self.post_as("platform", number, record)
    }

    /// The same under another token.
    pub(crate) fn post_as(&self, token: &str, number: &str, record: serde_json::Value) -> String {
        self.runtime.block_on(async {
            let actor = Actor { name: token.to_owned(), may_write: true };
            let case = self.gateway.cases(&numbered(number)).await.unwrap().remove(0).id;
            self.gateway.reply(&actor, &case, record, None).await.unwrap().state
        })
    }

    /// The platform posts what it may not; what it is told.
    pub(crate) fn refused(&self, number: &str, record: serde_json::Value) -> Refused {
        self.refused_as("platform", number, record)
    }

    /// The same under another token.
    pub(crate) fn refused_as(&self, token: &str, number: &str, record: serde_json::Value) -> Refused {
        self.runtime.block_on(async {
            let actor = Actor { name: token.to_owned(), may_write: true };
            let case = self.gateway.cases(&numbered(number)).await.unwrap().remove(0).id;
            self.gateway.reply(&actor, &case, record, None).await.unwrap_err()
        })
    }

    /// The last record of this kind in the only case with this registration number.
    pub(crate) fn record_of(&self, number: &str, kind: &str) -> serde_json::Value {
        self.runtime.block_on(async {
            let actor = Actor { name: "platform".to_owned(), may_write: false };
            let case = self.gateway.cases(&numbered(number)).await.unwrap().remove(0).id;
            let records = self.gateway.case(&actor, &case).await.unwrap().records;
            records.into_iter().rev().find(|record| record.kind.as_str() == kind).unwrap().record
        })
    }

    /// A person of the platform reads the only case with this registration number.
    pub(crate) fn read_as(&self, token: &str, number: &str) {
        self.runtime.block_on(async {
            let actor = Actor { name: token.to_owned(), may_write: false };
            let case = self.gateway.cases(&numbered(number)).await.unwrap().remove(0).id;
            self.gateway.case(&actor, &case).await.unwrap();
        });
    }

    /// The address of the files of the only case with this registration number.
    pub(crate) fn files_of(&self, number: &str) -> String {
        let case = self.runtime.block_on(self.gateway.cases(&numbered(number))).unwrap().remove(0).id;
        format!("/agency/v1/cases/{case}/attachments")
    }

    /// The platform brings a file to the only case with this registration number.
    pub(crate) fn platform_brings(&self, number: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.runtime.block_on(async {
            let party = Party::Platform(Actor { name: "platform".to_owned(), may_write: true });
            let case = self.gateway.cases(&numbered(number)).await.unwrap().remove(0).id;
            let start = Start::Anew(Announced::default());
            let mut upload = self.gateway.upload(party, &case, digest, start).await.unwrap();
            upload.write(bytes).await.unwrap();
            upload.finish().await.unwrap();
        });
        digest
    }

    /// Has the files that wait scanned by a shell's command; how many there were.
    pub(crate) fn scan(&self, command: &str, time: Duration) -> usize {
        let command = ["sh", "-c", command].map(str::to_owned).to_vec();
        self.runtime.block_on(self.gateway.scan_attachments(&ScannerCommand { command, time })).unwrap()
    }

    /// The files on disk: sealed ones, and those on their way.
    pub(crate) fn sealed(&self) -> Vec<PathBuf> {
        let mut files = BTreeMap::new();
        let root = self.folder.resolve("attachments");
        collect(&root, &root, &mut files);
        files.into_keys().map(|name| root.join(name)).collect()
    }

    /// The platform posts a record that answers nothing; the agencies it went to.
    pub(crate) fn post_open(&self, kind: &str, record: serde_json::Value) -> Result<Vec<String>, Refused> {
        self.posted(kind, Posting { record, to: Vec::new(), key: None, split: false })
    }

    /// The same to an agency by name.
    pub(crate) fn post_open_to(
        &self,
        kind: &str,
        record: serde_json::Value,
        agency: &str,
    ) -> Result<Vec<String>, Refused> {
        self.posted(
            kind,
            Posting { record, to: vec![AgencyId::parse(agency).unwrap()], key: None, split: false },
        )
    }

    fn posted(&self, kind: &str, posting: Posting) -> Result<Vec<String>, Refused> {
        let actor = Actor { name: "platform".to_owned(), may_write: true };
        let post = self.gateway.post(&actor, Kind::parse(kind).unwrap(), posting);
        let (posted, _) = self.runtime.block_on(post)?;
        Ok(posted.into_iter().map(|one| one.agency.to_string()).collect())
    }

    /// Cursors are signed and read with these keys from now on.
    pub(crate) fn change_cursor_keys(&self, keys: &[[u8; 32]]) {
        self.gateway.replace_cursor_keys(CursorKeys::new(keys));
    }

    /// Waits for what the gateway does.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Where agencies call.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The agencies.
    pub(crate) fn agencies(&self) -> Vec<String> {
        self.gateway.registry().agencies().map(|agency| agency.id.to_string()).collect()
    }

    /// An agency's registry file.
    pub(crate) fn agency_file(&self, agency: &str) -> PathBuf {
        self.folder.agencies().join(format!("{agency}.toml"))
    }

    /// The states of the cases with this registration number.
    pub(crate) fn states(&self, number: &str) -> Vec<String> {
        let cases = self.runtime.block_on(self.gateway.cases(&numbered(number))).unwrap();
        cases.into_iter().map(|case| case.state).collect()
    }

    fn reload_registry(&self) {
        let generation = self.gateway.registry().generation() + 1;
        self.gateway.replace_registry(load_registry(&self.folder, generation));
    }

    /// The journal's entries so far.
    pub(crate) fn journal(&self) -> Vec<serde_json::Value> {
        self.runtime.block_on(async {
            let size = self.gateway.journal_size().await.unwrap();
            assert!(size < 256, "one partial bundle holds all");
            if size == 0 {
                return Vec::new();
            }
            let bundle = self.gateway.published(&format!("tile/entries/000.p/{size}")).await.unwrap();
            // tlog-tiles: each entry after its length, two bytes, big-endian.
            let mut rest = bundle.as_slice();
            let mut entries = Vec::new();
            while let [high, low, tail @ ..] = rest {
                let (entry, further) = tail.split_at(usize::from(*high) * 256 + usize::from(*low));
                entries.push(serde_json::from_slice(entry).unwrap());
                rest = further;
            }
            entries
        })
    }

    /// Why the journal says that an agency was turned away, in order.
    pub(crate) fn refusals(&self, agency: &str) -> Vec<String> {
        let entries = self.journal();
        let mine = entries.iter().filter(|e| e["type"] == "refusal" && e["agency"] == agency);
        mine.map(|e| e["why"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.runtime.block_on(self.server.stop(false));
    }
}

fn numbered(number: &str) -> CaseFilter {
    CaseFilter { registration_number: Some(number.to_owned()), limit: 2, ..CaseFilter::default() }
}

/// A sample of a shipped profile.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new("schemas/profiles/cn-amr-xml/samples").join(name)).unwrap()
}

fn register(folder: &Folder, authority: &Authority, clock: &dyn Clock, id: &str, toml: &str) {
    let issued = authority.issue(&Issue::client(id, id, None, 30), clock, &SystemChance).unwrap();
    let der = CertificateDer::from_pem_file(&issued.certificate).unwrap();
    let toml =
        format!("id = \"{id}\"\nname = \"{id}\"\ncertificates = [\"{}\"]\n{toml}", Fingerprint::of(&der));
    std::fs::create_dir_all(folder.agencies()).unwrap();
    std::fs::write(folder.agencies().join(format!("{id}.toml")), toml).unwrap();
}

fn load_registry(folder: &Folder, generation: u64) -> regbridge::domain::registry::Registry {
    let profiles: BTreeSet<String> =
        ["amr-told", "cn-amr-xml", "cn-hongdun-yunqiao", "every-json", "feed-json"].map(str::to_owned).into();
    registry::load(folder, &Environment::empty(), &profiles, generation).unwrap()
}

async fn open_gateway(folder: &Folder, clock: Arc<HeldClock>, scanned: bool) -> Gateway {
    let root = folder.resolve("attachments");
    let attachments = AttachmentParts {
        files: Arc::new(Disk::open(&root).unwrap()),
        staging: root.join("staging"),
        keys: KeyRing::new(Key::from_bytes([9; 32]), Vec::new()),
        limits: AttachmentLimits { most_bytes: MOST_BYTES, ..AttachmentLimits::default() },
        scanned,
        address: None,
    };
    Disk::open(&attachments.staging).unwrap();
    let store = Store::open(&Target::Sqlite(folder.database()), Arc::new(SystemChance)).await.unwrap();
    let origin = Origin::parse("test.example/journal").unwrap();
    let (gateway, _writer) = Gateway::open(Parts {
        store,
        journal: Journal::new(origin, &[7; 32]).unwrap(),
        profiles: Profiles::new(load_profiles()),
        registry: load_registry(folder, 1),
        webhooks: Vec::new(),
        attachments: Some(attachments),
        cursors: CursorKeys::new(&[[9; 32]]),
        clock,
        chance: Arc::new(SystemChance),
    });
    gateway
}

/// A dialect whose refusals are receipts.
const TOLD: &str =
    "id = \"amr-told\"\nextends = \"cn-amr-xml\"\n[message.complaint-order]\nrefusal = \"answer\"\n";

fn load_profiles() -> Vec<Profile> {
    let canonical = Canonical(schemas());
    let folders = std::fs::read_dir("schemas/profiles").unwrap().map(|e| e.unwrap().path());
    let mut all: BTreeMap<String, ProfileFiles> = folders
        .filter(|folder| folder.is_dir())
        .map(|folder| {
            let mut files = BTreeMap::new();
            collect(&folder, &folder, &mut files);
            (folder.file_name().unwrap().to_string_lossy().into_owned(), ProfileFiles(files))
        })
        .collect();
    let told = BTreeMap::from([("profile.toml".to_owned(), TOLD.as_bytes().to_vec())]);
    all.insert("amr-told".to_owned(), ProfileFiles(told));
    let made = [crate::feed_profile::files(), crate::every_kind::files()];
    let made = made.map(|files| Profile::load(&ProfileFiles(files), &canonical).unwrap().0);
    all.values()
        .filter_map(|files| {
            let files = files.complete(&all).unwrap();
            // What needs an agency's schema beside it is left out, as the program does.
            files.wanting().is_empty().then(|| Profile::load(&files, &canonical).unwrap().0)
        })
        .chain(made)
        .collect()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// The listener on a thread of its own, as its own runtime wants it.
fn serve(door: Door, tls: rustls::ServerConfig) -> (SocketAddr, ServerHandle) {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let (server, address) = agency::bind(SocketAddr::from(([127, 0, 0, 1], 0)), door, tls).unwrap();
            tell.send((address, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    told.recv().unwrap()
}

/// An agency's registry entry: what it may do in its region.
fn agency_toml(region: &str, profile: &str, scopes: &[(&str, &str)], more: &str) -> String {
    let scopes = scopes.iter().map(|(kind, direction)| {
        format!("[[scopes]]\nkind = \"{kind}\"\ndirection = \"{direction}\"\nregions = [\"{region}\"]\n")
    });
    let scopes: String = scopes.collect();
    format!("region = \"{region}\"\nprofile = \"{profile}\"\n{scopes}{more}")
}

const HZ_SCOPES: &[(&str, &str)] = &[("complaint-order", "submit"), ("complaint-reply", "receive")];

const LEADS: &[(&str, &str)] = &[("enforcement-lead", "receive")];

const FOOD: &str = "[[scopes]]\nkind = \"inspection-result\"\ndirection = \"receive\"\nregions = [\"330100\"]\n\
    categories = [\"食品\"]\n";

const PROVINCE_SCOPES: &[(&str, &str)] = &[("inspection-result", "receive"), ("enforcement-lead", "receive")];

const NB_SCOPES: &[(&str, &str)] = &[("complaint-order", "submit")];

const YQ_SCOPES: &[(&str, &str)] = &[
    ("disposal-order", "submit"),
    ("disposal-result", "receive"),
    ("inspection-instruction", "submit"),
    ("inspection-result", "submit"),
    ("inspection-result", "receive"),
    ("assistance-request", "submit"),
    ("assistance-reply", "receive"),
];

const YQ_ROUTER: &str = "[router]\napp_key = \"12345678\"\nsecret_file = \"keys/router\"\n";
