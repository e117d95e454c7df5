//! A gun's last byte until its frame is in hand, beside a bare read of such a line; and a replug until the gun is read.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ordak_station::scanner::{self, Config, Handle, Seen};
use ordak_station::station::PortState;
use serialport::{SerialPort, TTYPort};

use crate::Figure;
use crate::system::{millis, quantile};

pub fn figures() -> Vec<Figure> {
    let [frame, bare] = frames();
    let frame = |name, share| Figure {
        name,
        ours: quantile(frame.clone(), share),
        reference: quantile(bare.clone(), share),
        unit: "ms",
        beside: "a bare read of the line",
    };
    vec![
        frame("frame_p99", 0.99),
        frame("frame_p50", 0.5),
        Figure {
            name: "replug",
            ours: replugs().into_iter().fold(0.0, f64::max),
            reference: 2000.0,
            unit: "ms",
            beside: "what it may take, the longest",
        },
    ]
}

/// How long each frame took from its last byte on, in milliseconds: the worker's, and a bare read's.
fn frames() -> [Vec<f64>; 2] {
    let (mut gun, path) = plugged();
    let (_handle, told) = read(&path);
    while !matches!(told.recv().expect("it tells"), (_, Seen::State(PortState::Ready))) {}
    let (mut other, line) = plugged();
    let mut line = File::open(line).expect("the line");
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 64];
        while let Ok(count @ 1..) = line.read(&mut bytes) {
            if bytes[..count].contains(&b'\r') && tell.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    // One after the other, so that both meet the same machine.
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..FRAMES {
        let sent = scan(&mut gun);
        let (at, seen) = told.recv().expect("the worker lives");
        assert_eq!(seen, Seen::Frame("#B18617".into()));
        times[0].push(millis(at - sent));
        let sent = scan(&mut other);
        times[1].push(millis(heard.recv().expect("the thread lives") - sent));
    }
    times
}

/// Sends a code; when its last byte was sent.
fn scan(gun: &mut TTYPort) -> Instant {
    gun.write_all(b"#B18617").expect("the line is open");
    let sent = Instant::now();
    gun.write_all(b"\r").expect("the line is open");
    sent
}

/// How long each replug took until the gun was ready, in milliseconds. It stays away so long that it is looked for as seldom
/// as ever, and a little longer each time.
fn replugs() -> Vec<f64> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let by_id = folder.path().join("usb-Gun-if00");
    let (_handle, told) = read(&by_id);
    let mut times = Vec::new();
    for nth in 0..REPLUGS {
        std::thread::sleep(AWAY + AWAY / 20 * nth);
        let (gun, path) = plugged();
        symlink(path, &by_id).expect("a link");
        let plugged_at = Instant::now();
        let mut ready_at = None;
        while ready_at.is_none() {
            let (at, seen) = told.recv().expect("the worker lives");
            ready_at = (seen == Seen::State(PortState::Ready)).then_some(at);
        }
        times.extend(ready_at.map(|at| millis(at - plugged_at)));
        fs::remove_file(&by_id).expect("the link");
        drop(gun);
    }
    times
}

/// A gun's end of a line, and where the line is.
fn plugged() -> (TTYPort, PathBuf) {
    let (gun, line) = TTYPort::pair().expect("a pseudo terminal");
    let path = line.name().expect("a pseudo terminal has a name").into();
    (gun, path)
}

fn read(path: &Path) -> (Handle, Receiver<(Instant, Seen)>) {
    let (tell, told) = channel();
    let config = Config::Serial { path: path.into(), baud: scanner::BAUD };
    let report = move |seen| {
        if tell.send((Instant::now(), seen)).is_err() {
            eprintln!("the bench is over");
        }
    };
    (scanner::spawn(0, &config, report), told)
}

const FRAMES: u32 = 2_000;
const REPLUGS: u32 = 10;
const AWAY: Duration = Duration::from_secs(3);
