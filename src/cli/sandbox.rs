//! The reference backend as a command.

use std::io::Write;

use super::{Serve, fault};
use crate::sandbox::{self, Options, Progress, Storage};
use crate::words::Told;

/// Serves the reference backend until it is told to stop.
pub(super) fn serve(arguments: Serve) -> Result<(), Told> {
    let storage = match (arguments.database_url, arguments.data) {
        (Some(url), _) => Storage::Url(url),
        (None, Some(folder)) => Storage::Folder(folder),
        (None, None) => Storage::Temporary,
    };
    let options =
        Options { listen: arguments.listen, storage, orders: arguments.orders, ..Options::default() };
    runtime()?.block_on(async {
        let running =
            sandbox::serve(options, &show_progress).await.map_err(|error| fault::sandbox(&error))?;
        let line = serde_json::to_string(&running.access).expect("names and keys always serialize");
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| fault::system(&error))?;
        drop(stdout);
        super::headless::stopped().await;
        running.stop().await.map_err(|error| fault::sandbox(&error))
    })
}

/// Brings a database to the newest schema.
pub(super) fn migrate(url: &str) -> Result<(), Told> {
    runtime()?.block_on(async {
        sandbox::migrate(url).await.map_err(|error| fault::sandbox(&error))?;
        println!("The database is at the newest schema.");
        Ok(())
    })
}

/// Tells on stderr how far the start has come.
pub(super) fn show_progress(progress: Progress) {
    match progress {
        Progress::Starting => eprintln!("Starting PostgreSQL…"),
        Progress::Migrating => eprintln!("Writing the schema…"),
        Progress::Sampling { done, of } => eprintln!("Writing sample orders… {done} of {of}"),
    }
}

/// Two threads: the server, and what it runs beside itself.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Told> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| fault::system(&error))
}
