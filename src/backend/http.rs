use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{
    AUTHORIZATION, CONNECTION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{StatusCode, Upgraded, Url};
use serde_json::Value;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::clock::{Clock, http_date};
use super::config::{Limits, Secret};
use super::realtime::Fault;
use super::{Config, Error, tree};
use crate::order::Timestamp;
use crate::station::LinkFault;

/// One project's gateway: posts JSON, or gets it, with the project's key, within the limits, and hands back whatever answers.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    base: Box<str>,
    key: Secret,
    limits: Limits,
    clock: Mutex<Clock>,
}

/// Whatever answered: any status, any body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type as sent, lower case; empty without one.
    pub media_type: Box<str>,
    /// Where a redirect points to.
    pub location: Option<Box<str>>,
    /// How long to wait, from the header `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The body, whole.
    pub body: Vec<u8>,
    /// Server time when the reply was sent, to the second below; by this machine's clock where the reply has no date.
    pub at: Timestamp,
    /// Time from asking to the reply's first byte.
    pub round_trip: Duration,
}

impl Answer {
    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Http {
    /// Makes the client; nothing is sent yet.
    pub fn new(config: &Config, limits: Limits) -> Result<Self, Error> {
        let base = config.url.trim().trim_end_matches('/');
        let url: Url = base.parse().map_err(|_| Error::Address(config.url.clone()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.query().is_some() {
            return Err(Error::Address(config.url.clone()));
        }
        let key = config.anon_key.clone();
        let client = client(&url, &key, limits)?.build().map_err(Error::Client)?;
        Ok(Self { client, base: base.into(), key, limits, clock: Mutex::default() })
    }

    /// Opens a WebSocket (RFC 6455) at `path`, with the project's key as `contract.md` 5 has it. Over a connection of its own:
    /// those for calls may speak HTTP/2, which knows no upgrade.
    pub(super) async fn websocket(&self, path: &str) -> Result<Upgraded, Fault> {
        let broken = |error: &reqwest::Error| Fault::Link(LinkFault::Unreachable(root_cause(error)));
        let mut url: Url = format!("{}{path}", self.base).parse().expect("the address was checked");
        let client = client(&url, &self.key, self.limits)
            .and_then(|client| client.http1_only().build().map_err(Error::Client));
        let client = client.map_err(|error| Fault::Link(LinkFault::Unreachable(error.to_string().into())))?;
        url.query_pairs_mut().append_pair("apikey", self.key.reveal()).append_pair("vsn", "2.0.0");
        let key = generate_key();
        let request = client
            .get(url)
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let opened = async {
            let response = request.send().await.map_err(|error| broken(&error))?;
            let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT);
            let is_accepted =
                accepted.is_some_and(|accepted| accepted == derive_accept_key(key.as_bytes()).as_str());
            match response.status() {
                StatusCode::SWITCHING_PROTOCOLS if is_accepted => {
                    response.upgrade().await.map_err(|error| broken(&error))
                }
                status => Err(Fault::Missing(status.as_u16())),
            }
        };
        tokio::time::timeout(self.limits.reply, opened).await.unwrap_or(Err(Fault::Silent))
    }

    /// Posts `body` to `path`, signed in as `bearer` if given, and reads the reply whole within the limits.
    pub async fn post(&self, path: &str, bearer: Option<&Secret>, body: &Value) -> Result<Answer, LinkFault> {
        let request = self.client.post(format!("{}{path}", self.base)).json(body);
        self.within_limits(request, bearer).await
    }

    /// Gets `path`, signed in as `bearer`, and reads the reply whole within the limits.
    pub async fn get(&self, path: &str, bearer: &Secret) -> Result<Answer, LinkFault> {
        self.within_limits(self.client.get(format!("{}{path}", self.base)), Some(bearer)).await
    }

    /// Server time minus local time, in microseconds.
    pub fn offset_us(&self) -> i64 {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).offset_us()
    }

    async fn within_limits(
        &self,
        mut request: reqwest::RequestBuilder,
        bearer: Option<&Secret>,
    ) -> Result<Answer, LinkFault> {
        if let Some(token) = bearer {
            let value = hidden(&format!("Bearer {}", token.reveal()))
                .ok_or_else(|| LinkFault::Malformed("access token".into()))?;
            request = request.header(AUTHORIZATION, value);
        }
        match tokio::time::timeout(self.limits.reply, self.exchange(request)).await {
            Ok(result) => result,
            Err(_) => Err(LinkFault::TimedOut),
        }
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<Answer, LinkFault> {
        let asked = Instant::now();
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        let round_trip = asked.elapsed();
        let headers = response.headers();
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let now = local_now();
        let date = text(DATE).and_then(http_date);
        if let Some(date) = date {
            self.clock.lock().unwrap_or_else(PoisonError::into_inner).learn(now, round_trip, date);
        }
        let mut answer = Answer {
            status: response.status().as_u16(),
            media_type: text(CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase().into(),
            location: text(LOCATION).map(Into::into),
            retry_after: text(RETRY_AFTER).and_then(|value| pause(value, date.unwrap_or(now))),
            body: Vec::new(),
            at: date.unwrap_or(now),
            round_trip,
        };
        let mut tree_bytes = 0;
        while let Some(chunk) = response.chunk().await.map_err(|error| cut_short(&error))? {
            if answer.body.len() + chunk.len() > self.limits.body_bytes_max {
                return Err(LinkFault::Malformed("the reply is too long".into()));
            }
            tree_bytes += tree::bytes_at_most(&chunk);
            if tree_bytes > self.limits.tree_bytes_max {
                return Err(LinkFault::Malformed("the reply has too many values".into()));
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

/// What every connection to the project has in common.
fn client(url: &Url, key: &Secret, limits: Limits) -> Result<reqwest::ClientBuilder, Error> {
    let mut headers = HeaderMap::new();
    headers.insert("apikey", hidden(key.reveal()).ok_or(Error::Key)?);
    let mut builder = reqwest::Client::builder()
        .default_headers(headers)
        .user_agent(concat!("ordak-station/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(limits.connect)
        .pool_idle_timeout(IDLE_MAX)
        .tcp_keepalive(KEEP_ALIVE);
    if url.scheme() == "http" {
        // A machine without certificates can still run the demo; nothing is verified over plain HTTP anyway.
        builder = builder.tls_certs_only([]);
    }
    if url.host_str().is_some_and(is_loopback) {
        builder = builder.no_proxy();
    }
    Ok(builder)
}

/// Local wall time now.
pub fn local_now() -> Timestamp {
    let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// A header value that neither debug prints nor header compression keep.
fn hidden(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Seconds, or a date to be read against the server's own.
fn pause(header: &str, now: Timestamp) -> Option<Duration> {
    match header.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => http_date(header).map(|until| until.since(now)),
    }
}

fn no_answer(error: &reqwest::Error) -> LinkFault {
    if error.is_timeout() && !error.is_connect() {
        return LinkFault::TimedOut;
    }
    LinkFault::Unreachable(root_cause(error))
}

fn cut_short(error: &reqwest::Error) -> LinkFault {
    if error.is_timeout() { LinkFault::TimedOut } else { LinkFault::Malformed(root_cause(error)) }
}

/// The innermost cause says what happened ("connection refused", "invalid peer certificate"); the outer ones repeat
/// the address.
fn root_cause(error: &reqwest::Error) -> Box<str> {
    let Some(mut cause) = error.source() else {
        return "no connection".into();
    };
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().into()
}

/// Gateways close idle connections after a minute or more; a request on a closing one is a lost reply.
const IDLE_MAX: Duration = Duration::from_secs(50);

/// A router that forgot the connection is noticed before the next scan.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        assert_eq!(pause("7", now), Some(Duration::from_secs(7)));
        assert_eq!(pause("Mon, 23 Nov 2026 10:01:00 GMT", now), Some(Duration::from_mins(1)));
        assert_eq!(pause("Mon, 23 Nov 2026 09:01:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(pause("soon", now), None);
        assert_eq!(pause("-1", now), None);
    }

    #[test]
    fn loopback_is_told_from_the_rest() {
        for host in ["localhost", "127.0.0.1", "[::1]", "127.9.9.9"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["project.supabase.co", "10.0.0.1", "localhost.example"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
