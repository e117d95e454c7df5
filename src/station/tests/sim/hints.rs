//! Word of changes, as a websocket brings it: soon, late, twice or never; and a websocket that is gone, which is noticed later.

use std::time::Duration;

use super::tally::Luck;
use super::world::World;
use crate::station::*;

impl World {
    /// A station that has started is told of changes, if its project does that.
    pub fn subscribe(&mut self, place: usize) {
        if !self.dice.once_in(3) {
            let delay = self.dice.millis(100, 4_000);
            self.subscribed_in(place, delay);
        }
    }

    fn subscribed_in(&mut self, place: usize, delay: Duration) {
        self.kiosks[place].hints_from = Some(self.now + delay);
        let at = self.at(place);
        self.tell_later(delay, place, Event::Subscribed { at });
    }

    /// The connection breaks. A heartbeat that is not answered tells of it, and then there is another.
    pub fn unsubscribe(&mut self, place: usize) {
        if self.kiosks[place].hints_from.is_none_or(|from| self.now < from) {
            return;
        }
        self.tally.luck(Luck::Unsubscribed);
        let (at, noticed) = (self.at(place), self.dice.millis(5, 50_000));
        self.tell_later(noticed, place, Event::Unsubscribed { at });
        let again = noticed + self.dice.millis(100, 30_000);
        self.subscribed_in(place, again);
    }

    /// An order has changed: whoever hears of changes is told.
    pub fn hint(&mut self) {
        for place in 0..self.kiosks.len() {
            if self.kiosks[place].hints_from.is_none_or(|from| self.now < from) {
                continue;
            }
            let soon = self.dice.millis(10, 300);
            let (luck, delays) = match self.dice.roll(12) {
                0 => (Luck::HintLost, [None, None]),
                1 => (Luck::HintLate, [Some(self.dice.millis(2_000, 60_000)), None]),
                2 => (Luck::HintDoubled, [Some(soon), Some(self.dice.millis(300, 2_000))]),
                _ => (Luck::HintTold, [Some(soon), None]),
            };
            self.tally.luck(luck);
            for delay in delays.into_iter().flatten() {
                let at = self.at(place);
                self.tell_later(delay, place, Event::Hinted { at });
            }
        }
    }
}
