//! Every label that was asked for here of late, and what became of it.

use std::sync::Arc;

use super::Job;

/// The jobs, the oldest first, as they were last durable.
#[derive(Default)]
pub(super) struct Spool {
    jobs: Vec<Job>,
    listed: Arc<[Job]>,
    is_stale: bool,
}

impl Spool {
    pub(super) fn note(&mut self, job: &Job) {
        let place = self.jobs.iter().rposition(|known| known.intent == job.intent);
        match place {
            Some(place) => self.jobs[place] = job.clone(),
            None => self.jobs.push(job.clone()),
        }
        let more = self.jobs.len().saturating_sub(JOBS_MAX);
        self.jobs.drain(..more);
        self.is_stale = true;
    }

    /// Lists them anew if one changed; called once after every event.
    pub(super) fn list(&mut self) {
        if std::mem::take(&mut self.is_stale) {
            self.listed = self.jobs.clone().into();
        }
    }

    pub(super) fn listed(&self) -> Arc<[Job]> {
        self.listed.clone()
    }
}

/// Two shops bake some 300 cakes on a busy day.
const JOBS_MAX: usize = 500;
