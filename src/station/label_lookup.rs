//! What stands on a label whose cake is not known here: it is read from the backend before the label is printed.

use std::sync::Arc;
use std::time::Duration;

use super::commit::Then;
use super::lookup::{FIND_WITHIN, Purpose};
use super::scan::lookup;
use super::{Found, Intent, IntentState, JobState, LinkFault, Lookup, Parked, Record, Station};
use crate::order::code::Code;
use crate::order::{Action, IntentId, Order};

impl Station {
    pub(super) fn find_for_label(&mut self, intent: IntentId) {
        let is_due = self.now >= self.labels.find_at && !self.labels.finding.contains(&intent);
        let Some(open) = self.open.get(intent).cloned().filter(|_| is_due && self.may_look_up()) else {
            return;
        };
        self.labels.finding.insert(intent);
        self.find(lookup_of(&open), FIND_WITHIN, Purpose::Label(intent));
    }

    /// Whether what is written on the cake is still to be read, and can be now: a label is not drawn without it, and waits for no
    /// second answer.
    pub(super) fn should_read_first(&self, intent: IntentId, order: &Order) -> bool {
        let is_asked = self.labels.finding.contains(&intent);
        order.is_writing_unread && (is_asked || (self.now >= self.labels.find_at && self.may_look_up()))
    }

    pub(super) fn read_for_label(&mut self, intent: IntentId, result: Result<Found, LinkFault>) {
        self.labels.finding.remove(&intent);
        let still_waits = self
            .labels
            .job(intent)
            .is_some_and(|job| matches!(job.state, JobState::Queued | JobState::Failed(_)));
        if !still_waits {
            return;
        }
        match result {
            Ok(Found::One(order)) => self.found_for_label(intent, &order),
            Ok(Found::Nothing | Found::Several(_)) => self.give_up_label(intent),
            Err(_) => self.labels.find_at = self.now + LABEL_FIND_PERIOD,
        }
    }

    pub(super) fn found_for_label(&mut self, intent: IntentId, order: &Arc<Order>) {
        // By now its label may have come out elsewhere: then this one would be a second. The backend is asked all the
        // same, and its answer is the scan's.
        let is_first = self.lacks_label(order);
        let is_copy = self.labels.job(intent).is_some_and(|job| job.is_reprint);
        let is_wanted = (is_first || is_copy) && order.times.cancelled.is_none();
        if !is_wanted {
            self.cancel_job(intent);
        }
        let opened = self.open.change(intent, |open| {
            open.order = order.id;
            open.is_exact = true;
            if is_first {
                open.action = Action::Print;
            }
            if !is_wanted {
                open.state = IntentState::Open;
            }
        });
        if let (Some(opened), false) = (&opened, is_wanted) {
            return self.commit(vec![Record::Intent(opened.clone())], Then::Release(intent));
        }
        let (Some(opened), Some(job)) = (opened, self.labels.jobs.get_mut(&intent)) else { return };
        job.order = order.id;
        job.is_reprint &= !is_first;
        let job = job.clone();
        self.commit(vec![Record::Intent(opened), Record::Job(job)], Then::Release(intent));
    }

    fn give_up_label(&mut self, intent: IntentId) {
        self.cancel_job(intent);
        self.park(intent, &Parked::NoExactCake);
    }
}

/// How the cake of an intent is read from the backend: by its code, or by its id where the code names no cake.
pub(super) fn lookup_of(intent: &Intent) -> Lookup {
    let code = Some(Code::parse(&intent.code)).filter(|_| !intent.is_exact);
    code.as_ref().and_then(lookup).unwrap_or(Lookup::Order(intent.order))
}

/// How soon a label's order is asked for again.
const LABEL_FIND_PERIOD: Duration = Duration::from_secs(5);
