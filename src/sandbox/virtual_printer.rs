//! The demonstration's printer: a listener that behaves as an ESC/POS label printer and gives its labels as pictures.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

mod interpreter;

use interpreter::{Interpreter, Output};

/// One label as it left the printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Dots in a row.
    pub width_dots: u32,
    /// Rows of dots.
    pub height_dots: u32,
    /// The rows from the top, each of whole bytes with the leftmost dot in the highest bit; 1 is black.
    pub rows: Vec<u8>,
}

/// What is the matter with the printer, as a person may arrange it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    #[default]
    Ready,
    /// It ran out of labels.
    PaperOut,
    /// Somebody opened it.
    CoverOpen,
}

/// The printer, until it is dropped.
#[derive(Debug)]
pub struct VirtualPrinter {
    /// Where it listens for ESC/POS.
    pub address: SocketAddr,
    condition: watch::Sender<Condition>,
    task: JoinHandle<()>,
}

impl VirtualPrinter {
    /// Starts on a free port of the loopback; its labels come out of the receiver. A label that finds
    /// [`PICTURES_MAX`] unseen ones before it is lost, as one that falls to the floor.
    pub async fn start() -> std::io::Result<(Self, mpsc::Receiver<Picture>)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (pictures, labels) = mpsc::channel(PICTURES_MAX);
        let (condition, watched) = watch::channel(Condition::Ready);
        let task = tokio::spawn(serve(listener, watched, pictures));
        Ok((Self { address, condition, task }, labels))
    }

    /// Makes something be the matter, or nothing.
    pub fn arrange(&self, condition: Condition) {
        self.condition.send_replace(condition);
    }
}

impl Drop for VirtualPrinter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Printers talk to one client at a time; the others wait.
async fn serve(
    listener: TcpListener,
    mut condition: watch::Receiver<Condition>,
    pictures: mpsc::Sender<Picture>,
) {
    loop {
        let ended = match listener.accept().await {
            Ok((stream, _)) => talk(stream, &mut condition, &pictures).await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "the virtual printer lost its client");
        }
    }
}

async fn talk(
    mut stream: TcpStream,
    condition: &mut watch::Receiver<Condition>,
    pictures: &mpsc::Sender<Picture>,
) -> std::io::Result<()> {
    let mut interpreter = Interpreter::new(*condition.borrow_and_update());
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let outputs = tokio::select! {
            // What waits for paper stays in the client's hands once the printer's own memory is full.
            count = stream.read(&mut chunk), if !interpreter.is_full() => match count? {
                0 => return Ok(()),
                count => interpreter.receive(&chunk[..count]),
            },
            changed = condition.changed() => match changed {
                Ok(()) => interpreter.change(*condition.borrow_and_update()),
                Err(_) => return Ok(()),
            },
        };
        for output in outputs {
            match output {
                Output::Reply(bytes) => stream.write_all(&bytes).await?,
                Output::Label(picture) => {
                    if pictures.try_send(picture).is_err() {
                        tracing::warn!("nobody looks at the virtual printer's labels: one is lost");
                    }
                }
            }
        }
    }
}

/// More than a person prints before looking.
const PICTURES_MAX: usize = 64;

const CHUNK_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// As many bytes as are expected; a printer that never answers fails the test instead of holding it.
    async fn answer<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
        let mut bytes = [0; N];
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut bytes)).await;
        read.expect("the printer answers").unwrap();
        bytes
    }

    #[tokio::test]
    async fn a_job_is_printed_proved_and_seen() {
        let (printer, mut labels) = VirtualPrinter::start().await.unwrap();
        let mut stream = TcpStream::connect(printer.address).await.unwrap();
        let job = b"\x1b@\x1dv0\0\x01\0\x02\0\xf0\x0f\x1dV\0\x1d(H\x06\x0000abcd";
        stream.write_all(job).await.unwrap();
        assert_eq!(&answer(&mut stream).await, b"\x37\x22abcd\0");
        let picture = labels.recv().await.unwrap();
        assert_eq!(picture, Picture { width_dots: 8, height_dots: 2, rows: vec![0xf0, 0x0f] });
    }

    #[tokio::test]
    async fn a_job_waits_for_paper_and_then_goes_on() {
        let (printer, mut labels) = VirtualPrinter::start().await.unwrap();
        printer.arrange(Condition::PaperOut);
        let mut stream = TcpStream::connect(printer.address).await.unwrap();
        stream.write_all(b"\x10\x04\x01\x10\x04\x04").await.unwrap();
        assert_eq!(answer(&mut stream).await, [0x1a, 0x72]);
        stream.write_all(b"\x1dv0\0\x01\0\x01\0\xff\x1dV\0\x1d(H\x06\x0000wxyz").await.unwrap();
        stream.write_all(b"\x10\x04\x02").await.unwrap();
        assert_eq!(answer(&mut stream).await, [0x32]);
        assert!(labels.try_recv().is_err());
        printer.arrange(Condition::Ready);
        assert_eq!(&answer(&mut stream).await, b"\x37\x22wxyz\0");
        assert_eq!(labels.recv().await.unwrap().rows, [0xff]);
    }
}
