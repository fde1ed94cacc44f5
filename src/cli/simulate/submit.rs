//! A bureau: submits, verifies receipts, waits for what is answered.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::cli::Context;
use crate::cli::simulate::made::{Sample, format_of, read};
use crate::cli::simulate::peer::{Door, Peer};
use crate::cli::verify;
use crate::domain::kind::Kind;

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    door: Door,
    /// The kind of records to submit.
    #[arg(long, default_value = "complaint-order")]
    kind: String,
    /// How many.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// Wait so long for an answer to each; nothing is waited for without it.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
}

/// How long it waits between looks.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn run(args: &Args, context: &Context) -> anyhow::Result<bool> {
    let kind = Kind::parse(&args.kind)?;
    let peer = args.door.enter(context).await?;
    let sample = Sample::of(&peer.profile, kind)?;
    let (mut open, mut good) = (BTreeSet::new(), true);
    for index in 1..=args.count {
        let made = sample.number(&peer.profile, index)?;
        let body = made.encoded.bytes;
        let path = format!("/agency/v1/{kind}");
        let answer = peer.post(&path, &made.encoded.content_type, body.clone()).await?;
        if !matches!(answer.status, 200 | 201) {
            println!("refused  {}  {}", made.number, answer.why());
            good = false;
            continue;
        }
        match verify::check(&answer.body, &peer.verifier, Some(&body)) {
            Ok(_) => println!("taken    {}  {}, the receipt verifies", made.number, answer.status),
            Err(why) => {
                println!("WRONG    {}  the receipt does not verify: {why:#}", made.number);
                good = false;
            }
        }
        open.insert(made.number);
    }
    if let Some(seconds) = args.wait {
        good &= wait(&peer, &mut open, Duration::from_secs(seconds)).await?;
    }
    Ok(good)
}

/// Waits until each number was answered by something.
async fn wait(peer: &Peer, open: &mut BTreeSet<String>, most: Duration) -> anyhow::Result<bool> {
    let kinds = peer.receives();
    if kinds.is_empty() {
        bail!("it may receive nothing, so that nothing can be waited for");
    }
    let end = Instant::now() + most;
    let mut cursors = vec![String::new(); kinds.len()];
    while !open.is_empty() && Instant::now() < end {
        let mut came = false;
        for (kind, cursor) in kinds.iter().zip(&mut cursors) {
            let answer = peer.get(&format!("/agency/v1/{kind}?limit=1{cursor}")).await?;
            if answer.status == 204 {
                continue;
            }
            if answer.status != 200 {
                bail!("{kind}: {}", answer.why());
            }
            came = true;
            if let Some(next) = answer.header("regbridge-cursor") {
                *cursor = format!("&after={next}");
            }
            let Some((format, charset)) = format_of(answer.media()) else { continue };
            let (_, _, object) = read(&peer.profile, &answer.body, format, charset)?;
            for record in object["records"].as_array().into_iter().flatten() {
                let number = record["registration_number"].as_str().unwrap_or_default();
                if open.remove(number) {
                    println!("answered {number}  {kind}");
                }
            }
        }
        if !came {
            // A long poll of one kind would not see the others.
            tokio::time::sleep(PAUSE).await;
        }
    }
    for number in open.iter() {
        println!("waiting  {number}  nothing came");
    }
    Ok(open.is_empty())
}
