//! Word from the project's Realtime that something changed: a hint to read again, and never the truth. Whoever hears nothing
//! loses nothing but time.

pub mod frame;

use std::fmt;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Upgraded;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig};

use super::{Backend, Secret};
use crate::station::LinkFault;
use frame::Said;

/// What is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// From now on changes are told; what changed before may not have been.
    Subscribed,
    /// An order changed.
    Changed,
    /// Changes are no longer told.
    Unsubscribed,
}

/// Why nothing is heard.
#[derive(Debug)]
pub(super) enum Fault {
    /// The project has no Realtime, or none for this station: an HTTP status instead of a socket.
    Missing(u16),
    /// No connection, or no session.
    Link(LinkFault),
    /// Nothing was answered in time.
    Silent,
    /// The server ended it, and why as far as it says.
    Ended(Box<str>),
    /// What came is no frame.
    Malformed,
    /// The socket broke, or what came is too long.
    Socket(Box<tokio_tungstenite::tungstenite::Error>),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(status) => write!(f, "HTTP {status} instead of a socket"),
            Self::Link(fault) => write!(f, "{fault:?}"),
            Self::Silent => f.write_str("no answer"),
            Self::Ended(why) => write!(f, "ended: {why}"),
            Self::Malformed => frame::Malformed.fmt(f),
            Self::Socket(error) => error.fmt(f),
        }
    }
}

impl Backend {
    /// Listens for as long as it is polled and tells what it hears, each word when the one before was taken.
    pub async fn attend<F: Future<Output = ()>>(&self, tell: impl Fn(Heard) -> F) {
        let mut failures = 0;
        loop {
            let fault = match Channel::open(self).await {
                Ok(mut channel) => {
                    tracing::info!("changes are told");
                    tell(Heard::Subscribed).await;
                    let began = Instant::now();
                    let fault = channel.follow(&tell).await;
                    tell(Heard::Unsubscribed).await;
                    if began.elapsed() >= STEADY {
                        failures = 0;
                    }
                    fault
                }
                Err(fault) => fault,
            };
            let pause = pause(&fault, failures);
            tracing::info!(%fault, ?pause, "changes are not told");
            sleep(pause).await;
            failures += 1;
        }
    }
}

/// A channel that tells of changes.
struct Channel<'a> {
    backend: &'a Backend,
    socket: Socket,
    /// The session's token, pushed whenever it is another one.
    token: watch::Receiver<Option<Secret>>,
    joined: Box<str>,
    references: u64,
    /// The heartbeat that is not answered yet.
    awaited: Option<Box<str>>,
    beaten_at: Instant,
    /// When the next heartbeat is due, or the answer to the last.
    beat_at: Instant,
}

type Socket = WebSocketStream<Upgraded>;

impl<'a> Channel<'a> {
    /// Connects, joins and waits until changes are told.
    async fn open(backend: &'a Backend) -> Result<Self, Fault> {
        let upgraded = backend.line.http.websocket("/realtime/v1/websocket").await?;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(BUFFER_BYTES)
            .max_message_size(Some(frame::BYTES_MAX))
            .max_frame_size(Some(frame::BYTES_MAX));
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
        let mut token = backend.line.session.newest();
        let pass = backend.line.session.pass().await.map_err(Fault::Link)?;
        // Whatever comes after it is pushed.
        let newest = token.borrow_and_update().clone().unwrap_or(pass.token);
        let now = Instant::now();
        let mut channel = Self {
            backend,
            socket,
            token,
            joined: "".into(),
            references: 0,
            awaited: None,
            beaten_at: now,
            beat_at: now + backend.limits.heartbeat,
        };
        channel.joined = channel.reference();
        let tables: Vec<String> =
            backend.config.stores.iter().map(|store| format!("orders_{store}")).collect();
        channel.say(frame::join(&channel.joined, &tables, newest.reveal())).await?;
        channel.subscribed(now + backend.limits.reply).await?;
        Ok(channel)
    }

    /// Waits for both answers to a join: that it is taken, and that the database is listened to.
    async fn subscribed(&mut self, until: Instant) -> Result<(), Fault> {
        let (mut is_joined, mut is_subscribed) = (false, false);
        while !(is_joined && is_subscribed) {
            match timeout_at(until, heard(&mut self.socket)).await.map_err(|_| Fault::Silent)?? {
                Said::Answered { reference, refused } if reference == self.joined => match refused {
                    Some(why) => return Err(Fault::Ended(why)),
                    None => is_joined = true,
                },
                Said::Subscribed => is_subscribed = true,
                Said::Ended(why) => return Err(Fault::Ended(why)),
                Said::Answered { .. } | Said::Changed | Said::Nothing => {}
            }
        }
        Ok(())
    }

    /// Passes on what is heard until that ends.
    async fn follow<F: Future<Output = ()>>(&mut self, tell: &impl Fn(Heard) -> F) -> Fault {
        loop {
            let went_on = tokio::select! {
                said = heard(&mut self.socket) => match said {
                    Ok(Said::Changed) => {
                        tell(Heard::Changed).await;
                        Ok(())
                    }
                    Ok(Said::Ended(why)) => Err(Fault::Ended(why)),
                    Ok(Said::Answered { reference, .. }) => {
                        self.answered(&reference);
                        Ok(())
                    }
                    Ok(Said::Subscribed | Said::Nothing) => Ok(()),
                    Err(fault) => Err(fault),
                },
                () = sleep_until(self.beat_at) => self.beat().await,
                Ok(()) = self.token.changed() => self.renew().await,
            };
            if let Err(fault) = went_on {
                return fault;
            }
        }
    }

    async fn beat(&mut self) -> Result<(), Fault> {
        if self.awaited.is_some() {
            return Err(Fault::Silent);
        }
        let reference = self.reference();
        self.say(frame::heartbeat(&reference)).await?;
        self.awaited = Some(reference);
        self.beaten_at = Instant::now();
        self.beat_at = self.beaten_at + self.backend.limits.reply;
        Ok(())
    }

    fn answered(&mut self, reference: &str) {
        if self.awaited.take_if(|awaited| **awaited == *reference).is_some() {
            self.beat_at = self.beaten_at + self.backend.limits.heartbeat;
        }
    }

    /// Goes on with the newest token; whoever calls renews it, and not the channel.
    async fn renew(&mut self) -> Result<(), Fault> {
        let newest = self.token.borrow_and_update().clone();
        let Some(token) = newest else { return Ok(()) };
        let reference = self.reference();
        self.say(frame::renew(&self.joined, &reference, token.reveal())).await
    }

    async fn say(&mut self, text: String) -> Result<(), Fault> {
        match timeout(self.backend.limits.reply, self.socket.send(Message::text(text))).await {
            Ok(sent) => sent.map_err(|error| Fault::Socket(error.into())),
            Err(_) => Err(Fault::Silent),
        }
    }

    fn reference(&mut self) -> Box<str> {
        self.references += 1;
        self.references.to_string().into()
    }
}

/// The next frame. Cut off, nothing is lost.
async fn heard(socket: &mut Socket) -> Result<Said, Fault> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                return frame::read(text.as_bytes()).map_err(|_| Fault::Malformed);
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(Fault::Malformed),
            Some(Ok(Message::Close(_))) | None => return Err(Fault::Ended("closed".into())),
            Some(Err(error)) => return Err(Fault::Socket(error.into())),
        }
    }
}

/// How long nothing is tried: ever longer where something failed, and at random between the half and the whole of it, so that a
/// fleet does not come back all at once.
fn pause(fault: &Fault, failures: u32) -> Duration {
    let base = match fault {
        // A gateway that is busy, or has lost what stands behind it, says so with these.
        Fault::Missing(status) if *status != 429 && *status < 500 => MISSING_PAUSE,
        _ => PAUSE_MAX.min(PAUSE_MIN * 2_u32.saturating_pow(failures.min(16))),
    };
    let mut dice = [0];
    // Without random bytes the fleet is one.
    let spread = getrandom::fill(&mut dice).map_or(u32::from(u8::MAX), |()| u32::from(dice[0]));
    base / 2 + base / 2 * spread / u32::from(u8::MAX)
}

/// A connection that was only cut is there again at once; meanwhile the queue is polled.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Where there is none, somebody has to switch it on.
const MISSING_PAUSE: Duration = Duration::from_mins(5);

/// A channel that ends sooner may end as soon the next time too.
const STEADY: Duration = Duration::from_mins(1);

/// More than what a station says; a long frame gets more while it lasts.
const BUFFER_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_are_not_all_alike() {
        for (failures, longest) in [(0, 1), (1, 2), (4, 16), (5, 30), (u32::MAX, 30)] {
            let longest = Duration::from_secs(longest);
            for _ in 0..50 {
                let pause = pause(&Fault::Silent, failures);
                assert!(pause >= longest / 2 && pause <= longest, "{pause:?} after {failures}");
            }
        }
        let drawn: std::collections::BTreeSet<_> = (0..50).map(|_| pause(&Fault::Silent, 9)).collect();
        assert!(drawn.len() > 5, "{drawn:?}");
    }

    #[test]
    fn where_there_is_none_is_asked_seldom_and_a_busy_gateway_is_not_that() {
        for (status, is_missing) in [(404, true), (401, true), (200, true), (429, false), (502, false)] {
            let pause = pause(&Fault::Missing(status), 0);
            assert_eq!(pause > PAUSE_MAX, is_missing, "{status}: {pause:?}");
        }
    }
}
