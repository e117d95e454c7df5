//! The local copy of the orders, and the queue as a screen shows it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{QueueRead, QueueView};
use crate::order::{Date, Order, OrderId, Post, Priority, Store, Suffix, Timestamp};

/// All orders that this station knows of, each with the time from which it is known.
pub(super) struct Orders {
    post: Post,
    known: BTreeMap<OrderId, Known>,
    rows: BTreeMap<RowKey, Arc<Order>>,
    listed: Arc<[Arc<Order>]>,
    is_listed: bool,
    read_at: Option<Timestamp>,
    read_now: Option<Duration>,
    unreadable: usize,
}

struct Known {
    order: Arc<Order>,
    seen: Duration,
    /// When it was seen to have come further, in this life.
    changed: Option<Duration>,
}

/// The order of the queue (`contract.md` 2, `get_queue`): priority, due date, size, number, id; no due date last.
type RowKey = (Priority, (bool, Option<Date>), Arc<str>, u32, OrderId);

impl Orders {
    pub(super) fn new(post: Post) -> Self {
        Self {
            post,
            known: BTreeMap::new(),
            rows: BTreeMap::new(),
            listed: Arc::from([]),
            is_listed: true,
            read_at: None,
            read_now: None,
            unreadable: 0,
        }
    }

    pub(super) fn get(&self, id: OrderId) -> Option<&Arc<Order>> {
        self.known.get(&id).map(|known| &known.order)
    }

    /// The cakes known under one number of a store, in the order of their suffixes.
    pub(super) fn cakes(&self, store: Store, number: u32) -> impl Iterator<Item = &Arc<Order>> {
        let first = OrderId { store, number, suffix: None };
        let last = OrderId { store, number, suffix: Suffix::nth(99) };
        self.known.range(first..=last).map(|(_, known)| &known.order)
    }

    /// How long ago a cake was seen to have come further; none if it was not.
    pub(super) fn changed(&self, id: OrderId, now: Duration) -> Option<Duration> {
        Some(now.saturating_sub(self.known.get(&id)?.changed?))
    }

    /// How old the knowledge of a cake is; none when nothing is known of it.
    pub(super) fn age(&self, id: OrderId, now: Duration) -> Option<Duration> {
        let seen = self.known.get(&id)?.seen;
        Some(now.saturating_sub(seen.max(self.read_now.unwrap_or_default())))
    }

    /// Takes in what a read that began at `began` said of one order. An order never goes back by knowledge that may
    /// be older than what is known: a read under way can be overtaken by the reply to a call.
    pub(super) fn learn(&mut self, now: Duration, began: Duration, order: Arc<Order>) {
        let mut changed = None;
        if let Some(known) = self.known.get_mut(&order.id) {
            if Arc::ptr_eq(&known.order, &order) {
                known.seen = now;
                return;
            }
            if known.seen >= began && progress(&order) < progress(&known.order) {
                return;
            }
            let has_changed = progress(&order) != progress(&known.order);
            changed = if has_changed { Some(now) } else { known.changed };
            if self.rows.remove(&row_key(&known.order)).is_some() {
                self.is_listed = false;
            }
        }
        if self.is_row(&order) {
            self.rows.insert(row_key(&order), order.clone());
            self.is_listed = false;
        }
        self.known.insert(order.id, Known { order, seen: now, changed });
    }

    pub(super) fn forget(&mut self, id: OrderId) {
        if let Some(known) = self.known.remove(&id) {
            self.rows.remove(&row_key(&known.order));
            self.is_listed = false;
        }
    }

    /// Takes in a read of the queue. A whole read drops what it does not list, unless `is_kept` or known since.
    pub(super) fn refresh(
        &mut self,
        now: Duration,
        began: Duration,
        at: Timestamp,
        read: &QueueRead,
        is_kept: impl Fn(OrderId) -> bool,
    ) {
        for order in &read.orders {
            self.learn(now, began, order.clone());
        }
        if read.is_whole {
            let listed: std::collections::BTreeSet<_> = read.orders.iter().map(|order| order.id).collect();
            let gone: Vec<_> = self
                .known
                .iter()
                .filter(|(id, known)| known.seen < began && !listed.contains(id) && !is_kept(**id))
                .map(|(id, _)| *id)
                .collect();
            for id in gone {
                self.forget(id);
            }
        }
        self.read_at = Some(at);
        self.read_now = Some(began);
        self.unreadable = read.unreadable;
    }

    /// Lists the rows anew if one changed; called once after every event.
    pub(super) fn list(&mut self) {
        if !self.is_listed {
            self.listed = self.rows.values().cloned().collect();
            self.is_listed = true;
        }
    }

    pub(super) fn view(&self) -> QueueView {
        QueueView { rows: self.listed.clone(), read_at: self.read_at, unreadable: self.unreadable }
    }

    fn is_row(&self, order: &Order) -> bool {
        let is_open = order.stage.completion().is_some() && order.times.cancelled.is_none();
        is_open
            && match self.post {
                Post::At(stage) => order.stage == stage,
                Post::Any => true,
            }
    }
}

fn row_key(order: &Order) -> RowKey {
    (order.priority, (order.due.is_none(), order.due), order.size.clone(), order.id.number, order.id)
}

/// How far an order has come: it only ever rises in a backend that was not restored.
fn progress(order: &Order) -> (u32, crate::order::Stage, usize) {
    let times = &order.times;
    let marks = [times.filling_start, times.packing_start, times.cancelled];
    (order.rework, order.stage, marks.iter().flatten().count())
}
