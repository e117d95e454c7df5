//! What waits to be durable. One `Store` is under way at a time and carries all that waits: a group commit, all or
//! none. What a person was not promised yet is refused when it fails; what the world already knows waits on.

use std::time::Duration;

use super::open::{Name, Open};
use super::planted::{Bug, planted};
use super::scan::Scan;
use super::{
    Answer, Effect, EffectId, Fact, Held, Intent, IntentState, JobState, Record, Station, StoreFault,
};
use crate::order::{Action, IntentId, OrderId, Stage};

/// The queue to the journal.
#[derive(Default)]
pub(super) struct Commits {
    waiting: Vec<Commit>,
    under_way: Option<(EffectId, Vec<Commit>)>,
    fault: Option<StoreFault>,
    probe_at: Option<Duration>,
}

/// Records that belong together, and what follows when they are durable.
pub(super) struct Commit {
    pub(super) records: Vec<Record>,
    pub(super) then: Then,
}

/// What follows when records are durable.
pub(super) enum Then {
    /// A scan is accepted. On failure it is refused.
    Accept(Box<Accept>),
    /// A fact was kept; the scan is answered. On failure it is refused.
    Keep(Box<Keep>),
    /// What was changed of this intent may be acted upon.
    Release(IntentId),
    /// The label of this intent may be printed.
    Print(IntentId),
    /// Nothing.
    Done,
}

/// A scan that acts, before it is accepted.
pub(super) struct Accept {
    pub(super) scan: Scan,
    pub(super) intent: Intent,
    pub(super) held: Option<Held>,
    /// The stage that owes the cake's scan, when it is shown here a second time before.
    pub(super) owing: Option<Stage>,
}

/// A scan that keeps a fact, before it is answered.
pub(super) struct Keep {
    pub(super) scan: Scan,
    pub(super) order: OrderId,
    pub(super) fact: Fact,
    pub(super) answer: Answer,
    /// What a further scan in time is taken for.
    pub(super) then: Option<Action>,
}

impl Commits {
    /// Whether a scan of this cake waits to be durable.
    pub(super) fn is_busy(&self, open: &Open, name: Name) -> bool {
        let under_way = self.under_way.iter().flat_map(|(_, commits)| commits);
        under_way.chain(&self.waiting).any(|commit| match &commit.then {
            // What moves no cake changes nothing of what a scan does.
            Then::Accept(accept) => {
                open.name(&accept.intent) == name && accept.intent.action.stage().is_some()
            }
            Then::Keep(keep) => Name::Cake(keep.order) == name,
            Then::Release(_) | Then::Print(_) | Then::Done => false,
        })
    }

    /// Whether a label of this cake waits to be accepted.
    pub(super) fn is_printing(&self, order: OrderId) -> bool {
        let under_way = self.under_way.iter().flat_map(|(_, commits)| commits);
        under_way.chain(&self.waiting).any(|commit| match &commit.then {
            Then::Accept(accept) => accept.intent.order == order && accept.intent.action.is_print(),
            _ => false,
        })
    }

    /// How many scans wait to be durable.
    pub(super) fn accepting(&self) -> usize {
        let under_way = self.under_way.iter().flat_map(|(_, commits)| commits);
        under_way
            .chain(&self.waiting)
            .filter(|commit| matches!(commit.then, Then::Accept(_) | Then::Keep(_)))
            .count()
    }

    /// Whether more scans can be taken without any of them being refused for their number.
    pub(super) fn has_room(&self) -> bool {
        self.accepting() < ACCEPTING_MAX / 2
    }

    /// Whether anything is about to be durable: nothing is while the journal takes nothing.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some() || (!self.waiting.is_empty() && self.fault.is_none())
    }

    /// Whether so much waits that nothing may be done that would add to it.
    pub(super) fn is_clogged(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }

    /// What keeps the journal from taking more, if it does.
    pub(super) fn stopped_by(&self) -> Option<StoreFault> {
        let hangs = (self.is_clogged() || self.accepting() >= ACCEPTING_MAX).then_some(StoreFault::Hangs);
        self.fault.clone().or(hangs)
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.probe_at.filter(|_| self.under_way.is_none())
    }
}

impl Station {
    /// Makes records durable, in the order of these calls.
    pub(super) fn commit(&mut self, records: Vec<Record>, then: Then) {
        self.commits.waiting.push(Commit { records, then });
    }

    /// Orders the next `Store`, if one is due.
    pub(super) fn pump_commits(&mut self) {
        let is_due = self.commits.probe_at.is_none_or(|at| self.now >= at);
        if self.commits.under_way.is_some() || self.commits.waiting.is_empty() || !is_due {
            return;
        }
        let commits = std::mem::take(&mut self.commits.waiting);
        let records = commits.iter().flat_map(|commit| commit.records.iter().cloned()).collect();
        let id = self.next_id();
        self.commits.probe_at = None;
        self.commits.under_way = Some((id, commits));
        self.effects.push(Effect::Store { id, records });
    }

    /// `Stored`.
    pub(super) fn stored(&mut self, id: EffectId, result: Result<(), StoreFault>) {
        let Some((_, commits)) = self.commits.under_way.take_if(|(under_way, _)| *under_way == id) else {
            return;
        };
        match result {
            Ok(()) => {
                self.commits.fault = None;
                for commit in commits {
                    for record in &commit.records {
                        if let Record::Job(job) = record {
                            self.spool.note(job);
                        }
                    }
                    self.durable(commit.then);
                }
            }
            Err(fault) => self.not_stored(commits, &fault),
        }
    }

    fn durable(&mut self, then: Then) {
        match then {
            Then::Accept(accept) => self.accepted(*accept),
            Then::Keep(keep) => self.kept(*keep),
            Then::Release(intent) => self.open.release(intent),
            Then::Print(intent) => self.print(intent),
            Then::Done => {}
        }
    }

    /// Nothing that was promised to nobody is tried again: a write that failed may still turn up on the disk, so the
    /// next one says that it was given up. That next one is also the proof that the journal works again.
    fn not_stored(&mut self, commits: Vec<Commit>, fault: &StoreFault) {
        self.commits.fault = Some(fault.clone());
        self.commits.probe_at = Some(self.now + PROBE_PERIOD);
        let later = std::mem::take(&mut self.commits.waiting);
        for Commit { records, then } in commits.into_iter().chain(later) {
            let then = match then {
                Then::Accept(accept) if planted(Bug::AcceptsWhatWasNotStored) => {
                    self.accepted(*accept);
                    Then::Done
                }
                Then::Accept(accept) if !planted(Bug::TrustsRetriedWrite) => {
                    self.refuse_unstored(&accept.scan, Some(accept.intent.order), fault);
                    Then::Done
                }
                Then::Keep(keep) => {
                    self.refuse_unstored(&keep.scan, Some(keep.order), fault);
                    Then::Done
                }
                kept => {
                    self.commits.waiting.push(Commit { records, then: kept });
                    continue;
                }
            };
            let records = records.into_iter().map(given_up).collect();
            self.commits.waiting.push(Commit { records, then });
        }
    }

    fn refuse_unstored(&mut self, scan: &Scan, order: Option<OrderId>, fault: &StoreFault) {
        if planted(Bug::SaysNothingOfFullDisk) {
            return;
        }
        self.answer(scan, order, Answer::NotStored(fault.clone()));
    }
}

/// What must stand in the journal in the place of a record that nobody was promised.
fn given_up(record: Record) -> Record {
    match record {
        record if planted(Bug::KeepsTheUnpromised) => record,
        Record::Intent(mut intent) => {
            intent.state = IntentState::Closed;
            Record::Intent(intent)
        }
        Record::Job(mut job) => {
            job.state = JobState::Cancelled;
            Record::Job(job)
        }
        // A fact that is there although its scan was refused costs one scan, and no cake.
        fact @ Record::Fact { .. } => fact,
        notice @ Record::Notice(_) => notice,
    }
}

/// Scans that may wait for one journal write: far more than all guns of a station read in a second.
const ACCEPTING_MAX: usize = 256;

/// A journal that works takes all that waits every few milliseconds, and calls, printers and guns add a handful to it.
/// When so much waits it has been stopped for long: nothing is sent or printed, and no scan or touch is taken.
const WAITING_MAX: usize = 1024;

/// How soon after a failure the journal is tried again.
const PROBE_PERIOD: Duration = Duration::from_secs(2);
