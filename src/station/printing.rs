//! Print jobs (`workflow.md` 4): one label out at a time and printer, none sent twice without a person's word.

use std::sync::Arc;
use std::time::Duration;

use super::commit::Then;
use super::labels::{Out, is_expired, is_near};
use super::open::Name;
use super::planted::{Bug, planted};
use super::rules::Label;
use super::scan::Scan;
use super::{
    Answer, Effect, EffectId, Intent, IntentState, Job, JobState, Outcome, PortState, PrinterFault, Question,
    Record, Station,
};
use crate::order::{Action, IntentId, Lacks, Order, OrderId, Timestamp};

impl Station {
    /// What is known of a label of a cake that is not out yet. A further copy is no concern of what a scan does.
    pub(super) fn label(&self, name: impl Into<Name>) -> Option<Label> {
        self.label_of(self.printing(name)?)
    }

    /// What is known of the label of a print that is not out yet.
    pub(super) fn label_of(&self, intent: IntentId) -> Option<Label> {
        let job = self.labels.job(intent)?;
        let printer = self.printer_name(job.printer);
        Some(match &job.state {
            JobState::Unconfirmed(fault) => {
                Label::Unknown(Question::LabelOut { printer, fault: fault.clone() })
            }
            JobState::Failed(fault) => Label::Coming(Answer::LabelFailed { printer, fault: fault.clone() }),
            _ => Label::Coming(self.coming_from(job.printer)),
        })
    }

    /// A label is on its way from the printer at this place.
    pub(super) fn coming_from(&self, place: usize) -> Answer {
        let fault = match self.labels.printers().get(place).map(|printer| &printer.state) {
            Some(PortState::Faulted(fault)) => Some(fault.clone()),
            _ => None,
        };
        Answer::LabelComing { printer: self.printer_name(place), fault }
    }

    /// The intent of a cake whose first label is not out yet.
    pub(super) fn printing(&self, name: impl Into<Name>) -> Option<IntentId> {
        self.unprinted(name).find(|intent| intent.action == Action::Print).map(|intent| intent.id)
    }

    /// The intent of a cake whose label, the first or a further one, is not out yet.
    pub(super) fn coming(&self, order: OrderId) -> Option<IntentId> {
        self.unprinted(order).next().map(|intent| intent.id)
    }

    /// The intents of a cake whose labels are not out yet.
    pub(super) fn unprinted(&self, name: impl Into<Name>) -> impl Iterator<Item = &Arc<Intent>> {
        self.open.of(name).filter(|intent| intent.state == IntentState::Printing)
    }

    /// The job of a print that is about to be accepted, with the number of its label.
    pub(super) fn job_of(&self, intent: &Intent) -> Job {
        let is_reprint = intent.action == Action::Reprint;
        let copy = self.labels.next_copy(intent.order).max(if is_reprint { 2 } else { 1 });
        Job {
            intent: intent.id,
            order: intent.order,
            copy,
            is_reprint,
            printer: 0,
            state: JobState::Queued,
            queued_at: intent.captured_at,
            out_at: None,
        }
    }

    /// A print was accepted: its job waits for a printer.
    pub(super) fn queue_label(&mut self, intent: &Intent) {
        let job = self.job_of(intent);
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
        // A long line is not gone through anew at every event: only when its head can leave it.
        if self.is_printer_busy() || self.labels.is_ending {
            return;
        }
        let waiting: Vec<_> = self.labels.waiting.iter().map(|(seq, intent)| (*seq, *intent)).collect();
        for (seq, intent) in waiting {
            self.pump_label(seq, intent);
            if self.is_printer_busy() {
                return;
            }
        }
    }

    /// Whether the printer that the next label goes to has one.
    fn is_printer_busy(&self) -> bool {
        self.labels.able().is_some_and(|place| self.labels.printers[place].busy.is_some())
    }

    /// Whether another label of the cake is with a printer, or may be out.
    fn is_sent_or_in_doubt(&self, job: &Job) -> bool {
        let names = [Name::Cake(job.order), Name::Number(job.order.number)];
        let others = names.into_iter().flat_map(|name| self.open.of(name)).map(|intent| intent.id);
        let mut others =
            others.filter(|other| *other != job.intent).filter_map(|other| self.labels.job(other));
        others.any(|other| {
            let is_open = matches!(other.state, JobState::Sending | JobState::Unconfirmed(_));
            is_open && other.order == job.order
        })
    }

    fn pump_label(&mut self, seq: u64, intent: IntentId) {
        let Some(job) = self.labels.jobs.get(&intent).cloned() else { return };
        // One label of a cake at a time: what a further one is worth is known when the first is out.
        let Some(open) = self.open.get(intent) else { return };
        let first = self.unprinted(self.open.name(open)).next().map(|first| first.id);
        let is_next = first == Some(intent) && !self.is_sent_or_in_doubt(&job);
        // What came of it could not be kept while the journal takes nothing.
        let is_held = is_expired(&job, self.at) || self.waits_for_sibling(&job) || self.commits.is_clogged();
        if !is_next || is_held {
            return;
        }
        let is_exact = open.is_exact;
        let is_known = |order: &&Arc<Order>| is_exact && !self.should_read_first(intent, order);
        let Some(order) = self.orders.get(job.order).filter(is_known).cloned() else {
            return self.find_for_label(intent);
        };
        let is_second = !job.is_reprint && !self.lacks_label(&order);
        if (is_second && !planted(Bug::PrintsTheKnownUnasked)) || order.times.cancelled.is_some() {
            return self.found_for_label(intent, &order);
        }
        let Some(place) = self.labels.able() else {
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
        let Some(order) = self.orders.get(job.order).cloned().filter(|_| !self.labels.is_ending) else {
            return self.printed_outcome(intent, self.at, Outcome::Failed(PrinterFault::Interrupted));
        };
        let id = self.next_id();
        self.labels.under_way.insert(id, intent);
        self.effects.push(Effect::Print { id, job, order });
    }

    /// `Printed`.
    pub(super) fn printed(&mut self, id: EffectId, at: Timestamp, outcome: Outcome, lacks: Lacks) {
        let Some(intent) = self.labels.under_way.remove(&id) else { return };
        if !lacks.is_none() {
            self.labels.lacks.insert(intent, lacks);
        }
        self.printed_outcome(intent, at, outcome);
    }

    fn printed_outcome(&mut self, intent: IntentId, at: Timestamp, outcome: Outcome) {
        let Some(place) = self.labels.jobs.get(&intent).map(|job| job.printer) else { return };
        if let Some(printer) = self.labels.printers.get_mut(place) {
            printer.busy = None;
        }
        match outcome {
            Outcome::Printed => self.label_out(intent, at, JobState::Printed),
            Outcome::Sent => self.label_out(intent, at, JobState::Sent),
            Outcome::Failed(_) if planted(Bug::StartsWithoutLabel) => {
                self.label_out(intent, at, JobState::Sent);
            }
            Outcome::Unconfirmed(fault) if planted(Bug::PrintsAgainInDoubt) => {
                self.stopped(intent, place, fault);
            }
            Outcome::Unconfirmed(fault) => self.unconfirmed(intent, &fault),
            Outcome::Failed(fault) => self.stopped(intent, place, fault),
        }
    }

    /// The label is out, by the printer's word or a person's.
    pub(super) fn label_out(&mut self, intent: IntentId, at: Timestamp, state: JobState) {
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
        if !job.is_reprint {
            self.labels.labelled.insert(intent);
            if let Some(printer) = self.labels.printers.get_mut(job.printer) {
                printer.fresh.came_out(job.order, at);
            }
        }
        self.questions.settle(job.order, Some(intent));
        let instead_of = (job.printer > 0).then(|| self.printer_name(0));
        self.tell_of(&opened, Answer::LabelOut { printer, is_proved, instead_of, lacks });
        self.is_attention_stale = true;
        self.commit(vec![Record::Job(job), Record::Intent(opened)], Then::Release(intent));
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
            return self.fail(intent, place, fault);
        }
        // It waits as before: it could expire before the other one takes it.
        if let Some(job) = self.labels.jobs.get_mut(&intent) {
            job.state = JobState::Queued;
            let job = job.clone();
            self.commit(vec![Record::Job(job)], Then::Done);
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

    /// Siblings' labels are printed one at a time, the next when the first has been scanned. A further copy waits for none.
    fn waits_for_sibling(&self, job: &Job) -> bool {
        let order = job.order;
        if order.suffix.is_none() || job.is_reprint {
            return false;
        }
        let is_sibling =
            |other: OrderId| other != order && (other.store, other.number) == (order.store, order.number);
        let is_printing =
            self.labels.jobs.values().any(|job| is_sibling(job.order) && job.state == JobState::Sending);
        let is_unread = |(other, out): (&OrderId, &Out)| {
            is_sibling(*other)
                && self.facts.label_read(*other).is_none()
                && out.at.is_some_and(|at| is_near(self.at, at))
        };
        is_printing || self.labels.out.iter().any(is_unread)
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

/// How soon a printer that refused a job is tried again when it says nothing by itself.
pub(super) const PRINTER_RETRY: Duration = Duration::from_secs(10);
