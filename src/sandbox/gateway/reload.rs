use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_postgres::Client;

use super::super::Error;
use super::super::database::{Address, Database};
use super::catalogue::Catalogue;

/// Reads the catalogue again whenever somebody says `NOTIFY pgrst`, as PostgREST does, until it is dropped.
pub(super) struct Listening(AbortHandle);

impl Listening {
    /// Nothing on the embedded engine: whoever would change its schema has no connection to do it with.
    pub(super) async fn start(
        database: &Database,
        catalogue: Arc<RwLock<Arc<Catalogue>>>,
    ) -> Result<Option<Self>, Error> {
        let Some(address) = database.to_listen() else { return Ok(None) };
        let mut heard = address.listen(CHANNEL).await?;
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
                heard = again(&address).await;
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

/// Listens anew once the connection has broken, however long the database is away.
async fn again(address: &Address) -> (Client, watch::Receiver<()>) {
    let mut pause = PAUSE_MIN;
    loop {
        tokio::time::sleep(pause).await;
        match address.listen(CHANNEL).await {
            Ok(heard) => return heard,
            Err(error) => tracing::warn!(%error, "not listening for changes of the schema"),
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
