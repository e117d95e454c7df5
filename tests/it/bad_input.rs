//! Whatever is fed to the real binary, it says what happened and what to do, and nothing is lost.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use ordak_station::backend::Limits;
use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::http::{Script, Server};
use crate::support::program::{Backend, Bench, Program};
use crate::support::pty::Gun;

#[test]
fn a_gun_may_send_anything() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let mut gun = Gun::plugged();
    let bench = Bench::new(&backend, "test-covering", "Covering").gun(gun.path());
    let mut station = bench.run();
    station.line(|line| line["link"] == "up");

    gun.send(b"\x00\xff\x1b[31m\x80garbage\r");
    said(&mut station, "refused", "Not a cake");
    gun.scan("4006381333931");
    said(&mut station, "refused", "product");
    gun.scan("#B999999");
    said(&mut station, "refused", "No such order");
    gun.scan("25771");
    let choice = said(&mut station, "choice", "25771");
    assert_eq!(choice["intent"], Value::Null);
    gun.scan("%CMD:DANCE");
    said(&mut station, "refused", "");
    gun.send(&vec![b'A'; 1 << 20]);
    gun.send(b"\r");
    gun.scan("#B999998");
    said(&mut station, "refused", "No such order");
}

#[test]
fn a_backend_may_answer_anything() {
    let html =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n<html>Log in</html>\n";
    let cut = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n{\"access_token\":\"ey";
    let foreign =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{\"pets\": [1]}";
    for (answer, what) in [(html, "HTML"), (cut, "cut short"), (foreign, "foreign JSON")] {
        let url = format!("http://{}", answering(answer));
        offline(&Bench::at(&url, "key", "a@b.example", "secret", "test-covering", "Covering"), what);
    }
    offline(
        &Bench::at("http://127.0.0.1:9", "key", "a@b.example", "secret", "test-covering", "Covering"),
        "down",
    );
}

#[test]
fn a_reply_without_an_end_or_full_of_nothing_takes_bounded_memory() {
    let limits = Limits::default();
    let endless = format!("[{}", " ".repeat(1 << 27));
    // As long as is read of a reply, and more values than are taken.
    let zeros = format!(r#"{{"data":[{}0]}}"#, "0,".repeat((limits.body_bytes_max - 12) / 2));
    // As many values as are taken, in the form that takes the most room.
    let objects = format!(r#"{{"data":[{}0]}}"#, r#"{"":0},"#.repeat(limits.tree_bytes_max / 896 - 2));
    for body in [endless, zeros, objects] {
        let length = body.len();
        let server = Server::new(move |request| {
            let grant = json!({
                "access_token": "a", "refresh_token": "r", "expires_in": 3600, "user": {"id": "u"},
            });
            if request.path.starts_with("/auth") {
                Script::json(200, grant)
            } else {
                Script::json(200, body.as_str())
            }
        });
        let bench = Bench::at(&server.url, "key", "a@b.example", "secret", "test-covering", "Covering");
        let mut station = bench.run();
        station.line(|line| line["link"] == "down");
        let most = most_memory_kb(station.id());
        println!("{length} bytes: {most} kB");
        assert!(most < MEMORY_MAX_KB, "{length} bytes: {most} kB");
    }
}

#[test]
fn a_wrong_key_or_password_is_told_and_the_scan_is_kept() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let (key, password) = (backend.field("anon_key"), backend.field("password"));
    let bench = Bench::new(&backend, "test-covering", "Covering").replace(key, "wrong");
    assert!(offline(&bench, "wrong key").contains("Key"));
    let bench = Bench::new(&backend, "test-covering", "Covering");
    bench.file();
    std::fs::write(bench.folder().join("password"), format!("not-{password}")).unwrap();
    assert!(offline(&bench, "wrong password").contains("Sign-in"));
}

#[test]
fn a_printer_that_refuses_never_starts_filling() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let mut gun = Gun::plugged();
    let bench = Bench::new(&backend, "test-filling", "Filling").gun(gun.path()).printer("127.0.0.1:9");
    let mut station = bench.run();
    station.line(|line| line["link"] == "up");
    gun.scan("#B18617");
    said(&mut station, "accepted", "");
    let failed = said(&mut station, "failed", "bench");
    assert!(failed["intent"].is_string());
    let order = backend.rows("orders_bannos?id=eq.bannos-18617").remove(0);
    assert_eq!((&order["stage"], &order["filling_start_ts"]), (&json!("Filling"), &Value::Null));
}

#[test]
fn a_second_station_on_one_journal_does_not_start() {
    let bench = Bench::at("http://127.0.0.1:9", "key", "a@b.example", "secret", "test-covering", "Covering");
    let first = bench.run();
    let (status, said) =
        Program::start(&["run", "--headless", "--config", bench.file().to_str().unwrap()]).end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("in use") && said.contains(&first.id().to_string()), "{said}");
}

#[test]
fn a_configuration_is_refused_with_what_to_do() {
    let bench =
        || Bench::at("http://127.0.0.1:9", "key", "a@b.example", "secret", "test-covering", "Covering");
    for (from, to, needles) in [
        ("repeat_guard", "repeat_gard", ["repeat_gard", "repeat_guard", "line 4"]),
        ("stage = \"Covering\"", "stage = \"Coverng\"", ["Coverng", "Covering", "stage"]),
        ("http://127.0.0.1:9", "ftp://example", ["ftp://example", "https://", "cannot work"]),
        ("[backend]", "[backend", ["line", "station.toml", "README"]),
    ] {
        let bench = bench().replace(from, to);
        let (status, said) =
            Program::start(&["run", "--headless", "--config", bench.file().to_str().unwrap()]).end();
        assert_eq!(status.code(), Some(1), "{to}: {said}");
        for needle in needles {
            assert!(said.contains(needle), "{to}: no {needle:?} in {said}");
        }
    }
    let (status, said) = Program::start(&["run", "--headless", "--config", "/nowhere/station.toml"]).end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("no configuration") && said.contains("devices"), "{said}");
    let (status, _) = Program::start(&["frobnicate"]).end();
    assert_eq!(status.code(), Some(2));
}

#[test]
fn a_held_scan_survives_a_kill_and_is_sent_when_the_backend_is_back() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let mut gun = Gun::plugged();
    // Port 9 is nobody's: the station starts with no backend.
    let url = backend.field("url").to_owned();
    let bench =
        Bench::new(&backend, "test-filling", "Covering").gun(gun.path()).replace(&url, "http://127.0.0.1:9");
    let mut station = bench.run();
    station.line(|line| line["link"] == "down");
    let id = covering_order(&backend);
    gun.scan(&barcode(&id));
    let accepted = said(&mut station, "accepted", "");
    said(&mut station, "held", "");
    station.kill();

    let bench = bench.replace("http://127.0.0.1:9", &url);
    let mut station = bench.run();
    let agreed = station.line(|line| line["verdict"] == "agreed");
    assert_eq!(agreed["intent"], accepted["intent"]);
    let intents = backend.rows(&format!("intents?order_id=eq.{id}"));
    assert_eq!(intents.len(), 1);
    assert_eq!(intents[0]["intent_id"], accepted["intent"]);
    assert_eq!(backend.rows(&format!("orders_bannos?id=eq.{id}"))[0]["stage"], "Decorating");
}

/// An unsplit order of Bannos that stands in Covering.
fn covering_order(backend: &Backend) -> String {
    let rows = backend.rows("orders_bannos?stage=eq.Covering&order=id");
    let open = rows.iter().filter(|row| row["cancelled_at"].is_null());
    let ids = open.map(|row| row["id"].as_str().unwrap());
    ids.into_iter().find(|id| id.matches('-').count() == 1).expect("the samples have one").to_owned()
}

fn barcode(id: &str) -> String {
    id.parse::<ordak_station::order::OrderId>().unwrap().barcode()
}

/// The next verdict is this one, and its text holds these words.
fn said(station: &mut Program, verdict: &str, words: &str) -> Value {
    let line = station.verdict();
    assert_eq!(line["verdict"], verdict, "{line:#}");
    assert!(line["text"].as_str().unwrap().contains(words), "{words:?} is not in {line:#}");
    line
}

/// Starts a station whose backend is no good: the link is down, the reason told, and a scan is held. The reason.
fn offline(bench: &Bench, what: &str) -> String {
    let mut station = bench.run_with_gun();
    let link = station.program.line(|line| line["link"] == "down");
    let why = link["why"].as_str().unwrap().to_owned();
    assert!(!why.is_empty(), "{what}");
    station.gun.scan("#B18617");
    let accepted = said(&mut station.program, "accepted", "");
    let held = said(&mut station.program, "held", "");
    assert_eq!(held["intent"], accepted["intent"], "{what}");
    why
}

/// A server that gives every request the same answer and closes.
fn answering(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { break };
            let mut request = [0; 4096];
            // A client that gives up early is none of this server's business.
            if connection.read(&mut request).is_ok_and(|read| read > 0)
                && connection.write_all(answer.as_bytes()).is_err()
            {
                break;
            }
        }
    });
    address
}

/// The most memory that a process ever had, in 1,024 bytes.
fn most_memory_kb(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The station itself, the reply's 8 MB in a list that doubles as it grows, and 64 MB of values: the bounds of [`Limits`].
const MEMORY_MAX_KB: usize = 128 << 10;
