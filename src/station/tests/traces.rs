//! `traces.md`: what went wrong in a model of earlier rules, each by its name.

mod outage;
mod printing;

use std::time::Duration;

use insta::assert_snapshot;

use super::bench::{Bench, NOON};
use super::weak;
use crate::order::{Action, Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

const F: Post = Post::At(Stage::Filling);
const C: Post = Post::At(Stage::Covering);
const D: Post = Post::At(Stage::Decorating);
const P: Post = Post::At(Stage::Packing);

/// A cake in Filling whose label is out and read.
fn filled(bench: &mut Bench, filling: usize) {
    bench.scan(filling, SCAN);
    bench.seconds(5);
    bench.scan(filling, SCAN);
    bench.seconds(65);
    bench.lines(filling);
}

#[test]
fn other_guns_question() {
    let cakes = ["bannos-25771-A", "bannos-25771-B", "bannos-25772-A", "bannos-25772-B"];
    let mut bench = Bench::new(&cakes.map(|id| (id, Stage::Covering)));
    let c1 = bench.station("C1", C);
    bench.scan_by(c1, 0, "25771");
    bench.seconds(1);
    bench.scan_by(c1, 1, "#B25772");
    bench.seconds(1);
    bench.scan_by(c1, 0, "%PICK:1");
    assert_snapshot!(bench.lines(c1), @r#"
    choice -  which: bannos-25771-A, bannos-25771-B (no intent)
    choice -  which: bannos-25772-A, bannos-25772-B (no intent)
    accepted bannos-25771-A complete_covering
    agreed bannos-25771-A complete_covering
    "#);
    assert_eq!(bench.stage("bannos-25771-A"), Stage::Decorating);
    assert_eq!(bench.stage("bannos-25772-A"), Stage::Covering);
    bench.seconds(20);
    bench.scan_by(c1, 1, "%PICK:1");
    assert_snapshot!(bench.lines(c1), @"refused -  NothingAsked (no intent)");
}

#[test]
fn lying_label() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let c1 = bench.station("C1", Post::Any);
    let mut millis = 300;
    for read in 0..600 {
        bench.scan_by(c1, (read % 3 == 0).into(), if read % 2 == 0 { SCAN } else { "ORDAK:BANNOS-18617/1" });
        bench.pass(Duration::from_millis(millis));
        millis = 300 + (millis * 7 + 131) % 1600;
    }
    assert_snapshot!(bench.lines(c1), @r#"
    accepted bannos-18617 complete_covering
    agreed bannos-18617 complete_covering
    "#);
    assert_eq!(bench.backend.events.len(), 1);
}

#[test]
fn any_station_double() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let any = bench.station("S1", Post::Any);
    bench.scan(any, SCAN);
    bench.pass(Duration::from_millis(2200));
    bench.scan(any, SCAN);
    assert_snapshot!(bench.lines(any), @r#"
    accepted bannos-18617 complete_decorating
    agreed bannos-18617 complete_decorating
    choice bannos-18617  SoSoon { ago: 2.2s, since: CameIn, action: StartPacking } (no intent)
    "#);
    assert_eq!(bench.backend.events.len(), 1);
}

#[test]
fn arrival_scan() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    filled(&mut bench, f1);
    bench.scan(f1, SCAN);
    bench.seconds(20);
    bench.scan(c1, SCAN);
    assert_snapshot!(bench.lines(c1), @"choice bannos-18617  SoSoon { ago: 20s, since: CameIn, action: CompleteCovering } (no intent)");
    bench.seconds(9);
    assert!(bench.view(c1).shown.is_none(), "the question has lapsed");
    bench.scan(c1, SCAN);
    assert_snapshot!(bench.lines(c1), @"choice bannos-18617  SoSoon { ago: 29s, since: CameIn, action: CompleteCovering } (no intent)");
    assert_eq!(bench.stage(X), Stage::Covering);
    bench.seconds(3);
    bench.scan(c1, SCAN);
    assert_eq!(bench.stage(X), Stage::Decorating);
}

#[test]
fn label_swap() {
    let mut bench = Bench::new(&[("bannos-25771-A", Stage::Packing), ("bannos-25771-B", Stage::Decorating)]);
    let p1 = bench.station("P1", P);
    bench.scan(p1, "#B25771-A");
    bench.seconds(15);
    bench.scan(p1, "#B25771-A");
    let verdict = bench.view(p1).shown.unwrap().verdict;
    assert_eq!(verdict.cake.as_ref().map(|cake| &*cake.product), Some("Cake A"));
    let Answer::Asks(Question::SiblingBehind(behind)) = &verdict.answer else { panic!("{verdict:?}") };
    assert_eq!(behind.iter().map(|cake| cake.id.to_string()).collect::<Vec<_>>(), ["bannos-25771-B"]);
    assert_eq!(bench.stage("bannos-25771-A"), Stage::Packing);
    bench.seconds(3);
    bench.scan(p1, "#B25771-A");
    assert_eq!(bench.stage("bannos-25771-A"), Stage::Complete);
}

#[test]
fn a_cancelled_sibling_keeps_nobody() {
    let mut bench = Bench::new(&[("bannos-25771-A", Stage::Packing), ("bannos-25771-B", Stage::Decorating)]);
    let p1 = bench.station("P1", P);
    bench.scan(p1, "#B25771-A");
    bench.seconds(15);
    bench.backend.cancel("bannos-25771-B", NOON);
    bench.scan(p1, "#B25771-B");
    bench.scan(p1, "#B25771-A");
    assert_eq!(bench.stage("bannos-25771-A"), Stage::Complete);
}
