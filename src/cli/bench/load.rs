//! The load generator: 64 connections, a thread each, each with one request under way at a time.
//!
//! At full load every connection sends its next message when it has the answer to the last. At a given rate each has
//! a timetable, and a wait counts from the moment the message was due, not from when it could be sent: a server that
//! stalls is charged for all who had to wait meanwhile.

use std::net::SocketAddr;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use crate::cli::Context;
use crate::cli::bench::CONNECTIONS;
use crate::cli::bench::connection::Connection;
use crate::cli::bench::message::Template;
use crate::cli::bench::process::processor_seconds;
use crate::cli::bench::stage::{AGENCY, tls};
use crate::config::Folder;

const PATH: &str = "/agency/v1/complaint-order";

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// Where the server listens.
    #[arg(long)]
    address: SocketAddr,
    /// The server's process, for its processor time.
    #[arg(long)]
    server: u32,
    /// Seconds before anything is counted.
    #[arg(long)]
    warm: f64,
    /// Seconds that are counted.
    #[arg(long)]
    seconds: f64,
    /// Requests a second over all connections; as fast as they are answered without it.
    #[arg(long)]
    rate: Option<f64>,
    /// The number of the first message: none may come twice.
    #[arg(long)]
    first: u64,
}

/// What was seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// Answered well in the counted time.
    pub(super) requests: usize,
    /// The counted time.
    pub(super) seconds: f64,
    /// Waits in milliseconds: half, and all but one in a hundred, were shorter.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// Processor seconds in the counted time.
    pub(super) generator: f64,
    pub(super) server: f64,
}

impl Outcome {
    #[expect(clippy::cast_precision_loss, reason = "counts of some hundred thousand")]
    pub(super) fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

/// Runs the load and prints the [`Outcome`] as JSON.
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<bool> {
    let outcome = load(args, &context.folder)?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(true)
}

fn load(args: &Args, folder: &Folder) -> anyhow::Result<Outcome> {
    let (tls, template) = (Arc::new(tls(folder, AGENCY)?), Template::shipped()?);
    let connections: Vec<Connection> = (0..CONNECTIONS)
        .map(|_| Connection::open(args.address, Arc::clone(&tls)))
        .collect::<Result<_, _>>()?;

    let ready = Barrier::new(CONNECTIONS + 1);
    std::thread::scope(|scope| {
        let callers: Vec<_> = connections
            .into_iter()
            .enumerate()
            .map(|(place, connection)| {
                let caller = Caller { place, connection, args, template: &template };
                let ready = &ready;
                scope.spawn(move || {
                    ready.wait();
                    caller.call(Instant::now())
                })
            })
            .collect();
        ready.wait();
        std::thread::sleep(Duration::from_secs_f64(args.warm));
        let used = || Ok::<_, anyhow::Error>((processor_seconds("self")?, processor_seconds(args.server)?));
        let before = used()?;
        std::thread::sleep(Duration::from_secs_f64(args.seconds));
        let after = used()?;
        let mut waits = Vec::new();
        for caller in callers {
            waits.extend(caller.join().map_err(|_| anyhow!("a caller panicked"))??);
        }
        waits.sort_unstable();
        Ok(Outcome {
            requests: waits.len(),
            seconds: args.seconds,
            p50: quantile(&waits, 50),
            p99: quantile(&waits, 99),
            generator: after.0 - before.0,
            server: after.1 - before.1,
        })
    })
}

struct Caller<'a> {
    place: usize,
    connection: Connection,
    args: &'a Args,
    template: &'a Template,
}

impl Caller<'_> {
    /// Calls until the time is over; the counted waits.
    fn call(mut self, start: Instant) -> anyhow::Result<Vec<Duration>> {
        let counted = start + Duration::from_secs_f64(self.args.warm);
        let end = counted + Duration::from_secs_f64(self.args.seconds);
        let mut waits = Vec::new();
        for turn in 0.. {
            let due = self.due(start, turn);
            if due >= end {
                break;
            }
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let number = self.args.first + u64::from(turn) * CONNECTIONS as u64 + self.place as u64;
            let body = self.template.message(number);
            let asked = if self.args.rate.is_some() { due } else { Instant::now() };
            let status = self.connection.post(PATH, &body)?;
            let answered = Instant::now();
            if status != 201 {
                return Err(anyhow!("message {number} was answered with {status}"));
            }
            if (counted..end).contains(&answered) {
                waits.push(answered - asked);
            }
        }
        Ok(waits)
    }

    /// When this turn is due: at once at full load, else the connections take turns.
    #[expect(clippy::cast_precision_loss, reason = "64 connections")]
    fn due(&self, start: Instant, turn: u32) -> Instant {
        let Some(rate) = self.args.rate else { return Instant::now() };
        let turns = f64::from(turn) + self.place as f64 / CONNECTIONS as f64;
        start + Duration::from_secs_f64(turns * CONNECTIONS as f64 / rate)
    }
}

/// In milliseconds; 0 of none.
fn quantile(sorted: &[Duration], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).map_or(0.0, |wait| wait.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_is_slower_than_the_ninety_ninth() {
        let waits: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert!((quantile(&waits, 99) - 199.0).abs() < 1e-9);
        assert!((quantile(&waits, 50) - 101.0).abs() < 1e-9);
        assert!(quantile(&[], 99).abs() < 1e-9);
    }
}
