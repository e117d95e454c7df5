//! The verify scan: another cake's label in place of the fresh one, and a printer whose labels nobody can read.

use super::bench::Bench;
use crate::order::code::label_payload;
use crate::order::{OrderId, Post, Stage};
use crate::station::*;

const F: Post = Post::At(Stage::Filling);

fn id(number: u32) -> OrderId {
    format!("bannos-{number}").parse().unwrap()
}

fn scan(number: u32) -> String {
    format!("#B{number}")
}

fn filling(numbers: std::ops::Range<u32>) -> (Bench, usize) {
    filling_with(numbers, |_| {})
}

fn filling_with(numbers: std::ops::Range<u32>, set: impl FnOnce(&mut Settings)) -> (Bench, usize) {
    let ids: Vec<String> = numbers.map(|number| id(number).to_string()).collect();
    let cakes: Vec<_> = ids.iter().map(|id| (&**id, Stage::Filling)).collect();
    let mut bench = Bench::new(&cakes);
    let filling = bench.station_with("F1", F, set);
    let at = bench.at(filling);
    bench.tell(filling, Event::PrinterSeen { at, printer: 0, state: PortState::Ready });
    (bench, filling)
}

fn expected(bench: &Bench, filling: usize) -> Option<OrderId> {
    bench.view(filling).shown.unwrap().expected
}

#[test]
fn the_label_of_another_cake_than_the_fresh_one_is_told() {
    let (mut bench, filling) = filling(1..4);
    bench.scan(filling, &scan(1));
    bench.seconds(5);
    bench.scan(filling, &label_payload(id(1), 1));
    assert_eq!(expected(&bench, filling), None, "it is the fresh one");
    bench.seconds(70);
    bench.scan(filling, &scan(2));
    bench.seconds(5);
    bench.scan(filling, &scan(3));
    assert_eq!(expected(&bench, filling), None, "a docket is no label");
    bench.seconds(5);
    bench.scan(filling, &label_payload(id(1), 1));
    assert_eq!(expected(&bench, filling), Some(id(3)));
    bench.seconds(5);
    bench.scan(filling, &label_payload(id(2), 1));
    assert_eq!(expected(&bench, filling), None, "either fresh one may come first");
}

#[test]
fn the_newest_of_all_printers_is_the_one_that_is_expected() {
    let (mut bench, filling) = filling_with(1..4, |settings| settings.printers.push("window".into()));
    bench.stations[filling].printers[0] = Outcome::Failed(PrinterFault::PaperOut);
    bench.scan(filling, &scan(1));
    bench.seconds(5);
    bench.stations[filling].printers[0] = Outcome::Printed;
    bench.seconds(60);
    bench.scan(filling, &scan(2));
    bench.seconds(5);
    let printers = bench.stations[filling].labels.iter().map(|(order, _, printer)| (*order, *printer));
    assert_eq!(printers.collect::<Vec<_>>(), [(id(1), 1), (id(2), 0)]);
    bench.scan(filling, &label_payload(id(3), 1));
    assert_eq!(expected(&bench, filling), Some(id(2)));
}

#[test]
fn a_label_that_came_out_long_ago_is_expected_no_more() {
    let (mut bench, filling) = filling(1..3);
    bench.scan(filling, &scan(1));
    bench.seconds(5);
    bench.scan(filling, &label_payload(id(1), 1));
    bench.scan(filling, &scan(2));
    bench.seconds(15 * 60);
    bench.scan(filling, &label_payload(id(1), 1));
    assert_eq!(expected(&bench, filling), None);
}

#[test]
fn a_finger_reads_no_label_and_many_unread_ones_are_told_of_their_printer() {
    let (mut bench, filling) = filling(1..8);
    for number in 1..8 {
        bench.scan(filling, &scan(number));
        bench.seconds(5);
        match number {
            1 | 2 => bench.scan(filling, &scan(number)),
            _ => bench.touch(filling, Touch::Act(id(number))),
        }
        bench.seconds(5);
    }
    let told = |bench: &Bench| bench.view(filling).printers[0].warnings.clone();
    assert_eq!(told(&bench), [], "they may still be read");
    bench.seconds(15 * 60);
    assert_eq!(told(&bench), [Warning::Unread { unread: 5, of: 7 }]);
    bench.scan(filling, &scan(7));
    assert_eq!(told(&bench), []);
}

#[test]
fn only_the_last_labels_count() {
    let (mut bench, filling) = filling(1..30);
    for number in 1..30 {
        bench.scan(filling, &scan(number));
        bench.seconds(5);
        if number > 6 {
            bench.scan(filling, &scan(number));
            bench.seconds(5);
        }
    }
    bench.seconds(15 * 60);
    assert_eq!(bench.view(filling).printers[0].warnings, []);
}
