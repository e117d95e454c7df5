//! The figures of `workflow.md` 1 and 2, each a moment before it and at it.

use std::time::Duration;

use super::bench::{Bench, NOON, fresh};
use crate::order::{Action, Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

fn just_before(figure: Duration) -> Duration {
    figure.saturating_sub(Duration::from_millis(1))
}

/// What is said to a scan this long after a cake came in, from the stage before this one.
fn came_in(post: Stage, action: Action, ago: Duration) -> (Bench, String) {
    let before = action.stage().expect("a completion");
    let mut bench = Bench::new(&[(X, before)]);
    let place = bench.station("S1", Post::At(post));
    bench.elsewhere(X, action);
    bench.pass(ago);
    bench.scan(place, SCAN);
    let lines = bench.lines(place);
    (bench, lines)
}

#[test]
fn a_cake_is_read_again_two_seconds_after_the_last_read() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let place = bench.station("C1", Post::At(Stage::Covering));
    let guard = Duration::from_secs(2);
    bench.scan(place, SCAN);
    bench.lines(place);
    for _ in 0..2 {
        bench.pass(just_before(guard));
        bench.scan(place, SCAN);
        assert_eq!(bench.lines(place), "");
    }
    bench.pass(guard);
    bench.scan(place, SCAN);
    assert_ne!(bench.lines(place), "");
}

#[test]
fn a_command_is_read_again_after_half_a_second_and_clears_the_cakes_guard() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let place = bench.station("C1", Post::At(Stage::Covering));
    let guard = Duration::from_millis(500);
    for (gap, is_read) in [(Duration::ZERO, true), (just_before(guard), false), (guard, true)] {
        bench.pass(gap);
        bench.scan(place, "%PICK:1");
        assert_eq!(!bench.lines(place).is_empty(), is_read, "{gap:?}");
    }
    for (code, is_read) in [(SCAN, true), (SCAN, false), ("%PICK:2", true), (SCAN, true)] {
        bench.scan(place, code);
        assert_eq!(!bench.lines(place).is_empty(), is_read, "{code}");
    }
}

#[test]
fn what_came_in_less_than_a_minute_ago_is_asked_about() {
    let dwell = Duration::from_mins(1);
    for (post, action) in
        [(Stage::Covering, Action::CompleteFilling), (Stage::Decorating, Action::CompleteCovering)]
    {
        assert!(came_in(post, action, just_before(dwell)).1.contains("SoSoon"), "{post}");
        assert!(came_in(post, action, dwell).1.starts_with("accepted"), "{post}");
    }
    for (gap, word) in [(just_before(dwell), "choice"), (dwell, "accepted")] {
        let mut bench = Bench::new(&[(X, Stage::Filling)]);
        let place = bench.station("F1", Post::At(Stage::Filling));
        bench.scan(place, SCAN);
        bench.seconds(5);
        bench.scan(place, SCAN);
        bench.lines(place);
        bench.pass(gap);
        bench.scan(place, SCAN);
        assert!(bench.lines(place).starts_with(word), "{gap:?} after its label was read");
    }
}

#[test]
fn what_is_packed_less_than_ten_seconds_is_asked_about() {
    let dwell = Duration::from_secs(10);
    for (gap, word) in [(just_before(dwell), "choice"), (dwell, "accepted")] {
        let mut bench = Bench::new(&[(X, Stage::Packing)]);
        let place = bench.station("P1", Post::At(Stage::Packing));
        bench.scan(place, SCAN);
        bench.lines(place);
        bench.pass(gap);
        bench.scan(place, SCAN);
        assert!(bench.lines(place).starts_with(word), "{gap:?}");
    }
}

#[test]
fn a_scan_again_is_waited_for_eight_seconds() {
    let window = Duration::from_secs(8);
    for (gap, word) in [(just_before(window), "accepted"), (window, "choice")] {
        let (mut bench, asked) = came_in(Stage::Covering, Action::CompleteFilling, Duration::from_secs(5));
        assert!(asked.starts_with("choice"));
        bench.pass(gap);
        bench.scan(0, SCAN);
        assert!(bench.lines(0).starts_with(word), "{gap:?}");
    }
}

#[test]
fn which_cake_is_asked_for_twenty_seconds() {
    let window = Duration::from_secs(20);
    for (gap, word) in [(just_before(window), "accepted"), (window, "refused")] {
        let tiers = [("bannos-25771-A", Stage::Covering), ("bannos-25771-B", Stage::Covering)];
        let mut bench = Bench::new(&tiers);
        let place = bench.station("C1", Post::At(Stage::Covering));
        bench.scan(place, "#B25771");
        bench.lines(place);
        bench.pass(gap);
        bench.scan(place, "%PICK:1");
        assert!(bench.lines(place).starts_with(word), "{gap:?}");
    }
}

#[test]
fn not_here_is_remembered_for_half_an_hour() {
    let span = Duration::from_mins(30);
    for (gap, word) in [(just_before(span), "accepted"), (span, "not_here")] {
        let mut bench = Bench::new(&[(X, Stage::Covering)]);
        let place = bench.station("D1", Post::At(Stage::Decorating));
        bench.scan(place, SCAN);
        assert!(bench.lines(place).starts_with("not_here"));
        bench.pass(gap);
        bench.scan(place, SCAN);
        assert!(bench.lines(place).starts_with(word), "{gap:?}");
    }
}

#[test]
fn nobody_waits_longer_than_a_second_for_the_backend() {
    let mut bench = Bench::new(&[]);
    let place = bench.station("C1", Post::At(Stage::Covering));
    let mut station = Station::new(bench.stations[place].settings.clone());
    let (at, second) = (NOON, Duration::from_secs(1));
    station.handle(Duration::ZERO, Event::Recovered { at, kept: Kept::default() });
    let (source, text) = (Source::Scanner(0), SCAN.into());
    let ordered = station.handle(Duration::ZERO, Event::Scanned { at, source, text, fresh: fresh(1) });
    let within = ordered.iter().find_map(|effect| match effect {
        Effect::Find { within, .. } => Some(*within),
        _ => None,
    });
    assert_eq!(within, Some(second));
    // What nothing is known of is then held.
    let is_held = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Store { .. }));
    assert!(!is_held(&station.handle(just_before(second), Event::Due { at })));
    assert!(is_held(&station.handle(second, Event::Due { at })));
}
