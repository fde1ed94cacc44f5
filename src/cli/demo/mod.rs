//! `regbridge demo`: the whole story, with real certificates, on an embedded database.
//!
//! Promise: needs nothing but this program. A simulated bureau and a simulated platform call the very listeners that
//! `serve` runs; each step says what it checks, and a step that does not hold makes `--exit` return 1.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::Context;
use crate::cli::running::Running;
use crate::cli::serve::stop_asked;
use crate::cli::world::write_secret;
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

/// What to try by hand. The same lines, and more, stand in the README; `env` holds what they name.
fn invite(folder: &Path, stage: &setup::Stage, running: &Running) -> anyhow::Result<()> {
    let demo = std::path::absolute(folder).with_context(|| folder.display().to_string())?;
    let demo = demo.display();
    let agency = format!("https://localhost:{}", running.agency_address.port());
    let platform = format!("http://{}", running.platform_address);
    write_secret(&folder.join("token"), &stage.token)?;
    write_secret(&folder.join("token-header"), &format!("Authorization: Bearer {}\n", stage.token))?;
    let names = format!(
        "export DEMO='{demo}' AGENCY={agency} PLATFORM={platform}\nexport NO_PROXY=localhost,127.0.0.1 no_proxy=localhost,127.0.0.1\n"
    );
    std::fs::write(folder.join("env"), names).context("env")?;
    println!(
        r#"
The gateway keeps serving. Try it from another terminal (Ctrl-C here ends it); the README has more:

  . '{demo}/env'
  bureau() {{ curl --silent --show-error --cacert "$DEMO/pki/ca.crt" --cert "$DEMO/pki/issued/hz-amr.crt" --key "$DEMO/pki/issued/hz-amr.key" "$@"; }}
  # the bureau: who am I, push a complaint order, see the journal's head
  bureau "$AGENCY/agency/v1"
  bureau -H 'Content-Type: application/xml' --data-binary "@$DEMO/samples/order-minimal.xml" "$AGENCY/agency/v1/complaint-order"
  bureau "$AGENCY/agency/v1/checkpoint"
  # the platform: cases, events; the interface's description for a browser: {platform}/docs
  curl -H "@$DEMO/token-header" "$PLATFORM/platform/v1/cases"
  curl -H "@$DEMO/token-header" "$PLATFORM/platform/v1/events?after=0"
  # compliance: a receipt verified offline, and the whole journal
  target/release/regbridge verify "$DEMO/out/receipt.xml" --vkey "$DEMO/vkey" --body "$DEMO/out/order.xml"
  target/release/regbridge --dir "$DEMO" journal fsck
"#
    );
    Ok(())
}
