use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use tokio::sync::{Semaphore, watch};
use tokio_postgres::types::{ToSql, Type};

use super::database::{Database, Transaction};
use super::failure::Failure;
use super::secrets::Secrets;
use super::token::Signer;
use super::{Error, Options, Parameter, auth, now, pictures};

mod access;
mod catalogue;
mod filter;
mod hint;
mod openapi;
mod query;
mod realtime;
mod reload;
mod reply;
mod rpc;
mod table;

pub(super) use access::{Caller, Gate};
use catalogue::Catalogue;
use reload::Listening;
pub(super) use reply::JSON;

/// What every request is served with.
pub(super) struct Gateway {
    pub(super) database: Database,
    pub(super) gate: Gate,
    pub(super) token_lifetime: Duration,
    /// Hashing a password takes a core and some memory for a while.
    pub(super) hashing: Semaphore,
    /// Room for one more that hears of changes.
    sockets: Arc<Semaphore>,
    silence_max: Duration,
    stopped: watch::Receiver<()>,
    catalogue: Arc<RwLock<Arc<Catalogue>>>,
    _listening: Option<Listening>,
}

/// Whether a statement may write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Reads,
    Writes,
}

impl Gateway {
    /// Serves `database` until the sender of `stopped` is gone.
    pub(super) async fn open(
        database: Database,
        secrets: &Secrets,
        options: &Options,
        stopped: watch::Receiver<()>,
    ) -> Result<Self, Error> {
        let catalogue = Catalogue::read(&*database.lease().await?).await?;
        let catalogue = Arc::new(RwLock::new(Arc::new(catalogue)));
        let listening = Listening::start(&database, Arc::clone(&catalogue)).await?;
        let signer = Signer::new(&secrets.jwt);
        Ok(Self {
            database,
            gate: Gate::new(secrets.anon_key.clone(), secrets.service_key.clone(), signer),
            token_lifetime: options.token_lifetime,
            hashing: Semaphore::new(HASHES_MAX),
            sockets: Arc::new(Semaphore::new(realtime::SOCKETS_MAX)),
            silence_max: options.silence_max,
            stopped,
            catalogue,
            _listening: listening,
        })
    }

    /// The surface: PostgREST under `/rest/v1`, GoTrue under `/auth/v1`, Realtime, a public bucket of Storage.
    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/rest/v1/", get(openapi::root))
            .route("/rest/v1/rpc/{function}", any(rpc::call))
            .route("/rest/v1/{table}", any(table::read))
            .route("/auth/v1/token", post(auth::token))
            .route("/auth/v1/logout", post(auth::logout))
            .route("/auth/v1/user", get(auth::user))
            .route("/realtime/v1/websocket", get(realtime::websocket))
            .route(pictures::ROUTE, get(pictures::picture))
            .fallback(no_route)
            .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
            .layer(middleware::from_fn(within_time))
            .with_state(self)
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the catalogue again: what was not in it may have been made since.
    async fn refreshed_catalogue(&self) -> Result<Arc<Catalogue>, Error> {
        let fresh = Arc::new(Catalogue::read(&*self.database.lease().await?).await?);
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
        Ok(fresh)
    }

    /// Runs one statement as `caller` in a transaction of its own and answers with its only row; when that is refused,
    /// nothing has happened.
    async fn run<T>(
        &self,
        caller: &Caller,
        mode: Mode,
        statement: &str,
        parameters: &[Parameter<'_>],
        answer: impl FnOnce(&tokio_postgres::Row) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut lease = self.database.lease().await?;
        let failed = |error| Failure::of_statement(&error, caller.is_anonymous());
        let setting = lease.prepared(IDENTIFY, &[Type::TEXT, Type::TEXT]).await.map_err(failed)?;
        let types: Vec<Type> = parameters.iter().map(|(_, kind)| kind.clone()).collect();
        let statement = lease.prepared(statement, &types).await.map_err(failed)?;
        let values: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|(value, _)| *value).collect();
        let identity: [&(dyn ToSql + Sync); 2] = [&caller.role, &caller.claims];
        let transaction = Transaction::on(lease);
        let is_read = mode == Mode::Reads;
        // One round trip for all: the server works them off in turn, and after one that fails does nothing more.
        let (begun, identified, row, ended) = tokio::join!(
            biased;
            transaction.batch_execute(if is_read { "begin read only" } else { "begin" }),
            transaction.query_one(&setting, &identity),
            transaction.query_one(&statement, &values),
            async { if is_read { transaction.batch_execute("commit").await } else { Ok(()) } },
        );
        begun.and(identified.map(drop)).map_err(failed)?;
        let row = row.map_err(failed)?;
        ended.map_err(failed)?;
        let response = answer(&row)?;
        if is_read {
            transaction.has_ended();
        } else {
            transaction.commit().await.map_err(failed)?;
        }
        Ok(response)
    }
}

/// Seconds since the epoch, as tokens count them.
pub(super) fn now_s() -> u64 {
    u64::try_from(now().micros() / 1_000_000).unwrap_or(0)
}

/// A name from outside as SQL reads names.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

async fn within_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

/// What Supabase's gateway says of a path that leads nowhere.
async fn no_route() -> Response {
    let body = serde_json::json!({ "message": "no Route matched with those values" });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

const IDENTIFY: &str = "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)";

/// Supabase cuts any read at this many rows (`db-max-rows`).
const ROWS_MAX: u64 = 1_000;

/// An order with its notes is a few kilobytes.
const BODY_MAX_BYTES: usize = 1 << 20;

/// Longer than a wait for a connection and a statement's own limit together.
const REQUEST_MAX: Duration = Duration::from_secs(20);

/// Each takes 19 MiB and a core.
const HASHES_MAX: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(quoted("orders"), r#""orders""#);
        assert_eq!(quoted(r#"a"; drop table b; --"#), r#""a""; drop table b; --""#);
    }
}
