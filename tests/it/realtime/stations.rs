//! Two stations on one backend: a scan at one shows at the other because it was told of.

use std::collections::BTreeMap;
use std::path::Path;

use ordak_station::journal::{Life, lives};
use ordak_station::order::{OrderId, Stage};
use ordak_station::station::{Effect, EffectId, Event, Station};

use crate::support::cluster::Database;
use crate::support::program::{Backend, Bench, Program};

#[test]
fn a_scan_at_one_station_shows_at_the_other_because_it_was_told() {
    let database = Database::bare();
    shows(&Backend::serve(&["--database-url", database.url()]));
}

#[test]
fn the_same_on_the_embedded_engine() {
    shows(&Backend::serve(&[]));
}

fn shows(backend: &Backend) {
    let rows = backend.rows("orders_bannos?stage=eq.Covering&cancelled_at=is.null&order=id&limit=4");
    let cakes: Vec<OrderId> = rows.iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect();
    let here = Bench::new(backend, "test-covering", "Covering").keyboard();
    let there = Bench::new(backend, "test-decorating", "Decorating").keyboard();
    let (mut scanning, mut watching) = (here.run(), there.run());
    watching.line(|line| line["link"] == "up");
    let journal = there.folder().join("journal.sqlite");
    // From its Subscribed on; what it is told of before is read once more then.
    diary_with(&mut watching, &journal, |life| life.events.iter().any(|(_, event)| is_subscribed(event)));
    let mut led = 0;
    for cake in &cakes {
        scanning.write(format!("{cake}\n").as_bytes());
        scanning.line(|line| line["verdict"] == "agreed" && line["order"] == cake.to_string());
        let life = diary_with(&mut watching, &journal, |life| seen(life, *cake).is_some());
        assert!(life.is_whole);
        led += usize::from(ordered_by(&life)[&seen(&life, *cake).unwrap()] == Cause::Hint);
    }
    // A poll may chance to come between a commit and its hint; not every time.
    assert!(led > 0, "no hint led to a read that brought a change");
}

/// What made the engine order a read.
#[derive(Debug, PartialEq)]
enum Cause {
    Hint,
    Time,
}

/// Replays a life: what led to each read of the queue.
fn ordered_by(life: &Life) -> BTreeMap<EffectId, Cause> {
    let mut station = Station::new(life.settings.clone());
    let mut ordered = BTreeMap::new();
    for (now, event) in &life.events {
        let is_hint = matches!(event, Event::Hinted { .. });
        for effect in station.handle(*now, event.clone()) {
            if let Effect::Refresh { id, .. } = effect {
                ordered.insert(id, if is_hint { Cause::Hint } else { Cause::Time });
            }
        }
    }
    ordered
}

/// The first read that brought a cake as Decorating has it.
fn seen(life: &Life, cake: OrderId) -> Option<EffectId> {
    life.events.iter().find_map(|(_, event)| match event {
        Event::Refreshed { id, result: Ok(read), .. } => {
            let has_come =
                read.orders.iter().any(|order| order.id == cake && order.stage == Stage::Decorating);
            has_come.then_some(*id)
        }
        _ => None,
    })
}

fn is_subscribed(event: &Event) -> bool {
    matches!(event, Event::Subscribed { .. })
}

/// The station's diary once it has what is wanted. A scan of nothing has it written to the disk.
fn diary_with(station: &mut Program, journal: &Path, wanted: impl Fn(&Life) -> bool) -> Life {
    for _ in 0..SCANS_MAX {
        station.write(b"nothing\n");
        station.verdict();
        let life = lives(journal).unwrap().pop().filter(|life| wanted(life));
        if let Some(life) = life {
            return life;
        }
    }
    panic!("its diary does not have it");
}

/// A scan waits for its verdict, so these are many seconds.
const SCANS_MAX: usize = 2000;
