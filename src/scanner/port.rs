//! Where guns are plugged in.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::station::ScannerFault;

pub(super) mod evdev;
pub mod keyboard;
pub(super) mod serial;

/// The way to a gun, which can be opened again and again.
pub(super) trait Port {
    /// Opens it, or says why it cannot be, within about a second.
    fn open(&mut self) -> Result<Box<dyn Line>, ScannerFault>;
}

/// A gun that is open.
pub(super) trait Line {
    /// Waits for what comes next, [`READ_MAX`] at most. An error is an unplug.
    fn hear(&mut self) -> io::Result<Heard>;
}

/// What came from a gun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing that counts; asked again.
    Nothing,
    /// Nothing at all for as long as a read waits, and nothing that is still to be read.
    Silence,
    /// Bytes, and when: by the kernel's clock where it tells, else by when they were read; counted from any fixed moment.
    Bytes {
        /// When.
        at: Duration,
        /// As they came.
        bytes: Vec<u8>,
    },
    /// Something was lost here, and nobody knows how much.
    Lost,
}

/// Why a port cannot be opened. One that is busy, forbidden or of another kind is there; only what is not there is unplugged.
fn fault(path: &Path, why: &str) -> ScannerFault {
    if path.exists() {
        ScannerFault::Denied(format!("{}: {why}", path.display()).into())
    } else {
        ScannerFault::Missing(path.to_string_lossy().into())
    }
}

/// How long a read waits before its worker looks whether it is to stop: a wait that nobody sees at shut-down.
const READ_MAX: Duration = Duration::from_millis(250);
