//! Stations that are cut off, and scans that come late.

use super::*;

#[test]
fn silent_upstream() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    filled(&mut bench, f1);
    bench.link(f1, false);
    bench.scan(f1, SCAN);
    assert_snapshot!(bench.lines(f1), @r#"
    accepted bannos-18617 complete_filling
    held bannos-18617 complete_filling Offline
    "#);
    bench.seconds(60);
    bench.scan(c1, SCAN);
    assert_snapshot!(bench.lines(c1), @r#"
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Upstream(Filling)
    "#);
    bench.seconds(60 * 60);
    assert_snapshot!(bench.cards(c1), @"");
    bench.link(f1, true);
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.lines(f1), @"agreed bannos-18617 complete_filling");
    assert_snapshot!(bench.lines(c1), @"agreed bannos-18617 complete_covering");
}

#[test]
fn second_not_here() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    filled(&mut bench, f1);
    bench.scan(c1, SCAN);
    bench.seconds(5 * 60);
    bench.scan(c1, SCAN);
    assert_snapshot!(bench.lines(c1), @r#"
    not_here bannos-18617  Filling stale None (no intent)
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Upstream(Filling)
    "#);
    bench.seconds(40);
    assert_snapshot!(bench.cards(f1), @r#"bannos-18617 OwesScan { station: "C1", stage: Filling }"#);
    assert_snapshot!(bench.cards(c1), @"");
    bench.scan(f1, SCAN);
    bench.seconds(40);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.cards(f1), @"");
}

#[test]
fn patience_counts_from_the_last_change() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    bench.scan(f1, SCAN);
    // Its label came out 25 min ago; nothing has happened to it since.
    bench.seconds(25 * 60);
    for _ in 0..2 {
        bench.scan(c1, SCAN);
        bench.seconds(60);
    }
    assert_snapshot!(bench.lines(c1), @r#"
    not_here bannos-18617  Filling stale None (no intent)
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Upstream(Filling)
    "#);
    bench.seconds(2 * 60);
    assert_snapshot!(bench.cards(c1), @"");
    bench.seconds(2 * 60);
    assert_eq!(bench.view(c1).attention.len(), 1, "30 min are over");
}

#[test]
fn patience_ends_when_the_stage_before_is_back() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    filled(&mut bench, f1);
    bench.link(f1, false);
    bench.seconds(60);
    bench.scan(c1, SCAN);
    bench.seconds(60 * 60);
    assert_snapshot!(bench.cards(c1), @"");
    // The scan was forgotten there: nothing is on its way.
    bench.link(f1, true);
    bench.seconds(60);
    assert_eq!(bench.view(c1).attention.len(), 1);
}

#[test]
fn late_drain() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1, p2) = (bench.station("F1", F), bench.station("C1", C), bench.station("P2", P));
    let d1 = bench.station("D1", D);
    filled(&mut bench, f1);
    for place in [f1, c1, d1, p2] {
        bench.link(place, false);
    }
    for (place, seconds) in [(f1, 90), (c1, 90), (d1, 90), (p2, 15), (p2, 5)] {
        bench.scan(place, SCAN);
        bench.seconds(seconds);
    }
    assert_snapshot!(bench.lines(p2), @r#"
    accepted bannos-18617 start_packing
    held bannos-18617 start_packing Upstream(Filling)
    accepted bannos-18617 complete_packing
    held bannos-18617 complete_packing Upstream(Filling)
    "#);
    bench.link(f1, true);
    bench.link(p2, true);
    bench.seconds(47 * 60);
    assert_eq!(bench.stage(X), Stage::Covering);
    assert_snapshot!(bench.cards(p2), @"");
    bench.link(c1, true);
    bench.link(d1, true);
    bench.seconds(120);
    assert_eq!(bench.stage(X), Stage::Complete);
    assert_snapshot!(bench.cards(p2), @"");
    assert_snapshot!(bench.lines(p2), @r#"
    agreed bannos-18617 start_packing
    agreed bannos-18617 complete_packing
    "#);
}

#[test]
fn held_completion_after_return() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let (d1, d2) = (bench.station("D1", D), bench.station("D2", D));
    bench.link(d1, false);
    bench.scan(d1, SCAN);
    bench.seconds(5);
    bench.scan(d2, SCAN);
    assert_eq!(bench.stage(X), Stage::Packing);
    bench.qc_return(X);
    bench.link(d1, true);
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.lines(d1), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating Offline
    refused bannos-18617 complete_decorating Conflict
    "#);
    assert_snapshot!(bench.cards(d1), @r#"bannos-18617 Parked(Refused(Refusal { code: Conflict, message: "", stage: Some(Decorating), rework: Some(1), cancelled_at: None }))"#);
}

#[test]
fn absent_rework() {
    let mut bench = Bench::new(&[]);
    let d1 = bench.station("D1", D);
    bench.link(d1, false);
    bench.backend.add(X, Stage::Decorating);
    bench.scan(d1, SCAN);
    assert_snapshot!(bench.lines(d1), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating NotKnownYet
    "#);
    bench.elsewhere(X, Action::CompleteDecorating);
    bench.qc_return(X);
    bench.link(d1, true);
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.lines(d1), @"refused bannos-18617 complete_decorating Conflict");
    assert_snapshot!(bench.cards(d1), @r#"bannos-18617 Parked(Refused(Refusal { code: Conflict, message: "", stage: Some(Decorating), rework: Some(1), cancelled_at: None }))"#);
}

#[test]
fn answered_then_returned() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let d2 = bench.station("D2", D);
    bench.elsewhere(X, Action::CompleteDecorating);
    bench.stations[d2].loses_replies = true;
    bench.scan(d2, SCAN);
    assert_snapshot!(bench.lines(d2), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating Offline
    "#);
    bench.qc_return(X);
    bench.stations[d2].loses_replies = false;
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_eq!(bench.backend.order(X).rework, 1);
    assert_snapshot!(bench.lines(d2), @"already_done bannos-18617 complete_decorating by elsewhere stale None");
    assert_snapshot!(bench.cards(d2), @"");
    bench.scan(d2, SCAN);
    assert_snapshot!(bench.lines(d2), @r#"
    accepted bannos-18617 
    agreed bannos-18617  locally
    "#);
}

#[test]
fn cancelled_while_held() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let d1 = bench.station("D1", D);
    bench.link(d1, false);
    bench.scan(d1, SCAN);
    bench.backend.cancel(X, NOON.plus(bench.now));
    bench.link(d1, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(d1), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating Offline
    refused bannos-18617 complete_decorating cancelled stale None
    "#);
    assert_snapshot!(bench.cards(d1), @r#"bannos-18617 Parked(Refused(Refusal { code: Conflict, message: "", stage: Some(Decorating), rework: Some(0), cancelled_at: Some(Timestamp(1763899220000000)) }))"#);
    assert!(matches!(bench.view(d1).shown.unwrap().verdict.answer, Answer::Cancelled { .. }));
    assert_eq!(bench.stage(X), Stage::Decorating);
}

#[test]
fn skewed_clock() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let d1 = bench.station("D1", D);
    bench.stations[d1].ahead = Duration::from_mins(5);
    bench.seconds(5);
    bench.scan(d1, SCAN);
    bench.seconds(20);
    bench.qc_return(X);
    bench.seconds(20);
    bench.scan(d1, SCAN);
    bench.seconds(65);
    bench.scan(d1, SCAN);
    let times: Vec<_> = bench.backend.events.iter().map(|(_, action, at, _)| (*action, *at)).collect();
    assert!(times.is_sorted_by(|a, b| a.1 < b.1), "{times:?}");
    let actions: Vec<_> = times.iter().map(|(action, _)| *action).collect();
    assert_eq!(actions, [Action::CompleteDecorating, Action::QcReturn, Action::CompleteDecorating]);
    assert_eq!(bench.stage(X), Stage::Packing);
}

#[test]
fn lost_race() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let (c1, c2) = (bench.station("C1", C), bench.station("C2", C));
    bench.scan(c1, SCAN);
    bench.scan(c2, SCAN);
    assert_eq!(bench.backend.events.len(), 1);
    assert_snapshot!(bench.lines(c1), @r#"
    accepted bannos-18617 complete_covering
    agreed bannos-18617 complete_covering
    "#);
    assert_snapshot!(bench.lines(c2), @r#"
    accepted bannos-18617 complete_covering
    already_done bannos-18617 complete_covering by C1 stale None
    "#);
}

#[test]
fn lost_race_2025_12() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    bench.backend.abilities = weak::ABILITIES;
    let c1 = bench.station("C1", C);
    // Both have looked, and the other is first.
    bench.stations[c1].overtaken_by = Some(Action::CompleteCovering);
    bench.scan(c1, SCAN);
    bench.seconds(5);
    assert_eq!(bench.history(), "complete_covering");
    assert_snapshot!(bench.lines(c1), @r#"
    accepted bannos-18617 complete_covering
    already_done bannos-18617 complete_covering by elsewhere stale None
    "#);
}

#[test]
fn late_request() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    bench.backend.abilities = weak::ABILITIES;
    let d1 = bench.station("D1", D);
    bench.stations[d1].loses_requests = true;
    bench.scan(d1, SCAN);
    bench.stations[d1].loses_requests = false;
    // It lands while it is waited for, and after a return.
    bench.seconds(10);
    bench.elsewhere(X, Action::CompleteDecorating);
    bench.qc_return(X);
    bench.land(d1);
    bench.seconds(19);
    assert_snapshot!(bench.lines(d1), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating Offline
    "#);
    bench.seconds(10);
    assert_eq!(bench.history(), "complete_decorating qc_return complete_decorating");
    assert_snapshot!(bench.lines(d1), @"refused bannos-18617 complete_decorating Conflict");
    assert_eq!(bench.view(d1).attention.len(), 1, "what slipped is told");
}

#[test]
fn late_request_that_outlives_the_wait() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    bench.backend.abilities = weak::ABILITIES;
    let d1 = bench.station("D1", D);
    bench.stations[d1].loses_requests = true;
    bench.scan(d1, SCAN);
    bench.stations[d1].loses_requests = false;
    bench.seconds(35);
    assert_eq!(bench.history(), "complete_decorating", "sent again");
    bench.qc_return(X);
    bench.land(d1);
    // Said in the README, and counted by the simulator: nobody can know.
    assert_eq!(bench.stage(X), Stage::Packing);
}
