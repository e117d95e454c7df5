//! How long an action waits that came ahead of the cake's own scans (`workflow.md` 2, after an outage).

use std::time::Duration;

use super::{Intent, Station};
use crate::order::{Order, Stage, Timestamp};

impl Station {
    /// Whether the scans that the cake lacks may still come in: while a station of an earlier stage is silent or behind,
    /// and then for a while after the cake's last change.
    pub(super) fn is_worth_waiting(&self, intent: &Intent, stage: Stage) -> bool {
        // Until the fleet has been heard once on this link, nobody knows who is silent.
        let up_for = self.now.saturating_sub(self.link.up_at);
        let is_unheard = self.fleet.heard.is_none_or(|heard| heard < self.link.up_at);
        if (is_unheard && up_for < FLEET_WITHIN)
            || intent.action.stage().is_some_and(|own| self.fleet.is_late(&self.settings.name, stage, own))
        {
            return true;
        }
        // Nor is it known at once who fell silent while the cake was carried here. A scan of the future tells a clock that
        // was set.
        if intent.captured_at <= self.at && self.at.since(intent.captured_at) < SILENCE_WITHIN {
            return true;
        }
        // A scan that was held elsewhere is a change of now, with the time at which it was made.
        let own = match self.orders.get(intent.order) {
            Some(order) => last_change(order),
            None => Some(intent.captured_at),
        };
        let own = own.map(|changed_at| self.at.since(changed_at));
        let seen = self.orders.changed(intent.order, self.now);
        own.into_iter().chain(seen).min().is_some_and(|ago| ago < UPSTREAM_PATIENCE)
    }
}

/// The newest of an order's own times.
fn last_change(order: &Order) -> Option<Timestamp> {
    let times = &order.times;
    [
        times.filling_start,
        times.filling_complete,
        times.covering_complete,
        times.decorating_complete,
        times.packing_start,
        times.packing_complete,
        order.returned.as_ref().map(|back| back.at),
    ]
    .into_iter()
    .flatten()
    .max()
}

/// Four reports of a fleet; where it is never heard, nobody is known to be late.
const FLEET_WITHIN: Duration = Duration::from_mins(1);

/// Three reports missed, a fourth to hear of it, and a slow answer.
const SILENCE_WITHIN: Duration = Duration::from_secs(75);

/// `workflow.md` 2, after an outage: 30 min from the order's last change.
const UPSTREAM_PATIENCE: Duration = Duration::from_mins(30);
