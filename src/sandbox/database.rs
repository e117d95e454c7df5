mod address;

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pglite_oxide::PgliteServer;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Notification, Statement};

use super::{Error, now};
use crate::order::Timestamp;

pub use address::Address;

/// Where the rows live.
#[derive(Clone, Debug)]
pub enum Storage {
    /// Embedded PostgreSQL, thrown away at the end.
    Temporary,
    /// Embedded PostgreSQL, kept in this folder.
    Folder(PathBuf),
    /// A PostgreSQL of version 15 or later that runs elsewhere, by its connection URL.
    Url(String),
}

/// A running PostgreSQL and the connections to it, each lent to one user at a time.
#[derive(Debug)]
pub struct Database {
    pool: Arc<Pool>,
    engine: Mutex<Option<Engine>>,
    /// What is heard on the connection that listens.
    pub changes: Changes,
}

impl Database {
    /// Starts the embedded engine, or finds the other one, and makes the first connection.
    pub async fn start(storage: &Storage) -> Result<Self, Error> {
        let (address, connections_max, engine) = match storage {
            Storage::Temporary => Engine::start(None).await?,
            Storage::Folder(folder) => Engine::start(Some(folder.clone())).await?,
            Storage::Url(url) => (Address::read(url)?, CONNECTIONS_MAX, None),
        };
        let permits = Arc::new(Semaphore::new(connections_max));
        let changes = Changes::default();
        // The embedded engine has but one connection: it listens too.
        let listens = engine.is_some().then(|| changes.clone());
        let pool = Arc::new(Pool { address, connections_max, permits, idle: Mutex::default(), listens });
        let database = Self { pool, engine: Mutex::new(engine), changes };
        database.lease().await?;
        Ok(database)
    }

    /// Borrows a connection, waiting at most [`LEASE_WAIT_MAX`] for one that is free.
    pub async fn lease(&self) -> Result<Lease, Error> {
        let permit = Arc::clone(&self.pool.permits).acquire_owned();
        let permit = tokio::time::timeout(LEASE_WAIT_MAX, permit)
            .await
            .map_err(|_| Error::Busy)?
            .expect("the semaphore is never closed");
        let connection = match self.pool.take() {
            Some(connection) => connection,
            None => Connection { client: self.pool.connect().await?, prepared: HashMap::new() },
        };
        Ok(Lease { connection: Some(connection), pool: Arc::clone(&self.pool), _permit: permit })
    }

    /// Where to listen to what is said in the database; none on the embedded engine, whose one connection does.
    pub fn to_listen(&self) -> Option<Address> {
        let is_embedded = self.engine.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        (!is_embedded).then(|| self.pool.address.clone())
    }

    /// Waits for the connections that are lent, closes all and stops the embedded engine, if it is ours.
    pub async fn stop(&self) -> Result<(), Error> {
        let all = u32::try_from(self.pool.connections_max).expect("a handful");
        let returned = tokio::time::timeout(LEASE_WAIT_MAX, self.pool.permits.acquire_many(all)).await;
        self.pool.clear();
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(engine) = engine else { return Ok(()) };
        if returned.is_err() {
            // The engine would wait for a connection that nobody gives back; it ends with the process.
            return Err(Error::Busy);
        }
        blocking(move || engine.stop()).await
    }
}

/// One connection, given back when dropped.
#[derive(Debug)]
pub struct Lease {
    connection: Option<Connection>,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// A statement with parameters of these types, parsed and planned once on each connection.
    pub async fn prepared(&mut self, text: &str, types: &[Type]) -> Result<Statement, tokio_postgres::Error> {
        let Connection { client, prepared } = self.connection.as_mut().expect("taken only by drop");
        if let Some(statement) = prepared.get(text).filter(|statement| statement.params() == types) {
            return Ok(statement.clone());
        }
        let statement = client.prepare_typed(text, types).await?;
        if prepared.len() >= PREPARED_MAX {
            prepared.clear();
        }
        prepared.insert(text.into(), statement.clone());
        Ok(statement)
    }
}

impl Deref for Lease {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.connection.as_ref().expect("taken only by drop").client
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.connection.as_mut().expect("taken only by drop").client
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.give_back(connection);
        }
    }
}

/// A connection lent for one transaction. Dropped before the end of that, it is rolled back before anyone else has it.
#[derive(Debug)]
pub struct Transaction {
    lease: Option<Lease>,
}

impl Transaction {
    /// On this connection; the first statement is to begin it.
    pub fn on(lease: Lease) -> Self {
        Self { lease: Some(lease) }
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), tokio_postgres::Error> {
        self.batch_execute("commit").await?;
        self.has_ended();
        Ok(())
    }

    /// The last statement was its end.
    pub fn has_ended(mut self) {
        self.lease = None;
    }
}

impl Deref for Transaction {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.lease.as_ref().expect("taken only at its end")
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            tokio::spawn(async move {
                if let Err(error) = lease.batch_execute("rollback").await {
                    tracing::warn!(%error, "a transaction could not be rolled back");
                }
            });
        }
    }
}

#[derive(Debug)]
struct Pool {
    address: Address,
    connections_max: usize,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    /// Where its connections tell of changes, if they listen.
    listens: Option<Changes>,
}

/// A connection and what was prepared on it.
#[derive(Debug)]
struct Connection {
    client: Client,
    prepared: HashMap<Box<str>, Statement>,
}

impl Pool {
    async fn connect(&self) -> Result<Client, Error> {
        match &self.listens {
            None => self.address.connect(NAME, SESSION, |_| {}).await,
            Some(changes) => changes.connect(&self.address, NAME, SESSION, |_| {}).await,
        }
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|connection| !connection.client.is_closed());
        idle.pop()
    }

    fn give_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }

    fn clear(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A row of an orders table was inserted or updated.
#[derive(Clone, Debug)]
pub struct Change {
    /// `INSERT` or `UPDATE`.
    pub kind: &'static str,
    /// In schema `public`.
    pub table: Box<str>,
    /// The row's.
    pub id: Box<str>,
    /// When it was heard of.
    pub at: Timestamp,
}

impl Change {
    /// What `ordak.tell_change()` says; none when somebody else said something.
    fn read(said: &Notification) -> Option<Self> {
        let (_, kind) = KINDS.into_iter().find(|(channel, _)| *channel == said.channel())?;
        let (table, id) = said.payload().split_once(' ')?;
        Some(Self { kind, table: table.into(), id: id.into(), at: now() })
    }
}

/// Where changes are heard, while a connection listens to them.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Mutex<Option<broadcast::WeakSender<Change>>>>);

impl Changes {
    /// All changes from now on, until some are missed: because the connection broke, or whoever hears is too slow. None while
    /// no connection listens.
    pub fn hear(&self) -> Option<broadcast::Receiver<Change>> {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(sender.as_ref()?.upgrade()?.subscribe())
    }

    /// A connection that listens to changes, and tells `said` whatever else is said on it.
    pub async fn connect(
        &self,
        address: &Address,
        name: &str,
        session: &str,
        mut said: impl FnMut(&Notification) + Send + 'static,
    ) -> Result<Client, Error> {
        let (sender, _) = broadcast::channel(CHANGES_MAX);
        let heard = sender.downgrade();
        let tell = move |notification: &Notification| match Change::read(notification) {
            // Without a hearer nothing is missed.
            Some(change) => drop(sender.send(change)),
            None => said(notification),
        };
        let session =
            KINDS.iter().fold(session.to_owned(), |all, (channel, _)| format!("{all}; listen {channel}"));
        let client = address.connect(name, &session, tell).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(heard);
        Ok(client)
    }
}

/// The embedded PostgreSQL behind a socket in a folder that only this user may enter: it asks for no password.
#[derive(Debug)]
struct Engine {
    /// Taken only when it stops.
    server: Option<PgliteServer>,
    socket_folder: PathBuf,
}

impl Engine {
    async fn start(data: Option<PathBuf>) -> Result<(Address, usize, Option<Self>), Error> {
        let engine = blocking(move || Self::start_blocking(data.as_deref())).await?;
        let address = Address::socket(&engine.socket_folder, "postgres", "template1");
        Ok((address, 1, Some(engine)))
    }

    fn start_blocking(data: Option<&Path>) -> Result<Self, Error> {
        let socket_folder = std::env::temp_dir().join(format!("ordak-{}", super::secrets::token(12)?));
        private_folder(&socket_folder)?;
        let builder = PgliteServer::builder().unix(socket_folder.join(".s.PGSQL.5432"));
        let builder = match data {
            Some(folder) => {
                private_folder(folder)?;
                builder.path(folder)
            }
            None => builder.temporary(),
        };
        let server = builder.start().map_err(|error| Error::Engine(error.into()))?;
        Ok(Self { server: Some(server), socket_folder })
    }

    fn stop(mut self) -> Result<(), Error> {
        let stopped = self.server.take().map_or(Ok(()), PgliteServer::shutdown);
        std::fs::remove_dir_all(&self.socket_folder)
            .map_err(|source| Error::Folder { path: self.socket_folder.clone(), source })?;
        stopped.map_err(|error| Error::Engine(error.into()))
    }
}

impl Drop for Engine {
    /// Stopping waits for the connection to close, which a thread that runs tasks must not do.
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            let socket_folder = self.socket_folder.clone();
            std::thread::spawn(move || {
                drop(server);
                if let Err(error) = std::fs::remove_dir_all(&socket_folder) {
                    tracing::warn!(%error, "the embedded engine's socket stays behind");
                }
            });
        }
    }
}

fn private_folder(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.and_then(|()| std::fs::set_permissions(path, PermissionsExt::from_mode(0o700)))
        .map_err(|source| Error::Folder { path: path.to_owned(), source })
}

/// Runs what blocks, the embedded engine above all, off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("the work does not panic and is never aborted")
}

/// As many as a shop's stations keep busy; Supabase's smallest project gives PostgREST about as many.
const CONNECTIONS_MAX: usize = 8;

/// What PostgREST waits for a connection (`db-pool-acquisition-timeout`).
pub const LEASE_WAIT_MAX: Duration = Duration::from_secs(10);

/// A station asks for a few dozen things; a stranger may ask for a new one with every request.
const PREPARED_MAX: usize = 64;

/// What connections are called in `pg_stat_activity`.
const NAME: &str = "ordak-sandbox";

/// The channels of `ordak.tell_change()`, each with what Realtime calls it.
const KINDS: [(&str, &str); 2] = [("ordak_insert", "INSERT"), ("ordak_update", "UPDATE")];

/// A burst as an office tool makes it when it touches every open order of a store waits here for a subscriber that reads row by
/// row; who falls further behind is cut off and reads all again, which is quicker by then.
const CHANGES_MAX: usize = 1024;

/// Supabase gives `authenticated` eight seconds a statement; replies are in UTC.
const SESSION: &str =
    "set statement_timeout = '8s'; set timezone = 'UTC'; set client_min_messages = 'warning'";
