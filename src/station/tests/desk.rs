//! One station alone, whose every order the test answers itself.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::bench::{NOON, fresh, settings};
use super::model::order;
use crate::order::{Details, Order, OrderId, Post, Stage, Timestamp};
use crate::station::*;

/// One station whose every order the test answers itself, with whatever fault it likes.
pub struct Desk {
    pub station: Station,
    pub now: Duration,
    /// Orders that are not answered yet, oldest first.
    pub asked: VecDeque<Effect>,
    pub lines: Vec<Verdict>,
    /// How writes end; none leaves them without an end, as a disk that hangs does.
    pub journal: Option<Result<(), StoreFault>>,
    pub records: Vec<Record>,
    scans: u64,
}

impl Desk {
    /// A station of both stores that has read this queue.
    pub fn new(stage: Stage, orders: Vec<Order>) -> Self {
        Self::with(stage, orders, Kept::default())
    }

    /// The same, with what an earlier life left.
    pub fn with(stage: Stage, orders: Vec<Order>, kept: Kept) -> Self {
        let station = Station::new(Settings { scanners: 1, ..settings("S1", Post::At(stage)) });
        let mut desk = Self {
            station,
            now: Duration::ZERO,
            asked: VecDeque::new(),
            lines: Vec::new(),
            journal: Some(Ok(())),
            records: Vec::new(),
            scans: 0,
        };
        desk.tell(Event::Recovered { at: NOON, kept });
        desk.tell(Event::ContractFound { at: NOON, abilities: Abilities::default() });
        desk.refreshed(Ok(orders));
        desk
    }

    pub fn at(&self) -> Timestamp {
        NOON.plus(self.now)
    }

    pub fn tell(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.station.handle(self.now, event) {
                let at = self.at();
                match effect {
                    Effect::Store { id, records } => match self.journal.clone() {
                        Some(result) => {
                            if result.is_ok() {
                                self.records.extend(records);
                            }
                            events.push_back(Event::Stored { id, at, result });
                        }
                        None => self.asked.push_back(Effect::Store { id, records }),
                    },
                    Effect::Tell { id, verdict } => {
                        self.lines.push(verdict);
                        events.push_back(Event::Told { id });
                    }
                    Effect::Sound { id, .. } => events.push_back(Event::Told { id }),
                    Effect::List { id } => {
                        events.push_back(Event::Listed { id, at, result: Ok(BTreeMap::default()) });
                    }
                    other => self.asked.push_back(other),
                }
            }
        }
    }

    pub fn scan(&mut self, code: &str) {
        self.scans += 1;
        let (at, fresh) = (self.at(), fresh(self.scans));
        self.tell(Event::Scanned { at, source: Source::Scanner(0), text: code.into(), fresh });
    }

    pub fn touch(&mut self, touch: Touch) {
        self.scans += 1;
        let (at, fresh) = (self.at(), fresh(self.scans));
        self.tell(Event::Touched { at, touch, fresh });
    }

    /// Time passes; what falls due is told at once.
    pub fn seconds(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while self.station.next_deadline().is_some_and(|due| due <= until) {
            self.falls_due();
        }
        self.now = until;
    }

    /// Time passes until something falls due.
    pub fn falls_due(&mut self) {
        let due = self.station.next_deadline().expect("something is to come");
        self.now = self.now.max(due);
        let at = self.at();
        self.tell(Event::Due { at });
        let again = self.station.next_deadline();
        assert!(again.is_none_or(|again| again > self.now), "a deadline that never passes");
    }

    /// The orders whose actions are under way.
    pub fn sent(&self) -> Vec<OrderId> {
        let sent = self.asked.iter().filter_map(|effect| match effect {
            Effect::Send { intent, .. } => Some(intent.order),
            _ => None,
        });
        sent.collect()
    }

    /// Takes the first order of a kind that still waits for its end.
    pub fn take(&mut self, is_it: impl Fn(&Effect) -> bool) -> Option<Effect> {
        let place = self.asked.iter().position(is_it)?;
        self.asked.remove(place)
    }

    /// Answers the read of the queue that is under way, if one is.
    pub fn refreshed(&mut self, result: Result<Vec<Order>, LinkFault>) -> bool {
        let taken = self.take(|effect| matches!(effect, Effect::Refresh { .. }));
        let Some(Effect::Refresh { id, .. }) = taken else { return false };
        let began_at = self.at();
        let read = |orders: Vec<Order>| QueueRead {
            is_whole: true,
            orders: orders.into_iter().map(Into::into).collect(),
            began_at,
            unreadable: 0,
        };
        self.tell(Event::Refreshed { id, at: began_at, result: result.map(read) });
        true
    }

    /// Answers the report that is under way, if one is.
    pub fn reported(&mut self, result: Result<Heard, LinkFault>) -> bool {
        let taken = self.take(|effect| matches!(effect, Effect::Report { .. }));
        let Some(Effect::Report { id, .. }) = taken else { return false };
        let at = self.at();
        self.tell(Event::Reported { id, at, result });
        true
    }

    /// Answers the call for a cake that is under way, if one is.
    pub fn answered(&mut self, order: &str, reply: Reply) -> bool {
        let order = order.parse().unwrap();
        let taken =
            self.take(|effect| matches!(effect, Effect::Send { intent, .. } if intent.order == order));
        let Some(Effect::Send { id, .. }) = taken else { return false };
        let at = self.at();
        self.tell(Event::Answered { id, at, reply });
        true
    }

    /// The verdict words since the last call, with their orders.
    pub fn said(&mut self) -> Vec<String> {
        let word = |verdict: Verdict| {
            let order = verdict.order.map_or("-".into(), |order| order.to_string());
            format!("{} {order}", verdict.answer.kind().expect("a line has a word").name())
        };
        self.lines.drain(..).map(word).collect()
    }
}

/// The reply to an action that was done, by a cake as it is now.
pub fn done(order: &Order) -> Reply {
    Reply::Done {
        already: false,
        stage: order.stage,
        rework: order.rework,
        times: order.times,
        details: Some(Details::of(order)),
        mark: None,
    }
}

/// Orders in Covering, numbered from 18,617.
pub fn shop(count: u32) -> Vec<Order> {
    (0..count).map(|nth| order(&format!("bannos-{}", 18_617 + nth), Stage::Covering)).collect()
}

/// An order that has been through Covering.
pub fn covered(id: &str) -> Order {
    let mut order = order(id, Stage::Decorating);
    order.times.covering_complete = Some(NOON);
    order
}
