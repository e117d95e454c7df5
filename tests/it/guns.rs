//! Several guns at once through the whole station, faster than any hand: every frame arrives once, in order, as its gun's own.
//! The codes name no order, so that each scan is one line and nothing waits for a disk.

use std::collections::VecDeque;
use std::thread;

use serde_json::json;

use crate::support::dice::{Dice, number};
use crate::support::program::Bench;
use crate::support::pty::Gun;

/// A gun as it is set: its speed, what it sends before and after a code.
struct Setting {
    baud: u32,
    before: &'static str,
    after: &'static str,
}

const SETTINGS: [Setting; 4] = [
    Setting { baud: 9600, before: "", after: "\r" },
    Setting { baud: 115_200, before: "", after: "\r\n" },
    Setting { baud: 9600, before: "", after: "\t" },
    Setting { baud: 115_200, before: "\x02", after: "\x03" },
];

#[test]
fn of_several_guns_at_once_no_frame_is_lost_and_each_is_told_as_its_own() {
    let frames = number("FRAMES", FRAMES);
    let each = frames / SETTINGS.len();
    let mut bench =
        Bench::at("http://127.0.0.1:9", "key", "a@b.example", "password", "test-guns", "Covering");
    let mut guns = Vec::new();
    for setting in &SETTINGS {
        let gun = Gun::plugged();
        bench = bench.gun_at(gun.path(), setting.baud);
        guns.push(gun);
    }
    let mut station = bench.run();

    let mut expected: Vec<VecDeque<String>> = Vec::new();
    let mut hands = Vec::new();
    for (nth, (mut gun, setting)) in guns.into_iter().zip(&SETTINGS).enumerate() {
        let mut dice = Dice::new(SEED + nth as u64);
        let codes: VecDeque<_> = (0..each).map(|number| code(nth, number, &mut dice)).collect();
        let sent: String = codes.iter().flat_map(|code| [setting.before, code, setting.after]).collect();
        expected.push(codes);
        // The line holds a few thousand bytes: what is written beyond waits until the station has read.
        hands.push(thread::spawn(move || {
            let mut rest = sent.as_bytes();
            while !rest.is_empty() {
                let size = 1 + dice.roll(64).min(dice.roll(64)) as usize;
                let (piece, later) = rest.split_at(size.min(rest.len()));
                gun.send(piece);
                rest = later;
            }
            gun
        }));
    }
    let sources: Vec<_> = (0..SETTINGS.len()).map(|nth| json!(format!("scanner:{nth}"))).collect();
    for _ in 0..each * SETTINGS.len() {
        let line = station.verdict();
        let nth = sources.iter().position(|source| *source == line["source"]).expect("it is one of the guns");
        let code = expected[nth].pop_front().unwrap_or_else(|| panic!("one more than was sent: {line:#}"));
        assert_eq!(line["code"], code, "the next of gun {nth}: {line:#}");
    }
    let left: usize = expected.iter().map(VecDeque::len).sum();
    let _guns: Vec<Gun> = hands.into_iter().map(|hand| hand.join().unwrap()).collect();
    let more = station.kill_and_hear();
    assert!(more.iter().all(|line| line.get("verdict").is_none()), "{more:#?}");
    if let Some(file) = std::env::var_os("GUNS_FIGURES") {
        let figures = json!({ "frames": each * SETTINGS.len(), "guns": SETTINGS.len(), "lost": left });
        std::fs::write(file, format!("{figures}\n")).unwrap();
    }
}

/// A code that no other is alike, now and then with an AIM identifier, of any length and with whatever a QR may hold.
fn code(gun: usize, number: usize, dice: &mut Dice) -> String {
    let mut code = format!("{}~{gun}.{number}.", ["", "]C0", "]Q1"][dice.roll(3) as usize]);
    for _ in 0..dice.roll(40) {
        code.push(LETTERS[dice.roll(LETTERS.len() as u32) as usize]);
    }
    code + "~"
}

const LETTERS: [char; 16] =
    ['#', 'B', '1', '8', '6', '7', '-', '%', ' ', '{', '"', '\\', '£', 'é', '糕', '\u{1d}'];

/// Of all guns together; `make guns` sends more.
const FRAMES: usize = 20_000;

const SEED: u64 = 0x5ca7_7e12;
