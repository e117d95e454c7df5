//! The reference backend as a command.

use std::io::Write;

use super::{Serve, fault};
use crate::sandbox::{self, Contract, Options, Progress, Storage};
use crate::words::Told;

/// Serves the reference backend until it is told to stop.
pub(super) fn serve(arguments: Serve) -> Result<(), Told> {
    let storage = match (arguments.database_url, arguments.data) {
        (Some(url), _) => Storage::Url(url),
        (None, Some(folder)) => Storage::Folder(folder),
        (None, None) => Storage::Temporary,
    };
    let options = Options {
        listen: arguments.listen,
        storage,
        contract: contract(&arguments.contract),
        orders: arguments.orders,
        ..Options::default()
    };
    runtime()?.block_on(async {
        let running =
            sandbox::serve(options, &show_progress).await.map_err(|error| fault::sandbox(&error))?;
        let line = serde_json::to_string(&running.access).expect("names and keys always serialize");
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{line}").and_then(|()| stdout.flush()).map_err(|error| fault::system(&error))?;
        drop(stdout);
        crate::shell::stopped().await;
        running.stop().await.map_err(|error| fault::sandbox(&error))
    })
}

/// One of the names that the command takes.
fn contract(name: &str) -> Contract {
    Contract::ALL.into_iter().find(|contract| contract.name() == name).unwrap_or(Contract::V2025_09)
}

/// Brings a database to the newest schema, or a project of contract 2025-12 the extensions alone.
pub(super) fn migrate(url: &str, extensions_only: bool) -> Result<(), Told> {
    runtime()?.block_on(async {
        if extensions_only {
            sandbox::extend(url).await.map_err(|error| fault::migration(&error))?;
            println!("The project has the extensions; nothing that was there has changed.");
        } else {
            sandbox::migrate(url).await.map_err(|error| fault::migration(&error))?;
            println!("The database is at the newest schema.");
        }
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
