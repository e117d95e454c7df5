//! A scan at one station until it shows at another, both on one backend with real PostgreSQL.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use ordak_station::order::{OrderId, Post, Stage, Store};
use ordak_station::station::{Dwell, Settings};
use ordak_station::{backend, journal, shell};
use serialport::TTYPort;
use tokio::runtime::Builder;

use crate::Figure;
use crate::station::{Backend, Bench, Headless, gun_at};
use crate::support::cluster::Database;
use crate::system::{median, millis, quantile};

pub fn figures() -> Vec<Figure> {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url(), "--orders", "20000"]);
    let codes = backend.codes(&format!(
        "orders_bannos?stage=eq.Covering&cancelled_at=is.null&limit={SCANS}&order=id&select=id"
    ));
    let (mut gun, line) = TTYPort::pair().expect("a pseudo terminal");
    let bench = Bench::new(&backend, "bench-covering", "Covering", &gun_at(&line));
    let mut scanning = Headless::start(&bench);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (watching, lines) = shell::start(decorating(&backend, folder.path())).expect("a station");
    drop(lines);
    // The sandbox has just written every order: until its changes are old, each refresh reads them all again.
    std::thread::sleep(Duration::from_mins(1));
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut views = watching.handle().views();
    let mut times = Vec::new();
    for (nth, code) in codes.iter().enumerate() {
        let cake = code_of(code);
        std::thread::sleep(pause(nth));
        let started = Instant::now();
        gun.write_all(format!("{code}\r").as_bytes()).expect("the line is open");
        let shown = views.wait_for(|view| view.queue.rows.iter().any(|order| order.id == cake));
        drop(runtime.block_on(shown).expect("the station runs"));
        times.push(millis(started.elapsed()));
        scanning.line(|line| line["verdict"] == "agreed" && line["code"] == code.as_str());
    }
    let figure =
        |name, ours| Figure { name, ours, reference: 1000.0, unit: "ms", beside: "what is promised" };
    vec![figure("realtime", quantile(times.clone(), 0.99)), figure("realtime_p50", median(times))]
}

/// A station of the next stage, in this process: its view is what a screen draws.
fn decorating(backend: &Backend, folder: &Path) -> shell::Config {
    let stores = BTreeSet::from(Store::ALL);
    let (name, post) = ("bench-decorating", Post::At(Stage::Decorating));
    shell::Config {
        settings: Settings {
            name: name.into(),
            post,
            stores: stores.clone(),
            repeat_guard: Duration::ZERO,
            dwell: Dwell::default(),
            is_read_only: false,
            has_start_scans: false,
            printers: Vec::new(),
            scanners: 0,
            performer: None,
        },
        zone: jiff::tz::TimeZone::UTC,
        journal: journal::Config { path: folder.join("journal.sqlite"), retention: Duration::from_hours(24) },
        backend: backend::Config {
            url: backend.field("url").into(),
            anon_key: backend::Secret::new(backend.field("anon_key")),
            email: backend.field("email").into(),
            password: backend::Secret::new(backend.field("password")),
            pin: backend::ContractPin::Auto,
            station: name.into(),
            post,
            stores,
            session_path: folder.join("session.json"),
        },
        scanners: Vec::new(),
        printers: Vec::new(),
    }
}

fn code_of(barcode: &str) -> OrderId {
    let number = barcode.strip_prefix("#B").expect("of Bannos");
    format!("bannos-{number}").parse().expect("an id")
}

/// Between two scans, up to a second: so that they fall on every moment after the read before.
fn pause(nth: usize) -> Duration {
    Duration::from_millis((nth * 379 % 1000) as u64)
}

const SCANS: usize = 200;
