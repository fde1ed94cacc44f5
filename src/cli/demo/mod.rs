//! `regbridge demo`: the whole story, with real certificates, on an embedded database.
//!
//! Promise: needs nothing but this program. A simulated bureau and a simulated platform call the very listeners that
//! `serve` runs; each step says what it checks, and a step that does not hold makes `--exit` return 1.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::Context;
use crate::cli::running::Running;
use crate::cli::serve::stop_asked;
use crate::config::Folder;
use crate::telemetry;

mod bureau;
mod old_client;
mod platform;
mod setup;
mod story;

#[derive(clap::Args)]
pub(super) struct Args {
    /// End after the story, with 0 if every step held and 1 if not; otherwise go on serving.
    #[arg(long)]
    exit: bool,
}

pub(super) async fn run(args: &Args, context: &Context) -> anyhow::Result<bool> {
    let filter = std::env::var(telemetry::VARIABLE).unwrap_or_else(|_| "warn".to_owned());
    telemetry::start(telemetry::LogFormat::Auto, Some(&filter))?;
    let folder = context.folder.path().join("demo");
    setup::clear(&folder)?;
    let context = Context { folder: Folder::at(&folder), environment: crate::config::Environment::empty() };

    println!("Regbridge demo in {}\n", folder.display());
    let stage = setup::stage(&context).await?;
    let inbox = bureau::Inbox::open(&stage)?;
    setup::agencies(&context, &stage, inbox.address)?;
    let running = Running::start(setup::world(&context)?).await?;
    let held = story::play(&stage, &running, &inbox).await?;
    println!("\n{}", if held { "Every step held." } else { "Some steps did NOT hold; see above." });

    if !args.exit {
        invite(&folder, &stage, &running)?;
        stop_asked().await?;
    }
    inbox.close().await;
    running.stop().await;
    Ok(held)
}

/// What to try by hand.
fn invite(folder: &Path, stage: &setup::Stage, running: &Running) -> anyhow::Result<()> {
    let dir = folder.display();
    let agency = format!("https://localhost:{}", running.agency_address.port());
    let platform = format!("http://{}", running.platform_address);
    std::fs::write(folder.join("token"), &stage.token).context("token")?;
    println!(
        r"
The gateway keeps serving. Try it from another terminal (Ctrl-C here ends it):

  cd {dir}
  # the bureau: who am I, push a complaint order, read a receipt's proof, pull what waits
  curl --cacert pki/ca.crt --cert pki/issued/hz-amr.crt --key pki/issued/hz-amr.key {agency}/agency/v1
  curl --cacert pki/ca.crt --cert pki/issued/hz-amr.crt --key pki/issued/hz-amr.key \
       -H 'Content-Type: application/xml' --data-binary @samples/order-minimal.xml {agency}/agency/v1/complaint-order
  curl --cacert pki/ca.crt --cert pki/issued/hz-amr.crt --key pki/issued/hz-amr.key {agency}/agency/v1/checkpoint
  # the platform: cases, events, the interface's description
  curl -H @token-header {platform}/platform/v1/cases
  curl -H @token-header '{platform}/platform/v1/events?after=0'
  {platform}/docs
  # compliance: a receipt, verified offline
  regbridge verify out/receipt.xml --vkey vkey --body out/order.xml
  regbridge --dir . journal fsck
"
    );
    std::fs::write(folder.join("token-header"), format!("Authorization: Bearer {}\n", stage.token))?;
    Ok(())
}
