//! Scanner guns: a worker each, framing (pure) and ports.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;

use serde::Deserialize;
use thiserror::Error;

use crate::station::{PortState, ScannerFault};

mod found;
pub mod framing;
pub mod port;

pub use found::{Found, found};

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
    /// A gun that types, read by the window in front: the screen tells its keys to [`port::keyboard::Decoder`].
    Keyboard {},
}

impl Config {
    /// Whether it is plugged in; none of one that types, which looks like any keyboard.
    pub fn is_present(&self) -> Option<bool> {
        match self {
            Self::Serial { path, .. } => Some(path.exists()),
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
    /// The kind exists, but not in this version: another has to be chosen.
    #[error("scanner kind \"{kind}\" is not in this version: use \"serial\" or \"keyboard\"")]
    NotInThisVersion {
        /// The kind as written.
        kind: &'static str,
    },
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
pub fn spawn(place: usize, config: &Config, mut report: impl FnMut(Seen) + Send + 'static) -> Handle {
    match config {
        Config::Serial { path, baud } => {
            let (stop, stopped) = mpsc::channel();
            let line = port::serial::Line { place, path: path.clone(), baud: *baud };
            let thread = std::thread::Builder::new()
                .name(format!("scanner-{place}"))
                .spawn(move || line.work(&stopped, report))
                .expect("a kiosk starts a handful of threads, once, far below any limit");
            Handle { worker: Some((stop, thread)) }
        }
        Config::Keyboard {} => {
            report(Seen::State(PortState::Ready));
            Handle { worker: None }
        }
    }
}

/// What may stand in the file, kinds of other versions included.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Written {
    Serial {
        path: PathBuf,
        #[serde(default = "baud_usual")]
        baud: u32,
    },
    Keyboard {},
    Evdev(serde::de::IgnoredAny),
}

impl TryFrom<Written> for Config {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        match written {
            Written::Serial { path, baud } => Ok(Self::Serial { path, baud }),
            Written::Keyboard {} => Ok(Self::Keyboard {}),
            Written::Evdev(_) => Err(Error::NotInThisVersion { kind: "evdev" }),
        }
    }
}

/// `interfaces.md`, `[[scanner]] baud`: what guns are shipped with.
fn baud_usual() -> u32 {
    9600
}

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
        let refused = read("kind = \"evdev\"\npath = \"/dev/input/event3\"").unwrap_err();
        assert!(refused.contains(&Error::NotInThisVersion { kind: "evdev" }.to_string()), "{refused}");
    }

    #[test]
    fn a_gun_that_types_is_ready_at_once() {
        let (tell, told) = mpsc::channel();
        let gun = spawn(0, &Config::Keyboard {}, move |seen| tell.send(seen).unwrap());
        drop(gun);
        assert_eq!(told.into_iter().collect::<Vec<_>>(), [Seen::State(PortState::Ready)]);
    }
}
