//! A further label of a cake whose label is out: a person asks for it, one at a time. It is journalled before it is printed and
//! does nothing to the cake, so the backend is not told; nor is it ever printed by itself after a fault.

use super::commit::Then;
use super::printing::PRINTER_RETRY;
use super::{
    Copied, CopyState, Effect, EffectId, Job, JobState, Outcome, PortState, PrinterFault, Record, Station,
    StoreFault,
};
use crate::order::{IntentId, OrderId, Timestamp};

/// The copy that was asked for last.
pub(super) struct Copy {
    job: Job,
    effect: Option<EffectId>,
    state: CopyState,
}

impl Station {
    /// A person wants the label of this cake once more.
    pub(super) fn copy_label(&mut self, id: OrderId, at: Timestamp, fresh: IntentId) {
        let is_coming = self.copy.as_ref().is_some_and(|copy| copy.state == CopyState::Coming);
        let Some(order) = self.orders.get(id).filter(|_| !is_coming) else { return };
        if order.times.filling_start.is_none()
            || order.times.cancelled.is_some()
            || self.printing(id).is_some()
        {
            return;
        }
        let is_able = |state: &PortState<PrinterFault>| !matches!(state, PortState::Faulted(_));
        let printers = self.labels.printers();
        let place = printers.iter().position(|printer| is_able(&printer.state) && printer.busy.is_none());
        let copy = self.labels.next_copy(id).max(2);
        let state = JobState::Sending;
        let printer = place.unwrap_or(0);
        let job = Job { intent: fresh, order: id, copy, printer, state, queued_at: at, out_at: None };
        let lacking = match (place, printers.first().map(|printer| &printer.state)) {
            (Some(_), _) => None,
            (None, Some(PortState::Faulted(fault))) => Some(fault.clone()),
            (None, _) => Some(PrinterFault::NoAnswer),
        };
        let state = lacking.map_or(CopyState::Coming, CopyState::Failed);
        if state == CopyState::Coming {
            self.labels.printers[printer].busy = Some(fresh);
            self.labels.note(&job);
            self.commit(vec![Record::Job(job.clone())], Then::Copy);
        }
        self.copy = Some(Copy { job, effect: None, state });
    }

    /// The copy is durable as `sending`: out with it.
    pub(super) fn print_copy(&mut self) {
        let id = self.next_id();
        let Some(copy) = &mut self.copy else { return };
        let job = copy.job.clone();
        copy.effect = Some(id);
        match self.orders.get(job.order).cloned() {
            Some(order) => self.effects.push(Effect::Print { id, job, order }),
            None => self.end_copy(JobState::Cancelled, CopyState::Failed(PrinterFault::Interrupted)),
        }
    }

    /// The journal did not take the copy: it is not printed.
    pub(super) fn copy_not_stored(&mut self, fault: &StoreFault) {
        if let Some(copy) = &mut self.copy {
            copy.state = CopyState::NotStored(fault.clone());
            self.labels.printers[copy.job.printer].busy = None;
        }
    }

    /// `Printed`, of the copy.
    pub(super) fn copy_printed(&mut self, id: EffectId, at: Timestamp, outcome: Outcome) {
        let Some(copy) = self.copy.as_mut().filter(|copy| copy.effect == Some(id)) else { return };
        let place = copy.job.printer;
        let fault = match &outcome {
            Outcome::Printed | Outcome::Sent => None,
            Outcome::Unconfirmed(fault) | Outcome::Failed(fault) => Some(fault.clone()),
        };
        if fault.is_none() {
            copy.job.out_at = Some(at);
        }
        // What a label is drawn on is no fault of the printer.
        if let Some(fault) = fault.filter(|fault| !matches!(fault, PrinterFault::Template(_))) {
            let printer = &mut self.labels.printers[place];
            printer.state = PortState::Faulted(fault);
            printer.retry_at = Some(self.now + PRINTER_RETRY);
        }
        match outcome {
            Outcome::Printed => self.end_copy(JobState::Printed, CopyState::Out),
            Outcome::Sent => self.end_copy(JobState::Sent, CopyState::Out),
            Outcome::Unconfirmed(fault) => self.end_copy(JobState::Cancelled, CopyState::Unconfirmed(fault)),
            Outcome::Failed(fault) => self.end_copy(JobState::Cancelled, CopyState::Failed(fault)),
        }
    }

    /// What a screen may show of it.
    pub(super) fn copied(&self) -> Option<Copied> {
        let copy = self.copy.as_ref()?;
        Some(Copied { order: copy.job.order, state: copy.state.clone() })
    }

    fn end_copy(&mut self, kept: JobState, told: CopyState) {
        let Some(copy) = &mut self.copy else { return };
        (copy.job.state, copy.state, copy.effect) = (kept, told, None);
        let job = copy.job.clone();
        self.labels.printers[job.printer].busy = None;
        self.labels.note(&job);
        self.commit(vec![Record::Job(job)], Then::Done);
    }
}
