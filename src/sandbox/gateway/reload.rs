use std::sync::{Arc, PoisonError, RwLock};

use tokio::task::AbortHandle;

use super::super::Error;
use super::super::database::Database;
use super::catalogue::Catalogue;

/// Reads the catalogue again whenever somebody says `NOTIFY pgrst`, as PostgREST does, until it is dropped.
pub(super) struct Listening(AbortHandle);

impl Listening {
    /// Nothing on the embedded engine: whoever would change its schema has no connection to do it with.
    pub(super) async fn start(
        database: &Database,
        catalogue: Arc<RwLock<Arc<Catalogue>>>,
    ) -> Result<Option<Self>, Error> {
        let Some((client, mut told)) = database.listen(CHANNEL).await? else { return Ok(None) };
        let task = tokio::spawn(async move {
            while told.changed().await.is_ok() {
                match Catalogue::read(&client).await {
                    Ok(fresh) => {
                        *catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
                    }
                    Err(error) => tracing::warn!(%error, "the catalogue could not be read again"),
                }
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

/// PostgREST's default (`db-channel`).
const CHANNEL: &str = "pgrst";
