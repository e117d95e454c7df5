//! Printers: a worker each. A job is a label; how it ended is never said to be better than the printer proved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::label::{Bitmap, Renderer, Template};
use crate::order::{Lacks, Order};
use crate::station::{EffectId, Job, Outcome, PortState, PrinterFault};

mod config;
mod exchange;
mod found;
mod language;
mod stock;
#[cfg(feature = "fuzz")]
#[doc(hidden)]
pub mod tests;
mod transport;
mod worker;

pub use config::{Config, Error, Finish, Graphics, OFFSET_MM, Stock, darkness};
pub use found::{Found, found};
pub use language::{BadLanguage, Language};
pub use stock::{BadTemplate, template};
pub use transport::{BadTransport, Flow, Transport};

/// Bounds on every wait of a printer's worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To be connected.
    pub connect: Duration,
    /// For the answer to a question about its state.
    pub answer: Duration,
    /// For the proof that a label came out, before a healthy printer is taken for one that cannot prove it.
    pub proof: Duration,
    /// The same, where the label before it came out of a healthy printer without a proof.
    pub unproved: Duration,
    /// What each further label of a job adds to that and to the whole.
    pub further: Duration,
    /// Between two questions about a label under way, in which the printer may speak first.
    pub poll: Duration,
    /// For a whole job, from the connection on, beside the time that a slow line needs for its bytes.
    pub job: Duration,
    /// Between two questions about its state while there is nothing to print.
    pub idle: Duration,
}

impl Default for Limits {
    /// A label takes 2 s at the 100 mm/s of a slow printer, and a further one no longer than 1.5, cut and all; the shortest
    /// keeps one busy for half a second. A fault is on the screen within 2 s of its happening, silence among them.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            answer: Duration::from_secs(1),
            proof: Duration::from_secs(9),
            unproved: Duration::from_secs(3),
            further: Duration::from_millis(1500),
            poll: Duration::from_millis(200),
            job: Duration::from_secs(15),
            idle: Duration::from_millis(900),
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
    line_millis: Arc<AtomicU64>,
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

    /// How long the job under way may take beside [`Limits::job`]: nothing where it is one label on a quick line.
    pub fn line_time(&self) -> Duration {
        Duration::from_millis(self.line_millis.load(Ordering::Relaxed))
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
    let port = worker::Port::new(config, &template, limits, left).map_err(failed)?;
    let line_millis = Arc::clone(&port.line_millis);
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
    Ok(Printer { tasks, is_ended, line_millis })
}

/// What would be sent to a printer of this language, of which no more is said, for a job of these labels.
pub fn encode(language: Language, pages: &[Bitmap], template: &Template) -> Vec<u8> {
    language.job(pages, *b"file", &config::Setup::of(language, template))
}

/// Labels of a split order are asked for one at a time; more than a few waiting is a fault to be seen.
const TASKS_MAX: usize = 16;
