//! A printer's socket, with a deadline for whatever is done on it.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Transport;

/// A network address; one of IPv6 stands in brackets, since its own colons are no port's.
pub(super) fn address(text: &str) -> Option<Transport> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = port.parse().ok().filter(|port| *port > 0)?;
    (!host.is_empty() && !host.contains('/')).then(|| Transport::Tcp { host: host.into(), port })
}

/// Connects to a network printer.
pub(super) async fn connect(host: &str, port: u16, within: Duration) -> io::Result<TcpStream> {
    let stream = timeout(within, TcpStream::connect((host, port))).await??;
    // A question of three bytes must not wait for more.
    stream.set_nodelay(true)?;
    Ok(stream)
}
