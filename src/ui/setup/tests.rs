//! The steps, touched, typed and scanned at without a display.

use std::time::Duration;

use iced::Size;
use iced_test::Simulator;
use iced_test::core::Settings;

use super::preset::SAMPLE;
use super::step::{CODE, Field, Step};
use super::*;
use crate::config::Theme;
use crate::order::{Post, Stage, Store};
use crate::station::LinkFault;
use crate::ui::use_bundled_fonts;
use crate::ui::widget::root;

/// Set-up and who stands before it.
struct Bench {
    setup: Setup,
    asked: Vec<(u64, Ask)>,
    has_left: bool,
}

impl Bench {
    fn at(name: &str) -> Self {
        let setup = preset::setup(name, 344.0, Theme::Dark).expect("a preset of this name");
        Self { setup, asked: Vec::new(), has_left: false }
    }

    fn window(&self) -> Simulator<'_, Message> {
        use_bundled_fonts();
        Simulator::with_size(Settings::default(), Size::new(960.0, 540.0), self.setup.view())
    }

    fn takes(&mut self, messages: impl IntoIterator<Item = Message>) {
        for message in messages {
            for action in self.setup.update(message) {
                match action {
                    Action::Ask(id, ask) => self.asked.push((id, ask)),
                    Action::Leave => self.has_left = true,
                    Action::Open(_) => panic!("no station was started"),
                }
            }
        }
    }

    fn touches(&mut self, text: &str) {
        let mut window = self.window();
        window.click(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let messages: Vec<_> = window.into_messages().collect();
        self.takes(messages);
    }

    fn types(&mut self, text: &str) {
        self.takes(text.chars().map(|letter| Message::Heard(root::Heard::Key(letter))));
    }

    fn shows(&self, text: &str) {
        assert!(self.window().find(text).is_ok(), "{text} is not on screen");
    }

    fn lacks(&self, text: &str) {
        assert!(self.window().find(text).is_err(), "{text} is on screen");
    }

    /// The newest question but those to the guns.
    fn ask(&self) -> Option<&(u64, Ask)> {
        self.asked.iter().rev().find(|(_, ask)| !matches!(ask, Ask::Listen(_)))
    }

    fn ears(&self) -> Option<Ears> {
        self.asked.iter().rev().find_map(|(_, ask)| match ask {
            Ask::Listen(ears) => Some(*ears),
            _ => None,
        })
    }

    fn hears(&mut self, news: News) {
        let (id, _) = *self.ask().expect("something was asked");
        self.takes([Message::Answered(id, Box::new(news))]);
    }

    fn scans(&mut self, place: usize, code: &str) {
        self.gun_tells(place, Heard::Frame(code.into()));
    }

    /// The answer to whichever question to the guns is the newest.
    fn gun_tells(&mut self, place: usize, heard: Heard) {
        let last = self.asked.iter().rev().find(|(_, ask)| matches!(ask, Ask::Listen(_)));
        let (id, _) = *last.expect("guns are listened to");
        self.takes([Message::Answered(id, Box::new(News::Heard(place, heard)))]);
    }

    fn draft(&self) -> Draft {
        self.setup.draft().expect("a stage was chosen")
    }
}

#[test]
fn one_goes_through_all_of_it_by_touch_and_keys() {
    let (setup, actions) = Setup::new(344.0, Theme::Dark, SAMPLE);
    assert!(matches!(actions[..], [Action::Ask(_, Ask::Look)]));
    let mut bench = Bench { setup, asked: Vec::new(), has_left: false };
    for key in
        ["h", "t", "t", "p", ":", "/", "/", "!#?", "[", ":", ":", "1", "]", "abc", "ABC", "X", "y", "Del"]
    {
        bench.touches(key);
    }
    bench.shows("http://[::1]X");
    bench.touches("Anon key");
    bench.types("anon.key\n");
    let project = Project { url: "http://[::1]X".into(), anon_key: Secret::new("anon.key") };
    assert_eq!(bench.ask().unwrap().1, Ask::Reach(project.clone()));
    bench.shows(words::REACHING);
    bench.hears(News::Reached);
    bench.types("filling@shop.example\tcorrect horse\n");
    let account = Account { email: "filling@shop.example".into(), password: Secret::new("correct horse") };
    assert_eq!(bench.ask().unwrap().1, Ask::SignIn(project, account));
    bench.hears(News::SignedIn { account: "Filling 1".into(), contract: "2025-12".into() });
    bench.shows("Signed in as Filling 1. Contract 2025-12.");
    bench.touches("Flourlane");
    bench.touches("Packing");
    bench.touches("Next");
    bench.shows("flourlane-packing-1");
    bench.types("\u{8}2\n");
    bench.touches("24″");
    bench.touches("Light");
    bench.touches("Next");
    bench.touches("No gun here");
    bench.touches("No printer here");
    for said in ["flourlane-packing-2", "Packing, Flourlane", "none: a finger does it"] {
        bench.shows(said);
    }
    bench.touches("Write it");
    let draft = bench.draft();
    assert_eq!(bench.ask().unwrap().1, Ask::Write(Box::new(draft.clone())));
    assert_eq!((draft.post, &draft.name[..]), (Post::At(Stage::Packing), "flourlane-packing-2"));
    assert_eq!((draft.scanner, draft.printer, draft.screen.theme), (None, None, Theme::Light));
    assert!((draft.screen.width_mm - 531.0).abs() < 1.0, "24 inches at 16:9: {}", draft.screen.width_mm);
    assert_eq!(draft.stores, [Store::Flourlane].into());
    bench.hears(News::Written(vec!["/etc/station.toml".into()]));
    bench.shows("/etc/station.toml");
    bench.touches("Start");
    assert_eq!(bench.ask().unwrap().1, Ask::Start);
}

#[test]
fn nothing_goes_on_with_an_empty_field_or_no_place() {
    for (at, field) in [("backend", Field::Key), ("sign-in", Field::Email), ("name", Field::Name)] {
        let mut bench = Bench::at(at);
        bench.takes([Message::Focused(field)]);
        bench.touches("Clear");
        let asked = bench.asked.len();
        bench.touches("Next");
        bench.shows(&format!("“{}” is empty", field.label()));
        assert_eq!(bench.asked.len(), asked, "{at}");
        // What is typed takes the refusal away.
        bench.types("x");
        bench.lacks(&format!("“{}” is empty", field.label()));
    }
    let mut bench = Bench::at("place");
    bench.touches("Bannos");
    bench.touches("Next");
    bench.shows("Shop or stage is not chosen");
    bench.touches("Flourlane");
    bench.touches("Next");
    assert_eq!(bench.setup.step, Step::Name);
}

#[test]
fn a_refusal_is_told_in_words_and_stays_at_its_step() {
    let refusals = [
        ("backend", LinkFault::NotSupabase("<html>".into()), "Something answers, but it is no order system"),
        ("backend", LinkFault::WrongKey, "Scan or type the key anew"),
        ("sign-in", LinkFault::WrongPassword, "The order system knows no such account and password"),
        ("sign-in", LinkFault::TimedOut, "Nothing answers at this address"),
    ];
    for (at, fault, said) in refusals {
        let mut bench = Bench::at(at);
        let step = bench.setup.step;
        bench.touches("Next");
        bench.lacks("Next");
        bench.hears(News::Refused(words::not_reached(&fault)));
        bench.shows(said);
        assert_eq!(bench.setup.step, step);
        bench.shows("Next");
    }
    let mut bench = Bench::at("ready");
    bench.touches("Write it");
    bench.hears(News::Refused(words::exists(std::path::Path::new("/etc/station.toml"))));
    bench.shows("/etc/station.toml is there already");
    assert_eq!(bench.setup.step, Step::Ready);
}

#[test]
fn every_step_has_one_way_back_and_forgets_nothing() {
    let mut bench = Bench::at("ready");
    let draft = bench.draft();
    for step in [
        Step::Kind,
        Step::Printer,
        Step::Scanner,
        Step::Screen,
        Step::Name,
        Step::Place,
        Step::SignIn,
        Step::Backend,
    ] {
        bench.touches("Back");
        assert_eq!(bench.setup.step, step);
    }
    assert_eq!(bench.draft(), draft);
    bench.touches("Leave");
    assert!(bench.has_left);
    for (at, back) in [("address", Step::Printer), ("label", Step::Kind)] {
        let mut bench = Bench::at(at);
        bench.touches("Back");
        assert_eq!(bench.setup.step, back);
    }
    let mut done = Bench::at("done");
    done.touches("Leave");
    assert!(done.has_left);
}

#[test]
fn an_answer_that_is_waited_for_no_more_changes_nothing() {
    let mut bench = Bench::at("sign-in");
    bench.touches("Next");
    bench.touches("Back");
    bench.hears(News::SignedIn { account: "a".into(), contract: "2025-09".into() });
    assert_eq!(bench.setup.step, Step::Backend);
    // But for files: they are there.
    let mut bench = Bench::at("ready");
    bench.touches("Write it");
    bench.touches("Back");
    bench.hears(News::Written(vec!["/etc/station.toml".into()]));
    assert_eq!(bench.setup.step, Step::Done);
}

#[test]
fn a_name_that_nobody_typed_follows_shops_and_stage() {
    let mut bench = Bench::at("name");
    let changes = |bench: &mut Bench| {
        bench.touches("Back");
        bench.touches("Covering");
        bench.touches("Flourlane");
        bench.touches("Next");
    };
    changes(&mut bench);
    bench.shows("covering-1");
    bench.types("0");
    changes(&mut bench);
    bench.shows("covering-10");
}

#[test]
fn secrets_are_never_on_screen_in_full() {
    for at in ["backend", "sign-in", "place", "ready", "done"] {
        let bench = Bench::at(at);
        bench.lacks("correct horse");
        bench.lacks(&"k".repeat(208));
    }
    let mut bench = Bench::at("sign-in");
    bench.shows("••••••••••••e");
    bench.touches("filling-1@shop.example");
    bench.shows("•••••••••••••");
    bench.touches("Next");
    let asked = format!("{:?}", bench.ask());
    assert!(!asked.contains("horse"), "{asked}");
}

#[test]
fn a_code_that_is_scanned_becomes_the_text_of_the_field() {
    let mut bench = Bench::at("backend");
    bench.takes([Message::Focused(Field::Url)]);
    bench.takes([Message::Answered(
        0,
        Box::new(News::Found {
            guns: bench.setup.guns.iter().map(|(gun, _)| gun.clone()).collect(),
            presses: vec![],
        }),
    )]);
    assert_eq!(bench.ears(), Some(Ears::Lines), "a keyboard keeps its keys");
    bench.scans(0, "https://kitchen.example\r");
    bench.scans(0, "scanned.key");
    bench.shows("https://kitchen.example");
    bench.touches("Next");
    let project = Project { url: "https://kitchen.example".into(), anon_key: Secret::new("scanned.key") };
    assert_eq!(bench.ask().unwrap().1, Ask::Reach(project));
}

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
    bench.shows(&words::reads(Some("Logitech Keyboard K120"), None));
    assert_eq!(bench.draft().scanner.as_deref(), Some(&*guns[2].table));
    bench.touches("Next");
    assert_eq!(bench.ears(), Some(Ears::Nobody), "a printer's line is free");
    // One whose keys reach the window is the last resort.
    let mut bench = Bench::at("scanner");
    bench.types(CODE);
    bench.lacks("Next");
    bench.types("\n");
    bench.shows(&words::reads(Some(words::KEYBOARD_GUN), None));
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
    bench.shows(&words::reads(Some("Honeywell 1950g 19023"), None));
    bench.gun_tells(2, Heard::Lying(GUARD));
    assert_eq!(guard(&bench), None, "another gun lies elsewhere");
    bench.gun_tells(0, Heard::Lying(GUARD));
    bench.shows(&words::reads(Some("Honeywell 1950g 19023"), Some(GUARD)));
    // It has read once more, and no less often than before.
    bench.scans(0, CODE);
    bench.gun_tells(0, Heard::Lying(Duration::from_secs(2)));
    bench.shows(&words::reads(Some("Honeywell 1950g 19023"), Some(GUARD)));
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
    bench.shows(&words::reads(None, Some(GUARD)));
    // It is left lying, like the code on the screen before it.
    let longer = Duration::from_secs(3);
    bench.gun_tells(0, Heard::Lying(longer));
    bench.shows(&words::reads(None, Some(longer)));
    assert_eq!(bench.draft().repeat_guard, Some(longer));
    bench.touches("Next");
    assert_eq!(bench.setup.step, Step::Ready);
    let mut bench = Bench::at("label-read");
    bench.touches("It cannot be read");
    assert_eq!(bench.setup.step, Step::Ready);
}

const GUARD: Duration = Duration::from_millis(2_400);

fn found() -> (Vec<Gun>, Vec<Press>) {
    let bench = Bench::at("scanner");
    (bench.setup.guns.iter().map(|(gun, _)| gun.clone()).collect(), bench.setup.presses.clone())
}
