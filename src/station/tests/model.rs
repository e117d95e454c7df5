//! A model of the backend's rules (`contract.md` 2), written from the contract and sharing nothing with the SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::order::{
    Action, Detail, Details, IntentId, Mark, Order, OrderId, Priority, Return, Stage, Store, Times, Timestamp,
};
use crate::station::{
    Abilities, Choices, Found, Intent, LinkFault, Lookup, QueueRead, Refusal, RefusalCode, Reply,
};

/// Orders, intents and events.
#[derive(Clone, Default)]
pub struct Backend {
    pub abilities: Abilities,
    pub orders: BTreeMap<OrderId, Arc<Order>>,
    /// When each order last changed.
    pub changed: BTreeMap<OrderId, Timestamp>,
    pub intents: BTreeMap<IntentId, (OrderId, Action, Reply)>,
    /// What can be chosen.
    pub choices: BTreeMap<Store, Choices>,
    /// A project from before there were details.
    pub has_no_details: bool,
    /// Its queue does not tell what is written on a cake.
    pub tells_no_writing: bool,
    /// Staff who cannot be assigned any more.
    pub gone: BTreeSet<Box<str>>,
    pub events: Vec<(OrderId, Action, Timestamp, Box<str>)>,
    /// How often each intent was carried out, where nothing keeps that from happening twice.
    pub applied: BTreeMap<IntentId, u32>,
}

impl Backend {
    pub fn add(&mut self, id: &str, stage: Stage) {
        let order = order(id, stage);
        let order_id = order.id;
        self.orders.insert(order_id, Arc::new(order));
        let number = OrderId::all_of(order_id.store, order_id.number);
        let ids: Vec<_> = self.orders.range(number).map(|(id, _)| *id).collect();
        for id in &ids {
            Arc::make_mut(self.orders.get_mut(id).unwrap()).siblings = ids.len() as u8;
        }
    }

    pub fn order(&self, id: &str) -> &Order {
        &self.orders[&id.parse().unwrap()]
    }

    /// To change what the office changes.
    pub fn order_mut(&mut self, id: OrderId) -> &mut Order {
        Arc::make_mut(self.orders.get_mut(&id).unwrap())
    }

    pub fn cancel(&mut self, id: &str, at: Timestamp) {
        let id = id.parse().unwrap();
        let order = Arc::make_mut(self.orders.get_mut(&id).unwrap());
        order.times.cancelled = Some(at);
        if !self.abilities.repeats_safely {
            order.stage = Stage::Complete;
        }
        self.changed.insert(id, at);
    }

    /// Whether an intent's step is in the books, or, for what was done before, one like it.
    pub fn has_step(&self, intent: &Intent, already: bool) -> bool {
        let is_over = || {
            let order = &self.orders[&intent.order];
            order.times.of(intent.action).is_some() || Some(order.stage) > intent.action.stage()
        };
        if intent.detail.is_some() || (already && (intent.action == Action::Reprint || is_over())) {
            return true;
        }
        let mut rework = 0;
        self.events.iter().filter(|(order, ..)| *order == intent.order).any(|(_, action, ..)| {
            rework += u32::from(*action == Action::QcReturn);
            let is_print = action.is_print() && intent.action.is_print();
            is_print || (*action == intent.action && rework == intent.rework)
        })
    }

    /// One call, as a transaction at `now`.
    pub fn call(&mut self, now: Timestamp, station: &str, intent: &Intent) -> Reply {
        if !self.abilities.repeats_safely {
            return self.weak_call(now, station, intent);
        }
        if let Some((order, action, reply)) = self.intents.get(&intent.id) {
            if (*order, *action) == (intent.order, intent.action) {
                return reply.clone();
            }
            return refused(RefusalCode::Conflict, None);
        }
        if intent.detail.is_some() && self.has_no_details {
            return Reply::Lost(LinkFault::NoFunction("assign_staff".into()));
        }
        let Some(order) = self.orders.get_mut(&intent.order) else {
            return refused(RefusalCode::NotFound, None);
        };
        if order.times.cancelled.is_some() && intent.detail.is_none() {
            return refused(RefusalCode::Conflict, Some(order));
        }
        // What was judged from another count of returns is wrong, even if the same had been done before.
        let is_return = intent.action == Action::QcReturn;
        if intent.rework > order.rework || (intent.rework < order.rework && !is_return) {
            return refused(RefusalCode::Conflict, Some(order));
        }
        if let Some(detail) = &intent.detail {
            return self.set(now, station, intent, detail);
        }
        let already = match intent.action {
            Action::Print | Action::Reprint => order.times.filling_start.is_some(),
            Action::StartPacking => order.times.packing_start.is_some(),
            Action::QcReturn => intent.rework < order.rework,
            Action::StartCovering | Action::StartDecorating => {
                return Reply::Lost(LinkFault::NoFunction("start_covering".into()));
            }
            action => order.times.of(action).is_some() && Some(order.stage) > action.stage(),
        };
        let is_ready = intent.action != Action::CompletePacking || order.times.packing_start.is_some();
        let own = if intent.action == Action::Reprint { Some(Stage::Filling) } else { intent.action.stage() };
        if !already && (Some(order.stage) != own || !is_ready) {
            return refused(RefusalCode::InvalidStage, Some(order));
        }
        let mark = if already {
            let id = order.id;
            let first =
                self.events.iter().rev().find(|(order, action, ..)| (*order, *action) == (id, intent.action));
            first.map(|(_, action, at, station)| mark(*action, *at, station))
        } else {
            let newest = newest(order, &self.events);
            let at = intent.captured_at.min(now).max(newest.unwrap_or(intent.captured_at.min(now)));
            apply(Arc::make_mut(order), intent.action, at);
            self.changed.insert(order.id, now);
            self.events.push((order.id, intent.action, at, station.into()));
            Some(mark(intent.action, at, station))
        };
        let reply = Reply::Done {
            already,
            stage: order.stage,
            rework: order.rework,
            times: order.times,
            details: Some(Details::of(order)),
            mark,
        };
        self.intents.insert(intent.id, (intent.order, intent.action, reply.clone()));
        reply
    }

    /// Sets a detail, whatever the stage.
    fn set(&mut self, now: Timestamp, station: &str, intent: &Intent, detail: &Detail) -> Reply {
        let order = Arc::make_mut(self.orders.get_mut(&intent.order).expect("just read"));
        let before = (order.assignee.clone(), order.storage.clone());
        match detail {
            Detail::Assignee(Some(staff)) if self.gone.contains(&*staff.id.0) => {
                return refused(RefusalCode::BadInput, Some(order));
            }
            Detail::Assignee(staff) => order.assignee = staff.as_ref().map(|staff| staff.name.clone()),
            Detail::Storage(place) => order.storage = place.clone(),
        }
        let already = before == (order.assignee.clone(), order.storage.clone());
        if !already {
            let at = intent.captured_at.min(now);
            let at = newest(order, &self.events).map_or(at, |newest| at.max(newest));
            self.changed.insert(order.id, now);
            self.events.push((order.id, intent.action, at, station.into()));
        }
        let reply = Reply::Done {
            already,
            stage: order.stage,
            rework: order.rework,
            times: order.times,
            details: Some(Details { assignee: order.assignee.clone(), storage: order.storage.clone() }),
            mark: None,
        };
        self.intents.insert(intent.id, (intent.order, intent.action, reply.clone()));
        reply
    }

    pub fn find(&self, lookup: &Lookup) -> Found {
        let found: Vec<Arc<Order>> = match lookup {
            Lookup::Order(id) => {
                self.orders.get(id).map(|order| self.with_marks(order)).into_iter().collect()
            }
            Lookup::Code(code) => self
                .orders
                .values()
                .filter(|order| {
                    let bare = order.id.number.to_string();
                    let whole = OrderId { suffix: None, ..order.id }.barcode();
                    **code == *bare || **code == *whole || **code == *order.id.barcode()
                })
                .map(|order| self.with_marks(order))
                .collect(),
        };
        match &found[..] {
            [] => Found::Nothing,
            [one] => Found::One(one.clone()),
            _ => Found::Several(found),
        }
    }

    pub fn queue(&self, now: Timestamp) -> QueueRead {
        let is_open = |order: &&Arc<Order>| order.stage != Stage::Complete && order.times.cancelled.is_none();
        let mut orders: Vec<_> = self.orders.values().filter(is_open).cloned().collect();
        for order in orders.iter_mut().filter(|_| self.tells_no_writing) {
            let order = Arc::make_mut(order);
            (order.writing, order.is_writing_unread) = ("".into(), true);
        }
        QueueRead { is_whole: true, orders, began_at: now, unreadable: 0 }
    }

    /// What changed since, where that can be asked for, or the whole queue.
    pub fn changes(&self, now: Timestamp, since: Option<Timestamp>) -> QueueRead {
        let Some(since) = since.filter(|_| self.abilities.repeats_safely) else { return self.queue(now) };
        let changed = self.changed.iter().filter(|(_, at)| **at >= since);
        let orders = changed.map(|(id, _)| self.orders[id].clone()).collect();
        QueueRead { is_whole: false, orders, began_at: now, unreadable: 0 }
    }

    fn with_marks(&self, order: &Order) -> Arc<Order> {
        let mut order = order.clone();
        let own = self.events.iter().filter(|(id, ..)| *id == order.id);
        order.marks = own.map(|(_, action, at, station)| mark(*action, *at, station)).collect();
        Arc::new(order)
    }
}

/// A plain order.
pub fn order(id: &str, stage: Stage) -> Order {
    let id: OrderId = id.parse().unwrap();
    let mut times = Times::default();
    let entered = |reached| (stage > reached).then(|| Timestamp::from_micros(0));
    times.filling_start = entered(Stage::Filling);
    times.filling_complete = entered(Stage::Filling);
    times.covering_complete = entered(Stage::Covering);
    times.decorating_complete = entered(Stage::Decorating);
    times.packing_start = entered(Stage::Packing);
    times.packing_complete = entered(Stage::Packing);
    Order {
        id,
        stage,
        product: format!("Cake {}", id.suffix.map_or(String::new(), |suffix| suffix.to_string())).into(),
        size: "10 inch".into(),
        flavour: "".into(),
        writing: "".into(),
        is_writing_unread: false,
        notes: "".into(),
        customer: "".into(),
        due: None,
        priority: Priority::Low,
        delivery: None,
        assignee: None,
        storage: None,
        picture: None,
        times,
        rework: 0,
        returned: None,
        siblings: 1,
        marks: Vec::new(),
    }
}

pub fn apply(order: &mut Order, action: Action, at: Timestamp) {
    let times = &mut order.times;
    match action {
        Action::Print | Action::Reprint => times.filling_start = Some(at),
        Action::CompleteFilling => times.filling_complete = Some(at),
        Action::CompleteCovering => times.covering_complete = Some(at),
        Action::CompleteDecorating => times.decorating_complete = Some(at),
        Action::StartPacking => times.packing_start = Some(at),
        Action::CompletePacking => times.packing_complete = Some(at),
        Action::StartCovering | Action::StartDecorating | Action::Assign | Action::SetStorage => {
            unreachable!("set otherwise")
        }
        Action::QcReturn => {
            times.packing_start = None;
            times.packing_complete = None;
            times.decorating_complete = None;
            order.rework += 1;
            order.stage = Stage::Decorating;
            order.assignee = None;
            order.returned = Some(Box::new(Return { reason: "crack".into(), at }));
            return;
        }
    }
    if action.is_completion() {
        order.stage = action.stage().and_then(Stage::next).unwrap();
        order.assignee = None;
        if order.stage > Stage::Decorating {
            order.returned = None;
        }
    }
}

pub fn newest(order: &Order, events: &[(OrderId, Action, Timestamp, Box<str>)]) -> Option<Timestamp> {
    events.iter().filter(|(id, ..)| *id == order.id).map(|(_, _, at, _)| *at).max()
}

pub fn mark(action: Action, at: Timestamp, station: &str) -> Mark {
    Mark { action, at, by: None, station: Some(station.into()) }
}

fn refused(code: RefusalCode, order: Option<&Order>) -> Reply {
    Reply::Refused(Refusal {
        code,
        message: "".into(),
        stage: order.as_ref().map(|order| order.stage),
        rework: order.as_ref().map(|order| order.rework),
        cancelled_at: order.and_then(|order| order.times.cancelled),
    })
}
