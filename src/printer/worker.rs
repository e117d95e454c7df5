//! One printer's thread, and the way to its printer.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::config::Setup;
use super::language::Language;
use super::transport::Place;
use super::transport::file::{self, NotPut};
use super::{Config, Left, Limits, Seen, exchange};
use crate::label::{Bitmap, Label, Renderer, Template};
use crate::order::{Lacks, Order};
use crate::station::{EffectId, Job, Outcome, PortState, PrinterFault};

/// A label to be printed.
pub(super) struct Task {
    pub id: EffectId,
    pub job: Job,
    pub order: Arc<Order>,
    pub clock: String,
}

/// One printer's thread: prints what is asked, and looks at the printer while nothing is.
pub(super) struct Worker {
    pub queue: Receiver<Task>,
    pub port: Port,
    pub renderer: Renderer,
    pub station: Box<str>,
    pub idle: Duration,
    pub state: PortState<PrinterFault>,
    pub is_low: bool,
    pub is_ended: Arc<AtomicBool>,
    pub report: Box<dyn FnMut(Seen) + Send>,
}

impl Worker {
    pub fn run(mut self) {
        let mut wait = Duration::ZERO;
        loop {
            match self.queue.recv_timeout(wait) {
                Ok(task) => self.print(&task),
                Err(RecvTimeoutError::Timeout) => {
                    let state = self.port.is_low();
                    if let Ok(is_low) = state
                        && is_low != self.is_low
                    {
                        self.is_low = is_low;
                        (self.report)(Seen::Paper { is_low });
                    }
                    seen(&mut self.state, &mut self.report, state.map(drop));
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
            wait = self.idle;
        }
    }

    fn print(&mut self, task: &Task) {
        let id = task.id;
        if self.is_ended.load(Ordering::Acquire) {
            let outcome = Outcome::Failed(PrinterFault::Interrupted);
            (self.report)(Seen::Done { id, outcome, lacks: Lacks::default() });
            return;
        }
        let (order, copy) = (&*task.order, task.job.copy);
        let label = Label { order, copy, station: &self.station, clock: &task.clock };
        let rendered = self.renderer.render(&label);
        let (known, report) = (&mut self.state, &mut self.report);
        let outcome = self.port.print(&task.job, &rendered.pages, &mut |state| seen(known, report, state));
        tracing::info!(order = %order.id, copy, labels = rendered.pages.len(), ?outcome, "a print ended");
        let state = match &outcome {
            Outcome::Printed | Outcome::Sent => Ok(()),
            Outcome::Unconfirmed(fault) | Outcome::Failed(fault) => Err(fault.clone()),
        };
        let lacks = rendered.lacks();
        (self.report)(Seen::Done { id, outcome, lacks });
        seen(&mut self.state, &mut self.report, state);
    }
}

/// Reports how the printer is, when that is news.
fn seen(known: &mut PortState<PrinterFault>, report: &mut dyn FnMut(Seen), state: Result<(), PrinterFault>) {
    let state = state.map_or_else(PortState::Faulted, |()| PortState::Ready);
    if state != *known {
        known.clone_from(&state);
        report(Seen::State(state));
    }
}

/// The way to one printer.
pub(super) struct Port {
    place: Place,
    language: Language,
    setup: Setup,
    limits: Limits,
    width_bytes: usize,
    runtime: Runtime,
    /// Whether the last job, in this life or the one before, may have left the printer in the middle of a picture.
    is_torn: bool,
    /// Whether the last label came out without a proof: most likely this printer has none.
    is_unproved: bool,
    jobs: u32,
    /// What the job under way may take beside [`Limits::job`].
    pub line_millis: Arc<AtomicU64>,
}

impl Port {
    pub fn new(config: &Config, template: &Template, limits: Limits, left: Left) -> std::io::Result<Self> {
        let setup = config.setup(template);
        let widest_dots = template.width_dots().saturating_add_signed(setup.offset_dots[0]);
        Ok(Self {
            place: Place::new(config.transport.clone()),
            language: config.language,
            setup,
            limits,
            width_bytes: widest_dots.div_ceil(8) as usize,
            runtime: Builder::new_current_thread().enable_all().build()?,
            is_torn: left == Left::Torn,
            is_unproved: false,
            jobs: 0,
            line_millis: Arc::default(),
        })
    }

    /// Asks the printer how it is, and whether its paper is nearly out.
    fn is_low(&mut self) -> Result<bool, PrinterFault> {
        if let Some(folder) = self.place.folder() {
            return file::check(folder).map(|()| false).map_err(|error| unreachable(&error));
        }
        let Self { runtime, place, language, limits, .. } = self;
        runtime.block_on(async {
            let until = Instant::now() + limits.answer;
            let line = place.open(limits.answer).await.map_err(|error| unreachable(&error))?;
            exchange::look(line, language.talk(None), until).await.map(|health| health.is_low)
        })
    }

    fn print(
        &mut self,
        job: &Job,
        pages: &[Bitmap],
        tell: &mut dyn FnMut(Result<(), PrinterFault>),
    ) -> Outcome {
        self.jobs = self.jobs.wrapping_add(1);
        let mark = mark(job, self.jobs);
        let mut bytes = if self.is_torn { self.language.resynchronise(self.width_bytes) } else { Vec::new() };
        bytes.extend(self.language.job(pages, mark, &self.setup));
        if let Some(folder) = self.place.folder() {
            let name = format!("{}-{}-{}.bin", job.order, job.copy, job.intent);
            return match file::put(folder, &name, &bytes) {
                Ok(()) => Outcome::Sent,
                Err(NotPut::Absent(error)) => Outcome::Failed(unreachable(&error)),
                Err(NotPut::Unsure(error)) => Outcome::Unconfirmed(unreachable(&error)),
            };
        }
        let Self { runtime, place, language, setup, limits, line_millis, is_unproved, .. } = self;
        let labels = pages.len() * usize::from(setup.copies);
        let further = limits.further * labels.saturating_sub(1) as u32;
        let beside = place.time_for(bytes.len()) + further;
        line_millis.store(beside.as_millis() as u64, Ordering::Relaxed);
        let proof = further + if *is_unproved { limits.unproved } else { limits.proof };
        let limits = Limits { proof, job: limits.job + beside, ..*limits };
        let line_lag = place.time_for(bytes.len().min(LINE_BYTES));
        // Line and printer hold no more than a label besides the one at the head.
        let head_lag = if language.answers_in_turn() { further.min(limits.further) } else { Duration::ZERO };
        let (told, mut telling) = watch::channel(Ok(()));
        let tell_so = &mut |state| drop(told.send_replace(state));
        let mut ending = pin!(async {
            let deadline = Instant::now() + limits.job;
            let job = exchange::Sending { bytes: &bytes, limits, deadline, line_lag, head_lag };
            let mut opening = pin!(place.open(limits.connect));
            let opened = match timeout(limits.answer, &mut opening).await {
                Ok(opened) => opened,
                Err(late) => {
                    tell_so(Err(unreachable(&late.into())));
                    opening.await
                }
            };
            match opened {
                Ok(line) => exchange::print(line, language.talk(Some(mark)), &job, tell_so).await,
                Err(error) => Outcome::Failed(unreachable(&error)),
            }
        });
        // Whoever is told may let this thread wait, which none may within the runtime.
        let outcome = loop {
            let ended = runtime.block_on(async {
                tokio::select! {
                    outcome = &mut ending => Some(outcome),
                    _ = telling.changed() => None,
                }
            });
            match ended {
                Some(outcome) => break outcome,
                None => tell(telling.borrow_and_update().clone()),
            }
        };
        line_millis.store(0, Ordering::Relaxed);
        match outcome {
            Outcome::Printed | Outcome::Sent => {
                (self.is_torn, self.is_unproved) = (false, outcome == Outcome::Sent);
            }
            Outcome::Unconfirmed(_) => self.is_torn = true,
            Outcome::Failed(_) => {}
        }
        outcome
    }
}

pub(super) fn unreachable(error: &std::io::Error) -> PrinterFault {
    PrinterFault::Unreachable(error.to_string().into())
}

/// Four printable characters that tell this job's end from any other's, also from those of a life before this one (Epson: 20h
/// to 7Eh each).
fn mark(job: &Job, nth: u32) -> [u8; 4] {
    let bits = job.intent.bits() as u64 ^ job.intent.bits().wrapping_shr(64) as u64;
    let mut rest = bits.wrapping_add(u64::from(nth) + (u64::from(job.copy) << 16));
    [(); 4].map(|()| {
        let digit = rest % 94;
        rest /= 94;
        b'!' + digit as u8
    })
}

/// What the system holds of a serial line's bytes beside (Linux: a page).
const LINE_BYTES: usize = 4096;
