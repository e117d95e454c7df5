//! How long an action waits that came ahead of the cake's own scans (`workflow.md` 2, after an outage).

use std::sync::Arc;
use std::time::Duration;

use super::open::Waits;
use super::{Held, Intent, Station};
use crate::order::{Order, Stage, Timestamp};

impl Station {
    /// Holds an action back of which the copy says, read a moment ago, that its cake has not come to the stage yet: of the
    /// thousands after an outage each call would only be refused, in the place of one that is not.
    pub(super) fn holds_back(&mut self, intent: &Arc<Intent>) -> bool {
        let Some(stage) = self.stage_behind(intent).filter(|stage| self.is_worth_waiting(intent, *stage))
        else {
            return false;
        };
        self.wait(intent, UPSTREAM_RETRY_MAX, Waits::ForStage);
        self.hold(intent, Held::Upstream(stage));
        true
    }

    /// The earlier stage that the cake of an action is in, as far as that can be known without asking.
    fn stage_behind(&self, intent: &Intent) -> Option<Stage> {
        let order = self.orders.get(intent.order).filter(|order| order.times.cancelled.is_none())?;
        // What a read of the whole queue does not list is packed or cancelled, and known no longer.
        let is_listed = self.refresh.listed_from().is_some_and(|at| self.orders.is_seen_since(order.id, at));
        let is_fresh = self.orders.age(order.id, self.now).is_some_and(|age| age < FRESH_FOR);
        let is_behind = intent.is_exact && intent.action.stage().is_some_and(|own| order.stage < own);
        (is_listed && is_fresh && is_behind).then_some(order.stage)
    }

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

/// An action that waits for an earlier stage is tried again this often at least.
pub(super) const UPSTREAM_RETRY_MAX: Duration = Duration::from_secs(30);

/// Three reads of what changed.
const FRESH_FOR: Duration = Duration::from_secs(10);

/// Four reports of a fleet; where it is never heard, nobody is known to be late.
const FLEET_WITHIN: Duration = Duration::from_mins(1);

/// Three reports missed, a fourth to hear of it, and a slow answer.
const SILENCE_WITHIN: Duration = Duration::from_secs(75);

/// `workflow.md` 2, after an outage: 30 min from the order's last change.
const UPSTREAM_PATIENCE: Duration = Duration::from_mins(30);
