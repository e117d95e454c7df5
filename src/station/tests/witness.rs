//! Exactly once on contract 2025-12, whose calls are not repeated safely.

use insta::assert_snapshot;

use super::bench::{Bench, assignee};
use super::weak;
use crate::order::{Action, Post, Stage};
use crate::station::Touch;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

fn bench(stage: Stage) -> Bench {
    let mut bench = Bench::new(&[(X, stage)]);
    bench.backend.abilities = weak::ABILITIES;
    bench
}

#[test]
fn a_reply_lost_after_the_commit_is_found_in_the_history() {
    let mut bench = bench(Stage::Covering);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.stations[covering].loses_replies = true;
    bench.scan(covering, SCAN);
    bench.seconds(25);
    bench.stations[covering].loses_replies = false;
    assert_snapshot!(bench.lines(covering), @r"
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Offline
    ");
    bench.seconds(6);
    assert_snapshot!(bench.lines(covering), @"agreed bannos-18617 complete_covering");
    assert_eq!(bench.history(), "complete_covering");
}

#[test]
fn what_was_lost_on_the_way_there_is_sent_again_when_it_can_no_longer_land() {
    let mut bench = bench(Stage::Covering);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.stations[covering].loses_requests = true;
    bench.scan(covering, SCAN);
    bench.stations[covering].loses_requests = false;
    bench.seconds(29);
    assert_eq!(bench.history(), "");
    bench.seconds(2);
    assert_eq!(bench.history(), "complete_covering");
}

#[test]
fn what_somebody_else_did_meanwhile_is_already_done() {
    let mut bench = bench(Stage::Covering);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.scan(covering, SCAN);
    bench.elsewhere(X, Action::CompleteCovering);
    bench.link(covering, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(covering), @r"
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Offline
    already_done bannos-18617 complete_covering by elsewhere stale None
    ");
    assert_eq!(bench.history(), "complete_covering");
}

#[test]
fn a_return_in_between_is_not_undone() {
    let mut bench = bench(Stage::Decorating);
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    bench.stations[decorating].loses_replies = true;
    bench.scan(decorating, SCAN);
    bench.stations[decorating].loses_replies = false;
    bench.qc_return(X);
    bench.seconds(60);
    assert_eq!(bench.history(), "complete_decorating qc_return");
    assert!(bench.lines(decorating).trim_end().ends_with("agreed bannos-18617 complete_decorating"));
    assert_eq!(bench.stage(X), Stage::Decorating);
}

#[test]
fn a_completion_from_before_a_return_is_refused_here() {
    let mut bench = bench(Stage::Decorating);
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    bench.link(decorating, false);
    bench.scan(decorating, SCAN);
    bench.elsewhere(X, Action::CompleteDecorating);
    bench.qc_return(X);
    bench.link(decorating, true);
    bench.seconds(60);
    assert!(
        bench.lines(decorating).trim_end().ends_with("refused bannos-18617 complete_decorating Conflict")
    );
    assert_eq!(bench.stage(X), Stage::Decorating);
}

#[test]
fn a_cancelled_order_is_never_advanced() {
    let mut bench = bench(Stage::Covering);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.scan(covering, SCAN);
    bench.backend.cancel(X, bench.at(covering));
    bench.link(covering, true);
    bench.seconds(60);
    assert_eq!(bench.history(), "");
    assert_eq!(bench.view(covering).attention.len(), 1);
}

#[test]
fn packing_is_started_here_alone() {
    let mut bench = bench(Stage::Packing);
    let packing = bench.station("P1", Post::At(Stage::Packing));
    bench.scan(packing, SCAN);
    bench.restart(packing);
    bench.seconds(15);
    bench.scan(packing, SCAN);
    bench.seconds(1);
    assert_snapshot!(bench.lines(packing), @r"
    accepted bannos-18617 start_packing
    agreed bannos-18617 start_packing locally
    accepted bannos-18617 complete_packing
    agreed bannos-18617 complete_packing
    ");
    assert_eq!(bench.history(), "complete_packing");
}

#[test]
fn a_start_that_is_ahead_of_its_cake_is_followed_by_the_end() {
    let mut bench = bench(Stage::Decorating);
    let (decorating, packing) =
        (bench.station("D1", Post::At(Stage::Decorating)), bench.station("P1", Post::At(Stage::Packing)));
    bench.link(decorating, false);
    bench.scan(decorating, SCAN);
    bench.seconds(60);
    for _ in 0..2 {
        bench.scan(packing, SCAN);
        bench.seconds(15);
    }
    assert_snapshot!(bench.lines(packing), @r"
    accepted bannos-18617 start_packing
    agreed bannos-18617 start_packing locally
    accepted bannos-18617 complete_packing
    held bannos-18617 complete_packing Upstream(Decorating)
    ");
    bench.link(decorating, true);
    bench.seconds(60);
    assert_eq!(bench.history(), "complete_decorating complete_packing");
}

#[test]
fn a_return_withdraws_a_start_that_is_kept_here_alone() {
    let mut bench = bench(Stage::Packing);
    let packing = bench.station("P1", Post::At(Stage::Packing));
    bench.scan(packing, SCAN);
    bench.seconds(20);
    bench.qc_return(X);
    bench.seconds(20);
    bench.elsewhere(X, Action::CompleteDecorating);
    bench.seconds(20);
    bench.lines(packing);
    bench.scan(packing, SCAN);
    assert_snapshot!(bench.lines(packing), @r"
    accepted bannos-18617 start_packing
    agreed bannos-18617 start_packing locally
    ");
    bench.seconds(15);
    bench.scan(packing, SCAN);
    assert_eq!(bench.history(), "qc_return complete_decorating complete_packing");
}

#[test]
fn a_detail_whose_reply_was_lost_does_not_overrule_a_later_one() {
    let mut bench = bench(Stage::Covering);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.stations[covering].loses_replies = true;
    bench.touch(covering, Touch::Set(X.parse().unwrap(), assignee("ana")));
    bench.stations[covering].loses_replies = false;
    let order = bench.backend.order(X).id;
    bench.backend.order_mut(order).assignee = Some("ben".into());
    bench.seconds(60);
    assert_eq!(bench.history(), "assign");
    assert_eq!(bench.backend.order(X).assignee.as_deref(), Some("ben"));
}

#[test]
fn a_label_is_told_once_and_comes_out_once() {
    let mut bench = bench(Stage::Filling);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    bench.stations[filling].loses_replies = true;
    bench.scan(filling, SCAN);
    bench.restart(filling);
    bench.stations[filling].loses_replies = false;
    bench.seconds(60);
    assert_eq!(bench.history(), "print");
    assert_eq!(bench.stations[filling].labels.len(), 1);
    assert!(bench.lines(filling).trim_end().ends_with("agreed bannos-18617 print"));
}

#[test]
fn after_a_start_only_what_was_tried_waits_for_earlier_calls() {
    let mut bench = Bench::new(&[(X, Stage::Covering), ("bannos-18618", Stage::Covering)]);
    bench.backend.abilities = weak::ABILITIES;
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.stations[covering].loses_requests = true;
    bench.scan(covering, SCAN);
    bench.link(covering, false);
    bench.scan(covering, "#B18618");
    bench.stations[covering].loses_requests = false;
    bench.stations[covering].is_linked = true;
    bench.restart(covering);
    bench.seconds(10);
    assert_eq!((bench.stage(X), bench.stage("bannos-18618")), (Stage::Covering, Stage::Decorating));
    bench.seconds(25);
    assert_eq!(bench.stage(X), Stage::Decorating);
}
