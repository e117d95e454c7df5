//! Reads of single orders: for a scan that may not rest on the copy, for an intent or a label that lacks its cake.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::rules::Basis;
use super::scan::Scan;
use super::{Answer, Effect, EffectId, Found, LinkFault, Lookup, NoScan, Station};
use crate::order::{IntentId, Order, OrderId};

/// The reads under way.
#[derive(Default)]
pub(super) struct Lookups {
    under_way: BTreeMap<EffectId, Looking>,
}

struct Looking {
    began: Duration,
    purpose: Option<Purpose>,
}

/// Why an order is read.
pub(super) enum Purpose {
    /// A scan waits for it.
    Scan(Box<Scan>),
    /// A further label was asked for of a cake that is not known, or not as it should be.
    Copy(Box<Scan>),
    /// An intent waits to be told which exact cake it is of.
    Exact(IntentId),
    /// An intent waits to be told whether it was carried out.
    Witness(IntentId),
    /// A label waits for what is to be on it.
    Label(IntentId),
    /// A person looks at it.
    Look(OrderId),
}

impl Lookups {
    /// The scans that wait.
    pub(super) fn scans(&self) -> impl Iterator<Item = &Scan> {
        self.under_way.values().filter_map(|looking| match &looking.purpose {
            Some(Purpose::Scan(scan) | Purpose::Copy(scan)) => Some(&**scan),
            _ => None,
        })
    }

    pub(super) fn has_room(&self) -> bool {
        self.under_way.len() < FINDS_MAX
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let waits = |looking: &&Looking| matches!(looking.purpose, Some(Purpose::Scan(_)));
        self.under_way.values().find(waits).map(|looking| looking.began + FIND_WITHIN)
    }
}

impl Station {
    /// Whether the backend can be asked now.
    pub(super) fn may_look_up(&self) -> bool {
        !self.is_offline() && self.lookups.has_room() && self.now >= self.link.not_before(Duration::ZERO)
    }

    pub(super) fn is_offline(&self) -> bool {
        self.link.is_down()
    }

    pub(super) fn look_up(&mut self, scan: Scan, lookup: Lookup) {
        let verdict = self.verdict(&scan, None, Answer::Looking);
        self.show_quietly(&scan, verdict);
        self.find(lookup, FIND_WITHIN, Purpose::Scan(Box::new(scan)));
    }

    pub(super) fn find(&mut self, lookup: Lookup, within: Duration, purpose: Purpose) -> EffectId {
        let id = self.next_id();
        self.lookups.under_way.insert(id, Looking { began: self.now, purpose: Some(purpose) });
        self.effects.push(Effect::Find { id, lookup, within });
        id
    }

    /// `Read`.
    pub(super) fn read(&mut self, id: EffectId, result: Result<Found, LinkFault>) {
        let Some(looking) = self.lookups.under_way.remove(&id) else { return };
        match &result {
            Ok(found) => {
                self.link_up();
                let orders: &[Arc<Order>] = match found {
                    Found::Nothing => &[],
                    Found::One(order) => std::slice::from_ref(order),
                    Found::Several(orders) => orders,
                };
                for order in orders {
                    self.learn(looking.began, order.clone());
                }
            }
            Err(fault) => self.not_answered(fault),
        }
        match looking.purpose {
            Some(Purpose::Scan(scan)) => self.read_for_scan(*scan, result),
            Some(Purpose::Copy(scan)) => self.read_for_copy(*scan, result.is_ok()),
            Some(Purpose::Exact(intent)) => self.read_for_intent(intent, result),
            Some(Purpose::Witness(intent)) => self.read_for_witness(intent, result),
            Some(Purpose::Label(intent)) => self.read_for_label(intent, result),
            Some(Purpose::Look(order)) => self.read_for_look(order, result),
            None => {}
        }
    }

    /// A person does not wait longer than that: what is known here is shown, with its age.
    pub(super) fn lapse_lookups(&mut self) {
        let now = self.now;
        let mut late = Vec::new();
        for looking in self.lookups.under_way.values_mut() {
            if matches!(looking.purpose, Some(Purpose::Scan(_))) && looking.began + FIND_WITHIN <= now {
                late.extend(looking.purpose.take());
            }
        }
        for purpose in late {
            if let Purpose::Scan(scan) = purpose {
                self.without_answer(*scan);
            }
        }
    }

    fn read_for_scan(&mut self, scan: Scan, result: Result<Found, LinkFault>) {
        let own = |order: &Arc<Order>| self.settings.stores.contains(&order.id.store);
        match result {
            Ok(Found::One(order)) => self.found_one(scan, &order),
            Ok(Found::Several(mut orders)) => {
                let foreign = orders.first().map(|order| order.id);
                orders.retain(own);
                match &orders[..] {
                    [] => self.answer(&scan, foreign, Answer::NoScan(NoScan::OtherStore)),
                    [one] => self.found_one(scan, &one.clone()),
                    _ => self.ask_which(&scan, orders),
                }
            }
            Ok(Found::Nothing) => {
                let order = scan.order();
                if let Some(order) = order.filter(|order| !self.open.has(*order)) {
                    self.orders.forget(order);
                }
                self.answer(&scan, order, Answer::NoScan(NoScan::Unknown));
            }
            Err(_) => self.without_answer(scan),
        }
    }

    fn found_one(&mut self, scan: Scan, order: &Order) {
        if !self.settings.stores.contains(&order.id.store) {
            return self.answer(&scan, Some(order.id), Answer::NoScan(NoScan::OtherStore));
        }
        // Another code of the same cake may have been read since.
        if self.swallow_as(&scan, order.id) {
            return;
        }
        self.decide(scan, order.id, Basis::Fresh);
    }

    fn without_answer(&mut self, scan: Scan) {
        match scan.order() {
            Some(id) if self.orders.get(id).is_some() => {
                let basis = self.stale(id);
                self.decide(scan, id, basis);
            }
            _ => self.without_backend(scan),
        }
    }
}

/// `workflow.md` 1: a negative answer is read from the backend first, 1 s at most.
pub(super) const FIND_WITHIN: Duration = Duration::from_secs(1);

/// More scans than a station's guns make in that second.
const FINDS_MAX: usize = 32;
