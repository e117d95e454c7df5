//! A gun's thread: opens its port, reads, and opens the port again whenever it went away.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::Seen;
use super::framing::{Framed, Framer};
use super::port::{Heard, Line, Port};
use crate::station::{PortState, ScannerFault};

/// What a worker tells of its gun, before anything is made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    /// What came.
    Heard(Heard),
    /// The port was opened, or is not open any more; told at every attempt.
    State(PortState<ScannerFault>),
}

/// Reads until `stopped` is hung up. `missing` is what is told when the gun goes away.
pub(super) fn work(mut port: impl Port, name: &str, stopped: &Receiver<()>, mut tell: impl FnMut(Raw)) {
    let mut pause = PAUSE_MIN;
    loop {
        match port.open() {
            Ok(line) => {
                tell(Raw::State(PortState::Ready));
                match read_on(line, stopped, &mut tell) {
                    End::Stopped => return,
                    End::Gone { has_read: true } => pause = PAUSE_MIN,
                    End::Gone { has_read: false } => {}
                }
                tell(Raw::State(PortState::Faulted(ScannerFault::Missing(name.into()))));
            }
            Err(fault) => tell(Raw::State(PortState::Faulted(fault))),
        }
        if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        pause = (2 * pause).min(PAUSE_MAX);
    }
}

enum End {
    Stopped,
    Gone { has_read: bool },
}

fn read_on(mut line: Box<dyn Line>, stopped: &Receiver<()>, tell: &mut impl FnMut(Raw)) -> End {
    let mut has_read = false;
    while stopped.try_recv() == Err(TryRecvError::Empty) {
        match line.hear() {
            Ok(Heard::Nothing) => {}
            Ok(heard) => {
                has_read |= heard != Heard::Silence;
                tell(Raw::Heard(heard));
            }
            Err(error) => {
                tracing::debug!(%error, "a scanner went away");
                return End::Gone { has_read };
            }
        }
    }
    End::Stopped
}

/// Makes frames of what a worker tells, and tells states only when they change.
pub(super) struct Teller<R> {
    place: usize,
    last: PortState<ScannerFault>,
    framer: Framer,
    /// How many reads in a row brought nothing.
    silences: u32,
    report: R,
}

impl<R: FnMut(Seen)> Teller<R> {
    pub fn new(place: usize, report: R) -> Self {
        Self { place, last: PortState::Unknown, framer: Framer::default(), silences: 0, report }
    }

    pub fn hear(&mut self, raw: Raw) {
        let silences = std::mem::take(&mut self.silences);
        match raw {
            Raw::State(state) => {
                // What an unplug cut off is no beginning of what comes after.
                self.framer = Framer::default();
                self.state(state);
            }
            Raw::Heard(Heard::Bytes { bytes, .. }) => {
                for framed in self.framer.push(&bytes) {
                    self.framed(framed);
                }
            }
            Raw::Heard(Heard::Lost) => {
                self.framer.spoil();
                self.state(PortState::Faulted(ScannerFault::Babbling));
            }
            Raw::Heard(Heard::Nothing) => {}
            Raw::Heard(Heard::Silence) => {
                self.silences = silences.saturating_add(1);
                // Its end was lost, or it is set to send none: whoever holds the gun would wait for ever.
                if self.silences == SILENCES && self.framer.pause() {
                    self.state(PortState::Faulted(ScannerFault::Babbling));
                }
            }
        }
    }

    fn framed(&mut self, framed: Framed) {
        match framed {
            Framed::Babbling => self.state(PortState::Faulted(ScannerFault::Babbling)),
            Framed::Frame(text) => {
                self.state(PortState::Ready);
                (self.report)(Seen::Frame(text));
            }
        }
    }

    fn state(&mut self, state: PortState<ScannerFault>) {
        if self.last != state {
            tracing::info!(scanner = self.place, ?state, "scanner");
            self.last = state.clone();
            (self.report)(Seen::State(state));
        }
    }
}

/// Two seconds: no gun pauses so long inside a code, and nobody waits so long for an answer.
const SILENCES: u32 = 8;

/// Between two attempts to open, doubled after each: a gun that is plugged in again is there before it is in the hand,
/// within the 2 s that replugging may take at most.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(1);
