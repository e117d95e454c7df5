//! The verify scan: a fresh label is expected to be read by a gun. One of another cake in its place is told, and a printer whose
//! labels are not read is told of before it fails.

use std::collections::VecDeque;

use super::labels::is_near;
use super::scan::Scan;
use super::{Station, Warning};
use crate::order::code::Code;
use crate::order::{OrderId, Timestamp};

/// The first labels of cakes that came out of a printer last in this life, the newest at the end.
#[derive(Default)]
pub(super) struct Fresh(VecDeque<Label>);

struct Label {
    order: OrderId,
    at: Timestamp,
    is_read: bool,
}

impl Fresh {
    pub(super) fn came_out(&mut self, order: OrderId, at: Timestamp) {
        if self.0.len() == LAST {
            self.0.pop_front();
        }
        self.0.push_back(Label { order, at, is_read: false });
    }

    fn was_read(&mut self, order: OrderId) {
        for label in self.0.iter_mut().filter(|label| label.order == order) {
            label.is_read = true;
        }
    }

    /// The cakes whose labels came out a while ago at most, and were not read.
    fn expected(&self, at: Timestamp) -> impl Iterator<Item = &Label> {
        self.0.iter().filter(move |label| !label.is_read && is_near(label.at, at))
    }

    /// Whether so many were never read that the printer wants a look.
    pub(super) fn warning(&self, at: Timestamp) -> Option<Warning> {
        let judged = || self.0.iter().filter(|label| label.is_read || !is_near(label.at, at));
        let unread = judged().filter(|label| !label.is_read).count();
        (unread >= UNREAD_MANY).then(|| Warning::Unread { unread, of: judged().count() })
    }
}

impl Station {
    /// Notes that a gun read a cake's code. When it was of the label of a cake that owes none, it gives the one that is expected.
    pub(super) fn verify(&mut self, scan: &Scan) -> Option<OrderId> {
        let Code::Cake { id, copy } = scan.code else { return None };
        let expected = || self.labels.printers().iter().flat_map(|printer| printer.fresh.expected(scan.at));
        let newest = expected().max_by_key(|label| label.at).map(|label| label.order);
        let is_of_another = copy.is_some() && expected().all(|label| label.order != id);
        self.label_was_read(id);
        newest.filter(|_| is_of_another)
    }

    /// A gun read a label, or a code that stands on it too.
    pub(super) fn label_was_read(&mut self, order: OrderId) {
        for printer in &mut self.labels.printers {
            printer.fresh.was_read(order);
        }
    }
}

/// A morning's labels at one station: enough to see a head fail, few enough to forget the one of yesterday.
const LAST: usize = 20;

/// A label is forgotten now and then; a quarter of them is a print head.
const UNREAD_MANY: usize = 5;
