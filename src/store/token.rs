//! Tokens of the platform API. Only the SHA-256 of a secret is stored: secrets are 32 random bytes, so that a
//! fast digest is as good as a slow one.

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql, Value};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// Who uses it, as the journal states it.
    pub name: String,
    /// SHA-256 of the secret.
    pub digest: Digest,
    /// `read`, or `write` which includes it.
    pub rights: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is void.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

const INSERT: Sql = Sql::both(
    "-- token.insert\n\
    INSERT INTO tokens (id, name, digest, rights, created_at, revoked_at, last_used_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

const BY_DIGEST: Sql = Sql::both(
    "-- token.by_digest\n\
    SELECT id, name, digest, rights, created_at, revoked_at, last_used_at FROM tokens WHERE digest = $1",
);

const ALL: Sql = Sql::both(
    "-- token.all\n\
    SELECT id, name, digest, rights, created_at, revoked_at, last_used_at FROM tokens ORDER BY id",
);

const REVOKE: Sql =
    Sql::both("-- token.revoke\nUPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL");

const USED: Sql = Sql::both(
    "-- token.used\n\
    UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
);

impl Tx {
    /// Stores a token.
    pub async fn insert_token(&mut self, token: &Token) -> Result<(), StoreError> {
        let values = [
            Value::from(token.id.as_str()),
            Value::from(token.name.as_str()),
            Value::from(&token.digest),
            Value::from(token.rights.as_str()),
            Value::from(token.created_at),
            Value::from(token.revoked_at),
            Value::from(token.last_used_at),
        ];
        self.execute(INSERT, &values).await.map(drop)
    }

    /// The token of a secret with this digest, revoked or not.
    pub async fn token_by_digest(&mut self, digest: &Digest) -> Result<Option<Token>, StoreError> {
        let row = self.fetch_one(BY_DIGEST, &[digest.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// All tokens, oldest first.
    pub async fn tokens(&mut self) -> Result<Vec<Token>, StoreError> {
        let rows = self.fetch(ALL, &[]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// Makes a token void; false if there is none or it is void already.
    pub async fn revoke_token(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(REVOKE, &[id.into(), at.into()]).await? == 1)
    }

    /// Notes that a token was used; written at most once a minute, so that reading does not become writing.
    pub async fn note_token_used(&mut self, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let before = at.plus_millis(-60_000);
        self.execute(USED, &[id.into(), at.into(), before.into()]).await.map(drop)
    }
}

fn read(row: &mut Reader<'_>) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.text()?,
        name: row.text()?,
        digest: row.digest()?,
        rights: row.text()?,
        created_at: row.time()?,
        revoked_at: row.maybe_time()?,
        last_used_at: row.maybe_time()?,
    })
}
