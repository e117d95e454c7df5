//! What must hold, looked at from outside: in what stations are told, what they order, what they say and what they leave.

use std::sync::Arc;

use super::reads::Read;
use super::tally::{Luck, words};
use super::world::World;
use crate::order::{Action, IntentId, Stage};
use crate::station::*;

words! {
    /// What is broken when a run fails: the invariants of `reliability.md`, and those of `workflow.md` by a word.
    Rule {
        I1, I2, I3, I4, I5, I6, I7, I8, I10, I13,
        // A completion captured before a return never undoes it.
        Return,
        // A cancelled order is never advanced.
        Cancelled,
        // A scan is never applied to another cake than the one shown.
        Shown,
        // No negative answer online without a read.
        ReadFirst,
        // A read within the guard is no scan; any other is answered, once.
        Guard, Answered,
        // What came in just now, is reworked, or has a sibling behind is asked about.
        Dwell, Rework, Sibling,
        // Filling starts with a label that is out.
        Label,
        // Nothing is parked ahead of a scan that is on its way; a parked one takes its followers with it.
        Upstream, Followers,
        // Where a cake has labels of two stations, a person at each was told.
        Twins,
        // The database ends equal to the cakes, or a person has a card.
        Equal,
        // Every station ends with the queue as the backend has it.
        Queue,
        // Where repeated calls do harm: a write without a look, or too soon after one that was lost.
        Witness,
        // The end of a stage that has a start, without that.
        Started,
        // The engine panicked.
        Panic,
    }
}

/// What is broken, and where.
#[derive(Clone, Debug)]
pub struct Breach {
    pub rule: Rule,
    pub text: String,
}

/// What a station is being told while it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// The backend's answer to a read.
    Read,
    /// That the backend does not answer.
    NoRead,
    /// A scan.
    Scan,
    Other,
}

impl Hearing {
    pub fn of(event: &Event) -> Self {
        match event {
            Event::Read { result: Ok(_), .. } => Self::Read,
            Event::Read { result: Err(_), .. } | Event::Due { .. } => Self::NoRead,
            Event::Scanned { .. } => Self::Scan,
            _ => Self::Other,
        }
    }
}

impl World {
    pub fn breach(&mut self, rule: Rule, place: usize, text: impl FnOnce() -> String) {
        if self.breach.is_none() {
            let text = format!("{}: {}", self.kiosks[place].settings.name, text());
            self.note(|_| format!("BROKEN {}: {text}", rule.name()));
            self.breach = Some(Breach { rule, text });
        }
    }

    /// Before a station is told.
    pub fn check_event(&mut self, place: usize, event: &Event) {
        if self.is_weak() {
            self.note_looks(place, event);
        }
        if let Event::Answered { reply, id, .. } = event {
            let Some(intent) = self.calls.remove(&(place, *id)) else { return };
            let now = self.now;
            let Some(read) = self.read_of_mut(intent) else { return };
            match reply {
                Reply::Done { .. } => read.is_answered = true,
                Reply::Refused(_) | Reply::Lost(LinkFault::NoFunction(_)) => {
                    (read.is_declined, read.declined_at) = (true, now);
                }
                Reply::Lost(_) => {}
            }
        }
    }

    /// What a station orders.
    pub fn check_effect(&mut self, place: usize, effect: &Effect) {
        match effect {
            Effect::Send { id, intent } => {
                self.fold(intent.id.bits() as u64 ^ place as u64);
                self.calls.insert((place, *id), intent.id);
                self.check_send(place, intent);
            }
            Effect::Store { records, .. } => {
                if self.is_weak() {
                    self.note_agreed(records);
                }
                for record in records {
                    let word = match record {
                        Record::Intent(intent) => intent.id.bits() as u64 ^ u64::from(intent.state.is_open()),
                        Record::Job(job) => job.intent.bits() as u64 ^ (1 + u64::from(job.copy)),
                        Record::Fact { order, .. } => u64::from(order.number),
                        Record::Notice(_) => 0,
                    };
                    self.fold(word ^ self.now.as_micros() as u64);
                }
            }
            Effect::Print { job, .. } => {
                self.fold(job.intent.bits() as u64 ^ 7);
                self.check_print(place, job);
            }
            _ => {}
        }
    }

    fn check_send(&mut self, place: usize, intent: &Arc<Intent>) {
        let disk = &self.kiosks[place].disk;
        if disk.intents.get(&intent.id) != Some(&**intent) {
            return self.breach(Rule::I1, place, || format!("sent otherwise than kept: {}", Short(intent)));
        }
        let is_before = |other: &&Intent| {
            is_same_cake(other, intent) && other.seq < intent.seq && other.state == IntentState::Open
        };
        let before: Vec<_> = disk.open().filter(is_before).map(|other| other.id).collect();
        let is_unanswered = |id: &IntentId| {
            let is_copy = disk.intents.get(id).is_some_and(|intent| intent.action == Action::Reprint);
            let is_closed = |read: &Read| read.is_answered || (is_copy && read.is_declined);
            self.read_of(*id).is_some_and(|read| !is_closed(read))
        };
        if before.iter().any(is_unanswered) {
            let is_clock_off = self.kiosks[place].was_clock_set;
            let rule = if is_clock_off { Rule::I13 } else { Rule::I4 };
            return self.breach(rule, place, || {
                format!("sent before an earlier one of its cake: {}", Short(intent))
            });
        }
        if self.is_weak() {
            self.check_weak_send(place, intent);
        }
        let Some(read) = self.read_of_mut(intent.id) else {
            return self.breach(Rule::I2, place, || format!("an intent of no scan: {}", Short(intent)));
        };
        read.sends += 1;
        let body = read.body.get_or_insert_with(|| intent.clone());
        let is_same = body == intent && read.place == place;
        let is_aimed = read.aim.allows(intent.order);
        let (is_refused, life, aim) = (read.is_refused, read.life, read.aim.clone());
        if !is_same {
            self.breach(Rule::I2, place, || format!("one id, another body: {}", Short(intent)));
        } else if !is_aimed {
            self.breach(Rule::Shown, place, || format!("{aim:?} was meant: {}", Short(intent)));
        } else if is_refused && life == self.kiosks[place].life {
            self.breach(Rule::I10, place, || {
                format!("sent although it was refused as not stored: {}", Short(intent))
            });
        }
    }

    fn check_print(&mut self, place: usize, job: &Job) {
        let labels = self.kiosks[place].labels.get(&job.order).copied().unwrap_or_default();
        let is_durable =
            self.kiosks[place].disk.jobs.get(&job.intent).is_some_and(|kept| kept.state == JobState::Sending);
        if labels.is_spent {
            self.breach(Rule::I6, place, || format!("printed again with nobody's word: {job:?}"));
        } else if labels.out > 0 && job.copy <= labels.copy {
            self.breach(Rule::I6, place, || format!("a further label that says it is no copy: {job:?}"));
        } else if !is_durable {
            self.breach(Rule::I6, place, || format!("printed before it was durable as sending: {job:?}"));
        }
        if job.printer > 0 {
            self.tally.luck(Luck::TookOver);
        }
    }

    /// Records that are on the disk from now on.
    pub fn check_batch(&mut self, place: usize, records: &[Record], is_acknowledged: bool) {
        let is_promised = |intent: &Intent| {
            self.read_of(intent.id).is_none_or(|read| !read.is_refused) || !intent.state.is_open()
        };
        let unpromised = records.iter().find_map(|record| match record {
            Record::Intent(intent) => Some(intent).filter(|intent| !is_promised(intent)),
            _ => None,
        });
        if let Some(intent) = unpromised.filter(|_| is_acknowledged) {
            return self
                .breach(Rule::I10, place, || format!("kept open although refused: {}", Short(intent)));
        }
        for record in records {
            match record {
                Record::Intent(intent) => self.check_state(place, intent, records),
                Record::Job(job) => match job.state {
                    JobState::Unconfirmed(PrinterFault::Interrupted) => {
                        self.tally.luck(Luck::InterruptedPrint);
                    }
                    JobState::Unconfirmed(_) => self.tally.luck(Luck::LabelInDoubt),
                    _ => {}
                },
                Record::Fact { order, fact: Fact::Started { rework, stage: Stage::Decorating }, .. } => {
                    self.kiosks[place].reworks.insert((*order, *rework));
                    self.tally.luck(Luck::ReworkStarted);
                }
                Record::Fact { order, fact: Fact::LabelRead, at } => {
                    let now = self.now.saturating_sub(self.at(place).since(*at));
                    self.kiosks[place].label_reads.entry(*order).or_insert(now);
                }
                Record::Fact { fact: Fact::AlsoPrinted(_), .. } => self.tally.luck(Luck::AlsoPrinted),
                Record::Fact { .. } | Record::Notice(_) => {}
            }
        }
    }

    fn check_state(&mut self, place: usize, intent: &Intent, batch: &[Record]) {
        let Some(read) = self.read_of(intent.id) else { return };
        let (is_answered, is_declined) = (read.is_answered, read.is_declined);
        let (is_accepted, is_closed) = (read.is_accepted, read.is_closed);
        let rule = if self.kiosks[place].is_signed_out { Rule::I8 } else { Rule::I3 };
        match &intent.state {
            IntentState::Agreed { already } => {
                // A copy that the books take no note of is out all the same.
                let is_of_books = intent.action != Action::Reprint || !is_declined;
                let is_known = if self.is_weak() {
                    let is_kept = !self.backend.abilities.keeps(intent.action);
                    is_kept || self.backend.has_step(intent, *already) || self.is_excused(intent.order)
                } else {
                    let is_in = self.backend.intents.contains_key(&intent.id);
                    is_answered && (is_in || self.forgotten.contains(&intent.id))
                };
                if is_of_books && !is_known {
                    self.breach(rule, place, || format!("closed without a verdict: {}", Short(intent)));
                }
                let was_held = self.reads_held.remove(&intent.id);
                if was_held {
                    self.tally.luck(Luck::HeldThenAgreed);
                }
            }
            IntentState::Closed => {
                let is_replaced = intent.detail.is_some();
                if is_accepted && !is_closed && !is_replaced {
                    self.breach(rule, place, || format!("closed by nobody: {}", Short(intent)));
                }
            }
            IntentState::Parked(why) => {
                self.check_parked(place, intent, why, batch);
                let is_missing = matches!(why, Parked::Refused(refusal) if !refusal.message.is_empty());
                let is_missing = is_missing || self.is_weak();
                if matches!(why, Parked::Refused(_)) && !is_declined && !is_missing {
                    self.breach(rule, place, || format!("parked as refused by nobody: {}", Short(intent)));
                }
            }
            IntentState::Printing => {}
            IntentState::Open if intent.action == Action::StartPacking => {
                let read_at = read.at;
                self.kiosks[place].began.entry(intent.order).or_insert(read_at);
            }
            IntentState::Open => {
                let old = self.kiosks[place].disk.intents.get(&intent.id);
                let was_parked = old.is_some_and(|old| matches!(old.state, IntentState::Parked(_)));
                if old.is_some_and(|old| old.is_action_open) && !intent.is_action_open {
                    self.tally.luck(Luck::DecidedLate);
                }
                let now = self.now;
                if let Some(read) = self.read_of_mut(intent.id).filter(|_| was_parked) {
                    read.retried_at = now;
                }
            }
        }
    }

    fn check_parked(&mut self, place: usize, intent: &Intent, why: &Parked, batch: &[Record]) {
        match why {
            Parked::TooSoon => self.tally.luck(Luck::TooSoonParked),
            Parked::Behind => self.tally.luck(Luck::FollowersParked),
            Parked::Refused(_) if intent.detail.is_some() => self.tally.luck(Luck::DetailRefused),
            Parked::Refused(refusal) if refusal.cancelled_at.is_some() => {
                self.tally.luck(Luck::CancelledWhileHeld);
            }
            Parked::Refused(refusal) if refusal.code == RefusalCode::Conflict => {
                self.tally.luck(Luck::ConflictParked);
            }
            _ => {}
        }
        let is_parked = |id: IntentId| {
            batch.iter().any(|record| match record {
                Record::Intent(other) => other.id == id && other.state != IntentState::Open,
                _ => false,
            })
        };
        let disk = &self.kiosks[place].disk;
        // Those that were accepted later are judged anew.
        let declined_at = self.read_of(intent.id).map_or(self.now, |read| read.declined_at);
        let was_there = |other: &Intent| {
            self.read_of(other.id).is_some_and(|read| read.is_accepted && read.accepted_at < declined_at)
        };
        let is_follower = |other: &&Intent| {
            is_same_cake(other, intent) && other.seq > intent.seq && other.state == IntentState::Open
        };
        let goes_on = |other: &&Intent| was_there(other) && !is_parked(other.id);
        let left = disk.open().filter(is_follower).find(goes_on).cloned();
        let was_parked =
            disk.intents.get(&intent.id).is_some_and(|old| matches!(old.state, IntentState::Parked(_)));
        if let Some(left) = left.filter(|_| intent.action.stage().is_some() && !was_parked) {
            self.breach(Rule::Followers, place, || {
                format!("{} goes on behind {}", Short(&left), Short(intent))
            });
        }
        self.check_upstream(place, intent, why);
    }
}

/// Whether two intents are known to be of one cake: a bare number may be either store's.
fn is_same_cake(one: &Intent, other: &Intent) -> bool {
    let is_number =
        |intent: &Intent| !intent.is_exact && intent.code.starts_with(|c: char| c.is_ascii_digit());
    one.order == other.order && is_number(one) == is_number(other)
}

/// An intent in a few words.
pub struct Short<'a>(pub &'a Intent);

impl std::fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Intent { seq, order, action, rework, state, .. } = self.0;
        write!(f, "intent {seq}, {} {order}, rework {rework}, {state:?}", action.name())
    }
}
