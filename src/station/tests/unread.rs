//! Labels of cakes of which the queue does not tell what is written on them.

use super::bench::Bench;
use crate::order::{Lacks, Post, Stage};

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

/// A station of Filling on a backend whose queue leaves the writing out.
fn bench() -> (Bench, usize) {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    bench.backend.tells_no_writing = true;
    bench.backend.order_mut(X.parse().unwrap()).writing = "Happy 40th".into();
    let filling = bench.station("F1", Post::At(Stage::Filling));
    assert!(bench.view(filling).queue.rows[0].is_writing_unread);
    (bench, filling)
}

#[test]
fn a_label_is_drawn_when_its_writing_has_been_read() {
    let (mut bench, filling) = bench();
    bench.scan(filling, SCAN);
    bench.seconds(1);
    assert_eq!(bench.stations[filling].labels.len(), 1);
    let shown = bench.view(filling).shown.unwrap();
    assert_eq!(shown.verdict.cake.as_ref().map(|cake| &*cake.writing), Some("Happy 40th"));
}

#[test]
fn where_it_cannot_be_read_the_label_comes_without_and_says_so() {
    for is_noticed in [true, false] {
        let (mut bench, filling) = bench();
        if is_noticed {
            bench.link(filling, false);
        }
        bench.stations[filling].is_linked = false;
        bench.stations[filling].lacks = Lacks::default().unread(true);
        bench.scan(filling, SCAN);
        assert_eq!(bench.stations[filling].labels.len(), 1, "it waits for nobody");
        assert!(bench.view(filling).shown.unwrap().lacks.is_writing_unread());
    }
}
