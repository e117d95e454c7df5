//! A backend that is restored from an earlier dump. What it forgot no rule of a station brings back: `journal replay` does.
//! Everything else holds all the same.

use super::tally::Fault;
use super::world::World;
use crate::order::Stage;

impl World {
    pub fn dump(&mut self) {
        self.dumped = Some(self.backend.clone());
    }

    pub fn restore(&mut self) {
        let Some(dump) = self.dumped.take() else { return };
        for place in 0..self.kiosks.len() {
            self.fault(place, Fault::Restored);
        }
        let before = std::mem::replace(&mut self.backend, dump);
        self.forgotten.extend(before.intents.into_keys());
        for (id, order) in before.orders {
            let steps = |events: &[(_, _, _, _)]| events.iter().filter(|(of, ..)| *of == id).count();
            if self.backend.orders.get(&id) != Some(&order)
                || steps(&before.events) != steps(&self.backend.events)
            {
                self.returns.remove(&id);
                self.excuse(id);
                // Of a cake that was over stations have forgotten the label too.
                if order.stage == Stage::Complete || order.times.cancelled.is_some() {
                    let labels = self.kiosks.iter_mut().filter_map(|kiosk| kiosk.labels.get_mut(&id));
                    labels.for_each(|labels| labels.is_spent = false);
                }
            }
        }
    }
}
