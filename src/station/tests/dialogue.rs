//! The table of `workflow.md` 2, row by row.

use std::time::Duration;

use insta::assert_snapshot;

use super::bench::Bench;
use crate::order::{Action, LabelPart, Lacks, Post, Stage, Store};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";
const TIER: &str = "bannos-25771-A";

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
    assert_snapshot!(bench.lines(filling), @"choice bannos-18617  SoSoon { ago: 20s, since: LabelRead, action: CompleteFilling } (no intent)");
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

#[test]
fn a_cake_goes_through_packing() {
    let mut bench = Bench::new(&[(X, Stage::Packing)]);
    let packing = bench.station("P1", Post::At(Stage::Packing));
    bench.scan(packing, SCAN);
    bench.seconds(5);
    bench.scan(packing, SCAN);
    bench.seconds(10);
    bench.scan(packing, SCAN);
    bench.seconds(60);
    bench.scan(packing, SCAN);
    assert_snapshot!(bench.lines(packing), @r#"
    accepted bannos-18617 start_packing
    agreed bannos-18617 start_packing
    choice bannos-18617  SoSoon { ago: 5s, since: PackingStarted, action: CompletePacking } (no intent)
    accepted bannos-18617 complete_packing
    agreed bannos-18617 complete_packing
    already_done bannos-18617  by P1 stale None (no intent)
    "#);
    assert_eq!(bench.stage(X), Stage::Complete);
}

#[test]
fn a_returned_cake_is_started_and_then_completed() {
    let mut bench = Bench::new(&[(X, Stage::Packing)]);
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    bench.qc_return(X);
    bench.seconds(10);
    bench.scan(decorating, SCAN);
    let shown = bench.view(decorating).shown.unwrap().verdict;
    assert_eq!(shown.answer, Answer::Asks(Question::Returned { reason: "crack".into() }));
    bench.seconds(30);
    bench.scan(decorating, SCAN);
    bench.seconds(60);
    bench.scan(decorating, SCAN);
    assert_snapshot!(bench.lines(decorating), @r#"
    accepted bannos-18617 
    agreed bannos-18617  locally
    choice bannos-18617  SoSoon { ago: 30s, since: ReworkStarted, action: CompleteDecorating } (no intent)
    accepted bannos-18617 complete_decorating
    agreed bannos-18617 complete_decorating
    "#);
    assert_eq!(bench.stage(X), Stage::Packing);
}

#[test]
fn what_is_no_cake_of_this_station_is_refused() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station_with("C1", Post::At(Stage::Covering), |settings| {
        settings.stores.remove(&Store::Flourlane);
    });
    for code in ["9312345678907", "hello", "%CMD:UNDO", "%PICK:1", "#F18617", "#B99999", "99998"] {
        bench.scan(covering, code);
    }
    assert_snapshot!(bench.lines(covering), @r#"
    refused -  Product (no intent)
    refused -  Unreadable (no intent)
    refused -  UnknownCommand (no intent)
    refused -  NothingAsked (no intent)
    refused flourlane-18617  OtherStore (no intent)
    refused bannos-99999  Unknown (no intent)
    refused -  Unknown (no intent)
    "#);
}

#[test]
fn verdict_lines_are_counted_without_a_gap() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    // Looked up first, which is shown and no line.
    bench.scan(filling, "#B99999");
    bench.scan(filling, SCAN);
    bench.seconds(3);
    bench.scan(filling, SCAN);
    let seqs: Vec<_> = bench.stations[filling].lines.iter().map(|verdict| verdict.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

#[test]
fn one_question_then_the_exact_cake() {
    let cakes = [("bannos-25771", Stage::Covering), ("flourlane-25771", Stage::Covering)];
    let mut bench = Bench::new(&cakes);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.scan(covering, "25771");
    bench.seconds(21);
    bench.scan(covering, "%PICK:2");
    bench.scan(covering, "25771");
    bench.touch(covering, Touch::Pick(2));
    assert_snapshot!(bench.lines(covering), @r#"
    choice -  which: bannos-25771, flourlane-25771 (no intent)
    refused -  NothingAsked (no intent)
    choice -  which: bannos-25771, flourlane-25771 (no intent)
    accepted flourlane-25771 complete_covering
    agreed flourlane-25771 complete_covering
    "#);
    bench.seconds(3);
    bench.scan(covering, "#B25771");
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-25771 complete_covering
    agreed bannos-25771 complete_covering
    "#);
}

#[test]
fn a_tiers_label_waits_for_no_other_cakes() {
    let mut bench = Bench::new(&[("bannos-18617", Stage::Filling), (TIER, Stage::Filling)]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    bench.scan(filling, "#B18617");
    bench.seconds(5);
    bench.scan(filling, "#B25771-A");
    assert_eq!(bench.stations[filling].labels.len(), 2, "though the first was not read yet");
}

#[test]
fn siblings_labels_come_one_at_a_time() {
    let mut bench = Bench::new(&[("bannos-25771-A", Stage::Filling), ("bannos-25771-B", Stage::Filling)]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    bench.scan(filling, "#B25771-A");
    bench.scan(filling, "#B25771-B");
    bench.seconds(60);
    assert_eq!(bench.stations[filling].labels.len(), 1);
    bench.scan(filling, "ORDAK:BANNOS-25771-A/1");
    assert_eq!(bench.stations[filling].labels.len(), 2);
}

#[test]
fn a_label_cut_short_is_said_until_the_next_scan() {
    let mut bench = Bench::new(&[(X, Stage::Filling), ("bannos-18618", Stage::Filling)]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    bench.stations[filling].lacks = Lacks::new([LabelPart::Product], true);
    bench.scan(filling, SCAN);
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18617 print
    printed bannos-18617 print at bench cut
    agreed bannos-18617 print
    "#);
    assert!(!bench.view(filling).shown.unwrap().lacks.is_none());
    bench.stations[filling].lacks = Lacks::default();
    bench.scan(filling, "#B18618");
    assert_snapshot!(bench.lines(filling), @r#"
    accepted bannos-18618 print
    printed bannos-18618 print at bench
    agreed bannos-18618 print
    "#);
    assert!(bench.view(filling).shown.unwrap().lacks.is_none());
}

#[test]
fn packing_asks_for_the_sibling_only_after_dwell() {
    let mut bench = Bench::new(&[(TIER, Stage::Packing), ("bannos-25771-B", Stage::Decorating)]);
    let packing = bench.station("P1", Post::At(Stage::Packing));
    bench.scan(packing, "#B25771-A");
    bench.lines(packing);
    // Started 3 s ago: a slip of the hand is asked about first, and the sibling after it.
    for seconds in [3, 3] {
        bench.seconds(seconds);
        bench.scan(packing, "#B25771-A");
        assert_eq!(bench.stage(TIER), Stage::Packing);
    }
    let asked: Vec<_> = bench.stations[packing].lines.drain(..).map(|verdict| verdict.answer).collect();
    assert!(matches!(asked[0], Answer::Asks(Question::SoSoon { .. })), "{asked:?}");
    assert!(matches!(asked[1], Answer::Asks(Question::SiblingBehind(_))), "{asked:?}");
    bench.seconds(3);
    bench.scan(packing, "#B25771-A");
    assert_eq!(bench.stage(TIER), Stage::Complete);
}

#[test]
fn a_cake_chosen_by_number_is_not_read_again_at_once() {
    let cakes = [(TIER, Stage::Packing), ("bannos-25771-B", Stage::Packing)];
    let mut bench = Bench::new(&cakes);
    let packing = bench.station_with("P1", Post::At(Stage::Packing), |settings| {
        settings.dwell.packing = Duration::ZERO;
    });
    bench.scan(packing, "25771");
    bench.seconds(1);
    bench.scan(packing, "%PICK:1");
    bench.seconds(1);
    bench.scan_by(packing, 1, "#B25771-A");
    bench.scan_by(packing, 1, "25771");
    bench.touch(packing, Touch::Pick(2));
    bench.seconds(1);
    bench.scan(packing, "#B25771-B");
    assert_snapshot!(bench.lines(packing), @r#"
    choice -  which: bannos-25771-A, bannos-25771-B (no intent)
    accepted bannos-25771-A start_packing
    agreed bannos-25771-A start_packing
    choice -  which: bannos-25771-A, bannos-25771-B (no intent)
    accepted bannos-25771-B start_packing
    agreed bannos-25771-B start_packing
    "#);
}

#[test]
fn a_finger_is_offered_what_a_scan_would_do() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    let id = X.parse().unwrap();
    bench.touch(filling, Touch::Look(id));
    let mut offered = Vec::new();
    let mut looks = |bench: &mut Bench| {
        // A heartbeat or two later, so that the link that was cut is known to be.
        bench.seconds(20);
        let (of, offer) = bench.view(filling).offer.unwrap();
        assert_eq!(of, id);
        offered.push(offer);
    };
    looks(&mut bench);
    bench.stations[filling].printers[0] = Outcome::Failed(PrinterFault::PaperOut);
    bench.touch(filling, Touch::Act(id));
    looks(&mut bench);
    bench.stations[filling].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    bench.seconds(20);
    looks(&mut bench);
    // Offline from here on: what this station did itself counts.
    bench.stations[filling].is_linked = false;
    bench.touch(filling, Touch::Act(id));
    bench.touch(filling, Touch::Pick(1));
    looks(&mut bench);
    bench.touch(filling, Touch::Act(id));
    looks(&mut bench);
    bench.seconds(60);
    bench.touch(filling, Touch::Act(id));
    looks(&mut bench);
    assert_eq!(
        offered,
        [
            Offer::Act(Action::Print),
            Offer::LabelFailed,
            Offer::LabelInDoubt,
            Offer::ReadLabel,
            Offer::Act(Action::CompleteFilling),
            Offer::Nothing,
        ]
    );
}

#[test]
fn a_page_reads_its_cake_and_does_nothing_to_it() {
    let mut bench = Bench::new(&[(X, Stage::Covering), ("bannos-18618", Stage::Filling)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.scan(covering, SCAN);
    bench.seconds(10);
    let agreed = bench.backend.events.len();
    let look = |bench: &mut Bench, order: &str| {
        bench.touch(covering, Touch::Look(order.parse().unwrap()));
        bench.seconds(6);
        bench.view(covering).looked.unwrap()
    };
    let looked = look(&mut bench, X);
    let Look::Read { cake, .. } = looked.look else { panic!("{looked:?}") };
    assert_eq!((cake.stage, cake.marks.len()), (Stage::Decorating, 1));
    let looked = look(&mut bench, "bannos-99999");
    assert_eq!(looked.look, Look::Missing);
    bench.link(covering, false);
    let looked = look(&mut bench, X);
    assert!(matches!(looked.look, Look::Failed(_)), "{looked:?}");
    assert_eq!(bench.backend.events.len(), agreed);
    let numbers = |rows: &[Arc<crate::order::Order>]| rows.iter().map(|row| row.id.number).collect();
    let listed: [Vec<u32>; 4] = bench.view(covering).queue.stages.map(|rows| numbers(&rows));
    assert_eq!(listed, [vec![18_618], vec![], vec![18_617], vec![]]);
}

#[test]
fn a_start_of_packing_is_never_too_soon_but_where_one_gun_does_every_stage() {
    for (post, verdict) in [(Post::At(Stage::Packing), "accepted"), (Post::Any, "choice")] {
        let mut bench = Bench::new(&[(X, Stage::Decorating)]);
        let packing = bench.station("P1", post);
        bench.elsewhere(X, Action::CompleteDecorating);
        bench.seconds(5);
        bench.scan(packing, SCAN);
        let lines = bench.lines(packing);
        assert!(lines.starts_with(verdict), "{post:?}: {lines}");
    }
}

#[test]
fn guns_are_numbered_from_one() {
    let mut bench = Bench::new(&[]);
    let any = bench.station("S1", Post::Any);
    let names: Vec<_> = bench.view(any).scanners.into_iter().map(|gun| gun.name).collect();
    assert_eq!(names, ["1".into(), "2".into()]);
}
