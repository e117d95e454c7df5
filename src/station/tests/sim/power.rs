//! A station's disk and power: writes that end, fail or are cut, and starts after them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::tally::{Fault, Luck};
use super::world::{Item, World};
use crate::station::*;

impl World {
    pub fn written(&mut self, place: usize, id: EffectId) {
        if let Some(down) = self.kiosks[place].cut {
            self.fault(place, Fault::PowerCut);
            return self.switch_off(place, down);
        }
        let records = std::mem::take(&mut self.kiosks[place].writing);
        self.kiosks[place].is_failing = false;
        if self.kiosks[place].disk.fault.is_none() {
            self.check_batch(place, &records, true);
        }
        let disk = &mut self.kiosks[place].disk;
        let result = match disk.fault {
            None => {
                disk.limbo.clear();
                for record in records {
                    disk.write(record);
                }
                Ok(())
            }
            Some(Fault::DiskFull) => Err(StoreFault::Full),
            Some(_) => {
                disk.limbo.extend(records);
                Err(StoreFault::Broken("I/O error".into()))
            }
        };
        if let Some(fault) = self.kiosks[place].disk.fault {
            self.kiosks[place].is_failing = true;
            self.fault(place, fault);
        }
        let at = self.at(place);
        let event = Event::Stored { id, at, result };
        self.end_effect(place, &event);
        self.tell(place, event);
    }

    /// The machine goes off; it is switched on again after `down`.
    pub fn switch_off(&mut self, place: usize, down: Duration) {
        // What was not acknowledged may be there all the same, in the order in which it was written.
        let limbo = std::mem::take(&mut self.kiosks[place].disk.limbo);
        let writing = std::mem::take(&mut self.kiosks[place].writing);
        for records in [limbo, writing] {
            if !records.is_empty() && self.dice.once_in(2) {
                self.tally.luck(Luck::WriteTurnedUp);
                self.check_batch(place, &records, false);
                for record in records {
                    // It was refused, and is there all the same: the next life goes on with it.
                    if let Record::Intent(intent) = &record
                        && let Some(read) = self.read_of_mut(intent.id)
                    {
                        read.is_refused = false;
                    }
                    self.kiosks[place].disk.write(record);
                }
            }
        }
        self.kiosks[place].die();
        let life = self.kiosks[place].life;
        self.note(|world| format!("{} goes off for {down:?}", world.kiosks[place].settings.name));
        self.later(down, Item::Boot { place, life });
    }

    pub fn boot(&mut self, place: usize) {
        let kiosk = &mut self.kiosks[place];
        kiosk.born = self.now;
        kiosk.station = Some(Station::new(kiosk.settings.clone()));
        let kept = kiosk.disk.kept();
        let at = self.at(place);
        self.check_kept(place, &kept);
        self.note(|world| {
            format!("{} starts with {} open", world.kiosks[place].settings.name, kept.intents.len())
        });
        self.tell(place, Event::Recovered { at, kept });
        // It is written without care, and may be lost.
        if !self.dice.once_in(2) {
            let (read_at, orders) = self.kiosks[place].memory.clone();
            let recalled = Event::Recalled { at, read_at, orders, choices: BTreeMap::new() };
            let delay = self.dice.millis(1, 300);
            self.tell_later(delay, place, recalled);
        }
        self.subscribe(place);
        for printer in 0..self.kiosks[place].printers.len() {
            self.printer_seen(place, printer);
        }
        for scanner in 0..2 {
            self.tell_later(
                Duration::from_millis(50),
                place,
                Event::ScannerSeen { at, scanner, state: PortState::Ready },
            );
        }
    }
}
