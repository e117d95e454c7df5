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
    /// What a station read last of a cake, until it writes.
    looked: BTreeMap<(usize, OrderId), Arc<Order>>,
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
    /// Prints, or ends of packing, that stand twice in the history.
    pub doubled: u64,
    /// Steps that were captured before a return and came after it.
    pub undone: u64,
    /// Steps of a cancelled order.
    pub advanced: u64,
}

impl Harm {
    pub fn add(&mut self, other: Self) {
        self.writes += other.writes;
        self.doubled += other.doubled;
        self.undone += other.undone;
        self.advanced += other.advanced;
    }
}

impl World {
    pub fn is_weak(&self) -> bool {
        !self.backend.abilities.repeats_safely
    }

    /// Whether the backend did to a cake what no rule of a station prevents.
    pub fn is_excused(&self, order: OrderId) -> bool {
        self.weak.excused.contains(&order)
    }

    /// Before a station is told.
    pub fn note_looks(&mut self, place: usize, event: &Event) {
        match event {
            Event::Read { result: Ok(Found::One(order)), .. } => {
                self.weak.looked.insert((place, order.id), order.clone());
                let now = self.now;
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
        let Some(order) = looked else {
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
    pub fn check_weak_commit(&mut self, intent: &Intent, before: &Order, answer: &Reply) {
        if !matches!(answer, Reply::Done { .. }) || intent.action.stage().is_none() {
            return;
        }
        let harm = &mut self.weak.harm;
        harm.writes += 1;
        let is_print_again = intent.action == Action::Print && before.times.filling_start.is_some();
        let is_packed_again = intent.action == Action::CompletePacking && before.stage == Stage::Complete;
        let is_undone = intent.rework != before.rework;
        let is_cancelled = before.times.cancelled.is_some();
        harm.doubled += u64::from((is_print_again || is_packed_again) && !is_cancelled);
        harm.undone += u64::from(is_undone);
        harm.advanced += u64::from(is_cancelled);
        if is_print_again || is_packed_again || is_undone || is_cancelled {
            self.weak.excused.insert(intent.order);
        }
    }
}

fn is_open_ended(fault: &LinkFault) -> bool {
    use LinkFault::{Busy, Forbidden, NoFunction, WrongKey, WrongPassword};
    !matches!(fault, Busy(_) | Forbidden(_) | NoFunction(_) | WrongKey | WrongPassword)
}

/// `contract.md` 3: longer than a request can be under way.
const SETTLE: Duration = Duration::from_secs(30);
