//! The labels of late: every job, and what became of it.

use super::bench::Bench;
use crate::order::{Post, Stage};
use crate::station::*;

const F: Post = Post::At(Stage::Filling);

fn spooled(bench: &Bench, filling: usize) -> Vec<(String, u8, JobState)> {
    let spool = bench.view(filling).spool;
    spool.iter().map(|job| (job.order.to_string(), job.copy, job.state.clone())).collect()
}

#[test]
fn every_label_is_listed_once_with_what_became_of_it() {
    let mut bench = Bench::new(&[("bannos-1", Stage::Filling), ("bannos-2", Stage::Filling)]);
    let filling = bench.station("F1", F);
    bench.scan(filling, "#B1");
    bench.seconds(5);
    bench.touch(filling, Touch::Reprint("bannos-1".parse().unwrap()));
    bench.seconds(5);
    let fault = PrinterFault::PaperOut;
    let at = bench.at(filling);
    bench.tell(filling, Event::PrinterSeen { at, printer: 0, state: PortState::Faulted(fault.clone()) });
    bench.scan(filling, "#B2");
    bench.seconds(5);
    let mut listed = [
        ("bannos-1".to_owned(), 1, JobState::Printed),
        ("bannos-1".to_owned(), 2, JobState::Printed),
        ("bannos-2".to_owned(), 1, JobState::Failed(fault)),
    ];
    assert_eq!(spooled(&bench, filling), listed);
    bench.restart(filling);
    listed[2].2 = JobState::Printed;
    assert_eq!(spooled(&bench, filling), listed, "the next life knows them, and has paper");
}

#[test]
fn a_label_that_was_never_saved_is_not_listed() {
    let mut bench = Bench::new(&[("bannos-1", Stage::Filling)]);
    let filling = bench.station("F1", F);
    bench.stations[filling].journal_fault = Some(StoreFault::Full);
    bench.scan(filling, "#B1");
    bench.seconds(5);
    assert_eq!(spooled(&bench, filling), []);
}
