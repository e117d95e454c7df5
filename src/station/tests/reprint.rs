//! A further copy of a label: an intent like any other that moves no cake.

use insta::assert_snapshot;

use super::bench::{Bench, NOON};
use crate::order::{Action, Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";
const F: Post = Post::At(Stage::Filling);

/// A station of Filling that has printed the label of its cake.
fn printed() -> (Bench, usize) {
    let mut bench = Bench::new(&[(X, Stage::Filling), ("bannos-18618", Stage::Filling)]);
    let filling = bench.station_with("F1", F, |settings| settings.printers.push("window".into()));
    bench.scan(filling, SCAN);
    bench.seconds(10);
    bench.lines(filling);
    (bench, filling)
}

fn reprint(bench: &mut Bench, station: usize, order: &str) {
    bench.touch(station, Touch::Reprint(order.parse().unwrap()));
}

fn copies(bench: &Bench, station: usize) -> Vec<(u8, usize)> {
    bench.stations[station].labels.iter().map(|(_, copy, printer)| (*copy, *printer)).collect()
}

#[test]
fn a_copy_has_its_number_and_moves_nothing() {
    let (mut bench, filling) = printed();
    let events = bench.backend.events.len();
    reprint(&mut bench, filling, X);
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 reprint
    printed bannos-18617 reprint at bench
    agreed bannos-18617 reprint
    "#);
    assert_eq!(bench.cards(filling), "", "its label was not printed elsewhere");
    assert_eq!((bench.backend.events.len(), bench.stage(X)), (events, Stage::Filling));
    // Each has its own intent, and the backend heard of it.
    let reprints = bench.backend.intents.values().filter(|(_, action, _)| *action == Action::Reprint).count();
    assert_eq!(reprints, 1);
    // A finger that trembles wants one.
    bench.seconds(1);
    reprint(&mut bench, filling, X);
    bench.seconds(3);
    bench.restart(filling);
    reprint(&mut bench, filling, X);
    bench.seconds(5);
    assert_eq!(copies(&bench, filling), [(1, 0), (2, 0), (3, 0)], "numbers go on after a restart");
    assert_eq!(bench.view(filling).waiting.count, 0);
}

#[test]
fn scans_do_what_they_do_without_it() {
    let (mut bench, filling) = printed();
    bench.stations[filling].printers.fill(Outcome::Failed(PrinterFault::PaperOut));
    reprint(&mut bench, filling, X);
    bench.scan(filling, SCAN);
    bench.seconds(70);
    bench.scan(filling, SCAN);
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 reprint
    failed bannos-18617 reprint at window: PaperOut
    reads bannos-18617  (no intent)
    accepted bannos-18617 complete_filling
    agreed bannos-18617 complete_filling
    "#);
    assert_eq!(bench.stage(X), Stage::Covering);
    bench.stations[filling].printers.fill(Outcome::Printed);
    bench.seconds(20);
    assert_snapshot!(bench.lines(filling), @r#"
    printed bannos-18617 reprint at bench
    agreed bannos-18617 reprint
    "#);
    assert_eq!(bench.stage(X), Stage::Covering);
}

#[test]
fn it_goes_to_the_next_printer_when_the_first_is_faulty() {
    let (mut bench, filling) = printed();
    bench.stations[filling].printers[0] = Outcome::Failed(PrinterFault::CoverOpen);
    reprint(&mut bench, filling, X);
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 reprint
    printed bannos-18617 reprint at window not bench
    agreed bannos-18617 reprint
    "#);
    assert_eq!(copies(&bench, filling), [(1, 0), (2, 1)]);
}

#[test]
fn of_a_copy_in_doubt_a_person_says_or_its_own_code_does() {
    let (mut bench, filling) = printed();
    bench.stations[filling].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    reprint(&mut bench, filling, X);
    bench.stations[filling].printers[0] = Outcome::Printed;
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 reprint
    unconfirmed bannos-18617 reprint at bench: NoAnswer
    "#);
    assert_eq!(bench.cards(filling), "bannos-18617 LabelUnconfirmed");
    // Never a second job beside it: it is asked about again.
    bench.seconds(60);
    reprint(&mut bench, filling, X);
    assert_snapshot!(bench.lines(filling), @r#"choice bannos-18617  LabelOut { printer: "bench", fault: NoAnswer } (no intent)"#);
    bench.touch(filling, Touch::Pick(2));
    assert_snapshot!(bench.lines(filling), @r#"
    printed bannos-18617 reprint at bench
    agreed bannos-18617 reprint
    "#);
    assert_eq!(copies(&bench, filling), [(1, 0), (2, 0), (3, 0)]);
    bench.stations[filling].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    bench.seconds(60);
    reprint(&mut bench, filling, X);
    bench.lines(filling);
    // The old label proves nothing of the new one.
    bench.scan(filling, "ORDAK:BANNOS-18617/1");
    bench.seconds(5);
    bench.scan(filling, "ORDAK:BANNOS-18617/4");
    assert_snapshot!(bench.lines(filling), @r#"
    choice bannos-18617  LabelReadLate (no intent)
    printed bannos-18617 reprint at bench
    agreed bannos-18617 reprint
    "#);
    assert_eq!(bench.stage(X), Stage::Filling);
}

#[test]
fn an_old_one_waits_for_a_person() {
    let (mut bench, filling) = printed();
    bench.stations[filling].printers.fill(Outcome::Failed(PrinterFault::PaperOut));
    reprint(&mut bench, filling, X);
    bench.seconds(15 * 60);
    bench.restart(filling);
    bench.stations[filling].printers.fill(Outcome::Printed);
    bench.seconds(600);
    assert_eq!(bench.cards(filling), "bannos-18617 LabelExpired");
    assert_eq!(copies(&bench, filling), [(1, 0)]);
    bench.lines(filling);
    bench.touch(filling, Touch::Retry(X.parse().unwrap()));
    assert_snapshot!(bench.lines(filling), @r#"
    printed bannos-18617 reprint at bench
    agreed bannos-18617 reprint
    "#);
    assert_eq!(copies(&bench, filling), [(1, 0), (2, 0)]);
}

#[test]
fn what_is_kept_offline_is_sent_once_over_a_kill() {
    let (mut bench, filling) = printed();
    bench.link(filling, false);
    reprint(&mut bench, filling, X);
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 reprint
    held bannos-18617 reprint Offline
    printed bannos-18617 reprint at bench
    "#);
    bench.restart(filling);
    bench.stations[filling].loses_replies = true;
    bench.link(filling, true);
    bench.stations[filling].loses_replies = false;
    bench.seconds(60);
    assert_snapshot!(bench.lines(filling), @r#"
    held bannos-18617 reprint Offline
    agreed bannos-18617 reprint
    "#);
    assert_eq!(copies(&bench, filling), [(1, 0), (2, 0)]);
    assert_eq!(bench.cards(filling), "");
}

#[test]
fn a_cake_of_filling_without_a_label_gets_its_first() {
    let (mut bench, filling) = printed();
    reprint(&mut bench, filling, "bannos-18618");
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18618 print
    printed bannos-18618 print at bench
    agreed bannos-18618 print
    "#);
    assert_eq!(bench.stations[filling].labels.last(), Some(&("bannos-18618".parse().unwrap(), 1, 0)));
    assert!(bench.backend.order("bannos-18618").times.filling_start.is_some());
}

#[test]
fn it_comes_out_at_any_stage_and_whatever_the_books_say() {
    let cakes = [(X, Stage::Complete), ("bannos-18618", Stage::Packing), ("bannos-18619", Stage::Covering)];
    let mut bench = Bench::new(&cakes);
    // The office moved this one on without a label, and this one comes back while its copy is under way.
    bench.backend.order_mut("bannos-18619".parse().unwrap()).times.filling_start = None;
    let packing = bench.station("P1", Post::At(Stage::Packing));
    for cake in [X, "bannos-18619"] {
        reprint(&mut bench, packing, cake);
    }
    bench.link(packing, false);
    reprint(&mut bench, packing, "bannos-18618");
    bench.qc_return("bannos-18618");
    bench.link(packing, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(packing), @r#"
    accepted bannos-18617 reprint
    printed bannos-18617 reprint at bench
    agreed bannos-18617 reprint
    accepted bannos-18619 reprint
    printed bannos-18619 reprint at bench
    agreed bannos-18619 reprint locally
    accepted bannos-18618 reprint
    held bannos-18618 reprint Offline
    printed bannos-18618 reprint at bench
    agreed bannos-18618 reprint locally
    "#);
    assert_eq!(bench.cards(packing), "");
    let stages = ["bannos-18617", "bannos-18618", "bannos-18619"].map(|id| bench.stage(id));
    assert_eq!(stages, [Stage::Complete, Stage::Decorating, Stage::Covering]);
    assert!(bench.backend.order("bannos-18619").times.filling_start.is_none());
}

#[test]
fn a_cancelled_or_unknown_cake_has_no_copy() {
    let mut bench = Bench::new(&[(X, Stage::Packing), ("bannos-18618", Stage::Packing)]);
    let packing = bench.station_with("P1", Post::At(Stage::Packing), |settings| {
        settings.stores.remove(&crate::order::Store::Flourlane);
    });
    bench.backend.cancel(X, NOON);
    bench.seconds(10);
    for cake in [X, "bannos-99999", "flourlane-18617"] {
        reprint(&mut bench, packing, cake);
    }
    // Cancelled while it waits to be sent: the label is out, and a person hears that it is not wanted.
    bench.link(packing, false);
    reprint(&mut bench, packing, "bannos-18618");
    bench.backend.cancel("bannos-18618", NOON);
    bench.link(packing, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(packing), @r#"
    refused bannos-18617  cancelled stale None (no intent)
    refused bannos-99999  Unknown (no intent)
    refused flourlane-18617  OtherStore (no intent)
    accepted bannos-18618 reprint
    held bannos-18618 reprint Offline
    printed bannos-18618 reprint at bench
    refused bannos-18618 reprint cancelled stale None
    "#);
    assert_eq!(copies(&bench, packing), [(2, 0)]);
}

#[test]
fn a_cake_that_is_not_known_offline_has_its_copy_when_it_is() {
    let mut bench = Bench::new(&[(X, Stage::Complete), ("bannos-18618", Stage::Filling)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.restart(covering);
    bench.seconds(10);
    for cake in [X, "bannos-18618"] {
        reprint(&mut bench, covering, cake);
    }
    bench.seconds(60);
    assert_eq!(copies(&bench, covering), []);
    bench.link(covering, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 reprint
    held bannos-18617 reprint NotKnownYet
    accepted bannos-18618 reprint
    held bannos-18618 reprint NotKnownYet
    printed bannos-18617 reprint at bench
    printed bannos-18618 print at bench
    agreed bannos-18617 reprint
    agreed bannos-18618 print
    "#);
    assert!(bench.backend.order("bannos-18618").times.filling_start.is_some());
}

#[test]
fn what_is_not_journalled_is_not_printed() {
    let (mut bench, filling) = printed();
    bench.stations[filling].journal_fault = Some(StoreFault::Full);
    reprint(&mut bench, filling, X);
    bench.stations[filling].journal_fault = None;
    bench.seconds(30);
    assert_snapshot!(bench.lines(filling), @"refused bannos-18617  not stored (no intent)");
    assert_eq!(copies(&bench, filling), [(1, 0)]);
    reprint(&mut bench, filling, X);
    assert_eq!(copies(&bench, filling).len(), 2);
}

#[test]
fn siblings_copies_do_not_wait_for_each_other() {
    let mut bench = Bench::new(&[("bannos-25771-A", Stage::Packing), ("bannos-25771-B", Stage::Filling)]);
    let any = bench.station("S1", Post::Any);
    reprint(&mut bench, any, "bannos-25771-A");
    // Nor does a first label wait for a copy to be read.
    bench.scan(any, "#B25771-B");
    bench.seconds(5);
    reprint(&mut bench, any, "bannos-25771-A");
    bench.seconds(5);
    assert_eq!(copies(&bench, any), [(2, 0), (1, 0), (3, 0)]);
}

#[test]
fn a_command_says_so_in_its_lines() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    let (at, order) = (bench.at(covering), X.parse().unwrap());
    bench.tell(covering, Event::PrintAsked { at, order, fresh: super::bench::fresh(900) });
    let lines = &bench.stations[covering].lines;
    assert!(lines.iter().all(|line| line.source == Source::Command && &*line.code == X));
    assert!(lines.iter().all(|line| line.stage == Some(Stage::Covering)), "it moves no cake");
    assert_eq!(lines.len(), 3);
}
