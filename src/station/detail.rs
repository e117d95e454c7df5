//! Details of a cake that a person sets: intents like any other, and none of the stages' business.

use std::sync::Arc;

use super::commit::{Accept, Then};
use super::scan::Scan;
use super::{Answer, Intent, IntentState, Look, NoScan, Parked, Record, Station, phase, rules};
use crate::order::{Detail, Details, Order, OrderId};

impl Station {
    /// A person set a detail. What a scan of the cake does, now or in answer to a question, is not touched by it.
    pub(super) fn set_detail(&mut self, scan: Scan, order: OrderId, detail: Detail) {
        if !self.settings.stores.contains(&order.store) {
            return self.answer(&scan, Some(order), Answer::NoScan(NoScan::OtherStore));
        }
        if let Some(refused) = self.cannot_accept() {
            return self.answer(&scan, Some(order), refused);
        }
        self.last_seq += 1;
        let intent = Intent {
            id: scan.fresh,
            seq: self.last_seq,
            order,
            // A finger points at one cake.
            is_exact: true,
            action: detail.action(),
            is_action_open: false,
            tried_after: None,
            detail: Some(detail),
            captured_at: scan.at,
            rework: self.seen(order).map_or(0, |order| order.rework),
            performer: self.settings.performer.clone(),
            source: scan.source,
            code: scan.text.clone(),
            state: IntentState::Open,
        };
        let held = rules::held(self.freeze().is_some(), self.is_offline(), None, true);
        let records = vec![Record::Intent(intent.clone())];
        self.commit(records, Then::Accept(Box::new(Accept { scan, intent, held, owing: None })));
    }

    /// A detail is accepted: it shows, and what was refused of the same kind before is no longer wanted.
    pub(super) fn detail_accepted(&mut self, intent: &Intent) {
        let replaced: Vec<_> = self
            .open
            .of(intent.order)
            .filter(|old| old.action == intent.action && old.seq < intent.seq)
            .filter(|old| matches!(old.state, IntentState::Parked(Parked::Refused(_))))
            .map(|old| old.id)
            .collect();
        for id in replaced {
            self.give_up(id);
        }
        self.show_details(intent.order);
    }

    /// Shows a cake with this station's own details on it, which the backend may not have yet.
    pub(super) fn show_details(&mut self, id: OrderId) {
        let own = self.orders.get(id).and_then(|order| {
            let shown = phase::detailed(order, self.open.of(id).map(AsRef::as_ref));
            (!Arc::ptr_eq(&shown, order)).then_some(shown)
        });
        self.orders.show(id, own);
        let Some(looked) = self.looked.as_mut().filter(|looked| looked.order == id) else { return };
        if let (Look::Read { cake, .. }, Some(shown)) = (&mut looked.look, self.orders.shown(id)) {
            *cake = Details::of(shown).on(cake);
        }
    }

    /// What is known of a cake: the copy, or what a person looks at.
    fn seen(&self, id: OrderId) -> Option<&Order> {
        let looked = self.looked.as_ref().filter(|looked| looked.order == id);
        let cake = looked.and_then(|looked| match &looked.look {
            Look::Read { cake, .. } => Some(cake),
            _ => None,
        });
        self.orders.get(id).or(cake).map(AsRef::as_ref)
    }
}
