//! Labels that nobody knows the fate of: a person says, or the label itself proves it.

use super::commit::Then;
use super::printing::PRINTER_RETRY;
use super::question::{Asked, PICK_WINDOW, Topic};
use super::scan::Scan;
use super::{Answer, Fact, Intent, Job, JobState, Matter, PortState, PrinterFault, Record, Station};
use crate::order::code::Code;
use crate::order::{Action, IntentId, OrderId, Timestamp};

impl Station {
    /// Nobody knows whether the label is out: a person is asked, and nothing is sent again.
    pub(super) fn unconfirmed(&mut self, intent: IntentId, fault: &PrinterFault) {
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
        self.tell_of(&open, Answer::LabelUnconfirmed { printer, fault: fault.clone() });
        if let Some(shown) = self.shown.as_ref().filter(|shown| shown.verdict.intent == Some(intent)) {
            let asked = Asked {
                verdict: shown.verdict.seq,
                until: self.now + PICK_WINDOW,
                topic: Topic::LabelOut(intent),
            };
            self.questions.ask(open.source, asked);
        }
    }

    /// "Did the label come out?": 1 yes, 2 no, 3 don't know.
    pub(super) fn label_answered(&mut self, intent: IntentId, nth: u8, at: Timestamp) {
        let Some(open) = self.open.get(intent).cloned() else { return };
        let Some(job) = self.labels.job(intent) else { return };
        let JobState::Unconfirmed(fault) = job.state.clone() else { return };
        let printer = self.settings.printers.get(job.printer).cloned().unwrap_or_default();
        match nth {
            1 => {
                self.show_intent(&open);
                self.label_out(intent, open.captured_at, JobState::Printed);
            }
            2 => {
                let place = job.printer;
                self.print_another(&open, at);
                let verdict = self.verdict_of(&open, self.coming_from(place));
                self.show_newest(verdict);
            }
            _ => {
                self.show_intent(&open);
                self.tell_of(&open, Answer::LabelUnconfirmed { printer, fault });
            }
        }
    }

    /// A person says of the label in doubt on a card whether it came out; the card's going is the answer.
    pub(super) fn label_told(&mut self, order: OrderId, is_out: bool, at: Timestamp) {
        let Some(card) = self.card(order).filter(|card| card.matter == Matter::LabelUnconfirmed) else {
            return;
        };
        for intent in card.intents {
            if is_out {
                self.label_out(intent.id, intent.captured_at, JobState::Printed);
            } else {
                self.print_another(&intent, at);
            }
        }
    }

    /// The label in doubt did not come out. It may still turn up: the new one says that it is another.
    fn print_another(&mut self, intent: &Intent, at: Timestamp) {
        let Some(job) = self.labels.jobs.get_mut(&intent.id) else { return };
        job.copy = job.copy.saturating_add(1);
        job.state = JobState::Queued;
        job.queued_at = at;
        let job = job.clone();
        self.labels.note(&job);
        self.labels.waiting.insert(intent.seq, intent.id);
        self.labels.try_printers();
        self.questions.settle(intent.order, Some(intent.id));
        self.is_attention_stale = true;
        self.commit(vec![Record::Job(job)], Then::Done);
    }

    /// Whether the scan was of the QR code that only the label in doubt carries: then it is out, and read.
    pub(super) fn proves_label(&mut self, scan: &Scan, order: OrderId) -> bool {
        let Code::Cake { copy: Some(copy), .. } = scan.code else { return false };
        let is_in_doubt = |job: &Job| job.copy == copy && matches!(job.state, JobState::Unconfirmed(_));
        let is_proved = |id| self.labels.job(id).is_some_and(is_in_doubt);
        let proved = self.unprinted(order).find(|open| is_proved(open.id)).cloned();
        let Some(open) = proved else { return false };
        if open.action == Action::Print {
            self.facts.keep(order, &Fact::LabelRead, scan.at);
            let read = Record::Fact { order, fact: Fact::LabelRead, at: scan.at };
            self.commit(vec![read], Then::Done);
        }
        self.show_intent(&open);
        self.label_out(open.id, open.captured_at, JobState::Printed);
        self.label_was_read(order);
        true
    }
}
