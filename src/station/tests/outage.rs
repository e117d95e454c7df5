//! A day without a network at four stations (`reliability.md` I4): cakes go on from stage to stage, the office cancels some
//! and another shop's hands do the work on some; then the network is back, and everything is sent in order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::bench::{Bench, NOON};
use super::weak;
use crate::order::{Action, OrderId, Post, Stage};
use crate::station::*;

#[test]
fn a_day_offline_is_sent_in_order_and_nothing_is_left_without_a_reason() {
    day_offline("2025-09", Abilities::default());
}

/// The same where each order is read before each write, and Packing has no start but the one that the journal keeps.
#[test]
fn a_day_offline_is_sent_in_order_to_a_backend_that_knows_no_intents() {
    day_offline("2025-12", weak::ABILITIES);
}

fn day_offline(contract: &str, abilities: Abilities) {
    let scans = std::env::var("OUTAGE_SCANS").ok().and_then(|text| text.parse().ok()).unwrap_or(SCANS);
    let cakes: Vec<String> =
        (0..scans / SCANS_A_CAKE).map(|nth| format!("bannos-{}", 10_000 + nth)).collect();
    let orders: Vec<_> = cakes.iter().map(|id| (&**id, Stage::Filling)).collect();
    let mut bench = Bench::new(&orders);
    bench.backend.abilities = abilities;
    let steps: Vec<_> = STEPS.into_iter().filter(|(_, action)| abilities.keeps(*action)).collect();
    for (stage, name) in STATIONS {
        bench.station(name, Post::At(stage));
    }
    bench.seconds(20);
    for kiosk in &mut bench.stations {
        kiosk.is_linked = false;
    }
    work_through_the_day(&mut bench, &cakes);
    let waiting: Vec<_> = (0..STATIONS.len()).map(|place| bench.view(place).waiting.count).collect();
    assert_eq!(waiting.iter().sum::<usize>(), cakes.len() * steps.len(), "{waiting:?}");

    // A call a minute asks whether anybody answers.
    let tried = bench.checks.sent.len();
    assert!(tried < STATIONS.len() * 25 * 60, "{tried} calls without a network");
    let began = Instant::now();
    // The last stage first: what it sends came ahead of the cakes' own scans, and waits for them.
    for place in (0..STATIONS.len()).rev() {
        bench.stations[place].is_linked = true;
        bench.seconds(if place == 0 { 0 } else { BACK_APART_S });
    }
    let back = bench.now;
    while (0..STATIONS.len()).any(|place| bench.view(place).waiting.count > 0) {
        bench.seconds(1);
        assert!(bench.now < back + DRAINED_WITHIN, "{:?}", bench.view(1).waiting);
    }
    let (took, drained) = (began.elapsed().as_secs_f64(), bench.now.saturating_sub(back).as_secs());
    bench.seconds(20);

    check_order(&bench, &cakes, &steps);
    let cards = check_cards(&bench, &cakes);
    for (place, waited) in waiting.iter().enumerate() {
        let summary = bench.view(place).summary.expect("it is told for a quarter of an hour");
        let told = [summary.sent, summary.done_before, summary.refused, summary.left];
        assert_eq!(told, expected(place, cakes.len(), &steps), "{}", STATIONS[place].1);
        assert_eq!(told.iter().sum::<usize>(), *waited, "{}", STATIONS[place].1);
    }
    let (intents, calls) = (cakes.len() * steps.len(), bench.checks.sent.len() - tried);
    assert!(
        calls < intents + intents / 5,
        "{calls} calls for {intents} intents: many are sent to be refused"
    );
    let rate = intents as f64 / took;
    let line = format!(
        "{{\"contract\":\"{contract}\",\"scans\":{},\"intents\":{intents},\"calls\":{calls},\"lost\":0,\"out_of_order\":0,\"cards\":{cards},\"drained_in_s\":{drained},\"simulated_intents_per_s\":{rate:.0}}}\n",
        cakes.len() * SCANS_A_CAKE
    );
    print!("{line}");
    if let Ok(path) = std::env::var("OUTAGE_FIGURES") {
        std::fs::write(format!("{path}-{contract}.json"), line).expect("the target directory is there");
    }
}

/// Every cake is carried through the four stations, each a while after the one before.
fn work_through_the_day(bench: &mut Bench, cakes: &[String]) {
    let mut scans: Vec<(Duration, usize, &str)> = Vec::new();
    let apart = DAY.saturating_sub(LAST_AFTER) / u32::try_from(cakes.len()).expect("some thousands");
    for (nth, cake) in (0..).zip(cakes) {
        let route = ROUTE.iter().map(|(after, place)| (apart * nth + Duration::from_secs(*after), *place));
        scans.extend(route.map(|(at, place)| (at, place, &**cake)));
    }
    scans.sort();
    let began = bench.now;
    let mut is_meddled = false;
    for (at, place, cake) in scans {
        bench.pass((began + at).saturating_sub(bench.now));
        if at > DAY / 2 && !is_meddled {
            is_meddled = true;
            meddle(bench, cakes);
        }
        bench.scan(place, cake);
    }
    bench.pass((began + DAY).saturating_sub(bench.now));
}

/// What happens to cakes in the backend while the stations are cut off.
fn meddle(bench: &mut Bench, cakes: &[String]) {
    let at = NOON.plus(bench.now);
    for (nth, cake) in cakes.iter().enumerate() {
        match fate(nth) {
            Fate::Cancelled => bench.backend.cancel(cake, at),
            Fate::FilledElsewhere => {
                bench.elsewhere(cake, Action::Print);
                bench.elsewhere(cake, Action::CompleteFilling);
            }
            Fate::Plain => {}
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Plain,
    Cancelled,
    FilledElsewhere,
}

fn fate(nth: usize) -> Fate {
    match nth % 50 {
        7 => Fate::Cancelled,
        23 => Fate::FilledElsewhere,
        _ => Fate::Plain,
    }
}

/// What a station's summary must say: sent, done by others before, refused, left.
fn expected(place: usize, cakes: usize, steps: &[(usize, Action)]) -> [usize; 4] {
    let count = |fate_of| (0..cakes).filter(|nth| fate(*nth) == fate_of).count();
    let steps = steps.iter().filter(|(at, _)| *at == place).count();
    let done_before = if place == 0 { steps * count(Fate::FilledElsewhere) } else { 0 };
    let refused = steps * count(Fate::Cancelled);
    [steps * cakes - done_before - refused, done_before, refused, 0]
}

/// Each step of each cake was done once, in order, at its time; nothing was done to a cancelled cake.
fn check_order(bench: &Bench, cakes: &[String], steps: &[(usize, Action)]) {
    let all: Vec<_> = steps.iter().map(|(_, action)| *action).collect();
    let mut done: BTreeMap<OrderId, Vec<_>> = BTreeMap::new();
    for (order, action, at, _) in &bench.backend.events {
        done.entry(*order).or_default().push((*action, *at));
    }
    for (nth, cake) in cakes.iter().enumerate() {
        let done = done.remove(&id(cake)).unwrap_or_default();
        let actions: Vec<_> = done.iter().map(|(action, _)| *action).collect();
        let is_cancelled = fate(nth) == Fate::Cancelled;
        assert_eq!(actions, if is_cancelled { &[][..] } else { &all }, "{cake}");
        assert!(done.is_sorted_by_key(|(_, at)| *at), "{cake}");
        let order = bench.backend.order(cake);
        assert!(is_cancelled != (order.times.packing_complete.is_some()), "{cake}: {:?}", order.stage);
    }
}

/// What is left is in front of a person, with its reason; every accepted action is agreed or there. Gives the cards.
fn check_cards(bench: &Bench, cakes: &[String]) -> usize {
    let of = |wanted| {
        let mine = cakes.iter().enumerate().filter(move |(nth, _)| fate(*nth) == wanted);
        mine.map(|(_, cake)| id(cake)).collect::<BTreeSet<_>>()
    };
    let (cancelled, twice) = (of(Fate::Cancelled), of(Fate::FilledElsewhere));
    let mut cards = 0;
    for (place, kiosk) in bench.stations.iter().enumerate() {
        let name = STATIONS[place].1;
        for intent in kiosk.journal.intents.values() {
            match &intent.state {
                IntentState::Agreed { already } => {
                    let is_kept_here = !bench.backend.abilities.keeps(intent.action);
                    let is_there = is_kept_here || bench.backend.has_step(intent, *already);
                    assert!(is_there, "{name}: {intent:?}");
                }
                IntentState::Parked(_) => assert!(cancelled.contains(&intent.order), "{name}: {intent:?}"),
                state => panic!("{name}: {state:?} of {}", intent.order),
            }
        }
        let attention = bench.view(place).attention;
        let parked: BTreeSet<_> = attention
            .iter()
            .filter(|card| matches!(&card.matter, Matter::Parked(Parked::Refused(refusal)) if refusal.cancelled_at.is_some()))
            .map(|card| card.order)
            .collect();
        let printed: BTreeSet<_> = attention
            .iter()
            .filter(|card| matches!(card.matter, Matter::AlsoPrinted { .. }))
            .map(|card| card.order)
            .collect();
        assert_eq!(parked, cancelled, "{name}");
        assert_eq!(printed, if place == 0 { twice.clone() } else { BTreeSet::new() }, "{name}");
        assert_eq!(attention.len(), parked.len() + printed.len(), "{name}");
        cards += attention.len();
    }
    cards
}

fn id(cake: &str) -> OrderId {
    cake.parse().expect("an id")
}

const STATIONS: [(Stage, &str); 4] =
    [(Stage::Filling, "f1"), (Stage::Covering, "c1"), (Stage::Decorating, "d1"), (Stage::Packing, "p1")];

/// What becomes of a cake, and at which station.
const STEPS: [(usize, Action); 6] = [
    (0, Action::Print),
    (0, Action::CompleteFilling),
    (1, Action::CompleteCovering),
    (2, Action::CompleteDecorating),
    (3, Action::StartPacking),
    (3, Action::CompletePacking),
];

/// The scans of a cake: how many seconds after its first, and at which station. The second reads its fresh label.
const ROUTE: [(u64, usize); SCANS_A_CAKE] =
    [(0, 0), (30, 0), (180, 0), (600, 1), (1_200, 2), (1_800, 3), (1_860, 3)];

const SCANS_A_CAKE: usize = 7;

const LAST_AFTER: Duration = Duration::from_secs(1_900);

const DAY: Duration = Duration::from_hours(24);

/// The short form; `make outage` scans 20,000 times.
const SCANS: usize = 2_000;

/// Long enough for many tries that are too soon.
const BACK_APART_S: u64 = 240;

/// The longest wait for an earlier stage (30 s) a few times over, and as many reads of the queue.
const DRAINED_WITHIN: Duration = Duration::from_mins(10);
