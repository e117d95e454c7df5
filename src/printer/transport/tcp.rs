//! A printer's socket, with a deadline for whatever is done on it.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

/// Connects to a network printer.
pub(in crate::printer) async fn connect(host: &str, port: u16, within: Duration) -> io::Result<TcpStream> {
    let stream = timeout(within, TcpStream::connect((host, port))).await??;
    // A question of three bytes must not wait for more.
    stream.set_nodelay(true)?;
    Ok(stream)
}
