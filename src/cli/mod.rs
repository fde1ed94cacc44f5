//! The composition root: commands, and the only place that builds the world.
//!
//! Promise: each command is a file that says what it does in its `--help`; it exits with 0 when it did what was
//! asked, 1 when it did not, 2 when it was asked wrongly. What a command found goes to standard output, what went
//! wrong to standard error.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "commands speak on standard output and error")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Environment, Folder};

mod agency;
mod backup;
mod bench;
mod calendar;
mod canary;
mod case;
mod cosigned;
mod delivery;
mod demo;
mod feed;
mod import;
mod journal;
mod notice;
mod pki;
mod profile;
mod radar;
mod reconcile;
mod retention;
mod rules;
pub mod running;
mod serve;
mod shelf;
mod simulate;
mod sync;
mod token;
mod verify;
mod witness;
pub mod world;

/// A gateway between an e-commerce platform and the regulators that oversee it.
///
/// Complaint, inspection and enforcement cases go between the platform's schema and government XML and JSON, over
/// mutual TLS, with a journal that proves every exchange. Try `regbridge demo` first.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    /// The data directory: configuration, agencies, certificates, keys, database.
    #[arg(long, global = true, env = "REGBRIDGE_DIR", default_value = "./data", value_name = "DIR")]
    dir: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway: the agencies' listener, the platform's listener, and what delivers.
    Serve,
    /// See everything at work: a simulated bureau and platform, real certificates, an embedded database.
    Demo(demo::Args),
    /// Agencies: add one, list them, show or check one.
    #[command(subcommand)]
    Agency(agency::Command),
    /// Certificates: our own authority for client and server certificates.
    #[command(subcommand)]
    Pki(pki::Command),
    /// Profiles: check one, or map a message with it.
    #[command(subcommand)]
    Profile(profile::Command),
    /// Cases: list them, show one with everything exchanged about it, hold one, make its evidence package.
    #[command(subcommand)]
    Case(case::Command),
    /// The radar: what is overdue and due soon, whom it waits for, who last did something.
    Radar(radar::Args),
    /// Rule sets: the laws that deadlines come from; list, show or check them.
    #[command(subcommand)]
    Rules(rules::Command),
    /// Calendars: the working days that deadlines are counted by.
    #[command(subcommand)]
    Calendar(calendar::Command),
    /// Retention: for how long cases are kept, and removing what was kept long enough.
    #[command(subcommand)]
    Retention(retention::Command),
    /// Deliveries: list them, show one, stop it, try it again, send it once more; take in an agency's receipt.
    #[command(subcommand)]
    Delivery(delivery::Command),
    /// Feeds: what agencies pulled, reports of feeds, the keys of their cursors.
    #[command(subcommand)]
    Feed(feed::Command),
    /// Reconciliation: manifests of days, what agencies say of them, what to do where the two differ.
    #[command(subcommand)]
    Reconcile(reconcile::Command),
    /// Notices: the mails to staff, the troubles that they tell of; send one to prove the settings.
    #[command(subcommand)]
    Notice(notice::Command),
    /// Take in the records of a file, whatever its size; stopped anywhere, run it again.
    Import(import::Args),
    /// What is done by the clock: syncs with agencies, deadlines, digests; list them, run one now, pause it, see its runs.
    #[command(subcommand)]
    Sync(sync::Command),
    /// The other side, to try one's own against: a bureau, a food agency, a police desk, the platform.
    #[command(subcommand)]
    Simulate(simulate::Command),
    /// Platform tokens: add, list, revoke.
    #[command(subcommand)]
    Token(token::Command),
    /// Backups: made while the gateway runs, sealed, tried by restoring them; and a gateway made again from one.
    #[command(subcommand)]
    Backup(backup::Command),
    /// Make one submission of the gateway's own through its listener now, and check every answer; the running gateway does so on
    /// schedule. [canary] says as whom.
    Canary,
    /// Verify a receipt, a proof or an evidence package, offline.
    Verify(verify::Args),
    /// The journal: check it whole, or export it.
    #[command(subcommand)]
    Journal(journal::Command),
    /// A witness for others' journals: it cosigns checkpoints that follow from all it saw before, and no others.
    #[command(subcommand)]
    Witness(witness::Command),
    /// How fast it is on this machine, as ratios to what the machine could do at best.
    Bench(bench::Args),
    /// A part of `bench` that is a process of its own.
    #[command(hide = true, subcommand)]
    BenchPart(bench::Part),
}

/// What every command is given.
pub(crate) struct Context {
    pub(crate) folder: Folder,
    pub(crate) environment: Environment,
}

/// Parses the command line and runs it.
#[must_use]
pub fn main() -> ExitCode {
    leave_guarded_panics_alone();
    let cli = Cli::parse();
    let context = Context { folder: Folder::at(cli.dir), environment: Environment::of_process() };
    // Where 1 answers the question that was asked, what kept it from being answered is 2.
    let failure = match &cli.command {
        Command::Profile(command) if command.answers_with_one() => ExitCode::from(2),
        _ => ExitCode::FAILURE,
    };
    match run(cli.command, &context) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("regbridge: {error:#}");
            failure
        }
    }
}

/// Where a library's panic is stood ready for, whoever stands ready says what came of it.
fn leave_guarded_panics_alone() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !crate::wire::schema::is_guarded() {
            report(panic);
        }
    }));
}

fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    // What looks, does one thing and says so ends when nobody reads it any more. What serves or goes on for long does not:
    // a peer that goes away must not end the program.
    let stays = matches!(
        command,
        Command::Serve
            | Command::Witness(_)
            | Command::Demo(_)
            | Command::Import(_)
            | Command::Bench(_)
            | Command::BenchPart(_)
    );
    if !stays {
        sigpipe::reset();
    }
    match command {
        Command::Serve => block_on(serve::run(context)),
        Command::Demo(args) => block_on(demo::run(&args, context)),
        Command::Agency(command) => agency::run(command, context),
        Command::Pki(command) => pki::run(command, context),
        Command::Profile(command) => profile::run(command, context),
        Command::Case(command) => block_on(case::run(command, context)),
        Command::Radar(args) => block_on(radar::run(args, context)),
        Command::Rules(command) => rules::run(&command, context),
        Command::Calendar(command) => calendar::run(&command, context),
        Command::Retention(command) => block_on(retention::run(command, context)),
        Command::Delivery(command) => block_on(delivery::run(command, context)),
        Command::Feed(command) => block_on(feed::run(command, context)),
        Command::Reconcile(command) => block_on(reconcile::run(command, context)),
        Command::Notice(command) => block_on(notice::run(command, context)),
        Command::Import(args) => block_on(import::run(args, context)),
        Command::Sync(command) => block_on(sync::run(command, context)),
        Command::Simulate(command) => block_on(simulate::run(command, context)),
        Command::Token(command) => block_on(token::run(command, context)),
        Command::Backup(command) => block_on(backup::run(command, context)),
        Command::Canary => block_on(canary::run(context)),
        Command::Verify(args) => verify::run(&args),
        Command::Journal(command) => block_on(journal::run(command, context)),
        Command::Witness(command) => block_on(witness::run(command)),
        Command::Bench(args) => bench::run(&args),
        Command::BenchPart(part) => bench::run_part(part, context),
    }
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    actix_web::rt::System::new().block_on(work)
}
