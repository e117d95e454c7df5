//! The labels that were ordered here, and the printers they go to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::planted::{Bug, planted};
use super::verify::Fresh;
use super::{EffectId, Job, JobState, PortState, PrinterFault, Warning};
use crate::order::{IntentId, Lacks, OrderId, Timestamp};

/// The labels of this station, and its printers.
pub(super) struct Labels {
    pub(super) jobs: BTreeMap<IntentId, Job>,
    /// Jobs that a printer may be given, in the order of their scans.
    pub(super) waiting: BTreeMap<u64, IntentId>,
    /// What came out here: the highest copy of each cake, and when its label did.
    pub(super) out: BTreeMap<OrderId, Out>,
    pub(super) printers: Vec<Printer>,
    pub(super) under_way: BTreeMap<EffectId, IntentId>,
    /// Labels whose order is being looked up.
    pub(super) finding: BTreeSet<IntentId>,
    pub(super) find_at: Duration,
    /// The fault that was said last of each job.
    pub(super) told: BTreeMap<IntentId, PrinterFault>,
    /// Open intents whose label is out.
    pub(super) labelled: BTreeSet<IntentId>,
    /// How many jobs had waited too long when that was last looked at.
    expired: usize,
    /// What labels that may be out do not show.
    pub(super) lacks: BTreeMap<IntentId, Lacks>,
    /// Whether the station is about to end: no label is begun any more.
    pub(super) is_ending: bool,
}

/// The labels of one cake that were ordered here.
#[derive(Clone, Copy, Default)]
pub(super) struct Out {
    pub(super) copy: u8,
    pub(super) at: Option<Timestamp>,
}

pub(super) struct Printer {
    pub(super) state: PortState<PrinterFault>,
    pub(super) busy: Option<IntentId>,
    /// When a fault that a job ran into is forgotten, unless the printer says more before.
    pub(super) retry_at: Option<Duration>,
    /// Whether its paper is nearly out.
    pub(super) is_low: bool,
    pub(super) fresh: Fresh,
}

impl Printer {
    /// What is told of it before it stops.
    pub(super) fn warnings(&self, at: Timestamp) -> Vec<Warning> {
        let low = self.is_low.then_some(Warning::PaperLow);
        low.into_iter().chain(self.fresh.warning(at)).collect()
    }
}

impl Labels {
    pub(super) fn new(printers: usize) -> Self {
        let printer = || Printer {
            state: PortState::Unknown,
            busy: None,
            retry_at: None,
            is_low: false,
            fresh: Fresh::default(),
        };
        Self {
            jobs: BTreeMap::new(),
            waiting: BTreeMap::new(),
            out: BTreeMap::new(),
            printers: std::iter::repeat_with(printer).take(printers).collect(),
            under_way: BTreeMap::new(),
            finding: BTreeSet::new(),
            find_at: Duration::ZERO,
            told: BTreeMap::new(),
            labelled: BTreeSet::new(),
            expired: 0,
            lacks: BTreeMap::new(),
            is_ending: false,
        }
    }

    pub(super) fn printers(&self) -> &[Printer] {
        &self.printers
    }

    /// The printer that the next label goes to.
    pub(super) fn able(&self) -> Option<usize> {
        self.printers.iter().position(|printer| !matches!(printer.state, PortState::Faulted(_)))
    }

    /// The number of the next label of a cake; higher than any that was ordered here before.
    pub(super) fn next_copy(&self, order: OrderId) -> u8 {
        self.out
            .get(&order)
            .filter(|_| !planted(Bug::NumbersCopiesAlike))
            .map_or(1, |out| out.copy.saturating_add(1))
    }

    /// Jobs whose fate a person must tell.
    pub(super) fn unconfirmed(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values().filter(|job| matches!(job.state, JobState::Unconfirmed(_)))
    }

    /// Jobs that have waited too long to come out by themselves.
    pub(super) fn expired(&self, at: Timestamp) -> impl Iterator<Item = &Job> {
        self.jobs.values().filter(move |job| is_stopped(job) && is_expired(job, at))
    }

    /// Looks whether more or fewer jobs have waited too long than the last time.
    pub(super) fn count_expired(&mut self, at: Timestamp) -> bool {
        let before = std::mem::replace(&mut self.expired, 0);
        self.expired = self.expired(at).count();
        self.expired != before
    }

    pub(super) fn job(&self, intent: IntentId) -> Option<&Job> {
        self.jobs.get(&intent)
    }

    /// Takes in a job as it is kept.
    pub(super) fn insert(&mut self, seq: u64, job: Job) {
        self.note(&job);
        match job.state {
            JobState::Queued | JobState::Failed(_) => {
                self.waiting.insert(seq, job.intent);
            }
            JobState::Sending | JobState::Unconfirmed(_) => {}
            JobState::Printed | JobState::Sent if !job.is_reprint => {
                self.labelled.insert(job.intent);
                return;
            }
            JobState::Printed | JobState::Sent | JobState::Cancelled => return,
        }
        self.jobs.insert(job.intent, job);
    }

    /// Counts the label of a job.
    pub(super) fn note(&mut self, job: &Job) {
        let out = self.out.entry(job.order).or_default();
        out.copy = out.copy.max(job.copy);
        if !job.is_reprint {
            out.at = out.at.max(job.out_at);
        }
    }

    /// A person looked after the printers: a fault that only a job ran into is not believed any longer.
    pub(super) fn try_printers(&mut self) {
        for printer in self.printers.iter_mut().filter(|printer| printer.retry_at.is_some()) {
            printer.retry_at = None;
            printer.state = PortState::Unknown;
        }
    }

    /// Forgets what came out of cakes that are not open any more, but for the numbers of their copies.
    pub(super) fn retain(&mut self, is_open: impl Fn(OrderId) -> bool) {
        if self.out.len() > CAKES_MAX {
            self.out.retain(|order, _| is_open(*order));
        }
        for (_, out) in self.out.iter_mut().filter(|(order, _)| !is_open(**order)) {
            out.at = None;
        }
    }

    pub(super) fn deadline(&self, at: Timestamp, now: Duration) -> Option<Duration> {
        let retry = self.printers.iter().filter_map(|printer| printer.retry_at).min();
        let is_finding = |intent: &IntentId| {
            !self.finding.contains(intent) && self.jobs.get(intent).is_some_and(|job| !is_expired(job, at))
        };
        let wants_find = self.find_at > now && self.waiting.values().any(is_finding);
        let find = wants_find.then_some(self.find_at);
        let fresh = self.jobs.values().filter(|job| is_stopped(job) && !is_expired(job, at));
        let expiry = fresh.map(|job| now + PRINT_EXPIRY.saturating_sub(at.since(job.queued_at))).min();
        // Siblings wait for each other by the clock on the wall: it is looked at now and then.
        [retry, find, expiry].into_iter().flatten().min()
    }
}

/// Whether nothing of the job is on its way, and its printer is not in doubt.
fn is_stopped(job: &Job) -> bool {
    matches!(job.state, JobState::Queued | JobState::Failed(_))
}

/// Whether the two are less than an expiry apart, whichever is later: a stamp of the future is one of a clock that was set.
pub(super) fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.since(other).max(other.since(one)) < PRINT_EXPIRY
}

pub(super) fn is_expired(job: &Job, at: Timestamp) -> bool {
    !is_near(at, job.queued_at)
}

/// More cakes than two shops pack in the month that the journal keeps.
const CAKES_MAX: usize = 25_000;

/// `workflow.md` 4: older jobs wait for a person instead of all coming out in the morning.
pub(super) const PRINT_EXPIRY: Duration = Duration::from_mins(15);
