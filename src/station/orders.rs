//! The local copy of the orders, and the queue as a screen shows it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{QueueRead, QueueView};
use crate::order::{Date, Order, OrderId, Post, Priority, Stage, Store, Timestamp};

/// All orders that this station knows of, each with the time from which it is known.
pub(super) struct Orders {
    post: Post,
    known: BTreeMap<OrderId, Known>,
    /// When those that were seen, in this life, to have come further than was known were seen to.
    changed: BTreeMap<OrderId, Duration>,
    /// Those that are shown otherwise than they are known.
    shown: BTreeMap<OrderId, Arc<Order>>,
    /// The open orders of each stage.
    stages: [Rows; Stage::WORKED.len()],
    /// Those of this post.
    listed: Arc<[Arc<Order>]>,
    read_at: Option<Timestamp>,
    read_now: Option<Duration>,
    unreadable: usize,
    /// When an earlier life's orders came back to mind, and how old they were then.
    recalled: (Duration, Duration),
}

struct Known {
    order: Arc<Order>,
    seen: Duration,
    /// Known from an earlier life only.
    is_recalled: bool,
    /// Kept although the queue has it no more: it is listed nowhere.
    has_left: bool,
}

/// The open orders of a stage, and the list of them that a screen holds.
#[derive(Default)]
struct Rows {
    sorted: BTreeSet<Row>,
    listed: Arc<[Arc<Order>]>,
    is_stale: bool,
}

/// An order in its place: [`queue_order`].
struct Row(Arc<Order>);

impl Orders {
    pub(super) fn new(post: Post) -> Self {
        Self {
            post,
            known: BTreeMap::new(),
            changed: BTreeMap::new(),
            shown: BTreeMap::new(),
            stages: Default::default(),
            listed: Arc::default(),
            read_at: None,
            read_now: None,
            unreadable: 0,
            recalled: (Duration::ZERO, Duration::ZERO),
        }
    }

    /// Takes in what an earlier life knew, `age` ago: only of cakes of which nothing is known yet. Gives those.
    pub(super) fn recall(
        &mut self,
        now: Duration,
        age: Duration,
        read_at: Timestamp,
        orders: impl Iterator<Item = Arc<Order>>,
    ) -> Vec<OrderId> {
        self.recalled = (now, age);
        self.read_at = self.read_at.or(Some(read_at));
        let mut recalled = Vec::new();
        for order in orders {
            if !self.known.contains_key(&order.id) {
                recalled.push(order.id);
                self.enlist(&order);
                let known = Known { order, seen: now, is_recalled: true, has_left: false };
                self.known.insert(known.order.id, known);
            }
        }
        recalled
    }

    /// Whether a cake is known from an earlier life only.
    pub(super) fn is_recalled(&self, id: OrderId) -> bool {
        self.known.get(&id).is_some_and(|known| known.is_recalled)
    }

    /// Whether the queue has been read in this life.
    pub(super) fn has_been_read(&self) -> bool {
        self.read_now.is_some()
    }

    pub(super) fn get(&self, id: OrderId) -> Option<&Arc<Order>> {
        self.known.get(&id).map(|known| &known.order)
    }

    /// A cake as a screen shows it.
    pub(super) fn shown(&self, id: OrderId) -> Option<&Arc<Order>> {
        self.shown.get(&id).or_else(|| self.get(id))
    }

    /// Shows a cake otherwise than it is known, or again as it is; its place in the queue is the same.
    pub(super) fn show(&mut self, id: OrderId, shown: Option<Arc<Order>>) {
        let before = match &shown {
            Some(shown) => self.shown.insert(id, shown.clone()),
            None => self.shown.remove(&id),
        };
        let Some(Known { order, has_left: false, .. }) = self.known.get(&id) else { return };
        let order = order.clone();
        if (before.is_none() && shown.is_none()) || order.times.cancelled.is_some() {
            return;
        }
        if let Some(rows) = self.rows_of(&order) {
            rows.sorted.replace(Row(shown.unwrap_or(order)));
            rows.is_stale = true;
        }
    }

    /// The cakes known under one number of a store, in the order of their suffixes.
    pub(super) fn cakes(&self, store: Store, number: u32) -> impl Iterator<Item = &Arc<Order>> {
        self.known.range(OrderId::all_of(store, number)).map(|(_, known)| &known.order)
    }

    /// Whether a cake is known, and has come further than is known.
    pub(super) fn is_behind(&self, order: &Order) -> bool {
        self.get(order.id).is_some_and(|known| progress(order) > progress(known))
    }

    /// Whether a cake is known to have come further.
    pub(super) fn knows_better(&self, order: &Order) -> bool {
        self.get(order.id).is_some_and(|known| progress(order) < progress(known))
    }

    /// Whether a cake is known that the queue has no more.
    pub(super) fn has_left(&self, id: OrderId) -> bool {
        self.known.get(&id).is_some_and(|known| known.has_left)
    }

    /// How long ago a cake was, or may have been, seen to come further; none if it was not.
    pub(super) fn changed(&self, id: OrderId, now: Duration) -> Option<Duration> {
        Some(now.saturating_sub(*self.changed.get(&id)?))
    }

    /// Whether a read named a cake at `since` or later.
    pub(super) fn is_seen_since(&self, id: OrderId, since: Duration) -> bool {
        self.known.get(&id).is_some_and(|known| !known.is_recalled && known.seen >= since)
    }

    /// How old the knowledge of a cake is; none when nothing is known of it.
    pub(super) fn age(&self, id: OrderId, now: Duration) -> Option<Duration> {
        let Known { seen, is_recalled, .. } = *self.known.get(&id)?;
        if is_recalled {
            let (then, age) = self.recalled;
            return Some(now.saturating_sub(then) + age);
        }
        Some(now.saturating_sub(seen.max(self.read_now.unwrap_or_default())))
    }

    /// Takes in what a read that began at `began` said of one order. An order never goes back by knowledge that may
    /// be older than what is known: a read under way can be overtaken by the reply to a call.
    ///
    /// One of which nothing was known, though its scans are waiting, may have come further a moment ago. What has left the queue is
    /// listed again only when the queue has it, or when it comes further.
    pub(super) fn learn(&mut self, now: Duration, began: Duration, order: Arc<Order>, is_awaited: bool) {
        let (mut has_changed, mut has_left) = (is_awaited, false);
        if let Some(known) = self.known.get_mut(&order.id) {
            if Arc::ptr_eq(&known.order, &order) {
                (known.seen, known.is_recalled) = (now, false);
                return;
            }
            if !known.is_recalled && known.seen >= began && progress(&order) < progress(&known.order) {
                return;
            }
            has_changed = progress(&order) != progress(&known.order);
            has_left = known.has_left && !has_changed;
            let before = Row(Arc::clone(&known.order));
            self.unlist(&before);
        }
        if !has_left {
            self.enlist(&order);
        }
        if has_changed {
            self.changed.insert(order.id, now);
        }
        self.known.insert(order.id, Known { order, seen: now, is_recalled: false, has_left });
    }

    /// The same, of a reply that may be of long before: how well the order is known does not change.
    pub(super) fn learn_late(&mut self, now: Duration, order: Arc<Order>) {
        let (id, seen) = (order.id, self.known.get(&order.id).map(|known| known.seen));
        self.learn(now, now, order, false);
        if let (Some(seen), Some(known)) = (seen, self.known.get_mut(&id)) {
            known.seen = seen;
        }
    }

    fn enlist(&mut self, order: &Arc<Order>) {
        if let Some(rows) = self.rows_of(order).filter(|_| order.times.cancelled.is_none()) {
            rows.sorted.insert(Row(order.clone()));
            rows.is_stale = true;
        }
    }

    pub(super) fn forget(&mut self, id: OrderId) {
        self.shown.remove(&id);
        self.changed.remove(&id);
        if let Some(known) = self.known.remove(&id) {
            self.unlist(&Row(known.order));
        }
    }

    fn come_back(&mut self, id: OrderId) {
        if let Some(known) = self.known.get_mut(&id)
            && std::mem::take(&mut known.has_left)
        {
            let order = known.order.clone();
            self.enlist(&order);
        }
    }

    fn leave(&mut self, id: OrderId) {
        let shown = self.shown(id).cloned();
        if let Some(known) = self.known.get_mut(&id) {
            known.has_left = true;
        }
        if let Some(shown) = shown {
            self.unlist(&Row(shown));
        }
    }

    /// Takes in a read of the queue. A whole one drops what it does not list, unless it is known since; what `is_kept` is only listed
    /// no more.
    pub(super) fn refresh(
        &mut self,
        now: Duration,
        began: Duration,
        at: Timestamp,
        read: &QueueRead,
        is_kept: impl Fn(OrderId) -> bool,
    ) {
        for order in &read.orders {
            self.learn(now, began, order.clone(), is_kept(order.id));
            self.come_back(order.id);
        }
        if read.is_whole {
            let listed: BTreeSet<_> = read.orders.iter().map(|order| order.id).collect();
            let gone: Vec<_> = self
                .known
                .iter()
                .filter(|(_, known)| known.is_recalled || known.seen < began)
                .filter(|(id, _)| !listed.contains(id))
                .map(|(id, _)| *id)
                .collect();
            for id in gone {
                if is_kept(id) { self.leave(id) } else { self.forget(id) }
            }
        }
        self.read_at = Some(at);
        self.read_now = Some(began);
        self.unreadable = read.unreadable;
    }

    /// Lists anew the rows of each stage in which one changed; called once after every event.
    pub(super) fn list(&mut self) {
        let mut is_changed = false;
        for rows in self.stages.iter_mut().filter(|rows| rows.is_stale) {
            rows.listed = rows.sorted.iter().map(|row| row.0.clone()).collect();
            rows.is_stale = false;
            is_changed = true;
        }
        if is_changed {
            self.listed = match self.post {
                Post::At(stage) => {
                    self.stages.get(stage as usize).map(|rows| rows.listed.clone()).unwrap_or_default()
                }
                Post::Any => {
                    let mut all: Vec<_> = self.stages.iter().flat_map(|rows| rows.sorted.iter()).collect();
                    // Stable: it merges what is sorted already.
                    all.sort();
                    all.into_iter().map(|row| row.0.clone()).collect()
                }
            };
        }
    }

    pub(super) fn view(&self) -> QueueView {
        QueueView {
            rows: self.listed.clone(),
            stages: self.stages.each_ref().map(|rows| rows.listed.clone()),
            read_at: self.read_at,
            unreadable: self.unreadable,
        }
    }

    fn unlist(&mut self, row: &Row) {
        if let Some(rows) = self.rows_of(&row.0)
            && rows.sorted.remove(row)
        {
            rows.is_stale = true;
        }
    }

    /// Where an order of this stage is listed; nowhere when nothing is left to do.
    fn rows_of(&mut self, order: &Order) -> Option<&mut Rows> {
        self.stages.get_mut(order.stage as usize)
    }
}

/// The order of the queue (`contract.md` 2, `get_queue`): priority, due date, size, number, id; no due date last.
pub fn queue_order(one: &Order, other: &Order) -> Ordering {
    fn key(order: &Order) -> (Priority, bool, Option<Date>, &str, u32, OrderId) {
        (order.priority, order.due.is_none(), order.due, &order.size, order.id.number, order.id)
    }
    key(one).cmp(&key(other))
}

impl Ord for Row {
    fn cmp(&self, other: &Self) -> Ordering {
        queue_order(&self.0, &other.0)
    }
}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Row {}

/// How far an order has come: it only ever rises in a backend that was not restored.
fn progress(order: &Order) -> (u32, Stage, usize) {
    let times = &order.times;
    let marks = [times.filling_start, times.packing_start, times.cancelled];
    (order.rework, order.stage, marks.iter().flatten().count())
}
