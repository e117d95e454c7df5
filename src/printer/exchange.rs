//! The conversation with a printer, in whatever language and on whatever line: one connection a job or question, one
//! deadline for a whole job, and always an ear open while speaking.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::Limits;
use super::language::{Health, Said, Talk};
use super::transport::Line;
use super::worker::unreachable;
use crate::station::{Outcome, PrinterFault};

/// Asks a printer how it is, all answered by `until`.
pub(super) async fn look(
    line: Box<dyn Line>,
    talk: Box<dyn Talk>,
    until: Instant,
) -> Result<Health, PrinterFault> {
    let mut printer = Conversation::begin(line, talk).await?;
    printer.health(until, until).await.and_then(|told| match told {
        Told::State(state) => state,
        Told::Printed => Ok(Health::default()),
    })
}

/// A job as it is sent.
pub(super) struct Sending<'a> {
    pub bytes: &'a [u8],
    /// With what its labels need beside.
    pub limits: Limits,
    /// For all of it.
    pub deadline: Instant,
    /// How long the line needs for what the system holds of these bytes.
    pub line_lag: Duration,
    /// How long the head needs for what the printer holds of them, and answers no question before.
    pub head_lag: Duration,
}

/// Sends a job, tells how the printer is meanwhile, and how the job ended.
pub(super) async fn print(
    line: Box<dyn Line>,
    talk: Box<dyn Talk>,
    job: &Sending<'_>,
    tell: &mut dyn FnMut(Result<(), PrinterFault>),
) -> Outcome {
    let mut printer = match Conversation::begin(line, talk).await {
        Ok(printer) => printer,
        Err(fault) => return Outcome::Failed(fault),
    };
    if let Err(fault) = printer.is_able(&job.limits, job.deadline).await {
        return Outcome::Failed(fault);
    }
    match printer.send(job, tell).await {
        Ok(Sent::All) => {}
        Ok(Sent::AndPrinted) => return Outcome::Printed,
        Err((0, fault)) => return Outcome::Failed(fault),
        Err((_, fault)) => return Outcome::Unconfirmed(fault),
    }
    printer.proof(job, tell).await
}

/// How far the sending of a job came.
enum Sent {
    All,
    /// Its proof came while it was still being sent: the printer is quicker than the line.
    AndPrinted,
}

/// What happened first while a job was being sent.
enum Step {
    /// So many bytes were taken.
    Taken(usize),
    /// All that was taken is through.
    Through,
    /// So many bytes were heard.
    Heard(usize),
}

/// What a printer that was asked said.
enum Told {
    State(Result<Health, PrinterFault>),
    /// The proof of the job under way.
    Printed,
}

struct Conversation {
    line: Box<dyn Line>,
    talk: Box<dyn Talk>,
    said: VecDeque<Said>,
    /// Whether all of the job is on its way: from then on a fault that the printer tells unasked is of this job.
    is_sent: bool,
}

impl Conversation {
    /// Begins to talk, and hears out what a line that outlives its conversations still has of the one before.
    async fn begin(mut line: Box<dyn Line>, talk: Box<dyn Talk>) -> Result<Self, PrinterFault> {
        if line.outlives() {
            let mut stale = [0; READ_BYTES];
            let deadline = Instant::now() + STALE_MAX;
            while let Ok(read) = timeout_at(deadline.min(Instant::now() + QUIET), line.read(&mut stale)).await
            {
                read.and_then(not_closed).map_err(|error| unreachable(&error))?;
            }
        }
        Ok(Self { line, talk, said: VecDeque::new(), is_sent: false })
    }

    async fn is_able(&mut self, limits: &Limits, deadline: Instant) -> Result<(), PrinterFault> {
        match self.health(deadline.min(Instant::now() + limits.answer), deadline).await? {
            Told::State(state) => state.map(drop),
            Told::Printed => Ok(()),
        }
    }

    /// Asks for the printer's state, all answered by `until`; the proof of the job ends it at once.
    async fn health(&mut self, until: Instant, deadline: Instant) -> Result<Told, PrinterFault> {
        loop {
            match self.said.pop_front() {
                Some(Said::State(state)) => return Ok(Told::State(state)),
                Some(Said::Printed) => return Ok(Told::Printed),
                Some(Said::Nonsense) => return Err(PrinterFault::Nonsense),
                Some(Said::Fault(fault)) if self.is_sent => return Ok(Told::State(Err(fault))),
                // Late words of an earlier job, or what the state tells as well.
                Some(Said::Fault(_)) => continue,
                None => {}
            }
            if let Some(question) = self.talk.question() {
                match timeout_at(deadline, self.line.write_all(question)).await {
                    Ok(written) => written.map_err(|error| unreachable(&error))?,
                    Err(_) => return Err(self.silence()),
                }
            }
            if !self.listen(until).await? {
                self.talk.unanswered();
                return Err(self.silence());
            }
        }
    }

    /// Sends all bytes, listening meanwhile; a failure tells how many bytes went out before it.
    async fn send(
        &mut self,
        job: &Sending<'_>,
        tell: &mut dyn FnMut(Result<(), PrinterFault>),
    ) -> Result<Sent, (usize, PrinterFault)> {
        let (mut sent, mut is_printed) = (0, false);
        let mut heard = [0; READ_BYTES];
        loop {
            let until = job.deadline.min(Instant::now() + job.limits.answer + job.line_lag);
            let count = match timeout_at(until, self.step(&job.bytes[sent..], &mut heard)).await {
                Ok(Ok(Step::Through)) => break,
                Ok(Ok(Step::Taken(count))) => {
                    sent += count;
                    tell(Ok(()));
                    continue;
                }
                Ok(Ok(Step::Heard(count))) => count,
                Ok(Err(error)) => return Err((sent, unreachable(&error))),
                Err(_) if Instant::now() >= job.deadline => return Err((sent, self.silence())),
                // It may go on in a moment, or when someone has seen to it.
                Err(_) => {
                    tell(Err(self.silence()));
                    continue;
                }
            };
            for said in self.talk.hear(&heard[..count]) {
                match said {
                    Said::Printed => is_printed = true,
                    Said::Fault(fault) => return Err((sent, fault)),
                    Said::State(_) => {}
                    Said::Nonsense => return Err((sent, PrinterFault::Nonsense)),
                }
            }
        }
        if is_printed {
            return Ok(Sent::AndPrinted);
        }
        self.talk.sent();
        self.is_sent = true;
        Ok(Sent::All)
    }

    /// Sends some of these bytes, or waits until all before them are through, or hears something.
    async fn step(&mut self, bytes: &[u8], heard: &mut [u8]) -> io::Result<Step> {
        let (mut ear, mut mouth) = tokio::io::split(&mut self.line);
        let push = async {
            if bytes.is_empty() {
                return mouth.flush().await.map(|()| Step::Through);
            }
            mouth.write(bytes).await.and_then(not_closed).map(Step::Taken)
        };
        tokio::select! {
            pushed = push => pushed,
            read = ear.read(heard) => read.and_then(not_closed).map(Step::Heard),
        }
    }

    /// Waits for the proof that all of a job has been printed, asking for faults while it does not come.
    async fn proof(&mut self, job: &Sending<'_>, tell: &mut dyn FnMut(Result<(), PrinterFault>)) -> Outcome {
        let Sending { limits, deadline, line_lag, head_lag, .. } = *job;
        let sent_at = Instant::now();
        let patient_until = deadline.min(sent_at + limits.proof);
        let mut was_at_rest = false;
        loop {
            let told = self.health(deadline.min(Instant::now() + limits.answer), deadline).await;
            let now = Instant::now();
            match told {
                Ok(Told::Printed) => return Outcome::Printed,
                // Between two labels a printer may rest for a moment, and it proves the last one by a second rest.
                Ok(Told::State(Ok(health)))
                    if !health.is_busy && now >= patient_until && (was_at_rest || now >= deadline) =>
                {
                    return Outcome::Sent;
                }
                // A printer at work, or one that says nothing just now, may still prove the label before the deadline.
                Ok(Told::State(Ok(health))) if now < deadline => {
                    was_at_rest = !health.is_busy;
                    tell(Ok(()));
                }
                Err(fault @ (PrinterFault::NoAnswer | PrinterFault::Attention)) if now < deadline => {
                    if now >= sent_at + line_lag + head_lag {
                        tell(Err(fault));
                    }
                }
                Ok(Told::State(Ok(_))) => return Outcome::Unconfirmed(self.silence()),
                Ok(Told::State(Err(fault))) | Err(fault) => return Outcome::Unconfirmed(fault),
            }
            if let Err(fault) = self.hear_out(deadline.min(now + limits.poll)).await {
                return Outcome::Unconfirmed(fault);
            }
        }
    }

    /// Listens until then, or until the proof of the job, and asks nothing.
    async fn hear_out(&mut self, until: Instant) -> Result<(), PrinterFault> {
        while !self.said.contains(&Said::Printed) {
            if !self.listen(until).await? {
                break;
            }
            let told = self.said.iter().find_map(|said| match said {
                Said::Fault(fault) => Some(fault.clone()),
                _ => None,
            });
            told.map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// Hears something by `until`, and tells whether it did.
    async fn listen(&mut self, until: Instant) -> Result<bool, PrinterFault> {
        let mut heard = [0; READ_BYTES];
        let Ok(read) = timeout_at(until, self.line.read(&mut heard)).await else { return Ok(false) };
        let count = read.and_then(not_closed).map_err(|error| unreachable(&error))?;
        self.said.extend(self.talk.hear(&heard[..count]));
        Ok(true)
    }

    /// What it means that the printer says nothing: its port may know better than its language.
    fn silence(&self) -> PrinterFault {
        self.line.fault().unwrap_or_else(|| self.talk.silence())
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

/// A printer that has begun to answer says the rest within this; at 9600 bits a second it is 28 bytes.
const QUIET: Duration = Duration::from_millis(30);
/// One that never stops is found out by what it says.
const STALE_MAX: Duration = Duration::from_millis(300);
