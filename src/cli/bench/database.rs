//! A PostgreSQL database for one figure, dropped with the value that made it.

use std::str::FromStr as _;

use anyhow::Context as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::clock::{Chance as _, SystemChance};

/// A new database on a server.
pub(super) struct Database {
    server: PgConnectOptions,
    name: String,
    /// Its address, with the password.
    pub(super) address: String,
}

impl Database {
    /// Creates one; the user of `address` must be allowed to.
    pub(super) fn create(address: &str) -> anyhow::Result<Self> {
        let server = PgConnectOptions::from_str(address).context("not a PostgreSQL address")?;
        let name = format!("regbridge_bench_{}", hex::encode(&SystemChance.thirty_two()[..6]));
        execute(&server, format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"))?;
        let address = server.clone().database(&name).to_url_lossy().to_string();
        Ok(Self { server, name, address })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = execute(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name)) {
            eprintln!("regbridge: database {} stays behind: {error:#}", self.name);
        }
    }
}

/// The name in the text is of our own making: letters, digits, underscores.
fn execute(server: &PgConnectOptions, text: String) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let mut connection: PgConnection = server.connect().await?;
        sqlx::query(AssertSqlSafe(text)).execute(&mut connection).await?;
        connection.close().await?;
        Ok(())
    })
}
