//! What a person can choose for a cake: read at the start, again every few minutes and when a page is opened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Choices, Effect, EffectId, LinkFault, Station};
use crate::order::Store;

/// The choices as last read, and when they are read again.
#[derive(Default)]
pub(super) struct Listed {
    read: Arc<BTreeMap<Store, Choices>>,
    read_at: Option<Duration>,
    at: Option<Duration>,
    under_way: Option<EffectId>,
}

impl Listed {
    pub(super) fn read(&self) -> Arc<BTreeMap<Store, Choices>> {
        self.read.clone()
    }

    /// What an earlier life knew, until it is read.
    pub(super) fn recall(&mut self, choices: BTreeMap<Store, Choices>) {
        if self.read_at.is_none() {
            self.read = Arc::new(choices);
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.at
    }
}

impl Station {
    /// The queue has been asked for: these can wait for it.
    pub(super) fn start_listing(&mut self) {
        if self.choices.at.is_none() && self.choices.under_way.is_none() {
            self.choices.at = Some(self.now);
        }
    }

    /// A person is about to choose: what was read a while ago is read anew.
    pub(super) fn list_anew(&mut self) {
        let is_fresh = self.choices.read_at.is_some_and(|at| self.now.saturating_sub(at) < FRESH_FOR);
        if self.choices.at.is_some() && !is_fresh && !self.is_offline() {
            self.choices.at = Some(self.now);
        }
    }

    pub(super) fn pump_choices(&mut self) {
        if self.choices.at.is_some_and(|at| self.link.not_before(at) <= self.now) {
            self.choices.at = None;
            let id = self.next_id();
            self.choices.under_way = Some(id);
            self.effects.push(Effect::List { id });
        }
    }

    /// `Listed`. A fault says nothing of the link: where the lists cannot be read, the work goes on without.
    pub(super) fn listed(&mut self, id: EffectId, result: Result<BTreeMap<Store, Choices>, LinkFault>) {
        if self.choices.under_way.take_if(|under_way| *under_way == id).is_none() {
            return;
        }
        let again = match result {
            Ok(read) => {
                self.choices.read_at = Some(self.now);
                if *self.choices.read != read {
                    self.choices.read = Arc::new(read);
                }
                PERIOD
            }
            Err(fault) => {
                self.heed(&fault);
                RETRY
            }
        };
        self.choices.at = Some(self.now + again);
    }
}

/// Staff and places change a few times a week.
const PERIOD: Duration = Duration::from_mins(5);

/// After a read that failed.
const RETRY: Duration = Duration::from_mins(1);

/// Younger lists are not read anew for a page: a person opens many pages a minute.
const FRESH_FOR: Duration = Duration::from_secs(30);
