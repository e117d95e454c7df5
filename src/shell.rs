//! Effect → worker → Event: the thin shell around the engine. It stamps time and draws ids for the core, hands each
//! effect to its worker and tells the station how it ended. Every channel is bounded.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot, watch};

use crate::order::{OrderId, PictureFault, Timestamp};
use crate::station::{LinkFault, Settings, Source, Touch, Verdict, View};
use crate::{backend, journal, printer, scanner};

mod clock;
mod engine;
mod supervisor;
mod workers;

pub use clock::Clock;

/// All that a running station is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the engine is told.
    pub settings: Settings,
    /// The shop's time zone, for the time on a label.
    pub zone: TimeZone,
    /// Where accepted actions are kept.
    pub journal: journal::Config,
    /// Where they are sent.
    pub backend: backend::Config,
    /// The guns, in the order in which the engine numbers them.
    pub scanners: Vec<scanner::Config>,
    /// The printers, in the order in which the engine numbers them.
    pub printers: Vec<printer::Config>,
}

/// Why a station does not start. Nothing has been accepted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal cannot be opened: without it no scan is safe.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The backend's configuration cannot work.
    #[error(transparent)]
    Backend(#[from] backend::Error),
    /// A printer's configuration cannot work.
    #[error(transparent)]
    Printer(#[from] printer::Error),
    /// The operating system gives no thread or no event loop.
    #[error("the operating system gives the station no thread")]
    System(#[source] std::io::Error),
}

/// A running station. Dropping it stops the station, once the label that a printer has is out; what was accepted is in the
/// journal.
#[derive(Debug)]
pub struct Running {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    engine: Option<thread::JoinHandle<()>>,
    /// Runs the calls to the backend; ended last, without waiting for them.
    calls: Option<runtime::Runtime>,
}

/// What `run --headless` writes, a line each.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// Scanners and journal are open.
    Ready,
    /// The backend answers.
    LinkUp {
        /// The contract it speaks, such as `2025-09`.
        contract: String,
    },
    /// The backend does not answer.
    LinkDown(LinkFault),
    /// An answer to a scan.
    Verdict(Verdict),
}

impl Running {
    /// What a screen holds of this station.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(engine) = self.engine.take()
            && engine.join().is_err()
        {
            tracing::error!("the station's thread ended in a panic; its journal holds what was accepted");
        }
        if let Some(calls) = self.calls.take() {
            calls.shutdown_background();
        }
    }
}

/// Opens the journal and every device, and starts the station on its own thread. The station waits a moment for whoever
/// reads its lines: who has no use for them drops the receiver.
pub fn start(config: Config) -> Result<(Running, mpsc::Receiver<Line>), Error> {
    let clock = Clock::start();
    let (journal, kept) = journal::Journal::open(&config.journal)?;
    let backend = Arc::new(backend::Backend::new(config.backend.clone())?);
    let (news, heard) = mpsc::channel(EVENTS_MAX);
    let (frames, read) = mpsc::channel(FRAMES_MAX);
    let (inputs, said) = mpsc::channel(INPUTS_MAX);
    let (codes, given) = mpsc::channel(FRAMES_MAX);
    let (lines_out, lines) = mpsc::channel(LINES_MAX);
    let (stop, stopped) = oneshot::channel();
    let calls = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("backend")
        .enable_all()
        .build()
        .map_err(Error::System)?;
    let tellers = workers::Tellers { news, frames };
    let workers =
        workers::Workers::start(&config, journal, &kept, backend, &clock, tellers, calls.handle().clone())?;
    let ears = engine::Ears { news: heard, frames: read, inputs: said, codes: given };
    let (engine, views) = engine::Engine::new(config, kept, clock.clone(), workers, lines_out);
    let runtime = runtime::Builder::new_current_thread().enable_time().build().map_err(Error::System)?;
    let engine = thread::Builder::new()
        .name("station".to_owned())
        .spawn(move || runtime.block_on(engine.run(ears, stopped)))
        .map_err(Error::System)?;
    let handle = Handle { inputs, codes, views, clock };
    let running = Running { handle, stop: Some(stop), engine: Some(engine), calls: Some(calls) };
    Ok((running, lines))
}

/// What a screen holds of the running station: the newest view, and a way to say what a person did.
#[derive(Clone, Debug)]
pub struct Handle {
    inputs: mpsc::Sender<Input>,
    codes: mpsc::Sender<Box<str>>,
    views: watch::Receiver<View>,
    clock: Clock,
}

/// What a person did at the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Touched something that acts.
    Touch(Touch),
    /// Asked for the label of a cake on the command line.
    Print(OrderId),
    /// Scanned with a gun that the screen itself is: keys, or the demo's on-screen scanner.
    Scan(Source, Box<str>),
    /// Pressed a key; a keyboard wedge is told from a person by the shell's scanner.
    Key(char),
}

/// The station takes no more input just now; what was done is not accepted, and the person sees that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl Handle {
    /// A handle with no station behind it, for screens under test: what they say comes out of the receiver.
    pub fn detached(view: View) -> (Self, watch::Sender<View>, mpsc::Receiver<Input>) {
        let (inputs, said) = mpsc::channel(INPUTS_MAX);
        let (codes, _) = mpsc::channel(FRAMES_MAX);
        let (shows, views) = watch::channel(view);
        (Self { inputs, codes, views, clock: Clock::start() }, shows, said)
    }

    /// Tells the station what a person did; never waits.
    pub fn tell(&self, input: Input) -> Result<(), Busy> {
        self.inputs.try_send(input).map_err(|_| Busy)
    }

    /// Hands over a code of a gun without a port, such as one that writes to stdin. Waits while the station has its hands
    /// full, so only for a thread that may; whether the station took it, as it does unless it has ended.
    pub fn scan(&self, code: Box<str>) -> bool {
        self.codes.blocking_send(code).is_ok()
    }

    /// The newest view and its successors.
    pub fn views(&self) -> watch::Receiver<View> {
        self.views.clone()
    }

    /// The station's corrected wall time now.
    pub fn now(&self) -> Timestamp {
        self.clock.wall()
    }
}

/// Waits for Ctrl-C or, from systemd, SIGTERM.
pub async fn stopped() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .expect("SIGTERM can be caught on every Unix");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => (),
        _ = terminate.recv() => (),
    }
}

/// Tells systemd that the start takes longer: a person is being asked.
pub fn starting(longer: Duration) {
    supervisor::Supervisor::of_environment().starting(longer);
}

/// Fetches the picture at `address`: 2 MB and 5 s at most, on the caller's runtime, beside everything the station does.
pub async fn picture(address: &str) -> Result<Vec<u8>, PictureFault> {
    backend::picture(address).await
}

/// Events wait here for the engine, which takes microseconds for each; workers wait when it is full.
const EVENTS_MAX: usize = 1024;

/// More than all guns of a station read in a second; a gun waits when it is full.
const FRAMES_MAX: usize = 64;

/// A person makes a few inputs a second; a keyboard wedge some hundred keys.
const INPUTS_MAX: usize = 1024;

/// Lines wait here for their reader, and are left out when it stalls.
const LINES_MAX: usize = 1024;
