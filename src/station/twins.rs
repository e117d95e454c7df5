//! Cakes whose label came out at two stations: each is told of the other's, and keeps it until a person has seen to it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::commit::Then;
use super::{Fact, Intent, Record, Station, StationSeen, Twin};
use crate::order::{Mark, OrderId, Timestamp};

/// The second labels that are known here, by cake and by the other station.
#[derive(Default)]
pub(super) struct Twins {
    known: BTreeMap<(OrderId, Box<str>), (Twin, Timestamp)>,
}

impl Twins {
    /// Takes one in as it is kept.
    pub(super) fn keep(&mut self, order: OrderId, twin: Twin, at: Timestamp) {
        let key = (order, twin.station.clone().unwrap_or_default());
        if self.known.len() >= TWINS_MAX && !self.known.contains_key(&key) {
            let oldest = self.known.iter().min_by_key(|(_, (twin, at))| (!twin.is_seen_to, *at));
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.known.remove(&oldest);
            }
        }
        self.known.insert(key, (twin, at));
    }

    /// Those that a person has not seen to yet.
    pub(super) fn open(&self) -> impl Iterator<Item = (OrderId, &Twin)> {
        let open = self.known.iter().filter(|(_, (twin, _))| !twin.is_seen_to);
        open.map(|((order, _), (twin, _))| (*order, twin))
    }

    /// What was found out here lately, and when this station's own label came out: the other station does not know.
    pub(super) fn found_here(&self, now: Timestamp) -> Vec<(OrderId, Timestamp)> {
        let is_told = |(twin, at): &&(Twin, Timestamp)| twin.is_found_here && now.since(*at) < TOLD_FOR;
        let found = self.known.iter().filter(|(_, known)| is_told(known));
        let mut found: Vec<_> = found.map(|((order, _), (_, at))| (*order, *at)).collect();
        found.sort_unstable_by_key(|(_, at)| std::cmp::Reverse(*at));
        found.truncate(TWICE_MAX);
        found
    }

    fn is_known(&self, order: OrderId, station: &str) -> bool {
        self.known.contains_key(&(order, station.into()))
    }
}

impl Station {
    /// A label came out here of a cake that had one already: the backend says whose.
    pub(super) fn also_printed(&mut self, intent: &Intent, first: Option<&Mark>) {
        let twin = Twin {
            station: first.and_then(|mark| mark.station.as_deref()).map(Box::from),
            out_at: first.map(|mark| mark.at),
            is_found_here: true,
            is_seen_to: false,
        };
        // A stamp so old is one of a clock that was set, and the other station is to be told all the same.
        let is_told = self.at.since(intent.captured_at) < TOLD_FOR;
        self.keep_twin(intent.order, twin, if is_told { intent.captured_at } else { self.at });
    }

    /// Other stations say that cakes of theirs had a label already: if it is this station's, a person here is told.
    pub(super) fn hear_of_twins(&mut self, fleet: &[StationSeen]) {
        // The next report says it again.
        if self.commits.is_clogged() {
            return;
        }
        for station in fleet {
            for (order, out_at) in station.twice.iter().take(TWICE_MAX) {
                let came_out_here = self.labels.out.get(order).is_some_and(|out| out.at.is_some());
                let is_own = station.name == self.settings.name;
                if is_own || !came_out_here || self.twins.is_known(*order, &station.name) {
                    continue;
                }
                let twin = Twin {
                    station: Some(station.name.clone()),
                    out_at: Some(*out_at),
                    is_found_here: false,
                    is_seen_to: false,
                };
                self.keep_twin(*order, twin, self.at);
            }
        }
    }

    /// A person has seen to the second label that the cake's card names.
    pub(super) fn see_to_twin(&mut self, order: OrderId) {
        let open = self.twins.known.iter().find(|((of, _), (twin, _))| *of == order && !twin.is_seen_to);
        let Some((mut twin, at)) = open.map(|(_, known)| known.clone()) else { return };
        twin.is_seen_to = true;
        self.keep_twin(order, twin, at);
    }

    fn keep_twin(&mut self, order: OrderId, twin: Twin, at: Timestamp) {
        self.twins.keep(order, twin.clone(), at);
        self.commit(vec![Record::Fact { order, fact: Fact::AlsoPrinted(twin), at }], Then::Done);
        self.is_attention_stale = true;
    }
}

/// More than a person ever sees to.
const TWINS_MAX: usize = 1000;

/// As many as one report names, so that it stays under the backend's 16 kB.
const TWICE_MAX: usize = 100;

/// A station that was silent for longer is not in use.
const TOLD_FOR: Duration = Duration::from_hours(48);
