//! Where a cake stands once this station's own actions, which the backend may not have yet, are counted in.

use std::sync::Arc;

use super::{Intent, IntentState};
use crate::order::{Action, Details, Mark, Order, OrderId, Priority, Stage, Times};

/// The order as it will be when these intents, in their order, are agreed.
pub(super) fn effective<'a>(order: &Order, intents: impl Iterator<Item = &'a Intent>) -> Order {
    let (mut order, rework) = (order.clone(), order.rework);
    // What was captured before a return that it did not know of will be refused.
    let counts = |intent: &&Intent| {
        intent.state == IntentState::Open && intent.rework >= rework && !intent.is_action_open
    };
    for intent in intents.filter(counts) {
        apply(&mut order, intent.action, intent);
    }
    order
}

/// The order with the details that these intents, in their order, set; the same one where they set none.
pub(super) fn detailed<'a>(order: &Arc<Order>, intents: impl Iterator<Item = &'a Intent>) -> Arc<Order> {
    let counts = |intent: &&Intent| intent.state == IntentState::Open && intent.rework >= order.rework;
    let mut details = Details::of(order);
    for detail in intents.filter(counts).filter_map(|intent| intent.detail.as_ref()) {
        details.take(detail);
    }
    details.on(order)
}

fn apply(order: &mut Order, action: Action, intent: &Intent) {
    // A detail moves no cake.
    let Some(own) = action.stage() else { return };
    let at = Some(intent.captured_at);
    let is_past = order.stage > own;
    let times = &mut order.times;
    match action {
        Action::Print => times.filling_start = times.filling_start.or(at),
        Action::CompleteFilling => times.filling_complete = times.filling_complete.or(at),
        Action::CompleteCovering => times.covering_complete = times.covering_complete.or(at),
        Action::CompleteDecorating => times.decorating_complete = times.decorating_complete.or(at),
        Action::StartPacking => times.packing_start = times.packing_start.or(at),
        Action::CompletePacking => times.packing_complete = times.packing_complete.or(at),
        Action::StartCovering | Action::StartDecorating => {
            order.marks.push(Mark { action, at: intent.captured_at, by: None, station: None });
        }
        Action::Reprint | Action::QcReturn | Action::Assign | Action::SetStorage => return,
    }
    if is_past || action == Action::Print {
        return;
    }
    order.stage = match own.next() {
        Some(next) if action.is_completion() => next,
        _ => own,
    };
    if order.stage > Stage::Decorating {
        order.returned = None;
    }
}

/// A cake that the copy does not know, taken to be in `stage`.
pub(super) fn unknown(id: OrderId, stage: Stage) -> Order {
    Order {
        id,
        stage,
        product: "".into(),
        size: "".into(),
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
        times: Times::default(),
        rework: 0,
        returned: None,
        siblings: 1,
        marks: Vec::new(),
    }
}
