//! A gun that types, read from its own input device, which it is then nobody else's keyboard.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::{Heard, READ_MAX};
use crate::scanner::place::Place;
use crate::station::ScannerFault;
use wedge::{Event, Stroke, Wedge};

mod device;
mod wedge;

/// One gun's device, as configured.
pub(in crate::scanner) struct Port<O = fn(&Path) -> io::Result<Box<dyn Device>>> {
    place: Place,
    open: O,
}

impl Port {
    pub fn new(place: Place) -> Self {
        Self { place, open: device::open }
    }
}

/// An input device, open.
pub(in crate::scanner) trait Device {
    /// The next event, `within` waited for at most. An error is an unplug.
    fn event(&mut self, within: Duration) -> io::Result<Option<Event>>;

    /// Whether a key is held down.
    fn is_held(&self) -> io::Result<bool>;

    /// Keeps the keys from everyone else, while it is open.
    fn grab(&mut self) -> io::Result<()>;
}

impl<O: FnMut(&Path) -> io::Result<Box<dyn Device>>> super::Port for Port<O> {
    fn open(&mut self) -> Result<Box<dyn super::Line>, ScannerFault> {
        let open = &mut self.open;
        let device = self.place.open(|path| {
            let refused = |error: io::Error| super::fault(path, &error.to_string());
            let mut device = open(path).map_err(refused)?;
            // Taken in the middle of a code it would give half of one, and whoever heard a key go down would never hear
            // it come up.
            if !is_calm(&mut *device).map_err(refused)? {
                return Err(ScannerFault::Babbling);
            }
            device.grab().map_err(refused)?;
            Ok(device)
        })?;
        Ok(Box::new(Line { device, wedge: Wedge::default() }))
    }
}

/// Waits for a while without a key, and for all keys to be up; whether that came.
fn is_calm(device: &mut dyn Device) -> io::Result<bool> {
    let (mut events, mut looks) = (0, 0);
    while events < EVENTS_MAX && looks < LOOKS_MAX {
        if device.event(CALM)?.is_some() {
            events += 1;
        } else if device.is_held()? {
            looks += 1;
        } else {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Line {
    device: Box<dyn Device>,
    wedge: Wedge,
}

impl super::Line for Line {
    fn hear(&mut self) -> io::Result<Heard> {
        let Some(event) = self.device.event(READ_MAX)? else { return Ok(Heard::Silence) };
        Ok(match self.wedge.event(event) {
            None => Heard::Nothing,
            Some(Stroke::Lost) => Heard::Lost,
            Some(Stroke::Char(letter)) => {
                Heard::Bytes { at: event.at, bytes: letter.encode_utf8(&mut [0; 4]).as_bytes().to_vec() }
            }
        })
    }
}

/// Guns type 1 to 20 ms apart (`findings.md`, Scanners): a pause so long is none inside a code.
const CALM: Duration = Duration::from_millis(100);

/// Looks at a key that is held down: a second, after which it is told.
const LOOKS_MAX: usize = 10;

/// Of the longest frame, each key with its press, its release, their scan codes and reports, and with shift.
const EVENTS_MAX: usize = 6144;

#[cfg(test)]
mod tests;
