//! A model of contract 2025-12 (`contract.md` 3), written from the contract: no intents, no count of returns, no guard
//! against a second caller of a print or of the end of packing, nothing against cancelled orders. What its replies and rows leave out
//! the client puts in, from the order as it read it before the call and from the history.

use std::sync::Arc;

use super::model::{Backend, apply, mark, newest};
use crate::order::{Action, Details, Mark, Order, Return, Stage, Times, Timestamp};
use crate::station::{Abilities, Intent, LinkFault, Refusal, RefusalCode, Reply};

/// What the client says of such a project.
pub const ABILITIES: Abilities =
    Abilities { repeats_safely: false, starts_packing: false, starts_stages: true };

impl Backend {
    /// One call, as a transaction at `now`.
    pub fn weak_call(&mut self, now: Timestamp, station: &str, intent: &Intent) -> Reply {
        let Some(order) = self.orders.get_mut(&intent.order).map(Arc::make_mut) else {
            return refused(RefusalCode::NotFound);
        };
        let own = intent.action.stage();
        let is_taken = match intent.action {
            // Starts without any check; a repeat is skipped, and so is one after a return.
            Action::Print | Action::Reprint | Action::StartCovering | Action::StartDecorating => true,
            Action::StartPacking => return Reply::Lost(LinkFault::NoFunction("start_packing".into())),
            Action::CompletePacking => order.stage >= Stage::Packing,
            Action::QcReturn => order.stage == Stage::Packing,
            Action::CompleteFilling | Action::CompleteCovering | Action::CompleteDecorating => {
                Some(order.stage) == own
            }
            Action::Assign | Action::SetStorage => {
                let Some(detail) = &intent.detail else { return refused(RefusalCode::BadInput) };
                let mut details = Details::of(order);
                details.take(detail);
                if details.assignee.as_ref().is_some_and(|name| self.gone.contains(&**name)) {
                    return refused(RefusalCode::BadInput);
                }
                (order.assignee, order.storage) = (details.assignee, details.storage);
                true
            }
        };
        if !is_taken {
            return refused(RefusalCode::InvalidStage);
        }
        let is_of_order = |(id, action, ..): &&(_, Action, _, _)| *id == order.id && *action == intent.action;
        let is_skipped = intent.action.is_start() && self.events.iter().any(|event| is_of_order(&event));
        let is_print = intent.action.is_print();
        let is_printed = order.stage != Stage::Filling || order.times.filling_start.is_some();
        let at = newest(order, &self.events).map_or(now, |newest| now.max(newest));
        if intent.detail.is_none() && !(is_print && is_printed) && !intent.action.is_start() {
            apply(order, intent.action, at);
            order.marks.clear();
        } else if intent.action.is_start() && !is_skipped {
            order.marks = vec![Mark { action: intent.action, at, by: None, station: None }];
        }
        if intent.action == Action::CompleteDecorating {
            order.times.packing_start = Some(at);
        }
        let (id, stage, times) = (order.id, order.stage, order.times);
        if !is_skipped {
            self.changed.insert(id, now);
            self.events.push((id, intent.action, at, station.into()));
        }
        *self.applied.entry(intent.id).or_default() += 1;
        // It answers `true`: the client read the order before, and that it was not cancelled.
        let times = Times { cancelled: None, ..times };
        let rework = intent.rework + u32::from(intent.action == Action::QcReturn);
        let mark = (!is_skipped).then(|| mark(intent.action, at, station));
        Reply::Done { already: is_skipped, stage, rework, times, details: None, mark }
    }

    /// Writes on rows that were read a moment ago what the history has come to since: it is read after them.
    pub fn write_pasts(&self, rows: &mut [Arc<Order>]) {
        for row in rows {
            let Some(now) = self.orders.get(&row.id).filter(|now| !Arc::ptr_eq(now, row)) else { continue };
            let is_return =
                |(id, action, ..): &&(_, Action, _, _)| *id == row.id && *action == Action::QcReturn;
            let back = self.events.iter().rev().find(is_return).filter(|_| row.stage == Stage::Decorating);
            let returned = back.map(|(_, _, at, _)| Box::new(Return { reason: "crack".into(), at: *at }));
            let times = Times { cancelled: row.times.cancelled, ..now.times };
            *row = Arc::new(Order { times, rework: now.rework, returned, ..Order::clone(row) });
        }
    }
}

/// It says no more than that.
fn refused(code: RefusalCode) -> Reply {
    Reply::Refused(Refusal { code, message: "".into(), stage: None, rework: None, cancelled_at: None })
}
