//! What an earlier life knew: worked from while the backend is away, told with its age, and never trusted while it is not.

use std::time::Duration;

use insta::assert_snapshot;

use super::bench::{Bench, NOON, fresh};
use crate::order::{Post, Stage, Timestamp};
use crate::station::*;

const X: &str = "bannos-18617";

fn recalled(bench: &Bench, read_at: Timestamp) -> Event {
    let orders = bench.backend.queue(NOON).orders;
    Event::Recalled {
        at: NOON,
        read_at: Some(read_at),
        orders,
        choices: std::collections::BTreeMap::default(),
    }
}

#[test]
fn a_station_started_offline_knows_its_cakes() {
    let mut bench = Bench::new(&[(X, Stage::Covering), ("bannos-18618", Stage::Packing)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.restart(covering);
    bench.seconds(20);
    let event = recalled(&bench, NOON.minus(Duration::from_hours(9)));
    bench.tell(covering, event);
    assert_eq!(bench.view(covering).queue.rows.len(), 1);
    assert_eq!(bench.view(covering).queue.read_at, Some(NOON.minus(Duration::from_hours(9))));
    bench.seconds(100);
    bench.scan(covering, "#B18617");
    bench.scan(covering, "#B18618");
    assert_snapshot!(bench.lines(covering), @"
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Offline
    already_done bannos-18618  by ? stale Some(32500s) (no intent)
    ");
    bench.link(covering, true);
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
}

#[test]
fn what_was_known_is_never_trusted_while_the_backend_can_be_asked() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let place = bench.station("C1", Post::At(Stage::Covering));
    let mut station = Station::new(bench.stations[place].settings.clone());
    station.handle(Duration::ZERO, Event::Recovered { at: NOON, kept: Kept::default() });
    station.handle(Duration::ZERO, recalled(&bench, NOON.minus(Duration::from_hours(9))));
    let text = "#B18617".into();
    let scan = Event::Scanned { at: NOON, source: Source::Scanner(0), text, fresh: fresh(1) };
    let effects = station.handle(Duration::from_secs(1), scan);
    assert!(
        matches!(&effects[..], [Effect::Find { lookup: Lookup::Order(id), .. }] if id.to_string() == X),
        "{effects:?}"
    );
}

#[test]
fn a_read_that_came_before_knows_better() {
    let event = recalled(&Bench::new(&[(X, Stage::Covering)]), NOON.minus(Duration::from_hours(9)));
    let mut bench = Bench::new(&[("bannos-18618", Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.tell(covering, event);
    let rows = bench.view(covering).queue.rows;
    assert_eq!(rows.iter().map(|order| order.id.to_string()).collect::<Vec<_>>(), ["bannos-18618"]);
}

#[test]
fn the_first_read_takes_the_place_of_what_was_known() {
    let mut bench = Bench::new(&[(X, Stage::Packing), ("bannos-18618", Stage::Covering)]);
    let event = recalled(&bench, NOON.minus(Duration::from_hours(9)));
    // Restored to an hour ago, and an order less.
    bench.backend = Bench::new(&[(X, Stage::Covering)]).backend;
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.restart(covering);
    bench.tell(covering, event);
    bench.link(covering, true);
    let rows = bench.view(covering).queue.rows;
    assert_eq!(rows.iter().map(|order| order.id.to_string()).collect::<Vec<_>>(), [X]);
}

#[test]
fn an_action_is_held_back_only_by_what_the_queue_lists() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.scan(covering, "#B18617");
    // Packed meanwhile, which the queue shows by listing it no more.
    let cake = bench.backend.order_mut(X.parse().unwrap());
    (cake.stage, cake.times.covering_complete) = (Stage::Complete, Some(NOON));
    bench.stations[covering].is_linked = true;
    bench.seconds(5);
    assert_eq!(
        bench.lines(covering).lines().last(),
        Some("already_done bannos-18617 complete_covering by ? stale None")
    );
}
