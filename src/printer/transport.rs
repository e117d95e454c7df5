//! The ways to a printer.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

pub(super) mod file;
pub(super) mod tcp;

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
    /// `file:///var/spool/labels/`: a folder that takes one file a label.
    File {
        /// The folder.
        folder: PathBuf,
    },
}

/// Text that is not the URL of a printer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTransport {
    /// The product knows such printers, this version does not.
    #[error("{0:?} is not in this version: it has tcp://HOST:PORT and file:///FOLDER/")]
    NotInThisVersion(String),
    /// No kind of printer is addressed so.
    #[error("{0:?} is no printer's address: write tcp://HOST:PORT or file:///FOLDER/")]
    Unknown(String),
    /// A network address without its host or port.
    #[error("{0:?} has no host or no port: write tcp://HOST:PORT, such as tcp://192.168.1.50:9100")]
    NoPort(String),
    /// A folder that is not given from the root.
    #[error("{0:?} does not name a folder from the root: write file:///FOLDER/")]
    NoFolder(String),
}

impl FromStr for Transport {
    type Err = BadTransport;

    fn from_str(text: &str) -> Result<Self, BadTransport> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(BadTransport::Unknown(text.to_owned()));
        };
        match scheme {
            "tcp" => {
                let (host, port) =
                    rest.rsplit_once(':').ok_or_else(|| BadTransport::NoPort(text.to_owned()))?;
                // An IPv6 address stands in brackets: its own colons are no port's.
                let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
                match port.parse() {
                    Ok(port) if port > 0 && !host.is_empty() && !host.contains('/') => {
                        Ok(Self::Tcp { host: host.into(), port })
                    }
                    _ => Err(BadTransport::NoPort(text.to_owned())),
                }
            }
            "file" if rest.starts_with('/') => Ok(Self::File { folder: rest.into() }),
            "file" => Err(BadTransport::NoFolder(text.to_owned())),
            "usb" | "serial" => Err(BadTransport::NotInThisVersion(text.to_owned())),
            _ => Err(BadTransport::Unknown(text.to_owned())),
        }
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
        ] {
            assert_eq!(text.parse::<Transport>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_told() {
        let of = |text: &str| text.parse::<Transport>().unwrap_err();
        assert!(matches!(of("usb:///dev/usb/lp0"), BadTransport::NotInThisVersion(_)));
        assert!(of("serial:///dev/ttyUSB0?baud=115200").to_string().contains("not in this version"));
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
        assert!(matches!(of("file://labels/"), BadTransport::NoFolder(_)));
        for text in ["", "9100", "http://x", "127.0.0.1:9100"] {
            assert!(matches!(of(text), BadTransport::Unknown(_)), "{text}");
        }
    }
}
