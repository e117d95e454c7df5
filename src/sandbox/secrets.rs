use std::collections::HashMap;

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::{Error, Parameter};

/// Everything that gives access. Drawn once for a database and kept in it, so that a kept folder keeps its keys.
#[derive(Clone)]
pub struct Secrets {
    /// Signs access tokens.
    pub jwt: String,
    /// What clients send as `apikey`.
    pub anon_key: String,
    /// What office tools send as `apikey`; it passes row level security.
    pub service_key: String,
    /// The password of every sample account.
    pub password: String,
    /// Signs the webhooks of Bannos.
    pub webhook_bannos: String,
    /// Signs the webhooks of Flourlane.
    pub webhook_flourlane: String,
}

impl Secrets {
    /// Reads what the database keeps and draws what it lacks.
    pub async fn open(client: &Client) -> Result<Self, Error> {
        let drawn = [
            ("jwt", token(48)?),
            ("anon_key", format!("sb_publishable_{}", token(32)?)),
            ("service_key", format!("sb_secret_{}", token(32)?)),
            ("password", token(12)?),
            ("webhook_bannos", token(48)?),
            ("webhook_flourlane", token(48)?),
        ];
        for (name, value) in &drawn {
            let row: [Parameter<'_>; 2] = [(name, Type::TEXT), (value, Type::TEXT)];
            client
                .query_typed("insert into sandbox.secrets values ($1, $2) on conflict do nothing", &row)
                .await
                .map_err(Error::Database)?;
        }
        let rows = client
            .query_typed("select name, value from sandbox.secrets", &[])
            .await
            .map_err(Error::Database)?;
        let mut kept: HashMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let mut secret = |name| kept.remove(name).expect("each name was inserted above");
        Ok(Self {
            jwt: secret("jwt"),
            anon_key: secret("anon_key"),
            service_key: secret("service_key"),
            password: secret("password"),
            webhook_bannos: secret("webhook_bannos"),
            webhook_flourlane: secret("webhook_flourlane"),
        })
    }
}

/// A random token of `length` letters and digits that a URL carries unescaped.
pub fn token(length: usize) -> Result<String, Error> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

/// Thirty-two signs, so that a byte picks one evenly; none looks like another in print.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
