//! Labels: in doubt, failed, late and printed twice.

use super::*;

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
    choice bannos-18617  SoSoon { ago: 20s, since: LabelRead, action: CompleteFilling } (no intent)
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
    let last = [f1, f2].map(|place| bench.stations[place].tones.last().copied());
    assert_eq!(last, [Some(Tone::Held), Some(Tone::Refused)], "whoever printed last is to bin one");
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
