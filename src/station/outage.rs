//! What became of the actions that had waited when the backend came back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::{IntentState, Station, Summary, Verdict};
use crate::order::{IntentId, Timestamp};

/// The actions that waited, as far as they still do, and what became of the others.
#[derive(Default)]
pub(super) struct Outage {
    waiting: BTreeSet<IntentId>,
    summary: Option<Arc<Summary>>,
    changed_at: Option<Timestamp>,
    /// The last `seq` of the lives before: what is older waited over a restart.
    pub(super) older_to: u64,
}

/// What became of an action.
pub(super) enum Fate {
    /// The backend did it, or nothing was left for it to do.
    Sent,
    /// Somebody else had done it before.
    DoneBefore(Arc<Verdict>),
    /// It waits for a person.
    Refused,
    /// A person closed it.
    Closed,
}

impl Outage {
    /// What a screen may show of it: until all is told, and a while longer.
    pub(super) fn summary(&self, at: Timestamp) -> Option<Arc<Summary>> {
        let is_fresh = self.changed_at.is_some_and(|changed_at| at.since(changed_at) < SHOWN_FOR);
        self.summary.clone().filter(|summary| summary.is_any() && (summary.left > 0 || is_fresh))
    }
}

impl Station {
    /// The backend answers again: what had been told to wait is counted from here on.
    pub(super) fn came_back(&mut self) {
        let waited = |id: IntentId| {
            let live = self.open.live(id);
            live.is_some_and(|live| live.is_held_told || live.intent.seq <= self.outage.older_to)
        };
        let open = self.open.all().filter(|intent| !matches!(intent.state, IntentState::Parked(_)));
        let waiting: BTreeSet<_> = open.map(|intent| intent.id).filter(|id| waited(*id)).collect();
        if waiting.is_empty() {
            return;
        }
        if self.outage.waiting.is_empty() {
            let (back_at, left) = (self.at, 0);
            let summary = Summary { back_at, sent: 0, done_before: 0, firsts: Vec::new(), refused: 0, left };
            self.outage.summary = Some(Arc::new(summary));
        }
        self.outage.waiting.extend(waiting);
        self.count_left();
    }

    /// An action is over, or is for a person from now on.
    pub(super) fn came_to(&mut self, id: IntentId, fate: Fate) {
        if !self.outage.waiting.remove(&id) {
            return;
        }
        if let Some(summary) = &mut self.outage.summary {
            let summary = Arc::make_mut(summary);
            match fate {
                Fate::Sent => summary.sent += 1,
                Fate::DoneBefore(verdict) => {
                    summary.done_before += 1;
                    if summary.firsts.len() < FIRSTS_MAX {
                        summary.firsts.push(verdict);
                    }
                }
                Fate::Refused => summary.refused += 1,
                Fate::Closed => {}
            }
        }
        self.count_left();
    }

    fn count_left(&mut self) {
        self.outage.changed_at = Some(self.at);
        if let Some(summary) = &mut self.outage.summary {
            Arc::make_mut(summary).left = self.outage.waiting.len();
        }
    }
}

/// As many as anyone reads.
const FIRSTS_MAX: usize = 20;

/// Long enough that whoever comes back from a break reads it.
const SHOWN_FOR: Duration = Duration::from_mins(15);
