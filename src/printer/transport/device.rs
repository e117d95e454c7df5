//! A device file that never blocks: a read or write on it can be given up at any time.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Line, serial, usb};
use crate::station::PrinterFault;

/// An open device file, to be used on the runtime on which it was opened.
#[derive(Debug)]
pub(super) struct Device {
    file: AsyncFd<File>,
    kind: Kind,
}

/// What is behind a device file.
#[derive(Debug)]
pub(super) enum Kind {
    /// Linux's usblp.
    Usb,
    /// A serial line.
    Serial {
        /// What keeps it as it was set up.
        _settings: serial::Settings,
    },
}

impl Device {
    #[expect(
        deprecated,
        reason = "its successor is unsafe for the sake of types that lie about their descriptor; a file does not"
    )]
    pub fn new(file: File, kind: Kind) -> io::Result<Self> {
        Ok(Self { file: AsyncFd::new(file)?, kind })
    }
}

/// Opens a device file so that nothing done with it blocks.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

impl Line for Device {
    fn outlives(&self) -> bool {
        true
    }

    fn fault(&self) -> Option<PrinterFault> {
        match self.kind {
            Kind::Usb => usb::port::status(self.file.get_ref()).ok().and_then(usb::port::fault),
            Kind::Serial { .. } => None,
        }
    }
}

impl AsyncRead for Device {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.file.poll_read_ready(context))?;
            let read = ready.try_io(|file| match file.get_ref().read(buffer.initialize_unfilled()) {
                // A printer on USB that has nothing to say may say so; anywhere else it is the end.
                Ok(0) if matches!(self.kind, Kind::Usb) => Err(io::ErrorKind::WouldBlock.into()),
                read => read,
            });
            if let Ok(read) = read {
                return Poll::Ready(read.map(|count| buffer.advance(count)));
            }
        }
    }
}

impl AsyncWrite for Device {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.file.poll_write_ready(context))?;
            if let Ok(written) = ready.try_io(|file| file.get_ref().write(bytes)) {
                return Poll::Ready(written);
            }
        }
    }

    /// Waits until the last piece has been taken: usblp says so by accepting another, even an empty one, and forgets
    /// what it still holds when it is closed.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write(context, &[]).map_ok(drop)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
