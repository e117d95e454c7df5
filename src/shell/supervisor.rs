//! What systemd is told of the station (`sd_notify(3)`): that it is ready, that it works, that it stops. That it works is
//! said by the engine's loop after the journal was read for it, so that whatever hangs, the word does not come.

use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// systemd, or nobody.
#[derive(Debug, Default)]
pub(super) struct Supervisor {
    line: Option<(UnixDatagram, SocketAddr)>,
    /// How often it wants to hear that the station works.
    period: Option<Duration>,
    /// When the journal is read for it next; none while it is being read.
    at: Option<Duration>,
}

impl Supervisor {
    /// Whoever started this process and asked to be told.
    pub fn of_environment() -> Self {
        let variable = |name| std::env::var(name).ok();
        let Some(socket) = variable("NOTIFY_SOCKET") else { return Self::default() };
        match line_to(&socket) {
            Ok(line) => {
                let is_ours = variable("WATCHDOG_PID").is_none_or(|id| id == std::process::id().to_string());
                let micros = variable("WATCHDOG_USEC").filter(|_| is_ours).and_then(|text| text.parse().ok());
                // systemd's own advice: twice in the time after which it acts.
                let period =
                    micros.filter(|micros| *micros > 0).map(|micros| Duration::from_micros(micros) / 2);
                Self { line: Some(line), period, at: period.map(|_| Duration::ZERO) }
            }
            Err(error) => {
                tracing::warn!(%error, "NOTIFY_SOCKET cannot be used: systemd is told nothing");
                Self::default()
            }
        }
    }

    /// When the journal is to be read.
    pub fn deadline(&self) -> Option<Duration> {
        self.at
    }

    /// Whether the journal is to be read at `now`; asked once, it is being read.
    pub fn is_due(&mut self, now: Duration) -> bool {
        self.at.take_if(|at| *at <= now).is_some()
    }

    /// The journal was read, or could not be, which nobody is told.
    pub fn journal_read(&mut self, now: Duration, is_well: bool) {
        if is_well {
            self.say("WATCHDOG=1");
        }
        self.at = self.period.map(|period| now + period);
    }

    /// The start takes longer by so much from now on.
    pub fn starting(&self, longer: Duration) {
        self.say(&format!("EXTEND_TIMEOUT_USEC={}\nSTATUS=Set-up", longer.as_micros()));
    }

    /// Journal and scanners are open.
    pub fn ready(&self) {
        self.say("READY=1\nSTATUS=Scanning");
    }

    /// The station is about to end.
    pub fn stopping(&self) {
        self.say("STOPPING=1");
    }

    /// It takes longer than usual, but no longer than this from now on.
    pub fn stopping_within(&self, within: Duration) {
        self.say(&format!("EXTEND_TIMEOUT_USEC={}", within.as_micros()));
    }

    fn say(&self, what: &str) {
        if let Some((socket, address)) = &self.line
            && let Err(error) = socket.send_to_addr(what.as_bytes(), address)
        {
            tracing::warn!(%error, what, "systemd was not told");
        }
    }
}

/// A path, or with `@` before it a name in Linux's abstract namespace.
fn line_to(socket: &str) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    let line = UnixDatagram::unbound()?;
    // The engine never waits for whoever watches it.
    line.set_nonblocking(true)?;
    Ok((line, address))
}
