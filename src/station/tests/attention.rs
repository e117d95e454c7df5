//! What a person is told and can do when the backend comes back, a printer fails or an action is refused.

use insta::assert_snapshot;

use super::bench::{Bench, NOON};
use crate::order::{Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";
const F: Post = Post::At(Stage::Filling);
const C: Post = Post::At(Stage::Covering);

/// A Covering station whose completion of a cake that came back meanwhile was refused.
fn refused() -> (Bench, usize) {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", C);
    bench.link(covering, false);
    bench.scan(covering, SCAN);
    bench.backend.order_mut(X.parse().unwrap()).rework = 1;
    bench.link(covering, true);
    assert!(bench.lines(covering).ends_with("refused bannos-18617 complete_covering Conflict\n"));
    (bench, covering)
}

#[test]
fn what_is_refused_has_one_last_line_however_often_it_is_tried_again() {
    let (mut bench, covering) = refused();
    let order = X.parse().unwrap();
    for _ in 0..2 {
        bench.touch(covering, Touch::Retry(order));
        bench.seconds(5);
        assert_eq!(bench.view(covering).attention.len(), 1, "refused again");
    }
    bench.restart(covering);
    bench.seconds(5);
    // The office puts it right.
    bench.backend.order_mut(order).rework = 0;
    bench.touch(covering, Touch::Retry(order));
    bench.seconds(5);
    assert_eq!(bench.cards(covering), "");
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_eq!(bench.lines(covering), "", "its last line was told when it was refused");
}

#[test]
fn what_becomes_of_a_second_try_shows_on_the_screen() {
    let (mut bench, covering) = refused();
    bench.backend.order_mut(X.parse().unwrap()).rework = 0;
    bench.touch(covering, Touch::Retry(X.parse().unwrap()));
    bench.seconds(5);
    assert_eq!(bench.view(covering).shown.unwrap().verdict.answer, Answer::Agreed);
    assert_eq!(bench.lines(covering), "");
}

#[test]
fn a_card_says_what_can_be_done_about_it() {
    let (bench, covering) = refused();
    let remedies = |bench: &Bench, place: usize| bench.view(place).attention[0].remedies();
    assert_eq!(remedies(&bench, covering), [Remedy::Close, Remedy::Retry]);
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let filling = bench.station("F1", F);
    bench.stations[filling].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    bench.scan(filling, SCAN);
    assert_eq!(remedies(&bench, filling), [Remedy::Close, Remedy::NotOut, Remedy::Out]);
}

#[test]
fn of_a_cancelled_cake_nothing_is_tried_again() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", C);
    bench.link(covering, false);
    bench.scan(covering, SCAN);
    bench.backend.cancel(X, NOON);
    bench.link(covering, true);
    assert_eq!(bench.view(covering).attention[0].remedies(), [Remedy::Close]);
}

#[test]
fn of_a_label_in_doubt_a_person_says_on_its_card_whether_it_is_out() {
    for is_out in [true, false] {
        let mut bench = Bench::new(&[(X, Stage::Filling)]);
        let filling = bench.station("F1", F);
        bench.stations[filling].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
        bench.scan(filling, SCAN);
        bench.stations[filling].printers[0] = Outcome::Printed;
        bench.restart(filling);
        bench.seconds(60);
        // Trying again is no word about it, and prints nothing.
        bench.touch(filling, Touch::Retry(X.parse().unwrap()));
        bench.seconds(60);
        assert_eq!(bench.stations[filling].labels.len(), 1);
        assert!(bench.backend.events.is_empty());
        bench.touch(filling, Touch::Label { order: X.parse().unwrap(), is_out });
        bench.seconds(15);
        assert_eq!(bench.cards(filling), "");
        let copies: Vec<u8> = bench.stations[filling].labels.iter().map(|(_, copy, _)| *copy).collect();
        assert_eq!(copies, if is_out { vec![1] } else { vec![1, 2] });
        assert!(bench.backend.order(X).times.filling_start.is_some());
    }
}

#[test]
fn what_a_card_hides_is_not_closed_with_it() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", C);
    bench.stations[covering].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    bench.touch(covering, Touch::Reprint(X.parse().unwrap()));
    bench.link(covering, false);
    bench.scan(covering, SCAN);
    bench.backend.order_mut(X.parse().unwrap()).rework = 1;
    bench.link(covering, true);
    let matter = |bench: &Bench| bench.view(covering).attention[0].matter.clone();
    assert!(matches!(matter(&bench), Matter::Parked(_)));
    // What is said of a label is said of the card that asks it.
    bench.touch(covering, Touch::Label { order: X.parse().unwrap(), is_out: true });
    bench.touch(covering, Touch::Close(X.parse().unwrap()));
    assert_eq!(matter(&bench), Matter::LabelUnconfirmed);
    bench.touch(covering, Touch::Close(X.parse().unwrap()));
    assert_eq!(bench.cards(covering), "");
}

#[test]
fn a_label_whose_cake_was_not_found_comes_out_before_the_backend_is_told() {
    let mut bench = Bench::new(&[("bannos-25771-A", Stage::Filling), ("bannos-25771-B", Stage::Filling)]);
    let filling = bench.station("F1", F);
    bench.link(filling, false);
    bench.restart(filling);
    bench.seconds(20);
    bench.scan(filling, "25771");
    bench.link(filling, true);
    assert_snapshot!(bench.cards(filling), @"bannos-25771 Parked(NoExactCake)");
    // The office finds that it is one cake after all.
    bench.backend.orders.remove(&"bannos-25771-B".parse().unwrap());
    bench.stations[filling].printers[0] = Outcome::Failed(PrinterFault::PaperOut);
    bench.touch(filling, Touch::Retry("bannos-25771".parse().unwrap()));
    bench.seconds(30);
    assert!(bench.backend.events.is_empty(), "Filling starts when the label is out");
    bench.stations[filling].printers[0] = Outcome::Printed;
    bench.seconds(30);
    // The number of the job that was given up is not used again.
    assert_eq!(bench.stations[filling].labels, [("bannos-25771-A".parse().unwrap(), 2, 0)]);
    assert!(bench.backend.order("bannos-25771-A").times.filling_start.is_some());
    let lines = bench.lines(filling);
    assert_eq!(lines.matches("NoExactCake").count(), 1);
    assert_eq!(lines.lines().last(), Some("refused - print NoExactCake"), "{lines}");
}

#[test]
fn who_tries_a_refused_step_again_gets_no_label() {
    let mut bench = Bench::new(&[("bannos-25771-A", Stage::Covering), ("bannos-25771-B", Stage::Covering)]);
    let covering = bench.station("C1", C);
    bench.link(covering, false);
    bench.restart(covering);
    bench.seconds(20);
    bench.scan(covering, "25771");
    bench.link(covering, true);
    assert_snapshot!(bench.cards(covering), @"bannos-25771 Parked(NoExactCake)");
    bench.backend.orders.remove(&"bannos-25771-B".parse().unwrap());
    bench.touch(covering, Touch::Retry("bannos-25771".parse().unwrap()));
    bench.seconds(30);
    assert_eq!(bench.stage("bannos-25771-A"), Stage::Decorating);
    assert_eq!(bench.stations[covering].labels, []);

    // A label that is out, and a step that was refused after it.
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let filling = bench.station("F1", F);
    bench.link(filling, false);
    bench.scan(filling, SCAN);
    bench.backend.order_mut(X.parse().unwrap()).rework = 1;
    bench.link(filling, true);
    for _ in 0..2 {
        assert_eq!(bench.view(filling).attention.len(), 1, "the step is refused");
        bench.touch(filling, Touch::Retry(X.parse().unwrap()));
        bench.seconds(30);
    }
    assert_eq!(bench.stations[filling].labels.len(), 1);
}

#[test]
fn what_became_of_an_outage_is_told_when_it_ends() {
    let cakes = ["bannos-18617", "bannos-18618", "bannos-18619", "bannos-18620", "bannos-18621"];
    let mut bench = Bench::new(&cakes.map(|id| (id, Stage::Covering)));
    let covering = bench.station("C1", C);
    bench.scan(covering, "#B18621");
    assert_eq!(bench.view(covering).summary, None, "nothing had waited");
    bench.link(covering, false);
    for code in ["#B18617", "#B18618", "#B18619"] {
        bench.scan(covering, code);
    }
    // Killed in the middle of it: what waited over it counts too.
    bench.restart(covering);
    bench.seconds(20);
    bench.scan(covering, "#B18620");
    assert_eq!(bench.view(covering).summary, None);
    bench.elsewhere("bannos-18618", crate::order::Action::CompleteCovering);
    bench.backend.cancel("bannos-18619", NOON);
    bench.link(covering, true);
    let summary = bench.view(covering).summary.expect("told");
    let Summary { sent, done_before, refused, left, .. } = *summary;
    assert_eq!((sent, done_before, refused, left), (2, 1, 1, 0));
    let first = &summary.firsts[0];
    assert_eq!(first.order, Some("bannos-18618".parse().unwrap()));
    let Answer::AlreadyDone { mark: Some(mark), .. } = &first.answer else { panic!("{first:?}") };
    assert_eq!(mark.station.as_deref(), Some("elsewhere"));
    // What follows is no part of it, and it is not told for ever.
    bench.touch(covering, Touch::Close("bannos-18619".parse().unwrap()));
    bench.touch(covering, Touch::Reprint(X.parse().unwrap()));
    assert_eq!(bench.view(covering).summary, Some(summary));
    bench.seconds(16 * 60);
    assert_eq!(bench.view(covering).summary, None);
}

#[test]
fn what_waited_over_a_restart_is_part_of_it_and_what_waited_for_a_printer_is_not() {
    let mut bench = Bench::new(&[(X, Stage::Filling), ("bannos-18618", Stage::Covering)]);
    let covering = bench.station("C1", C);
    bench.link(covering, false);
    bench.scan(covering, "#B18618");
    bench.seconds(1);
    bench.stations[covering].is_linked = true;
    bench.restart(covering);
    bench.seconds(5);
    assert_eq!(bench.view(covering).summary.map(|summary| summary.sent), Some(1));
    let filling = bench.station("F1", F);
    bench.stations[filling].printers[0] = Outcome::Failed(PrinterFault::PaperOut);
    bench.scan(filling, SCAN);
    bench.link(filling, false);
    bench.link(filling, true);
    bench.stations[filling].printers[0] = Outcome::Printed;
    bench.seconds(30);
    assert!(bench.lines(filling).ends_with("agreed bannos-18617 print\n"));
    assert_eq!(bench.view(filling).summary, None);
}

#[test]
fn what_still_waits_after_an_outage_is_told_until_it_is_over() {
    let mut bench = Bench::new(&[(X, Stage::Filling), ("bannos-18618", Stage::Covering)]);
    let covering = bench.station("C1", C);
    let filling = bench.station("F1", F);
    bench.link(filling, false);
    bench.link(covering, false);
    bench.scan(covering, SCAN);
    bench.scan(covering, "#B18618");
    bench.link(covering, true);
    let counts = |bench: &Bench| {
        bench.view(covering).summary.map(|summary| (summary.sent, summary.refused, summary.left))
    };
    assert_eq!(counts(&bench), Some((1, 0, 1)), "the other one is ahead of Filling");
    bench.elsewhere(X, crate::order::Action::Print);
    bench.elsewhere(X, crate::order::Action::CompleteFilling);
    bench.seconds(60);
    assert_eq!(counts(&bench), Some((2, 0, 0)));
}

#[test]
fn where_a_label_is_that_another_printer_took_over_stays_said() {
    let mut bench = Bench::new(&[(X, Stage::Filling), ("bannos-18618", Stage::Filling)]);
    let filling = bench.station_with("F1", F, |settings| settings.printers.push("window".into()));
    bench.stations[filling].printers[0] = Outcome::Failed(PrinterFault::CoverOpen);
    bench.scan(filling, SCAN);
    let shown = bench.view(filling).shown.unwrap();
    assert_eq!(shown.verdict.answer, Answer::Agreed, "the backend's answer came after the label");
    assert_eq!(shown.label_at.as_deref(), Some("window"));
    bench.stations[filling].printers[0] = Outcome::Printed;
    bench.seconds(20);
    bench.scan(filling, "#B18618");
    assert_eq!(bench.view(filling).shown.unwrap().label_at, None);
}

#[test]
fn paper_that_is_nearly_out_is_told_and_still_printed_on() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let filling = bench.station("F1", F);
    let at = bench.at(filling);
    bench.tell(filling, Event::PrinterSeen { at, printer: 0, state: PortState::Ready });
    bench.tell(filling, Event::PaperSeen { at, printer: 0, is_low: true });
    bench.scan(filling, SCAN);
    let printer = &bench.view(filling).printers[0];
    assert_eq!((&printer.warnings[..], &printer.state), (&[Warning::PaperLow][..], &PortState::Ready));
    assert_eq!(bench.stations[filling].labels.len(), 1);
}
