//! What is heard of an answer (`workflow.md` 1).

use super::bench::Bench;
use crate::order::{Action, Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

fn heard(bench: &mut Bench, station: usize, code: &str) -> Vec<Tone> {
    bench.scan(station, code);
    bench.seconds(5);
    std::mem::take(&mut bench.stations[station].tones)
}

#[test]
fn each_kind_of_answer_has_its_sound() {
    let cakes = [(X, Stage::Covering), ("bannos-1", Stage::Covering), ("bannos-2", Stage::Covering)];
    let mut bench = Bench::new(&cakes);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    let packing = bench.station("P1", Post::At(Stage::Packing));
    assert_eq!(heard(&mut bench, packing, SCAN), [Tone::NotHere]);
    assert_eq!(heard(&mut bench, covering, SCAN), [Tone::Accepted], "once, though it is agreed too");
    assert_eq!(heard(&mut bench, covering, SCAN), [Tone::AlreadyDone]);
    assert_eq!(heard(&mut bench, covering, "#B99999"), [Tone::Refused]);
    bench.link(covering, false);
    assert_eq!(heard(&mut bench, covering, "#B1"), [Tone::Held]);
    bench.link(covering, true);
    assert_eq!(heard(&mut bench, covering, "nonsense"), [Tone::Refused]);
}

#[test]
fn a_label_is_heard_once_when_it_is_asked_for_and_when_it_is_read_or_missing() {
    let mut bench = Bench::new(&[(X, Stage::Filling), ("bannos-1", Stage::Filling)]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    assert_eq!(heard(&mut bench, filling, SCAN), [Tone::Accepted]);
    assert_eq!(heard(&mut bench, filling, SCAN), [Tone::Reads]);
    assert_eq!(heard(&mut bench, filling, SCAN), [Tone::Choice], "so soon");
    bench.stations[filling].printers = vec![Outcome::Failed(PrinterFault::PaperOut)];
    assert_eq!(heard(&mut bench, filling, "#B1"), [Tone::Accepted, Tone::Refused]);
}

#[test]
fn a_return_is_a_question() {
    let mut bench = Bench::new(&[(X, Stage::Packing)]);
    bench.qc_return(X);
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    assert_eq!(heard(&mut bench, decorating, SCAN).last(), Some(&Tone::Choice));
    bench.elsewhere(X, Action::CompleteDecorating);
}
