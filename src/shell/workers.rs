use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};

use super::{Clock, Config, Error};
use crate::backend::Backend;
use crate::backend::realtime::Heard;
use crate::journal::{Done, Journal, Memory, Recalled, Writer};
use crate::order::{Lacks, Timestamp};
use crate::printer::{self, Left, Printer};
use crate::scanner;
use crate::station::{
    Abilities, Effect, EffectId, Event, Job, JobState, Kept, Outcome, PrinterFault, Source, StoreFault,
};

/// What a worker tells the engine's loop.
pub(super) enum News {
    /// An event with its time.
    Event(Box<Event>),
    /// The journal was read, or could not be.
    JournalRead { is_well: bool },
}

/// What a gun read: it becomes an event when the loop draws its id.
pub(super) struct Frame {
    pub(super) source: Source,
    pub(super) at: Timestamp,
    pub(super) text: Box<str>,
}

/// How the workers reach the engine's loop.
#[derive(Clone)]
pub(super) struct Tellers {
    pub(super) news: mpsc::Sender<News>,
    pub(super) frames: mpsc::Sender<Frame>,
}

/// The workers, and how each effect reaches its own.
pub(super) struct Workers {
    journal: Writer,
    memory: Memory,
    recalled: Option<oneshot::Receiver<Recalled>>,
    printers: Vec<Printer>,
    /// Kept for their lives only: dropping one closes its port.
    _scanners: Vec<scanner::Handle>,
    backend: Arc<Backend>,
    /// Where calls to the backend run; owned by `Running`, since a runtime must not be dropped inside another.
    calls: runtime::Handle,
    news: mpsc::Sender<News>,
    clock: Clock,
    zone: TimeZone,
}

impl Workers {
    pub(super) fn start(
        config: &Config,
        journal: Journal,
        kept: &Kept,
        backend: Arc<Backend>,
        clock: &Clock,
        tellers: Tellers,
        calls: runtime::Handle,
    ) -> Result<Self, Error> {
        let stored = {
            let (news, clock) = (tellers.news.clone(), clock.clone());
            move |done| match done {
                Done::Stored(id, result) => send(&news, Event::Stored { id, at: clock.wall(), result }),
                Done::Read { is_well } => pass(&news, News::JournalRead { is_well }),
            }
        };
        let mut printers = Vec::new();
        for (place, printer) in config.printers.iter().enumerate() {
            let (news, clock) = (tellers.news.clone(), clock.clone());
            let report = move |seen| send(&news, printer_event(place, seen, clock.wall()));
            printers.push(printer::spawn(printer, &config.settings.name, left(kept, place), report)?);
        }
        let mut scanners = Vec::new();
        for (place, scanner) in config.scanners.iter().enumerate() {
            let (tellers, clock) = (tellers.clone(), clock.clone());
            let report = move |seen| hear(&tellers, place, seen, clock.wall());
            scanners.push(scanner::spawn(place, scanner, report));
        }
        let (recall, recalled) = oneshot::channel();
        let recall = move |found| {
            if recall.send(found).is_err() {
                tracing::debug!("the station stopped before anything came to mind");
            }
        };
        calls.spawn(attend(Arc::clone(&backend), tellers.news.clone(), clock.clone()));
        Ok(Self {
            memory: crate::journal::remember(&config.journal, &config.settings, recall)
                .map_err(Error::System)?,
            recalled: Some(recalled),
            journal: crate::journal::spawn(journal, stored),
            printers,
            _scanners: scanners,
            backend,
            calls,
            news: tellers.news,
            clock: clock.clone(),
            zone: config.zone.clone(),
        })
    }

    /// The contract the backend was found to speak.
    pub(super) fn contract(&self) -> Option<String> {
        self.backend.contract().map(|contract| contract.to_string())
    }

    /// What the backend was found to be able to do.
    pub(super) fn abilities(&self) -> Option<Abilities> {
        self.backend.abilities()
    }

    /// Hands an effect to its worker; what ends at once comes back as an event.
    pub(super) fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Store { id, records } => {
                let result = self.journal.store(id, self.clock.wall(), records);
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

    /// How long the slowest line of a printer needs for the label under way, beside the bound of every label.
    pub(super) fn line_time(&self) -> Duration {
        self.printers.iter().map(Printer::line_time).max().unwrap_or_default()
    }

    /// What an earlier life knew, once: read from a disk, and not long.
    pub(super) async fn recall(&mut self) -> Option<Event> {
        let Recalled { orders, read_at, choices } = self.recalled.take()?.await.ok()?;
        Some(Event::Recalled { at: self.clock.wall(), read_at, orders, choices })
    }

    /// Keeps what the engine is told at `now`, behind everything that a person waits for.
    pub(super) fn remember(&self, now: Duration, event: &Event) {
        self.memory.keep(now, event);
    }

    /// Has the journal read; whether it will be.
    pub(super) fn read_journal(&self) -> bool {
        self.journal.read().is_ok()
    }

    fn not_stored(&self, id: EffectId, fault: StoreFault) -> Event {
        Event::Stored { id, at: self.clock.wall(), result: Err(fault) }
    }

    /// Asks the backend; each question is bounded in time by the client and in number by the engine.
    fn ask(&self, effect: Effect) {
        let (backend, news, clock) = (Arc::clone(&self.backend), self.news.clone(), self.clock.clone());
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
                    if result.is_ok()
                        && let Err(fault) = backend.find_abilities().await
                    {
                        tracing::debug!(?fault, "what the backend can do is asked again the next time");
                    }
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
            if news.send(News::Event(Box::new(event))).await.is_err() {
                tracing::debug!("the station stopped before an answer came");
            }
        });
    }
}

/// How the lives before this one left the printer at `place`: a label that one of them was cut off in may have been half
/// sent, and so may one of which nobody knows more, or of which a person said that it is not out. What was sent whole is not
/// hurt by a fresh start.
fn left(kept: &Kept, place: usize) -> Left {
    let may_be_half_sent = |job: &Job| match job.state {
        JobState::Sending | JobState::Unconfirmed(_) => job.printer == place,
        // Which printer that label was sent to is not known any more.
        JobState::Queued | JobState::Failed(_) => job.copy > 1,
        JobState::Printed | JobState::Sent | JobState::Cancelled => false,
    };
    if kept.jobs.iter().any(may_be_half_sent) { Left::Torn } else { Left::Whole }
}

/// Hears what the backend tells of changes, until the station stops.
async fn attend(backend: Arc<Backend>, news: mpsc::Sender<News>, clock: Clock) {
    let tell = async |heard| {
        let at = clock.wall();
        let event = match heard {
            Heard::Subscribed => Event::Subscribed { at },
            Heard::Changed => Event::Hinted { at },
            Heard::Unsubscribed => Event::Unsubscribed { at },
        };
        if news.send(News::Event(Box::new(event))).await.is_err() {
            tracing::debug!("the station stopped before a hint came");
        }
    };
    backend.attend(tell).await;
}

fn printer_event(place: usize, seen: printer::Seen, at: Timestamp) -> Event {
    match seen {
        printer::Seen::Done { id, outcome, lacks } => Event::Printed { id, at, outcome, lacks },
        printer::Seen::State(state) => Event::PrinterSeen { at, printer: place, state },
        printer::Seen::Paper { is_low } => Event::PaperSeen { at, printer: place, is_low },
    }
}

fn hear(tellers: &Tellers, place: usize, seen: scanner::Seen, at: Timestamp) {
    match seen {
        scanner::Seen::Frame(text) => {
            let source = Source::Scanner(u8::try_from(place).unwrap_or(u8::MAX));
            pass(&tellers.frames, Frame { source, at, text });
        }
        scanner::Seen::State(state) => {
            send(&tellers.news, Event::ScannerSeen { at, scanner: place, state });
        }
    }
}

fn send(news: &mpsc::Sender<News>, event: Event) {
    pass(news, News::Event(Box::new(event)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::IntentId;

    #[test]
    fn a_printer_is_brought_to_its_senses_after_every_label_that_may_be_half_sent() {
        let doubt = || JobState::Unconfirmed(PrinterFault::PaperOut);
        for (state, copy, expected) in [
            (JobState::Sending, 1, [Left::Whole, Left::Torn]),
            (doubt(), 1, [Left::Whole, Left::Torn]),
            (JobState::Queued, 2, [Left::Torn, Left::Torn]),
            (JobState::Failed(PrinterFault::PaperOut), 2, [Left::Torn, Left::Torn]),
            (JobState::Queued, 1, [Left::Whole, Left::Whole]),
            (JobState::Failed(PrinterFault::PaperOut), 1, [Left::Whole, Left::Whole]),
            (JobState::Printed, 2, [Left::Whole, Left::Whole]),
        ] {
            let kept = Kept { jobs: vec![job(state.clone(), copy)], ..Kept::default() };
            assert_eq!([0, 1].map(|place| left(&kept, place)), expected, "{state:?}, copy {copy}");
        }
    }

    fn job(state: JobState, copy: u8) -> Job {
        Job {
            intent: IntentId::from_random([7; 16]),
            order: "bannos-18617".parse().unwrap(),
            copy,
            is_reprint: false,
            printer: 1,
            state,
            queued_at: Timestamp::from_micros(0),
            out_at: None,
        }
    }
}
