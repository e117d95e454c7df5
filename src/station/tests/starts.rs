//! Start scans, where the backend keeps starts (`workflow.md` 2).

use insta::assert_snapshot;

use super::bench::Bench;
use super::weak;
use crate::order::{Action, Post, Stage};
use crate::station::Abilities;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

/// A station of this stage with start scans, on a backend that keeps starts.
fn bench(stage: Stage) -> (Bench, usize) {
    let mut bench = Bench::new(&[(X, stage)]);
    bench.backend.abilities = weak::ABILITIES;
    let place = bench.station_with("S1", Post::At(stage), |settings| settings.has_start_scans = true);
    (bench, place)
}

#[test]
fn the_first_scan_starts_and_the_next_completes() {
    let (mut bench, covering) = bench(Stage::Covering);
    bench.scan(covering, SCAN);
    bench.seconds(20);
    bench.scan(covering, SCAN);
    assert_eq!(bench.history(), "start_covering");
    bench.seconds(60);
    bench.scan(covering, SCAN);
    assert_snapshot!(bench.lines(covering), @r"
    accepted bannos-18617 start_covering
    agreed bannos-18617 start_covering
    choice bannos-18617  SoSoon { ago: 20s, since: Started, action: CompleteCovering } (no intent)
    accepted bannos-18617 complete_covering
    agreed bannos-18617 complete_covering
    ");
    assert_eq!(bench.history(), "start_covering complete_covering");
}

#[test]
fn a_start_is_known_after_a_restart_without_a_network() {
    let (mut bench, covering) = bench(Stage::Covering);
    bench.scan(covering, SCAN);
    bench.seconds(60);
    bench.stations[covering].is_linked = false;
    bench.restart(covering);
    bench.seconds(20);
    bench.lines(covering);
    bench.scan(covering, SCAN);
    bench.link(covering, true);
    bench.seconds(60);
    assert!(bench.history().starts_with("start_covering complete_covering"), "{}", bench.history());
}

#[test]
fn starts_of_others_count() {
    let (mut bench, covering) = bench(Stage::Covering);
    bench.elsewhere(X, Action::StartCovering);
    bench.seconds(90);
    bench.scan(covering, SCAN);
    assert_eq!(bench.history(), "start_covering complete_covering");
}

#[test]
fn a_start_that_was_never_followed_says_so() {
    let (mut bench, decorating) = bench(Stage::Decorating);
    let id = bench.backend.order(X).id;
    bench.backend.order_mut(id).stage = Stage::Covering;
    bench.elsewhere(X, Action::StartCovering);
    bench.seconds(10);
    bench.scan(decorating, SCAN);
    bench.seconds(3);
    bench.scan(decorating, SCAN);
    bench.seconds(70);
    bench.scan(decorating, SCAN);
    assert_snapshot!(bench.lines(decorating), @r"
    choice bannos-18617  NeverFinished { stage: Covering, started: Timestamp(1763899200000000) } (no intent)
    accepted bannos-18617 complete_covering
    agreed bannos-18617 complete_covering
    accepted bannos-18617 start_decorating
    agreed bannos-18617 start_decorating
    ");
}

#[test]
fn a_rework_is_started_here_alone() {
    let (mut bench, decorating) = bench(Stage::Decorating);
    bench.elsewhere(X, Action::StartDecorating);
    bench.elsewhere(X, Action::CompleteDecorating);
    bench.qc_return(X);
    bench.seconds(90);
    bench.scan(decorating, SCAN);
    bench.seconds(90);
    bench.scan(decorating, SCAN);
    assert_eq!(
        bench.history(),
        "start_decorating complete_decorating qc_return complete_decorating",
        "{}",
        bench.lines(decorating)
    );
}

#[test]
fn a_return_that_only_a_row_tells_of_ends_what_was_started() {
    let (mut bench, decorating) = bench(Stage::Decorating);
    bench.scan(decorating, SCAN);
    bench.seconds(90);
    bench.scan(decorating, SCAN);
    bench.qc_return(X);
    bench.seconds(10);
    bench.link(decorating, false);
    bench.lines(decorating);
    bench.scan(decorating, SCAN);
    assert_snapshot!(bench.lines(decorating), @r"
    accepted bannos-18617 
    agreed bannos-18617  locally
    ");
}

#[test]
fn where_no_start_is_kept_one_scan_completes() {
    let (mut bench, covering) = bench(Stage::Covering);
    bench.backend.abilities = Abilities::default();
    bench.restart(covering);
    bench.scan(covering, SCAN);
    assert_eq!(bench.history(), "complete_covering");
}
