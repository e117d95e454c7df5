//! The local copy of the orders, and the queue as a screen shows it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{QueueRead, QueueView};
use crate::order::{
    Action, Date, Mark, Order, OrderId, Post, Priority, Return, Stage, Store, Times, Timestamp,
};

/// All orders that this station knows of, each with the time from which it is known.
pub(super) struct Orders {
    post: Post,
    known: BTreeMap<OrderId, Known>,
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
    /// A row told that it moved, and not what it has been through.
    is_brief: bool,
    /// When it was seen, in this life, to have come further than was known.
    changed: Option<Duration>,
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
                let known = Known { order, seen: now, is_recalled: true, is_brief: false, changed: None };
                self.known.insert(known.order.id, known);
            }
        }
        recalled
    }

    /// Whether a cake is known from an earlier life only, or not with all that it has been through.
    pub(super) fn is_vague(&self, id: OrderId) -> bool {
        self.known.get(&id).is_some_and(|known| known.is_recalled || known.is_brief)
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
        let Some(order) = self.get(id).cloned() else { return };
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

    /// How long ago a cake was, or may have been, seen to come further; none if it was not.
    pub(super) fn changed(&self, id: OrderId, now: Duration) -> Option<Duration> {
        Some(now.saturating_sub(self.known.get(&id)?.changed?))
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
    /// One of which nothing was known, though its scans are waiting, may have come further a moment ago.
    pub(super) fn learn(&mut self, now: Duration, began: Duration, order: Arc<Order>, is_awaited: bool) {
        let is_brief = self.known.get(&order.id).is_some_and(|known| known.is_brief);
        self.take(now, began, order, is_awaited, is_brief);
    }

    /// The same, of a read that told all that the order has been through.
    pub(super) fn learn_whole(
        &mut self,
        now: Duration,
        began: Duration,
        order: Arc<Order>,
        is_awaited: bool,
    ) {
        self.take(now, began, order, is_awaited, false);
    }

    /// The same, of a row that tells neither timestamps nor returns: those that are known stay.
    pub(super) fn learn_brief(
        &mut self,
        now: Duration,
        began: Duration,
        row: &Arc<Order>,
        at: Timestamp,
        is_awaited: bool,
    ) {
        let Some(known) = self.known.get(&row.id) else {
            return self.take(now, began, row.clone(), is_awaited, true);
        };
        // Read before it came here by the reply to a call: it did not fall back.
        if !known.is_recalled && known.seen >= began && row.stage < known.order.stage {
            return;
        }
        let order = completed(row, &known.order, at);
        let is_brief = known.is_brief || known.is_recalled || row.stage != known.order.stage;
        let order = if order == *known.order { known.order.clone() } else { Arc::new(order) };
        self.take(now, began, order, is_awaited, is_brief);
    }

    fn take(&mut self, now: Duration, began: Duration, order: Arc<Order>, is_awaited: bool, is_brief: bool) {
        let mut changed = is_awaited.then_some(now);
        if let Some(known) = self.known.get_mut(&order.id) {
            if Arc::ptr_eq(&known.order, &order) {
                (known.seen, known.is_recalled, known.is_brief) = (now, false, is_brief);
                return;
            }
            if !known.is_recalled && known.seen >= began && progress(&order) < progress(&known.order) {
                return;
            }
            let has_changed = progress(&order) != progress(&known.order);
            changed = if has_changed { Some(now) } else { known.changed };
            let before = Row(Arc::clone(&known.order));
            self.unlist(&before);
        }
        self.enlist(&order);
        self.known.insert(order.id, Known { order, seen: now, is_recalled: false, is_brief, changed });
    }

    fn enlist(&mut self, order: &Arc<Order>) {
        if let Some(rows) = self.rows_of(order).filter(|_| order.times.cancelled.is_none()) {
            rows.sorted.insert(Row(order.clone()));
            rows.is_stale = true;
        }
    }

    pub(super) fn forget(&mut self, id: OrderId) {
        self.shown.remove(&id);
        if let Some(known) = self.known.remove(&id) {
            self.unlist(&Row(known.order));
        }
    }

    /// Takes in a read of the queue, whose rows tell all steps or not. A whole read drops what it does not list, unless
    /// `is_kept` or known since.
    pub(super) fn refresh(
        &mut self,
        now: Duration,
        began: Duration,
        at: Timestamp,
        read: &QueueRead,
        lists_steps: bool,
        is_kept: impl Fn(OrderId) -> bool,
    ) {
        for order in &read.orders {
            if lists_steps {
                self.learn_whole(now, began, order.clone(), is_kept(order.id));
            } else {
                self.learn_brief(now, began, order, read.began_at, is_kept(order.id));
            }
        }
        if read.is_whole {
            let listed: BTreeSet<_> = read.orders.iter().map(|order| order.id).collect();
            let gone: Vec<_> = self
                .known
                .iter()
                .filter(|(_, known)| known.is_recalled || known.seen < began)
                .filter(|(id, _)| !listed.contains(id) && !is_kept(**id))
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

/// A row that was read `at` this time, with what was known of the order's way.
fn completed(row: &Order, known: &Order, at: Timestamp) -> Order {
    let times = Times { cancelled: row.times.cancelled, ..known.times };
    let (rework, returned, marks) = (known.rework, known.returned.clone(), known.marks.clone());
    let order = Order { times, rework, returned, marks, ..row.clone() };
    if order.stage != Stage::Decorating || known.stage <= Stage::Decorating {
        return order;
    }
    // Nothing but a return takes a cake back.
    let times = Times { decorating_complete: None, packing_start: None, packing_complete: None, ..times };
    let returned = Some(Return { reason: "".into(), at });
    let mut order = Order { times, rework: rework + 1, returned, ..order };
    if !order.marks.is_empty() {
        order.marks.push(Mark { action: Action::QcReturn, at, by: None, station: None });
    }
    order
}

/// How far an order has come: it only ever rises in a backend that was not restored.
fn progress(order: &Order) -> (u32, Stage, usize) {
    let times = &order.times;
    let marks = [times.filling_start, times.packing_start, times.cancelled];
    (order.rework, order.stage, marks.iter().flatten().count())
}
