//! `regbridge bench`: how fast the gateway is, as ratios to what this machine could do at best.
//!
//! Promise: a figure and the limit it is compared with are measured in the same run, on the same machine, with the
//! same bytes; server, load generator and storage limit are processes of their own, so that the processor time of
//! each can be told. `ops/bench.md` says what each figure means.
//!
//! | file | idea |
//! |---|---|
//! | `figure` | the figures' names and their lines |
//! | `measure` | measuring each, once, with what it is compared with |
//! | `stage` | a data directory of its own, and the server in it |
//! | `message` | complaints of 2 KB, each a new one |
//! | `load`, `connection` | the load generator |
//! | `fixed` | the transport limit: a server that answers the same at once |
//! | `map`, `xmllint` | reading and mapping alone, beside parsing alone, and beside libxml2 |
//! | `batch` | batches of any size, in XML and JSON |
//! | `memory` | what importing a large one needs |
//! | `rows` | the storage limit: the same rows with no gateway |
//! | `feed` | agencies that pull, and the same rows with no gateway |
//! | `copy` | files of cases, and a plain copy over the same TLS |
//! | `database` | a PostgreSQL database for one figure |
//! | `history` | `ops/bench-history.tsv` |
//! | `process` | processor time and memory of a process |

use std::net::SocketAddr;

use clap::Subcommand;

use crate::cli::Context;
use crate::cli::bench::figure::Name;
use crate::cli::bench::measure::{Bench, Length};

mod batch;
mod connection;
mod copy;
mod database;
mod feed;
mod figure;
mod fixed;
mod history;
mod load;
mod map;
mod measure;
mod memory;
mod message;
mod process;
mod rows;
mod stage;
mod xmllint;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Measure one figure in under 30 seconds: intake.sqlite, unless another is named.
    #[arg(long)]
    quick: bool,
    /// A PostgreSQL server, as an address whose user may create databases: `postgres://user:password@host/database`.
    #[arg(long, env = "REGBRIDGE_BENCH_POSTGRES", value_name = "URL", hide_env_values = true)]
    postgres: Option<String>,
    /// How large the batches of memory.batch are, in MB of a million bytes; 1000, or 64 with --quick.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    batch: Option<u64>,
    /// Append the figures to ops/bench-history.tsv, with date, revision and processors.
    #[arg(long)]
    record: bool,
    /// The figures to measure; all that can be without any.
    #[arg(value_name = "NAME", value_parser = Name::parse)]
    names: Vec<Name>,
}

impl Args {
    fn names(&self) -> Vec<Name> {
        match (self.names.as_slice(), self.quick) {
            ([], true) => vec![Name::IntakeSqlite],
            ([], false) => {
                let without = (self.postgres.is_none(), !xmllint::is_there());
                let can_be =
                    |name: &Name| !(without.0 && name.is_postgres() || without.1 && name.is_xmllint());
                Name::ALL.iter().map(|(name, _)| *name).filter(can_be).collect()
            }
            (names, _) => names.to_vec(),
        }
    }
}

/// Measures, and prints one line a figure.
pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let length = if args.quick { Length::QUICK } else { Length::FULL };
    let mut bench = Bench::new(args.postgres.clone(), length, args.batch);
    let mut figures = Vec::new();
    for name in args.names() {
        let figure = bench.figure(name)?;
        println!("{figure}");
        figures.push(figure);
    }
    if args.record {
        history::append(&figures)?;
    }
    Ok(true)
}

/// The parts of a measurement that are processes of their own.
#[derive(Subcommand)]
pub(super) enum Part {
    /// Calls an agency listener from 64 connections.
    Load(load::Args),
    /// Serves a fixed answer over the agency listener's TLS.
    Fixed,
    /// Inserts the rows of submissions.
    Rows(rows::Args),
    /// Takes files and gives them back over the agency listener's TLS.
    Copy,
}

/// Runs one part in the data directory that the bench has made.
pub(super) fn run_part(part: Part, context: &Context) -> anyhow::Result<bool> {
    match part {
        Part::Load(args) => load::run(&args, context),
        Part::Fixed => super::block_on(fixed::run(context)),
        Part::Rows(args) => rows::run(&args, context),
        Part::Copy => super::block_on(copy::run(context)),
    }
}

/// Connections of the load generator, and callers of the storage limit: as many as intake's largest batch.
const CONNECTIONS: usize = 64;

/// The line by which a server says where it listens.
fn listening(address: SocketAddr) -> String {
    format!("agencies  https://{address}")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn names(words: &[&str]) -> Vec<Name> {
        Line::try_parse_from(["bench"].iter().chain(words)).unwrap().args.names()
    }

    #[test]
    fn without_names_everything_that_can_be_is_measured() {
        assert_eq!(names(&["--quick"]), [Name::IntakeSqlite]);
        assert_eq!(names(&["--quick", "limit.transport"]), [Name::LimitTransport]);
        assert_eq!(names(&["memory.idle", "limit.sqlite"]), [Name::MemoryIdle, Name::LimitSqlite]);
        let all = names(&["--postgres", "postgres://a@127.0.0.1/a"]);
        assert_eq!(all.len(), Name::ALL.len());
        assert!(Line::try_parse_from(["bench", "intake.oracle"]).is_err());
    }
}
