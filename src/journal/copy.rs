//! The station's own copy of the orders and choices, as they were last read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::rows::seal;
use super::{Trouble, memory};
use crate::order::{Order, OrderId, Store, Timestamp};
use crate::station::{Choices, QueueRead};

/// What an earlier life left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recalled {
    /// By id.
    pub orders: Vec<Arc<Order>>,
    /// When they were last read; none if never.
    pub read_at: Option<Timestamp>,
    /// What can be chosen.
    pub choices: BTreeMap<Store, Choices>,
}

/// What a read of the queue brought that was not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// Whether all open orders were read.
    pub is_whole: bool,
    /// New or otherwise than known.
    pub changed: Vec<Arc<Order>>,
    /// As known; of a whole read, all that are neither changed nor gone.
    pub same: Vec<OrderId>,
    /// Known, and not among those of a whole read.
    pub gone: Vec<OrderId>,
}

impl News {
    pub(super) fn of(read: &QueueRead, known: &BTreeMap<OrderId, Arc<Order>>) -> Self {
        let is_known = |order: &&Arc<Order>| {
            known.get(&order.id).is_some_and(|known| Arc::ptr_eq(known, order) || known == *order)
        };
        let (same, changed): (Vec<_>, Vec<_>) = read.orders.iter().partition(is_known);
        let mut news = Self { is_whole: read.is_whole, ..Self::default() };
        if read.is_whole {
            let listed: BTreeSet<_> = read.orders.iter().map(|order| order.id).collect();
            news.gone = known.keys().filter(|id| !listed.contains(id)).copied().collect();
        } else {
            news.same = same.iter().map(|order| order.id).collect();
        }
        news.changed = changed.into_iter().cloned().collect();
        news
    }

    /// What changed is known by now.
    pub(super) fn make_known(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        if !self.is_whole {
            self.same.extend(changed.iter().map(|order| order.id));
        }
    }

    /// Takes it in.
    pub(super) fn apply(&self, known: &mut BTreeMap<OrderId, Arc<Order>>) {
        for id in &self.gone {
            known.remove(id);
        }
        known.extend(self.changed.iter().map(|order| (order.id, Arc::clone(order))));
    }
}

/// What an earlier life left, unless it was read before `oldest`. A row that is not what was written is left out.
pub(super) fn load(connection: &Connection, oldest: Timestamp) -> Result<Recalled, Trouble> {
    let mut found = Recalled { read_at: memory::read_at(connection)?, ..Recalled::default() };
    if found.read_at.is_none_or(|at| at < oldest) {
        return Ok(Recalled::default());
    }
    let mut shared = Shared::default();
    let mut statement = connection.prepare("select key, body, seal from orders order by key")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (key, body) = (row.get_ref(0)?.as_str().unwrap_or(""), row.get_ref(1)?.as_str().unwrap_or(""));
        let order = serde_json::from_str(body).ok().filter(|_| row.get(2) == Ok(seal_of(key, body)));
        found.orders.extend(order.map(|order| shared.keep(order)));
    }
    found.orders.sort_unstable_by_key(|order| order.id);
    let mut statement = connection.prepare("select body from texts where name = 'choices'")?;
    if let Some(body) = statement.query_map([], |row| row.get::<_, String>(0))?.next().transpose()? {
        found.choices = serde_json::from_str(&body).unwrap_or_default();
    }
    Ok(found)
}

/// Writes what is new, all of it again where what is there cannot be relied on.
pub(super) fn write(
    connection: &mut Connection,
    news: &News,
    at: Timestamp,
    is_anew: bool,
) -> Result<(), Trouble> {
    let transaction = connection.transaction()?;
    if is_anew {
        transaction.execute("delete from orders", [])?;
    }
    {
        let mut remove = transaction.prepare_cached("delete from orders where key = ?1")?;
        for id in &news.gone {
            remove.execute([id.to_string()])?;
        }
        let mut put = transaction
            .prepare_cached("insert or replace into orders (key, body, seal) values (?1, ?2, ?3)")?;
        for order in &news.changed {
            let (key, body) = (order.id.to_string(), super::rows::json(order));
            put.execute(params![key, body, seal_of(&key, &body)])?;
        }
        transaction
            .prepare_cached("insert or replace into texts (name, at, body) values ('orders', ?1, '')")?
            .execute([at.micros()])?;
    }
    Ok(transaction.commit()?)
}

/// Writes what can be chosen.
pub(super) fn write_choices(
    connection: &Connection,
    choices: &BTreeMap<Store, Choices>,
) -> Result<(), Trouble> {
    let sql = "insert or replace into texts (name, at, body) values ('choices', 0, ?1)";
    connection.execute(sql, [super::rows::json(choices)])?;
    Ok(())
}

fn seal_of(key: &str, body: &str) -> i64 {
    seal([key.as_bytes(), body.as_bytes()])
}

/// What many orders have in common is kept once.
#[derive(Default)]
struct Shared {
    texts: BTreeSet<Arc<str>>,
}

impl Shared {
    fn keep(&mut self, mut order: Order) -> Arc<Order> {
        let Order { product, size, flavour, assignee, storage, picture, .. } = &mut order;
        let texts = [product, size, flavour].into_iter();
        for text in texts.chain([assignee, storage, picture].into_iter().flatten()) {
            match self.texts.get(text) {
                Some(held) => *text = Arc::clone(held),
                None => drop(self.texts.insert(Arc::clone(text))),
            }
        }
        Arc::new(order)
    }
}
