//! What is plugged in, what is taken of it, and what it tells.

use std::time::Duration;

use super::state::{Action, Setup};
use super::step::{Said, Step, Taken};
use super::{Gun, Heard, Press};
use crate::config::{Language, Printer};
use crate::station::PortState;
use crate::words::setup as words;

impl Setup {
    pub(super) fn choose(&mut self, place: usize) -> Vec<Action> {
        let Some(press) = self.presses.get(place).cloned() else { return Vec::new() };
        self.at(press.transport, press.language);
        self.go(Step::Kind).into_iter().collect()
    }

    /// The printer is there; what was chosen for it stays where it is the same one.
    pub(super) fn at(&mut self, transport: String, language: Language) {
        if self.printer.as_ref().is_none_or(|printer| !is_same(&printer.transport, &transport)) {
            self.printer = Some(Printer::new(language, transport));
        }
    }

    pub(super) fn heard(&mut self, place: usize, heard: Heard) {
        match heard {
            Heard::Frame(frame) => self.read(&Taken::Found(place), &frame),
            Heard::Lying(guard) if self.gun == Some(Taken::Found(place)) => self.measured(guard),
            Heard::Lying(_) => {}
            Heard::State(state) => {
                if let Some((_, known)) = self.guns.get_mut(place) {
                    *known = state;
                }
            }
        }
    }

    /// Takes what is plugged in now; the gun that was taken keeps being so wherever it stands in the list.
    pub(super) fn found(&mut self, guns: Vec<Gun>, presses: Vec<Press>) {
        let taken = match self.gun {
            Some(Taken::Found(place)) => self.guns.get(place).map(|(gun, _)| gun.clone()),
            _ => None,
        };
        if let Some(taken) = taken {
            self.gun = guns.iter().position(|gun| *gun == taken).map(Taken::Found);
        }
        self.guns = guns.into_iter().map(|gun| (gun, PortState::Unknown)).collect();
        self.presses = presses;
        self.hush();
    }

    /// The gun that was taken reads by itself what is left lying: the guard stands above the longest it took to.
    fn measured(&mut self, guard: Duration) {
        self.guard = self.guard.max(Some(guard));
        if matches!((self.step, &self.said), (Step::Scanner | Step::Label, Some(Said::Well(_)))) {
            self.said = Some(Said::Well(self.reads()));
        }
    }

    /// What was read was the right one.
    pub(super) fn reads(&self) -> String {
        let what = if self.step == Step::Label { None } else { self.gun_name() };
        // The window is not told when keys were pressed.
        if self.gun == Some(Taken::Typing) { words::reads(what) } else { words::lies(what, self.guard) }
    }

    /// What the gun that was taken is called.
    pub(super) fn gun_name(&self) -> Option<&str> {
        Some(match self.gun.as_ref()? {
            Taken::Found(place) => self.guns.get(*place).map_or("", |(gun, _)| &gun.what),
            Taken::Typing => words::KEYBOARD_GUN,
        })
    }
}

/// Whether both are one place, at whatever speed its line runs.
pub(super) fn is_same(transport: &str, other: &str) -> bool {
    transport.split("?baud=").next() == other.split("?baud=").next()
}
