use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::order::Timestamp;

/// The station's two clocks: one that only runs forward, for waits, and wall time corrected to the server's.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that starts now, with no correction yet.
    pub fn start() -> Self {
        Self { started: Instant::now(), offset_micros: Arc::new(AtomicI64::new(0)) }
    }

    /// Time since the start; no jump of the wall clock touches it.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Wall time, corrected.
    pub fn wall(&self) -> Timestamp {
        // A clock set before 1970 is off by decades; zero is as wrong and as harmless.
        let local = UNIX_EPOCH.elapsed().unwrap_or_default();
        let micros = i64::try_from(local.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(micros.saturating_add(self.offset_micros.load(Ordering::Relaxed)))
    }

    /// Corrects the wall clock: server time minus local time, in microseconds.
    pub fn correct(&self, offset_micros: i64) {
        self.offset_micros.store(offset_micros, Ordering::Relaxed);
    }
}
