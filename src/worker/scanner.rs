//! The external scanner: a command that is given a file on its standard input.
//!
//! Promise: nothing of the file is ever on disk unsealed; exit status 0 is clean, 1 is infected, anything else, a
//! signal, or no end within its time is no verdict, and the file stays where it is until there is one. What the command
//! says goes nowhere: it may quote the file.

use std::future::Future;
use std::io::Write as _;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::exchange::Gateway;
use crate::exchange::attachments::{Reading, Verdict};
use crate::exchange::port::Scanner;

/// A scanner's command.
#[derive(Clone, Debug)]
pub struct ScannerCommand {
    /// The program and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// How long it may take over one file.
    pub time: Duration,
}

/// How often the end of the command is looked for. It starts in about as much.
const LOOK: Duration = Duration::from_millis(20);

/// How often waiting files are looked for: a person who waits for a picture does not notice a second.
const TICK: Duration = Duration::from_secs(1);

impl Scanner for ScannerCommand {
    fn scan(&self, file: Reading) -> Pin<Box<dyn Future<Output = Verdict> + Send + '_>> {
        Box::pin(self.ask(file))
    }
}

impl ScannerCommand {
    async fn ask(&self, file: Reading) -> Verdict {
        let Some((program, arguments)) = self.command.split_first() else {
            return Verdict::None("no command is set".to_owned());
        };
        let started = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = match started {
            Ok(child) => Running(child),
            Err(error) => return Verdict::None(format!("{program} does not start: {error}")),
        };
        let end = Instant::now() + self.time;
        match tokio::time::timeout_at(end, feed(&mut child, file)).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => return Verdict::None(why),
            Err(_elapsed) => return self.late(),
        }
        loop {
            match child.0.try_wait() {
                Ok(Some(status)) => {
                    return match status.code() {
                        Some(0) => Verdict::Clean,
                        Some(1) => Verdict::Infected,
                        _ => Verdict::None(format!("{program} ended with {status}")),
                    };
                }
                Ok(None) if Instant::now() >= end => return self.late(),
                Ok(None) => tokio::time::sleep(LOOK).await,
                Err(error) => return Verdict::None(format!("{program}: {error}")),
            }
        }
    }

    fn late(&self) -> Verdict {
        Verdict::None(format!("it took longer than {} s", self.time.as_secs()))
    }
}

/// A command that is ended when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is no error here.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes the file to the command's input. A command that has seen enough may close it.
async fn feed(child: &mut Running, mut file: Reading) -> Result<(), String> {
    let Some(mut input) = child.0.stdin.take() else { return Ok(()) };
    while let Some(piece) = file.next().await {
        let piece = piece.map_err(|refused| refused.to_string())?;
        let written = tokio::task::spawn_blocking(move || input.write_all(&piece).ok().map(|()| input)).await;
        match written {
            Ok(Some(open)) => input = open,
            Ok(None) => return Ok(()),
            Err(panic) => return Err(panic.to_string()),
        }
    }
    Ok(())
}

/// Has files scanned until `stop` turns true (or its sender is gone).
pub async fn run(gateway: Gateway, scanner: ScannerCommand, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow_and_update() {
        let scanned = tokio::select! {
            _ = stop.changed() => return,
            scanned = gateway.scan_attachments(&scanner) => scanned,
        };
        match scanned {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::error!(%error, "files cannot be scanned"),
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(TICK) => {}
        }
    }
}
