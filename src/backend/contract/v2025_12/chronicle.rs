//! What rows of the queue leave out of their orders: the history, which tells returns and the times of Filling and Packing; what is
//! written on the cake, and its picture. It is read once and kept from read to read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::history::{Event, Past};
use super::pages::Listed;
use crate::order::{Order, OrderId, Staff, StaffId, Store, Timestamp};

/// What is known of the orders that were in the queue at the last read, and of who works on them.
#[derive(Debug, Default)]
pub struct Chronicle {
    pasts: HashMap<OrderId, Past>,
    /// With the change of their row that they are of.
    details: HashMap<OrderId, (Option<Timestamp>, Details)>,
    /// Up to when, by the server's clock, each store's events have been read.
    told_to: HashMap<Store, Timestamp>,
    names: HashMap<StaffId, Box<str>>,
    /// Of this station's account, once asked; empty where it has none.
    own_name: Option<Box<str>>,
}

#[derive(Debug)]
struct Details {
    writing: Box<str>,
    picture: Option<Arc<str>>,
}

/// An order whose details are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub id: OrderId,
    /// The change of its row that they will be of.
    pub updated_at: Option<Timestamp>,
}

impl Chronicle {
    /// Since when a store's events are to be read; none where no past of it is known.
    pub fn told_to(&self, store: Store) -> Option<Timestamp> {
        self.told_to.get(&store).copied()
    }

    /// All of a store's events up to then have been taken in.
    pub fn tell_to(&mut self, store: Store, at: Timestamp) {
        self.told_to.insert(store, at);
    }

    /// The orders whose pasts are to be read whole.
    pub fn without_past(&self, listed: &[Listed]) -> Vec<OrderId> {
        listed.iter().map(|row| row.order.id).filter(|id| !self.pasts.contains_key(id)).collect()
    }

    /// Takes in the whole histories of these orders.
    pub fn begin(&mut self, ids: &[OrderId], events: &[Event]) {
        for id in ids {
            self.pasts.insert(*id, Past::default());
        }
        self.go_on(events);
    }

    /// Takes in what happened since; what happened to an order that is not known is read with all of its past.
    pub fn go_on(&mut self, events: &[Event]) {
        for event in events {
            if let Some(past) = self.pasts.get_mut(&event.order) {
                past.add(event);
            }
        }
    }

    /// At most so many orders whose details are not known, or of an earlier change, as the work goes.
    pub fn without_details(&self, listed: &[Listed], most: usize) -> Vec<Wanted> {
        let is_known = |row: &&Listed| {
            let known = self.details.get(&row.order.id);
            known.is_some_and(|(updated_at, _)| row.updated_at.is_none() || *updated_at == row.updated_at)
        };
        let mut wanted: Vec<_> = listed.iter().filter(|row| !is_known(row)).collect();
        wanted.sort_by_key(|row| (self.details.contains_key(&row.order.id), row.order.stage));
        let wanted = wanted.into_iter().take(most);
        wanted.map(|row| Wanted { id: row.order.id, updated_at: row.updated_at }).collect()
    }

    /// Takes in the details of an order, read by its exact id.
    pub fn learn_details(&mut self, updated_at: Option<Timestamp>, order: &Order) {
        let details = Details { writing: order.writing.clone(), picture: order.picture.clone() };
        self.details.insert(order.id, (updated_at, details));
    }

    /// An order of the queue with all that is known of it.
    pub fn complete(&self, mut order: Order) -> Order {
        if let Some(past) = self.pasts.get(&order.id) {
            past.write_on(&mut order);
        }
        self.detailed(order)
    }

    /// An order of a list with the details that are known of it.
    pub fn detailed(&self, mut order: Order) -> Order {
        if let Some((_, details)) = self.details.get(&order.id) {
            (order.writing, order.picture) = (details.writing.clone(), details.picture.clone());
            order.is_writing_unread = false;
        }
        order
    }

    /// Forgets the orders of a store that are no longer in its queue.
    pub fn keep(&mut self, store: Store, listed: &[Listed]) {
        let kept: HashSet<_> = listed.iter().map(|row| row.order.id).collect();
        self.pasts.retain(|id, _| id.store != store || kept.contains(id));
        self.details.retain(|id, _| id.store != store || kept.contains(id));
    }

    /// This account's name, once asked; empty where it has none.
    pub fn own_name(&self) -> Option<&str> {
        self.own_name.as_deref()
    }

    /// Takes in this account's name.
    pub fn learn_own_name(&mut self, name: Box<str>) {
        self.own_name = Some(name);
    }

    /// Takes in who works at a store.
    pub fn learn_names(&mut self, staff: &[Staff]) {
        self.names.extend(staff.iter().map(|staff| (staff.id.clone(), staff.name.as_ref().into())));
    }

    /// Whose account this is, as far as the project has told.
    pub fn name_of(&self, account: &StaffId) -> Option<Box<str>> {
        self.names.get(account).cloned()
    }
}
