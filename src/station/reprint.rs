//! A further copy of a cake's label: an intent like any other, in whatever stage the cake is, that moves no cake. A cake
//! of Filling that has no label yet gets its first.

use std::time::Duration;

use super::guard::Key;
use super::lookup::Purpose;
use super::question::Topic;
use super::rules::{Basis, Label};
use super::scan::Scan;
use super::{Answer, Lookup, NoScan, Refusal, RefusalCode, Source, Station, phase};
use crate::order::code::Code;
use crate::order::{Action, IntentId, Order, OrderId, Stage, Timestamp};

impl Station {
    /// `PrintAsked`.
    pub(super) fn print_asked(&mut self, at: Timestamp, id: OrderId, fresh: IntentId) {
        self.scans += 1;
        let (number, source) = (self.scans, Source::Command);
        let (text, code) = (id.to_string().into(), Code::Cake { id, copy: None });
        self.copy_label(
            Scan { at, number, source, text, code, key: Key::Copy(id), fresh, expected: None },
            id,
        );
    }

    /// A person wants the label of this cake once more.
    pub(super) fn copy_label(&mut self, scan: Scan, id: OrderId) {
        if !self.settings.stores.contains(&id.store) {
            return self.answer(&scan, Some(id), Answer::NoScan(NoScan::OtherStore));
        }
        if !self.swallow(&scan) {
            self.reprint(scan, id, self.basis(id));
        }
    }

    fn reprint(&mut self, scan: Scan, id: OrderId, basis: Basis) {
        if let Some(intent) = self.coming(id) {
            return self.label_again(&scan, id, intent);
        }
        let known = self.orders.get(id).cloned();
        let stale = if let Basis::Stale(age) = basis { Some(age) } else { None };
        match (&known, basis) {
            (None, Basis::Copy) => self.look_up_for_copy(scan, id),
            (None, Basis::Fresh) => self.answer(&scan, Some(id), Answer::NoScan(NoScan::Unknown)),
            // Printed as soon as the order system has told what stands on it.
            (None, Basis::Stale(_)) => {
                self.act(scan, &phase::unknown(id, Stage::Complete), false, Action::Reprint, None);
            }
            (Some(order), _) if order.times.cancelled.is_some() => match basis {
                Basis::Copy => self.look_up_for_copy(scan, id),
                _ => self.answer(&scan, Some(id), Answer::Cancelled { at: order.times.cancelled, stale }),
            },
            (Some(order), _) => {
                let action = if self.lacks_label(order) { Action::Print } else { Action::Reprint };
                self.act(scan, order, true, action, None);
            }
        }
    }

    /// A label of the cake is not out yet, and there is never a second job beside it.
    fn label_again(&mut self, scan: &Scan, id: OrderId, intent: IntentId) {
        match self.label_of(intent) {
            Some(Label::Coming(answer @ Answer::LabelFailed { .. })) => {
                self.label_failed_again(scan, intent, answer);
            }
            Some(Label::Coming(answer)) => self.answer(scan, Some(id), answer),
            Some(Label::Unknown(question)) => {
                self.put(scan, Some(id), question, Some(Topic::LabelOut(intent)));
            }
            None => {}
        }
    }

    /// Whether what comes out next is the first label of a cake, as far as the backend and this station know.
    pub(super) fn lacks_label(&self, order: &Order) -> bool {
        let is_out = self.labels.out.get(&order.id).is_some_and(|out| out.at.is_some());
        order.stage == Stage::Filling && order.times.filling_start.is_none() && !is_out
    }

    fn look_up_for_copy(&mut self, scan: Scan, id: OrderId) {
        let verdict = self.verdict(&scan, None, Answer::Looking);
        self.show_quietly(&scan, verdict);
        self.find(Lookup::Order(id), COPY_FIND_WITHIN, Purpose::Copy(Box::new(scan)));
    }

    /// The backend was asked, and answered or not; what it said is learnt.
    pub(super) fn read_for_copy(&mut self, scan: Scan, is_answered: bool) {
        let Some(id) = scan.order() else { return };
        let basis = if is_answered { Basis::Fresh } else { self.stale(id) };
        self.reprint(scan, id, basis);
    }
}

/// Whether the copy stands although the backend takes no note of it: it never had a label by its books, or was returned
/// since.
pub(super) fn is_no_matter(refusal: &Refusal) -> bool {
    let is_of_stage = matches!(refusal.code, RefusalCode::InvalidStage | RefusalCode::Conflict);
    is_of_stage && refusal.cancelled_at.is_none()
}

/// A person who wants a copy waits longer than one who scans.
const COPY_FIND_WITHIN: Duration = Duration::from_secs(5);
