//! Printers: a worker each. A job is a label; how it ended is never said to be better than the printer proved.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::label::{Bitmap, Renderer, Template};
use crate::order::{Lacks, Order};
use crate::station::{EffectId, Job, Outcome, PortState, PrinterFault};

mod exchange;
mod found;
mod language;
mod stock;
#[cfg(feature = "fuzz")]
#[doc(hidden)]
pub mod tests;
mod transport;
mod worker;

pub use found::{Found, found};
pub use language::Language;
pub use stock::{BadTemplate, template};
pub use transport::{BadTransport, Transport};

/// A `[[printer]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What staff call it.
    pub name: Box<str>,
    /// What it speaks.
    #[serde(default)]
    pub language: Language,
    /// Where it is.
    pub transport: Transport,
    /// The stock in it.
    #[serde(default = "template_default")]
    pub template: Box<str>,
    /// Its resolution, in dots per inch.
    #[serde(default = "dpi_default")]
    pub dpi: u16,
}

impl Config {
    /// Whether it is there, as far as a connection or its folder tells. Nothing is sent to it.
    pub async fn reach(&self, within: Duration) -> std::io::Result<()> {
        match &self.transport {
            Transport::Tcp { host, port } => transport::tcp::connect(host, *port, within).await.map(drop),
            Transport::File { folder } => std::fs::read_dir(folder).map(drop),
        }
    }

    /// The template of its labels, or why this printer cannot be used.
    pub fn check(&self) -> Result<Template, Error> {
        if self.language != Language::Escpos {
            let what = format!("language {}", self.language);
            return Err(Error::NotInThisVersion { printer: self.name.clone(), what });
        }
        template(&self.template, self.dpi)
            .map_err(|source| Error::Template { printer: self.name.clone(), source })
    }

    /// The same, with its template's file, if it has one of its own, named from `folder` on.
    #[must_use]
    pub fn beside(self, folder: &Path) -> Self {
        Self { template: stock::beside(folder, &self.template), ..self }
    }
}

/// Bounds on every wait of a printer's worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To be connected.
    pub connect: Duration,
    /// For the answer to a question about its state.
    pub answer: Duration,
    /// For the proof that a label came out, before a healthy printer is taken for one that cannot prove it.
    pub proof: Duration,
    /// For a whole job, from the connection on.
    pub job: Duration,
    /// Between two questions about its state while there is nothing to print.
    pub idle: Duration,
}

impl Default for Limits {
    /// A label takes 2 s, and one with all its further labels 7 s, at the 100 mm/s of a slow printer.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            answer: Duration::from_secs(1),
            proof: Duration::from_secs(9),
            job: Duration::from_secs(15),
            idle: Duration::from_secs(4),
        }
    }
}

/// What a printer's worker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A job ended.
    Done {
        /// Of the effect.
        id: EffectId,
        /// How.
        outcome: Outcome,
        /// What its label could not show.
        lacks: Lacks,
    },
    /// The printer's state, first and at each change.
    State(PortState<PrinterFault>),
    /// Whether its paper is nearly out, at each change; enough of it is what goes without saying.
    Paper {
        /// Whether it is.
        is_low: bool,
    },
}

/// A printer at work. Dropping it ends its worker: the label under way is finished, others are not begun.
#[derive(Debug)]
pub struct Printer {
    tasks: mpsc::SyncSender<worker::Task>,
    is_ended: Arc<AtomicBool>,
}

impl Printer {
    /// Hands a label to the printer; its end is told as [`Seen::Done`] with the same id. When this fails, nothing was
    /// taken and nothing will be told. Never waits.
    pub fn print(
        &self,
        id: EffectId,
        job: Job,
        order: Arc<Order>,
        clock: String,
    ) -> Result<(), PrinterFault> {
        let task = worker::Task { id, job, order, clock };
        self.tasks.try_send(task).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => PrinterFault::Error("too many labels wait for it".into()),
            mpsc::TrySendError::Disconnected(_) => PrinterFault::Error("its worker has ended".into()),
        })
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.is_ended.store(true, Ordering::Release);
    }
}

/// How the life before this one left a printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// At the end of a label, as far as is known.
    Whole,
    /// Perhaps in the middle of a picture, which it waits for the rest of.
    Torn,
}

/// Starts the worker of a printer at the station named; it reports from its own thread, outside any runtime.
pub fn spawn(
    config: &Config,
    station: &str,
    left: Left,
    report: impl FnMut(Seen) + Send + 'static,
) -> Result<Printer, Error> {
    spawn_within(Limits::default(), config, station, left, report)
}

/// As [`spawn`], with other bounds.
pub fn spawn_within(
    limits: Limits,
    config: &Config,
    station: &str,
    left: Left,
    report: impl FnMut(Seen) + Send + 'static,
) -> Result<Printer, Error> {
    let failed = |source| Error::System { printer: config.name.clone(), source };
    let template = config.check()?;
    let port = worker::Port::new(&config.transport, &template, limits, left).map_err(failed)?;
    let renderer = Renderer::new(template)
        .map_err(|source| Error::Template { printer: config.name.clone(), source: source.into() })?;
    let (tasks, queue) = mpsc::sync_channel(TASKS_MAX);
    let is_ended = Arc::new(AtomicBool::new(false));
    let worker = worker::Worker {
        queue,
        port,
        renderer,
        station: station.into(),
        idle: limits.idle,
        state: PortState::Unknown,
        is_low: false,
        is_ended: Arc::clone(&is_ended),
        report: Box::new(report),
    };
    thread::Builder::new()
        .name(format!("printer {}", config.name))
        .spawn(move || worker.run())
        .map_err(failed)?;
    Ok(Printer { tasks, is_ended })
}

/// What would be sent to a printer of this language for a job of these labels; none where this version does not speak it.
pub fn encode(language: &str, pages: &[Bitmap]) -> Option<Vec<u8>> {
    (language == "escpos").then(|| language::escpos::job(pages, *b"file"))
}

/// Why a printer cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The product knows it, this version does not.
    #[error("printer {printer}: {what} is not in this version; it has language escpos")]
    NotInThisVersion {
        /// Its name.
        printer: Box<str>,
        /// What is not there.
        what: String,
    },
    /// Its template cannot be used.
    #[error("printer {printer}: {source}")]
    Template {
        /// Its name.
        printer: Box<str>,
        /// Why not.
        source: BadTemplate,
    },
    /// The operating system gives no thread.
    #[error("printer {printer}: the operating system gives its worker no thread")]
    System {
        /// Its name.
        printer: Box<str>,
        /// Why not.
        source: std::io::Error,
    },
}

fn template_default() -> Box<str> {
    "100x50".into()
}

fn dpi_default() -> u16 {
    203
}

/// Labels of a split order are asked for one at a time; more than a few waiting is a fault to be seen.
const TASKS_MAX: usize = 16;
