//! When the station wants to be called although nothing happens.

use std::time::Duration;

use super::Station;

impl Station {
    /// When [`super::Event::Due`] is wanted, on the clock of `now`; the earliest of a handful of named reasons.
    pub fn next_deadline(&self) -> Option<Duration> {
        [
            // The queue is read again, or the fleet told and heard.
            self.refresh_deadline(),
            // What can be chosen is read again.
            self.choices.deadline().map(|at| self.link.not_before(at)),
            // A person has waited long enough for a read.
            self.lookups.deadline(),
            // A question lapses.
            self.questions.deadline(),
            // An action is sent, or sent again.
            self.delivery_deadline(),
            // A printer that refused is tried again, or a label's order asked for.
            self.labels.deadline(self.at, self.now),
            // The journal is tried again after a fault.
            self.commits.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
