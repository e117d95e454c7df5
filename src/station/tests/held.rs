//! What is held, and what is decided later.

use std::time::Duration;

use insta::assert_snapshot;

use super::bench::{Bench, NOON, assignee, fresh};
use super::model::order;
use crate::order::{Action, OrderId, Post, Return, Stage};
use crate::station::phase::{detailed, effective};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";
const TIER: &str = "bannos-25771-A";

#[test]
fn a_negative_answer_offline_says_how_old_it_is() {
    let mut bench = Bench::new(&[(X, Stage::Decorating), ("bannos-18618", Stage::Filling)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.scan(covering, SCAN);
    bench.scan(covering, "#B18618");
    bench.scan(covering, "#B99999");
    bench.scan(covering, "99998");
    assert_snapshot!(bench.lines(covering), @r#"
    already_done bannos-18617  by ? stale Some(20s) (no intent)
    accepted bannos-18618 complete_covering
    held bannos-18618 complete_covering Upstream(Filling)
    accepted bannos-99999 complete_covering
    held bannos-99999 complete_covering NotKnownYet
    accepted - complete_covering
    held - complete_covering NotKnownYet
    "#);
    bench.link(covering, true);
    bench.seconds(120);
    assert_snapshot!(bench.lines(covering), @r#"
    refused bannos-99999 complete_covering NoExactCake
    refused - complete_covering NoExactCake
    refused bannos-18618 complete_covering InvalidStage
    "#);
}

#[test]
fn a_supervisors_station_holds_what_it_does_not_know() {
    let mut bench = Bench::new(&[]);
    let any = bench.station("S1", Post::Any);
    bench.link(any, false);
    for (id, stage) in [(X, Stage::Covering), ("bannos-18618", Stage::Packing), (TIER, Stage::Decorating)] {
        bench.backend.add(id, stage);
    }
    for code in [SCAN, "18618", "#B25771-A", "#B99999"] {
        bench.scan(any, code);
    }
    bench.seconds(90);
    bench.scan(any, SCAN);
    assert_snapshot!(bench.lines(any), @r#"
    accepted bannos-18617 
    held bannos-18617  NotKnownYet
    accepted - 
    held -  NotKnownYet
    accepted bannos-25771-A 
    held bannos-25771-A  NotKnownYet
    accepted bannos-99999 
    held bannos-99999  NotKnownYet
    held bannos-18617  Since(Timestamp(1763899220000000))
    "#);
    let tier = bench.stations[any].journal.intents.values().find(|intent| &*intent.code == "#B25771-A");
    let read = label_lookup::lookup_of(tier.unwrap());
    assert_eq!(read, Lookup::Order(TIER.parse().unwrap()));
    // One that was carried on meanwhile is not moved a stage too far.
    bench.elsewhere(TIER, Action::CompleteDecorating);
    bench.stations[any].is_linked = true;
    bench.restart(any);
    bench.seconds(60);
    assert_snapshot!(bench.lines(any), @r#"
    refused bannos-99999  NoExactCake
    agreed bannos-18617 complete_covering
    agreed bannos-18618 start_packing
    already_done bannos-25771-A complete_decorating by elsewhere stale None
    "#);
    let stages = [X, "bannos-18618", TIER].map(|id| bench.stage(id));
    assert_eq!(stages, [Stage::Decorating, Stage::Packing, Stage::Packing]);
    assert!(bench.backend.order("bannos-18618").times.packing_start.is_some());
}

#[test]
fn a_label_held_at_a_supervisors_station_comes_out_once() {
    let mut bench = Bench::new(&[]);
    let any = bench.station("S1", Post::Any);
    bench.link(any, false);
    for id in [X, "bannos-18618"] {
        bench.backend.add(id, Stage::Filling);
    }
    bench.scan(any, SCAN);
    bench.scan(any, "#B18618");
    bench.seconds(60);
    assert!(bench.stations[any].labels.is_empty());
    bench.elsewhere("bannos-18618", Action::Print);
    bench.lines(any);
    bench.link(any, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(any), @r#"
    printed bannos-18617 print at bench
    already_done bannos-18618 print by elsewhere stale None
    agreed bannos-18617 print
    "#);
    assert_eq!(bench.stations[any].labels, [(X.parse().unwrap(), 1, 0)]);
    assert_snapshot!(bench.cards(any), @"");
}

#[test]
fn a_label_held_for_an_unknown_cake_is_not_printed_when_it_has_one() {
    let mut bench = Bench::new(&[]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    bench.link(filling, false);
    for id in [X, "bannos-18618", "bannos-18619"] {
        bench.backend.add(id, Stage::Filling);
    }
    for code in [SCAN, "#B18618", "#B18619"] {
        bench.scan(filling, code);
    }
    bench.lines(filling);
    bench.elsewhere(X, Action::Print);
    bench.backend.cancel("bannos-18618", NOON);
    bench.restart(filling);
    bench.link(filling, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(filling), @r#"
    already_done bannos-18617 print by elsewhere stale None
    printed bannos-18619 print at bench
    refused bannos-18618 print cancelled stale None
    agreed bannos-18619 print
    "#);
    assert_eq!(bench.stations[filling].labels, [("bannos-18619".parse().unwrap(), 1, 0)]);
    let cards = bench.view(filling).attention;
    assert_eq!(
        cards.iter().map(|card| card.order.number).collect::<Vec<_>>(),
        [18_618],
        "only the cancelled"
    );
}

#[test]
fn a_late_decision_asks_what_a_live_one_would_have_asked() {
    let mut bench = Bench::new(&[]);
    let any = bench.station("S1", Post::Any);
    bench.link(any, false);
    for id in [X, "bannos-18618"] {
        bench.backend.add(id, Stage::Filling);
        bench.elsewhere(id, Action::Print);
    }
    bench.elsewhere(X, Action::CompleteFilling);
    // X came to Covering just now; nobody has read the label of the other one yet.
    bench.seconds(10);
    bench.scan(any, SCAN);
    bench.scan(any, "#B18618");
    bench.lines(any);
    bench.link(any, true);
    bench.seconds(300);
    assert_eq!((bench.stage(X), bench.stage("bannos-18618")), (Stage::Covering, Stage::Filling));
    assert_snapshot!(bench.cards(any), @r#"
    bannos-18617 Parked(TooSoon)
    bannos-18618 Parked(TooSoon)
    "#);
    // A person answers for the scan that nobody could be asked about then.
    bench.touch(any, Touch::Retry(X.parse().unwrap()));
    bench.touch(any, Touch::Close("bannos-18618".parse().unwrap()));
    assert_snapshot!(bench.lines(any), @r#"
    agreed bannos-18617 complete_covering
    refused bannos-18618 complete_filling given up
    "#);
    assert_snapshot!(bench.cards(any), @"");
    // The label counts as read, as long ago as it was.
    bench.scan(any, "#B18618");
    assert_snapshot!(bench.lines(any), @r#"
    accepted bannos-18618 complete_filling
    agreed bannos-18618 complete_filling
    "#);
}

#[test]
fn an_intent_of_an_earlier_version_reads() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.scan(covering, SCAN);
    let intent = bench.stations[covering].journal.intents.values().next().unwrap();
    let mut kept = serde_json::to_value(intent).unwrap();
    kept.as_object_mut().unwrap().remove("is_action_open").expect("it is written");
    assert_eq!(serde_json::from_value::<Intent>(kept).unwrap(), *intent);
}

#[test]
fn a_frozen_station_holds_and_still_prints() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let filling = bench.station_with("F1", Post::At(Stage::Filling), |settings| settings.is_read_only = true);
    bench.scan(filling, SCAN);
    bench.seconds(600);
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 print
    held bannos-18617 print ReadOnly
    printed bannos-18617 print at bench
    "#);
    assert_eq!(bench.stations[filling].labels.len(), 1);
    assert!(bench.backend.events.is_empty());
}

#[test]
fn what_the_office_freezes_is_held_until_it_ends() {
    let mut bench = Bench::new(&[(X, Stage::Covering), ("bannos-18618", Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.is_frozen = true;
    bench.seconds(20);
    assert_eq!(bench.view(covering).freeze, Some(Freeze::Office));
    bench.scan(covering, SCAN);
    bench.seconds(600);
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering ReadOnly
    "#);
    assert!(bench.backend.events.is_empty());
    bench.is_frozen = false;
    bench.seconds(20);
    assert_eq!(bench.view(covering).freeze, None);
    assert_snapshot!(bench.lines(covering), @"agreed bannos-18617 complete_covering");
}

#[test]
fn a_freeze_outlasts_a_network_that_is_away() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.is_frozen = true;
    bench.seconds(20);
    bench.link(covering, false);
    assert_eq!(bench.view(covering).freeze, Some(Freeze::Office), "nobody has ended it");
    bench.link(covering, true);
    bench.says_freezes = false;
    bench.seconds(60);
    assert_eq!(bench.view(covering).freeze, Some(Freeze::Office), "nor does a backend that does not say");
}

#[test]
fn a_journal_that_fails_accepts_nothing() {
    let mut bench = Bench::new(&[(X, Stage::Covering), ("bannos-18618", Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.stations[covering].journal_fault = Some(StoreFault::Full);
    bench.scan(covering, SCAN);
    bench.scan(covering, "#B18618");
    bench.seconds(10);
    bench.scan(covering, SCAN);
    assert_snapshot!(bench.lines(covering), @r#"
    refused bannos-18617  not stored (no intent)
    refused bannos-18618  not stored (no intent)
    refused bannos-18617  not stored (no intent)
    "#);
    bench.stations[covering].journal_fault = None;
    bench.seconds(10);
    assert!(bench.backend.events.is_empty());
    bench.scan(covering, SCAN);
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 complete_covering
    agreed bannos-18617 complete_covering
    "#);
    let states: Vec<_> =
        bench.stations[covering].journal.intents.values().map(|intent| &intent.state).collect();
    assert_eq!(states, [&IntentState::Closed, &IntentState::Agreed { already: false }]);
}

#[test]
fn a_cancellation_told_from_an_old_copy_says_its_age() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.backend.cancel(X, NOON);
    bench.scan(covering, SCAN);
    bench.link(covering, false);
    bench.seconds(3);
    bench.scan(covering, SCAN);
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 complete_covering
    refused bannos-18617 complete_covering cancelled stale None
    refused bannos-18617  cancelled stale Some(23s) (no intent)
    "#);
}

/// An action on a cake that came back once.
fn made_here(order: OrderId) -> Intent {
    Intent {
        id: fresh(1),
        seq: 1,
        order,
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action: Action::CompleteDecorating,
        detail: None,
        captured_at: NOON.plus(Duration::from_mins(1)),
        rework: 1,
        performer: None,
        source: Source::Touch,
        code: SCAN.into(),
        state: IntentState::Open,
    }
}

#[test]
fn a_return_counts_until_its_cake_is_done_again_here() {
    let mut returned = order(X, Stage::Decorating);
    returned.rework = 1;
    returned.returned = Some(Box::new(Return { reason: "crack".into(), at: NOON }));
    let done_here = |action| {
        let intent = Intent { action, ..made_here(returned.id) };
        let then = effective(&returned, std::iter::once(&intent));
        (then.stage, then.returned)
    };
    assert_eq!(done_here(Action::StartDecorating), (Stage::Decorating, returned.returned.clone()));
    assert_eq!(done_here(Action::CompleteDecorating), (Stage::Packing, None));
    // A detail, and what came before, change neither.
    for action in [Action::Assign, Action::CompleteCovering] {
        assert_eq!(done_here(action), (Stage::Decorating, returned.returned.clone()));
    }
}

#[test]
fn of_two_scans_of_one_cake_that_were_held_undecided_one_prints() {
    let mut bench = Bench::new(&[]);
    let any = bench.station("S1", Post::Any);
    bench.link(any, false);
    bench.backend.add(X, Stage::Filling);
    bench.scan(any, SCAN);
    bench.scan_by(any, 1, "18617");
    bench.lines(any);
    bench.stations[any].printers = vec![Outcome::Failed(PrinterFault::PaperOut)];
    bench.link(any, true);
    bench.seconds(60);
    assert_snapshot!(bench.cards(any), @"bannos-18617 Parked(Behind)");
    bench.stations[any].printers = vec![Outcome::Printed];
    bench.seconds(60);
    assert_eq!(bench.stations[any].labels, [(X.parse().unwrap(), 1, 0)]);
    assert_snapshot!(bench.lines(any), @r#"
    failed bannos-18617 print at bench: PaperOut
    printed bannos-18617 print at bench
    agreed bannos-18617 print
    "#);
}

#[test]
fn details_count_until_a_return_that_they_did_not_know_of() {
    let mut cake = order(X, Stage::Decorating);
    cake.rework = 1;
    let cake = Arc::new(cake);
    let shown = |rework, state| {
        let detail = Some(assignee("eva"));
        let intent = Intent { rework, state, detail, action: Action::Assign, ..made_here(cake.id) };
        detailed(&cake, std::iter::once(&intent)).assignee.clone()
    };
    assert_eq!(shown(1, IntentState::Open).as_deref(), Some("eva"));
    assert_eq!(shown(0, IntentState::Open), None, "made before the return");
    assert_eq!(shown(1, IntentState::Parked(Parked::NoExactCake)), None, "not taken by the backend");
}
