//! A printer on a serial line.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use serialport::{ClearBuffer, FlowControl, SerialPort, TTYPort};

use super::Transport;
use super::device::{self, Device, Kind};

/// How a printer says that it can take no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It does not.
    None,
    /// By a wire.
    RtsCts,
    /// By two characters.
    XonXoff,
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::RtsCts => "rtscts",
            Self::XonXoff => "xonxoff",
        })
    }
}

/// An address, by its path and what stands behind it.
pub(super) fn address(path: &str, options: &[(&str, &str)]) -> Option<Transport> {
    let (mut baud, mut flow) = (BAUD, Flow::None);
    for (key, value) in options {
        match *key {
            "baud" => baud = value.parse().ok().filter(|baud| *baud >= BAUD_MIN)?,
            "flow" => {
                flow = [Flow::None, Flow::RtsCts, Flow::XonXoff]
                    .into_iter()
                    .find(|flow| flow.to_string() == *value)?;
            }
            _ => return None,
        }
    }
    Some(Transport::Serial { path: path.into(), baud, flow })
}

/// Opens a port and sets it up.
pub(super) fn open(path: &Path, baud: u32, flow: Flow) -> io::Result<Device> {
    // Another view of the port than the one that sets it up: that one blocks, and keeps others out.
    let file = device::open(path)?;
    let flow = match flow {
        Flow::None => FlowControl::None,
        Flow::RtsCts => FlowControl::Hardware,
        Flow::XonXoff => FlowControl::Software,
    };
    let port = serialport::new(path.to_string_lossy(), baud).flow_control(flow).open_native()?;
    Device::new(file, Kind::Serial { _settings: Settings(port) })
}

/// How long so many bytes take, each of them 10 bits.
pub(super) fn time_for(count: usize, baud: u32) -> Duration {
    Duration::from_secs_f64(count as f64 * 10.0 / f64::from(baud))
}

/// A port's settings, which hold while it is kept.
#[derive(Debug)]
pub(super) struct Settings(TTYPort);

impl Drop for Settings {
    /// What a printer did not take by now it never will: the system would wait for it, up to 30 s.
    fn drop(&mut self) {
        if let Err(error) = self.0.clear(ClearBuffer::Output) {
            tracing::debug!(%error, "a serial line has gone");
        }
    }
}

/// As the guns have it.
const BAUD: u32 = 9600;
/// A label would take minutes.
const BAUD_MIN: u32 = 1200;
