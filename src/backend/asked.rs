use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use crate::station::LinkFault;

/// What the project is asked once and then known for the connection, or until it is doubted.
#[derive(Debug)]
pub struct Asked<T> {
    known: std::sync::Mutex<Option<T>>,
    /// Counts what came to nothing: those who waited for an answer share its failure instead of asking in turn.
    failures: AtomicU64,
    /// Held while asking, so that one asks at a time; the last failure.
    asking: Mutex<Option<LinkFault>>,
}

impl<T: Copy> Asked<T> {
    /// Not asked yet, or known beforehand.
    pub fn new(known: Option<T>) -> Self {
        Self { known: std::sync::Mutex::new(known), failures: AtomicU64::new(0), asking: Mutex::default() }
    }

    /// What is known so far.
    pub fn known(&self) -> Option<T> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something speaks against it: the next who wants to know asks again.
    pub fn doubt(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What is known, or what `ask` finds out. An asker that is cut off leaves it to the next.
    pub async fn get(&self, ask: impl Future<Output = Result<T, LinkFault>>) -> Result<T, LinkFault> {
        let failures = self.failures.load(Ordering::SeqCst);
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let mut last = self.asking.lock().await;
        if let Some(known) = self.known() {
            return Ok(known);
        }
        if let Some(fault) = last.as_ref().filter(|_| self.failures.load(Ordering::SeqCst) != failures) {
            return Err(fault.clone());
        }
        match ask.await {
            Ok(found) => {
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                Ok(found)
            }
            Err(fault) => {
                *last = Some(fault.clone());
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(fault)
            }
        }
    }
}
