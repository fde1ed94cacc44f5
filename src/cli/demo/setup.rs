//! The demo's data directory: authority, certificates, settings, agencies, samples.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::cli::Context;
use crate::cli::shelf::Shelf;
use crate::cli::world::{World, write_secret};
use crate::cli::{agency, token};
use crate::clock::{SystemChance, SystemClock};
use crate::domain::agency::{Agency, DEFAULT_RATE, DeliveryMode, RouterKey, Scope};
use crate::domain::digest::Fingerprint;
use crate::domain::id::AgencyId;
use crate::domain::kind::Kind;
use crate::domain::region::Region;
use crate::pki::{Authority, Issue, Issued, NewAuthority};

/// Written into a demo's directory, so that nothing else is ever cleared away.
const MARK: &str = "this-directory-is-a-demo";

/// The old client's key pair, as `app_key` and secret.
pub(super) const APP_KEY: &str = "23000001";
pub(super) const APP_SECRET: &str = "demo-secret-of-the-old-client";

const SETTINGS: &str = r#"# The demo's settings; ops/config.example.toml explains every one.
[journal]
origin = "regbridge.example/demo"

[agency_listener]
address = "127.0.0.1:0"

[platform_listener]
address = "127.0.0.1:0"

[outbound]
certificate = "pki/issued/gateway.crt"
key = "pki/issued/gateway.key"
authorities = ["pki/ca.crt"]
"#;

/// What the players need.
pub(super) struct Stage {
    pub(super) folder: PathBuf,
    pub(super) token: String,
    /// The bureau's client certificate.
    pub(super) bureau: Issued,
    /// The certificate of the bureau's own endpoint.
    pub(super) inbox: Issued,
    /// A certificate of the same authority that belongs to no agency.
    pub(super) stranger: Issued,
    /// The client certificate of a food agency that pulls results.
    pub(super) food: Issued,
    /// The client certificate of a bureau with an old open-platform client.
    pub(super) old_client: Issued,
}

/// Removes an earlier demo; refuses to touch anything else.
pub(super) fn clear(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        if !folder.join(MARK).exists() {
            bail!("{} is not an earlier demo; name another directory with --dir", folder.display());
        }
        std::fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    std::fs::write(folder.join(MARK), "")?;
    Ok(())
}

/// Makes the authority, the certificates, the settings, a token, and lays the samples out.
pub(super) async fn stage(context: &Context) -> anyhow::Result<Stage> {
    let folder = context.folder.path().to_owned();
    let new = NewAuthority {
        common_name: "Regbridge demo CA".to_owned(),
        server_names: Vec::new(),
        server_days: 30,
    };
    let authority = Authority::init(&context.folder.pki(), &new, &SystemClock, &SystemChance)?.authority;
    let client = |name: &str, organisation: &str| {
        authority.issue(&Issue::client(name, name, Some(organisation), 30), &SystemClock, &SystemChance)
    };
    let bureau = client("hz-amr", "杭州市市场监督管理局（演示）")?;
    let food = client("hz-fda", "杭州市食品安全监管机构（演示）")?;
    let old_client = client("sx-amr", "绍兴市市场监督管理局（演示）")?;
    let stranger = client("stranger", "陌生人")?;
    client("gateway", "示例平台（演示）")?;
    let inbox = Issue::server("hz-amr-inbox", vec!["localhost".to_owned()], 30);
    let inbox = authority.issue(&inbox, &SystemClock, &SystemChance)?;
    std::fs::write(context.folder.settings(), SETTINGS)?;
    write_secret(&folder.join("keys/router-sx-amr"), APP_SECRET)?;
    samples(context)?;
    let store = World::load(context)?.open_store().await?;
    let token = token::add(&store, "demo-platform", false).await?;
    Ok(Stage { folder, token, bureau, inbox, stranger, food, old_client })
}

/// The shipped samples, as files to try with.
fn samples(context: &Context) -> anyhow::Result<()> {
    let folder = context.folder.path().join("samples");
    std::fs::create_dir_all(&folder)?;
    std::fs::create_dir_all(context.folder.path().join("out"))?;
    for entry in Shelf::read(&context.folder)?.entries() {
        for (path, bytes) in &entry.files.0 {
            let Some(name) = path.strip_prefix("samples/") else { continue };
            if name == "submit-goods.form" {
                // The letter itself, for a client that signs its own form.
                let letter = form_urlencoded::parse(bytes).find(|(field, _)| field == "info");
                std::fs::write(
                    folder.join("letter.json"),
                    letter.map(|(_, info)| info.into_owned()).unwrap_or_default(),
                )?;
            }
            std::fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}

/// Registers the agencies; `inbox` is where the first one's messages are pushed.
pub(super) fn agencies(context: &Context, stage: &Stage, inbox: SocketAddr) -> anyhow::Result<()> {
    let complaint =
        [Kind::ComplaintOrder, Kind::ComplaintClosure, Kind::ComplaintAcknowledgement, Kind::ComplaintReply];
    let push = DeliveryMode::Push { url: format!("https://localhost:{}/inbox", inbox.port()) };
    let hangzhou = ("hz-amr", "杭州市市场监督管理局（演示）", "330100", "cn-amr-xml");
    register(context, hangzhou, stage.bureau.entry.fingerprint, &complaint, push, None)?;
    let disposal = [Kind::DisposalOrder, Kind::DisposalResult];
    let key = RouterKey { app_key: APP_KEY.to_owned(), secret_file: "keys/router-sx-amr".to_owned() };
    let shaoxing = ("sx-amr", "绍兴市市场监督管理局（演示）", "330600", "cn-hongdun-yunqiao");
    let food = ("hz-fda", "杭州市食品安全监管机构（演示）", "330100", "county-sheet");
    register(
        context,
        food,
        stage.food.entry.fingerprint,
        &[Kind::InspectionResult],
        DeliveryMode::Pull,
        None,
    )?;
    let certificate = stage.old_client.entry.fingerprint;
    register(context, shaoxing, certificate, &disposal, DeliveryMode::Pull, Some(key))
}

fn register(
    context: &Context,
    (id, name, region, profile): (&str, &str, &str, &str),
    certificate: Fingerprint,
    kinds: &[Kind],
    delivery: DeliveryMode,
    router: Option<RouterKey>,
) -> anyhow::Result<()> {
    let region = Region::parse(region)?;
    let scope = |kind: Kind, direction| Scope {
        kind,
        direction,
        regions: vec![region.clone()],
        categories: Vec::new(),
    };
    let scopes = |kind: &Kind| kind.directions().iter().map(|way| scope(*kind, *way)).collect::<Vec<_>>();
    let agency = Agency {
        id: AgencyId::parse(id)?,
        name: name.to_owned(),
        profile: profile.to_owned(),
        certificates: vec![certificate],
        scopes: kinds.iter().flat_map(scopes).collect(),
        delivery,
        feed: crate::domain::agency::Feed::default(),
        requests_per_second: DEFAULT_RATE,
        deliveries_per_minute: None,
        rehearsal: false,
        deliver: None,
        folder: None,
        syncs: Vec::new(),
        reconcile: None,
        router,
        region,
    };
    agency::write(&agency, context).map(drop)
}

pub(super) fn world(context: &Context) -> anyhow::Result<World> {
    World::load(context)
}
