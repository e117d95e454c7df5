use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_postgres::{Client, Notification};

use super::super::Error;
use super::super::database::{Address, Changes, Database};
use super::catalogue::Catalogue;

/// Hears of changes of rows, and reads the catalogue again whenever somebody says `NOTIFY pgrst`, as PostgREST does, until it
/// is dropped.
pub(super) struct Listening(AbortHandle);

impl Listening {
    /// Nothing on the embedded engine: its one connection hears of changes itself, and whoever would change its schema has none.
    pub(super) async fn start(
        database: &Database,
        catalogue: Arc<RwLock<Arc<Catalogue>>>,
    ) -> Result<Option<Self>, Error> {
        let Some(address) = database.to_listen() else { return Ok(None) };
        let changes = database.changes.clone();
        let mut heard = listen(&address, &changes).await?;
        let task = tokio::spawn(async move {
            loop {
                let (client, mut told) = heard;
                while told.changed().await.is_ok() {
                    match Catalogue::read(&client).await {
                        Ok(fresh) => {
                            *catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
                        }
                        Err(error) => tracing::warn!(%error, "the catalogue could not be read again"),
                    }
                }
                drop(client);
                heard = again(&address, &changes).await;
            }
        });
        Ok(Some(Self(task.abort_handle())))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection that listens, and what tells of each word about the schema, once at the beginning for what was said before; it
/// tells no more when the connection breaks.
async fn listen(address: &Address, changes: &Changes) -> Result<(Client, watch::Receiver<()>), Error> {
    let (tell, mut told) = watch::channel(());
    told.mark_changed();
    let said = move |_: &Notification| tell.send_replace(());
    let client =
        changes.connect(address, "ordak-sandbox-listening", &format!("listen {CHANNEL}"), said).await?;
    Ok((client, told))
}

/// Listens anew once the connection has broken, however long the database is away.
async fn again(address: &Address, changes: &Changes) -> (Client, watch::Receiver<()>) {
    let mut pause = PAUSE_MIN;
    loop {
        tokio::time::sleep(pause).await;
        match listen(address, changes).await {
            Ok(heard) => return heard,
            Err(error) => tracing::warn!(%error, "not listening for changes"),
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// PostgREST's default (`db-channel`).
const CHANNEL: &str = "pgrst";

/// Between two tries to listen: at once for a connection that was only cut, seldom for a database that is down. PostgREST
/// doubles its pauses up to 32 s too.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(32);
