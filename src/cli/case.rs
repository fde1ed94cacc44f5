//! `regbridge case`: list cases, show one, put one under legal hold, make its evidence package.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::domain::deadline::Standing;
use crate::domain::id::{AgencyId, CaseId};
use crate::exchange::Refused;
use crate::exchange::intervene::Words;
use crate::exchange::view::{Actor, CaseFilter};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List cases, oldest first: id, state, agency, registration number, when opened.
    List {
        /// Only in this state: received, acknowledged, replied, returned, closed, withdrawn or disposed.
        #[arg(long)]
        state: Option<String>,
        /// Only of this agency.
        #[arg(long)]
        agency: Option<AgencyIdArg>,
        /// Only with this registration number.
        #[arg(long, value_name = "NUMBER")]
        registration_number: Option<String>,
        /// Only with a deadline that is overdue or due soon.
        #[arg(long, value_name = "overdue|soon", value_parser = due)]
        due: Option<Standing>,
        /// Only after this case.
        #[arg(long, value_name = "CASE")]
        after: Option<CaseIdArg>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Show a case with its records, submissions, deliveries and deadlines, as JSON. Of a request for assistance the reading is journalled.
    Show {
        /// The case's id.
        case: CaseIdArg,
        /// Who reads it, for the journal.
        #[arg(long, env = "USER", default_value = "operator")]
        who: String,
    },
    /// Put a case under legal hold: nothing of it is removed until it is released.
    Hold(Word),
    /// Take a case out of legal hold: from now on its time counts again.
    Release(Word),
    /// Make the evidence package of a case: one zip that anybody can check offline (`regbridge verify`). It holds personal
    /// data; who got it, why, and its SHA-256 stand in the journal.
    Package {
        #[command(flatten)]
        word: Word,
        /// The file to write; there must be none of this name yet.
        #[arg(long, value_name = "FILE.zip")]
        out: PathBuf,
    },
}

/// Which case, who says so, and why.
#[derive(clap::Args)]
pub(super) struct Word {
    /// The case's id.
    case: CaseIdArg,
    /// Who says so: one line, which the journal keeps for ever.
    #[arg(long, env = "REGBRIDGE_WHO", value_name = "NAME")]
    who: Words,
    /// Why: one line, which the journal keeps for ever. No names of people it is about.
    #[arg(long, value_name = "REASON")]
    why: Words,
}

#[derive(Clone)]
pub(super) struct AgencyIdArg(AgencyId);

impl std::str::FromStr for AgencyIdArg {
    type Err = crate::domain::id::BadId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        AgencyId::parse(text).map(Self)
    }
}

#[derive(Clone)]
pub(super) struct CaseIdArg(CaseId);

impl std::str::FromStr for CaseIdArg {
    type Err = crate::domain::id::BadId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CaseId::parse(text).map(Self)
    }
}

fn due(word: &str) -> Result<Standing, String> {
    match word {
        "overdue" => Ok(Standing::Overdue),
        "soon" => Ok(Standing::DueSoon),
        _ => Err("overdue or soon is wanted".to_owned()),
    }
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let (gateway, _) = World::load(context)?.open(Which::Spoken).await?;
    match command {
        Command::List { state, agency, registration_number, due, after, limit } => {
            let filter = CaseFilter {
                state,
                agency: agency.map(|agency| agency.0),
                topic: None,
                registration_number,
                due,
                after: after.map(|case| case.0),
                limit,
            };
            for case in gateway.cases(&filter).await? {
                println!(
                    "{}\t{}\t{}\t{}\t{}",
                    case.id, case.state, case.agency, case.registration_number, case.opened_at
                );
            }
        }
        Command::Show { case, who } => {
            let reader = Actor { name: who, may_write: false };
            println!("{}", serde_json::to_string_pretty(&gateway.case(&reader, &case.0).await?)?);
        }
        Command::Hold(word) => {
            let new = there(gateway.hold(&word.case.0, &word.who, &word.why).await, &word.case.0)?;
            let said = if new {
                "under hold"
            } else {
                "was under hold already; `regbridge retention show` says why"
            };
            println!("{}\t{said}", word.case.0);
        }
        Command::Package { word, out } => {
            let file = File::create_new(&out).with_context(|| format!("{} cannot be made", out.display()))?;
            let package = there(gateway.package(&word.case.0, &word.who, &word.why).await, &word.case.0);
            let written = package.and_then(|package| Ok((write(file, &package.bytes)?, package)));
            // What is not whole is no evidence.
            let ((), package) = written.inspect_err(|_| drop(std::fs::remove_file(&out)))?;
            println!("{}\t{} bytes\tSHA-256 {}", out.display(), package.bytes.len(), package.digest);
        }
        Command::Release(word) => {
            let done = there(gateway.release_hold(&word.case.0, &word.who, &word.why).await, &word.case.0)?;
            println!("{}\t{}", word.case.0, if done { "released" } else { "was not under hold" });
        }
    }
    Ok(true)
}

fn write(mut file: File, bytes: &[u8]) -> anyhow::Result<()> {
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

fn there<T>(found: Result<T, Refused>, case: &CaseId) -> anyhow::Result<T> {
    match found {
        Err(Refused::NotFound) => {
            anyhow::bail!("there is no case {case}; `regbridge case list` lists them")
        }
        other => Ok(other?),
    }
}
