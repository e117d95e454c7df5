//! The station's side against a scripted server on a real socket, and against the sandbox.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ordak_station::backend::realtime::Heard;
use ordak_station::backend::{Backend, Config, ContractPin, Limits, Secret};
use ordak_station::order::{Post, Stage, Store};
use ordak_station::sandbox::{self, Options, Running, Storage};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocket;

use crate::support::cluster::Database;
use crate::support::http::{Request, Script, Server};
use crate::support::shop::insert_order;

type Socket = WebSocket<TcpStream>;

fn config(url: &str, folder: &Path) -> Config {
    Config {
        url: url.into(),
        anon_key: Secret::new("sb_publishable_canary+key/="),
        email: "f1@shop.example".into(),
        password: Secret::new("canarypassword"),
        pin: ContractPin::V2025_09,
        station: "bannos-filling-1".into(),
        post: Post::At(Stage::Filling),
        stores: BTreeSet::from(Store::ALL),
        session_path: folder.join("session.json"),
    }
}

/// Generous, so that no bound is reached by accident.
pub(super) fn limits() -> Limits {
    Limits { reply: Duration::from_secs(30), refusal_pause: Duration::ZERO, ..Limits::default() }
}

/// A backend that listens, and what it hears.
pub(super) struct Listener {
    pub(super) backend: Arc<Backend>,
    heard: mpsc::UnboundedReceiver<Heard>,
    _folder: TempDir,
}

impl Listener {
    pub(super) fn start(limits: Limits, config: impl FnOnce(&Path) -> Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backend = Arc::new(Backend::with_limits(config(folder.path()), limits).unwrap());
        let (tell, heard) = mpsc::unbounded_channel();
        let attending = Arc::clone(&backend);
        tokio::spawn(async move {
            attending
                .attend(async |word| {
                    tell.send(word).ok();
                })
                .await;
        });
        Self { backend, heard, _folder: folder }
    }

    pub(super) async fn hears(&mut self, wanted: Heard) {
        let heard = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
        assert_eq!(heard.unwrap_or_else(|_| panic!("{wanted:?} is never heard")), Some(wanted));
    }
}

/// A server that signs in with the n-th token, answers reads with nothing, and leaves the n-th socket, from 0, to `speak`.
fn server(lifetime_seconds: u64, speak: impl Fn(usize, Socket) + Clone + Send + Sync + 'static) -> Server {
    let (grants, sockets) = (AtomicUsize::new(0), AtomicUsize::new(0));
    Server::new(move |request| {
        if request.path.starts_with("/auth") {
            let turn = grants.fetch_add(1, Ordering::SeqCst) + 1;
            let grant = json!({
                "access_token": format!("canaryaccess{turn}"), "token_type": "bearer", "expires_in": lifetime_seconds,
                "refresh_token": format!("canaryrefresh{turn}"), "user": {"id": "0b7c3f5e-0000-4000-8000-000000000001"},
            });
            return Script::json(200, grant);
        }
        if !is_socket(request) {
            return Script::json(200, "[]");
        }
        let (nth, speak) = (sockets.fetch_add(1, Ordering::SeqCst), speak.clone());
        Script::Socket(Box::new(move |socket| speak(nth, socket)))
    })
}

fn is_socket(request: &Request) -> bool {
    request.path.starts_with("/realtime/v1/websocket")
}

/// The next frame of the station; none once it has hung up.
fn read(socket: &mut Socket) -> Option<Value> {
    match socket.read() {
        Ok(Message::Text(text)) => Some(serde_json::from_str(&text).unwrap()),
        Ok(_) => read(socket),
        Err(_) => None,
    }
}

/// Says something; a station that has hung up is no fault.
fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).ok();
}

fn answer(socket: &mut Socket, frame: &Value) {
    let reply = json!([frame[0], frame[1], frame[2], "phx_reply", { "status": "ok", "response": {} }]);
    say(socket, &reply.to_string());
}

const SUBSCRIBED: &str = r#"["1",null,"realtime:station","system",{"extension":"postgres_changes","status":"ok","message":"Subscribed to PostgreSQL","channel":"station"}]"#;
const CHANGED: &str =
    r#"[null,null,"realtime:station","postgres_changes",{"ids":[1],"data":{"type":"UPDATE"}}]"#;

/// Takes the join, as Supabase does; the frame that joined.
fn admit(socket: &mut Socket) -> Option<Value> {
    let join = read(socket)?;
    answer(socket, &join);
    say(socket, SUBSCRIBED);
    Some(join)
}

/// Answers whatever the station says until it hangs up.
fn follow(socket: &mut Socket) {
    while let Some(frame) = read(socket) {
        answer(socket, &frame);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_joins_as_supabase_wants_it_and_hears_of_changes() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let server = server(3600, move |_, mut socket| {
        tell.send(admit(&mut socket)).unwrap();
        say(&mut socket, r#"["1",null,"realtime:station","presence_state",{}]"#);
        say(&mut socket, CHANGED);
        say(&mut socket, CHANGED);
        follow(&mut socket);
    });
    let mut listener = Listener::start(limits(), |folder| config(&server.url, folder));
    listener.hears(Heard::Subscribed).await;
    listener.hears(Heard::Changed).await;
    listener.hears(Heard::Changed).await;
    let asked = &server.requests_to("/realtime/")[0];
    assert_eq!(asked.path, "/realtime/v1/websocket?apikey=sb_publishable_canary%2Bkey%2F%3D&vsn=2.0.0");
    let join = told.recv().await.unwrap().unwrap();
    let table = |name: &str| json!({ "event": "*", "schema": "public", "table": name });
    let config = &join[4]["config"];
    assert_eq!(config["postgres_changes"], json!([table("orders_bannos"), table("orders_flourlane")]));
    assert_eq!((&join[3], &join[4]["access_token"]), (&json!("phx_join"), &json!("canaryaccess1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_pushed_after_each_renewal() {
    let (tell, mut told) = mpsc::unbounded_channel();
    // Lifetime 0: renewed before every call, and so by none but calls.
    let server = server(0, move |_, mut socket| {
        admit(&mut socket);
        while let Some(frame) = read(&mut socket) {
            tell.send(frame).unwrap();
        }
    });
    let mut listener = Listener::start(limits(), |folder| config(&server.url, folder));
    listener.hears(Heard::Subscribed).await;
    for _ in 0..2 {
        listener.backend.refresh(None).await.unwrap();
        let newest =
            server.requests().into_iter().rev().find_map(|request| request.bearer().map(str::to_owned));
        let newest = json!({ "access_token": newest.unwrap() });
        loop {
            let frame = tokio::time::timeout(PATIENCE, told.recv()).await.expect("it is pushed").unwrap();
            assert_eq!(frame.as_array().unwrap()[2..4], ["realtime:station", "access_token"]);
            if frame[4] == newest {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_that_it_lives_and_leaves_a_server_that_does_not() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let server = server(3600, move |nth, mut socket| {
        admit(&mut socket);
        for _ in 0..3 {
            let Some(beat) = read(&mut socket) else { return };
            tell.send((nth, beat.clone())).unwrap();
            answer(&mut socket, &beat);
        }
        // Silent from here on, until the station hangs up.
        while read(&mut socket).is_some() {}
    });
    let quick = Limits { heartbeat: Duration::from_millis(20), reply: Duration::from_secs(2), ..limits() };
    let mut listener = Listener::start(quick, |folder| config(&server.url, folder));
    listener.hears(Heard::Subscribed).await;
    for _ in 0..3 {
        let (nth, beat) = told.recv().await.unwrap();
        assert_eq!(
            (nth, &beat[0], &beat[2], &beat[3]),
            (0, &Value::Null, &json!("phoenix"), &json!("heartbeat"))
        );
    }
    listener.hears(Heard::Unsubscribed).await;
    listener.hears(Heard::Subscribed).await;
}

/// What a server may do to a socket that it has admitted.
type End = (&'static str, fn(&mut Socket));

fn ends() -> Vec<End> {
    vec![
        ("hangs up", |_| {}),
        ("closes", |socket| socket.close(None).unwrap()),
        ("garbage", |socket| say(socket, "garbage")),
        ("another version's frames", |socket| say(socket, r#"{"topic":"phoenix","event":"phx_reply"}"#)),
        ("deep garbage", |socket| say(socket, &"[".repeat(100_000))),
        ("bytes", |socket| socket.send(Message::binary(vec![0; 8])).unwrap()),
        ("a huge frame", |socket| say(socket, &format!(r#"[null,null,"t","e","{}"]"#, "x".repeat(4 << 20)))),
        ("the channel closed", |socket| say(socket, r#"["1","1","realtime:station","phx_close",{}]"#)),
        ("the channel crashed", |socket| say(socket, r#"["1","1","realtime:station","phx_error",{}]"#)),
        ("the token expired", |socket| {
            say(
                socket,
                r#"["1",null,"realtime:station","system",{"extension":"system","status":"error","message":"Token has expired 0 seconds ago"}]"#,
            );
        }),
        ("no WebSocket", |socket| {
            use std::io::Write as _;
            socket.get_mut().write_all(&[0xff; 64]).unwrap();
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_the_channel_is_told_and_it_comes_back() {
    let mut cases = tokio::task::JoinSet::new();
    for (name, end) in ends() {
        cases.spawn(async move {
            let server = server(3600, move |nth, mut socket| {
                admit(&mut socket);
                if nth == 0 {
                    end(&mut socket);
                    if name == "hangs up" {
                        return;
                    }
                } else {
                    say(&mut socket, CHANGED);
                }
                while read(&mut socket).is_some() {}
            });
            let mut listener = Listener::start(limits(), |folder| config(&server.url, folder));
            for wanted in [Heard::Subscribed, Heard::Unsubscribed, Heard::Subscribed, Heard::Changed] {
                let heard = tokio::time::timeout(PATIENCE, listener.heard.recv()).await;
                assert_eq!(heard.ok().flatten(), Some(wanted), "{name}");
            }
        });
    }
    cases.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_is_not_answered_is_tried_again() {
    let server = server(3600, |nth, mut socket| match nth {
        // Never answers.
        0 => while read(&mut socket).is_some() {},
        // Answers half of it.
        1 => follow(&mut socket),
        // Refuses it.
        2 => {
            let join = read(&mut socket).unwrap();
            let reply = json!([join[0], join[1], join[2], "phx_reply", { "status": "error", "response": { "reason": "no" } }]);
            say(&mut socket, &reply.to_string());
            while read(&mut socket).is_some() {}
        }
        _ => {
            admit(&mut socket);
            follow(&mut socket);
        }
    });
    let quick = Limits { reply: Duration::from_millis(300), ..limits() };
    let mut listener = Listener::start(quick, |folder| config(&server.url, folder));
    listener.hears(Heard::Subscribed).await;
    assert_eq!(server.requests_to("/realtime/").len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_realtime_everything_else_works() {
    for script in [
        || Script::json(404, json!({ "message": "no Route matched with those values" })),
        || Script::json(200, "[]"),
        || Script::Say(101, "text/plain", vec!["sec-websocket-accept: wrong".into()], String::new()),
        || Script::Say(301, "text/plain", vec!["location: http://127.0.0.1:1/".into()], String::new()),
    ] {
        let (tell, mut told) = mpsc::unbounded_channel();
        let grant = json!({
            "access_token": "t", "token_type": "bearer", "expires_in": 3600, "refresh_token": "r",
            "user": {"id": "0b7c3f5e-0000-4000-8000-000000000001"},
        });
        let server = Server::new(move |request| match request {
            _ if request.path.starts_with("/auth") => Script::json(200, grant.clone()),
            _ if is_socket(request) => {
                tell.send(()).unwrap();
                script()
            }
            _ => Script::json(200, "[]"),
        });
        let mut listener = Listener::start(limits(), |folder| config(&server.url, folder));
        told.recv().await.unwrap();
        assert!(listener.backend.refresh(None).await.unwrap().is_whole);
        assert_eq!(listener.heard.try_recv(), Err(mpsc::error::TryRecvError::Empty));
        assert_eq!(server.requests_to("/realtime/").len(), 1, "it is asked for seldom");
    }
}

pub(super) async fn serve(database: &Database, listen: &str, token_lifetime: Duration) -> Running {
    let options = Options {
        listen: listen.parse().unwrap(),
        storage: Storage::Url(database.url().to_owned()),
        orders: 0,
        token_lifetime,
        ..Options::default()
    };
    sandbox::serve(options, &|_| {}).await.unwrap()
}

pub(super) fn account(running: &Running, folder: &Path) -> Config {
    let access = &running.access;
    Config {
        anon_key: Secret::new(access.anon_key.as_str()),
        email: access.email.as_str().into(),
        password: Secret::new(access.password.as_str()),
        ..config(&access.url, folder)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_goes_away_and_comes_back_is_heard_again() {
    let database = Database::migrated();
    let client = database.connect().await;
    // An address of this test's own, so that it is the same again.
    let listen = "127.86.17.3:4321";
    let hour = Duration::from_hours(1);
    let running = serve(&database, listen, hour).await;
    let mut listener = Listener::start(limits(), |folder| account(&running, folder));
    listener.hears(Heard::Subscribed).await;
    insert_order(&client, "bannos-1", json!({})).await;
    listener.hears(Heard::Changed).await;
    running.stop().await.unwrap();
    listener.hears(Heard::Unsubscribed).await;
    let running = serve(&database, listen, hour).await;
    listener.hears(Heard::Subscribed).await;
    insert_order(&client, "flourlane-1", json!({})).await;
    listener.hears(Heard::Changed).await;
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_renews_ends_the_channel_and_the_next_has_a_new_one() {
    let database = Database::migrated();
    let running = serve(&database, "127.0.0.1:0", Duration::from_secs(2)).await;
    let mut listener = Listener::start(limits(), |folder| account(&running, folder));
    for wanted in [Heard::Subscribed, Heard::Unsubscribed, Heard::Subscribed] {
        listener.hears(wanted).await;
    }
    running.stop().await.unwrap();
}

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
