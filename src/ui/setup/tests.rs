//! The steps, touched, typed and scanned at without a display.

use iced::Size;
use iced_test::Simulator;
use iced_test::core::Settings;

use super::preset::SAMPLE;
use super::step::{Field, Step};
use super::*;
use crate::config::Theme;
use crate::order::{Post, Stage, Store};
use crate::station::LinkFault;
use crate::ui::use_bundled_fonts;
use crate::ui::widget::root;

mod devices;

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

fn found() -> (Vec<Gun>, Vec<Press>) {
    let bench = Bench::at("scanner");
    (bench.setup.guns.iter().map(|(gun, _)| gun.clone()).collect(), bench.setup.presses.clone())
}
