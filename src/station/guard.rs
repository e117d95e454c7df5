//! Guards (a) and (b) of `workflow.md` 2: what is no scan at all.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Source;
use super::planted::{Bug, planted};
use crate::order::OrderId;

/// What was read lately, by whom.
#[derive(Default)]
pub(super) struct Guard {
    reads: BTreeMap<Key, (Duration, Source)>,
}

/// What is guarded against being read twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A cake, by whatever code.
    Cake(OrderId),
    /// A further label of a cake, which is no scan of it.
    Copy(OrderId),
    /// A text that names no known cake yet.
    Text(Box<str>),
    /// A command, each gun on its own.
    Command(Source, Box<str>),
}

impl Guard {
    /// Notes a read; whether it is a repeat within `span`. Every read restarts the time.
    pub(super) fn note(&mut self, now: Duration, span: Duration, key: Key, source: Source) -> bool {
        if self.reads.len() >= READS_MAX {
            self.forget_oldest();
        }
        let last = self.reads.insert(key, (now, source));
        last.is_some_and(|(last, _)| now.saturating_sub(last) < span && !planted(Bug::ForgetsGuard))
    }

    /// A command says that its gun goes on: what that gun read may be read again at once.
    pub(super) fn clear(&mut self, source: Source) {
        self.reads.retain(|key, (_, reader)| matches!(key, Key::Command(..)) || *reader != source);
    }

    fn forget_oldest(&mut self) {
        if let Some(oldest) = self.reads.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| key.clone()) {
            self.reads.remove(&oldest);
        }
    }
}

/// More codes than anyone reads within a guard of 2 s.
const READS_MAX: usize = 256;

/// Guard (b) of `workflow.md` 2.
pub(super) const COMMAND_GUARD: Duration = Duration::from_millis(500);
