use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::runtime;
use tokio::sync::mpsc;

use super::{Clock, Config, Error};
use crate::backend::Backend;
use crate::journal::{Journal, Writer};
use crate::order::{Lacks, Timestamp};
use crate::printer::{self, Printer};
use crate::scanner;
use crate::station::{Effect, EffectId, Event, Outcome, PrinterFault, Source, StoreFault};

/// What a gun read: it becomes an event when the loop draws its id.
pub(super) struct Frame {
    pub(super) source: Source,
    pub(super) at: Timestamp,
    pub(super) text: Box<str>,
}

/// How the workers reach the engine's loop.
#[derive(Clone)]
pub(super) struct Tellers {
    pub(super) events: mpsc::Sender<Box<Event>>,
    pub(super) frames: mpsc::Sender<Frame>,
}

/// The workers, and how each effect reaches its own.
pub(super) struct Workers {
    journal: Writer,
    printers: Vec<Printer>,
    /// Kept for their lives only: dropping one closes its port.
    _scanners: Vec<scanner::Handle>,
    backend: Arc<Backend>,
    /// Where calls to the backend run; owned by `Running`, since a runtime must not be dropped inside another.
    calls: runtime::Handle,
    events: mpsc::Sender<Box<Event>>,
    clock: Clock,
    zone: TimeZone,
}

impl Workers {
    pub(super) fn start(
        config: &Config,
        journal: Journal,
        backend: Arc<Backend>,
        clock: &Clock,
        tellers: Tellers,
        calls: runtime::Handle,
    ) -> Result<Self, Error> {
        let stored = {
            let (events, clock) = (tellers.events.clone(), clock.clone());
            move |id, result| pass(&events, Box::new(Event::Stored { id, at: clock.wall(), result }))
        };
        let mut printers = Vec::new();
        for (place, printer) in config.printers.iter().enumerate() {
            let (events, clock) = (tellers.events.clone(), clock.clone());
            let report = move |seen| pass(&events, Box::new(printer_event(place, seen, clock.wall())));
            printers.push(printer::spawn(printer, &config.settings.name, report)?);
        }
        let mut scanners = Vec::new();
        for (place, scanner) in config.scanners.iter().enumerate() {
            let (tellers, clock) = (tellers.clone(), clock.clone());
            let report = move |seen| hear(&tellers, place, seen, clock.wall());
            scanners.push(scanner::spawn(place, scanner, report));
        }
        Ok(Self {
            journal: crate::journal::spawn(journal, stored),
            printers,
            _scanners: scanners,
            backend,
            calls,
            events: tellers.events,
            clock: clock.clone(),
            zone: config.zone.clone(),
        })
    }

    /// The contract the backend was found to speak.
    pub(super) fn contract(&self) -> Option<String> {
        self.backend.contract().map(|contract| contract.to_string())
    }

    /// Hands an effect to its worker; what ends at once comes back as an event.
    pub(super) fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Store { id, records } => {
                let result = self.journal.store(id, records);
                result.err().map(|fault| self.not_stored(id, fault))
            }
            Effect::Print { id, job, order } => {
                let at = self.clock.wall();
                let clock = local_clock(at, &self.zone);
                let taken = match self.printers.get(job.printer) {
                    Some(printer) => printer.print(id, job, order, clock),
                    None => Err(PrinterFault::Unreachable("no such printer in station.toml".into())),
                };
                taken.err().map(|fault| Event::Printed {
                    id,
                    at,
                    outcome: Outcome::Failed(fault),
                    lacks: Lacks::default(),
                })
            }
            effect => {
                self.ask(effect);
                None
            }
        }
    }

    fn not_stored(&self, id: EffectId, fault: StoreFault) -> Event {
        Event::Stored { id, at: self.clock.wall(), result: Err(fault) }
    }

    /// Asks the backend; each question is bounded in time by the client and in number by the engine.
    fn ask(&self, effect: Effect) {
        let (backend, events, clock) = (Arc::clone(&self.backend), self.events.clone(), self.clock.clone());
        self.calls.spawn(async move {
            let event = match effect {
                Effect::Send { id, intent } => {
                    let reply = backend.send(&intent).await;
                    Event::Answered { id, at: clock.wall(), reply }
                }
                Effect::Find { id, lookup, within } => {
                    let result = backend.find(&lookup, within).await;
                    Event::Read { id, at: clock.wall(), result }
                }
                Effect::Refresh { id, since } => {
                    let result = backend.refresh(since).await;
                    clock.correct(backend.clock_offset_us());
                    if let Ok(read) = &result
                        && read.is_whole
                    {
                        tracing::info!(
                            orders = read.orders.len(),
                            unreadable = read.unreadable,
                            "queue read"
                        );
                    }
                    Event::Refreshed { id, at: clock.wall(), result }
                }
                Effect::Report { id, report } => {
                    let result = backend.report(&report).await;
                    Event::Reported { id, at: clock.wall(), result }
                }
                Effect::List { id } => {
                    let result = backend.choices().await;
                    Event::Listed { id, at: clock.wall(), result }
                }
                Effect::Store { .. } | Effect::Print { .. } | Effect::Sound { .. } | Effect::Tell { .. } => {
                    unreachable!("performed on the station's own thread")
                }
            };
            if events.send(Box::new(event)).await.is_err() {
                tracing::debug!("the station stopped before an answer came");
            }
        });
    }
}

fn printer_event(place: usize, seen: printer::Seen, at: Timestamp) -> Event {
    match seen {
        printer::Seen::Done { id, outcome, lacks } => Event::Printed { id, at, outcome, lacks },
        printer::Seen::State(state) => Event::PrinterSeen { at, printer: place, state },
    }
}

fn hear(tellers: &Tellers, place: usize, seen: scanner::Seen, at: Timestamp) {
    match seen {
        scanner::Seen::Frame(text) => {
            let source = Source::Scanner(u8::try_from(place).unwrap_or(u8::MAX));
            pass(&tellers.frames, Frame { source, at, text });
        }
        scanner::Seen::State(state) => {
            pass(&tellers.events, Box::new(Event::ScannerSeen { at, scanner: place, state }));
        }
    }
}

/// Waits while the engine has its hands full: a scan is never dropped.
fn pass<T>(to: &mpsc::Sender<T>, heard: T) {
    if to.blocking_send(heard).is_err() {
        tracing::debug!("the station stopped before a worker's word came");
    }
}

fn local_clock(at: Timestamp, zone: &TimeZone) -> String {
    let moment = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default();
    zone.to_datetime(moment).strftime("%H:%M").to_string()
}
