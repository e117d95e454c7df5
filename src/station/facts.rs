//! What only this station knows of a cake.

use std::collections::{BTreeMap, BTreeSet};

use super::Fact;
use super::planted::{Bug, planted};
use crate::order::{OrderId, Stage, Timestamp};

/// The facts, by cake.
#[derive(Default)]
pub(super) struct Facts {
    cakes: BTreeMap<OrderId, Cake>,
}

#[derive(Default)]
struct Cake {
    label_read: Option<Timestamp>,
    started: BTreeMap<Stage, (u32, Timestamp)>,
    shown_early: Option<Stage>,
    scans_seen_to: BTreeSet<Stage>,
}

impl Facts {
    pub(super) fn keep(&mut self, order: OrderId, fact: &Fact, at: Timestamp) {
        if self.cakes.len() >= CAKES_MAX && !self.cakes.contains_key(&order) {
            self.cakes.pop_first();
        }
        let cake = self.cakes.entry(order).or_default();
        match fact {
            Fact::LabelRead => cake.label_read = Some(at),
            Fact::Started { rework, stage } => drop(cake.started.insert(*stage, (*rework, at))),
            Fact::ShownEarly { owing } => cake.shown_early = Some(*owing),
            Fact::ScanSeenTo { owing } => drop(cake.scans_seen_to.insert(*owing)),
            // Of labels, not of the cake: it outlives its order.
            Fact::AlsoPrinted(_) => {}
        }
    }

    pub(super) fn label_read(&self, order: OrderId) -> Option<Timestamp> {
        self.cakes.get(&order)?.label_read
    }

    /// When a stage of a cake was started here, for this count of returns.
    pub(super) fn started(&self, order: OrderId, stage: Stage, rework: u32) -> Option<Timestamp> {
        let (of, at) = self.cakes.get(&order)?.started.get(&stage)?;
        (*of == rework || (stage == Stage::Packing && planted(Bug::KeepsStartOverReturn))).then_some(*at)
    }

    /// Whether a person has seen to the scan of a cake that a stage owes.
    pub(super) fn is_scan_seen_to(&self, order: OrderId, owing: Stage) -> bool {
        self.cakes.get(&order).is_some_and(|cake| cake.scans_seen_to.contains(&owing))
    }

    /// Cakes that were shown here early, and the stage that owes their scan.
    pub(super) fn shown_early(&self) -> impl Iterator<Item = (OrderId, Stage)> {
        self.cakes.iter().filter_map(|(order, cake)| Some((*order, cake.shown_early?)))
    }

    /// Forgets the cakes that are not open any more.
    pub(super) fn retain(&mut self, is_open: impl Fn(OrderId) -> bool) {
        self.cakes.retain(|order, _| is_open(*order));
    }
}

/// More cakes than two shops have open at once; the facts of a cake cost one scan to learn again.
const CAKES_MAX: usize = 25_000;
