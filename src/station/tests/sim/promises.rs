//! What was promised to people, and what the backend made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::checks::{Rule, Short};
use super::people::Deed;
use super::reads::{Guarded, Read};
use super::tally::Luck;
use super::world::World;
use crate::order::{Action, Order, Stage};
use crate::station::*;

impl World {
    /// Nothing is given up as early while the scans that it waits for are held at a station before.
    pub fn check_upstream(&mut self, place: usize, intent: &Intent, why: &Parked) {
        let Parked::Refused(Refusal { code: RefusalCode::InvalidStage, stage: Some(stage), .. }) = why else {
            return;
        };
        if intent.action.stage().is_none_or(|own| *stage >= own) {
            return;
        }
        // A scan that was stamped by a wrong clock, or of a cake that was taken back, may look as old as anything.
        if self.kiosks[place].was_clock_set || self.is_excused(intent.order) {
            return;
        }
        let others = self.kiosks.iter().enumerate();
        // A supervisor's station that is silent is waited for by nobody.
        let others = others.filter(|(other, kiosk)| *other != place && kiosk.stage().is_some());
        let declined_at = self.read_of(intent.id).map_or(self.now, |read| read.declined_at);
        let is_known = |other: &Intent| {
            self.read_of(other.id)
                .is_some_and(|read| read.at.max(read.retried_at) + SILENCE_WITHIN < declined_at)
        };
        let coming = others.flat_map(|(_, kiosk)| kiosk.disk.open()).find(|other| {
            other.order == intent.order
                && is_known(other)
                && other.state == IntentState::Open
                && !other.is_action_open
                && other.rework == intent.rework
                && other.action.is_completion()
                && other.action.stage() == Some(*stage)
        });
        if let Some(coming) = coming.cloned() {
            self.breach(Rule::Upstream, place, || format!("{} ahead of {}", Short(intent), Short(&coming)));
        }
    }

    /// What the backend made of a request.
    pub fn check_commit(&mut self, place: usize, intent: &Intent, answer: &Reply, is_repeated: bool) {
        match answer {
            Reply::Done { already: true, .. } if !is_repeated => self.tally.luck(Luck::AlreadyByOther),
            Reply::Done { already: false, .. } if !is_repeated => {
                if self.is_raced(place, intent) {
                    self.tally.luck(Luck::Raced);
                }
                let returned = self.returns.get(&intent.order).copied();
                let read_at = self.read_of(intent.id).map(|read| read.at);
                let is_asked = !self.is_weak() && !self.is_excused(intent.order);
                if intent.action.is_completion() && read_at < returned && is_asked {
                    self.breach(Rule::Return, place, || format!("undoes a return: {}", Short(intent)));
                }
                // A label does not say which station it is from: another's proves as much.
                let mut labels = self.kiosks.iter().filter_map(|kiosk| kiosk.labels.get(&intent.order));
                let is_out = labels.any(|labels| labels.out > 0 || labels.is_said_out);
                if intent.action == Action::Print && !is_out {
                    self.breach(Rule::Label, place, || {
                        format!("started with no label out: {}", Short(intent))
                    });
                }
            }
            Reply::Done { .. } => self.tally.luck(Luck::RepliedAsTheFirstTime),
            _ => {}
        }
    }

    /// After a start, everything that was accepted is still there.
    pub fn check_kept(&mut self, place: usize, kept: &Kept) {
        let kept: BTreeMap<_, _> = kept.intents.iter().map(|intent| (intent.id, intent)).collect();
        let is_lost = |read: &&Read| {
            read.place == place
                && read.is_accepted
                && !read.is_answered
                && !read.is_closed
                && !kept.contains_key(&read.id)
                && !self.kiosks[place].disk.intents.contains_key(&read.id)
        };
        let lost = self.reads.iter().find(is_lost).map(|read| read.id);
        if let Some(id) = lost {
            self.breach(Rule::I3, place, || format!("{id} was accepted and is gone"));
        }
    }

    /// Each step is made once between two returns.
    pub fn check_events(&mut self) {
        let mut made = BTreeSet::new();
        for (order, action, ..) in self.backend.events.clone() {
            let is_return = action == Action::QcReturn;
            made.retain(|(of, _)| *of != order || !is_return);
            let is_step = action.stage().is_some() && !is_return;
            if is_step && !made.insert((order, action)) && !self.is_excused(order) {
                self.breach(Rule::I5, 0, || format!("{} of {order} made twice", action.name()));
            }
        }
    }

    /// Where a cake has labels of two stations, a person at each was told.
    pub fn check_twins(&mut self) {
        for order in self.backend.orders.clone().into_values() {
            let has_label = |place: &usize| {
                let disk = &self.kiosks[*place].disk;
                let is_agreed = |intent: &Intent| matches!(intent.state, IntentState::Agreed { .. });
                let mut jobs = disk.jobs.values().filter(|job| job.order == order.id && !job.is_reprint);
                jobs.any(|job| job.state.is_out() && disk.intents.get(&job.intent).is_some_and(is_agreed))
            };
            let printed: Vec<_> = (0..self.kiosks.len()).filter(has_label).collect();
            let is_over = order.stage == Stage::Complete || order.times.cancelled.is_some();
            let is_over = is_over || self.is_excused(order.id);
            for place in printed.iter().filter(|_| printed.len() > 1 && !is_over) {
                let mut told = self.kiosks[*place].disk.facts.iter();
                if !told.any(|(of, fact, _)| *of == order.id && matches!(fact, Fact::AlsoPrinted(_))) {
                    self.breach(Rule::Twins, *place, || {
                        format!("nobody was told of the other label of {}", order.id)
                    });
                }
            }
        }
    }

    /// What a station has for the queue is what the backend has, whichever hints were lost.
    pub fn check_queues(&mut self) {
        for place in 0..self.kiosks.len() {
            let Some(station) = &self.kiosks[place].station else { continue };
            let queue = station.view().queue;
            let listed: BTreeSet<_> =
                queue.stages.iter().flat_map(|rows| rows.iter()).map(|row| row.id).collect();
            let is_wrong = |order: &&Arc<Order>| {
                let is_open = order.stage != Stage::Complete && order.times.cancelled.is_none();
                let known = station.orders.get(order.id).map(|known| (known.stage, known.rework));
                if is_open { known != Some((order.stage, order.rework)) } else { listed.contains(&order.id) }
            };
            let orders = self.backend.orders.values().filter(|order| !self.is_excused(order.id));
            if let Some(order) = orders.clone().find(is_wrong).cloned() {
                let known = station.orders.get(order.id).map(|known| (known.stage, known.rework));
                self.breach(Rule::Queue, place, || {
                    format!(
                        "{} is {:?} after {} returns, and known as {known:?}",
                        order.id, order.stage, order.rework
                    )
                });
            }
        }
    }

    /// A scan that no guard swallows is answered, for as long as the station lives.
    pub fn check_answered(&mut self, read: u32) {
        let read = &self.reads[read as usize];
        let (place, kiosk) = (read.place, &self.kiosks[read.place]);
        if kiosk.life == read.life && read.lines == 0 {
            if read.guard == Guarded::MustNot {
                let code = read.code.clone();
                self.breach(Rule::Answered, place, || format!("nothing was said to {code}"));
            }
            return;
        }
        // Switched off before they saw an answer: they scan it again.
        if read.lines == 0 && read.hand.is_some() {
            let again = Deed::Again { read: (read.id.bits() >> 96) as u32 };
            self.do_deed(&again);
        }
    }
}

/// By then a station knows that another fell silent.
const SILENCE_WITHIN: Duration = Duration::from_secs(75);
