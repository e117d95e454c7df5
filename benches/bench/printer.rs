//! A fault of a printer with nothing to print, from its happening to the view that a screen draws, in each language.

use std::thread;
use std::time::{Duration, Instant};

use ordak_station::printer::Limits;
use ordak_station::station::PortState;

use crate::Figure;
use crate::support::kitchen::Kitchen;
use crate::support::printer::{Mood, Tongue};

pub fn figures() -> Vec<Figure> {
    let names = ["printer_fault_escpos", "printer_fault_zpl", "printer_fault_tspl"];
    let figure = |(name, tongue)| Figure {
        name,
        ours: worst(tongue),
        reference: 2.0,
        unit: "s",
        beside: "when a fault must show; the worst of 50",
    };
    names.into_iter().zip(Tongue::ALL).map(figure).collect()
}

fn worst(tongue: Tongue) -> f64 {
    let times: Vec<f64> = thread::scope(|scope| {
        let stations: Vec<_> = (0..STATIONS).map(|nth| scope.spawn(move || faults(tongue, nth))).collect();
        stations.into_iter().flat_map(|station| station.join().expect("measured")).collect()
    });
    times.into_iter().fold(0.0, f64::max)
}

/// How long each fault of one printer took to show, which happened at other moments of the second in which it is asked.
fn faults(tongue: Tongue, nth: u32) -> Vec<f64> {
    let mut kitchen = Kitchen::open(tongue, 1, vec![], Limits::default());
    let mut measure = |(round, fault)| {
        kitchen.hear_until_ready(0);
        thread::sleep(Duration::from_millis(u64::from(nth * 7 + round) * 97 % 900));
        let happened = Instant::now();
        kitchen.printers[0].set(fault);
        while kitchen.state(0) == PortState::Ready {
            kitchen.hear(Duration::from_secs(5));
        }
        let shown = happened.elapsed();
        kitchen.printers[0].set(Mood::Healthy);
        shown.as_secs_f64()
    };
    (0..).zip(FAULTS).map(&mut measure).collect()
}

const STATIONS: u32 = 10;
const FAULTS: [Mood; 5] = [Mood::PaperOut, Mood::CoverOpen, Mood::Mute, Mood::Nonsense, Mood::Gone];
