//! What is done to the cakes elsewhere.

use super::{Bench, NOON, fresh};
use crate::order::Action;
use crate::station::*;

impl Bench {
    /// What a station gave up as lost reaches the backend.
    pub fn land(&mut self, place: usize) {
        for intent in std::mem::take(&mut self.stations[place].lost) {
            self.backend.call(NOON.plus(self.now), &self.stations[place].settings.name, &intent);
        }
    }

    /// What was done to the cakes, in its order.
    pub fn history(&self) -> String {
        self.backend.events.iter().map(|(_, action, ..)| action.name()).collect::<Vec<_>>().join(" ")
    }

    /// Packing sends a cake back.
    pub fn qc_return(&mut self, id: &str) {
        self.elsewhere(id, Action::QcReturn);
    }

    /// Moves a cake on at another station.
    pub fn elsewhere(&mut self, id: &str, action: Action) {
        self.fresh += 1;
        let order = self.backend.order(id);
        let now = NOON.plus(self.now);
        let intent = Intent {
            id: fresh(self.fresh),
            seq: 0,
            order: order.id,
            is_exact: true,
            is_action_open: false,
            tried_after: None,
            action,
            detail: None,
            captured_at: now,
            rework: order.rework,
            performer: None,
            source: Source::Command,
            code: "".into(),
            state: IntentState::Open,
        };
        let reply = self.backend.call(now, "elsewhere", &intent);
        assert!(matches!(reply, Reply::Done { already: false, .. }), "{reply:?}");
    }
}
