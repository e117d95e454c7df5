//! The table of `workflow.md` 2, row by row.

use insta::assert_snapshot;

use super::bench::Bench;
use crate::order::{Post, Stage};

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

#[test]
fn a_cake_goes_through_filling() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    bench.scan(filling, SCAN);
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 print
    printed bannos-18617 print at bench
    agreed bannos-18617 print
    "#);
    bench.seconds(10);
    bench.scan(filling, SCAN);
    assert_snapshot!(bench.lines(filling), @"reads bannos-18617  (no intent)");
    bench.seconds(20);
    bench.scan(filling, SCAN);
    assert_snapshot!(bench.lines(filling), @"choice bannos-18617  SoSoon(20s) (no intent)");
    bench.seconds(60);
    bench.scan(filling, SCAN);
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 complete_filling
    agreed bannos-18617 complete_filling
    "#);
    assert_eq!(bench.stage(X), Stage::Covering);
    bench.seconds(60);
    bench.scan(filling, SCAN);
    assert_snapshot!(bench.lines(filling), @"already_done bannos-18617  by F1 stale None (no intent)");
}
