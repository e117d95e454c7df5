//! The ways to a printer.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::station::PrinterFault;

mod device;
pub(super) mod file;
mod serial;
mod tcp;
mod usb;

pub use serial::Flow;

/// Where a printer is, as a URL of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Transport {
    /// `tcp://127.0.0.1:9100`: a network printer.
    Tcp {
        /// Name or address.
        host: Box<str>,
        /// Usually 9100.
        port: u16,
    },
    /// `usb:///dev/usb/lp0` or `usb:///dev/usb/lp0?serial=K1234`: one on USB.
    Usb {
        /// Its device file, or the one it had when it was set up.
        path: PathBuf,
        /// Its serial number, by which it is found wherever it is plugged in.
        serial: Option<Box<str>>,
    },
    /// `serial:///dev/ttyUSB0?baud=115200&flow=rtscts`: one on a serial line.
    Serial {
        /// The port, best below `/dev/serial/by-id`.
        path: PathBuf,
        /// Bits a second.
        baud: u32,
        /// How the printer says that it can take no more.
        flow: Flow,
    },
    /// `file:///var/spool/labels/`: a folder that takes one file a label.
    File {
        /// The folder.
        folder: PathBuf,
    },
}

/// A printer's line, open.
pub(super) trait Line: AsyncRead + AsyncWrite + Unpin + Send {
    /// Whether what was said in one conversation may be heard in the next.
    fn outlives(&self) -> bool;

    /// What the port itself knows to be wrong with the printer.
    fn fault(&self) -> Option<PrinterFault> {
        None
    }
}

impl Line for TcpStream {
    fn outlives(&self) -> bool {
        false
    }
}

/// A printer's place, and what is known of who it is.
#[derive(Debug)]
pub(super) struct Place {
    transport: Transport,
    /// Of one on USB: who it was when it was last there.
    known: Option<usb::Identity>,
}

impl Place {
    pub fn new(transport: Transport) -> Self {
        Self { transport, known: None }
    }

    /// The folder, where the printer is one.
    pub fn folder(&self) -> Option<&Path> {
        match &self.transport {
            Transport::File { folder } => Some(folder),
            _ => None,
        }
    }

    /// Opens the line to a printer that is no folder.
    pub async fn open(&mut self, within: Duration) -> io::Result<Box<dyn Line>> {
        Ok(match &self.transport {
            Transport::Tcp { host, port } => Box::new(tcp::connect(host, *port, within).await?),
            Transport::Usb { path, serial } => Box::new(usb::open(path, serial.as_deref(), &mut self.known)?),
            Transport::Serial { path, baud, flow } => Box::new(serial::open(path, *baud, *flow)?),
            Transport::File { .. } => return Err(io::ErrorKind::IsADirectory.into()),
        })
    }

    /// How long so many bytes are on the way at least.
    pub fn time_for(&self, count: usize) -> Duration {
        match &self.transport {
            Transport::Serial { baud, .. } => serial::time_for(count, *baud),
            _ => Duration::ZERO,
        }
    }
}

impl Transport {
    /// Whether something is there.
    pub(super) async fn reach(&self, within: Duration) -> io::Result<()> {
        match self {
            Self::Tcp { host, port } => tcp::connect(host, *port, within).await.map(drop),
            Self::Usb { path, serial } => {
                usb::find(Path::new("/"), path, serial.as_deref(), None).and_then(std::fs::metadata).map(drop)
            }
            Self::Serial { path, .. } => std::fs::metadata(path).map(drop),
            Self::File { folder } => std::fs::read_dir(folder).map(drop),
        }
    }
}

/// Text that is not the URL of a printer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTransport {
    /// No kind of printer is addressed so.
    #[error("{0:?} is no printer's address: write {KINDS}")]
    Unknown(String),
    /// A network address without its host or port.
    #[error("{0:?} has no host or no port: write tcp://HOST:PORT, such as tcp://192.168.1.50:9100")]
    NoPort(String),
    /// A folder or device file that is not given from the root.
    #[error("{0:?} does not begin at the root: write {KINDS}")]
    NoRoot(String),
    /// Something behind the address that it does not have, or that has no such value.
    #[error(
        "{0:?}: behind a device file stands ?serial=NUMBER (usb), or ?baud=115200&flow=none, rtscts or xonxoff (serial)"
    )]
    Option(String),
}

const KINDS: &str =
    "tcp://HOST:PORT, usb:///dev/usb/lp0, serial:///dev/ttyUSB0?baud=115200 or file:///FOLDER/";

impl FromStr for Transport {
    type Err = BadTransport;

    fn from_str(text: &str) -> Result<Self, BadTransport> {
        let whole = || text.to_owned();
        let (scheme, rest) = text.split_once("://").ok_or_else(|| BadTransport::Unknown(whole()))?;
        if scheme == "tcp" {
            return tcp::address(rest).ok_or_else(|| BadTransport::NoPort(whole()));
        }
        if !["usb", "serial", "file"].contains(&scheme) {
            return Err(BadTransport::Unknown(whole()));
        }
        if !rest.starts_with('/') {
            return Err(BadTransport::NoRoot(whole()));
        }
        if scheme == "file" {
            return Ok(Self::File { folder: rest.into() });
        }
        let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
        let options: Vec<(&str, &str)> = options
            .split('&')
            .filter(|option| !option.is_empty())
            .map(|option| option.split_once('=').unwrap_or((option, "")))
            .collect();
        let found =
            if scheme == "usb" { usb::address(path, &options) } else { serial::address(path, &options) };
        found.ok_or_else(|| BadTransport::Option(whole()))
    }
}

impl TryFrom<String> for Transport {
    type Error = BadTransport;

    fn try_from(text: String) -> Result<Self, BadTransport> {
        text.parse()
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::Usb { path, serial: None } => write!(f, "usb://{}", path.display()),
            Self::Usb { path, serial: Some(serial) } => write!(f, "usb://{}?serial={serial}", path.display()),
            Self::Serial { path, baud, flow } => {
                write!(f, "serial://{}?baud={baud}&flow={flow}", path.display())
            }
            Self::File { folder } => write!(f, "file://{}", folder.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printers_address_reads_back() {
        for text in [
            "tcp://127.0.0.1:9100",
            "tcp://bench.local:9100",
            "tcp://[::1]:9100",
            "file:///var/spool/labels/",
            "usb:///dev/usb/lp0",
            "usb:///dev/usb/lp0?serial=K12",
            "serial:///dev/ttyUSB0?baud=115200&flow=rtscts",
        ] {
            assert_eq!(text.parse::<Transport>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_told() {
        let of = |text: &str| text.parse::<Transport>().unwrap_err();
        for text in [
            "tcp://127.0.0.1",
            "tcp://:9100",
            "tcp://host:0",
            "tcp://host:x",
            "tcp://host/:9100",
            "tcp://h:99999",
        ] {
            assert!(matches!(of(text), BadTransport::NoPort(_)), "{text}");
        }
        for text in ["file://labels/", "usb://lp0", "serial://"] {
            assert!(matches!(of(text), BadTransport::NoRoot(_)), "{text}");
        }
        for text in [
            "usb:///dev/usb/lp0?baud=9600",
            "usb:///dev/usb/lp0?serial=",
            "serial:///dev/ttyUSB0?baud=fast",
            "serial:///dev/ttyUSB0?baud=10",
            "serial:///dev/ttyUSB0?flow=some",
            "serial:///dev/ttyUSB0?speed=9600",
        ] {
            assert!(matches!(of(text), BadTransport::Option(_)), "{text}");
        }
        for text in ["", "9100", "http://x", "127.0.0.1:9100"] {
            assert!(matches!(of(text), BadTransport::Unknown(_)), "{text}");
        }
    }
}
