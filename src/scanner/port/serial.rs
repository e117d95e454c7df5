//! A gun on a serial line.

use std::io::{self, ErrorKind, Read};
use std::path::PathBuf;
use std::time::Instant;

use serialport::TTYPort;

use super::{Heard, READ_MAX};
use crate::station::ScannerFault;

/// One gun's line, as configured.
#[derive(Clone, Debug)]
pub(in crate::scanner) struct Port {
    /// The port.
    pub path: PathBuf,
    /// Bits a second.
    pub baud: u32,
}

impl super::Port for Port {
    fn open(&mut self) -> Result<Box<dyn super::Line>, ScannerFault> {
        let opened = serialport::new(self.path.to_string_lossy(), self.baud).timeout(READ_MAX).open_native();
        match opened {
            Ok(port) => Ok(Box::new(Line { port, opened_at: Instant::now() })),
            Err(error) => Err(super::fault(&self.path, &error.description)),
        }
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
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                Ok(Heard::Nothing)
            }
            Err(error) => Err(error),
        }
    }
}

/// One scan is far smaller; a babbling gun is read in pieces.
const READ_BYTES: usize = 1024;
