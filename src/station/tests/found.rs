//! What the simulator found in the engine, each as the dialogue that it came to.

use std::collections::BTreeMap;
use std::time::Duration;

use super::bench::{Bench, NOON, assignee, fresh};
use super::weak;
use crate::order::{Action, Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";
const TIER: &str = "bannos-25771-A";

const F: Post = Post::At(Stage::Filling);

#[test]
fn a_label_that_is_out_is_known_of_after_a_start_without_a_network() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let filling = bench.station("F1", F);
    bench.scan(filling, SCAN);
    bench.seconds(10);
    bench.stations[filling].is_linked = false;
    bench.restart(filling);
    bench.seconds(20);
    bench.lines(filling);
    bench.scan(filling, SCAN);
    assert_eq!(bench.lines(filling), "reads bannos-18617  (no intent)\n");
    bench.link(filling, true);
    assert_eq!(bench.stations[filling].labels.len(), 1);
}

#[test]
fn a_print_held_for_a_tier_that_the_queue_then_tells_of_is_no_second_label() {
    let mut bench = Bench::new(&[]);
    let filling = bench.station("F1", F);
    bench.link(filling, false);
    bench.backend.add(TIER, Stage::Filling);
    bench.backend.add("bannos-25771-B", Stage::Filling);
    bench.elsewhere(TIER, Action::Print);
    bench.scan(filling, "#B25771-A");
    bench.link(filling, true);
    bench.seconds(60);
    assert_eq!(bench.stations[filling].labels, []);
    assert_eq!(
        bench.lines(filling),
        "accepted bannos-25771-A print\nheld bannos-25771-A print NotKnownYet\n\
         already_done bannos-25771-A print by elsewhere stale None\n"
    );
}

#[test]
fn two_prints_that_turn_out_to_be_of_one_cake_are_one_label() {
    let mut bench = Bench::new(&[]);
    let filling = bench.station("F1", F);
    bench.link(filling, false);
    bench.backend.add("flourlane-18617", Stage::Filling);
    bench.scan(filling, "18617");
    bench.scan(filling, "#F18617");
    bench.link(filling, true);
    bench.seconds(60);
    assert_eq!(bench.stations[filling].labels.len(), 1);
    assert_eq!(bench.cards(filling), "");
    let done: Vec<_> = bench.backend.events.iter().map(|(_, action, ..)| *action).collect();
    assert_eq!(done, [Action::Print]);
}

#[test]
fn a_station_that_fell_silent_as_the_cake_was_carried_on_is_waited_for() {
    // It has been in Covering since yesterday: the 30 min from its last change are over.
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    bench.seconds(30);
    bench.stations[covering].is_linked = false;
    bench.seconds(4);
    bench.scan(covering, SCAN);
    for _ in 0..2 {
        bench.scan(decorating, SCAN);
        bench.seconds(12);
    }
    assert_eq!(bench.cards(decorating), "");
    bench.link(covering, true);
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Packing);
    assert_eq!(bench.cards(decorating), "");
}

#[test]
fn a_clock_that_was_set_keeps_no_siblings_label_back() {
    let mut bench = Bench::new(&[(TIER, Stage::Filling), ("bannos-25771-B", Stage::Filling)]);
    let filling = bench.station("F1", F);
    bench.stations[filling].ahead = YEAR;
    bench.scan(filling, "#B25771-A");
    bench.seconds(10);
    bench.stations[filling].ahead = Duration::ZERO;
    bench.scan(filling, "#B25771-B");
    bench.seconds(30);
    assert_eq!(bench.stations[filling].labels.len(), 2);
}

#[test]
fn the_other_station_is_told_of_a_second_label_that_a_wrong_clock_stamped() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (one, other) = (bench.station("F1", F), bench.station("F2", F));
    bench.link(other, false);
    bench.scan(one, SCAN);
    bench.scan(other, SCAN);
    bench.stations[other].ahead = YEAR;
    bench.link(other, true);
    bench.seconds(60);
    for station in [one, other] {
        assert_eq!(bench.view(station).attention.len(), 1, "{station}");
    }
}

#[test]
fn what_a_refusal_tells_of_a_recalled_cake_is_a_change() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    let packing = bench.station("P1", Post::At(Stage::Packing));
    let orders = bench.view(packing).queue.stages.iter().flat_map(|rows| rows.to_vec()).collect();
    bench.stations[packing].is_linked = false;
    bench.restart(packing);
    let at = bench.at(packing);
    bench.tell(packing, Event::Recalled { at, read_at: Some(at), orders, choices: BTreeMap::new() });
    bench.seconds(20);
    bench.scan(packing, SCAN);
    // Longer than it takes to hear of everybody.
    bench.seconds(120);
    bench.scan(covering, SCAN);
    bench.stations[packing].is_linked = true;
    bench.seconds(90);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_eq!(bench.cards(packing), "");
}

#[test]
fn a_cake_that_is_looked_at_leaves_the_queue_like_any_other() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    bench.touch(decorating, Touch::Look(X.parse().unwrap()));
    for action in [Action::CompleteDecorating, Action::StartPacking, Action::CompletePacking] {
        bench.elsewhere(X, action);
    }
    bench.seconds(10);
    assert!(bench.view(decorating).queue.stages.iter().all(|rows| rows.is_empty()));
}

#[test]
fn a_late_reply_brings_nothing_back_into_the_queue() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    bench.stations[decorating].loses_replies = true;
    bench.scan(decorating, SCAN);
    for action in [Action::StartPacking, Action::CompletePacking] {
        bench.elsewhere(X, action);
    }
    bench.seconds(120);
    bench.stations[decorating].loses_replies = false;
    bench.lines(decorating);
    while bench.lines(decorating).is_empty() {
        bench.pass(Duration::from_millis(50));
    }
    assert!(bench.view(decorating).queue.stages.iter().all(|rows| rows.is_empty()));
}

#[test]
fn nor_does_the_late_reply_to_what_was_set() {
    let mut bench = Bench::new(&[(X, Stage::Packing)]);
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    bench.stations[decorating].loses_replies = true;
    bench.touch(decorating, Touch::Set(X.parse().unwrap(), assignee("ana")));
    for action in [Action::StartPacking, Action::CompletePacking] {
        bench.elsewhere(X, action);
    }
    bench.seconds(120);
    bench.stations[decorating].loses_replies = false;
    bench.lines(decorating);
    while bench.lines(decorating).is_empty() {
        bench.pass(Duration::from_millis(50));
    }
    assert!(bench.view(decorating).queue.stages.iter().all(|rows| rows.is_empty()));
}

#[test]
fn the_end_of_decorating_starts_no_packing_before_the_backend_is_known() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    bench.backend.abilities = weak::ABILITIES;
    bench.elsewhere(X, Action::CompleteDecorating);
    let orders = vec![bench.backend.orders[&X.parse().unwrap()].clone()];
    let packing = bench.station("P1", Post::At(Stage::Packing));
    bench.stations[packing].is_linked = false;
    bench.restart(packing);
    let at = bench.at(packing);
    bench.tell(packing, Event::Recalled { at, read_at: Some(at), orders, choices: BTreeMap::new() });
    bench.seconds(120);
    bench.scan(packing, SCAN);
    assert!(bench.lines(packing).starts_with("accepted bannos-18617 start_packing\n"));
}

/// A station of both shops that has been started without a network, and knows this much from before.
fn recalled(orders: &[(&str, Stage)], known: &[&str]) -> (Bench, usize) {
    let mut bench = Bench::new(orders);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    let orders = known.iter().map(|id| bench.backend.orders[&id.parse().unwrap()].clone()).collect();
    bench.stations[covering].is_linked = false;
    bench.restart(covering);
    let at = bench.at(covering);
    bench.tell(covering, Event::Recalled { at, read_at: Some(at), orders, choices: BTreeMap::new() });
    bench.seconds(20);
    (bench, covering)
}

#[test]
fn a_number_is_not_the_one_order_that_came_to_mind() {
    let both = [(X, Stage::Covering), ("flourlane-18617", Stage::Covering)];
    let (mut bench, covering) = recalled(&both, &[X]);
    bench.scan(covering, "18617");
    assert_eq!(bench.lines(covering), "choice -  which: bannos-18617 (no intent)\n");
    bench.scan(covering, "%PICK:1");
    bench.link(covering, true);
    bench.seconds(60);
    assert_eq!((bench.stage(X), bench.stage("flourlane-18617")), (Stage::Decorating, Stage::Covering));
}

#[test]
fn a_number_names_the_one_order_where_both_queues_were_read() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.scan(covering, "18617");
    assert!(bench.lines(covering).starts_with("accepted bannos-18617 complete_covering\n"));
}

#[test]
fn a_number_is_not_the_one_tier_that_came_to_mind() {
    let tiers = [(TIER, Stage::Covering), ("bannos-25771-B", Stage::Covering)];
    for code in ["25771", "#B25771"] {
        let (mut bench, covering) = recalled(&tiers, &[TIER]);
        bench.scan(covering, code);
        assert_eq!(bench.lines(covering), "choice -  which: bannos-25771-A (no intent)\n", "{code}");
    }
}

#[test]
fn a_number_of_which_some_cakes_came_to_mind_is_looked_up_where_that_can_be_done() {
    let cakes = ["bannos-25771-A", "bannos-25771-B", "flourlane-25771-A", "flourlane-25771-B"];
    let mut bench = Bench::new(&cakes.map(|id| (id, Stage::Covering)));
    let place = bench.station("C1", Post::At(Stage::Covering));
    // All tiers of one shop, and some of both.
    for known in [&cakes[..2], &cakes[1..3]] {
        let mut station = Station::new(bench.stations[place].settings.clone());
        let orders = known.iter().map(|id| bench.backend.orders[&id.parse().unwrap()].clone()).collect();
        let at = NOON;
        station.handle(Duration::ZERO, Event::Recovered { at, kept: Kept::default() });
        let recalled = Event::Recalled { at, read_at: Some(at), orders, choices: BTreeMap::new() };
        station.handle(Duration::ZERO, recalled);
        let (source, text) = (Source::Scanner(0), "25771".into());
        let ordered = station.handle(Duration::ZERO, Event::Scanned { at, source, text, fresh: fresh(1) });
        assert!(ordered.iter().any(|effect| matches!(effect, Effect::Find { .. })), "{known:?}: {ordered:?}");
    }
}

const YEAR: Duration = Duration::from_hours(24 * 366);
