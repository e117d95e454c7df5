//! The reference backend: this SQL on PostgreSQL behind the surface of PostgREST, GoTrue and Realtime.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::types::{ToSql, Type};

use crate::order::{Date, Stage, Timestamp};

mod auth;
mod contract;
mod database;
mod failure;
mod gateway;
mod migrate;
mod pictures;
mod samples;
mod secrets;
mod token;
pub mod virtual_printer;

pub use contract::Contract;
use database::Database;
pub use database::Storage;
use gateway::Gateway;
pub use samples::{PEOPLE, Person, STATIONS, Samples, Station};
use secrets::Secrets;

/// What to serve and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where the rows live.
    pub storage: Storage,
    /// Which generation of the contract to speak: the reference backend's own, or the stand-in of the shops' project.
    pub contract: Contract,
    /// How many sample orders an empty database gets: none, or at least the curated ones.
    pub orders: usize,
    /// How long an access token is good, in whole seconds.
    pub token_lifetime: Duration,
    /// A socket of Realtime that says nothing for so long is dead.
    pub silence_max: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            storage: Storage::Temporary,
            contract: Contract::V2025_09,
            orders: ORDERS,
            token_lifetime: TOKEN_LIFETIME,
            silence_max: SILENCE_MAX,
        }
    }
}

/// How far the start has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// PostgreSQL is starting.
    Starting,
    /// The schema is being written.
    Migrating,
    /// Sample orders are being written.
    Sampling {
        /// How many are in.
        done: usize,
        /// How many there will be.
        of: usize,
    },
}

/// What a station needs to work with this backend: the one line that `sandbox serve` prints.
#[derive(Clone, Serialize)]
pub struct Access {
    /// Where it listens.
    pub url: String,
    /// What stations send as `apikey`.
    pub anon_key: String,
    /// What office tools send as `apikey`; it passes row level security.
    pub service_key: String,
    /// A station's account: the Filling station's.
    pub email: String,
    /// The password of every sample account.
    pub password: String,
    /// Every sample account that is a station's.
    pub stations: Vec<StationAccount>,
    /// What signs each store's webhooks.
    pub webhook_secrets: WebhookSecrets,
}

/// A kiosk's account.
#[derive(Clone, Debug, Serialize)]
pub struct StationAccount {
    /// As its configuration names it.
    pub name: &'static str,
    /// Where it stands.
    pub stage: Stage,
    /// Signs in with it.
    pub email: &'static str,
}

/// What signs each store's webhooks.
#[derive(Clone, Serialize)]
pub struct WebhookSecrets {
    /// Of Bannos.
    pub bannos: String,
    /// Of Flourlane.
    pub flourlane: String,
}

/// The backend at work. Dropped without [`Running::stop`] it ends too, but a temporary folder may stay behind.
pub struct Running {
    /// How to use it.
    pub access: Access,
    gateway: Arc<Gateway>,
    stop: watch::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Finishes the requests under way, for at most [`STOP_MAX`], then stops listening and the database.
    pub async fn stop(self) -> Result<(), Error> {
        let Self { gateway, stop, mut server, .. } = self;
        drop(stop);
        match tokio::time::timeout(STOP_MAX, &mut server).await {
            Ok(ended) => ended.expect("the server does not panic").map_err(Error::Served)?,
            Err(_) => server.abort(),
        }
        gateway.database.stop().await
    }
}

/// Starts the backend; returns when it answers.
pub async fn serve(options: Options, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Running, Error> {
    let listen = |source| Error::Listen { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    progress(Progress::Starting);
    let database = Database::start(&options.storage).await?;
    let project = format!("http://{address}");
    let secrets = match fill(&database, &options, &project, progress).await {
        Ok(secrets) => secrets,
        Err(refused) => {
            if let Err(error) = database.stop().await {
                tracing::warn!(%error, "the database did not stop");
            }
            return Err(refused);
        }
    };
    let (stop, mut stopped) = watch::channel(());
    let gateway = Arc::new(Gateway::open(database, &secrets, &options, stopped.clone()).await?);
    let router = Arc::clone(&gateway).router();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        // It is only ever dropped.
        stopped.changed().await.unwrap_or_default();
    });
    let server = tokio::spawn(async move { server.await });
    Ok(Running { access: access(project, secrets), gateway, stop, server })
}

/// Brings the database at `url` to the newest schema; doing it again changes nothing. A project that runs contract 2025-12
/// is refused.
pub async fn migrate(url: &str) -> Result<(), Error> {
    let database = Database::start(&Storage::Url(url.to_owned())).await?;
    let migrated = migrate::migrate(&mut *database.lease().await?).await;
    database.stop().await?;
    migrated
}

/// Adds the extension functions and what they keep to a project that runs contract 2025-12, and changes nothing that is
/// there; doing it again changes nothing. Any other database is refused.
pub async fn extend(url: &str) -> Result<(), Error> {
    let database = Database::start(&Storage::Url(url.to_owned())).await?;
    let extended = migrate::extend(&mut *database.lease().await?).await;
    database.stop().await?;
    extended
}

async fn fill(
    database: &Database,
    options: &Options,
    project: &str,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Secrets, Error> {
    let mut lease = database.lease().await?;
    if lease.query_typed_one(HAS_GOTRUE, &[]).await.map_err(Error::Database)?.get(0) {
        return Err(Error::Supabase);
    }
    progress(Progress::Migrating);
    let (contract, count) = (options.contract, options.orders);
    match contract {
        Contract::V2025_09 => migrate::migrate(&mut lease).await?,
        Contract::V2025_12 => migrate::stand_in(&mut lease).await?,
    }
    lease.batch_execute(SCHEMA).await.map_err(Error::Database)?;
    let secrets = Secrets::open(&lease).await?;
    samples::accounts(&lease, contract, &secrets.password).await?;
    let is_empty: bool = lease.query_typed_one(IS_EMPTY, &[]).await.map_err(Error::Database)?.get(0);
    let transaction = lease.transaction().await.map_err(Error::Database)?;
    transaction.batch_execute("set local statement_timeout = 0").await.map_err(Error::Database)?;
    if count == 0 || !is_empty {
        samples::move_pictures(&transaction, project).await?;
        transaction.commit().await.map_err(Error::Database)?;
        return Ok(secrets);
    }
    let row = transaction.query_typed_one(samples::now(contract), &[]).await.map_err(Error::Database)?;
    let (now, today) = (row.get(0), row.get::<_, String>(1));
    let today: Date = today.parse().expect("PostgreSQL writes dates as ISO 8601");
    let samples = Samples::new(count, today, Timestamp::from_micros(now), project);
    let of = samples.orders.len();
    samples::shelves(&transaction, contract).await?;
    samples::orders(&transaction, contract, &samples, |done| progress(Progress::Sampling { done, of }))
        .await?;
    transaction.commit().await.map_err(Error::Database)?;
    lease.batch_execute(ANALYZE).await.map_err(Error::Database)?;
    Ok(secrets)
}

fn access(url: String, secrets: Secrets) -> Access {
    let station =
        |station: &Station| StationAccount { name: station.name, stage: station.stage, email: station.email };
    Access {
        url,
        anon_key: secrets.anon_key,
        service_key: secrets.service_key,
        email: STATIONS[0].email.to_owned(),
        password: secrets.password,
        stations: STATIONS.iter().map(station).collect(),
        webhook_secrets: WebhookSecrets {
            bannos: secrets.webhook_bannos,
            flourlane: secrets.webhook_flourlane,
        },
    }
}

/// This machine's time.
fn now() -> Timestamp {
    let since_epoch = UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// Why the sandbox does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The embedded engine failed: another process may hold its folder, or the disk is full.
    #[error("the embedded PostgreSQL failed")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection URL cannot be read.
    #[error("the database URL cannot be read")]
    Url(#[source] tokio_postgres::Error),
    /// No connection to the database.
    #[error("no connection to the database")]
    Unreachable(#[source] tokio_postgres::Error),
    /// The database was connected to and said nothing within the bound: something else may listen there.
    #[error("the database does not answer")]
    Silent,
    /// The connection URL asks for the server to be checked and names nobody who signs for it.
    #[error("sslmode=verify-full needs sslrootcert=FILE beside it")]
    NoRoots,
    /// The certificates that sign for the server cannot be used.
    #[error("the certificates in {path} cannot be used: {reason}")]
    Roots {
        /// The file named by `sslrootcert`.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Every connection stayed in use.
    #[error("every connection to the database stayed in use")]
    Busy,
    /// The database is older than the schema allows.
    #[error("PostgreSQL {} is too old", version / 10_000)]
    TooOld {
        /// As `server_version_num` counts.
        version: i32,
    },
    /// The project runs contract 2025-12, which this schema would break.
    #[error("the project runs contract 2025-12, whose functions have the same names and other rules")]
    OtherContract,
    /// The project does not run contract 2025-12, for which the extensions are.
    #[error("the database does not run contract 2025-12")]
    NotExtensible,
    /// The database has orders or functions that the stand-in of contract 2025-12 would overwrite.
    #[error(
        "the database has orders or functions of its own, which the stand-in of contract 2025-12 would overwrite"
    )]
    NotStandIn,
    /// The database is a Supabase project, which has a gateway of its own: it is migrated, not served.
    #[error("the database belongs to a Supabase project")]
    Supabase,
    /// A file of the schema failed; nothing was changed.
    #[error("{file} failed")]
    Migration {
        /// Which.
        file: &'static str,
        /// Why.
        source: tokio_postgres::Error,
    },
    /// A statement failed.
    #[error("a statement failed")]
    Database(#[source] tokio_postgres::Error),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The server broke.
    #[error("the server broke")]
    Served(#[source] std::io::Error),
    /// A folder cannot be made or removed.
    #[error("cannot use folder {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes")]
    Random(#[source] getrandom::Error),
}

/// A parameter and its type, so that no statement needs a round trip of its own to learn it.
type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// A shop's week.
const ORDERS: usize = 60;

/// GoTrue's default.
const TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// Phoenix's default (`timeout` of its websocket transport); clients send a heartbeat every 25 or 30 s.
const SILENCE_MAX: Duration = Duration::from_mins(1);

/// A request that takes longer is cut off: nobody waits for it at Ctrl-C.
const STOP_MAX: Duration = Duration::from_secs(5);

/// The schema has an `auth.users` of its own for plain PostgreSQL, but without GoTrue's columns.
const HAS_GOTRUE: &str = "
select exists (
    select from pg_attribute a
    where a.attrelid = to_regclass('auth.users') and a.attname = 'instance_id' and not a.attisdropped
)";

/// What the gateway keeps for itself, out of every client's reach.
const SCHEMA: &str = "
create schema if not exists sandbox;
revoke all on schema sandbox from public;
create table if not exists sandbox.secrets (name text primary key, value text not null);
create table if not exists sandbox.refresh_tokens (
    digest bytea primary key,
    session_id uuid not null,
    account_id uuid not null references auth.users (id) on delete cascade,
    used_at timestamptz
);
create index if not exists refresh_tokens_session on sandbox.refresh_tokens (session_id);";

const IS_EMPTY: &str = "
select not exists (select from public.orders_bannos) and not exists (select from public.orders_flourlane)";

/// Twenty thousand new rows are planned badly until they are counted.
const ANALYZE: &str = "analyze public.orders_bannos, public.orders_flourlane, public.stage_events";
