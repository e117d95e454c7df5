//! A gun on a serial line: a blocking thread that reads, and opens the port again whenever it went away.

use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use serialport::TTYPort;

use crate::scanner::Seen;
use crate::scanner::framing::{Framed, Framer};
use crate::station::{PortState, ScannerFault};

/// One gun's line, as configured.
#[derive(Clone, Debug)]
pub(in crate::scanner) struct Line {
    /// The gun's place in the configuration.
    pub place: usize,
    /// The port.
    pub path: PathBuf,
    /// Bits a second.
    pub baud: u32,
}

impl Line {
    /// Reads until `stopped` is hung up.
    pub fn work(self, stopped: &Receiver<()>, report: impl FnMut(Seen)) {
        let mut teller = Teller { place: self.place, last: PortState::Unknown, report };
        let mut pause = PAUSE_MIN;
        loop {
            match self.open() {
                Ok(port) => {
                    teller.state(PortState::Ready);
                    match read_on(port, stopped, &mut teller) {
                        End::Stopped => return,
                        End::Gone { has_read: true } => pause = PAUSE_MIN,
                        End::Gone { has_read: false } => {}
                    }
                    teller.state(PortState::Faulted(ScannerFault::Missing(self.name())));
                }
                Err(fault) => teller.state(PortState::Faulted(fault)),
            }
            if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            pause = (2 * pause).min(PAUSE_MAX);
        }
    }

    fn open(&self) -> Result<TTYPort, ScannerFault> {
        let opened = serialport::new(self.path.to_string_lossy(), self.baud).timeout(READ_MAX).open_native();
        opened.map_err(|error| {
            // A port that is busy, forbidden or no serial line at all is there; only what is not there is unplugged.
            if self.path.exists() {
                ScannerFault::Denied(format!("{}: {}", self.path.display(), error.description).into())
            } else {
                ScannerFault::Missing(self.name())
            }
        })
    }

    fn name(&self) -> Box<str> {
        self.path.to_string_lossy().into()
    }
}

enum End {
    Stopped,
    Gone { has_read: bool },
}

fn read_on<R: FnMut(Seen)>(mut port: TTYPort, stopped: &Receiver<()>, teller: &mut Teller<R>) -> End {
    let mut framer = Framer::default();
    let mut bytes = [0; READ_BYTES];
    let mut has_read = false;
    while stopped.try_recv() == Err(TryRecvError::Empty) {
        match port.read(&mut bytes) {
            // A serial line has no end: nothing read where something was ready is an unplug.
            Ok(0) => return End::Gone { has_read },
            Ok(count) => {
                has_read = true;
                framer.push(&bytes[..count]).into_iter().for_each(|framed| teller.framed(framed));
            }
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(_) => return End::Gone { has_read },
        }
    }
    End::Stopped
}

/// Tells states only when they change.
struct Teller<R> {
    place: usize,
    last: PortState<ScannerFault>,
    report: R,
}

impl<R: FnMut(Seen)> Teller<R> {
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

/// How long a read waits before it looks whether it is to stop: a wait that nobody sees at shut-down.
const READ_MAX: Duration = Duration::from_millis(250);

/// Between two attempts to open, doubled after each: a gun that is plugged in again is there before it is in the hand.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// One scan is far smaller; a babbling gun is read in pieces.
const READ_BYTES: usize = 1024;
