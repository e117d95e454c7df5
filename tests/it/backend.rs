//! The backend client against a scripted server on a real socket: sign-in, rotation, every kind of silence.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use ordak_station::backend::{Backend, Config, Contract, ContractPin, Error, Limits, Secret};
use ordak_station::order::{Action, Detail, IntentId, Post, Stage, Store, Timestamp};
use ordak_station::station::{
    Choices, ContractDoubt, Found, Heard, Intent, IntentState, LinkFault, Lookup, RefusalCode, Reply, Report,
    Source,
};
use serde_json::json;
use tempfile::TempDir;

use crate::support::http::{Request, Script, Server};

const KEY: &str = "sb_publishable_canarykey";
const PASSWORD: &str = "canarypassword";

/// A backend for the server, with its session in `folder`.
fn config(url: &str, folder: &Path) -> Config {
    Config {
        url: url.into(),
        anon_key: Secret::new(KEY),
        email: "f1@shop.example".into(),
        password: Secret::new(PASSWORD),
        pin: ContractPin::V2025_09,
        station: "bannos-filling-1".into(),
        post: Post::At(Stage::Filling),
        stores: BTreeSet::from([Store::Bannos]),
        session_path: folder.join("session.json"),
    }
}

/// Short where a test waits for the bound, generous where it must not be reached.
fn limits() -> Limits {
    Limits { reply: Duration::from_secs(30), refusal_pause: Duration::ZERO, ..Limits::default() }
}

fn impatient() -> Limits {
    Limits { reply: Duration::from_millis(100), ..limits() }
}

fn backend(server: &Server, folder: &TempDir) -> Backend {
    Backend::with_limits(config(&server.url, folder.path()), limits()).unwrap()
}

fn grant(turn: usize, lifetime_seconds: u64) -> Script {
    Script::json(
        200,
        json!({
            "access_token": format!("canaryaccess{turn}"), "token_type": "bearer",
            "expires_in": lifetime_seconds, "refresh_token": format!("canaryrefresh{turn}"),
            "user": {"id": "0b7c3f5e-0000-4000-8000-000000000001"},
        }),
    )
}

fn expired() -> Script {
    Script::json(401, json!({"code": "PGRST301", "message": "JWT expired", "details": null, "hint": null}))
}

fn is_sign_in(request: &Request) -> bool {
    request.path == "/auth/v1/token?grant_type=password"
}

fn is_refresh(request: &Request) -> bool {
    request.path == "/auth/v1/token?grant_type=refresh_token"
}

fn intent(action: Action) -> Intent {
    Intent {
        id: IntentId::from_random([action as u8; 16]),
        seq: 1,
        order: "bannos-18617".parse().unwrap(),
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action,
        detail: None,
        captured_at: "2026-11-23T09:59:00Z".parse().unwrap(),
        rework: 0,
        performer: None,
        source: Source::Scanner(0),
        code: "#B18617".into(),
        state: IntentState::Open,
    }
}

/// What reading the queue came to, with a server that signs in and then answers every call with `script`.
async fn refreshed(limits: Limits, script: impl Fn() -> Script + Send + Sync + 'static) -> LinkFault {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(move |request| if is_sign_in(request) { grant(1, 3600) } else { script() });
    let backend = Backend::with_limits(config(&server.url, folder.path()), limits).unwrap();
    backend.refresh(None).await.unwrap_err()
}

#[tokio::test]
async fn the_key_goes_into_apikey_only_and_nothing_is_called_without_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::new(|request| if is_sign_in(request) { grant(1, 3600) } else { Script::json(200, "[]") });
    let backend = backend(&server, &folder);
    assert_eq!(backend.account(), None);
    let read = backend.refresh(None).await.unwrap();
    assert!(read.is_whole && read.orders.is_empty());
    let requests = server.requests();
    assert!(is_sign_in(&requests[0]));
    assert_eq!(requests[0].body, json!({"email": "f1@shop.example", "password": PASSWORD}));
    assert_eq!(requests[0].bearer(), None);
    assert_eq!(requests[1].path, "/rest/v1/rpc/get_queue");
    assert_eq!(requests[1].bearer(), Some("canaryaccess1"));
    for request in &requests {
        assert_eq!(request.headers["apikey"], KEY);
        let elsewhere =
            request.headers.iter().filter(|(name, value)| *name != "apikey" && value.contains(KEY));
        assert_eq!(elsewhere.count(), 0);
        assert!(!request.path.contains(KEY));
    }
    assert_eq!(&*backend.account().unwrap().0, "0b7c3f5e-0000-4000-8000-000000000001");
}

#[tokio::test]
async fn a_new_refresh_token_is_durable_before_its_access_token_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.json");
    let (file, turn) = (path.clone(), AtomicUsize::new(0));
    let unsaved = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&unsaved);
    let server = Server::new(move |request| {
        if request.path.starts_with("/auth") {
            // Lifetime 0: renewed before every call.
            return grant(turn.fetch_add(1, Ordering::SeqCst) + 1, 0);
        }
        let refresh = request.bearer().unwrap().replace("access", "refresh");
        if !std::fs::read_to_string(&file).is_ok_and(|text| text.contains(&format!("\"{refresh}\""))) {
            seen.lock().unwrap().push(refresh);
        }
        Script::json(200, "[]")
    });
    let backend = backend(&server, &folder);
    for _ in 0..5 {
        backend.refresh(None).await.unwrap();
    }
    assert_eq!(*unsaved.lock().unwrap(), Vec::<String>::new());
    let refreshes: Vec<_> = server.requests().into_iter().filter(is_refresh).collect();
    assert!(refreshes.len() >= 4, "{}", refreshes.len());
    for (turn, request) in refreshes.iter().enumerate() {
        assert_eq!(request.body["refresh_token"], format!("canaryrefresh{}", turn + 1), "each is used once");
    }
    assert_eq!(server.requests().iter().filter(|request| is_sign_in(request)).count(), 1);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_session_that_cannot_be_saved_is_not_used_and_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::new(|request| if is_sign_in(request) { grant(1, 3600) } else { Script::json(200, "[]") });
    let backend = backend(&server, &folder);
    // A folder in the file's place: the rename fails, for root too.
    let in_the_way = folder.path().join("session.json/x");
    std::fs::create_dir_all(&in_the_way).unwrap();
    assert!(matches!(backend.refresh(None).await, Err(LinkFault::Unreachable(_))));
    assert!(matches!(backend.refresh(None).await, Err(LinkFault::Unreachable(_))));
    std::fs::remove_dir_all(folder.path().join("session.json")).unwrap();
    backend.refresh(None).await.unwrap();
    assert_eq!(server.requests_to("/auth").len(), 1, "the grant was kept until it could be saved");
}

#[tokio::test]
async fn two_calls_refused_at_once_make_one_refresh() {
    let folder = tempfile::tempdir().unwrap();
    let both = Barrier::new(2);
    let server = Server::new(move |request| {
        if is_sign_in(request) {
            return grant(1, 3600);
        }
        if is_refresh(request) {
            return grant(2, 3600);
        }
        if request.bearer() == Some("canaryaccess1") && request.body["scan"] != "warm" {
            both.wait();
            return expired();
        }
        Script::json(200, json!({"ok": false, "code": "NOT_FOUND", "message": "none"}))
    });
    let backend = backend(&server, &folder);
    let within = Duration::from_secs(30);
    let find = |code: &str| {
        let lookup = Lookup::Code(code.into());
        let backend = &backend;
        async move { backend.find(&lookup, within).await }
    };
    assert_eq!(find("warm").await, Ok(Found::Nothing));
    let (one, two) = tokio::join!(find("1111"), find("2222"));
    assert_eq!((one, two), (Ok(Found::Nothing), Ok(Found::Nothing)));
    assert_eq!(server.requests().iter().filter(|request| is_refresh(request)).count(), 1);
}

#[tokio::test]
async fn a_call_is_repeated_once_on_a_401_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| match () {
        () if is_sign_in(request) => grant(1, 3600),
        () if is_refresh(request) => grant(2, 3600),
        () => expired(),
    });
    let backend = backend(&server, &folder);
    assert_eq!(backend.refresh(None).await, Err(LinkFault::Forbidden("JWT expired".into())));
    assert_eq!(server.requests_to("/rpc/").len(), 2);
}

#[tokio::test]
async fn a_refresh_token_used_already_falls_back_to_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| match () {
        () if is_sign_in(request) => grant(7, 3600),
        () if is_refresh(request) => Script::json(
            400,
            json!({"code": 400, "error_code": "refresh_token_already_used", "msg": "Invalid Refresh Token: Already Used"}),
        ),
        () if request.bearer() == Some("canaryaccess7") => Script::json(200, "[]"),
        () => expired(),
    });
    let saved = json!({
        "url": server.url, "email": "f1@shop.example", "account": "earlier", "refresh_token": "canaryrefresh0",
    });
    std::fs::write(folder.path().join("session.json"), saved.to_string()).unwrap();
    let backend = backend(&server, &folder);
    assert_eq!(&*backend.account().unwrap().0, "earlier", "known before anything is sent");
    backend.refresh(None).await.unwrap();
    let requests = server.requests();
    assert!(is_refresh(&requests[0]) && requests[0].body["refresh_token"] == "canaryrefresh0");
    assert!(is_sign_in(&requests[1]));
    let text = std::fs::read_to_string(folder.path().join("session.json")).unwrap();
    assert!(text.contains("canaryrefresh7"));
}

#[tokio::test]
async fn a_network_error_never_deletes_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let server = Server::new(move |request| match () {
        () if down.load(Ordering::SeqCst) => Script::HangUp,
        () if is_refresh(request) => grant(1, 3600),
        () if is_sign_in(request) => panic!("the saved session still serves"),
        () => Script::json(200, "[]"),
    });
    let saved = json!({
        "url": server.url, "email": "f1@shop.example", "account": "a", "refresh_token": "canaryrefresh0",
    });
    std::fs::write(folder.path().join("session.json"), saved.to_string()).unwrap();
    let backend = backend(&server, &folder);
    for _ in 0..3 {
        let fault = backend.refresh(None).await.unwrap_err();
        assert!(matches!(fault, LinkFault::Unreachable(_)), "{fault:?}");
        assert_eq!(std::fs::read_to_string(folder.path().join("session.json")).unwrap(), saved.to_string());
    }
    is_down.store(false, Ordering::SeqCst);
    backend.refresh(None).await.unwrap();
}

#[tokio::test]
async fn a_token_that_still_serves_is_used_while_it_cannot_be_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| match () {
        () if is_sign_in(request) => grant(1, 3600),
        () if is_refresh(request) => Script::json(503, "{}"),
        () => Script::json(200, "[]"),
    });
    // An hour's token, to be renewed as soon as it is there.
    let limits = Limits { renew_ahead: Duration::from_hours(1) - Duration::from_nanos(1), ..limits() };
    let backend = Backend::with_limits(config(&server.url, folder.path()), limits).unwrap();
    for _ in 0..3 {
        backend.refresh(None).await.unwrap();
    }
    assert!(server.requests().iter().any(is_refresh));
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_key_are_told_apart_and_not_hammered() {
    let refused = [
        (json!({"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}), 400),
        (json!({"message": "Invalid API key"}), 401),
    ];
    for ((body, status), fault) in refused.into_iter().zip([LinkFault::WrongPassword, LinkFault::WrongKey]) {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(move |_| Script::json(status, body.clone()));
        let limits = Limits { refusal_pause: Duration::from_hours(1), ..limits() };
        let backend = Backend::with_limits(config(&server.url, folder.path()), limits).unwrap();
        for _ in 0..3 {
            assert_eq!(backend.refresh(None).await, Err(fault.clone()));
            assert_eq!(backend.send(&intent(Action::Print)).await, Reply::Lost(fault.clone()));
        }
        assert_eq!(server.requests().len(), 1);
        assert!(!folder.path().join("session.json").exists());
    }
}

#[tokio::test]
async fn a_backend_that_is_down_at_start_is_found_when_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    // An address of this test's own: nobody listens there but whom it starts.
    let address = "127.86.17.2:4321";
    let backend =
        Backend::with_limits(config(&format!("http://{address}"), folder.path()), limits()).unwrap();
    let fault = backend.refresh(None).await.unwrap_err();
    assert!(matches!(&fault, LinkFault::Unreachable(words) if words.contains("refused")), "{fault:?}");
    assert_eq!(backend.send(&intent(Action::Print)).await, Reply::Lost(fault));
    let _server =
        Server::at(
            address,
            |request| {
                if is_sign_in(request) { grant(1, 3600) } else { Script::json(200, "[]") }
            },
        );
    assert!(backend.refresh(None).await.unwrap().is_whole);
}

#[tokio::test]
async fn whatever_else_answers_is_named() {
    let page = || Script::html(200, "<!doctype html><title>Hotel Wi-Fi</title>");
    let fault = refreshed(limits(), page).await;
    assert_eq!(fault, LinkFault::NotSupabase("a web page, \"Hotel Wi-Fi\" (200)".into()));
    let fault = refreshed(limits(), || Script::json(200, r#"{"hello":"world"}"#)).await;
    assert_eq!(fault, LinkFault::NotSupabase("JSON of another kind".into()));
    let fault = refreshed(limits(), || Script::CutShort("[{\"id\":\"bannos-1\"}]", 9)).await;
    assert!(matches!(fault, LinkFault::Malformed(_)), "{fault:?}");
    let fault = refreshed(limits(), || Script::json(200, "[{\"id\":")).await;
    assert_eq!(fault, LinkFault::Malformed("JSON cut short".into()));
    let login =
        || Script::Say(302, "text/html", vec!["location: http://login.example/x?y".into()], String::new());
    let fault = refreshed(limits(), login).await;
    assert_eq!(fault, LinkFault::NotSupabase("sends on to login.example".into()));
    let busy = || Script::Say(429, "text/plain", vec!["retry-after: 7".into()], String::new());
    assert_eq!(refreshed(limits(), busy).await, LinkFault::Busy(Duration::from_secs(7)));
    assert_eq!(refreshed(limits(), || Script::html(502, "<html>")).await, LinkFault::Server(502));
}

#[tokio::test]
async fn a_server_that_is_not_supabase_is_known_at_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    for (script, expected) in [
        (Script::html as fn(u16, &str) -> Script, "a web page, \"nginx\" (404)"),
        (|status, _| Script::json(status, r#"{"detail":"Not Found"}"#), "JSON of another kind (404)"),
    ] {
        let server = Server::new(move |_| script(404, "<title>nginx</title>"));
        let fault = backend(&server, &folder).refresh(None).await.unwrap_err();
        assert_eq!(fault, LinkFault::NotSupabase(expected.into()));
    }
}

#[tokio::test]
async fn silence_is_waited_for_no_longer_than_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let answering = || {
        Server::new(|request| match () {
            () if is_sign_in(request) => grant(1, 3600),
            () if request.body["scan"] == "warm" => Script::json(200, NOTHING),
            () => Script::Hang,
        })
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), async {
        // Signed in by calls that are answered, so that what hangs is the call itself.
        let warm = Lookup::Code("warm".into());
        let server = answering();
        let hurried = Backend::with_limits(config(&server.url, folder.path()), impatient()).unwrap();
        while hurried.find(&warm, Duration::from_mins(1)).await.is_err() {}
        while server.requests_to("/rpc/get_queue").is_empty() {
            assert_eq!(hurried.refresh(None).await, Err(LinkFault::TimedOut));
        }

        let server = answering();
        let patient = backend(&server, &folder);
        assert_eq!(patient.find(&warm, Duration::from_mins(1)).await, Ok(Found::Nothing));
        let asked = server.requests_to("/rpc/").len();
        let lookup = Lookup::Code("#B18617".into());
        while server.requests_to("/rpc/").len() == asked {
            let found = patient.find(&lookup, Duration::from_millis(50)).await;
            assert_eq!(found, Err(LinkFault::TimedOut));
        }
    });
    waited.await.expect("every wait has its bound");
}

const NOTHING: &str = r#"{"ok": false, "code": "NOT_FOUND", "message": "none"}"#;

#[tokio::test]
async fn a_reply_that_is_too_long_is_not_read_to_its_end() {
    let few = Limits { body_bytes_max: 1000, ..limits() };
    let fault = refreshed(few, || Script::json(200, format!("[{}1]", "1,".repeat(100_000)))).await;
    assert_eq!(fault, LinkFault::Malformed("the reply is too long".into()));
}

#[tokio::test]
async fn a_refresh_cut_off_by_its_callers_bound_still_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Arc::new((Barrier::new(2), Barrier::new(2)));
    let held = Arc::clone(&gate);
    let server = Server::new(move |request| match () {
        () if is_sign_in(request) => {
            held.0.wait();
            held.1.wait();
            grant(1, 3600)
        }
        () => Script::json(200, "[]"),
    });
    let backend = backend(&server, &folder);
    let lookup = Lookup::Code("#B18617".into());
    assert_eq!(backend.find(&lookup, Duration::from_millis(50)).await, Err(LinkFault::TimedOut));
    tokio::task::spawn_blocking(move || {
        gate.0.wait();
        gate.1.wait();
    })
    .await
    .unwrap();
    backend.refresh(None).await.unwrap();
    assert_eq!(server.requests_to("/auth").len(), 1, "the grant that nobody waited for was kept");
}

/// Whether writes take an intent's id, once it is known.
fn takes_intents(backend: &Backend) -> Option<bool> {
    backend.abilities().map(|abilities| abilities.repeats_safely)
}

fn missing() -> Script {
    Script::json(404, json!({"code": "PGRST202", "message": "Could not find the function"}))
}

#[tokio::test]
async fn the_contract_is_told_by_argument_names() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (&["store"][..], Ok(Contract::V2025_09)),
        (&["p_store"], Ok(Contract::V2025_12)),
        (&["shop"], Err(LinkFault::NoContract(ContractDoubt::Neither))),
        (&["store", "p_store"], Err(LinkFault::NoContract(ContractDoubt::Both))),
    ] {
        let server = Server::new(move |request| match () {
            () if request.path.starts_with("/auth") => grant(1, 3600),
            () if arguments.iter().any(|argument| request.body.get(*argument).is_some()) => {
                Script::json(200, "[]")
            }
            () => missing(),
        });
        let auto = Config { pin: ContractPin::Auto, ..config(&server.url, folder.path()) };
        let backend = Backend::with_limits(auto, limits()).unwrap();
        assert_eq!(backend.contract(), None);
        assert_eq!(backend.refresh(None).await.map(drop), expected.clone().map(drop));
        assert_eq!(backend.contract(), expected.clone().ok());
        if let Err(fault) = expected {
            assert_eq!(backend.send(&intent(Action::Print)).await, Reply::Lost(fault));
            let asked = server.requests_to("/rpc/");
            assert!(
                asked.iter().all(|request| request.path.ends_with("get_queue")),
                "nothing is sent by guesswork"
            );
        }
        std::fs::remove_file(folder.path().join("session.json")).unwrap();
    }
}

#[tokio::test]
async fn a_pinned_contract_is_not_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::new(|request| if request.path.starts_with("/auth") { grant(1, 3600) } else { missing() });
    for (pin, argument) in [(ContractPin::V2025_09, "store"), (ContractPin::V2025_12, "p_store")] {
        let pinned = Config { pin, ..config(&server.url, folder.path()) };
        let backend = Backend::with_limits(pinned, limits()).unwrap();
        let asked = server.requests_to("/rpc/get_queue").len();
        for _ in 0..2 {
            assert!(matches!(backend.refresh(None).await, Err(LinkFault::NoFunction(_))));
        }
        let requests = server.requests_to("/rpc/get_queue").split_off(asked);
        assert_eq!(requests.len(), 2, "each read asks for its own page and nothing else");
        assert!(requests.iter().all(|request| request.body.get(argument).is_some()));
    }
}

#[tokio::test]
async fn a_function_that_is_suddenly_missing_has_the_contract_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let argument = Arc::new(Mutex::new("store"));
    let spoken = Arc::clone(&argument);
    let server = Server::new(move |request| match () {
        () if request.path.starts_with("/auth") => grant(1, 3600),
        () if request.path.contains("/stage_events") => Script::json(200, "[]"),
        () if request.path.ends_with("get_queue") && request.body.get(*spoken.lock().unwrap()).is_some() => {
            Script::json(200, "[]")
        }
        () => missing(),
    });
    let auto = Config { pin: ContractPin::Auto, ..config(&server.url, folder.path()) };
    let backend = Backend::with_limits(auto, limits()).unwrap();
    backend.refresh(None).await.unwrap();
    assert_eq!(backend.contract(), Some(Contract::V2025_09));
    // A schema cache that is behind: the same answer, a moment later.
    *argument.lock().unwrap() = "nobody";
    assert!(matches!(backend.refresh(None).await, Err(LinkFault::NoFunction(_))));
    assert_eq!(backend.refresh(None).await, Err(LinkFault::NoContract(ContractDoubt::Neither)));
    *argument.lock().unwrap() = "store";
    backend.refresh(None).await.unwrap();
    assert_eq!(backend.contract(), Some(Contract::V2025_09));
    // Another project behind the same address.
    *argument.lock().unwrap() = "p_store";
    assert!(matches!(backend.refresh(None).await, Err(LinkFault::NoFunction(_))));
    backend.refresh(None).await.unwrap();
    assert_eq!(backend.contract(), Some(Contract::V2025_12));
}

#[tokio::test]
async fn a_session_that_is_none_is_made_anew_and_the_intent_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| match () {
        () if is_sign_in(request) => grant(1, 3600),
        () if is_refresh(request) => grant(2, 3600),
        () if ["with_intent", "get_staff_me"].iter().any(|name| request.path.ends_with(name)) => missing(),
        () if request.bearer() == Some("canaryaccess1") => {
            let message = "Authentication required: auth.uid() returned NULL";
            Script::json(400, json!({"code": "P0001", "message": message, "details": null, "hint": null}))
        }
        () => Script::json(200, "true"),
    });
    let newer = Config { pin: ContractPin::V2025_12, ..config(&server.url, folder.path()) };
    let backend = Backend::with_limits(newer, limits()).unwrap();
    let done = backend.send(&intent(Action::CompleteFilling)).await;
    assert!(matches!(done, Reply::Done { stage: Stage::Covering, .. }), "{done:?}");
    assert_eq!(server.requests_to("/rpc/complete_filling").len(), 2);
}

#[tokio::test]
async fn a_project_without_details_offers_none_and_a_missing_one_says_nothing_of_context() {
    let folder = tempfile::tempdir().unwrap();
    let places = json!({"ok": true, "data": {"storage_places": ["Fridge 1"]}});
    let server = Server::new(move |request| match &*request.path {
        path if path.starts_with("/auth") => grant(1, 3600),
        "/rest/v1/rpc/get_settings" => Script::json(200, places.clone()),
        "/rest/v1/rpc/get_staff" | "/rest/v1/rpc/assign_staff" => missing(),
        _ => Script::json(200, json!({"ok": true, "data": {"stage": "Filling", "already_done": false}})),
    });
    let backend = backend(&server, &folder);
    let choices = Choices { staff: None, places: Some(vec!["Fridge 1".into()]) };
    assert_eq!(backend.choices().await, Ok(BTreeMap::from([(Store::Bannos, choices)])));
    let assign = Intent { detail: Some(Detail::Assignee(None)), ..intent(Action::Assign) };
    assert!(matches!(backend.send(&assign).await, Reply::Lost(LinkFault::NoFunction(_))));
    assert_eq!(takes_intents(&backend), Some(true), "one missing function says nothing of the others");
    assert!(matches!(backend.send(&intent(Action::Print)).await, Reply::Done { .. }));
    assert_eq!(takes_intents(&backend), Some(true));
}

#[tokio::test]
async fn functions_without_context_are_called_without_and_a_stale_cache_is_not_that() {
    let folder = tempfile::tempdir().unwrap();
    let done = || Script::json(200, json!({"ok": true, "data": {"stage": "Filling", "already_done": false}}));
    let server = Server::new(move |request| match () {
        () if request.path.starts_with("/auth") => grant(1, 3600),
        () if request.body.get("context").is_some() => missing(),
        () => done(),
    });
    let old = backend(&server, &folder);
    for _ in 0..2 {
        assert!(matches!(old.send(&intent(Action::Print)).await, Reply::Done { already: false, .. }));
    }
    assert_eq!(takes_intents(&old), Some(false));
    let probes: Vec<_> = server.requests_to("/rpc/start_packing");
    let forms: Vec<_> = probes.iter().map(|probe| probe.body.get("context").is_some()).collect();
    assert_eq!(forms, [true, false, true], "each form is asked for, the better one twice");
    assert!(probes.iter().all(|probe| probe.body["id"] == ""), "no order is touched by asking");

    let is_stale = Arc::new(AtomicBool::new(false));
    let stale = Arc::clone(&is_stale);
    let server = Server::new(move |request| match () {
        () if request.path.starts_with("/auth") => grant(1, 3600),
        () if stale.load(Ordering::SeqCst) => missing(),
        () => done(),
    });
    let new = backend(&server, &folder);
    assert!(matches!(new.send(&intent(Action::Print)).await, Reply::Done { .. }));
    is_stale.store(true, Ordering::SeqCst);
    let lost = new.send(&intent(Action::CompleteFilling)).await;
    assert_eq!(lost, Reply::Lost(LinkFault::NoFunction("Could not find the function".into())));
    assert_eq!(takes_intents(&new), Some(true));
}

#[tokio::test]
async fn what_proves_nothing_of_context_settles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let done = || Script::json(200, json!({"ok": true, "data": {"stage": "Filling", "already_done": false}}));
    let page = || Script::html(200, "<title>Hotel Wi-Fi</title>");
    let raised = || Script::json(400, json!({"code": "P0001", "message": "no such order"}));
    let print = intent(Action::Print);
    // A schema cache that is behind for one call; and a function that refuses the empty id by raising.
    for first in [missing as fn() -> Script, raised] {
        let turn = AtomicUsize::new(0);
        let server = Server::new(move |request| match () {
            () if is_sign_in(request) => grant(1, 3600),
            () if turn.fetch_add(1, Ordering::SeqCst) == 0 => first(),
            () => done(),
        });
        let backend = backend(&server, &folder);
        assert!(matches!(backend.send(&print).await, Reply::Done { .. }));
        assert_eq!(takes_intents(&backend), Some(true));
        let sent = server.requests_to("/rpc/handle_print_barcode");
        assert!(sent[0].body["context"]["intent_id"].is_string());
        std::fs::remove_file(folder.path().join("session.json")).unwrap();
    }
    // Whatever answers without being the backend, and functions of no form at all.
    for (other, fault) in [
        (page as fn() -> Script, LinkFault::NotSupabase("a web page, \"Hotel Wi-Fi\" (200)".into())),
        (|| Script::json(200, "[]"), LinkFault::NotSupabase("JSON of another kind".into())),
        (missing, LinkFault::NoFunction("Could not find the function".into())),
        (|| Script::json(503, "{}"), LinkFault::Server(503)),
    ] {
        let server = Server::new(move |request| if is_sign_in(request) { grant(1, 3600) } else { other() });
        let backend = backend(&server, &folder);
        assert_eq!(backend.send(&print).await, Reply::Lost(fault));
        assert_eq!(takes_intents(&backend), None);
        assert_eq!(server.requests_to("/rpc/handle_print_barcode").len(), 0, "nothing is sent in doubt");
        std::fs::remove_file(folder.path().join("session.json")).unwrap();
    }
}

#[tokio::test]
async fn who_waits_for_what_another_asks_shares_its_failure() {
    let folder = tempfile::tempdir().unwrap();
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let server = Server::new(move |request| match () {
        () if is_sign_in(request) => grant(1, 3600),
        () if down.load(Ordering::SeqCst) => Script::json(503, "{}"),
        () if request.body.get("p_store").is_some() => missing(),
        () => Script::json(200, "[]"),
    });
    let auto = Config { pin: ContractPin::Auto, ..config(&server.url, folder.path()) };
    let backend = Backend::with_limits(auto, limits()).unwrap();
    let ask = || backend.refresh(None);
    // All of them wait before the first is answered.
    let (one, two, three, four) = tokio::join!(ask(), ask(), ask(), ask());
    for told in [one, two, three, four] {
        assert_eq!(told, Err(LinkFault::Server(503)));
    }
    assert_eq!(server.requests_to("/rpc/get_queue").len(), 1);
    is_down.store(false, Ordering::SeqCst);
    assert!(ask().await.unwrap().is_whole, "the next one asks again");
}

#[tokio::test]
async fn a_refresh_that_was_put_off_or_refused_by_the_gateway_is_not_hammered() {
    let busy = || Script::Say(429, "text/plain", vec!["retry-after: 60".into()], String::new());
    let key = || Script::json(401, json!({"message": "Invalid API key"}));
    for (answer, fault) in
        [(busy as fn() -> Script, LinkFault::Busy(Duration::from_mins(1))), (key, LinkFault::WrongKey)]
    {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(move |_| answer());
        let saved = json!({
            "url": server.url, "email": "f1@shop.example", "account": "a", "refresh_token": "canaryrefresh0",
        });
        std::fs::write(folder.path().join("session.json"), saved.to_string()).unwrap();
        let limits = Limits { refusal_pause: Duration::from_hours(1), ..limits() };
        let backend = Backend::with_limits(config(&server.url, folder.path()), limits).unwrap();
        for _ in 0..3 {
            assert_eq!(backend.refresh(None).await, Err(fault.clone()));
        }
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_passing_command_leaves_a_stations_session_alone() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| match () {
        () if is_sign_in(request) => grant(5, 3600),
        () => Script::json(200, NOTHING),
    });
    let saved = json!({
        "url": server.url, "email": "f1@shop.example", "account": "a", "refresh_token": "canaryrefresh0",
    })
    .to_string();
    let file = folder.path().join("session.json");
    std::fs::write(&file, &saved).unwrap();
    let backend = Backend::passing(config(&server.url, folder.path())).unwrap();
    let lookup = Lookup::Code("#B18617".into());
    assert_eq!(backend.find(&lookup, Duration::from_secs(30)).await, Ok(Found::Nothing));
    assert_eq!(server.requests().iter().filter(|request| is_refresh(request)).count(), 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), saved);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn the_queue_is_read_to_its_end_however_short_the_pages_come() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| {
        if is_sign_in(request) {
            return grant(1, 3600);
        }
        let (store, body) = (request.body["store"].as_str().unwrap(), &request.body);
        let (limit, offset) = (body["limit"].as_u64().unwrap(), body["offset"].as_u64().unwrap());
        // This gateway cuts pages at 90, whatever was asked for; a row of each page cannot be understood.
        let rows: Vec<_> = (offset..1001.min(offset + limit.min(90)))
            .map(|row| match row {
                500 => json!({"id": "?"}),
                row => json!({"id": format!("{store}-{}", row + 1), "stage": "Filling"}),
            })
            .collect();
        Script::Say(
            200,
            "application/json",
            vec!["date: Mon, 23 Nov 2026 10:00:00 GMT".into()],
            json!(rows).to_string(),
        )
    });
    let both = Config { stores: BTreeSet::from(Store::ALL), ..config(&server.url, folder.path()) };
    let backend = Backend::with_limits(both, limits()).unwrap();
    let read = backend.refresh(None).await.unwrap();
    assert_eq!((read.orders.len(), read.unreadable, read.is_whole), (2000, 2, true));
    assert_eq!(read.orders[1999].id.to_string(), "flourlane-1001");
    let answered: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    assert!(read.began_at <= answered.minus(Duration::from_secs(10)), "writes under way are read again");
    assert!(read.began_at > answered.minus(Duration::from_secs(40)));
}

#[tokio::test]
async fn changes_are_read_where_there_is_such_a_function() {
    let folder = tempfile::tempdir().unwrap();
    let has_changes = Arc::new(AtomicBool::new(true));
    let has = Arc::clone(&has_changes);
    let server = Server::new(move |request| match () {
        () if is_sign_in(request) => grant(1, 3600),
        () if request.path.ends_with("get_changes") && !has.load(Ordering::SeqCst) => {
            Script::json(404, json!({"code": "PGRST202", "message": "no"}))
        }
        () if request.body["offset"] == 0 => {
            Script::json(200, json!([{"id": "bannos-1", "stage": "Complete"}]))
        }
        () => Script::json(200, "[]"),
    });
    let backend = backend(&server, &folder);
    let since = Some("2026-11-23T10:00:00Z".parse().unwrap());
    let read = backend.refresh(since).await.unwrap();
    assert!(!read.is_whole && read.orders[0].stage == Stage::Complete);
    let asked = server.requests_to("get_changes");
    assert_eq!(asked[0].body["since"], "2026-11-23T10:00:00.000Z");
    assert_eq!(server.requests_to("get_queue").len(), 0);
    has_changes.store(false, Ordering::SeqCst);
    assert!(backend.refresh(since).await.unwrap().is_whole);
}

#[tokio::test]
async fn a_freeze_that_cannot_be_read_costs_no_word_of_the_fleet() {
    for (status, settings) in [
        (500, json!({"message": "boom"})),
        (200, json!({"ok": false, "error": {"code": "FORBIDDEN", "message": "no"}})),
        (200, json!({"ok": true, "data": {"freeze": "yes"}})),
        (200, json!([])),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(move |request| match () {
            () if is_sign_in(request) => grant(1, 3600),
            () if request.path.ends_with("get_settings") => Script::json(status, settings.clone()),
            () if request.path.ends_with("get_stations") => {
                let row = json!({"station": "f1", "silence_ms": 1, "report": {}});
                Script::json(200, json!({"ok": true, "data": [row]}))
            }
            () => Script::json(200, json!({"ok": true, "data": null})),
        });
        let heard = backend(&server, &folder).report(&Report::default()).await.unwrap();
        assert_eq!((heard.fleet.len(), heard.is_frozen == Some(true)), (1, false));
    }
}

#[tokio::test]
async fn extensions_that_are_missing_are_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| match () {
        () if is_sign_in(request) => grant(1, 3600),
        () if request.path.ends_with("get_order_for_scan") => {
            let order = json!({"id": "bannos-25771-A", "stage": "Packing", "marks": []});
            Script::json(200, json!({"ok": true, "data": {"order": order}}))
        }
        () => Script::json(404, json!({"code": "PGRST202", "message": "no"})),
    });
    let backend = backend(&server, &folder);
    assert_eq!(backend.report(&Report::default()).await, Ok(Heard::default()));
    let lookup = Lookup::Order("bannos-25771-A".parse().unwrap());
    let found = backend.find(&lookup, Duration::from_secs(30)).await;
    assert!(matches!(found, Ok(Found::One(order)) if order.stage == Stage::Packing));
}

#[tokio::test]
async fn the_servers_clock_is_learned_from_its_replies() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| match () {
        () if is_sign_in(request) => grant(1, 3600),
        () => Script::Say(
            200,
            "application/json",
            vec!["date: Sun, 06 Nov 1994 08:49:37 GMT".into()],
            "[]".into(),
        ),
    });
    let backend = backend(&server, &folder);
    assert_eq!(backend.clock_offset_us(), 0);
    backend.refresh(None).await.unwrap();
    let years_us = -31 * 365 * 86_400 * 1_000_000_i64;
    assert!(backend.clock_offset_us() < years_us, "{}", backend.clock_offset_us());
}

/// In a process of its own: whether a line is logged at all is decided once a process, by whoever comes first.
#[test]
fn nothing_secret_shows_in_a_debug_print_or_a_log() {
    if std::env::var_os("ORDAK_TEST_SAYS_ALL").is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        return runtime.block_on(say_all_there_is_to_say());
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "backend::nothing_secret_shows_in_a_debug_print_or_a_log", "--nocapture"])
        .env("ORDAK_TEST_SAYS_ALL", "1")
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    for expected in ["get_queue", "signing in again", "Backend {", "hyper_util", "1 passed"] {
        assert!(said.contains(expected), "{expected} is missing: {said}");
    }
    assert!(!said.contains("canary"), "{said}");
}

async fn say_all_there_is_to_say() {
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).init();
    let folder = tempfile::tempdir().unwrap();
    let turn = AtomicUsize::new(0);
    let server = Server::new(move |request| match turn.fetch_add(1, Ordering::SeqCst) {
        turn if is_sign_in(request) => grant(turn, 3600),
        1 => expired(),
        2 => {
            Script::json(400, json!({"code": 400, "error_code": "refresh_token_already_used", "msg": "used"}))
        }
        4 => {
            Script::json(200, json!([{"id": "bannos-1", "stage": "Filling", "customer_name": "canaryname"}]))
        }
        5 | 7 => Script::json(200, "[]"),
        6 => Script::json(200, json!([{"id": "canaryrow", "customer_name": "canaryname"}])),
        8 => Script::CutShort("canarybody", 9),
        // What asks for `context`, then the write.
        9 | 10 => Script::json(200, json!({"ok": false, "code": "CONFLICT", "message": "no"})),
        _ => Script::json(500, json!({"code": "XX000", "message": "canaryname", "details": "canaryname"})),
    });
    let backend = backend(&server, &folder);
    assert_eq!(backend.refresh(None).await.unwrap().orders.len(), 1);
    assert_eq!(backend.refresh(None).await.unwrap().unreadable, 1);
    assert!(matches!(backend.refresh(None).await, Err(LinkFault::Malformed(_))));
    let refused = backend.send(&intent(Action::Print)).await;
    assert!(matches!(refused, Reply::Refused(_)));
    let lost = backend.send(&intent(Action::Print)).await;
    assert_eq!(lost, Reply::Lost(LinkFault::Server(500)));
    println!("{backend:?} {refused:?} {lost:?} {:?}", config("http://127.0.0.1:1", folder.path()));
}

#[tokio::test]
async fn a_refusal_is_a_verdict_and_not_a_lost_reply() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|request| match () {
        () if is_sign_in(request) => grant(1, 3600),
        () => Script::json(
            200,
            json!({"ok": false, "code": "INVALID_STAGE", "message": "m", "data": {"stage": "Packing"}}),
        ),
    });
    let Reply::Refused(refusal) = backend(&server, &folder).send(&intent(Action::Print)).await else {
        panic!("not refused")
    };
    assert_eq!((refusal.code, refusal.stage), (RefusalCode::InvalidStage, Some(Stage::Packing)));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for url in ["", "project.supabase.co", "ftp://a", "http://", "https://a?b=c"] {
        assert!(matches!(Backend::new(config(url, folder.path())), Err(Error::Address(_))), "{url}");
    }
    let odd = Config { anon_key: Secret::new("a\nb"), ..config("https://a", folder.path()) };
    assert!(matches!(Backend::new(odd), Err(Error::Key)));
}
