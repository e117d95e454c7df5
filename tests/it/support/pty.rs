//! A serial line with a gun on it: a pseudo-terminal whose far end the test holds.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serialport::{SerialPort, TTYPort};

/// The gun's end of a line; dropping it is an unplug.
pub struct Gun {
    end: TTYPort,
    path: PathBuf,
}

impl Gun {
    /// Makes a line that stays until the gun is dropped.
    pub fn plugged() -> Self {
        let (end, line) = TTYPort::pair().unwrap();
        // A program that a test starts would hold the line open for good; a clone is kept from it.
        let mut end = end.try_clone_native().unwrap();
        end.set_timeout(Duration::from_secs(30)).unwrap();
        let path = line.name().unwrap().into();
        Self { end, path }
    }

    /// The port to put into a configuration.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sends bytes as they are, all of them.
    pub fn send(&mut self, bytes: &[u8]) {
        self.end.write_all(bytes).unwrap();
    }

    /// Reads a code: sends it with the terminator most guns are set to.
    pub fn scan(&mut self, code: &str) {
        self.send(format!("{code}\r").as_bytes());
    }
}
