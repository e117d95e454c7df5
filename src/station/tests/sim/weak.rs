//! What is asked of a station whose backend keeps nothing from happening twice: it looks before every write, and not before
//! an earlier request can no longer land. What goes wrong all the same nobody could prevent, and is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::checks::{Rule, Short};
use super::world::World;
use crate::order::{Action, IntentId, Order, OrderId, Stage};
use crate::station::*;

/// What is known of the calls, and what they did that they should not have.
#[derive(Default)]
pub struct Weak {
    /// What a station read last of a cake, and when, until it writes.
    looked: BTreeMap<(usize, OrderId), (Duration, Arc<Order>)>,
    /// When a call was given up that may still land, or in which life it was made.
    lost_at: BTreeMap<IntentId, Duration>,
    sent_in: BTreeMap<IntentId, u32>,
    /// Cakes of which the backend did what the station could not know of.
    excused: BTreeSet<OrderId>,
    pub harm: Harm,
}

/// What could not be prevented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Harm {
    /// Writes.
    pub writes: u64,
    /// Those that reached the backend later than any call is waited for.
    pub outlived: u64,
    /// Prints, or ends of packing, that stand twice in the history.
    pub doubled: u64,
    /// Steps that were captured before a return and came after it.
    pub undone: u64,
    /// Steps of a cancelled order.
    pub advanced: u64,
    /// How many of these three came of a call that outlived the wait.
    pub by_outlived: u64,
    /// How many came within a moment of the look: the other had looked in the same moment.
    pub by_race: u64,
}

impl Harm {
    pub fn add(&mut self, other: Self) {
        self.writes += other.writes;
        self.outlived += other.outlived;
        self.by_outlived += other.by_outlived;
        self.by_race += other.by_race;
        self.doubled += other.doubled;
        self.undone += other.undone;
        self.advanced += other.advanced;
    }
}

impl World {
    pub fn is_weak(&self) -> bool {
        !self.backend.abilities.repeats_safely
    }

    /// Nothing more is asked of a cake with which the backend did what no rule of a station prevents.
    pub fn excuse(&mut self, order: OrderId) {
        self.weak.excused.insert(order);
    }

    /// Whether the backend did to a cake what no rule of a station prevents.
    pub fn is_excused(&self, order: OrderId) -> bool {
        self.weak.excused.contains(&order)
    }

    /// Before a station is told.
    pub fn note_looks(&mut self, place: usize, event: &Event) {
        match event {
            Event::Read { result: Ok(Found::One(order)), .. } => {
                let now = self.now;
                self.weak.looked.insert((place, order.id), (now, order.clone()));
                let open: Vec<_> =
                    self.kiosks[place].disk.open().map(|intent| (intent.id, intent.order)).collect();
                for (id, _) in open.iter().filter(|(_, of)| *of == order.id) {
                    if let Some(read) = self.read_of_mut(*id) {
                        read.declined_at = now;
                    }
                }
            }
            Event::Answered { id, reply: Reply::Lost(fault), .. } if is_open_ended(fault) => {
                if let Some(intent) = self.calls.get(&(place, *id)) {
                    self.weak.lost_at.insert(*intent, self.now);
                }
            }
            _ => {}
        }
    }

    /// A write that a station orders.
    pub fn check_weak_send(&mut self, place: usize, intent: &Intent) {
        let looked = self.weak.looked.remove(&(place, intent.order));
        let life = self.kiosks[place].life;
        let is_of_before = self.weak.sent_in.insert(intent.id, life).is_some_and(|before| before < life);
        let lost_at = self.weak.lost_at.remove(&intent.id);
        let since = if is_of_before { Some(self.kiosks[place].born).max(lost_at) } else { lost_at };
        if since.is_some_and(|since| self.now < since + SETTLE) {
            return self
                .breach(Rule::Witness, place, || format!("while a call may still land: {}", Short(intent)));
        }
        let Some((_, order)) = looked.filter(|(at, _)| self.now < *at + LOOK_HOLDS) else {
            return self.breach(Rule::Witness, place, || format!("written unseen: {}", Short(intent)));
        };
        let is_step = intent.action.stage().is_some();
        let is_elsewhere = intent.action.stage().is_some_and(|own| order.stage != own);
        let is_wrong = order.times.cancelled.is_some() || order.rework != intent.rework || is_elsewhere;
        if is_step && is_wrong {
            self.breach(Rule::Witness, place, || {
                format!("{}, which was seen in {} after {} returns", Short(intent), order.stage, order.rework)
            });
        }
        if intent.action.is_completion()
            && !self.was_started(place, intent, &order)
            && !self.is_excused(order.id)
        {
            self.breach(Rule::Started, place, || format!("never started: {}", Short(intent)));
        }
    }

    /// Whether the stage that an intent ends had its start scan, for the order's count of returns.
    fn was_started(&self, place: usize, intent: &Intent, order: &Order) -> bool {
        let kiosk = &self.kiosks[place];
        match intent.action {
            Action::CompletePacking => {
                let start = Fact::Started { rework: intent.rework, stage: Stage::Packing };
                let of_cake = |order: OrderId| {
                    order == intent.order || order == OrderId { suffix: None, ..intent.order }
                };
                let is_start =
                    |other: &Intent| other.action == Action::StartPacking && other.rework == intent.rework;
                kiosk.disk.facts.iter().any(|(of, fact, _)| of_cake(*of) && *fact == start)
                    || kiosk.disk.intents.values().any(|other| of_cake(other.order) && is_start(other))
            }
            Action::CompleteCovering | Action::CompleteDecorating if kiosk.settings.has_start_scans => {
                order.rework > 0 || order.started_at().is_some()
            }
            _ => true,
        }
    }

    /// An intent is over: by what was read as well as by an answer.
    pub fn note_agreed(&mut self, records: &[Record]) {
        for record in records {
            if let Record::Intent(intent) = record
                && matches!(intent.state, IntentState::Agreed { .. })
                && let Some(read) = self.read_of_mut(intent.id)
            {
                read.is_answered = true;
            }
        }
    }

    /// What the backend made of a request that reached it while the order stood thus.
    pub fn check_weak_commit(
        &mut self,
        intent: &Intent,
        before: &Order,
        answer: &Reply,
        under_way: Duration,
    ) {
        if !matches!(answer, Reply::Done { .. }) || intent.action.stage().is_none() {
            return;
        }
        let harm = &mut self.weak.harm;
        harm.writes += 1;
        harm.outlived += u64::from(under_way > OUTLIVES);
        let is_print_again = intent.action == Action::Print && before.times.filling_start.is_some();
        let is_packed_again = intent.action == Action::CompletePacking && before.stage == Stage::Complete;
        let is_undone = intent.rework != before.rework;
        let is_cancelled = before.times.cancelled.is_some();
        harm.doubled += u64::from((is_print_again || is_packed_again) && !is_cancelled);
        harm.undone += u64::from(is_undone);
        harm.advanced += u64::from(is_cancelled);
        if is_print_again || is_packed_again || is_undone || is_cancelled {
            harm.by_outlived += u64::from(under_way > OUTLIVES);
            harm.by_race += u64::from(under_way < LOOK_HOLDS);
            self.excuse(intent.order);
        }
    }
}

fn is_open_ended(fault: &LinkFault) -> bool {
    use LinkFault::{Busy, Forbidden, NoFunction, WrongKey, WrongPassword};
    !matches!(fault, Busy(_) | Forbidden(_) | NoFunction(_) | WrongKey | WrongPassword)
}

/// From the look to the write: a record made durable in between, on a slow disk.
const LOOK_HOLDS: Duration = Duration::from_secs(4);

/// As long as a client waits for an answer, and then as long as any call can still be under way.
const OUTLIVES: Duration = Duration::from_secs(10 + 30);

/// `contract.md` 3: longer than a request can be under way.
const SETTLE: Duration = Duration::from_secs(30);
