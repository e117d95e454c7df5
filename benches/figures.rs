//! The figures in the README, measured on the kiosk's release build: `make figures`. Prints a table, then one line of JSON.
//! `ORDAK_KIOSK` names that build (the one of this bench has what tests need in it), `ORDAK_SANDBOX` the one that serves the
//! backend.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use ordak_station::label::{Label, Renderer};
use ordak_station::order::Order;
use serde_json::{Value, json};
use serialport::{SerialPort, TTYPort};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat};
use x11rb::rust_connection::RustConnection;

fn main() {
    let backend = Backend::serve(ORDERS);
    let label_ms = label();
    let (p50_ms, p99_ms) = scan_accepted(&backend);
    let first_frames: Vec<f64> = (0..9).map(|_| Kiosk::start(&backend, "").first_frame_ms).collect();
    let (screen_p50_ms, screen_p99_ms) = scan_on_screen(&backend);
    let settled = Settled::of(Kiosk::start(&backend, ""));
    let figures = json!({
        "first_frame_ms": median(first_frames),
        "pss_mb_20000_orders": settled.pss_mb,
        "cpu_at_rest_percent": settled.cpu_percent,
        "scan_accepted_p50_ms": p50_ms,
        "scan_accepted_p99_ms": p99_ms,
        "scan_on_screen_p50_ms": screen_p50_ms,
        "scan_on_screen_p99_ms": screen_p99_ms,
        "label_ms": label_ms,
    });
    for (name, figure) in figures.as_object().expect("made as an object above") {
        println!("{name:24} {figure:>10.2}");
    }
    println!("{figures}");
}

/// Render one label with all its parts, in milliseconds: the median of many.
fn label() -> f64 {
    let order: Order = serde_json::from_value(json!({
        "id": "bannos-25771-A", "stage": "Filling", "product": "Gelato Celebration Cake", "size": "10 inch",
        "flavour": "Pistachio, Hazelnut", "writing": "Χρόνια Πολλά Νίκο!",
        "notes": "No nuts in the top tier (allergy). Leave space for candles.", "customer": "Ελένη Παπαδοπούλου",
        "due": "2026-11-28", "priority": "Low", "delivery": "Pickup", "assignee": null, "storage": null,
        "picture": null, "times": {}, "rework": 0, "returned": null, "siblings": 2,
    }))
    .expect("an order as the journal keeps it");
    let template = ordak_station::label::Template::find("100x50", 203).expect("the one template there is");
    let mut renderer = Renderer::new(template).expect("the template fits its stock");
    let times = (0..500).map(|_| {
        let started = Instant::now();
        let drawn =
            renderer.render(&Label { order: &order, copy: 1, station: "bannos-filling-1", clock: "10:43" });
        assert_eq!(drawn.pages.len(), 1);
        millis(started.elapsed())
    });
    median(times.collect())
}

/// From the last byte of a scan on a serial line to the line that says it is durable, in milliseconds.
fn scan_accepted(backend: &Backend) -> (f64, f64) {
    let (mut gun, line) = TTYPort::pair().expect("a pseudo terminal");
    let path = line.name().expect("a pseudo terminal has a name");
    let bench = Bench::new(
        backend,
        "figures-covering",
        &format!("[[scanner]]\nkind = \"serial\"\npath = {path:?}\n"),
    );
    let mut station = Station::start(&bench);
    station.line(|line| line["link"] == "up");
    let codes = backend.codes("orders_bannos?stage=eq.Covering&limit=400&order=id&select=id");
    station.line(|line| line["ready"] == true);
    let mut times = Vec::new();
    for code in codes {
        let started = Instant::now();
        gun.write_all(format!("{code}\r").as_bytes()).expect("the line is open");
        station.line(|line| line["verdict"] == "accepted" && line["code"] == code.as_str());
        times.push(millis(started.elapsed()));
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// From the last byte of a scan to the green pixels of its answer on the kiosk's screen, in milliseconds.
fn scan_on_screen(backend: &Backend) -> (f64, f64) {
    let (mut gun, line) = TTYPort::pair().expect("a pseudo terminal");
    let path = line.name().expect("a pseudo terminal has a name");
    let mut kiosk = Kiosk::start(backend, &format!("[[scanner]]\nkind = \"serial\"\npath = {path:?}\n"));
    wait_for(&mut kiosk.said, "queue read");
    let codes = backend.codes("orders_flourlane?stage=eq.Covering&limit=200&order=id&select=id");
    let mut times = Vec::new();
    for code in codes {
        // A product's code is refused: red between two greens.
        let product = format!("{:013}\r", 4_006_381_000_000_u64 + times.len() as u64);
        gun.write_all(product.as_bytes()).expect("the line is open");
        kiosk.display.wait_for(VERDICT_PX, RED);
        let started = Instant::now();
        gun.write_all(format!("{code}\r").as_bytes()).expect("the line is open");
        kiosk.display.wait_for(VERDICT_PX, GREEN);
        times.push(millis(started.elapsed()));
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

struct Kiosk {
    child: Child,
    first_frame_ms: f64,
    said: BufReader<std::process::ChildStderr>,
    display: Display,
    _bench: Bench,
}

impl Kiosk {
    /// The kiosk on a screen of its own, from its start to its first frame.
    fn start(backend: &Backend, devices: &str) -> Self {
        let display = Display::open();
        let bench = Bench::new(backend, "figures-kiosk", devices);
        let started = Instant::now();
        let mut child = Command::new(build("ORDAK_KIOSK"))
            .args(["--config", &bench.file])
            .env("DISPLAY", &display.name)
            .env("WAYLAND_DISPLAY", "")
            .env("ORDAK_LOG", "ordak_station=info")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the release build");
        display.wait_for(CORNER_PX, BACKGROUND);
        let first_frame_ms = millis(started.elapsed());
        let said = BufReader::new(child.stderr.take().expect("piped"));
        Self { child, first_frame_ms, said, display, _bench: bench }
    }
}

impl Drop for Kiosk {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

struct Settled {
    pss_mb: f64,
    cpu_percent: f64,
}

impl Settled {
    /// Memory with every order read, and processor time over half a minute at rest.
    fn of(mut kiosk: Kiosk) -> Self {
        wait_for(&mut kiosk.said, "queue read");
        // The sandbox has just written every order: until its changes are old, each refresh reads them all again.
        std::thread::sleep(Duration::from_mins(1));
        let id = kiosk.child.id();
        let before = ticks(id);
        std::thread::sleep(Duration::from_secs(30));
        // The kernel counts in ticks of 10 ms (USER_HZ is 100 on every Linux that matters).
        let cpu_percent = (ticks(id) - before) as f64 / 100.0 / 30.0 * 100.0;
        Self { pss_mb: pss_kb(id) / 1024.0, cpu_percent }
    }
}

fn wait_for(said: &mut BufReader<std::process::ChildStderr>, words: &str) {
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        assert_ne!(said.read_line(&mut line).expect("text"), 0, "the kiosk ended before it said {words:?}");
    }
}

fn ticks(id: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().collect();
    // utime and stime are the 14th and 15th fields of proc(5), the 12th and 13th after the name.
    fields[11..13].iter().map(|field| field.parse::<u64>().expect("a number")).sum()
}

fn pss_kb(id: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).expect("it runs");
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).expect("proc(5) has it");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

struct Backend {
    child: Child,
    ready: Value,
}

impl Backend {
    fn serve(orders: usize) -> Self {
        let mut child = Command::new(build("ORDAK_SANDBOX"))
            .args(["sandbox", "serve", "--orders", &orders.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the release build");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line when ready");
        Self { child, ready: serde_json::from_str(&line).expect("JSON") }
    }

    fn field(&self, name: &str) -> &str {
        self.ready[name].as_str().expect("interfaces.md names it")
    }

    /// The barcodes of the orders that a table read names.
    fn codes(&self, query: &str) -> Vec<String> {
        let key = self.field("service_key");
        let url = format!("{}/rest/v1/{query}", self.field("url"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let rows: Vec<Value> = runtime.block_on(async {
            let request = reqwest::Client::new().get(url).header("apikey", key);
            request.send().await.expect("an answer").json().await.expect("rows")
        });
        let ids = rows.iter().map(|row| row["id"].as_str().expect("text"));
        ids.map(|id| id.parse::<ordak_station::order::OrderId>().expect("an id").barcode()).collect()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

struct Bench {
    _folder: tempfile::TempDir,
    file: String,
}

impl Bench {
    fn new(backend: &Backend, name: &str, devices: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let password = folder.path().join("password");
        fs::write(&password, backend.field("password")).expect("a file");
        let text = format!(
            "[station]\nname = {name:?}\nstage = \"Covering\"\ndwell = {{ covering = \"0s\" }}\n[backend]\nurl = {:?}\n\
             anon_key = {:?}\nemail = {:?}\npassword_file = \"{}\"\n[journal]\npath = \"{}\"\n{devices}",
            backend.field("url"),
            backend.field("anon_key"),
            backend.field("email"),
            password.display(),
            folder.path().join("journal.sqlite").display(),
        );
        let file = folder.path().join("station.toml");
        fs::write(&file, text).expect("a file");
        Self { file: file.to_str().expect("a plain path").to_owned(), _folder: folder }
    }
}

struct Station {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Station {
    fn start(bench: &Bench) -> Self {
        let mut child = Command::new(build("ORDAK_KIOSK"))
            .args(["run", "--headless", "--config", &bench.file])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the release build");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, lines }
    }

    fn line(&mut self, wanted: impl Fn(&Value) -> bool) {
        let mut text = String::new();
        loop {
            text.clear();
            assert_ne!(self.lines.read_line(&mut text).expect("text"), 0, "the station ended");
            if wanted(&serde_json::from_str(&text).expect("JSON")) {
                return;
            }
        }
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

struct Display {
    name: String,
    server: Child,
    connection: RustConnection,
    root: u32,
}

impl Display {
    fn open() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb, which packaging/tools installs");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("piped")).read_line(&mut number).expect("a display");
        let name = format!(":{}", number.trim());
        let (connection, screen) = RustConnection::connect(Some(&name)).expect("the server just started");
        let root = connection.setup().roots[screen].root;
        Self { name, server, connection, root }
    }

    /// Looks at one pixel until it has this colour, blue first.
    fn wait_for(&self, (x, y): (i16, i16), color: [u8; 3]) {
        let started = Instant::now();
        loop {
            let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, 1, 1, u32::MAX);
            let image = image.expect("a request").reply().expect("a pixel");
            if image.data[..3] == color {
                return;
            }
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{color:?} never came, but {:?}",
                image.data
            );
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        end(&mut self.server);
    }
}

fn build(variable: &str) -> std::ffi::OsString {
    std::env::var_os(variable).expect("ORDAK_KIOSK and ORDAK_SANDBOX name a build each: see `make figures`")
}

fn end(child: &mut Child) {
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

const ORDERS: usize = 20_000;

/// A pixel of the background, and one inside the answer's panel, at 1920 × 1080.
const CORNER_PX: (i16, i16) = (4, 4);
const VERDICT_PX: (i16, i16) = (70, 130);
/// The design's colours, blue first as X11 stores them.
const BACKGROUND: [u8; 3] = [0x13, 0x0E, 0x0B];
const GREEN: [u8; 3] = [0x33, 0x5C, 0x0A];
const RED: [u8; 3] = [0x1C, 0x1C, 0x9B];
