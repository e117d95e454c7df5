//! The labels of a morning, one in each state.

use std::sync::Arc;

use super::{NOW, ago};
use crate::order::{IntentId, Order};
use crate::station::{Job, JobState, PrinterFault};

/// Labels of the first cakes, and one of yesterday.
pub fn spool(cakes: &[Arc<Order>]) -> Arc<[Job]> {
    let out = |state: JobState, minutes| (state, Some(ago(minutes)));
    let states = [
        out(JobState::Printed, 24 * 60),
        out(JobState::Printed, 112),
        out(JobState::Sent, 96),
        (JobState::Cancelled, None),
        out(JobState::Printed, 52),
        (JobState::Unconfirmed(PrinterFault::NoAnswer), None),
        (JobState::Failed(PrinterFault::PaperOut), None),
        (JobState::Queued, None),
    ];
    let job = |(nth, (state, out_at)): (usize, (JobState, Option<_>))| Job {
        intent: IntentId::from_random([nth as u8 + 1; 16]),
        order: cakes[nth % cakes.len()].id,
        copy: if nth == 4 { 2 } else { 1 },
        is_reprint: nth == 4,
        printer: 0,
        queued_at: if nth == 2 { ago(99) } else { out_at.unwrap_or(NOW) },
        state,
        out_at,
    };
    states.into_iter().enumerate().map(job).collect()
}
