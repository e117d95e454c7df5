//! Guns and printers: found, taken, tried and set.

use std::time::Duration;

use super::*;
use crate::ui::setup::step::CODE;

const GUARD: Duration = Duration::from_millis(2_400);

#[test]
fn the_gun_that_reads_the_code_is_taken_and_no_other() {
    let mut bench = Bench::at("scanner");
    bench.lacks("Next");
    bench.touches("Look again");
    let (guns, presses) = found();
    bench.hears(News::Found { guns: guns.clone(), presses });
    assert_eq!(bench.ears(), Some(Ears::All));
    bench.scans(1, "#B18617");
    bench.shows("The gun read “#B18617”");
    bench.lacks("Next");
    bench.scans(2, "]C0%cmd:test");
    bench.shows(&words::lies(Some("Logitech Keyboard K120"), None));
    assert_eq!(bench.draft().scanner.as_deref(), Some(&*guns[2].table));
    bench.touches("Next");
    assert_eq!(bench.ears(), Some(Ears::Nobody), "a printer's line is free");
    // One whose keys reach the window is the last resort.
    let mut bench = Bench::at("scanner");
    bench.types(CODE);
    bench.lacks("Next");
    bench.types("\n");
    bench.shows(&words::reads(Some(words::KEYBOARD_GUN)));
    assert_eq!(bench.draft().scanner.as_deref(), Some("[[scanner]]\nkind = \"keyboard\""));
}

#[test]
fn the_guard_is_that_of_the_gun_that_was_taken() {
    let guard = |bench: &Bench| bench.draft().repeat_guard;
    let mut bench = Bench::at("scanner");
    let (guns, presses) = found();
    bench.touches("Look again");
    bench.hears(News::Found { guns, presses });
    bench.scans(0, CODE);
    bench.shows(&words::lies(Some("Honeywell 1950g 19023"), None));
    bench.gun_tells(2, Heard::Lying(GUARD));
    assert_eq!(guard(&bench), None, "another gun lies elsewhere");
    bench.gun_tells(0, Heard::Lying(GUARD));
    bench.shows(&words::lies(Some("Honeywell 1950g 19023"), Some(GUARD)));
    // It has read once more, and no less often than before.
    bench.scans(0, CODE);
    bench.gun_tells(0, Heard::Lying(Duration::from_secs(2)));
    bench.shows(&words::lies(Some("Honeywell 1950g 19023"), Some(GUARD)));
    assert_eq!(guard(&bench), Some(GUARD));
    bench.touches("Next");
    bench.touches("Back");
    assert_eq!(guard(&bench), Some(GUARD), "measured once");
    bench.scans(2, CODE);
    assert_eq!(guard(&bench), None, "another gun was taken");
    bench.gun_tells(2, Heard::Lying(GUARD));
    bench.touches("No gun here");
    assert_eq!(guard(&bench), None);
}

#[test]
fn a_label_that_is_shifted_or_pale_is_put_right_and_printed_again() {
    let mut bench = Bench::at("label");
    bench.touches(words::ADJUST);
    bench.shows("Darkness: as the printer is set");
    bench.shows("Position: as the printer is set");
    for touched in ["Darker", "Darker", "Lighter", "Left", "Down", "Down", "Down"] {
        bench.touches(touched);
    }
    bench.shows("Darkness: 18");
    bench.shows("Position: 0.5 mm left, 1.5 mm down");
    bench.touches("Print");
    let Ask::Print(asked, _) = &bench.ask().unwrap().1 else { panic!("nothing is printed") };
    assert_eq!((asked.darkness, asked.offset_halves), (Some(18), [-1, 3]));
    bench.hears(News::Refused(words::not_out()));
    bench.shows("The label was not right");
    bench.touches("Print");
    bench.hears(News::Printed { is_proved: true, doubt: None });
    bench.touches(words::ADJUST);
    bench.touches("Back");
    bench.touches("Yes, it is out");
    let printer = bench.draft().printer.unwrap();
    assert_eq!((printer.darkness, printer.offset_halves), (Some(18), [-1, 3]));
    // Another language counts other steps.
    bench.touches("Back");
    bench.touches("TSPL · TSC");
    assert_eq!(bench.draft().printer.unwrap().darkness, None);
    let mut bench = Bench::at("adjust");
    bench.takes([Message::Darkened(None), Message::Shifted(None)]);
    let printer = bench.draft().printer.unwrap();
    assert_eq!((printer.darkness, printer.offset_halves), (None, [0; 2]));
}

#[test]
fn a_printer_on_a_serial_line_is_told_its_speed() {
    let mut bench = Bench::at("kind-serial");
    bench.touches("38400");
    bench.touches("RTS/CTS");
    let printer = bench.draft().printer.unwrap();
    assert_eq!(printer.transport, "serial:///dev/ttyS0?baud=38400&flow=rtscts");
    bench.touches("Back");
    bench.touches("serial port");
    assert_eq!(bench.draft().printer, Some(printer), "the same line, whatever its speed");
    bench.touches("Back");
    bench.touches("Zebra ZD421");
    bench.lacks("RTS/CTS");
}

#[test]
fn the_gun_stays_the_same_one_when_another_is_plugged_in() {
    let mut bench = Bench::at("scanner-read");
    bench.touches("Look again");
    let (mut guns, presses) = found();
    let table = guns[0].table.clone();
    guns.rotate_right(1);
    bench.hears(News::Found { guns, presses: presses.clone() });
    assert_eq!(bench.draft().scanner, Some(table));
    bench.touches("Look again");
    bench.hears(News::Found { guns: Vec::new(), presses });
    assert_eq!(bench.draft().scanner, None);
    bench.lacks("Next");
}

#[test]
fn filling_has_a_printer_and_the_gun_s_line_is_none() {
    let mut bench = Bench::at("printer");
    bench.touches("No printer here");
    bench.shows("Filling needs a printer");
    bench.lacks("Honeywell 1950g 19023");
    bench.shows("serial port");
    bench.touches("On the network…");
    bench.types("bench.local\n");
    bench.shows("tcp://bench.local:9100");
}

#[test]
fn a_printer_s_kind_is_touched_and_its_sample_is_judged_by_eye_and_gun() {
    let mut bench = Bench::at("kind");
    for choice in ["TSPL · TSC", "62 × 29 mm", "300"] {
        bench.touches(choice);
    }
    bench.touches("Print");
    let printer = bench.draft().printer.unwrap();
    let Ask::Print(asked, station) = &bench.ask().unwrap().1 else { panic!("nothing is printed") };
    assert_eq!((asked, &station[..]), (&printer, "bannos-filling-1"));
    assert_eq!((&*printer.template, printer.dpi, printer.language), ("62x29", 300, Language::Tspl));
    bench.hears(News::Printed { is_proved: false, doubt: None });
    bench.lacks("Next");
    bench.touches("No, or it is wrong");
    bench.shows("The label was not right");
    bench.touches("Print");
    bench.hears(News::Printed { is_proved: true, doubt: None });
    bench.shows("The printer says it is printed.");
    bench.touches("Yes, it is out");
    bench.lacks("Next");
    assert_eq!(bench.ears(), Some(Ears::One(0)));
    bench.scans(0, "#B18617");
    bench.shows("That was another code");
    bench.scans(0, &SAMPLE.barcode());
    bench.shows(&words::lies(None, Some(GUARD)));
    // It is left lying, like the code on the screen before it.
    let longer = Duration::from_secs(3);
    bench.gun_tells(0, Heard::Lying(longer));
    bench.shows(&words::lies(None, Some(longer)));
    assert_eq!(bench.draft().repeat_guard, Some(longer));
    bench.touches("Next");
    assert_eq!(bench.setup.step, Step::Ready);
    let mut bench = Bench::at("label-read");
    bench.touches("It cannot be read");
    assert_eq!(bench.setup.step, Step::Ready);
}
