//! Scanner guns: a worker each, framing (pure) and ports.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use serde::Deserialize;
use thiserror::Error;

use crate::station::{PortState, ScannerFault};
use place::Place;
use port::Port;
use worker::Teller;

mod found;
pub mod framing;
mod place;
pub mod port;
pub mod trial;
mod worker;

pub use found::{Found, found};
pub use port::Heard;
pub use worker::Raw;

/// One `[[scanner]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Config {
    /// A gun on a serial line, a USB virtual one among them.
    Serial {
        /// The port, best by its identity: `/dev/serial/by-id/…`.
        path: PathBuf,
        /// Bits a second; without meaning on a USB virtual line.
        baud: u32,
    },
    /// A gun that types, read from its device alone, so that its keys reach nothing else; Linux only.
    Evdev {
        /// The device, best by its identity: `/dev/input/by-id/…-event-kbd`.
        path: PathBuf,
    },
    /// A gun that types, read by the window in front: the screen tells its keys to [`port::keyboard::Decoder`].
    Keyboard {},
}

impl Config {
    /// Where it is, or was when it was set up; none of one that types to the window, which looks like any keyboard.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Serial { path, .. } | Self::Evdev { path } => Some(path),
            Self::Keyboard {} => None,
        }
    }
}

/// What a gun tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A frame as read, without its terminator; not yet trusted.
    Frame(Box<str>),
    /// The port became able to work, or stopped being so; told only when it differs from what was told last.
    State(PortState<ScannerFault>),
}

/// Why a scanner of the configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The system has no such devices: another kind has to be chosen.
    #[error("scanner kind \"evdev\" is Linux's: use \"serial\" or \"keyboard\" on this system")]
    LinuxOnly,
}

/// A running gun; dropping it stops the worker and waits for it, a read's bound at most.
#[derive(Debug)]
pub struct Handle {
    worker: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.worker.take() {
            drop(stop);
            if thread.join().is_err() {
                tracing::error!("a scanner's thread ended by a panic");
            }
        }
    }
}

/// Starts the worker of the gun at `place` of the configuration. `report` runs on the worker's thread: it may wait, but
/// not for the one who drops the handle.
pub fn spawn(place: usize, config: &Config, report: impl FnMut(Seen) + Send + 'static) -> Handle {
    let mut teller = Teller::new(place, report);
    listen(place, config, move |raw| teller.hear(raw))
}

/// The same, but all that the gun sends is told as it comes, before anything is made of it.
pub fn listen(place: usize, config: &Config, mut tell: impl FnMut(Raw) + Send + 'static) -> Handle {
    match config {
        Config::Serial { path, baud } => {
            start(place, path, port::serial::Port { place: Place::new(path), baud: *baud }, tell)
        }
        Config::Evdev { path } => start(place, path, port::evdev::Port::new(Place::new(path)), tell),
        Config::Keyboard {} => {
            tell(Raw::State(PortState::Ready));
            Handle { worker: None }
        }
    }
}

fn start(
    place: usize,
    path: &Path,
    port: impl Port + Send + 'static,
    tell: impl FnMut(Raw) + Send + 'static,
) -> Handle {
    let (stop, stopped) = mpsc::channel();
    let name = path.to_string_lossy().into_owned();
    let thread = std::thread::Builder::new()
        .name(format!("scanner-{place}"))
        .spawn(move || worker::work(port, &name, &stopped, tell))
        .expect("a kiosk starts a handful of threads, once, far below any limit");
    Handle { worker: Some((stop, thread)) }
}

/// What may stand in the file, kinds of other systems included.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Written {
    Serial {
        path: PathBuf,
        #[serde(default = "baud")]
        baud: u32,
    },
    Keyboard {},
    Evdev {
        path: PathBuf,
    },
}

impl TryFrom<Written> for Config {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        match written {
            Written::Serial { path, baud } => Ok(Self::Serial { path, baud }),
            Written::Keyboard {} => Ok(Self::Keyboard {}),
            Written::Evdev { path } if cfg!(target_os = "linux") => Ok(Self::Evdev { path }),
            Written::Evdev { .. } => Err(Error::LinuxOnly),
        }
    }
}

fn baud() -> u32 {
    BAUD
}

/// `interfaces.md`, `[[scanner]] baud`: what guns are shipped with.
pub const BAUD: u32 = 9600;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_serial_gun_has_its_usual_speed() {
        let path = PathBuf::from("/dev/ttyACM0");
        let config = read("kind = \"serial\"\npath = \"/dev/ttyACM0\"");
        assert_eq!(config, Ok(Config::Serial { path: path.clone(), baud: 9600 }));
        let config = read("kind = \"serial\"\npath = \"/dev/ttyACM0\"\nbaud = 115200");
        assert_eq!(config, Ok(Config::Serial { path, baud: 115_200 }));
        assert_eq!(read("kind = \"keyboard\""), Ok(Config::Keyboard {}));
    }

    #[test]
    fn what_is_not_known_is_refused_by_its_name() {
        assert!(read("kind = \"serial\"\npath = \"/x\"\nbuad = 1").unwrap_err().contains("buad"));
        assert!(read("kind = \"keyboard\"\npath = \"/x\"").unwrap_err().contains("path"));
        assert!(read("kind = \"serial\"").unwrap_err().contains("path"));
        assert!(read("kind = \"laser\"").unwrap_err().contains("laser"));
        assert!(read("kind = \"evdev\"\npath = \"/x\"\nbaud = 1").unwrap_err().contains("baud"));
    }

    #[test]
    fn a_gun_that_types_has_a_device_on_linux() {
        let config = read("kind = \"evdev\"\npath = \"/dev/input/event3\"");
        if cfg!(target_os = "linux") {
            assert_eq!(config, Ok(Config::Evdev { path: "/dev/input/event3".into() }));
        } else {
            assert!(config.unwrap_err().contains(&Error::LinuxOnly.to_string()));
        }
    }

    #[test]
    fn a_gun_that_types_is_ready_at_once() {
        let (tell, told) = mpsc::channel();
        let gun = spawn(0, &Config::Keyboard {}, move |seen| tell.send(seen).unwrap());
        drop(gun);
        assert_eq!(told.into_iter().collect::<Vec<_>>(), [Seen::State(PortState::Ready)]);
    }
}
