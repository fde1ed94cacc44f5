//! A gateway with two bureaus under a held clock, and messages made from the shipped samples.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regbridge::clock::{Clock as _, HeldClock, SystemChance, Timestamp};
use regbridge::domain::agency::{Agency, DeliveryMode, Feed, Scope};
use regbridge::domain::digest::Digest;
use regbridge::domain::folder::DropFolder;
use regbridge::domain::id::AgencyId;
use regbridge::domain::kind::{Direction, Kind};
use regbridge::domain::record::schemas;
use regbridge::domain::region::Region;
use regbridge::domain::registry::{Entrant, Registry};
use regbridge::exchange::answer::Answer;
use regbridge::exchange::attachments::{AttachmentLimits, AttachmentParts};
use regbridge::exchange::inbound::{Channel, Inbound, Sender};
use regbridge::exchange::journal::Journal;
use regbridge::exchange::profiles::Profiles;
use regbridge::exchange::view::Actor;
use regbridge::exchange::{Gateway, Parts, Refused};
use regbridge::files::disk::Disk;
use regbridge::mapping::{Canonical, Format, Profile, ProfileFiles};
use regbridge::seal::{Key, KeyRing};
use regbridge::store::{Store, Target};
use regbridge::tlog::{Origin, Verifier};
use regbridge::wire::encoding::{Encoding, decode, encode};

pub(crate) const MINIMAL: &str = "order-minimal.xml";

pub(crate) struct Bed {
    pub(crate) gateway: Gateway,
    pub(crate) clock: Arc<HeldClock>,
    pub(crate) verifier: Verifier,
    database: Option<String>,
    directory: tempfile::TempDir,
}

impl Bed {
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("store.sqlite"));
        Self::on(&target, None, directory).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let url = crate::postgres::database().await?;
        let target = Target::parse(&url).unwrap();
        Some(Self::on(&target, Some(url), tempfile::tempdir().unwrap()).await)
    }

    async fn on(target: &Target, database: Option<String>, directory: tempfile::TempDir) -> Self {
        let clock = Arc::new(HeldClock::at(Timestamp::parse("2026-11-23T10:00:00+08:00").unwrap()));
        let journal = Journal::new(Origin::parse("regbridge.example/test").unwrap(), &[7; 32]).unwrap();
        let verifier = Verifier::parse(&journal.verifier().to_string()).unwrap();
        let strict =
            Agency { profile: "strict-xml".to_owned(), ..bureau("strict", "330100", DeliveryMode::Pull) };
        let photos =
            Agency { profile: "photos-xml".to_owned(), ..bureau("photos", "330100", DeliveryMode::Pull) };
        let numbers = Agency { profile: "numbers-xml".to_owned(), ..bureau("numbers", "330300", pushed()) };
        // Whole at once: the clock stands still.
        let folder = Some(DropFolder { quiet_seconds: 0, ..DropFolder::default() });
        let county = Agency {
            folder: folder.clone(),
            certificates: Vec::new(),
            ..bureau("county", "330500", DeliveryMode::Folder)
        };
        let sheet = Agency {
            folder,
            profile: "county-sheet".to_owned(),
            certificates: Vec::new(),
            ..bureau("sheet", "330100", DeliveryMode::Folder)
        };
        let authority = Agency {
            profile: "cn-cert-check".to_owned(),
            scopes: scopes(
                "000000",
                &[(Kind::CertificateCheck, Direction::Receive), (Kind::CertificateStatus, Direction::Submit)],
            ),
            ..bureau("cnca", "000000", DeliveryMode::Pull)
        };
        let province = Agency {
            profile: "cn-operator-report".to_owned(),
            scopes: scopes("330000", &[(Kind::OperatorIdentity, Direction::Receive)]),
            ..bureau("zj-amr", "330000", DeliveryMode::Pull)
        };
        let bureaus = [
            authority,
            province,
            county,
            sheet,
            numbers,
            bureau("hz-amr", "330100", DeliveryMode::Pull),
            bureau("nb-amr", "330200", pushed()),
            strict,
            photos,
        ];
        let lines = Agency {
            profile: "lines-json".to_owned(),
            delivery: pushed(),
            feed: Feed::default(),
            ..food("gd-fda", "440000", &[])
        };
        let food = [food("hz-fda", "330100", &["食品"]), food("zj-fda", "330000", &[]), lines];
        let entrants =
            bureaus.into_iter().chain(food).map(|agency| Entrant { agency, secret: None }).collect();
        let (gateway, _) = Gateway::open(Parts {
            store: Store::open(target, Arc::new(SystemChance)).await.unwrap(),
            journal,
            profiles: Profiles::new([
                profile("cn-amr-xml", |_| {}),
                profile("cn-amr-xml", strict_one),
                profile("cn-amr-xml", with_photos),
                profile("cn-amr-xml", by_number),
                profile("cn-hongdun-yunqiao", |_| {}),
                profile("county-sheet", |_| {}),
                profile("cn-cert-check", |_| {}),
                profile("cn-operator-report", |_| {}),
                Profile::load(&ProfileFiles(crate::feed_profile::files()), &Canonical(schemas())).unwrap().0,
                Profile::load(&ProfileFiles(crate::several::files()), &Canonical(schemas())).unwrap().0,
            ]),
            registry: Registry::new(1, entrants).unwrap(),
            webhooks: vec!["cases".to_owned()],
            attachments: Some(attachments(directory.path())),
            cursors: regbridge::exchange::feed::cursor::CursorKeys::new(&[[9; 32]]),
            clock: Arc::<HeldClock>::clone(&clock),
            chance: Arc::new(SystemChance),
        });
        gateway.journal_start(Vec::new()).await.unwrap();
        Self { gateway, clock, verifier, database, directory }
    }

    pub(crate) async fn clear(self) {
        drop(self.gateway);
        if let Some(url) = self.database {
            crate::postgres::drop_database(&url).await;
        }
    }

    /// Puts a file where sealed ones stand, to which nothing refers.
    pub(crate) fn plant(&self, name: &str) {
        let folder = self.directory.path().join("attachments").join(&name[name.len() - 2..]);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), "sealed").unwrap();
    }

    /// The names of its files on disk, sealed or on their way.
    pub(crate) fn sealed(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.directory.path().join("attachments")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.file_name().unwrap().to_string_lossy().into_owned());
                }
            }
        }
        found
    }

    /// Its data directory.
    pub(crate) fn data(&self) -> &Path {
        self.directory.path()
    }

    /// The address of its database, as settings name it.
    pub(crate) fn url(&self) -> String {
        let file = self.directory.path().join("store.sqlite");
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", file.display()))
    }

    /// Runs a statement that somebody with the database's password might run.
    pub(crate) async fn sql(&self, statement: &'static str) {
        let url = self.url();
        if url.starts_with("sqlite:") {
            let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
            sqlx::query(statement).execute(&pool).await.unwrap();
            pool.close().await;
        } else {
            let pool = sqlx::PgPool::connect(&url).await.unwrap();
            sqlx::query(statement).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }

    pub(crate) fn agency(&self, id: &str) -> Arc<Agency> {
        self.gateway.registry().by_id(&AgencyId::parse(id).unwrap()).unwrap()
    }

    /// An agency sends a message.
    pub(crate) async fn send(&self, agency: &str, body: Vec<u8>) -> Result<Answer, Refused> {
        let agency = self.agency(agency);
        let certificate = agency.certificates.first().copied();
        let inbound = Inbound {
            sender: certificate.map_or(Sender::Folder, Sender::Certificate),
            agency,
            kind: None,
            body,
            format: Format::Xml,
            charset: None,
            channel: Channel::Api,
            message_id: None,
        };
        self.gateway.submit(inbound).await
    }

    /// The journal's entries, as JSON.
    pub(crate) async fn entries(&self) -> Vec<serde_json::Value> {
        let size = self.gateway.journal_size().await.unwrap();
        let mut all = Vec::new();
        for tile in regbridge::tlog::tiles_between(0, size) {
            if tile.row != regbridge::tlog::Row::Hashes(0) {
                continue;
            }
            let bundle = regbridge::tlog::Tile { row: regbridge::tlog::Row::Entries, ..tile };
            let bytes = self.gateway.published(&bundle.path()).await.unwrap();
            for entry in regbridge::tlog::decode_bundle(&bytes, bundle.width).unwrap() {
                all.push(serde_json::from_slice(entry).unwrap());
            }
        }
        all
    }

    pub(crate) fn advance(&self, millis: i64) -> Timestamp {
        self.clock.advance_millis(millis);
        self.clock.now()
    }
}

pub(crate) fn actor() -> Actor {
    Actor { name: "platform".to_owned(), may_write: true }
}

fn pushed() -> DeliveryMode {
    DeliveryMode::Push { url: "https://localhost:1/inbox".to_owned() }
}

fn bureau(id: &str, region: &str, delivery: DeliveryMode) -> Agency {
    let region = Region::parse(region).unwrap();
    let kinds = [
        Kind::ComplaintOrder,
        Kind::ComplaintClosure,
        Kind::ComplaintReply,
        Kind::ComplaintAcknowledgement,
        Kind::DisposalOrder,
    ];
    let scope = |kind: Kind| Scope {
        kind,
        direction: kind.directions()[0],
        regions: vec![region.clone()],
        categories: Vec::new(),
    };
    Agency {
        id: AgencyId::parse(id).unwrap(),
        name: id.to_owned(),
        profile: "cn-amr-xml".to_owned(),
        certificates: vec![Digest::of(id.as_bytes())],
        scopes: kinds.into_iter().map(scope).collect(),
        delivery,
        feed: Feed::default(),
        requests_per_second: 100,
        deliveries_per_minute: None,
        rehearsal: false,
        deliver: None,
        folder: None,
        syncs: Vec::new(),
        reconcile: None,
        router: None,
        region,
    }
}

fn scopes(region: &str, granted: &[(Kind, Direction)]) -> Vec<Scope> {
    let scope = |(kind, direction): &(Kind, Direction)| Scope {
        kind: *kind,
        direction: *direction,
        regions: vec![Region::parse(region).unwrap()],
        categories: Vec::new(),
    };
    granted.iter().map(scope).collect()
}

fn attachments(folder: &Path) -> AttachmentParts {
    let root = folder.join("attachments");
    let parts = AttachmentParts {
        files: Arc::new(Disk::open(&root).unwrap()),
        staging: root.join("staging"),
        keys: KeyRing::new(Key::from_bytes([3; 32]), Vec::new()),
        limits: AttachmentLimits {
            case_bytes: 1_000_000,
            most_bytes: 500_000,
            ..AttachmentLimits::default()
        },
        scanned: false,
        address: Some("https://gateway.example".to_owned()),
    };
    Disk::open(&parts.staging).unwrap();
    parts
}

/// The same format with evidence inside the message, in base64.
fn with_photos(files: &mut BTreeMap<String, Vec<u8>>) {
    files.retain(|path, _| !path.starts_with("samples/"));
    let mut replace = |file: &str, from: &str, to: &str| {
        let text = String::from_utf8(files[file].clone()).unwrap();
        assert!(text.contains(from), "{file} holds no {from}");
        files.insert(file.to_owned(), text.replace(from, to).into_bytes());
    };
    replace("profile.toml", "id = \"cn-amr-xml\"", "id = \"photos-xml\"");
    replace(
        "cn-amr.xsd",
        "<xs:element name=\"Sha256\" type=\"Sha256\"",
        "<xs:element name=\"Content\" type=\"xs:base64Binary\"",
    );
    let (from, to) = (
        "[\"Sha256\",    \"sha256\",     \"pattern '[0-9a-f]{64}'\",",
        "[\"Content\", \"sha256\", \"file base64 digest\",",
    );
    replace("common.map.toml", from, to);
}

/// An agency that receives results of these categories, and leads. That of a province has failing results pushed.
fn food(id: &str, region: &str, categories: &[&str]) -> Agency {
    let delivery = if region == "330000" { pushed() } else { DeliveryMode::Pull };
    let push_on_fail = delivery != DeliveryMode::Pull;
    let scope = |kind: Kind, categories: &[&str]| Scope {
        kind,
        direction: Direction::Receive,
        regions: vec![Region::parse(region).unwrap()],
        categories: categories.iter().map(|&category| category.to_owned()).collect(),
    };
    Agency {
        profile: "feed-json".to_owned(),
        scopes: vec![scope(Kind::InspectionResult, categories), scope(Kind::EnforcementLead, &[])],
        feed: Feed { push_on_fail, empty_report: true },
        ..bureau(id, region, delivery)
    }
}

/// The same format under another policy: a message is taken whole or not at all.
fn strict_one(files: &mut BTreeMap<String, Vec<u8>>) {
    files.retain(|path, _| !path.starts_with("samples/"));
    let manifest = files.get_mut("profile.toml").unwrap();
    let text = String::from_utf8(std::mem::take(manifest)).unwrap();
    let strict = text.replace("bad_records = \"skip\"\n", "");
    assert_ne!(strict, text);
    *manifest = strict.replace("id = \"cn-amr-xml\"", "id = \"strict-xml\"").into_bytes();
}

/// The same format, whose bureaus answer by numbers of their own.
fn by_number(files: &mut BTreeMap<String, Vec<u8>>) {
    files.retain(|path, _| !path.starts_with("samples/"));
    let manifest = files.get_mut("profile.toml").unwrap();
    let text = String::from_utf8(std::mem::take(manifest)).unwrap();
    let by_number = text.replace("correlate = \"message_id\"", "correlate = \"registration_number\"");
    assert_ne!(by_number, text);
    *manifest = by_number.replace("id = \"cn-amr-xml\"", "id = \"numbers-xml\"").into_bytes();
}

pub(crate) fn profile(id: &str, change: impl Fn(&mut BTreeMap<String, Vec<u8>>)) -> Profile {
    let mut files = profile_files(id);
    change(&mut files);
    Profile::load(&ProfileFiles(files), &Canonical(schemas())).unwrap().0
}

/// The files of a shipped profile.
pub(crate) fn profile_files(id: &str) -> BTreeMap<String, Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles").join(id);
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// A shipped sample with some texts replaced, each of which must stand in it.
pub(crate) fn message(sample: &str, changes: &[(&str, &str)]) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/cn-amr-xml/samples");
    let mut text = decode(&std::fs::read(root.join(sample)).unwrap(), Encoding::Gb18030).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{sample} holds no {from}");
        text = text.replace(from, to);
    }
    encode(&text, Encoding::Gb18030).unwrap()
}

/// A message of minimal orders with these registration numbers; changes are of the order at that place, from 0.
pub(crate) fn batch(id: &str, numbers: &[String], changes: &[(usize, &str, &str)]) -> Vec<u8> {
    many(MINIMAL, "Order", ("hz-amr-20261123-0002", id), "3301060020261123000000018", numbers, changes)
}

/// A message that closes the cases of these registration numbers.
pub(crate) fn closures(id: &str, numbers: &[String]) -> Vec<u8> {
    let id = ("hz-amr-20261210-0001", id);
    many("closure-closed.xml", "Closure", id, "3301060020261123000000017", numbers, &[])
}

fn many(
    sample: &str,
    element: &str,
    id: (&str, &str),
    number: &str,
    numbers: &[String],
    changes: &[(usize, &str, &str)],
) -> Vec<u8> {
    let text = decode(&message(sample, &[id]), Encoding::Gb18030).unwrap();
    let (start, end) = (format!("  <{element}>"), format!("</{element}>\n"));
    let (head, rest) = text.split_once(&start).unwrap();
    let (record, tail) = rest.split_once(&end).unwrap();
    let mut whole = head.to_owned();
    for (place, wanted) in numbers.iter().enumerate() {
        let mut record = record.replace(number, wanted);
        for (_, from, to) in changes.iter().filter(|(at, _, _)| *at == place) {
            assert!(record.contains(from), "{sample} holds no {from}");
            record = record.replace(from, to);
        }
        whole.extend([&*start, &record, &*end]);
    }
    encode(&(whole + tail), Encoding::Gb18030).unwrap()
}

/// A receipt of the XML profile as a canonical record.
pub(crate) fn receipt(bytes: &[u8]) -> serde_json::Value {
    let limits = regbridge::wire::limits::Limits::default();
    let input = regbridge::mapping::Input { bytes, format: Format::Xml, charset: None, limits: &limits };
    let run = regbridge::mapping::Run { now: Timestamp::from_micros(0), chance: &SystemChance };
    let mut decoded = profile("cn-amr-xml", |_| {}).decode(&input, &run).unwrap();
    assert_eq!(decoded.message, "receipt");
    decoded.records.remove(0)
}
