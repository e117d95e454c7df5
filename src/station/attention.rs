//! What only a person can decide: one card a cake.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::commit::Then;
use super::outage::Fate;
use super::planted::{Bug, planted};
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
        let in_doubt = self.labels.unconfirmed().map(|job| (job, Matter::LabelUnconfirmed));
        let expired = self.labels.expired(self.at).map(|job| (job, Matter::LabelExpired));
        for (job, matter) in in_doubt.chain(expired) {
            let card = cards.entry(job.order).or_insert_with(|| card(job.order, matter.clone()));
            if card.matter == matter {
                card.intents.extend(self.open.get(job.intent).cloned());
            }
        }
        for intent in self.open.parked().filter(|intent| is_own(intent)) {
            let IntentState::Parked(why) = &intent.state else { continue };
            let entry = cards.entry(intent.order);
            let card = entry.or_insert_with(|| card(intent.order, Matter::Parked(why.clone())));
            if matches!(card.matter, Matter::Parked(_)) && card.intents.iter().all(is_own) {
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

    /// A person has dealt with a card, as it is drawn; a matter of the same cake that it hid shows next.
    pub(super) fn close(&mut self, order: OrderId) {
        let Some(card) = self.card(order) else { return };
        self.is_attention_stale = true;
        match card.matter {
            Matter::Parked(_) | Matter::LabelUnconfirmed | Matter::LabelExpired => {
                for intent in card.intents {
                    self.give_up(intent.id);
                }
            }
            Matter::AlsoPrinted { .. } => self.see_to_twin(order),
            Matter::OwesScan { .. } => self.see_to_scans(order),
        }
    }

    /// A person has seen to the scans that other stations wait for.
    fn see_to_scans(&mut self, order: OrderId) {
        let owed = self.fleet.owed(&self.settings.name).filter(|(_, owed, _)| *owed == order);
        let owed: BTreeSet<_> =
            owed.map(|(.., stage)| stage).filter(|stage| self.owes(order, *stage)).collect();
        for owing in owed {
            let fact = Fact::ScanSeenTo { owing };
            self.facts.keep(order, &fact, self.at);
            self.commit(vec![Record::Fact { order, fact, at: self.at }], Then::Done);
        }
    }

    /// The card of a cake, as it is drawn.
    pub(super) fn card(&self, order: OrderId) -> Option<Card> {
        self.attention.cards.iter().find(|card| card.order == order).cloned()
    }

    /// Closes an intent that is not to be done any more.
    pub(super) fn give_up(&mut self, id: IntentId) {
        self.cancel_job(id);
        self.came_to(id, Fate::Closed);
        self.labels.labelled.remove(&id);
        let Some(live) = self.open.remove(id) else { return };
        let mut intent = Intent::clone(&live.intent);
        intent.state = IntentState::Closed;
        self.commit(vec![Record::Intent(intent)], Then::Done);
        self.end(&live, Answer::GivenUp);
        self.show_details(live.intent.order);
        self.is_attention_stale = true;
    }

    /// A person wants what waits on a card sent, or printed, again.
    pub(super) fn retry(&mut self, order: OrderId) {
        let Some(card) = self.card(order) else { return };
        for intent in card.intents {
            match card.matter {
                Matter::Parked(_) => self.reopen(&intent),
                Matter::LabelExpired => self.renew(intent.id, self.at),
                // Nobody knows whether it is out: that is said first.
                Matter::LabelUnconfirmed | Matter::AlsoPrinted { .. } | Matter::OwesScan { .. } => {}
            }
        }
        self.show_details(order);
        self.is_attention_stale = true;
    }

    /// Lets a parked intent go on. Its last line was told: what becomes of it now shows on the screen only.
    fn reopen(&mut self, parked: &Intent) {
        // A label whose cake was not found is not out: before it is, the backend is told of none.
        let is_unprinted =
            parked.action.is_print() && parked.state == IntentState::Parked(Parked::NoExactCake);
        let state = if is_unprinted { IntentState::Printing } else { IntentState::Open };
        let known = self.orders.get(parked.order).filter(|_| planted(Bug::RetriesWithNewRework));
        let rework = known.map_or(parked.rework, |order| order.rework);
        let opened = self.open.change(parked.id, |intent| (intent.state, intent.rework) = (state, rework));
        let Some(intent) = opened else { return };
        if is_unprinted {
            self.queue_label(&intent);
            self.renew(intent.id, self.at);
        }
        self.commit(vec![Record::Intent(intent)], Then::Release(parked.id));
    }
}

/// Whether an intent that moves no cake was refused by itself: what became of the cake's steps is shown before it.
fn is_own(intent: &Arc<Intent>) -> bool {
    intent.action.stage().is_none() && intent.state != IntentState::Parked(Parked::Behind)
}
