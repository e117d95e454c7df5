//! The open set: every intent that still waits for the backend or a person, a line for each cake.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::planted::{Bug, planted};
use super::{EffectId, Intent, IntentState, Parked, Waiting};
use crate::order::code::Code;
use crate::order::{IntentId, OrderId, Store};

/// The open intents, by `seq`, by their own ids and by cake.
#[derive(Default)]
pub(super) struct Open {
    /// Whether the station has several stores, so that a bare number alone names no cake.
    has_stores: bool,
    live: BTreeMap<u64, Live>,
    by_id: BTreeMap<IntentId, u64>,
    lines: BTreeMap<Name, Line>,
    /// Cakes whose head may be sent, by the time from which it may and its `seq`.
    ready: BTreeMap<(Duration, u64), Name>,
    parked: usize,
}

/// What intents are kept together under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// A cake, or all cakes of a store's number while its suffix is not known.
    Cake(OrderId),
    /// A bare number that was read at a station of several stores and is not known to be either's.
    Number(u32),
}

impl From<OrderId> for Name {
    fn from(order: OrderId) -> Self {
        Self::Cake(order)
    }
}

/// One open intent.
pub(super) struct Live {
    pub(super) intent: Arc<Intent>,
    /// Changes of it that are not durable yet: it is not sent before.
    unsaved: u32,
    /// Whether `held` was said of it.
    pub(super) is_held_told: bool,
    /// Whether its last line was told.
    pub(super) is_ended: bool,
}

/// The intents of one cake, and how its sending goes.
#[derive(Default)]
pub(super) struct Line {
    seqs: BTreeSet<u64>,
    ready: Option<(Duration, u64)>,
    pub(super) sending: Option<EffectId>,
    pub(super) attempts: u32,
    pub(super) retry_at: Duration,
    pub(super) waits: Waits,
    /// Attempts that failed although others had their verdicts since the one before.
    pub(super) alone: u32,
    /// How many verdicts the station had been given when an attempt failed last.
    pub(super) verdicts: Option<u64>,
    /// No call of an earlier attempt can land any more from then on.
    pub(super) settled_at: Duration,
    /// When the order was read and found such that the head may be sent; each leave is for one call.
    pub(super) leave: Option<Duration>,
}

impl Line {
    /// The head of the line is another one: nothing is known against it.
    pub(super) fn begin_anew(&mut self) {
        (self.attempts, self.alone, self.verdicts) = (0, 0, None);
        self.leave = None;
        (self.retry_at, self.waits) = (Duration::ZERO, Waits::Nothing);
    }
}

/// What would let a cake's head go out before its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Waits {
    /// Only its time.
    #[default]
    Nothing,
    /// The link coming back.
    ForLink,
    /// The cake coming to the stage of the action.
    ForStage,
}

impl Open {
    /// An empty set, at a station of these stores.
    pub(super) fn new(stores: &BTreeSet<Store>) -> Self {
        Self { has_stores: stores.len() > 1, ..Self::default() }
    }

    /// What an intent is kept under. The store of a bare number is a guess until the backend has told it.
    pub(super) fn name(&self, intent: &Intent) -> Name {
        match Code::parse(&intent.code) {
            Code::Number(number) if self.has_stores && !intent.is_exact => Name::Number(number),
            _ => Name::Cake(intent.order),
        }
    }

    /// What a code is kept under that was taken for this cake, which the copy knows or not.
    pub(super) fn name_of(&self, code: &Code, order: OrderId, is_known: bool) -> Name {
        match code {
            Code::Number(number) if self.has_stores && !is_known => Name::Number(*number),
            _ => Name::Cake(order),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    pub(super) fn get(&self, id: IntentId) -> Option<&Arc<Intent>> {
        self.live(id).map(|live| &live.intent)
    }

    pub(super) fn live(&self, id: IntentId) -> Option<&Live> {
        self.live.get(self.by_id.get(&id)?)
    }

    pub(super) fn live_mut(&mut self, id: IntentId) -> Option<&mut Live> {
        self.live.get_mut(self.by_id.get(&id)?)
    }

    pub(super) fn line_mut(&mut self, name: impl Into<Name>) -> Option<&mut Line> {
        self.lines.get_mut(&name.into())
    }

    pub(super) fn has(&self, order: OrderId) -> bool {
        self.lines.contains_key(&Name::Cake(order))
    }

    /// The open intents of a cake, in the order of their scans.
    pub(super) fn of(&self, name: impl Into<Name>) -> impl Iterator<Item = &Arc<Intent>> {
        let seqs = self.lines.get(&name.into()).into_iter().flat_map(|line| &line.seqs);
        seqs.filter_map(|seq| self.live.get(seq)).map(|live| &live.intent)
    }

    /// All open intents, in the order of their scans.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Intent>> {
        self.live.values().map(|live| &live.intent)
    }

    /// Takes in an intent that is durable as it is.
    pub(super) fn insert(&mut self, intent: Intent) {
        let (id, seq, name) = (intent.id, intent.seq, self.name(&intent));
        self.parked += usize::from(is_parked(&intent));
        self.by_id.insert(id, seq);
        let is_ended = matches!(intent.state, IntentState::Parked(Parked::Refused(_) | Parked::NoExactCake));
        let live = Live { intent: Arc::new(intent), unsaved: 0, is_held_told: false, is_ended };
        self.live.insert(seq, live);
        self.lines.entry(name).or_default().seqs.insert(seq);
        self.requeue(name);
    }

    /// Changes an intent; the change is to be made durable, and until it is the intent is not sent.
    pub(super) fn change(&mut self, id: IntentId, change: impl FnOnce(&mut Intent)) -> Option<Intent> {
        let seq = *self.by_id.get(&id)?;
        let before = self.name(&self.live.get(&seq)?.intent);
        let live = self.live.get_mut(&seq)?;
        let was_parked = is_parked(&live.intent);
        let intent = Arc::make_mut(&mut live.intent);
        change(intent);
        live.unsaved += 1;
        self.parked = self.parked + usize::from(is_parked(intent)) - usize::from(was_parked);
        let intent = intent.clone();
        let after = self.name(&intent);
        if before != after {
            self.leave(before, seq);
            self.lines.entry(after).or_default().seqs.insert(seq);
        }
        self.requeue(after);
        Some(intent)
    }

    /// A change of the intent is durable.
    pub(super) fn release(&mut self, id: IntentId) {
        let Some(live) = self.live_mut(id) else { return };
        live.unsaved = live.unsaved.saturating_sub(1);
        let intent = live.intent.clone();
        self.requeue(self.name(&intent));
    }

    /// Takes an intent out of the open set: it has its verdict, or a person closed it.
    pub(super) fn remove(&mut self, id: IntentId) -> Option<Live> {
        let seq = self.by_id.remove(&id)?;
        let live = self.live.remove(&seq)?;
        self.parked -= usize::from(is_parked(&live.intent));
        self.leave(self.name(&live.intent), seq);
        Some(live)
    }

    /// The intent to be sent next, if the time of one has come.
    pub(super) fn next(&self, now: Duration) -> Option<Arc<Intent>> {
        let (_, name) = self.ready.first_key_value().filter(|((at, _), _)| *at <= now)?;
        self.head(*name).map(|live| live.intent.clone())
    }

    /// When the next intent may be sent.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.ready.first_key_value().map(|((at, _), _)| *at)
    }

    /// Sets the line of a cake anew after something of it changed, and with a number's those that wait for it.
    pub(super) fn requeue(&mut self, name: Name) {
        self.requeue_line(name);
        if let Name::Number(number) = name {
            for (first, last) in Store::ALL.map(|store| OrderId::all_of(store, number).into_inner()) {
                let cakes = self.lines.range(Name::Cake(first)..=Name::Cake(last));
                for cake in cakes.map(|(name, _)| *name).collect::<Vec<_>>() {
                    self.requeue_line(cake);
                }
            }
        }
    }

    fn requeue_line(&mut self, name: Name) {
        let is_saved = |live: &&Live| live.unsaved == 0 || planted(Bug::SendsBeforeDurable);
        let head = self.head(name).filter(is_saved).map(|live| live.intent.seq);
        let head = head.filter(|seq| !self.may_be_behind(name, *seq));
        let Some(line) = self.lines.get_mut(&name) else { return };
        if let Some(key) = line.ready.take() {
            self.ready.remove(&key);
        }
        if let Some(seq) = head.filter(|_| line.sending.is_none()) {
            let key = (line.retry_at.max(line.settled_at), seq);
            line.ready = Some(key);
            self.ready.insert(key, name);
        }
    }

    /// Of the cakes with an intent that was tried nothing is sent before `at`.
    pub(super) fn settle_tried(&mut self, at: Duration) {
        let tried = self.all().filter(|intent| intent.tried_after.is_some());
        for name in tried.map(|intent| self.name(intent)).collect::<Vec<_>>() {
            if let Some(line) = self.lines.get_mut(&name) {
                line.settled_at = at;
            }
            self.requeue_line(name);
        }
    }

    /// Every cake that waited for the link may be sent at once.
    pub(super) fn link_is_up(&mut self, now: Duration) {
        let waiting: Vec<_> = self
            .lines
            .iter()
            .filter(|(_, line)| line.waits == Waits::ForLink)
            .map(|(name, _)| *name)
            .collect();
        for name in waiting {
            self.hurry(name, now);
        }
    }

    /// A cake may be sent at once.
    pub(super) fn hurry(&mut self, name: impl Into<Name>, now: Duration) {
        let name = name.into();
        if let Some(line) = self.lines.get_mut(&name) {
            line.waits = Waits::Nothing;
            line.retry_at = line.retry_at.min(now);
            self.requeue(name);
        }
    }

    /// How many wait for the backend, parked ones aside, and since when.
    pub(super) fn waiting(&self) -> Waiting {
        let oldest = self.all().find(|intent| !is_parked(intent)).map(|intent| intent.captured_at);
        Waiting { count: self.live.len() - self.parked, oldest }
    }

    /// How many are to be sent that can move a cake. Those that wait for their label do not count, nor those that wait
    /// for an earlier stage: else two stations could wait for each other.
    pub(super) fn backlog(&self) -> usize {
        let lines = self.lines.values().filter(|line| line.waits != Waits::ForStage);
        let intents = lines.flat_map(|line| &line.seqs).filter_map(|seq| self.live.get(seq));
        intents
            .filter(|live| live.intent.state == IntentState::Open && live.intent.action.stage().is_some())
            .count()
    }

    /// The parked intents, in the order of their scans.
    pub(super) fn parked(&self) -> impl Iterator<Item = &Arc<Intent>> {
        self.all().filter(|intent| is_parked(intent)).take(self.parked)
    }

    /// The first of a cake that is neither parked nor waits for its label. One whose parking, or whose turning out a print, is not
    /// durable yet is still in the way: after a power cut it would go out behind its followers.
    fn head(&self, name: Name) -> Option<&Live> {
        let mut line = self.lines.get(&name)?.seqs.iter().filter_map(|seq| self.live.get(seq));
        let is_next = |live: &&Live| match live.intent.state {
            IntentState::Open => true,
            IntentState::Printing => live.unsaved > 0,
            IntentState::Parked(_) => live.unsaved > 0 || planted(Bug::SendsParked),
            IntentState::Agreed { .. } | IntentState::Closed => false,
        };
        if planted(Bug::SendsNewestFirst) {
            return line.rev().find(is_next);
        }
        if planted(Bug::OrdersByClock) {
            return line.filter(is_next).min_by_key(|live| live.intent.captured_at);
        }
        line.find(is_next)
    }

    /// Whether a number was read before that may turn out to be this cake's: its scan goes out first.
    fn may_be_behind(&self, name: Name, seq: u64) -> bool {
        let Name::Cake(order) = name else { return false };
        self.head(Name::Number(order.number)).is_some_and(|head| head.intent.seq < seq)
    }

    fn leave(&mut self, name: Name, seq: u64) {
        let Some(line) = self.lines.get_mut(&name) else { return };
        line.seqs.remove(&seq);
        self.requeue(name);
        if self.lines.get(&name).is_some_and(|line| line.seqs.is_empty()) {
            self.lines.remove(&name);
        }
    }
}

fn is_parked(intent: &Intent) -> bool {
    matches!(intent.state, IntentState::Parked(_))
}
