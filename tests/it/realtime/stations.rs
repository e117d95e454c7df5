//! Two stations on one backend: a scan at one shows at the other because it was told of.

use std::path::Path;
use std::time::Duration;

use ordak_station::journal::{Life, lives};
use ordak_station::order::{OrderId, Stage};
use ordak_station::station::{Effect, Event, Station};

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
        led += usize::from(!would_have_read(&life, seen(&life, *cake).unwrap()));
    }
    // A poll may chance to be due between a hint and its read; not every time.
    assert!(led > 0, "every read would have come without a hint");
}

/// Replays a life without a word from Realtime: whether a read would have been ordered between two of its events.
fn would_have_read(life: &Life, (from, to): (usize, usize)) -> bool {
    let mut station = Station::new(life.settings.clone());
    let (mut under_way, mut is_read) = (None, false);
    for (at, (now, event)) in life.events.iter().enumerate().take(to) {
        let mut event = event.clone();
        match &mut event {
            Event::Subscribed { .. } | Event::Hinted { .. } | Event::Unsubscribed { .. } => continue,
            Event::Refreshed { id, .. } => match under_way.take() {
                Some(own) => *id = own,
                None => continue,
            },
            _ => {}
        }
        for effect in station.handle(*now, event) {
            if let Effect::Refresh { id, .. } = effect {
                under_way = Some(id);
                is_read |= at > from;
            }
        }
    }
    is_read
}

/// The first read that brought a cake as Decorating has it, and the last hint before it, by their places.
fn seen(life: &Life, cake: OrderId) -> Option<(usize, usize)> {
    let has_come = |event: &Event| match event {
        Event::Refreshed { result: Ok(read), .. } => {
            read.orders.iter().any(|order| order.id == cake && order.stage == Stage::Decorating)
        }
        _ => false,
    };
    let read = life.events.iter().position(|(_, event)| has_come(event))?;
    let is_hint = |(_, event): &(Duration, Event)| matches!(event, Event::Hinted { .. });
    Some((life.events[..read].iter().rposition(is_hint)?, read))
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
