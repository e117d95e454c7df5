//! The kiosk on its screen: first frame, memory, time to pixels, rest.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use serialport::TTYPort;

use crate::display::Display;
use crate::station::{Backend, Bench, build, gun_at};
use crate::system::{Owned, median, millis, processor_s, pss_mb, quantile};
use crate::{Figure, chromium};

pub fn figures() -> Vec<Figure> {
    let few = Worked::of(100);
    let many = Worked::of(20_000);
    let (chromium_frame_ms, chromium_mb) = chromium::first_frame_and_memory(20_000);
    let growth = (many.pss_mb / few.pss_mb).max(many.key_to_pixels_ms / few.key_to_pixels_ms);
    let figure = |name, ours, reference, unit, beside| Figure { name, ours, reference, unit, beside };
    let page = "Chromium on an equal page";
    vec![
        figure("first_frame", many.first_frame_ms, chromium_frame_ms, "ms", page),
        figure("memory_20000", many.pss_mb, chromium_mb, "MB PSS", page),
        figure("memory_20000_worked", many.after_scans_mb, 40.0, "MB PSS", "what it may take"),
        figure("growth", growth, 1.3, "ratio", "20,000 orders against 100: memory, key to pixels"),
        figure("growth_memory", many.pss_mb, few.pss_mb, "MB PSS", "with 100 orders"),
        figure("growth_key_to_pixels", many.key_to_pixels_ms, few.key_to_pixels_ms, "ms", "with 100 orders"),
        figure("scan_on_screen_p50", median(many.on_screen_ms.clone()), 100.0, "ms", "what staff may wait"),
        figure("scan_on_screen_p99", quantile(many.on_screen_ms, 0.99), 100.0, "ms", "what staff may wait"),
        figure("cpu_at_rest", many.cpu_percent, 1.0, "%", "of one core"),
    ]
}

/// A kiosk's figures with so many orders.
struct Worked {
    first_frame_ms: f64,
    pss_mb: f64,
    cpu_percent: f64,
    after_scans_mb: f64,
    on_screen_ms: Vec<f64>,
    key_to_pixels_ms: f64,
}

impl Worked {
    fn of(orders: usize) -> Self {
        let backend = Backend::serve(&["--orders", &orders.to_string()]);
        let first_frames = (0..9).map(|_| Kiosk::start(&backend, "").first_frame_ms).collect();
        let (mut gun, line) = TTYPort::pair().expect("a pseudo terminal");
        let mut kiosk = Kiosk::start(&backend, &gun_at(&line));
        kiosk.wait_for("queue read");
        // The sandbox has just written every order: until its changes are old, each refresh reads them all again.
        std::thread::sleep(Duration::from_mins(1));
        let id = kiosk.process.0.id();
        let (before, began) = (processor_s(id), Instant::now());
        std::thread::sleep(Duration::from_secs(30));
        let cpu_percent = (processor_s(id) - before) / began.elapsed().as_secs_f64() * 100.0;
        let pss = pss_mb(id);
        let key_to_pixels_ms = key_to_pixels(&backend, &mut gun, &kiosk);
        let on_screen_ms = on_screen(&backend, &mut gun, &kiosk);
        Self {
            first_frame_ms: median(first_frames),
            pss_mb: pss,
            cpu_percent,
            after_scans_mb: pss_mb(id),
            on_screen_ms,
            key_to_pixels_ms,
        }
    }
}

/// From the last byte of a scan to the green pixels of its answer.
fn on_screen(backend: &Backend, gun: &mut TTYPort, kiosk: &Kiosk) -> Vec<f64> {
    let codes =
        backend.codes("orders_flourlane?stage=eq.Covering&cancelled_at=is.null&limit=240&order=id&select=id");
    let times = codes.iter().enumerate().map(|(count, code)| {
        // A product's code is refused: red between two greens.
        scan(gun, &product(count));
        kiosk.display.wait_for(VERDICT_PX, RED);
        let started = Instant::now();
        scan(gun, code);
        kiosk.display.wait_for(VERDICT_PX, GREEN);
        millis(started.elapsed())
    });
    times.collect()
}

/// From the last byte of a scan that needs no backend to the red pixels of its answer: the median.
fn key_to_pixels(backend: &Backend, gun: &mut TTYPort, kiosk: &Kiosk) -> f64 {
    let packed = backend
        .codes("orders_flourlane?stage=eq.Packing&cancelled_at=is.null&limit=1&order=id&select=id")
        .remove(0);
    let times = (0..60).map(|count| {
        // What is done is blue, and needs the backend: not timed.
        scan(gun, &packed);
        kiosk.display.wait_for(VERDICT_PX, BLUE);
        let started = Instant::now();
        scan(gun, &product(1000 + count));
        kiosk.display.wait_for(VERDICT_PX, RED);
        millis(started.elapsed())
    });
    median(times.collect())
}

fn scan(gun: &mut TTYPort, code: &str) {
    gun.write_all(format!("{code}\r").as_bytes()).expect("the line is open");
}

/// The code of a product, each time another.
fn product(count: usize) -> String {
    format!("{:013}", 4_006_381_000_000 + count)
}

struct Kiosk {
    first_frame_ms: f64,
    said: BufReader<ChildStderr>,
    process: Owned,
    display: Display,
    _bench: Bench,
}

impl Kiosk {
    /// The kiosk on a screen of its own, from its start to its first frame.
    fn start(backend: &Backend, devices: &str) -> Self {
        let display = Display::open();
        let bench = Bench::new(backend, "bench-kiosk", "Covering", devices);
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
        Self { first_frame_ms, said, process: Owned(child), display, _bench: bench }
    }

    fn wait_for(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert_ne!(self.said.read_line(&mut line).expect("text"), 0, "it ended before it said {words:?}");
        }
    }
}

/// A pixel of the background, and one inside the answer's panel, at 1920 × 1080.
pub const CORNER_PX: (i16, i16) = (4, 4);
const VERDICT_PX: (i16, i16) = (70, 130);

/// The design's colours, blue first as X11 stores them.
pub const BACKGROUND: [u8; 3] = [0x13, 0x0E, 0x0B];
const GREEN: [u8; 3] = [0x33, 0x5C, 0x0A];
const RED: [u8; 3] = [0x1C, 0x1C, 0x9B];
const BLUE: [u8; 3] = [0x8F, 0x4A, 0x0B];
