//! `regbridge token`: who may use the platform API.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::world::World;
use crate::clock::{Chance as _, Clock as _, SystemChance, SystemClock, Timestamp};
use crate::domain::digest::Digest;
use crate::store::token::Token;
use crate::store::{Store, StoreError, Tx};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a token and print it, once: only its digest is kept.
    Add {
        /// Who will use it; the journal names them so.
        name: String,
        /// Allow looking only.
        #[arg(long)]
        read_only: bool,
    },
    /// List the tokens: names, rights, ages; never the tokens themselves.
    List,
    /// Refuse a token from now on.
    Revoke {
        /// The token's id, from `token list`.
        id: String,
    },
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let store = World::load(context)?.open_store().await?;
    match command {
        Command::Add { name, read_only } => println!("{}", add(&store, &name, read_only).await?),
        Command::List => {
            for token in store.read("token.all", async |mut tx: Tx| tx.tokens().await).await? {
                let ended = token.revoked_at.map_or(String::new(), |at| format!("\trevoked {at}"));
                let used = token.last_used_at.map_or("never".to_owned(), |at| at.to_string());
                println!(
                    "{}\t{}\t{}\tmade {}\tused {used}{ended}",
                    token.id, token.name, token.rights, token.created_at
                );
            }
        }
        Command::Revoke { id } => {
            let now = SystemClock.now();
            let revoke = async |mut tx: Tx| tx.revoke_token(&id, now).await;
            if !store.run_tx("token.revoke", revoke).await? {
                anyhow::bail!("no live token has the id {id}; see `regbridge token list`");
            }
            println!("token {id} is refused from now on");
        }
    }
    Ok(true)
}

/// Makes a token; the text that its holder sends.
pub(super) async fn add(store: &Store, name: &str, read_only: bool) -> Result<String, StoreError> {
    let now: Timestamp = SystemClock.now();
    // 256 random bits: no dictionary helps against its plain digest, so none of the slow hashes is needed.
    let secret = format!("rb_{}", URL_SAFE_NO_PAD.encode(SystemChance.thirty_two()));
    let token = Token {
        id: SystemChance.uuid(now).to_string(),
        name: name.to_owned(),
        digest: Digest::of(secret.as_bytes()),
        rights: if read_only { "read" } else { "write" }.to_owned(),
        created_at: now,
        revoked_at: None,
        last_used_at: None,
    };
    store.run_tx("token.add", async |mut tx: Tx| tx.insert_token(&token).await).await?;
    Ok(secret)
}
