//! Print jobs (`workflow.md` 4): one label out at a time and printer, none sent twice without a person's word.

use std::sync::Arc;
use std::time::Duration;

use super::commit::Then;
use super::labels::{Out, PRINT_EXPIRY, Printer, is_expired};
use super::lookup::Purpose;
use super::question::{Asked, Topic};
use super::rules::Label;
use super::scan::{Scan, lookup};
use super::{
    Answer, Effect, EffectId, Fact, Found, Intent, IntentState, Job, JobState, LinkFault, Lookup, Outcome,
    Parked, PortState, PrinterFault, Question, Record, Station,
};
use crate::order::code::Code;
use crate::order::{IntentId, Lacks, Order, OrderId, Stage, Timestamp};

impl Station {
    /// What is known of a label of a cake that is not out yet.
    pub(super) fn label(&self, order: OrderId) -> Option<Label> {
        let job = self.labels.job(self.printing(order)?)?;
        let printer = self.printer_name(job.printer);
        Some(match &job.state {
            JobState::Unconfirmed(fault) => {
                Label::Unknown(Question::LabelOut { printer, fault: fault.clone() })
            }
            JobState::Failed(fault) => Label::Coming(Answer::LabelFailed { printer, fault: fault.clone() }),
            _ => Label::Coming(Answer::LabelComing { printer }),
        })
    }

    /// The intent of a cake whose label is not out yet.
    pub(super) fn printing(&self, order: OrderId) -> Option<IntentId> {
        self.open.of(order).find(|intent| intent.state == IntentState::Printing).map(|intent| intent.id)
    }

    /// A print was accepted: its job waits for a printer.
    pub(super) fn queue_label(&mut self, intent: &Intent, copy: u8) {
        let (state, queued_at) = (JobState::Queued, intent.captured_at);
        let job =
            Job { intent: intent.id, order: intent.order, copy, printer: 0, state, queued_at, out_at: None };
        self.labels.insert(intent.seq, job);
    }

    /// A scan of a cake whose label could not come out: the same job, which a person asked for once more.
    pub(super) fn label_failed_again(&mut self, scan: &Scan, intent: IntentId, answer: Answer) {
        let Some(open) = self.open.get(intent).cloned() else { return };
        let mut verdict = self.verdict_of(&open, answer);
        self.tell(&mut verdict);
        self.show(scan, verdict);
        self.renew(intent, scan.at);
    }

    /// A person's word lets a job that waited too long go on.
    pub(super) fn renew(&mut self, intent: IntentId, at: Timestamp) {
        let seq = self.open.get(intent).map(|intent| intent.seq);
        let (Some(job), Some(seq)) = (self.labels.jobs.get_mut(&intent), seq) else { return };
        if matches!(job.state, JobState::Failed(_) | JobState::Queued) {
            job.queued_at = at;
            let job = job.clone();
            self.labels.waiting.insert(seq, intent);
            self.commit(vec![Record::Job(job)], Then::Done);
        }
    }

    /// Gives waiting jobs to printers.
    pub(super) fn pump_labels(&mut self) {
        let now = self.now;
        for printer in &mut self.labels.printers {
            if printer.retry_at.is_some_and(|at| at <= now) {
                printer.retry_at = None;
                printer.state = PortState::Unknown;
            }
        }
        self.is_attention_stale |= self.labels.count_expired(self.at);
        let waiting: Vec<_> = self.labels.waiting.iter().map(|(seq, intent)| (*seq, *intent)).collect();
        for (seq, intent) in waiting {
            self.pump_label(seq, intent);
        }
    }

    fn pump_label(&mut self, seq: u64, intent: IntentId) {
        let Some(job) = self.labels.jobs.get(&intent).cloned() else { return };
        if is_expired(&job, self.at) || self.waits_for_sibling(job.order) {
            return;
        }
        let is_exact = self.open.get(intent).is_some_and(|intent| intent.is_exact);
        if !is_exact || self.orders.get(job.order).is_none() {
            return self.find_for_label(intent);
        }
        let is_able = |printer: &Printer| !matches!(printer.state, PortState::Faulted(_));
        let Some(place) = self.labels.printers.iter().position(is_able) else {
            let fault = match self.labels.printers.first().map(|printer| &printer.state) {
                Some(PortState::Faulted(fault)) => fault.clone(),
                _ => PrinterFault::Unreachable("".into()),
            };
            return self.fail(intent, 0, fault);
        };
        if self.labels.printers[place].busy.is_some() {
            return;
        }
        self.labels.printers[place].busy = Some(intent);
        self.labels.waiting.remove(&seq);
        let job = Job { printer: place, state: JobState::Sending, ..job };
        self.labels.jobs.insert(intent, job.clone());
        self.commit(vec![Record::Job(job)], Then::Print(intent));
    }

    /// The job is durable as `sending`: out with it.
    pub(super) fn print(&mut self, intent: IntentId) {
        let Some(job) = self.labels.jobs.get(&intent).cloned() else { return };
        let Some(order) = self.orders.get(job.order).cloned() else {
            return self.printed_outcome(intent, self.at, Outcome::Failed(PrinterFault::Interrupted));
        };
        let id = self.next_id();
        self.labels.under_way.insert(id, intent);
        self.effects.push(Effect::Print { id, job, order });
    }

    /// `Printed`.
    pub(super) fn printed(&mut self, id: EffectId, at: Timestamp, outcome: Outcome, lacks: Lacks) {
        if let Some(intent) = self.labels.under_way.remove(&id) {
            if !lacks.is_none() {
                self.labels.lacks.insert(intent, lacks);
            }
            self.printed_outcome(intent, at, outcome);
        } else {
            self.copy_printed(id, at, outcome);
        }
    }

    fn printed_outcome(&mut self, intent: IntentId, at: Timestamp, outcome: Outcome) {
        let Some(place) = self.labels.jobs.get(&intent).map(|job| job.printer) else { return };
        if let Some(printer) = self.labels.printers.get_mut(place) {
            printer.busy = None;
        }
        match outcome {
            Outcome::Printed => self.label_out(intent, at, JobState::Printed),
            Outcome::Sent => self.label_out(intent, at, JobState::Sent),
            Outcome::Unconfirmed(fault) => self.unconfirmed(intent, &fault),
            Outcome::Failed(fault) => self.stopped(intent, place, fault),
        }
    }

    /// The label is out, by the printer's word or a person's.
    fn label_out(&mut self, intent: IntentId, at: Timestamp, state: JobState) {
        let Some(mut job) = self.labels.jobs.remove(&intent) else { return };
        let (is_proved, printer) = (state == JobState::Printed, self.printer_name(job.printer));
        job.state = state;
        job.out_at = Some(at);
        self.labels.note(&job);
        self.labels.told.remove(&intent);
        let lacks = self.labels.lacks.remove(&intent).unwrap_or_default();
        let opened = self.open.change(intent, |intent| {
            intent.state = IntentState::Open;
            intent.captured_at = at;
        });
        let Some(opened) = opened else { return };
        self.labels.labelled.insert(intent);
        self.questions.settle(job.order, Some(intent));
        let instead_of = (job.printer > 0).then(|| self.printer_name(0));
        self.tell_of(&opened, Answer::LabelOut { printer, is_proved, instead_of, lacks });
        self.is_attention_stale = true;
        self.commit(vec![Record::Job(job), Record::Intent(opened)], Then::Release(intent));
    }

    /// Nobody knows whether the label is out: a person is asked, and nothing is sent again.
    fn unconfirmed(&mut self, intent: IntentId, fault: &PrinterFault) {
        let Some(open) = self.open.get(intent).cloned() else { return };
        let Some(job) = self.labels.jobs.get_mut(&intent) else { return };
        job.state = JobState::Unconfirmed(fault.clone());
        let job = job.clone();
        let printer = self.printer_name(job.printer);
        if let Some(line) = self.labels.printers.get_mut(job.printer) {
            line.state = PortState::Faulted(fault.clone());
            line.retry_at = Some(self.now + PRINTER_RETRY);
        }
        self.commit(vec![Record::Job(job)], Then::Done);
        self.is_attention_stale = true;
        let is_shown = self.tell_of(&open, Answer::LabelUnconfirmed { printer, fault: fault.clone() });
        if is_shown {
            let asked = Asked {
                verdict: self.verdicts,
                until: self.now + super::question::PICK_WINDOW,
                topic: Topic::LabelOut(intent),
            };
            self.questions.ask(open.source, asked);
        }
    }

    /// The job stopped before its first byte: it goes on by itself, on another printer if there is one.
    fn stopped(&mut self, intent: IntentId, place: usize, fault: PrinterFault) {
        let seq = self.open.get(intent).map(|intent| intent.seq);
        if matches!(fault, PrinterFault::Template(_)) {
            // Every printer would fail on it, and for ever: a person must ask again.
            return self.fail(intent, place, fault);
        }
        if let Some(printer) = self.labels.printers.get_mut(place) {
            printer.state = PortState::Faulted(fault.clone());
            printer.retry_at = Some(self.now + PRINTER_RETRY);
        }
        if let Some(seq) = seq {
            self.labels.waiting.insert(seq, intent);
        }
        let has_other =
            self.labels.printers.iter().any(|printer| !matches!(printer.state, PortState::Faulted(_)));
        if !has_other {
            self.fail(intent, place, fault);
        }
    }

    /// Says once what keeps a label from coming out.
    fn fail(&mut self, intent: IntentId, place: usize, fault: PrinterFault) {
        let Some(open) = self.open.get(intent).cloned() else { return };
        let Some(job) = self.labels.jobs.get_mut(&intent) else { return };
        let state = JobState::Failed(fault.clone());
        if job.state == state && job.printer == place {
            return;
        }
        let was_told = self.labels.told.insert(intent, fault.clone()) == Some(fault.clone());
        job.state = state;
        job.printer = place;
        let job = job.clone();
        self.commit(vec![Record::Job(job)], Then::Done);
        if !was_told {
            let printer = self.printer_name(place);
            self.tell_of(&open, Answer::LabelFailed { printer, fault });
        }
    }

    /// "Did the label come out?": 1 yes, 2 no, 3 don't know.
    pub(super) fn label_answered(&mut self, intent: IntentId, nth: u8, at: Timestamp) {
        let Some(open) = self.open.get(intent).cloned() else { return };
        let Some(job) = self.labels.jobs.get_mut(&intent) else { return };
        let JobState::Unconfirmed(fault) = job.state.clone() else { return };
        let printer = self.settings.printers.get(job.printer).cloned().unwrap_or_default();
        match nth {
            1 => {
                self.show_intent(&open);
                self.label_out(intent, open.captured_at, JobState::Printed);
            }
            2 => {
                // The first one may still turn up: the new one says that it is another.
                job.copy = job.copy.saturating_add(1);
                job.state = JobState::Queued;
                job.queued_at = at;
                let job = job.clone();
                self.labels.note(&job);
                self.labels.waiting.insert(open.seq, intent);
                self.labels.try_printers();
                self.is_attention_stale = true;
                self.commit(vec![Record::Job(job)], Then::Done);
                let verdict = self.verdict_of(&open, Answer::LabelComing { printer });
                self.show_newest(verdict);
            }
            _ => {
                self.show_intent(&open);
                self.tell_of(&open, Answer::LabelUnconfirmed { printer, fault });
            }
        }
    }

    /// Whether the scan was of the QR code that only the label in doubt carries: then it is out, and read.
    pub(super) fn proves_label(&mut self, scan: &Scan, order: OrderId) -> bool {
        let Code::Cake { copy: Some(copy), .. } = scan.code else { return false };
        let Some(intent) = self.printing(order) else { return false };
        let is_proof = self
            .labels
            .job(intent)
            .is_some_and(|job| job.copy == copy && matches!(job.state, JobState::Unconfirmed(_)));
        let Some(open) = self.open.get(intent).filter(|_| is_proof).cloned() else { return false };
        self.facts.keep(order, &Fact::LabelRead, scan.at);
        let read = Record::Fact { order, fact: Fact::LabelRead, at: scan.at };
        self.commit(vec![read], Then::Done);
        self.show_intent(&open);
        self.label_out(intent, open.captured_at, JobState::Printed);
        true
    }

    /// `PrinterSeen`.
    pub(super) fn printer_seen(&mut self, place: usize, state: PortState<PrinterFault>) {
        if let Some(printer) = self.labels.printers.get_mut(place) {
            printer.retry_at = None;
            printer.state = state;
        }
    }

    pub(super) fn printer_name(&self, place: usize) -> Box<str> {
        self.settings.printers.get(place).cloned().unwrap_or_default()
    }

    /// Siblings' labels are printed one at a time, the next when the first has been scanned.
    fn waits_for_sibling(&self, order: OrderId) -> bool {
        if order.suffix.is_none() {
            return false;
        }
        let is_sibling =
            |other: OrderId| other != order && (other.store, other.number) == (order.store, order.number);
        let is_printing =
            self.labels.jobs.values().any(|job| is_sibling(job.order) && job.state == JobState::Sending);
        let is_unread = |(other, out): (&OrderId, &Out)| {
            is_sibling(*other)
                && self.facts.label_read(*other).is_none()
                && out.at.is_some_and(|at| self.at.since(at) < PRINT_EXPIRY)
        };
        is_printing || self.labels.out.iter().any(is_unread)
    }

    fn find_for_label(&mut self, intent: IntentId) {
        let is_due = self.now >= self.labels.find_at && !self.labels.finding.contains(&intent);
        let Some(open) = self.open.get(intent).cloned().filter(|_| is_due && self.may_look_up()) else {
            return;
        };
        let Some(lookup) = lookup_of(&open) else { return };
        self.labels.finding.insert(intent);
        self.find(lookup, super::lookup::FIND_WITHIN, Purpose::Label(intent));
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

    fn found_for_label(&mut self, intent: IntentId, order: &Arc<Order>) {
        // By now its label may have come out elsewhere: then this one would be a second. The backend is asked all the
        // same, and its answer is the scan's.
        let is_wanted = order.stage == Stage::Filling
            && order.times.filling_start.is_none()
            && order.times.cancelled.is_none();
        if !is_wanted {
            self.cancel_job(intent);
        }
        let opened = self.open.change(intent, |open| {
            open.order = order.id;
            open.is_exact = true;
            if !is_wanted {
                open.state = IntentState::Open;
            }
        });
        if let (Some(opened), false) = (&opened, is_wanted) {
            return self.commit(vec![Record::Intent(opened.clone())], Then::Release(intent));
        }
        let (Some(opened), Some(job)) = (opened, self.labels.jobs.get_mut(&intent)) else { return };
        job.order = order.id;
        let job = job.clone();
        self.commit(vec![Record::Intent(opened), Record::Job(job)], Then::Release(intent));
    }

    fn give_up_label(&mut self, intent: IntentId) {
        self.cancel_job(intent);
        self.park(intent, &Parked::NoExactCake);
    }

    /// Gives up a label that is not out.
    pub(super) fn cancel_job(&mut self, intent: IntentId) {
        let Some(mut job) = self.labels.jobs.remove(&intent) else { return };
        self.labels.waiting.retain(|_, waiting| *waiting != intent);
        self.labels.told.remove(&intent);
        self.labels.lacks.remove(&intent);
        job.state = JobState::Cancelled;
        self.commit(vec![Record::Job(job)], Then::Done);
    }
}

/// How the cake of an intent is read from the backend.
pub(super) fn lookup_of(intent: &Intent) -> Option<Lookup> {
    if intent.is_exact {
        return Some(Lookup::Order(intent.order));
    }
    lookup(&Code::parse(&intent.code))
}

/// How soon a printer that refused a job is tried again when it says nothing by itself.
pub(super) const PRINTER_RETRY: Duration = Duration::from_secs(10);

/// How soon a label's order is asked for again.
const LABEL_FIND_PERIOD: Duration = Duration::from_secs(5);
