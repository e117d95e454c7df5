//! A random walk: several stations on one backend under faults, the invariants of `reliability.md` at every step, and
//! everything drained at the end. Every run is its seed.

use std::time::Duration;

use super::bench::{Bench, Dice, assignee};
use crate::order::{Action, Detail, OrderId, Post, Stage};
use crate::station::*;

const CAKES: [&str; 6] = [
    "bannos-18617",
    "bannos-18618",
    "flourlane-18619",
    "flourlane-25649",
    "bannos-25771-A",
    "bannos-25771-B",
];

#[test]
fn faults_end_and_everything_is_in_order() {
    for seed in 0..SEEDS {
        walk(seed);
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..4 {
        assert_eq!(walk(seed), walk(seed), "I16: seed {seed}");
    }
}

fn walk(seed: u64) -> u64 {
    let mut dice = Dice::new(seed + 1);
    let mut bench = Bench::new(&CAKES.map(|id| (id, Stage::WORKED[dice.roll(7).saturating_sub(3) as usize])));
    bench.backend.gone.insert("gone".into());
    bench.late = Some(Dice::new(seed + 7777));
    for (name, stage) in ["F1", "C1", "D1", "P1"].into_iter().zip(Stage::WORKED) {
        bench.station_with(name, Post::At(stage), |settings| {
            settings.dwell.filling = Duration::from_secs(5);
            settings.dwell.covering = Duration::from_secs(5);
            settings.dwell.decorating = Duration::from_secs(5);
        });
    }
    bench.station_with("S1", Post::Any, |settings| settings.printers.push("second".into()));
    bench.station("F2", Post::At(Stage::Filling));
    for _ in 0..STEPS {
        let place = dice.roll(6) as usize;
        step(&mut bench, &mut dice, place);
        bench.pass(Duration::from_millis(100 + dice.roll(6000)));
    }
    quiesce(&mut bench, seed);
    bench.trace
}

fn step(bench: &mut Bench, dice: &mut Dice, place: usize) {
    let cake = CAKES[dice.roll(6) as usize];
    match dice.roll(40) {
        0..=1 => bench.stations[place].is_linked = false,
        2..=4 => bench.stations[place].is_linked = true,
        5 => bench.stations[place].loses_replies = true,
        6..=7 => bench.stations[place].loses_replies = false,
        8 => bench.restart(place),
        9 => bench.stations[place].journal_fault = Some(StoreFault::Full),
        10..=11 => bench.stations[place].journal_fault = None,
        12..=13 => {
            let outcome = match dice.roll(5) {
                0 => Outcome::Failed(PrinterFault::PaperOut),
                1 => Outcome::Unconfirmed(PrinterFault::NoAnswer),
                2 => Outcome::Sent,
                _ => Outcome::Printed,
            };
            let printer = dice.roll(bench.stations[place].printers.len() as u64) as usize;
            bench.stations[place].printers[printer] = outcome;
        }
        14 => bench.stations[place].ahead = Duration::from_secs(dice.roll(400)),
        15 if bench.stage(cake) == Stage::Packing && bench.backend.order(cake).times.cancelled.is_none() => {
            bench.elsewhere(cake, Action::QcReturn);
        }
        16 if dice.roll(20) == 0 => bench.backend.cancel(cake, bench.at(place)),
        17..=18 => {
            bench.scan_by(
                place,
                dice.roll(2) as u8,
                ["%PICK:1", "%PICK:2", "%PICK:3"][dice.roll(3) as usize],
            );
        }
        19 => bench.scan_by(
            place,
            dice.roll(2) as u8,
            ["25771", "18617", "9312345678907", "junk"][dice.roll(4) as usize],
        ),
        23 => {
            let detail = match dice.roll(4) {
                0 => Detail::Assignee(None),
                1 => Detail::Storage(Some("Fridge 1".into())),
                2 => Detail::Storage(None),
                _ => assignee(["ana", "gone"][dice.roll(2) as usize]),
            };
            bench.touch(place, Touch::Set(cake.parse().unwrap(), detail));
        }
        22 | 24 => {
            let code = cake.parse::<OrderId>().unwrap().barcode();
            bench.scan_by(place, 0, &code);
            bench.pass(Duration::from_millis(dice.roll(800)));
            bench.restart(place);
        }
        25 => bench.touch(place, Touch::Reprint(cake.parse().unwrap())),
        20 => bench.touch(place, Touch::Dismiss),
        21 if dice.roll(8) == 0 => bench.pass(Duration::from_mins(dice.roll(20))),
        _ => {
            let code = cake.parse::<OrderId>().unwrap().barcode();
            bench.scan_by(place, dice.roll(2) as u8, &code);
            if dice.roll(4) == 0 {
                bench.pass(Duration::from_millis(dice.roll(1900)));
                bench.scan_by(place, dice.roll(2) as u8, &code);
            }
        }
    }
}

/// I7: faults end, time passes, and nothing is left but what a person was told of.
fn quiesce(bench: &mut Bench, seed: u64) {
    for kiosk in &mut bench.stations {
        (kiosk.is_linked, kiosk.loses_replies, kiosk.journal_fault) = (true, false, None);
        kiosk.printers.fill(Outcome::Printed);
    }
    // Each stage waits 30 min for the one before it.
    for _ in 0..30 {
        bench.pass(Duration::from_mins(5));
        if bench.under_way().is_empty() && bench.stations.iter().all(|kiosk| is_drained(&kiosk.journal)) {
            break;
        }
    }
    assert_eq!(bench.under_way(), Vec::<&Event>::new(), "I7: seed {seed}: still on its way");
    for kiosk in &bench.stations {
        for intent in kiosk.journal.intents.values() {
            let has_card = kiosk.station.view().attention.iter().any(|card| card.order == intent.order);
            match &intent.state {
                IntentState::Open => panic!("I7: seed {seed}: {} left open: {intent:?}", kiosk.settings.name),
                IntentState::Parked(_) => assert!(has_card, "seed {seed}: parked out of sight: {intent:?}"),
                IntentState::Printing => {
                    let state = &kiosk.journal.jobs[&intent.id].state;
                    let waits = matches!(state, JobState::Queued | JobState::Failed(_));
                    assert!(waits || has_card, "seed {seed}: a label out of sight: {intent:?} {state:?}");
                }
                IntentState::Agreed { .. } | IntentState::Closed => {}
            }
        }
        let labels = kiosk.journal.jobs.values().filter(|job| job.state == JobState::Sending).count();
        assert_eq!(labels, 0, "I7: seed {seed}: a label for ever on its way");
    }
    once(bench, seed);
    both_told(bench, seed);
}

/// Where the label of a cake came out at two stations, a person at each was told.
fn both_told(bench: &Bench, seed: u64) {
    for order in bench.backend.orders.values() {
        let has_label = |kiosk: &&super::bench::Kiosk| {
            let agreed = |id| {
                matches!(
                    kiosk.journal.intents.get(id),
                    Some(Intent { state: IntentState::Agreed { .. }, .. })
                )
            };
            let mut jobs = kiosk.journal.jobs.values();
            jobs.any(|job| {
                job.order == order.id && !job.is_reprint && job.state.is_out() && agreed(&job.intent)
            })
        };
        let printed: Vec<_> = bench.stations.iter().filter(has_label).collect();
        if printed.len() < 2 || order.stage == Stage::Complete || order.times.cancelled.is_some() {
            continue;
        }
        for kiosk in printed {
            let mut told = kiosk.journal.facts.iter();
            let is_told = told.any(|(of, fact, _)| *of == order.id && matches!(fact, Fact::AlsoPrinted(_)));
            assert!(is_told, "seed {seed}: {} was not told of {}", kiosk.settings.name, order.id);
        }
    }
}

fn is_drained(journal: &super::bench::Journal) -> bool {
    journal.intents.values().all(|intent| intent.state != IntentState::Open)
        && journal.jobs.values().all(|job| job.state != JobState::Sending)
}

/// I5: each action at most once between two returns.
fn once(bench: &Bench, seed: u64) {
    for (at, (order, action, ..)) in bench.backend.events.iter().enumerate() {
        let later = bench.backend.events[at + 1..].iter().filter(|(other, ..)| other == order);
        let until_return = later.take_while(|(_, action, ..)| *action != Action::QcReturn);
        let again = until_return.filter(|(_, again, ..)| again == action).count();
        let is_step = !matches!(action, Action::QcReturn | Action::Assign | Action::SetStorage);
        assert!(again == 0 || !is_step, "I5: seed {seed}: {action:?} twice on {order}");
    }
}

const SEEDS: u64 = 60;
const STEPS: usize = 60;
