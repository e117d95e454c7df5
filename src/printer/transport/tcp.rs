//! A printer's socket, with a deadline for whatever is done on it.

use std::io;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream, lookup_host};
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
    let stream = timeout(within, reach(host, port)).await??;
    // A question of three bytes must not wait for more.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Connects to the first of its addresses that takes it, with so small a memory before it that what has left it is known.
async fn reach(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut refusal = io::ErrorKind::NotFound.into();
    for address in lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_send_buffer_size(SEND_BYTES)?;
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// A fifth of a label of 100 x 50 mm; Linux takes twice as much.
const SEND_BYTES: u32 = 8192;
