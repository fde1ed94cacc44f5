//! `regbridge serve`: runs the gateway of a data directory until it is told to stop.

use std::io::Write as _;

use crate::cli::Context;
use crate::cli::running::Running;
use crate::cli::world::World;
use crate::telemetry;

pub(super) async fn run(context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    let filter = std::env::var(telemetry::VARIABLE).unwrap_or_else(|_| world.settings.log.filter.clone());
    telemetry::start(world.settings.log.format, Some(&filter))?;
    let running = Running::start(world).await?;
    tell(&running);
    tracing::info!(agency = %running.agency_address, platform = %running.platform_address, "serving");
    stop_asked().await?;
    tracing::info!("stopping");
    running.stop().await;
    Ok(true)
}

/// Says where it serves. Whoever started it may have closed its standard output: it serves all the same.
fn tell(running: &Running) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "agencies  https://{}", running.agency_address);
    let _ = writeln!(out, "platform  http://{}", running.platform_address);
    let _ = out.flush();
}

/// Resolves when the process is told to stop: SIGTERM, or SIGINT from a terminal.
pub(super) async fn stop_asked() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}
