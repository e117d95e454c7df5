//! What only a person can decide: one card a cake.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::commit::Then;
use super::{Answer, Card, Fact, Intent, IntentState, Matter, Parked, Record, Station};
use crate::order::{IntentId, OrderId, Post, Stage};

/// What is to be decided, beside what the open intents and jobs say by themselves.
#[derive(Default)]
pub(super) struct Attention {
    cards: Arc<[Card]>,
}

impl Attention {
    pub(super) fn cards(&self) -> Arc<[Card]> {
        self.cards.clone()
    }
}

impl Station {
    /// Draws the cards anew; called after an event that changed one.
    pub(super) fn draw_cards(&mut self) {
        let mut cards: BTreeMap<OrderId, Card> = BTreeMap::new();
        let card = |order: OrderId, matter| Card {
            order,
            cake: self.orders.get(order).cloned(),
            matter,
            intents: Vec::new(),
        };
        for intent in self.open.parked().filter(|intent| !is_own(intent)) {
            let IntentState::Parked(why) = &intent.state else { continue };
            let entry = cards.entry(intent.order);
            let card = entry.or_insert_with(|| card(intent.order, Matter::Parked(why.clone())));
            card.intents.push(intent.clone());
        }
        for job in self.labels.unconfirmed() {
            let entry = cards.entry(job.order).or_insert_with(|| card(job.order, Matter::LabelUnconfirmed));
            entry.intents.extend(self.open.get(job.intent).cloned());
        }
        for job in self.labels.expired(self.at) {
            let entry = cards.entry(job.order).or_insert_with(|| card(job.order, Matter::LabelExpired));
            entry.intents.extend(self.open.get(job.intent).cloned());
        }
        for intent in self.open.parked().filter(|intent| is_own(intent)) {
            let IntentState::Parked(why) = &intent.state else { continue };
            let entry = cards.entry(intent.order);
            let card = entry.or_insert_with(|| card(intent.order, Matter::Parked(why.clone())));
            if card.intents.iter().all(is_own) {
                card.intents.push(intent.clone());
            }
        }
        for (order, twin) in self.twins.open() {
            let matter = Matter::AlsoPrinted { station: twin.station.clone(), at: twin.out_at };
            cards.entry(order).or_insert_with(|| card(order, matter));
        }
        for (station, order, stage) in self.fleet.owed(&self.settings.name) {
            if self.owes(order, stage) {
                let matter = Matter::OwesScan { station: station.into(), stage };
                cards.entry(order).or_insert_with(|| card(order, matter));
            }
        }
        self.attention.cards = cards.into_values().collect();
    }

    /// Whether a scan of this cake is still owed by this station's stage.
    fn owes(&self, order: OrderId, stage: Stage) -> bool {
        let is_own = match self.settings.post {
            Post::At(own) => own == stage,
            Post::Any => true,
        };
        is_own
            && !self.facts.is_scan_seen_to(order, stage)
            && self
                .orders
                .get(order)
                .is_some_and(|cake| cake.stage == stage && cake.times.cancelled.is_none())
    }

    /// A person has dealt with a card; a matter of the same cake that it hid shows next.
    pub(super) fn close(&mut self, order: OrderId) {
        self.is_attention_stale = true;
        if self.close_intents(order) || self.see_to_twin(order) {
            return;
        }
        let owed = self.fleet.owed(&self.settings.name).filter(|(_, owed, _)| *owed == order);
        let owed: BTreeSet<_> =
            owed.map(|(.., stage)| stage).filter(|stage| self.owes(order, *stage)).collect();
        for owing in owed {
            let fact = Fact::ScanSeenTo { owing };
            self.facts.keep(order, &fact, self.at);
            self.commit(vec![Record::Fact { order, fact, at: self.at }], Then::Done);
        }
    }

    /// Closes what waits for a person of a cake; whether there was something.
    fn close_intents(&mut self, order: OrderId) -> bool {
        let mut closed: Vec<_> = self
            .open
            .on_card(order)
            .filter(|intent| match intent.state {
                IntentState::Parked(_) => true,
                IntentState::Printing => {
                    let mut stuck = self.labels.unconfirmed().chain(self.labels.expired(self.at));
                    stuck.any(|job| job.intent == intent.id)
                }
                _ => false,
            })
            .cloned()
            .collect();
        if closed.iter().any(|intent| !is_own(intent)) {
            closed.retain(|intent| !is_own(intent));
        }
        let is_any = !closed.is_empty();
        for intent in closed {
            self.give_up(intent.id);
        }
        is_any
    }

    /// Closes an intent that is not to be done any more.
    pub(super) fn give_up(&mut self, id: IntentId) {
        self.cancel_job(id);
        self.labels.labelled.remove(&id);
        let Some(live) = self.open.remove(id) else { return };
        let mut intent = Intent::clone(&live.intent);
        intent.state = IntentState::Closed;
        self.commit(vec![Record::Intent(intent)], Then::Done);
        self.end(&live, Answer::GivenUp);
        self.show_details(live.intent.order);
        self.is_attention_stale = true;
    }

    /// A person wants what waits on a card sent again.
    pub(super) fn retry(&mut self, order: OrderId) {
        let parked: Vec<_> = self
            .open
            .on_card(order)
            .filter(|intent| matches!(intent.state, IntentState::Parked(_)))
            .map(|intent| intent.id)
            .collect();
        for id in parked {
            if let Some(intent) = self.open.change(id, |intent| intent.state = IntentState::Open) {
                self.commit(vec![Record::Intent(intent)], Then::Release(id));
            }
            if let Some(live) = self.open.live_mut(id) {
                live.is_ended = false;
            }
        }
        self.show_details(order);
        let is_printing = |intent: &&Arc<Intent>| intent.state == IntentState::Printing;
        let printing = self.open.on_card(order).find(is_printing).map(|intent| intent.id);
        if let Some(intent) = printing {
            self.renew(intent, self.at);
        }
        self.is_attention_stale = true;
    }
}

/// Whether an intent is a detail that was refused by itself: what became of the cake's steps is shown before it.
fn is_own(intent: &Arc<Intent>) -> bool {
    intent.detail.is_some() && intent.state != IntentState::Parked(Parked::Behind)
}
