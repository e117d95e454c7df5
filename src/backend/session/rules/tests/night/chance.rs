//! A night's dice and its clock.

use std::time::{Duration, Instant};

use super::{Happening, Night};

impl Night {
    pub(super) fn break_rule(&mut self, what: &str) {
        self.breach.get_or_insert(format!("{what}, {} ms into it", self.now));
    }

    pub(super) fn note(&mut self, what: &'static str) {
        *self.seen.entry(what).or_insert(0) += 1;
    }

    pub(super) fn instant(&self) -> Instant {
        self.began + Duration::from_millis(self.now)
    }

    pub(super) fn at(&mut self, at: u64, happening: Happening) {
        self.planned += 1;
        self.due.insert((at, self.planned), happening);
    }

    pub(super) fn later(&mut self, from: u64, to: u64, happening: Happening) {
        let at = self.now + from + self.roll(to - from);
        self.at(at, happening);
    }

    /// How long a request or a reply is under way.
    pub(super) fn travels(&mut self) -> u64 {
        if self.goes_wrong(25) { 5_000 + self.roll(10_000) } else { 10 + self.roll(400) }
    }

    /// Once in `times`, while anything does.
    pub(super) fn goes_wrong(&mut self, times: u64) -> bool {
        self.roll(times) == 0 && !self.is_over
    }

    /// From 0 up to, not including, `sides` (xorshift64*).
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.dice ^= self.dice >> 12;
        self.dice ^= self.dice << 25;
        self.dice ^= self.dice >> 27;
        (self.dice.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }
}
