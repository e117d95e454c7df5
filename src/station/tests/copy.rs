//! A further label: journalled, numbered, and nothing done to the cake.

use super::bench::Bench;
use crate::order::{Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";

/// A station of Filling that has printed the label of its cake.
fn printed() -> (Bench, usize) {
    let mut bench = Bench::new(&[(X, Stage::Filling), ("bannos-18618", Stage::Filling)]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    bench.scan(filling, "#B18617");
    bench.seconds(10);
    (bench, filling)
}

fn copy(bench: &mut Bench, station: usize, order: &str) -> Option<CopyState> {
    bench.touch(station, Touch::Copy(order.parse().unwrap()));
    bench.seconds(5);
    bench.view(station).copied.map(|copied| copied.state)
}

#[test]
fn a_copy_has_its_number_and_moves_nothing() {
    let (mut bench, filling) = printed();
    let events = bench.backend.events.len();
    assert_eq!(copy(&mut bench, filling, X), Some(CopyState::Out));
    assert_eq!(copy(&mut bench, filling, X), Some(CopyState::Out));
    let copies: Vec<u8> = bench.stations[filling].labels.iter().map(|(_, copy, _)| *copy).collect();
    assert_eq!(copies, [1, 2, 3]);
    assert_eq!((bench.backend.events.len(), bench.stage(X)), (events, Stage::Filling));
    assert_eq!(bench.cards(filling), "");
    bench.restart(filling);
    bench.seconds(10);
    assert_eq!(copy(&mut bench, filling, X), Some(CopyState::Out));
    assert_eq!(bench.stations[filling].labels.last().unwrap().1, 4, "numbers go on after a restart");
}

#[test]
fn what_has_no_label_yet_has_no_copy() {
    let (mut bench, filling) = printed();
    assert_eq!(copy(&mut bench, filling, "bannos-18618"), None);
    assert_eq!(copy(&mut bench, filling, "bannos-99999"), None);
    assert_eq!(bench.stations[filling].labels.len(), 1);
}

#[test]
fn a_copy_that_cannot_come_out_is_told_and_not_tried_again() {
    let (mut bench, filling) = printed();
    bench.stations[filling].printers[0] = Outcome::Failed(PrinterFault::PaperOut);
    assert_eq!(copy(&mut bench, filling, X), Some(CopyState::Failed(PrinterFault::PaperOut)));
    bench.stations[filling].printers[0] = Outcome::Printed;
    bench.seconds(60);
    assert_eq!(bench.stations[filling].labels.len(), 1);
    assert_eq!(copy(&mut bench, filling, X), Some(CopyState::Out));
    bench.stations[filling].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    assert_eq!(copy(&mut bench, filling, X), Some(CopyState::Unconfirmed(PrinterFault::NoAnswer)));
    assert_eq!(bench.cards(filling), "");
}

#[test]
fn a_copy_that_is_not_journalled_is_not_printed() {
    let (mut bench, filling) = printed();
    bench.stations[filling].journal_fault = Some(StoreFault::Full);
    assert_eq!(copy(&mut bench, filling, X), Some(CopyState::NotStored(StoreFault::Full)));
    bench.stations[filling].journal_fault = None;
    bench.seconds(30);
    assert_eq!(bench.stations[filling].labels.len(), 1);
    assert_eq!(copy(&mut bench, filling, X), Some(CopyState::Out));
    assert_eq!(bench.stations[filling].labels.len(), 2);
}
