//! A scripted HTTP/1.1 server on a real socket, one thread a connection: what it answers is a closure's business.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Request {
    /// Path and query.
    pub path: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

impl Request {
    /// The access token it carries.
    pub fn bearer(&self) -> Option<&str> {
        self.headers.get("authorization")?.strip_prefix("Bearer ")
    }
}

/// What to do with a request.
pub enum Script {
    /// Answer: status, media type, more header lines, body.
    Say(u16, &'static str, Vec<String>, String),
    /// Promise the whole body, send this much of it, hang up.
    CutShort(&'static str, usize),
    /// Take the request and never answer.
    Hang,
    /// Hang up without an answer.
    HangUp,
    /// Open the WebSocket that is asked for and leave it to this, which hangs up when it returns.
    Socket(Box<dyn FnOnce(WebSocket<TcpStream>) + Send>),
}

impl Script {
    pub fn json(status: u16, body: impl Into<Text>) -> Self {
        Self::Say(status, "application/json; charset=utf-8", Vec::new(), body.into().0)
    }

    pub fn html(status: u16, body: &str) -> Self {
        Self::Say(status, "text/html", Vec::new(), body.into())
    }
}

/// A body: JSON, or text that may be none.
pub struct Text(String);

impl From<Value> for Text {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

type Handler = dyn Fn(&Request) -> Script + Send + Sync;

/// Serves until the process ends.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn new(handler: impl Fn(&Request) -> Script + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", handler)
    }

    /// The same at this address.
    pub fn at(address: &str, handler: impl Fn(&Request) -> Script + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let handler: Arc<Handler> = Arc::new(handler);
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (handler, seen) = (Arc::clone(&handler), Arc::clone(&seen));
                std::thread::spawn(move || serve(&stream.unwrap(), &*handler, &seen));
            }
        });
        Self { url, requests }
    }

    /// All requests so far, in the order in which they were read.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The requests whose path contains `part`.
    pub fn requests_to(&self, part: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.path.contains(part)).collect()
    }
}

fn serve(stream: &TcpStream, handler: &Handler, seen: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        seen.lock().unwrap().push(request.clone());
        let mut out = stream;
        match handler(&request) {
            Script::Say(status, media_type, headers, body) => {
                let lines: String = headers.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect();
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\n{lines}content-length: {}\r\n\r\n",
                    body.len()
                );
                if out.write_all(format!("{head}{body}").as_bytes()).is_err() {
                    return;
                }
            }
            Script::CutShort(body, sent) => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                out.write_all(format!("{head}{}", &body[..sent]).as_bytes()).unwrap();
                return;
            }
            Script::Hang => {
                // Until the client gives up.
                let mut rest = Vec::new();
                reader.read_to_end(&mut rest).ok();
                return;
            }
            Script::HangUp => return,
            Script::Socket(speak) => {
                let accepted = derive_accept_key(request.headers["sec-websocket-key"].as_bytes());
                let head = format!(
                    "HTTP/1.1 101 X\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accepted}\r\n\r\n"
                );
                out.write_all(head.as_bytes()).unwrap();
                return speak(WebSocket::from_raw_socket(stream.try_clone().unwrap(), Role::Server, None));
            }
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Request { path, headers, body })
}
