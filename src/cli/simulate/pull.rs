//! A food agency that pulls a feed to its end and checks what it was given; a police desk that answers each lead.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::cli::Context;
use crate::cli::simulate::made::{format_of, message_of, read, write};
use crate::cli::simulate::peer::{Answer, Door, Peer};
use crate::cli::verify;
use crate::domain::digest::Digest;
use crate::domain::kind::Kind;
use crate::tlog;

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    door: Door,
    /// The kind of records to pull.
    #[arg(long, default_value = "inspection-result")]
    kind: String,
    /// Records of a page at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Keep each page there, as it came.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Police {
    #[command(flatten)]
    door: Door,
    /// What is made of each lead: received, accepted, refused, `filed`, `not_filed`, `penalised`, …
    #[arg(long, default_value = "accepted")]
    decision: String,
}

pub(super) async fn run(args: &Args, context: &Context) -> anyhow::Result<bool> {
    let peer = args.door.enter(context).await?;
    let kind = Kind::parse(&args.kind)?;
    let mut puller = Puller::new(&peer, kind, args.limit);
    while let Some(page) = puller.next().await? {
        if let Some(folder) = &args.keep {
            std::fs::create_dir_all(folder)?;
            std::fs::write(folder.join(format!("{kind}-{:06}", puller.number)), &page.body)?;
        }
    }
    println!("pulled   {} records on {} pages; the windows follow each other", puller.records, puller.pages);
    Ok(true)
}

pub(super) async fn police(args: &Police, context: &Context) -> anyhow::Result<bool> {
    let peer = args.door.enter(context).await?;
    let (message, format) = message_of(&peer.profile, Kind::LeadOutcome)?;
    let mut puller = Puller::new(&peer, Kind::EnforcementLead, 1);
    let mut good = true;
    while let Some(page) = puller.next().await? {
        let (format_in, charset) =
            format_of(page.media()).with_context(|| format!("a page of {}", page.media()))?;
        let (_, _, object) = read(&peer.profile, &page.body, format_in, charset)?;
        for lead in object["records"].as_array().into_iter().flatten() {
            let number = lead["registration_number"].as_str().unwrap_or_default();
            let outcome = json!({
                "message_id": format!("sim-outcome-{number}"),
                "records": [{
                    "kind": Kind::LeadOutcome, "schema_version": "1", "registration_number": number,
                    "message_id": format!("sim-outcome-{number}"), "decision": args.decision,
                }],
            });
            let encoded = write(&peer.profile, &message, format, &outcome)?;
            let path = format!("/agency/v1/{}", Kind::LeadOutcome);
            let answer = peer.post(&path, &encoded.content_type, encoded.bytes.clone()).await?;
            match (answer.status, verify::check(&answer.body, &peer.verifier, Some(&encoded.bytes))) {
                (200 | 201, Ok(_)) => println!("answered {number}  {}, the receipt verifies", args.decision),
                (200 | 201, Err(why)) => {
                    println!("WRONG    {number}  the receipt does not verify: {why:#}");
                    good = false;
                }
                _ => {
                    println!("refused  {number}  {}", answer.why());
                    good = false;
                }
            }
        }
    }
    println!("pulled   {} leads", puller.records);
    Ok(good)
}

/// Pulls page after page, and holds each window to the one before.
struct Puller<'a> {
    peer: &'a Peer,
    kind: Kind,
    limit: u32,
    cursor: String,
    /// Of the window before.
    root: Option<String>,
    end: u64,
    number: u64,
    pages: usize,
    records: u64,
}

impl<'a> Puller<'a> {
    const fn new(peer: &'a Peer, kind: Kind, limit: u32) -> Self {
        Self { peer, kind, limit, cursor: String::new(), root: None, end: 0, number: 0, pages: 0, records: 0 }
    }

    /// The next page; none at the end of the feed.
    async fn next(&mut self) -> anyhow::Result<Option<Answer>> {
        let path = format!("/agency/v1/{}?limit={}{}", self.kind, self.limit, self.cursor);
        let page = self.peer.get(&path).await?;
        match page.status {
            200 => {}
            204 => return Ok(None),
            _ => bail!("{}: {}", self.kind, page.why()),
        }
        self.hold(&page)?;
        Ok(Some(page))
    }

    fn hold(&mut self, page: &Answer) -> anyhow::Result<()> {
        let said = |name: &str| page.header(name).with_context(|| format!("the page has no {name}"));
        let number = |name: &str| anyhow::Ok(said(name)?.parse::<u64>()?);
        let (window, from) = (number("regbridge-window-number")?, number("regbridge-window-from")?);
        let (root, previous) = (said("regbridge-window-root")?, said("regbridge-window-previous")?);
        if let Some(before) = &self.root
            && (window != self.number + 1 || from != self.end || previous != before)
        {
            bail!(
                "window {window} does not follow window {}: it begins behind {from} and not {}, its predecessor's root is \
                 {previous} and not {before}",
                self.number,
                self.end
            );
        }
        let note = String::from_utf8(STANDARD.decode(said("regbridge-window-note")?)?)?;
        let opened = tlog::open(&note, std::slice::from_ref(&self.peer.verifier))
            .map_err(|why| anyhow::anyhow!("window {window} is not signed by the journal's key: {why}"))?;
        for line in [format!("root {root}"), format!("body {}", Digest::of(&page.body))] {
            if !opened.text.lines().any(|told| told == line) {
                bail!("the note of window {window} does not say \"{line}\":\n{}", opened.text);
            }
        }
        let count = number("regbridge-window-count")?;
        println!("window   {window}  {count} records, root {root}");
        self.cursor = format!("&after={}", said("regbridge-cursor")?);
        self.root = Some(root.to_owned());
        (self.number, self.end) = (window, number("regbridge-window-to")?);
        self.pages += 1;
        self.records += count;
        Ok(())
    }
}
