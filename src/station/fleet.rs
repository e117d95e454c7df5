//! What the other stations are up to, as far as it changes what a scan here means.

use std::collections::BTreeMap;
use std::time::Duration;

use super::planted::{Bug, planted};
use super::{Heard, StationSeen};
use crate::order::{OrderId, Stage, Timestamp};

/// The fleet as last reported, and what "not here" was said of.
#[derive(Default)]
pub(super) struct Fleet {
    seen: Vec<StationSeen>,
    /// When it was last heard.
    pub(super) heard: Option<Duration>,
    not_here: BTreeMap<OrderId, Timestamp>,
    /// Whether nothing is to be written, as last heard in this life.
    pub(super) is_frozen: bool,
}

impl Fleet {
    pub(super) fn hear(&mut self, now: Duration, heard: Heard) {
        self.heard = Some(now);
        self.seen = heard.fleet;
        self.seen.truncate(STATIONS_MAX);
        self.is_frozen = heard.is_frozen.unwrap_or(self.is_frozen);
    }

    /// Whether the scans of a stage from `from` up to, not including, `to` may still be on their way: a station of it
    /// is silent, or has actions that the backend does not.
    pub(super) fn is_late(&self, own_name: &str, from: Stage, to: Stage) -> bool {
        if planted(Bug::ForgetsTheFleet) {
            return false;
        }
        self.seen.iter().filter(|station| *station.name != *own_name).any(|station| {
            let is_silent = (SILENT_AFTER..GONE_AFTER).contains(&station.silence);
            let has_backlog = station.backlog > 0 && station.silence < GONE_AFTER;
            match station.stage {
                Some(stage) => (from..to).contains(&stage) && (is_silent || has_backlog),
                // A supervisor's station is switched off at will; only what it is known to hold back counts.
                None => from < to && has_backlog,
            }
        })
    }

    pub(super) fn say_not_here(&mut self, order: OrderId, at: Timestamp) {
        if self.not_here.len() >= NOT_HERE_MAX {
            self.not_here.retain(|_, said| at.since(*said) < NOT_HERE_FOR);
        }
        if self.not_here.len() < NOT_HERE_MAX {
            self.not_here.insert(order, at);
        }
    }

    /// Whether "not here" was said of a cake a short while ago: a second scan says that it is here all the same.
    pub(super) fn was_not_here(&self, order: OrderId, at: Timestamp) -> bool {
        self.not_here.get(&order).is_some_and(|said| at.since(*said) < NOT_HERE_FOR)
    }

    /// Cakes that other stations were shown while a stage still had them.
    pub(super) fn owed<'a>(&'a self, own_name: &'a str) -> impl Iterator<Item = (&'a str, OrderId, Stage)> {
        let others = self.seen.iter().filter(move |station| *station.name != *own_name);
        others.flat_map(|station| {
            station.owed.iter().take(OWED_MAX).map(|(order, stage)| (&*station.name, *order, *stage))
        })
    }
}

/// Three reports missed.
const SILENT_AFTER: Duration = Duration::from_secs(45);

/// A station that was silent for so long is not in use; a 24 h outage (`reliability.md` I4) is shorter.
const GONE_AFTER: Duration = Duration::from_hours(48);

/// `workflow.md` 2: a second scan within 30 min of a "not here".
const NOT_HERE_FOR: Duration = Duration::from_mins(30);

/// More than a station shows amber in half an hour.
const NOT_HERE_MAX: usize = 1000;

/// More stations than two shops have.
const STATIONS_MAX: usize = 200;

/// As many as one station reports.
pub(super) const OWED_MAX: usize = 100;
