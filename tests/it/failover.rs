//! A second printer takes over what the first cannot begin, in each language and whatever the fault; never what the first
//! may have printed.

use ordak_station::order::{Order, OrderId};
use ordak_station::station::{Answer, JobState};
use ordak_station::words;

use crate::support::hurtful;
use crate::support::kitchen::{Kitchen, SHORT};
use crate::support::printer::{Mood, Tongue};

#[test]
fn a_label_moves_to_the_second_printer_and_the_screen_says_where_it_is() {
    for tongue in Tongue::ALL {
        for fault in [Mood::PaperOut, Mood::CoverOpen, Mood::Paused, Mood::Mute, Mood::Nonsense, Mood::Gone] {
            let mut kitchen = Kitchen::open(tongue, 2, vec![cake(1), cake(2)], SHORT);
            kitchen.printers[0].set(fault);
            assert_eq!(
                print(&mut kitchen, 1),
                ("second".into(), Some("first".into())),
                "{tongue:?} {fault:?}"
            );
            assert_eq!((out(&kitchen, 0, 1), out(&kitchen, 1, 1)), (0, 1), "{tongue:?} {fault:?}");
            let shown = kitchen.station.view().shown.unwrap();
            let said = words::label_at(&shown.label_at.unwrap());
            assert_eq!(said, "The label is at printer second", "{tongue:?} {fault:?}");

            kitchen.printers[0].set(Mood::Healthy);
            kitchen.hear_until_ready(0);
            assert_eq!(print(&mut kitchen, 2), ("first".into(), None), "{tongue:?} {fault:?}: it is back");
            assert_eq!((out(&kitchen, 0, 2), out(&kitchen, 1, 2)), (1, 0), "{tongue:?} {fault:?}");
        }
    }
}

#[test]
fn a_label_that_may_be_out_moves_only_on_a_persons_word() {
    for tongue in Tongue::ALL {
        for fault in [Mood::CutsOff(100), Mood::PaperOutInJob, Mood::MuteAfterJob] {
            let mut kitchen = Kitchen::open(tongue, 2, vec![cake(1), cake(2)], SHORT);
            kitchen.printers[0].set(fault);
            kitchen.scan(&id(1).barcode());
            let said = kitchen.hear_until(|answer| matches!(answer, Answer::LabelUnconfirmed { .. }));
            let Answer::LabelUnconfirmed { printer, .. } = &said.last().unwrap().answer else {
                panic!("{said:?}")
            };
            assert_eq!(&**printer, "first", "{tongue:?} {fault:?}");

            // The second printer has all the time that another label takes.
            kitchen.printers[0].set(Mood::PaperOut);
            assert_eq!(print(&mut kitchen, 2).0, "second".into(), "{tongue:?} {fault:?}");
            let job = kitchen.in_doubt().pop().expect("it is still in doubt");
            assert!(matches!(job.state, JobState::Unconfirmed(_)) && job.printer == 0, "{job:?}");
            assert_eq!(out(&kitchen, 1, 1), 0, "{tongue:?} {fault:?}");

            kitchen.say(id(1), false);
            kitchen.hear_until(|answer| matches!(answer, Answer::LabelOut { .. }));
            assert_eq!(
                kitchen.out(1, id(1), 2),
                1,
                "{tongue:?} {fault:?}: the next number, and the other printer"
            );
        }
    }
}

/// Scans a cake, and tells where its label came out, and instead of where.
fn print(kitchen: &mut Kitchen, nth: u32) -> (Box<str>, Option<Box<str>>) {
    kitchen.scan(&id(nth).barcode());
    let said = kitchen.hear_until(|answer| matches!(answer, Answer::LabelOut { .. }));
    let out = said.into_iter().find_map(|verdict| match verdict.answer {
        Answer::LabelOut { printer, instead_of, .. } if verdict.order == Some(id(nth)) => {
            Some((printer, instead_of))
        }
        _ => None,
    });
    out.expect("its own label")
}

fn out(kitchen: &Kitchen, printer: usize, nth: u32) -> usize {
    kitchen.out(printer, id(nth), 1)
}

fn cake(nth: u32) -> Order {
    Order { id: id(nth), notes: "".into(), ..hurtful::plain() }
}

fn id(nth: u32) -> OrderId {
    hurtful::id(&format!("bannos-{}", 30_000 + nth))
}
