//! The conversation with a printer: one connection a job or question, one deadline for a whole job, and always an ear
//! open while speaking.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::Limits;
use super::language::escpos::{self, Answer};
use super::transport::tcp;
use super::worker::unreachable;
use crate::station::{Outcome, PrinterFault};

/// Asks a printer how it is, and whether its paper is nearly out.
pub(super) async fn is_low(address: (&str, u16), limits: &Limits) -> Result<bool, PrinterFault> {
    let mut printer = Connection::open(address, limits).await?;
    printer.ask(None, limits.answer, Instant::now() + limits.job).await?;
    Ok(printer.is_low)
}

/// Sends a job whose end-of-job request carries `mark`, and tells how it ended.
pub(super) async fn print(address: (&str, u16), bytes: &[u8], mark: [u8; 4], limits: &Limits) -> Outcome {
    let deadline = Instant::now() + limits.job;
    let mut printer = match Connection::open(address, limits).await {
        Ok(printer) => printer,
        Err(fault) => return Outcome::Failed(fault),
    };
    if let Err(fault) = printer.ask(None, limits.answer, deadline).await {
        return Outcome::Failed(fault);
    }
    match printer.send(bytes, mark, deadline).await {
        Ok(Sent::All) => {}
        Ok(Sent::AndPrinted) => return Outcome::Printed,
        Err((0, fault)) => return Outcome::Failed(fault),
        Err((_, fault)) => return Outcome::Unconfirmed(fault),
    }
    printer.proof(mark, limits, deadline).await
}

/// How far the sending of a job came.
enum Sent {
    All,
    /// Its proof came while it was still being sent: the printer is quicker than the network.
    AndPrinted,
}

struct Connection<S> {
    stream: S,
    unread: Vec<u8>,
    questions: Questions,
    /// Whether its paper is nearly out, by its last answers.
    is_low: bool,
}

/// The round of questions about the printer's state. A late answer must not be taken for that to a later question, so a
/// question is asked once and waited for, however often the wait is broken off.
#[derive(Default)]
struct Questions {
    answers: [u8; 4],
    answered: usize,
    is_asked: bool,
}

impl Questions {
    /// Takes a status in; one that was not asked for is nothing.
    fn take(&mut self, status: u8) {
        if std::mem::take(&mut self.is_asked) {
            self.answers[self.answered] = status;
            self.answered += 1;
        }
    }

    /// The next question to be put, unless one waits for its answer.
    fn next(&mut self) -> Option<[u8; 3]> {
        let question = escpos::questions().get(self.answered).copied().filter(|_| !self.is_asked);
        self.is_asked |= question.is_some();
        question
    }

    /// All answers, once there are all; a new round begins.
    fn finish(&mut self) -> Option<[u8; 4]> {
        let is_whole = self.answered == self.answers.len();
        is_whole.then(|| std::mem::take(self).answers)
    }
}

impl Connection<TcpStream> {
    async fn open((host, port): (&str, u16), limits: &Limits) -> Result<Self, PrinterFault> {
        let stream = tcp::connect(host, port, limits.connect).await.map_err(|error| unreachable(&error))?;
        Ok(Self { stream, unread: Vec::new(), questions: Questions::default(), is_low: false })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Asks for the printer's state, each question answered within `patience`; the proof of `mark` ends it at once.
    async fn ask(
        &mut self,
        mark: Option<[u8; 4]>,
        patience: Duration,
        deadline: Instant,
    ) -> Result<Health, PrinterFault> {
        loop {
            if let Some(answers) = self.questions.finish() {
                self.is_low = escpos::is_low(answers);
                return escpos::state(answers).map(|()| Health::Well);
            }
            let until = deadline.min(Instant::now() + patience);
            if let Some(question) = self.questions.next() {
                write(&mut self.stream, &question, until).await?;
            }
            match self.answer(until).await? {
                Answer::Status(status) => self.questions.take(status),
                Answer::Ended(ended) if Some(ended) == mark => return Ok(Health::Printed),
                Answer::Nonsense => return Err(PrinterFault::Nonsense),
                // Late words of an earlier job.
                Answer::Automatic(_) | Answer::Ended(_) => {}
            }
        }
    }

    /// Sends all bytes, listening meanwhile; a failure tells how many bytes went out before it.
    async fn send(
        &mut self,
        bytes: &[u8],
        mark: [u8; 4],
        deadline: Instant,
    ) -> Result<Sent, (usize, PrinterFault)> {
        let (mut ear, mut mouth) = tokio::io::split(&mut self.stream);
        let (mut sent, mut is_printed, mut fault) = (0, false, None);
        let mut heard = [0; READ_BYTES];
        while sent < bytes.len() {
            let step = async {
                tokio::select! {
                    written = mouth.write(&bytes[sent..]) => written.and_then(not_closed).map(|count| sent += count),
                    read = ear.read(&mut heard) => {
                        let count = read.and_then(not_closed)?;
                        self.unread.extend_from_slice(&heard[..count]);
                        Ok(())
                    }
                }
            };
            match timeout_at(deadline, step).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err((sent, fault.unwrap_or_else(|| unreachable(&error)))),
                Err(_) => return Err((sent, fault.unwrap_or(PrinterFault::NoAnswer))),
            }
            while let Some((answer, taken)) = escpos::answer(&self.unread) {
                self.unread.drain(..taken);
                match answer {
                    Answer::Ended(ended) => is_printed |= ended == mark,
                    Answer::Automatic(status) => fault = escpos::automatic_fault(status),
                    Answer::Status(_) => {}
                    Answer::Nonsense => return Err((sent, PrinterFault::Nonsense)),
                }
            }
        }
        match fault {
            _ if is_printed => Ok(Sent::AndPrinted),
            Some(fault) => Err((sent, fault)),
            None => Ok(Sent::All),
        }
    }

    /// Waits for the proof that all of a job has been printed, asking for faults while it does not come.
    async fn proof(&mut self, mark: [u8; 4], limits: &Limits, deadline: Instant) -> Outcome {
        let patient_until = Instant::now() + limits.proof;
        loop {
            let until = deadline.min(Instant::now() + limits.answer);
            match self.ended(mark, until).await {
                Ok(()) => return Outcome::Printed,
                Err(PrinterFault::NoAnswer) => {}
                Err(fault) => return Outcome::Unconfirmed(fault),
            }
            let health = self.ask(Some(mark), limits.answer, deadline).await;
            let is_late = Instant::now() >= deadline;
            match health {
                Ok(Health::Printed) => return Outcome::Printed,
                Ok(Health::Well) if is_late || Instant::now() >= patient_until => return Outcome::Sent,
                // A printer that says nothing just now may still prove the label before the deadline.
                Ok(Health::Well) | Err(PrinterFault::NoAnswer) if !is_late => {}
                Ok(Health::Well) => return Outcome::Sent,
                Err(fault) => return Outcome::Unconfirmed(fault),
            }
        }
    }

    /// Waits for the end of the job with `mark`.
    async fn ended(&mut self, mark: [u8; 4], until: Instant) -> Result<(), PrinterFault> {
        loop {
            match self.answer(until).await? {
                Answer::Ended(ended) if ended == mark => return Ok(()),
                Answer::Automatic(status) => escpos::automatic_fault(status).map_or(Ok(()), Err)?,
                Answer::Nonsense => return Err(PrinterFault::Nonsense),
                Answer::Status(status) => self.questions.take(status),
                Answer::Ended(_) => {}
            }
        }
    }

    /// The next answer, whole.
    async fn answer(&mut self, until: Instant) -> Result<Answer, PrinterFault> {
        loop {
            if let Some((answer, taken)) = escpos::answer(&self.unread) {
                self.unread.drain(..taken);
                return Ok(answer);
            }
            let mut heard = [0; READ_BYTES];
            let count = match timeout_at(until, self.stream.read(&mut heard)).await {
                Ok(read) => read.and_then(not_closed).map_err(|error| unreachable(&error))?,
                Err(_) => return Err(PrinterFault::NoAnswer),
            };
            self.unread.extend_from_slice(&heard[..count]);
        }
    }
}

/// What a printer that was asked said.
enum Health {
    /// Nothing is wrong.
    Well,
    /// The proof of the job under way.
    Printed,
}

async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    until: Instant,
) -> Result<(), PrinterFault> {
    match timeout_at(until, stream.write_all(bytes)).await {
        Ok(written) => written.map_err(|error| unreachable(&error)),
        Err(_) => Err(PrinterFault::NoAnswer),
    }
}

/// Nothing read or written is the other side's end.
fn not_closed(count: usize) -> io::Result<usize> {
    if count == 0 {
        Err(io::Error::new(io::ErrorKind::ConnectionAborted, "it closed the connection"))
    } else {
        Ok(count)
    }
}

const READ_BYTES: usize = 256;
