//! The reference of the screen: Chromium in kiosk mode on a page that shows the same.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::display::Display;
use crate::screen::{BACKGROUND, CORNER_PX};
use crate::system::{Owned, millis, pss_mb};

/// From the start of the process to its first frame in milliseconds, and its memory in MB once it has come to rest.
pub fn first_frame_and_memory(orders: usize) -> (f64, f64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let page = folder.path().join("page.html");
    let rows: Vec<Value> = (0..orders).map(row).collect();
    fs::write(&page, PAGE.replace("/* rows */", &Value::from(rows).to_string())).expect("a file");
    let display = Display::open();
    let started = Instant::now();
    let child = Command::new("chromium")
        .args(["--kiosk", "--no-sandbox", "--no-first-run", "--disable-background-networking"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", page.display()))
        .env("DISPLAY", &display.name)
        .env("WAYLAND_DISPLAY", "")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromium, which packaging/tools installs");
    let child = Owned(child);
    display.wait_for(CORNER_PX, BACKGROUND);
    let first_frame_ms = millis(started.elapsed());
    std::thread::sleep(SETTLED);
    (first_frame_ms, pss_mb(child.0.id()))
}

/// An order as the queue has it.
fn row(at: usize) -> Value {
    json!({
        "id": format!("bannos-{}", 18_000 + at), "stage": "Covering", "product_title": "Gelato Celebration Cake",
        "size": "10 inch", "flavour": "Pistachio, Hazelnut", "cake_writing": format!("Happy birthday {at}!"),
        "notes": "Leave space for candles.", "customer_name": format!("Customer {at}"), "due_date": "2026-11-24",
        "priority": "High", "delivery_method": "pickup", "filling_start_ts": "2026-11-23T02:10:00Z",
        "filling_complete_ts": "2026-11-23T03:10:00Z", "rework": 0, "siblings": 1,
    })
}

/// Longer than it goes on allocating after its first frame.
const SETTLED: Duration = Duration::from_secs(15);

const PAGE: &str = include_str!("page.html");
