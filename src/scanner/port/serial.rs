//! A gun on a serial line.

use std::io::{self, ErrorKind, Read};
use std::time::Instant;

use serialport::TTYPort;

use super::{Heard, READ_MAX};
use crate::scanner::place::Place;
use crate::station::ScannerFault;

/// One gun's line, as configured.
#[derive(Clone, Debug)]
pub(in crate::scanner) struct Port {
    /// Where it is.
    pub place: Place,
    /// Bits a second.
    pub baud: u32,
}

impl super::Port for Port {
    fn open(&mut self) -> Result<Box<dyn super::Line>, ScannerFault> {
        let baud = self.baud;
        let port = self.place.open(|path| {
            let opened = serialport::new(path.to_string_lossy(), baud).timeout(READ_MAX).open_native();
            opened.map_err(|error| super::fault(path, &error.description))
        })?;
        Ok(Box::new(Line { port, opened_at: Instant::now() }))
    }
}

struct Line {
    port: TTYPort,
    opened_at: Instant,
}

impl super::Line for Line {
    fn hear(&mut self) -> io::Result<Heard> {
        let mut bytes = vec![0; READ_BYTES];
        match self.port.read(&mut bytes) {
            // A serial line has no end: nothing read where something was ready is an unplug.
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                bytes.truncate(count);
                Ok(Heard::Bytes { at: self.opened_at.elapsed(), bytes })
            }
            Err(error) => match error.kind() {
                ErrorKind::TimedOut => Ok(Heard::Silence),
                ErrorKind::Interrupted => Ok(Heard::Nothing),
                _ => Err(error),
            },
        }
    }
}

/// One scan is far smaller; a babbling gun is read in pieces.
const READ_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use serialport::SerialPort;

    use super::*;
    use crate::scanner::place::tests::Bus;
    use crate::scanner::worker::Teller;
    use crate::scanner::{Seen, start};
    use crate::station::PortState;

    /// Its end of a line that is plugged in as `name`.
    fn plugged(bus: &Bus, name: &str, serial: &str) -> TTYPort {
        let (gun, line) = TTYPort::pair().unwrap();
        bus.plug(name, serial, Path::new(&line.name().unwrap()));
        gun
    }

    #[test]
    fn a_gun_is_read_again_at_another_place() {
        use std::io::Write;

        let bus = Bus::new();
        let named = Path::new("/dev/ttyACM0");
        let mut gun = plugged(&bus, "ttyACM0", "K1");
        let (tell, told) = channel();
        let mut teller = Teller::new(0, move |seen| tell.send(seen).unwrap());
        let port = Port { place: Place::below(bus.root(), named), baud: 9600 };
        let _handle = start(0, named, port, move |raw| teller.hear(raw));
        let next = || told.recv_timeout(Duration::from_secs(30)).unwrap();

        assert_eq!(next(), Seen::State(PortState::Ready));
        gun.write_all(b"#B1\r#B18").unwrap();
        assert_eq!(next(), Seen::Frame("#B1".into()));
        bus.unplug("ttyACM0");
        drop(gun);
        assert_eq!(next(), Seen::State(PortState::Faulted(ScannerFault::Missing("/dev/ttyACM0".into()))));
        let _other = plugged(&bus, "ttyACM0", "K2");
        let mut gun = plugged(&bus, "ttyACM1", "K1");
        assert_eq!(next(), Seen::State(PortState::Ready));
        gun.write_all(b"#B2\r").unwrap();
        assert_eq!(next(), Seen::Frame("#B2".into()));
    }
}
