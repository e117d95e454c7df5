//! A subscriber of Realtime, frame by frame: it shares no code with the station's own.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use ordak_station::sandbox::Access;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

/// One socket.
pub struct Ear {
    socket: WebSocketStream<TcpStream>,
    references: u32,
}

impl Ear {
    /// A socket with the project's public key.
    pub async fn open(access: &Access) -> Self {
        let query = format!("apikey={}&vsn=2.0.0", access.anon_key);
        Self::open_with(access, &query).await.unwrap()
    }

    /// A socket with this query, or the HTTP status that there is instead.
    pub async fn open_with(access: &Access, query: &str) -> Result<Self, u16> {
        let host = access.url.strip_prefix("http://").unwrap();
        let url = format!("ws://{host}/realtime/v1/websocket?{query}");
        let stream = TcpStream::connect(host).await.unwrap();
        match tokio_tungstenite::client_async(url, stream).await {
            Ok((socket, _)) => Ok(Self { socket, references: 0 }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Says a frame; its reference.
    pub async fn say(&mut self, topic: &str, event: &str, payload: Value) -> String {
        self.references += 1;
        let reference = self.references.to_string();
        self.send(Message::text(json!(["j", reference, topic, event, payload]).to_string())).await;
        reference
    }

    /// Sends whatever.
    pub async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// The next frame: topic, event, payload.
    pub async fn hears(&mut self) -> (String, String, Value) {
        self.hears_or_ends().await.expect("the socket is open")
    }

    /// The same, or nothing when the other side ended it.
    pub async fn hears_or_ends(&mut self) -> Option<(String, String, Value)> {
        let heard = timeout(PATIENCE, self.socket.next()).await.expect("something is said");
        let Some(Ok(Message::Text(text))) = heard else { return None };
        let frame: Value = serde_json::from_str(&text).unwrap();
        let text = |at: usize| frame[at].as_str().unwrap().to_owned();
        Some((text(2), text(3), frame[4].clone()))
    }

    /// Says a frame and hears the reply to it, which is the next frame: its status and response.
    pub async fn ask(&mut self, topic: &str, event: &str, payload: Value) -> (String, Value) {
        self.say(topic, event, payload).await;
        let (answered, event, payload) = self.hears().await;
        assert_eq!((&*answered, &*event), (topic, "phx_reply"), "{payload}");
        (payload["status"].as_str().unwrap().to_owned(), payload["response"].clone())
    }

    /// Joins a topic for these tables, and hears that it did.
    pub async fn join(&mut self, topic: &str, token: Option<&str>, tables: &[&str]) {
        let wanted: Vec<Value> =
            tables.iter().map(|table| json!({ "event": "*", "schema": "public", "table": table })).collect();
        let payload = json!({ "config": { "postgres_changes": wanted }, "access_token": token });
        let (status, response) = self.ask(topic, "phx_join", payload).await;
        assert_eq!(status, "ok", "{response}");
        assert_eq!(response["postgres_changes"].as_array().unwrap().len(), tables.len());
        let (_, event, said) = self.hears().await;
        assert_eq!((&*event, &said["message"]), ("system", &json!("Subscribed to PostgreSQL")), "{said}");
        assert_eq!((&said["status"], &said["extension"]), (&json!("ok"), &json!("postgres_changes")));
    }

    /// The next frame is of a change: its data.
    pub async fn hears_change(&mut self) -> Value {
        let (_, event, payload) = self.hears().await;
        assert_eq!(event, "postgres_changes", "{payload}");
        assert!(payload["ids"].as_array().is_some_and(|ids| !ids.is_empty()), "{payload}");
        payload["data"].clone()
    }

    /// The other side ends it, and says no more.
    pub async fn ends(mut self) {
        assert_eq!(self.hears_or_ends().await, None);
    }
}

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);
