//! `traces.md`: what went wrong in a model of earlier rules, each by its name.

use std::time::Duration;

use insta::assert_snapshot;

use super::bench::{Bench, NOON};
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
fn silent_upstream() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    filled(&mut bench, f1);
    bench.link(f1, false);
    bench.scan(f1, SCAN);
    assert_snapshot!(bench.lines(f1), @r#"
    accepted bannos-18617 complete_filling
    held bannos-18617 complete_filling Offline
    "#);
    bench.seconds(60);
    bench.scan(c1, SCAN);
    assert_snapshot!(bench.lines(c1), @r#"
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Upstream(Filling)
    "#);
    bench.seconds(60 * 60);
    assert_snapshot!(bench.cards(c1), @"");
    bench.link(f1, true);
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.lines(f1), @"agreed bannos-18617 complete_filling");
    assert_snapshot!(bench.lines(c1), @"agreed bannos-18617 complete_covering");
}

#[test]
fn second_not_here() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    filled(&mut bench, f1);
    bench.scan(c1, SCAN);
    bench.seconds(5 * 60);
    bench.scan(c1, SCAN);
    assert_snapshot!(bench.lines(c1), @r#"
    not_here bannos-18617  Filling stale None (no intent)
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Upstream(Filling)
    "#);
    bench.seconds(40);
    assert_snapshot!(bench.cards(f1), @r#"bannos-18617 OwesScan { station: "C1", stage: Filling }"#);
    assert_snapshot!(bench.cards(c1), @"");
    bench.scan(f1, SCAN);
    bench.seconds(40);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.cards(f1), @"");
}

#[test]
fn patience_counts_from_the_last_change() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    bench.scan(f1, SCAN);
    // Its label came out 25 min ago; nothing has happened to it since.
    bench.seconds(25 * 60);
    for _ in 0..2 {
        bench.scan(c1, SCAN);
        bench.seconds(60);
    }
    assert_snapshot!(bench.lines(c1), @r#"
    not_here bannos-18617  Filling stale None (no intent)
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Upstream(Filling)
    "#);
    bench.seconds(2 * 60);
    assert_snapshot!(bench.cards(c1), @"");
    bench.seconds(2 * 60);
    assert_eq!(bench.view(c1).attention.len(), 1, "30 min are over");
}

#[test]
fn patience_ends_when_the_stage_before_is_back() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1) = (bench.station("F1", F), bench.station("C1", C));
    filled(&mut bench, f1);
    bench.link(f1, false);
    bench.seconds(60);
    bench.scan(c1, SCAN);
    bench.seconds(60 * 60);
    assert_snapshot!(bench.cards(c1), @"");
    // The scan was forgotten there: nothing is on its way.
    bench.link(f1, true);
    bench.seconds(60);
    assert_eq!(bench.view(c1).attention.len(), 1);
}

#[test]
fn late_drain() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, c1, p2) = (bench.station("F1", F), bench.station("C1", C), bench.station("P2", P));
    let d1 = bench.station("D1", D);
    filled(&mut bench, f1);
    for place in [f1, c1, d1, p2] {
        bench.link(place, false);
    }
    for (place, seconds) in [(f1, 90), (c1, 90), (d1, 90), (p2, 15), (p2, 5)] {
        bench.scan(place, SCAN);
        bench.seconds(seconds);
    }
    assert_snapshot!(bench.lines(p2), @r#"
    accepted bannos-18617 start_packing
    held bannos-18617 start_packing Upstream(Filling)
    accepted bannos-18617 complete_packing
    held bannos-18617 complete_packing Upstream(Filling)
    "#);
    bench.link(f1, true);
    bench.link(p2, true);
    bench.seconds(47 * 60);
    assert_eq!(bench.stage(X), Stage::Covering);
    assert_snapshot!(bench.cards(p2), @"");
    bench.link(c1, true);
    bench.link(d1, true);
    bench.seconds(120);
    assert_eq!(bench.stage(X), Stage::Complete);
    assert_snapshot!(bench.cards(p2), @"");
    assert_snapshot!(bench.lines(p2), @r#"
    agreed bannos-18617 start_packing
    agreed bannos-18617 complete_packing
    "#);
}

#[test]
fn held_completion_after_return() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let (d1, d2) = (bench.station("D1", D), bench.station("D2", D));
    bench.link(d1, false);
    bench.scan(d1, SCAN);
    bench.seconds(5);
    bench.scan(d2, SCAN);
    assert_eq!(bench.stage(X), Stage::Packing);
    bench.qc_return(X);
    bench.link(d1, true);
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.lines(d1), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating Offline
    refused bannos-18617 complete_decorating Conflict
    "#);
    assert_snapshot!(bench.cards(d1), @r#"bannos-18617 Parked(Refused(Refusal { code: Conflict, message: "", stage: Some(Decorating), rework: Some(1), cancelled_at: None }))"#);
}

#[test]
fn absent_rework() {
    let mut bench = Bench::new(&[]);
    let d1 = bench.station("D1", D);
    bench.link(d1, false);
    bench.backend.add(X, Stage::Decorating);
    bench.scan(d1, SCAN);
    assert_snapshot!(bench.lines(d1), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating NotKnownYet
    "#);
    bench.elsewhere(X, Action::CompleteDecorating);
    bench.qc_return(X);
    bench.link(d1, true);
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.lines(d1), @"refused bannos-18617 complete_decorating Conflict");
    assert_snapshot!(bench.cards(d1), @r#"bannos-18617 Parked(Refused(Refusal { code: Conflict, message: "", stage: Some(Decorating), rework: Some(1), cancelled_at: None }))"#);
}

#[test]
fn answered_then_returned() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let d2 = bench.station("D2", D);
    bench.elsewhere(X, Action::CompleteDecorating);
    bench.stations[d2].loses_replies = true;
    bench.scan(d2, SCAN);
    assert_snapshot!(bench.lines(d2), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating Offline
    "#);
    bench.qc_return(X);
    bench.stations[d2].loses_replies = false;
    bench.seconds(60);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_eq!(bench.backend.order(X).rework, 1);
    assert_snapshot!(bench.lines(d2), @"already_done bannos-18617 complete_decorating by elsewhere stale None");
    assert_snapshot!(bench.cards(d2), @"");
    bench.scan(d2, SCAN);
    assert_snapshot!(bench.lines(d2), @r#"
    accepted bannos-18617 
    agreed bannos-18617  locally
    "#);
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
    choice bannos-18617  SoSoon(2.2s) (no intent)
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
    assert_snapshot!(bench.lines(c1), @"choice bannos-18617  SoSoon(20s) (no intent)");
    bench.seconds(9);
    assert!(bench.view(c1).shown.is_none(), "the question has lapsed");
    bench.scan(c1, SCAN);
    assert_snapshot!(bench.lines(c1), @"choice bannos-18617  SoSoon(29s) (no intent)");
    assert_eq!(bench.stage(X), Stage::Covering);
    bench.seconds(3);
    bench.scan(c1, SCAN);
    assert_eq!(bench.stage(X), Stage::Decorating);
}

#[test]
fn docket_proves_nothing() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let f1 = bench.station("F1", F);
    bench.stations[f1].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    bench.scan(f1, SCAN);
    bench.seconds(5);
    bench.scan(f1, SCAN);
    assert_snapshot!(bench.lines(f1), @r#"
    accepted bannos-18617 print
    unconfirmed bannos-18617 print at bench: NoAnswer
    choice bannos-18617  LabelOut { printer: "bench", fault: NoAnswer } (no intent)
    "#);
    bench.seconds(600);
    assert!(bench.backend.events.is_empty());
    assert_eq!(bench.stations[f1].labels.len(), 1);
    assert_snapshot!(bench.cards(f1), @"bannos-18617 LabelUnconfirmed");
    // The label itself does prove it.
    bench.scan(f1, "ORDAK:BANNOS-18617/1");
    assert_snapshot!(bench.lines(f1), @r#"
    printed bannos-18617 print at bench
    agreed bannos-18617 print
    "#);
    assert_snapshot!(bench.cards(f1), @"");
}

#[test]
fn a_person_says_whether_the_label_came_out() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let f1 = bench.station("F1", F);
    bench.stations[f1].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    bench.scan(f1, SCAN);
    bench.lines(f1);
    bench.scan(f1, "%PICK:3");
    assert_snapshot!(bench.lines(f1), @"unconfirmed bannos-18617 print at bench: NoAnswer");
    bench.seconds(5);
    bench.scan(f1, SCAN);
    bench.stations[f1].printers[0] = Outcome::Printed;
    bench.scan(f1, "%PICK:2");
    bench.seconds(15);
    assert_snapshot!(bench.lines(f1), @r#"
    choice bannos-18617  LabelOut { printer: "bench", fault: NoAnswer } (no intent)
    printed bannos-18617 print at bench
    agreed bannos-18617 print
    "#);
    assert_eq!(bench.stations[f1].labels.iter().map(|label| label.1).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn late_verify() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let f1 = bench.station("F1", F);
    bench.scan(f1, SCAN);
    bench.lines(f1);
    bench.seconds(180);
    bench.scan(f1, SCAN);
    bench.seconds(20);
    bench.scan(f1, SCAN);
    assert_snapshot!(bench.lines(f1), @r#"
    choice bannos-18617  LabelReadLate (no intent)
    choice bannos-18617  SoSoon(20s) (no intent)
    "#);
    bench.seconds(4);
    bench.scan(f1, SCAN);
    assert_snapshot!(bench.lines(f1), @r#"
    accepted bannos-18617 complete_filling
    agreed bannos-18617 complete_filling
    "#);
}

#[test]
fn take_over() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let f1 = bench.station_with("F1", F, |settings| settings.printers.push("window".into()));
    bench.stations[f1].printers[0] = Outcome::Failed(PrinterFault::PaperOut);
    bench.scan(f1, SCAN);
    bench.stations[f1].printers[0] = Outcome::Printed;
    let at = bench.at(f1);
    bench.tell(f1, Event::PrinterSeen { at, printer: 0, state: PortState::Ready });
    bench.seconds(60);
    assert_snapshot!(bench.lines(f1), @r#"
    accepted bannos-18617 print
    printed bannos-18617 print at window not bench
    agreed bannos-18617 print
    "#);
    assert_eq!(bench.stations[f1].labels.len(), 1);
}

#[test]
fn a_failed_label_comes_when_the_fault_clears() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let f1 = bench.station("F1", F);
    bench.stations[f1].printers[0] = Outcome::Failed(PrinterFault::PaperOut);
    bench.scan(f1, SCAN);
    bench.seconds(120);
    bench.scan(f1, SCAN);
    assert_snapshot!(bench.lines(f1), @r#"
    accepted bannos-18617 print
    failed bannos-18617 print at bench: PaperOut
    failed bannos-18617 print at bench: PaperOut
    "#);
    assert!(bench.backend.events.is_empty());
    bench.stations[f1].printers[0] = Outcome::Sent;
    bench.seconds(15);
    assert_snapshot!(bench.lines(f1), @r#"
    sent bannos-18617 print at bench
    agreed bannos-18617 print
    "#);
    assert_eq!(bench.stations[f1].labels.len(), 1);
}

#[test]
fn an_old_job_waits_for_a_person() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let f1 = bench.station("F1", F);
    bench.stations[f1].printers[0] = Outcome::Failed(PrinterFault::CoverOpen);
    bench.scan(f1, SCAN);
    bench.seconds(16 * 60);
    bench.stations[f1].printers[0] = Outcome::Printed;
    bench.seconds(600);
    assert!(bench.stations[f1].labels.is_empty());
    bench.scan(f1, SCAN);
    bench.seconds(15);
    assert_eq!(bench.stations[f1].labels.len(), 1);
}

#[test]
fn an_old_job_is_a_card_that_a_person_settles() {
    let mut bench = Bench::new(&[(X, Stage::Filling), ("bannos-18618", Stage::Filling)]);
    let f1 = bench.station("F1", F);
    bench.stations[f1].printers[0] = Outcome::Failed(PrinterFault::CoverOpen);
    bench.scan(f1, SCAN);
    bench.scan(f1, "#B18618");
    bench.seconds(14 * 60);
    assert_snapshot!(bench.cards(f1), @"");
    bench.seconds(60);
    assert_snapshot!(bench.cards(f1), @"
    bannos-18617 LabelExpired
    bannos-18618 LabelExpired
    ");
    bench.stations[f1].printers[0] = Outcome::Printed;
    bench.restart(f1);
    bench.seconds(60);
    assert!(bench.stations[f1].labels.is_empty());
    bench.touch(f1, Touch::Retry(X.parse().unwrap()));
    bench.lines(f1);
    bench.touch(f1, Touch::Close("bannos-18618".parse().unwrap()));
    assert_snapshot!(bench.lines(f1), @"refused bannos-18618 print given up");
    bench.seconds(60);
    assert_snapshot!(bench.cards(f1), @"");
    assert_eq!(bench.stations[f1].labels, [(X.parse().unwrap(), 1, 0)]);
    let states: Vec<_> = bench.stations[f1].journal.jobs.values().map(|job| job.state.clone()).collect();
    assert_eq!(states, [JobState::Printed, JobState::Cancelled]);
}

#[test]
fn restart_in_print() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let f1 = bench.station("F1", F);
    // Killed before the printer answered: what the journal holds is `sending`.
    bench.stations[f1].printers[0] = Outcome::Unconfirmed(PrinterFault::NoAnswer);
    bench.scan(f1, SCAN);
    for job in bench.stations[f1].journal.jobs.values_mut() {
        job.state = JobState::Sending;
    }
    bench.restart(f1);
    bench.seconds(600);
    assert_snapshot!(bench.cards(f1), @"bannos-18617 LabelUnconfirmed");
    assert_eq!(bench.stations[f1].labels.len(), 1);
    let states: Vec<_> = bench.stations[f1].journal.jobs.values().map(|job| job.state.clone()).collect();
    assert_eq!(states, [JobState::Unconfirmed(PrinterFault::Interrupted)]);
}

#[test]
fn two_fillings() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let (f1, f2) = (bench.station("F1", F), bench.station("F2", F));
    bench.link(f1, false);
    bench.link(f2, false);
    bench.scan(f1, SCAN);
    bench.scan(f2, SCAN);
    bench.link(f1, true);
    bench.link(f2, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(f1), @r#"
    accepted bannos-18617 print
    held bannos-18617 print Offline
    printed bannos-18617 print at bench
    agreed bannos-18617 print
    "#);
    assert_snapshot!(bench.lines(f2), @r#"
    accepted bannos-18617 print
    held bannos-18617 print Offline
    printed bannos-18617 print at bench
    already_done bannos-18617 print also printed at F1
    "#);
    assert_eq!(bench.backend.events.len(), 1);
    // Both are told, and go on being told until a person at each says that one of the two is gone.
    for place in [f1, f2] {
        bench.restart(place);
    }
    bench.seconds(60);
    assert_snapshot!(bench.cards(f1), @r#"bannos-18617 AlsoPrinted { station: Some("F2"), at: Some(Timestamp(1763899240000000)) }"#);
    assert_snapshot!(bench.cards(f2), @r#"bannos-18617 AlsoPrinted { station: Some("F1"), at: Some(Timestamp(1763899240000000)) }"#);
    bench.touch(f1, Touch::Close(X.parse().unwrap()));
    assert_snapshot!(bench.cards(f1), @"");
    bench.restart(f1);
    bench.seconds(60);
    assert_snapshot!(bench.cards(f1), @"");
    bench.touch(f2, Touch::Close(X.parse().unwrap()));
    bench.seconds(60);
    assert_snapshot!(bench.cards(f2), @"");
    assert_eq!(bench.stations.iter().map(|kiosk| kiosk.labels.len()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn a_label_that_came_out_after_a_return_is_a_second() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let f1 = bench.station("F1", F);
    bench.link(f1, false);
    for action in [Action::Print, Action::CompleteFilling, Action::CompleteCovering] {
        bench.elsewhere(X, action);
    }
    for action in [Action::CompleteDecorating, Action::QcReturn] {
        bench.elsewhere(X, action);
    }
    bench.scan(f1, SCAN);
    bench.link(f1, true);
    bench.seconds(60);
    assert_snapshot!(bench.cards(f1), @r#"bannos-18617 Parked(Refused(Refusal { code: Conflict, message: "", stage: Some(Decorating), rework: Some(1), cancelled_at: None }))"#);
    bench.touch(f1, Touch::Close(X.parse().unwrap()));
    assert_snapshot!(bench.cards(f1), @"bannos-18617 AlsoPrinted { station: None, at: None }");
}

#[test]
fn cancelled_while_held() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let d1 = bench.station("D1", D);
    bench.link(d1, false);
    bench.scan(d1, SCAN);
    bench.backend.cancel(X, NOON.plus(bench.now));
    bench.link(d1, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(d1), @r#"
    accepted bannos-18617 complete_decorating
    held bannos-18617 complete_decorating Offline
    refused bannos-18617 complete_decorating cancelled stale None
    "#);
    assert_snapshot!(bench.cards(d1), @r#"bannos-18617 Parked(Refused(Refusal { code: Conflict, message: "", stage: Some(Decorating), rework: Some(0), cancelled_at: Some(Timestamp(1763899220000000)) }))"#);
    assert!(matches!(bench.view(d1).shown.unwrap().verdict.answer, Answer::Cancelled { .. }));
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
fn skewed_clock() {
    let mut bench = Bench::new(&[(X, Stage::Decorating)]);
    let d1 = bench.station("D1", D);
    bench.stations[d1].ahead = Duration::from_mins(5);
    bench.seconds(5);
    bench.scan(d1, SCAN);
    bench.seconds(20);
    bench.qc_return(X);
    bench.seconds(20);
    bench.scan(d1, SCAN);
    bench.seconds(65);
    bench.scan(d1, SCAN);
    let times: Vec<_> = bench.backend.events.iter().map(|(_, action, at, _)| (*action, *at)).collect();
    assert!(times.is_sorted_by(|a, b| a.1 < b.1), "{times:?}");
    let actions: Vec<_> = times.iter().map(|(action, _)| *action).collect();
    assert_eq!(actions, [Action::CompleteDecorating, Action::QcReturn, Action::CompleteDecorating]);
    assert_eq!(bench.stage(X), Stage::Packing);
}

#[test]
fn lost_race() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let (c1, c2) = (bench.station("C1", C), bench.station("C2", C));
    bench.scan(c1, SCAN);
    bench.scan(c2, SCAN);
    assert_eq!(bench.backend.events.len(), 1);
    assert_snapshot!(bench.lines(c1), @r#"
    accepted bannos-18617 complete_covering
    agreed bannos-18617 complete_covering
    "#);
    assert_snapshot!(bench.lines(c2), @r#"
    accepted bannos-18617 complete_covering
    already_done bannos-18617 complete_covering by C1 stale None
    "#);
}
