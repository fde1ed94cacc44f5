//! `regbridge canary`: a real submission of our own, through the real listener, checked as an agency would check it.
//!
//! Promise: each step is taken from outside, over mutual TLS, with a certificate that is good for nothing else; what it
//! submits rehearses, so that no platform hears of it. Its case is opened and, where the profile has a message for that,
//! closed again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::cli::simulate::made::{Made, Sample};
use crate::cli::simulate::peer::{Answer, Peer};
use crate::cli::world::{Which, World, load_profiles};
use crate::cli::{Context, verify};
use crate::client::identity::Identity;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Folder;
use crate::config::canary::Canary;
use crate::domain::kind::Kind;
use crate::exchange::keep::Flown;
use crate::mapping::Profile;
use crate::tlog::Checkpoint;

/// One submission now, each step told; exit status 1 where one failed. Staff is told by the scheduled ones alone.
pub(super) async fn run(context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    let canary = &world.settings.canary;
    ensure!(
        canary.agency.is_some(),
        "[canary] names no agency; ops/runbooks/canary.md says how one is made for it"
    );
    let profiles = load_profiles(&world.folder, Which::Spoken)?;
    let mut say = |line: &str| println!("{line}");
    let flown = fly(canary, &world.folder, &|name| profiles.named(name), &mut say).await;
    match &flown.fault {
        None => println!("OK  {} ms", flown.took.as_millis()),
        Some((step, why)) => println!("FAILED  {step}: {why}"),
    }
    Ok(flown.fault.is_none())
}

/// Finds a profile by the name that the gateway knows.
type Find<'a> = &'a (dyn Fn(&str) -> Option<Arc<Profile>> + Send + Sync);

/// One submission; each step that went well is said.
pub(crate) async fn fly(
    canary: &Canary,
    folder: &Folder,
    profile: Find<'_>,
    say: &mut (dyn FnMut(&str) + Send),
) -> Flown {
    let start = Instant::now();
    let mut flight = Flight { step: CONNECT, case: None };
    let outcome = flight.all(canary, folder, profile, say).await;
    let fault = outcome.err().map(|why| (flight.step, format!("{why:#}")));
    Flown { took: start.elapsed(), case: flight.case, fault }
}

const CONNECT: &str = "连接 connect";
const SUBMIT: &str = "报送 submit";
const RECEIPT: &str = "回执 receipt";
const REPEAT: &str = "重复报送 repeat";
const JOURNAL: &str = "存证日志 journal";
const CLOSE: &str = "结案 close";

struct Flight {
    step: &'static str,
    case: Option<String>,
}

impl Flight {
    async fn all(
        &mut self,
        canary: &Canary,
        folder: &Folder,
        profile: Find<'_>,
        say: &mut (dyn FnMut(&str) + Send),
    ) -> anyhow::Result<()> {
        let mut done = |step: &str, what: String| say(&format!("{step}\t{what}"));
        let read = |path| {
            let path = folder.resolve(path);
            std::fs::read(&path).with_context(|| path.display().to_string())
        };
        let (certificate, key) = (read(&canary.certificate)?, read(&canary.key)?);
        let identity = Identity::mutual(&read(&canary.authority)?, &certificate, &key)?;
        let patience = Duration::from_secs(canary.seconds.into());
        let find = |name: &str| profile(name).with_context(|| format!("there is no profile {name}"));
        let peer = Peer::enter(&canary.url, &identity, Some(patience), find).await?;
        let known = peer.known["agency"].as_str().unwrap_or_default();
        let wanted = canary.agency.as_deref().unwrap_or_default();
        ensure!(known == wanted, "the certificate is that of {known}, not of {wanted}");
        done(CONNECT, format!("known as {known}, speaking {}", peer.profile.pin()));

        self.step = SUBMIT;
        let seconds = SystemClock.now().seconds();
        let digits = u64::try_from(seconds).unwrap_or_default();
        let (kind, sample) = opening(&peer)?;
        let order = sample.about(&peer.profile, sample.renumbered(digits), format!("canary-{seconds}"))?;
        let taken = post(&peer, kind, &order).await?;
        ensure!(taken.status == 201, "201 was expected: {}", taken.why());
        done(SUBMIT, format!("{kind} {} is taken", order.number));

        self.step = RECEIPT;
        let body = Some(order.encoded.bytes.as_slice());
        let report = verify::check(&taken.body, &peer.verifier, body)?;
        // Behind the lines for a person stands the entry.
        let entry: Value = report
            .find('{')
            .map_or(Value::Null, |at| serde_json::from_str(&report[at..]).unwrap_or_default());
        self.case = entry["case"].as_str().map(str::to_owned);
        done(RECEIPT, "the receipt proves it".to_owned());

        self.step = REPEAT;
        let again = post(&peer, kind, &order).await?;
        ensure!(again.status == 200, "200 was expected of a repetition: {}", again.why());
        ensure!(again.body == taken.body, "a repetition was answered with another receipt");
        done(REPEAT, "answered with the same receipt".to_owned());

        self.step = JOURNAL;
        let answer = peer.get("/agency/v1/checkpoint").await?;
        ensure!(answer.status == 200, "200 was expected: {}", answer.why());
        let checkpoint =
            Checkpoint::open(&String::from_utf8_lossy(&answer.body), std::slice::from_ref(&peer.verifier))?;
        done(JOURNAL, format!("signed at {} entries", checkpoint.size));

        self.step = CLOSE;
        let closed = close(&peer, &order.number, seconds).await?;
        done(CLOSE, closed.to_owned());
        Ok(())
    }
}

/// The first kind that it may submit and that its profile has a sample of.
fn opening(peer: &Peer) -> anyhow::Result<(Kind, Sample)> {
    for kind in submits(peer).filter(|kind| *kind != Kind::ComplaintClosure) {
        if let Ok(sample) = Sample::of(&peer.profile, kind) {
            return Ok((kind, sample));
        }
    }
    bail!("it may submit nothing of which profile {} has a sample", peer.profile.pin())
}

fn submits(peer: &Peer) -> impl Iterator<Item = Kind> {
    let scopes = peer.known["scopes"].as_array().into_iter().flatten();
    let mine = scopes.filter(|scope| scope["direction"] == "submit");
    mine.filter_map(|scope| Kind::parse(scope["kind"].as_str()?).ok())
}

async fn post(peer: &Peer, kind: Kind, made: &Made) -> anyhow::Result<Answer> {
    let encoded = &made.encoded;
    peer.post(&format!("/agency/v1/{kind}"), &encoded.content_type, encoded.bytes.clone()).await
}

/// Ends the case, where that can be said.
async fn close(peer: &Peer, number: &str, seconds: i64) -> anyhow::Result<&'static str> {
    let may = submits(peer).any(|kind| kind == Kind::ComplaintClosure);
    let Some(sample) = Sample::of(&peer.profile, Kind::ComplaintClosure).ok().filter(|_| may) else {
        return Ok("nothing to close it with; it stays open");
    };
    let closure = sample.about(&peer.profile, number.to_owned(), format!("canary-{seconds}-end"))?;
    let answer = post(peer, Kind::ComplaintClosure, &closure).await?;
    ensure!(answer.status == 201, "201 was expected: {}", answer.why());
    Ok("closed")
}
