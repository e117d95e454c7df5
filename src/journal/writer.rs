//! The journal's own thread.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::Journal;
use crate::order::Timestamp;
use crate::station::{EffectId, Record, StoreFault};

/// Where records are handed in. Dropping it finishes what was handed in, closes the journal and waits for both.
#[derive(Debug)]
pub struct Writer {
    queue: Option<SyncSender<Handed>>,
    thread: Option<JoinHandle<()>>,
}

/// What the journal's thread has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A store ended: durable, or not done at all.
    Stored(EffectId, Result<(), StoreFault>),
    /// The journal was read, or could not be.
    Read {
        /// Whether it could.
        is_well: bool,
    },
}

/// Gives the journal a thread that works in the order given. `done` runs on that thread, once for each store or read that
/// was taken; it may wait, but not for the one who drops the writer.
pub fn spawn(journal: Journal, done: impl FnMut(Done) + Send + 'static) -> Writer {
    let (queue, handed) = sync_channel(QUEUE_MAX);
    let thread = std::thread::Builder::new()
        .name("journal".into())
        .spawn(move || work(journal, &handed, done))
        .expect("a kiosk starts a handful of threads, once, far below any limit");
    Writer { queue: Some(queue), thread: Some(thread) }
}

impl Writer {
    /// Hands in records to be made durable, all or none, `at` now; never waits. A fault given here means that they were
    /// not taken, and `done` is not called for them.
    pub fn store(&self, id: EffectId, at: Timestamp, records: Vec<Record>) -> Result<(), StoreFault> {
        self.hand_in(Handed::Store(id, at, records))
    }

    /// Asks that the journal be read, behind all that was handed in; never waits. A fault given here means that it will
    /// not be.
    pub fn read(&self) -> Result<(), StoreFault> {
        self.hand_in(Handed::Read)
    }

    fn hand_in(&self, handed: Handed) -> Result<(), StoreFault> {
        let queue = self.queue.as_ref().expect("taken only when dropped");
        queue.try_send(handed).map_err(|error| match error {
            TrySendError::Full(_) => StoreFault::Broken("the disk does not keep up".into()),
            TrySendError::Disconnected(_) => StoreFault::Broken("the journal's thread has ended".into()),
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the journal's thread ended by a panic");
        }
    }
}

enum Handed {
    Store(EffectId, Timestamp, Vec<Record>),
    Read,
}

fn work(mut journal: Journal, handed: &Receiver<Handed>, mut done: impl FnMut(Done)) {
    for handed in handed {
        done(match handed {
            Handed::Store(id, at, records) => Done::Stored(id, journal.write(at, &records)),
            Handed::Read => Done::Read { is_well: journal.is_readable() },
        });
    }
}

/// At half a millisecond a commit this is half a second of work: more means that the disk hangs.
const QUEUE_MAX: usize = 1024;
