//! What the station reads and reports by itself, every few seconds, never two of a kind at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::fleet::OWED_MAX;
use super::open::Waits;
use super::planted::{Bug, planted};
use super::{
    Choices, Effect, EffectId, Freeze, Heard, IntentState, LinkFault, PortState, QueueRead, Report, Station,
};
use crate::order::{Order, OrderId, Store, Timestamp};

/// The state of both.
#[derive(Default)]
pub(super) struct Refresh {
    at: Option<Duration>,
    under_way: Option<UnderWay>,
    hints: Hints,
    /// Server time at which the last read began.
    since: Option<Timestamp>,
    whole_at: Duration,
    pub(super) is_whole_due: bool,
    report_at: Option<Duration>,
    reporting: Option<EffectId>,
}

/// A read that was ordered.
struct UnderWay {
    id: EffectId,
    began: Duration,
    /// Whether a hint led to it.
    is_hinted: bool,
}

/// Word from the backend that something changed: it says when to read, and nothing else is made of it.
#[derive(Default)]
struct Hints {
    /// Whether the backend says that it tells of changes.
    is_open: bool,
    /// Whether it has told of one since it last missed one.
    is_proven: bool,
    /// What was told of may have come after the read under way had begun.
    is_due: bool,
    /// No hint leads to a read before.
    not_before: Duration,
}

impl Refresh {
    /// When the last read of the whole queue began, if nothing was missed since: what is open was listed by it or later.
    pub(super) fn listed_from(&self) -> Option<Duration> {
        (self.since.is_some() && !self.is_whole_due).then_some(self.whole_at)
    }
}

impl Station {
    /// Starts reading and, once the queue has been asked for, reporting.
    pub(super) fn start_refreshing(&mut self) {
        self.refresh.is_whole_due = true;
        self.refresh.at = Some(self.now);
    }

    /// When the queue is read, or the fleet told and heard, the next time.
    pub(super) fn refresh_deadline(&self) -> Option<Duration> {
        let next = [self.refresh.at, self.refresh.report_at].into_iter().flatten().min();
        next.map(|at| self.link.not_before(at))
    }

    pub(super) fn pump_refresh(&mut self) {
        let now = self.now;
        if self.refresh.at.is_some_and(|at| self.link.not_before(at) <= now) {
            self.refresh.at = None;
            let is_whole =
                self.refresh.is_whole_due || now.saturating_sub(self.refresh.whole_at) >= WHOLE_PERIOD;
            let since = self.refresh.since.filter(|_| !is_whole).map(|since| since.minus(OVERLAP));
            let id = self.next_id();
            let is_hinted = std::mem::take(&mut self.refresh.hints.is_due);
            self.refresh.under_way = Some(UnderWay { id, began: now, is_hinted });
            self.effects.push(Effect::Refresh { id, since });
        }
        if self.refresh.report_at.is_some_and(|at| self.link.not_before(at) <= now) {
            self.refresh.report_at = None;
            let id = self.next_id();
            self.refresh.reporting = Some(id);
            let report = self.own_report();
            self.effects.push(Effect::Report { id, report });
        }
    }

    /// `Refreshed`.
    pub(super) fn refreshed(&mut self, id: EffectId, at: Timestamp, result: Result<QueueRead, LinkFault>) {
        let Some(UnderWay { began, is_hinted, .. }) =
            self.refresh.under_way.take_if(|under_way| under_way.id == id)
        else {
            return;
        };
        self.start_listing();
        if self.refresh.reporting.is_none() && self.refresh.report_at.is_none() {
            self.refresh.report_at = Some(self.now);
        }
        if let Ok(read) = &result
            && !is_hinted
            && read.orders.iter().any(|order| self.orders.is_behind(order))
        {
            self.refresh.hints.is_proven = false;
        }
        self.read_again(began, result.is_ok());
        match result {
            Err(fault) => self.link_down(fault),
            Ok(read) => {
                self.link_up();
                self.refresh.since = Some(read.began_at);
                if read.is_whole {
                    self.refresh.whole_at = began;
                    self.refresh.is_whole_due = false;
                }
                let changed: Vec<_> = read.orders.iter().map(|order| order.id).collect();
                let open = &self.open;
                let looked = self.looked.as_ref().map(|looked| looked.order);
                let is_kept = |id| open.has(id) || looked == Some(id);
                self.orders.refresh(self.now, began, at, &read, is_kept);
                for id in changed {
                    self.order_changed(id);
                }
                if read.is_whole {
                    let (orders, open) = (&self.orders, &self.open);
                    let is_open = |id| orders.get(id).is_some() || open.has(id);
                    self.facts.retain(is_open);
                    self.labels.retain(is_open);
                }
                self.is_attention_stale = true;
            }
        }
    }

    /// Names the time of the next read, after one that began at `began`.
    fn read_again(&mut self, began: Duration, is_well: bool) {
        let took = self.now.saturating_sub(began);
        let hints = &mut self.refresh.hints;
        hints.not_before = self.now + (took * READ_SHARE).clamp(HINT_PERIOD, REFRESH_PERIOD);
        let period = match hints.is_proven && is_well {
            true if planted(Bug::TrustsHints) => PROVEN_PERIOD * 1000,
            true => PROVEN_PERIOD,
            false => REFRESH_PERIOD,
        };
        self.refresh.at = Some(if hints.is_due { hints.not_before } else { self.now + period });
    }

    /// `Subscribed`.
    pub(super) fn subscribed(&mut self) {
        self.refresh.hints.is_open = true;
        self.read_soon();
    }

    /// `Hinted`.
    pub(super) fn hinted(&mut self) {
        self.refresh.hints.is_proven = self.refresh.hints.is_open;
        self.read_soon();
    }

    /// `Unsubscribed`.
    pub(super) fn unsubscribed(&mut self) {
        self.refresh.hints.is_open = false;
        self.refresh.hints.is_proven = false;
        self.read_soon();
    }

    /// Something may have changed: it is read at once, or after the read under way. However many hints come, all reads for them
    /// together take no more than their share of the time.
    fn read_soon(&mut self) {
        self.refresh.hints.is_due = true;
        let soon = self.refresh.hints.not_before.max(self.now);
        self.refresh.at = self.refresh.at.map(|at| at.min(soon));
    }

    /// `Recalled`.
    pub(super) fn recalled(
        &mut self,
        at: Timestamp,
        read_at: Timestamp,
        orders: Vec<Arc<Order>>,
        choices: BTreeMap<Store, Choices>,
    ) {
        self.choices.recall(choices);
        if self.refresh.since.is_some() {
            return;
        }
        let stores = &self.settings.stores;
        let own = orders.into_iter().filter(|order| stores.contains(&order.id.store));
        let recalled = self.orders.recall(self.now, at.since(read_at), read_at, own);
        for id in recalled {
            self.show_details(id);
        }
        self.is_attention_stale = true;
    }

    /// Takes in what a reply said of an order.
    pub(super) fn learn(&mut self, began: Duration, order: Arc<Order>) {
        let id = order.id;
        let is_awaited = self.open.has(id);
        self.orders.learn(self.now, began, order, is_awaited);
        self.order_changed(id);
    }

    /// The same, of a reply that may be of long before.
    pub(super) fn learn_late(&mut self, order: Arc<Order>) {
        let id = order.id;
        self.orders.learn_late(self.now, order);
        self.order_changed(id);
    }

    /// What waited for an earlier stage goes out as soon as the cake has come.
    fn order_changed(&mut self, id: OrderId) {
        self.show_details(id);
        if !self.open.has(id) {
            return;
        }
        let head = self.open.of(id).find(|intent| intent.state == IntentState::Open);
        let has_come = head
            .zip(self.orders.get(id))
            .is_some_and(|(head, order)| head.action.stage().is_none_or(|own| order.stage >= own));
        if has_come && self.open.line_mut(id).is_some_and(|line| line.waits == Waits::ForStage) {
            self.open.hurry(id, self.now);
        }
    }

    /// `Reported`.
    pub(super) fn reported(&mut self, id: EffectId, result: Result<Heard, LinkFault>) {
        if self.refresh.reporting.take_if(|reporting| *reporting == id).is_none() {
            return;
        }
        self.refresh.report_at = Some(self.now + REPORT_PERIOD);
        match result {
            Ok(heard) => {
                self.link_up();
                self.hear_of_twins(&heard.fleet);
                self.fleet.hear(self.now, heard);
                self.is_attention_stale = true;
            }
            // The work goes on where only the fleet cannot be told.
            Err(fault) => self.not_answered(&fault),
        }
    }

    /// Who froze this station, if it is frozen.
    pub(super) fn freeze(&self) -> Option<Freeze> {
        let office = self.fleet.is_frozen.then_some(Freeze::Office);
        self.settings.is_read_only.then_some(Freeze::Station).or(office)
    }

    fn own_report(&self) -> Report {
        let backlog = self.open.backlog();
        let is_owed = |(order, owing): &(_, _)| {
            self.orders.get(*order).is_some_and(|cake| cake.stage <= *owing && cake.times.cancelled.is_none())
        };
        let ready = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let printers =
            self.labels.printers().iter().filter(|printer| printer.state == PortState::Ready).count();
        Report {
            backlog: ready(backlog),
            owed: self.facts.shown_early().filter(is_owed).take(OWED_MAX).collect(),
            twice: self.twins.found_here(self.at),
            printers_ready: ready(printers),
            scanners_ready: ready(self.scanners.iter().filter(|state| **state == PortState::Ready).count()),
        }
    }
}

/// The queue on every station shows a change within seconds where nothing tells of it.
const REFRESH_PERIOD: Duration = Duration::from_secs(3);

/// The same where the backend has told of every change so far.
const PROVEN_PERIOD: Duration = REPORT_PERIOD;

/// Between two reads for hints: the eye sees no difference, and a burst of hundreds leads to a few reads.
const HINT_PERIOD: Duration = Duration::from_millis(250);

/// After a read for a hint the backend has so many times as long for everything else.
const READ_SHARE: u32 = 4;

/// A change that a read of changes missed is seen after this at the latest.
const WHOLE_PERIOD: Duration = Duration::from_mins(5);

/// A change may be committed a moment after the time that stands on it.
const OVERLAP: Duration = Duration::from_secs(2);

const REPORT_PERIOD: Duration = Duration::from_secs(15);
