//! An order that a person looks at: read by its exact id, with its history, and nothing done to it.

use std::time::Duration;

use super::lookup::Purpose;
use super::{Found, Link, LinkFault, Look, Looked, Lookup, Station};
use crate::order::OrderId;

impl Station {
    /// A page of this order was opened.
    pub(super) fn look_at(&mut self, order: OrderId) {
        self.list_anew();
        let look = match &self.link.state {
            Link::Down(fault) => Look::Failed(fault.clone()),
            _ if !self.may_look_up() => Look::Failed(LinkFault::Busy(LOOK_WITHIN)),
            _ => {
                self.find(Lookup::Order(order), LOOK_WITHIN, Purpose::Look(order));
                Look::Asking
            }
        };
        self.looked = Some(Looked { order, look });
    }

    /// The backend was asked for it; a page opened since has another order.
    pub(super) fn read_for_look(&mut self, order: OrderId, result: Result<Found, LinkFault>) {
        let at = self.at;
        let Some(looked) = self.looked.as_mut().filter(|looked| looked.order == order) else { return };
        looked.look = match result {
            Ok(Found::One(cake)) if cake.id == order => Look::Read { cake, at },
            Ok(_) => Look::Missing,
            Err(fault) => Look::Failed(fault),
        };
    }
}

/// A person who reads a page waits longer than one who scans.
const LOOK_WITHIN: Duration = Duration::from_secs(5);
