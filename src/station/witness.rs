//! Exactly once where the backend knows no intents (`contract.md` 3): the order and its history, read before every write, tell
//! whether this intent was carried out, somebody else's, or none; only then is it sent. After a call without an answer
//! nothing is judged until no request can still be under way.

use std::sync::Arc;
use std::time::Duration;

use super::commit::Then;
use super::delivery::{ATTEMPTS_MAX, Now};
use super::lookup::Purpose;
use super::planted::{Bug, planted};
use super::{Abilities, Found, Intent, LinkFault, Lookup, Parked, Record, Refusal, RefusalCode, Station};
use crate::order::{Action, Details, IntentId, Mark, Order, Timestamp};

/// What an order and its history say of an intent.
#[derive(Debug, PartialEq)]
pub(super) enum Witness {
    /// It was not done, and may be.
    Open,
    /// It was done by this station.
    Own,
    /// It was done before, by somebody else where known.
    Others(Option<Mark>),
    /// It must not be done.
    Refused(Refusal),
}

impl Station {
    /// Whether a repeated write is harmless by itself.
    pub(super) fn repeats_safely(&self) -> bool {
        self.abilities.is_none_or(|abilities| abilities.repeats_safely)
    }

    /// Whether an intent is of a step that the backend does not have.
    pub(super) fn is_local(&self, intent: &Intent) -> bool {
        intent.is_exact
            && !intent.is_action_open
            && self.abilities.is_some_and(|abilities| !abilities.keeps(intent.action))
    }

    pub(super) fn read_for_witness(&mut self, id: IntentId, result: Result<Found, LinkFault>) {
        self.delivery.reading.remove(&id);
        let Some(intent) = self.open.get(id).cloned() else { return };
        self.sending(&intent, None);
        let order = match result {
            Ok(Found::One(order)) => order,
            Ok(Found::Nothing) => {
                return self.park(id, &Parked::Refused(refused(RefusalCode::NotFound, None)));
            }
            Ok(Found::Several(_)) => return self.park(id, &Parked::NoExactCake),
            Err(fault) => return self.send_again(&intent, &fault),
        };
        // What was never sent has left nothing in the history.
        let tried_after = intent.tried_after.unwrap_or_else(|| newest(&order));
        match judge(&intent, &order, &self.settings.name, tried_after) {
            Witness::Open => self.leave_to_send(&intent, tried_after),
            Witness::Own => self.was_done(&intent, &order, false, None),
            Witness::Others(mark) => self.was_done(&intent, &order, true, mark),
            Witness::Refused(refusal) => {
                self.delivery.verdicts += 1;
                self.refused(&intent, refusal);
            }
        }
    }

    /// After a call without an answer nothing is judged until it can no longer land.
    pub(super) fn settle(&mut self, intent: &Intent, fault: &LinkFault) {
        if self.repeats_safely() || !may_have_landed(fault) || planted(Bug::SkipsSettling) {
            return;
        }
        let settled_at = self.now + SETTLE;
        if let Some(line) = self.open.line_mut(intent.order) {
            line.settled_at = settled_at;
        }
    }

    /// Whether a refusal only says that the order is not where it was read to be: it is read again.
    pub(super) fn is_unclear(&mut self, intent: &Intent, refusal: &Refusal) -> bool {
        let attempts = self.open.line_mut(intent.order).map_or(0, |line| line.attempts);
        !self.repeats_safely()
            && refusal.code == RefusalCode::InvalidStage
            && refusal.stage.is_none()
            && attempts < ATTEMPTS_MAX
    }

    /// `ContractFound`. Calls of an earlier life may still be under way.
    pub(super) fn contract_found(&mut self, abilities: Abilities) {
        let is_first = self.abilities.replace(abilities).is_none();
        if is_first && !abilities.repeats_safely {
            self.open.settle_tried(SETTLE);
        }
    }

    /// It may be sent once; that it was tried is durable before.
    fn leave_to_send(&mut self, intent: &Intent, tried_after: Timestamp) {
        let (now, id) = (self.now, intent.id);
        if let Some(line) = self.open.line_mut(intent.order) {
            line.leave = Some(now);
        }
        if intent.tried_after.is_some() || planted(Bug::ForgetsTheTried) {
            return self.open.requeue(intent.order.into());
        }
        let tried = self.open.change(id, |intent| intent.tried_after = Some(tried_after));
        if let Some(tried) = tried {
            self.commit(vec![Record::Intent(tried)], Then::Release(id));
        }
    }

    /// Whether what was read of an order lets its head be sent: it was read a moment ago, and nothing newer is known.
    pub(super) fn takes_leave(&mut self, intent: &Intent) -> bool {
        let now = self.now;
        let Some(line) = self.open.line_mut(intent.order) else { return false };
        if planted(Bug::WritesUnseen) {
            return true;
        }
        let is_fresh = line.leave.take().is_some_and(|read_at| now.saturating_sub(read_at) < LEAVE_FOR);
        let is_as_read = |order: &Arc<Order>| {
            judge(intent, order, &self.settings.name, Timestamp::from_micros(i64::MAX)) == Witness::Open
        };
        is_fresh && self.orders.get(intent.order).is_some_and(is_as_read)
    }

    fn was_done(&mut self, intent: &Arc<Intent>, order: &Order, already: bool, mark: Option<Mark>) {
        self.delivery.verdicts += 1;
        let (stage, rework, times) = (order.stage, order.rework, order.times);
        self.done(intent, already, Now { stage, rework, times, details: Some(Details::of(order)), mark });
    }

    /// Reads what an intent has come to before it is sent.
    pub(super) fn witness(&mut self, intent: &Intent) -> super::EffectId {
        self.delivery.reading.insert(intent.id);
        self.find(Lookup::Order(intent.order), WITNESS_WITHIN, Purpose::Witness(intent.id))
    }
}

/// Judges an intent by the order and its marks, read by its exact id. `own` is this station's name; of its marks only those
/// after `since` may be this intent's.
pub(super) fn judge(intent: &Intent, order: &Order, own: &str, since: Timestamp) -> Witness {
    let is_here = |mark: &Mark| mark.station.as_deref() == Some(own) || planted(Bug::TakesOthersForOwn);
    if alike(intent, order).any(|mark| is_here(mark) && mark.at > since) {
        return Witness::Own;
    }
    if let Some(detail) = &intent.detail {
        let mut wanted = Details::of(order);
        wanted.take(detail);
        return if wanted == Details::of(order) { Witness::Own } else { Witness::Open };
    }
    if order.times.cancelled.is_some() || order.rework != intent.rework {
        return Witness::Refused(refused(RefusalCode::Conflict, Some(order)));
    }
    let Some(own) = intent.action.stage() else { return Witness::Open };
    let first = alike(intent, order).last().cloned();
    let is_done = match intent.action {
        Action::Print => order.times.filling_start.is_some(),
        // Nothing is left to start.
        start if start.is_start() => order.stage > own || first.is_some(),
        _ => order.stage > own,
    };
    if is_done {
        return Witness::Others(first);
    }
    if order.stage == own {
        return Witness::Open;
    }
    Witness::Refused(refused(RefusalCode::InvalidStage, Some(order)))
}

/// The marks of what an intent is to do, made in its round between two returns; newest first.
fn alike<'a>(intent: &Intent, order: &'a Order) -> impl Iterator<Item = &'a Mark> {
    let (action, rework, is_detail) = (intent.action, intent.rework, intent.detail.is_some());
    let mut round = order.rework;
    order.marks.iter().rev().filter(move |mark| {
        if mark.action == Action::QcReturn {
            round = round.saturating_sub(1);
        }
        // Such a history does not tell a first label from a further one, and a detail is set in whatever round.
        let is_same = mark.action == action || (mark.action.is_print() && action.is_print());
        is_same && (is_detail || action.is_print() || round == rework)
    })
}

/// The time of the last line of an order's history.
fn newest(order: &Order) -> Timestamp {
    order.marks.iter().map(|mark| mark.at).max().unwrap_or(Timestamp::from_micros(0))
}

fn refused(code: RefusalCode, order: Option<&Order>) -> Refusal {
    Refusal {
        code,
        message: "".into(),
        stage: order.map(|order| order.stage),
        rework: order.map(|order| order.rework),
        cancelled_at: order.and_then(|order| order.times.cancelled),
    }
}

/// Whether the fault leaves it open that the request was carried out.
pub(super) fn may_have_landed(fault: &LinkFault) -> bool {
    match fault {
        LinkFault::Unreachable(_)
        | LinkFault::TimedOut
        | LinkFault::NotSupabase(_)
        | LinkFault::Malformed(_)
        | LinkFault::Server(_) => true,
        LinkFault::WrongKey
        | LinkFault::WrongPassword
        | LinkFault::Forbidden(_)
        | LinkFault::NoFunction(_)
        | LinkFault::NoContract(_)
        | LinkFault::Busy(_) => false,
    }
}

/// `contract.md` 3, `settle`: longer than any request can still be under way.
pub(super) const SETTLE: Duration = Duration::from_secs(30);

/// Bound on the read before a write; no person waits for it.
const WITNESS_WITHIN: Duration = Duration::from_secs(10);

/// What was read longer ago is read again before anything rests on it.
const LEAVE_FOR: Duration = Duration::from_secs(1);
