//! A gateway with a bureau that speaks XML and a 12315 platform that speaks JSON, under a held clock; and what each says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use regbridge::clock::{Clock as _, HeldClock, SystemChance, Timestamp};
use regbridge::domain::agency::{Agency, DeliveryMode, Feed, Scope};
use regbridge::domain::digest::Digest;
use regbridge::domain::id::{AgencyId, CaseId};
use regbridge::domain::kind::Kind;
use regbridge::domain::record::schemas;
use regbridge::domain::region::Region;
use regbridge::domain::registry::{Entrant, Registry};
use regbridge::exchange::answer::Answer;
use regbridge::exchange::attachments::{AttachmentLimits, AttachmentParts};
use regbridge::exchange::deadline::radar::DeadlineView;
use regbridge::exchange::inbound::{Channel, Inbound, Sender};
use regbridge::exchange::journal::Journal;
use regbridge::exchange::profiles::Profiles;
use regbridge::exchange::view::{Actor, CaseDetail, CaseFilter, Event};
use regbridge::exchange::{Gateway, Parts, Refused};
use regbridge::files::disk::Disk;
use regbridge::mapping::{Canonical, Format, Profile, ProfileFiles};
use regbridge::seal::{Key, KeyRing};
use regbridge::store::{Store, Target};
use regbridge::tlog::Origin;
use regbridge::wire::encoding::{Encoding, decode, encode};
use serde_json::{Value, json};

/// The bureau, and the platform of all the country.
pub(crate) const BUREAU: &str = "hz-amr";
pub(crate) const NATIONAL: &str = "cn-12315";

pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) clock: Arc<HeldClock>,
    target: Target,
    database: Option<String>,
    directory: tempfile::TempDir,
}

impl House {
    pub(crate) async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("store.sqlite"));
        Self::on(target, None, directory).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let url = crate::postgres::database().await?;
        let target = Target::parse(&url).unwrap();
        Some(Self::on(target, Some(url), tempfile::tempdir().unwrap()).await)
    }

    async fn on(target: Target, database: Option<String>, directory: tempfile::TempDir) -> Self {
        let clock = Arc::new(HeldClock::at(at("2024-06-03T08:00:00+08:00")));
        let gateway = open(&target, &clock, directory.path()).await;
        Self { gateway, clock, target, database, directory }
    }

    /// Another gateway over the same database, as after a restart or beside the first.
    pub(crate) async fn another(&self) -> Gateway {
        open(&self.target, &self.clock, self.directory.path()).await
    }

    pub(crate) async fn clear(self) {
        drop(self.gateway);
        if let Some(url) = self.database {
            crate::postgres::drop_database(&url).await;
        }
    }

    /// The clock goes on to this moment, never back.
    pub(crate) fn until(&self, moment: Timestamp) {
        let millis = moment.millis_since(self.clock.now());
        assert!(millis >= 0, "the clock stands at {}, later than {moment}", self.clock.now());
        self.clock.advance_millis(millis);
    }

    async fn send(&self, agency: &str, body: Vec<u8>, format: Format) -> Result<Answer, Refused> {
        let agency = self.gateway.registry().by_id(&AgencyId::parse(agency).unwrap()).unwrap();
        let inbound = Inbound {
            sender: Sender::Certificate(agency.certificates[0]),
            agency,
            kind: None,
            body,
            format,
            charset: None,
            channel: Channel::Api,
            message_id: None,
        };
        self.gateway.submit(inbound).await
    }

    /// A complaint is handed over; the receipt's bytes.
    pub(crate) async fn complain(&self, agency: &str, name: &str, reply_due: Option<&str>) -> Vec<u8> {
        let number = &*registered(name);
        let answer = if agency == NATIONAL {
            let complaint = json!({
                "complain_event_id": number, "status": "PROCESSING", "content": "虚假宣传", "phone_no": "",
                "gmt_create": "2024-06-01 09:00:00"
            });
            self.send(agency, complaint.to_string().into_bytes(), Format::Json).await
        } else {
            let due = reply_due.map(|day| format!("<ReplyDue><Date>{day}</Date></ReplyDue>"));
            let facts = "<Facts>商品未按约定时间发货，要求退款。</Facts>";
            let body = sample(
                "order-minimal.xml",
                &[
                    ("hz-amr-20261123-0002", &format!("m-{number}")),
                    ("3301060020261123000000018", number),
                    (facts, &format!("{facts}{}", due.unwrap_or_default())),
                ],
            );
            self.send(agency, body, Format::Xml).await
        };
        answer.unwrap_or_else(|refused| panic!("{number}: {refused:?}")).receipt
    }

    /// The agency ends a complaint or gives it back.
    pub(crate) async fn close(&self, agency: &str, name: &str, decision: &str, reply_due: Option<&str>) {
        let number = &*registered(name);
        let taken = if agency == NATIONAL {
            let mut closure = json!({ "complain_event_id": number, "finish_memo": format!("{decision} {}", self.clock.now()) });
            if let Some(day) = reply_due {
                closure["decision"] = json!("RETURNED");
                closure["reply_before"] = json!(format!("{day} 23:59:59"));
            }
            self.send(agency, closure.to_string().into_bytes(), Format::Json).await
        } else {
            let (name, id, sampled) = match reply_due {
                Some(_) => ("closure-returned.xml", "hz-amr-20261208-0001", "3301060020261123000000017"),
                None if decision == "withdrawn" => {
                    ("closure-withdrawn.xml", "hz-amr-20261201-0001", "3301060020261123000000018")
                }
                None => ("closure-closed.xml", "hz-amr-20261210-0001", "3301060020261123000000017"),
            };
            let message = format!("c-{number}-{}", self.clock.now().micros());
            let mut changes = vec![(id, message.as_str()), (sampled, number)];
            changes.extend(reply_due.map(|day| ("2026-12-22", day)));
            self.send(agency, sample(name, &changes), Format::Xml).await
        };
        taken.unwrap_or_else(|refused| panic!("{number}: {refused:?}"));
    }

    /// The 12315 platform tells that something happened in a complaint.
    pub(crate) async fn tell(&self, name: &str, word: &str) {
        let number = &*registered(name);
        let notice = json!({ "complaint_id": number, "action_type": word });
        let taken = self.send(NATIONAL, notice.to_string().into_bytes(), Format::Json).await;
        taken.unwrap_or_else(|refused| panic!("{number}: {refused:?}"));
    }

    /// The platform says something in a complaint.
    pub(crate) async fn answer(&self, number: &str, record: Value) {
        let case = self.case_of(number).await;
        let answered = self.gateway.reply(&actor(), &case, record, None).await;
        answered.unwrap_or_else(|refused| panic!("{number}: {refused:?}"));
    }

    pub(crate) async fn acknowledge(&self, number: &str, decision: &str) {
        let mut record = json!({
            "kind": "complaint-acknowledgement", "decision": decision,
            "decided_at": self.clock.now().at_offset(8 * 3600),
        });
        if decision == "refused" {
            record["reason"] = json!("not_found");
        }
        self.answer(number, record).await;
    }

    pub(crate) async fn reply(&self, number: &str) {
        let record = json!({
            "kind": "complaint-reply", "outcome": "settled", "explanation": "已协商一致",
            "replied_at": self.clock.now().at_offset(8 * 3600),
        });
        self.answer(number, record).await;
    }

    pub(crate) async fn case_of(&self, name: &str) -> CaseId {
        let filter =
            CaseFilter { registration_number: Some(registered(name)), limit: 2, ..CaseFilter::default() };
        let mut cases = self.gateway.cases(&filter).await.unwrap();
        assert_eq!(cases.len(), 1, "{name}");
        cases.remove(0).id
    }

    pub(crate) async fn detail(&self, number: &str) -> CaseDetail {
        let case = self.case_of(number).await;
        self.gateway.case(&actor(), &case).await.unwrap()
    }

    /// The latest round of a deadline, if the case has it.
    pub(crate) async fn deadline(&self, number: &str, name: &str) -> Option<DeadlineView> {
        let mut all = self.detail(number).await.deadlines;
        all.retain(|one| one.name == name);
        all.into_iter().max_by_key(|one| one.round)
    }

    /// The platform's events of a type.
    pub(crate) async fn events(&self, event_type: &str) -> Vec<Event> {
        let mut all = self.gateway.events(0, 10_000).await.unwrap();
        all.retain(|event| event.event_type == event_type);
        all
    }

    /// The journal's entries of a type, as JSON.
    pub(crate) async fn entries(&self, entry_type: &str) -> Vec<Value> {
        let size = self.gateway.journal_size().await.unwrap();
        let mut all = Vec::new();
        for tile in regbridge::tlog::tiles_between(0, size) {
            if tile.row != regbridge::tlog::Row::Hashes(0) {
                continue;
            }
            let bundle = regbridge::tlog::Tile { row: regbridge::tlog::Row::Entries, ..tile };
            let bytes = self.gateway.published(&bundle.path()).await.unwrap();
            for entry in regbridge::tlog::decode_bundle(&bytes, bundle.width).unwrap() {
                all.push(serde_json::from_slice::<Value>(entry).unwrap());
            }
        }
        all.retain(|entry| entry["type"] == entry_type);
        all
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|| panic!("{text} is no time"))
}

/// The registration number of what tests call by a short name: twenty-five digits, as the XML format wants.
pub(crate) fn registered(name: &str) -> String {
    let number = name.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(257).wrapping_add(u64::from(byte)));
    format!("33010{number:020}")
}

pub(crate) fn actor() -> Actor {
    Actor { name: "platform".to_owned(), may_write: true }
}

fn attachments(folder: &Path) -> AttachmentParts {
    let root = folder.join("attachments");
    let parts = AttachmentParts {
        files: Arc::new(Disk::open(&root).unwrap()),
        staging: root.join("staging"),
        keys: KeyRing::new(Key::from_bytes([3; 32]), Vec::new()),
        limits: AttachmentLimits::default(),
        scanned: false,
        address: None,
    };
    Disk::open(&parts.staging).unwrap();
    parts
}

async fn open(target: &Target, clock: &Arc<HeldClock>, folder: &Path) -> Gateway {
    let agency = |id: &str, profile: &str| {
        let region = Region::parse("330100").unwrap();
        let kinds = [
            Kind::ComplaintOrder,
            Kind::ComplaintClosure,
            Kind::ComplaintProgress,
            Kind::ComplaintReply,
            Kind::ComplaintAcknowledgement,
        ];
        let scope = |kind: Kind| Scope {
            kind,
            direction: kind.directions()[0],
            regions: vec![region.clone()],
            categories: Vec::new(),
        };
        let agency = Agency {
            id: AgencyId::parse(id).unwrap(),
            name: id.to_owned(),
            profile: profile.to_owned(),
            certificates: vec![Digest::of(id.as_bytes())],
            scopes: kinds.into_iter().map(scope).collect(),
            delivery: DeliveryMode::Pull,
            feed: Feed::default(),
            requests_per_second: 1000,
            deliveries_per_minute: None,
            rehearsal: false,
            deliver: None,
            folder: None,
            syncs: Vec::new(),
            reconcile: None,
            router: None,
            region,
        };
        Entrant { agency, secret: None }
    };
    let entrants = vec![agency(BUREAU, "cn-amr-xml"), agency(NATIONAL, "cn-12315-json")];
    let (gateway, _) = Gateway::open(Parts {
        store: Store::open(target, Arc::new(SystemChance)).await.unwrap(),
        journal: Journal::new(Origin::parse("regbridge.example/test").unwrap(), &[7; 32]).unwrap(),
        profiles: PROFILES.get_or_init(profiles).clone(),
        registry: Registry::new(1, entrants).unwrap(),
        webhooks: vec!["cases".to_owned()],
        attachments: Some(attachments(folder)),
        cursors: regbridge::exchange::feed::cursor::CursorKeys::new(&[[9; 32]]),
        clock: Arc::<HeldClock>::clone(clock),
        chance: Arc::new(SystemChance),
    });
    gateway.replace_laws(regbridge::domain::deadline::Laws::shipped()).await.unwrap();
    gateway
}

/// Loaded once: reading their schemas takes a second.
static PROFILES: OnceLock<Profiles> = OnceLock::new();

fn profiles() -> Profiles {
    Profiles::new([profile("cn-amr-xml"), profile("cn-12315-json")])
}

fn profile(id: &str) -> Profile {
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
    Profile::load(&ProfileFiles(files), &Canonical(schemas())).unwrap().0
}

/// A shipped sample of the XML format with some texts replaced, each of which must stand in it.
fn sample(name: &str, changes: &[(&str, &str)]) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/cn-amr-xml/samples");
    let mut text = decode(&std::fs::read(root.join(name)).unwrap(), Encoding::Gb18030).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{name} holds no {from}");
        text = text.replace(from, to);
    }
    encode(&text, Encoding::Gb18030).unwrap()
}
