//! A model of contract 2025-12 (`contract.md` 3), written from the contract: no intents, no count of returns, no guard
//! against a second caller of a print or of the end of packing, nothing against cancelled orders.

use std::sync::Arc;

use super::model::{Backend, apply, newest};
use crate::order::{Action, Details, Stage, Timestamp};
use crate::station::{Abilities, Intent, LinkFault, Refusal, RefusalCode, Reply};

/// What the client says of such a project.
pub const ABILITIES: Abilities = Abilities { repeats_safely: false, starts_packing: false };

impl Backend {
    /// One call, as a transaction at `now`.
    pub fn weak_call(&mut self, now: Timestamp, station: &str, intent: &Intent) -> Reply {
        let Some(order) = self.orders.get_mut(&intent.order).map(Arc::make_mut) else {
            return refused(RefusalCode::NotFound);
        };
        let own = intent.action.stage();
        let is_taken = match intent.action {
            Action::Print | Action::Reprint => true,
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
        let is_detail = intent.detail.is_some();
        let is_first = order.times.of(intent.action).is_none();
        let is_print = intent.action.is_print();
        if !is_detail && !(is_print && (order.stage != Stage::Filling || order.times.filling_start.is_some())) {
            let at = newest(order, &self.events).map_or(now, |newest| now.max(newest));
            if is_first {
                apply(order, intent.action, at);
            }
        }
        let (id, stage, rework, times) = (order.id, order.stage, order.rework, order.times);
        let details = Some(Details::of(order));
        self.changed.insert(id, now);
        self.events.push((id, intent.action, now, station.into()));
        *self.applied.entry(intent.id).or_default() += 1;
        Reply::Done { already: false, stage, rework, times, details, mark: None }
    }
}

/// It says no more than that.
fn refused(code: RefusalCode) -> Reply {
    Reply::Refused(Refusal { code, message: "".into(), stage: None, rework: None, cancelled_at: None })
}
