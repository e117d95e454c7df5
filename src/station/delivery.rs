//! From the journal to the backend: in order per cake, cakes in parallel, the same intent again until it has a verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::commit::{Accept, Then};
use super::label_lookup::lookup_of;
use super::link::{RETRY_MAX, backoff, is_of_link, never_answered};
use super::lookup::Purpose;
use super::open::Waits;
use super::outage::Fate;
use super::patience::UPSTREAM_RETRY_MAX;
use super::planted::{Bug, planted};
use super::reprint::is_no_matter;
use super::{
    Answer, Effect, EffectId, Fact, Found, Held, Intent, IntentState, LinkFault, Parked, Record, Refusal,
    RefusalCode, Reply, Station,
};
use crate::order::{Action, Details, IntentId, Mark, Order, Stage, Times};

/// The calls under way.
#[derive(Default)]
pub(super) struct Delivery {
    under_way: BTreeMap<EffectId, IntentId>,
    /// Intents whose orders are read before they are sent.
    pub(super) reading: BTreeSet<IntentId>,
    /// How many calls got a verdict.
    pub(super) verdicts: u64,
}

impl Station {
    /// A scan is durable: now it is accepted.
    pub(super) fn accepted(&mut self, accept: Accept) {
        let Accept { scan, intent, held, owing } = accept;
        let held = held.filter(|_| !self.is_local(&intent));
        let saved_at = self.at;
        self.open.insert(intent.clone());
        if intent.detail.is_some() {
            self.detail_accepted(&intent);
        }
        if let Some(owing) = owing {
            self.facts.keep(intent.order, &Fact::ShownEarly { owing }, scan.at);
        }
        let mut accepted = self.verdict_of(&intent, Answer::Accepted);
        self.tell(&mut accepted);
        let shown = match held {
            None => accepted,
            Some(held) => {
                let mut verdict = self.verdict_of(&intent, Answer::Held(held));
                self.tell(&mut verdict);
                verdict
            }
        };
        self.show_saved(&scan, intent.id, shown, saved_at);
        if let Some(live) = self.open.live_mut(intent.id) {
            live.is_held_told = held.is_some();
        }
        if intent.state == IntentState::Printing {
            self.queue_label(&intent);
        }
        if self.is_local(&intent) {
            self.close_locally(&intent, false);
        }
    }

    /// Sends what may be sent.
    pub(super) fn pump_delivery(&mut self) {
        while self.may_send() {
            let Some(intent) = self.open.next(self.now) else { return };
            if self.is_local(&intent) {
                self.close_locally(&intent, false);
                continue;
            }
            if self.holds_back(&intent) {
                continue;
            }
            let is_judged = self.repeats_safely() || self.takes_leave(&intent);
            let id = if intent.is_exact && is_judged {
                let id = self.next_id();
                self.delivery.under_way.insert(id, intent.id);
                self.effects.push(Effect::Send { id, intent: intent.clone() });
                id
            } else if !self.lookups.has_room() {
                return;
            } else if intent.is_exact {
                self.witness(&intent)
            } else {
                self.find(lookup_of(&intent), EXACT_WITHIN, Purpose::Exact(intent.id))
            };
            self.sending(&intent, Some(id));
        }
    }

    /// When the next call may be made.
    pub(super) fn delivery_deadline(&self) -> Option<Duration> {
        let can_send = self.can_send() && self.lookups.has_room();
        self.open.next_at().filter(|_| can_send).map(|at| at.max(self.link.sends_from()))
    }

    fn may_send(&self) -> bool {
        self.can_send() && self.now >= self.link.sends_from()
    }

    fn can_send(&self) -> bool {
        self.freeze().is_none()
            // How a write is to be made is not known before.
            && self.abilities.is_some()
            && self.delivery.under_way.len() + self.delivery.reading.len() < self.sends_max()
            // The verdict could not be kept.
            && !self.commits.is_clogged()
    }

    /// A link that is down is tried with one call at a time.
    fn sends_max(&self) -> usize {
        if self.is_offline() { 1 } else { SENDS_MAX }
    }

    pub(super) fn sending(&mut self, intent: &Intent, id: Option<EffectId>) {
        let name = self.open.name(intent);
        if let Some(line) = self.open.line_mut(name) {
            line.sending = id;
        }
        self.open.requeue(name);
    }

    /// `Answered`.
    pub(super) fn answered(&mut self, id: EffectId, reply: Reply) {
        let Some(intent) = self.delivery.under_way.remove(&id) else { return };
        let Some(intent) = self.open.get(intent).cloned() else { return };
        self.sending(&intent, None);
        if !matches!(reply, Reply::Lost(_)) {
            self.delivery.verdicts += 1;
        }
        match reply {
            Reply::Done { already, stage, rework, times, details, mark, .. } => {
                self.link_up();
                self.done(&intent, already, Now { stage, rework, times, details, mark });
            }
            Reply::Refused(refusal) => {
                self.link_up();
                self.refused(&intent, refusal);
            }
            Reply::Lost(fault) => self.lost(&intent, &fault),
        }
    }

    /// The backend has it: the intent leaves the journal.
    pub(super) fn done(&mut self, intent: &Arc<Intent>, already: bool, now: Now) {
        let mark = now.mark.clone();
        let done_at = now.times.of(intent.action);
        self.order_is(intent, now);
        let Some(live) = self.open.remove(intent.id) else { return };
        // What failed before was not the next one's.
        if let Some(line) = self.open.line_mut(intent.order) {
            line.begin_anew();
        }
        self.open.requeue(intent.order.into());
        self.show_details(intent.order);
        let mut closed = Intent::clone(&live.intent);
        closed.state = IntentState::Agreed { already };
        let mut records = vec![Record::Intent(closed)];
        records.extend(self.keep_start(&live.intent));
        self.commit(records, Then::Done);
        let is_labelled = self.labels.labelled.remove(&intent.id);
        let answer = match already {
            false => Answer::Agreed,
            // Of a copy it only says that there was a label before.
            true if intent.action == Action::Reprint => Answer::Agreed,
            true if is_labelled => {
                self.also_printed(intent, mark.as_ref());
                Answer::AlsoPrinted { mark }
            }
            true => Answer::AlreadyDone { mark, done_at, stale: None },
        };
        let is_agreed = answer == Answer::Agreed;
        let verdict = Arc::new(self.verdict_of(&live.intent, answer.clone()));
        self.came_to(intent.id, if is_agreed { Fate::Sent } else { Fate::DoneBefore(verdict.clone()) });
        self.end(&live, answer);
        if is_agreed {
            self.last = Some(verdict);
        }
    }

    /// The backend will not do it. What came ahead of the cake's own scans waits; the rest is for a person.
    pub(super) fn refused(&mut self, intent: &Arc<Intent>, refusal: Refusal) {
        if self.is_unclear(intent, &refusal) {
            return self.wait(intent, RETRY_MAX, Waits::Nothing);
        }
        if let Some(order) = self.orders.get(intent.order).cloned() {
            let mut order = Order::clone(&order);
            order.stage = refusal.stage.unwrap_or(order.stage);
            order.rework = refusal.rework.unwrap_or(order.rework);
            order.times.cancelled = refusal.cancelled_at.or(order.times.cancelled);
            self.learn(Duration::ZERO, Arc::new(order));
        }
        if intent.action == Action::Reprint && is_no_matter(&refusal) {
            return self.close_locally(intent, true);
        }
        let was_returned = refusal.rework.is_some_and(|rework| rework > intent.rework);
        if self.labels.labelled.contains(&intent.id) && was_returned && refusal.cancelled_at.is_none() {
            // It had been packed: it has a label, and this one is a second.
            let first = self.orders.get(intent.order).and_then(|order| order.mark(Action::Print)).cloned();
            self.also_printed(intent, first.as_ref());
        }
        let ahead_of = refusal
            .stage
            .filter(|_| refusal.code == RefusalCode::InvalidStage)
            .filter(|stage| intent.action.stage().is_some_and(|own| *stage < own));
        if let Some(stage) =
            ahead_of.filter(|stage| self.is_worth_waiting(intent, *stage) && !planted(Bug::ParksEarly))
        {
            self.wait(intent, UPSTREAM_RETRY_MAX, Waits::ForStage);
            return self.hold(intent, Held::Upstream(stage));
        }
        if planted(Bug::DropsTheRefused) {
            return self.give_up(intent.id);
        }
        self.park(intent.id, &Parked::Refused(refusal));
    }

    /// Keeps the start of a stage here too, where rows do not tell it: what the next scan of the cake does rests on it.
    fn keep_start(&mut self, intent: &Intent) -> Option<Record> {
        let is_told =
            intent.action == Action::StartPacking && self.abilities.is_some_and(|can| can.starts_packing);
        let stage = intent.action.stage().filter(|_| intent.action.is_start() && !is_told)?;
        let (order, at) = (intent.order, intent.captured_at);
        let fact = Fact::Started { rework: intent.rework, stage };
        self.facts.keep(order, &fact, at);
        Some(Record::Fact { order, fact, at })
    }

    /// Closes what the backend takes no note of: a copy that is out, or a step that it does not have.
    pub(super) fn close_locally(&mut self, intent: &Intent, already: bool) {
        let Some(live) = self.open.remove(intent.id) else { return };
        let mut closed = Intent::clone(&live.intent);
        closed.state = IntentState::Agreed { already };
        let mut records = vec![Record::Intent(closed)];
        records.extend(self.keep_start(&live.intent));
        self.commit(records, Then::Done);
        self.came_to(intent.id, Fate::Sent);
        self.end(&live, Answer::AgreedLocally);
    }

    /// A call had no verdict.
    fn lost(&mut self, intent: &Arc<Intent>, fault: &LinkFault) {
        self.settle(intent, fault);
        if planted(Bug::DropsWhenSignedOut) && *fault == LinkFault::WrongPassword {
            return self.give_up(intent.id);
        }
        let is_missing = matches!(fault, LinkFault::NoFunction(_));
        // A project without the functions of details is up all the same, and so is one that answers all but this one.
        let name = self.open.name(intent);
        let was_alone = self.open.line_mut(name).is_some_and(|line| line.alone > 0);
        let says_nothing =
            (is_missing && intent.detail.is_some()) || was_alone || self.is_alone(intent, fault);
        if says_nothing {
            self.not_answered(fault);
        } else {
            self.link_down(fault.clone());
        }
        self.send_again(intent, fault);
    }

    /// No verdict: the same intent goes out again later, unless it alone is never answered.
    pub(super) fn send_again(&mut self, intent: &Arc<Intent>, fault: &LinkFault) {
        let is_alone = self.is_alone(intent, fault);
        let (verdicts, name) = (self.delivery.verdicts, self.open.name(intent));
        let Some(line) = self.open.line_mut(name) else { return };
        line.alone += u32::from(is_alone);
        line.verdicts = Some(verdicts);
        // The cake's scans do not wait long behind a detail.
        let most = if intent.detail.is_some() { DETAIL_ATTEMPTS_MAX } else { ATTEMPTS_MAX };
        let is_missing = matches!(fault, LinkFault::NoFunction(_));
        if line.alone >= most || (is_missing && line.attempts >= most) {
            return self.park(intent.id, &Parked::Refused(never_answered(fault, intent.detail.is_some())));
        }
        let waits = if is_of_link(fault) { Waits::ForLink } else { Waits::Nothing };
        self.wait(intent, RETRY_MAX, waits);
        self.hold(intent, Held::Offline);
    }

    /// Whether a fault is the intent's own: others had their verdicts since the last time it met one.
    fn is_alone(&mut self, intent: &Intent, fault: &LinkFault) -> bool {
        let (verdicts, name) = (self.delivery.verdicts, self.open.name(intent));
        let may_be =
            matches!(fault, LinkFault::Forbidden(_) | LinkFault::Malformed(_) | LinkFault::Server(_));
        let line = self.open.line_mut(name).filter(|_| may_be);
        line.and_then(|line| line.verdicts).is_some_and(|before| before < verdicts)
    }

    /// Says once that an accepted action waits.
    pub(super) fn hold(&mut self, intent: &Arc<Intent>, why: Held) {
        let Some(live) = self.open.live_mut(intent.id).filter(|live| !live.is_held_told && !live.is_ended)
        else {
            return;
        };
        live.is_held_told = true;
        self.tell_of(intent, Answer::Held(why));
    }

    pub(super) fn wait(&mut self, intent: &Intent, longest: Duration, waits: Waits) {
        let (now, name) = (self.now, self.open.name(intent));
        if let Some(line) = self.open.line_mut(name) {
            line.retry_at = now + backoff(intent.id, line.attempts, longest);
            line.attempts = line.attempts.saturating_add(1);
            if planted(Bug::ForgetsTheLost) && line.attempts > 3 {
                line.retry_at = now + Duration::from_hours(24);
            }
            line.waits = waits;
        }
        self.open.requeue(name);
    }

    pub(super) fn read_for_intent(&mut self, id: IntentId, result: Result<Found, LinkFault>) {
        let Some(intent) = self.open.get(id).cloned() else { return };
        self.sending(&intent, None);
        match result {
            Ok(Found::One(order)) if intent.is_action_open => self.decide_late(&intent, &order),
            Ok(Found::One(order)) => {
                let exact = self.open.change(id, |intent| {
                    intent.order = order.id;
                    intent.is_exact = true;
                });
                if let Some(exact) = exact {
                    self.commit(vec![Record::Intent(exact)], Then::Release(id));
                }
            }
            Ok(Found::Nothing | Found::Several(_)) => self.park(id, &Parked::NoExactCake),
            Err(fault) => self.send_again(&intent, &fault),
        }
    }

    /// What a reply says of the order; a reply to a call that was repeated may be an old one.
    fn order_is(&mut self, intent: &Intent, now: Now) {
        let is_repeated = self.open.line_mut(intent.order).is_some_and(|line| line.attempts > 0);
        let Some(known) = self.orders.get(intent.order) else { return };
        if (now.rework, now.stage) < (known.rework, known.stage) {
            return;
        }
        // It was over when the queue was read: a reply that came late is of before.
        let is_step = intent.detail.is_none();
        if is_step && self.orders.has_left(intent.order) && now.rework == known.rework {
            return;
        }
        let mut order = Order::clone(known);
        if order.stage != now.stage {
            order.assignee = None;
        }
        match (&intent.detail, now.details) {
            // What a repeated call is told may have been set anew since: the queue says.
            _ if is_repeated => {}
            (_, Some(details)) => (order.assignee, order.storage) = (details.assignee, details.storage),
            (Some(detail), None) => {
                let mut details = Details::of(&order);
                details.take(detail);
                (order.assignee, order.storage) = (details.assignee, details.storage);
            }
            (None, None) => {}
        }
        // A detail moves no cake.
        if intent.detail.is_none() {
            (order.stage, order.rework, order.times) = (now.stage, now.rework, now.times);
        }
        if order.stage > Stage::Decorating {
            order.returned = None;
        }
        // A row of the queue has no history: one mark alone would pass for all of it.
        if !order.marks.is_empty() {
            order.marks.extend(now.mark);
        }
        if self.orders.knows_better(&order) {
            return;
        }
        let order = Arc::new(order);
        if is_repeated { self.learn_late(order) } else { self.learn(self.now, order) }
    }
}

/// An order as a reply tells it.
pub(super) struct Now {
    pub(super) stage: Stage,
    pub(super) rework: u32,
    pub(super) times: Times,
    pub(super) details: Option<Details>,
    pub(super) mark: Option<Mark>,
}

/// As many calls as a project answers at once without a queue of its own.
const SENDS_MAX: usize = 8;

/// A stale schema cache is read anew within minutes; what is missing longer, or fails while others are answered, is for
/// a person.
pub(super) const ATTEMPTS_MAX: u32 = 10;

/// A cache that is being read anew is ready by then.
const DETAIL_ATTEMPTS_MAX: u32 = 3;

/// Bound on the read that tells which exact cake a held scan was of; no person waits for it.
const EXACT_WITHIN: Duration = Duration::from_secs(10);
