//! Records that only a newer version understands: the runbook rolls the program back first. They stay as they are until it
//! runs again, and what came after them of the same cake stays with them, so that nothing overtakes them.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::rows::Row;
use crate::station::Intent;

/// What was not understood.
#[derive(Default)]
pub(super) struct Newer {
    count: u32,
    /// By cake, the place of the first open action that is not, or whose label is not.
    first: HashMap<String, i64>,
}

impl Newer {
    /// The record in a row, if this version understands it; `seq` is the place of the open action that it belongs to.
    pub fn read<T: DeserializeOwned>(&mut self, row: &Row, seq: Option<i64>) -> Option<T> {
        let read = row.parse();
        let (table, key) = (row.table.name(), &row.key);
        let warned = read.inspect_err(|error| {
            tracing::warn!(table, key, %error, "only a newer version understands this record: it is left as it is");
            self.count = self.count.saturating_add(1);
            if let Some(seq) = seq {
                let first = self.first.entry(row.order.clone()).or_insert(seq);
                *first = seq.min(*first);
            }
        });
        warned.ok()
    }

    /// Takes out of the open actions what has to wait for a newer version; gives how many records do.
    pub fn keep_back(self, intents: &mut Vec<Intent>) -> u32 {
        let before = intents.len();
        let waits = |intent: &Intent| {
            let first = self.first.get(&intent.order.to_string());
            first.is_some_and(|first| i64::try_from(intent.seq).unwrap_or(i64::MAX) >= *first)
        };
        intents.retain(|intent| !waits(intent));
        let kept_back = u32::try_from(before - intents.len()).unwrap_or(u32::MAX);
        self.count.saturating_add(kept_back)
    }
}
